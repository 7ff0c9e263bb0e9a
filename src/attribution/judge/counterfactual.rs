//! What would change a verdict: the same case weighed again with one thing different.

use super::Bench;
use crate::attribution::case::{Case, NEVER};
use crate::attribution::expected::{Failure, Member};
use crate::attribution::exposure::{TAIL_S, Window};
use crate::attribution::links::LinkState;
use crate::attribution::retries;
use crate::attribution::rules::onset_words as apart;
use crate::attribution::strata::Use;
use crate::model::{Attempt, Counterfactual, ErrorClass, Judgement, grouped};

/// Share of the attempts that an imagined other incident stops.
const OTHER_INCIDENT: f64 = 0.9;
/// Twice a rate below this is no other rate.
const LEAST_RATE: f64 = 0.001;
/// A usual failure rate is doubled up to here.
const HIGHEST_RATE: f64 = 0.98;

impl Bench<'_> {
    /// Weighs the failure behind `judgement` again under each thing that could have been different.
    pub(in crate::attribution) fn reweigh(&self, judgement: &Judgement) -> Vec<Counterfactual> {
        let attempt = &self.timeline.attempts[judgement.attempt];
        let own = self.judge_one(judgement.attempt, attempt);
        let again = Again {
            earlier: judgement.repeats.map_or(0.0, |r| r.probability),
            attempt,
            index: judgement.attempt,
            bench: self,
        };
        let mut out = match own.outage {
            Some(o) => again.inside(o),
            None => again.outside(),
        };
        if again.earlier > 0.0 {
            let condition = "the earlier attempt that it repeats had failed for another reason";
            out.push(again.stated_as(condition.to_string(), own.probability));
        }
        let far = |c: &Counterfactual| (c.probability - judgement.probability).abs();
        out.sort_by(|a, b| {
            let same = |c: &Counterfactual| c.verdict == judgement.verdict;
            same(a).cmp(&same(b)).then(far(b).total_cmp(&far(a)))
        });
        out
    }
}

/// How far an onset or an end would have to move, to the second.
fn moved(seconds: f64) -> String {
    let s = seconds.max(0.0).ceil();
    let precise = format!("{} s", grouped(s as u64));
    if s < 120.0 {
        precise
    } else {
        format!("{precise} ({})", apart(s))
    }
}

/// One failed attempt, to be weighed again.
struct Again<'a> {
    bench: &'a Bench<'a>,
    attempt: &'a Attempt,
    index: usize,
    earlier: f64,
}

impl<'a> Again<'a> {
    /// When an outage was on.
    fn inside(&self, o: usize) -> Vec<Counterfactual> {
        let mut out = if self.case(o, |_, _| ()).uses != Use::Uses {
            vec![self.used_after_all(o)]
        } else if self.attempt.class == ErrorClass::CircuitOpen {
            // A breaker lets no call through: with one it would have been another failure.
            Vec::new()
        } else {
            self.other_calls(o)
        };
        if self.case(o, |_, _| ()).usual_rate > LEAST_RATE {
            out.push(self.twice_the_usual(o));
        }
        out.push(self.rival(o));
        out.push(self.not_met(o));
        if self.case(o, |_, _| ()).was_on < 1.0 {
            let p = self.weighed(o, |case, _| case.was_on = 1.0);
            let id = &self.bench.outages[o].id;
            out.push(self.said(format!("{id} was certainly on when it failed"), p));
        }
        out
    }

    /// When none was: the nearest one moved to where it covers the attempt.
    fn outside(&self) -> Vec<Counterfactual> {
        let all = 0..self.bench.outages.len();
        let nearest = all.reduce(|a, b| {
            if self.bench.nearer(self.attempt, b, a) {
                b
            } else {
                a
            }
        });
        let Some(o) = nearest else { return Vec::new() };
        let outage = &self.bench.outages[o];
        let before = outage.start.secs_since(self.attempt.end());
        let condition = if before > 0.0 {
            format!(
                "{} had begun at least {} earlier than its onset, {}",
                outage.id,
                moved(before),
                self.how_sure(o)
            )
        } else {
            let end = outage.span(self.bench.log_end).end;
            let late = self.attempt.start.secs_since(end);
            format!("{} had lasted at least {} longer", outage.id, moved(late))
        };
        let p = self.weighed(o, |case, failure| {
            case.was_on = 1.0;
            self.count_in(case, o, failure, Window::Down);
        });
        vec![self.said(condition, p)]
    }

    /// Its own call served, or failed.
    fn other_calls(&self, o: usize) -> Vec<Counterfactual> {
        let exchange = &self.bench.outages[o].exchange_name;
        let link = self.case(o, |_, _| ()).link;
        let mut out = Vec::new();
        // What was left pending runs out of time after its calls, which were served as a rule.
        let pending = self.attempt.class == ErrorClass::Expired;
        if link != LinkState::Good && !(pending && link == LinkState::Unlinked) {
            let condition = format!("a call of its own to {exchange} had been served well");
            out.push(self.said(condition, self.with_link(o, LinkState::Good)));
        }
        if link != LinkState::Failed {
            let condition = format!("a call of its own to {exchange} had failed");
            out.push(self.said(condition, self.with_link(o, LinkState::Failed)));
        }
        out
    }

