//! `knockon explain`: everything known about one attempt.

use anyhow::Result;

use super::args::FORMAT_HELP;
use super::destinations::Formats;
use super::exit::ExitStatus;
use super::session::{Common, Session, Warnings, require_subject};
use super::show_error::Fault;
use crate::config::nearest;
use crate::model::Report;
use crate::{pipeline, report};

const EXAMPLES: &str = "\
Examples:
  knockon explain pay_1042 logs/
  knockon explain pay_1042 logs/ -f markdown >> postmortem.md";

const FORMATS: [&str; 3] = ["table", "markdown", "json"];

/// Why one attempt failed: its calls, the exchange at the time, evidence for and against
///
/// Shows the attempt's own records and calls, what the exchange was doing in those seconds, how such attempts
/// usually fare, the evidence step by step from even odds to the stated probability, what would change the verdict, and
/// the log lines. Where several merchants have a payment with this id, each is shown (in JSON, one document after the other);
/// --merchant shows one.
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", super::EXIT_STATUS_HELP))]
pub(super) struct Args {
    /// Id of the payment attempt, as the logs write it; or of its order, trace or request; or its line, `payments.csv:17`
    #[arg(value_name = "PAYMENT_ID")]
    payment_id: String,
    #[arg(short, long, value_name = "FORMAT", help = FORMAT_HELP, help_heading = "Output",
          value_parser = FORMATS)]
    format: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let formats = Formats {
        known: &FORMATS,
        asked: args.format.as_deref(),
    };
    let mut session = Session::start(&args.common, formats)?;
    let progress = session.progress();
    let (report, stories) = pipeline::explain(&session.settings, &args.payment_id)?;
    drop(progress);
    require_subject(&report)?;
    if stories.is_empty() {
        return Err(no_such_payment(&report, &args.payment_id).into());
    }
    let written = session.write(|format, view, out| {
        stories.iter().enumerate().try_for_each(|(i, story)| {
            if i > 0 && format != "json" {
                writeln!(out)?;
            }
            report::write_story(&report, story, view, format, out)
        })
    });
    session.end(&report, written, Warnings::OnStandardError)
}

fn no_such_payment(report: &Report, id: &str) -> Fault {
    let fault = Fault::new(format!("no payment attempt \"{id}\" in these logs"));
    match nearest(id, report.failures.iter().map(|f| f.payment_id.as_ref())) {
        Some(near) => fault.hint(format!("did you mean \"{near}\"?")),
        None => fault.hint("\"knockon failures\" lists the failed attempts with their ids"),
    }
}
