//! Failure rates over the window, in equal buckets.

use std::collections::BTreeMap;

use super::{Outcome, bad_answer};
use crate::model::{Side, Span, Strip, StripBucket, Sym, Time};

/// Buckets over the window: what a line of 80 columns holds beside its name.
const BUCKETS: usize = 60;
/// At most so many exchanges are shown.
const MOST_EXCHANGES: usize = 6;

/// One strip for each exchange (those with an outage first), then one for the payments.
pub fn strips(o: &Outcome<'_>) -> Vec<Strip> {
    let Some(span) = o.window else {
        return Vec::new();
    };
    let mut exchanges: BTreeMap<Sym, Vec<StripBucket>> = BTreeMap::new();
    for call in o.timeline.calls.iter().filter(|c| c.exchange.is_some()) {
        if let Some(bad) = bad_answer(call) {
            let row = exchanges.entry(call.exchange).or_insert_with(empty);
            add(row, span, call.time, bad);
        }
    }
    let hit = |e: &Sym| o.outages.iter().any(|out| out.exchange == *e);
    let mut rows: Vec<(Sym, Vec<StripBucket>)> = exchanges.into_iter().collect();
    rows.sort_by_key(|(e, _)| (!hit(e), o.timeline.names.text(*e).to_string()));
    rows.truncate(MOST_EXCHANGES);
    let mut out: Vec<Strip> = rows
        .into_iter()
        .map(|(e, buckets)| Strip {
            name: format!("calls to {}", o.timeline.names.text(e)),
            side: Side::Exchange,
            span,
            buckets,
        })
        .collect();
    let mut payments = empty();
    for a in o.timeline.attempts.iter().filter(|a| a.outcome.is_final()) {
        add(&mut payments, span, a.time, a.outcome.is_bad());
    }
    if payments.iter().any(|b| b.total > 0) {
        out.push(Strip {
            name: "payments".to_string(),
            side: Side::Payments,
            span,
            buckets: payments,
        });
    }
    out
}

fn empty() -> Vec<StripBucket> {
    vec![StripBucket::default(); BUCKETS]
}

fn add(row: &mut [StripBucket], span: Span, t: Time, bad: bool) {
    if !span.contains(t) {
        return;
    }
    let share = t.secs_since(span.start) / span.secs().max(1e-9);
    let at = ((share * BUCKETS as f64) as usize).min(BUCKETS - 1);
    row[at].total += 1;
    row[at].bad += u64::from(bad);
}
