//! One run of an analysing subcommand, from typed arguments to exit status: what they all do alike.

use std::io::{self, ErrorKind, Write};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::args::{InputArgs, JudgingArgs, OutputArgs, RedactArg, RunArgs, SelectionArgs};
use super::destinations::{self, Formats};
use super::exit::{self, ExitStatus};
use super::output::Output;
use super::progress::{Mode, Monitor, Progress, memory_held};
use super::settings;
use super::show_error::{Fault, warn};
use super::terminal::{self, Look, Surroundings};
use crate::model::{InputSummary, Report, Watch, Watched};
use crate::pipeline::{Settings, Shown};
use crate::report::{self, Audience, Kept, Redact, Reporter, View};

/// The arguments that all analysing subcommands share.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Common {
    #[command(flatten)]
    inputs: InputArgs,
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    judging: JudgingArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// What outputs that list no failures show: the examples, and the lines that the report rests on.
pub(crate) const IN_SHORT: Shown = Shown {
    reasons: report::examples_of,
    lines: report::lines_to_cite,
};

/// A run that is ready to start: everything that was typed is known to make sense, and the outputs are open.
pub(crate) struct Session<'a> {
    run: &'a RunArgs,
    shows_progress: bool,
    monitor: Arc<Monitor>,
    /// What to do.
    pub(crate) settings: Settings,
    /// Where to, as what.
    pub(crate) destinations: Vec<Destination>,
}

/// One output of a run.
pub(crate) struct Destination {
    /// One of the command's formats.
    pub(crate) format: &'static str,
    /// How it is to look.
    pub(crate) view: View,
    /// Where it goes.
    pub(crate) output: Output,
}

/// Whether the output itself holds the report's warnings, so that standard error need not repeat them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Warnings {
    /// It does.
    InOutput,
    /// It does not.
    OnStandardError,
}

impl<'a> Session<'a> {
    /// Gives the arguments their meaning and opens the outputs.
    pub(crate) fn start(args: &'a Common, formats: Formats<'_>) -> Result<Session<'a>> {
        let config = settings::config(&args.inputs)?;
        let monitor = Monitor::start(memory_limit(&args.run)?);
        let mut settings = settings::settings(
            &args.inputs,
            &args.selection,
            &args.judging,
            &args.run,
            &config,
        )?;
        settings.watch = Watched::by(Arc::clone(&monitor) as Arc<dyn Watch>);
        if args.output.redact == RedactArg::None && !args.run.quiet {
            warn(
                "--redact=none: texts are shown as logged, with every card number, key, password and address in them: look \
                 through the output before it leaves this machine",
            );
        }
        let files = destinations::files(&args.output.output);
        settings::refuse_to_overwrite_inputs(&settings.requests, &files)?;
        let planned = destinations::plan(&args.output.output, formats)?;
        let seen = Surroundings::look();
        let open = |planned: destinations::Planned| {
            let look = terminal::decide(&seen, args.output.color, planned.path.is_some());
            Ok(Destination {
                format: planned.format,
                view: view(&args.output, args.run.verbose, look),
                output: Output::create(planned.path.as_deref())?,
            })
        };
        Ok(Session {
            run: &args.run,
            shows_progress: seen.shows_progress(),
            monitor,
            settings,
            destinations: planned.into_iter().map(open).collect::<Result<_>>()?,
        })
    }

    /// Shows progress until dropped.
    pub(crate) fn progress(&self) -> Progress {
        let wanted = self.run.progress == Mode::Auto && !self.run.quiet;
        Progress::start(&self.monitor, wanted && self.shows_progress)
    }

    /// Writes a report through the reporters of the formats asked for, and ends.
    pub(crate) fn report(
        mut self,
        report: &Report,
        reporters: &[&dyn Reporter],
        warnings: Warnings,
    ) -> Result<ExitStatus> {
        self.monitor.stage("write");
        let written = self.write(|format, view, out| {
            let mut asked = reporters.iter().filter(|r| r.id() == format);
            asked.try_for_each(|r| r.write(report, view, out))
        });
        self.end(report, written, warnings)
    }

    /// Writes every output: `write` gets its format and how it is to look.
    pub(crate) fn write(
        &mut self,
        mut write: impl FnMut(&str, &View, &mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let alone = self.destinations.len() == 1;
        for d in &mut self.destinations {
            match d.output.earlier().filter(|_| d.format == "markdown") {
                None => match write(d.format, &d.view, &mut d.output) {
                    // Whoever read standard output has seen enough; the files are still wanted.
                    Err(e)
                        if e.kind() == ErrorKind::BrokenPipe && d.output.is_stdout() && !alone => {}
                    written => written?,
                },
                Some(earlier) => {
                    let mut fresh = Vec::new();
                    write(d.format, &d.view, &mut fresh)?;
                    let fresh = String::from_utf8_lossy(&fresh);
                    let kept = report::keep_edits(&earlier, &fresh);
                    d.output.write_all(kept.text.as_bytes())?;
                    if !self.run.quiet {
                        tell_kept(&kept);
                    }
                }
            }
        }
        Ok(())
    }

    /// Completes the outputs, tells what a reader must know, and decides the exit status.
    pub(crate) fn end(
        self,
        report: &Report,
        written: io::Result<()>,
        warnings: Warnings,
    ) -> Result<ExitStatus> {
        written.context("cannot write the output")?;
        // Files first: a reader of standard output that has gone away takes none of them with it.
        let outputs = self.destinations.into_iter().map(|d| d.output);
        let (piped, files): (Vec<_>, Vec<_>) = outputs.partition(Output::is_stdout);
        let mut outputs = files.into_iter().chain(piped);
        outputs.try_for_each(Output::finish)?;
        if self.run.timing {
            // Decoration: where it cannot be written, the output is complete all the same.
            let _ = self
                .monitor
                .tell(self.settings.threads, &mut io::stderr().lock());
        }
        if !self.run.quiet {
            match warnings {
                Warnings::OnStandardError => report.warnings.iter().for_each(|w| warn(w)),
                Warnings::InOutput => tell_rejects(report),
            }
        }
        Ok(exit::status_of(report, self.run.strict, &self.run.fail_on))
    }
}

