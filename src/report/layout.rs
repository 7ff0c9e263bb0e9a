//! Layouts of the report: templates over one set of named values, the built-in ones and those that users make.
//!
//! Every value is escaped for the format of the layout; what a layout itself says stands as it is.

use std::borrow::Cow;
use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, context};
use serde::Serialize;

use crate::model::Report;

use super::escape;
use super::keep;
use super::postmortem::{self, Postmortem};
use super::view::{self, Context, FailureView};
use super::wire::Analysis;
use super::{Audience, Reporter, View, words};

/// The built-in layouts by name.
const BUILT_IN: [(&str, &str); 2] = [
    (POSTMORTEM, include_str!("layouts/postmortem.md")),
    (CUSTOMERS, include_str!("layouts/customers.md")),
];

/// The diagram, which is a part of the postmortem and an output of its own.
const GANTT: (&str, &str) = ("gantt.mmd", include_str!("layouts/gantt.mmd"));

/// Name of the built-in Markdown report.
pub(super) const POSTMORTEM: &str = "postmortem.md";

/// Name of the built-in Markdown report for people outside.
pub(super) const CUSTOMERS: &str = "customers.md";

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
    /// When the text is no template, or asks for what there is not; the message has the line.
    pub fn parse(name: &str, text: String) -> Result<Layout, String> {
        let name = name.trim_end_matches(".j2").trim_end_matches(".jinja");
        // a layout may take a built-in one over, even under its name
        let name = format!("layouts/{name}");
        let mut environment = environment().map_err(|e| told(&e))?;
        environment
            .add_template_owned(name.clone(), text)
            .map_err(|e| told(&e))?;
        let layout = Layout { name, environment };
        // names that do not exist are told before the work, not after it
        layout
            .write(&Report::default(), &View::default(), &mut io::sink())
            .map_err(|e| e.to_string())?;
        Ok(layout)
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

/// Writes the diagram alone: a Gantt in Mermaid.
pub(super) fn gantt(report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
    let cx = Context::new(report, view);
    let text = environment()
        .and_then(|env| {
            env.get_template(GANTT.0)?.render(
                context! { gantt => Serde(postmortem::gantt(&cx)), zone => cx.zone().name() },
            )
        })
        .map_err(|e| io::Error::other(told(&e)))?;
    writeln!(out, "{}", text.trim_end())
}

/// What a layout can show. `json` and `failures` are made only for layouts that name them, since they are long, and for nobody
/// outside.
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
            let needs = |name: &str| used.contains(name) && view.audience == Audience::Internal;
            let rows = || report.failures.iter().map(|f| view::failure(&cx, f));
            template.render(Value::from(Serde(Data {
                postmortem: Postmortem::of(&cx),
                json: needs("json").then(|| Analysis::of(&cx)),
                failures: needs("failures").then(|| rows().collect()),
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
    env.add_filter("fenced", |text: Cow<'_, str>| {
        Value::from_safe_string(text.replace("```", "'''"))
    });
    env.add_filter("sentence", |text: Cow<'_, str>| words::sentence(&text));
    for (name, text) in BUILT_IN.into_iter().chain([GANTT]) {
        env.add_template(name, text)?;
    }
    Ok(env)
}

/// Escapes a value for the layout's format; what acts without markup is made visible in HTML, too.
fn formatter(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.is_safe() {
        return out.write_str(&value.to_string()).map_err(Error::from);
    }
    let text = value.to_string();
    if *state.auto_escape() == MARKDOWN {
        return out.write_str(&escape::markdown(&text)).map_err(Error::from);
    }
    let shown = Value::from(escape::visible(&text).into_owned());
    minijinja::escape_formatter(out, state, &shown)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sample;
    use super::*;

    fn laid_out(name: &str, text: &str, view: &View) -> String {
        let layout = Layout::parse(name, text.to_owned()).unwrap();
        let mut out = Vec::new();
        layout.write(&sample::report(), view, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_copy_of_a_built_in_layout_writes_the_same() {
        for (name, audience) in [
            (POSTMORTEM, Audience::Internal),
            (CUSTOMERS, Audience::External),
        ] {
            let view = View {
                audience,
                ..View::default()
            };
            let mut built_in = Vec::new();
            write(name, &sample::report(), &view, &mut built_in).unwrap();
            let copy = laid_out("mine.md.j2", built_in_layout(name).unwrap(), &view);
            assert_eq!(copy, String::from_utf8(built_in).unwrap(), "{name}");
        }
    }

    /// Every name in a value, the fields of the chart and of the JSON left aside.
    fn names(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    found.insert(name.clone());
                    if name != "drawing" && name != "json" {
                        names(value, found);
                    }
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(|v| names(v, found)),
            _ => {}
        }
    }

    #[test]
    fn everything_that_layouts_can_show_is_documented() {
        let (report, view) = (sample::report(), View::default());
        let cx = Context::new(&report, &view);
        let data = Data {
            postmortem: Postmortem::of(&cx),
            json: None,
            failures: Some(vec![view::failure(&cx, &report.failures[0])]),
        };
        let mut found = BTreeSet::new();
        names(&serde_json::to_value(&data).unwrap(), &mut found);
        assert!(found.len() > 90, "{}", found.len());
        let docs = include_str!("../../docs/template.md");
        let table = docs.split("## What layouts can show").nth(1).unwrap();
        let quoted = table.split('`').skip(1).step_by(2);
        let told: BTreeSet<String> = quoted
            .filter(|w| w.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
            .map(str::to_owned)
            .collect();
        let undocumented: Vec<_> = found.difference(&told).collect();
        assert_eq!(undocumented, [""; 0]);
        let words = ["for", "against", "note", "width", "height"];
        let unknown: Vec<_> = told
            .difference(&found)
            .filter(|w| !words.contains(&w.as_str()))
            .collect();
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn values_are_escaped_for_the_format_of_the_layout() {
        let text = "{% for l in lines %}{{ l.text }}{% endfor %}{{ lines }}";
        let markdown = laid_out("a.md", text, &View::default());
        assert!(markdown.contains("&lt;script&gt;") && !markdown.contains("<script"));
        assert!(markdown.contains(" `![x](http://"));
        let html = laid_out("a.html", text, &View::default());
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script"));
        assert!(!html.contains('\u{202e}'));
    }

    #[test]
    fn a_layout_can_take_over_another_one_in_parts() {
        let text = "{% extends \"postmortem.md\" %}{% block summary %}{{ json.failures.caused }} of {{ failures | length }}{% endblock %}";
        let out = laid_out("postmortem.md", text, &View::default());
        assert!(out.contains("14 of 20\n"), "{out}");
        assert!(out.contains("## Key information") && !out.contains("The logs analysed"));
    }

    #[test]
    fn mistakes_are_told_before_the_work_with_their_line() {
        for (text, says) in [
            ("\n{% if %}", ":2"),
            ("a\n\n{{ titel }}", ":3"),
            ("{{ title | codee }}", "codee"),
        ] {
            let error = Layout::parse("a.md", text.to_owned()).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
