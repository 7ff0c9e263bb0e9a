//! Logs that keep every failure and only a share of the successes make every rate look far worse than it is.
//!
//! The calls tell: where nearly every failed call belongs to a logged payment, but only a tenth of the good ones does, one success
//! in ten was logged. Each logged success then stands for ten.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Evidence, Finding, IdHash, Severity, SourceRef, Sym};
use crate::timeline::{CallState, Health, Timeline};

/// Ids of good calls needed to judge.
const LEAST_GOOD: f64 = 60.0;
/// Ids of bad calls needed to judge.
const LEAST_BAD: f64 = 8.0;
/// Share of the bad calls' ids that must belong to a logged payment.
const BAD_ARE_LOGGED: f64 = 0.6;
/// Successes count as sampled when they are logged less than this often, against failures.
const SAMPLED: f64 = 0.6;

/// How many successes each logged one stands for, by merchant; merchants not listed log all.
#[derive(Debug, Default)]
pub(crate) struct Sampling {
    stands_for: BTreeMap<Sym, f64>,
    first: BTreeMap<Sym, SourceRef>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Ids {
    good: f64,
    good_logged: f64,
    bad: f64,
    bad_logged: f64,
}

impl Sampling {
    pub(crate) fn learn(timeline: &Timeline, health: &Health) -> Sampling {
        let mut logged: HashMap<IdHash, (Sym, bool)> = HashMap::new();
        let mut first: BTreeMap<Sym, SourceRef> = BTreeMap::new();
        for a in &timeline.attempts {
            first.entry(a.merchant).or_insert(a.source);
            for id in a.links.into_iter().filter(|l| l.is_some()) {
                logged.insert(id, (a.merchant, a.outcome.is_bad()));
            }
        }
        let counts = count(timeline, health, &logged, &first);
        let stands_for = counts
            .into_iter()
            .filter_map(|(m, ids)| Some((m, ids.stands_for()?)))
            .collect();
        Sampling { stands_for, first }
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
        let detail = format!(
            "Nearly every failed call of {name} belongs to a logged payment, but only about one good call in {stands_for:.0} does. The \
             payment rates shown for {name} are therefore far worse than they were; the verdicts allow for it."
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

fn count(
    timeline: &Timeline,
    health: &Health,
    logged: &HashMap<IdHash, (Sym, bool)>,
    merchants: &BTreeMap<Sym, SourceRef>,
) -> BTreeMap<Sym, Ids> {
    let mut seen: HashMap<IdHash, bool> = HashMap::new();
    let own = |caller: &Sym| caller.is_some() && merchants.contains_key(caller);
    for call in timeline.calls.iter().filter(|c| own(&c.caller)) {
        if let Some(id) = call.links.into_iter().find(|l| l.is_some()) {
            let bad = matches!(health.state(call), CallState::Failed | CallState::Slow);
            *seen.entry(id).or_default() |= bad;
        }
    }
    let mut out: BTreeMap<Sym, Ids> = BTreeMap::new();
    for call in timeline.calls.iter().filter(|c| own(&c.caller)) {
        let Some(id) = call.links.into_iter().find(|l| l.is_some()) else {
            continue;
        };
        // Each id counts once, at its first call.
        let Some(bad) = seen.remove(&id) else {
            continue;
        };
        let ids = out.entry(call.caller).or_default();
        let payment = logged.get(&id);
        if bad {
            ids.bad += 1.0;
            ids.bad_logged += f64::from(u8::from(payment.is_some()));
        } else if payment.is_none_or(|p| !p.1) {
            ids.good += 1.0;
            ids.good_logged += f64::from(u8::from(payment.is_some()));
        }
    }
    out
}

impl Ids {
    fn stands_for(&self) -> Option<f64> {
        if self.good < LEAST_GOOD || self.bad < LEAST_BAD || self.good_logged < 3.0 {
            return None;
        }
        let (good, bad) = (self.good_logged / self.good, self.bad_logged / self.bad);
        (bad >= BAD_ARE_LOGGED && good < SAMPLED * bad).then_some(bad / good)
    }
}
