//! From inputs to facts: every input read by its own builder, several at once, put together in the order of their paths.

use std::sync::Arc;

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::inputs::Given;
use super::{Settings, ZoneRule, begin, go_on};
use crate::model::{Alike, RawIncident, Record, Span, TimelineRow};
use crate::outage::Detected;
use crate::parse;
use crate::parse::{FormatInfo, ReadOptions, Sink};
use crate::source::Input;
use crate::timeline::{Builder, InputContext, Part, Timeline};

struct Feed(Builder);

impl Sink for Feed {
    fn format(&mut self, info: &FormatInfo) {
        self.0.format(info.id, &info.reason);
    }

    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }

    fn status(&mut self, incident: RawIncident) {
        self.0.status(&incident);
    }

    fn learns(&self) -> bool {
        true
    }

    fn learn(&mut self, record: &Record<'_>) -> Option<u32> {
        self.0.learn(record)
    }

    fn alike(&mut self, number: u32, alike: &Alike<'_>) {
        self.0.alike(number, alike);
    }
}

/// Reads every input. One that cannot be opened or read stops the run: a report that silently lacks a log is wrong.
pub(super) fn read_all(settings: &Settings, inputs: &mut [Given]) -> Result<Vec<Reading>> {
    let logs = || inputs.iter().filter_map(Given::log);
    settings.watch.expect(logs().map(Input::bytes).sum());
    begin(settings, "read")?;
    let options = options(settings);
    // A large input keeps all threads busy by itself; several of them at once would only hold more memory.
    let logs = inputs.iter().enumerate();
    let logs = logs.filter_map(|(i, given)| Some((i, given.log()?)));
    let (large, small): (Vec<_>, Vec<_>) = logs.partition(|(_, log)| is_large(log));
    let read = |(i, log): (usize, &Input)| Ok((i, read_one(settings, &options, i as u32, log)?));
    let mut read_in: Vec<(usize, Reading)> =
        small.into_par_iter().map(read).collect::<Result<_>>()?;
    for log in large {
        read_in.push(read(log)?);
    }
    for (i, given) in inputs.iter_mut().enumerate() {
        let part = given.take_part(i as u32);
        read_in.extend(part.map(|part| {
            (
                i,
                Reading {
                    part,
                    undated: false,
                },
            )
        }));
    }
    read_in.sort_by_key(|(i, _)| *i);
    let mut parts: Vec<Reading> = read_in.into_iter().map(|(_, reading)| reading).collect();
    read_undated_again(settings, &options, inputs, &mut parts)?;
    Ok(parts)
}

/// Whether an input is worth all threads, by its size on disk; of a pipe or an archive it is not known.
fn is_large(input: &Input) -> bool {
    const LARGE: u64 = 4 << 20;
    input.entry.is_none() && input.bytes() >= LARGE
}

/// One input, read.
pub(super) struct Reading {
    pub(super) part: Part,
    /// Whether records were refused because nothing in the input tells their year or the order of their dates.
    pub(super) undated: bool,
}

/// Reads those inputs once more whose dates the times of the others may tell.
fn read_undated_again(
    settings: &Settings,
    options: &ReadOptions,
    inputs: &[Given],
    parts: &mut [Reading],
) -> Result<()> {
    let dated = parts.iter().filter(|r| !r.undated);
    let times = dated.flat_map(|r| r.part.summary.first.into_iter().chain(r.part.summary.last));
    let Some(near) = times.map(|t| Span::new(t, t)).reduce(|a, b| a.union(&b)) else {
        return Ok(());
    };
    let options = ReadOptions {
        near: Some(near),
        ..options.clone()
    };
    parts
        .par_iter_mut()
        .zip(inputs)
        .enumerate()
        .filter_map(|(i, (reading, given))| Some((i, reading, given.log()?)))
        .filter(|(_, reading, log)| reading.undated && !log.is_stdin())
        .try_for_each(|(i, reading, log)| {
            *reading = read_one(settings, &options, i as u32, log)?;
            Ok(())
        })
}

pub(super) fn options(settings: &Settings) -> ReadOptions {
    ReadOptions {
        mapping: settings.mapping.clone(),
        limits: settings.limits.clone(),
        near: None,
        window: settings.window,
        watch: settings.watch.clone(),
    }
}

