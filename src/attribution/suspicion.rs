//! Is a stretch of failures the outage's doing, or another incident? Two hypotheses, weighed by Bayes' rule: what the
//! errors say of the mechanism, and how well the stretch's times agree with the outage's.

use crate::model::{ErrorClass, ErrorInfo, Names, Outage, Span, Time};
use crate::stats::sigmoid;

use super::strata::Use;

/// What follows from an outage begins within about this of its onset, in seconds …
const LAG_S: f64 = 45.0;
/// … or within this share of the outage's length.
const LAG_SHARE: f64 = 0.03;
/// A stretch may end so long after the end, in seconds: what was under way, queues.
const DRAIN_S: f64 = 90.0;
/// … or within this share of the outage's length.
const DRAIN_SHARE: f64 = 0.05;
/// Chance that a stretch that follows from the outage has an unusual boundary all the same.
const ODD: f64 = 0.02;
/// The same for its end, for attempts that use the exchange: pending payments expire long after.
const ODD_END_USERS: f64 = 0.3;
/// From this share on one sort of error marks the whole stretch.
const MARKED: f64 = 0.2;

/// Parties of a payment that are no exchange. A failure that says one of them was out of reach says who was at fault.
const OTHER_PARTIES: [&str; 14] = [
    "acquirer",
    "acquiring",
    "issuer",
    "issuing bank",
    "card network",
    "card scheme",
    "3ds",
    "3-d secure",
    "directory server",
    "visa",
    "mastercard",
    "adyen",
    "stripe",
    "card processor",
];
/// Words that may mean such a party, or the exchange itself in a shop's own words.
const PERHAPS_OTHER_PARTIES: [&str; 3] = ["processor", "psp", "bank"];

/// What the errors of a stretch say of how they came about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mechanism {
    /// Share that says that some upstream was out of reach or refused.
    unavailable: f64,
    /// Share that names a party of the payment that is no exchange.
    other_party: f64,
    /// Share that names one in words that may mean the exchange.
    perhaps_other_party: f64,
    /// Share that speaks of an exhausted pool, queue or thread limit.
    exhausted: f64,
    /// Share that waited in vain.
    timed_out: f64,
    /// Share that the customer, or the customer's bank, decided.
    decided: f64,
    /// Share that the upstream rightly refused.
    faulty: f64,
    /// Share that is an error of our own.
    internal: f64,
    /// Share that was left pending until it ran out of time.
    expired: f64,
}

impl Mechanism {
    /// From the class and error of each failure.
    pub(crate) fn of(
        names: &Names,
        failures: impl Iterator<Item = (ErrorClass, ErrorInfo)>,
    ) -> Mechanism {
        use ErrorClass as C;
        let mut m = Mechanism::default();
        let mut all = 0.0;
        for (class, error) in failures {
            all += 1.0;
            let upstream = class.is_upstream() || class == C::CircuitOpen;
            m.other_party += share(upstream && names_one_of(&OTHER_PARTIES, names, &error));
            m.perhaps_other_party +=
                share(upstream && names_one_of(&PERHAPS_OTHER_PARTIES, names, &error));
            match class {
                C::UpstreamUnavailable
                | C::Overload
                | C::Maintenance
                | C::RateLimited
                | C::CircuitOpen => {
                    m.unavailable += 1.0;
                }
                C::ResourceExhausted => m.exhausted += 1.0,
                C::UpstreamTimeout => m.timed_out += 1.0,
                C::BusinessDecline | C::UserCancelled => m.decided += 1.0,
                C::ClientError | C::Auth | C::Clock => m.faulty += 1.0,
                C::Internal => m.internal += 1.0,
                C::Expired => m.expired += 1.0,
                C::Unknown | C::None => {}
            }
        }
        for part in [
            &mut m.unavailable,
            &mut m.other_party,
            &mut m.perhaps_other_party,
            &mut m.exhausted,
            &mut m.timed_out,
            &mut m.decided,
            &mut m.faulty,
            &mut m.internal,
            &mut m.expired,
        ] {
            *part /= f64::max(all, 1.0);
        }
        m
    }

    /// Log-odds, before looking at the times, that a stretch of such failures is the outage's doing.
    fn log_odds(&self, uses: Use) -> f64 {
        if uses == Use::Uses {
            return self.log_odds_of_users();
        }
        if uses == Use::OtherComponent && self.speaks_of_upstream() && !self.names_another(MARKED) {
            // A breaker, or trouble, may reach further than the component that showed it.
            return 1.0;
        }
        if self.exhausted >= MARKED {
            2.0
        } else if self.names_another(MARKED) {
            -14.0
        } else if self.unavailable >= MARKED {
            // Their own upstream was out of reach, and that is not this exchange.
            -9.0
        } else if self.decided >= 0.5 || self.faulty >= 0.5 {
            -6.0
        } else if self.timed_out >= 0.5 {
            -2.0
        } else {
            -3.0
        }
    }

