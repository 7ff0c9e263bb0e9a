//! Rival explanations: stretches in which failures with one error become frequent at times of their own.
//!
//! An outage's failures begin with it and end with it (or, for pending payments, begin with it). A stretch that begins clearly
//! before, ends clearly after, or fills only some middle part, is another incident: an acquirer's, a deploy's, a
//! database's. Looked for from wide to narrow: all payments by one method, one merchant's, one kind's.

use std::collections::{BTreeMap, HashMap};

use super::strata::{Strata, Use};
use crate::model::{ErrorClass, Evidence, Finding, Outage, Severity, SourceRef, Span, Sym, Time};
use crate::stats::segment_from_own_baseline;
use crate::timeline::Timeline;

/// Fewer failures with one error than this are no incident.
const LEAST_FAILURES: usize = 8;
/// So many pairs of group and error are looked at, the most frequent first.
const MOST_ROWS: usize = 60;
/// A stretch may begin so much before the onset, in seconds, and still follow from the outage: clocks and long attempts.
const EARLY_S: f64 = 60.0;
/// … or, for a long outage, this share of it.
const EARLY_SHARE: f64 = 0.08;
/// A stretch may end so much after the end, in seconds …
const LATE_S: f64 = 300.0;
/// … or this share of the outage.
const LATE_SHARE: f64 = 0.3;
/// How far inside the outage a stretch must begin, and end, to be a middle part of it.
const INSIDE_SHARE: f64 = 0.3;
/// … and at least so many seconds.
const INSIDE_S: f64 = 180.0;

/// Attempts looked at together, from wide to narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Group {
    Method(Sym),
    Merchant(Sym, Sym),
    Kind(u32),
}

/// A stretch with an onset and an end of its own.
#[derive(Clone, Debug)]
pub(crate) struct Rival {
    group: Group,
    signature: Sym,
    class: ErrorClass,
    /// From its first to its last failure.
    pub(crate) span: Span,
    failures: usize,
    before: f64,
    pub(crate) source: SourceRef,
}

/// All stretches found.
pub(crate) struct Rivals {
    stretches: Vec<Rival>,
    by_key: HashMap<(Group, Sym), Vec<usize>>,
}

impl Rivals {
    pub(crate) fn find(timeline: &Timeline, strata: &Strata) -> Rivals {
        let mut stretches: Vec<Rival> = Vec::new();
        for (group, signature) in frequent(timeline, strata) {
            for rival in stretches_of(timeline, strata, group, signature) {
                let wider = |r: &Rival| {
                    r.signature == signature
                        && r.span.overlaps(&rival.span)
                        && covers(strata, r.group, group)
                };
                if !stretches.iter().any(wider) {
                    stretches.push(rival);
                }
            }
        }
        let mut by_key: HashMap<(Group, Sym), Vec<usize>> = HashMap::new();
        for (i, r) in stretches.iter().enumerate() {
            by_key.entry((r.group, r.signature)).or_default().push(i);
        }
        Rivals { stretches, by_key }
    }

    /// The stretch that covers an attempt of this kind with this error at `t`, if its times are not the outage's.
    pub(crate) fn explains(
        &self,
        strata: &Strata,
        kind: u32,
        signature: Sym,
        t: Time,
        outage: &Outage,
        uses: Use,
        log_end: Time,
    ) -> Option<&Rival> {
        let k = &strata.kinds[kind as usize];
        [
            Group::Method(k.method),
            Group::Merchant(k.merchant, k.method),
            Group::Kind(kind),
        ]
        .into_iter()
        .filter_map(|g| self.by_key.get(&(g, signature)))
        .flatten()
        .map(|&i| &self.stretches[i])
        .find(|r| r.span.contains(t) && has_other_times(r, outage, uses, log_end))
    }

