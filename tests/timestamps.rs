//! Time stamps: every shape that logs write is read back as the instant that it was written for, what nothing tells is
//! refused, and what whole files tell (day or month first, the year) is found.
//!
//! Cases that nobody of this project wrote are read from the corpora, where they are (`KNOCKON_CORPORA`, or
//! `../shared/corpora`); `KNOCKON_SHOW=1` prints what became of each.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop where it is, and one that is skipped should say so"
)]

use std::fs;
use std::path::PathBuf;

use knockon::model::{Open, RawIncident, Record, Stamp, Time};
use knockon::parse::{self, FormatInfo, ReadOptions, ReadSummary, Sink, stamp};
use knockon::source::Input;
use proptest::prelude::*;
use serde_json::Value;

fn corpora() -> Option<PathBuf> {
    let folder = std::env::var_os("KNOCKON_CORPORA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no corpora");
    None
}

/// Why a stamp of the corpora is not read, or not as the corpora have it. None of these is a shape that logs write.
fn on_purpose(text: &str) -> Option<&'static str> {
    let clock =
        text.contains(':') || text.contains('时') || text.contains("am") || text.contains("pm");
    let bytes = text.as_bytes();
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return Some("a number that is no time from 2000 on");
    }
    if !clock {
        return Some("no time of day");
    }
    if text.contains("pm UTC-05") || text.contains("PM UTC-05") {
        return Some("its library takes no notice of the offset after the name");
    }
    if text == "Thu Sep 25 10:36:28" {
        return Some("no year");
    }
    let names = ["PST", "MST", "CEST", "CET"];
    if names.iter().any(|n| text.contains(n)) {
        return Some("its library takes no notice of the name of the zone");
    }
    if text.ends_with("4:8")
        || text.contains("9:1:")
        || text.contains(":1 PM")
        || text.contains("2:8:8")
    {
        return Some("minutes or seconds of one digit");
    }
    if text.contains("1965") || text.contains("0031") {
        return Some("before 1970");
    }
    if bytes.get(2) == Some(&b':') && bytes.get(5) == Some(&b':') && bytes.len() > 10 {
        return Some("a date with colons that may be day or month first");
    }
    None
}

#[derive(Default, Debug)]
struct Count {
    right: usize,
    wrong: Vec<String>,
    refused: Vec<String>,
    on_purpose: usize,
    must_fail: usize,
    read_though_bad: Vec<String>,
}

/// The reading of a stamp that leaves its order open, if some order gives the expected date; the file decides which.
fn matches_some_order(stamp: &Stamp, expected: Time) -> bool {
    let Open::Order(numbers) = stamp.open else {
        return false;
    };
    let mut wanted: Vec<u16> = expected
        .to_utc()
        .format("%d %m %y")
        .to_string()
        .split(' ')
        .map(|n| n.parse().unwrap())
        .collect();
    let mut found: Vec<u16> = numbers.iter().map(|n| n % 100).collect();
    wanted.sort_unstable();
    found.sort_unstable();
    let day = 86_400_000_000_000;
    wanted == found && expected.0.rem_euclid(day) == stamp.time.0.rem_euclid(day)
}

fn expected(case: &Value) -> Option<Time> {
    let text = case["expect"]["ts"].as_str()?;
    let zoned = if text.ends_with('Z') {
        text.to_owned()
    } else {
        format!("{text}Z")
    };
    zoned.parse().ok()
}

#[test]
fn stamps_of_three_libraries() {
    let Some(folder) = corpora() else { return };
    let mut count = Count::default();
    for name in ["araddon-dateparse", "dateparser-rs", "dateutil"] {
        let path = folder.join("timestamps").join(format!("{name}.jsonl"));
        for line in fs::read_to_string(path).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let text = case["input"].as_str().unwrap();
            let read = stamp::read(text);
            let Some(expected) = expected(&case) else {
                if case["error"] == true || case["expect"]["error"] == true {
                    count.must_fail += 1;
                    count.read_though_bad.extend(read.map(|_| text.to_owned()));
                }
                continue;
            };
            let right = read.is_some_and(|s| s.time == expected && s.is_whole())
                || read.is_some_and(|s| matches_some_order(&s, expected));
            match (right, read, on_purpose(text)) {
                (true, ..) => count.right += 1,
                (_, _, Some(_)) => count.on_purpose += 1,
                (_, Some(_), None) => count.wrong.push(text.to_owned()),
                (_, None, None) => count.refused.push(text.to_owned()),
            }
        }
    }
    if std::env::var_os("KNOCKON_SHOW").is_some() {
        println!("{count:#?}");
    }
    assert!(count.wrong.is_empty(), "{:?}", count.wrong);
    assert!(
        count.read_though_bad.is_empty(),
        "{:?}",
        count.read_though_bad
    );
    assert!(count.right >= RIGHT_AT_LEAST, "{} right", count.right);
    assert!(
        count.refused.len() <= REFUSED_AT_MOST,
        "{:?}",
        count.refused
    );
}

