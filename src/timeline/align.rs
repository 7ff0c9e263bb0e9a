//! Clocks: what each input's times must be moved by to agree with the payments.
//!
//! Where calls and attempts share ids, a call must lie inside its attempt; each pair bounds the offset from both sides
//! (as D. L. Mills bounds a clock by the two directions of a delay, RFC 5905). Without shared ids the failure series are
//! aligned, and only whole quarters of an hour are believed, for stamps that state no zone.
//! A whole-zone offset of such an input is its zone; what remains is the skew of its clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Timeline;
use crate::model::{
    Attempt, Call, ErrorClass, IdHash, InputSummary, Role, Span, Sym, Time, ZoneFrom,
};
use crate::stats::{median, quantile};

/// Linked pairs needed to estimate an offset.
const LEAST_PAIRS: usize = 8;
/// At most so many pairs are used, spread over the log.
const MOST_PAIRS: usize = 20_000;
/// An id shared by more calls than this, or by more than one attempt, links nothing.
const MOST_CALLS: usize = 16;
/// Pairs further from the middle than this are links of something else, in seconds.
const STRAY_S: f64 = 600.0;
/// An offset smaller than this is within what logging itself blurs, in seconds.
const BLUR_S: f64 = 1.0;
/// Zones are whole quarters of an hour.
const QUARTER_S: f64 = 900.0;
/// A zone is believed when the rest is smaller than this, in seconds.
const ZONE_REST_S: f64 = 240.0;
/// No place on Earth is further from UTC, in seconds.
const FURTHEST_S: f64 = 14.0 * 3600.0;
/// Width of a bucket of the failure series, in seconds.
const BUCKET_S: f64 = 60.0;
/// How well the failure series must agree at the found zone (correlation), …
const AGREE: f64 = 0.5;
/// … and how much better than without it.
const BETTER: f64 = 0.25;
/// Failures needed on each side to align series.
const LEAST_FAILURES: usize = 20;

/// An estimated offset, in seconds: what to add to an input's times.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Offset {
    seconds: f64,
    residual: f64,
    pairs: usize,
}

/// Estimates every input's offset and moves its times by it. Says so in the inputs' summaries.
pub fn align(timeline: &mut Timeline) {
    let by_pair = offsets_by_ids(timeline);
    let mut shifts = solve(timeline, &by_pair);
    for input in unlinked_without_zone(timeline, &shifts) {
        if let Some(offset) = by_series(timeline, input) {
            shifts.insert(input, offset);
        }
    }
    apply(timeline, &shifts);
}

/// Offset of each exchange input against each payments input.
fn offsets_by_ids(timeline: &Timeline) -> BTreeMap<(u32, u32), Offset> {
    let attempts = index_attempts(timeline);
    let step = (timeline.calls.len() / MOST_PAIRS).max(1);
    let mut crowd: HashMap<IdHash, usize> = HashMap::new();
    for id in timeline
        .calls
        .iter()
        .flat_map(|c| c.links)
        .filter(|l| l.is_some())
    {
        *crowd.entry(id).or_default() += 1;
    }
    let mut bounds: BTreeMap<(u32, u32), Vec<(f64, f64)>> = BTreeMap::new();
    for call in timeline.calls.iter().step_by(step) {
        for id in call
            .links
            .into_iter()
            .filter(|l| l.is_some() && crowd.get(l).is_some_and(|n| *n <= MOST_CALLS))
        {
            if let Some(attempt) = attempts.get(&id).copied().flatten() {
                let a = &timeline.attempts[attempt as usize];
                bounds
                    .entry((a.source.input, call.source.input))
                    .or_default()
                    .push(pair_bounds(a, call));
                break;
            }
        }
    }
    bounds
        .into_iter()
        .filter_map(|(key, b)| Some((key, offset_of(&b)?)))
        .collect()
}

/// The attempt of each link id; `None` where several share it.
fn index_attempts(timeline: &Timeline) -> HashMap<IdHash, Option<u32>> {
    let mut out: HashMap<IdHash, Option<u32>> = HashMap::new();
    for (i, a) in timeline.attempts.iter().enumerate() {
        let own = Some(i as u32);
        for id in a.links.into_iter().filter(|l| l.is_some()) {
            let known = out.entry(id).or_insert(own);
            if *known != own {
                *known = None;
            }
        }
    }
    out
}

/// What must be added to the call's time at least, and at most, for it to lie inside the attempt.
fn pair_bounds(a: &Attempt, call: &Call) -> (f64, f64) {
    let least = a.start.secs_since(call.time);
    let most = a.end().secs_since(call.end());
    (least.min(most), least.max(most))
}