    /// Its kind among those that the outage hits first.
    fn used_after_all(&self, o: usize) -> Counterfactual {
        let p = self.weighed(o, |case, failure| {
            let uses = Use::Uses;
            let who = Member {
                uses,
                ..failure.who
            };
            if let Some(window) = case.window {
                self.count_in(case, o, &Failure { who, ..*failure }, window);
            }
            case.uses = uses;
        });
        let exchange = &self.bench.outages[o].exchange_name;
        self.said(
            format!("its kind used what was hit of {exchange} after all"),
            p,
        )
    }

    /// The counts of a stretch of an outage.
    fn count_in(&self, case: &mut Case<'_>, o: usize, failure: &Failure, window: Window) {
        let cells = &self.bench.cells[o];
        case.window = Some(window);
        case.any = cells.of_any(failure, window);
        case.given_error = cells.of_error(failure, window);
        case.given_link = cells.of_error_and_link(failure, window);
    }

    fn with_link(&self, o: usize, link: LinkState) -> f64 {
        self.weighed(o, |case, failure| {
            let changed = Failure { link, ..*failure };
            if let Some(window) = case.window {
                case.given_link = self.bench.cells[o].of_error_and_link(&changed, window);
            }
            case.link = link;
            case.rival = self.bench.rival(self.attempt, &changed, o);
        })
    }

    fn twice_the_usual(&self, o: usize) -> Counterfactual {
        let mut rates = (0.0, 0.0);
        let p = self.weighed(o, |case, _| {
            rates.0 = case.usual_rate;
            case.usual_rate = (2.0 * case.usual_rate).min(HIGHEST_RATE.max(case.usual_rate));
            rates.1 = case.usual_rate;
        });
        let condition = format!(
            "its kind failed twice as often without an outage ({:.1}% instead of {:.1}%)",
            100.0 * rates.1,
            100.0 * rates.0
        );
        self.said(condition, p)
    }

    /// Another incident taken away, or thought up.
    fn rival(&self, o: usize) -> Counterfactual {
        let case = self.case(o, |_, _| ());
        if case.rival.is_some() || case.stopped_by_rival > 0.01 {
            let p = self.weighed(o, |case, failure| {
                case.rival = None;
                case.stopped_by_rival = 0.0;
                case.usual_rate = self.bench.cells[o].usual_rate_of_others(failure);
            });
            return self.said(
                "there had been no other incident at that time".to_string(),
                p,
            );
        }
        let p = self.weighed(o, |case, _| {
            case.stopped_by_rival = OTHER_INCIDENT;
            case.usual_rate = 1.0 - (1.0 - case.usual_rate) * (1.0 - OTHER_INCIDENT);
        });
        let condition = format!(
            "another incident had stopped {:.0}% of such attempts at that time",
            100.0 * OTHER_INCIDENT
        );
        self.said(condition, p)
    }

    /// How far the onset, or for one after it the end, would have to move to leave the attempt out.
    fn not_met(&self, o: usize) -> Counterfactual {
        let outage = &self.bench.outages[o];
        let end = outage.span(self.bench.log_end).end;
        let after_end = self.attempt.start.secs_since(end);
        let condition = if after_end > 0.0 {
            let latest = TAIL_S[TAIL_S.len() - 1];
            format!(
                "{} had ended {} earlier, too long before it to have left it a queue",
                outage.id,
                moved(latest - after_end)
            )
        } else {
            let into = self.attempt.end().secs_since(outage.start);
            let later = match into > 0.0 {
                true => format!("more than {} later", moved(into)),
                false => "when it seems to, and no earlier".to_owned(),
            };
            format!(
                "{} had begun {later}, after it had failed; the onset is {}",
                outage.id,
                self.how_sure(o)
            )
        };
        self.said(condition, NEVER)
    }

    /// How well an onset is known: its interval, and what the clocks leave open.
    fn how_sure(&self, o: usize) -> String {
        let outage = &self.bench.outages[o];
        let (at, interval) = (outage.start, outage.start_interval);
        let band = self.bench.timeline.order_band(outage.exchange);
        let mut text = format!(
            "known to {} before and {} after {at}",
            apart(at.secs_since(interval.start)),
            apart(interval.end.secs_since(at)),
        );
        if band > 0.0 {
            text.push_str(&format!(", and the clocks to {}", apart(band)));
        }
        if outage.began_before_log {
            text.push_str(", where the log begins: it may have been on long before");
        }
        text
    }

    /// The case as it is, then changed.
    fn case(&self, o: usize, change: impl FnOnce(&mut Case<'a>, &Failure)) -> Case<'a> {
        let calls = self.bench.links.of(self.attempt);
        let failure = self.bench.failure(self.index, self.attempt, o, &calls).0;
        let mut case = self.bench.case(self.index, self.attempt, o, &calls);
        change(&mut case, &failure);
        case
    }

    fn weighed(&self, o: usize, change: impl FnOnce(&mut Case<'a>, &Failure)) -> f64 {
        super::weigh(&self.case(o, change)).0
    }

    /// With the earlier attempt's probability, if it repeats one.
    fn said(&self, condition: String, own: f64) -> Counterfactual {
        self.stated_as(
            condition,
            retries::joined(own, self.earlier, self.bench.persistence),
        )
    }

    fn stated_as(&self, condition: String, probability: f64) -> Counterfactual {
        Counterfactual {
            condition,
            probability,
            verdict: self.bench.options.thresholds.verdict(probability),
        }
    }
}
