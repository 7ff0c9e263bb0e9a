//! How wrong a clock was, and when: constant, drifting, or set in between.
//!
//! Each pair of records bounds the offset from both sides at its own time. Over short stretches the bounds give an
//! interval, and the offset is the simplest function that passes through (nearly) all intervals: a constant, a straight
//! line, or a few of them with steps between. Simplest by price: the distance from the intervals in units of the
//! noise (least absolute deviations), plus a price for each line and each step that grows with the logarithm of the
//! number of intervals, as under the Schwarz criterion (Y.-C. Yao 1988). Pairs that disagree with their neighbours
//! are links of something else; what most intervals share is believed (K. Marzullo 1984, used by RFC 5905).

use std::ops::Range;

use crate::model::Time;
use crate::stats::{median, quantile};

/// Pairs needed to estimate an offset.
pub(super) const LEAST_PAIRS: usize = 8;
/// At most so many stretches are looked at …
const MOST_STRETCHES: usize = 48;
/// … of at least so many pairs.
const STRETCH_PAIRS: usize = 12;
/// Intervals of neighbours may miss each other by so much, in seconds: the least at which most agree.
const SLACKS_S: [f64; 4] = [1.0, 4.0, 16.0, 60.0];
/// Share of the pairs that must agree with their neighbours.
const AGREEING: f64 = 0.5;
/// An offset smaller than this is within what logging itself blurs, in seconds.
pub(super) const BLUR_S: f64 = 1.0;
/// The interval of a stretch is widened by so much on each side, in seconds.
const FINEST_S: f64 = 0.05;
/// A deviation from a stretch's interval is counted in units of at least this, and no clock is claimed to be known better,
/// in seconds.
const LEAST_NOISE_S: f64 = 0.1;
/// Price of a slope and of a step, in nats, beside what they cost for each `ln n`.
const SLOPE_PRICE: f64 = 4.0;
const STEP_PRICE: f64 = 8.0;
/// Stretches between two steps.
const LEAST_PIECE: usize = 3;
/// No clock gains more, in seconds a second (36 s an hour; NTP slews by 1.8 s an hour at most).
const MOST_DRIFT: f64 = 0.01;

/// What a pair of records says: `low` to `high` seconds must be added to a record that its own clock dates `time`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) time: Time,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bound {
    fn misses(&self, offset: f64) -> f64 {
        (self.low - offset).max(offset - self.high).max(0.0)
    }
}

/// What must be added to the times of an input, as a function of its own clock.
#[derive(Clone, Debug, PartialEq)]
pub struct Clock {
    pieces: Vec<Piece>,
    residual: f64,
    /// Pairs that it rests on.
    pub(super) pairs: usize,
}

/// From a time on (the first piece: before it, too), an offset that changes evenly.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    from: Time,
    to: Time,
    /// Seconds at `from`.
    offset: f64,
    /// Seconds a second.
    slope: f64,
}

impl Piece {
    fn at(&self, t: Time) -> f64 {
        self.offset + self.slope * t.secs_since(self.from)
    }
}

/// A jump of a clock: when, and by how many seconds what must be added changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) at: Time,
    pub(super) by: f64,
}

impl Clock {
    /// A clock that is off by so many seconds all the time.
    pub(super) fn constant(offset: f64, residual: f64) -> Clock {
        let piece = Piece {
            from: Time::MIN,
            to: Time::MAX,
            offset,
            slope: 0.0,
        };
        Clock {
            pieces: vec![piece],
            residual,
            pairs: 0,
        }
    }

    /// Seconds to add to a record that this clock dates `t`.
    pub fn offset(&self, t: Time) -> f64 {
        let after = self.pieces.partition_point(|p| p.from <= t);
        self.pieces
            .get(after.saturating_sub(1))
            .map_or(0.0, |p| p.at(t))
    }

    /// The right time of a record that this clock dates `t`.
    pub fn right(&self, t: Time) -> Time {
        let offset = self.offset(t);
        if offset == 0.0 {
            t
        } else {
            t.plus_secs(offset)
        }
    }

    /// How far the true offset may be from [`Clock::offset`], in seconds.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// The offset half-way through the pairs.
    pub(super) fn middle(&self) -> f64 {
        let (from, to) = self.span();
        self.offset(from.midpoint(to))
    }

