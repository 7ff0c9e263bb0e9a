//! Does this kind of attempt use what was hit? Informs only: the counting is done among those who use it alike.

use super::{Rule, Weighed, remark};
use crate::attribution::case::Case;
use crate::attribution::strata::Use;

pub(crate) struct Dependence;

impl Rule for Dependence {
    fn id(&self) -> &'static str {
        "dependence"
    }

    fn about(&self) -> &'static str {
        "Whether this kind of attempt uses the exchange, and a component of it that was hit."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        let source = case.attempt.source;
        let exchange = case.exchange();
        let detail = case.say(|| match case.uses {
            Use::Uses => format!("attempts of this kind use {exchange}"),
            Use::OtherComponent => {
                format!("attempts of this kind use {exchange}, but no component of it that was hit")
            }
            Use::No => format!("attempts of this kind do not use {exchange}"),
        });
        remark(case.uses == Use::Uses, detail, source)
    }
}
