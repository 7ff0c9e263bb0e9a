//! Attempts that exist only because an earlier one failed: of the same order, or as the record itself states.

use std::collections::{BTreeMap, HashMap};

use super::case::{LIMIT, log_odds};
use crate::model::{Attempt, Channel, Evidence, IdHash, Judgement, Outcome, Sym, Thresholds, Time};
use crate::timeline::Timeline;

/// Id of the evidence that an attempt repeats a knock-on failure.
pub(crate) const RULE: &str = "retry-of-knock-on";
/// Whoever tries again later than this after a failure decides anew, in seconds.
const LATEST_S: f64 = 7200.0;
/// From this probability on an earlier failure takes a later attempt with it.
const LIKELY: f64 = 0.5;

/// An earlier failure that probably followed from the outage takes the later attempts with it: without the outage the first
/// would have gone through, and the others would not exist. A success in between ends the chain.
pub(crate) fn carry_over(
    timeline: &Timeline,
    judgements: &mut [Judgement],
    thresholds: &Thresholds,
) {
    let chains = Chains::of(timeline, judgements);
    let mut order: Vec<usize> = (0..judgements.len()).collect();
    order.sort_by_key(|&i| {
        let a = &timeline.attempts[judgements[i].attempt];
        (a.start, a.time, a.source)
    });
    for i in order {
        if let Some(earlier) = chains.cause(timeline, judgements, i) {
            let earlier = judgements[earlier].clone();
            carry(timeline, &earlier, &mut judgements[i], thresholds);
        }
    }
}

/// One shop's order.
type Order = (Sym, IdHash);

#[derive(Default)]
struct Chains {
    /// Failed attempts of an order with more than one.
    failures: BTreeMap<Order, Vec<usize>>,
    /// When an order with a failure succeeded.
    successes: BTreeMap<Order, Vec<Time>>,
    by_payment: HashMap<(Sym, IdHash), usize>,
}

fn order_of(a: &Attempt) -> Option<Order> {
    a.order.is_some().then_some((a.merchant, a.order))
}

impl Chains {
    fn of(timeline: &Timeline, judgements: &[Judgement]) -> Chains {
        let mut chains = Chains::default();
        for (i, j) in judgements.iter().enumerate() {
            let a = &timeline.attempts[j.attempt];
            if let Some(order) = order_of(a) {
                chains.failures.entry(order).or_default().push(i);
            }
            if a.links[0].is_some() {
                chains.by_payment.insert((a.merchant, a.links[0]), i);
            }
        }
        for a in timeline
            .attempts
            .iter()
            .filter(|a| a.outcome == Outcome::Succeeded)
        {
            if let Some(order) = order_of(a).filter(|o| chains.failures.contains_key(o)) {
                chains.successes.entry(order).or_default().push(a.time);
            }
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
        let saved = self.successes.get(&order);
        let repeats = |&e: &usize| {
            let earlier = &timeline.attempts[judgements[e].attempt];
            let gap = own.start.secs_since(earlier.time);
            let saved_between =
                saved.is_some_and(|s| s.iter().any(|t| earlier.time <= *t && *t <= own.start));
            e != i
                && (0.0..=LATEST_S).contains(&gap)
                && !saved_between
                && judgements[e].probability > LIKELY
        };
        let earlier = self.failures.get(&order)?.iter().copied().filter(repeats);
        earlier.max_by(|a, b| {
            judgements[*a]
                .probability
                .total_cmp(&judgements[*b].probability)
                .then(b.cmp(a))
        })
    }
}

/// Probability that an attempt with a probability of its own would have succeeded, or would not exist, without the outage.
pub(crate) fn joined(alone: f64, earlier: f64) -> f64 {
    let both = 1.0 - (1.0 - alone) * (1.0 - earlier);
    both.min(alone.max(1.0 - LIMIT))
}

fn carry(timeline: &Timeline, earlier: &Judgement, own: &mut Judgement, thresholds: &Thresholds) {
    let first = &timeline.attempts[earlier.attempt];
    let alone = own.probability;
    let joined = joined(alone, earlier.probability);
    own.evidence.push(Evidence {
        rule: RULE,
        supports: true,
        weight: log_odds(joined) - log_odds(alone),
        detail: format!(
            "it repeats {}, which failed before it (probability {:.2}): without that failure it would not exist",
            timeline.names.text(first.id),
            earlier.probability
        ),
        source: first.source,
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
