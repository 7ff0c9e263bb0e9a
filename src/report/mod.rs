//! Every output, from [`Report`] alone.
//!
//! Tables, Markdown and HTML show one shared digest (`view`), so that they cannot disagree; JSON has wire
//! types of its own (`wire`), so that a change inside breaks nobody's script. Nothing here decides what
//! happened: that is done before. Nothing here opens files, asks the terminal or reads the clock.

mod chart;
mod columns;
pub mod compare;
mod drawing;
mod escape;
mod examples;
mod failures;
mod html;
mod html_failures;
mod inspect;
mod json;
mod keep;
mod layout;
mod markdown;
mod outages;
mod phrases;
mod postmortem;
mod redact;
mod sentences;
mod story;
mod suggestion;
mod table;
mod timeline;
mod view;
mod wire;
mod words;
mod zone;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::io;

use crate::model::{Report, SourceRef, Story, TimelineRow};

pub(crate) use escape::visible;
pub use examples::{examples_of, lines_to_cite};
pub use html_failures::rows_of_a_page;
pub use keep::{Kept, keep_edits};
pub use layout::{Layout, built_in_layout, built_in_layouts};
pub use redact::Redact;
pub use suggestion::write_suggestions;
pub use wire::{SCHEMA_VERSION, schema};
pub use zone::DisplayZone;

/// How an output is to look. Decided once, by the command line.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Columns that a table may use.
    pub width: usize,
    /// Whether tables may use colour.
    pub color: bool,
    /// Whether tables may use characters beyond ASCII.
    pub unicode: bool,
    /// 0: the answer; 1: more rows and reasons; 2: every row.
    pub verbose: u8,
    /// Zone of the times that people read.
    pub zone: DisplayZone,
    /// What is taken out of texts from logs.
    pub redact: Redact,
    /// Who is to read the postmortem.
    pub audience: Audience,
    /// Version of the program, for the front matter.
    pub version: &'static str,
}

/// Who is to read the postmortem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Audience {
    /// Those who run the systems that the logs are of.
    #[default]
    Internal,
    /// Anybody else: no ids, paths, hosts, notes or error texts of the logs, and no amounts.
    External,
}

impl Default for View {
    /// 80 columns, no colour, Unicode, UTC, usual redaction.
    fn default() -> View {
        View {
            width: 80,
            color: false,
            unicode: true,
            verbose: 0,
            zone: DisplayZone::Utc,
            redact: Redact::Default,
            audience: Audience::Internal,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// One output format of one command.
pub trait Reporter: Sync {
    /// The word for `--format`.
    fn id(&self) -> &'static str;
    /// One line for the help text.
    fn about(&self) -> &'static str;
    /// Writes the whole output; fails only when `out` does.
    fn write(&self, report: &Report, view: &View, out: &mut dyn io::Write) -> io::Result<()>;
}

/// The formats of `analyze`, the default first.
pub fn analyze_reporters() -> &'static [&'static dyn Reporter] {
    &[&table::Table, &markdown::Markdown, &html::Html, &json::Json]
}

/// The formats of `failures`, the default first.
pub fn failures_reporters() -> &'static [&'static dyn Reporter] {
    &[&failures::Table, &failures::JsonLines, &failures::Csv]
}

/// The formats of `timeline` (notable moments), the default first.
pub fn timeline_reporters() -> &'static [&'static dyn Reporter] {
    &[
        &timeline::Table,
        &timeline::JsonLines,
        &timeline::Csv,
        &timeline::Markdown,
        &timeline::Mermaid,
        &timeline::Timesketch,
    ]
}

/// The formats of `inspect`, the default first.
pub fn inspect_reporters() -> &'static [&'static dyn Reporter] {
    &[&inspect::Table, &inspect::Json]
}

/// Takes the records of `timeline --all` one at a time, in time order.
pub trait RowWriter {
    /// Writes one record; `report_paths` names the path of a source.
    fn row(
        &mut self,
        report_paths: &dyn Fn(SourceRef) -> String,
        row: &TimelineRow,
    ) -> io::Result<()>;
    /// Writes what comes after the last record.
    fn finish(&mut self) -> io::Result<()>;
}

/// The writer of `timeline --all` for a format of [`timeline_reporters`]; any other word gives the table.
pub fn row_writer<'a>(
    format: &str,
    view: &View,
    out: &'a mut dyn io::Write,
) -> Box<dyn RowWriter + 'a> {
    timeline::row_writer(format, view, out)
}

/// Writes what is known about one attempt (`explain`) as `table`, `markdown` or `json`; any other word gives the table.
pub fn write_story(
    report: &Report,
    story: &Story,
    view: &View,
    format: &str,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        "json" => story::json(report, story, view, out),
        "markdown" => story::markdown(report, story, view, out),
        _ => story::table(report, story, view, out),
    }
}

/// What the system said, when writing CSV failed for that: a closed pipe must be known as one.
pub(crate) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
