//! `analyze -f html`: one self-contained page, no script, made from the same digest as the other outputs.

use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

use crate::model::Report;

use super::escape::{self, visible};
use super::html_failures::{self, Failures};
use super::view::{Context, Digest};
use super::{Reporter, View};

/// The report as a page.
pub(super) struct Html;

/// Where the list of failures goes. No text of the report can hold it: what it quotes is escaped.
const LIST: &str = "<!-- failures -->\n";

impl Reporter for Html {
    fn id(&self) -> &'static str {
        "html"
    }

    fn about(&self) -> &'static str {
        "one self-contained page, to send or to print"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        let digest = Digest::of(&cx);
        let failures = Failures::of(&cx);
        let page = environment()
            .and_then(|env| {
                env.get_template("report.html")?
                    .render(context! { d => Serde(digest), f => Serde(&failures) })
            })
            .map_err(io::Error::other)?;
        let (before, after) = page.split_once(LIST).unwrap_or((&page, ""));
        out.write_all(before.as_bytes())?;
        html_failures::write(&cx, &failures, out)?;
        out.write_all(after.as_bytes())?;
        out.write_all(b"\n")
    }
}

/// Templates that end in `.html` escape every value; what acts without markup is made visible before that.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = Environment::new();
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            let shown = Value::from(visible(text).into_owned());
            minijinja::escape_formatter(out, state, &shown)
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    env.set_syntax(syntax);
    env.add_filter("linked", |cite: String| {
        Value::from_safe_string(linked(&cite))
    });
    env.add_template("report.html", include_str!("html/report.html"))?;
    Ok(env)
}

/// A citation whose number in the appendix, `[E3]`, leads there.
pub(super) fn linked(cite: &str) -> String {
    let parts = cite.strip_suffix(']').and_then(|c| c.rsplit_once(" [E"));
    match parts {
        Some((place, number)) if number.bytes().all(|b| b.is_ascii_digit()) => format!(
            "{} <a href=\"#E{number}\">[E{number}]</a>",
            escape::html(place)
        ),
        _ => escape::html(cite),
    }
}
