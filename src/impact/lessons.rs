//! What the data shows beyond the verdicts: each finding only where a number carries it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Outcome, own_side};
use crate::model::{Evidence, FastSet, Finding, Outcome as End, Severity, Sym, Verdict, in_words};

/// A status page that speaks this much later than our own evidence is late, in seconds.
const LATE_PAGE_S: f64 = 300.0;

/// Findings of the main outage.
pub fn lessons(o: &Outcome<'_>) -> Vec<Finding> {
    let mut out = Vec::new();
    if let Some(main) = o.main_outage() {
        out.extend(late_page(o, main));
        out.extend(single_dependency(o, main));
        out.extend(no_effect(o, main));
        out.extend(own_side::findings(o, main));
    }
    out.extend(to_reconcile(o));
    out
}

fn finding(
    id: &str,
    title: String,
    severity: Severity,
    detail: String,
    evidence: Vec<Evidence>,
) -> Finding {
    Finding {
        id: id.to_string(),
        title,
        severity,
        confidence: 0.9,
        detail,
        evidence,
    }
}

fn late_page(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let outage = &o.outages[main];
    let delay = outage.acknowledged_at?.secs_since(outage.start);
    (delay >= LATE_PAGE_S).then(|| {
        finding(
            "status-page-late",
            format!("the status page spoke {:.0} min after the calls showed it", delay / 60.0),
            Severity::Warning,
            format!(
                "Calls to {} failed from {} on; its status page first spoke of it at {}. An alert on the failure rate of the calls \
                 would have been earlier.",
                outage.exchange_name,
                outage.start,
                outage.acknowledged_at.unwrap_or(outage.start)
            ),
            outage.evidence.iter().filter(|e| e.rule == "status-page").cloned().collect(),
        )
    })
}

/// Currencies that only the failing exchange served, and whose orders were not saved through another one.
fn single_dependency(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let outage = &o.outages[main];
    let with_currency = o.timeline.attempts.iter().filter(|a| a.currency.is_some());
    let pairs: FastSet<(Sym, Sym)> = with_currency.map(|a| (a.currency, a.exchange)).collect();
    let mut through: BTreeMap<Sym, BTreeSet<Sym>> = BTreeMap::new();
    pairs.into_iter().for_each(|(currency, exchange)| {
        through.entry(currency).or_default().insert(exchange);
    });
    let hit: BTreeSet<Sym> = o
        .caused()
        .filter(|j| j.outage == Some(main))
        .map(|j| o.timeline.attempts[j.attempt].currency)
        .collect();
    let mut alone: Vec<&str> = hit
        .iter()
        .filter(|c| {
            through
                .get(c)
                .is_some_and(|e| e.len() == 1 && e.contains(&outage.exchange))
        })
        .map(|c| o.timeline.names.text(*c))
        .collect();
    alone.sort_unstable();
    (!alone.is_empty()).then(|| {
        finding(
            "single-dependency",
            format!("{} {} served through {} alone", in_words(&alone), if alone.len() == 1 { "was" } else { "were" }, outage.exchange_name),
            Severity::Critical,
            format!(
                "In these logs no payment in {} went through another exchange: there was nothing to fall back to.",
                in_words(&alone)
            ),
            Vec::new(),
        )
    })
}

/// So few knock-on failures, expected in all, are none.
const NO_EFFECT: f64 = 3.0;

fn no_effect(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let outage = &o.outages[main];
    let perhaps = o
        .judgements
        .iter()
        .any(|j| matches!(j.verdict, Verdict::Caused | Verdict::Undetermined));
    let met = o.judgements.iter().filter(|j| j.outage.is_some());
    let expected: f64 = met.map(|j| j.probability).sum();
    (!perhaps && expected < NO_EFFECT && !o.timeline.attempts.is_empty()).then(|| {
        finding(
            "outage-without-knock-on",
            format!(
                "no failed payment is likely to have followed from the outage of {}",
                outage.exchange_name
            ),
            Severity::Info,
            "None of those that failed depends on what was hit, or their failures were no more \
             frequent than usual."
                .to_string(),
            Vec::new(),
        )
    })
}

fn to_reconcile(o: &Outcome<'_>) -> Option<Finding> {
    let unknown = o
        .timeline
        .attempts
        .iter()
        .filter(|a| a.outcome == End::Unknown)
        .count();
    (unknown > 0).then(|| {
        finding(
            "outcome-unknown",
            format!("{unknown} {} may have gone through", if unknown == 1 { "attempt" } else { "attempts" }),
            Severity::Critical,
            if unknown == 1 {
                "It timed out at the exchange, or got an answer that leaves the execution open. It is not counted as lost: \
                 reconcile it before telling the customer to pay again."
            } else {
                "They timed out at the exchange, or got an answer that leaves the execution open. They are not counted as lost: \
                 reconcile them before telling customers to pay again."
            }
            .to_string(),
            Vec::new(),
        )
    })
}
