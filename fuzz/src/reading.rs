//! What holds of the reading of every input.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::sync::Once;

use knockon::model::{Alike, RawIncident, Record, Watched, Window};
use knockon::parse::{self, FormatInfo, ReadOptions, ReadSummary, Sink, probe};
use knockon::source::{self, Input};
use knockon::timeline::{self, Builder, InputContext, Part, Timeline};

use crate::files::{Folder, options};

/// Rejects that a summary keeps with their text.
const KEPT_REJECTS: u64 = 5;
/// A line limit that many lines exceed, in bytes.
const SHORT_LINE: usize = 80;

/// Takes what is read, and notes the lines that it came from.
struct Facts {
    builder: Builder,
    /// Whether lines may be given by what is new in them.
    quick: bool,
    lines: BTreeSet<u64>,
}

impl Facts {
    fn new(quick: bool) -> Facts {
        Facts {
            builder: Builder::new(context()),
            quick,
            lines: BTreeSet::new(),
        }
    }
}

impl Sink for Facts {
    fn format(&mut self, info: &FormatInfo) {
        self.builder.format(info.id, &info.reason);
    }
    fn record(&mut self, record: &Record<'_>) {
        self.lines.insert(record.line);
        self.builder.record(record);
    }
    fn status(&mut self, incident: RawIncident) {
        self.lines.insert(incident.line);
        self.builder.status(&incident);
    }
    fn learns(&self) -> bool {
        self.quick
    }
    fn learn(&mut self, record: &Record<'_>) -> Option<u32> {
        self.lines.insert(record.line);
        self.builder.learn(record)
    }
    fn alike(&mut self, number: u32, alike: &Alike<'_>) {
        self.lines.insert(alike.line);
        self.builder.alike(number, alike);
    }
}

fn context() -> InputContext {
    InputContext {
        index: 0,
        shown: "a.log".to_owned(),
        role: None,
        exchange: None,
        merchant: None,
        zone: None,
        window: Window::default(),
        classes: Default::default(),
    }
}

/// One input, read.
pub struct Reading {
    /// How it went.
    pub summary: ReadSummary,
    /// The lines that gave something.
    pub lines: BTreeSet<u64>,
    part: Part,
}

impl Reading {
    fn of(facts: Facts, summary: ReadSummary) -> Reading {
        Reading {
            summary,
            lines: facts.lines,
            part: facts.builder.finish(),
        }
    }

    /// Its facts on a time line.
    pub fn timeline(self) -> Timeline {
        timeline::assemble(vec![self.part])
    }

    /// Everything that it tells, with texts in place of symbols.
    pub fn told(self) -> String {
        let mut out = format!("{:#?} {:?}\n", self.summary, self.lines);
        let timeline = self.timeline();
        let text = |s| timeline.names.text(s);
        for a in &timeline.attempts {
            let syms = [
                a.id,
                a.order_text,
                a.merchant,
                a.method,
                a.exchange,
                a.currency,
            ];
            let error = timeline.error(a.error);
            let exact = (a.time.0, a.start.0);
            let _ = writeln!(out, "{:?} {exact:?} {error:?} {a:?}", syms.map(text));
        }
        let exact: Vec<i64> = timeline.calls.iter().map(|c| c.time.0).collect();
        let _ = writeln!(out, "{exact:?}");
        let rest = (
            &timeline.calls,
            &timeline.statuses,
            &timeline.notes,
            &timeline.inputs,
        );
        let _ = write!(out, "{rest:#?}");
        out
    }
}

/// Reads an input as the program does; `None` when it cannot be opened.
fn read(input: &Input, options: &ReadOptions, quick: bool) -> Option<Reading> {
    let mut facts = Facts::new(quick);
    let summary = parse::read(input, options, &mut facts).ok()?;
    Some(Reading::of(facts, summary))
}

/// Holds all properties of the bytes, read as what they seem to be.
pub fn hold(bytes: &[u8]) {
    on_one_thread();
    let folder = Folder::with("a.log", bytes);
    let input = folder.input("a.log");
    let (Some(text), Some(reading)) = (plain(&input), read(&input, &options(), true)) else {
        return;
    };
    accounts(&reading, &text);
    same(reading, &input);
    obeys_line_limit(&input, &text);
}

/// The reading of the bytes as what they seem to be; `None` when they cannot be opened.
pub fn reading(bytes: &[u8]) -> Option<Reading> {
    let folder = Folder::with("a.log", bytes);
    read(&folder.input("a.log"), &options(), true)
}

/// Holds that the bytes, read as this format whether it fits or not, give facts of their lines, and the same both ways.
pub fn hold_as(id: &str, bytes: &[u8]) {
    on_one_thread();
    let read = |quick| {
        let mut facts = Facts::new(quick);
        let summary = probe::read_as(id, bytes, &options(), &mut facts).expect("a format");
        Reading::of(facts, summary)
    };
    let reading = read(true);
    within(&reading, most_lines(id, &reading, bytes));
    assert_same("quick and in full", &reading.told(), &read(false).told());
}

