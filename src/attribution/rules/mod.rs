//! Evidence rules, for and against. One file each, one line in [`RULES`].
//!
//! A rule turns one step of the judgement into log-odds. Steps are conditional on those before them in the table,
//! so that their weights add up to the log-odds of the probability and nothing is counted twice. A rule with weight 0
//! only informs.

mod dependence;
mod error;
mod excess;
mod link;
mod named;
mod onset;
mod rival;
mod timeout;
mod usual;

pub(crate) use onset::apart as onset_words;

use super::case::Case;
use super::expected::Fraction;
use super::retries;
use crate::model::{SourceRef, grouped};

/// What a rule has to say of one case.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Log-odds towards (positive) or away from (negative) "it would have succeeded without the outage".
    pub log_odds: f64,
    /// Whether it speaks for it; for weight 0 the sign cannot tell.
    pub supports: bool,
    /// In words.
    pub detail: String,
    /// The line that it rests on.
    pub source: SourceRef,
}

/// One evidence rule.
pub trait Rule: Sync {
    /// Stable id, kebab-case.
    fn id(&self) -> &'static str;
    /// What it says, for the documentation.
    fn about(&self) -> &'static str;
    /// Weighs; `None` when it has nothing to say.
    fn weigh(&self, case: &Case<'_>) -> Option<Weighed>;
}

/// Every rule, in the order of the steps.
pub const RULES: [&dyn Rule; 9] = [
    &excess::Excess,
    &error::ErrorKind,
    &link::LinkedCall,
    &usual::WouldHaveFailedAnyway,
    &onset::Onset,
    &rival::RivalIncident,
    &dependence::Dependence,
    &named::NamesExchange,
    &timeout::ClientTimeout,
];

/// Steps that are no rules, in their order after [`RULES`].
const AFTER_RULES: [&str; 3] = ["no-outage", "refused-without-outage", retries::RULE];

/// Where a piece of evidence comes in the order of the steps.
pub(crate) fn place(id: &str) -> usize {
    let rule = RULES.iter().position(|r| r.id() == id);
    rule.or_else(|| Some(RULES.len() + AFTER_RULES.iter().position(|a| *a == id)?))
        .unwrap_or(usize::MAX)
}

/// How many were observed and how many were to be expected: `462 …, where about 40 were to be expected`.
pub(crate) fn against_expected(f: Fraction, what: &str) -> String {
    let expected = match f.expected {
        e if e < 0.05 => "hardly any was".to_string(),
        e if e < 9.95 => format!("about {e:.1} were"),
        e => format!("about {} were", tally(e)),
    };
    format!(
        "{} {what}, where {expected} to be expected",
        tally(f.observed)
    )
}

/// A counted number, rounded.
pub(crate) fn tally(x: f64) -> String {
    grouped(x.round() as u64)
}

pub(crate) fn weighed(log_odds: f64, detail: String, source: SourceRef) -> Option<Weighed> {
    Some(Weighed {
        log_odds,
        supports: log_odds > 0.0,
        detail,
        source,
    })
}

pub(crate) fn remark(supports: bool, detail: String, source: SourceRef) -> Option<Weighed> {
    Some(Weighed {
        log_odds: 0.0,
        supports,
        detail,
        source,
    })
}