/// Of the cases of the corpora.
const RIGHT_AT_LEAST: usize = 130;
const REFUSED_AT_MOST: usize = 20;

#[derive(Default)]
struct Times(Vec<Option<Time>>);

impl Sink for Times {
    fn format(&mut self, _: &FormatInfo) {}
    fn record(&mut self, record: &Record<'_>) {
        self.0.push(record.time.map(|s| s.time));
    }
    fn status(&mut self, _: RawIncident) {}
}

fn read_path(path: PathBuf, options: &ReadOptions) -> (Vec<String>, ReadSummary) {
    let input = Input {
        entry: None,
        shown: path.file_name().unwrap().to_string_lossy().into_owned(),
        path,
        role: None,
        name: None,
    };
    let mut times = Times::default();
    let summary = parse::read(&input, options, &mut times).unwrap();
    let shown = times
        .0
        .iter()
        .map(|t| t.map_or("none".to_owned(), |t| t.to_string()));
    (shown.collect(), summary)
}

/// Reads `text` as a file of that name.
fn read_text(name: &str, text: &str, options: &ReadOptions) -> (Vec<String>, ReadSummary) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    read_path(path, options)
}

fn stating(order: Option<knockon::model::DateOrder>, year: Option<i64>) -> ReadOptions {
    ReadOptions {
        mapping: vec![parse::MappingRule {
            date_order: order,
            year,
            ..parse::MappingRule::default()
        }],
        ..ReadOptions::default()
    }
}

fn rows(dates: &[&str]) -> String {
    let row = |d: &&str| format!("{d},succeeded,25.00,EUR\n");
    let rows: String = dates.iter().map(row).collect();
    format!("created_at,status,amount,currency\n{rows}")
}

#[test]
fn the_file_tells_whether_the_day_or_the_month_is_first() {
    let none = ReadOptions::default();
    for (dates, first) in [
        // a number above twelve
        (
            &["06/03/2024 10:00:00", "13/03/2024 10:00:00"][..],
            "2024-03-06T10:00:00.000Z",
        ),
        (
            &["06/03/2024 10:00:00", "06/14/2024 10:00:00"],
            "2024-06-03T10:00:00.000Z",
        ),
        // days that follow each other
        (
            &[
                "05/03/2024 23:00:00",
                "06/03/2024 01:00:00",
                "07/03/2024 01:00:00",
            ],
            "2024-03-05T23:00:00.000Z",
        ),
        (
            &[
                "3/5/2024, 11:00:00 PM",
                "3/6/2024, 1:00:00 AM",
                "3/7/2024, 1:00:00 AM",
            ],
            "2024-03-05T23:00:00.000Z",
        ),
        // newest first
        (
            &["3/7/2024 01:00", "3/6/2024 01:00", "3/5/2024 01:00"],
            "2024-03-07T01:00:00.000Z",
        ),
        // two digits of the year
        (
            &["24/03/05 23:00:00", "24/03/06 01:00:00"],
            "2024-03-05T23:00:00.000Z",
        ),
    ] {
        let (times, summary) = read_text("payments.csv", &rows(dates), &none);
        assert_eq!(
            times.first().map(String::as_str),
            Some(first),
            "{dates:?} {:?}",
            summary.rejects
        );
        assert_eq!(times.len(), dates.len());
    }
}

