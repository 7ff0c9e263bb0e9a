//! Outages seen only in the payments, where the exchange's calls were not logged (a refused connection leaves
//! no line in the exchange's own log).

use std::collections::{BTreeMap, BTreeSet};

use super::episode::{Episode, LEAST_BAD, RowOf, Seen, episodes};
use super::errors::has_baseline;
use super::{Context, Detector, Found, MERGE_GAP_S, Misuse};
use crate::model::{Attempt, ErrorClass, Outage, OutageSource, Phase, Span, Sym};

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

    fn detect(&self, context: &Context<'_>, earlier: &Found) -> Found {
        let mut found = Found::default();
        let known = Known::of(context);
        for (exchange, attempts) in rows(context) {
            if !known.may_judge(exchange, &attempts) {
                continue;
            }
            let misused = |span: &Span| {
                let same = |m: &Misuse| m.exchange == exchange && m.span.overlaps(span);
                earlier.misuses.iter().any(same)
            };
            for episode in of_exchange(context, exchange, &attempts) {
                let span = episode.span();
                if !misused(&span) && !calls_decide(context, exchange, span) {
                    found.episodes.push(episode);
                }
            }
        }
        found
    }
}

/// Whose calls were logged, and which methods of payment use them.
struct Known {
    called: BTreeSet<Sym>,
    methods: BTreeSet<Sym>,
}

impl Known {
    fn of(context: &Context<'_>) -> Known {
        let timeline = context.timeline;
        let called: BTreeSet<Sym> = timeline.calls.iter().map(|c| c.exchange).collect();
        let uses = |a: &&Attempt| {
            called.contains(&a.exchange) || called.contains(&timeline.error(a.error).names_exchange)
        };
        let methods = timeline.attempts.iter().filter(uses).map(|a| a.method);
        Known {
            methods: methods.collect(),
            called,
        }
    }

    /// Where the calls to some exchanges were logged, these are what the run is about: an upstream of other methods
    /// (a card processor that the payments name, and of which there is no log) is a rival explanation, no exchange.
    fn may_judge(&self, exchange: Sym, attempts: &[&Attempt]) -> bool {
        self.called.is_empty()
            || self.called.contains(&exchange)
            || attempts.iter().any(|a| self.methods.contains(&a.method))
    }
}

/// Payments by exchange: as the record names it, else its error; a payment that names none is taken beside those of its kind
/// whose errors do, so that their successes count as well.
fn rows<'a>(context: &Context<'a>) -> BTreeMap<Sym, Vec<&'a Attempt>> {
    let kind = |a: &Attempt| (a.merchant, a.method, a.currency);
    let named = |a: &Attempt| context.timeline.error(a.error).names_exchange;
    let silent = |a: &&Attempt| a.outcome.is_final() && a.exchange.is_none();
    let mut by_kind: BTreeMap<(Sym, Sym, Sym), BTreeSet<Sym>> = BTreeMap::new();
    for a in context.timeline.attempts.iter().filter(silent) {
        if named(a).is_some() {
            by_kind.entry(kind(a)).or_default().insert(named(a));
        }
    }
    let mut rows: BTreeMap<Sym, Vec<&Attempt>> = BTreeMap::new();
    for a in context
        .timeline
        .attempts
        .iter()
        .filter(|a| a.outcome.is_final())
    {
        let own = if a.exchange.is_some() {
            a.exchange
        } else {
            named(a)
        };
        if own.is_some() {
            rows.entry(own).or_default().push(a);
        } else {
            for exchange in by_kind.get(&kind(a)).into_iter().flatten() {
                rows.entry(*exchange).or_default().push(a);
            }
        }
    }
    rows
}

fn of_exchange(context: &Context<'_>, exchange: Sym, attempts: &[&Attempt]) -> Vec<Episode> {
    let mut row: Vec<Seen> = those_that_tell(attempts)
        .into_iter()
        .map(|a| Seen {
            time: a.start,
            bad: speaks_of_upstream(a),
            source: a.source,
        })
        .collect();
    if !has_baseline(&row) {
        return Vec::new();
    }
    row.sort_by_key(|s| (s.time, s.source));
    let of = RowOf {
        exchange,
        component: Sym::NONE,
        callers: Vec::new(),
        source: OutageSource::Payments,
    };
    episodes(&row, &of, context.silences, MERGE_GAP_S)
}

/// A breaker may stay open after the exchange is back: what it stopped tells only where nothing else does.
fn those_that_tell<'a>(attempts: &[&'a Attempt]) -> Vec<&'a Attempt> {
    let stopped = |a: &&Attempt| a.class == ErrorClass::CircuitOpen;
    let reached: Vec<&Attempt> = attempts.iter().copied().filter(|a| !stopped(a)).collect();
    let bad = reached.iter().filter(|a| speaks_of_upstream(a)).count();
    if bad < LEAST_BAD {
        attempts.to_vec()
    } else {
        reached
    }
}

/// What the calls leave open the payments may tell: when an outage began that was on when the calls' log begins, and whether it
/// was over when its component was called no more.
pub(crate) fn complete(context: &Context<'_>, outages: &mut [Outage]) {
    let leaves_open = |o: &Outage| o.began_before_log || o.end.is_none();
    if !outages.iter().any(leaves_open) {
        return;
    }
    let rows = rows(context);
    let log_end = context.timeline.end();
    for outage in outages.iter_mut().filter(|o| leaves_open(o)) {
        let payments = rows.get(&outage.exchange).map_or(&[][..], Vec::as_slice);
        let seen = outage.span(log_end);
        let episodes = of_exchange(context, outage.exchange, payments);
        let same = episodes.iter().find(|e| e.span().overlaps(&seen));
        if let Some(e) = same.filter(|e| outage.began_before_log && e.start < outage.start) {
            begin_earlier(outage, e);
        }
        if outage.end.is_none() {
            close(context, outage, same);
        }
    }
}

fn begin_earlier(outage: &mut Outage, payments: &Episode) {
    let phase = Phase {
        span: Span::new(payments.start, outage.start),
        failure_rate: outage
            .components
            .iter()
            .map(|c| c.peak_failure_rate)
            .fold(0.0, f64::max),
        calls: 0,
        failed_calls: 0,
    };
    if let Some(first) = outage.components.first_mut() {
        first.phases.insert(0, phase);
    }
    outage.start = payments.start;
    outage.start_interval = payments.start_interval;
    outage.began_before_log = payments.began_before_log;
    if !outage.sources.contains(&OutageSource::Payments) {
        outage.sources.push(OutageSource::Payments);
        outage.sources.sort();
    }
}

/// An outage whose last bad call is followed by no call of that component: over when the payments say so, or when they
/// show nothing and the exchange's other calls go on.
fn close(context: &Context<'_>, outage: &mut Outage, payments: Option<&Episode>) {
    let phases = outage.components.iter().flat_map(|c| c.phases.iter());
    let Some(last_bad) = phases.map(|p| p.span.end).max() else {
        return;
    };
    match payments {
        Some(e) => {
            if let Some(end) = e.end.filter(|end| *end >= last_bad) {
                outage.end = Some(end);
                outage.end_interval = e.end_interval;
            }
        }
        None => {
            let own = context
                .timeline
                .calls
                .iter()
                .rev()
                .find(|c| c.exchange == outage.exchange);
            let last_call = own.map_or(last_bad, |c| c.time);
            if last_call.secs_since(last_bad) > MERGE_GAP_S {
                outage.end = Some(last_bad);
                outage.end_interval = Some(Span::new(last_bad, last_call));
            }
        }
    }
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
