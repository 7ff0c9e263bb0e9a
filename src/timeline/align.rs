//! Clocks: what each input's times must be moved by to agree with the payments.
//!
//! Where calls and attempts share ids, a call must lie inside its attempt; each pair bounds the offset from both sides
//! (as D. L. Mills bounds a clock by the two directions of a delay, RFC 5905), and `drift` makes a clock of the bounds.
//! Without shared ids the moments of the calls are held against those of the attempts (`lag`), for stamps that state no
//! zone after the failure series were aligned at whole quarters of an hour. A whole-zone offset of such an input is its zone; what remains is the skew of its clock.

use std::collections::{BTreeMap, BTreeSet};

use super::Timeline;
use super::drift::{BLUR_S, Bound, Clock, LEAST_PAIRS, fit};
use super::lag::by_moments;
use crate::model::{
    Attempt, Call, ClockStep, ErrorClass, FastMap, FastSet, IdHash, InputSummary, Outcome, Role,
    Sym, Time, ZoneFrom,
};
use crate::stats::median;

/// Successes that are logged so much later than refusals, against their calls, wait for something, in seconds.
const SETTLED_LATE_S: f64 = 5.0;
/// At most so many pairs are used, spread over the log.
const MOST_PAIRS: usize = 20_000;
/// An id shared by more calls than this, or by more than one attempt, links nothing.
const MOST_CALLS: usize = 16;
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
/// An offset must be so many times as large as it is unsure …
const SURE: f64 = 3.0;
/// … unless it is known to within so many seconds.
const LEAST_SURE_S: f64 = 5.0;
/// Failures needed on each side to align series.
const LEAST_FAILURES: usize = 20;

/// Indices of an attempt and of a call that share an id.
type Pair = (u32, u32);
/// The pairs of each payments input with each exchange input.
type Pairs = BTreeMap<(u32, u32), Vec<Pair>>;
/// The clocks of the inputs known so far.
type Clocks = BTreeMap<u32, Clock>;

/// Estimates every input's clock and moves its times by it. Says so in the inputs' summaries.
pub fn align(timeline: &mut Timeline) {
    let mut clocks = solve(timeline, &pairs_by_ids(timeline));
    for input in unlinked(timeline, &clocks) {
        if let Some(clock) = without_ids(timeline, input) {
            clocks.insert(input, clock);
        }
    }
    apply(timeline, clocks);
}

/// Attempts and calls that share a selective id.
fn pairs_by_ids(timeline: &Timeline) -> Pairs {
    let step = (timeline.calls.len() / MOST_PAIRS).max(1);
    let looked_at = timeline.calls.iter().step_by(step);
    let asked: FastSet<IdHash> = looked_at.flat_map(|c| c.links).collect();
    let attempts = index_attempts(timeline, &asked);
    let mut crowd: FastMap<IdHash, usize> = FastMap::default();
    for id in timeline
        .calls
        .iter()
        .flat_map(|c| c.links)
        .filter(|l| l.is_some() && asked.contains(l))
    {
        *crowd.entry(id).or_default() += 1;
    }
    let selective = |l: &IdHash| l.is_some() && crowd.get(l).is_some_and(|n| *n <= MOST_CALLS);
    let mut pairs = Pairs::new();
    for (i, call) in timeline.calls.iter().enumerate().step_by(step) {
        let mut ids = call.links.into_iter().filter(selective);
        if let Some(attempt) = ids.find_map(|id| attempts.get(&id).copied().flatten()) {
            let input = timeline.attempts[attempt as usize].source.input;
            let of_inputs = pairs.entry((input, call.source.input)).or_default();
            of_inputs.push((attempt, i as u32));
        }
    }
    for of_inputs in pairs.values_mut() {
        telling(timeline, of_inputs);
    }
    pairs.retain(|_, p| p.len() >= LEAST_PAIRS);
    pairs
}

