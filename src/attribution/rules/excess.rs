//! Did attempts of this kind fail more often than usual at that time?

use super::{Rule, Weighed, weighed};
use crate::attribution::case::{Case, logit};

pub(crate) struct Excess;

impl Rule for Excess {
    fn id(&self) -> &'static str {
        "failures-above-usual"
    }

    fn about(&self) -> &'static str {
        "Failures of attempts that use the exchange alike, in the same stretch of the outage, against what their baseline lets expect."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        case.window?;
        let f = case.any;
        let detail = format!(
            "{:.0} failures among all attempts that use {} alike in this stretch of {}, where about {:.1} were to be expected",
            f.observed,
            case.exchange(),
            case.outage.id,
            f.expected
        );
        weighed(logit(f.value), detail, case.attempt.source)
    }
}
