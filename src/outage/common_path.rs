//! A common network path: one merchant cannot reach several upstreams from the same seconds on, until the same seconds,
//! while nobody's answer says that an upstream was at fault. That is the way out of the merchant, and no exchange.

use std::collections::{BTreeMap, BTreeSet};

use super::episode::{Episode, RowOf, Seen, episodes};
use super::{Context, MERGE_GAP_S, evidence, name};
use crate::model::{Attempt, Call, ErrorClass, Finding, Outage, OutageSource, Severity, Span, Sym};
use crate::timeline::CallState;

/// Stretches of one incident begin, and end, within so many seconds of each other, beside what their intervals leave open.
const TOGETHER_S: f64 = 20.0;
/// An interval of a boundary counts for no more than this, in seconds.
const MOST_UNSURE_S: f64 = 300.0;
/// From this share of the bad calls on, they are one caller's, or nobody answered.
const UNANSWERED: f64 = 0.8;
/// Others are served when at most this share of their calls failed …
const SERVED: f64 = 0.2;
/// … of at least so many.
const LEAST_CALLS: usize = 4;

/// One upstream that a merchant could not reach.
struct Cut {
    merchant: Sym,
    /// `NONE`: whatever serves its other methods of payment.
    upstream: Sym,
    span: Span,
    unsure: (f64, f64),
    source: crate::model::SourceRef,
    /// Whether somebody else was served by the upstream meanwhile; of other methods of payment, whether their failures say that
    /// their upstream was out of reach, rather than late, as in a pool that another upstream starves.
    is_plain: bool,
}

/// Takes out the outages that are one merchant's way out, and tells of them.
pub(super) fn set_apart(context: &Context<'_>, outages: &mut Vec<Outage>) -> Vec<Finding> {
    let suspects: Vec<(usize, Cut)> = outages
        .iter()
        .enumerate()
        .filter_map(|(i, o)| Some((i, cut_of(context, o)?)))
        .collect();
    let merchants: BTreeSet<Sym> = suspects.iter().map(|(_, c)| c.merchant).collect();
    let mut others: BTreeMap<Sym, Vec<Cut>> = BTreeMap::new();
    for merchant in merchants {
        others.insert(merchant, of_other_methods(context, merchant));
    }
    let mut apart: BTreeMap<usize, Vec<Sym>> = BTreeMap::new();
    for (i, cut) in &suspects {
        let beside = suspects.iter().filter(|(j, _)| j != i).map(|(_, c)| c);
        let shared: Vec<Sym> = beside
            .chain(others.get(&cut.merchant).into_iter().flatten())
            .filter(|c| c.upstream != cut.upstream && together(cut, c))
            .filter(|c| c.upstream.is_some() || c.is_plain || cut.is_plain)
            .map(|c| c.upstream)
            .collect();
        if !shared.is_empty() {
            apart.insert(*i, shared);
        }
    }
    let findings = tell(context, &suspects, &apart);
    let mut at = 0;
    outages.retain(|_| {
        at += 1;
        !apart.contains_key(&(at - 1))
    });
    for (i, outage) in outages.iter_mut().enumerate() {
        outage.id = format!("O{}", i + 1);
    }
    findings
}

