//! `knockon analyze`: the report.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::args::{AudienceArg, FORMAT_HELP, formats, ids};
use super::destinations::Formats;
use super::exit::ExitStatus;
use super::session::{Common, IN_SHORT, Session, Warnings, require_subject};
use super::show_error::Fault;
use crate::pipeline::{self, Shown};
use crate::report::{self, Audience, Layout, Redact, Reporter};

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
    /// Lay the report out by a template of your own
    ///
    /// A minijinja template: HTML when its name ends in .html, else Markdown. "knockon template" prints the built-in
    /// one to start from; docs/template.md tells what it can show. Values are escaped for the format.
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    template: Option<PathBuf>,
    /// Who is to read the Markdown report
    #[arg(
        long,
        value_name = "WHO",
        default_value = "internal",
        help_heading = "Output"
    )]
    audience: AudienceArg,
    #[command(flatten)]
    common: Common,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let layout = args.template.as_deref().map(read_layout).transpose()?;
    let reporters = reporters(layout.as_ref());
    let formats = Formats {
        known: &ids(&reporters),
        asked: args.format.as_deref(),
    };
    let mut session = Session::start(&args.common, formats)?;
    if let Some(layout) = &layout {
        require_use(layout, &session)?;
    }
    if args.audience == AudienceArg::External {
        for_outsiders(&mut session, layout.as_ref())?;
    }
    let progress = session.progress();
    let lists = session.destinations.iter().any(|d| d.format == "html");
    let shown = Shown {
        reasons: match lists {
            true => report::rows_of_a_page,
            false => report::examples_of,
        },
        ..IN_SHORT
    };
    let report = pipeline::analyze(&session.settings, shown)?;
    drop(progress);
    require_subject(&report)?;
    session.report(&report, &reporters, Warnings::InOutput)
}

/// The built-in reporters; with a layout, it comes first and stands in for the one of its format.
fn reporters(layout: Option<&Layout>) -> Vec<&dyn Reporter> {
    let built_in = report::analyze_reporters().iter().copied();
    match layout {
        None => built_in.map(|r| r as &dyn Reporter).collect(),
        Some(layout) => {
            let others = built_in.filter(|r| r.id() != layout.id());
            let others = others.map(|r| r as &dyn Reporter);
            std::iter::once(layout as &dyn Reporter)
                .chain(others)
                .collect()
        }
    }
}

fn read_layout(path: &Path) -> Result<Layout> {
    let shown = path.display();
    let text = fs::read_to_string(path).with_context(|| format!("cannot read \"{shown}\""))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Layout::parse(&name, text).map_err(|why| {
        Fault::new(format!("\"{shown}\" is not a template: {why}"))
            .hint("\"knockon template\" prints one that works")
            .into()
    })
}

/// An error when nothing would be laid out by the template.
fn require_use(layout: &Layout, session: &Session<'_>) -> Result<()> {
    let format = layout.id();
    if session.destinations.iter().any(|d| d.format == format) {
        return Ok(());
    }
    let fault = Fault::new(format!(
        "--template is for {format}, and no output is {format}"
    ));
    Err(fault.hint(format!("add -o {format}=FILE")).into())
}

/// Hides what is nobody else's business; an error where an output is not made for that.
fn for_outsiders(session: &mut Session<'_>, layout: Option<&Layout>) -> Result<()> {
    for d in &mut session.destinations {
        if d.format != "markdown" && layout.is_none_or(|l| l.id() != d.format) {
            return Err(Fault::new(format!(
                "--audience external is for markdown, and an output is {}",
                d.format
            ))
            .hint("-f markdown, or -o FILE.md")
            .into());
        }
        d.view.audience = Audience::External;
        d.view.redact = Redact::Strict;
    }
    Ok(())
}
