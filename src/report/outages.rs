//! The outages, as the digest tells them.

use serde::Serialize;

use crate::model::{ComponentOutage, Outage, OutageKind, OutageSource, Report, Span, Verdict};

use super::phrases;
use super::view::{Context, EvidenceView};
use super::words;

/// One outage in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct OutageView {
    pub(crate) id: String,
    pub(crate) exchange: String,
    /// `O1: binance, 2021-08-18 12:00:03 to 13:10:22 UTC`.
    pub(crate) heading: String,
    /// Onset for a column.
    pub(crate) onset: String,
    /// Recovery for a column.
    pub(crate) recovered: String,
    /// How long, for a column.
    pub(crate) lasted: String,
    /// Onset in prose, with its uncertainty.
    pub(crate) onset_prose: String,
    /// Recovery in prose, with its uncertainty.
    pub(crate) recovered_prose: String,
    /// `consistent with overload (…)`.
    pub(crate) kind: String,
    /// Knock-on failures.
    pub(crate) caused: u64,
    pub(crate) caused_text: String,
    pub(crate) components: Vec<ComponentView>,
    /// What it was established from.
    pub(crate) sources: String,
    /// What the exchange said, and when.
    pub(crate) acknowledged: String,
    pub(crate) evidence: Vec<EvidenceView>,
    /// The first failed call, as a citation; empty when not known.
    pub(crate) first_seen: String,
    pub(crate) first_seen_place: String,
    pub(crate) first_seen_line: String,
    /// What happened, in a few sentences.
    pub(crate) story: String,
}

/// One component of an outage in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ComponentView {
    pub(crate) name: String,
    pub(crate) span: String,
    /// `812 of 1,003 calls (81.0%)`.
    pub(crate) failed: String,
    pub(crate) usual: String,
    pub(crate) peak: String,
    pub(crate) phases: Vec<PhaseView>,
}

/// A stretch of one level of service in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PhaseView {
    pub(crate) span: String,
    pub(crate) lasted: String,
    pub(crate) rate: String,
}

/// "Consistent with", never "was".
pub(crate) fn kind_words(kind: OutageKind) -> &'static str {
    match kind {
        OutageKind::Unavailable => phrases::UNAVAILABLE.text,
        OutageKind::Degraded => phrases::DEGRADED.text,
        OutageKind::Slow => phrases::SLOW.text,
        OutageKind::Overload => phrases::OVERLOAD.text,
        OutageKind::RateLimited => phrases::RATE_LIMITED.text,
        OutageKind::Maintenance => phrases::MAINTENANCE.text,
        OutageKind::Unknown => phrases::UNKNOWN_KIND.text,
    }
}

/// How many failures of each outage got the verdict `caused`.
pub(crate) fn caused_by(report: &Report) -> Vec<u64> {
    let mut counts = vec![0; report.outages.len()];
    for failure in &report.failures {
        if failure.verdict == Verdict::Caused
            && let Some(count) = failure.outage.and_then(|o| counts.get_mut(o))
        {
            *count += 1;
        }
    }
    counts
}

/// The outage that detection is told about: the one named there, else the one with most knock-on failures.
pub(crate) fn main_outage(report: &Report) -> Option<usize> {
    let named = report
        .detection
        .outage
        .as_ref()
        .and_then(|id| report.outages.iter().position(|o| o.id == *id));
    named.or_else(|| {
        let counts = caused_by(report);
        (0..counts.len()).max_by_key(|&i| (counts[i], usize::MAX - i))
    })
}

/// Every outage of the report, in order of start.
pub(crate) fn views(cx: &Context<'_>) -> Vec<OutageView> {
    let caused = caused_by(cx.report);
    cx.report
        .outages
        .iter()
        .zip(caused)
        .map(|(outage, caused)| view(cx, outage, caused))
        .collect()
}

fn view(cx: &Context<'_>, outage: &Outage, caused: u64) -> OutageView {
    let exchange = cx.text(&outage.exchange_name);
    let lasted = lasted(cx, outage);
    OutageView {
        id: outage.id.clone(),
        heading: format!("{}: {}, {}", outage.id, exchange, stretch(cx, outage)),
        onset: if outage.began_before_log {
            format!("before {}", cx.zone().stamp(outage.start))
        } else {
            cx.zone().stamp(outage.start)
        },
        recovered: outage
            .end
            .map_or("not seen".to_owned(), |t| cx.zone().stamp(t)),
        onset_prose: onset(cx, outage),
        recovered_prose: recovered(cx, outage),
        kind: kind_words(outage.kind).to_owned(),
        caused,
        caused_text: words::count(caused),
        components: outage
            .components
            .iter()
            .map(|c| component(cx, outage, c))
            .collect(),
        sources: sources(outage),
        acknowledged: acknowledged(cx, outage),
        evidence: outage.evidence.iter().map(|e| cx.evidence(e)).collect(),
        first_seen: outage.first_seen.map_or(String::new(), |s| cx.cite(s)),
        first_seen_place: outage
            .first_seen
            .map_or(String::new(), |s| cx.short_place(s)),
        first_seen_line: outage.first_seen.map_or(String::new(), |s| cx.line_id(s)),
        story: story(cx, outage, caused),
        exchange,
        lasted,
    }
}

