//! Change-points in a sequence of good and bad observations.
//!
//! A hidden Markov chain whose states are levels of the bad rate, decoded by Viterbi (A. J. Viterbi 1967;
//! L. R. Rabiner, "A tutorial on hidden Markov models", 1989). Level 0 is the baseline, the others are
//! fixed steps above it. Leaving the baseline costs about `ln n` plus a constant, as a change-point does
//! under the Schwarz criterion (Y.-C. Yao 1988), so that a sequence of pure noise has a segment about once in
//! 650 sequences whatever its length.

/// Levels of the bad rate and the cost of moving between them.
#[derive(Clone, Debug)]
pub struct Levels {
    /// Bad rate of each level; `rates[0]` is the baseline.
    pub rates: Vec<f64>,
    /// Cost (nats) of leaving the baseline.
    pub open: f64,
    /// Cost of returning to it.
    pub close: f64,
    /// Cost of moving between two raised levels.
    pub step: f64,
}

/// Steps from the baseline towards certainty. The lowest says what "clearly worse" means: six percentage
/// points more calls failing.
const STEPS: [f64; 6] = [0.06, 0.12, 0.25, 0.5, 0.8, 0.97];
/// A raised level is at least this many times the baseline.
const LEAST_RATIO: f64 = 2.0;
/// Constant part of the cost of a segment, in nats: e^-6.5 is about 1 in 650.
const SEGMENT_COST: f64 = 6.5;
/// The part of it that is paid on return.
const CLOSE_COST: f64 = 2.0;
/// Cost of a change between raised levels, in nats.
const STEP_COST: f64 = 4.0;

impl Levels {
    /// Levels above a baseline rate for a sequence of `n` observations.
    pub fn above(baseline: f64, n: usize) -> Levels {
        let p0 = baseline.clamp(1e-6, 0.9);
        let mut rates = vec![p0];
        for step in STEPS {
            let rate = p0 + (1.0 - p0) * step;
            if rate >= LEAST_RATIO * p0 {
                rates.push(rate);
            }
        }
        if rates.len() == 1 {
            rates.push(p0 + (1.0 - p0) * 0.97);
        }
        Levels {
            rates,
            open: (n.max(2) as f64).ln() + SEGMENT_COST - CLOSE_COST,
            close: CLOSE_COST,
            step: STEP_COST,
        }
    }
}

/// A stretch of observations at one level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// First observation.
    pub first: usize,
    /// Last observation.
    pub last: usize,
    /// Level, 0 for the baseline.
    pub level: usize,
}

/// Most levels that there can be, the baseline included.
const MOST_LEVELS: usize = STEPS.len() + 1;
/// One value for each level.
type PerLevel<T> = [T; MOST_LEVELS];

/// A sequence of good and bad observations, as the places of the bad ones: they are few.
#[derive(Clone, Copy, Debug)]
pub struct Sequence<'a> {
    /// Places of the bad observations, ascending.
    pub bad: &'a [u32],
    /// Number of observations.
    pub len: usize,
}

/// The most likely levels, and the logarithm of the joint likelihood of them and the sequence. Takes time for the bad
/// observations only: a run of good ones is one hop.
fn decode(sequence: Sequence<'_>, levels: &Levels) -> (Vec<Run>, f64) {
    if sequence.len == 0 {
        return (Vec::new(), 0.0);
    }
    let mut trellis = Trellis::new(levels, 2 * sequence.bad.len() + 2);
    let mut at = 0;
    for &place in sequence.bad {
        trellis.good_run(place as usize - at);
        trellis.one(true);
        at = place as usize + 1;
    }
    trellis.good_run(sequence.len - at);
    trellis.best_path()
}

/// Some observations in a row: by the state after them, in which state each was.
struct Hop {
    len: u32,
    /// State at all of them but the last; the last one is in the state after them.
    during: PerLevel<u8>,
    /// State before them.
    origin: PerLevel<u8>,
}

