//! Counts under every heading. In every list the counts add up to the totals above them.

use std::collections::BTreeMap;

use super::Outcome;
use crate::model::{
    Attempt, Count, FailureTotals, FastSet, Interval, Judgement, OrderedMap, Sym, Verdict,
};

/// Counts the verdicts.
///
/// `excess` is the other way to count, and `expected_in_excess` the sum of the probabilities over just what it counts.
pub fn totals(
    o: &Outcome<'_>,
    expected_caused: Interval,
    excess: Option<Interval>,
    expected_in_excess: f64,
) -> FailureTotals {
    let mut all = Count::default();
    for a in o.timeline.attempts.iter().filter(|a| a.outcome.is_final()) {
        all.attempts += 1;
        all.failed += u64::from(a.outcome.is_bad());
    }
    for j in o.judgements {
        count(&mut all, j.verdict);
    }
    FailureTotals {
        attempts: all.attempts,
        failed: all.failed,
        caused: all.caused,
        unrelated: all.unrelated,
        undetermined: all.undetermined,
        expected_caused,
        excess,
        expected_in_excess,
        by_channel: by_channel(o),
        by_exchange: by_exchange(o),
        by_merchant: by(o, |a, _| a.merchant),
        by_method: by(o, |a, _| a.method),
        by_currency: by(o, |a, _| a.currency),
        by_error: by_error(o),
    }
}

/// By the exchange that an attempt names, else the one that a failed attempt's calls or its outage name. How many attempts a
/// heading of the second sort has is not known: the successes name none.
fn by_exchange(o: &Outcome<'_>) -> Vec<Count> {
    let mut counts = by(o, |a, j| {
        let linked = j.map_or(Sym::NONE, |j| j.linked_exchange);
        if a.exchange.is_some() {
            a.exchange
        } else {
            linked
        }
    });
    let named: FastSet<Sym> = o.timeline.attempts.iter().map(|a| a.exchange).collect();
    let names = &o.timeline.names;
    let known = |name: &str| names.find(name).is_some_and(|s| named.contains(&s));
    for count in counts
        .iter_mut()
        .filter(|c| c.name != "-" && !known(&c.name))
    {
        count.attempts = 0;
    }
    counts
}

fn count(c: &mut Count, verdict: Verdict) {
    match verdict {
        Verdict::Caused => c.caused += 1,
        Verdict::Unrelated => c.unrelated += 1,
        Verdict::Undetermined => c.undetermined += 1,
    }
}

fn by(o: &Outcome<'_>, name: impl Fn(&Attempt, Option<&Judgement>) -> Sym) -> Vec<Count> {
    const NEW: u32 = u32::MAX;
    let mut numbers = vec![NEW; o.timeline.names.len()];
    let mut counts: Vec<(Sym, Count)> = Vec::new();
    let mut judged = o.judgements.iter().peekable();
    for (i, a) in o.timeline.attempts.iter().enumerate() {
        let judgement = judged.next_if(|j| j.attempt == i);
        if !a.outcome.is_final() {
            continue;
        }
        let name = name(a, judgement);
        let number = &mut numbers[name.0 as usize];
        if *number == NEW {
            *number = counts.len() as u32;
            counts.push((name, Count::default()));
        }
        let entry = &mut counts[*number as usize].1;
        entry.attempts += 1;
        if let Some(j) = judgement {
            entry.failed += 1;
            count(entry, j.verdict);
        }
    }
    let text = |s: Sym| o.timeline.names.text(s).to_string();
    listed(counts.into_iter().map(|(s, c)| (text(s), c)).collect())
}

fn by_error(o: &Outcome<'_>) -> Vec<Count> {
    let mut out: OrderedMap<&str, Count> = OrderedMap::default();
    for j in o.judgements {
        let a = &o.timeline.attempts[j.attempt];
        let signature = o.timeline.error(a.error).signature;
        let name = match o.timeline.names.text(signature) {
            "" => a.class.as_str(),
            name => name,
        };
        let entry = out.entry(name).or_default();
        entry.failed += 1;
        count(entry, j.verdict);
    }
    listed(out.into_iter().map(|(n, c)| (n.to_string(), c)).collect())
}

fn by_channel(o: &Outcome<'_>) -> Vec<Count> {
    let mut out: BTreeMap<&str, Count> = BTreeMap::new();
    for j in o.caused() {
        let entry = out
            .entry(j.channel.map_or("-", |c| c.as_str()))
            .or_default();
        entry.failed += 1;
        entry.caused += 1;
    }
    listed(out.into_iter().map(|(n, c)| (n.to_string(), c)).collect())
}

/// Most caused first, then most failed, then by name; what the records do not say is called `-`.
fn listed(counts: BTreeMap<String, Count>) -> Vec<Count> {
    let mut out: Vec<Count> = counts
        .into_iter()
        .map(|(name, c)| Count {
            name: if name.is_empty() {
                "-".to_string()
            } else {
                name
            },
            ..c
        })
        .collect();
    out.sort_by(|a, b| (b.caused, b.failed, &a.name).cmp(&(a.caused, a.failed, &b.name)));
    out
}
