//! JSON Lines: one object a line. A line that wraps several records (OpenTelemetry's file exporter) gives them all.

use std::borrow::Cow;

use super::{Lines, Refusal, dialect, providers};
use crate::model::Record;
use crate::parse::envelope::export;
use crate::parse::fields::{Draft, Fields};
use crate::parse::json::{self, Scalar};
use crate::parse::layout::{Cut, Role, Shape, range_in};
use crate::parse::wrapper;

pub(super) static FORMAT: Lines = Lines {
    id: "jsonl",
    about: "JSON Lines: one object a line, nested or flat",
    shown: "JSON objects with a time stamp",
    read,
    cut,
};

fn read(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), Refusal> {
    let text = text.trim_start_matches(['\u{1e}', '\u{feff}', ' ', '\t']);
    if !text.starts_with('{') {
        return Err(Refusal::NotMine);
    }
    // JSON exports that put each element of an array on its own line end it with a comma.
    let text = text.trim_end_matches(',');
    if may_wrap(text) && wrapper::is_wrapper(text) {
        return wrapped(text, line, fields, emit).map_err(Refusal::from);
    }
    match give_object(text, &[], line, fields, emit) {
        Ok(()) => {}
        Err(reason) if wrapper::is_wrapper(text) => {
            return wrapped(text, line, fields, emit).map_err(|_| reason.into());
        }
        Err(reason) => return Err(reason.into()),
    }
    Ok(())
}

/// Whether the first member is a list: cheap, and true for most wrappers.
fn may_wrap(text: &str) -> bool {
    let value = memchr::memchr(b':', text.as_bytes()).map_or("", |at| &text[at + 1..]);
    value.trim_start().starts_with('[')
}

/// Reads one JSON object, as a platform exported it or as a program wrote it, and gives its record to `emit`.
/// What tells about the export alone gives none.
pub(super) fn give_object(
    text: &str,
    around: &[Cow<'_, str>],
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), String> {
    match export::record(text) {
        export::Record::AsIs => emit(&read_object(text, around, line, fields)?),
        export::Record::Rewritten(text) => emit(&read_object(&text, around, line, fields)?),
        export::Record::Nothing => {}
    }
    Ok(())
}

/// Reads one JSON object; the scalars of the objects around it count too, below its own.
fn read_object<'a>(
    text: &'a str,
    around: &'a [Cow<'_, str>],
    line: u64,
    fields: &mut Fields,
) -> Result<Record<'a>, String> {
    let mut draft = Draft::new(line);
    let mut path = String::new();
    let dialect = dialect::of(text);
    draft.knows_unit = dialect.is_some_and(|d| d.knows_unit);
    fields
        .put_json(&mut draft, text, &mut path, 0)
        .map_err(|e| e.to_string())?;
    if let Some(dialect) = dialect {
        dialect.put(&mut draft, text);
    }
    if fields.may_be_providers()
        && let Some(record) = providers::read(text, line)
    {
        return Ok(fields.with_rules(record));
    }
    for (distance, outer) in around.iter().rev().enumerate() {
        put_around(
            &mut draft,
            outer,
            fields,
            &mut path,
            400 + 20 * u16::try_from(distance).unwrap_or(0),
        );
    }
    fields.finish(draft)
}

/// Takes what an outer object says about all the records in it.
fn put_around<'a>(
    draft: &mut Draft<'a>,
    outer: &'a str,
    fields: &mut Fields,
    path: &mut String,
    lower: u16,
) {
    // What is damaged in an outer object tells nothing; the record itself stands.
    let _ = crate::parse::json::walk(outer, path, &mut |name, scalar| {
        let at = fields.know(name);
        if fields.holds_for_all(at) {
            fields.put(draft, at, scalar, lower);
        }
    });
}

fn wrapped(
    text: &str,
    line: u64,
    fields: &mut Fields,
    emit: &mut dyn FnMut(&Record<'_>),
) -> Result<(), String> {
    let mut result = Err("it wraps no record".to_owned());
    wrapper::split(text, &mut Vec::new(), &mut |element, around| {
        if give_object(element, around, line, fields, emit).is_ok() {
            result = Ok(());
        }
    });
    result
}

/// The values of an object are its texts and numbers; `true`, `false` and `null` stand with the names.
fn cut(text: &str, fields: &mut Fields) -> Option<Vec<Cut>> {
    if !text.starts_with('{') || may_wrap(text) || fields.may_be_providers() {
        return None;
    }
    // A dialect may read what no name tells.
    let spare = match dialect::of(text) {
        Some(_) => Role::Tells,
        None => Role::Nothing,
    };
    let mut cuts = Some(Vec::new());
    let mut add = |path: &str, shape: Shape, value: &str| {
        let role = match fields.know(path) {
            at if fields.role(at) == Role::Nothing => spare,
            at => fields.role(at),
        };
        match (range_in(text, value), &mut cuts) {
            (Some(range), Some(cuts)) => cuts.push(Cut { range, shape, role }),
            _ => cuts = None,
        }
    };
    json::walk(text, &mut String::new(), &mut |path, scalar| match scalar {
        Scalar::Text(value) => add(path, Shape::Quoted, &value),
        Scalar::Number(digits) => add(path, Shape::Number, digits),
        Scalar::Bool(_) | Scalar::Null => {}
    })
    .ok()?;
    cuts
}
