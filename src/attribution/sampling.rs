//! Logs that keep every failure and only a share of the successes make every rate look far worse than it is.
//!
//! The calls tell: where nearly every failed call belongs to a logged payment, but only a tenth of the good ones does, one success
//! in ten was logged. Each logged success then stands for ten.

use std::collections::{BTreeMap, BTreeSet};

use super::links::Links;
use crate::model::{Call, Evidence, FastSet, Finding, IdHash, Severity, SourceRef, Sym};
use crate::timeline::{CallState, Health, Timeline};

/// Ids of good calls needed to judge.
const LEAST_GOOD: f64 = 60.0;
/// Ids of bad calls needed to judge.
const LEAST_BAD: f64 = 8.0;
/// Share of the bad calls' ids that must belong to a logged payment.
const BAD_ARE_LOGGED: f64 = 0.6;
/// Successes count as sampled when they are logged less than this often, against failures.
const SAMPLED: f64 = 0.6;

/// Failures that an outage must have brought to judge by the volume …
const LEAST_GAINED: f64 = 30.0;
/// … and successes logged outside it.
const LEAST_KEPT: f64 = 20.0;
/// Only logs with at least this share of failures outside every outage are suspected of sampling.
const SUSPICIOUS: f64 = 0.15;
/// So many failures for each logged success lost tell of sampling: retries alone make two or three.
const SURELY_SAMPLED: f64 = 4.0;
/// No log is taken to keep less than one success in so many.
const MOST_SAMPLED: f64 = 100.0;

/// How many successes each logged one stands for, by merchant; merchants not listed log all.
#[derive(Debug, Default)]
pub(crate) struct Sampling {
    stands_for: BTreeMap<Sym, f64>,
    /// Merchants whose ids show that they log all, or how much.
    told_by_ids: BTreeSet<Sym>,
    first: BTreeMap<Sym, SourceRef>,
}

/// What a merchant logged in the outages and outside of them, in seconds and attempts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Volume {
    pub(crate) inside_s: f64,
    pub(crate) outside_s: f64,
    /// First failed attempts of kinds that use the exchange, inside and outside.
    pub(crate) failed: (f64, f64),
    /// Logged successes of the same kinds.
    pub(crate) succeeded: (f64, f64),
    /// Logged successes of kinds that do not: how the traffic itself went.
    pub(crate) others: (f64, f64),
}

impl Volume {
    /// Adds the attempts that another part of the log holds.
    pub(crate) fn add(&mut self, other: &Volume) {
        let counts = [&mut self.failed, &mut self.succeeded, &mut self.others];
        let more = [other.failed, other.succeeded, other.others];
        for (count, more) in counts.into_iter().zip(more) {
            count.0 += more.0;
            count.1 += more.1;
        }
    }

