//! The one judge: counts, weighs, decides.

pub(super) mod counterfactual;

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::case::{Case, NEVER, log_odds};
use super::expected::{Cells, Failure, Fraction, Member, chance_of_any};
use super::exposure::{Exposure, Window};
use super::links::{self, LinkState, Links};
use super::retries;
use super::rivals::{Rival, Rivals, speaks_of_upstream};
use super::rules::{RULES, Rule, Weighed};
use super::sampling::{Sampling, Volume};
use super::strata::{Strata, Use};
use super::{Judged, Options};
use crate::model::{
    Attempt, Channel, ErrorClass, Evidence, FastMap, FastSet, Interval, Judgement, Outage, Outcome,
    Sym, Time, Weights,
};
use crate::stats::sigmoid;
use crate::timeline::{Health, Timeline};

/// What the method itself errs by, as a share of the total (one standard deviation): the spread of the totals over
/// simulated incidents that chance and the baselines leave unexplained.
const METHOD_ERROR: f64 = 0.025;
/// Chance that an outage stopped anybody at all, before the failures are counted.
const EVEN: f64 = 0.5;
/// A refused call without an established outage: one, or more than one.
const BLIP: [f64; 2] = [0.05, 0.2];
/// So far around a refused call others are counted, in seconds.
const BLIP_S: f64 = 120.0;

/// Everything counted before anybody is judged. What it says of one failure it says at any time again, with the reasons.
pub struct Bench<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) outages: &'a [Outage],
    pub(super) health: &'a Health,
    options: &'a Options,
    pub(super) links: Links<'a>,
    strata: Strata,
    rivals: Rivals,
    sampling: Sampling,
    exposures: Vec<Exposure>,
    cells: Vec<Cells>,
    /// What the cells give for each sort of failure that was counted.
    shares: FastMap<(usize, Window, Failure), Shares>,
    uses: Vec<Vec<Use>>,
    /// How much likelier an attempt fails whose order just failed.
    persistence: f64,
    log_end: Time,
}