    /// Whether the errors tell of a fault beside the exchange that stops whoever comes so far: a deploy, an acquirer.
    pub(crate) fn is_a_fault_elsewhere(&self) -> bool {
        self.internal + self.faulty >= 0.5 || self.names_another(MARKED)
    }

    fn names_another(&self, share: f64) -> bool {
        self.other_party + self.perhaps_other_party >= share
    }

    fn speaks_of_upstream(&self) -> bool {
        self.unavailable + self.timed_out + self.exhausted >= 0.5
    }

    fn log_odds_of_users(&self) -> f64 {
        let upstream = self.unavailable + self.timed_out;
        if self.other_party >= 0.5 {
            -6.0
        } else if self.names_another(0.5) {
            -2.0
        } else if upstream >= 0.5 || self.exhausted >= 0.5 {
            4.0
        } else if self.decided >= 0.5 || self.faulty >= 0.5 {
            -3.0
        } else if self.internal >= 0.5 {
            -1.0
        } else if self.expired >= 0.5 {
            3.0
        } else {
            1.0
        }
    }
}

fn share(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn names_one_of(parties: &[&str], names: &Names, error: &ErrorInfo) -> bool {
    if error.names_exchange.is_some() {
        return false;
    }
    let text = format!("{} {}", names.text(error.code), names.text(error.message)).to_lowercase();
    parties.iter().any(|p| {
        text.match_indices(p).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + p.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        })
    })
}

/// What is known of a stretch of failures.
pub(crate) struct Clues<'a> {
    /// What its errors say.
    pub(crate) mechanism: &'a Mechanism,
    /// How much speaks against an outage that only one currency is hit, as log-odds.
    pub(crate) confined: f64,
    /// From its first to its last failure.
    pub(crate) span: Span,
}

/// Probability that a stretch of failures is the outage's doing.
pub(crate) fn follows(clues: &Clues<'_>, outage: &Outage, uses: Use, log_end: Time) -> f64 {
    let mut log_odds = clues.mechanism.log_odds(uses) + times_agree(clues, outage, uses, log_end);
    // One coin's wallet may be down by itself: an error that speaks of an upstream is no argument.
    if !clues.mechanism.speaks_of_upstream() {
        log_odds -= clues.confined;
    }
    sigmoid(log_odds)
}

/// How much the stretch's boundaries speak for the outage, as log-odds.
pub(crate) fn times_agree(clues: &Clues<'_>, outage: &Outage, uses: Use, log_end: Time) -> f64 {
    let (down, span) = (outage.span(log_end), clues.span);
    // Only stretches that overlap the outage come here: by chance their boundaries lie anywhere in so many seconds.
    let range = (down.secs() + span.secs()).max(600.0);
    let mut log_odds = 0.0;
    if !outage.began_before_log {
        let unsure = outage.start.secs_since(outage.start_interval.start);
        let usual = LAG_S.max(LAG_SHARE * down.secs()) + unsure.clamp(0.0, 600.0);
        let gap = span.start.secs_since(down.start);
        // Pending payments expire when their time is up, not when the outage begins.
        let pending = clues.mechanism.expired >= 0.5;
        let odd = if pending { ODD_END_USERS } else { ODD };
        log_odds += agreement(gap, usual, range, odd);
    }
    if outage.end.is_some() {
        let unsure = outage.end_interval.map_or(0.0, |i| i.secs());
        let usual = DRAIN_S.max(DRAIN_SHARE * down.secs()) + unsure.clamp(0.0, 600.0);
        let odd = if uses == Use::Uses {
            ODD_END_USERS
        } else {
            ODD
        };
        let gap = span.end.secs_since(down.end);
        log_odds += agreement(gap, usual, range, odd);
    }
    log_odds
}

/// Log-likelihood of a boundary `gap` seconds off, if it follows from the outage (exponential around it, or, with
/// probability `odd`, anywhere), over that of an unrelated boundary (anywhere in `range` seconds).
fn agreement(gap: f64, usual: f64, range: f64, odd: f64) -> f64 {
    let near = (-gap.abs() / usual).exp() / (2.0 * usual);
    ((1.0 - odd) * near * range + odd).ln()
}