/// Scores of the best paths to each level, and how they came there.
struct Trellis<'a> {
    levels: &'a Levels,
    log_bad: PerLevel<f64>,
    log_good: PerLevel<f64>,
    score: PerLevel<f64>,
    hops: Vec<Hop>,
}

impl Trellis<'_> {
    fn new(levels: &Levels, hops: usize) -> Trellis<'_> {
        let (mut log_bad, mut log_good) = ([0.0; MOST_LEVELS], [0.0; MOST_LEVELS]);
        for (s, p) in levels.rates.iter().enumerate() {
            log_bad[s] = p.ln();
            log_good[s] = (1.0 - p).max(1e-9).ln();
        }
        let mut score = [-levels.open; MOST_LEVELS];
        score[0] = 0.0;
        Trellis {
            levels,
            log_bad,
            log_good,
            score,
            hops: Vec::with_capacity(hops),
        }
    }

    /// The best raised level and its score.
    fn best_raised(&self, score: &PerLevel<f64>) -> (usize, f64) {
        (1..self.levels.rates.len()).fold((1, f64::NEG_INFINITY), |b, s| {
            if score[s] > b.1 { (s, score[s]) } else { b }
        })
    }

    /// A single observation.
    fn one(&mut self, is_bad: bool) {
        let log = if is_bad { self.log_bad } else { self.log_good };
        let (best, raised) = self.best_raised(&self.score);
        let is_first = self.hops.is_empty();
        let mut hop = Hop {
            len: 1,
            during: [0; MOST_LEVELS],
            origin: [0; MOST_LEVELS],
        };
        let mut next = [0.0; MOST_LEVELS];
        for s in 0..self.levels.rates.len() {
            let (mut origin, mut value) = (s, self.score[s]);
            let (from, entry) = match s {
                0 => (best, raised - self.levels.close),
                _ => (0, self.score[0] - self.levels.open),
            };
            // The first observation has no predecessor: its start cost is in `score` already.
            if !is_first && entry > value {
                (origin, value) = (from, entry);
            }
            if !is_first && s > 0 && raised - self.levels.step > value {
                (origin, value) = (best, raised - self.levels.step);
            }
            (hop.during[s], hop.origin[s]) = (s as u8, origin as u8);
            next[s] = value + log[s];
        }
        self.score = next;
        self.hops.push(hop);
    }

    /// `len` good observations in a row.
    fn good_run(&mut self, len: usize) {
        let mut left = len;
        // After one good observation the baseline, which loses least by others, is not entered again.
        while left > 0
            && (self.hops.is_empty()
                || left == 1
                || self.score[0] < self.best_raised(&self.score).1 - self.levels.close)
        {
            self.one(false);
            left -= 1;
        }
        if left > 1 {
            self.good_hop(left);
        }
    }

    /// At least two good observations in a row, between which the baseline is not entered. What each costs grows with its level,
    /// so that a path changes its level at the first of them or at the last: scores are convex in the place of a change.
    fn good_hop(&mut self, len: usize) {
        let (all, before) = (len as f64, (len - 1) as f64);
        let (score, log, step) = (self.score, self.log_good, self.levels.step);
        let (best, raised) = self.best_raised(&score);
        // Raised levels before the last observation.
        let mut late = score;
        let mut came = [0u8; MOST_LEVELS];
        for s in 1..self.levels.rates.len() {
            let moved = raised - step > score[s];
            late[s] = if moved { raised - step } else { score[s] } + before * log[s];
            came[s] = if moved { best } else { s } as u8;
        }
        let (late_best, late_raised) = self.best_raised(&late);
        let mut hop = Hop {
            len: len as u32,
            during: [0; MOST_LEVELS],
            origin: [0; MOST_LEVELS],
        };
        self.score[0] = score[0] + all * log[0];
        for s in 1..self.levels.rates.len() {
            let mut value = late[s];
            (hop.during[s], hop.origin[s]) = (s as u8, came[s]);
            let opened = score[0] + before * log[0] - self.levels.open;
            if opened > value {
                value = opened;
                (hop.during[s], hop.origin[s]) = (0, 0);
            }
            if late_raised - step > value {
                value = late_raised - step;
                (hop.during[s], hop.origin[s]) = (late_best as u8, came[late_best]);
            }
            self.score[s] = value + log[s];
        }
        self.hops.push(hop);
    }

    /// The best path, and its score.
    fn best_path(&self) -> (Vec<Run>, f64) {
        let last = (0..self.levels.rates.len())
            .fold(0, |b, s| if self.score[s] > self.score[b] { s } else { b });
        let mut end: usize = self.hops.iter().map(|h| h.len as usize).sum();
        let mut out: Vec<Run> = Vec::new();
        let mut back = |len: usize, level: usize| {
            if len == 0 {
                return;
            }
            end -= len;
            match out.last_mut() {
                Some(run) if run.level == level => run.first = end,
                _ => out.push(Run {
                    first: end,
                    last: end + len - 1,
                    level,
                }),
            }
        };
        let mut state = last;
        for hop in self.hops.iter().rev() {
            back(1, state);
            back(hop.len as usize - 1, hop.during[state] as usize);
            state = hop.origin[state] as usize;
        }
        out.reverse();
        (out, self.score[last])
    }
}

