//! How many names a dimension may have: an attacker may write a new merchant or currency on every line.

use crate::model::{FastSet, Names, Sym, grouped};

use super::Timeline;

/// What stands for the names beyond the limit.
const OTHER: &str = "other";

/// One dimension: its name in the plural, and what the names of a timeline's records are counted and replaced by.
type Dimension = (&'static str, fn(&mut Timeline, &mut dyn FnMut(&mut Sym)));

const DIMENSIONS: [Dimension; 7] = [
    ("exchanges", |timeline, visit| {
        timeline
            .attempts
            .iter_mut()
            .for_each(|a| visit(&mut a.exchange));
        timeline
            .calls
            .iter_mut()
            .for_each(|c| visit(&mut c.exchange));
    }),
    ("components", |timeline, visit| {
        timeline
            .calls
            .iter_mut()
            .for_each(|c| visit(&mut c.component));
    }),
    ("callers", |timeline, visit| {
        timeline.calls.iter_mut().for_each(|c| visit(&mut c.caller));
    }),
    ("merchants", |timeline, visit| {
        timeline
            .attempts
            .iter_mut()
            .for_each(|a| visit(&mut a.merchant));
    }),
    ("methods", |timeline, visit| {
        timeline
            .attempts
            .iter_mut()
            .for_each(|a| visit(&mut a.method));
    }),
    ("operations", |timeline, visit| {
        timeline
            .attempts
            .iter_mut()
            .for_each(|a| visit(&mut a.operation));
    }),
    // amounts of several currencies are no sum
    ("currencies", |timeline, visit| {
        for a in &mut timeline.attempts {
            let was = a.currency;
            visit(&mut a.currency);
            if a.currency != was {
                a.amount = None;
            }
        }
    }),
];

/// Keeps of each dimension the `most` names that most records have (of equal ones the first by their text), and puts the
/// records of the rest under `other`. Says what it did.
pub fn bound_names(timeline: &mut Timeline, most: usize) -> Vec<String> {
    if timeline.names.len() <= most {
        return Vec::new();
    }
    let mut told = Vec::new();
    for (name, visit_all) in DIMENSIONS {
        let mut counts = vec![0u64; timeline.names.len()];
        visit_all(timeline, &mut |sym| counts[sym.0 as usize] += 1);
        counts[Sym::NONE.0 as usize] = 0;
        let distinct = counts.iter().filter(|n| **n > 0).count();
        if distinct <= most {
            continue;
        }
        let kept = most_frequent(&counts, most, &timeline.names);
        let other = timeline.names.intern(OTHER);
        let mut records = 0;
        visit_all(timeline, &mut |sym| {
            if sym.is_some() && !kept.contains(sym) {
                *sym = other;
                records += 1;
            }
        });
        told.push(format!(
            "the logs name {} {name}: all but the {} most frequent are `{OTHER}` here, {} records; --max-names allows more",
            grouped(distinct as u64),
            grouped(most as u64),
            grouped(records)
        ));
    }
    told
}

fn most_frequent(counts: &[u64], most: usize, names: &Names) -> FastSet<Sym> {
    let all = counts.iter().zip(0u32..).filter(|(n, _)| **n > 0);
    let mut all: Vec<(Sym, u64)> = all.map(|(n, sym)| (Sym(sym), *n)).collect();
    all.sort_by(|(a, n), (b, m)| m.cmp(n).then_with(|| names.text(*a).cmp(names.text(*b))));
    all.truncate(most);
    all.into_iter().map(|(sym, _)| sym).collect()
}
