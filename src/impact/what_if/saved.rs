//! What would have been saved, had failures gone through instead with some chance each.

use rust_decimal::Decimal;

use crate::impact::Outcome;
use crate::impact::orders::{OrderKey, Orders, Sums};
use crate::model::{Amounts, Interval, Judgement, OrderedMap};
use crate::stats::wilson;

/// The 95 % point of the standard normal distribution, two-sided.
const Z95: f64 = 1.96;
/// Decimals of a chance when it weighs an amount.
const CHANCE_DECIMALS: u32 = 6;

/// A failure and the success rate of what would have stood in.
pub(super) type Chance<'a> = (&'a Judgement, Interval);

/// Expected numbers and amounts.
pub(super) struct Saved {
    pub(super) failures: Interval,
    pub(super) orders: Interval,
    pub(super) amount: Amounts,
    pub(super) at_stake: Amounts,
}

/// Adds up chances; `all` are the affected orders. A lost order counts once, with the best chance among its failures.
pub(super) fn saved(o: &Outcome<'_>, all: &Orders, chances: &[Chance<'_>]) -> Saved {
    let mut best: OrderedMap<OrderKey, Interval> = OrderedMap::default();
    for (j, rate) in chances {
        let key = OrderKey::of(j.attempt, &o.timeline.attempts[j.attempt]);
        let chance = times(*rate, j.probability);
        if all.get(&key).is_some_and(|order| order.is_lost())
            && best.get(&key).is_none_or(|b| b.mean < chance.mean)
        {
            best.insert(key, chance);
        }
    }
    let (mut amount, mut at_stake) = <(Sums, Sums)>::default();
    for (key, chance) in &best {
        let order = &all[key];
        at_stake.add(order.currency, order.amount);
        amount.add(order.currency, weighed(order.amount, chance.mean));
    }
    let (mut amount, at_stake) = (amount.named(o), at_stake.named(o));
    for (currency, sum) in &mut amount {
        *sum = sum.round_dp(at_stake[currency].scale());
    }
    let failures: Vec<Interval> = chances
        .iter()
        .map(|(j, r)| times(*r, j.probability))
        .collect();
    let orders: Vec<Interval> = best.into_values().collect();
    Saved {
        failures: total(&failures),
        orders: total(&orders),
        amount,
        at_stake,
    }
}

/// A share with its interval.
pub(super) fn rate(succeeded: u64, attempts: u64) -> Interval {
    let (low, high) = wilson(succeeded, attempts);
    Interval {
        mean: succeeded as f64 / attempts.max(1) as f64,
        low,
        high,
    }
}

/// What would certainly have gone through.
pub(super) const CERTAIN: Interval = Interval {
    mean: 1.0,
    low: 1.0,
    high: 1.0,
};

fn times(rate: Interval, p: f64) -> Interval {
    Interval {
        mean: rate.mean * p,
        low: rate.low * p,
        high: rate.high * p,
    }
}

/// Amounts stay decimal: it is the chance that is made one.
fn weighed(amount: Option<Decimal>, chance: f64) -> Option<Decimal> {
    let chance = Decimal::from_f64_retain(chance)?.round_dp(CHANCE_DECIMALS);
    amount?.checked_mul(chance)
}

/// The sum of chances: at its ends the rates are at theirs, and the failures (taken as independent) fall badly or well.
fn total(chances: &[Interval]) -> Interval {
    let spread = |p: fn(&Interval) -> f64| {
        let variance: f64 = chances.iter().map(|c| p(c) * (1.0 - p(c))).sum();
        Z95 * variance.sqrt()
    };
    let sum = |p: fn(&Interval) -> f64| chances.iter().map(p).sum::<f64>();
    Interval {
        mean: sum(|c| c.mean),
        low: (sum(|c| c.low) - spread(|c| c.low)).max(0.0),
        high: (sum(|c| c.high) + spread(|c| c.high)).min(chances.len() as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_weighed_without_leaving_decimals() {
        let amount = Some("0.1".parse().unwrap());
        assert_eq!(weighed(amount, 0.3), "0.03".parse().ok());
    }

    #[test]
    fn a_total_stays_between_none_and_all() {
        let few = total(&[rate(1, 2), rate(1, 2)]);
        assert_eq!(few.mean, 1.0);
        assert_eq!((few.low, few.high), (0.0, 2.0));
        let many = total(&vec![rate(900, 1000); 1000]);
        assert!((850.0..890.0).contains(&many.low), "{many:?}");
        assert!((910.0..940.0).contains(&many.high), "{many:?}");
    }
}