/// Prior for a baseline: so many imagined observations …
const PRIOR_COUNT: f64 = 40.0;
/// … of which this share was bad.
const PRIOR_RATE: f64 = 0.005;
/// Rounds of estimating the baseline from what lies outside the raised stretches.
const ROUNDS: usize = 4;

/// A sequence cut into its baseline and the stretches above it.
#[derive(Clone, Debug)]
pub struct Segmented {
    /// Bad rate outside the stretches.
    pub baseline: f64,
    /// The levels it was cut by.
    pub levels: Levels,
    /// Every run, the baseline's included.
    pub runs: Vec<Run>,
    /// First and last observation of each stretch above the baseline.
    pub stretches: Vec<(usize, usize)>,
}

/// Cuts a sequence whose baseline is not known. Starts from the better half of it (robust against an outage that fills
/// up to half of the sequence) and from the whole of it (a low rate has stretches without any by chance), repeats each with
/// the rate outside what was found, and keeps the more likely of the two.
pub fn segment_from_own_baseline(sequence: Sequence<'_>) -> Segmented {
    let whole = shrunk(sequence.bad.len(), sequence.len);
    let (from_half, half_score) = refine(sequence, better_half(sequence));
    let (from_whole, whole_score) = refine(sequence, whole);
    if half_score > whole_score {
        from_half
    } else {
        from_whole
    }
}

fn refine(sequence: Sequence<'_>, start: f64) -> (Segmented, f64) {
    let mut baseline = start;
    let mut levels = Levels::above(baseline, sequence.len);
    let (mut runs, mut score) = decode(sequence, &levels);
    for _ in 1..ROUNDS {
        let next = rate_outside(sequence, &runs);
        if (next - baseline).abs() < 0.02 * baseline {
            break;
        }
        baseline = next;
        levels = Levels::above(baseline, sequence.len);
        (runs, score) = decode(sequence, &levels);
    }
    let stretches = raised(&runs);
    (
        Segmented {
            baseline,
            levels,
            runs,
            stretches,
        },
        score,
    )
}

fn better_half(sequence: Sequence<'_>) -> f64 {
    let chunk = (sequence.len / 50).max(20);
    let mut rates: Vec<(usize, usize)> = (0..sequence.len)
        .step_by(chunk)
        .map(|first| (0, chunk.min(sequence.len - first)))
        .collect();
    for &place in sequence.bad {
        rates[place as usize / chunk].0 += 1;
    }
    rates.sort_by(|a, b| (a.0 * b.1).cmp(&(b.0 * a.1)));
    let half = rates.len().div_ceil(2);
    let (bads, all) = rates[..half]
        .iter()
        .fold((0, 0), |t, r| (t.0 + r.0, t.1 + r.1));
    shrunk(bads, all)
}

