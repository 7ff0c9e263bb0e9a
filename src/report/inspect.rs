//! `inspect`: how each input was understood.

use std::io::{self, Write};

use crate::model::{ClassFrom, Field, InputSummary, Report, SeenError};

use super::columns::{Tone, paint, paragraph};
use super::view::{self, Context};
use super::wire::Inspection;
use super::words::{plural, share};
use super::{Reporter, View, escape, json};

/// So many unused names are shown without `-v`.
const MOST_UNUSED: usize = 8;

/// One JSON document.
pub(super) struct Json;

impl Reporter for Json {
    fn id(&self) -> &'static str {
        "json"
    }

    fn about(&self) -> &'static str {
        "one JSON document (`knockon schema inspect`)"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        json::document(&Inspection::of(&Context::new(report, view)), out)
    }
}

/// For the terminal: one block an input.
pub(super) struct Table;

impl Reporter for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "one block an input, for the terminal"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        if report.inputs.is_empty() {
            writeln!(out, "No inputs.")?;
        }
        for (at, input) in report.inputs.iter().enumerate() {
            if at > 0 {
                writeln!(out)?;
            }
            block(&cx, at, input, out)?;
        }
        // an input's own warnings stand in its block
        let told: Vec<String> = report.inputs.iter().flat_map(own_warnings).collect();
        for warning in report.warnings.iter().filter(|w| !told.contains(w)) {
            writeln!(out)?;
            paragraph(&cx.text(warning), "warning: ", view, Tone::Plain, out)?;
        }
        Ok(())
    }
}

/// The warnings of an input, as the report repeats them.
fn own_warnings(input: &InputSummary) -> impl Iterator<Item = String> {
    let said = input.warnings.iter();
    said.map(|w| format!("{}: {w}", input.path))
}

fn block(cx: &Context<'_>, at: usize, input: &InputSummary, out: &mut dyn Write) -> io::Result<()> {
    let view = cx.view;
    let shown = view::input(cx, at, input);
    writeln!(
        out,
        "{}",
        paint(&escape::visible(&shown.path), Tone::Strong, view)
    )?;
    let mut line = |label: &str, text: &str| -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        paragraph(text, &format!("  {label:<9} "), view, Tone::Plain, out)
    };
    let reason = cx.text(&input.format_reason);
    let format = if reason.is_empty() {
        shown.format
    } else {
        format!("{} ({reason})", shown.format)
    };
    line("format", &format)?;
    let role = if shown.whose.is_empty() {
        shown.role.to_owned()
    } else {
        format!("{} of {}", shown.role, shown.whose)
    };
    line("role", &role)?;
    line("time", &shown.span)?;
    line("zone", &shown.zone)?;
    line("clock", &shown.clock)?;
    line("read", &read_words(input))?;
    line("fields", &mapping_words(&input.mapping))?;
    line("not used", &unused_words(cx, &input.unused))?;
    for reject in &input.rejects {
        line(
            "rejected",
            &format!("line {}: {}", reject.line, cx.text(&reject.reason)),
        )?;
    }
    let more = input.rejected.saturating_sub(input.rejects.len() as u64);
    if more > 0 && !input.rejects.is_empty() {
        line("", &format!("and {} more", super::words::count(more)))?;
    }
    for warning in &shown.warnings {
        line("warning", warning)?;
    }
    errors(cx, input, out)
}

/// One line for each kind of error.
fn errors(cx: &Context<'_>, input: &InputSummary, out: &mut dyn Write) -> io::Result<()> {
    if input.errors.is_empty() {
        return Ok(());
    }
    let widest = |of: fn(&SeenError) -> usize| input.errors.iter().map(of).max().unwrap_or(0);
    let count = widest(|e| super::words::count(e.count).len()).max(5);
    let class = widest(|e| e.class.as_str().len()).max(5);
    writeln!(out, "  {:>count$}  {:<class$}  error", "count", "class")?;
    for seen in &input.errors {
        let words = [&seen.code, &seen.message];
        let texts: Vec<String> = words.into_iter().flatten().map(|t| cx.text(t)).collect();
        let mut text = escape::visible(&texts.join(": ")).into_owned();
        if seen.open > 0 {
            text.push_str(" [may have gone through]");
        }
        if seen.class_from == ClassFrom::Config {
            text.push_str(" [class from knockon.toml]");
        }
        let head = format!(
            "  {:>count$}  {:<class$}  ",
            super::words::count(seen.count),
            seen.class.as_str()
        );
        paragraph(&text, &head, cx.view, Tone::Plain, out)?;
    }
    Ok(())
}

fn read_words(input: &InputSummary) -> String {
    let mut text = format!(
        "{}, {}, {} rejected",
        plural(input.lines, "line", "lines"),
        plural(input.events, "event", "events"),
        super::words::count(input.rejected),
    );
    if input.rejected > 0 {
        text.push_str(&format!(" ({})", share(input.rejected, input.lines)));
    }
    if input.duplicates > 0 {
        text.push_str(&format!(
            ", {}",
            plural(input.duplicates, "duplicate", "duplicates")
        ));
    }
    text
}

/// Names that mean nothing here, with an example where there is room for it.
fn unused_words(cx: &Context<'_>, unused: &[(String, String)]) -> String {
    let most = if cx.view.verbose > 0 {
        usize::MAX
    } else {
        MOST_UNUSED
    };
    let mut words: Vec<String> = unused
        .iter()
        .take(most)
        .map(|(name, example)| format!("{name} (\"{}\")", cx.redactor.value(name, example)))
        .collect();
    if unused.len() > most {
        words.push(format!("and {} more (-v)", unused.len() - most));
    }
    words.join(", ")
}

fn mapping_words(mapping: &[(String, Field)]) -> String {
    mapping
        .iter()
        .map(|(name, field)| {
            if name == field.as_str() {
                name.clone()
            } else {
                format!("{} = {name}", field.as_str())
            }
        })
        .collect::<Vec<_>>()
        .join(", ")
}