    /// The stretch in which pairs were seen.
    pub(super) fn span(&self) -> (Time, Time) {
        let first = self.pieces.first().map_or(Time::MIN, |p| p.from);
        (first, self.pieces.last().map_or(Time::MAX, |p| p.to))
    }

    /// Seconds a second by which the offset grows in the longest piece.
    pub(super) fn drift(&self) -> f64 {
        let longest = self
            .pieces
            .iter()
            .max_by_key(|p| p.to.0.saturating_sub(p.from.0));
        longest.map_or(0.0, |p| p.slope)
    }

    /// The jumps that are larger than what is uncertain anyway.
    pub(super) fn steps(&self) -> Vec<Step> {
        let jump = |w: &[Piece]| Step {
            at: w[1].from,
            by: w[1].offset - w[0].at(w[1].from),
        };
        let clear = |s: &Step| s.by.abs() > 2.0 * self.residual;
        self.pieces.windows(2).map(jump).filter(clear).collect()
    }

    /// The same clock less certain.
    pub(super) fn blurred(self, by: f64) -> Clock {
        Clock {
            residual: self.residual + by,
            ..self
        }
    }

    /// The same clock with `seconds` less to add.
    pub(super) fn less(mut self, seconds: f64) -> Clock {
        for piece in &mut self.pieces {
            piece.offset -= seconds;
        }
        self
    }

    /// What must be added to times to which `seconds` were to be added first: the inverse of [`Clock::after`].
    pub(super) fn before(self, seconds: f64) -> Clock {
        self.after(-seconds)
    }

    /// What remains to be added to times to which `seconds` were added already.
    pub(super) fn after(self, seconds: f64) -> Clock {
        let mut rest = self.less(seconds);
        for piece in &mut rest.pieces {
            piece.from = piece.from.plus_secs(seconds);
            piece.to = piece.to.plus_secs(seconds);
        }
        rest
    }
}

/// The simplest clock that explains the bounds; `None` when they are too few, or do not agree with each other.
pub(super) fn fit(mut bounds: Vec<Bound>) -> Option<Clock> {
    bounds.sort_by(|a, b| {
        let width = |x: &Bound| (x.low, x.high);
        let (a, b) = ((a.time, width(a)), (b.time, width(b)));
        a.0.cmp(&b.0)
            .then(a.1.0.total_cmp(&b.1.0))
            .then(a.1.1.total_cmp(&b.1.1))
    });
    let neighbourly = agreeing(&bounds)?;
    let stretches = stretches(&neighbourly);
    let pieces = pieces(&stretches);
    let bounds = near_a_line(&bounds, &pieces, neighbourly);
    let ends = ends(&bounds, &stretches, &pieces);
    let mut from = 0;
    let mut fitted: Vec<(Piece, f64)> = Vec::new();
    for (piece, to) in pieces.iter().zip(ends) {
        fitted.extend(level(&bounds[from..to], piece.line.slope));
        from = to;
    }
    let may_be_right = |(p, residual): &(Piece, f64)| {
        let furthest = p.at(p.from).abs().max(p.at(p.to).abs());
        furthest <= residual + BLUR_S
    };
    let furthest = |right: bool, (p, residual): &(Piece, f64)| match right {
        true => p.at(p.from).abs().max(p.at(p.to).abs()) + residual,
        false => *residual,
    };
    let right = fitted.iter().all(may_be_right);
    let residual = fitted
        .iter()
        .map(|f| furthest(right, f))
        .fold(LEAST_NOISE_S, f64::max);
    let pieces: Vec<Piece> = fitted.into_iter().map(|f| f.0).collect();
    let (first, last) = (pieces.first()?.from, pieces.last()?.to);
    let nothing = Piece {
        from: first,
        to: last,
        offset: 0.0,
        slope: 0.0,
    };
    Some(Clock {
        pieces: if right { vec![nothing] } else { pieces },
        residual,
        pairs: bounds.len(),
    })
}

