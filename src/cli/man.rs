//! `knockon man`: the manual page.

use std::io::Write as _;

use anyhow::{Context, Result};
use clap_mangen::Man;

use super::exit::ExitStatus;
use super::output::Output;

const EXAMPLES: &str = "\
Examples:
  knockon man | man -l -
  knockon man analyze > knockon-analyze.1";

/// The manual page, in roff
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Of this subcommand rather than of knockon as a whole
    #[arg(value_name = "SUBCOMMAND",
          value_parser = ["analyze", "failures", "explain", "timeline", "compare", "inspect", "digest", "schema", "template", "completions", "man"])]
    subcommand: Option<String>,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut command = super::command();
    command.build();
    let page = match &args.subcommand {
        None => command,
        Some(name) => command
            .find_subcommand(name)
            .cloned()
            .map(|c| c.display_name(format!("knockon-{name}")))
            .with_context(|| format!("no subcommand \"{name}\""))?,
    };
    let mut text = Vec::new();
    Man::new(page)
        .render(&mut text)
        .context("cannot make the manual page")?;
    let mut output = Output::create(None)?;
    output
        .write_all(&text)
        .context("cannot write the manual page")?;
    output.finish()?;
    Ok(ExitStatus::Done)
}
