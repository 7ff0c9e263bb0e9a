//! `knockon inspect`: how each file was understood.

use anyhow::Result;

use super::args::{FORMAT_HELP, formats, ids};
use super::destinations::Formats;
use super::exit::ExitStatus;
use super::session::{Common, Session, Warnings, require_any_read};
use crate::model::Report;
use crate::{pipeline, report};

const EXAMPLES: &str = "\
Examples:
  knockon inspect logs/
  knockon inspect logs/ -f json | jq '.inputs[] | {path, format, role, zone}'
  knockon inspect --errors logs/
  knockon inspect --suggest export.csv > knockon.toml
  knockon inspect logs/ --strict -q || echo 'some lines could not be read'";

/// How each file was understood: format, role, zone, fields, rejected lines
///
/// What to run when the answer looks wrong. For each input: the format and why, what it tells about, its time
/// range, the zone of its time stamps and where that came from, which of its fields were taken for what, counts,
/// and the first lines that could not be read.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", super::EXIT_STATUS_HELP))]
pub(super) struct Args {
    #[arg(short, long, value_name = "FORMAT", help = FORMAT_HELP, help_heading = "Output",
          value_parser = formats(report::inspect_reporters()))]
    format: Option<String>,
    /// Write sections of knockon.toml that would map the inputs' fields, with guesses for those not understood
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    suggest: bool,
    /// Show how each error of each input was classed, and how often it occurs
    #[arg(long, conflicts_with = "suggest", help_heading = "Output")]
    errors: bool,
    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand. The table is written even when nothing was recognised: it says why.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let reporters = report::inspect_reporters();
    let formats = Formats {
        known: &ids(reporters),
        asked: args.format.as_deref(),
    };
    let mut session = Session::start(&args.common, formats)?;
    if args.suggest {
        let suggestions = pipeline::suggest(&session.settings)?;
        let written =
            session.write(|_, view, out| report::write_suggestions(&suggestions, view, out));
        return session.end(&Report::default(), written, Warnings::OnStandardError);
    }
    let progress = session.progress();
    let report = pipeline::inspect(&session.settings, args.errors)?;
    drop(progress);
    let status = session.report(&report, reporters, Warnings::InOutput)?;
    require_any_read(&report)?;
    Ok(status)
}
