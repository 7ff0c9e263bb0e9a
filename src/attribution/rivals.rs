//! Rival explanations: stretches in which failures with one error become frequent at times of their own.
//!
//! An outage's failures begin with it and end with it (or, for pending payments, begin with it). A stretch that begins clearly
//! before, ends clearly after, or fills only some middle part, is another incident: an acquirer's, a deploy's, a
//! database's. Looked for from wide to narrow: all payments by one method, one merchant's, one kind's.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::expected::Failure;
use super::strata::{Strata, Use};
use super::suspicion::{self, Mechanism};
use crate::model::{
    Attempt, ErrorClass, ErrorKey, Evidence, FastMap, FastSet, Finding, IdHash, Judgement, Outage,
    Severity, SourceRef, Span, Sym, Time, Verdict,
};
use crate::stats::{Sequence, Sieve, segment_from_own_baseline};
use crate::timeline::Timeline;

/// Fewer failures with one error than this are no incident.
const LEAST_FAILURES: usize = 8;
/// So many pairs of group and error are looked at, the most frequent first.
const MOST_ROWS: usize = 300;
/// Below this probability of being the outage's doing a stretch is another incident.
const APART: f64 = 0.5;
/// From here on a stretch counts as one currency's.
const SURELY_CONFINED: f64 = 3.0;
/// So much at most speaks against an outage when failures are of one currency only.
const MOST_CONFINED: f64 = 8.0;
/// So many rival incidents are told of.
const MOST_TOLD: usize = 8;
/// Attempts looked at together, from wide to narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    /// Method, and the upstream that it uses.
    Method(Sym, Sym),
    /// Merchant, method, upstream.
    Merchant(Sym, Sym, Sym),
    Kind(u32),
}

/// Which failures are looked at together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sign {
    /// Those with one error.
    Error(Sym),
    /// Those that speak of some upstream, whatever their words: an acquirer's incident has several.
    Upstream,
}

/// A stretch with an onset and an end of its own.
#[derive(Clone, Debug)]
pub(crate) struct Rival {
    group: Group,
    sign: Sign,
    class: ErrorClass,
    /// From its first to its last failure.
    pub(crate) span: Span,
    failures: usize,
    mechanism: Mechanism,
    /// How much it speaks against an outage that they are all of one currency, as log-odds.
    confined: f64,
    /// Of the first failure; of all when they are confined to it.
    currency: Sym,
    /// Share of the attempts that came so far which it stopped.
    rate: f64,
    before: f64,
    pub(crate) source: SourceRef,
    /// Exchanges in whose outage such failures were as much more frequent before and after the stretch: it is a part of that.
    part_of: BTreeSet<Sym>,
}

/// All stretches found.
pub(crate) struct Rivals {
    stretches: Vec<Rival>,
    by_key: FastMap<(Group, Sign), InTime>,
    /// Those that tell of a fault elsewhere, by group.
    elsewhere: FastMap<Group, InTime>,
}

/// Stretches in order of their start, so that those of a moment are found without a look at all.
#[derive(Default)]
struct InTime {
    /// Places in [`Rivals::stretches`].
    order: Vec<usize>,
    starts: Vec<Time>,
    /// The latest end of all up to the same place.
    ends: Vec<Time>,
}

impl InTime {
    fn of(mut order: Vec<usize>, stretches: &[Rival]) -> InTime {
        order.sort_by_key(|&i| (stretches[i].span.start, i));
        let starts = order.iter().map(|&i| stretches[i].span.start).collect();
        let mut latest = Time::MIN;
        let ends = order.iter().map(|&i| {
            latest = latest.max(stretches[i].span.end);
            latest
        });
        InTime {
            ends: ends.collect(),
            starts,
            order,
        }
    }

    /// Places of stretches that may contain `time`: all that do are among them.
    fn near(&self, time: Time) -> impl Iterator<Item = usize> + '_ {
        let begun = self.starts.partition_point(|s| *s <= time);
        let behind = (0..begun).rev().take_while(move |&i| self.ends[i] >= time);
        behind.map(|i| self.order[i])
    }
}

fn in_time<K: std::hash::Hash + Eq>(
    places: FastMap<K, Vec<usize>>,
    stretches: &[Rival],
) -> FastMap<K, InTime> {
    let sorted = |(key, order)| (key, InTime::of(order, stretches));
    places.into_iter().map(sorted).collect()
}

