//! Signatures only, until the room is merged.

use std::io;

use crate::model::{Report, SourceRef, Story, TimelineRow};

/// Zone shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum DisplayZone {
    /// UTC.
    #[default]
    Utc,
    /// Named.
    Named(chrono_tz::Tz),
}

impl std::str::FromStr for DisplayZone {
    type Err = String;

    fn from_str(s: &str) -> Result<DisplayZone, String> {
        if s == "UTC" {
            return Ok(DisplayZone::Utc);
        }
        s.parse()
            .map(DisplayZone::Named)
            .map_err(|_| format!("unknown zone \"{s}\""))
    }
}

/// Redaction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Redact {
    /// Secrets.
    #[default]
    Default,
    /// Nothing.
    None,
    /// Ids too.
    Strict,
}

/// View.
#[derive(Clone, Debug)]
pub struct View {
    /// Width.
    pub width: usize,
    /// Colour.
    pub color: bool,
    /// Unicode.
    pub unicode: bool,
    /// Verbose.
    pub verbose: u8,
    /// Zone.
    pub zone: DisplayZone,
    /// Redact.
    pub redact: Redact,
    /// Version.
    pub version: &'static str,
}

/// Reporter.
pub trait Reporter: Sync {
    /// Id.
    fn id(&self) -> &'static str;
    /// About.
    fn about(&self) -> &'static str;
    /// Write.
    fn write(&self, report: &Report, view: &View, out: &mut dyn io::Write) -> io::Result<()>;
}

struct Nothing(&'static str);

impl Reporter for Nothing {
    fn id(&self) -> &'static str {
        self.0
    }
    fn about(&self) -> &'static str {
        "nothing yet"
    }
    fn write(&self, report: &Report, _: &View, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{{\"inputs\":{}}}", report.inputs.len())
    }
}

/// Analyze.
pub fn analyze_reporters() -> &'static [&'static dyn Reporter] {
    &[
        &Nothing("table"),
        &Nothing("markdown"),
        &Nothing("html"),
        &Nothing("json"),
    ]
}

/// Failures.
pub fn failures_reporters() -> &'static [&'static dyn Reporter] {
    &[&Nothing("table"), &Nothing("jsonl"), &Nothing("csv")]
}

/// Timeline.
pub fn timeline_reporters() -> &'static [&'static dyn Reporter] {
    &[
        &Nothing("table"),
        &Nothing("jsonl"),
        &Nothing("csv"),
        &Nothing("markdown"),
    ]
}

/// Inspect.
pub fn inspect_reporters() -> &'static [&'static dyn Reporter] {
    &[&Nothing("table"), &Nothing("json")]
}

/// Rows.
pub trait RowWriter {
    /// Row.
    fn row(&mut self, paths: &dyn Fn(SourceRef) -> String, row: &TimelineRow) -> io::Result<()>;
    /// Finish.
    fn finish(&mut self) -> io::Result<()>;
}

struct NoRows<'a>(&'a mut dyn io::Write);

impl RowWriter for NoRows<'_> {
    fn row(&mut self, paths: &dyn Fn(SourceRef) -> String, row: &TimelineRow) -> io::Result<()> {
        writeln!(self.0, "{}", paths(row.source))
    }
    fn finish(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Row writer.
pub fn row_writer<'a>(
    _format: &str,
    _view: &View,
    out: &'a mut dyn io::Write,
) -> Box<dyn RowWriter + 'a> {
    Box::new(NoRows(out))
}

/// Story.
pub fn write_story(
    _report: &Report,
    story: &Story,
    _view: &View,
    _format: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    writeln!(out, "{}", story.payment_id)
}

/// Schema.
pub fn schema(which: &str) -> Option<serde_json::Value> {
    ["analyze", "failures", "timeline", "inspect"]
        .contains(&which)
        .then(|| serde_json::json!({"title": which}))
}
