//! Refusals for the rate of requests (429, 418, a firewall's 403): the exchange's limit, or our own misuse?
//!
//! Everybody is refused: an outage (overload, or a lowered limit). One caller is refused while others are
//! served, or the only caller sends far more than usual: misuse, which is no outage and a finding of its own.

use std::collections::BTreeMap;

use super::episode::{Episode, RowOf, Seen, episodes};
use super::series::by_component;
use super::{Context, Detector, Found, MERGE_GAP_S, Misuse, evidence, name};
use crate::model::{Finding, OutageSource, Severity, Span, Sym, in_words};
use crate::timeline::CallState;

/// Calls needed on each side to compare callers.
const LEAST_CALLS: usize = 5;
/// A caller refused at most this share is served.
const SERVED: f64 = 0.2;
/// A sole caller that sends this many times its usual rate has itself to blame.
const MISUSE_SURGE: f64 = 1.5;

/// Detects refusals.
pub(crate) struct Refusals;

impl Detector for Refusals {
    fn id(&self) -> &'static str {
        "refusals"
    }

    fn detect(&self, context: &Context<'_>, earlier: &Found) -> Found {
        let mut found = Found::default();
        for (exchange, components) in by_component(context.timeline) {
            let mut calls: Vec<usize> = components.values().flatten().copied().collect();
            calls.sort_unstable();
            for episode in refused_stretches(context, exchange, &calls) {
                let known =
                    |e: &Episode| e.exchange == exchange && e.span().overlaps(&episode.span());
                if !earlier.episodes.iter().any(known) {
                    judge(context, &calls, episode, &mut found);
                }
            }
        }
        found
    }
}

fn refused_stretches(context: &Context<'_>, exchange: Sym, calls: &[usize]) -> Vec<Episode> {
    let row: Vec<Seen> = calls
        .iter()
        .map(|&i| &context.timeline.calls[i])
        .filter(|c| !c.is_probe)
        .map(|c| {
            let state = context.health.state(c);
            Seen {
                time: c.time,
                bad: matches!(state, CallState::Refused | CallState::Failed),
                source: c.source,
            }
        })
        .collect();
    let of = RowOf {
        exchange,
        component: Sym::NONE,
        callers: Vec::new(),
        source: OutageSource::Calls,
    };
    episodes(&row, &of, context.silences, MERGE_GAP_S)
}

fn judge(context: &Context<'_>, calls: &[usize], episode: Episode, found: &mut Found) {
    let by_caller = refused_by_caller(context, calls, episode.span());
    let known: Vec<(Sym, f64)> = by_caller
        .iter()
        .filter(|(c, t)| c.is_some() && t.0 >= LEAST_CALLS)
        .map(|(c, t)| (*c, t.1 as f64 / t.0 as f64))
        .collect();
    let refused: Vec<Sym> = known.iter().filter(|k| k.1 > SERVED).map(|k| k.0).collect();
    let some_are_served = known.len() > refused.len();
    let surge = surge(context, calls, &episode);
    let ours = own_refusals(context, calls, episode.span());
    let misuse = if known.len() >= 2 {
        some_are_served
    } else {
        surge >= MISUSE_SURGE
    };
    let anonymous = known.is_empty();
    if anonymous {
        // A gateway's log: foreign traffic may be refused rightly. Only calls that belong to payments count.
        if ours.0 >= LEAST_CALLS && ours.1 as f64 > SERVED * ours.0 as f64 {
            found.episodes.push(episode);
        }
    } else if misuse {
        found.misuses.push(Misuse {
            exchange: episode.exchange,
            span: episode.span(),
        });
        found.findings.push(misuse_finding(
            context, &episode, &refused, &by_caller, surge,
        ));
    } else {
        found.episodes.push(episode);
    }
}

/// Per caller: calls inside, refused calls inside.
fn refused_by_caller(
    context: &Context<'_>,
    calls: &[usize],
    span: Span,
) -> BTreeMap<Sym, (usize, usize)> {
    let mut out: BTreeMap<Sym, (usize, usize)> = BTreeMap::new();
    for call in calls
        .iter()
        .map(|&i| &context.timeline.calls[i])
        .filter(|c| span.contains(c.time))
    {
        let entry = out.entry(call.caller).or_default();
        entry.0 += 1;
        entry.1 += usize::from(context.health.state(call) == CallState::Refused);
    }
    out
}

/// Calls inside that carry an id of a payment, and how many of them were refused.
fn own_refusals(context: &Context<'_>, calls: &[usize], span: Span) -> (usize, usize) {
    let mut out = (0, 0);
    for call in calls
        .iter()
        .map(|&i| &context.timeline.calls[i])
        .filter(|c| span.contains(c.time))
    {
        if call.links.iter().any(|l| l.is_some()) {
            out.0 += 1;
            out.1 += usize::from(context.health.state(call) == CallState::Refused);
        }
    }
    out
}

/// Requests a second inside, as a multiple of outside.
pub(crate) fn surge(context: &Context<'_>, calls: &[usize], episode: &Episode) -> f64 {
    let span = episode.span();
    let times: Vec<_> = calls
        .iter()
        .map(|&i| context.timeline.calls[i].time)
        .collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return 1.0;
    };
    let inside = times.iter().filter(|t| span.contains(**t)).count() as f64;
    let outside = times.len() as f64 - inside;
    let outside_s = (last.secs_since(*first) - span.secs()).max(1.0);
    if outside < LEAST_CALLS as f64 {
        return 1.0;
    }
    (inside / span.secs().max(1.0)) / (outside / outside_s)
}

fn misuse_finding(
    context: &Context<'_>,
    episode: &Episode,
    refused: &[Sym],
    by_caller: &BTreeMap<Sym, (usize, usize)>,
    surge: f64,
) -> Finding {
    let concerned = by_caller
        .iter()
        .filter(|(c, _)| refused.is_empty() || refused.contains(c));
    let (calls, bad) = concerned.fold((0, 0), |t, (_, n)| (t.0 + n.0, t.1 + n.1));
    let exchange = name(context.timeline, episode.exchange);
    let mut who: Vec<String> = refused.iter().map(|s| name(context.timeline, *s)).collect();
    who.sort();
    let who = if who.is_empty() {
        "the caller".to_string()
    } else {
        in_words(&who)
    };
    let span = episode.span();
    let detail = format!(
        "From {} to {} {exchange} refused {bad} of {calls} calls of {who} for their rate; all in all it got {surge:.1} times the \
         usual number of requests. Others were served, or nothing but our own rate had changed: this is our use of a rate limit, \
         not an outage of {exchange}.",
        span.start, span.end
    );
    Finding {
        id: "rate-limit-misuse".into(),
        title: format!("{who} was refused by {exchange} for its own rate of requests"),
        severity: Severity::Warning,
        confidence: 0.85,
        evidence: vec![evidence(
            "refused-for-rate",
            true,
            0.0,
            detail.clone(),
            episode.first_bad,
        )],
        detail,
    }
}