impl<'a> Bench<'a> {
    /// Counts.
    pub fn prepare(
        timeline: &'a Timeline,
        outages: &'a [Outage],
        health: &'a Health,
        options: &'a Options,
    ) -> Bench<'a> {
        let links = Links::build(timeline, health);
        let strata = Strata::learn(timeline, &links);
        let log_end = timeline.end();
        let exposures = outages
            .iter()
            .map(|o| Exposure::of(o, log_end, timeline.order_band(o.exchange)))
            .collect();
        let uses = outages
            .iter()
            .map(|o| {
                (0..strata.kinds.len() as u32)
                    .map(|k| strata.uses(timeline, k, o, &options.dependencies))
                    .collect()
            })
            .collect();
        let (rivals, (sampling, persistence)) = rayon::join(
            || Rivals::find(timeline, &strata, outages),
            || {
                let sampling = Sampling::learn(timeline, health, &links);
                (sampling, retries::persistence(timeline, outages))
            },
        );
        let mut bench = Bench {
            timeline,
            outages,
            health,
            options,
            links,
            strata,
            rivals,
            sampling,
            exposures,
            cells: outages.iter().map(|_| Cells::default()).collect(),
            shares: FastMap::default(),
            uses,
            persistence,
            log_end,
        };
        let volumes = bench.volumes();
        bench.sampling.learn_by_volume(&volumes);
        bench.count();
        bench
    }

    /// Judges every failed attempt.
    pub fn judge(&self) -> Judged {
        let failed = self.timeline.attempts.par_iter().enumerate();
        let mut judgements: Vec<Judgement> = failed
            .filter(|(_, a)| a.outcome.is_bad())
            .map(|(i, a)| self.judge_one(i, a))
            .collect();
        let comparable = self.comparable(&judgements);
        let thresholds = &self.options.thresholds;
        retries::carry_over(self.timeline, &mut judgements, self.persistence, thresholds);
        let mut findings = self.sampling.findings(self.timeline);
        findings.extend(self.rivals.findings(
            self.timeline,
            &self.strata,
            self.outages,
            &judgements,
            self.log_end,
        ));
        let excess = self.excess();
        Judged {
            expected_caused: total(&judgements, excess.as_ref()),
            judgements,
            excess: excess.map(|e| e.0),
            comparable,
            findings,
        }
    }

    /// The reasons of a judgement, strongest first.
    pub fn evidence(&self, judgement: &Judgement) -> Vec<Evidence> {
        let attempt = &self.timeline.attempts[judgement.attempt];
        let calls = self.links.of(attempt);
        let best = self.best(judgement.attempt, attempt, &calls);
        let met = best.as_ref().is_some_and(|b| b.case.window.is_some());
        let mut evidence = match best {
            Some(best) => tell(best.case),
            None => vec![no_outage(attempt)],
        };
        let blip = if met { None } else { self.blip(&calls) };
        evidence.extend(blip.map(|b| self.blip_in_words(b)));
        evidence.extend(retries::evidence(self.timeline, judgement));
        evidence.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.rule.cmp(b.rule)));
        evidence
    }

    /// What each merchant logged inside and outside the outages.
    fn volumes(&self) -> BTreeMap<Sym, Volume> {
        let log_s = self.log_end.secs_since(self.timeline.start());
        let attempts = &self.timeline.attempts;
        let repeats = self.repeated_failures();
        let add = |mut out: BTreeMap<Sym, Volume>, (i, a): (usize, &Attempt)| {
            let again = a.attempt_no > 1 || a.outcome.is_bad() && repeats.contains(&i);
            if !again && a.outcome.is_final() {
                self.add_volume(i, a, out.entry(a.merchant).or_default());
            }
            out
        };
        let parts = attempts.par_iter().enumerate().fold(BTreeMap::new, add);
        // Whole numbers: the order of a sum changes nothing.
        let mut out = parts.reduce(BTreeMap::new, |mut all, part| {
            for (merchant, volume) in part {
                all.entry(merchant).or_default().add(&volume);
            }
            all
        });
        let down: f64 = self
            .outages
            .iter()
            .map(|o| o.span(self.log_end).secs())
            .sum();
        for volume in out.values_mut() {
            volume.inside_s = down;
            volume.outside_s = (log_s - down).max(0.0);
        }
        out
    }

    /// Failures of an order that failed before.
    fn repeated_failures(&self) -> FastSet<usize> {
        let mut orders: FastSet<(Sym, crate::model::IdHash)> = FastSet::default();
        let failed = self.timeline.attempts.iter().enumerate();
        failed
            .filter(|(_, a)| a.outcome.is_bad() && a.order.is_some() && a.attempt_no <= 1)
            .filter(|(_, a)| !orders.insert((a.merchant, a.order)))
            .map(|(i, _)| i)
            .collect()
    }

    fn add_volume(&self, i: usize, attempt: &Attempt, volume: &mut Volume) {
        let kind = self.strata.of[i] as usize;
        let uses = (0..self.outages.len()).any(|o| self.uses[o][kind] == Use::Uses);
        let counts = match (uses, attempt.outcome.is_bad()) {
            (true, true) => &mut volume.failed,
            (true, false) => &mut volume.succeeded,
            (false, false) => &mut volume.others,
            (false, true) => return,
        };
        let met = self.met(attempt);
        let inside = met.iter().any(|m| !m.1.is_tail() && m.2 >= 1.0);
        *(if inside { &mut counts.0 } else { &mut counts.1 }) += 1.0;
    }

    /// Fills the cells of every outage in one pass over the attempts.
    fn count(&mut self) {
        let attempts = self.timeline.attempts.par_iter().enumerate();
        let counted = attempts
            .filter(|(_, a)| a.outcome.is_final())
            .fold(Counted::default, |mut counted, (i, a)| {
                self.count_one(i, a, &mut counted);
                counted
            })
            .reduce(Counted::default, Counted::with);
        let mut cells: Vec<Cells> = std::mem::take(&mut self.cells);
        let stands_for = |kind: u32, failed: bool| match failed {
            true => 1.0,
            false => self
                .sampling
                .stands_for(self.strata.kinds[kind as usize].merchant),
        };
        let inside = sorted(counted.inside);
        for (met, count) in &inside {
            let count = *count as f64 * stands_for(met.seen.who.kind, met.failed);
            let failure = met.failed.then_some(&met.seen);
            cells[met.outage].add_inside(met.seen.who, met.window, met.seen.link, count, failure);
        }
        for ((kind, what), count) in sorted(counted.outside) {
            let count = count as f64 * stands_for(kind, what.is_some());
            for (o, cells) in cells.iter_mut().enumerate() {
                cells.add_outside(self.member(kind, o), what, count);
            }
        }
        self.cells = cells;
        self.shares = inside
            .par_iter()
            .filter(|(met, _)| met.failed)
            .map(|(met, _)| {
                let key = (met.outage, met.window, met.seen);
                (
                    key,
                    Shares::of(&self.cells[met.outage], &met.seen, met.window),
                )
            })
            .collect();
    }

    /// Counts an attempt for each outage that it surely met and whose doing a failure of it may be; for all of them when it met none.
    fn count_one(&self, i: usize, attempt: &Attempt, counted: &mut Counted) {
        let failed = attempt.outcome.is_bad();
        let mut met = self.met(attempt);
        if met.is_empty() {
            let error = || (attempt.class, self.timeline.error(attempt.error).signature);
            let key = (self.strata.of[i], failed.then(error));
            *counted.outside.entry(key).or_default() += 1;
            return;
        }
        met.retain(|m| m.2 >= 1.0);
        if met.is_empty() {
            return;
        }
        let calls = self.links.of(attempt);
        for (outage, window, _) in met {
            let seen = self.failure(i, attempt, outage, &calls).0;
            // What a rival explains would otherwise pass for the outage's doing.
            if failed && self.rival(attempt, &seen, outage).is_some() {
                continue;
            }
            let met = Met {
                outage,
                window,
                seen,
                failed,
            };
            *counted.inside.entry(met).or_default() += 1;
        }
    }

    /// The outages that an attempt met: index, stretch, probability that it was on by then.
    fn met(&self, attempt: &Attempt) -> Vec<(usize, Window, f64)> {
        let exposures = self.exposures.iter().enumerate();
        exposures
            .filter_map(|(o, e)| e.window(attempt).map(|(w, on)| (o, w, on)))
            .collect()
    }

    fn member(&self, kind: u32, outage: usize) -> Member {
        Member {
            kind,
            merchant: self.strata.kinds[kind as usize].merchant,
            uses: self.uses[outage][kind as usize],
        }
    }

    fn rival(&self, attempt: &Attempt, f: &Failure, outage: usize) -> Option<(&Rival, f64)> {
        // A failed call of its own is never a rival's doing, nor an error that names this exchange as out of reach.
        let named = self.timeline.error(attempt.error).names_exchange;
        let says_so = named == self.outages[outage].exchange
            && named.is_some()
            && speaks_of_upstream(f.class);
        if f.link == LinkState::Failed || says_so {
            return None;
        }
        self.rivals.explains(
            &self.strata,
            attempt,
            f,
            &self.outages[outage],
            self.log_end,
        )
    }

    /// What is counted of a failed attempt for one outage, the call that shows the link, and whether the link is by time only.
    fn failure(
        &self,
        i: usize,
        attempt: &Attempt,
        outage: usize,
        calls: &[u32],
    ) -> (Failure, Option<u32>, bool) {
        let kind = self.strata.of[i];
        let (link, call, by_time) = self.link_state(i, attempt, outage, calls);
        let error = self.timeline.error(attempt.error);
        let failure = Failure {
            who: self.member(kind, outage),
            signature: error.signature,
            class: attempt.class,
            link,
        };
        (failure, call, by_time)
    }

    fn link_state(
        &self,
        i: usize,
        attempt: &Attempt,
        outage: usize,
        calls: &[u32],
    ) -> (LinkState, Option<u32>, bool) {
        let exchange = self.outages[outage].exchange;
        // A pending payment runs out of time after its calls: that they were served says nothing.
        let end = self.outages[outage].end.unwrap_or(self.log_end);
        let pending = attempt.class == ErrorClass::Expired && attempt.start <= end;
        let own = links::state(calls, exchange, self.timeline, self.health);
        if let Some((state, call)) = own.filter(|s| !pending || s.0 == LinkState::Failed) {
            return (state, Some(call), false);
        }
        if pending && own.is_some() {
            return (LinkState::Unlinked, None, false);
        }
        if let Some(call) = links::failed_elsewhere(calls, exchange, self.timeline, self.health) {
            return (LinkState::Elsewhere, Some(call), false);
        }
        let named = self.timeline.error(attempt.error).names_exchange;
        if named.is_some() && named != exchange {
            return (LinkState::Elsewhere, None, false);
        }
        if let Some(call) = self.links.coincident(attempt, exchange) {
            return (LinkState::Failed, Some(call), true);
        }
        if self.strata.usually_calls(self.strata.of[i], exchange) {
            return (LinkState::Missing, None, false);
        }
        (LinkState::Unlinked, None, false)
    }

    fn judge_one(&self, i: usize, attempt: &Attempt) -> Judgement {
        let calls = self.links.of(attempt);
        let linked_exchange = calls
            .last()
            .map_or(Sym::NONE, |&c| self.timeline.calls[c as usize].exchange);
        let Some(best) = self.best(i, attempt, &calls) else {
            return self.without_outage(i, &calls, linked_exchange);
        };
        let Best {
            outage: o,
            mut probability,
            mut weights,
            case,
        } = best;
        let met = case.window.is_some();
        let blip = if met { None } else { self.blip(&calls) };
        if let Some(blip) = blip {
            probability = probability.max(blip.probability);
            weights.add(true, blip.weight());
        }
        let verdict = self.options.thresholds.verdict(probability);
        let channel = (met && probability > self.options.thresholds.unrelated_at)
            .then(|| self.channel(&case, o));
        let linked_exchange = if case.link == LinkState::Failed
            || linked_exchange.is_none() && case.uses == Use::Uses
        {
            self.outages[o].exchange
        } else {
            linked_exchange
        };
        Judgement {
            attempt: i,
            probability,
            verdict,
            outage: met.then_some(o),
            channel,
            linked_exchange,
            weights,
            repeats: None,
        }
    }

    /// The outage that explains a failed attempt best: of those that it met, else the nearest one, to say how far away it was.
    fn best<'b>(&'b self, i: usize, attempt: &'b Attempt, calls: &[u32]) -> Option<Best<'b>> {
        let mut best: Option<Best<'b>> = None;
        let mut candidates: Vec<usize> = self.met(attempt).into_iter().map(|m| m.0).collect();
        if candidates.is_empty() {
            let nearest = (0..self.outages.len())
                .reduce(|a, b| if self.nearer(attempt, b, a) { b } else { a });
            candidates.extend(nearest);
        }
        for outage in candidates {
            let case = self.case(i, attempt, outage, calls);
            let (probability, weights) = weigh(&case);
            let better = best.as_ref().is_none_or(|b| {
                probability > b.probability + 1e-12
                    || (probability >= b.probability - 1e-12
                        && self.nearer(attempt, outage, b.outage))
            });
            if better {
                best = Some(Best {
                    outage,
                    probability,
                    weights,
                    case,
                });
            }
        }
        best
    }

    fn nearer(&self, attempt: &Attempt, a: usize, b: usize) -> bool {
        let far = |o: usize| {
            let span = self.outages[o].span(self.log_end);
            (span.start.0 - attempt.time.0)
                .max(attempt.time.0 - span.end.0)
                .max(0)
        };
        far(a) < far(b)
    }

    fn case<'b>(&'b self, i: usize, attempt: &'b Attempt, o: usize, calls: &[u32]) -> Case<'b> {
        let (failure, call, by_time_only) = self.failure(i, attempt, o, calls);
        let met = self.exposures[o].window(attempt);
        let cells = &self.cells[o];
        let shares = met.map(|(window, _)| {
            let known = self.shares.get(&(o, window, failure)).copied();
            known.unwrap_or_else(|| Shares::of(cells, &failure, window))
        });
        let Shares {
            any,
            given_error,
            given_link,
        } = shares.unwrap_or_default();
        let other = cells.usual_rate_of_others(&failure);
        let stops = met.map_or(0.0, |_| {
            self.rivals.stops(
                &self.strata,
                attempt,
                &failure,
                &self.outages[o],
                self.log_end,
            )
        });
        Case {
            timeline: self.timeline,
            outage: &self.outages[o],
            attempt,
            error: self.timeline.error(attempt.error),
            uses: if failure.link == LinkState::Failed {
                Use::Uses
            } else {
                failure.who.uses
            },
            window: met.map(|m| m.0),
            link: failure.link,
            linked_call: call.map(|c| &self.timeline.calls[c as usize]),
            by_time_only,
            was_on: met.map_or(0.0, |m| m.1),
            any,
            given_error,
            given_link,
            usual_rate: 1.0 - (1.0 - other) * (1.0 - stops),
            stopped_by_rival: stops,
            usual_counts: self.logged(cells.usual_counts(failure.who.kind), failure.who.merchant),
            rival: self.rival(attempt, &failure, o),
            log_end: self.log_end,
            with_words: false,
        }
    }

    /// Attempts and failures as they stand in the logs: without what sampled successes stand for.
    fn logged(&self, (all, failed): (f64, f64), merchant: Sym) -> (f64, f64) {
        let kept = (all - failed) / self.sampling.stands_for(merchant);
        (kept + failed, failed)
    }

    fn without_outage(&self, i: usize, calls: &[u32], linked_exchange: Sym) -> Judgement {
        let mut weights = Weights::default();
        weights.add(false, log_odds(NEVER).abs());
        let blip = self.blip(calls);
        if let Some(blip) = blip {
            weights.add(true, blip.weight());
        }
        let probability = blip.map_or(NEVER, |b| b.probability);
        Judgement {
            attempt: i,
            probability,
            verdict: self.options.thresholds.verdict(probability),
            outage: None,
            channel: None,
            linked_exchange,
            weights,
            repeats: None,
        }
    }

    /// A refused call outside every outage: said as it is.
    fn blip(&self, calls: &[u32]) -> Option<Blip> {
        let is_bad = |c: &&u32| {
            let call = &self.timeline.calls[**c as usize];
            call.class.is_upstream() || call.class == ErrorClass::Unknown
        };
        let index = *calls.iter().rev().find(is_bad)?;
        let call = &self.timeline.calls[index as usize];
        let first = self
            .timeline
            .calls
            .partition_point(|c| c.time < call.time.plus_secs(-BLIP_S));
        let near = self.timeline.calls[first..]
            .iter()
            .take_while(|c| c.time <= call.time.plus_secs(BLIP_S))
            .filter(|c| c.exchange == call.exchange && c.class.is_upstream())
            .count();
        Some(Blip {
            probability: BLIP[usize::from(near > 1)],
            call: index,
            near,
        })
    }

    fn blip_in_words(&self, blip: Blip) -> Evidence {
        let (call, near) = (&self.timeline.calls[blip.call as usize], blip.near);
        let detail = format!(
            "its own call failed ({}), but no outage is established: {near} failed {} to {} within {BLIP_S:.0} s on either side",
            links::describe(self.timeline, call),
            if near == 1 { "call" } else { "calls" },
            self.timeline.names.text(call.exchange)
        );
        Evidence {
            rule: "refused-without-outage",
            supports: true,
            weight: blip.weight(),
            detail,
            source: call.source,
        }
    }

    fn channel(&self, case: &Case<'_>, o: usize) -> Channel {
        let a = case.attempt;
        let latest_end = self.outages[o].end_interval.map(|i| i.end);
        let after =
            case.window.is_some_and(Window::is_tail) || self.exposures[o].outlived(a, latest_end);
        if after {
            Channel::Backlog
        } else if a.class == ErrorClass::CircuitOpen && case.uses != Use::No {
            // A breaker may stand before the whole exchange, also before components that were well.
            Channel::CircuitBreaker
        } else if case.uses != Use::Uses {
            Channel::Collateral
        } else if a.class == ErrorClass::UpstreamTimeout || a.outcome == Outcome::Unknown {
            Channel::Timeout
        } else if case.link == LinkState::Missing && a.class != ErrorClass::ResourceExhausted {
            Channel::CircuitBreaker
        } else {
            Channel::Direct
        }
    }

    /// The sum of the probabilities of those that [`Bench::excess`] counts: during an outage, by attempts that use it.
    fn comparable(&self, judgements: &[Judgement]) -> f64 {
        let counted = |j: &&Judgement| {
            j.outage.is_some_and(|o| {
                let met = self.exposures[o].window(&self.timeline.attempts[j.attempt]);
                let uses = self.uses[o][self.strata.of[j.attempt] as usize];
                uses == Use::Uses && met.is_some_and(|(w, on)| !w.is_tail() && on >= 1.0)
            })
        };
        judgements
            .iter()
            .filter(counted)
            .map(|j| j.probability)
            .sum()
    }

    /// Excess over all outages, of those who use the exchange, with its interval, and the variance of a total that rests on it.
    fn excess(&self) -> Option<(Interval, f64)> {
        if self.outages.is_empty() {
            return None;
        }
        let (mut mean, mut variance, mut shared) = (0.0, 0.0, 0.0);
        for cells in &self.cells {
            let (observed, expected, var) = cells.excess(Use::Uses);
            mean += observed - expected;
            variance += var;
            // All of it together is the outage's doing, or chance: what the verdicts share.
            let any = chance_of_any(EVEN, observed, expected);
            shared += any * (1.0 - any) * (observed - expected).powi(2);
        }
        let half = 1.96 * variance.sqrt();
        Some((
            Interval {
                mean,
                low: mean - half,
                high: mean + half,
            },
            variance + shared,
        ))
    }
}

