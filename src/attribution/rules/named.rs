//! Does the error name the exchange? Informs only: the error's own frequency has been counted.

use super::{Rule, Weighed, remark};
use crate::attribution::case::Case;

pub(crate) struct NamesExchange;

impl Rule for NamesExchange {
    fn id(&self) -> &'static str {
        "error-names-exchange"
    }

    fn about(&self) -> &'static str {
        "The error's words name the exchange, or another one."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        let named = case.error.names_exchange;
        if named.is_none() {
            return None;
        }
        let name = case.timeline.names.text(named);
        let same = named == case.outage.exchange;
        remark(
            same,
            case.say(|| format!("its error names {name}")),
            case.attempt.source,
        )
    }
}
