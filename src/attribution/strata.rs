//! Kinds of attempts, and which of them depend on which exchange and component.

use std::collections::{BTreeMap, BTreeSet};

use super::Dependency;
use super::company::{self, Company, Group};
use super::links::Links;
use crate::model::{Attempt, ErrorClass, FastMap, FastSet, Outage, Outcome, Sym};
use crate::timeline::Timeline;

/// Attempts of a kind looked at to learn what it calls.
const SAMPLE: usize = 400;
/// So many succeeded attempts tell what a kind calls; with fewer the failed ones are looked at, too.
const LEAST_GOOD: usize = 20;
/// Linked attempts needed before "never calls it" is believed.
const LEAST_LINKED: usize = 8;
/// With at least this share of attempts linked, a missing call is worth a remark.
const USUALLY_LINKED: f64 = 0.6;
/// A kind that calls a component in fewer than this share of its linked attempts does not depend on it.
const RARELY: f64 = 0.03;

/// So many failures that speak of an upstream, in an outage alone, show that a kind uses what was down …
const LEAST_REFUSED: f64 = 5.0;
/// … when they are so many times as frequent as outside it.
const MORE_THAN_USUAL: f64 = 10.0;

/// What makes a kind: attempts that share all of it fail alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Kind {
    pub(crate) merchant: Sym,
    pub(crate) method: Sym,
    pub(crate) exchange: Sym,
    pub(crate) currency: Sym,
    pub(crate) operation: Sym,
}

impl Kind {
    pub(crate) fn of(a: &Attempt) -> Kind {
        Kind {
            merchant: a.merchant,
            method: a.method,
            exchange: a.exchange,
            currency: a.currency,
            operation: a.operation,
        }
    }
}

/// Whether a kind of attempt uses what an outage hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Use {
    /// It uses the exchange and a component that was hit (or components are not told apart).
    Uses,
    /// It uses the exchange, but no component that was hit.
    OtherComponent,
    /// It does not use the exchange.
    No,
}

/// Kinds with what was learnt of their calls.
pub(crate) struct Strata {
    /// Kind of each attempt.
    pub(crate) of: Vec<u32>,
    pub(crate) kinds: Vec<Kind>,
    learnt: Vec<Learnt>,
    callers: BTreeMap<Sym, Vec<Sym>>,
    /// Merchants some of whose records name an exchange.
    named: BTreeSet<Sym>,
    ids_join: bool,
    company: BTreeMap<(Group, Sym), Company>,
}

#[derive(Clone, Debug, Default)]
struct Learnt {
    seen: usize,
    linked: usize,
    calls: BTreeMap<(Sym, Sym), usize>,
}

impl Strata {
    pub(crate) fn learn(timeline: &Timeline, links: &Links<'_>) -> Strata {
        let mut ids: FastMap<Kind, u32> = FastMap::default();
        let mut kinds = Vec::new();
        let of: Vec<u32> = timeline
            .attempts
            .iter()
            .map(|a| {
                let kind = Kind::of(a);
                *ids.entry(kind).or_insert_with(|| {
                    kinds.push(kind);
                    kinds.len() as u32 - 1
                })
            })
            .collect();
        let learnt = learn(timeline, links, &of, kinds.len());
        let mut callers: BTreeMap<Sym, Vec<Sym>> = BTreeMap::new();
        let mut seen: FastSet<(Sym, Sym)> = FastSet::default();
        for call in timeline.calls.iter().filter(|c| c.caller.is_some()) {
            if seen.insert((call.exchange, call.caller)) {
                callers.entry(call.exchange).or_default().push(call.caller);
            }
        }
        let names_one = |k: &&Kind| k.exchange.is_some();
        let named = kinds.iter().filter(names_one).map(|k| k.merchant).collect();
        Strata {
            of,
            kinds,
            learnt,
            callers,
            named,
            ids_join: links.ids_join(),
            company: company::learn(timeline),
        }
    }

    /// Whether attempts of a kind usually have a linked call.
    pub(crate) fn usually_linked(&self, kind: u32) -> bool {
        let l = &self.learnt[kind as usize];
        l.linked >= LEAST_LINKED && l.linked as f64 >= USUALLY_LINKED * l.seen as f64
    }

    /// Whether attempts of a kind usually have a linked call to this exchange.
    pub(crate) fn usually_calls(&self, kind: u32, exchange: Sym) -> bool {
        let l = &self.learnt[kind as usize];
        let calls: usize = l
            .calls
            .iter()
            .filter(|(k, _)| k.0 == exchange)
            .map(|(_, n)| *n)
            .max()
            .unwrap_or(0);
        self.usually_linked(kind) && calls as f64 >= USUALLY_LINKED * l.linked as f64
    }

    /// The upstream of a kind: as its records name it, else the exchange that its linked calls go to most; `NONE` when
    /// nothing tells.
    pub(crate) fn upstream(&self, kind: u32) -> Sym {
        let named = self.kinds[kind as usize].exchange;
        let l = &self.learnt[kind as usize];
        if named.is_some() || l.linked < LEAST_LINKED {
            return named;
        }
        let most = l.calls.iter().max_by_key(|(k, n)| (**n, **k));
        most.filter(|(_, n)| **n as f64 >= 0.3 * l.linked as f64)
            .map_or(Sym::NONE, |(k, _)| k.0)
    }

