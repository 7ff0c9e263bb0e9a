//! `knockon digest`: what an analysis needs of some logs, in one small file.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use super::args::{InputArgs, JudgingArgs, RunArgs, SelectionArgs};
use super::exit::{self, ExitStatus};
use super::output::Output;
use super::progress::{Mode, Monitor, Progress};
use super::session::{memory_limit, require_any_read, tell_rejects};
use super::settings;
use super::terminal::Surroundings;
use crate::model::{Watch, Watched};
use crate::pipeline;

const EXAMPLES: &str = "\
Examples:
  knockon digest /var/log/shop -o shop.knockon
  knockon digest monday/ -o monday.knockon
  knockon analyze monday.knockon tuesday.knockon wednesday/
  ssh gateway knockon digest /var/log/gateway -o - | knockon analyze - payments/";

/// What an analysis needs of some logs, in one small file that can be analysed in their place
///
/// Reads logs where they lie, and writes what was read. Any number of such files and logs can be given to analyze,
/// failures, explain and timeline together; the result is the same as that of one run over all the logs. What
/// reading needs to know (--map, --zone, names, knockon.toml) is to be said here: it is not read again. The file
/// holds ids as hashes and the texts of failed records as logged: treat it like the logs.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", super::EXIT_STATUS_HELP))]
pub(super) struct Args {
    /// The file to write, whole or not at all; - for standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let monitor = Monitor::start(memory_limit(&args.run)?);
    let config = settings::config(&args.inputs)?;
    let mut settings = settings::settings(
        &args.inputs,
        &SelectionArgs::default(),
        &JudgingArgs::default(),
        &args.run,
        &config,
    )?;
    settings.watch = Watched::by(Arc::clone(&monitor) as Arc<dyn Watch>);
    settings::refuse_to_overwrite_inputs(&settings.requests, std::slice::from_ref(&args.output))?;
    let mut output = Output::create(Some(&args.output))?;
    let wanted = args.run.progress == Mode::Auto && !args.run.quiet;
    let progress = Progress::start(&monitor, wanted && Surroundings::look().shows_progress());
    let report = pipeline::digest(&settings, &mut output)?;
    drop(progress);
    require_any_read(&report)?;
    output.finish()?;
    if args.run.timing {
        // Decoration: where it cannot be written, the output is complete all the same.
        let _ = monitor.tell(settings.threads, &mut std::io::stderr().lock());
    }
    if !args.run.quiet {
        tell_rejects(&report);
    }
    Ok(exit::status_of(&report, args.run.strict, &args.run.fail_on))
}
