//! The whole program: up to four files in, every output out.

#![no_main]

use knockon::model::{Report, SourceRef};
use knockon::pipeline;
use knockon::report::{self, View};
use knockon_fuzz::files::{Folder, settings};
use knockon_fuzz::outputs::{self, Outputs};
use libfuzzer_sys::fuzz_target;

/// Formats of `timeline --all`; one of them for each case.
const ROWS: [&str; 3] = ["table", "jsonl", "csv"];
const STORIES: [&str; 3] = ["table", "markdown", "json"];

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::split(bytes);
    let settings = settings(&folder, 1);
    let Ok(report) = pipeline::analyze(&settings, outputs::ALL) else {
        return;
    };
    outputs::adds_up(&report);
    for input in &report.inputs {
        let path = &input.path;
        assert!(input.first <= input.last, "{path}: first after last");
    }
    let told = outputs::write_all(&report);
    is_the_same(&folder, &report, &told);
    all_rows(&settings, &report, ROWS[bytes.len() % ROWS.len()]);
    if let Some(first) = report.failures.first() {
        tell_stories(&settings, &first.payment_id);
    }
});

/// Holds that another run, on three threads, finds the same, and writes the same bytes.
fn is_the_same(folder: &Folder, report: &Report, told: &Outputs) {
    let settings = settings(folder, 3);
    let again = pipeline::analyze(&settings, outputs::ALL);
    let again = again.expect("was read before");
    assert_eq!(
        format!("{report:?}"),
        format!("{again:?}"),
        "on three threads"
    );
    outputs::assert_some_same(told, &again);
}

/// Holds that the rows are in the order of their times, and of lines that there are.
fn all_rows(settings: &pipeline::Settings, report: &Report, format: &str) {
    let path_of = |source: SourceRef| report.path_of(source).to_owned();
    let mut bytes = Vec::new();
    let mut writer = report::row_writer(format, &View::default(), &mut bytes);
    let mut last = None;
    let all = pipeline::timeline_all(settings, &mut |row| {
        assert!(last <= Some(row.time), "rows out of order");
        last = Some(row.time);
        assert!((row.source.input as usize) < report.inputs.len());
        writer.row(&path_of, &row).expect("memory takes every byte");
    });
    all.expect("was read before");
    writer.finish().expect("memory takes every byte");
    drop(writer);
    outputs::holds("timeline --all", format, &bytes);
}

/// Holds that a failed attempt that is listed can be explained.
fn tell_stories(settings: &pipeline::Settings, id: &str) {
    let (report, stories) = pipeline::explain(settings, id).expect("was read before");
    let story = stories
        .first()
        .unwrap_or_else(|| panic!("no story of {id:?}"));
    for format in STORIES {
        let mut bytes = Vec::new();
        let view = View::default();
        let written = report::write_story(&report, story, &view, format, &mut bytes);
        written.expect("memory takes every byte");
        outputs::holds("explain", format, &bytes);
    }
}
