//! A stretch of bad service of one component, and how a row of observations is turned into such stretches.

use crate::model::{OutageSource, Phase, SourceRef, Span, Sym, Time};
use crate::stats::{
    Boundary, Levels, Run, Segmented, Sequence, locate_boundary, median, places,
    segment_from_own_baseline,
};

/// Fewer bad observations than this are a blip, whatever their weight.
pub(crate) const LEAST_BAD: usize = 3;
/// A partial disturbance shorter than this, in seconds, …
const FLICKER_S: f64 = 20.0;
/// … in which less than this share of the calls was bad, is no outage.
const FLICKER_SHARE: f64 = 0.5;
/// Fewer bad calls than this within …
const MOMENT_BAD: u64 = 20;
/// … so many seconds are no outage, whatever their share.
const MOMENT_S: f64 = 3.0;
/// How far around a change its position is looked for, in observations.
const LOOK_AROUND: usize = 200;
/// Below this share of its peak rate at first, an outage grew.
const GRADUAL: f64 = 0.6;
/// Below this rate it is not seen whether it grew.
const WEAK: f64 = 0.25;
/// Observations that tell the rate next to a change.
const NEAR: usize = 40;
/// A stretch of bad service.
#[derive(Clone, Debug)]
pub struct Episode {
    /// Whose.
    pub exchange: Sym,
    /// Which part; `NONE` when calls are not told apart.
    pub component: Sym,
    /// Callers hit when others were not; empty when all were.
    pub callers: Vec<Sym>,
    /// What it was seen in.
    pub source: OutageSource,
    /// Onset: best estimate.
    pub start: Time,
    /// Onset: 95 % interval.
    pub start_interval: Span,
    /// Recovery; `None` when the log ends before it.
    pub end: Option<Time>,
    /// Recovery: 95 % interval.
    pub end_interval: Option<Span>,
    /// Whether the log begins inside it.
    pub began_before_log: bool,
    /// Stretches of one level.
    pub phases: Vec<Phase>,
    /// Observations inside.
    pub observed: u64,
    /// Bad ones inside.
    pub bad: u64,
    /// Bad rate outside.
    pub baseline: f64,
    /// Its first bad record.
    pub first_bad: SourceRef,
}

impl Episode {
    /// From onset to recovery, or to the last observation.
    pub fn span(&self) -> Span {
        let last = self.phases.last().map_or(self.start, |p| p.span.end);
        Span::new(self.start, self.end.unwrap_or(last).max(self.start))
    }
}

/// One observation of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) time: Time,
    pub(crate) bad: bool,
    pub(crate) source: SourceRef,
}

/// Whose row it is.
#[derive(Clone, Debug)]
pub(crate) struct RowOf {
    pub(crate) exchange: Sym,
    pub(crate) component: Sym,
    pub(crate) callers: Vec<Sym>,
    pub(crate) source: OutageSource,
}

/// The stretches in which a row is clearly worse than its own baseline. `silences` are the stretches in which
/// nothing at all was logged; a stretch is cut at silences longer than `max_silence_s`.
pub(crate) fn episodes(
    row: &[Seen],
    of: &RowOf,
    silences: &[Span],
    max_silence_s: f64,
) -> Vec<Episode> {
    let bad: Vec<bool> = row.iter().map(|s| s.bad).collect();
    let places = places(&bad);
    if places.len() < LEAST_BAD {
        return Vec::new();
    }
    let Segmented {
        baseline,
        levels,
        runs,
        stretches,
    } = segment_from_own_baseline(Sequence {
        bad: &places,
        len: bad.len(),
    });
    let long: Vec<Span> = silences
        .iter()
        .filter(|s| s.secs() > max_silence_s)
        .copied()
        .collect();
    let cut = Cut {
        row,
        bad: &bad,
        runs: &runs,
        levels: &levels,
        baseline,
    };
    let pieces: Vec<(usize, usize)> = stretches
        .into_iter()
        .flat_map(|stretch| cut.at_long_lulls(stretch, max_silence_s))
        .flat_map(|stretch| cut_at_silences(row, stretch, &long))
        .filter(|stretch| bad_in(&bad, stretch) >= LEAST_BAD)
        .collect();
    (0..pieces.len())
        .map(|i| {
            let after = if i == 0 { 0 } else { pieces[i - 1].1 + 1 };
            let before = pieces.get(i + 1).map_or(row.len(), |next| next.0);
            cut.episode(pieces[i], (after, before), of)
        })
        .filter(|episode| !is_flicker(episode))
        .collect()
}

/// A row with its levels.
struct Cut<'a> {
    row: &'a [Seen],
    bad: &'a [bool],
    runs: &'a [Run],
    levels: &'a Levels,
    baseline: f64,
}

/// A few seconds in which some calls fail are chance, or one client's retries: failures are not quite independent.
fn is_flicker(episode: &Episode) -> bool {
    let share = episode.bad as f64 / episode.observed.max(1) as f64;
    let lasts = episode.span().secs();
    let partial = lasts < FLICKER_S && share < FLICKER_SHARE;
    let moment = lasts < MOMENT_S && episode.bad < MOMENT_BAD;
    episode.end.is_some() && (partial || moment)
}