fn offset_of(bounds: &[(f64, f64)]) -> Option<Offset> {
    let mut middles: Vec<f64> = bounds.iter().map(|b| (b.0 + b.1) / 2.0).collect();
    let middle = median(&mut middles)?;
    let near: Vec<&(f64, f64)> = bounds
        .iter()
        .filter(|b| ((b.0 + b.1) / 2.0 - middle).abs() <= STRAY_S)
        .collect();
    if near.len() < LEAST_PAIRS || near.len() * 2 < bounds.len() {
        return None;
    }
    // The tightest bounds, less the few that a wrong link or a late log line gives.
    let low = quantile(&mut near.iter().map(|b| b.0).collect::<Vec<_>>(), 0.95)?;
    let high = quantile(&mut near.iter().map(|b| b.1).collect::<Vec<_>>(), 0.05)?;
    let (low, high) = (low.min(high), low.max(high));
    let seconds = if low - BLUR_S <= 0.0 && 0.0 <= high + BLUR_S {
        0.0
    } else {
        (low + high) / 2.0
    };
    Some(Offset {
        seconds,
        residual: ((high - low) / 2.0).max(0.05),
        pairs: near.len(),
    })
}

/// Puts the offsets of pairs together: the payments input with most pairs (of those that state a zone, if any does) is right,
/// the others follow.
fn solve(timeline: &Timeline, pairs: &BTreeMap<(u32, u32), Offset>) -> BTreeMap<u32, Offset> {
    let mut shifts: BTreeMap<u32, Offset> = BTreeMap::new();
    let mut weight: BTreeMap<u32, usize> = BTreeMap::new();
    for ((payments, _), offset) in pairs {
        *weight.entry(*payments).or_default() += offset.pairs;
    }
    let mut roots: Vec<(u32, usize)> = weight.into_iter().collect();
    roots.sort_by_key(|(i, n)| (!states_zone(timeline, *i), std::cmp::Reverse(*n), *i));
    for (root, _) in roots {
        shifts.entry(root).or_insert(Offset {
            seconds: 0.0,
            residual: 0.0,
            pairs: 0,
        });
        spread(pairs, &mut shifts);
    }
    prefer_stated_zones(timeline, &mut shifts);
    shifts
}

/// Follows the pairs from the inputs known so far to all others within reach.
fn spread(pairs: &BTreeMap<(u32, u32), Offset>, shifts: &mut BTreeMap<u32, Offset>) {
    loop {
        let mut best: Option<(u32, Offset)> = None;
        for ((payments, calls), d) in pairs {
            let next = match (shifts.get(payments), shifts.get(calls)) {
                (Some(p), None) => Some((
                    *calls,
                    Offset {
                        seconds: p.seconds + d.seconds,
                        residual: p.residual + d.residual,
                        pairs: d.pairs,
                    },
                )),
                (None, Some(c)) => Some((
                    *payments,
                    Offset {
                        seconds: c.seconds - d.seconds,
                        residual: c.residual + d.residual,
                        pairs: d.pairs,
                    },
                )),
                _ => None,
            };
            best = match (next, best) {
                (Some(n), Some(b)) if n.1.pairs <= b.1.pairs => Some(b),
                (Some(n), _) => Some(n),
                (None, b) => b,
            };
        }
        match best {
            Some((i, o)) => shifts.insert(i, o),
            None => return,
        };
    }
}

fn states_zone(timeline: &Timeline, input: u32) -> bool {
    let summary = timeline.inputs.get(input as usize);
    summary.is_some_and(|s| s.zone_from != ZoneFrom::Assumed)
}

/// When the inputs that state their zone all lie the same whole zone off, the root was read in the wrong one.
fn prefer_stated_zones(timeline: &Timeline, shifts: &mut BTreeMap<u32, Offset>) {
    let zones: Vec<f64> = shifts
        .iter()
        .filter(|(i, _)| states_zone(timeline, **i))
        .map(|(_, o)| whole_zone(o.seconds))
        .collect();
    let Some(&first) = zones.first() else { return };
    if first != 0.0 && zones.iter().all(|z| *z == first) {
        for offset in shifts.values_mut() {
            offset.seconds -= first;
        }
    }
}

fn whole_zone(seconds: f64) -> f64 {
    let zone = (seconds / QUARTER_S).round() * QUARTER_S;
    if zone.abs() <= FURTHEST_S && (seconds - zone).abs() <= ZONE_REST_S {
        zone
    } else {
        0.0
    }
}

fn unlinked_without_zone(timeline: &Timeline, shifts: &BTreeMap<u32, Offset>) -> Vec<u32> {
    timeline
        .inputs
        .iter()
        .enumerate()
        .filter(|(i, s)| {
            let clock = matches!(s.role, Role::Exchange | Role::Payments);
            clock && s.zone_from == ZoneFrom::Assumed && !shifts.contains_key(&(*i as u32))
        })
        .map(|(i, _)| i as u32)
        .collect()
}