/// The limit asked for, in bytes.
pub(super) fn memory_limit(run: &RunArgs) -> Result<Option<u64>> {
    if run.memory_limit.is_some() && memory_held().is_none() {
        let why =
            "this system does not tell how much memory is held: --memory-limit cannot be kept";
        return Err(Fault::new(why.to_owned()).into());
    }
    Ok(run.memory_limit)
}

/// What a person must know of a document that was made anew.
fn tell_kept(kept: &Kept) {
    if !kept.edited.is_empty() {
        warn(&format!(
            "these parts were edited by hand and stay as they are; empty one to have it made anew: {}",
            kept.edited.join(", ")
        ));
    }
    if !kept.left_out.is_empty() {
        warn(&format!(
            "these parts had been taken out and stay out: {}",
            kept.left_out.join(", ")
        ));
    }
}

fn view(args: &OutputArgs, verbose: u8, look: Look) -> View {
    View {
        width: look.width,
        color: look.color,
        unicode: look.unicode,
        verbose,
        zone: args.display_zone,
        redact: match args.redact {
            RedactArg::Default => Redact::Default,
            RedactArg::Strict => Redact::Strict,
            RedactArg::None => Redact::None,
        },
        audience: Audience::Internal,
        version: env!("CARGO_PKG_VERSION"),
    }
}

/// An error unless the report has a subject: payments, calls, a status page or notes.
pub(crate) fn require_subject(report: &Report) -> Result<()> {
    if exit::has_subject(report) {
        return Ok(());
    }
    let fault = if exit::is_any_read(report) {
        no_subject(report)
    } else {
        nothing_recognised(report)
    };
    Err(fault.into())
}

/// Something was read, but it tells of nothing to judge. What the inputs' own warnings say comes first: the
/// window may have left nothing.
fn no_subject(report: &Report) -> Fault {
    let fault = Fault::new("no payments and no calls to an exchange recognised");
    let warnings = report.inputs.iter().flat_map(|input| {
        let said = input.warnings.iter();
        said.map(|w| format!("{}: {w}", input.path))
    });
    let fault = warnings.take(3).fold(fault, Fault::hint);
    fault
        .hint("say what a file is: --payments PATH, --exchange NAME=PATH, --status NAME=PATH")
        .hint("or name its fields in knockon.toml; \"knockon inspect\" shows how each file was understood")
}

/// An error unless at least one line was understood.
pub(crate) fn require_any_read(report: &Report) -> Result<()> {
    if exit::is_any_read(report) {
        Ok(())
    } else {
        Err(nothing_recognised(report).into())
    }
}

fn nothing_recognised(report: &Report) -> Fault {
    let inputs = match report.inputs.len() {
        1 => "1 input".to_owned(),
        n => format!("{n} inputs"),
    };
    let mut fault = Fault::new(format!("nothing recognisable in {inputs}"));
    for input in report.inputs.iter().take(3) {
        fault = fault.hint(format!("{}: {}", input.path, why_not(input)));
    }
    fault
}

/// Why nothing of an input was understood, as far as it is known.
fn why_not(input: &InputSummary) -> String {
    if input.lines == 0 {
        "it is empty".to_owned()
    } else if let Some(reject) = input.rejects.first() {
        format!("line {}: {}", reject.line, reject.reason)
    } else if input.format_reason.is_empty() {
        "no known format".to_owned()
    } else {
        input.format_reason.clone()
    }
}

/// One line for each input with rejects, the first reason as an example.
pub(crate) fn tell_rejects(report: &Report) {
    for input in report.inputs.iter().filter(|i| i.rejected > 0) {
        let lines = match input.rejected {
            1 => "1 line".to_owned(),
            n => format!("{n} lines"),
        };
        let example = input
            .rejects
            .first()
            .map(|r| format!("; line {}: {}", r.line, r.reason))
            .unwrap_or_default();
        warn(&format!(
            "{}: {lines} of {} could not be read{example}",
            input.path, input.lines
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reject;

    #[test]
    fn an_empty_report_says_why() {
        let report = Report {
            inputs: vec![InputSummary {
                path: "x.bin".to_owned(),
                lines: 2,
                rejected: 2,
                rejects: vec![Reject {
                    line: 1,
                    reason: "no time stamp".to_owned(),
                }],
                ..InputSummary::default()
            }],
            ..Report::default()
        };
        let error = require_any_read(&report).unwrap_err();
        assert_eq!(error.to_string(), "nothing recognisable in 1 input");
        assert_eq!(why_not(&report.inputs[0]), "line 1: no time stamp");
        assert!(require_subject(&report).is_err());
    }
}
