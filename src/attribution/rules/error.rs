//! Did failures with this very error become more frequent?

use super::{Rule, Weighed, against_expected, tally, weighed};
use crate::attribution::case::{Case, logit};
use crate::attribution::expected::Fraction;

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
        let log_odds = logit(case.given_error.value) - logit(case.any.value);
        weighed(
            log_odds,
            case.say(|| words(case, log_odds)),
            case.attempt.source,
        )
    }
}

fn words(case: &Case<'_>, log_odds: f64) -> String {
    let f = case.given_error;
    let mut detail = format!(
        "\"{}\" ({}): {}",
        case.error_words(),
        case.error.class.as_str(),
        against_expected(f, "in this stretch")
    );
    if log_odds < 0.0 {
        detail.push_str(&why_against(f, case.any));
    }
    detail
}

/// What the numbers alone may hide: an excess can be real, and less than that of other failures.
fn why_against(error: Fraction, any: Fraction) -> String {
    if error.share() < any.share() {
        format!(
            "; that is less of an excess than among all failures ({} against {}), so it counts against",
            tally(any.observed),
            tally(any.expected)
        )
    } else {
        "; an outage seldom shows as this sort of error, so it counts against".to_string()
    }
}