/// The bounds that most of their neighbours agree with, give or take the least slack at which that are enough.
fn agreeing(bounds: &[Bound]) -> Option<Vec<Bound>> {
    let enough = |kept: &Vec<Bound>| {
        kept.len() >= LEAST_PAIRS && kept.len() as f64 >= AGREEING * bounds.len() as f64
    };
    SLACKS_S
        .iter()
        .map(|&slack| in_agreement(bounds, slack))
        .find(enough)
}

/// The bounds that hold the offset which most of their neighbours share, or most of those just before or after: at a
/// step the one side is in the minority.
fn in_agreement(bounds: &[Bound], slack: f64) -> Vec<Bound> {
    let length = (bounds.len() / MOST_STRETCHES).max(2 * STRETCH_PAIRS);
    let chunks: Vec<&[Bound]> = bounds.chunks(length).collect();
    let shared: Vec<Option<f64>> = chunks.iter().map(|c| most_shared(c, slack)).collect();
    let agrees = |i: usize, b: &Bound| {
        let around = &shared[i.saturating_sub(1)..(i + 2).min(shared.len())];
        around.iter().flatten().any(|&s| b.misses(s) <= slack)
    };
    let kept = |(i, c): (usize, &&[Bound])| -> Vec<Bound> {
        c.iter().filter(|b| agrees(i, b)).copied().collect()
    };
    chunks.iter().enumerate().flat_map(kept).collect()
}

/// The middle of what the most intervals, widened by `slack`, have in common (Marzullo's algorithm); `None` when less
/// than half have.
fn most_shared(bounds: &[Bound], slack: f64) -> Option<f64> {
    let mut ends: Vec<(f64, i32)> = bounds
        .iter()
        .flat_map(|b| [(b.low - slack, 1), (b.high + slack, -1)])
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let (mut depth, mut deepest, mut shared) = (0, 0, None);
    for w in ends.windows(2) {
        depth += w[0].1;
        if depth > deepest {
            (deepest, shared) = (depth, Some((w[0].0 + w[1].0) / 2.0));
        }
    }
    shared.filter(|_| f64::from(deepest) >= AGREEING * bounds.len() as f64)
}

/// Neighbouring bounds put together: the tightest of each side, less the tenth that wrong links and late lines give.
/// Where these cross (whole seconds; drift) the offset lies anywhere between them.
fn stretches(bounds: &[Bound]) -> Vec<Bound> {
    let n = (bounds.len() / STRETCH_PAIRS).clamp(1, MOST_STRETCHES);
    (0..n)
        .map(|i| &bounds[i * bounds.len() / n..(i + 1) * bounds.len() / n])
        .map(|b| {
            let (low, high) = tightest(b, 0.1);
            Bound {
                time: b[b.len() / 2].time,
                low: low - FINEST_S,
                high: high + FINEST_S,
            }
        })
        .collect()
}

/// The tightest bounds, less the share `but` of each side.
fn tightest(bounds: &[Bound], but: f64) -> (f64, f64) {
    let mut lows: Vec<f64> = bounds.iter().map(|b| b.low).collect();
    let mut highs: Vec<f64> = bounds.iter().map(|b| b.high).collect();
    let low = quantile(&mut lows, 1.0 - but).unwrap_or(0.0);
    let high = quantile(&mut highs, but).unwrap_or(0.0);
    (low.min(high), low.max(high))
}

/// The bounds with a slope taken out, from the first on.
fn detrended(bounds: &[Bound], slope: f64) -> Vec<Bound> {
    let origin = bounds.first().map_or(Time::MIN, |b| b.time);
    let without = |b: &Bound| {
        let trend = slope * b.time.secs_since(origin);
        Bound {
            time: b.time,
            low: b.low - trend,
            high: b.high - trend,
        }
    };
    bounds.iter().map(without).collect()
}

/// A straight line through intervals.
#[derive(Clone, Copy, Debug)]
struct Line {
    origin: Time,
    offset: f64,
    slope: f64,
}

impl Line {
    fn at(&self, t: Time) -> f64 {
        self.offset + self.slope * t.secs_since(self.origin)
    }
}

/// Neighbouring stretches on one line.
#[derive(Clone, Debug)]
struct OnLine {
    of: Range<usize>,
    line: Line,
}