/// The merchant that alone was cut off from an exchange, if nobody else was and the exchange answered nothing.
fn cut_of(context: &Context<'_>, outage: &Outage) -> Option<Cut> {
    let span = outage.span(context.timeline.end());
    let calls: Vec<&Call> = context
        .timeline
        .calls
        .iter()
        .filter(|c| c.exchange == outage.exchange && !c.is_probe && span.contains(c.time))
        .collect();
    let bad: Vec<&&Call> = calls.iter().filter(|c| is_bad(context, c)).collect();
    let merchant = if outage.sources.contains(&OutageSource::Calls) {
        let unanswered = bad.iter().filter(|c| c.http_status == 0).count() as f64;
        let (caller, count) = most_frequent(bad.iter().map(|c| c.caller))?;
        let alone = count as f64 >= UNANSWERED * bad.len() as f64;
        let silent = unanswered >= UNANSWERED * bad.len() as f64;
        (caller.is_some() && alone && silent).then_some(caller)?
    } else {
        sole_merchant(context, outage.exchange, span)?
    };
    let foreign: Vec<&&Call> = calls
        .iter()
        .filter(|c| c.caller.is_some() && c.caller != merchant)
        .collect();
    let failed = foreign.iter().filter(|c| is_bad(context, c)).count();
    if foreign.len() >= LEAST_CALLS && failed as f64 > SERVED * foreign.len() as f64 {
        return None;
    }
    Some(Cut {
        merchant,
        upstream: outage.exchange,
        span,
        unsure: (
            outage.start_interval.secs(),
            outage.end_interval.map_or(0.0, |i| i.secs()),
        ),
        source: outage.first_seen.unwrap_or_default(),
        is_plain: foreign.len() >= LEAST_CALLS,
    })
}

fn most_frequent(callers: impl Iterator<Item = Sym>) -> Option<(Sym, usize)> {
    let mut counts: BTreeMap<Sym, usize> = BTreeMap::new();
    for caller in callers {
        *counts.entry(caller).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, n)| *n)
}

fn is_bad(context: &Context<'_>, call: &Call) -> bool {
    matches!(
        context.health.state(call),
        CallState::Failed | CallState::Slow
    )
}

/// The merchant of all payments that an exchange failed in a stretch, when there is just one.
fn sole_merchant(context: &Context<'_>, exchange: Sym, span: Span) -> Option<Sym> {
    let failed: BTreeSet<Sym> = context
        .timeline
        .attempts
        .iter()
        .filter(|a| a.exchange == exchange && span.contains(a.start) && speaks_of_upstream(a))
        .map(|a| a.merchant)
        .collect();
    match failed.len() {
        1 => failed.first().copied().filter(|m| m.is_some()),
        _ => None,
    }
}

/// Stretches in which payments of a merchant that use no logged exchange could not reach their own upstream either.
fn of_other_methods(context: &Context<'_>, merchant: Sym) -> Vec<Cut> {
    let timeline = context.timeline;
    let called: BTreeSet<Sym> = timeline.calls.iter().map(|c| c.exchange).collect();
    let names_one = |a: &&Attempt| {
        called.contains(&a.exchange) || called.contains(&timeline.error(a.error).names_exchange)
    };
    // Only where the records name the exchange of the payments that use one do the others use none.
    let uses: BTreeSet<(Sym, bool)> = timeline
        .attempts
        .iter()
        .filter(|a| a.merchant == merchant && names_one(a))
        .map(|a| (a.method, a.exchange.is_some()))
        .collect();
    if !uses.iter().any(|u| u.1) {
        return Vec::new();
    }
    let methods: BTreeSet<Sym> = uses
        .into_iter()
        .map(|u| u.0)
        .filter(|m| m.is_some())
        .collect();
    let own = |a: &&Attempt| {
        a.merchant == merchant
            && a.outcome.is_final()
            && !names_one(a)
            && !methods.contains(&a.method)
    };
    let mut row: Vec<Seen> = context
        .timeline
        .attempts
        .iter()
        .filter(own)
        .map(|a| Seen {
            time: a.start,
            bad: is_cut_off(a),
            source: a.source,
        })
        .collect();
    row.sort_by_key(|s| (s.time, s.source));
    let of = RowOf {
        exchange: Sym::NONE,
        component: Sym::NONE,
        callers: Vec::new(),
        source: OutageSource::Payments,
    };
    episodes(&row, &of, context.silences, MERGE_GAP_S)
        .iter()
        .map(|e| {
            let within = |a: &&Attempt| is_cut_off(a) && e.span().contains(a.start);
            let failed = timeline.attempts.iter().filter(own).filter(within);
            let (all, plain) = failed.fold((0, 0), |(all, plain), a| {
                let says_so = a.class == ErrorClass::UpstreamUnavailable;
                (all + 1, plain + usize::from(says_so))
            });
            cut_of_episode(merchant, e, 2 * plain >= all)
        })
        .collect()
}

