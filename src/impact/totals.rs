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
    let headed = Headed::of(o);
    let all = &headed.all;
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
        by_exchange: headed.by_exchange(o),
        by_merchant: headed.merchants.list(o),
        by_method: headed.methods.list(o),
        by_currency: headed.currencies.list(o),
        by_error: by_error(o),
    }
}

/// Counts of final attempts under each name of a heading.
struct Heading {
    /// Places in `counts` by symbol.
    numbers: Vec<u32>,
    counts: Vec<(Sym, Count)>,
}

impl Heading {
    const NEW: u32 = u32::MAX;

    fn new(names: usize) -> Heading {
        Heading {
            numbers: vec![Heading::NEW; names],
            counts: Vec::new(),
        }
    }

    fn add(&mut self, name: Sym, judgement: Option<&Judgement>) {
        let number = &mut self.numbers[name.0 as usize];
        if *number == Heading::NEW {
            *number = self.counts.len() as u32;
            self.counts.push((name, Count::default()));
        }
        add(&mut self.counts[*number as usize].1, judgement);
    }

    fn list(&self, o: &Outcome<'_>) -> Vec<Count> {
        let text = |s: Sym| o.timeline.names.text(s).to_string();
        let counts = self.counts.iter();
        listed(counts.map(|(s, c)| (text(*s), c.clone())).collect())
    }
}

/// What one pass over the attempts counts.
struct Headed {
    all: Count,
    exchanges: Heading,
    merchants: Heading,
    methods: Heading,
    currencies: Heading,
    /// Exchanges that attempts name themselves.
    named: FastSet<Sym>,
}

impl Headed {
    fn of(o: &Outcome<'_>) -> Headed {
        let heading = || Heading::new(o.timeline.names.len());
        let mut headed = Headed {
            all: Count::default(),
            exchanges: heading(),
            merchants: heading(),
            methods: heading(),
            currencies: heading(),
            named: FastSet::default(),
        };
        let mut judged = o.judgements.iter().peekable();
        for (i, a) in o.timeline.attempts.iter().enumerate() {
            let judgement = judged.next_if(|j| j.attempt == i);
            if a.exchange.is_some() {
                headed.named.insert(a.exchange);
            }
            if a.outcome.is_final() {
                headed.add(a, judgement);
            }
        }
        headed
    }

    fn add(&mut self, a: &Attempt, judgement: Option<&Judgement>) {
        let linked = judgement.map_or(Sym::NONE, |j| j.linked_exchange);
        let exchange = if a.exchange.is_some() {
            a.exchange
        } else {
            linked
        };
        add(&mut self.all, judgement);
        self.exchanges.add(exchange, judgement);
        self.merchants.add(a.merchant, judgement);
        self.methods.add(a.method, judgement);
        self.currencies.add(a.currency, judgement);
    }

    /// By the exchange that an attempt names, else the one that a failed attempt's calls or its outage name. How many attempts a
    /// heading of the second sort has is not known: the successes name none.
    fn by_exchange(&self, o: &Outcome<'_>) -> Vec<Count> {
        let mut counts = self.exchanges.list(o);
        let names = &o.timeline.names;
        let known = |name: &str| names.find(name).is_some_and(|s| self.named.contains(&s));
        for count in counts
            .iter_mut()
            .filter(|c| c.name != "-" && !known(&c.name))
        {
            count.attempts = 0;
        }
        counts
    }
}

/// Counts an attempt, and the judgement of a failed one.
fn add(c: &mut Count, judgement: Option<&Judgement>) {
    c.attempts += 1;
    if let Some(j) = judgement {
        c.failed += 1;
        count(c, j.verdict);
    }
}

fn count(c: &mut Count, verdict: Verdict) {
    match verdict {
        Verdict::Caused => c.caused += 1,
        Verdict::Unrelated => c.unrelated += 1,
        Verdict::Undetermined => c.undetermined += 1,
    }
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
