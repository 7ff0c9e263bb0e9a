//! The answer for one failed attempt.

use super::event::SourceRef;
use super::names::Sym;

/// Whether the failure followed from an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// It would have succeeded without the outage: a knock-on failure.
    Caused,
    /// It would have failed anyway.
    Unrelated,
    /// The logs cannot tell.
    Undetermined,
}

impl Verdict {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Caused => "caused",
            Verdict::Unrelated => "unrelated",
            Verdict::Undetermined => "undetermined",
        }
    }
}

/// From which probability on a verdict is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// `caused` from here on.
    pub caused_at: f64,
    /// `unrelated` up to here.
    pub unrelated_at: f64,
}

impl Default for Thresholds {
    /// The contract's defaults: the "likely" and "unlikely" of calibrated language.
    fn default() -> Thresholds {
        Thresholds {
            caused_at: 0.66,
            unrelated_at: 0.33,
        }
    }
}

impl Thresholds {
    /// The verdict of a probability.
    pub fn verdict(&self, probability: f64) -> Verdict {
        if probability >= self.caused_at {
            Verdict::Caused
        } else if probability <= self.unrelated_at {
            Verdict::Unrelated
        } else {
            Verdict::Undetermined
        }
    }
}

/// How the outage reached the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The exchange answered with an error.
    Direct,
    /// It answered too late or not at all.
    Timeout,
    /// Rejected by the client without a call.
    CircuitBreaker,
    /// A payment that does not use the exchange, starved by those that do.
    Collateral,
    /// Fails after the end of the outage, because of it.
    Backlog,
    /// An attempt that exists only because an earlier one failed.
    Retry,
}

impl Channel {
    /// Every channel, in the contract's order.
    pub const ALL: [Channel; 6] = [
        Channel::Direct,
        Channel::Timeout,
        Channel::CircuitBreaker,
        Channel::Collateral,
        Channel::Backlog,
        Channel::Retry,
    ];

    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Direct => "direct",
            Channel::Timeout => "timeout",
            Channel::CircuitBreaker => "circuit_breaker",
            Channel::Collateral => "collateral",
            Channel::Backlog => "backlog",
            Channel::Retry => "retry",
        }
    }
}

/// One reason for or against, with the line that it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Id of the rule, kebab-case, stable.
    pub rule: &'static str,
    /// For (`true`) or against the claim.
    pub supports: bool,
    /// How far it moves the log-odds (natural logarithm), always positive; 0 for what only informs.
    pub weight: f64,
    /// The reason in words.
    pub detail: String,
    /// The line that it rests on; for a claim about numbers, the failed attempt's own line.
    pub source: SourceRef,
}

/// The answer for one failed attempt.
#[derive(Clone, Debug)]
pub struct Judgement {
    /// Index into the attempts of the time line.
    pub attempt: usize,
    /// P(it would have succeeded without the outage), 0..1.
    pub probability: f64,
    /// Its word.
    pub verdict: Verdict,
    /// Index of the outage that it is held against.
    pub outage: Option<usize>,
    /// How the outage reached it.
    pub channel: Option<Channel>,
    /// The exchange of a linked call, where the record names none.
    pub linked_exchange: Sym,
    /// How much speaks for it and against it.
    pub weights: Weights,
    /// The earlier knock-on failure that it repeats.
    pub repeats: Option<Repeats>,
}

/// Sums of the weights of the evidence, as log-odds (natural logarithm).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Weights {
    /// Of what supports "it would have succeeded without the outage".
    pub supporting: f64,
    /// Of what speaks against it.
    pub opposing: f64,
}

impl Weights {
    /// Adds a piece of evidence.
    pub fn add(&mut self, supports: bool, weight: f64) {
        *(if supports {
            &mut self.supporting
        } else {
            &mut self.opposing
        }) += weight;
    }
}

/// That an attempt repeats one that failed before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Repeats {
    /// Index of the earlier attempt in the time line.
    pub attempt: usize,
    /// P(the earlier one would have succeeded without the outage), 0..1.
    pub probability: f64,
    /// The probability of the later one, had it been the first, 0..1.
    pub alone: f64,
}