/// Cuts the stretches into the pieces of least price (dynamic programming over the last piece).
fn pieces(stretches: &[Bound]) -> Vec<OnLine> {
    let n = stretches.len();
    let noise = noise(stretches);
    let step = STEP_PRICE + 3.0 * (n as f64).ln();
    let mut best: Vec<Option<(f64, usize, Line)>> = vec![None; n + 1];
    for to in 1..=n {
        for from in 0..=to.saturating_sub(LEAST_PIECE) {
            let before = match (from, best[from]) {
                (0, _) => 0.0,
                (_, Some((price, ..))) => price + step,
                (_, None) => continue,
            };
            let (line, price) = cheapest_line(&stretches[from..to], noise);
            if best[to].is_none_or(|b| before + price < b.0) {
                best[to] = Some((before + price, from, line));
            }
        }
    }
    let mut out = Vec::new();
    let mut to = n;
    while let Some((_, from, line)) = best[to] {
        out.push(OnLine { of: from..to, line });
        to = from;
    }
    out.reverse();
    if out.is_empty() {
        let line = cheapest_at(stretches, 0.0).0;
        out.push(OnLine { of: 0..n, line });
    }
    out
}

/// By how much a stretch's middle strays from those beside it, as a rule.
fn noise(stretches: &[Bound]) -> f64 {
    let middle = |b: &Bound| (b.low + b.high) / 2.0;
    let mut strays: Vec<f64> = stretches
        .windows(3)
        .map(|w| (middle(&w[1]) - (middle(&w[0]) + middle(&w[2])) / 2.0).abs())
        .collect();
    median(&mut strays).unwrap_or(0.0).max(LEAST_NOISE_S)
}

/// A constant, or a slope where it is worth its price; and what it costs.
fn cheapest_line(stretches: &[Bound], noise: f64) -> (Line, f64) {
    let (flat, cost) = cheapest_at(stretches, 0.0);
    let price = SLOPE_PRICE + (stretches.len() as f64).ln();
    if cost / noise <= price {
        return (flat, cost / noise);
    }
    let (sloped, sloped_cost) = least_line(stretches);
    if sloped_cost / noise + price < cost / noise {
        (sloped, sloped_cost / noise + price)
    } else {
        (flat, cost / noise)
    }
}

/// The line of least cost: the cost is convex in the slope (golden-section search; J. Kiefer 1953).
fn least_line(stretches: &[Bound]) -> (Line, f64) {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let cost = |slope: f64| cheapest_at(stretches, slope).1;
    let (mut low, mut high) = (-MOST_DRIFT, MOST_DRIFT);
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (cost(left), cost(right));
    for _ in 0..34 {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = cost(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = cost(right);
        }
    }
    cheapest_at(stretches, (low + high) / 2.0)
}

/// The line of a given slope that misses the intervals least, and by how much in all. Among lines that miss none, the
/// one nearer to their middles is a little cheaper.
fn cheapest_at(stretches: &[Bound], slope: f64) -> (Line, f64) {
    const TOWARDS_MIDDLE: f64 = 0.01;
    let origin = stretches.first().map_or(Time::MIN, |b| b.time);
    let trend = |b: &Bound| slope * b.time.secs_since(origin);
    let mut ends: Vec<f64> = stretches
        .iter()
        .flat_map(|b| [b.low - trend(b), b.high - trend(b)])
        .collect();
    let line = Line {
        origin,
        offset: median(&mut ends).unwrap_or(0.0),
        slope,
    };
    let cost = |b: &Bound| {
        let offset = line.at(b.time);
        b.misses(offset) + TOWARDS_MIDDLE * (offset - (b.low + b.high) / 2.0).abs()
    };
    (line, stretches.iter().map(cost).sum())
}

/// The bounds that lie on one of the lines, now that they are known: neighbours alone, of which a fast drift leaves
/// only those in the middle in agreement, place a line less well. Those when the lines are too rough for it.
fn near_a_line(bounds: &[Bound], pieces: &[OnLine], neighbourly: Vec<Bound>) -> Vec<Bound> {
    let near = |b: &&Bound| pieces.iter().any(|p| b.misses(p.line.at(b.time)) <= BLUR_S);
    let kept: Vec<Bound> = bounds.iter().filter(near).copied().collect();
    if kept.len() >= neighbourly.len() {
        kept
    } else {
        neighbourly
    }
}