fn cut_at_silences(
    row: &[Seen],
    stretch: (usize, usize),
    silences: &[Span],
) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut first = stretch.0;
    for i in stretch.0..stretch.1 {
        let gap = Span::new(row[i].time, row[i + 1].time);
        if silences
            .iter()
            .any(|s| gap.start <= s.start && s.end <= gap.end)
        {
            out.push((first, i));
            first = i + 1;
        }
    }
    out.push((first, stretch.1));
    out
}

fn bad_in(bad: &[bool], stretch: &(usize, usize)) -> usize {
    bad[stretch.0..=stretch.1].iter().filter(|b| **b).count()
}

impl Cut<'_> {
    /// A raised run that looks more like the baseline than like its level, and lasts, was no part of the outage: the
    /// chain only stayed there because leaving costs.
    fn at_long_lulls(&self, stretch: (usize, usize), longest_s: f64) -> Vec<(usize, usize)> {
        let mut out: Vec<(usize, usize)> = Vec::new();
        let inside = |r: &&Run| r.level > 0 && r.first >= stretch.0 && r.last <= stretch.1;
        for run in self.runs.iter().filter(inside) {
            let lasts = self.row[run.last].time.secs_since(self.row[run.first].time) > longest_s;
            if lasts && self.gain(run) < 0.0 {
                continue;
            }
            match out.last_mut() {
                Some(last) if last.1 + 1 == run.first => last.1 = run.last,
                _ => out.push((run.first, run.last)),
            }
        }
        out
    }

    /// Log-likelihood of a run at its level over that at the baseline.
    fn gain(&self, run: &Run) -> f64 {
        let (level, base) = (self.levels.rates[run.level], self.levels.rates[0]);
        let bad = bad_in(self.bad, &(run.first, run.last)) as f64;
        let good = (run.last - run.first + 1) as f64 - bad;
        bad * (level / base).ln() + good * ((1.0 - level) / (1.0 - base)).ln()
    }

    /// The episode of a stretch; its ends are looked for between the neighbouring ones.
    fn episode(&self, (first, last): (usize, usize), room: (usize, usize), of: &RowOf) -> Episode {
        let row = self.row;
        let began_before_log = first == 0;
        let (start, start_interval, from) = if began_before_log {
            (row[0].time, Span::new(row[0].time, row[0].time), 0)
        } else {
            self.onset((first, last), room.0)
        };
        let recovery = (last + 1 < row.len()).then(|| self.recovery((first, last), room.1));
        let to = recovery.map_or(last, |r| r.2).max(first);
        let from = from.min(last).min(to);
        let inside = &self.bad[from..=to];
        let first_bad = (from..=to).find(|&i| self.bad[i]).unwrap_or(first);
        let end = recovery.map(|r| r.0.max(start));
        Episode {
            exchange: of.exchange,
            component: of.component,
            callers: of.callers.clone(),
            source: of.source,
            start,
            start_interval,
            end,
            end_interval: recovery.map(|r| r.1),
            began_before_log,
            phases: phases(row, self.bad, self.runs, (first, last), start, end),
            observed: inside.len() as u64,
            bad: inside.iter().filter(|b| **b).count() as u64,
            baseline: self.baseline,
            first_bad: row[first_bad].source,
        }
    }

    /// Onset, its interval, and the first observation inside.
    fn onset(&self, (first, last): (usize, usize), after: usize) -> (Time, Span, usize) {
        let left = first.saturating_sub(LOOK_AROUND).max(after);
        let right = (first + LOOK_AROUND).min(last + 1);
        let near =
            rate_near(&self.bad[first..(first + NEAR).min(last + 1)]).max(self.levels.rates[1]);
        let found = locate_boundary(&self.bad[left..right], self.baseline, near);
        if near >= WEAK && near >= GRADUAL * self.peak((first, last)) {
            return self.place(left, &found);
        }
        // It grew, or may have grown without being seen: it began weaker than it was by then, and earlier.
        let left = first.saturating_sub(3 * LOOK_AROUND).max(after);
        let begun = |share: f64| {
            let rate = self.baseline + share * (near - self.baseline);
            locate_boundary(&self.bad[left..right], self.baseline, rate)
        };
        let (weaker, weakest) = (begun(0.5), begun(0.25));
        let found = Boundary {
            best: weaker.best,
            low: weakest.low.min(weaker.best),
            high: weaker.high,
        };
        self.place(left, &found)
    }

    /// The highest rate of a run inside.
    fn peak(&self, (first, last): (usize, usize)) -> f64 {
        let inside = |r: &&Run| r.level > 0 && r.first >= first && r.last <= last;
        let rate =
            |r: &Run| bad_in(self.bad, &(r.first, r.last)) as f64 / (r.last - r.first + 1) as f64;
        self.runs
            .iter()
            .filter(inside)
            .filter(|r| r.last - r.first >= NEAR / 2)
            .map(rate)
            .fold(0.0, f64::max)
    }

    /// Recovery, its interval, and the last observation inside.
    fn recovery(&self, (first, last): (usize, usize), before: usize) -> (Time, Span, usize) {
        let left = last.saturating_sub(LOOK_AROUND).max(first);
        let right = (last + 1 + LOOK_AROUND).min(before);
        let tail = &self.bad[(last + 1).saturating_sub(NEAR).max(first)..=last];
        let near = rate_near(tail).max(self.levels.rates[1]);
        let found = locate_boundary(&self.bad[left..right], near, self.baseline);
        let (time, interval, at) = self.place(left, &found);
        (time, interval, at - 1)
    }

    /// A boundary in a part of the row that begins at `left`, as times.
    fn place(&self, left: usize, found: &Boundary) -> (Time, Span, usize) {
        let at = |j: usize| (left + j).clamp(1, self.row.len() - 1);
        let (best, low, high) = (at(found.best), at(found.low), at(found.high));
        let interval = Span::new(self.row[low - 1].time, self.row[high].time);
        (between(self.row, best), interval, best)
    }
}

