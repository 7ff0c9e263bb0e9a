//! Bursts of failed or late calls, per exchange and component, and per caller where callers are told apart.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::episode::{Episode, RowOf, Seen, episodes};
use super::series::by_component;
use super::{Context, Detector, Found, MERGE_GAP_S, evidence, name};
use crate::model::{Finding, OutageSource, Severity, Sym};
use crate::timeline::CallState;

/// Fewer calls than this do not make a row of their own.
const LEAST_CALLS: usize = 12;

/// So many calls must have been served before there is a baseline to fall below.
const LEAST_GOOD: usize = 3;

/// Detects bursts of failed or late calls.
pub(crate) struct CallErrors;

impl Detector for CallErrors {
    fn id(&self) -> &'static str {
        "call-errors"
    }

    fn detect(&self, context: &Context<'_>, _earlier: &Found) -> Found {
        let found: Vec<Found> = by_component(context.timeline)
            .into_par_iter()
            .map(|(exchange, components)| {
                let mut found = Found::default();
                let mut all: Vec<usize> = components.values().flatten().copied().collect();
                all.sort_unstable();
                if has_baseline(&row_of(context, &all)) {
                    found.episodes = of_exchange(context, exchange, &components, &all);
                } else {
                    found.findings.extend(no_baseline(context, exchange, &all));
                }
                found
            })
            .collect();
        let mut all = Found::default();
        for of_exchange in found {
            all.episodes.extend(of_exchange.episodes);
            all.findings.extend(of_exchange.findings);
        }
        all
    }
}

fn of_exchange(
    context: &Context<'_>,
    exchange: Sym,
    components: &BTreeMap<Sym, Vec<usize>>,
    all: &[usize],
) -> Vec<Episode> {
    let mut found: Vec<Episode> = Vec::new();
    for (&component, calls) in components.iter().filter(|(_, c)| c.len() >= LEAST_CALLS) {
        found.extend(look(context, exchange, component, Vec::new(), calls));
    }
    if components.len() > 1 {
        let wide = look(context, exchange, Sym::NONE, Vec::new(), all);
        add_new(&mut found, wide);
    }
    for (&component, calls) in components {
        for (caller, calls) in by_caller(context, calls) {
            let own = look(context, exchange, component, vec![caller], &calls);
            add_new(&mut found, own);
        }
    }
    found
}

/// Keeps what no earlier episode covers.
fn add_new(found: &mut Vec<Episode>, more: Vec<Episode>) {
    for episode in more {
        if !found.iter().any(|f| f.span().overlaps(&episode.span())) {
            found.push(episode);
        }
    }
}

fn by_caller(context: &Context<'_>, calls: &[usize]) -> BTreeMap<Sym, Vec<usize>> {
    let mut out: BTreeMap<Sym, Vec<usize>> = BTreeMap::new();
    for &i in calls {
        let caller = context.timeline.calls[i].caller;
        if caller.is_some() {
            out.entry(caller).or_default().push(i);
        }
    }
    out.retain(|_, c| c.len() >= LEAST_CALLS);
    if out.len() < 2 {
        out.clear();
    }
    out
}

fn look(
    context: &Context<'_>,
    exchange: Sym,
    component: Sym,
    callers: Vec<Sym>,
    calls: &[usize],
) -> Vec<Episode> {
    let row = row_of(context, calls);
    if component.is_none() && !has_baseline(&row) {
        // Calls that name no component, beside others that do, and are never served: foreign requests.
        return Vec::new();
    }
    let of = RowOf {
        exchange,
        component,
        callers,
        source: OutageSource::Calls,
    };
    episodes(&row, &of, context.silences, MERGE_GAP_S)
}

fn row_of(context: &Context<'_>, calls: &[usize]) -> Vec<Seen> {
    calls
        .iter()
        .map(|&i| &context.timeline.calls[i])
        .filter(|c| !c.is_probe)
        .filter_map(|c| match context.health.state(c) {
            CallState::Refused => None,
            state => Some(Seen {
                time: c.time,
                bad: state != CallState::Good,
                source: c.source,
            }),
        })
        .collect()
}

/// "Clearly worse than its own baseline" needs a baseline: a few calls that were served.
pub(crate) fn has_baseline(row: &[Seen]) -> bool {
    row.iter().filter(|s| !s.bad).count() >= LEAST_GOOD
}

/// Every call failed: the log lies inside an outage, or holds failures only, or is no log of calls.
fn no_baseline(context: &Context<'_>, exchange: Sym, calls: &[usize]) -> Option<Finding> {
    let row = row_of(context, calls);
    let first = row.first().filter(|_| row.len() >= LEAST_CALLS)?;
    let name = name(context.timeline, exchange);
    let detail = format!(
        "Of {} logged calls to {name} hardly one was served. Without a healthy stretch there is no baseline: the log may lie \
         inside an outage, hold failures only, or be no log of calls at all. A log that begins earlier or ends later would tell.",
        row.len()
    );
    Some(Finding {
        id: "no-baseline".into(),
        title: format!(
            "nearly every logged call to {name} failed: no baseline, no outage established"
        ),
        severity: Severity::Warning,
        confidence: 0.5,
        evidence: vec![evidence(
            "no-call-was-served",
            true,
            0.0,
            detail.clone(),
            first.source,
        )],
        detail,
    })
}
