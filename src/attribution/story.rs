//! Everything known about one attempt, for `explain`: its own calls, what the exchange was doing, how its kind usually fares,
//! and what would change the verdict.

use super::judge::Bench;
use super::links::describe;
use super::rules::{onset_words as apart, place};
use super::strata::Kind;
use crate::model::{
    Attempt, Evidence, Judgement, Moment, Outage, Outcome, Side, SourceRef, Span, Step, Story, Sym,
    Verdict, grouped,
};
use crate::stats::{sigmoid, wilson};
use crate::timeline::{CallState, Health, Timeline};

/// How far around the attempt the exchange's state is described, in seconds.
const AROUND_S: f64 = 60.0;
/// With fewer attempts of its kind outside every outage the usual rate is mostly that of its wider group.
const FEW: u64 = 50;

/// Tells the story of the attempt at `index`. `judgements` are all of them; it has none when it did not fail. Lines cited in
/// it are listed in the second value.
pub fn tell(bench: &Bench<'_>, judgements: &[Judgement], index: usize) -> (Story, Vec<SourceRef>) {
    let Bench {
        timeline,
        outages,
        health,
        ..
    } = *bench;
    let judgement = judgements.iter().find(|j| j.attempt == index);
    let evidence = judgement.map_or(Vec::new(), |j| bench.evidence(j));
    let attempt = &timeline.attempts[index];
    let calls = bench.links.of(attempt);
    let outage = judgement.and_then(|j| j.outage).map(|o| &outages[o]);
    let mut events = own_events(attempt);
    for &c in &calls {
        let call = &timeline.calls[c as usize];
        let verb = if health.state(call) == CallState::Good {
            "served"
        } else {
            "failed"
        };
        let text = format!("call {verb}: {}", describe(timeline, call));
        events.push(moment(call.time, Side::Exchange, text, call.source));
    }
    events.extend(later_attempts(timeline, index));
    events.sort_by_key(|e| (e.time, e.source));
    let mut sources: Vec<SourceRef> = events.iter().filter_map(|e| e.source).collect();
    sources.extend(evidence.iter().map(|e| e.source));
    sources.sort_unstable();
    sources.dedup();
    let story = Story {
        failed: None,
        payment_id: timeline.names.text(attempt.id).to_string(),
        merchant: timeline.names.shared(attempt.merchant),
        namesakes: 1,
        outcome: attempt.outcome,
        steps: steps(&evidence),
        events,
        state: exchange_state(timeline, health, attempt, outage, judgement),
        baseline: usual(timeline, attempt, outages, outage),
        counterfactuals: judgement.map_or(Vec::new(), |j| bench.reweigh(j)),
        would_change: judgement.map_or(Vec::new(), |j| {
            let missing = Missing {
                timeline,
                attempt,
                outage,
                judgement: j,
            };
            missing.all(&calls, outside(timeline, attempt, outages))
        }),
        lines: Vec::new(),
    };
    (story, sources)
}

/// The evidence in the order in which it is weighed, with the probability after each step, from even odds.
fn steps(evidence: &[Evidence]) -> Vec<Step> {
    let mut said: Vec<&Evidence> = evidence.iter().filter(|e| e.weight != 0.0).collect();
    said.sort_by_key(|e| place(e.rule));
    let mut sum = 0.0;
    let step = |e: &Evidence| {
        let log_odds = if e.supports { e.weight } else { -e.weight };
        sum += log_odds;
        Step {
            rule: e.rule,
            detail: e.detail.clone(),
            log_odds,
            probability: sigmoid(sum),
            source: e.source,
        }
    };
    said.into_iter().map(step).collect()
}

fn moment(time: crate::model::Time, side: Side, text: String, source: SourceRef) -> Moment {
    Moment {
        time,
        side,
        text,
        outage: None,
        source: Some(source),
    }
}

