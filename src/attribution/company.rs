//! Where no id, no name and no caller tells which payments call an exchange, time does: those that call it are seen right beside
//! its calls, and far more often than chance would have it. Told by attempts that succeeded: an outage cannot make it so.

use std::collections::BTreeMap;

use crate::model::{Attempt, FastMap, Outcome, Span, Sym, Time};
use crate::timeline::Timeline;

/// A call that belongs to an attempt lies no further outside it than this, in seconds.
const NEAR_S: f64 = 2.0;
/// What chance gives is told by the same attempts, moved by so many seconds.
const SHIFTS_S: [f64; 6] = [-307.0, -173.0, -61.0, 61.0, 173.0, 307.0];
/// So many attempts of a group are looked at, spread over the log.
const SAMPLE: usize = 600;
/// With fewer nothing is concluded.
const LEAST: usize = 20;
/// Where chance alone puts calls beside more than this share of attempts, time tells nothing.
const CROWDED: f64 = 0.8;
/// Of what chance leaves open, this share beside a call shows that a group calls …
const KEEPS: f64 = 0.3;
/// … and at most this share that it does not.
const AVOIDS: f64 = 0.08;
/// Standard deviations above chance that an observation must lie.
const SIGMAS: f64 = 5.0;

/// A merchant's payments by one method.
pub(crate) type Group = (Sym, Sym);

/// What time tells of a group and an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Company {
    /// Its attempts are seen beside calls.
    Keeps,
    /// They are not, and would be.
    Avoids,
}

/// What time tells, by group and exchange; a pair that is not listed is not told.
pub(crate) fn learn(timeline: &Timeline) -> BTreeMap<(Group, Sym), Company> {
    let mut calls: BTreeMap<Sym, Vec<Time>> = BTreeMap::new();
    for c in timeline.calls.iter().filter(|c| !c.is_probe) {
        calls.entry(c.exchange).or_default().push(c.time);
    }
    if calls.is_empty() {
        return BTreeMap::new();
    }
    let mut groups: FastMap<Group, Vec<&Attempt>> = FastMap::default();
    for a in timeline
        .attempts
        .iter()
        .filter(|a| a.outcome == Outcome::Succeeded)
    {
        groups.entry((a.merchant, a.method)).or_default().push(a);
    }
    let mut out = BTreeMap::new();
    for (group, attempts) in groups.iter().filter(|g| g.1.len() >= LEAST) {
        let step = attempts.len().div_ceil(SAMPLE);
        let sampled = attempts.iter().step_by(step);
        let sample: Vec<Span> = sampled.map(|a| Span::new(a.start, a.end())).collect();
        for (exchange, times) in &calls {
            if let Some(company) = company(&sample, times) {
                out.insert((*group, *exchange), company);
            }
        }
    }
    out
}

/// What time tells of attempts that each took a span, and of calls in their order.
fn company(attempts: &[Span], calls: &[Time]) -> Option<Company> {
    let n = attempts.len() as f64;
    let beside = |shift: f64| {
        let near = |a: &&Span| {
            let from = a.start.plus_secs(shift - NEAR_S);
            let to = a.end.plus_secs(shift + NEAR_S);
            let first = calls.partition_point(|c| *c < from);
            calls.get(first).is_some_and(|c| *c <= to)
        };
        attempts.iter().filter(near).count() as f64
    };
    let seen = beside(0.0);
    let chance = SHIFTS_S.iter().map(|s| beside(*s)).sum::<f64>() / SHIFTS_S.len() as f64;
    let spread = (chance * (1.0 - chance / n)).max(1.0).sqrt();
    if chance > CROWDED * n {
        return None;
    }
    let share = (seen - chance) / (n - chance);
    if share >= KEEPS && seen > chance + SIGMAS * spread {
        Some(Company::Keeps)
    } else if share <= AVOIDS && chance + KEEPS * (n - chance) > seen + SIGMAS * spread {
        Some(Company::Avoids)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: f64) -> Span {
        let time = Time(0).plus_secs(second);
        Span::new(time, time)
    }

    #[test]
    fn who_is_seen_beside_calls_calls() {
        let calls: Vec<Time> = (0..300)
            .map(|i| Time(0).plus_secs(f64::from(i) * 20.0))
            .collect();
        let beside: Vec<Span> = (0..300).map(|i| at(f64::from(i) * 20.0 + 0.6)).collect();
        let apart: Vec<Span> = (0..300).map(|i| at(f64::from(i) * 17.3 + 5.0)).collect();
        assert_eq!(company(&apart, &calls), Some(Company::Avoids));
        // A clockwork of calls: what is moved by a multiple of its period lies beside one, too.
        assert_ne!(company(&beside, &calls), Some(Company::Avoids));
        let dense: Vec<Time> = (0..6000).map(|i| Time(0).plus_secs(f64::from(i))).collect();
        assert_eq!(company(&apart, &dense), None);
    }
}
