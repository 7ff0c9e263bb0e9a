//! Which failures the report works through in full: the strongest, the closest calls and the rejected.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::model::{FailedAttempt, Report, SourceRef, Verdict};

/// Indices into the failures of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Examples {
    /// The surest knock-on failures, one for each channel.
    pub(crate) strongest: Vec<usize>,
    /// The hardest to judge.
    pub(crate) borderline: Vec<usize>,
    /// Failures during an outage that did not follow from it.
    pub(crate) rejected: Vec<usize>,
}

const STRONGEST: usize = 3;
const OTHERS: usize = 2;
/// Moments beyond so many (long lists of notes) are not quoted.
const MOMENTS: usize = 100;

/// Picks the examples; the same report gives the same ones.
pub(crate) fn pick(report: &Report) -> Examples {
    let failures = &report.failures;
    let ordered = |verdict: Verdict, rank: &dyn Fn(&FailedAttempt) -> (f64, f64)| {
        let all = failures.iter().enumerate();
        let mut found: Vec<((f64, f64), usize)> = all
            .filter(|(_, f)| f.verdict == verdict)
            .map(|(i, f)| (rank(f), i))
            .collect();
        found.sort_by(|a, b| descending(a.0, b.0).then(a.1.cmp(&b.1)));
        found.into_iter().map(|(_, i)| i).collect::<Vec<usize>>()
    };
    let mut channels = BTreeSet::new();
    let mut strongest = ordered(Verdict::Caused, &|f| (f.probability, weight(f, true)));
    strongest.retain(|&i| channels.insert(failures[i].channel));
    strongest.truncate(STRONGEST);

    // near the middle when undetermined, else whatever came closest to the other side
    let mut borderline = ordered(Verdict::Undetermined, &|f| {
        (-(f.probability - 0.5).abs(), weight(f, true))
    });
    if borderline.is_empty() {
        borderline = ordered(Verdict::Caused, &|f| (-f.probability, 0.0));
        borderline.retain(|i| !strongest.contains(i));
        borderline.truncate(1);
    }
    borderline.truncate(OTHERS);

    let mut rejected = ordered(Verdict::Unrelated, &|f| {
        let inside = f64::from(u8::from(during_outage(report, f)));
        (inside, weight(f, false))
    });
    rejected.truncate(OTHERS);
    Examples {
        strongest,
        borderline,
        rejected,
    }
}

/// The failures whose reasons every report gives: the examples.
pub fn examples_of(report: &Report) -> Vec<usize> {
    let Examples {
        strongest,
        borderline,
        rejected,
    } = pick(report);
    [strongest, borderline, rejected].concat()
}

/// The lines that the examples, the outages, the moments and the findings of a report rest on, ascending: those whose text
/// belongs into [`Report::citations`].
pub fn lines_to_cite(report: &Report) -> Vec<SourceRef> {
    let mut lines = BTreeSet::new();
    for i in examples_of(report) {
        let failure = &report.failures[i];
        lines.insert(failure.source);
        lines.extend(failure.evidence.iter().map(|e| e.source));
    }
    for outage in &report.outages {
        lines.extend(outage.first_seen);
        lines.extend(outage.evidence.iter().map(|e| e.source));
    }
    for finding in &report.findings {
        lines.extend(finding.evidence.iter().take(3).map(|e| e.source));
    }
    lines.extend(report.moments.iter().take(MOMENTS).filter_map(|m| m.source));
    lines.retain(|s| s.line > 0);
    lines.into_iter().collect()
}

/// Whether the attempt was under way during some outage.
pub(crate) fn during_outage(report: &Report, failure: &FailedAttempt) -> bool {
    let log_end = report.window.map_or(failure.time, |w| w.end);
    report
        .outages
        .iter()
        .any(|o| o.span(log_end).contains(failure.time))
}

fn weight(failure: &FailedAttempt, supports: bool) -> f64 {
    match supports {
        true => failure.weights.supporting,
        false => failure.weights.opposing,
    }
}

fn descending(a: (f64, f64), b: (f64, f64)) -> Ordering {
    b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1))
}
