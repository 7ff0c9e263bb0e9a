//! The one place where an error meets a person: `error: …`, then what to do about it.

use std::fmt::Write as _;
#[cfg(unix)]
use std::io::IsTerminal as _;
use std::io::{self, Write as _};

use crate::config::ConfigError;

/// A mistake that the command line itself found, with what the user can do about it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    message: String,
    hints: Vec<String>,
}

impl Fault {
    /// A fault without a hint; `message` is a lower-case fragment.
    pub(crate) fn new(message: impl Into<String>) -> Fault {
        Fault {
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds something to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hints.push(hint.into());
        self
    }
}

/// Whether the reader of our output has gone away, which is no error.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Prints an error to standard error.
pub(crate) fn show(error: &anyhow::Error) {
    say(&text_of(error));
}

/// Prints a warning to standard error.
pub(crate) fn warn(message: &str) {
    say(&format!("warning: {}\n", plain(message)));
}

/// Tells that a signal ended the run.
#[cfg(unix)]
pub(super) fn ended_early(signal: &str) {
    // A progress bar may stand on the line.
    let fresh = if io::stderr().is_terminal() { "\n" } else { "" };
    say(&format!(
        "{fresh}error: ended by {signal} before the work was done; no unfinished file is left\n"
    ));
}

fn say(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn text_of(error: &anyhow::Error) -> String {
    let mut text = format!("error: {}\n", plain(&chain(error)));
    for hint in error.chain().flat_map(hints) {
        let _ = writeln!(text, "hint: {}", plain(&hint));
    }
    text
}

/// The error and its causes on one line; a cause that its parent repeats is said once.
fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let words = cause.to_string();
        if text.ends_with(&words) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&words);
    }
    text
}

fn hints(cause: &(dyn std::error::Error + 'static)) -> Vec<String> {
    if let Some(fault) = cause.downcast_ref::<Fault>() {
        fault.hints.clone()
    } else if let Some(config) = cause.downcast_ref::<ConfigError>() {
        config.hint().map(str::to_owned).into_iter().collect()
    } else {
        Vec::new()
    }
}

/// Text that cannot drive a terminal: what acts (controls, bidi) is shown, line ends are kept.
fn plain(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(crate::report::visible).collect();
    lines.join("\n")
}

/// Prints what clap says about the command line. Its colours stay, unless it repeats text that could act.
///
/// # Errors
/// When help or version cannot be written.
pub(crate) fn show_usage(error: &clap::Error) -> std::io::Result<()> {
    let text = error.render().to_string();
    let shown = plain(&text);
    if error.use_stderr() && shown != text {
        say(&shown);
        Ok(())
    } else {
        error.print()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_follow_on_one_line_and_hints_below() {
        let fault = Fault::new("no payment \"pay_9\"").hint("did you mean \"pay_8\"?");
        let error = anyhow::Error::new(fault).context("cannot explain");
        assert_eq!(
            text_of(&error),
            "error: cannot explain: no payment \"pay_9\"\nhint: did you mean \"pay_8\"?\n"
        );
    }

    #[test]
    fn a_repeated_cause_is_said_once() {
        let cause = io::Error::other("disk full");
        let error = anyhow::Error::new(cause).context("cannot write: disk full");
        assert_eq!(text_of(&error), "error: cannot write: disk full\n");
    }

    #[test]
    fn control_characters_of_a_path_are_shown() {
        let error = anyhow::anyhow!("cannot read \"\u{1b}[31mx\"");
        assert_eq!(text_of(&error), "error: cannot read \"\\u{1b}[31mx\"\n");
    }

    #[test]
    fn closed_pipes_are_found_through_context() {
        let closed = anyhow::Error::new(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(is_closed_pipe(&closed.context("cannot write")));
        assert!(!is_closed_pipe(&anyhow::anyhow!("something else")));
    }
}
