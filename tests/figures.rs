//! Every format tells the same numbers: those of the JSON stand in the Markdown, the page, the table and the rows.
//!
//! The recording of a microservice shop is compared, too, where the folder of `tests/corpora.rs` holds it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use knockon::model::grouped;
use serde_json::Value;

/// What one run says, format by format, without markup and with single blanks.
struct Said {
    json: Value,
    for_people: Vec<(&'static str, String)>,
    rows: Vec<BTreeMap<String, String>>,
}

impl Said {
    fn of(logs: &[PathBuf]) -> Said {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let to = |name: &str| file(name).display().to_string();
        let logs: Vec<String> = logs.iter().map(|l| l.display().to_string()).collect();
        let logs: Vec<&str> = logs.iter().map(String::as_str).collect();
        let (json, md, html, txt) = (to("a.json"), to("a.md"), to("a.html"), to("a.txt"));
        let outputs = ["-o", &json, "-o", &md, "-o", &html, "-o", &txt];
        run(&[&["analyze", "-vv"], &logs[..], &outputs].concat());
        run(&[&["failures", "-q", "-o", &to("f.csv")], &logs[..]].concat());
        let read = |name: &str| fs::read_to_string(file(name)).unwrap();
        let mut csv = csv::Reader::from_reader(fs::File::open(file("f.csv")).unwrap());
        Said {
            json: serde_json::from_str(&read("a.json")).unwrap(),
            for_people: vec![
                (
                    "markdown",
                    squeezed(&read("a.md").replace(['\\', '|'], " ")),
                ),
                ("html", squeezed(&without_tags(&read("a.html")))),
                ("table", squeezed(&read("a.txt"))),
            ],
            rows: csv.deserialize().map(Result::unwrap).collect(),
        }
    }

    /// A number of the JSON.
    fn number(&self, pointer: &str) -> u64 {
        let value = self
            .json
            .pointer(pointer)
            .unwrap_or_else(|| panic!("no {pointer}"));
        value
            .as_u64()
            .unwrap_or_else(|| panic!("{pointer} is {value}"))
    }

    fn rows_with(&self, column: &str, value: &str) -> u64 {
        self.rows.iter().filter(|r| r[column] == value).count() as u64
    }

    /// A row of amounts for each currency: affected, recovered, lost, to be reconciled.
    fn money(&self) -> Vec<String> {
        let keys = [
            "amount_failed",
            "amount_recovered",
            "amount_lost",
            "amount_unknown",
        ];
        let of = |key: &str, currency: &str| {
            let amount = &self.json["impact"][key][currency];
            amount.as_str().unwrap_or("-").to_owned()
        };
        let currencies = self.json["impact"]["amount_failed"]
            .as_object()
            .unwrap()
            .keys();
        currencies
            .map(|c| format!("{c} {}", keys.map(|key| of(key, c)).join(" ")))
            .collect()
    }

    /// A pattern for each row of counts: name, attempts, failed, the rate, caused, unrelated, undetermined.
    fn counts(&self, by: &str) -> Vec<String> {
        let rows = self.json["failures"][by].as_object().unwrap().iter();
        rows.filter(|(name, _)| *name != "-")
            .map(|(name, row)| {
                let n = |key: &str| match row[key].as_u64().unwrap() {
                    0 if key == "attempts" => "-".to_owned(),
                    n => grouped(n),
                };
                format!(
                    "{} {} {} [<>.%0-9-]+ {} {} {}",
                    regex::escape(name),
                    n("attempts"),
                    n("failed"),
                    n("caused"),
                    n("unrelated"),
                    n("undetermined")
                )
            })
            .collect()
    }

    /// All formats for people hold this pattern; the table of 80 columns breaks a long name over lines.
    #[track_caller]
    fn all_match(&self, pattern: &str) {
        let regex = regex::Regex::new(pattern).unwrap();
        let is_long = pattern.split(' ').next().unwrap().len() > 20;
        for (format, text) in &self.for_people {
            if is_long && *format == "table" {
                continue;
            }
            assert!(regex.is_match(text), "{format} lacks: {pattern}");
        }
    }