/// Of an attempt that states one moment only, its end, the last call that was served lies right before it; earlier ones lie
/// as far back as they hung. One that failed may have been given up before its call ended: it tells nothing, but where those
/// refused at once show that successes are logged only when they are settled, a good while later.
fn telling(timeline: &Timeline, of_inputs: &mut Vec<(u32, u32)>) {
    let attempt = |a: u32| &timeline.attempts[a as usize];
    let ends = |c: u32| timeline.calls[c as usize].end();
    let mut last: FastMap<u32, u32> = FastMap::default();
    for &(a, c) in of_inputs.iter() {
        let known = last.entry(a).or_insert(c);
        if ends(c) > ends(*known) {
            *known = c;
        }
    }
    let spans = |a: u32| attempt(a).start < attempt(a).end();
    let is_last = |a: u32, c: u32| !spans(a) && last.get(&a) == Some(&c);
    let served = |a: u32| attempt(a).outcome == Outcome::Succeeded;
    // Refused at once, and so logged at once: what a quick answer ended was not given up.
    let refused = |a: u32, c: u32| {
        let call = &timeline.calls[c as usize];
        let quick = f64::from(call.duration_us.unwrap_or(0)) <= SETTLED_LATE_S * 1e6 / 2.0;
        attempt(a).outcome == Outcome::Failed && call.http_status >= 400 && quick
    };
    let lag = |&(a, c): &(u32, u32)| attempt(a).time.secs_since(ends(c));
    let usual = |of: &dyn Fn(u32, u32) -> bool| {
        let pairs = of_inputs
            .iter()
            .filter(|p| is_last(p.0, p.1) && of(p.0, p.1));
        let mut lags: Vec<f64> = pairs.map(lag).collect();
        median(&mut lags).filter(|_| lags.len() >= LEAST_PAIRS)
    };
    let at_once = usual(&refused);
    let settled_late = usual(&|a, _| served(a))
        .zip(at_once)
        .is_some_and(|(late, soon)| late > soon + SETTLED_LATE_S);
    of_inputs.retain(|&(a, c)| {
        let tells = if settled_late {
            refused(a, c)
        } else {
            served(a)
        };
        spans(a) || tells && is_last(a, c)
    });
}

/// The attempt of each link id that is asked for; `None` where several share it.
fn index_attempts(timeline: &Timeline, asked: &FastSet<IdHash>) -> FastMap<IdHash, Option<u32>> {
    let mut out: FastMap<IdHash, Option<u32>> = FastMap::default();
    for (i, a) in timeline.attempts.iter().enumerate() {
        let own = Some(i as u32);
        for id in a
            .links
            .into_iter()
            .filter(|l| l.is_some() && asked.contains(l))
        {
            let known = out.entry(id).or_insert(own);
            if *known != own {
                *known = None;
            }
        }
    }
    out
}

/// What must be added to the call's time at least, and at most, for it to lie inside the attempt. An attempt that was
/// given up may have ended before its call did.
pub(super) fn pair_bounds(a: &Attempt, call: &Call) -> (f64, f64) {
    let given_up = a.outcome != Outcome::Succeeded && a.start < a.end();
    let last = if given_up { call.time } else { call.end() };
    let least = a.start.secs_since(call.time);
    let most = a.end().secs_since(last);
    (least.min(most), least.max(most))
}

/// Puts the pairs together: the payments input with most pairs (of those that state a zone, if any does) is right, the
/// others follow.
fn solve(timeline: &Timeline, pairs: &Pairs) -> Clocks {
    let mut weight: BTreeMap<u32, usize> = BTreeMap::new();
    for ((payments, _), of_inputs) in pairs {
        *weight.entry(*payments).or_default() += of_inputs.len();
    }
    let mut roots: Vec<(u32, usize)> = weight.into_iter().collect();
    roots.sort_by_key(|(i, n)| (!states_zone(timeline, *i), std::cmp::Reverse(*n), *i));
    let mut clocks = Clocks::new();
    for (root, _) in roots {
        if !clocks.contains_key(&root) {
            spread(timeline, pairs, root, &mut clocks);
        }
    }
    prefer_stated_zones(timeline, &mut clocks);
    clocks
}

/// Takes `root` to be right, and follows the pairs from it to all inputs within reach, those with most pairs first.
/// A root that nothing agrees with tells nothing about itself either.
fn spread(timeline: &Timeline, pairs: &Pairs, root: u32, clocks: &mut Clocks) {
    let known = clocks.len();
    clocks.insert(root, Clock::constant(0.0, 0.0));
    let mut refused: BTreeSet<u32> = BTreeSet::new();
    while let Some(input) = next_input(pairs, clocks, &refused) {
        match clock_of(timeline, pairs, clocks, input) {
            Some(clock) => {
                clocks.insert(input, clock);
            }
            None => {
                refused.insert(input);
            }
        }
    }
    if clocks.len() == known + 1 {
        clocks.remove(&root);
    }
}

