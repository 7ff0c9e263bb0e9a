//! `knockon timeline`: the shared time line.

use std::io;

use anyhow::Result;

use super::args::{FORMAT_HELP, formats, ids};
use super::destinations::Formats;
use super::exit::ExitStatus;
use super::session::{
    Common, Destination, IN_SHORT, Session, Warnings, require_any_read, require_subject,
};
use super::show_error::Fault;
use crate::model::{Report, SourceRef};
use crate::{pipeline, report, source};

const EXAMPLES: &str = "\
Examples:
  knockon timeline logs/
  knockon timeline logs/ -f markdown
  knockon timeline logs/ -f mermaid -o incident.mmd
  knockon timeline --all logs/ -f timesketch -o events.csv
  knockon timeline logs/ --notes chat.md --notes alerts.csv
  knockon timeline --all logs/ -f jsonl | jq -c 'select(.status == \"503\")'
  knockon timeline --all logs/ --from '2021-08-18 12:00' --to '2021-08-18 12:05' --display-zone Asia/Shanghai";

/// The shared time line: notable moments, or all events in time order
#[derive(Debug, clap::Args)]
#[command(after_long_help = format!("{EXAMPLES}\n\n{}", super::EXIT_STATUS_HELP))]
pub(super) struct Args {
    /// Every record that was recognised, whatever it is about, instead of the notable moments
    #[arg(long, help_heading = "Selection")]
    all: bool,
    #[arg(short, long, value_name = "FORMAT", help = FORMAT_HELP, help_heading = "Output",
          value_parser = formats(report::timeline_reporters()))]
    format: Option<String>,
    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let reporters = report::timeline_reporters();
    let formats = Formats {
        known: &ids(reporters),
        asked: args.format.as_deref(),
    };
    let session = Session::start(&args.common, formats)?;
    if args.all {
        refuse_diagram(&session)?;
        return all(session);
    }
    let progress = session.progress();
    let report = pipeline::analyze(&session.settings, IN_SHORT)?;
    drop(progress);
    require_subject(&report)?;
    session.report(&report, reporters, Warnings::OnStandardError)
}

/// Rows are written as they come: their number is that of the records.
fn all(mut session: Session<'_>) -> Result<ExitStatus> {
    let (inputs, _) = source::discover(&session.settings.requests, &session.settings.limits)?;
    let path_of = |source: SourceRef| {
        inputs
            .get(source.input as usize)
            .map_or(String::new(), |i| i.shown.clone())
    };
    let progress = session.progress();
    let (report, written) = {
        let mut writers: Vec<_> = session.destinations.iter_mut().map(writer).collect();
        let mut written: io::Result<()> = Ok(());
        let report: Report = pipeline::timeline_all(&session.settings, &mut |row| {
            if written.is_ok() {
                written = writers.iter_mut().try_for_each(|w| w.row(&path_of, &row));
                leave_if_closed(&written);
            }
        })?;
        let mut finish = || writers.iter_mut().try_for_each(|w| w.finish());
        (report, written.and_then(|()| finish()))
    };
    drop(progress);
    if let Err(error) = written {
        return session.end(&report, Err(error), Warnings::OnStandardError);
    }
    require_any_read(&report)?;
    session.end(&report, Ok(()), Warnings::OnStandardError)
}

/// A diagram of every record would be none.
fn refuse_diagram(session: &Session<'_>) -> Result<()> {
    match session.destinations.iter().any(|d| d.format == "mermaid") {
        true => {
            Err(Fault::new("mermaid draws the notable moments: it cannot be had with --all").into())
        }
        false => Ok(()),
    }
}

fn writer(to: &mut Destination) -> Box<dyn report::RowWriter + '_> {
    report::row_writer(to.format, &to.view, &mut to.output)
}

/// Ends at once when nobody reads on (`| head`): the rest may be hours of work.
fn leave_if_closed(written: &io::Result<()>) {
    if let Err(error) = written
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        std::process::exit(0);
    }
}