    /// All formats for people say this.
    #[track_caller]
    fn all_say(&self, what: &str) {
        for (format, text) in &self.for_people {
            assert!(text.contains(what), "{format} lacks: {what}");
        }
    }
}

fn run(args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {error}");
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn without_tags(html: &str) -> String {
    let tags = regex::Regex::new(r"(?s)<(?:style|script).*?</(?:style|script)>|<[^>]*>").unwrap();
    let text = tags.replace_all(html, " ").into_owned();
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#x27;", "'"),
        ("&quot;", "\""),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text, |text, (escaped, plain)| text.replace(escaped, plain))
}

/// `413 of 9,803`.
fn of(part: u64, whole: u64) -> String {
    format!("{} of {}", grouped(part), grouped(whole))
}

#[track_caller]
fn agree(logs: &[PathBuf]) {
    let said = Said::of(logs);
    let n = |pointer: &str| said.number(pointer);
    let (attempts, failed, caused) = (
        n("/failures/attempts"),
        n("/failures/failed"),
        n("/failures/caused"),
    );

    // the answer, the rates and the expected number
    said.all_say(said.json["headline"].as_str().unwrap());
    said.all_say(&of(failed, attempts));
    let expected = &said.json["failures"]["expected_caused"];
    let shown = |key: &str| format!("{:.1}", expected[key].as_f64().unwrap());
    if !said.json["outages"].as_array().unwrap().is_empty() && failed > 0 {
        said.all_say(&format!(
            "{} (95% interval {} to {})",
            shown("mean"),
            shown("low"),
            shown("high")
        ));
    }

    // one row for each failure, judged as the totals say
    assert_eq!(said.rows.len() as u64, failed);
    for verdict in ["caused", "unrelated", "undetermined"] {
        assert_eq!(
            said.rows_with("verdict", verdict),
            n(&format!("/failures/{verdict}"))
        );
    }
    assert_eq!(
        said.rows_with("outcome", "unknown"),
        n("/impact/unknown_outcome/attempts")
    );
    let by_exchange = said.json["failures"]["by_exchange"].as_object().unwrap();
    for (exchange, count) in by_exchange.iter().filter(|(name, _)| *name != "-") {
        assert_eq!(
            said.rows_with("exchange", exchange),
            count["failed"].as_u64().unwrap()
        );
    }

    // what it cost
    let affected = n("/impact/orders_affected");
    if affected > 0 {
        for key in ["orders_recovered", "orders_lost", "orders_unknown"] {
            said.all_say(&of(n(&format!("/impact/{key}")), affected));
        }
        let sum: u64 = ["orders_recovered", "orders_lost", "orders_unknown"]
            .map(|key| n(&format!("/impact/{key}")))
            .iter()
            .sum();
        assert_eq!(sum, affected);
    }
    for row in said.money() {
        said.all_say(&row);
    }
    for by in ["by_exchange", "by_currency", "by_merchant", "by_method"] {
        for row in said.counts(by) {
            said.all_match(&row);
        }
    }

    // outages: how many payments followed from each, and how many of its calls were bad
    for outage in said.json["outages"].as_array().unwrap() {
        let id = outage["id"].as_str().unwrap();
        let followed = said
            .rows
            .iter()
            .filter(|r| r["outage"] == id && r["verdict"] == "caused");
        assert_eq!(
            followed.count() as u64,
            outage["caused"].as_u64().unwrap(),
            "{id}"
        );
        for part in outage["components"].as_array().unwrap() {
            let number = |key: &str| part[key].as_u64().unwrap();
            said.all_say(&of(number("failed_calls"), number("calls")));
        }
    }
    assert!(caused <= failed && failed <= attempts);
}

fn fixture(name: &str) -> [PathBuf; 1] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    [root.join("fixtures/incidents").join(name).join("logs")]
}

#[test]
fn every_format_of_the_bundled_incident_tells_the_same_numbers() {
    agree(&fixture("binance-2021-08-18"));
}

#[test]
fn and_so_do_those_of_other_kinds_of_incidents() {
    for name in [
        "trap-05-collateral-pool",
        "trap-10-unused-component",
        "trap-12-no-outage-burst",
        "trap-13-flapping",
    ] {
        agree(&fixture(name));
    }
}

#[test]
fn and_so_do_those_of_a_recorded_shop() {
    let corpora = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    let corpora =
        corpora.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let shop = corpora.join("microservice-shop/2023-01-29");
    if shop.is_dir() {
        agree(&["payments.jsonl", "upstream.jsonl"].map(|f| shop.join(f)));
    } else {
        writeln!(std::io::stderr(), "skipped: {} is not here", shop.display()).unwrap();
    }
}
