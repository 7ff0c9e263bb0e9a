//! The clock of a log without shared ids, from the moments of its calls alone.
//!
//! Each payment makes its calls within moments: counted over all calls and all attempts around them, one lag is far
//! more frequent than chance would have it (the cross-correlogram of two point processes, D. R. Cox 1955). It is looked
//! for in a few stretches of the log, each with the drifts that a clock may have. Wrong where payments come at fixed
//! intervals, many lags then being alike: nothing is claimed where a second lag is nearly as frequent.

use std::collections::BTreeSet;

use super::Timeline;
use super::align::pair_bounds;
use super::drift::{Bound, Clock, fit};
use crate::model::{Attempt, Call, Sym, Time};
use crate::stats::median;

/// Clocks without ids are looked for within so many seconds.
const REACH_S: f64 = 400.0;
/// Width of a class of lags, in seconds; three neighbours are counted together.
const CLASS_S: f64 = 0.5;
/// At most so many stretches …
const MOST_STRETCHES: usize = 24;
/// … of so many calls: the shorter ones first, which a step spoils less and a drift smears less.
const STRETCH_CALLS: [usize; 2] = [50, 200];
/// So many calls tell how crowded a stretch is.
const LOOKED_AT: usize = 8;
/// A lag stands out when it is so many standard deviations (Poisson) above what chance gives, …
const STANDS_OUT: f64 = 8.0;
/// … and any lag elsewhere by less than this share of it.
const RUNNER_UP: f64 = 0.6;
/// Lags so near to the best one belong to it, in seconds.
const NEAR_S: f64 = 10.0;
/// A call and an attempt this near to the found lag are taken for a pair, in seconds.
const PAIR_S: f64 = 3.0;
/// Pairs that leave a clock less sure than this, in seconds, were none.
const MOST_UNSURE_S: f64 = 6.0;
/// Stretches whose lag is further from the usual one are chance, in seconds.
const STRAY_S: f64 = 120.0;
/// Drifts that are tried: up to so many seconds an hour, one by one.
const MOST_DRIFT: i32 = 10;

/// The clock of an input of calls against the attempts, to whose times `zone` seconds are added first. `None` unless in
/// most stretches of the log one lag stands out.
pub(super) fn by_moments(timeline: &Timeline, input: u32, zone: f64) -> Option<Clock> {
    let moved = |c: &Call| Call {
        time: c.time.plus_secs(zone),
        ..*c
    };
    let calls: Vec<Call> = timeline
        .calls
        .iter()
        .filter(|c| c.source.input == input && !c.is_probe)
        .map(moved)
        .collect();
    let attempts = concerned(timeline, &calls);
    let bounds = STRETCH_CALLS
        .iter()
        .find_map(|&length| bounds(&stretches(&calls, length), &attempts))?;
    let clock = fit(bounds)?.blurred(CLASS_S);
    (clock.residual() <= MOST_UNSURE_S).then_some(clock)
}

/// The bounds of likely pairs, when most stretches have a lag that stands out.
fn bounds(stretches: &[&[Call]], attempts: &[Attempt]) -> Option<Vec<Bound>> {
    let found: Vec<(Lag, &[Call])> = stretches
        .iter()
        .filter_map(|s| Some((clear_lag(s, attempts)?, *s)))
        .collect();
    let usual = median(&mut found.iter().map(|f| f.0.seconds).collect::<Vec<_>>())?;
    let near: Vec<&(Lag, &[Call])> = found
        .iter()
        .filter(|f| (f.0.seconds - usual).abs() <= STRAY_S)
        .collect();
    let bounds = near
        .iter()
        .flat_map(|(lag, calls)| calls.iter().filter_map(|c| lag.bound(c, attempts)));
    (near.len() * 2 >= stretches.len()).then(|| bounds.collect())
}

/// The attempts that may have made these calls, by start: those that name the exchange; if none does, those that name
/// no other.
fn concerned(timeline: &Timeline, calls: &[Call]) -> Vec<Attempt> {
    let exchanges: BTreeSet<Sym> = calls.iter().map(|c| c.exchange).collect();
    let naming = |a: &&Attempt| exchanges.contains(&a.exchange);
    let silent = |a: &&Attempt| a.exchange.is_none();
    let any = timeline.attempts.iter().any(|a| naming(&a));
    let all = timeline.attempts.iter();
    let mut out: Vec<Attempt> = if any {
        all.filter(naming).copied().collect()
    } else {
        all.filter(silent).copied().collect()
    };
    out.sort_by_key(|a| (a.start, a.source));
    out
}

/// Stretches of neighbouring calls, spread over the log.
fn stretches(calls: &[Call], length: usize) -> Vec<&[Call]> {
    let chunk = calls.len().div_ceil(MOST_STRETCHES).max(length);
    calls
        .chunks(chunk)
        .map(|c| &c[..c.len().min(length)])
        .filter(|c| 2 * c.len() >= length)
        .collect()
}

