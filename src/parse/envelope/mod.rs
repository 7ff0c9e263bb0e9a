//! Envelopes: what a container runtime, a syslog daemon or a log platform puts around a line that a program wrote.
//!
//! [`open`] peels them off a line, one inside the other. What an envelope says itself (when, which service) is kept
//! apart as [`Outer`] and counts only where the line says nothing: a time stamp of the line that states its zone wins
//! over the envelope's, one without a zone yields to one with. The first byte decides what is looked for, so a plain
//! line costs next to nothing.

mod ansi;
pub(super) mod cut;
mod docker;
pub(super) mod export;
mod prefix;
mod syslog;

use std::borrow::Cow;

use crate::model::Stamp;

/// How many envelopes are peeled off one line.
const MAX_DEPTH: usize = 4;

/// What the envelopes around a line say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outer {
    /// When the line was written, as the innermost envelope that knows has it.
    pub(crate) time: Option<Stamp>,
    /// The container, unit or tag that wrote it.
    pub(crate) service: Option<String>,
    /// How grave it is, as a syslog daemon has it.
    pub(crate) level: Option<&'static str>,
    /// What was peeled, outermost first.
    pub(crate) names: Vec<&'static str>,
    /// Which part of a line that its runtime cut this is.
    pub(crate) part: Option<Part>,
}

/// One part of a line that a container runtime may have cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Whether it comes from standard error.
    pub(crate) is_error_stream: bool,
    /// Whether the line ends here.
    pub(crate) ends: bool,
    /// Whether a part that does not end says so for sure (a runtime's mark, or a full buffer).
    pub(crate) is_sure: bool,
}

/// A line without its envelopes.
pub(crate) struct Opened<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) outer: Outer,
}

/// One envelope, peeled.
struct Peeled<'a> {
    name: &'static str,
    time: Option<Stamp>,
    service: Option<&'a str>,
    level: Option<&'static str>,
    part: Option<Part>,
    inner: Cow<'a, str>,
}

impl<'a> Peeled<'a> {
    fn new(name: &'static str, time: Option<Stamp>, inner: &'a str) -> Peeled<'a> {
        Peeled {
            name,
            time,
            service: None,
            level: None,
            part: None,
            inner: Cow::Borrowed(inner),
        }
    }

    fn by(mut self, service: &'a str) -> Peeled<'a> {
        self.service = (!service.is_empty() && service != "-").then_some(service);
        self
    }
}

/// Takes colours and all envelopes off a line.
pub(crate) fn open(text: &str) -> Opened<'_> {
    further(Opened {
        text: ansi::plain(text),
        outer: Outer::default(),
    })
}

/// The same for a line that was put together from its parts.
pub(crate) fn open_further(text: String, outer: Outer) -> Opened<'static> {
    further(Opened {
        text: Cow::Owned(text),
        outer,
    })
}

fn further(mut opened: Opened<'_>) -> Opened<'_> {
    for _ in 0..MAX_DEPTH {
        let inner = match &opened.text {
            Cow::Borrowed(text) => match peel(text, 0) {
                Some(peeled) => opened.outer.note(peeled),
                None => break,
            },
            Cow::Owned(text) => match peel(text, 0) {
                Some(peeled) => Cow::Owned(opened.outer.note(peeled).into_owned()),
                None => break,
            },
        };
        opened.text = inner;
    }
    if !opened.outer.names.is_empty()
        && let Cow::Owned(text) = ansi::plain(&opened.text)
    {
        opened.text = Cow::Owned(text);
    }
    opened
}

/// Peels one envelope off. `depth` counts how far inside a line this looks ahead.
fn peel(text: &str, depth: usize) -> Option<Peeled<'_>> {
    if depth >= MAX_DEPTH {
        return None;
    }
    match text.as_bytes().first()? {
        b'<' => syslog::with_priority(text),
        b'0'..=b'9' => prefix::after_stamp(text, depth),
        b'{' => docker::json_file(text),
        b'[' => prefix::after_pod(text),
        b'a'..=b'z' | b'A'..=b'Z' => prefix::after_name(text, depth),
        _ => None,
    }
}

impl Outer {
    /// Takes what an envelope says; gives what was in it.
    fn note<'a>(&mut self, peeled: Peeled<'a>) -> Cow<'a, str> {
        self.names.push(peeled.name);
        self.time = nearer(self.time, peeled.time);
        if let Some(service) = peeled.service {
            self.service = Some(service.to_owned());
        }
        self.level = peeled.level.or(self.level);
        self.part = self.part.or(peeled.part);
        peeled.inner
    }
}

