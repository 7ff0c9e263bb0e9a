//! Had customers been offered another method of payment at once: what those who turned to one by themselves tell.

use std::collections::{BTreeMap, BTreeSet};

use super::saved::{Saved, rate, saved};
use super::{hit, left_out, list, share};
use crate::impact::Outcome;
use crate::impact::orders::Orders;
use crate::model::{
    Attempt, FastMap, FastSet, IdHash, ObservedRate, Outcome as End, Switched, Sym, Time, WhatIf,
    WhatIfCase,
};

const KIND: &str = "other_method";
/// Where records name no order, a customer's next payment within so many seconds is taken for the same purchase.
const SAME_PURCHASE_S: f64 = 3600.0;

/// Whose attempts belong together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Purchase {
    Order(Sym, IdHash),
    Customer(Sym, IdHash),
}

impl Purchase {
    fn of(a: &Attempt) -> Option<Purchase> {
        if a.order.is_some() {
            Some(Purchase::Order(a.merchant, a.order))
        } else {
            a.customer
                .is_some()
                .then_some(Purchase::Customer(a.merchant, a.customer))
        }
    }

    /// The last moment at which an attempt counts as part of the purchase that failed at `failed`.
    fn until(self, failed: Time) -> Time {
        match self {
            Purchase::Order(..) => Time::MAX,
            Purchase::Customer(..) => failed.plus_secs(SAME_PURCHASE_S),
        }
    }
}

/// The attempts of purchases that an outage made fail.
pub(super) struct Again<'a>(Vec<&'a Attempt>);