/// The input without a clock that has most pairs with those that have one.
fn next_input(pairs: &Pairs, clocks: &Clocks, refused: &BTreeSet<u32>) -> Option<u32> {
    let mut weight: BTreeMap<u32, usize> = BTreeMap::new();
    for (&(payments, calls), of_inputs) in pairs {
        let open = match (clocks.contains_key(&payments), clocks.contains_key(&calls)) {
            (true, false) => calls,
            (false, true) => payments,
            _ => continue,
        };
        *weight.entry(open).or_default() += of_inputs.len();
    }
    weight
        .into_iter()
        .filter(|(input, _)| !refused.contains(input))
        .max_by_key(|&(input, n)| (n, std::cmp::Reverse(input)))
        .map(|(input, _)| input)
}

/// An input's clock against all inputs whose clock is known.
fn clock_of(timeline: &Timeline, pairs: &Pairs, clocks: &Clocks, input: u32) -> Option<Clock> {
    let mut bounds = Vec::new();
    let mut unsure = 0.0f64;
    for (&(payments, calls), of_inputs) in pairs {
        let (other, of_calls) = match input {
            i if i == calls => (clocks.get(&payments), true),
            i if i == payments => (clocks.get(&calls), false),
            _ => continue,
        };
        let Some(other) = other else { continue };
        unsure = unsure.max(other.residual());
        bounds.extend(of_inputs.iter().map(|&(a, c)| {
            let (mut a, mut c) = (timeline.attempts[a as usize], timeline.calls[c as usize]);
            if of_calls {
                move_attempt(&mut a, other);
                let (low, high) = pair_bounds(&a, &c);
                Bound {
                    time: c.time,
                    low,
                    high,
                }
            } else {
                c.time = other.right(c.time);
                let (low, high) = pair_bounds(&a, &c);
                Bound {
                    time: a.start,
                    low: -high,
                    high: -low,
                }
            }
        }));
    }
    let clock = fit(bounds)?.blurred(unsure);
    // An offset that is known no better than this is none.
    let sure = clock.middle().abs() >= SURE * clock.residual();
    (sure || clock.residual() <= LEAST_SURE_S).then_some(clock)
}

fn move_attempt(a: &mut Attempt, clock: &Clock) {
    a.start = clock.right(a.start);
    a.time = clock.right(a.time).max(a.start);
}

fn states_zone(timeline: &Timeline, input: u32) -> bool {
    let summary = timeline.inputs.get(input as usize);
    summary.is_some_and(|s| s.zone_from != ZoneFrom::Assumed)
}

