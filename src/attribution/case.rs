//! Everything that the rules may look at for one failed attempt and one outage.

use super::expected::Fraction;
use super::exposure::Window;
use super::links::LinkState;
use super::rivals::Rival;
use super::strata::Use;
use crate::model::{Attempt, Call, ErrorInfo, Outage, Time};
use crate::timeline::Timeline;

/// One failed attempt held against one outage.
pub struct Case<'a> {
    pub(crate) timeline: &'a Timeline,
    pub(crate) outage: &'a Outage,
    pub(crate) attempt: &'a Attempt,
    pub(crate) error: ErrorInfo,
    pub(crate) uses: Use,
    pub(crate) window: Option<Window>,
    pub(crate) link: LinkState,
    /// The linked call that shows it.
    pub(crate) linked_call: Option<&'a Call>,
    /// Whether that link is a coincidence in time, for want of ids.
    pub(crate) by_time_only: bool,
    /// Probability that the outage was on when the attempt met it.
    pub(crate) was_on: f64,
    /// Attributable fraction of any failure of this kind, then given the error, then given the linked calls too.
    pub(crate) any: Fraction,
    pub(crate) given_error: Fraction,
    pub(crate) given_link: Fraction,
    /// Share of this kind of attempt that fails without any outage, and the counts it rests on.
    pub(crate) usual_rate: f64,
    pub(crate) usual_counts: (f64, f64),
    /// Share of attempts like it that another incident stopped at that time.
    pub(crate) stopped_by_rival: f64,
    /// A stretch of failures that covers it and is probably no doing of the outage, with the probability that it is.
    pub(crate) rival: Option<(&'a Rival, f64)>,
    pub(crate) log_end: Time,
    /// Whether the rules are to give words too, or only weights.
    pub(crate) with_words: bool,
}

impl Case<'_> {
    /// Words, where they are asked for: most failures are only counted.
    pub(crate) fn say(&self, words: impl FnOnce() -> String) -> String {
        match self.with_words {
            true => words(),
            false => String::new(),
        }
    }

    /// The exchange's name.
    pub(crate) fn exchange(&self) -> &str {
        &self.outage.exchange_name
    }

    /// Signature of the error in words, or its class where it says nothing.
    pub(crate) fn error_words(&self) -> String {
        let names = &self.timeline.names;
        let (code, message) = (names.text(self.error.code), names.text(self.error.message));
        let words: String = if !message.is_empty() && !code.is_empty() {
            format!("{code}: {message}")
        } else {
            format!("{code}{message}")
        };
        if words.is_empty() {
            "no error text".to_string()
        } else {
            words.chars().take(100).collect()
        }
    }
}

/// Probability of a failure that no outage can have caused: our own error about that.
pub(crate) const NEVER: f64 = 0.0005;
/// No step goes nearer to certainty than this.
pub(crate) const LIMIT: f64 = 0.002;

/// Log-odds of a probability, kept away from certainty.
pub(crate) fn logit(p: f64) -> f64 {
    log_odds(p.clamp(LIMIT, 1.0 - LIMIT))
}

/// Log-odds of a probability as it is.
pub(crate) fn log_odds(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}