#[test]
fn dates_in_a_column_of_their_own_are_decided_alike() {
    let text = "Date,Time,Status,Currency,Gross,Transaction ID\n\
                13/03/2024,10:00:00,Completed,EUR,5.00,T1\n\
                06/03/2024,10:00:00,Denied,EUR,5.00,T2\n";
    let (times, summary) = read_text("paypal.csv", text, &ReadOptions::default());
    let expected = ["2024-03-13T10:00:00.000Z", "2024-03-06T10:00:00.000Z"];
    assert_eq!(times, expected, "{:?}", summary.rejects);
}

#[test]
fn what_the_file_does_not_tell_is_refused_or_stated() {
    use knockon::model::{DateOrder, Span};
    let text = rows(&["06/03/2024 10:00:00", "06/03/2024 10:01:00"]);
    let (times, summary) = read_text("payments.csv", &text, &ReadOptions::default());
    assert!(times.is_empty());
    assert_eq!(summary.undated, 2);
    assert!(
        summary.rejects[0].reason.contains("date_order"),
        "{:?}",
        summary.rejects
    );

    let (times, _) = read_text(
        "payments.csv",
        &text,
        &stating(Some(DateOrder::DayMonthYear), None),
    );
    assert_eq!(times[0], "2024-03-06T10:00:00.000Z");

    let t = |text: &str| text.parse().unwrap();
    let near = ReadOptions {
        near: Some(Span::new(
            t("2024-06-03T09:00:00Z"),
            t("2024-06-03T11:00:00Z"),
        )),
        ..ReadOptions::default()
    };
    let (times, summary) = read_text("payments.csv", &text, &near);
    assert_eq!(times[0], "2024-06-03T10:00:00.000Z");
    assert!(
        summary
            .warnings
            .iter()
            .any(|w| w.contains("month/day/year")),
        "{:?}",
        summary.warnings
    );
}

fn syslog(stamps: &[&str]) -> String {
    let line = |s: &&str| format!("{s} web01 pay[7]: payment_id=p1 status=failed amount=5.00\n");
    stamps.iter().map(line).collect()
}

#[test]
fn a_year_is_found_or_refused() {
    let none = ReadOptions::default();
    let turn = syslog(&[
        "Dec 31 23:59:58",
        "Jan  1 00:00:01",
        "Dec 31 23:59:59",
        "Jan  1 00:00:02",
    ]);
    let (times, summary) = read_text("syslog", &turn, &none);
    assert!(times.is_empty());
    assert!(
        summary.rejects[0].reason.contains("year"),
        "{:?}",
        summary.rejects
    );

    let expected = [
        "2023-12-31T23:59:58.000Z",
        "2024-01-01T00:00:01.000Z",
        "2023-12-31T23:59:59.000Z",
        "2024-01-01T00:00:02.000Z",
    ];
    let (times, _) = read_text("syslog", &turn, &stating(None, Some(2023)));
    assert_eq!(times, expected);
    // rotated on the day after
    let (times, summary) = read_text("syslog-20240102", &turn, &none);
    assert_eq!(times, expected, "{:?}", summary.warnings);
    assert!(
        summary
            .warnings
            .iter()
            .any(|w| w.contains("the name of the input"))
    );

    let (times, _) = read_text("app.2024-02-29.log", &syslog(&["Feb 29 10:00:00"]), &none);
    assert_eq!(times, ["2024-02-29T10:00:00.000Z"]);
    // no leap year
    let (times, _) = read_text("app.2023-03-01.log", &syslog(&["Feb 29 10:00:00"]), &none);
    assert!(times.is_empty());

    let mixed = format!("2024-01-01T00:00:03Z INFO started\n{turn}");
    let (times, _) = read_text("syslog", &mixed, &none);
    assert_eq!(times[1..], expected);
}

#[test]
fn a_year_is_that_of_the_other_inputs() {
    use knockon::model::Span;
    let t = |text: &str| text.parse().unwrap();
    let near = |from, to| ReadOptions {
        near: Some(Span::new(t(from), t(to))),
        ..ReadOptions::default()
    };
    let text = syslog(&["Dec 31 23:59:58", "Jan  1 00:00:01"]);
    let (times, _) = read_text(
        "syslog",
        &text,
        &near("2020-01-01T00:00:00Z", "2020-01-01T01:00:00Z"),
    );
    assert_eq!(
        times,
        ["2019-12-31T23:59:58.000Z", "2020-01-01T00:00:01.000Z"]
    );
    // two years of other inputs: either could be meant
    let (times, _) = read_text(
        "syslog",
        &text,
        &near("2019-01-05T00:00:00Z", "2021-01-01T01:00:00Z"),
    );
    assert!(times.is_empty());
    // half a year away from all others
    let (times, _) = read_text(
        "syslog",
        &text,
        &near("2020-06-01T00:00:00Z", "2020-06-02T00:00:00Z"),
    );
    assert!(times.is_empty());
}