/// When the inputs that state their zone all lie the same whole zone off, the root was read in the wrong one.
fn prefer_stated_zones(timeline: &Timeline, clocks: &mut Clocks) {
    let zones: Vec<f64> = clocks
        .iter()
        .filter(|(i, _)| states_zone(timeline, **i))
        .map(|(_, c)| whole_zone(c.middle()))
        .collect();
    let Some(&first) = zones.first() else { return };
    if first != 0.0 && zones.iter().all(|z| *z == first) {
        for clock in clocks.values_mut() {
            *clock = clock.clone().less(first);
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

fn unlinked(timeline: &Timeline, clocks: &Clocks) -> Vec<u32> {
    (0..timeline.inputs.len() as u32)
        .filter(|i| !clocks.contains_key(i))
        .filter(|&i| matches!(role(timeline, i), Role::Exchange | Role::Payments))
        .collect()
}

fn role(timeline: &Timeline, input: u32) -> Role {
    let summary = timeline.inputs.get(input as usize);
    summary.map_or(Role::Other, |s| s.role)
}

/// The zone from the failures, where none is stated; the clock from the moments of the calls.
fn without_ids(timeline: &Timeline, input: u32) -> Option<Clock> {
    let zone = match states_zone(timeline, input) {
        true => None,
        false => by_series(timeline, input),
    };
    let shift = zone.as_ref().map_or(0.0, Clock::middle);
    match role(timeline, input) {
        Role::Exchange => by_moments(timeline, input, shift)
            .map(|clock| clock.before(shift))
            .or(zone),
        _ => zone,
    }
}

/// The whole-zone offset at which the input's failures coincide with those of the other side.
fn by_series(timeline: &Timeline, input: u32) -> Option<Clock> {
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
    found.then(|| Clock::constant(f64::from(at) * QUARTER_S, QUARTER_S / 10.0))
}

/// Failure times of an input, and of the other side as far as it names the same exchange (or none).
fn failure_series(timeline: &Timeline, input: u32) -> (Vec<Time>, Vec<Time>) {
    let bad_call = |c: &&Call| c.class.is_upstream();
    let bad_attempt = |a: &&Attempt| {
        a.outcome.is_bad() && !a.class.is_customer_side() && a.class != ErrorClass::ClientError
    };
    if role(timeline, input) == Role::Payments {
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

fn apply(timeline: &mut Timeline, clocks: Clocks) {
    let mut zones: BTreeMap<u32, f64> = BTreeMap::new();
    for (input, clock) in clocks {
        let Some(summary) = timeline.inputs.get_mut(input as usize) else {
            continue;
        };
        let zone = match summary.zone_from {
            ZoneFrom::Assumed => whole_zone(clock.middle()),
            _ => 0.0,
        };
        let rest = clock.after(zone);
        tell_zone(summary, zone);
        tell_clock(summary, &rest);
        zones.insert(input, zone);
        timeline.clocks.insert(input, rest);
    }
    let zone = |input: u32| zones.get(&input).copied().filter(|z| *z != 0.0);
    for call in &mut timeline.calls {
        if let Some(zone) = zone(call.source.input) {
            call.time = call.time.plus_secs(zone);
        }
        if let Some(clock) = timeline.clocks.get(&call.source.input) {
            call.time = clock.right(call.time);
        }
    }
    for a in &mut timeline.attempts {
        if let Some(zone) = zone(a.source.input) {
            a.start = a.start.plus_secs(zone);
            a.time = a.time.plus_secs(zone);
        }
        if let Some(clock) = timeline.clocks.get(&a.source.input) {
            move_attempt(a, clock);
        }
    }
    timeline.calls.sort_by_key(|c| (c.time, c.source));
    timeline.attempts.sort_by_key(|a| (a.time, a.source));
}

/// Writes a whole zone into the summary as the zone.
fn tell_zone(summary: &mut InputSummary, zone: f64) {
    if zone == 0.0 {
        return;
    }
    summary.zone = zone_name(-zone);
    summary.zone_from = ZoneFrom::Inferred;
    summary.warnings.push(format!(
        "time stamps state no zone; the other logs agree with them at {} (say --zone to overrule)",
        summary.zone
    ));
    summary.first = summary.first.map(|t| t.plus_secs(zone));
    summary.last = summary.last.map(|t| t.plus_secs(zone));
}

/// Writes what a clock was off into the summary, and in words into its warnings.
fn tell_clock(summary: &mut InputSummary, clock: &Clock) {
    let ms = |seconds: f64| (seconds * 1000.0).round() as i64;
    summary.warnings.extend(in_words(clock));
    summary.clock_offset_ms = Some(ms(clock.middle()));
    summary.clock_drift_ms_per_hour = Some(ms(clock.drift() * 3600.0));
    summary.clock_steps = clock
        .steps()
        .iter()
        .map(|s| ClockStep {
            at: clock.right(s.at),
            by_ms: ms(s.by),
        })
        .collect();
    summary.clock_residual_ms = Some(ms(clock.residual()));
    summary.first = summary.first.map(|t| clock.right(t));
    summary.last = summary.last.map(|t| clock.right(t));
}

/// How wrong a clock was, for people; nothing where logging itself blurs as much.
fn in_words(clock: &Clock) -> Option<String> {
    let (from, to) = clock.span();
    let ahead = |seconds: f64| match seconds {
        s if s > 0.0 => format!("{s:.1} s behind"),
        s => format!("{:.1} s ahead of", s.abs()),
    };
    let (first, last) = (clock.offset(from), clock.offset(to));
    let steps = clock.steps();
    if first.abs().max(last.abs()) <= BLUR_S && steps.is_empty() {
        return None;
    }
    let mut text = if (last - first).abs() <= clock.residual() && steps.is_empty() {
        format!("its clock is {} the payments", ahead(clock.middle()))
    } else {
        format!(
            "its clock is {} the payments at {from} and {} them at {to}",
            ahead(first),
            ahead(last)
        )
    };
    let drift = 3600.0 * clock.drift();
    if drift != 0.0 {
        let gains = if drift < 0.0 { "gaining" } else { "losing" };
        text.push_str(&format!(", {gains} {:.2} s an hour", drift.abs()));
    }
    for step in steps {
        let way = if step.by > 0.0 { "back" } else { "forward" };
        text.push_str(&format!(
            ", set {way} by {:.1} s at {}",
            step.by.abs(),
            step.at
        ));
    }
    Some(format!(
        "{text} (to within {:.1} s); its times were moved",
        clock.residual()
    ))
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

    /// Attempts at moments of chance, their calls on a clock that is `offset_ms` ahead, and no ids.
    fn without_any_ids(offset_ms: i64, of_attempts: bool) -> Timeline {
        let mut t = timeline(offset_ms, ZoneFrom::Explicit);
        let mut state = 7u64;
        let mut gap_ms = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
            (-20_000.0 * unit.max(1e-9).ln()) as i64
        };
        let (mut at, mut call_at) = (t.attempts[0].start, t.attempts[0].start);
        let (model, model_call) = (t.attempts[0], t.calls[0]);
        t.attempts.clear();
        t.calls.clear();
        for line in 1..=600 {
            at = at.plus_millis(gap_ms());
            call_at = if of_attempts {
                at
            } else {
                call_at.plus_millis(gap_ms())
            };
            t.attempts.push(Attempt {
                start: at,
                time: at.plus_millis(500),
                links: [IdHash::NONE; 3],
                source: SourceRef { input: 0, line },
                ..model
            });
            t.calls.push(Call {
                time: call_at.plus_millis(100 + offset_ms),
                links: [IdHash::NONE; 3],
                source: SourceRef { input: 1, line },
                ..model_call
            });
        }
        t
    }

    #[test]
    fn a_clock_is_found_without_ids() {
        for offset_ms in [0, 45_000, -170_000] {
            let mut t = without_any_ids(offset_ms, true);
            align(&mut t);
            let off = t.inputs[1].clock_offset_ms.unwrap() + offset_ms;
            assert!(off.abs() <= 200, "{offset_ms}: {off}");
            assert!(t.order_band(Sym(1)) >= 0.5);
        }
    }

    #[test]
    fn calls_that_follow_no_attempt_have_no_clock() {
        let mut t = without_any_ids(45_000, false);
        align(&mut t);
        assert_eq!(t.inputs[1].clock_offset_ms, None);
        assert_eq!(t.order_band(Sym(1)), 0.0);
    }

    #[test]
    fn each_record_is_moved_by_the_offset_at_its_own_time() {
        let mut t = timeline(0, ZoneFrom::Explicit);
        let start = t.attempts[0].start;
        // Fast by 10 s an hour, and set back by 20 s half-way.
        let ahead = |i: i64| i * 5 * 10_000 / 3600 - if i >= 500 { 20_000 } else { 0 };
        t.attempts = (0..1000).map(|i| attempt(i, 500)).collect();
        t.calls = (0..1000)
            .map(|i| Call {
                links: t.attempts[i as usize].links,
                ..call(&t.attempts[i as usize], 100 + ahead(i))
            })
            .collect();
        align(&mut t);
        let found: Vec<i64> = t.inputs[1].clock_steps.iter().map(|s| s.by_ms).collect();
        assert!(
            found.len() == 1 && (found[0] - 20_000).abs() < 200,
            "{found:?}"
        );
        let drift = t.inputs[1].clock_drift_ms_per_hour.unwrap();
        // The bounds of each call are 300 ms apart, and the clock was not set for 42 minutes.
        assert!((drift + 10_000).abs() < 500, "{drift}");
        let misplaced = t.calls.iter().filter(|c| {
            let since = c
                .time
                .secs_since(start.plus_secs(5.0 * (c.source.line - 1) as f64));
            !(0.0..=0.4).contains(&since)
        });
        // The repeated 20 s after the step cannot be told from those before it.
        assert!(misplaced.count() <= 10);
    }
}
