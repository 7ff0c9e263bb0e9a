//! The whole program: up to four files in, every output out.

#![no_main]

use knockon::model::{Report, SourceRef};
use knockon::pipeline;
use knockon::report::{self, View};
use knockon_fuzz::files::{Folder, settings};
use knockon_fuzz::outputs::{self, Outputs};
use libfuzzer_sys::fuzz_target;

/// Formats of `timeline --all`.
const ROWS: [&str; 3] = ["table", "jsonl", "csv"];
const STORIES: [&str; 3] = ["table", "markdown", "json"];

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::split(bytes);
    let once = all_outputs(&folder, 1);
    let again = all_outputs(&folder, 3);
    outputs::assert_same("on one thread and on three", &once, &again);
});

/// Everything that can be written of a folder; nothing when it cannot be read.
fn all_outputs(folder: &Folder, threads: usize) -> Outputs {
    let settings = settings(folder, threads);
    let Ok(report) = pipeline::analyze(&settings, outputs::ALL) else {
        return Outputs::new();
    };
    outputs::adds_up(&report);
    for input in &report.inputs {
        let path = &input.path;
        assert!(input.first <= input.last, "{path}: first after last");
    }
    let mut told = outputs::write_all(&report);
    for format in ROWS {
        let name = format!("timeline --all {format}");
        let rows = all_rows(&settings, &report, format);
        outputs::holds(&name, format, &rows);
        told.insert(name, rows);
    }
    if let Some(first) = report.failures.first() {
        add_stories(&settings, &first.payment_id, &mut told);
    }
    told
}

/// Holds that the rows are in the order of their times, and of lines that there are.
fn all_rows(settings: &pipeline::Settings, report: &Report, format: &str) -> Vec<u8> {
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
    bytes
}

/// Holds that a failed attempt that is listed can be explained.
fn add_stories(settings: &pipeline::Settings, id: &str, told: &mut Outputs) {
    let (report, stories) = pipeline::explain(settings, id).expect("was read before");
    assert!(!stories.is_empty(), "no story of {id:?}");
    for (story, number) in stories.iter().zip(0..3) {
        for format in STORIES {
            let mut bytes = Vec::new();
            let view = View::default();
            let written = report::write_story(&report, story, &view, format, &mut bytes);
            written.expect("memory takes every byte");
            let name = format!("explain {number} {format}");
            outputs::holds(&name, format, &bytes);
            told.insert(name, bytes);
        }
    }
}
