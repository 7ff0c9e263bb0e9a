//! Status pages and pagers: an incident is the same whatever form its page gives it in, and who was called when is a note.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use knockon::model::{RawIncident, Record, Time};
use knockon::parse::{self, FormatInfo, ReadOptions, Sink};
use knockon::source::Input;
use serde_json::Value;

#[derive(Default)]
struct Incidents(Vec<RawIncident>);

impl Sink for Incidents {
    fn format(&mut self, _: &FormatInfo) {}
    fn record(&mut self, _: &Record<'_>) {}
    fn status(&mut self, incident: RawIncident) {
        self.0.push(incident);
    }
}

fn incidents(path: &Path) -> Vec<RawIncident> {
    let input = Input {
        path: path.to_owned(),
        entry: None,
        shown: path.to_string_lossy().into_owned(),
        role: None,
        name: None,
    };
    let mut sink = Incidents::default();
    parse::read(&input, &ReadOptions::default(), &mut sink).expect("it is read");
    sink.0
}

/// When the first and the last update were shown.
fn span(incident: &RawIncident) -> Option<(Time, Time)> {
    let times = || incident.updates.iter().filter_map(|u| Some(u.time?.time));
    Some((times().min()?, times().max()?))
}

fn corpora() -> PathBuf {
    let stated = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    stated.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"))
}

#[test]
fn the_feed_and_the_json_of_a_page_tell_the_same() {
    let folder = corpora().join("status-pages/github-statuses");
    let (feed, document) = (
        folder.join("github-status-history.atom"),
        folder.join("v2/incidents.json"),
    );
    if !feed.exists() {
        return;
    }
    let (told, known) = (incidents(&feed), incidents(&document));
    assert!(told.len() >= 20, "{} incidents in the feed", told.len());
    // A feed gives minutes, and its page seconds.
    let close = |a: Time, b: Time| a.secs_since(b).abs() < 60.0;
    let begins = |k: &&RawIncident, first: Time| span(k).is_some_and(|(s, _)| close(first, s));
    let mut compared = 0;
    for incident in &told {
        let (first, last) = span(incident).expect("dated updates");
        let same = known
            .iter()
            .filter(|k| k.title.trim() == incident.title.trim());
        if let Some(k) = same.clone().find(|k| begins(k, first)) {
            let (_, end) = span(k).expect("dated updates");
            assert!(close(last, end), "{}: {last} {end}", k.title);
            compared += 1;
        }
    }
    assert!(
        compared * 10 >= told.len() * 8,
        "{compared} of {}",
        told.len()
    );
}

fn run(args: &[&str], paths: &[&Path]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(args)
        .args(paths)
        .output()
        .expect("the program runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn an_incident_in_two_exports_of_its_page_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let feed = folder.path().join("history.rss");
    let fixture =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/status-feed/history.rss");
    fs::copy(fixture, &feed).expect("a copy");
    let document = folder.path().join("incidents.json");
    let incident = |title: &str| {
        format!(
            r#"{{"name":"{title}","impact":"major","created_at":"2021-08-18T12:20:31Z","resolved_at":"2021-08-18T14:05:09Z","components":[{{"name":"Wallet"}}],"incident_updates":[{{"status":"investigating","body":"We look.","display_at":"2021-08-18T12:20:31Z"}}]}}"#
        )
    };
    let page = r#""page":{"name":"Exchange","url":"https://status.exchange.example"}"#;
    let of = |title: &str| {
        let text = format!("{{{page},\"incidents\":[{}]}}", incident(title));
        fs::write(&document, text).expect("a file");
        let report: Value =
            serde_json::from_str(&run(&["inspect", "-f", "json"], &[folder.path()])).expect("JSON");
        let inputs = report["inputs"].as_array().expect("inputs").clone();
        inputs
            .iter()
            .map(|i| i["duplicates"].as_u64().unwrap_or(0))
            .sum::<u64>()
    };
    assert_eq!(of("Withdrawals delayed"), 1);
    assert_eq!(of("Another matter"), 0);
}

#[test]
fn who_was_called_when_is_a_note() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/pager");
    for (file, expected) in [
        ("pagerduty.json", 3),
        ("pagerduty.csv", 4),
        ("pagerduty_log_entries.json", 2),
        ("alertmanager.json", 3),
        ("opsgenie.csv", 2),
    ] {
        let rows = run(&["timeline", "--all", "-f", "jsonl"], &[&folder.join(file)]);
        let rows: Vec<Value> = rows
            .lines()
            .map(|l| serde_json::from_str(l).expect("JSON"))
            .collect();
        let notes = rows.iter().filter(|r| r["kind"] == "note").count();
        assert_eq!((notes, rows.len()), (expected, expected), "{file}");
    }
}