impl Rivals {
    pub(crate) fn find(timeline: &Timeline, strata: &Strata, outages: &[Outage]) -> Rivals {
        let rows = Rows::of(timeline, strata);
        let mut stretches: Vec<Rival> = Vec::new();
        let frequent = rows.frequent();
        let found: Vec<Vec<Rival>> = frequent
            .par_iter()
            .map(|(group, sign)| rows.stretches(*group, *sign, outages))
            .collect();
        for ((group, sign), rivals) in frequent.into_iter().zip(found) {
            for rival in rivals {
                let wider = |r: &Rival| {
                    r.sign == sign && r.span.overlaps(&rival.span) && covers(strata, r.group, group)
                };
                if !stretches.iter().any(wider) {
                    stretches.push(rival);
                }
            }
        }
        let mut by_key: FastMap<(Group, Sign), Vec<usize>> = FastMap::default();
        for (i, r) in stretches.iter().enumerate() {
            by_key.entry((r.group, r.sign)).or_default().push(i);
        }
        let mut elsewhere: FastMap<Group, Vec<usize>> = FastMap::default();
        for (i, r) in stretches.iter().enumerate() {
            if r.mechanism.is_a_fault_elsewhere() {
                elsewhere.entry(r.group).or_default().push(i);
            }
        }
        let elsewhere = in_time(elsewhere, &stretches);
        let by_key = in_time(by_key, &stretches);
        Rivals {
            stretches,
            by_key,
            elsewhere,
        }
    }

    /// The stretch that covers a failed attempt and is probably not the outage's doing, with the probability that it is.
    pub(crate) fn explains(
        &self,
        strata: &Strata,
        attempt: &Attempt,
        failure: &Failure,
        outage: &Outage,
        log_end: Time,
    ) -> Option<(&Rival, f64)> {
        let signs = [Sign::Error(failure.signature), Sign::Upstream];
        let signs = &signs[..if speaks_of_upstream(failure.class) {
            2
        } else {
            1
        }];
        groups(strata, failure.who.kind)
            .into_iter()
            .flat_map(|g| signs.iter().map(move |s| (g, *s)))
            .filter_map(|key| self.by_key.get(&key))
            .enumerate()
            .flat_map(|(k, in_time)| in_time.near(attempt.start).map(move |i| (k, i)))
            .map(|place| (place, &self.stretches[place.1]))
            .filter(|(_, r)| r.span.contains(attempt.start))
            .map(|(place, r)| (place, r, self.follows(r, outage, failure.who.uses, log_end)))
            .filter(|(.., follows)| *follows < APART)
            .min_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)))
            .map(|(_, r, follows)| (r, follows))
    }

    /// Share of attempts like this one that other incidents stopped at that time: it might have been among them, had the
    /// outage not stopped it first.
    pub(crate) fn stops(
        &self,
        strata: &Strata,
        attempt: &Attempt,
        failure: &Failure,
        outage: &Outage,
        log_end: Time,
    ) -> f64 {
        let own = groups(strata, failure.who.kind);
        // A stretch of failures like this one is no other reason to fail.
        let is_its_own = |sign: Sign| match sign {
            Sign::Error(signature) => signature == failure.signature,
            Sign::Upstream => speaks_of_upstream(failure.class),
        };
        let covers = |r: &&Rival| {
            !is_its_own(r.sign)
                && r.span.contains(attempt.start)
                && (r.confined < SURELY_CONFINED || r.currency == attempt.currency)
        };
        own.iter()
            .filter_map(|group| self.elsewhere.get(group))
            .flat_map(|in_time| in_time.near(attempt.start))
            .map(|i| &self.stretches[i])
            .filter(covers)
            .map(|r| (r, self.follows(r, outage, failure.who.uses, log_end)))
            .filter(|(_, follows)| *follows < APART)
            .map(|(r, follows)| r.rate * (1.0 - follows))
            .fold(0.0, f64::max)
    }

    /// Probability that a stretch is the outage's doing.
    fn follows(&self, r: &Rival, outage: &Outage, uses: Use, log_end: Time) -> f64 {
        if r.part_of.contains(&outage.exchange) && uses == Use::Uses {
            return 1.0;
        }
        suspicion::follows(&r.clues(), outage, uses, log_end)
    }

    /// Those whose times are no outage's, as findings, the largest first.
    pub(crate) fn findings(
        &self,
        timeline: &Timeline,
        strata: &Strata,
        outages: &[Outage],
        judgements: &[Judgement],
        log_end: Time,
    ) -> Vec<Finding> {
        let apart = |r: &Rival, o: &Outage| {
            !o.span(log_end).overlaps(&r.span)
                || self.follows(r, o, group_uses(strata, r.group, o), log_end) < APART
        };
        let mut alone: Vec<&Rival> = self
            .stretches
            .iter()
            .filter(|r| outages.iter().all(|o| apart(r, o)))
            .collect();
        alone.sort_by_key(|r| {
            (
                std::cmp::Reverse(r.failures),
                r.span.start,
                r.source,
                r.sign,
            )
        });
        let mut told: Vec<&Rival> = Vec::new();
        for r in alone {
            // One incident shows in several errors and groups: the largest stands for all.
            let same = |t: &&Rival| {
                t.span.overlaps(&r.span)
                    && (covers(strata, t.group, r.group) || covers(strata, r.group, t.group))
            };
            if told.len() < MOST_TOLD
                && !told.iter().any(same)
                && !mostly_caused(timeline, strata, r, judgements)
            {
                told.push(r);
            }
        }
        let shares_times = |r: &Rival| {
            let agree = |o: &&Outage| {
                let uses = group_uses(strata, r.group, o);
                o.span(log_end).overlaps(&r.span)
                    && suspicion::times_agree(&r.clues(), o, uses, log_end) > 0.0
            };
            outages.iter().any(|o| agree(&o))
        };
        told.into_iter()
            .map(|r| finding(timeline, strata, r, shares_times(r)))
            .collect()
    }
}