/// The whole-zone offset at which the input's failures coincide with those of the other side.
fn by_series(timeline: &Timeline, input: u32) -> Option<Offset> {
    let (own, other) = failure_series(timeline, input);
    if own.len() < LEAST_FAILURES || other.len() < LEAST_FAILURES {
        return None;
    }
    let reference = buckets(&other, 0.0);
    let score = |shift: f64| correlation(&buckets(&own, shift), &reference);
    let unshifted = score(0.0);
    let steps = (FURTHEST_S / QUARTER_S) as i32;
    let (best, at) = (-steps..=steps)
        .map(|k| (score(f64::from(k) * QUARTER_S), k))
        .fold(
            (f64::NEG_INFINITY, 0),
            |b, s| if s.0 > b.0 + 1e-9 { s } else { b },
        );
    let found = best >= AGREE && best >= unshifted + BETTER && at != 0;
    found.then_some(Offset {
        seconds: f64::from(at) * QUARTER_S,
        residual: QUARTER_S / 10.0,
        pairs: 0,
    })
}

/// Failure times of an input, and of the other side as far as it names the same exchange (or none).
fn failure_series(timeline: &Timeline, input: u32) -> (Vec<Time>, Vec<Time>) {
    let bad_call = |c: &&Call| c.class.is_upstream();
    let bad_attempt = |a: &&Attempt| {
        a.outcome.is_bad() && !a.class.is_customer_side() && a.class != ErrorClass::ClientError
    };
    let is_payments = timeline
        .inputs
        .get(input as usize)
        .is_some_and(|s| s.role == Role::Payments);
    if is_payments {
        let own = timeline
            .attempts
            .iter()
            .filter(|a| a.source.input == input)
            .filter(bad_attempt)
            .map(|a| a.time)
            .collect();
        return (
            own,
            timeline
                .calls
                .iter()
                .filter(bad_call)
                .map(|c| c.time)
                .collect(),
        );
    }
    let own: Vec<&Call> = timeline
        .calls
        .iter()
        .filter(|c| c.source.input == input)
        .filter(bad_call)
        .collect();
    let exchanges: BTreeSet<Sym> = own.iter().map(|c| c.exchange).collect();
    let concerned = |a: &&Attempt| a.exchange.is_none() || exchanges.contains(&a.exchange);
    let other = timeline
        .attempts
        .iter()
        .filter(bad_attempt)
        .filter(concerned)
        .map(|a| a.start)
        .collect();
    (own.into_iter().map(|c| c.time).collect(), other)
}

fn buckets(times: &[Time], shift: f64) -> BTreeMap<i64, f64> {
    let mut out = BTreeMap::new();
    for t in times {
        *out.entry(((t.as_secs_f64() + shift) / BUCKET_S).floor() as i64)
            .or_insert(0.0) += 1.0;
    }
    out
}

/// Cosine of the square roots of two sparse series: 1 when they rise and fall together, 0 when they never meet.
fn correlation(a: &BTreeMap<i64, f64>, b: &BTreeMap<i64, f64>) -> f64 {
    let dot: f64 = a
        .iter()
        .filter_map(|(k, x)| Some((x * b.get(k)?).sqrt()))
        .sum();
    let norm = |s: &BTreeMap<i64, f64>| s.values().sum::<f64>().sqrt();
    dot / (norm(a) * norm(b)).max(1e-9)
}

fn apply(timeline: &mut Timeline, shifts: &BTreeMap<u32, Offset>) {
    for (input, offset) in shifts {
        if let Some(summary) = timeline.inputs.get_mut(*input as usize) {
            tell(summary, offset);
        }
    }
    let by = |input: u32| shifts.get(&input).map(|o| o.seconds).filter(|s| *s != 0.0);
    for call in &mut timeline.calls {
        if let Some(s) = by(call.source.input) {
            call.time = call.time.plus_secs(s);
        }
    }
    for a in &mut timeline.attempts {
        if let Some(s) = by(a.source.input) {
            a.time = a.time.plus_secs(s);
            a.start = a.start.plus_secs(s);
        }
    }
    timeline.calls.sort_by_key(|c| (c.time, c.source));
    timeline.attempts.sort_by_key(|a| (a.time, a.source));
}

