//! The table of formats. A new one is a file here and a line in [`FORMATS`].

mod access;
mod apache_error;
mod csv;
mod csv_rows;
mod dialect;
mod elb;
mod envoy;
mod fix;
mod haproxy;
mod json_document;
mod json_lines;
mod logfmt;
mod nginx_error;
mod pager;
pub(crate) mod providers;
mod squid;
mod status_feed;
mod statuspage;
mod text;
mod tokens;
mod vendor;
mod w3c;

use std::borrow::Cow;
use std::io::Read;

use super::Output;
use super::detect::{self, Sample};
use super::fields::Fields;
use super::layout::Cut;
use crate::model::Record;

pub(crate) use tokens::nanos;

/// How well a format fits a sample, and why.
pub(crate) struct Fit {
    /// From 0 to 1000: for line formats, the share of lines that it reads.
    pub(crate) score: u32,
    /// In words for people.
    pub(crate) reason: String,
}

/// Why a format does not read a line.
pub(crate) enum Refusal {
    /// The line has not this format's shape: others may try.
    NotMine,
    /// The line has its shape, but is of no use, and why.
    Bad(Cow<'static, str>),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Refusal {
        Refusal::Bad(Cow::Owned(reason))
    }
}

/// A log format.
pub(crate) trait LogFormat: Sync {
    /// Short stable name, as `inspect` prints it.
    fn id(&self) -> &'static str;
    /// One line for people.
    fn about(&self) -> &'static str;
    /// How well it fits; `None` when not at all.
    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit>;
    /// The reader of lines, if lines can be read one by one.
    fn lines(&self) -> Option<&dyn LineFormat> {
        None
    }
    /// The reader of the whole input, if it has to be read as one.
    fn whole(&self) -> Option<&dyn WholeFormat> {
        None
    }
    /// Whether it holds what machines logged; else what people told of incidents.
    fn is_log(&self) -> bool {
        true
    }
    /// Whether records are numbered by element rather than by line.
    fn counts_elements(&self) -> bool {
        false
    }
}

/// Reads one line by itself.
pub(crate) trait LineFormat: Sync {
    /// Gives the records of the line to `emit` (one, as a rule).
    fn read_line(
        &self,
        text: &str,
        line: u64,
        fields: &mut Fields,
        emit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Refusal>;
    /// Reads a line without a time stamp that stands in an envelope with one, where no format reads it otherwise.
    fn read_untimed(
        &self,
        _text: &str,
        _line: u64,
        _fields: &mut Fields,
        _emit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Refusal> {
        Err(Refusal::NotMine)
    }
    /// Where the values of a line stand, for lines like it; `None` where the line has to be read in full each time.
    fn cut(&self, _text: &str, _fields: &mut Fields) -> Option<Vec<Cut>> {
        None
    }
}

/// See [`LineFormat::cut`].
type CutLine = fn(&str, &mut Fields) -> Option<Vec<Cut>>;

/// What reads one line; see [`LineFormat::read_line`].
type ReadLine = fn(&str, u64, &mut Fields, &mut dyn FnMut(&Record<'_>)) -> Result<(), Refusal>;

/// A format whose lines one function reads: it fits a sample as well as it reads its lines.
pub(crate) struct Lines {
    id: &'static str,
    about: &'static str,
    /// What its lines are, for people: "3 of the first 3 lines are …".
    shown: &'static str,
    read: ReadLine,
    cut: CutLine,
}

impl LogFormat for Lines {
    fn id(&self) -> &'static str {
        self.id
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit> {
        detect::share(sample, self, fields, self.shown)
    }

    fn lines(&self) -> Option<&dyn LineFormat> {
        Some(self)
    }
}

impl LineFormat for Lines {
    fn read_line(
        &self,
        text: &str,
        line: u64,
        fields: &mut Fields,
        emit: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(), Refusal> {
        (self.read)(text, line, fields, emit)
    }

    fn cut(&self, text: &str, fields: &mut Fields) -> Option<Vec<Cut>> {
        (self.cut)(text, fields)
    }
}

/// Reads an input as one document.
pub(crate) trait WholeFormat: Sync {
    fn read_all(
        &self,
        reader: &mut (dyn Read + Send),
        fields: &mut Fields,
        output: &mut Output<'_>,
    );
}

/// Every format; where two fit a sample equally well, the earlier one is taken.
pub(crate) static FORMATS: &[&dyn LogFormat] = &[
    &statuspage::Statuspage,
    &pager::Pager,
    &status_feed::StatusFeed,
    &w3c::W3c,
    &json_document::JsonDocument,
    &json_lines::FORMAT,
    &csv::Csv,
    &access::FORMAT,
    &envoy::FORMAT,
    &fix::FORMAT,
    &haproxy::FORMAT,
    &elb::FORMAT,
    &squid::FORMAT,
    &nginx_error::FORMAT,
    &apache_error::FORMAT,
    &logfmt::FORMAT,
    &text::Text,
];
