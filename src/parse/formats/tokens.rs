//! The words of a line whose fields stand at fixed places: bare, `"quoted"` or `[bracketed]`; and what such lines
//! have in common (a request line, how long it took and which end of it the stamp marks, hosts with a port).

use crate::model::{DurationUnit, Field, Stamp, Time};
use crate::parse::fields::Draft;

/// How a word was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Bare,
    Quoted,
    Bracketed,
}

/// One word, without its quotes or brackets; escapes stay as written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) shape: Shape,
}

impl<'a> Token<'a> {
    /// The text, unless it is one of the ways to say "nothing".
    pub(super) fn stated(&self) -> Option<&'a str> {
        Some(self.text).filter(|t| !t.is_empty() && *t != "-")
    }

    /// Whether it is a bare whole number that is not negative.
    pub(super) fn is_count(&self) -> bool {
        self.shape == Shape::Bare && is_digits(self.text)
    }
}

/// Whether the text is digits alone.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Hands out the words of a line. A quote that is never closed holds the rest: such a line was cut off.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Tokens<'a> {
        Tokens { rest: text }
    }

    /// What was not handed out yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    fn until(&mut self, close: u8, shape: Shape) -> Token<'a> {
        let body = &self.rest[1..];
        let end = closing(body.as_bytes(), close);
        self.rest = body.get(end + 1..).unwrap_or("");
        Token {
            text: &body[..end],
            shape,
        }
    }
}

/// Where the closing mark stands that no backslash precedes; the length when there is none.
fn closing(bytes: &[u8], close: u8) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(close, b'\\', &bytes[at..]) {
        if bytes[at + found] == close {
            return at + found;
        }
        at = (at + found + 2).min(bytes.len());
    }
    bytes.len()
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
        match self.rest.as_bytes().first()? {
            b'"' => Some(self.until(b'"', Shape::Quoted)),
            b'[' => Some(self.until(b']', Shape::Bracketed)),
            _ => {
                let end = memchr::memchr2(b' ', b'\t', self.rest.as_bytes());
                let (text, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                Some(Token {
                    text,
                    shape: Shape::Bare,
                })
            }
        }
    }
}

/// `GET /path HTTP/1.1` or `CONNECT host:443 HTTP/1.1`; a broken request says nothing.
pub(super) fn put_request<'a>(draft: &mut Draft<'a>, request: &'a str) {
    let mut words = request.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return;
    };
    let is_method = |b: u8| b.is_ascii_uppercase() || b == b'-' || b == b'_';
    if !method.starts_with(|c: char| c.is_ascii_uppercase()) || !method.bytes().all(is_method) {
        return;
    }
    draft.set(Field::HttpMethod, 1000, method);
    if method == "CONNECT" || target.contains("://") {
        put_url(draft, target);
    } else {
        draft.set(Field::Path, 1000, target);
    }
}

/// `https://host:443/path?query`: the host, and the path by itself, since a server or a proxy wrote the line and
/// whole URLs are taken for what their caller wrote down.
pub(super) fn put_url<'a>(draft: &mut Draft<'a>, url: &'a str) {
    if let Some(host) = host_name(url) {
        draft.set(Field::Host, 900, host);
    }
    let after = url.split_once("://").map_or(url, |(_, rest)| rest);
    if let Some(at) = after.find('/') {
        draft.set(Field::Path, 1000, &after[at..]);
    }
}

/// The name of `name:port`, of an address in brackets or of a URL; `None` when there is none.
pub(super) fn host_name(text: &str) -> Option<&str> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?']).next()?;
    if let Some(inner) = text.strip_prefix('[') {
        return inner.split(']').next().filter(|t| !t.is_empty());
    }
    let is_address = |t: &str| t.parse::<std::net::IpAddr>().is_ok();
    let name = match text.rsplit_once(':') {
        Some((name, port)) if is_digits(port) && !name.contains(':') => name,
        // nine groups: an IPv6 address and a port
        Some((name, port)) if is_digits(port) && !is_address(text) && is_address(name) => name,
        _ => text,
    };
    Some(name).filter(|n| !n.is_empty() && *n != "-")
}

