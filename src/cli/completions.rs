//! `knockon completions`: for the shell.

use std::io::Write as _;

use anyhow::{Context, Result};

use super::exit::ExitStatus;
use super::output::Output;

const EXAMPLES: &str = "\
Examples:
  knockon completions bash > ~/.local/share/bash-completion/completions/knockon
  knockon completions zsh > ~/.zfunc/_knockon
  knockon completions fish > ~/.config/fish/completions/knockon.fish";

/// Completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// Which shell
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "knockon", &mut text);
    let mut output = Output::create(None)?;
    output
        .write_all(&text)
        .context("cannot write the completions")?;
    output.finish()?;
    Ok(ExitStatus::Done)
}
