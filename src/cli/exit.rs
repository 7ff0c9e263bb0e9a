//! The exit statuses, and what decides between them.

use std::process::ExitCode;

use crate::model::{InputSummary, Report, Role};

/// How a run ended, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: done.
    Done,
    /// 1: done, and a condition given with `--fail-on` holds.
    Condition,
    /// 2: it could not do the job; or a line could not be read and `--strict` was given.
    Failed,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::Condition => 1,
            ExitStatus::Failed => 2,
        })
    }
}

/// A condition of `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    /// An outage was found
    Outage,
    /// A failed attempt was judged to follow from an outage
    Caused,
    /// A line could not be read
    Rejected,
}

impl FailOn {
    fn holds(self, report: &Report) -> bool {
        match self {
            FailOn::Outage => !report.outages.is_empty(),
            FailOn::Caused => report.totals.caused > 0,
            FailOn::Rejected => rejected(report) > 0,
        }
    }
}

/// Lines that could not be read, all inputs.
pub(crate) fn rejected(report: &Report) -> u64 {
    report.inputs.iter().map(|i| i.rejected).sum()
}

/// The status of a run that has written its output. `--strict` comes before `--fail-on`: a condition on
/// half-read logs means little.
pub(crate) fn status_of(report: &Report, strict: bool, fail_on: &[FailOn]) -> ExitStatus {
    if strict && rejected(report) > 0 {
        ExitStatus::Failed
    } else if fail_on.iter().any(|c| c.holds(report)) {
        ExitStatus::Condition
    } else {
        ExitStatus::Done
    }
}

/// Whether anything was read that an analysis can rest on: an input that tells about payments, an exchange, a
/// status page or notes.
pub(crate) fn has_subject(report: &Report) -> bool {
    let totals = &report.totals;
    totals.attempts > 0
        || totals.failed > 0
        || !report.outages.is_empty()
        || report
            .inputs
            .iter()
            .any(|i| is_read(i) && i.role != Role::Other)
}

/// Whether any line of any input was understood.
pub(crate) fn is_any_read(report: &Report) -> bool {
    report.inputs.iter().any(is_read)
}

fn is_read(input: &InputSummary) -> bool {
    !input.format.is_empty() && (input.events > 0 || input.lines > input.rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(input: InputSummary) -> Report {
        Report {
            inputs: vec![input],
            ..Report::default()
        }
    }

    #[test]
    fn strict_comes_before_fail_on() {
        let bad = report(InputSummary {
            rejected: 1,
            ..InputSummary::default()
        });
        let conditions = [FailOn::Rejected];
        assert_eq!(status_of(&bad, true, &conditions), ExitStatus::Failed);
        assert_eq!(status_of(&bad, false, &conditions), ExitStatus::Condition);
        assert_eq!(status_of(&bad, false, &[FailOn::Caused]), ExitStatus::Done);
        assert_eq!(status_of(&bad, false, &[]), ExitStatus::Done);
        assert_eq!(status_of(&Report::default(), true, &[]), ExitStatus::Done);
    }

    #[test]
    fn caused_and_outage_conditions_read_the_totals() {
        let mut caused = Report::default();
        assert!(!FailOn::Caused.holds(&caused));
        assert!(!FailOn::Outage.holds(&caused));
        caused.totals.caused = 1;
        assert!(FailOn::Caused.holds(&caused));
    }

    #[test]
    fn a_file_of_rejects_is_not_read() {
        let garbage = report(InputSummary {
            format: "jsonl".to_owned(),
            role: Role::Payments,
            lines: 3,
            rejected: 3,
            ..InputSummary::default()
        });
        assert!(!is_any_read(&garbage));
        assert!(!has_subject(&garbage));
    }

    #[test]
    fn an_unrelated_log_is_read_but_has_no_subject() {
        let other = report(InputSummary {
            format: "jsonl".to_owned(),
            lines: 3,
            events: 3,
            ..InputSummary::default()
        });
        assert!(is_any_read(&other));
        assert!(!has_subject(&other));
    }
}