fn cut_of_episode(merchant: Sym, e: &Episode, is_plain: bool) -> Cut {
    Cut {
        merchant,
        upstream: Sym::NONE,
        span: e.span(),
        unsure: (
            e.start_interval.secs(),
            e.end_interval.map_or(0.0, |i| i.secs()),
        ),
        source: e.first_bad,
        is_plain,
    }
}

/// Out of reach: no word of a starved pool, which follows from an outage elsewhere.
fn speaks_of_upstream(a: &Attempt) -> bool {
    a.outcome.is_bad()
        && matches!(
            a.class,
            ErrorClass::UpstreamUnavailable | ErrorClass::UpstreamTimeout
        )
}

/// The same, or stopped by a breaker that had seen enough of it.
fn is_cut_off(a: &Attempt) -> bool {
    speaks_of_upstream(a) || a.outcome.is_bad() && a.class == ErrorClass::CircuitOpen
}

fn together(a: &Cut, b: &Cut) -> bool {
    let slack = |x: f64, y: f64| TOGETHER_S + x.max(y).min(MOST_UNSURE_S);
    let start = a.span.start.secs_since(b.span.start).abs();
    let end = a.span.end.secs_since(b.span.end).abs();
    // Two exchanges that one merchant alone loses in the same moment: a thin row may seem to end early.
    let exchanges = a.upstream.is_some() && b.upstream.is_some();
    let ends = exchanges && a.span.overlaps(&b.span) || end <= slack(a.unsure.1, b.unsure.1);
    a.merchant == b.merchant && start <= slack(a.unsure.0, b.unsure.0) && ends
}

fn tell(
    context: &Context<'_>,
    suspects: &[(usize, Cut)],
    apart: &BTreeMap<usize, Vec<Sym>>,
) -> Vec<Finding> {
    let mut told: BTreeMap<Sym, Vec<&Cut>> = BTreeMap::new();
    for (_, cut) in suspects.iter().filter(|(i, _)| apart.contains_key(i)) {
        told.entry(cut.merchant).or_default().push(cut);
    }
    told.into_iter()
        .map(|(merchant, cuts)| finding(context, merchant, &cuts))
        .collect()
}

fn finding(context: &Context<'_>, merchant: Sym, cuts: &[&Cut]) -> Finding {
    let who = name(context.timeline, merchant);
    let mut upstreams: Vec<String> = cuts
        .iter()
        .map(|c| name(context.timeline, c.upstream))
        .collect();
    upstreams.sort();
    upstreams.dedup();
    let first = cuts.iter().min_by_key(|c| c.span.start).unwrap_or(&cuts[0]);
    let last = cuts
        .iter()
        .map(|c| c.span.end)
        .max()
        .unwrap_or(first.span.end);
    let detail = format!(
        "From {} to {last} {who} reached {} no more, nor another upstream that has nothing to do with it, from the same \
         moment to the same moment; no answer says that an upstream was at fault{}. That is consistent \
         with the way out of {who} (network, proxy, DNS), and with no outage of {}.",
        first.span.start,
        upstreams.join(" and "),
        if cuts.iter().any(|c| c.is_plain && c.upstream.is_some()) {
            ", and others were served meanwhile"
        } else {
            ""
        },
        upstreams.join(" or ")
    );
    Finding {
        id: "common-network-path".into(),
        title: format!("{who} reached several upstreams no more at the same time"),
        severity: Severity::Warning,
        confidence: 0.8,
        evidence: vec![evidence(
            "same-onset-and-end",
            true,
            0.0,
            detail.clone(),
            first.source,
        )],
        detail,
    }
}