fn own_events(attempt: &Attempt) -> Vec<Moment> {
    let ended = match attempt.outcome {
        Outcome::Succeeded => "succeeded",
        Outcome::Failed => "failed",
        Outcome::Unknown => "ended with an unknown outcome",
        Outcome::Pending => "was still pending",
    };
    let end = attempt.end();
    let mut out = Vec::new();
    if end > attempt.start {
        out.push(moment(
            attempt.start,
            Side::Payments,
            "the attempt began".to_string(),
            attempt.source,
        ));
        out.push(moment(
            end,
            Side::Payments,
            format!(
                "the attempt {ended}, {} later",
                apart(end.secs_since(attempt.start))
            ),
            attempt.source,
        ));
    } else {
        out.push(moment(
            end,
            Side::Payments,
            format!("the attempt {ended}"),
            attempt.source,
        ));
    }
    out
}

fn later_attempts(timeline: &Timeline, index: usize) -> Vec<Moment> {
    let attempt = &timeline.attempts[index];
    if !attempt.order.is_some() {
        return Vec::new();
    }
    timeline
        .attempts
        .iter()
        .enumerate()
        .filter(|(i, a)| *i != index && a.order == attempt.order && a.merchant == attempt.merchant)
        .map(|(_, a)| {
            let when = if a.start >= attempt.start {
                "a later"
            } else {
                "an earlier"
            };
            let method = timeline.names.text(a.method);
            let by = if method.is_empty() {
                String::new()
            } else {
                format!(" by {method}")
            };
            moment(
                a.time,
                Side::Payments,
                format!(
                    "{when} attempt for the same order{by} {}",
                    a.outcome.as_str()
                ),
                a.source,
            )
        })
        .collect()
}

/// From a minute before the attempt to a minute after it.
fn minutes_around(attempt: &Attempt) -> Span {
    Span::new(
        attempt.start.plus_secs(-AROUND_S),
        attempt.end().plus_secs(AROUND_S),
    )
}

/// The exchanges that a failure has to do with: its own, and that of the outage.
fn concerned(
    attempt: &Attempt,
    outage: Option<&Outage>,
    judgement: Option<&Judgement>,
) -> Vec<Sym> {
    let linked = judgement.map_or(Sym::NONE, |j| j.linked_exchange);
    let own = if attempt.exchange.is_some() {
        attempt.exchange
    } else {
        linked
    };
    let hit = outage.map_or(Sym::NONE, |o| o.exchange);
    let mut out: Vec<Sym> = vec![own, hit];
    out.retain(|e| e.is_some());
    out.dedup();
    out
}

fn exchange_state(
    timeline: &Timeline,
    health: &Health,
    attempt: &Attempt,
    outage: Option<&Outage>,
    judgement: Option<&Judgement>,
) -> Vec<String> {
    let exchanges = concerned(attempt, outage, judgement);
    if exchanges.is_empty() {
        let none = "the records of this attempt name no exchange, and no call is linked to it";
        return vec![none.to_string()];
    }
    let mut out: Vec<String> = exchanges
        .iter()
        .map(|&e| calls_around(timeline, health, attempt, e))
        .collect();
    out.push(match outage {
        Some(o) => {
            let end = o
                .end
                .map_or("the end of the logs".to_string(), |e| e.to_string());
            format!(
                "{}: {} served worse than usual from {} to {end}, consistent with {}",
                o.id,
                o.exchange_name,
                o.start,
                o.kind.as_str()
            )
        }
        None => format!(
            "no outage of {} covers this attempt",
            timeline.names.text(exchanges[0])
        ),
    });
    out
}

fn calls_around(timeline: &Timeline, health: &Health, attempt: &Attempt, exchange: Sym) -> String {
    let name = timeline.names.text(exchange);
    let around = minutes_around(attempt);
    let (from, to) = (around.start, around.end);
    let near = timeline.calls.iter();
    let near = near.filter(|c| c.exchange == exchange && around.contains(c.time));
    let (mut all, mut bad) = (0u64, 0u64);
    for call in near {
        all += 1;
        bad += u64::from(health.state(call) != CallState::Good);
    }
    if all == 0 {
        format!("no call to {name} was logged from {from} to {to}: its state is unknown")
    } else {
        format!(
            "from {from} to {to}, {} of {} calls to {name} failed or came too late",
            grouped(bad),
            grouped(all)
        )
    }
}

