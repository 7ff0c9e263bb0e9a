//! Outages seen only in the payments, where the exchange's calls were not logged (a refused connection leaves
//! no line in the exchange's own log).

use std::collections::BTreeMap;

use super::episode::{Episode, RowOf, Seen, episodes};
use super::{Context, Detector, Found, MERGE_GAP_S};
use crate::model::{Attempt, ErrorClass, OutageSource, Span, Sym};

/// With at least this share of the usual calls logged, the calls decide and not the payments.
const CALLS_DECIDE: f64 = 0.4;
/// So many calls of a component must have been expected before their absence tells.
const LEAST_EXPECTED: f64 = 8.0;

/// Detects outages from payments whose errors speak of the exchange.
pub(crate) struct PaymentsThroughExchange;

impl Detector for PaymentsThroughExchange {
    fn id(&self) -> &'static str {
        "payments-through-exchange"
    }

    fn detect(&self, context: &Context<'_>, earlier: &[Episode]) -> Found {
        let mut rows: BTreeMap<Sym, Vec<&Attempt>> = BTreeMap::new();
        for attempt in context
            .timeline
            .attempts
            .iter()
            .filter(|a| a.outcome.is_final())
        {
            let error = context.timeline.errors.get(attempt.error.0 as usize);
            let named = error.map_or(Sym::NONE, |e| e.names_exchange);
            let exchange = if attempt.exchange.is_some() {
                attempt.exchange
            } else {
                named
            };
            if exchange.is_some() {
                rows.entry(exchange).or_default().push(attempt);
            }
        }
        let mut found = Vec::new();
        for (exchange, attempts) in rows {
            for episode in of_exchange(context, exchange, &attempts) {
                let known =
                    |e: &Episode| e.exchange == exchange && e.span().overlaps(&episode.span());
                if !earlier.iter().any(known) && !calls_decide(context, exchange, episode.span()) {
                    found.push(episode);
                }
            }
        }
        Found {
            episodes: found,
            findings: Vec::new(),
        }
    }
}

fn of_exchange(context: &Context<'_>, exchange: Sym, attempts: &[&Attempt]) -> Vec<Episode> {
    let row: Vec<Seen> = attempts
        .iter()
        .map(|a| Seen {
            time: a.start,
            bad: speaks_of_upstream(a),
            source: a.source,
        })
        .collect();
    let mut row = row;
    row.sort_by_key(|s| (s.time, s.source));
    let of = RowOf {
        exchange,
        component: Sym::NONE,
        callers: Vec::new(),
        source: OutageSource::Payments,
    };
    episodes(&row, &of, context.silences, MERGE_GAP_S)
}

fn speaks_of_upstream(attempt: &Attempt) -> bool {
    attempt.outcome.is_bad()
        && (attempt.class.is_upstream() || attempt.class == ErrorClass::CircuitOpen)
}

/// Whether enough of the exchange's calls were logged in `span` to judge by them. A component whose calls nearly all
/// vanish while others' go on is not judged by these: a refused connection leaves no line.
fn calls_decide(context: &Context<'_>, exchange: Sym, span: Span) -> bool {
    let mut by_component: BTreeMap<Sym, (f64, f64)> = BTreeMap::new();
    let (mut first, mut last) = (None, None);
    for call in context
        .timeline
        .calls
        .iter()
        .filter(|c| c.exchange == exchange)
    {
        first.get_or_insert(call.time);
        last = Some(call.time);
        let count = by_component.entry(call.component).or_default();
        if span.contains(call.time) {
            count.0 += 1.0
        } else {
            count.1 += 1.0
        }
    }
    let (Some(first), Some(last)) = (first, last) else {
        return false;
    };
    let outside_s = (last.secs_since(first) - span.secs()).max(1.0);
    let expected = |outside: f64| outside / outside_s * span.secs();
    let vanished = |&(inside, outside): &(f64, f64)| {
        expected(outside) >= LEAST_EXPECTED && inside < CALLS_DECIDE * expected(outside)
    };
    let inside: f64 = by_component.values().map(|c| c.0).sum();
    inside >= 5.0 && !by_component.values().any(vanished)
}
