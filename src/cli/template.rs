//! `knockon template`: a built-in layout, to start one's own from.

use std::io::Write as _;

use anyhow::{Context, Result};
use clap::builder::PossibleValuesParser;

use super::exit::ExitStatus;
use super::output::Output;
use crate::report;

/// A built-in layout of the report, to start your own from
///
/// postmortem.md: what "analyze -f markdown" writes. customers.md: what it writes with "--audience external". Change a
/// copy, and give it to "analyze --template". A layout can also take a built-in one over in parts:
/// {% extends "postmortem.md" %}. docs/template.md tells what layouts can show.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which layout
    #[arg(value_name = "NAME", default_value = report::built_in_layouts()[0],
          value_parser = PossibleValuesParser::new(report::built_in_layouts()))]
    which: String,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let text = report::built_in_layout(&args.which)
        .with_context(|| format!("no layout \"{}\"", args.which))?;
    let mut output = Output::create(None)?;
    output
        .write_all(text.as_bytes())
        .context("cannot write the layout")?;
    output.finish()?;
    Ok(ExitStatus::Done)
}
