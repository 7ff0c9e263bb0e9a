//! What on our own side let the outage reach more payments than it had to, or kept it from being seen: each finding only
//! where a number of the logs carries it.

use std::collections::BTreeMap;

use super::orders::OrderKey;
use super::{Outcome, bad_answer, detection};
use crate::model::{
    Channel, ErrorClass, FastMap, FastSet, Finding, Judgement, Outage, Outcome as End, Severity,
    Span, grouped,
};
use crate::stats::{median, quantile};

/// Findings of the outage with this index.
pub(super) fn findings(o: &Outcome<'_>, main: usize) -> Vec<Finding> {
    [
        late_alert(o, main),
        no_other_way(o, main),
        repeats(o, main),
        long_waits(o, main),
        alert_that_would_have_fired(o, main),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn finding(id: &str, title: String, severity: Severity, detail: String) -> Finding {
    Finding {
        id: id.to_string(),
        title,
        severity,
        confidence: 0.9,
        detail,
        evidence: Vec::new(),
    }
}

fn caused_by<'a>(o: &'a Outcome<'_>, main: usize) -> impl Iterator<Item = &'a Judgement> {
    o.caused().filter(move |j| j.outage == Some(main))
}

/// A number with its denominator, what is counted, and the rate: `9 of 10 orders failed (90.0%)`.
fn of_what(part: usize, whole: usize, what: &str) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    let (part, whole) = (grouped(part as u64), grouped(whole as u64));
    format!("{part} of {whole} {what} ({share:.1}%)")
}

/// A length of time in words: `45 s`, `12 min`.
fn length(seconds: f64) -> String {
    if seconds < 90.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{:.0} min", seconds / 60.0)
    }
}

/// An alert this much after the first knock-on failure is late, in seconds.
const LATE_ALERT_S: f64 = 300.0;

/// Only where the inputs hold notes: their silence says nothing where nobody's notes were read.
fn late_alert(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let first = caused_by(o, main)
        .map(|j| o.timeline.attempts[j.attempt].time)
        .min()?;
    let notes = &o.timeline.notes;
    match detection::alerted_at(o, &o.outages[main]) {
        None if notes.is_empty() => None,
        None => Some(finding(
            "no-alert",
            "the notes hold no alert during the outage".to_string(),
            Severity::Warning,
            match notes.len() as u64 {
                1 => "The only note that was read tells of no alert between the onset and the end of the logs.".to_string(),
                n => format!(
                    "None of the {} notes that were read tells of an alert between the onset and the end of the logs.",
                    grouped(n)
                ),
            },
        )),
        Some(at) => {
            let delay = at.secs_since(first);
            (delay >= LATE_ALERT_S).then(|| {
                finding(
                    "late-alert",
                    format!("the first alert came {} after the first knock-on failure", length(delay)),
                    Severity::Warning,
                    format!("The first knock-on failure was at {first}, the first alert in the notes at {at}."),
                )
            })
        }
    }
}

/// So many orders must have been affected before a habit is read from them.
const ENOUGH_ORDERS: usize = 10;

/// Orders that nobody tried to pay another way.
fn no_other_way(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let mut affected = FastMap::default();
    for j in caused_by(o, main) {
        let a = &o.timeline.attempts[j.attempt];
        affected
            .entry(OrderKey::of(j.attempt, a))
            .or_insert((a.time, a.method, a.exchange));
    }
    let mut switched = FastSet::default();
    let mut saved = FastSet::default();
    for (i, a) in o.timeline.attempts.iter().enumerate() {
        let key = OrderKey::of(i, a);
        let other = |&(since, method, exchange): &_| {
            a.time >= since && (a.method, a.exchange) != (method, exchange)
        };
        if affected.get(&key).is_some_and(other) {
            switched.insert(key);
            if a.outcome == End::Succeeded {
                saved.insert(key);
            }
        }
    }
    let stayed = affected.len() - switched.len();
    if affected.len() < ENOUGH_ORDERS || 5 * stayed < 4 * affected.len() {
        return None;
    }
    let saved = match switched.len() {
        0 => "None of them was.".to_string(),
        1 if saved.is_empty() => "The one that was failed again.".to_string(),
        1 => "The one that was succeeded so.".to_string(),
        n => format!(
            "Of the {} that were, {} succeeded so.",
            grouped(n as u64),
            grouped(saved.len() as u64)
        ),
    };
    Some(finding(
        "no-fallback-used",
        of_what(
            stayed,
            affected.len(),
            "affected orders were not tried again by another method or exchange",
        ),
        Severity::Warning,
        format!(
            "An order that failed through {} could have been offered another way to pay. {saved}",
            o.outages[main].exchange_name
        ),
    ))
}

/// From this share of the knock-on failures on, repeats are worth a finding.
const MANY_REPEATS: f64 = 0.2;

/// Attempts that exist only because an earlier one failed.
fn repeats(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let caused: Vec<&Judgement> = caused_by(o, main).collect();
    let again = caused
        .iter()
        .filter(|j| j.channel == Some(Channel::Retry))
        .count();
    if again < ENOUGH_ORDERS || (again as f64) < MANY_REPEATS * caused.len() as f64 {
        return None;
    }
    let orders: FastSet<OrderKey> = caused
        .iter()
        .map(|j| OrderKey::of(j.attempt, &o.timeline.attempts[j.attempt]))
        .collect();
    Some(finding(
        "retry-storm",
        of_what(
            again,
            caused.len(),
            "knock-on failures repeated an attempt that had failed",
        ),
        Severity::Warning,
        format!(
            "{} orders account for {} knock-on failures. Repeats within the outage could hardly succeed, and calls that they make add \
             to the load of an exchange that is refusing calls.",
            grouped(orders.len() as u64),
            grouped(caused.len() as u64)
        ),
    ))
}

