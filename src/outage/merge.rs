//! Episodes of one exchange put together to outages.

use std::collections::{BTreeMap, BTreeSet};

use super::episode::Episode;
use super::{MERGE_GAP_S, name};
use crate::model::{ComponentOutage, Outage, OutageKind, OutageSource, Phase, Span, Sym, Time};
use crate::timeline::Timeline;

/// Puts together what belongs together, in order of onset; ids are given in that order.
pub(crate) fn merge(timeline: &Timeline, mut episodes: Vec<Episode>) -> Vec<Outage> {
    let key = |e: &Episode| {
        (
            name(timeline, e.exchange),
            e.start,
            name(timeline, e.component),
            e.callers
                .iter()
                .map(|c| name(timeline, *c))
                .collect::<Vec<_>>(),
        )
    };
    episodes.sort_by_cached_key(key);
    let mut groups: Vec<Vec<Episode>> = Vec::new();
    for episode in episodes {
        match groups.iter_mut().find(|g| belongs(g, &episode)) {
            Some(group) => group.push(episode),
            None => groups.push(vec![episode]),
        }
    }
    let mut outages: Vec<Outage> = groups.iter().map(|g| outage_of(timeline, g)).collect();
    outages.sort_by(|a, b| (a.start, &a.exchange_name).cmp(&(b.start, &b.exchange_name)));
    for (i, outage) in outages.iter_mut().enumerate() {
        outage.id = format!("O{}", i + 1);
    }
    outages
}

fn belongs(group: &[Episode], episode: &Episode) -> bool {
    let near = |e: &Episode| {
        let (a, b) = (e.span(), episode.span());
        a.overlaps(&b) || b.start.secs_since(a.end).max(a.start.secs_since(b.end)) < MERGE_GAP_S
    };
    group[0].exchange == episode.exchange && group.iter().any(near)
}

fn outage_of(timeline: &Timeline, group: &[Episode]) -> Outage {
    let first = first_of(group);
    let (end, end_interval) = recovery_of(group);
    let mut by_part: BTreeMap<Sym, Vec<&Episode>> = BTreeMap::new();
    for episode in group {
        by_part.entry(episode.component).or_default().push(episode);
    }
    let mut components: Vec<ComponentOutage> = by_part
        .into_values()
        .map(|part| component_of(timeline, &part))
        .collect();
    components.sort_by(|a, b| a.name.cmp(&b.name));
    let sources: BTreeSet<OutageSource> = group.iter().map(|e| e.source).collect();
    Outage {
        id: String::new(),
        exchange: first.exchange,
        exchange_name: name(timeline, first.exchange).into(),
        start: first.start,
        start_interval: first.start_interval,
        end,
        end_interval,
        began_before_log: first.began_before_log,
        kind: OutageKind::Unknown,
        components,
        sources: sources.into_iter().collect(),
        acknowledged_at: None,
        evidence: Vec::new(),
        first_seen: Some(first.first_bad),
    }
}

/// The episode that tells the onset: the earliest, or the most exact one whose interval overlaps the earliest's.
fn first_of(group: &[Episode]) -> &Episode {
    let earliest = group.iter().min_by_key(|e| e.start).unwrap_or(&group[0]);
    let width = |e: &Episode| e.start_interval.end.0 - e.start_interval.start.0;
    let same =
        |e: &&Episode| e.start_interval.overlaps(&earliest.start_interval) && !e.began_before_log;
    group
        .iter()
        .filter(same)
        .min_by_key(|e| (width(e), e.start))
        .filter(|_| !earliest.began_before_log)
        .unwrap_or(earliest)
}

/// The latest recovery; none while any part was still bad after the others had recovered.
fn recovery_of(group: &[Episode]) -> (Option<Time>, Option<Span>) {
    let last_closed = group
        .iter()
        .filter(|e| e.end.is_some())
        .max_by_key(|e| e.end);
    let last_open = group
        .iter()
        .filter(|e| e.end.is_none())
        .map(|e| e.span().end)
        .max();
    match (last_closed, last_open) {
        (Some(closed), Some(open)) if closed.end.is_some_and(|end| end >= open) => {
            (closed.end, closed.end_interval)
        }
        (Some(closed), None) => (closed.end, closed.end_interval),
        _ => (None, None),
    }
}

fn component_of(timeline: &Timeline, part: &[&Episode]) -> ComponentOutage {
    let mut phases: Vec<Phase> = part.iter().flat_map(|e| e.phases.iter().copied()).collect();
    phases.sort_by_key(|p| p.span);
    let last = part.iter().max_by_key(|e| e.span().end);
    let baseline = part
        .iter()
        .map(|e| e.baseline * e.observed as f64)
        .sum::<f64>()
        / part.iter().map(|e| e.observed as f64).sum::<f64>().max(1.0);
    let everyone = part.iter().any(|e| e.callers.is_empty());
    let mut callers: Vec<Sym> = if everyone {
        Vec::new()
    } else {
        part.iter().flat_map(|e| e.callers.clone()).collect()
    };
    callers.sort_by_key(|c| name(timeline, *c));
    callers.dedup();
    let component = part[0].component;
    ComponentOutage {
        name: name(timeline, component).into(),
        component,
        start: part.iter().map(|e| e.start).min().unwrap_or_default(),
        end: last.and_then(|e| e.end),
        calls: part.iter().map(|e| e.observed).sum(),
        failed_calls: part.iter().map(|e| e.bad).sum(),
        baseline_failure_rate: baseline,
        peak_failure_rate: phases.iter().map(|p| p.failure_rate).fold(0.0, f64::max),
        phases,
        callers,
    }
}
