//! Did attempts of this kind fail more often than usual at that time?

use super::{Rule, Weighed, against_expected, weighed};
use crate::attribution::case::{Case, logit};
use crate::attribution::strata::Use;

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
        let log_odds = logit(case.any.value);
        weighed(
            log_odds,
            case.say(|| words(case, log_odds)),
            case.attempt.source,
        )
    }
}

fn words(case: &Case<'_>, log_odds: f64) -> String {
    let f = case.any;
    let alike = match case.uses {
        Use::Uses => "use",
        Use::OtherComponent => "use other parts of",
        Use::No => "do not use",
    };
    let among = format!(
        "failures among all attempts that, like it, {alike} {} in this stretch of {}",
        case.exchange(),
        case.outage.id
    );
    let mut detail = against_expected(f, &among);
    if log_odds < 0.0 {
        detail.push_str(if f.share() < 0.5 {
            "; less than half of them are above what is usual, so it counts against"
        } else {
            "; so few may be chance, so it counts against"
        });
    }
    detail
}
