//! Had a fallback exchange taken over.

use std::collections::{BTreeMap, BTreeSet};

use super::Outcome;
use super::orders::add;
use crate::model::{Amounts, Channel, IdHash, Outcome as End, Sym, WhatIf, WhatIfCase};

/// How long after the onset a fallback is taken to be in use, in seconds.
const TAKE_OVER_S: f64 = 60.0;
/// A currency is served by an exchange when so many payments in it went through there during the outage.
const LEAST_SERVED: u64 = 2;

/// The cases that the logs can answer. `configured` names a fallback exchange that is to be taken whatever the logs show.
pub fn what_if(o: &Outcome<'_>, configured: Option<&str>) -> WhatIf {
    let mut cases = Vec::new();
    for i in 0..o.outages.len() {
        cases.extend(fallback(o, i, configured));
    }
    WhatIf { cases }
}

/// Which exchanges served which currency during an outage, and how well.
fn served(o: &Outcome<'_>, outage: usize) -> BTreeMap<Sym, BTreeMap<Sym, (u64, u64)>> {
    let down = &o.outages[outage];
    let span = down.span(o.window.map(|w| w.end).unwrap_or(down.start));
    let mut out: BTreeMap<Sym, BTreeMap<Sym, (u64, u64)>> = BTreeMap::new();
    for a in
        o.timeline.attempts.iter().filter(|a| {
            a.exchange.is_some() && a.exchange != down.exchange && span.contains(a.start)
        })
    {
        let entry = out
            .entry(a.exchange)
            .or_default()
            .entry(a.currency)
            .or_default();
        entry.0 += u64::from(a.outcome == End::Succeeded);
        entry.1 += u64::from(a.outcome.is_final());
    }
    out
}

fn fallback(o: &Outcome<'_>, outage: usize, configured: Option<&str>) -> Option<WhatIfCase> {
    let down = &o.outages[outage];
    let by_exchange = served(o, outage);
    let wanted =
        |e: &Sym| configured.is_none_or(|c| c.eq_ignore_ascii_case(o.timeline.names.text(*e)));
    let mut best: BTreeMap<Sym, (f64, Sym)> = BTreeMap::new();
    for (exchange, currencies) in by_exchange.iter().filter(|(e, _)| wanted(e)) {
        for (currency, (good, all)) in currencies.iter().filter(|(_, c)| c.0 >= LEAST_SERVED) {
            let share = *good as f64 / *all as f64;
            if best.get(currency).is_none_or(|(s, _)| share > *s) {
                best.insert(*currency, (share, *exchange));
            }
        }
    }
    let from = down.start.plus_secs(TAKE_OVER_S);
    let (mut failures, mut orders, mut amount) = (0.0, 0.0, Amounts::new());
    let mut currencies: BTreeSet<String> = BTreeSet::new();
    let mut who: BTreeSet<String> = BTreeSet::new();
    let recovered = recovered_orders(o);
    for j in o
        .caused()
        .filter(|j| j.outage == Some(outage) && j.channel != Some(Channel::Collateral))
    {
        let a = &o.timeline.attempts[j.attempt];
        let Some((share, exchange)) = best.get(&a.currency).filter(|_| a.start >= from) else {
            continue;
        };
        failures += share;
        currencies.insert(o.timeline.names.text(a.currency).to_string());
        who.insert(o.timeline.names.text(*exchange).to_string());
        let lost = !recovered.contains(&(a.merchant, a.order)) && a.outcome == End::Failed;
        if lost && j.channel != Some(Channel::Retry) {
            orders += share;
            add(&mut amount, o, a.currency, a.amount);
        }
    }
    if failures < 1.0 {
        return None;
    }
    let who: Vec<String> = who.into_iter().collect();
    let currencies: Vec<String> = currencies.into_iter().collect();
    Some(WhatIfCase {
        kind: "fallback_exchange".to_string(),
        title: format!(
            "had {} taken over from {} {TAKE_OVER_S:.0} s after the onset of {}",
            who.join(" or "),
            down.exchange_name,
            down.id
        ),
        assumptions: vec![
            format!(
                "it would have served {} as well as it served them in these logs during the outage",
                currencies.join(", ")
            ),
            "it would have borne the additional requests".to_string(),
            "the amounts are those of the orders concerned, not weighted by that share".to_string(),
        ],
        failures_saved: failures.round() as u64,
        orders_saved: orders.round() as u64,
        amount_saved: amount,
    })
}

fn recovered_orders(o: &Outcome<'_>) -> BTreeSet<(Sym, IdHash)> {
    o.timeline
        .attempts
        .iter()
        .filter(|a| a.outcome == End::Succeeded && a.order.is_some())
        .map(|a| (a.merchant, a.order))
        .collect()
}