    fn stands_for(&self) -> Option<f64> {
        let share = self.failed.1 / (self.failed.1 + self.succeeded.1).max(1.0);
        let enough = self.failed.0 >= LEAST_GAINED && self.succeeded.1 >= LEAST_KEPT;
        if !enough || share < SUSPICIOUS || self.inside_s <= 0.0 || self.outside_s <= 0.0 {
            return None;
        }
        let (inside, outside) = (self.inside_s, self.outside_s);
        // Without a control more failures may as well be more traffic.
        if self.others.1 < LEAST_KEPT || self.others.0 < 3.0 {
            return None;
        }
        let traffic = (self.others.0 / inside) / (self.others.1 / outside);
        let gained = self.failed.0 / inside - traffic * self.failed.1 / outside;
        let lost = traffic * self.succeeded.1 / outside - self.succeeded.0 / inside;
        let n = gained / lost.max(0.02 * self.succeeded.1 / outside);
        (n >= SURELY_SAMPLED).then_some(n.min(MOST_SAMPLED))
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Ids {
    good: f64,
    good_logged: f64,
    bad: f64,
    bad_logged: f64,
}

impl Sampling {
    pub(crate) fn learn(timeline: &Timeline, health: &Health, links: &Links<'_>) -> Sampling {
        let mut known: FastSet<Sym> = FastSet::default();
        let mut first: BTreeMap<Sym, SourceRef> = BTreeMap::new();
        for a in &timeline.attempts {
            if known.insert(a.merchant) {
                first.insert(a.merchant, a.source);
            }
        }
        let counts = count(timeline, health, links, &known);
        let told_by_ids = counts
            .iter()
            .filter(|(_, ids)| ids.tell())
            .map(|(m, _)| *m)
            .collect();
        let stands_for = counts
            .into_iter()
            .filter_map(|(m, ids)| Some((m, ids.stands_for()?)))
            .collect();
        Sampling {
            stands_for,
            told_by_ids,
            first,
        }
    }

    /// Where ids do not join, the outage itself tells: the successes that a merchant lost in it are the failures that it
    /// gained. Where it gained many times more failures than it lost logged successes, those were sampled.
    pub(crate) fn learn_by_volume(&mut self, volumes: &BTreeMap<Sym, Volume>) {
        for (merchant, volume) in volumes {
            if let Some(n) = volume
                .stands_for()
                .filter(|_| !self.told_by_ids.contains(merchant))
            {
                self.stands_for.insert(*merchant, n);
            }
        }
    }

    /// How many successes one logged success of this merchant stands for.
    pub(crate) fn stands_for(&self, merchant: Sym) -> f64 {
        self.stands_for.get(&merchant).copied().unwrap_or(1.0)
    }

    /// Says which merchants' logs look sampled.
    pub(crate) fn findings(&self, timeline: &Timeline) -> Vec<Finding> {
        let mut out: Vec<Finding> = self
            .stands_for
            .iter()
            .map(|(m, n)| self.finding(timeline, *m, *n))
            .collect();
        out.sort_by(|a, b| a.title.cmp(&b.title));
        out
    }

    fn finding(&self, timeline: &Timeline, merchant: Sym, stands_for: f64) -> Finding {
        let name = timeline.names.text(merchant);
        let name = if name.is_empty() {
            "the payments"
        } else {
            name
        };
        let why = if self.told_by_ids.contains(&merchant) {
            format!(
                "Nearly every failed call of {name} belongs to a logged payment, but only about one good call in {stands_for:.0} does."
            )
        } else {
            format!(
                "During the outage {name} gained about {stands_for:.0} failures for each logged success lost, while other payments went \
                 on as usual."
            )
        };
        let detail = format!(
            "{why} The payment rates shown for {name} are therefore far worse than they were; the verdicts allow for it."
        );
        let source = self.first.get(&merchant).copied().unwrap_or_default();
        Finding {
            id: "successes-sampled".into(),
            title: format!(
                "the log of {name} seems to hold only about one success in {stands_for:.0}"
            ),
            severity: Severity::Warning,
            confidence: 0.8,
            evidence: vec![Evidence {
                rule: "calls-without-payment",
                supports: true,
                weight: 0.0,
                detail: detail.clone(),
                source,
            }],
            detail,
        }
    }
}

fn first_id(call: &Call) -> Option<IdHash> {
    call.links.into_iter().find(|l| l.is_some())
}

fn count(
    timeline: &Timeline,
    health: &Health,
    links: &Links<'_>,
    merchants: &FastSet<Sym>,
) -> BTreeMap<Sym, Ids> {
    // Whether a call with the id at that place was bad; nothing where none was seen, or it is counted.
    let mut seen: Vec<Option<bool>> = vec![None; links.places()];
    let own = |caller: &Sym| caller.is_some() && merchants.contains(caller);
    for call in timeline.calls.iter().filter(|c| own(&c.caller)) {
        if let Some(place) = first_id(call).and_then(|id| links.place(id)) {
            let bad = matches!(health.state(call), CallState::Failed | CallState::Slow);
            seen[place] = Some(bad || seen[place] == Some(true));
        }
    }
    let mut out: BTreeMap<Sym, Ids> = BTreeMap::new();
    for call in timeline.calls.iter().filter(|c| own(&c.caller)) {
        let Some(id) = first_id(call) else {
            continue;
        };
        // Each id counts once, at its first call.
        let Some(bad) = links.place(id).and_then(|place| seen[place].take()) else {
            continue;
        };
        let ids = out.entry(call.caller).or_default();
        let payment = links.carrier(id).map(|i| &timeline.attempts[i as usize]);
        if bad {
            ids.bad += 1.0;
            ids.bad_logged += f64::from(u8::from(payment.is_some()));
        } else if payment.is_none_or(|p| !p.outcome.is_bad()) {
            ids.good += 1.0;
            ids.good_logged += f64::from(u8::from(payment.is_some()));
        }
    }
    out
}

impl Ids {
    /// Whether they are enough to tell which share of the successes was logged.
    fn tell(&self) -> bool {
        self.good >= LEAST_GOOD && self.bad >= LEAST_BAD && self.good_logged >= 3.0
    }

    fn stands_for(&self) -> Option<f64> {
        if !self.tell() {
            return None;
        }
        let (good, bad) = (self.good_logged / self.good, self.bad_logged / self.bad);
        (bad >= BAD_ARE_LOGGED && good < SAMPLED * bad).then_some(bad / good)
    }
}
