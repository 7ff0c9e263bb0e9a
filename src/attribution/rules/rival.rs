//! Is there a better explanation?

use super::{Rule, Weighed, weighed};
use crate::attribution::case::Case;

pub(crate) struct RivalIncident;

/// Log-odds against the outage where a rival incident with its own onset and end covers the failure.
const AGAINST: f64 = -3.5;

impl Rule for RivalIncident {
    fn id(&self) -> &'static str {
        "rival-incident"
    }

    fn about(&self) -> &'static str {
        "Failures with this error have an onset and an end of their own, which are not the outage's: another incident explains them."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        case.window?;
        let rival = case.rival?;
        let detail = format!(
            "failures with this error began at {} and ended at {}, which are not the onset and the end of {}: another incident",
            rival.span.start, rival.span.end, case.outage.id
        );
        weighed(AGAINST, detail, rival.source)
    }
}