fn read_one(
    settings: &Settings,
    options: &ReadOptions,
    index: u32,
    input: &Input,
) -> Result<Reading> {
    let mut feed = Feed(Builder::new(context(settings, options, index, input)));
    let summary = parse::read(input, options, &mut feed)
        .with_context(|| format!("failed to read {}", input.shown));
    go_on(settings)?;
    let summary = summary?;
    let mut part = feed.0.finish();
    let own = &mut part.summary;
    own.format = summary.format.to_string();
    own.format_reason = summary.format_reason;
    own.lines = summary.lines;
    own.rejected += summary.rejected;
    own.rejects.splice(0..0, summary.rejects);
    own.mapping = summary.mapping;
    own.unused = summary.unused;
    own.warnings.splice(0..0, summary.warnings);
    own.compression = summary.compression.to_string();
    Ok(Reading {
        part,
        undated: summary.undated > 0,
    })
}

/// What is known of an input before its first line.
pub(super) fn context(
    settings: &Settings,
    options: &ReadOptions,
    index: u32,
    input: &Input,
) -> InputContext {
    let rules = || options.mapping.iter().filter(|rule| rule.concerns(input));
    let exchange = input
        .name
        .clone()
        .or(rules().find_map(|r| r.exchange.clone()));
    let merchant = rules().find_map(|r| r.merchant.clone());
    let zone = settings
        .zones
        .iter()
        .find(|z| zone_applies(z, input, exchange.as_deref(), merchant.as_deref()));
    InputContext {
        index,
        shown: input.shown.clone(),
        role: input.role.or(rules().find_map(|r| r.role)),
        zone: zone.map(|z| (z.zone, z.from)),
        exchange,
        merchant,
        window: settings.window,
        classes: Arc::clone(&settings.classes),
    }
}

fn zone_applies(
    rule: &ZoneRule,
    input: &Input,
    exchange: Option<&str>,
    merchant: Option<&str>,
) -> bool {
    let named = |name: &String| {
        let same = |t: Option<&str>| t.is_some_and(|t| t.eq_ignore_ascii_case(name));
        let stem = input
            .shown
            .rsplit('/')
            .next()
            .and_then(|f| f.split('.').next());
        same(input.name.as_deref())
            || same(exchange)
            || same(merchant)
            || same(stem)
            || same(input.role.map(|r| r.as_str()))
            || input.shown == *name
    };
    let path = |pattern: &String| parse::path_fits(pattern, input);
    rule.name.as_ref().is_none_or(named)
        && rule.path.as_ref().is_none_or(path)
        && rule.role.is_none_or(|r| input.role == Some(r))
}

/// Drops what the user does not want to look at.
pub(super) fn keep_wanted(settings: &Settings, timeline: &mut Timeline) {
    let window = settings.window.span();
    let Timeline {
        names,
        attempts,
        calls,
        statuses,
        notes,
        ..
    } = timeline;
    if settings.window.is_stated() {
        attempts.retain(|a| window.contains(a.time));
        calls.retain(|c| window.contains(c.time));
        statuses.retain(|s| window.contains(s.start) || s.end.is_some_and(|e| window.contains(e)));
        notes.retain(|n| window.contains(n.time));
    }
    let listed =
        |list: &[String], sym| list.iter().any(|w| w.eq_ignore_ascii_case(names.text(sym)));
    if !settings.merchants.is_empty() {
        attempts.retain(|a| listed(&settings.merchants, a.merchant));
    }
    if !settings.exchanges.is_empty() {
        calls.retain(|c| listed(&settings.exchanges, c.exchange));
        statuses.retain(|s| listed(&settings.exchanges, s.exchange));
    }
}

/// Outages of exchanges that the user does not want to look at may still have shown in the payments.
pub(super) fn keep_wanted_outages(settings: &Settings, detected: &mut Detected) {
    if !settings.exchanges.is_empty() {
        let wanted = |name: &str| {
            settings
                .exchanges
                .iter()
                .any(|w| w.eq_ignore_ascii_case(name))
        };
        detected.outages.retain(|o| wanted(&o.exchange_name));
    }
}

