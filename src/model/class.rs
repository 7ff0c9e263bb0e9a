//! How an attempt ended, and what kind of error ended it.

use serde::{Deserialize, Serialize};

/// How a payment attempt, or a call, ended.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Outcome {
    /// It went through.
    Succeeded,
    /// It did not.
    Failed,
    /// It may have gone through: it timed out at the exchange, or got an answer documented as "execution
    /// status unknown". To be reconciled, never counted as lost.
    Unknown,
    /// Not final yet.
    #[default]
    Pending,
}

impl Outcome {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::Unknown => "unknown",
            Outcome::Pending => "pending",
        }
    }

    /// Whether nothing more is to be expected.
    pub fn is_final(self) -> bool {
        self != Outcome::Pending
    }

    /// Failed or unknown: an attempt that gets a verdict.
    pub fn is_bad(self) -> bool {
        matches!(self, Outcome::Failed | Outcome::Unknown)
    }
}

/// What kind of error it was, in words that every provider's codes map to.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(u8)]
pub enum ErrorClass {
    /// No error.
    #[default]
    None,
    /// The upstream refused, was unreachable or answered 5xx.
    UpstreamUnavailable,
    /// The upstream answered too late or not at all: the outcome is unknown.
    UpstreamTimeout,
    /// The upstream said that it is overloaded.
    Overload,
    /// Too many requests (429, 418, 403 of a web application firewall).
    RateLimited,
    /// The upstream is under announced maintenance.
    Maintenance,
    /// A circuit breaker of ours rejected it without a call.
    CircuitOpen,
    /// A pool, queue or thread limit of ours was exhausted.
    ResourceExhausted,
    /// A pending payment ran out of time.
    Expired,
    /// Credentials or permissions.
    Auth,
    /// Our clock, or the receive window.
    Clock,
    /// A request that the upstream rightly refused.
    ClientError,
    /// The customer's bank, balance or limits said no.
    BusinessDecline,
    /// The customer gave up.
    UserCancelled,
    /// Our own fault: database, exception, configuration.
    Internal,
    /// Nothing tells.
    Unknown,
}

impl ErrorClass {
    /// Every class, in the order of the enum.
    pub const ALL: [ErrorClass; 16] = [
        ErrorClass::None,
        ErrorClass::UpstreamUnavailable,
        ErrorClass::UpstreamTimeout,
        ErrorClass::Overload,
        ErrorClass::RateLimited,
        ErrorClass::Maintenance,
        ErrorClass::CircuitOpen,
        ErrorClass::ResourceExhausted,
        ErrorClass::Expired,
        ErrorClass::Auth,
        ErrorClass::Clock,
        ErrorClass::ClientError,
        ErrorClass::BusinessDecline,
        ErrorClass::UserCancelled,
        ErrorClass::Internal,
        ErrorClass::Unknown,
    ];

    /// The word used in JSON, flags and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorClass::None => "none",
            ErrorClass::UpstreamUnavailable => "upstream_unavailable",
            ErrorClass::UpstreamTimeout => "upstream_timeout",
            ErrorClass::Overload => "overload",
            ErrorClass::RateLimited => "rate_limited",
            ErrorClass::Maintenance => "maintenance",
            ErrorClass::CircuitOpen => "circuit_open",
            ErrorClass::ResourceExhausted => "resource_exhausted",
            ErrorClass::Expired => "expired",
            ErrorClass::Auth => "auth",
            ErrorClass::Clock => "clock",
            ErrorClass::ClientError => "client_error",
            ErrorClass::BusinessDecline => "business_decline",
            ErrorClass::UserCancelled => "user_cancelled",
            ErrorClass::Internal => "internal",
            ErrorClass::Unknown => "unknown",
        }
    }

    /// The class of a word written by a user, if there is one.
    pub fn from_word(word: &str) -> Option<ErrorClass> {
        ErrorClass::ALL.into_iter().find(|c| c.as_str() == word)
    }

    /// Whether the upstream itself was at fault or out of reach: what an outage looks like from a client.
    pub fn is_upstream(self) -> bool {
        matches!(
            self,
            ErrorClass::UpstreamUnavailable
                | ErrorClass::UpstreamTimeout
                | ErrorClass::Overload
                | ErrorClass::Maintenance
        )
    }

    /// Whether the customer, or the customer's bank, decided it: an outage elsewhere does not.
    pub fn is_customer_side(self) -> bool {
        matches!(
            self,
            ErrorClass::BusinessDecline | ErrorClass::UserCancelled
        )
    }
}
