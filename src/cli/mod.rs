//! The command line: the only room that prints, and the only one that looks at the environment, the clock or
//! the terminal.
//!
//! `args` is what was typed, `settings` what it means, made once. One file for each subcommand. `exit` has the
//! exit statuses, `show_error` the one place where an error meets a person.

mod analyze;
mod args;
mod compare;
mod completions;
mod destinations;
mod digest;
mod exit;
mod explain;
mod failures;
mod inspect;
#[cfg(unix)]
mod interrupt;
mod man;
mod output;
mod progress;
mod schema;
mod session;
mod settings;
mod show_error;
mod template;
mod terminal;
mod timeline;

use std::io::ErrorKind;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{CommandFactory, Parser, Subcommand};

use exit::ExitStatus;

use crate::{pipeline, report};

/// What every subcommand that analyses says at the end of its long help.
pub(crate) const EXIT_STATUS_HELP: &str = "\
Exit status:
  0  done
  1  done, and a condition given with --fail-on holds
  2  it could not do the job: bad usage, unreadable input, nothing recognisable;
     or a line could not be read and --strict was given";

const EXAMPLES: &str = "\
Examples:
  knockon analyze logs/                                 the report, in the terminal
  knockon analyze logs/ -o postmortem.md                a postmortem to complete
  knockon failures logs/ -f csv > failures.csv          one row for each failed attempt
  knockon explain pay_1042 logs/                        why this one failed
  knockon inspect logs/                                 how each file was understood";

/// What a script or a report of a defect may need to know; the zone database is built in, and ages with the build.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{version}\nreport schema {}\ndigest format {}\ntime zone database {}\n{} {}",
        report::SCHEMA_VERSION,
        pipeline::DIGEST_VERSION,
        chrono_tz::IANA_TZDB_VERSION,
        std::env::consts::OS,
        std::env::consts::ARCH,
    )
});

/// Which payment failures followed from the upstream outage, which did not, and how do we know?
///
/// knockon reads the logs of an incident (payments, calls to an exchange or any other upstream, status pages,
/// notes; mixed formats, compressed or not), finds the outages, and gives each failed payment attempt a
/// probability that it would have succeeded without them, with the lines that this rests on.
#[derive(Debug, Parser)]
#[command(
    name = "knockon",
    version,
    long_version = LONG_VERSION.as_str(),
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_STATUS_HELP}"),
    propagate_version = false,
    arg_required_else_help = true,
    max_term_width = 110
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Analyze(analyze::Args),
    Failures(failures::Args),
    Explain(explain::Args),
    Timeline(timeline::Args),
    Compare(compare::Args),
    Inspect(inspect::Args),
    Digest(digest::Args),
    Schema(schema::Args),
    Template(template::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    #[cfg(unix)]
    interrupt::watch();
    match run(cli.command) {
        Ok(status) => status.into(),
        Err(error) if show_error::is_closed_pipe(&error) => ExitStatus::Done.into(),
        Err(error) => {
            show_error::show(&error);
            ExitStatus::Failed.into()
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitStatus> {
    match command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Failures(args) => failures::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Timeline(args) => timeline::run(&args),
        Command::Compare(args) => compare::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Digest(args) => digest::run(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Template(args) => template::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}

/// Help and version go to standard output, mistakes to standard error; a closed pipe is no reason to complain.
fn usage(error: &clap::Error) -> ExitCode {
    match show_error::show_usage(error) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            show_error::show(&anyhow::Error::new(e).context("cannot write the help"));
            ExitStatus::Failed.into()
        }
        _ if error.use_stderr() => ExitStatus::Failed.into(),
        _ => ExitStatus::Done.into(),
    }
}

/// The command line as clap knows it, for completions and manual pages.
fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    #[test]
    fn clap_accepts_the_definition() {
        super::command().debug_assert();
    }
}
