//! Checks of a monitor. A probe states the state of its target; between two probes nothing is known, so a
//! single failed one is an outage whose onset lies after the last good probe and whose end lies before
//! the next good one. Only an upstream's own fault counts: a 403, 404 or 429 to a probe is a refusal.

use super::episode::Episode;
use super::series::by_component;
use super::{Context, Detector, Found};
use crate::model::{Call, OutageSource, Phase, Span};
use crate::timeline::CallState;

/// Detects failed checks.
pub(crate) struct FailedProbes;

impl Detector for FailedProbes {
    fn id(&self) -> &'static str {
        "failed-probes"
    }

    fn detect(&self, context: &Context<'_>, _earlier: &Found) -> Found {
        let mut found = Vec::new();
        for components in by_component(context.timeline).values() {
            for calls in components.values() {
                let probes: Vec<&Call> = calls
                    .iter()
                    .map(|&i| &context.timeline.calls[i])
                    .filter(|c| c.is_probe)
                    .collect();
                found.extend(of_target(context, &probes));
            }
        }
        Found {
            episodes: found,
            ..Found::default()
        }
    }
}

fn of_target(context: &Context<'_>, probes: &[&Call]) -> Vec<Episode> {
    let down = |c: &Call| context.health.state(c) == CallState::Failed;
    let bad = probes.iter().filter(|c| down(c)).count();
    let baseline = (bad as f64 + 0.2) / (probes.len() as f64 + 40.0);
    let mut out = Vec::new();
    let mut i = 0;
    while i < probes.len() {
        if !down(probes[i]) {
            i += 1;
            continue;
        }
        let mut last = i;
        while last + 1 < probes.len() && down(probes[last + 1]) {
            last += 1;
        }
        out.push(stretch(probes, i, last, baseline));
        i = last + 1;
    }
    out
}

fn stretch(probes: &[&Call], first: usize, last: usize, baseline: f64) -> Episode {
    let seen = probes[first];
    let before = if first == 0 {
        seen.time
    } else {
        probes[first - 1].time
    };
    let next = probes.get(last + 1).map(|c| c.time);
    let to = next.unwrap_or(probes[last].time);
    Episode {
        exchange: seen.exchange,
        component: seen.component,
        callers: Vec::new(),
        source: OutageSource::Calls,
        start: seen.time,
        start_interval: Span::new(before, seen.time),
        end: next,
        end_interval: next.map(|n| Span::new(probes[last].time, n)),
        began_before_log: first == 0,
        phases: vec![Phase {
            span: Span::new(seen.time, to),
            failure_rate: 1.0,
            calls: (last - first + 1) as u64,
            failed_calls: (last - first + 1) as u64,
        }],
        observed: (last - first + 1) as u64,
        bad: (last - first + 1) as u64,
        baseline,
        first_bad: seen.source,
    }
}