/// Whether a row of the time line is wanted.
pub(super) fn is_wanted(settings: &Settings, row: &TimelineRow) -> bool {
    let listed = |list: &[String], name: &Option<String>| {
        list.is_empty()
            || name
                .as_ref()
                .is_some_and(|n| list.iter().any(|w| w.eq_ignore_ascii_case(n)))
    };
    match row.kind.as_ref() {
        "payment" => listed(&settings.merchants, &row.merchant),
        "call" | "status" => listed(&settings.exchanges, &row.exchange),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Window;
    use crate::source::Limits;
    use crate::timeline;
    use proptest::prelude::*;

    /// Reads every line in full.
    struct InFull(Builder);

    impl Sink for InFull {
        fn format(&mut self, info: &FormatInfo) {
            self.0.format(info.id, &info.reason);
        }

        fn record(&mut self, record: &Record<'_>) {
            self.0.record(record);
        }

        fn status(&mut self, incident: RawIncident) {
            self.0.status(&incident);
        }
    }

    fn context() -> InputContext {
        InputContext {
            index: 0,
            shown: "pay.log".to_owned(),
            role: None,
            exchange: None,
            merchant: None,
            zone: None,
            window: Window::default(),
            classes: Arc::default(),
        }
    }

    /// Everything that a reading gives, with texts in place of symbols.
    fn told(mut part: Part, read: parse::ReadSummary) -> String {
        part.summary.lines = read.lines;
        let timeline = timeline::assemble(vec![part]);
        let text = |s| timeline.names.text(s).to_owned();
        let attempts: Vec<String> = timeline
            .attempts
            .iter()
            .map(|a| {
                let syms = [
                    a.id,
                    a.order_text,
                    a.merchant,
                    a.method,
                    a.exchange,
                    a.currency,
                ];
                let (error, exact) = (timeline.error(a.error), (a.time.0, a.start.0));
                format!("{:?} {error:?} {exact:?} {a:?}", syms.map(text))
            })
            .collect();
        let exact: Vec<i64> = timeline.calls.iter().map(|c| c.time.0).collect();
        format!(
            "{attempts:#?} {exact:?} {:#?} {:#?} {:?} {:?} {:?} {:?}",
            timeline.calls,
            timeline.inputs,
            read.rejected,
            read.rejects,
            read.mapping,
            read.warnings
        )
    }

    fn both(text: &[u8]) -> (String, String) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, text).unwrap();
        let input = Input {
            path: file.path().to_owned(),
            entry: None,
            shown: "pay.log".to_owned(),
            role: None,
            name: None,
        };
        let options = ReadOptions {
            limits: Limits::default(),
            ..ReadOptions::default()
        };
        let (mut quick, mut full) = (
            Feed(Builder::new(context())),
            InFull(Builder::new(context())),
        );
        let a = parse::read(&input, &options, &mut quick).unwrap();
        let b = parse::read(&input, &options, &mut full).unwrap();
        (told(quick.0.finish(), a), told(full.0.finish(), b))
    }

    fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
        proptest::sample::select(choices)
    }

    /// Mostly the first choice, now and then an odd one.
    fn mostly(
        usual: &'static str,
        odd: &'static [&'static str],
    ) -> impl Strategy<Value = &'static str> {
        prop_oneof![12 => Just(usual), 1 => one_of(odd)]
    }

    const ODD_TIMES: &[&str] = &[
        "\"1709726400\"",
        "\"2024-03-06 12:00:02\"",
        "\"soon\"",
        "\"\"",
        "null",
        "1709726400.5",
        "\"06/03/2024 12:00:01\"",
        "\"2024-03-06T12:00:02+01:00\"",
    ];
    const ODD_IDS: &[&str] = &[
        "\"none\"",
        "\"-\"",
        "\"\"",
        "null",
        "17",
        "\"a b\"",
        "\"a\\\"b\"",
        "\"pay_ü\"",
        "\"00\"",
        "true",
    ];
    const ODD_AMOUNTS: &[&str] = &[
        "10",
        "\"1,234\"",
        "\"10.00 EUR\"",
        "\"-3.50\"",
        "\"\"",
        "null",
        "1e3",
        "\"abc\"",
        "0.000000000000000000000000001",
    ];
    const ODD_DURATIONS: &[&str] = &[
        "\"12ms\"",
        "12.5",
        "1709726400000",
        "-1",
        "\"\"",
        "null",
        "99999999999",
    ];
    const STATUSES: &[&str] = &["succeeded", "failed", "pending", "declined", "odd word"];
    const ERRORS: &[&str] = &[
        "",
        ",\"error\":\"upstream timed out\"",
        ",\"error\":\"declined by issuer 17\"",
        ",\"ok\":false",
        ",\"extra\":5",
    ];
    const TAILS: &[&str] = &[
        "",
        " ",
        "\r",
        ",",
        "\n",
        "\n\tat com.pay.Client.call(Client.java:7)",
        "\nCaused by: java.net.SocketTimeoutException: Read timed out",
        "\nnot a record at all",
        "\n2024-03-06T12:00:09Z ERROR payment p-9 failed: timeout",
    ];

    fn json_line() -> impl Strategy<Value = String> {
        (
            (mostly("#T", ODD_TIMES), mostly("#P", ODD_IDS), mostly("#O", ODD_IDS)),
            (mostly("\"12.50\"", ODD_AMOUNTS), mostly("250", ODD_DURATIONS), one_of(STATUSES)),
            (one_of(ERRORS), mostly("", TAILS), 0u32..100_000),
        )
            .prop_map(|((time, payment, order), (amount, duration, status), (error, tail, n))| {
                let time = time.replace("#T", &format!("\"2024-03-06T12:{:02}:{:02}.{:03}Z\"", n / 1000 % 60, n % 60, n % 1000));
                let payment = payment.replace("#P", &format!("\"pay_{n}\""));
                let order = order.replace("#O", &format!("\"ord-{}\"", n / 2));
                format!(
                    "{{\"time\":{time},\"payment_id\":{payment},\"order_id\":{order},\"method\":\"card\",\"currency\":\"EUR\",\
                     \"amount\":{amount},\"duration_ms\":{duration},\"status\":\"{status}\"{error}}}{tail}\n"
                )
            })
    }

    fn access_line() -> impl Strategy<Value = String> {
        const CLIENTS: &[&str] = &["shop.example 10.0.0.7", "gateway", "::1", "10.0.0.300"];
        const TIMES: &[&str] = &[
            "06/Mar/2024:12:00:02",
            "soon",
            "06/Mar/2024:12:00:02 +0100 x",
            "",
        ];
        const REQUESTS: &[&str] = &[
            "GET /api/v3/time HTTP/1.1",
            "POST /a \\\"b\\\" HTTP/1.1",
            "-",
            "",
            "\\x16\\x03",
        ];
        const STATUSES: &[&str] = &["200", "503", "429", "-", "0", "50x"];
        const HEADERS: &[&str] = &[
            "",
            " \"-\" \"shop/1.0\"",
            " \"https://a.example/x\" \"curl/8\"",
            " - -",
            " \"-\"",
            " \"a\\\"b\" \"c\"",
        ];
        const ENDS: &[&str] = &[
            "",
            " #S",
            " #S \"#W\"",
            " \"#W\" #S",
            " #W",
            " 12",
            " 12ms",
            " 2/2041377",
            " 0 41377",
            " rt=#S",
            " 462 #S [shop-pay-9000] [] 10.0.0.1:9000 0 0.049 502 #W",
            " 17 \"router@docker\" \"http://10.0.0.3:80\" 12ms",
            " 17 \"router@docker\" \"http://10.0.0.3:80\" #W",
            " #W #S #S",
        ];
        (
            (
                mostly("10.0.0.7", CLIENTS),
                mostly("#T", TIMES),
                mostly("POST /api/v3/order HTTP/1.1", REQUESTS),
            ),
            (
                one_of(STATUSES),
                mostly("512", &["-", "x", "-1", "1.5"]),
                one_of(HEADERS),
            ),
            (
                one_of(ENDS),
                mostly("0.#N", &["12", "0.", ".5", "1.2.3", "0.1234567890"]),
                mostly("", TAILS),
                0u32..100_000,
            ),
        )
            .prop_map(
                |((client, time, request), (status, size, headers), (end, took, tail, n))| {
                    let time = time.replace(
                        "#T",
                        &format!("06/Mar/2024:12:{:02}:{:02} +0000", n / 1000 % 60, n % 60),
                    );
                    let took = took.replace("#N", &format!("{:03}", n % 1000));
                    let word =
                        ["4bf92f35-aa", "x", "12ms", "a.b", "17", "k=v", "ok_7"][n as usize % 7];
                    let end = end.replace("#S", &took).replace("#W", word);
                    format!(
                        "{client} - - [{time}] \"{request}\" {status} {size}{headers}{end}{tail}\n"
                    )
                },
            )
    }

    fn logfmt_line() -> impl Strategy<Value = String> {
        const TIMES: &[&str] = &["\"2024-03-06 12:00:02\"", "soon", "", "1709726400"];
        const IDS: &[&str] = &["-", "none", "\"a b\"", "(x)", "a,b=c", "", "ü"];
        const ODD: &[&str] = &["12ms", "0.5", "\"\"", "9999999999"];
        const STATUSES: &[&str] = &["200", "503", "429", "-", "0"];
        (mostly("#T", TIMES), mostly("#R", IDS), mostly("80", ODD), one_of(STATUSES), mostly("", TAILS), 0u32..100_000).prop_map(
            |(time, request, took, status, tail, n)| {
                let time = time.replace("#T", &format!("2024-03-06T12:{:02}:{:02}.{:03}Z", n / 1000 % 60, n % 60, n % 1000));
                let request = request.replace("#R", &format!("{n:08x}"));
                format!("ts={time} exchange=binance path=/api/v3/order status_code={status} elapsed_ms={took} request_id={request}{tail}\n")
            },
        )
    }

    fn csv_line() -> impl Strategy<Value = String> {
        const TIMES: &[&str] = &[
            "soon",
            "",
            "1709726400",
            "\"2024-03-06 12:00:02\"",
            "06/03/2024 12:00",
        ];
        const IDS: &[&str] = &[
            "-",
            "none",
            "\"a \"\"b\"\", c\"",
            "",
            "ü",
            "\"over\ntwo lines\"",
        ];
        const AMOUNTS: &[&str] = &["\"1,234.50\"", "10", "", "abc", "(3.00)", "12.50 EUR"];
        const ENDS: &[&str] = &["", ",,", ",extra", "\r", " "];
        (
            mostly("#T", TIMES),
            mostly("#P", IDS),
            mostly("12.50", AMOUNTS),
            one_of(STATUSES),
            mostly("", ENDS),
            0u32..100_000,
        )
            .prop_map(|(time, payment, amount, status, end, n)| {
                let (minute, second, ms) = (n / 1000 % 60, n % 60, n % 1000);
                let stamp = format!("2024-03-06T12:{minute:02}:{second:02}.{ms:03}Z");
                let time = time.replace("#T", &stamp);
                let payment = payment.replace("#P", &format!("pay_{n}"));
                format!(
                    "{time},{payment},card,EUR,{amount},{status},{}{end}\n",
                    n % 900
                )
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

        #[test]
        fn lines_like_others_say_what_the_general_reader_says(
            usual in proptest::collection::vec(json_line(), 900),
            others in proptest::collection::vec(logfmt_line(), 0..400),
        ) {
            let mut lines = usual;
            lines.extend(others);
            let (quick, full) = both(lines.concat().as_bytes());
            prop_assert_eq!(quick, full);
        }

        #[test]
        fn rows_like_others_too(lines in proptest::collection::vec(csv_line(), 900)) {
            let header = "timestamp,payment_id,method,currency,amount,status,duration_ms\n";
            let (quick, full) = both((header.to_owned() + &lines.concat()).as_bytes());
            prop_assert_eq!(quick, full);
        }

        #[test]
        fn calls_like_others_too(lines in proptest::collection::vec(logfmt_line(), 1200)) {
            let (quick, full) = both(lines.concat().as_bytes());
            prop_assert_eq!(quick, full);
        }

        #[test]
        fn requests_like_others_too(lines in proptest::collection::vec(access_line(), 1500)) {
            let (quick, full) = both(lines.concat().as_bytes());
            prop_assert_eq!(quick, full);
        }
    }
}