/// Pieces are read beside each other; which thread reads one must not change what a case covers.
fn on_one_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1);
        pool.build_global().expect("the first pool");
    });
}

/// The plain text of an input, up to where it can be read.
fn plain(input: &Input) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let opened = source::open(input, &options().limits, &Watched::default());
    let _ = opened.ok()?.reader.read_to_end(&mut text);
    Some(text)
}

/// Lines as they are counted: without line ends, the last one only where it is not empty.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split_inclusive(|b| *b == b'\n');
    lines.map(|l| {
        let l = l.strip_suffix(b"\n").unwrap_or(l);
        l.strip_suffix(b"\r").unwrap_or(l)
    })
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

/// The highest number that a record may have.
fn most_lines(id: &str, reading: &Reading, text: &[u8]) -> u64 {
    match probe::counts_elements(id) {
        true => reading.summary.lines,
        false => lines(text).count() as u64,
    }
}

/// Holds that every line given is one of the input, and every reject too; a document that holds nothing is rejected on line 1.
fn within(reading: &Reading, most: u64) {
    let most = most.max(1);
    let summary = &reading.summary;
    let rejected = summary.rejects.iter().map(|r| r.line);
    for line in reading.lines.iter().copied().chain(rejected) {
        assert!((1..=most).contains(&line), "line {line} of {most}");
    }
    let kept = summary.rejected.min(KEPT_REJECTS);
    assert_eq!(summary.rejects.len() as u64, kept, "rejects kept");
}

/// Holds that no line is lost: what is not blank is counted, and is a record, a reject, or continues the record before.
fn accounts(reading: &Reading, text: &[u8]) {
    let summary = &reading.summary;
    within(reading, most_lines(summary.format, reading, text));
    let given = reading.lines.len() as u64;
    assert!(summary.rejected <= summary.lines, "more rejects than lines");
    assert!(given <= summary.lines, "more records than lines");
    let is_read = !summary.format_reason.starts_with("not text");
    if !is_read || !probe::reads_lines(summary.format) {
        return;
    }
    let filled = lines(text).filter(|l| !is_blank(l)).count() as u64;
    assert_eq!(summary.lines, filled, "lines counted and lines there");
    if has_envelopes(text) {
        return; // parts are joined, and what is in an envelope may be blank
    }
    let found = given + summary.rejected + continued(summary);
    assert_eq!(found, filled, "lines found and lines there");
}

fn has_envelopes(text: &[u8]) -> bool {
    let peels = |l| {
        let line = String::from_utf8_lossy(l);
        let (inner, names) = probe::peeled(line.trim_end());
        !names.is_empty() || inner.trim().is_empty() || probe::is_about_the_export(&line)
    };
    lines(text).any(peels)
}

/// How many lines continue the record before, by the warning that says so.
fn continued(summary: &ReadSummary) -> u64 {
    let numbers = summary.warnings.iter().filter_map(|w| {
        let (number, rest) = w.split_once(' ')?;
        rest.starts_with("line").then_some(())?;
        rest.contains("the record before").then_some(())?;
        number.parse::<u64>().ok()
    });
    numbers.sum()
}

/// Holds that another reading tells the same, and so does the reading of every line in full.
fn same(first: Reading, input: &Input) {
    let again = |quick| {
        read(input, &options(), quick)
            .expect("was read before")
            .told()
    };
    let told = first.told();
    assert_same("once and again", &told, &again(true));
    assert_same("quick and in full", &told, &again(false));
}

fn assert_same(what: &str, a: &str, b: &str) {
    let differ = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    assert!(a == b, "{what} differ: {differ:#?}");
}

/// Holds that a line longer than the limit gives nothing and is counted as rejected.
fn obeys_line_limit(input: &Input, text: &[u8]) {
    let mut options = options();
    options.limits.max_line_bytes = SHORT_LINE;
    let Some(reading) = read(input, &options, true) else {
        return;
    };
    if !probe::reads_lines(reading.summary.format) || reading.summary.lines == 0 {
        return;
    }
    let numbered = lines(text).zip(1u64..);
    let long = numbered.filter(|(l, _)| l.len() > SHORT_LINE && !is_blank(l));
    let long: BTreeSet<u64> = long.map(|(_, number)| number).collect();
    let read = reading.lines.intersection(&long).next();
    assert_eq!(read, None, "a line over the limit was read");
    let rejected = reading.summary.rejected;
    assert!(
        rejected >= long.len() as u64,
        "{rejected} rejected of {} long lines",
        long.len()
    );
}