/// What nothing in an input tells is told by the other inputs of the run.
#[test]
fn a_run_dates_one_input_by_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let access: String = (10..40)
        .map(|s| {
            format!(
                "2024-06-03T10:00:{s}Z INFO exchange=acme path=/orders status=503 duration_ms=9\n"
            )
        })
        .collect();
    fs::write(folder.path().join("acme.log"), access).unwrap();
    let stamps = ["06/03/2024 10:00:12", "06/03/2024 10:00:30"];
    fs::write(folder.path().join("payments.csv"), rows(&stamps)).unwrap();
    let lines = syslog(&["Jun  3 10:00:15"]);
    fs::write(folder.path().join("syslog"), lines).unwrap();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_knockon"))
        .args(["inspect", "-f", "json", "--no-config"])
        .arg(folder.path())
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let inputs = report["inputs"].as_array().unwrap();
    let first = |name: &str| {
        let of = inputs
            .iter()
            .find(|i| i["path"].as_str().unwrap().ends_with(name));
        of.unwrap()["first"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(first("payments.csv"), "2024-06-03T10:00:12.000Z");
    assert_eq!(first("syslog"), "2024-06-03T10:00:15.000Z");
}

/// Files whose names say which trap they hold.
#[test]
fn files_with_traps_of_time() {
    let Some(folder) = corpora() else { return };
    let file = |name: &str| folder.join("parsers/lnav/test").join(name);
    let none = ReadOptions::default();

    let (times, _) = read_path(file("logfile_epoch.0"), &none);
    assert_eq!(times[0], "2015-04-10T02:58:07.123Z");
    let (times, _) = read_path(file("logfile_with_zones.0"), &none);
    assert_eq!(
        times[..3],
        [
            "2022-08-27T14:22:01.613Z",
            "2022-08-27T14:22:01.694Z",
            "2022-08-27T14:22:01.888Z"
        ]
    );
    let (times, _) = read_path(file("logfile_yday.0"), &none);
    assert_eq!(
        times,
        ["2012-01-25T10:22:40.672Z", "2014-11-29T16:56:38.344Z"]
    );
    let (times, _) = read_path(file("logfile_generic_nanos.0"), &none);
    assert_eq!(times[0], "2025-01-01T00:00:00.123Z");
    let (times, _) = read_path(file("logfile_tai64n.0"), &none);
    assert_eq!(&times[0][..10], "2005-09-22");

    // a zone that does not exist, stamps without a date, stamps without a year
    for name in [
        "logfile_invalid_tz.0",
        "logfile_rollover.0",
        "logfile_dst.0",
        "logfile_glog.0",
    ] {
        let (times, summary) = read_path(file(name), &none);
        assert!(times.is_empty(), "{name}: {times:?}");
        assert!(summary.rejected > 0, "{name}");
    }
    let (times, _) = read_path(file("logfile_rollover.1"), &stating(None, Some(2006)));
    assert_eq!(
        times.first().map(String::as_str),
        Some("2006-11-03T09:23:38.000Z")
    );
    assert_eq!(
        times.last().map(String::as_str),
        Some("2007-02-03T09:23:38.000Z")
    );
    let (times, _) = read_path(
        file("logfile_syslog_with_mixed_times.0"),
        &stating(None, Some(2012)),
    );
    assert!(
        times.iter().all(|t| t.starts_with("2012-09-1")),
        "{times:?}"
    );
    let (times, _) = read_path(file("logfile_glog.0"), &stating(None, Some(2013)));
    assert_eq!(times[0], "2013-05-17T15:04:22.619Z");
}

/// A shape that can be written with chrono, and the nanoseconds that one of its units has.
const SHAPES: &[(&str, i64)] = &[
    ("%Y-%m-%dT%H:%M:%S%.9fZ", 1),
    ("%Y-%m-%d %H:%M:%S,%3f", 1_000_000),
    ("%Y/%m/%d %H:%M:%S%.6f", 1_000),
    ("%Y-%m-%d %I:%M:%S %p", 1_000_000_000),
    ("%d/%b/%Y:%H:%M:%S +0000", 1_000_000_000),
    ("%d/%b/%Y:%H:%M:%S%.3f", 1_000_000),
    ("%b %-d, %Y @ %H:%M:%S%.3f", 1_000_000),
    ("%a, %d %b %Y %H:%M:%S GMT", 1_000_000_000),
    ("%a %b %e %H:%M:%S%.6f %Y", 1_000),
    (
        "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)",
        1_000_000_000,
    ),
    ("%A, %d-%b-%y %H:%M:%S UTC", 1_000_000_000),
    ("%d %B %Y %H:%M:%S", 1_000_000_000),
    ("%d.%m.%Y %H:%M:%S", 1_000_000_000),
    ("%Y%m%d-%H:%M:%S%.6f", 1_000),
    ("%Y%m%dT%H%M%SZ", 1_000_000_000),
    ("%Y%m%d%H%M%S", 1_000_000_000),
    ("%Y-%jT%H:%M:%S", 1_000_000_000),
    ("%Y年%-m月%-d日 %H:%M:%S", 1_000_000_000),
    ("%s%.9f", 1),
];

proptest! {
    #[test]
    fn every_shape_is_read_back(
        // 2000 to 2069: what two digits of a year can mean
        nanos in 946_684_800_000_000_000i64..3_155_760_000_000_000_000,
        shape in 0..SHAPES.len(),
    ) {
        let (format, unit) = SHAPES[shape];
        let time = Time(nanos - nanos.rem_euclid(unit));
        let text = time.to_utc().format(format).to_string();
        let read = stamp::read(&text);
        prop_assert!(read.is_some(), "{} is not read", text);
        prop_assert_eq!(read.unwrap().time, time, "{}", text);
        prop_assert!(read.unwrap().is_whole());
    }

    #[test]
    fn open_shapes_are_read_back(nanos in 946_684_800_000_000_000i64..3_155_760_000_000_000_000) {
        let time = Time(nanos - nanos.rem_euclid(1_000_000_000));
        for format in ["%m/%d/%Y %H:%M:%S", "%-d/%-m/%Y, %-I:%M:%S %p", "%d-%m-%y %H:%M:%S", "%y/%m/%d %H:%M:%S"] {
            let text = time.to_utc().format(format).to_string();
            let read = stamp::read(&text);
            prop_assert!(read.is_some_and(|s| matches_some_order(&s, time)), "{}", text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,48}") {
        check_prefix(&text)?;
    }

    #[test]
    fn texts_like_stamps_are_read_or_refused(
        text in "[0-9]{1,4}[-/. 年]([A-Z][a-z]{2}|[0-9]{1,2})[-/. 月][0-9]{1,4}[T :,日]{1,2}[0-9]{1,2}[:时][0-9]{1,2}[:分]?[0-9]{0,2}[.,秒]?[0-9]{0,10}[ \u{202f}]?[A-Za-z+\\[(-]{0,5}[0-9:]{0,6}"
    ) {
        check_prefix(&text)?;
    }

    #[test]
    fn files_of_open_stamps_never_panic(stamps in proptest::collection::vec("[0-3]?[0-9]/[0-3]?[0-9]/(19|20|21)?[0-9]{2} 1[0-9]:[0-5][0-9]|(Jan|Feb|Jun|Dec) [ 1-3][0-9] 1[0-9]:00:0[0-9]|I[01][0-9][0-3][0-9] 10:00:00", 1..12)) {
        let text: String = stamps.iter().map(|s| format!("{s} payment_id=p1 status=failed\n")).collect();
        let (times, summary) = read_text("x.log", &text, &ReadOptions::default());
        prop_assert_eq!(times.len() as u64 + summary.rejected, stamps.len() as u64);
    }
}

fn check_prefix(text: &str) -> Result<(), TestCaseError> {
    let _ = stamp::read(text);
    if let Some((_, used)) = stamp::read_prefix(text) {
        prop_assert!(used <= text.len() && text.is_char_boundary(used));
    }
    Ok(())
}