/// Writes an offset into the summary: a whole zone as the zone, the rest as the clock's offset.
fn tell(summary: &mut InputSummary, offset: &Offset) {
    let zone = if summary.zone_from == ZoneFrom::Assumed {
        whole_zone(offset.seconds)
    } else {
        0.0
    };
    let rest = offset.seconds - zone;
    if zone != 0.0 {
        summary.zone = zone_name(-zone);
        summary.zone_from = ZoneFrom::Inferred;
        summary.warnings.push(format!(
            "time stamps state no zone; the other logs agree with them at {} (say --zone to overrule)",
            summary.zone
        ));
    }
    if rest.abs() > BLUR_S {
        let direction = if rest < 0.0 { "ahead of" } else { "behind" };
        summary.warnings.push(format!(
            "its clock is {:.1} s {direction} the payments; its times were moved",
            rest.abs()
        ));
    }
    summary.clock_offset_ms = Some((rest * 1000.0).round() as i64);
    summary.clock_residual_ms = Some((offset.residual * 1000.0).round() as i64);
    let shifted = |t: Time| t.plus_secs(offset.seconds);
    let span = summary
        .first
        .zip(summary.last)
        .map(|(a, b)| Span::new(shifted(a), shifted(b)));
    summary.first = span.map(|s| s.start);
    summary.last = span.map(|s| s.end);
}

fn zone_name(seconds: f64) -> String {
    let sign = if seconds < 0.0 { '-' } else { '+' };
    let minutes = (seconds.abs() / 60.0).round() as i64;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ErrorKey, Outcome, Precision, SourceRef, Sym};

    fn attempt(i: i64, length_ms: i64) -> Attempt {
        let start = Time::from_millis(1_000_000_000_000 + i * 5_000);
        Attempt {
            time: start.plus_millis(length_ms),
            start,
            precision: Precision::Millis,
            duration_ms: None,
            id: Sym::NONE,
            order_text: Sym::NONE,
            links: [IdHash::of(&format!("p{i}")), IdHash::NONE, IdHash::NONE],
            order: IdHash::NONE,
            customer: IdHash::NONE,
            merchant: Sym::NONE,
            method: Sym::NONE,
            exchange: Sym::NONE,
            currency: Sym::NONE,
            operation: Sym::NONE,
            outcome: Outcome::Succeeded,
            error: ErrorKey(0),
            class: ErrorClass::None,
            amount: None,
            attempt_no: 0,
            retry_of: IdHash::NONE,
            source: SourceRef {
                input: 0,
                line: i as u64 + 1,
            },
        }
    }

    fn call(a: &Attempt, offset_ms: i64) -> Call {
        Call {
            time: a.start.plus_millis(100 + offset_ms),
            duration_us: Some(200_000),
            links: [a.links[0], IdHash::NONE, IdHash::NONE],
            exchange: Sym(1),
            component: Sym::NONE,
            caller: Sym::NONE,
            http_status: 200,
            class: ErrorClass::None,
            error: ErrorKey(0),
            is_probe: false,
            source: SourceRef {
                input: 1,
                line: a.source.line,
            },
        }
    }

    fn timeline(offset_ms: i64, zone_from: ZoneFrom) -> Timeline {
        let attempts: Vec<Attempt> = (0..50).map(|i| attempt(i, 500)).collect();
        let calls = attempts.iter().map(|a| call(a, offset_ms)).collect();
        let payments = InputSummary {
            role: Role::Payments,
            zone_from: ZoneFrom::Explicit,
            ..InputSummary::default()
        };
        let exchange = InputSummary {
            role: Role::Exchange,
            zone_from,
            ..InputSummary::default()
        };
        Timeline {
            attempts,
            calls,
            inputs: vec![payments, exchange],
            ..Timeline::default()
        }
    }

    #[test]
    fn agreeing_clocks_are_left_alone() {
        let mut t = timeline(0, ZoneFrom::Explicit);
        let before = t.calls[0].time;
        align(&mut t);
        assert_eq!(
            (t.calls[0].time, t.inputs[1].clock_offset_ms),
            (before, Some(0))
        );
    }

    #[test]
    fn a_skewed_clock_is_moved_back() {
        let mut t = timeline(7_300, ZoneFrom::Explicit);
        align(&mut t);
        let offset = t.inputs[1].clock_offset_ms.unwrap();
        assert!((offset + 7_300).abs() <= 150, "{offset}");
        assert!(t.inputs[1].clock_residual_ms.unwrap() >= 50);
    }

    #[test]
    fn a_whole_zone_is_a_zone_and_not_a_skew() {
        let mut t = timeline(8 * 3_600_000, ZoneFrom::Assumed);
        align(&mut t);
        assert_eq!(
            (t.inputs[1].zone.as_str(), t.inputs[1].zone_from),
            ("+08:00", ZoneFrom::Inferred)
        );
        assert!(t.inputs[1].clock_offset_ms.unwrap().abs() <= 1_000);
        assert!(t.calls[0].time.secs_since(t.attempts[0].start).abs() < 1.0);
    }
}
