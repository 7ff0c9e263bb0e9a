//! Doors for the fuzz targets in `fuzz/`, which see only what is public. Nothing else may use them, and none of them is stable.

use super::detect::Choice;
use super::fields::Fields;
use super::formats::{FORMATS, LogFormat};
use super::{Output, ReadOptions, ReadSummary, Sink, envelope, read_through};
use crate::source;

/// Reads `bytes` as the format of this id, whether it fits or not; `None` when there is no such format.
pub fn read_as(
    id: &str,
    bytes: &[u8],
    options: &ReadOptions,
    sink: &mut dyn Sink,
) -> Option<ReadSummary> {
    let choice = Choice {
        format: Some(format(id)?),
        reason: "asked for".to_owned(),
    };
    let mut fields = Fields::new(options.mapping.iter());
    let mut output = Output {
        sink,
        summary: ReadSummary::default(),
        limits: &options.limits,
        current: "",
    };
    read_through(&choice, &mut &bytes[..], &mut fields, &mut output);
    Some(output.summary)
}

/// Whether an input of this format is read line by line; one of no format is.
pub fn reads_lines(id: &str) -> bool {
    format(id).is_none_or(|f| f.whole().is_none())
}

/// Whether the records of this format are numbered by element rather than by line.
pub fn counts_elements(id: &str) -> bool {
    format(id).is_some_and(|f| f.counts_elements())
}

/// A line without its envelopes, and the names of these, outermost first.
pub fn peeled(line: &str) -> (String, Vec<&'static str>) {
    let opened = envelope::open(line);
    (opened.text.into_owned(), opened.outer.names)
}

/// Whether a line tells about the export that it is in, and is no record.
pub fn is_about_the_export(line: &str) -> bool {
    matches!(
        envelope::export::record(line),
        envelope::export::Record::Nothing
    )
}

/// Forgets what was kept of pipes and packed archives: one process reads more of them than fit its memory.
pub fn forget_kept() {
    source::forget_kept();
}

fn format(id: &str) -> Option<&'static dyn LogFormat> {
    FORMATS.iter().copied().find(|f| f.id() == id)
}