/// A kind, and the error with which its attempts failed, if they did.
type KindAndError = (u32, Option<(ErrorClass, Sym)>);

/// An attempt that met an outage, as far as counting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Met {
    outage: usize,
    window: Window,
    /// What its failure is counted among; of a success, without meaning but for who it was and its calls.
    seen: Failure,
    failed: bool,
}

/// How many attempts are alike.
#[derive(Default)]
struct Counted {
    inside: FastMap<Met, u64>,
    /// Those outside every outage.
    outside: FastMap<KindAndError, u64>,
}

impl Counted {
    fn with(mut self, other: Counted) -> Counted {
        // Whole numbers: the order of a sum changes nothing.
        let Counted { inside, outside } = other;
        let add_inside = |(key, n)| *self.inside.entry(key).or_default() += n;
        inside.into_iter().for_each(add_inside);
        let add_outside = |(key, n)| *self.outside.entry(key).or_default() += n;
        outside.into_iter().for_each(add_outside);
        self
    }
}

/// Sums of fractions depend on their order.
fn sorted<K: Ord>(counts: FastMap<K, u64>) -> Vec<(K, u64)> {
    let mut counts: Vec<(K, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    counts
}

/// Which part of the failures of a sort is an outage's doing.
#[derive(Clone, Copy, Debug, Default)]
struct Shares {
    any: Fraction,
    given_error: Fraction,
    given_link: Fraction,
}

impl Shares {
    fn of(cells: &Cells, failure: &Failure, window: Window) -> Shares {
        Shares {
            any: cells.of_any(failure, window),
            given_error: cells.of_error(failure, window),
            given_link: cells.of_error_and_link(failure, window),
        }
    }
}

/// A failed attempt held against the outage that explains it best.
struct Best<'a> {
    outage: usize,
    probability: f64,
    weights: Weights,
    case: Case<'a>,
}

