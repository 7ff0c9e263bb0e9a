//! `analyze -f html`: one self-contained page, no script, made from the same digest as the other outputs.

use std::io::{self, Write};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, context};

use crate::model::Report;

use super::escape::visible;
use super::view::{self, Context, Digest, FailureView};
use super::words;
use super::{Reporter, View};

/// The report as a page.
pub(super) struct Html;

/// Rows of failures on the page: more would make browsers crawl.
const MOST_FAILURES: usize = 2_000;

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
        let failures: Vec<FailureView> = report
            .failures
            .iter()
            .take(MOST_FAILURES)
            .map(|f| view::failure(&cx, f))
            .collect();
        let more = report.failures.len().saturating_sub(MOST_FAILURES);
        let more = (more > 0).then(|| words::count(more as u64));
        let page = environment()
            .and_then(|env| {
                env.get_template("report.html")?
                    .render(context! { d => Serde(digest), failures => Serde(failures), more })
            })
            .map_err(io::Error::other)?;
        out.write_all(page.as_bytes())?;
        out.write_all(b"\n")
    }
}

/// Templates that end in `.html` escape every value; what acts without markup is made visible before that.
fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut env = Environment::new();
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => {
            let shown = minijinja::Value::from(visible(text).into_owned());
            minijinja::escape_formatter(out, state, &shown)
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    env.set_syntax(syntax);
    env.add_template("report.html", include_str!("html/report.html"))?;
    Ok(env)
}
