//! What it cost.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

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

/// What would have been different.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WhatIf {
    /// Cases worked out, each with its assumptions.
    pub cases: Vec<WhatIfCase>,
}

/// One counterfactual.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIfCase {
    /// `fallback_exchange`, …
    pub kind: String,
    /// One sentence.
    pub title: String,
    /// What is taken for granted.
    pub assumptions: Vec<String>,
    /// Knock-on failures that would not have happened.
    pub failures_saved: u64,
    /// Orders that would not have been lost.
    pub orders_saved: u64,
    /// Their amounts.
    pub amount_saved: Amounts,
}