fn story(cx: &Context<'_>, outage: &Outage, caused: u64) -> String {
    let caused = words::plural(
        caused,
        "failed payment attempt is",
        "failed payment attempts are",
    );
    phrases::STORY.with(&[
        ("kind", &kind_words(outage.kind)),
        ("sources", &sources(outage)),
        ("onset", &onset(cx, outage)),
        ("recovery", &recovered(cx, outage)),
        ("lasted", &lasted(cx, outage)),
        ("caused", &caused),
        ("word", &acknowledged(cx, outage)),
    ])
}

/// The stretch of an outage in prose; an end that was not seen is not invented.
pub(crate) fn stretch(cx: &Context<'_>, outage: &Outage) -> String {
    let text = match outage.end {
        Some(end) => cx.zone().range(Span::new(outage.start, end)),
        None => phrases::TO_THE_END.with(&[("start", &cx.zone().prose(outage.start))]),
    };
    if outage.began_before_log {
        format!("before {text}")
    } else {
        text
    }
}

fn lasted(cx: &Context<'_>, outage: &Outage) -> String {
    let log_end = cx.report.window.map_or(outage.start, |w| w.end);
    let length = words::duration(outage.span(log_end).secs());
    if outage.end.is_none() || outage.began_before_log {
        format!("at least {length}")
    } else {
        length
    }
}

fn onset(cx: &Context<'_>, outage: &Outage) -> String {
    if outage.began_before_log {
        return phrases::BEFORE_THE_LOG.with(&[("start", &cx.zone().prose(outage.start))]);
    }
    format!(
        "{}{}",
        cx.zone().prose(outage.start),
        within(cx, Some(outage.start_interval))
    )
}

fn recovered(cx: &Context<'_>, outage: &Outage) -> String {
    match outage.end {
        Some(end) => format!(
            "{}{}",
            cx.zone().prose(end),
            within(cx, outage.end_interval)
        ),
        None => phrases::END_NOT_SEEN.plain(),
    }
}

fn within(cx: &Context<'_>, interval: Option<Span>) -> String {
    match interval {
        Some(span) if span.secs() > 0.0 => {
            format!(" (95% interval {})", cx.zone().interval(span))
        }
        _ => String::new(),
    }
}

fn component(cx: &Context<'_>, outage: &Outage, part: &ComponentOutage) -> ComponentView {
    let name = if part.name.is_empty() && outage.components.len() > 1 {
        "no component named".to_owned()
    } else if part.name.is_empty() {
        "all calls".to_owned()
    } else {
        cx.text(&part.name)
    };
    let span = match part.end {
        Some(end) => cx.zone().range(Span::new(part.start, end)),
        None if outage.end.is_none() => {
            phrases::TO_THE_END.with(&[("start", &cx.zone().prose(part.start))])
        }
        None => format!("{}, end not seen", cx.zone().prose(part.start)),
    };
    ComponentView {
        name,
        span,
        failed: words::of_what(
            part.failed_calls,
            part.calls,
            words::form(part.calls, "call", "calls"),
        ),
        usual: words::percent(part.baseline_failure_rate),
        peak: words::percent(part.peak_failure_rate),
        phases: part
            .phases
            .iter()
            .map(|p| PhaseView {
                span: cx.zone().range(p.span),
                lasted: words::duration(p.span.secs()),
                rate: match p.calls {
                    0 => words::percent(p.failure_rate),
                    calls => words::of(p.failed_calls, calls),
                },
            })
            .collect(),
    }
}

fn sources(outage: &Outage) -> String {
    let named: Vec<String> = outage
        .sources
        .iter()
        .map(|s| {
            match s {
                OutageSource::Calls => "its calls",
                OutageSource::Payments => "the payments through it",
                OutageSource::StatusPage => "its status page",
            }
            .to_owned()
        })
        .collect();
    words::list(&named)
}

fn acknowledged(cx: &Context<'_>, outage: &Outage) -> String {
    match outage.acknowledged_at {
        Some(at) => format!(
            "{} ({} the onset)",
            cx.zone().prose(at),
            words::lag(at.secs_since(outage.start))
        ),
        None => phrases::NO_WORD.plain(),
    }
}