fn usual(
    timeline: &Timeline,
    attempt: &Attempt,
    outages: &[Outage],
    outage: Option<&Outage>,
) -> Vec<String> {
    let kind = Kind::of(attempt);
    let end = timeline.end();
    let (mut inside, mut outside) = ((0u64, 0u64), (0u64, 0u64));
    for a in timeline
        .attempts
        .iter()
        .filter(|a| a.outcome.is_final() && Kind::of(a) == kind)
    {
        let count = if outage.is_some_and(|o| o.span(end).contains(a.start)) {
            &mut inside
        } else if outages.iter().all(|o| !o.span(end).contains(a.start)) {
            &mut outside
        } else {
            continue;
        };
        count.0 += 1;
        count.1 += u64::from(a.outcome.is_bad());
    }
    let words: Vec<&str> = [kind.currency, kind.method, kind.exchange, kind.merchant]
        .into_iter()
        .map(|s| timeline.names.text(s))
        .filter(|t| !t.is_empty())
        .collect();
    let words = words.join(", ");
    let mut out = vec![rate(
        &format!("attempts of this kind ({words}) outside every outage"),
        outside,
    )];
    if outage.is_some() {
        out.push(rate("attempts of this kind during it", inside));
    }
    out
}

fn rate(what: &str, (all, failed): (u64, u64)) -> String {
    let (low, high) = wilson(failed, all);
    let share = 100.0 * failed as f64 / all.max(1) as f64;
    format!(
        "{what}: {} of {} failed ({share:.1}%, 95% interval {:.1} to {:.1}%)",
        grouped(failed),
        grouped(all),
        100.0 * low,
        100.0 * high
    )
}

/// Attempts of the same kind outside every outage.
fn outside(timeline: &Timeline, attempt: &Attempt, outages: &[Outage]) -> u64 {
    let (kind, end) = (Kind::of(attempt), timeline.end());
    let like = timeline.attempts.iter().filter(|a| {
        a.outcome.is_final()
            && Kind::of(a) == kind
            && outages.iter().all(|o| !o.span(end).contains(a.start))
    });
    like.count() as u64
}

/// What the logs do not hold, and what of it would settle the case.
struct Missing<'a> {
    timeline: &'a Timeline,
    attempt: &'a Attempt,
    outage: Option<&'a Outage>,
    judgement: &'a Judgement,
}

impl Missing<'_> {
    fn all(&self, calls: &[u32], like_it: u64) -> Vec<String> {
        let mut out = Vec::new();
        if calls.is_empty() {
            out.extend(self.own_calls());
        }
        if let Some(o) = self.outage.filter(|o| o.began_before_log) {
            out.push(format!(
                "logs from before {}: {} was on already when they begin, so that there is no baseline of their own",
                o.start, o.id
            ));
        }
        if like_it < FEW {
            out.push(format!(
                "more of the payments' log from outside the outages: {} of its kind are logged there",
                grouped(like_it)
            ));
        }
        if self.attempt.error.0 == 0 {
            out.push("an error code or text: the record states none".to_string());
        }
        if self.attempt.outcome == Outcome::Unknown {
            out.push(
                "a later word of the exchange on whether the payment went through".to_string(),
            );
        }
        if self.judgement.verdict == Verdict::Caused {
            out.push(
                "a log line that shows the same error for the same reason outside the outage"
                    .to_string(),
            );
        }
        out
    }

    /// Why no call is known to be its own.
    fn own_calls(&self) -> Option<String> {
        let exchanges = concerned(self.attempt, self.outage, Some(self.judgement));
        let Some(&exchange) = exchanges.first() else {
            return Some(
                "the exchange that it used, if any: its record names none, and no call shares an id with it"
                    .to_string(),
            );
        };
        let name = self.timeline.names.text(exchange);
        let around = minutes_around(self.attempt);
        let (from, to) = (around.start, around.end);
        let to_it = || {
            self.timeline
                .calls
                .iter()
                .filter(|c| c.exchange == exchange)
        };
        let near = to_it().filter(|c| around.contains(c.time)).count() as u64;
        Some(if to_it().next().is_none() {
            format!("the log of the calls to {name}: these logs hold none")
        } else if near == 0 {
            format!(
                "the log of the calls to {name} from {from} to {to}: none of those minutes is in these logs"
            )
        } else {
            format!(
                "an id (of a trace or a request) that its record shares with a call: {} calls to {name} are logged from {from} to \
                 {to}, and none has an id of it",
                grouped(near)
            )
        })
    }
}
