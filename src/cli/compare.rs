//! `knockon compare`: two incidents side by side.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::args::{FORMAT_HELP, display_zone};
use super::destinations::{self, Formats};
use super::exit::ExitStatus;
use super::output::Output;
use super::settings::refuse_to_overwrite;
use super::show_error::Fault;
use super::terminal::{self, Color, Surroundings};
use crate::report::compare::{self, Analysed};
use crate::report::{DisplayZone, View};

const EXAMPLES: &str = "\
Examples:
  knockon analyze before/ -o before.json && knockon analyze after/ -o after.json
  knockon compare before.json after.json
  knockon compare before.json after.json -f markdown >> postmortem.md
  knockon analyze logs/ -f json | knockon compare last-time.json -

Exit status:
  0  done
  2  it could not do the job: bad usage, or a file that is not what \"analyze -f json\" of this schema version writes";

const FORMATS: [&str; 3] = ["table", "markdown", "json"];

/// Two incidents side by side: an earlier one and this one, or before and after a fix
///
/// A and B are what "analyze -f json" wrote. Compares onset, duration, how long until the exchange spoke of it, the
/// knock-on failures and how they came about, orders lost and recovered, amounts and findings. It states differences,
/// not why they are.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Args {
    /// JSON of the first incident; - is standard input
    #[arg(value_name = "A.json")]
    a: PathBuf,
    /// JSON of the second incident; - is standard input
    #[arg(value_name = "B.json")]
    b: PathBuf,
    #[arg(short, long, value_name = "FORMAT", help = FORMAT_HELP, help_heading = "Output",
          value_parser = FORMATS)]
    format: Option<String>,
    /// Write to FILE, whole or not at all, instead of to standard output; may be repeated
    #[arg(short, long, value_name = "[FORMAT=]FILE", help_heading = "Output")]
    output: Vec<PathBuf>,
    /// Zone of the times shown in the table and in Markdown; JSON stays in UTC
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = display_zone, allow_hyphen_values = true,
          help_heading = "Output")]
    display_zone: DisplayZone,
    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are respected
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    color: Color,
}

/// Runs the subcommand.
pub(super) fn run(args: &Args) -> Result<ExitStatus> {
    let formats = Formats {
        known: &FORMATS,
        asked: args.format.as_deref(),
    };
    refuse_to_overwrite(
        || vec![args.a.clone(), args.b.clone()],
        &destinations::files(&args.output),
    )?;
    let seen = Surroundings::look();
    let open = |planned: destinations::Planned| {
        let look = terminal::decide(&seen, args.color, planned.path.is_some());
        let view = View {
            width: look.width,
            color: look.color,
            unicode: look.unicode,
            zone: args.display_zone,
            ..View::default()
        };
        Ok((
            planned.format,
            view,
            Output::create(planned.path.as_deref())?,
        ))
    };
    let planned = destinations::plan(&args.output, formats)?;
    let outputs: Vec<_> = planned.into_iter().map(open).collect::<Result<_>>()?;
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    for (format, view, mut output) in outputs {
        compare::write(&a, &b, &view, format, &mut output).context("cannot write the output")?;
        output.finish()?;
    }
    Ok(ExitStatus::Done)
}

fn read(path: &Path) -> Result<Analysed> {
    let shown = path.display().to_string();
    let mut text = String::new();
    let read = match shown.as_str() {
        "-" => io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        _ => fs::read_to_string(path).map(|t| text = t),
    };
    read.with_context(|| format!("cannot read \"{shown}\""))?;
    Analysed::read(&shown, &text).map_err(|e| {
        let hint = "write it again from the logs: knockon analyze PATH... -f json";
        Fault::new(e.to_string()).hint(hint).into()
    })
}
