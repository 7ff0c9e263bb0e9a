//! Layouts of the report: templates over one set of named values, the built-in ones and those that users make.
//!
//! Every value is escaped for the format of the layout; what a layout itself says stands as it is.

use std::borrow::Cow;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior};
use serde::Serialize;

use crate::model::Report;

use super::escape;
use super::keep;
use super::postmortem::Postmortem;
use super::view::{self, Context, FailureView};
use super::wire::Analysis;
use super::{Reporter, View, words};

/// The built-in layouts by name.
const BUILT_IN: [(&str, &str); 1] = [(POSTMORTEM, include_str!("layouts/postmortem.md"))];

/// Name of the built-in Markdown report.
pub(super) const POSTMORTEM: &str = "postmortem.md";

/// The text of a built-in layout, to start one's own from.
pub fn built_in_layout(name: &str) -> Option<&'static str> {
    let found = BUILT_IN.iter().find(|(n, _)| *n == name);
    found.map(|(_, text)| *text)
}

/// The names of the built-in layouts, the usual one first.
pub fn built_in_layouts() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, _)| *name).collect()
}

/// A layout that a user made: a reporter in place of the built-in one of its format.
#[derive(Debug)]
pub struct Layout {
    name: String,
    environment: Environment<'static>,
}

impl Layout {
    /// Reads a layout. Its name says what its values are escaped for: HTML when it ends in `.html` or `.htm`, else
    /// Markdown; a further `.j2` or `.jinja` counts for nothing.
    ///
    /// # Errors
    /// When the text is no template; the message has the line.
    pub fn parse(name: &str, text: String) -> Result<Layout, String> {
        let name = name.trim_end_matches(".j2").trim_end_matches(".jinja");
        let mut environment = environment().map_err(|e| told(&e))?;
        environment
            .add_template_owned(name.to_owned(), text)
            .map_err(|e| told(&e))?;
        Ok(Layout {
            name: name.to_owned(),
            environment,
        })
    }
}

impl Reporter for Layout {
    /// The format whose outputs it lays out.
    fn id(&self) -> &'static str {
        if is_html(&self.name) {
            "html"
        } else {
            "markdown"
        }
    }

    fn about(&self) -> &'static str {
        "a layout of your own"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        render(&self.environment, &self.name, report, view, out)
    }
}

/// Writes the report in a built-in layout.
pub(super) fn write(
    name: &str,
    report: &Report,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let environment = environment().map_err(|e| io::Error::other(told(&e)))?;
    render(&environment, name, report, view, out)
}

/// What a layout can show. `json` and `failures` are made only for layouts that name them: they are long.
#[derive(Serialize)]
struct Data {
    #[serde(flatten)]
    postmortem: Postmortem,
    json: Option<Analysis>,
    failures: Option<Vec<FailureView>>,
}

fn render(
    environment: &Environment<'_>,
    name: &str,
    report: &Report,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cx = Context::new(report, view);
    let text = environment
        .get_template(name)
        .and_then(|template| {
            let used = template.undeclared_variables(false);
            let rows = || report.failures.iter().map(|f| view::failure(&cx, f));
            template.render(Value::from(Serde(Data {
                postmortem: Postmortem::of(&cx),
                json: used.contains("json").then(|| Analysis::of(&cx)),
                failures: used.contains("failures").then(|| rows().collect()),
            })))
        })
        .map_err(|e| io::Error::other(told(&e)))?;
    let text = keep::sealed(text.trim_end());
    writeln!(out, "{text}")
}

/// The error with its place and, for one inside another, its causes.
fn told(error: &Error) -> String {
    let mut text = format!("{error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

fn is_html(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".html") || name.ends_with(".htm")
}

const MARKDOWN: AutoEscape = AutoEscape::Custom(Cow::Borrowed("markdown"));

fn environment() -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|name| {
        if is_html(name) {
            AutoEscape::Html
        } else {
            MARKDOWN
        }
    });
    env.set_formatter(formatter);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    env.set_syntax(syntax);
    env.add_filter("code", |text: Cow<'_, str>| {
        Value::from_safe_string(escape::markdown_code(&text))
    });
    env.add_filter("prose", |text: Cow<'_, str>| {
        Value::from_safe_string(escape::markdown_prose(&text))
    });
    env.add_filter("mermaid", |text: Cow<'_, str>| {
        Value::from_safe_string(escape::mermaid(&text))
    });
    env.add_filter("sentence", |text: Cow<'_, str>| words::sentence(&text));
    for (name, text) in BUILT_IN {
        env.add_template(name, text)?;
    }
    Ok(env)
}

/// Escapes a value for the layout's format; what acts without markup is made visible in HTML, too.
fn formatter(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        _ if *state.auto_escape() == MARKDOWN => {
            let text = value.to_string();
            let shown = if value.is_safe() {
                text
            } else {
                escape::markdown(&text)
            };
            out.write_str(&shown).map_err(Error::from)
        }
        Some(text) if !value.is_safe() => {
            let shown = Value::from(escape::visible(text).into_owned());
            minijinja::escape_formatter(out, state, &shown)
        }
        _ => minijinja::escape_formatter(out, state, value),
    }
}
