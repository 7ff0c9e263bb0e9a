//! `knockon failures`: one row for each failed attempt.

use anyhow::Result;

use super::args::{FORMAT_HELP, formats, ids};
use super::destinations::Formats;
use super::exit::ExitStatus;
use super::session::{Common, Session, Warnings, require_subject};
use crate::pipeline::{self, Shown};
use crate::report;

const EXAMPLES: &str = "\
Examples:
  knockon failures logs/ -f csv -o failures.csv
  knockon failures logs/ -f jsonl | jq -r 'select(.verdict == \"caused\") | .payment_id'
  knockon failures logs/ -f jsonl | jq -r 'select(.outcome == \"unknown\") | [.payment_id, .amount, .currency] | @tsv'";

/// One row for each failed attempt: verdict, probability, evidence
///
/// Rows are in time order. A failed attempt is one that failed, or whose outcome is unknown. The probability is
/// that of its success had there been no outage, given the logs.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", super::EXIT_STATUS_HELP))]
pub(super) struct Args {
    #[arg(short, long, value_name = "FORMAT", help = FORMAT_HELP, help_heading = "Output",
          value_parser = formats(report::failures_reporters()))]
    format: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let reporters = report::failures_reporters();
    let formats = Formats {
        known: &ids(reporters),
        asked: args.format.as_deref(),
    };
    let session = Session::start(&args.common, formats)?;
    let progress = session.progress();
    let report = pipeline::analyze(
        &session.settings,
        Shown {
            reasons: |report| (0..report.failures.len()).collect(),
            lines: |_| Vec::new(),
        },
    )?;
    drop(progress);
    require_subject(&report)?;
    session.report(&report, reporters, Warnings::OnStandardError)
}
