//! Which calls belong to which attempt.
//!
//! By shared ids, as far as an id is selective: one that many attempts or very many calls share links nothing.
//! Without ids, by a refused call of the same caller while the attempt was under way, where such a coincidence
//! is rare.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::model::{Attempt, Call, IdHash, Sym};
use crate::timeline::{CallState, Health, Timeline};

/// An id shared by more attempts than this is no link (a retry chain may share one).
const MOST_ATTEMPTS: usize = 6;
/// An id shared by more calls than this is no link.
const MOST_CALLS: usize = 64;
/// A linked call may lie so far outside the attempt, in seconds: clocks, and stamps of start or end.
const SLACK_S: f64 = 90.0;
/// A coincidence in time counts where at most this many were to be expected by chance.
const RARE: f64 = 0.35;

/// Calls by the ids that they carry.
pub(crate) struct Links<'a> {
    timeline: &'a Timeline,
    calls: ById,
    /// Attempts that carry an id of calls, by the place of its first call in `calls`.
    attempts: Vec<Carriers>,
    /// Attempts by their order, where that is no id of their own and an id of calls.
    by_order: ById,
    bad_by_caller: BTreeMap<(Sym, Sym), Vec<u32>>,
    linked_share: f64,
}

/// The attempts that carry an id.
#[derive(Clone, Copy, Debug, Default)]
struct Carriers {
    count: u32,
    last: u32,
}

/// Numbers by ids, found in one step: ids are hashes, so that their first bits spread them evenly.
struct ById {
    pairs: Vec<(IdHash, u32)>,
    /// Where the ids with the same first bits begin in `pairs`.
    starts: Vec<u32>,
    shift: u32,
}

