//! Judges every failed attempt: would it have succeeded without the outage?
//!
//! The probability comes from counting: in a cell of like failures (same error, same state of the linked calls, same
//! stretch of the outage, same kind of attempt) the part above what the baseline lets expect is the outage's doing. It is
//! worked out in steps, each conditional on the ones before, so that nothing is counted twice; each step is one
//! [`rules::Rule`] and one piece of evidence. See `docs/attribution.md`.

mod case;
mod company;
mod expected;
mod exposure;
mod judge;
mod links;
mod retries;
mod rivals;
pub mod rules;
mod sampling;
mod story;
mod suspicion;

mod strata;

use crate::model::{Finding, Interval, Judgement, Outage, Sym, Thresholds};
use crate::timeline::Timeline;

pub use judge::Bench;
pub use story::tell;

/// What the user can state.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// From which probability on a verdict is given.
    pub thresholds: Thresholds,
    /// Which kind of attempt uses which exchange; overrides what is learnt.
    pub dependencies: Vec<Dependency>,
}

/// A stated dependency: attempts that match use this exchange (and component) and no other.
#[derive(Clone, Debug, Default)]
pub struct Dependency {
    /// Platform; any when absent.
    pub merchant: Option<String>,
    /// Method of payment; any when absent.
    pub method: Option<String>,
    /// Currency; any when absent.
    pub currency: Option<String>,
    /// The exchange used; `None`: uses no exchange at all.
    pub exchange: Option<String>,
    /// The component used; any when absent.
    pub component: Option<String>,
}

impl Dependency {
    fn is_about(&self, timeline: &Timeline, kind: &strata::Kind) -> bool {
        let fits = |want: &Option<String>, have: Sym| {
            want.as_ref()
                .is_none_or(|w| w.eq_ignore_ascii_case(timeline.names.text(have)))
        };
        fits(&self.merchant, kind.merchant)
            && fits(&self.method, kind.method)
            && fits(&self.currency, kind.currency)
    }

    fn verdict(&self, timeline: &Timeline, outage: &Outage) -> strata::Use {
        let same = self
            .exchange
            .as_ref()
            .is_some_and(|e| e.eq_ignore_ascii_case(timeline.names.text(outage.exchange)));
        if !same {
            return strata::Use::No;
        }
        let hit = |c: &str| {
            outage
                .components
                .iter()
                .any(|o| o.name.is_empty() || o.name.eq_ignore_ascii_case(c))
        };
        match &self.component {
            Some(c) if !hit(c) => strata::Use::OtherComponent,
            _ => strata::Use::Uses,
        }
    }
}

/// All answers.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// One for each failed attempt, in time order.
    pub judgements: Vec<Judgement>,
    /// Sum of the probabilities, with its interval.
    pub expected_caused: Interval,
    /// Observed minus expected failures of those who use the exchange, inside the outages: the other way to count.
    pub excess: Option<Interval>,
    /// The sum of the probabilities over just the failures that `excess` counts, for comparison with it.
    pub comparable: f64,
    /// Rival explanations.
    pub findings: Vec<Finding>,
}
