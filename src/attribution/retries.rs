//! Attempts that exist only because an earlier one failed: of the same order, or as the record itself states.

use rayon::prelude::*;

use super::case::{LIMIT, log_odds};
use crate::model::{
    Attempt, Channel, Evidence, FastMap, FastSet, IdHash, Judgement, Outage, Outcome, Repeats,
    Span, Sym, Thresholds, Time,
};
use crate::timeline::Timeline;

/// Id of the evidence that an attempt repeats a knock-on failure.
pub(crate) const RULE: &str = "retry-of-knock-on";
/// Whoever tries again later than this after a failure decides anew, in seconds.
const LATEST_S: f64 = 7200.0;
/// So many of the last failures of an order are looked at: one with more is no order, but a text that many share.
const MOST_TRIES: usize = 1000;
/// Imagined tries after a failure that went as all others do.
const LEAN_TRIES: f64 = 10.0;
/// From this probability on an earlier failure takes a later attempt with it.
const LIKELY: f64 = 0.5;

/// An earlier failure that probably followed from the outage takes the later attempts with it: without the outage the first
/// would have gone through, and the others would not exist. A success in between ends the chain.
pub(crate) fn carry_over(
    timeline: &Timeline,
    judgements: &mut [Judgement],
    persistence: f64,
    thresholds: &Thresholds,
) {
    let chains = Chains::of(timeline, judgements);
    let began = |(i, j): (usize, &Judgement)| {
        let a = &timeline.attempts[j.attempt];
        (a.start, a.time, a.source, i)
    };
    let mut order: Vec<_> = judgements.par_iter().enumerate().map(began).collect();
    order.par_sort_unstable();
    for (.., i) in order {
        if let Some(earlier) = chains.cause(timeline, judgements, i) {
            let earlier = Earlier::of(&judgements[earlier]);
            carry(earlier, &mut judgements[i], persistence, thresholds);
        }
    }
}

/// How many times as often as others an attempt fails whose order failed right before it, outside every outage.
pub(crate) fn persistence(timeline: &Timeline, outages: &[Outage]) -> f64 {
    let log_end = timeline.end();
    let hit = |a: &Attempt| {
        let met = |o: &Outage| {
            let span = o.span(log_end);
            Span::new(o.start_interval.start, span.end.plus_secs(LATEST_S)).contains(a.start)
        };
        outages.iter().any(met)
    };
    let outside = || {
        let attempts = timeline.attempts.iter();
        attempts.filter(|a| a.outcome.is_final() && !hit(a))
    };
    let (mut all, mut failed) = (0usize, 0usize);
    let mut failing: FastSet<Order> = FastSet::default();
    for a in outside() {
        all += 1;
        if a.outcome.is_bad() {
            failed += 1;
            failing.extend(order_of(a));
        }
    }
    let mut tries: Vec<(Order, Time, bool)> = outside()
        .filter_map(|a| {
            let order = order_of(a).filter(|o| failing.contains(o))?;
            Some((order, a.time, a.outcome.is_bad()))
        })
        .collect();
    tries.sort_unstable();
    let usual = (failed as f64 + 1.0) / (all as f64 + 2.0);
    let (mut again, mut all) = (0.0, 0.0);
    for pair in tries.windows(2) {
        let soon = pair[1].1.secs_since(pair[0].1) <= LATEST_S;
        if pair[0].0 == pair[1].0 && pair[0].2 && soon {
            all += 1.0;
            again += f64::from(u8::from(pair[1].2));
        }
    }
    let rate = (again + LEAN_TRIES * usual) / (all + LEAN_TRIES);
    (rate / usual).max(1.0)
}

/// One shop's order.
type Order = (Sym, IdHash);

/// What may have come before a failure that repeats another.
#[derive(Default)]
struct Chains {
    /// Failed attempts of an order that has several, by time.
    failures: FastMap<Order, Vec<(Time, usize)>>,
    /// When such an order succeeded, in order.
    successes: FastMap<Order, Vec<Time>>,
    /// Failures that others state to repeat.
    by_payment: FastMap<(Sym, IdHash), usize>,
}

fn order_of(a: &Attempt) -> Option<Order> {
    a.order.is_some().then_some((a.merchant, a.order))
}

