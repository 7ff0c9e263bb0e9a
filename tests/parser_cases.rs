//! Lines that nobody of this project wrote, read and held against what others' parsers say that they hold. The
//! lines are not part of the repository: see `docs/contributing.md` for `KNOCKON_CORPORA`.
//!
//! `KNOCKON_SHOW=1 cargo test --test parser_cases -- --nocapture` prints each miss and the figures.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use knockon::model::{DurationUnit, Field, RawIncident, Record, Time};
use knockon::parse::{self, FormatInfo, ReadOptions, ReadSummary, Sink};
use knockon::source::Input;
use serde_json::Value;

/// What was read of one input.
#[derive(Default)]
struct Read {
    times: Vec<Time>,
    fields: Vec<BTreeMap<&'static str, String>>,
    formats: Vec<&'static str>,
    current: &'static str,
}

impl Sink for Read {
    fn format(&mut self, info: &FormatInfo) {
        self.current = info.id;
    }

    fn record(&mut self, record: &Record<'_>) {
        self.times.push(record.time.unwrap().time);
        let mut fields: BTreeMap<_, _> = record
            .present()
            .map(|(field, text)| (field.as_str(), text.to_owned()))
            .collect();
        if let Some(duration) = fields.get_mut("duration") {
            let factor = match record.duration_unit {
                DurationUnit::Seconds => 1e3,
                DurationUnit::Millis => 1.0,
                DurationUnit::Micros => 1e-3,
                DurationUnit::Nanos => 1e-6,
            };
            *duration = (duration.parse::<f64>().unwrap() * factor).to_string();
        }
        self.fields.push(fields);
        self.formats.push(self.current);
    }

    fn status(&mut self, _: RawIncident) {}
}

fn read_bytes(bytes: &[u8]) -> (Read, ReadSummary) {
    let dir = tempfile::tempdir().unwrap();
    // A name that tells nothing: only the content may.
    let path = dir.path().join("x");
    fs::write(&path, bytes).unwrap();
    let input = Input {
        entry: None,
        path: path.clone(),
        shown: "x".into(),
        role: None,
        name: None,
    };
    let mut read = Read::default();
    let summary = parse::read(&input, &ReadOptions::default(), &mut read).unwrap();
    (read, summary)
}

fn corpora() -> Option<PathBuf> {
    let stated = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    let path =
        stated.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    if path.is_dir() {
        return Some(path.join("parsers"));
    }
    say("skipped: no corpora (set KNOCKON_CORPORA)");
    None
}

fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn shows() -> bool {
    std::env::var_os("KNOCKON_SHOW").is_some()
}

// --- single lines

/// Cases that are no test of this program, by set and format, and why.
const LEFT_OUT: &[(&str, &str, &str)] = &[
    ("vrl", "duration", "texts of durations, no log lines"),
    (
        "vrl",
        "cef",
        "events of firewalls and the like, no requests",
    ),
    ("vrl", "key_value", "pairs without a time stamp: no event"),
    ("vrl", "klog", "no year in the line, and none around it"),
    (
        "vrl",
        "timestamp",
        "the zone comes from the caller of the function",
    ),
    (
        "vrl",
        "aws_cloudwatch_log_subscription_message",
        "a container, tested as one",
    ),
    ("logstash", "exim", "mail, no requests"),
    (
        "logstash",
        "mongodb",
        "a database's own log, in an old form without a year",
    ),
    ("logstash", "redis", "a database's own log, without a year"),
    (
        "logstash",
        "java",
        "frames of stack traces, and records of two lines",
    ),
    ("logstash", "core", "single stamps and names, no log lines"),
    (
        "logstash",
        "syslog",
        "the header alone, most without a year",
    ),
    (
        "datadog",
        "zscaler",
        "verdicts of a proxy about browsing, as JSON under own names",
    ),
];

/// Lines that others' parsers refuse because they are another parser's.
const ANOTHER_PARSERS: &[&str] = &["main_line_invalid"];

/// Under which names the sets expect a field; the unit of a duration in milliseconds.
const NAMES: &[(Field, f64, &[&str])] = &[
    (
        Field::HttpStatus,
        0.0,
        &["status", "status_code", "response", "http_status_code"],
    ),
    (
        Field::HttpMethod,
        0.0,
        &["method", "verb", "http_verb", "request_method"],
    ),
    (Field::Path, 0.0, &["path"]),
    (Field::Host, 0.0, &["domain", "vhost"]),
    (Field::Level, 0.0, &["level", "severity", "loglevel"]),
    (Field::Duration, 1e3, &["request_time"]),
    (
        Field::Duration,
        1.0,
        &["time_duration", "total_time_ms", "duration"],
    ),
    (
        Field::Service,
        0.0,
        &["backend_name", "proxy_upstream_name"],
    ),
    (
        Field::UpstreamStatus,
        0.0,
        &["upstream_status", "backend_response"],
    ),
    (
        Field::ClientAddress,
        0.0,
        &["client", "clientip", "client_ip", "remote_addr"],
    ),
    (Field::Message, 0.0, &["logmessage"]),
    (Field::ErrorCode, 0.0, &["termination_state"]),
];

