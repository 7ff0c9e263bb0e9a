//! `analyze -f json`: one document; see `wire` for its names.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::model::Report;

use super::escape::acts;
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
    let formatter = Quiet(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// Writes one row on one line.
pub(super) fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let formatter = Quiet(CompactFormatter);
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// JSON that does nothing where it is shown: characters that act are written as escapes, and read back as they were.
struct Quiet<F>(F);

impl<F: Formatter> Formatter for Quiet<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if !fragment.chars().any(acts) {
            return out.write_all(fragment.as_bytes());
        }
        for c in fragment.chars() {
            let mut units = [0; 2];
            if acts(c) {
                for unit in c.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}")?;
                }
            } else {
                write!(out, "{c}")?;
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_escaped_and_read_back_as_it_was() {
        let text = "a\u{9b}2J \u{202e}b\u{7f} \u{e0041} é 漢";
        for pretty in [true, false] {
            let mut out = Vec::new();
            if pretty {
                document(&text, &mut out).unwrap();
            } else {
                line(&text, &mut out).unwrap();
            }
            let written = String::from_utf8(out).unwrap();
            assert!(!written.trim_end().chars().any(acts), "{written}");
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