impl Rival {
    fn clues(&self) -> suspicion::Clues<'_> {
        suspicion::Clues {
            mechanism: &self.mechanism,
            confined: self.confined,
            span: self.span,
        }
    }
}

/// Whether most of the failures of a stretch were held against an outage after all: then it is no other incident.
fn mostly_caused(
    timeline: &Timeline,
    strata: &Strata,
    r: &Rival,
    judgements: &[Judgement],
) -> bool {
    let covered = |j: &&Judgement| {
        let a = &timeline.attempts[j.attempt];
        shows(timeline, a, r.sign)
            && r.span.contains(a.start)
            && groups(strata, strata.of[j.attempt]).contains(&r.group)
    };
    let (all, caused) = judgements
        .iter()
        .filter(covered)
        .fold((0usize, 0usize), |t, j| {
            (t.0 + 1, t.1 + usize::from(j.verdict == Verdict::Caused))
        });
    2 * caused > all
}

/// Whether an attempt failed in the way looked at.
fn shows(timeline: &Timeline, attempt: &Attempt, sign: Sign) -> bool {
    attempt.outcome.is_bad()
        && match sign {
            Sign::Error(signature) => timeline.error(attempt.error).signature == signature,
            Sign::Upstream => speaks_of_upstream(attempt.class),
        }
}

pub(crate) fn speaks_of_upstream(class: ErrorClass) -> bool {
    class.is_upstream() || class == ErrorClass::CircuitOpen
}

fn groups(strata: &Strata, kind: u32) -> [Group; 3] {
    let k = &strata.kinds[kind as usize];
    let upstream = strata.upstream(kind);
    [
        Group::Method(k.method, upstream),
        Group::Merchant(k.merchant, k.method, upstream),
        Group::Kind(kind),
    ]
}

fn group_uses(strata: &Strata, group: Group, outage: &Outage) -> Use {
    let used = (0..strata.kinds.len() as u32)
        .any(|k| strata.upstream(k) == outage.exchange && groups(strata, k).contains(&group));
    if used { Use::Uses } else { Use::No }
}

fn covers(strata: &Strata, wide: Group, narrow: Group) -> bool {
    match (wide, narrow) {
        (Group::Method(m, e), Group::Merchant(_, n, f)) => (m, e) == (n, f),
        (_, Group::Kind(k)) => groups(strata, k).contains(&wide),
        _ => wide == narrow,
    }
}