impl Chains {
    fn of(timeline: &Timeline, judgements: &[Judgement]) -> Chains {
        let mut chains = Chains::default();
        let attempt = |j: &Judgement| &timeline.attempts[j.attempt];
        let mut tries: Vec<(Order, Time, usize)> = judgements
            .par_iter()
            .enumerate()
            .filter_map(|(i, j)| Some((order_of(attempt(j))?, attempt(j).time, i)))
            .collect();
        tries.par_sort_unstable();
        for several in tries.chunk_by(|a, b| a.0 == b.0).filter(|t| t.len() > 1) {
            let times = several.iter().map(|(_, time, i)| (*time, *i)).collect();
            chains.failures.insert(several[0].0, times);
        }
        let attempts = timeline.attempts.iter();
        for a in attempts.filter(|a| a.outcome == Outcome::Succeeded) {
            if let Some(order) = order_of(a).filter(|o| chains.failures.contains_key(o)) {
                chains.successes.entry(order).or_default().push(a.time);
            }
        }
        chains
            .successes
            .values_mut()
            .for_each(|times| times.sort_unstable());
        let of_payment = |a: &Attempt, id: IdHash| id.is_some().then_some((a.merchant, id));
        let stated = judgements.iter().map(attempt);
        let stated: FastSet<_> = stated.filter_map(|a| of_payment(a, a.retry_of)).collect();
        for (i, a) in judgements.iter().map(attempt).enumerate() {
            let payment = of_payment(a, a.links[0]).filter(|p| stated.contains(p));
            chains.by_payment.extend(payment.map(|p| (p, i)));
        }
        chains
    }

    /// The likeliest earlier failure that judgement `i` repeats.
    fn cause(&self, timeline: &Timeline, judgements: &[Judgement], i: usize) -> Option<usize> {
        let own = &timeline.attempts[judgements[i].attempt];
        if own.retry_of.is_some() {
            let stated = self.by_payment.get(&(own.merchant, own.retry_of)).copied();
            return stated.filter(|&e| e != i && judgements[e].probability > LIKELY);
        }
        if own.attempt_no == 1 {
            return None;
        }
        let order = order_of(own)?;
        let until = |times: &[Time]| times.partition_point(|t| *t <= own.start);
        let saved = self.successes.get(&order);
        let saved = saved.and_then(|times| times[..until(times)].last());
        let failures = self.failures.get(&order)?;
        let before = failures.partition_point(|(time, _)| *time <= own.start);
        let near = |(time, _): &&(Time, usize)| {
            own.start.secs_since(*time) <= LATEST_S && saved.is_none_or(|s| s < time)
        };
        let tried = failures[..before].iter().rev().take(MOST_TRIES);
        let earlier = tried.take_while(near).map(|(_, e)| *e);
        let earlier = earlier.filter(|&e| e != i && judgements[e].probability > LIKELY);
        earlier.max_by(|a, b| {
            judgements[*a]
                .probability
                .total_cmp(&judgements[*b].probability)
                .then(b.cmp(a))
        })
    }
}

/// Probability that an attempt with a probability of its own would have succeeded, or would not exist, without the outage.
///
/// It failed for another reason only if the earlier one did, too; and whoever fails for a reason of their own fails for it
/// again: `persistence` times as often as others. Earlier failures whose reason is the customer's do not make a later one the
/// outage's.
pub(crate) fn joined(alone: f64, earlier: f64, persistence: f64) -> f64 {
    let innocent = (1.0 - alone) * persistence;
    let innocent = innocent / (innocent + alone);
    let both = 1.0 - innocent * (1.0 - earlier);
    both.max(alone).min(alone.max(1.0 - LIMIT))
}

/// What a failure hands on to those that repeat it.
#[derive(Clone, Copy)]
struct Earlier {
    attempt: usize,
    probability: f64,
    outage: Option<usize>,
    linked_exchange: Sym,
}

impl Earlier {
    fn of(j: &Judgement) -> Earlier {
        Earlier {
            attempt: j.attempt,
            probability: j.probability,
            outage: j.outage,
            linked_exchange: j.linked_exchange,
        }
    }
}

/// That it repeats an earlier failure, as evidence.
pub(crate) fn evidence(timeline: &Timeline, own: &Judgement) -> Option<Evidence> {
    let earlier = own.repeats?;
    let first = &timeline.attempts[earlier.attempt];
    Some(Evidence {
        rule: RULE,
        supports: true,
        weight: log_odds(own.probability) - log_odds(earlier.alone),
        detail: format!(
            "it repeats {}, which failed before it (probability {:.2}): without that failure it would not exist",
            timeline.names.text(first.id),
            earlier.probability
        ),
        source: first.source,
    })
}

fn carry(earlier: Earlier, own: &mut Judgement, persistence: f64, thresholds: &Thresholds) {
    let alone = own.probability;
    let joined = joined(alone, earlier.probability, persistence);
    own.weights.add(true, log_odds(joined) - log_odds(alone));
    own.repeats = Some(Repeats {
        attempt: earlier.attempt,
        probability: earlier.probability,
        alone,
    });
    own.probability = joined;
    own.verdict = thresholds.verdict(joined);
    if own.outage.is_none() || alone < earlier.probability {
        own.outage = earlier.outage;
    }
    if own.linked_exchange.is_none() {
        own.linked_exchange = earlier.linked_exchange;
    }
    if own.probability > thresholds.unrelated_at {
        own.channel = Some(Channel::Retry);
    }
}
