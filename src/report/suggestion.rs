//! `inspect --suggest`: sections of `knockon.toml` that would map inputs, as text to look through and keep.

use std::io::{self, Write};

use super::redact::Redactor;
use super::{View, escape};
use crate::model::{SuggestedName, Suggestion};

/// Writes a section for each input with names.
///
/// # Errors
/// What `out` fails with.
pub fn write_suggestions(
    suggestions: &[Suggestion],
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let redactor = Redactor::new(view.redact);
    writeln!(
        out,
        "# Suggested by \"knockon inspect --suggest\". Guesses rest on the values at the start of each input: check them."
    )?;
    for suggestion in suggestions {
        writeln!(out)?;
        section(suggestion, &redactor, out)?;
    }
    Ok(())
}

fn section(suggestion: &Suggestion, redactor: &Redactor, out: &mut dyn Write) -> io::Result<()> {
    let path = toml_text(&suggestion.path);
    if suggestion.names.is_empty() {
        return writeln!(
            out,
            "# {path}: no named values (a plain text, or no text): there is nothing to map."
        );
    }
    writeln!(out, "[[input]]\npath = {path}")?;
    writeln!(
        out,
        "# role = \"payments\" # or exchange, status, notes: where it is not recognised"
    )?;
    writeln!(
        out,
        "# zone = \"Europe/Berlin\" # where its time stamps state none\n"
    )?;
    writeln!(out, "[input.fields]")?;
    for name in &suggestion.names {
        writeln!(out, "{}", line(name, redactor))?;
    }
    Ok(())
}

fn line(name: &SuggestedName, redactor: &Redactor) -> String {
    let key = toml_text(&name.name);
    let example = match name.example.as_str() {
        "" => "always empty".to_owned(),
        text => format!("such as {}", toml_text(&redactor.value(&name.name, text))),
    };
    match name.field {
        Some(field) if name.is_known => {
            format!(
                "# {key} = \"{}\" # understood already; {example}",
                field.as_str()
            )
        }
        Some(field) => format!("{key} = \"{}\" # a guess; {example}", field.as_str()),
        None => format!("# {key} = \"\" # {example}"),
    }
}

/// A basic string of TOML; nothing in it can end its line.
fn toml_text(text: &str) -> String {
    let visible = escape::visible(text);
    format!("\"{}\"", visible.replace('\\', "\\\\").replace('"', "\\\""))
}