/// Final attempts by group, the first of each order, in order of their start.
struct Rows<'a> {
    timeline: &'a Timeline,
    strata: &'a Strata,
    /// Numbers of the groups.
    numbers: BTreeMap<Group, u32>,
    /// Attempts by the number of their group.
    members: Vec<Vec<u32>>,
    /// Places in the row of a group: of all failures, and of those with a sign.
    failed: Vec<Vec<u32>>,
    places: FastMap<(u32, Sign), Vec<u32>>,
    /// Exchanges of which there are calls.
    called: BTreeSet<Sym>,
}

impl<'a> Rows<'a> {
    fn of(timeline: &'a Timeline, strata: &'a Strata) -> Rows<'a> {
        let mut numbers: BTreeMap<Group, u32> = BTreeMap::new();
        let of_kind: Vec<[u32; 3]> = (0..strata.kinds.len() as u32)
            .map(|k| {
                groups(strata, k).map(|g| {
                    let next = numbers.len() as u32;
                    *numbers.entry(g).or_insert(next)
                })
            })
            .collect();
        let mut rows = Rows {
            timeline,
            strata,
            members: vec![Vec::new(); numbers.len()],
            failed: vec![Vec::new(); numbers.len()],
            numbers,
            places: FastMap::default(),
            called: timeline.calls.iter().map(|c| c.exchange).collect(),
        };
        for (_, _, i) in first_tries(timeline) {
            for number in of_kind[strata.of[i as usize] as usize] {
                rows.add(number, i);
            }
        }
        rows
    }

    fn add(&mut self, number: u32, i: u32) {
        let row = &mut self.members[number as usize];
        let place = row.len() as u32;
        row.push(i);
        let a = &self.timeline.attempts[i as usize];
        if a.outcome.is_bad() {
            self.failed[number as usize].push(place);
            let error = Sign::Error(self.timeline.error(a.error).signature);
            let upstream = speaks_of_upstream(a.class).then_some(Sign::Upstream);
            for sign in [Some(error), upstream].into_iter().flatten() {
                self.places.entry((number, sign)).or_default().push(place);
            }
        }
    }

    /// Pairs of group and sign with enough failures: wide groups first, then by number.
    fn frequent(&self) -> Vec<(Group, Sign)> {
        let mut alike: FastMap<(u32, ErrorKey, ErrorClass), usize> = FastMap::default();
        for (a, kind) in self.timeline.attempts.iter().zip(&self.strata.of) {
            if a.outcome.is_bad() {
                *alike.entry((*kind, a.error, a.class)).or_default() += 1;
            }
        }
        let mut counts: BTreeMap<(Group, Sign), usize> = BTreeMap::new();
        let alike: BTreeMap<(u32, ErrorKey, ErrorClass), usize> = alike.into_iter().collect();
        for ((kind, error, class), n) in alike {
            // What uses an exchange has its outages to explain such errors.
            let exchange = self.strata.kinds[kind as usize].exchange;
            let is_upstream = speaks_of_upstream(class)
                && (exchange.is_none() || !self.called.contains(&exchange));
            let error = Sign::Error(self.timeline.error(error).signature);
            for group in groups(self.strata, kind) {
                *counts.entry((group, error)).or_default() += n;
                if is_upstream {
                    *counts.entry((group, Sign::Upstream)).or_default() += n;
                }
            }
        }
        let mut out: Vec<((Group, Sign), usize)> = counts
            .into_iter()
            .filter(|c| c.1 >= LEAST_FAILURES)
            .collect();
        let rank = |g: &Group| match g {
            Group::Method(..) => 0,
            Group::Merchant(..) => 1,
            Group::Kind(_) => 2,
        };
        let words = |s: &Sign| match s {
            Sign::Error(e) => self.timeline.names.text(*e),
            Sign::Upstream => "",
        };
        out.sort_by_cached_key(|((g, s), n)| {
            let group = describe(self.timeline, self.strata, *g);
            (std::cmp::Reverse(*n), rank(g), group, words(s).to_string())
        });
        out.truncate(MOST_ROWS);
        out.sort_by_key(|((g, _), n)| (rank(g), std::cmp::Reverse(*n)));
        out.into_iter().map(|(k, _)| k).collect()
    }

    fn stretches(&self, group: Group, sign: Sign, outages: &[Outage]) -> Vec<Rival> {
        let Some(&number) = self.numbers.get(&group) else {
            return Vec::new();
        };
        let row = Row {
            timeline: self.timeline,
            members: &self.members[number as usize],
            failed: &self.failed[number as usize],
            places: self.places.get(&(number, sign)).map_or(&[], |p| p),
        };
        let found = segment_from_own_baseline(Sequence {
            bad: row.places,
            len: row.members.len(),
        });
        let log_end = self.timeline.end();
        let part_of = |span: Span| -> BTreeSet<Sym> {
            outages
                .iter()
                .filter(|o| row.is_part_of(span, o.span(log_end), found.baseline))
                .map(|o| o.exchange)
                .collect()
        };
        let stretch = |&(first, last): &(usize, usize)| {
            let hits: Vec<&Attempt> = between(row.places, first, last + 1)
                .iter()
                .map(|&p| row.at(p as usize))
                .collect();
            let (a, b) = (hits.first()?, hits.last()?);
            let said = hits.iter().map(|a| (a.class, self.timeline.error(a.error)));
            (hits.len() >= LEAST_FAILURES / 2).then(|| Rival {
                group,
                sign,
                class: a.class,
                mechanism: Mechanism::of(&self.timeline.names, said),
                confined: row.confined(first, last, &hits),
                rate: row.rate(first, last, &hits),
                currency: a.currency,
                span: Span::new(a.start, b.start),
                failures: hits.len(),
                before: found.baseline,
                source: a.source,
                part_of: part_of(Span::new(a.start, b.start)),
            })
        };
        found.stretches.iter().filter_map(stretch).collect()
    }
}