fn rate_near(bad: &[bool]) -> f64 {
    let n = bad.len().max(1) as f64;
    (bad.iter().filter(|b| **b).count() as f64 + 0.5) / (n + 1.0)
}

/// The best guess for a change between observation `j - 1` and `j`: half-way, unless the gap is unusually
/// long; then half a usual gap from the observation on the far side of it.
fn between(row: &[Seen], j: usize) -> Time {
    let (a, b) = (row[j - 1].time, row[j].time);
    let around = &row[j.saturating_sub(20)..(j + 20).min(row.len())];
    let mut gaps: Vec<f64> = around
        .windows(2)
        .map(|w| w[1].time.secs_since(w[0].time))
        .collect();
    let usual = median(&mut gaps).unwrap_or(0.0);
    let gap = b.secs_since(a);
    if gap <= 4.0 * usual.max(1.0) {
        a.midpoint(b)
    } else if row[j].bad {
        b.plus_secs(-usual / 2.0)
    } else if row[j - 1].bad {
        a.plus_secs(usual / 2.0)
    } else {
        a.midpoint(b)
    }
}

fn phases(
    row: &[Seen],
    bad: &[bool],
    runs: &[Run],
    (first, last): (usize, usize),
    start: Time,
    end: Option<Time>,
) -> Vec<Phase> {
    let inside: Vec<Run> = runs
        .iter()
        .filter(|r| r.level > 0 && r.last >= first && r.first <= last)
        .map(|r| Run {
            first: r.first.max(first),
            last: r.last.min(last),
            level: r.level,
        })
        .collect();
    let count = inside.len();
    inside
        .iter()
        .enumerate()
        .map(|(i, run)| {
            let from = if i == 0 { start } else { row[run.first].time };
            let to = if i + 1 == count {
                end.unwrap_or(row[last].time)
            } else {
                row[run.last + 1].time
            };
            let part = &bad[run.first..=run.last];
            let failed = part.iter().filter(|b| **b).count();
            Phase {
                span: Span::new(from.min(to), to),
                failure_rate: failed as f64 / part.len() as f64,
                calls: part.len() as u64,
                failed_calls: failed as u64,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(parts: &[(usize, usize)]) -> Vec<Seen> {
        let bad: Vec<bool> = parts
            .iter()
            .flat_map(|&(n, k)| (1..=n).map(move |i| k > 0 && i % k == 0))
            .collect();
        bad.iter()
            .enumerate()
            .map(|(i, &bad)| Seen {
                time: Time::from_millis(1000 * i as i64),
                bad,
                source: SourceRef {
                    input: 0,
                    line: i as u64,
                },
            })
            .collect()
    }

    fn of() -> RowOf {
        RowOf {
            exchange: Sym(1),
            component: Sym(2),
            callers: vec![],
            source: OutageSource::Calls,
        }
    }

    #[test]
    fn onset_and_end_lie_between_the_calls_around_them() {
        let found = episodes(&row(&[(300, 0), (60, 1), (300, 0)]), &of(), &[], 600.0);
        assert_eq!(found.len(), 1);
        let e = &found[0];
        assert_eq!(e.start, Time::from_millis(299_500));
        assert_eq!(e.end, Some(Time::from_millis(359_500)));
        assert!(
            e.start_interval.contains(e.start) && e.end_interval.unwrap().contains(e.end.unwrap())
        );
        assert_eq!((e.observed, e.bad), (60, 60));
    }

    #[test]
    fn still_down_at_the_end_and_down_at_the_start() {
        let found = episodes(&row(&[(60, 1), (300, 0), (60, 1)]), &of(), &[], 600.0);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].began_before_log && found[0].end.is_some());
        assert!(!found[1].began_before_log && found[1].end.is_none());
    }

    #[test]
    fn an_outage_longer_than_the_healthy_part_is_found() {
        let found = episodes(&row(&[(100, 0), (400, 1), (100, 0)]), &of(), &[], 600.0);
        assert_eq!(found.len(), 1);
        assert!(found[0].baseline < 0.02, "{}", found[0].baseline);
    }

    #[test]
    fn noise_has_no_episode() {
        assert!(episodes(&row(&[(5000, 40)]), &of(), &[], 600.0).is_empty());
    }
}