/// The number of bounds up to the end of each piece: each step lies between the two bounds where it explains most.
fn ends(bounds: &[Bound], stretches: &[Bound], pieces: &[OnLine]) -> Vec<usize> {
    let index = |stretch: usize| bounds.partition_point(|b| b.time < stretches[stretch].time);
    let step = |w: &[OnLine]| {
        // A stretch that holds the step may have gone to either side, more of it to the wrong one than to the right.
        let (left, right) = (index(w[0].of.end - 2), index(w[1].of.start + 1));
        // Both lines miss the bounds on their far side: the best cut has the least of what is missed.
        let gain = |b: &Bound| {
            let capped = |line: &Line| b.misses(line.at(b.time)).min(BLUR_S);
            capped(&w[0].line) - capped(&w[1].line)
        };
        let (mut sum, mut best) = (0.0, (0.0, left));
        for (i, b) in bounds.iter().enumerate().take(right).skip(left) {
            sum += gain(b);
            if sum < best.0 {
                best = (sum, i + 1);
            }
        }
        best.1
    };
    let mut out: Vec<usize> = pieces.windows(2).map(step).collect();
    out.push(bounds.len());
    out
}

/// The piece through these bounds, and how far off it may be. With the rough slope taken out the intervals are narrower,
/// and give the rest of it.
fn level(bounds: &[Bound], rough: f64) -> Option<(Piece, f64)> {
    let slope = match rough {
        0.0 => 0.0,
        _ => rough + least_line(&stretches(&detrended(bounds, rough))).0.slope,
    };
    let (low, high) = tightest(&detrended(bounds, slope), 0.05);
    let piece = Piece {
        from: bounds.first()?.time,
        to: bounds.last()?.time,
        offset: (low + high) / 2.0,
        slope,
    };
    Some((piece, (high - low) / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: i64 = 1_700_000_000_000;
    const DAY_S: f64 = 86_400.0;

    /// A number between 0 and 1 for each place (the finaliser of SplitMix64).
    fn unit(i: usize, what: u64) -> f64 {
        let mut x = (i as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ what.wrapping_mul(0xD1B5_4A32_D192_ED03);
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) as f64 / u64::MAX as f64
    }

    fn time(seconds: f64) -> Time {
        Time::from_millis(START).plus_secs(seconds)
    }

    /// A day of pairs; a call begins 10 to 500 ms after its attempt, and ends as long before it.
    fn pairs(n: usize, offset: impl Fn(f64) -> f64) -> Vec<Bound> {
        (0..n)
            .map(|i| {
                let t = DAY_S * i as f64 / n as f64;
                Bound {
                    time: time(t),
                    low: offset(t) - 0.01 - 0.49 * unit(i, 1),
                    high: offset(t) + 0.01 + 0.49 * unit(i, 2),
                }
            })
            .collect()
    }

    fn worst(clock: &Clock, offset: impl Fn(f64) -> f64) -> f64 {
        (0..1000)
            .map(|i| DAY_S * f64::from(i) / 1000.0)
            .map(|t| (clock.offset(time(t)) - offset(t)).abs())
            .fold(0.0, f64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_drift_is_recovered(offset in -200.0..200.0, an_hour in 0.2..10.0f64, gains: bool) {
            let slope: f64 = an_hour / 3600.0 * if gains { 1.0 } else { -1.0 };
            let truth = |t: f64| offset + slope * t;
            let clock = fit(pairs(1500, truth)).unwrap();
            prop_assert!(worst(&clock, truth) <= 0.1, "{} {clock:?}", worst(&clock, truth));
            prop_assert!((clock.drift() - slope).abs() * DAY_S <= 0.2);
            prop_assert!(clock.steps().is_empty() && clock.residual() <= 0.2);
        }

        #[test]
        fn a_step_is_recovered(at in 0.15..0.85, by in 2.0..60.0, back: bool, an_hour in -2.0..2.0) {
            let by = by * if back { 1.0 } else { -1.0 };
            let truth = |t: f64| 40.0 + an_hour / 3600.0 * t + if t >= at * DAY_S { by } else { 0.0 };
            let clock = fit(pairs(1500, truth)).unwrap();
            prop_assert_eq!(clock.steps().len(), 1, "{:?}", clock);
            let step = clock.steps()[0];
            // each side is known to within the residual, and a slope of 0.2 s in all is not worth its price
            let unsure = 2.0 * clock.residual() + 0.2;
            prop_assert!(unsure <= 1.0 && (step.by - by).abs() <= unsure, "{step:?}");
            // two pairs lie 58 s apart
            prop_assert!(step.at.secs_since(time(at * DAY_S)).abs() <= 120.0, "{step:?}");
        }

        #[test]
        fn a_constant_stays_constant(offset in -1000.0..1000.0f64, n in 8usize..3000) {
            let clock = fit(pairs(n, |_| offset)).unwrap();
            prop_assert_eq!((clock.drift(), clock.steps().len()), (0.0, 0));
            let off = if offset.abs() > 2.0 * BLUR_S { offset } else { clock.middle() };
            prop_assert!((clock.middle() - off).abs() <= clock.residual().max(0.25));
        }

        #[test]
        fn wrong_links_do_not_pull(share in 0.0..0.3, an_hour in -5.0..5.0) {
            let truth = |t: f64| 30.0 + an_hour / 3600.0 * t;
            let mut all = pairs(1500, truth);
            for (i, b) in all.iter_mut().enumerate().filter(|(i, _)| unit(*i, 3) < share) {
                let astray = 7200.0 * (unit(i, 4) - 0.5);
                (b.low, b.high) = (b.low + astray, b.high + astray);
            }
            let clock = fit(all).unwrap();
            // A slope of 0.35 s over the whole is not worth its price, and leaves half of it.
            prop_assert!(worst(&clock, truth) <= 0.2, "{} {clock:?}", worst(&clock, truth));
            prop_assert!(clock.steps().is_empty());
        }
    }

    #[test]
    fn links_that_agree_on_nothing_tell_nothing() {
        let mut all = pairs(500, |_| 0.0);
        for (i, b) in all.iter_mut().enumerate() {
            let astray = 40_000.0 * (unit(i, 4) - 0.5);
            (b.low, b.high) = (b.low + astray, b.high + astray);
        }
        assert_eq!(fit(all), None);
        assert_eq!(fit(pairs(LEAST_PAIRS - 1, |_| 0.0)), None);
    }

    #[test]
    fn thin_data_carries_no_more_than_a_constant() {
        // Twenty pairs over a day, two late ones at its end.
        let mut few = pairs(20, |_| 12.0);
        for b in &mut few[18..] {
            (b.low, b.high) = (b.low + 2.0, b.high + 2.0);
        }
        let clock = fit(few).unwrap();
        assert_eq!((clock.drift(), clock.steps().len()), (0.0, 0));
        assert!(
            (clock.middle() - 12.0).abs() <= clock.residual() + 0.05,
            "{clock:?}"
        );
    }

    #[test]
    fn attempts_that_hang_are_no_step() {
        // For a third of the day nearly all attempts wait 30 s for an answer that does not come.
        let mut all = pairs(1500, |_| 20.0);
        for (i, b) in all[500..1000].iter_mut().enumerate() {
            if unit(i, 5) < 0.95 {
                b.high += 30.0;
            }
        }
        let clock = fit(all).unwrap();
        assert_eq!(clock.steps(), Vec::new());
        assert!(worst(&clock, |_| 20.0) <= 0.1, "{clock:?}");
    }

    #[test]
    fn a_clock_right_to_within_the_blur_is_left_alone() {
        let clock = fit(pairs(400, |_| 0.6)).unwrap();
        assert_eq!(clock.right(time(7.0)), time(7.0));
        // What is not corrected is stated.
        assert!(clock.residual() >= 0.6, "{clock:?}");
    }

    #[test]
    fn a_zone_taken_out_first_changes_nothing() {
        let truth = |t: f64| 28_800.0 + t / 3600.0;
        let clock = fit(pairs(800, truth)).unwrap();
        let rest = clock.clone().after(28_800.0);
        let t = time(50_000.0);
        assert_eq!(rest.right(t.plus_secs(28_800.0)), clock.right(t));
        assert!(
            rest.before(28_800.0)
                .right(t)
                .secs_since(clock.right(t))
                .abs()
                < 1e-6
        );
    }
}
