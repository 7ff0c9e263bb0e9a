//! `knockon analyze`: the report.

use anyhow::Result;

use super::args::{FORMAT_HELP, formats, ids};
use super::destinations::Formats;
use super::exit::ExitStatus;
use super::session::{Common, Session, Warnings, require_subject};
use crate::{pipeline, report};

const EXAMPLES: &str = "\
Examples:
  knockon analyze logs/
  knockon analyze payments.csv.gz gateway.jsonl 'archive/*.zst'
  zcat export.gz | knockon analyze -
  knockon analyze --payments pay.log --exchange binance=access.log --zone binance=Asia/Shanghai
  knockon analyze logs/ --from '2021-08-18 12:00' --to '2021-08-18 15:00'
  knockon analyze logs/ -f json | jq .failures
  knockon analyze logs/ -o postmortem.md -o report.html -o data.json
  knockon analyze logs/ -f json -o report.json --fail-on caused";

/// The report: outages, which failures followed from them, what it cost
///
/// Reads everything, finds the outages of each exchange, judges each failed payment attempt, and reports: what
/// happened, how many failures were caused by it and how sure that is, what they cost, when it was noticed, and
/// what the logs could not tell.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", super::EXIT_STATUS_HELP))]
pub(super) struct Args {
    #[arg(short, long, value_name = "FORMAT", help = FORMAT_HELP, help_heading = "Output",
          value_parser = formats(report::analyze_reporters()))]
    format: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let reporters = report::analyze_reporters();
    let formats = Formats {
        known: &ids(reporters),
        asked: args.format.as_deref(),
    };
    let session = Session::start(&args.common, formats)?;
    let progress = session.progress();
    let report = pipeline::analyze(&session.settings, report::lines_to_cite)?;
    drop(progress);
    require_subject(&report)?;
    session.report(&report, reporters, Warnings::InOutput)
}