impl ById {
    fn of(mut pairs: Vec<(IdHash, u32)>) -> ById {
        pairs.par_sort_unstable();
        let bits = (pairs.len() + 1).next_power_of_two().ilog2().clamp(1, 30);
        let shift = 64 - bits;
        let mut starts = vec![0u32; (1 << bits) + 1];
        for (id, _) in &pairs {
            starts[(id.0 >> shift) as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        ById {
            pairs,
            starts,
            shift,
        }
    }

    /// Where the numbers of an id lie in `pairs`.
    fn range(&self, id: IdHash) -> std::ops::Range<usize> {
        let bucket = (id.0 >> self.shift) as usize;
        let (from, to) = (
            self.starts[bucket] as usize,
            self.starts[bucket + 1] as usize,
        );
        let alike = &self.pairs[from..to];
        let first = from + alike.partition_point(|p| p.0 < id);
        let last = from + alike.partition_point(|p| p.0 <= id);
        first..last
    }

    fn get(&self, id: IdHash) -> &[(IdHash, u32)] {
        &self.pairs[self.range(id)]
    }
}

impl<'a> Links<'a> {
    pub(crate) fn build(timeline: &'a Timeline, health: &Health) -> Links<'a> {
        let mut calls: Vec<(IdHash, u32)> = Vec::new();
        let mut bad_by_caller: BTreeMap<(Sym, Sym), Vec<u32>> = BTreeMap::new();
        for (i, call) in timeline.calls.iter().enumerate() {
            calls.extend(distinct(&call.links).map(|l| (l, i as u32)));
            if call.caller.is_some()
                && matches!(health.state(call), CallState::Failed | CallState::Slow)
            {
                bad_by_caller
                    .entry((call.caller, call.exchange))
                    .or_default()
                    .push(i as u32);
            }
        }
        let calls = ById::of(calls);
        let mut attempts = vec![Carriers::default(); calls.pairs.len()];
        let mut by_order: Vec<(IdHash, u32)> = Vec::new();
        for (i, a) in timeline.attempts.iter().enumerate() {
            for id in distinct(&a.links) {
                let of = calls.range(id);
                if !of.is_empty() {
                    let carriers = &mut attempts[of.start];
                    carriers.count += 1;
                    carriers.last = i as u32;
                }
            }
            let own = a.order.is_some() && !a.links.contains(&a.order);
            if own && !calls.range(a.order).is_empty() {
                by_order.push((a.order, i as u32));
            }
        }
        let mut links = Links {
            timeline,
            calls,
            attempts,
            by_order: ById::of(by_order),
            bad_by_caller,
            linked_share: 0.0,
        };
        links.linked_share = links.share_of_linked_calls();
        links
    }

    /// Calls that belong to an attempt, in time order.
    pub(crate) fn of(&self, attempt: &Attempt) -> Vec<u32> {
        let from = attempt.start.plus_secs(-SLACK_S);
        let to = attempt.end().plus_secs(SLACK_S);
        let within = |c: &u32| {
            let t = self.timeline.calls[*c as usize].time;
            from <= t && t <= to
        };
        let mut found: Vec<u32> = distinct(&attempt.links)
            .flat_map(|id| self.selective(id).iter().map(|c| c.1))
            .filter(within)
            .collect();
        if found.is_empty() {
            found.extend(self.of_order(attempt).filter(within));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Calls that carry the attempt's order, each given to the attempt of that order that was under way nearest to it.
    fn of_order(&self, attempt: &Attempt) -> impl Iterator<Item = u32> {
        let order = attempt.order;
        let siblings = self.with_order(order);
        let calls = match siblings.len() {
            1..=MOST_ATTEMPTS => self.selective(order),
            _ => &[],
        };
        let own = |call: &u32| {
            let time = self.timeline.calls[*call as usize].time;
            let apart = |a: &Attempt| {
                let before = a.start.secs_since(time).max(0.0);
                before + time.secs_since(a.end()).max(0.0)
            };
            let attempts = &self.timeline.attempts;
            let nearest = siblings
                .iter()
                .map(|s| &attempts[s.1 as usize])
                .min_by(|a, b| apart(a).total_cmp(&apart(b)));
            nearest.is_some_and(|n| n.source == attempt.source)
        };
        calls
            .iter()
            .map(|c| c.1)
            .filter(own)
            .collect::<Vec<_>>()
            .into_iter()
    }

    fn with_order(&self, order: IdHash) -> &[(IdHash, u32)] {
        self.by_order.get(order)
    }

    /// A number for each id of a call, less than [`Links::places`].
    pub(crate) fn place(&self, id: IdHash) -> Option<usize> {
        let of = self.calls.range(id);
        (!of.is_empty()).then_some(of.start)
    }

    /// The bound on [`Links::place`].
    pub(crate) fn places(&self) -> usize {
        self.calls.pairs.len()
    }

    /// The last attempt that carries an id of a call.
    pub(crate) fn carrier(&self, id: IdHash) -> Option<u32> {
        let place = self.place(id)?;
        let carriers = &self.attempts[place];
        (carriers.count > 0).then_some(carriers.last)
    }

    /// Whether ids join a fair part of the calls to attempts at all.
    pub(crate) fn ids_join(&self) -> bool {
        self.linked_share > 0.05
    }

    /// A bad call to `exchange` by the attempt's own merchant while the attempt was under way, where ids join
    /// nothing and such a coincidence is rare.
    pub(crate) fn coincident(&self, attempt: &Attempt, exchange: Sym) -> Option<u32> {
        if self.ids_join() || attempt.merchant.is_none() {
            return None;
        }
        let bad = self.bad_by_caller.get(&(attempt.merchant, exchange))?;
        let (from, to) = (attempt.start.plus_secs(-0.5), attempt.end().plus_secs(0.5));
        let time = |&c: &u32| self.timeline.calls[c as usize].time;
        let first = bad.partition_point(|c| time(c) < from);
        let hit = *bad.get(first)?;
        if time(&hit) > to {
            return None;
        }
        // Bad calls a second around it, times the length of the attempt: what chance would give.
        let around = bad.partition_point(|c| time(c) < from.plus_secs(60.0))
            - bad.partition_point(|c| time(c) < from.plus_secs(-60.0));
        let by_chance = around.saturating_sub(1) as f64 / 120.0 * to.secs_since(from);
        (by_chance <= RARE).then_some(hit)
    }

    fn selective(&self, id: IdHash) -> &[(IdHash, u32)] {
        let of = self.calls.range(id);
        if of.is_empty() || of.len() > MOST_CALLS {
            return &[];
        }
        if self.attempts[of.start].count as usize > MOST_ATTEMPTS {
            return &[];
        }
        &self.calls.pairs[of]
    }

    fn share_of_linked_calls(&self) -> f64 {
        let step = (self.calls.pairs.len() / 2_000).max(1);
        let (mut hits, mut all) = (0usize, 0usize);
        for (id, _) in self.calls.pairs.iter().step_by(step) {
            all += 1;
            let crowded = self.selective(*id).is_empty();
            let known = self.carrier(*id).is_some()
                || matches!(self.with_order(*id).len(), 1..=MOST_ATTEMPTS);
            hits += usize::from(!crowded && known);
        }
        if all == 0 {
            0.0
        } else {
            hits as f64 / all as f64 * self.share_with_ids()
        }
    }

    fn share_with_ids(&self) -> f64 {
        let with = self
            .timeline
            .calls
            .iter()
            .filter(|c| c.links.iter().any(|l| l.is_some()))
            .count();
        with as f64 / self.timeline.calls.len().max(1) as f64
    }
}

fn distinct(links: &[IdHash; 3]) -> impl Iterator<Item = IdHash> {
    let l = *links;
    (0..3)
        .filter(move |&i| l[i].is_some() && !l[..i].contains(&l[i]))
        .map(move |i| l[i])
}

/// What the linked calls to one exchange say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum LinkState {
    /// A linked call failed, or came too late.
    Failed,
    /// Every linked call was served well.
    Good,
    /// None, but a call of it to another exchange failed, or its error names another one: it never came so far.
    Elsewhere,
    /// None, although attempts of this kind usually have one.
    Missing,
    /// None, and none was to be expected.
    Unlinked,
}

/// State of the linked calls to `exchange`, and the call that shows it.
pub(crate) fn state(
    calls: &[u32],
    exchange: Sym,
    timeline: &Timeline,
    health: &Health,
) -> Option<(LinkState, u32)> {
    let own: Vec<u32> = calls
        .iter()
        .copied()
        .filter(|&c| timeline.calls[c as usize].exchange == exchange)
        .collect();
    let is_bad = |c: &&u32| {
        matches!(
            health.state(&timeline.calls[**c as usize]),
            CallState::Failed | CallState::Slow | CallState::Refused
        )
    };
    match own.iter().rev().find(is_bad) {
        Some(&bad) => Some((LinkState::Failed, bad)),
        None => own.last().map(|&good| (LinkState::Good, good)),
    }
}

/// A call to another exchange that failed.
pub(crate) fn failed_elsewhere(
    calls: &[u32],
    exchange: Sym,
    timeline: &Timeline,
    health: &Health,
) -> Option<u32> {
    let failed = |c: &&u32| {
        let call = &timeline.calls[**c as usize];
        call.exchange != exchange
            && matches!(health.state(call), CallState::Failed | CallState::Slow)
    };
    calls.iter().rev().find(failed).copied()
}

/// One clause about a call, for evidence.
pub(crate) fn describe(timeline: &Timeline, call: &Call) -> String {
    let component = timeline.names.text(call.component);
    let mut text = timeline.names.text(call.exchange).to_string();
    if !component.is_empty() {
        text = format!("{text} ({component})");
    }
    if call.http_status > 0 {
        text = format!("{text}: HTTP {}", call.http_status);
    }
    if let Some(us) = call.duration_us {
        text = format!("{text} after {:.1} s", f64::from(us) / 1e6);
    }
    let error = timeline.names.text(timeline.error(call.error).message);
    if !error.is_empty() {
        let short: String = error.chars().take(120).collect();
        text = format!("{text}, \"{short}\"");
    }
    text
}
