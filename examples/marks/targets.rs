//! What the program aims at in every family, and which families miss it.

use super::quantile;
use crate::score::{Moments, Score};

const F1_BELOW_CEILING: f64 = 0.02;
const TOTAL_ERROR: f64 = 0.03;
const MOMENT_ERROR_S: f64 = 5.0;
/// Of the gap between the calls around it: nobody who sees calls alone can date a change much better.
const MOMENT_ERROR_GAPS: f64 = 2.0;

/// The targets in words.
pub(crate) const IN_WORDS: &str = "Targets: F1 at most 0.02 below the ceiling; expected total within 3 % (of the failures, \
where none was caused); no outage claimed in a run without one; median error of onset and end at most 5 s, or twice the \
gap between the calls around it where that is more. A `!` marks what misses its target.";

/// How far F1 lies from that of the ceiling; below zero: it is worse.
pub(crate) fn from_ceiling(score: &Score) -> f64 {
    score.tally.f1() - score.ceiling.f1()
}

pub(crate) fn misses_f1(score: &Score) -> bool {
    from_ceiling(score) < -F1_BELOW_CEILING
}

pub(crate) fn misses_total(score: &Score) -> bool {
    score.tally.total_error().abs() > TOTAL_ERROR
}

pub(crate) fn misses_silence(score: &Score) -> bool {
    score.false_alarms > 0
}

pub(crate) fn misses_moment(moments: &Moments) -> bool {
    let gap = quantile(&moments.gaps, 0.5).unwrap_or(0.0);
    let allowed = MOMENT_ERROR_S.max(MOMENT_ERROR_GAPS * gap);
    quantile(&moments.errors, 0.5).is_some_and(|error| error > allowed)
}

/// The targets that a family misses, in words; empty when it meets them all.
pub(crate) fn missed(score: &Score) -> Vec<String> {
    let mut missed = Vec::new();
    if misses_f1(score) {
        missed.push(format!("F1 {:.3} below the ceiling", -from_ceiling(score)));
    }
    if misses_total(score) {
        missed.push(format!(
            "expected total {:+.1} % off",
            100.0 * score.tally.total_error()
        ));
    }
    if misses_silence(score) {
        missed.push(format!("false alarms: {}", score.false_alarms));
    }
    for (name, moments) in [("onset", &score.onset), ("end", &score.end)] {
        if misses_moment(moments) {
            let error = quantile(&moments.errors, 0.5).unwrap_or(0.0);
            missed.push(format!("{name} {error:.1} s off"));
        }
    }
    missed
}
