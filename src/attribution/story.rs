//! Everything known about one attempt, for `explain`: its own calls, what the exchange was doing, how its kind usually fares,
//! and what would change the verdict.

use super::links::{Links, describe};
use super::rules::onset_words as apart;
use super::strata::Kind;
use crate::model::{
    Attempt, Judgement, Moment, Outage, Outcome, Side, SourceRef, Story, Sym, Verdict,
};
use crate::stats::wilson;
use crate::timeline::{CallState, Health, Timeline};

/// How far around the attempt the exchange's state is described, in seconds.
const AROUND_S: f64 = 60.0;

/// Tells the story of the attempt at `index`. `judgement` is absent when it did not fail. Lines cited in it are listed in the
/// second value.
pub fn tell(
    timeline: &Timeline,
    outages: &[Outage],
    health: &Health,
    index: usize,
    judgement: Option<&Judgement>,
) -> (Story, Vec<SourceRef>) {
    let attempt = &timeline.attempts[index];
    let links = Links::build(timeline, health);
    let calls = links.of(attempt);
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
    sources.extend(
        judgement
            .iter()
            .flat_map(|j| j.evidence.iter().map(|e| e.source)),
    );
    sources.sort_unstable();
    sources.dedup();
    let story = Story {
        failed: None,
        payment_id: timeline.names.text(attempt.id).to_string(),
        events,
        state: exchange_state(timeline, health, attempt, outage, judgement),
        baseline: usual(timeline, attempt, outages, outage),
        would_change: would_change(attempt, &calls, outage, judgement),
        lines: Vec::new(),
    };
    (story, sources)
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

fn exchange_state(
    timeline: &Timeline,
    health: &Health,
    attempt: &Attempt,
    outage: Option<&Outage>,
    judgement: Option<&Judgement>,
) -> Vec<String> {
    let named = if attempt.exchange.is_some() {
        attempt.exchange
    } else {
        judgement.map_or(Sym::NONE, |j| j.linked_exchange)
    };
    let exchange = outage.map_or(named, |o| o.exchange);
    let mut out = Vec::new();
    if exchange.is_none() {
        out.push(
            "the records of this attempt name no exchange, and no call is linked to it".to_string(),
        );
        return out;
    }
    let name = timeline.names.text(exchange);
    let (from, to) = (
        attempt.start.plus_secs(-AROUND_S),
        attempt.end().plus_secs(AROUND_S),
    );
    let near = timeline
        .calls
        .iter()
        .filter(|c| c.exchange == exchange && c.time >= from && c.time <= to);
    let (mut all, mut bad) = (0u64, 0u64);
    for call in near {
        all += 1;
        bad += u64::from(health.state(call) != CallState::Good);
    }
    if all == 0 {
        out.push(format!(
            "no call to {name} was logged from {from} to {to}: its state is unknown"
        ));
    } else {
        out.push(format!(
            "from {from} to {to}, {bad} of {all} calls to {name} failed or came too late"
        ));
    }
    match outage {
        Some(o) => {
            let end = o
                .end
                .map_or("the end of the logs".to_string(), |e| e.to_string());
            out.push(format!(
                "{}: {name} served worse than usual from {} to {end}, consistent with {}",
                o.id,
                o.start,
                o.kind.as_str()
            ));
        }
        None => out.push(format!("no outage of {name} covers this attempt")),
    }
    out
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
        "{what}: {failed} of {all} failed ({share:.1}%, 95 % interval {:.1} to {:.1}%)",
        100.0 * low,
        100.0 * high
    )
}

fn would_change(
    attempt: &Attempt,
    calls: &[u32],
    outage: Option<&Outage>,
    judgement: Option<&Judgement>,
) -> Vec<String> {
    let mut out = Vec::new();
    let Some(judgement) = judgement else {
        return out;
    };
    if calls.is_empty() {
        out.push("the log of this attempt's own calls to the exchange, with a shared trace or request id".to_string());
    }
    if judgement.verdict == Verdict::Caused {
        out.push(
            "a log line that shows the same error for the same reason outside the outage"
                .to_string(),
        );
        if attempt.outcome == Outcome::Unknown {
            out.push(
                "a later confirmation by the exchange that the payment went through".to_string(),
            );
        }
    }
    if judgement.verdict != Verdict::Caused && outage.is_none() {
        out.push("calls that show an outage of the exchange at that time".to_string());
    }
    if attempt.error.0 == 0 {
        out.push("an error code or text: the record states none".to_string());
    }
    out
}