/// A failed call outside every outage.
#[derive(Clone, Copy)]
struct Blip {
    probability: f64,
    /// Index of the call.
    call: u32,
    /// Failed calls to the exchange around it, itself included.
    near: usize,
}

impl Blip {
    fn weight(self) -> f64 {
        log_odds(self.probability) - log_odds(NEVER)
    }
}

fn no_outage(attempt: &Attempt) -> Evidence {
    Evidence {
        rule: "no-outage",
        supports: false,
        weight: log_odds(NEVER).abs(),
        detail: "no outage of any exchange was found in these logs".to_string(),
        source: attempt.source,
    }
}

/// What the rules say of a case, in their order.
fn said<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (&'static str, Weighed)> + 'c {
    let said = |rule: &&dyn Rule| Some((rule.id(), rule.weigh(case)?));
    RULES.iter().filter_map(said)
}

/// Sums the steps: the probability, and what speaks for and against it.
fn weigh(case: &Case<'_>) -> (f64, Weights) {
    let mut weights = Weights::default();
    let mut log_odds = 0.0;
    for (_, said) in said(case) {
        log_odds += said.log_odds;
        weights.add(said.supports, said.log_odds.abs());
    }
    (sigmoid(log_odds), weights)
}

/// The steps in words.
fn tell(mut case: Case<'_>) -> Vec<Evidence> {
    case.with_words = true;
    let evidence = |(rule, w): (&'static str, Weighed)| Evidence {
        rule,
        supports: w.supports,
        weight: w.log_odds.abs(),
        detail: w.detail,
        source: w.source,
    };
    said(&case).map(evidence).collect()
}

/// Sum of the probabilities. Its interval holds the chance in each verdict and the uncertainty of the baselines.
fn total(judgements: &[Judgement], excess: Option<&(Interval, f64)>) -> Interval {
    let mean: f64 = judgements.iter().map(|j| j.probability).sum();
    let own: f64 = judgements
        .iter()
        .map(|j| j.probability * (1.0 - j.probability))
        .sum();
    let baseline = excess.map_or(0.0, |e| e.1);
    let method = (METHOD_ERROR * mean).powi(2);
    let half = 1.96 * (own + baseline + method).sqrt();
    Interval {
        mean,
        low: (mean - half).max(0.0),
        high: (mean + half).min(judgements.len() as f64),
    }
}
