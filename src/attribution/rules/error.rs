//! Did failures with this very error become more frequent?

use super::{Rule, Weighed, weighed};
use crate::attribution::case::{Case, logit};

pub(crate) struct ErrorKind;

impl Rule for ErrorKind {
    fn id(&self) -> &'static str {
        "error-above-usual"
    }

    fn about(&self) -> &'static str {
        "Failures with this error, against how often it occurs without an outage: ordinary declines go on at their usual rate."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        case.window?;
        let f = case.given_error;
        let detail = format!(
            "\"{}\" ({}): {:.0} in this stretch, where about {:.1} were to be expected",
            case.error_words(),
            case.error.class.as_str(),
            f.observed,
            f.expected
        );
        weighed(
            logit(f.value) - logit(case.any.value),
            detail,
            case.attempt.source,
        )
    }
}