    /// Those whose times are no outage's, as findings, the largest first.
    pub(crate) fn findings(
        &self,
        timeline: &Timeline,
        strata: &Strata,
        outages: &[Outage],
        log_end: Time,
    ) -> Vec<Finding> {
        let mut alone: Vec<&Rival> = self
            .stretches
            .iter()
            .filter(|r| {
                let uses = |o: &Outage| group_uses(timeline, strata, r.group, o);
                outages.iter().all(|o| {
                    !o.span(log_end).overlaps(&r.span) || has_other_times(r, o, uses(o), log_end)
                })
            })
            .collect();
        alone.sort_by_key(|r| (std::cmp::Reverse(r.failures), r.span.start, r.source));
        alone
            .into_iter()
            .take(8)
            .map(|r| finding(timeline, strata, r))
            .collect()
    }
}

fn group_uses(timeline: &Timeline, strata: &Strata, group: Group, outage: &Outage) -> Use {
    match group {
        Group::Kind(k) if strata.kinds[k as usize].exchange == outage.exchange => Use::Uses,
        Group::Kind(_) => Use::No,
        Group::Method(m) | Group::Merchant(_, m) => {
            let any = strata
                .kinds
                .iter()
                .any(|k| k.method == m && k.exchange == outage.exchange);
            let _ = timeline;
            if any { Use::Uses } else { Use::No }
        }
    }
}

fn covers(strata: &Strata, wide: Group, narrow: Group) -> bool {
    match (wide, narrow) {
        (Group::Method(m), Group::Merchant(_, n)) => m == n,
        (Group::Method(m), Group::Kind(k)) => strata.kinds[k as usize].method == m,
        (Group::Merchant(a, m), Group::Kind(k)) => {
            strata.kinds[k as usize].merchant == a && strata.kinds[k as usize].method == m
        }
        _ => wide == narrow,
    }
}

fn has_other_times(r: &Rival, outage: &Outage, uses: Use, log_end: Time) -> bool {
    let span = outage.span(log_end);
    let slack = outage
        .start
        .secs_since(outage.start_interval.start)
        .clamp(0.0, 300.0);
    let early =
        span.start.secs_since(r.span.start) > EARLY_S.max(EARLY_SHARE * span.secs()) + slack;
    if outage.began_before_log {
        return false;
    }
    let late_by = r.span.end.secs_since(span.end);
    let late = outage.end.is_some() && late_by > LATE_S.max(LATE_SHARE * span.secs());
    let inside = INSIDE_S.max(INSIDE_SHARE * span.secs());
    let late_start = r.span.start.secs_since(span.start) > inside;
    let early_end = span.end.secs_since(r.span.end) > inside;
    let speaks_of_upstream = r.class.is_upstream() || r.class == ErrorClass::CircuitOpen;
    if uses == Use::Uses {
        early || (!speaks_of_upstream && (late || (late_start && early_end)))
    } else {
        early || late || late_start || early_end
    }
}

/// Pairs of group and error with enough failures: wide groups first, then by number.
fn frequent(timeline: &Timeline, strata: &Strata) -> Vec<(Group, Sym)> {
    let mut counts: BTreeMap<(Group, Sym), usize> = BTreeMap::new();
    for (i, attempt) in timeline
        .attempts
        .iter()
        .enumerate()
        .filter(|(_, a)| a.outcome.is_bad())
    {
        let kind = strata.of[i];
        let k = &strata.kinds[kind as usize];
        let signature = timeline
            .errors
            .get(attempt.error.0 as usize)
            .map_or(Sym::NONE, |e| e.signature);
        for group in [
            Group::Method(k.method),
            Group::Merchant(k.merchant, k.method),
            Group::Kind(kind),
        ] {
            *counts.entry((group, signature)).or_default() += 1;
        }
    }
    let mut out: Vec<((Group, Sym), usize)> = counts
        .into_iter()
        .filter(|c| c.1 >= LEAST_FAILURES)
        .collect();
    let rank = |g: &Group| match g {
        Group::Method(_) => 0,
        Group::Merchant(..) => 1,
        Group::Kind(_) => 2,
    };
    out.sort_by_key(|((g, s), n)| {
        (
            std::cmp::Reverse(*n),
            rank(g),
            describe(timeline, strata, *g),
            timeline.names.text(*s).to_string(),
        )
    });
    out.truncate(MOST_ROWS);
    out.sort_by_key(|((g, _), n)| (rank(g), std::cmp::Reverse(*n)));
    out.into_iter().map(|(k, _)| k).collect()
}

