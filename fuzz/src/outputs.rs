//! What holds of every output of a report.

use std::collections::BTreeMap;

use knockon::model::Report;
use knockon::pipeline::Shown;
use knockon::report::{
    self, Audience, Redact, Reporter, View, analyze_reporters, failures_reporters,
    inspect_reporters, timeline_reporters,
};
use serde_json::Value;

/// Every output that a report has, by its command and format.
pub type Outputs = BTreeMap<String, Vec<u8>>;

/// Writes a report in every format, for a usual view and for outsiders, and holds what each format promises.
pub fn write_all(report: &Report) -> Outputs {
    let commands = [
        ("analyze", analyze_reporters()),
        ("failures", failures_reporters()),
        ("timeline", timeline_reporters()),
        ("inspect", inspect_reporters()),
    ];
    let mut outputs = Outputs::new();
    for (command, reporters) in commands {
        for reporter in reporters {
            for (view_name, view) in views(command) {
                let name = format!("{command} {} {view_name}", reporter.id());
                let bytes = write(*reporter, report, &view);
                holds(&name, reporter.id(), &bytes);
                outputs.insert(name, bytes);
            }
        }
    }
    outputs
}

/// The report itself is for outsiders too.
fn views(command: &str) -> Vec<(&'static str, View)> {
    let outsiders = View {
        width: 20,
        unicode: false,
        verbose: 2,
        redact: Redact::Strict,
        audience: Audience::External,
        ..View::default()
    };
    let views = [("usual", View::default()), ("strict", outsiders)];
    let shown = if command == "analyze" { 2 } else { 1 };
    views.into_iter().take(shown).collect()
}

fn write(reporter: &dyn Reporter, report: &Report, view: &View) -> Vec<u8> {
    let mut bytes = Vec::new();
    let written = reporter.write(report, view, &mut bytes);
    written.expect("memory takes every byte");
    bytes
}

/// Holds that bytes are UTF-8, and what their format promises.
pub fn holds(name: &str, format: &str, bytes: &[u8]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    match format {
        "json" => parses(name, text),
        "jsonl" | "timesketch" if !text.starts_with("message,") => {
            text.lines().for_each(|line| parses(name, line));
        }
        "csv" | "timesketch" => is_table(name, text),
        "html" => assert!(text.trim_end().ends_with("</html>"), "{name} is cut"),
        "table" => assert!(!text.contains('\u{1b}'), "{name} has an escape"),
        _ => {}
    }
}

fn parses(name: &str, text: &str) {
    serde_json::from_str::<Value>(text).unwrap_or_else(|e| panic!("{name}: {e}: {text}"));
}

/// Holds that all rows have as many cells as the first: the reader refuses others.
fn is_table(name: &str, text: &str) {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    for row in reader.records() {
        row.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

/// Holds that the numbers of a report agree with each other.
pub fn adds_up(report: &Report) {
    let totals = &report.totals;
    assert_eq!(totals.failed, report.failures.len() as u64, "failures");
    let judged = totals.caused + totals.unrelated + totals.undetermined;
    assert_eq!(judged, totals.failed, "verdicts");
    assert!(totals.failed <= totals.attempts, "attempts");
    for failure in &report.failures {
        let p = failure.probability;
        assert!((0.0..=1.0).contains(&p), "probability {p}");
        assert!((failure.source.input as usize) < report.inputs.len());
        assert!(failure.outage.is_none_or(|o| o < report.outages.len()));
    }
}

/// Holds that two runs wrote the same bytes.
pub fn assert_same(what: &str, a: &Outputs, b: &Outputs) {
    assert!(a.keys().eq(b.keys()), "{what}: not the same outputs");
    for (name, bytes) in a {
        let (left, right) = (
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(&b[name]),
        );
        let differ = left.lines().zip(right.lines()).find(|(l, r)| l != r);
        assert!(left == right, "{what}: {name} differs: {differ:#?}");
    }
}

/// Holds that a report of another run is written as the one before: in the formats that hold most.
pub fn assert_some_same(told: &Outputs, again: &Report) {
    let chosen = analyze_reporters()
        .iter()
        .filter(|r| matches!(r.id(), "json" | "table"));
    for reporter in chosen {
        let name = format!("analyze {} usual", reporter.id());
        let bytes = write(*reporter, again, &View::default());
        assert!(told.get(&name) == Some(&bytes), "{name} differs");
    }
}

/// All that a report can tell.
pub const ALL: Shown = Shown {
    reasons: |report| (0..report.failures.len()).collect(),
    lines: report::lines_to_cite,
};