/// Final attempts in order of their start, the first of each order.
fn first_tries(timeline: &Timeline) -> Vec<(Time, SourceRef, u32)> {
    let attempts = &timeline.attempts;
    let hash = |a: &Attempt| a.order.0.rotate_left(a.merchant.0 % 64);
    let mut sieve = Sieve::new(attempts.len());
    let ordered = attempts.iter().filter(|a| a.order.is_some());
    ordered.for_each(|a| sieve.add(hash(a)));
    let mut orders: FastSet<(Sym, IdHash)> = FastSet::default();
    let mut out: Vec<(Time, SourceRef, u32)> = Vec::with_capacity(attempts.len());
    for (i, a) in attempts.iter().enumerate() {
        // Whoever tries again fails again: runs of one order's failures are no incident.
        let may_repeat = a.order.is_some() && sieve.may_repeat(hash(a));
        let repeats = may_repeat && !orders.insert((a.merchant, a.order));
        if a.outcome.is_final() && !repeats {
            out.push((a.start, a.source, i as u32));
        }
    }
    out.par_sort_unstable();
    out
}

/// Those of some ascending places that lie from `first` to before `end`.
fn between(places: &[u32], first: usize, end: usize) -> &[u32] {
    let from = places.partition_point(|p| (*p as usize) < first);
    let to = places.partition_point(|p| (*p as usize) < end);
    &places[from..to.max(from)]
}

/// The attempts of a group in order of their start, and which of them failed in the way looked at.
struct Row<'a> {
    timeline: &'a Timeline,
    members: &'a [u32],
    /// Places of all failures.
    failed: &'a [u32],
    /// Places of the failures looked at.
    places: &'a [u32],
}

