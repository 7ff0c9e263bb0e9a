//! What it cost.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::report::Interval;
use super::time::Time;

/// Exact amounts per currency; never summed across currencies.
pub type Amounts = BTreeMap<String, Decimal>;

/// Outcomes to be reconciled.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnknownOutcome {
    /// Attempts that may have gone through.
    pub attempts: u64,
    /// Their amounts.
    pub amount: Amounts,
}

/// Orders, customers and money touched by knock-on failures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Impact {
    /// Orders with at least one knock-on failure (an attempt without an order id is its own order).
    pub orders_affected: u64,
    /// Of these, orders that a later attempt saved.
    pub orders_recovered: u64,
    /// Of these, orders that no later attempt saved and of which no attempt's outcome is unknown.
    pub orders_lost: u64,
    /// Of these, orders that were not saved and of which an attempt's outcome is unknown: to be reconciled.
    pub orders_unknown: u64,
    /// Recovered through the same method and exchange.
    pub recovered_same_method: u64,
    /// Recovered through another method or exchange.
    pub recovered_other_method: u64,
    /// Distinct customers with a knock-on failure; `None` when the logs name no customers.
    pub customers_affected: Option<u64>,
    /// Amount of each affected order once (its last failed attempt's amount), recovered or not.
    pub amount_failed: Amounts,
    /// Amount of the orders lost.
    pub amount_lost: Amounts,
    /// Amount of the orders recovered.
    pub amount_recovered: Amounts,
    /// Amount of the orders to be reconciled: recovered, lost and these add up to `amount_failed`.
    pub amount_unknown: Amounts,
    /// Attempts with unknown outcome, all verdicts.
    pub unknown_outcome: UnknownOutcome,
    /// Attempts still pending when the log ends.
    pub open_attempts: u64,
}

/// Who knew what, when. Of the main outage (the one with most knock-on failures).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detection {
    /// Id of the outage that these facts are about.
    pub outage: Option<String>,
    /// First failed payment at or after the onset.
    pub first_failure_at: Option<Time>,
    /// First knock-on failure.
    pub first_caused_at: Option<Time>,
    /// First note of an alert at or after the onset; `None` when the notes hold none.
    pub detected_at: Option<Time>,
    /// First note at or after that one by which somebody took the alert.
    pub responded_at: Option<Time>,
    /// The status page's first word.
    pub acknowledged_at: Option<Time>,
    /// From the onset to that word, in seconds.
    pub acknowledgement_delay_s: Option<f64>,
    /// The exchange served normally again.
    pub recovered_at: Option<Time>,
    /// Last knock-on failure.
    pub last_caused_at: Option<Time>,
    /// From recovery to the last knock-on failure, in seconds; `None` when there is none after it.
    pub tail_s: Option<f64>,
}

/// What the user states for the counterfactuals.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfOptions {
    /// The exchange that could have stood in; any healthy one of the logs when absent.
    pub fallback: Option<String>,
    /// How long after the onset it takes over: one case for each, in seconds, ascending.
    pub takeover_s: Vec<u32>,
}

impl Default for WhatIfOptions {
    /// At the onset, after a minute (an automatic switch), after five (a person's).
    fn default() -> WhatIfOptions {
        WhatIfOptions {
            fallback: None,
            takeover_s: vec![0, 60, 300],
        }
    }
}

/// What would have been different.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIf {
    /// Cases worked out, each with its assumptions; those that differ only in the take-over stand together.
    pub cases: Vec<WhatIfCase>,
    /// What could not be worked out, and why.
    pub left_out: Vec<LeftOut>,
}

/// A counterfactual that the logs cannot answer.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    /// As in [`WhatIfCase::kind`].
    pub kind: &'static str,
    /// Id of the outage.
    pub outage: String,
    /// Why, as one clause.
    pub reason: String,
}

/// One counterfactual.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfCase {
    /// `fallback_exchange`, `circuit_breaker` or `other_method`.
    pub kind: &'static str,
    /// Id of the outage that it is about.
    pub outage: String,
    /// One clause.
    pub title: String,
    /// What is taken for granted, one clause each.
    pub assumptions: Vec<String>,
    /// How long after the onset the fallback takes over, in seconds; `None` for the other kinds.
    pub takeover_s: Option<u32>,
    /// Knock-on failures that would not have happened: expected number.
    pub failures: Interval,
    /// Lost orders that would not have been lost: expected number.
    pub orders: Interval,
    /// Their expected amounts, in the precision of the amounts themselves.
    pub amount_saved: Amounts,
    /// Exact amounts of all lost orders that could have been among them.
    pub amount_at_stake: Amounts,
    /// The success rates that it rests on, sorted.
    pub rates: Vec<ObservedRate>,
    /// What it would have cost: attempts that succeeded and would have been refused. `None` when it costs none, or it is
    /// not known (an assumption says which).
    pub refused: Option<Refused>,
    /// Who turned to another method unasked; `None` for the other kinds.
    pub switched: Option<Switched>,
}

/// How often attempts of one kind succeeded.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedRate {
    /// Through this exchange; `None` when it does not matter.
    pub exchange: Option<String>,
    /// By these methods; `None` when the records name none.
    pub method: Option<String>,
    /// In this currency; `None` when it does not matter or the records name none.
    pub currency: Option<String>,
    /// Of these …
    pub attempts: u64,
    /// … so many succeeded.
    pub succeeded: u64,
    /// The share, 0..1, with its interval (Wilson).
    pub rate: Interval,
}

/// Attempts that succeeded and would have been refused.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refused {
    /// How many.
    pub attempts: u64,
    /// Their amounts.
    pub amount: Amounts,
}

/// Orders (or customers, where the logs name no orders) that turned to another method of payment by themselves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Switched {
    /// Orders with a knock-on failure through the exchange.
    pub affected: u64,
    /// Of these, tried again by another method.
    pub switched: u64,
    /// Of these, so tried with success.
    pub succeeded: u64,
}

/// A service level objective for payments.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SloTarget {
    /// Share of attempts that are to succeed, between 0 and 1.
    pub success_rate: f64,
    /// Over how many days.
    pub window_days: u32,
    /// Whether failures that the customer, or the customer's bank, decided count.
    pub count_declines: bool,
}

/// What the incident did to the error budget of a service level objective.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// The objective.
    pub target: SloTarget,
    /// Attempts in these logs that count.
    pub attempts: u64,
    /// Of these, failed or of unknown outcome.
    pub failed: u64,
    /// Of these, knock-on failures: the sum of their probabilities.
    pub expected_caused: f64,
    /// From the first to the last of the attempts, in days.
    pub observed_days: f64,
    /// Attempts to be expected in the objective's window, at the rate of these logs.
    pub window_attempts: f64,
    /// Failures that the objective allows in its window.
    pub budget: f64,
    /// What the numbers rest on, one clause each.
    pub assumptions: Vec<String>,
}

impl Slo {
    /// Share of the budget that all failures of these logs took; above 1 when they took more than there is.
    pub fn burnt(&self) -> f64 {
        self.failed as f64 / self.budget
    }

    /// Share of the budget that they would have taken without the knock-on failures.
    pub fn burnt_without(&self) -> f64 {
        (self.failed as f64 - self.expected_caused).max(0.0) / self.budget
    }
}