fn rate_outside(sequence: Sequence<'_>, runs: &[Run]) -> f64 {
    let (mut bads, mut all, mut at) = (0, 0, 0);
    for run in runs {
        let first = at;
        while at < sequence.bad.len() && sequence.bad[at] as usize <= run.last {
            at += 1;
        }
        if run.level == 0 {
            bads += at - first;
            all += run.last - run.first + 1;
        }
    }
    shrunk(bads, all)
}

/// The places of the bad ones.
pub fn places(bad: &[bool]) -> Vec<u32> {
    let bad = bad.iter().enumerate().filter(|(_, bad)| **bad);
    bad.map(|(i, _)| i as u32).collect()
}

fn shrunk(bad: usize, all: usize) -> f64 {
    (bad as f64 + PRIOR_COUNT * PRIOR_RATE) / (all as f64 + PRIOR_COUNT)
}

/// Neighbouring runs above the baseline, as (first, last) observation.
fn raised(runs: &[Run]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for run in runs.iter().filter(|r| r.level > 0) {
        match out.last_mut() {
            Some(last) if last.1 + 1 == run.first => last.1 = run.last,
            _ => out.push((run.first, run.last)),
        }
    }
    out
}

/// Where a sequence changes from one rate to another: the boundary lies before observation `best`
/// (`best == n` means after the last one), and between `low` and `high` with 95 % posterior probability
/// under a flat prior over the positions looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Most likely position.
    pub best: usize,
    /// Lower end of the interval.
    pub low: usize,
    /// Upper end of the interval.
    pub high: usize,
}