#[derive(Default)]
struct Count {
    times: (u32, u32),
    fields: (u32, u32),
    refused: (u32, u32),
}

/// What `parse` makes of every line of a set.
fn count(root: &Path, set: &str) -> Count {
    let mut count = Count::default();
    let text = fs::read_to_string(root.join(set).join("cases.jsonl")).unwrap();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let text_of = |name: &str| case[name].as_str().unwrap_or("").to_owned();
        let (id, format, input) = (text_of("id"), text_of("format"), text_of("input"));
        if LEFT_OUT.iter().any(|(s, f, _)| *s == set && *f == format)
            || ANOTHER_PARSERS.iter().any(|a| id.ends_with(a))
        {
            continue;
        }
        let (read, _) = read_bytes(input.as_bytes());
        let miss = |what: &str| {
            if shows() {
                say(&format!(
                    "{id}: {what}\n    {input:.300}\n    {:?}",
                    read.fields.first()
                ));
            }
        };
        if case["error"].is_string() || (case["error"] == true) {
            tally(&mut count.refused, read.times.is_empty(), || {
                miss("not refused")
            });
            continue;
        }
        let expect = &case["expect"];
        if let Some(time) = expected_time(expect) {
            tally(&mut count.times, read.times.first() == Some(&time), || {
                miss("time")
            });
        }
        let fields = if set == "datadog" {
            expect
        } else {
            &expect["fields"]
        };
        for (field, expected) in expected_fields(fields, set) {
            let got = read.fields.first().and_then(|f| f.get(field.as_str()));
            let right = got.is_some_and(|g| same(field, g, &expected));
            tally(&mut count.fields, right, || {
                miss(&format!("{} is not {expected}", field.as_str()))
            });
        }
    }
    say(&format!(
        "{set}: {} of {} times, {} of {} fields, {} of {} refused",
        count.times.0,
        count.times.1,
        count.fields.0,
        count.fields.1,
        count.refused.0,
        count.refused.1
    ));
    count
}

fn tally(count: &mut (u32, u32), right: bool, miss: impl FnOnce()) {
    count.1 += 1;
    if right {
        count.0 += 1;
    } else {
        miss();
    }
}

/// The expected time, where it is one: some sets put the time of their own run for lines without a year.
fn expected_time(expect: &Value) -> Option<Time> {
    let text = expect["ts"]
        .as_str()
        .or(expect["fields"]["timestamp"].as_str())?;
    let stamp = parse::stamp::read(text)?;
    (stamp.time > Time::from_millis(1_000)).then_some(stamp.time)
}

fn expected_fields(fields: &Value, set: &str) -> Vec<(Field, String)> {
    let mut out: Vec<(Field, String)> = Vec::new();
    for (field, unit, names) in NAMES {
        // The others' platform derives a level where the line has none, and calls a thing of its own `status`.
        if set == "datadog" && *field != Field::Level {
            continue;
        }
        let value = names.iter().map(|n| &fields[*n]).find(|v| !v.is_null());
        let text = match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        let nothing = matches!(text.as_str(), "" | "-" | "----" | "-1" | "000");
        if !nothing && !out.iter().any(|(f, _)| f == field) {
            let millis = text.parse::<f64>().map(|n| (n * unit).to_string());
            out.push((
                *field,
                if *unit > 0.0 {
                    millis.unwrap_or(text)
                } else {
                    text
                },
            ));
        }
    }
    out
}

fn same(field: Field, got: &str, expected: &str) -> bool {
    match field {
        Field::Duration => {
            let (a, b): (f64, f64) = (got.parse().unwrap(), expected.parse().unwrap_or(-1.0));
            (a - b).abs() < 0.01
        }
        Field::Level => level(got) == level(expected),
        // Others cut the query off.
        Field::Path => {
            got == expected || got.split('?').next() == Some(expected) || got.contains(expected)
        }
        // The cookie's part of the state is not of interest.
        Field::ErrorCode => got[..2] == expected[..2.min(expected.len())],
        _ => got == expected,
    }
}

fn level(text: &str) -> String {
    let lower = text.to_lowercase();
    match lower.as_str() {
        "warning" => "warn".to_owned(),
        "err" => "error".to_owned(),
        "information" => "info".to_owned(),
        _ => lower,
    }
}

#[test]
fn others_cases_are_read_as_they_say() {
    let Some(root) = corpora() else { return };
    for (set, times, fields, refused) in [
        ("vrl", 22, 44, 4),
        ("logstash", 9, 59, 0),
        ("datadog", 30, 15, 0),
    ] {
        let count = count(&root, set);
        assert!(count.times.0 >= times, "{set}: times {:?}", count.times);
        assert!(count.fields.0 >= fields, "{set}: fields {:?}", count.fields);
        assert!(
            count.refused.0 >= refused,
            "{set}: refused {:?}",
            count.refused
        );
    }
}

