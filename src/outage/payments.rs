//! Outages seen only in the payments, where the exchange's calls were not logged (a refused connection leaves
//! no line in the exchange's own log).

use std::collections::BTreeMap;

use super::episode::{Episode, RowOf, Seen, episodes};
use super::{Context, Detector, Found, MERGE_GAP_S};
use crate::model::{Attempt, ErrorClass, OutageSource, Span, Sym};

/// With at least this share of the usual calls logged, the calls decide and not the payments.
const CALLS_DECIDE: f64 = 0.3;

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

/// Whether enough of the exchange's calls were logged in `span` to judge by them.
fn calls_decide(context: &Context<'_>, exchange: Sym, span: Span) -> bool {
    let calls: Vec<_> = context
        .timeline
        .calls
        .iter()
        .filter(|c| c.exchange == exchange)
        .map(|c| c.time)
        .collect();
    let (Some(first), Some(last)) = (calls.first(), calls.last()) else {
        return false;
    };
    let inside = calls.iter().filter(|t| span.contains(**t)).count() as f64;
    let outside_s = (last.secs_since(*first) - span.secs()).max(1.0);
    let expected = (calls.len() as f64 - inside) / outside_s * span.secs();
    inside >= 5.0 && inside >= CALLS_DECIDE * expected
}