fn is_member(strata: &Strata, group: Group, kind: u32) -> bool {
    let k = &strata.kinds[kind as usize];
    match group {
        Group::Method(m) => k.method == m,
        Group::Merchant(a, m) => k.merchant == a && k.method == m,
        Group::Kind(own) => own == kind,
    }
}

fn stretches_of(timeline: &Timeline, strata: &Strata, group: Group, signature: Sym) -> Vec<Rival> {
    let mut row: Vec<(Time, bool, usize)> = timeline
        .attempts
        .iter()
        .enumerate()
        .filter(|(i, a)| a.outcome.is_final() && is_member(strata, group, strata.of[*i]))
        .map(|(i, a)| {
            let own = timeline
                .errors
                .get(a.error.0 as usize)
                .map_or(Sym::NONE, |e| e.signature);
            (a.start, a.outcome.is_bad() && own == signature, i)
        })
        .collect();
    row.sort_unstable();
    let bad: Vec<bool> = row.iter().map(|r| r.1).collect();
    let found = segment_from_own_baseline(&bad);
    found
        .stretches
        .iter()
        .filter_map(|&(first, last)| {
            let hits: Vec<&(Time, bool, usize)> =
                row[first..=last].iter().filter(|r| r.1).collect();
            let (a, b) = (hits.first()?, hits.last()?);
            let attempt = &timeline.attempts[a.2];
            (hits.len() >= LEAST_FAILURES / 2).then(|| Rival {
                group,
                signature,
                class: attempt.class,
                span: Span::new(a.0, b.0),
                failures: hits.len(),
                before: found.baseline,
                source: attempt.source,
            })
        })
        .collect()
}

fn describe(timeline: &Timeline, strata: &Strata, group: Group) -> String {
    let text = |s: Sym| timeline.names.text(s);
    match group {
        Group::Method(m) if m.is_none() => "payments".to_string(),
        Group::Method(m) => format!("{} payments", text(m)),
        Group::Merchant(a, m) => format!("{} payments of {}", text(m), text(a))
            .trim()
            .to_string(),
        Group::Kind(k) => {
            let k = &strata.kinds[k as usize];
            let parts: Vec<&str> = [k.currency, k.method, k.exchange, k.operation]
                .into_iter()
                .map(text)
                .filter(|t| !t.is_empty())
                .collect();
            format!("{} payments of {}", parts.join(" "), text(k.merchant))
                .trim()
                .to_string()
        }
    }
}

fn finding(timeline: &Timeline, strata: &Strata, r: &Rival) -> Finding {
    let who = describe(timeline, strata, r.group);
    let words = timeline.names.text(r.signature);
    let words = if words.is_empty() {
        r.class.as_str()
    } else {
        words
    };
    let detail = format!(
        "{} failures of {who} with \"{words}\" between {} and {} (usual share {:.2} %). They began and ended at times of \
         their own, which no outage found here shares: another incident explains them.",
        r.failures,
        r.span.start,
        r.span.end,
        100.0 * r.before
    );
    Finding {
        id: "rival-incident".into(),
        title: format!("another incident hit {who}"),
        severity: Severity::Warning,
        confidence: 0.8,
        evidence: vec![Evidence {
            rule: "own-onset-and-end",
            supports: false,
            weight: 0.0,
            detail: detail.clone(),
            source: r.source,
        }],
        detail,
    }
}
