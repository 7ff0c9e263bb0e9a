//! Had the circuit breaker opened at once: no hung calls, hence nothing starved by them.

use super::saved::{CERTAIN, Saved, saved};
use crate::impact::Outcome;
use crate::impact::orders::{Orders, Sums};
use crate::model::{Channel, Outcome as End, Refused, WhatIfCase};

/// The collateral failures of an outage that would not have happened; nothing when there are none.
pub(super) fn case(o: &Outcome<'_>, outage: usize, orders: &Orders) -> Option<WhatIfCase> {
    let starved: Vec<_> = o
        .caused()
        .filter(|j| j.outage == Some(outage) && j.channel == Some(Channel::Collateral))
        .map(|j| (j, CERTAIN))
        .collect();
    if starved.is_empty() {
        return None;
    }
    let down = &o.outages[outage];
    let Saved {
        failures,
        orders: saved_orders,
        amount,
        at_stake,
    } = saved(o, orders, &starved);
    let refused = refused(o, outage);
    let exchange = &down.exchange_name;
    Some(WhatIfCase {
        kind: "circuit_breaker",
        outage: down.id.clone(),
        title: format!(
            "had the circuit breaker for {exchange} opened at the onset of {} and closed at its end",
            down.id
        ),
        assumptions: vec![
            format!(
                "payments that do not use {exchange} failed because calls to it that hung held what they needed; a call \
                 that is refused at once holds nothing"
            ),
            "only failures judged caused with the channel collateral count, each with its probability".to_string(),
            cost(exchange, refused.as_ref()),
        ],
        takeover_s: None,
        failures,
        orders: saved_orders,
        amount_saved: amount,
        amount_at_stake: at_stake,
        rates: Vec::new(),
        refused: refused.filter(|r| r.attempts > 0),
        switched: None,
    })
}

fn cost(exchange: &str, refused: Option<&Refused>) -> String {
    match refused {
        None => format!(
            "what it would have cost is not known: payments that succeeded name no exchange here, so those through {exchange} \
             cannot be told"
        ),
        Some(r) if r.attempts == 0 => format!(
            "it would have cost nothing: no payment through {exchange} that began during the outage succeeded"
        ),
        Some(r) => format!(
            "the breaker is for all of {exchange}: {} {} through it that succeeded although begun during the outage would \
             have been refused",
            r.attempts,
            if r.attempts == 1 {
                "payment"
            } else {
                "payments"
            }
        ),
    }
}

/// What succeeded through the exchange during the outage; `None` when no success names an exchange.
fn refused(o: &Outcome<'_>, outage: usize) -> Option<Refused> {
    let down = &o.outages[outage];
    let span = down.span(o.timeline.end());
    let succeeded = || {
        let good = |a: &&crate::model::Attempt| a.outcome == End::Succeeded;
        o.timeline.attempts.iter().filter(good)
    };
    succeeded().find(|a| a.exchange == down.exchange)?;
    let mut out = Refused::default();
    let mut sums = Sums::default();
    for a in succeeded().filter(|a| a.exchange == down.exchange && span.contains(a.start)) {
        out.attempts += 1;
        sums.add(a.currency, a.amount);
    }
    out.amount = sums.named(o);
    Some(out)
}

#[cfg(test)]
mod tests {
    use crate::impact::test_support::Log;
    use crate::impact::what_if;
    use crate::model::WhatIfOptions;

    #[test]
    fn a_breaker_saves_the_starved_and_refuses_what_still_worked() {
        let mut log = Log::with_outage("binance", 1000, 2000);
        log.caused(1100, "binance", "BTC", "o1", 0.9);
        log.starved(1200, "o2", 0.8);
        log.starved(1201, "o3", 0.7);
        log.attempt(500, "binance", "BTC", true);
        log.attempt(1300, "binance", "BTC", true);
        log.attempt(1400, "kraken", "BTC", true);
        let got = what_if(&log.outcome(), &WhatIfOptions::default());
        let of: Vec<_> = got
            .cases
            .iter()
            .filter(|c| c.kind == "circuit_breaker")
            .collect();
        assert_eq!(of.len(), 1);
        assert!(
            (of[0].failures.mean - 1.5).abs() < 1e-9,
            "{:?}",
            of[0].failures
        );
        let refused = of[0].refused.as_ref().unwrap();
        assert_eq!(refused.attempts, 1);
        assert_eq!(refused.amount["BTC"].to_string(), "10.00");
    }

    #[test]
    fn without_collateral_damage_there_is_no_case() {
        let mut log = Log::with_outage("binance", 1000, 2000);
        log.caused(1100, "binance", "BTC", "o1", 0.9);
        let got = what_if(&log.outcome(), &WhatIfOptions::default());
        assert!(got.cases.iter().all(|c| c.kind != "circuit_breaker"));
    }

    #[test]
    fn a_cost_that_cannot_be_told_is_not_told_as_none() {
        let mut log = Log::with_outage("binance", 1000, 2000);
        log.starved(1200, "o2", 0.8);
        log.attempt(1300, "", "BTC", true);
        let got = what_if(&log.outcome(), &WhatIfOptions::default());
        assert!(got.cases[0].refused.is_none());
        let said = got.cases[0].assumptions.join("\n");
        assert!(said.contains("is not known"), "{said}");
    }
}
