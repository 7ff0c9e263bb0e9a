//! Is there a better explanation?

use super::{Rule, Weighed, weighed};
use crate::attribution::case::{Case, logit};

pub(crate) struct RivalIncident;

impl Rule for RivalIncident {
    fn id(&self) -> &'static str {
        "rival-incident"
    }

    fn about(&self) -> &'static str {
        "Failures with this error have an onset and an end of their own, which are not the outage's: another incident explains them."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        case.window?;
        let (rival, follows) = case.rival?;
        let detail = case.say(|| format!(
            "failures with this error began at {} and ended at {}, which are not the onset and the end of {}: another incident",
            rival.span.start, rival.span.end, case.outage.id
        ));
        let p = case.given_link.value;
        weighed(logit(p * follows) - logit(p), detail, rival.source)
    }
}
