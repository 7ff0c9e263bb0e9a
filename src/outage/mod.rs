//! Finds the outages: intervals in which an exchange, or components of it, served clearly worse than its own
//! baseline.
//!
//! [`Detector`]s turn series of calls (or of payments, where calls were not logged) into [`Episode`]s;
//! `merge` puts the episodes of one exchange together; `kind` says what the answers looked like;
//! `testimony` adds what the status page said. A status page alone never makes an outage.

mod common_path;
mod episode;
mod errors;
mod kind;
mod merge;
mod payments;
mod probes;
mod refusals;
mod series;
mod testimony;

use std::collections::BTreeMap;

use crate::model::{Evidence, Finding, Outage, Span, Sym};
use crate::timeline::{Health, Timeline};

pub use episode::Episode;

/// Two bad stretches of one exchange that lie closer than this are one outage with a lull inside, in seconds:
/// an incident that flaps every few minutes is one incident.
pub const MERGE_GAP_S: f64 = 600.0;

/// What the detectors work on.
pub struct Context<'a> {
    /// Everything read.
    pub timeline: &'a Timeline,
    /// Which calls count as bad.
    pub health: &'a Health,
    /// Stretches in which no input has any record.
    pub silences: &'a [Span],
}

/// What a detector found.
#[derive(Debug, Default)]
pub struct Found {
    /// Stretches of bad service.
    pub episodes: Vec<Episode>,
    /// What is worth telling and is no outage.
    pub findings: Vec<Finding>,
    /// Stretches in which callers were refused for their own rate of requests.
    pub misuses: Vec<Misuse>,
}

/// A stretch in which an exchange refused callers for their own rate of requests: no outage.
#[derive(Clone, Debug)]
pub struct Misuse {
    /// Which exchange refused.
    pub exchange: Sym,
    /// From the first to the last refusal.
    pub span: Span,
}

/// Finds stretches of bad service of one sort.
pub trait Detector: Sync {
    /// Stable id, kebab-case.
    fn id(&self) -> &'static str;
    /// Looks; `earlier` is what the detectors before it found.
    fn detect(&self, context: &Context<'_>, earlier: &Found) -> Found;
}

/// Every detector, in the order in which they run.
pub const DETECTORS: [&dyn Detector; 4] = [
    &errors::CallErrors,
    &probes::FailedProbes,
    &refusals::Refusals,
    &payments::PaymentsThroughExchange,
];

/// The outages of a time line, and what was learnt on the way.
#[derive(Debug, Default)]
pub struct Detected {
    /// In order of onset.
    pub outages: Vec<Outage>,
    /// Which calls count as bad.
    pub health: Health,
    /// What is worth telling and is no outage (misuse of a rate limit, an announcement without effect).
    pub findings: Vec<Finding>,
    /// Stretches in which no input has any record: unknown, neither outage nor health.
    pub silences: Vec<Span>,
}

/// Finds every outage. `client_timeout_ms` is what the user states of the clients' time-outs, by exchange.
pub fn detect(timeline: &Timeline, client_timeout_ms: &BTreeMap<String, u64>) -> Detected {
    let health = Health::learn(timeline, client_timeout_ms);
    let silences = series::silences(timeline);
    let context = Context {
        timeline,
        health: &health,
        silences: &silences,
    };
    let mut all = Found::default();
    for detector in DETECTORS {
        let found = detector.detect(&context, &all);
        all.episodes.extend(found.episodes);
        all.findings.extend(found.findings);
        all.misuses.extend(found.misuses);
    }
    let Found {
        episodes,
        mut findings,
        ..
    } = all;
    let mut outages = merge::merge(timeline, episodes);
    payments::complete(&context, &mut outages);
    findings.extend(common_path::set_apart(&context, &mut outages));
    for outage in &mut outages {
        kind::name(timeline, &health, outage);
    }
    findings.extend(testimony::hear(timeline, &mut outages));
    Detected {
        outages,
        health,
        findings,
        silences,
    }
}

pub(crate) fn name(timeline: &Timeline, sym: Sym) -> String {
    timeline.names.text(sym).to_string()
}

/// Builds a piece of evidence about an outage.
pub(crate) fn evidence(
    rule: &'static str,
    supports: bool,
    weight: f64,
    detail: String,
    source: crate::model::SourceRef,
) -> Evidence {
    Evidence {
        rule,
        supports,
        weight,
        detail,
        source,
    }
}
