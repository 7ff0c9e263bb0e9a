//! Which calls count as bad: the upstream was at fault, or the answer came much later than usual.

use std::collections::BTreeMap;

use super::Timeline;
use crate::model::{Call, ErrorClass, FastMap, Sym};
use crate::stats::{median, quantile};

/// An answer this many times slower than usual counts as bad.
const SLOW_TIMES_MEDIAN: f64 = 5.0;
/// … and at least this many times slower than the slow ones among the usual.
const SLOW_TIMES_P95: f64 = 2.5;
/// … and no faster than this, in microseconds: what takes 50 ms instead of 5 hurts nobody.
const SLOW_FLOOR_US: f64 = 1_000_000.0;
/// A component needs so many timed calls before slowness is judged.
const LEAST_TIMED_CALLS: usize = 50;
/// Which calls count as bad: the upstream was at fault, or the answer came much later than usual.
#[derive(Debug, Default)]
pub struct Health {
    slow_us: FastMap<(Sym, Sym), u32>,
}

/// What a call says about the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Served in time (a refusal of a wrong request is good service).
    Good,
    /// The upstream was at fault.
    Failed,
    /// Served, but much later than usual.
    Slow,
    /// Refused for the rate of requests, or by a firewall: says nothing by itself.
    Refused,
}

impl Health {
    /// Learns, per exchange and component, from when on an answer is slow. A client's time-out that the user states (in
    /// milliseconds, by the exchange's name) is taken as it is.
    pub fn learn(timeline: &Timeline, stated_ms: &BTreeMap<String, u64>) -> Health {
        let mut durations: BTreeMap<(Sym, Sym), Vec<f64>> = BTreeMap::new();
        for call in timeline
            .calls
            .iter()
            .filter(|c| c.class == ErrorClass::None && !c.is_probe)
        {
            if let Some(us) = call.duration_us {
                durations
                    .entry((call.exchange, call.component))
                    .or_default()
                    .push(f64::from(us));
            }
        }
        let stated = |key: &(Sym, Sym)| {
            let ms = stated_ms.get(timeline.names.text(key.0))?;
            Some(u32::try_from(ms.saturating_mul(1000)).unwrap_or(u32::MAX))
        };
        let learnt = |d: &[f64]| {
            if d.len() < LEAST_TIMED_CALLS {
                None
            } else {
                slow_threshold(d)
            }
        };
        let slow_us = durations
            .into_iter()
            .filter_map(|(key, d)| Some((key, stated(&key).or_else(|| learnt(&d))?)))
            .collect();
        Health { slow_us }
    }

    /// From when on an answer of this component is slow, in microseconds.
    pub fn slow_us(&self, exchange: Sym, component: Sym) -> Option<u32> {
        self.slow_us.get(&(exchange, component)).copied()
    }

    /// What a call says about the exchange.
    pub fn state(&self, call: &Call) -> CallState {
        match call.class {
            ErrorClass::None => {
                let slow = self.slow_us(call.exchange, call.component);
                match (slow, call.duration_us) {
                    (Some(limit), Some(took)) if took > limit => CallState::Slow,
                    _ => CallState::Good,
                }
            }
            ErrorClass::RateLimited => CallState::Refused,
            ErrorClass::Auth if call.http_status == 403 || call.http_status == 401 => {
                CallState::Refused
            }
            ErrorClass::ClientError if call.http_status == 403 => CallState::Refused,
            c if c.is_upstream() => CallState::Failed,
            ErrorClass::Unknown | ErrorClass::Internal => CallState::Failed,
            _ => CallState::Good,
        }
    }
}

/// Calls are cut into stretches; the usual is the median stretch of the faster half, so that a long slow
/// spell does not pass for normal.
fn slow_threshold(durations: &[f64]) -> Option<u32> {
    let chunk = (durations.len() / 40).clamp(10, 2_000);
    let mut medians = Vec::new();
    let mut p95s = Vec::new();
    for part in durations.chunks(chunk).filter(|p| p.len() >= 5) {
        let mut sorted = part.to_vec();
        medians.push(median(&mut sorted)?);
        p95s.push(quantile(&mut sorted, 0.95)?);
    }
    let usual = quantile(&mut medians, 0.25)?;
    let upper = quantile(&mut p95s, 0.25)?;
    let limit = (usual * SLOW_TIMES_MEDIAN)
        .max(upper * SLOW_TIMES_P95)
        .max(SLOW_FLOOR_US);
    Some(limit.min(f64::from(u32::MAX)) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_slow_spell_does_not_pass_for_normal() {
        let durations: Vec<f64> = (0..1000)
            .map(|i| {
                if (300..900).contains(&i) {
                    20e6
                } else {
                    0.2e6 + i as f64
                }
            })
            .collect();
        let limit = f64::from(slow_threshold(&durations).unwrap());
        assert!((1e6..5e6).contains(&limit), "{limit}");
    }
}
