//! `analyze -f json`: one document; see `wire` for its names.

use std::io::{self, Write};

use serde::Serialize;

use crate::model::Report;

use super::view::Context;
use super::wire::Analysis;
use super::{Reporter, View};

/// The report as one JSON document.
pub(super) struct Json;

impl Reporter for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON document with a stable schema (`knockon schema analyze`)"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        document(&Analysis::of(&Context::new(report, view)), out)
    }
}

/// Writes an indented document and a line end.
pub(super) fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes one row on one line.
pub(super) fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