    /// Whether a kind uses what an outage hit: as configured, else as the records name the exchange, else as
    /// linked calls show, else as the callers of the exchange are named.
    pub(crate) fn uses(
        &self,
        timeline: &Timeline,
        kind: u32,
        outage: &Outage,
        rules: &[Dependency],
    ) -> Use {
        let k = &self.kinds[kind as usize];
        if let Some(rule) = rules.iter().find(|r| r.is_about(timeline, k)) {
            return rule.verdict(timeline, outage);
        }
        let learnt = &self.learnt[kind as usize];
        let names_it = k.exchange == outage.exchange;
        if k.exchange.is_some() && !names_it {
            // A record that names another exchange may still have called this one: only its calls can say so.
            return if self.share(learnt, outage.exchange, None) >= 0.2 {
                self.by_component(learnt, outage)
            } else {
                Use::No
            };
        }
        if learnt.linked >= LEAST_LINKED {
            if self.share(learnt, outage.exchange, None) >= RARELY {
                return self.by_component(learnt, outage);
            }
            let well_linked = learnt.linked as f64 >= 0.3 * learnt.seen as f64;
            if !names_it && well_linked {
                return Use::No;
            }
        }
        // Where the merchant's other records name their exchange, or ids join calls to its other attempts, one that
        // names none and is joined to none uses none.
        let others_tell = self.named.contains(&k.merchant) || (self.ids_join && learnt.linked == 0);
        if k.exchange.is_none() && others_tell {
            return Use::No;
        }
        let calls_it = self
            .callers
            .get(&outage.exchange)
            .is_some_and(|c| k.merchant.is_some() && c.contains(&k.merchant));
        let untold = k.exchange.is_none() && learnt.linked < LEAST_LINKED;
        if names_it || untold && (calls_it || self.time_tells(timeline, kind, outage)) {
            Use::Uses
        } else {
            Use::No
        }
    }

    /// Whether time shows that a kind of which nothing else tells uses the exchange: by its successes beside the calls, else, where
    /// calls are everywhere, by failures that speak of an upstream and come in the outage alone.
    fn time_tells(&self, timeline: &Timeline, kind: u32, outage: &Outage) -> bool {
        let k = &self.kinds[kind as usize];
        let company = self.company.get(&((k.merchant, k.method), outage.exchange));
        // Where nobody is seen beside the calls, the clocks may be apart: that others are not either tells nothing.
        let somebody = || {
            let mut all = self.company.iter();
            all.any(|((_, e), c)| *e == outage.exchange && *c == Company::Keeps)
        };
        match company {
            Some(Company::Keeps) => return true,
            Some(Company::Avoids) if somebody() => return false,
            _ => {}
        }
        let span = outage.span(timeline.end());
        let (mut inside, mut outside) = ((0.0, 0.0), (0.0, 0.0));
        let like = |a: &&Attempt| (a.merchant, a.method) == (k.merchant, k.method);
        for a in timeline.attempts.iter().filter(like) {
            let cell = if span.contains(a.start) {
                &mut inside
            } else {
                &mut outside
            };
            cell.0 += 1.0;
            let refused = a.class.is_upstream() || a.class == ErrorClass::CircuitOpen;
            cell.1 += f64::from(u8::from(a.outcome.is_bad() && refused));
        }
        let usual = (outside.1 + 0.5) / (outside.0 + 1.0);
        inside.1 >= LEAST_REFUSED && inside.1 > MORE_THAN_USUAL * usual * inside.0
    }

    fn by_component(&self, learnt: &Learnt, outage: &Outage) -> Use {
        // Calls that name no component count only where none does: beside named ones they are foreign requests.
        let whole = outage.components.iter().all(|c| c.component.is_none());
        let hit = outage
            .components
            .iter()
            .any(|c| self.share(learnt, outage.exchange, Some(c.component)) >= RARELY);
        if whole || hit {
            Use::Uses
        } else {
            Use::OtherComponent
        }
    }

    /// Share of the linked attempts that called an exchange (or one component of it).
    fn share(&self, learnt: &Learnt, exchange: Sym, component: Option<Sym>) -> f64 {
        let calls = learnt
            .calls
            .iter()
            .filter(|(k, _)| k.0 == exchange && component.is_none_or(|c| k.1 == c));
        let most = calls.map(|(_, n)| *n).max().unwrap_or(0);
        most as f64 / learnt.linked.max(1) as f64
    }
}

/// Looks at the calls of attempts of each kind, spread evenly over the log: of the succeeded ones where there are enough, since
/// a failed one may have been stopped before its call.
fn learn(timeline: &Timeline, links: &Links<'_>, of: &[u32], kinds: usize) -> Vec<Learnt> {
    let succeeded = |a: &Attempt| a.outcome == Outcome::Succeeded;
    let (mut all, mut good) = (vec![0usize; kinds], vec![0usize; kinds]);
    for (i, attempt) in timeline.attempts.iter().enumerate() {
        all[of[i] as usize] += 1;
        good[of[i] as usize] += usize::from(succeeded(attempt));
    }
    let mut out = vec![Learnt::default(); kinds];
    let mut at = vec![0usize; kinds];
    for (i, attempt) in timeline.attempts.iter().enumerate() {
        let k = of[i] as usize;
        let enough = good[k] >= LEAST_GOOD;
        if enough && !succeeded(attempt) {
            continue;
        }
        at[k] += 1;
        let step = if enough { good[k] } else { all[k] }
            .div_ceil(SAMPLE)
            .max(1);
        if !at[k].is_multiple_of(step) {
            continue;
        }
        let calls = links.of(attempt);
        let learnt = &mut out[k];
        learnt.seen += 1;
        learnt.linked += usize::from(!calls.is_empty());
        let mut keys: Vec<(Sym, Sym)> = calls
            .iter()
            .map(|&c| &timeline.calls[c as usize])
            .map(|c| (c.exchange, c.component))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            *learnt.calls.entry(key).or_default() += 1;
        }
    }
    out
}
