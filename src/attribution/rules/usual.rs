//! Would it have failed anyway? An attempt that the outage stopped might still have been declined.

use super::{Rule, Weighed, tally, weighed};
use crate::attribution::case::{Case, logit};

pub(crate) struct WouldHaveFailedAnyway;

impl Rule for WouldHaveFailedAnyway {
    fn id(&self) -> &'static str {
        "usual-failure-rate"
    }

    fn about(&self) -> &'static str {
        "The share of attempts of this kind that fail without any outage: so many of those stopped would have failed anyway."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        case.window?;
        let p = case.given_link.value;
        let log_odds = logit(p * (1.0 - case.usual_rate)) - logit(p);
        weighed(log_odds, case.say(|| words(case)), case.attempt.source)
    }
}

fn words(case: &Case<'_>) -> String {
    let (all, failed) = case.usual_counts;
    let mut detail = format!(
        "without an outage {:.1}% of attempts of this kind would have failed with another error (with any: {} of {} logged outside every outage and its aftermath; both lean on the wider group)",
        100.0 * case.usual_rate,
        tally(failed),
        tally(all)
    );
    if case.stopped_by_rival > 0.01 {
        detail.push_str(&format!(
            "; with another incident that stopped {:.0}% of such attempts at that time",
            100.0 * case.stopped_by_rival
        ));
    }
    detail
}
