//! Calls in rows, and the stretches in which nothing was logged.

use std::collections::BTreeMap;

use crate::model::{Span, Sym, Time};
use crate::stats::quantile;
use crate::timeline::Timeline;

/// No record for so many times the usual gap is a silence …
const SILENCE_TIMES_GAP: f64 = 50.0;
/// … if it also lasts this long, in seconds.
const SILENCE_FLOOR_S: f64 = 60.0;

/// The calls of one exchange, by component: indices in time order. Components with few calls are kept apart
/// too; the detectors pool them.
pub(crate) fn by_component(timeline: &Timeline) -> BTreeMap<Sym, BTreeMap<Sym, Vec<usize>>> {
    let mut out: BTreeMap<Sym, BTreeMap<Sym, Vec<usize>>> = BTreeMap::new();
    for (i, call) in timeline
        .calls
        .iter()
        .enumerate()
        .filter(|(_, c)| c.exchange.is_some())
    {
        out.entry(call.exchange)
            .or_default()
            .entry(call.component)
            .or_default()
            .push(i);
    }
    out
}

/// Stretches in which no input has any record.
pub(crate) fn silences(timeline: &Timeline) -> Vec<Span> {
    let mut times: Vec<Time> = timeline.calls.iter().map(|c| c.time).collect();
    times.extend(timeline.attempts.iter().map(|a| a.time));
    times.sort_unstable();
    let mut gaps: Vec<f64> = times.windows(2).map(|w| w[1].secs_since(w[0])).collect();
    let Some(usual) = quantile(&mut gaps, 0.9) else {
        return Vec::new();
    };
    let limit = (usual * SILENCE_TIMES_GAP).max(SILENCE_FLOOR_S);
    times
        .windows(2)
        .filter(|w| w[1].secs_since(w[0]) > limit)
        .map(|w| Span::new(w[0], w[1]))
        .collect()
}
