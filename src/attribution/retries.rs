//! Attempts that exist only because an earlier one of the same order failed.

use std::collections::BTreeMap;

use crate::model::{Channel, Evidence, IdHash, Judgement, Thresholds};
use crate::timeline::Timeline;

/// An earlier failure that probably followed from the outage takes the later ones of its order with it: without the outage the
/// first would have gone through, and the others would not exist.
pub(crate) fn carry_over(
    timeline: &Timeline,
    judgements: &mut [Judgement],
    thresholds: &Thresholds,
) {
    let mut orders: BTreeMap<IdHash, Vec<usize>> = BTreeMap::new();
    for (i, j) in judgements.iter().enumerate() {
        let order = timeline.attempts[j.attempt].order;
        if order.is_some() {
            orders.entry(order).or_default().push(i);
        }
    }
    for chain in orders.values_mut().filter(|c| c.len() > 1) {
        chain.sort_by_key(|&i| {
            let a = &timeline.attempts[judgements[i].attempt];
            (a.start, a.time, a.source)
        });
        carry_along(timeline, judgements, chain, thresholds);
    }
}

fn carry_along(
    timeline: &Timeline,
    judgements: &mut [Judgement],
    chain: &[usize],
    thresholds: &Thresholds,
) {
    let mut cause: Option<(usize, f64)> = None;
    for &i in chain {
        if let Some((first, p_first)) = cause {
            let earlier = &judgements[first];
            let (outage, exchange) = (earlier.outage, earlier.linked_exchange);
            let id = timeline
                .names
                .text(timeline.attempts[earlier.attempt].id)
                .to_string();
            let source = timeline.attempts[earlier.attempt].source;
            let own = &mut judgements[i];
            let joined = 1.0 - (1.0 - own.probability) * (1.0 - p_first);
            let log_odds = super::case::logit(joined) - super::case::logit(own.probability);
            own.evidence.push(Evidence {
                rule: "retry-of-knock-on",
                supports: true,
                weight: log_odds.abs(),
                detail: format!("it repeats {id}, which failed before it (probability {p_first:.2}): without that failure it would not exist"),
                source,
            });
            own.probability = joined;
            own.verdict = thresholds.verdict(joined);
            own.outage = own.outage.or(outage);
            if own.linked_exchange.is_none() {
                own.linked_exchange = exchange;
            }
            if own.probability > thresholds.unrelated_at {
                own.channel = Some(Channel::Retry);
            }
        }
        let p = judgements[i].probability;
        if p > 0.5 && cause.is_none_or(|(_, best)| p > best) {
            cause = Some((i, p));
        }
    }
}