/// Which of two stamps of one line counts: the inner one, unless only the outer one states its zone, or its whole date.
pub(crate) fn nearer(outer: Option<Stamp>, inner: Option<Stamp>) -> Option<Stamp> {
    match (outer, inner) {
        (Some(outer), Some(inner)) if outer.is_whole() != inner.is_whole() => {
            Some(if outer.is_whole() { outer } else { inner })
        }
        (Some(outer), Some(inner)) if outer.has_zone && !inner.has_zone => Some(outer),
        (outer, inner) => inner.or(outer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opened(text: &str) -> (String, String, Option<String>, String) {
        let opened = open(text);
        let time = opened.outer.time.filter(Stamp::is_whole);
        let time = time.map(|t| t.time.to_string());
        (
            opened.outer.names.join(" › "),
            time.unwrap_or_default(),
            opened.outer.service,
            opened.text.into_owned(),
        )
    }

    #[test]
    fn each_envelope_and_two_of_them() {
        let at = "2021-08-18T12:00:00.000Z";
        for (line, names, time, service, inner) in [
            (
                "2021-08-18T12:00:00.000000000Z stdout F plain words",
                "CRI",
                at,
                None,
                "plain words",
            ),
            (
                r#"{"log":"a \"b\"\n","stream":"stderr","time":"2021-08-18T12:00:00.0Z"}"#,
                "docker json-file",
                at,
                None,
                r#"a "b""#,
            ),
            (
                "\u{1b}[36mpay-api-1  | \u{1b}[0m2021-08-18T12:00:00Z {\"a\":1}",
                "docker compose › stamped line",
                at,
                Some("pay-api"),
                "{\"a\":1}",
            ),
            (
                "<165>1 2021-08-18T12:00:00Z host pay 77 ID [x@1 a=\"b]\"] {\"a\":1}",
                "syslog",
                at,
                Some("pay"),
                "{\"a\":1}",
            ),
            (
                "<34>Aug 18 12:00:00 host pay[7]: level=error msg=x",
                "syslog",
                "",
                Some("pay"),
                "level=error msg=x",
            ),
            (
                "2021-08-18T12:00:00+00:00 host pay[7]: failed",
                "syslog",
                at,
                Some("pay"),
                "failed",
            ),
            (
                "[pod/pay-7d9f8b6c5-abcde/api] {\"a\":1}",
                "kubectl",
                "",
                Some("api"),
                "{\"a\":1}",
            ),
            (
                "pay-7d9f8b6c5-abcde api {\"a\":1}",
                "stern",
                "",
                Some("api"),
                "{\"a\":1}",
            ),
            (
                "2021-08-18T12:00:00Z {app=\"pay\", x=\"a } b\"} failed",
                "Loki",
                at,
                Some("pay"),
                "failed",
            ),
            (
                "2021-08-18T12:00:00Z stdout F {\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2021-08-18T11:00:00Z\"}",
                "CRI › docker json-file",
                "2021-08-18T11:00:00.000Z",
                None,
                "x",
            ),
        ] {
            let expected = (
                names.to_owned(),
                time.to_owned(),
                service.map(str::to_owned),
                inner.to_owned(),
            );
            assert_eq!(opened(line), expected, "{line}");
        }
    }

    #[test]
    fn plain_lines_stay_as_they_are() {
        for line in [
            "2021-08-18T12:00:00Z ERROR payment p1 failed",
            "2021-08-18 12:00:00,001 ERROR x",
            "{\"ts\":\"2021-08-18T12:00:00Z\",\"log\":\"x\"}",
            "ts=2021-08-18T12:00:00Z level=info a|b",
            "10.0.0.1 - - [18/Aug/2021:12:00:00 +0000] \"GET / HTTP/1.1\" 200 1",
            "payment failed | really",
            "",
        ] {
            assert_eq!(
                opened(line),
                (String::new(), String::new(), None, line.to_owned())
            );
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(start in "[<{\\[0-9a-zA-Z\u{1b}]{0,3}", text in ".{0,80}") {
            open(&format!("{start}{text}"));
        }

        #[test]
        fn no_damaged_envelope_panics(cut in 0usize..200, which in 0usize..4) {
            let line = [
                "<165>1 2021-08-18T12:00:00Z host pay 77 ID [x@1 a=\"b]\"] {\"a\":1}",
                "2021-08-18T12:00:00Z {app=\"pay\", x=\"a } b\"} failed",
                r#"{"log":"a \"b\"\n","stream":"stderr","time":"2021-08-18T12:00:00.0Z"}"#,
                "Aug 18 12:00:00 höst pay[7]: x",
            ][which];
            open(&line.chars().take(cut).collect::<String>());
            open(&line.chars().skip(cut).collect::<String>());
        }
    }
}