impl<'a> Again<'a> {
    /// In the order of time.
    pub(super) fn of(o: &Outcome<'a>) -> Again<'a> {
        let failed = o.caused().map(|j| &o.timeline.attempts[j.attempt]);
        let known: FastSet<Purchase> = failed.filter_map(Purchase::of).collect();
        let attempts = o.timeline.attempts.iter().filter(|a| a.method.is_some());
        let related = attempts.filter(|a| Purchase::of(a).is_some_and(|p| known.contains(&p)));
        Again(related.collect())
    }
}

/// A purchase that failed, and what came of another method.
struct Affected {
    failed: Time,
    method: Sym,
    /// By which other methods it was tried, and whether one is known to have gone through (`None`: left open).
    tried: BTreeSet<Sym>,
    ended: Option<bool>,
}

/// The case of one outage; nothing when nobody is seen to have switched.
pub(super) fn case(
    o: &Outcome<'_>,
    outage: usize,
    again: &Again<'_>,
    orders: &Orders,
    out: &mut WhatIf,
) {
    let failures = hit(o, outage);
    let mut affected: FastMap<Purchase, Affected> = FastMap::default();
    for a in failures.iter().map(|j| &o.timeline.attempts[j.attempt]) {
        let Some(purchase) = Purchase::of(a).filter(|_| a.method.is_some()) else {
            continue;
        };
        affected.entry(purchase).or_insert(Affected {
            failed: a.time,
            method: a.method,
            tried: BTreeSet::new(),
            ended: None,
        });
    }
    if affected.is_empty() {
        if !failures.is_empty() {
            let reason = "the failed payments name no method, or neither orders nor customers: who switched to another method \
                          cannot be seen";
            out.left_out
                .push(left_out(o, KIND, outage, reason.to_string()));
        }
        return;
    }
    follow(again, &mut affected);
    let affected = BTreeMap::from_iter(affected);
    let known = affected.values().filter_map(|a| a.ended);
    let (succeeded, tried) = known.fold((0, 0), |(s, n), good| (s + u64::from(good), n + 1));
    if tried == 0 {
        return;
    }
    let switched = Switched {
        affected: affected.len() as u64,
        switched: affected.values().filter(|a| !a.tried.is_empty()).count() as u64,
        succeeded,
    };
    let observed = ObservedRate {
        exchange: None,
        method: Some(methods(o, &affected)),
        currency: None,
        attempts: tried,
        succeeded,
        rate: rate(succeeded, tried),
    };
    let chances: Vec<_> = failures.into_iter().map(|j| (j, observed.rate)).collect();
    out.cases.push(described(
        o,
        outage,
        saved(o, orders, &chances),
        switched,
        observed,
    ));
}

/// Looks for later attempts of the same purchases by another method.
fn follow(again: &Again<'_>, affected: &mut FastMap<Purchase, Affected>) {
    for a in &again.0 {
        let purchase = Purchase::of(a);
        let Some((purchase, of)) = purchase.and_then(|p| Some((p, affected.get_mut(&p)?))) else {
            continue;
        };
        if a.method == of.method || a.start < of.failed || a.start > purchase.until(of.failed) {
            continue;
        }
        of.tried.insert(a.method);
        of.ended = match a.outcome {
            End::Succeeded => Some(true),
            End::Failed => Some(of.ended.unwrap_or(false)),
            End::Unknown | End::Pending => of.ended,
        };
    }
}

/// The methods switched to, by name.
fn methods(o: &Outcome<'_>, affected: &BTreeMap<Purchase, Affected>) -> String {
    let names: BTreeSet<&str> = affected
        .values()
        .flat_map(|a| &a.tried)
        .map(|m| o.timeline.names.text(*m))
        .collect();
    list(names, "or")
}

fn described(
    o: &Outcome<'_>,
    outage: usize,
    saved: Saved,
    switched: Switched,
    observed: ObservedRate,
) -> WhatIfCase {
    let down = &o.outages[outage];
    let methods = observed.method.clone().unwrap_or_default();
    let took = 100.0 * switched.switched as f64 / switched.affected.max(1) as f64;
    WhatIfCase {
        kind: KIND,
        outage: down.id.clone(),
        title: format!(
            "had everybody whose payment through {} failed in {} paid by {methods} instead",
            down.exchange_name, down.id
        ),
        assumptions: vec![
            format!(
                "{} of {} orders that failed were tried again by {methods} ({took:.1}%); of those whose outcome is known {} \
                 succeeded",
                switched.switched,
                switched.affected,
                share(&observed)
            ),
            "everybody would have taken the offer at once and succeeded as often as those who switched by themselves, who may \
             have been readier: this is the most that it could have saved"
                .to_string(),
            format!(
                "only failures judged caused, of payments through {}, count: each with its probability times that rate",
                down.exchange_name
            ),
        ],
        takeover_s: None,
        failures: saved.failures,
        orders: saved.orders,
        amount_saved: saved.amount,
        amount_at_stake: saved.at_stake,
        rates: vec![observed],
        refused: None,
        switched: Some(switched),
    }
}

#[cfg(test)]
mod tests {
    use crate::impact::test_support::Log;
    use crate::impact::what_if;
    use crate::model::{WhatIfCase, WhatIfOptions};

    fn case(log: &Log) -> Option<WhatIfCase> {
        what_if(&log.outcome(), &WhatIfOptions::default())
            .cases
            .into_iter()
            .find(|c| c.kind == "other_method")
    }

    fn log() -> Log {
        let mut log = Log::with_outage("binance", 1000, 2000);
        for n in 0..4 {
            log.caused(1100 + n, "binance", "BTC", &format!("o{n}"), 1.0);
        }
        log
    }

    #[test]
    fn nothing_when_nobody_switched() {
        let mut log = log();
        // an earlier success by card of the same order, and the same method again, are no switch
        log.retried(900, "card", "o0", true);
        log.retried(1200, "crypto", "o1", true);
        assert!(case(&log).is_none());
    }

    #[test]
    fn the_rate_of_those_who_switched_is_applied_to_the_lost() {
        let mut log = log();
        log.retried(1200, "card", "o0", true);
        log.retried(1210, "card", "o1", false);
        let case = case(&log).unwrap();
        let switched = case.switched.unwrap();
        assert_eq!(
            (switched.affected, switched.switched, switched.succeeded),
            (4, 2, 1)
        );
        assert_eq!(case.rates[0].rate.mean, 0.5);
        assert!(case.rates[0].rate.low < 0.15 && case.rates[0].rate.high > 0.85);
        assert_eq!(case.failures.mean, 2.0);
        // three orders stay lost
        assert_eq!(case.orders.mean, 1.5);
    }
}
