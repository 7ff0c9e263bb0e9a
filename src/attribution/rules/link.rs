//! What became of this attempt's own calls?

use super::{Rule, Weighed, against_expected, weighed};
use crate::attribution::case::{Case, logit};
use crate::attribution::links::{LinkState, describe};

pub(crate) struct LinkedCall;

impl Rule for LinkedCall {
    fn id(&self) -> &'static str {
        "own-call"
    }

    fn about(&self) -> &'static str {
        "The calls that share an id with the attempt: failed, served well, or missing where attempts of this kind usually have one."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        case.window?;
        let log_odds = logit(case.given_link.value) - logit(case.given_error.value);
        if case.link == LinkState::Unlinked {
            return None;
        }
        let source = case.linked_call.map_or(case.attempt.source, |c| c.source);
        weighed(log_odds, case.say(|| words(case, log_odds)), source)
    }
}

fn words(case: &Case<'_>, log_odds: f64) -> String {
    let how = if case.by_time_only {
        "a call of the same caller in the same seconds"
    } else {
        "its own call"
    };
    let call = case.linked_call.map(|c| describe(case.timeline, c));
    let detail = match (case.link, call) {
        (LinkState::Failed, Some(call)) => format!("{how} failed ({call})"),
        (LinkState::Good, Some(call)) => format!("{how} was served well ({call})"),
        // Thought up: what would be if it had.
        (LinkState::Failed, None) => "its own call failed".to_string(),
        (LinkState::Good, None) => "its own call was served well".to_string(),
        (LinkState::Elsewhere, Some(call)) => {
            format!("another call of it failed instead ({call})")
        }
        (LinkState::Elsewhere, None) => format!(
            "its error names {}",
            case.timeline.names.text(case.error.names_exchange)
        ),
        (LinkState::Missing, _) => {
            format!(
                "no call to {} is logged for it, although attempts of this kind usually have one",
                case.exchange()
            )
        }
        (LinkState::Unlinked, _) => String::new(),
    };
    // Where the counts turn against what the call seems to say, they are told.
    let seems_for = matches!(case.link, LinkState::Failed | LinkState::Missing);
    if log_odds != 0.0 && seems_for != (log_odds > 0.0) {
        format!(
            "{detail}; that counts {}: {}",
            if log_odds > 0.0 { "for" } else { "against" },
            against_expected(case.given_link, "failures with this error and such calls")
        )
    } else if log_odds == 0.0 {
        format!("{detail}; the error alone has gone as far as any step may")
    } else {
        detail
    }
}
