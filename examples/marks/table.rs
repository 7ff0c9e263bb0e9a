//! The table of the families, of fixed width.

use std::fmt::Write as _;

use super::{quantile, targets};
use crate::score::{Moments, Score};

/// What the columns mean, for those who read the table for the first time.
pub(crate) const LEGEND: &str = "`ceil`: a predictor who was told the true outages, dependencies and rates. `calib`: \
expected calibration error. `total`: error of the expected number of knock-on failures, in % of the true one; with `k`: \
failures expected in every thousand where none was caused. `held`: runs whose interval of the total holds the true one. \
`p50`, `p95`: error of onset and end in seconds, median and 95th percentile; `gap`: median time between the calls around \
the true moment; `in`: stated intervals that hold it. `pha`, `mis`: outages claimed that were none, and outages not found.";

/// The two lines at the head.
pub(crate) fn head() -> String {
    let mut out = format!(
        "{:<19} {:>13} | {:^31} | {:^14} | {:>5} | {:^12} | {:^23} | {:^23} |\n",
        "", "", "F1", "Brier", "", "total", "onset", "end"
    );
    let _ = write!(
        out,
        "{:<19} {:>6} {:>6} | {:>5} {:>5} {:>5} {:>5} {:>6}  | {:>6} {:>6}  | {:>5} | {:>6} {:>4}  | {} | {} | {:>3}  {:>3}",
        "family",
        "failed",
        "caused",
        "prec",
        "rec",
        "F1",
        "ceil",
        "diff",
        "said",
        "ceil",
        "calib",
        "error",
        "held",
        moments_head(),
        moments_head(),
        "pha",
        "mis",
    );
    out
}

fn moments_head() -> String {
    format!("{:>6}  {:>6} {:>5} {:>4}", "p50", "p95", "gap", "in")
}

fn mark(missed: bool) -> char {
    if missed { '!' } else { ' ' }
}

fn share((part, whole): (u64, u64)) -> String {
    if whole == 0 {
        "-".to_owned()
    } else {
        format!("{:.2}", part as f64 / whole as f64)
    }
}

/// Error of the expected total, in per cent of the true one; where that is nothing, per thousand failures.
fn total(score: &Score) -> String {
    let error = score.tally.total_error();
    if score.tally.caused == 0 {
        format!("{:.1}k", 1000.0 * error)
    } else {
        format!("{:+.1}%", 100.0 * error)
    }
}

fn moments(m: &Moments) -> String {
    let seconds = |of: &[f64], at: f64| {
        quantile(of, at).map_or_else(|| "-".to_owned(), |s| format!("{s:.1}"))
    };
    format!(
        "{:>6}{} {:>6} {:>5} {:>4}",
        seconds(&m.errors, 0.5),
        mark(targets::misses_moment(m)),
        seconds(&m.errors, 0.95),
        seconds(&m.gaps, 0.5),
        share(m.covered),
    )
}

/// One family.
pub(crate) fn line(name: &str, score: &Score) -> String {
    let (t, c) = (&score.tally, &score.ceiling);
    format!(
        "{name:<19} {:>6} {:>6} | {:>5.3} {:>5.3} {:>5.3} {:>5.3} {:>+6.3}{} | {:>6.4} {:>6.4}  | {:>5.3} | {:>6}{} {:>4} | {} | {} | {:>3}{} {:>3}",
        t.failed,
        t.caused,
        t.precision(),
        t.recall(),
        t.f1(),
        c.f1(),
        targets::from_ceiling(score),
        mark(targets::misses_f1(score)),
        t.brier(),
        c.brier(),
        t.calibration_error(),
        total(score),
        mark(targets::misses_total(score)),
        share(score.total_covered),
        moments(&score.onset),
        moments(&score.end),
        score.phantom_outages,
        mark(targets::misses_silence(score)),
        score.missed_outages,
    )
}

/// What is counted over all runs and has no column.
pub(crate) fn totals(all: &Score) -> String {
    let [affected, recovered, lost] = all.orders;
    let of = |(part, whole): (u64, u64)| format!("{part} of {whole}");
    format!(
        "undetermined {}; right outage {}, right channel {}, right outcome {}; open ends wrong {}; orders said (true): \
         affected {} ({}), recovered {} ({}), lost {} ({}); unanswered {}, strangers {}",
        of((all.tally.undetermined, all.tally.failed)),
        of(all.right_outage),
        of(all.right_channel),
        of(all.right_outcome),
        all.open_end_errors,
        affected.0,
        affected.1,
        recovered.0,
        recovered.1,
        lost.0,
        lost.1,
        all.unanswered,
        all.strangers
    )
}
