//! An outage of an exchange.

use std::sync::Arc;

use super::event::SourceRef;
use super::names::Sym;
use super::time::{Span, Time};
use super::verdict::Evidence;

/// What the answers looked like. "Consistent with", never "was".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageKind {
    /// Most calls failed.
    Unavailable,
    /// Some calls failed.
    Degraded,
    /// Answers came late.
    Slow,
    /// Refusals under many times the usual traffic.
    Overload,
    /// Refusals for the rate of requests.
    RateLimited,
    /// Announced maintenance.
    Maintenance,
    /// The evidence does not tell.
    #[default]
    Unknown,
}

impl OutageKind {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            OutageKind::Unavailable => "unavailable",
            OutageKind::Degraded => "degraded",
            OutageKind::Slow => "slow",
            OutageKind::Overload => "overload",
            OutageKind::RateLimited => "rate_limited",
            OutageKind::Maintenance => "maintenance",
            OutageKind::Unknown => "unknown",
        }
    }
}

/// What an outage was established from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OutageSource {
    /// Calls to the exchange.
    Calls,
    /// Payments through the exchange (where its calls were not logged).
    Payments,
    /// The exchange's status page.
    StatusPage,
}

impl OutageSource {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            OutageSource::Calls => "calls",
            OutageSource::Payments => "payments",
            OutageSource::StatusPage => "status_page",
        }
    }
}

/// A stretch of one level of service inside an outage.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// When.
    pub span: Span,
    /// Share of calls that failed or were too slow, 0..1.
    pub failure_rate: f64,
    /// Calls (or probes) that this was seen in; 0 when it was seen in payments alone.
    pub calls: u64,
    /// Of these, failed or too slow.
    pub failed_calls: u64,
}

/// One component's part of an outage.
#[derive(Clone, Debug)]
pub struct ComponentOutage {
    /// Name; empty when the log does not tell components apart.
    pub name: Arc<str>,
    /// The component's symbol.
    pub component: Sym,
    /// First served worse.
    pub start: Time,
    /// Recovery; `None` when the log ends before it.
    pub end: Option<Time>,
    /// Calls inside.
    pub calls: u64,
    /// Calls inside that failed or were too slow.
    pub failed_calls: u64,
    /// Share of bad calls outside any outage.
    pub baseline_failure_rate: f64,
    /// Highest share of bad calls in any phase.
    pub peak_failure_rate: f64,
    /// Stretches of one level, in time order.
    pub phases: Vec<Phase>,
    /// Callers that were hit when others were not; empty when all were.
    pub callers: Vec<Sym>,
}

/// An interval in which an exchange, or components of it, served clearly worse than its own baseline.
#[derive(Clone, Debug)]
pub struct Outage {
    /// `O1`, `O2`, … in order of start.
    pub id: String,
    /// Whose outage.
    pub exchange: Sym,
    /// Name of the exchange.
    pub exchange_name: Arc<str>,
    /// Onset: best estimate.
    pub start: Time,
    /// Onset: 95 % interval.
    pub start_interval: Span,
    /// Recovery: best estimate; `None` when the log ends before it.
    pub end: Option<Time>,
    /// Recovery: 95 % interval.
    pub end_interval: Option<Span>,
    /// Whether it was on already when the log began: the true onset lies before.
    pub began_before_log: bool,
    /// What it looked like.
    pub kind: OutageKind,
    /// Parts hit, sorted by name.
    pub components: Vec<ComponentOutage>,
    /// What it was established from.
    pub sources: Vec<OutageSource>,
    /// First public word of the exchange.
    pub acknowledged_at: Option<Time>,
    /// Why we say that there was an outage, of this kind.
    pub evidence: Vec<Evidence>,
    /// The first failed call (or payment) of it.
    pub first_seen: Option<SourceRef>,
}

impl Outage {
    /// From onset to recovery; to `log_end` when recovery was not seen.
    pub fn span(&self, log_end: Time) -> Span {
        Span::new(self.start, self.end.unwrap_or(log_end).max(self.start))
    }
}