/// Locates the one change from rate `before` to rate `after` in `bad` (D. V. Hinkley, "Inference about the
/// change-point in a sequence of binomial variables", 1970; the posterior rather than the test).
pub fn locate_boundary(bad: &[bool], before: f64, after: f64) -> Boundary {
    let clamp = |p: f64| p.clamp(1e-4, 1.0 - 1e-4);
    let (b, a) = (clamp(before), clamp(after));
    let gain_bad = (b / a).ln();
    let gain_good = ((1.0 - b) / (1.0 - a)).ln();
    // log-likelihood of a boundary before position j, up to a constant: gains of all observations left of it.
    let mut log_likelihood = Vec::with_capacity(bad.len() + 1);
    let mut sum = 0.0;
    log_likelihood.push(sum);
    for &is_bad in bad {
        sum += if is_bad { gain_bad } else { gain_good };
        log_likelihood.push(sum);
    }
    let max = log_likelihood
        .iter()
        .fold(f64::NEG_INFINITY, |m, &v| m.max(v));
    let best = log_likelihood.iter().position(|&v| v == max).unwrap_or(0);
    let weights: Vec<f64> = log_likelihood.iter().map(|v| (v - max).exp()).collect();
    let total: f64 = weights.iter().sum();
    let mut low = 0;
    let mut cumulated = 0.0;
    let mut high = bad.len();
    for (j, w) in weights.iter().enumerate() {
        let before_this = cumulated / total;
        cumulated += w;
        if before_this <= 0.025 {
            low = j;
        }
        if cumulated / total >= 0.975 {
            high = j;
            break;
        }
    }
    Boundary {
        best,
        low: low.min(best),
        high: high.max(best),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(bad: &[bool], levels: &Levels) -> (Vec<Run>, f64) {
        let (places, len) = (places(bad), bad.len());
        super::decode(Sequence { bad: &places, len }, levels)
    }

    fn segment_from_own_baseline(bad: &[bool]) -> Segmented {
        let (places, len) = (places(bad), bad.len());
        super::segment_from_own_baseline(Sequence { bad: &places, len })
    }

    /// The textbook's Viterbi, one observation after the other.
    fn textbook(bad: &[bool], levels: &Levels) -> (Vec<Run>, f64) {
        let mut trellis = Trellis::new(levels, bad.len());
        bad.iter().for_each(|b| trellis.one(*b));
        trellis.best_path()
    }

    proptest! {
        #[test]
        fn hops_over_good_runs_find_the_textbooks_path(
            parts in prop::collection::vec((1usize..400, 1usize..60, 0usize..4), 1..12),
            base in 0.001..0.4,
        ) {
            let mut bad = Vec::new();
            for (n, every, lead) in parts {
                bad.extend((0..n).map(|i| if lead == 0 { i % every != 0 } else { (i + lead) % every == 0 && lead < 3 }));
            }
            let levels = Levels::above(base, bad.len());
            let (plain, likelihood) = textbook(&bad, &levels);
            let (hopped, same) = decode(&bad, &levels);
            prop_assert!((likelihood - same).abs() < 1e-6, "{likelihood} {same}");
            prop_assert_eq!(plain, hopped);
        }
    }

    fn sequence(parts: &[(usize, usize)]) -> Vec<bool> {
        // (length, every k-th is bad; 0: none)
        parts
            .iter()
            .flat_map(|&(n, k)| (1..=n).map(move |i| k > 0 && i % k == 0))
            .collect()
    }

    #[test]
    fn three_refusals_in_a_row_are_a_segment_and_two_are_not() {
        for (n, found) in [(2, false), (3, true)] {
            let bad = sequence(&[(150, 0), (n, 1), (150, 0)]);
            let runs = decode(&bad, &Levels::above(0.004, bad.len())).0;
            assert_eq!(runs.len() > 1, found, "{n} refusals: {runs:?}");
        }
    }

    #[test]
    fn a_hard_outage_is_found_to_the_single_call() {
        let bad = sequence(&[(500, 50), (80, 1), (500, 50)]);
        let runs = decode(&bad, &Levels::above(0.02, bad.len())).0;
        let raised: Vec<&Run> = runs.iter().filter(|r| r.level > 0).collect();
        // The 500th observation is bad by itself and adjoins the outage.
        assert_eq!(
            (raised[0].first, raised.last().unwrap().last),
            (499, 579),
            "{runs:?}"
        );
    }

    #[test]
    fn a_weak_outage_needs_more_calls() {
        let bad = sequence(&[(2000, 100), (400, 7), (2000, 100)]);
        let runs = decode(&bad, &Levels::above(0.01, bad.len())).0;
        assert!(
            runs.iter()
                .any(|r| r.level > 0 && r.first > 1900 && r.last < 2500),
            "{runs:?}"
        );
    }

    #[test]
    fn a_steady_rate_has_no_segment() {
        for every in [2, 5, 20, 100] {
            let bad = sequence(&[(5000, every)]);
            let runs = decode(&bad, &Levels::above(1.0 / every as f64, bad.len())).0;
            assert!(runs.iter().all(|r| r.level == 0), "every {every}: {runs:?}");
        }
    }

    #[test]
    fn a_low_steady_rate_is_its_own_baseline() {
        // Failures bunched by chance: half of the sequence has none.
        let bad: Vec<bool> = (0..170).map(|i| i % 11 == 0 && (i / 30) % 2 == 0).collect();
        let found = segment_from_own_baseline(&bad);
        assert!(found.stretches.is_empty(), "{:?}", found.stretches);
    }

    #[test]
    fn an_outage_longer_than_the_rest_is_still_an_outage() {
        let found = segment_from_own_baseline(&sequence(&[(100, 50), (300, 1), (100, 50)]));
        assert_eq!(found.stretches.len(), 1);
        assert!(found.baseline < 0.05);
    }

    #[test]
    fn the_boundary_of_a_clean_change_is_certain() {
        let bad = sequence(&[(50, 0), (50, 1)]);
        assert_eq!(
            locate_boundary(&bad, 0.001, 0.999),
            Boundary {
                best: 50,
                low: 50,
                high: 50
            }
        );
    }

    #[test]
    fn the_boundary_of_a_weak_change_is_wide() {
        let bad = sequence(&[(60, 0), (60, 5)]);
        let b = locate_boundary(&bad, 0.02, 0.2);
        assert!(
            b.low < b.best && b.best < b.high && b.high - b.low > 3,
            "{b:?}"
        );
    }
}
