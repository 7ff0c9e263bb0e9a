//! Most lines of a log are read by what is new in them. That both ways of reading say the same is held by properties in
//! `pipeline/reading.rs`; that the quick one is taken at all, which no result shows, is held here by counting.

use std::fs;

use knockon::model::{Alike, RawIncident, Record, Window};
use knockon::parse::{self, FormatInfo, ReadOptions, Sink};
use knockon::source::Input;
use knockon::timeline::{Builder, InputContext};

#[path = "../examples/sim/mod.rs"]
#[expect(dead_code, reason = "the tools that make incidents need more of it")]
mod sim;

/// Counts the lines read in full and those read by what is new in them.
struct Counting {
    builder: Builder,
    in_full: u64,
    alike: u64,
}

impl Sink for Counting {
    fn format(&mut self, info: &FormatInfo) {
        self.builder.format(info.id, &info.reason);
    }
    fn record(&mut self, record: &Record<'_>) {
        self.in_full += 1;
        self.builder.record(record);
    }
    fn status(&mut self, incident: RawIncident) {
        self.builder.status(&incident);
    }
    fn learns(&self) -> bool {
        true
    }
    fn learn(&mut self, record: &Record<'_>) -> Option<u32> {
        self.in_full += 1;
        self.builder.learn(record)
    }
    fn alike(&mut self, number: u32, alike: &Alike<'_>) {
        self.alike += 1;
        self.builder.alike(number, alike);
    }
}

#[test]
fn most_lines_are_read_by_what_is_new_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = sim::families::build("hard-outage", 7).unwrap();
    world.scale_to(60_000.0);
    sim::run::simulate(&world, "hard-outage", folder.path()).unwrap();
    let mut looked_at = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let shown = path.file_name().unwrap().to_string_lossy().into_owned();
        let input = Input {
            path,
            entry: None,
            shown: shown.clone(),
            role: None,
            name: None,
        };
        let mut sink = Counting {
            builder: Builder::new(InputContext {
                index: 0,
                shown: shown.clone(),
                role: None,
                exchange: None,
                merchant: None,
                zone: None,
                window: Window::default(),
                classes: Default::default(),
            }),
            in_full: 0,
            alike: 0,
        };
        parse::read(&input, &ReadOptions::default(), &mut sink).unwrap();
        let all = sink.in_full + sink.alike;
        if all > 5_000 {
            looked_at += 1;
            let share = sink.alike as f64 / all as f64;
            assert!(share > 0.75, "{shown}: {share:.2} of {all} lines");
        }
    }
    assert!(looked_at >= 5, "only {looked_at} logs are long enough");
}
