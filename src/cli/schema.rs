//! `knockon schema`: the JSON Schema of an output.

use std::io::Write as _;

use anyhow::{Context, Result};

use super::exit::ExitStatus;
use super::output::Output;
use crate::report;

/// The JSON Schema of an output
///
/// analyze: of "analyze -f json". failures: of one row of "failures -f jsonl". timeline: of one row of
/// "timeline --all -f jsonl". inspect, explain and compare: of "-f json" of these.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which output
    #[arg(value_name = "OUTPUT", value_parser = ["analyze", "failures", "timeline", "inspect", "explain", "compare"])]
    which: String,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let schema =
        report::schema(&args.which).with_context(|| format!("no schema of \"{}\"", args.which))?;
    let mut output = Output::create(None)?;
    writeln!(output, "{schema:#}").context("cannot write the schema")?;
    output.finish()?;
    Ok(ExitStatus::Done)
}