/// Sets the duration, when it is a number that is not negative.
pub(super) fn put_duration<'a>(draft: &mut Draft<'a>, text: &'a str, unit: DurationUnit) -> bool {
    let is_number = nanos(text, unit).is_some();
    if is_number && draft.set(Field::Duration, 1000, text) {
        draft.record.duration_unit = unit;
        return true;
    }
    false
}

/// The stamp marks when the request began: it ended when its duration had passed.
pub(super) fn began(draft: &mut Draft<'_>, stamp: Stamp) {
    draft.set_time(stamp, 1000);
    draft.record.start = Some(stamp);
    if let Some(took) = took(draft) {
        draft.record.end = moved(stamp, took);
    }
}

/// The stamp marks when the request was over: it began its duration earlier.
pub(super) fn ended(draft: &mut Draft<'_>, stamp: Stamp) {
    draft.set_time(stamp, 1000);
    if let Some(took) = took(draft) {
        draft.record.start = moved(stamp, -took);
        draft.record.end = Some(stamp);
    }
}

fn took(draft: &Draft<'_>) -> Option<i64> {
    nanos(
        draft.record.get(Field::Duration)?,
        draft.record.duration_unit,
    )
}

fn moved(stamp: Stamp, nanos: i64) -> Option<Stamp> {
    let time = Time(stamp.time.0.checked_add(nanos)?);
    Some(Stamp { time, ..stamp })
}

/// A decimal number of a unit in nanoseconds, exactly; finer digits are dropped.
pub(crate) fn nanos(text: &str, unit: DurationUnit) -> Option<i64> {
    let places = match unit {
        DurationUnit::Seconds => 9,
        DurationUnit::Millis => 6,
        DurationUnit::Micros => 3,
        DurationUnit::Nanos => 0,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(fraction) || whole.len() > 15 {
        return None;
    }
    let kept = &fraction[..fraction.len().min(places)];
    let scale = 10i64.pow(u32::try_from(places - kept.len()).ok()?);
    let below = if kept.is_empty() {
        0
    } else {
        kept.parse::<i64>().ok()? * scale
    };
    let per = 10i64.pow(u32::try_from(places).ok()?);
    whole
        .parse::<i64>()
        .ok()?
        .checked_mul(per)?
        .checked_add(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_quotes_and_brackets() {
        let all: Vec<&str> = Tokens::of(r#"a "b \" c" [d e] "" "cut"#)
            .map(|t| t.text)
            .collect();
        assert_eq!(all, ["a", r#"b \" c"#, "d e", "", "cut"]);
    }

    #[test]
    fn hosts() {
        for (text, host) in [
            ("api.example.com:443", Some("api.example.com")),
            ("http://10.0.0.1:80/x", Some("10.0.0.1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("1:2:3:4:5:6:7:8:4711", Some("1:2:3:4:5:6:7:8")),
            ("-", None),
            ("", None),
        ] {
            assert_eq!(host_name(text), host, "{text}");
        }
    }

    #[test]
    fn durations_are_exact() {
        for (text, unit, expected) in [
            ("0.001236", DurationUnit::Seconds, Some(1_236_000)),
            ("10.5", DurationUnit::Millis, Some(10_500_000)),
            ("7", DurationUnit::Nanos, Some(7)),
            ("7.9", DurationUnit::Nanos, Some(7)),
            ("-1", DurationUnit::Millis, None),
            ("999999999999999", DurationUnit::Seconds, None),
            ("1.", DurationUnit::Millis, None),
            ("", DurationUnit::Millis, None),
        ] {
            assert_eq!(nanos(text, unit), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[a\"\\[\\]\\\\ é:/.0-9-]{0,40}") {
            for token in Tokens::of(&text) {
                let _ = host_name(token.text);
                let _ = nanos(token.text, DurationUnit::Seconds);
            }
        }
    }
}