/// What must be added to the calls of a stretch, and how that grows.
#[derive(Clone, Copy, Debug)]
struct Lag {
    seconds: f64,
    /// Seconds a second, from `origin` on.
    drift: f64,
    origin: Time,
}

impl Lag {
    fn at(&self, t: Time) -> f64 {
        self.seconds + self.drift * t.secs_since(self.origin)
    }

    /// The bounds from the attempt that starts nearest to where this lag puts the call.
    fn bound(&self, call: &Call, attempts: &[Attempt]) -> Option<Bound> {
        let expected = call.time.plus_secs(self.at(call.time));
        let apart = |a: &&Attempt| a.start.secs_since(expected).abs();
        let nearest = around(call, expected, PAIR_S, attempts)
            .min_by(|a, b| apart(a).total_cmp(&apart(b)))?;
        let (low, high) = pair_bounds(nearest, call);
        Some(Bound {
            time: call.time,
            low,
            high,
        })
    }
}

/// The attempts of the call's own caller that start within `reach` seconds of a time.
fn around<'a>(
    call: &Call,
    t: Time,
    reach: f64,
    attempts: &'a [Attempt],
) -> impl Iterator<Item = &'a Attempt> + use<'a> {
    let first = attempts.partition_point(|a| a.start < t.plus_secs(-reach));
    let until = t.plus_secs(reach);
    let caller = call.caller;
    attempts[first..]
        .iter()
        .take_while(move |a| a.start <= until)
        .filter(move |a| caller.is_none() || a.merchant.is_none() || a.merchant == caller)
}

/// The lag that stands out among all, whatever the drift.
fn clear_lag(calls: &[Call], attempts: &[Attempt]) -> Option<Lag> {
    let origin = calls.first()?.time;
    if drowns(calls, attempts) {
        return None;
    }
    let lags: Vec<(f64, f64)> = calls
        .iter()
        .flat_map(|c| {
            let near = around(c, c.time, REACH_S, attempts);
            near.map(move |a| (c.time.secs_since(origin), a.start.secs_since(c.time)))
        })
        .collect();
    let span = calls.last()?.time.secs_since(origin);
    let drifts = if span * f64::from(MOST_DRIFT) / 3600.0 < CLASS_S {
        0..=0
    } else {
        -MOST_DRIFT..=MOST_DRIFT
    };
    let best = drifts
        .map(|d| f64::from(d) / 3600.0)
        .map(|drift| (peak(&lags, drift), drift))
        .max_by(|a, b| a.0.height.total_cmp(&b.0.height))?;
    let (peak, drift) = best;
    (peak.height >= STANDS_OUT && peak.runner_up <= RUNNER_UP * peak.height).then_some(Lag {
        seconds: peak.at,
        drift,
        origin,
    })
}

/// Whether so many attempts lie around each call that its own could not stand out among them: told by a few of the calls.
fn drowns(calls: &[Call], attempts: &[Attempt]) -> bool {
    let step = calls.len().div_ceil(LOOKED_AT);
    let some: Vec<&Call> = calls.iter().step_by(step).collect();
    let near: usize = some
        .iter()
        .map(|c| around(c, c.time, REACH_S, attempts).count())
        .sum();
    let pairs = near as f64 / some.len().max(1) as f64 * calls.len() as f64;
    let chance = 3.0 * pairs * CLASS_S / (2.0 * REACH_S);
    2.0 * (calls.len() as f64) < STANDS_OUT * (chance + 1.0).sqrt()
}

/// The most frequent lag, in standard deviations above chance, and the most frequent one elsewhere.
struct Peak {
    at: f64,
    height: f64,
    runner_up: f64,
}

fn peak(lags: &[(f64, f64)], drift: f64) -> Peak {
    let classes = (2.0 * REACH_S / CLASS_S) as usize;
    let mut counts = vec![0.0f64; classes];
    for (since, lag) in lags {
        let class = (lag - drift * since + REACH_S) / CLASS_S;
        if class >= 0.0 && (class as usize) < classes {
            counts[class as usize] += 1.0;
        }
    }
    let chance = 3.0 * counts.iter().sum::<f64>() / classes as f64;
    let score = |w: &[f64]| (w.iter().sum::<f64>() - chance) / (chance + 1.0).sqrt();
    let scores: Vec<f64> = counts.windows(3).map(score).collect();
    let (top, height) =
        scores.iter().enumerate().fold(
            (0, f64::NEG_INFINITY),
            |b, (i, s)| if *s > b.1 { (i, *s) } else { b },
        );
    let near = (NEAR_S / CLASS_S) as usize;
    let runner_up = scores
        .iter()
        .enumerate()
        .filter(|(i, _)| i.abs_diff(top) > near)
        .fold(0.0, |b: f64, (_, s)| b.max(*s));
    Peak {
        at: (top as f64 + 1.5) * CLASS_S - REACH_S,
        height,
        runner_up,
    }
}