/// So many time-outs must have been seen before their length is judged.
const ENOUGH_TIME_OUTS: usize = 5;

/// Time-outs that wait much longer than any success takes.
fn long_waits(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let attempts = &o.timeline.attempts;
    let exchange = o.outages[main].exchange;
    let seconds = |i: usize| attempts[i].end().secs_since(attempts[i].start);
    let mut waits: Vec<f64> = caused_by(o, main)
        .filter(|j| attempts[j.attempt].class == ErrorClass::UpstreamTimeout)
        .map(|j| seconds(j.attempt))
        .filter(|s| *s > 0.0)
        .collect();
    let mut usual: Vec<f64> = (0..attempts.len())
        .filter(|&i| attempts[i].outcome == End::Succeeded && attempts[i].exchange == exchange)
        .map(seconds)
        .filter(|s| *s > 0.0)
        .collect();
    if waits.len() < ENOUGH_TIME_OUTS || usual.len() < 100 {
        return None;
    }
    let count = waits.len();
    let (wait, usual) = (median(&mut waits)?, quantile(&mut usual, 0.99)?);
    (wait > 2.0 * usual).then(|| {
        finding(
            "long-time-outs",
            format!(
                "time-outs took {} (median of {count}), where 99% of the successes took at most {}",
                length(wait),
                length(usual)
            ),
            Severity::Info,
            format!(
                "A time-out nearer to {} would have cut hardly any success through {} short, and would have freed what it held, and \
                 told the customer, sooner.",
                length(usual),
                o.outages[main].exchange_name
            ),
        )
    })
}

/// A minute with fewer calls says nothing about their rate.
const ENOUGH_CALLS: u64 = 10;

/// The lowest threshold on the failure rate of the calls, by the minute, that was never passed outside the outages.
fn alert_that_would_have_fired(o: &Outcome<'_>, main: usize) -> Option<Finding> {
    let outage = &o.outages[main];
    let minutes = by_minute(o, outage);
    let end = o.window?.end;
    let of_outage = |minute: i64| {
        let from = outage.start.plus_secs(60.0 * minute as f64);
        let span = Span::new(from, from.plus_secs(60.0));
        let same = o.outages.iter().filter(|x| x.exchange == outage.exchange);
        same.map(|x| x.span(end)).any(|s| s.overlaps(&span))
    };
    let rate = |(total, bad): (u64, u64)| bad as f64 / total as f64;
    let telling = minutes
        .iter()
        .filter(|(_, (total, _))| *total >= ENOUGH_CALLS);
    let (inside, outside): (Vec<_>, Vec<_>) = telling.partition(|(minute, _)| of_outage(**minute));
    if outside.len() < 10 {
        return None;
    }
    let highest = outside.iter().map(|(_, n)| rate(**n)).fold(0.0, f64::max);
    // the next step of five percent above what was seen when all was well
    let threshold = ((highest * 20.0).floor() + 1.0) / 20.0;
    let fired = inside
        .iter()
        .find(|(minute, n)| **minute >= 0 && rate(**n) >= threshold)?;
    let after = 60 * (fired.0 + 1);
    Some(finding(
        "alert-threshold",
        format!(
            "an alert at {:.0}% failed calls to {} within a minute would have gone off {} min after the onset",
            100.0 * threshold,
            outage.exchange_name,
            after / 60
        ),
        Severity::Info,
        format!(
            "Of the {} minutes outside the outages with at least {ENOUGH_CALLS} calls, none had more than {:.1}% that failed, so that it \
             would not have gone off at any other time of these logs.",
            grouped(outside.len() as u64),
            100.0 * highest
        ),
    ))
}

/// Calls to the exchange of an outage, and the bad ones among them, by the minute since its onset.
fn by_minute(o: &Outcome<'_>, outage: &Outage) -> BTreeMap<i64, (u64, u64)> {
    let mut minutes: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    let calls = o.timeline.calls.iter();
    for call in calls.filter(|c| c.exchange == outage.exchange) {
        if let Some(bad) = bad_answer(call) {
            let minute = (call.time.secs_since(outage.start) / 60.0).floor() as i64;
            let entry = minutes.entry(minute).or_default();
            entry.0 += 1;
            entry.1 += u64::from(bad);
        }
    }
    minutes
}

#[cfg(test)]
mod tests {
    use super::super::test_support::Log;
    use super::*;

    fn ids(log: &Log) -> Vec<String> {
        let all = findings(&log.outcome(), 0);
        all.into_iter().map(|f| f.id).collect()
    }

    #[test]
    fn orders_that_were_tried_no_other_way_are_counted() {
        let mut log = Log::with_outage("binance", 100, 200);
        for n in 0..20 {
            log.caused(100 + n, "binance", "BTC", &format!("o{n}"), 0.9);
        }
        log.retried(180, "card", "o1", true);
        log.retried(181, "card", "o2", false);
        let found = findings(&log.outcome(), 0);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].title.starts_with("18 of 20 affected orders"),
            "{found:?}"
        );
        assert!(
            found[0]
                .detail
                .ends_with("Of the 2 that were, 1 succeeded so.")
        );
    }

    #[test]
    fn a_few_orders_make_no_habit() {
        let mut log = Log::with_outage("binance", 100, 200);
        for n in 0..9 {
            log.caused(100 + n, "binance", "BTC", &format!("o{n}"), 0.9);
        }
        assert_eq!(ids(&log), [""; 0]);
    }
}
