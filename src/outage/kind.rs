//! What the answers looked like: the kind of an outage, with the numbers that it rests on.

use super::evidence;
use crate::model::{Call, ErrorClass, Outage, OutageKind, OutageSource, Span};
use crate::timeline::{CallState, Health, Timeline};

/// From this share of failed calls on, most calls failed.
const MOST: f64 = 0.6;
/// Requests at this many times the usual rate are a surge.
const SURGE: f64 = 3.0;
/// From this share of the bad answers on, one sort of answer names the kind.
const MAJORITY: f64 = 0.5;

#[derive(Default)]
struct Answers {
    all: u64,
    failed: u64,
    slow: u64,
    refused: u64,
    overload: u64,
    timeouts: u64,
    maintenance: u64,
}

impl Answers {
    fn count(timeline: &Timeline, health: &Health, outage: &Outage, span: Span) -> Answers {
        let mut a = Answers::default();
        for call in calls_of(timeline, outage).filter(|c| span.contains(c.time)) {
            a.all += 1;
            match health.state(call) {
                CallState::Good => {}
                CallState::Slow => a.slow += 1,
                CallState::Refused => a.refused += 1,
                CallState::Failed => a.failed += 1,
            }
            match call.class {
                ErrorClass::Overload => a.overload += 1,
                ErrorClass::UpstreamTimeout => a.timeouts += 1,
                ErrorClass::Maintenance => a.maintenance += 1,
                _ => {}
            }
        }
        a
    }

    fn bad(&self) -> u64 {
        self.failed + self.slow + self.refused
    }
}

fn calls_of<'a>(timeline: &'a Timeline, outage: &'a Outage) -> impl Iterator<Item = &'a Call> {
    timeline
        .calls
        .iter()
        .filter(|c| c.exchange == outage.exchange)
}

/// Names the kind and adds the evidence.
pub(crate) fn name(timeline: &Timeline, health: &Health, outage: &mut Outage) {
    let span = outage.span(timeline.end());
    let source = outage.first_seen.unwrap_or_default();
    if outage.sources == [OutageSource::Payments] {
        let (bad, all) = outage
            .components
            .iter()
            .fold((0, 0), |t, c| (t.0 + c.failed_calls, t.1 + c.calls));
        outage.kind = if bad as f64 >= MOST * all as f64 {
            OutageKind::Unavailable
        } else {
            OutageKind::Degraded
        };
        let detail = format!(
            "{bad} of {all} payments through {} failed with errors that speak of the exchange; its own calls were not logged, \
             or too few of them",
            outage.exchange_name
        );
        outage.evidence.push(evidence(
            "payments-speak-of-exchange",
            true,
            0.0,
            detail,
            source,
        ));
        return;
    }
    let inside = Answers::count(timeline, health, outage, span);
    let surge = surge_of(timeline, outage, span);
    outage.kind = kind_of(&inside, surge, peak(outage));
    for component in &outage.components {
        let name = if component.name.is_empty() {
            "calls"
        } else {
            &component.name
        };
        let detail = format!(
            "{name}: {} of {} calls failed or came too late ({:.1}%), against {:.2}% outside the outage",
            component.failed_calls,
            component.calls,
            100.0 * component.failed_calls as f64 / component.calls.max(1) as f64,
            100.0 * component.baseline_failure_rate
        );
        let weight = log_odds_gain(
            component.failed_calls,
            component.calls,
            component.baseline_failure_rate,
        );
        outage
            .evidence
            .push(evidence("calls-failed", true, weight, detail, source));
    }
    outage.evidence.push(evidence(
        "kind-of-answers",
        true,
        0.0,
        sentence(&inside, surge, outage.kind),
        source,
    ));
}

/// Log-likelihood ratio of the observed share against the baseline (nats).
fn log_odds_gain(bad: u64, all: u64, baseline: f64) -> f64 {
    let (k, n) = (bad as f64, all as f64);
    let p = (k / n.max(1.0)).clamp(1e-4, 1.0 - 1e-4);
    let p0 = baseline.clamp(1e-4, 1.0 - 1e-4);
    (k * (p / p0).ln() + (n - k) * ((1.0 - p) / (1.0 - p0)).ln()).max(0.0)
}

fn peak(outage: &Outage) -> f64 {
    outage
        .components
        .iter()
        .map(|c| c.peak_failure_rate)
        .fold(0.0, f64::max)
}

/// Requests a second inside, as a multiple of outside; `None` when there is too little outside.
fn surge_of(timeline: &Timeline, outage: &Outage, span: Span) -> Option<f64> {
    let (mut inside, mut outside) = (0u64, 0u64);
    let (mut first, mut last) = (None, None);
    for call in calls_of(timeline, outage) {
        first.get_or_insert(call.time);
        last = Some(call.time);
        if span.contains(call.time) {
            inside += 1
        } else {
            outside += 1
        }
    }
    let outside_s = last?.secs_since(first?) - span.secs();
    if outside < 20 || outside_s < 1.0 || span.secs() < 1.0 {
        return None;
    }
    Some((inside as f64 / span.secs()) / (outside as f64 / outside_s))
}

fn kind_of(a: &Answers, surge: Option<f64>, peak: f64) -> OutageKind {
    let bad = a.bad().max(1) as f64;
    let surged = surge.is_some_and(|s| s >= SURGE);
    if a.maintenance as f64 >= MAJORITY * bad {
        OutageKind::Maintenance
    } else if a.overload as f64 >= MAJORITY * bad
        || (surged && (a.refused + a.overload) as f64 >= 0.3 * bad)
    {
        OutageKind::Overload
    } else if a.refused as f64 >= MAJORITY * bad && a.failed == 0 {
        OutageKind::RateLimited
    } else if (a.slow + a.timeouts) as f64 >= 0.8 * bad && a.slow > 0 {
        OutageKind::Slow
    } else if peak >= MOST {
        OutageKind::Unavailable
    } else {
        OutageKind::Degraded
    }
}

fn sentence(a: &Answers, surge: Option<f64>, kind: OutageKind) -> String {
    let share = |n: u64| 100.0 * n as f64 / a.all.max(1) as f64;
    let mut parts = Vec::new();
    if let Some(s) = surge {
        parts.push(format!("{s:.1} times the usual requests"));
    }
    for (n, what) in [
        (a.failed - a.timeouts.min(a.failed), "failed"),
        (a.timeouts, "timed out"),
        (a.slow, "were answered much later than usual"),
        (a.refused, "were refused (429, 418, 403)"),
    ] {
        if n > 0 {
            parts.push(format!("{:.0}% {what}", share(n)));
        }
    }
    let word = match kind {
        OutageKind::Unavailable => "an unavailable service",
        OutageKind::Degraded => "a degraded service",
        OutageKind::Slow => "a service too slow for its clients",
        OutageKind::Overload => "a flood of requests",
        OutageKind::RateLimited => "a lowered rate limit",
        OutageKind::Maintenance => "maintenance",
        OutageKind::Unknown => "a disturbance of unknown kind",
    };
    format!(
        "consistent with {word}: {} of {} calls",
        parts.join(", "),
        a.all
    )
}
