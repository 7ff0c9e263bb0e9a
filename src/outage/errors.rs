//! Bursts of failed or late calls, per exchange and component, and per caller where callers are told apart.

use std::collections::BTreeMap;

use super::episode::{Episode, RowOf, Seen, episodes};
use super::series::by_component;
use super::{Context, Detector, Found, MERGE_GAP_S};
use crate::model::{OutageSource, Sym};
use crate::timeline::CallState;

/// Fewer calls than this do not make a row of their own.
const LEAST_CALLS: usize = 12;

/// Detects bursts of failed or late calls.
pub(crate) struct CallErrors;

impl Detector for CallErrors {
    fn id(&self) -> &'static str {
        "call-errors"
    }

    fn detect(&self, context: &Context<'_>, _earlier: &[Episode]) -> Found {
        let mut found = Vec::new();
        for (exchange, components) in by_component(context.timeline) {
            found.extend(of_exchange(context, exchange, &components));
        }
        Found {
            episodes: found,
            findings: Vec::new(),
        }
    }
}

fn of_exchange(
    context: &Context<'_>,
    exchange: Sym,
    components: &BTreeMap<Sym, Vec<usize>>,
) -> Vec<Episode> {
    let mut found: Vec<Episode> = Vec::new();
    for (&component, calls) in components.iter().filter(|(_, c)| c.len() >= LEAST_CALLS) {
        found.extend(look(context, exchange, component, Vec::new(), calls));
    }
    if components.len() > 1 {
        let mut all: Vec<usize> = components.values().flatten().copied().collect();
        all.sort_unstable();
        let wide = look(context, exchange, Sym::NONE, Vec::new(), &all);
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
    let row: Vec<Seen> = calls
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
        .collect();
    let of = RowOf {
        exchange,
        component,
        callers,
        source: OutageSource::Calls,
    };
    episodes(&row, &of, context.silences, MERGE_GAP_S)
}