// --- whole files

/// Files and the format that they are recognised as without their name.
const FILES: &[(&str, &str)] = &[
    ("access_log.0", "access"),
    ("access_log.1", "access"),
    ("access_log_dupe.0", "access"),
    ("bunyan.0", "jsonl"),
    ("caddy_log.1", "jsonl"),
    ("cloudflare.1", "jsonl"),
    ("cloudflare.json", "jsonl"),
    ("ecs_log.json", "jsonl"),
    ("generic.0", "text"),
    ("haproxy.0", "haproxy"),
    ("java.0", "text"),
    ("java.1", "text"),
    ("json.json", "jsonl"),
    ("logfmt.0", "logfmt"),
    ("otel_collector.jsonl", "jsonl"),
    ("pino.0", "jsonl"),
    ("regexp_access_log.0", "access"),
    ("rust_tracing.0", "jsonl"),
    ("shop_access_log.0", "access"),
    ("w3c.0", "w3c"),
    ("w3c.1", "w3c"),
    ("w3c.2", "w3c"),
    ("w3c.3", "w3c"),
    ("w3c.4", "w3c"),
    ("w3c.6", "w3c"),
    ("w3c_big.0", "w3c"),
    ("zap_console.0", "text"),
];

/// Formats of requests: what is none must not be taken for one.
const REQUESTS: &[&str] = &[
    "access",
    "apache-error",
    "aws-elb",
    "envoy",
    "fix",
    "haproxy",
    "nginx-error",
    "squid",
    "w3c",
];

#[test]
fn files_are_recognised_by_what_is_in_them() {
    let Some(root) = corpora() else { return };
    let folder = root.join("lnav/test");
    let (mut right, mut wrong) = (0, Vec::new());
    let mut entries: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .chain(fs::read_dir(root.join("lnav/log-samples")).unwrap())
        .map(|e| e.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .replace("logfile_", "");
        let (read, summary) = read_bytes(&fs::read(&path).unwrap());
        if shows() {
            say(&format!(
                "{name}: {} ({} lines, {} records, {} rejected; {:?})",
                summary.format,
                summary.lines,
                read.times.len(),
                summary.rejected,
                summary.rejects.first()
            ));
        }
        match FILES.iter().find(|(file, _)| *file == name) {
            Some((_, format)) if *format == summary.format => right += 1,
            Some((_, format)) => {
                wrong.push(format!("{name}: {} instead of {format}", summary.format))
            }
            None if REQUESTS.contains(&summary.format) && !name.contains("access_log") => {
                wrong.push(format!("{name} is no {}", summary.format));
            }
            None => {}
        }
    }
    say(&format!(
        "{right} of {} files recognised without their name",
        FILES.len()
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(right, FILES.len(), "a file of the table is missing");
}

/// Formats whose lines can stand in a file with others'.
const MIXED: &[(&str, &str)] = &[
    ("access/ingress.log", "access"),
    ("apache-error/proxy.log", "apache-error"),
    ("aws-elb/application.log", "aws-elb"),
    ("envoy/istio.log", "envoy"),
    ("fix/session.log", "fix"),
    ("haproxy/egress.log", "haproxy"),
    ("jsonl/loggers.jsonl", "jsonl"),
    ("logfmt/payments.log", "logfmt"),
    ("nginx-error/upstream.log", "nginx-error"),
    ("squid/egress.log", "squid"),
    ("text/sentences.log", "text"),
];

/// How many lines of a text each format reads.
fn by_format(bytes: &[u8]) -> BTreeMap<&'static str, usize> {
    let mut out = BTreeMap::new();
    for format in read_bytes(bytes).0.formats {
        *out.entry(format).or_default() += 1;
    }
    out
}

#[test]
fn two_formats_in_one_file_are_both_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let files: Vec<(Vec<u8>, &str)> = MIXED
        .iter()
        .map(|(file, format)| (fs::read(root.join(file)).unwrap(), *format))
        .collect();
    let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
    for (first, a) in &files {
        for (second, b) in files.iter().filter(|(_, b)| a != b) {
            let (alone, other) = (by_format(first), by_format(second));
            let both = by_format(&[first.as_slice(), second].concat());
            for format in [a, b] {
                let of = |counts: &BTreeMap<&str, usize>| counts.get(format).copied().unwrap_or(0);
                let expected = of(&alone) + of(&other);
                all += expected;
                right += of(&both).min(expected);
                if of(&both) != expected {
                    wrong.push(format!(
                        "{a}+{b}: {} of {expected} lines of {format}",
                        of(&both)
                    ));
                }
            }
        }
    }
    say(&format!(
        "mixed files: {right} of {all} lines read as their format"
    ));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