impl Row<'_> {
    fn at(&self, place: usize) -> &Attempt {
        &self.timeline.attempts[self.members[place] as usize]
    }

    /// The places of the attempts that started in a span: from, and before.
    fn within(&self, span: Span) -> (usize, usize) {
        let start = |i: &u32| self.timeline.attempts[*i as usize].start;
        let from = self.members.partition_point(|i| start(i) < span.start);
        let to = self.members.partition_point(|i| start(i) <= span.end);
        (from, to.max(from))
    }

    /// Attempts that started in a span, and failures looked at among them.
    fn counts(&self, span: Span) -> (f64, f64) {
        let (from, to) = self.within(span);
        let failed = between(self.places, from, to).len();
        ((to - from) as f64, failed as f64)
    }

    /// Whether failures like those of a stretch were, in the rest of the outage that it lies in, at least half as much more
    /// frequent than usual as in the stretch, and plainly more than by chance.
    fn is_part_of(&self, stretch: Span, outage: Span, usual: f64) -> bool {
        if !outage.contains(stretch.start) || !outage.contains(stretch.end) {
            return false;
        }
        let (inside, all) = (self.counts(stretch), self.counts(outage));
        let around = (all.0 - inside.0, all.1 - inside.1);
        let above = |(all, failed): (f64, f64)| failed / f64::max(all, 1.0) - usual;
        let chance = (usual * around.0).max(1.0).sqrt();
        around.1 - usual * around.0 > 3.0 * chance && above(around) >= 0.5 * above(inside)
    }

    /// Share of the attempts of their currency that got as far as the failures of a stretch, and were stopped by what it is.
    fn rate(&self, first: usize, last: usize, hits: &[&Attempt]) -> f64 {
        let one = hits.iter().all(|h| h.currency == hits[0].currency);
        let passed = if one {
            let like = |a: &&Attempt| a.currency == hits[0].currency && !a.outcome.is_bad();
            (first..=last).map(|p| self.at(p)).filter(like).count()
        } else {
            last + 1 - first - between(self.failed, first, last + 1).len()
        };
        let stopped = hits.len() as f64;
        stopped / (stopped + passed as f64 + 1.0)
    }

    /// An outage hits whoever uses it alike: failures of one currency only, where others were tried as well, have a cause of
    /// their own. The log-likelihood of that by chance, with its sign turned.
    fn confined(&self, first: usize, last: usize, hits: &[&Attempt]) -> f64 {
        let Some(currency) = hits.first().map(|a| a.currency) else {
            return 0.0;
        };
        if hits.len() < LEAST_FAILURES / 2 || hits.iter().any(|a| a.currency != currency) {
            return 0.0;
        }
        let all = (first..=last).map(|p| self.at(p));
        let own = all.filter(|a| a.currency == currency).count() as f64;
        let share = (own + 1.0) / ((last + 1 - first) as f64 + 1.0);
        (hits.len() as f64 * -share.ln()).clamp(0.0, MOST_CONFINED)
    }
}

fn through(payments: &str, upstream: &str) -> String {
    let payments = payments.trim();
    if upstream.is_empty() {
        payments.to_string()
    } else {
        format!("{payments} through {upstream}")
    }
}

fn describe(timeline: &Timeline, strata: &Strata, group: Group) -> String {
    let text = |s: Sym| timeline.names.text(s);
    match group {
        Group::Method(m, e) => through(&format!("{} payments", text(m)), text(e)),
        Group::Merchant(a, m, e) => {
            let of = if a.is_none() {
                String::new()
            } else {
                format!(" of {}", text(a))
            };
            through(&format!("{} payments{of}", text(m)), text(e))
        }
        Group::Kind(k) => {
            let k = &strata.kinds[k as usize];
            let parts: Vec<&str> = [k.currency, k.method, k.exchange, k.operation]
                .into_iter()
                .map(text)
                .filter(|t| !t.is_empty())
                .collect();
            let of = if k.merchant.is_none() {
                String::new()
            } else {
                format!(" of {}", text(k.merchant))
            };
            format!("{} payments{of}", parts.join(" "))
                .trim()
                .to_string()
        }
    }
}

fn finding(timeline: &Timeline, strata: &Strata, r: &Rival, shares_times: bool) -> Finding {
    let who = describe(timeline, strata, r.group);
    let words = match r.sign {
        Sign::Error(signature) => timeline.names.text(signature),
        Sign::Upstream => "",
    };
    let words = if words.is_empty() {
        r.class.as_str()
    } else {
        words
    };
    let why = if shares_times {
        "They coincide with an outage found here, but their errors tell of something else: another incident explains them better."
    } else {
        "They began and ended at times of their own, which no outage found here shares: another incident explains them."
    };
    let detail = format!(
        "{} failures of {who} with \"{words}\" between {} and {} (usual share {:.2}%). {why}",
        r.failures,
        r.span.start,
        r.span.end,
        100.0 * r.before
    );
    Finding {
        id: "rival-incident".into(),
        title: format!("another incident hit {who}"),
        severity: Severity::Warning,
        confidence: 0.8,
        evidence: vec![Evidence {
            rule: "own-onset-and-end",
            supports: false,
            weight: 0.0,
            detail: detail.clone(),
            source: r.source,
        }],
        detail,
    }
}
