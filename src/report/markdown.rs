//! `analyze -f markdown`: a postmortem with the facts filled in, and the places marked that only a person can fill.
//!
//! Plain GitHub-flavoured Markdown, laid out by `layouts/postmortem.md`. Generated parts stand between `knockon:begin` and
//! `knockon:end` comments, so that they can be made anew without touching what people wrote.

use std::io::{self, Write};

use crate::model::Report;

use super::escape::markdown as text;
use super::layout;
use super::view::MomentView;
use super::{Audience, Reporter, View};

/// The report as a postmortem.
pub(super) struct Markdown;

impl Reporter for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn about(&self) -> &'static str {
        "a postmortem in GitHub-flavoured Markdown, with what only a person can fill marked"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let name = match view.audience {
            Audience::Internal => layout::POSTMORTEM,
            Audience::External => layout::CUSTOMERS,
        };
        layout::write(name, report, view, out)
    }
}

/// Moments as a table.
pub(super) fn moments(list: &[MomentView], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| Time | Offset | Side | Event | Outage | Evidence |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    for m in list {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            m.time,
            m.offset,
            m.side,
            text(&m.text),
            m.outage,
            text(&m.cite)
        )?;
    }
    Ok(())
}
