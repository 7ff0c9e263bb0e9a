//! Puts what the stages found into the one structure that outputs see.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::inputs::Given;
use super::{Found, Settings};
use crate::attribution::Judged;
use crate::impact;
use crate::model::{
    Attempt, Citation, FailedAttempt, Finding, InputSummary, Judgement, Outage, Report, Role, Slo,
    SourceRef, Span, Sym, ZoneFrom,
};
use crate::timeline::Timeline;

/// The whole report, without citations and without the failures' evidence.
pub(super) fn report_of(settings: &Settings, found: &Found, judged: &Judged) -> Report {
    let Found {
        timeline,
        detected,
        warnings,
        ..
    } = found;
    let mut report = base_report(settings, timeline, warnings.clone());
    let outcome = impact::Outcome {
        timeline,
        outages: &detected.outages,
        judgements: &judged.judgements,
        window: report.window,
    };
    // Three looks at the same facts, none of which needs another.
    let ((), (what_if, (lessons, failures))) = rayon::join(
        || count(&mut report, &outcome, judged),
        || {
            rayon::join(
                || impact::what_if(&outcome, &settings.what_if),
                || {
                    rayon::join(
                        || impact::lessons(&outcome),
                        || rows(timeline, &judged.judgements),
                    )
                },
            )
        },
    );
    report.what_if = what_if;
    report.failures = failures;
    report.findings = [&judged.findings[..], &detected.findings[..], &lessons[..]].concat();
    report
        .findings
        .sort_by_key(|f: &Finding| std::cmp::Reverse(f.severity));
    if settings.window.is_stated() {
        let told = "only what --from and --to leave was looked at: onsets, baselines and who was saved rest on it alone";
        report.warnings.push(told.to_string());
    }
    match error_budget(settings, &outcome, judged) {
        Ok(slo) => report.slo = slo,
        Err(why) => report.warnings.push(why),
    }
    report.warnings.extend(disagreement(judged));
    report.warnings.extend(gaps(
        &detected.silences,
        detected.outages.iter().map(|o| o.span(timeline.end())),
    ));
    report
        .warnings
        .extend(cut_inside_an_outage(timeline, &detected.outages));
    report.outages = detected.outages.clone();
    report
}

fn count(report: &mut Report, outcome: &impact::Outcome<'_>, judged: &Judged) {
    report.totals = impact::totals(
        outcome,
        judged.expected_caused,
        judged.excess,
        judged.comparable,
    );
    report.impact = impact::impact(outcome);
    report.detection = impact::detection(outcome);
    report.moments = impact::moments(outcome);
    report.strips = impact::strips(outcome);
}

fn rows(timeline: &Timeline, judgements: &[Judgement]) -> Vec<FailedAttempt> {
    judgements.par_iter().map(|j| row(timeline, j)).collect()
}

/// Exports with the newest record first are cut at their oldest: one that ends there inside an outage lacks its beginning.
fn cut_inside_an_outage(timeline: &Timeline, outages: &[Outage]) -> Vec<String> {
    let end = timeline.end();
    let of = |input: &InputSummary| {
        let first = input.first.filter(|_| input.is_newest_first)?;
        let outage = outages.iter().find(|o| {
            o.start < first && o.span(end).contains(first) && timeline.start() < o.start
        })?;
        Some(format!(
            "{}: newest record first, and its oldest ({first}) lies inside {}, while other inputs go further back: the export was \
             probably cut there, and what it held of the outage before is missing from every count",
            input.path, outage.id
        ))
    };
    timeline.inputs.iter().filter_map(of).collect()
}

/// Only how the inputs were understood.
pub(super) fn base_report(
    settings: &Settings,
    timeline: &Timeline,
    warnings: Vec<String>,
) -> Report {
    let shared = |s: Sym| timeline.names.shared(s);
    let mut report = Report {
        inputs: timeline.inputs.clone(),
        input_exchanges: timeline.inputs.iter().map(|i| shared(i.exchange)).collect(),
        input_merchants: timeline.inputs.iter().map(|i| shared(i.merchant)).collect(),
        window: window(timeline),
        thresholds: settings.thresholds,
        warnings,
        ..Report::default()
    };
    report.warnings.extend(input_warnings(&report));
    report
}

/// First to last call or payment.
fn window(timeline: &Timeline) -> Option<Span> {
    let starts = timeline
        .attempts
        .iter()
        .map(|a| a.start)
        .chain(timeline.calls.iter().map(|c| c.time));
    let ends = timeline
        .attempts
        .iter()
        .map(|a| a.time)
        .chain(timeline.calls.iter().map(|c| c.time));
    Some(Span::new(starts.min()?, ends.max()?))
}

fn input_warnings(report: &Report) -> Vec<String> {
    let mut out = Vec::new();
    for input in &report.inputs {
        if input.rejected > 0 {
            let share = 100.0 * input.rejected as f64 / input.lines.max(1) as f64;
            let first = input.rejects.first();
            let example = first.map_or(String::new(), |r| {
                format!("; line {}: {}", r.line, r.reason)
            });
            let were = if input.rejected == 1 { "was" } else { "were" };
            out.push(format!(
                "{}: {} of {} lines {were} not understood ({share:.1}%){example}",
                input.path, input.rejected, input.lines
            ));
        }
        if input.zone_from == ZoneFrom::Assumed
            && matches!(input.role, Role::Payments | Role::Exchange)
        {
            out.push(format!(
                "{}: time stamps state no zone; UTC was assumed (say --zone to overrule)",
                input.path
            ));
        }
        out.extend(
            input
                .warnings
                .iter()
                .map(|w| format!("{}: {w}", input.path)),
        );
    }
    out
}

/// The error budget of the objective, when there is one; or why it cannot be told.
fn error_budget(
    settings: &Settings,
    outcome: &impact::Outcome<'_>,
    judged: &Judged,
) -> Result<Option<Slo>, String> {
    let Some(target) = settings.slo else {
        return Ok(None);
    };
    if judged.findings.iter().any(|f| f.id == "successes-sampled") {
        return Err(
            "the error budget is left out: these logs seem to hold only a part of the successes"
                .to_string(),
        );
    }
    impact::slo(outcome, target).map(Some).ok_or_else(|| {
        "the error budget is left out: these logs hold no stretch of payment attempts".to_string()
    })
}

/// The two ways to count should agree; where they do not, the reader must know.
fn disagreement(judged: &Judged) -> Option<String> {
    let excess = judged.excess?;
    let sum = judged.comparable;
    let half = (excess.high - excess.low) / 2.0;
    let apart = (sum - excess.mean).abs();
    (apart > 2.0 * half && apart > 0.1 * sum.max(20.0)).then(|| {
        format!(
            "the two ways to count disagree: during the outages, for attempts that use the exchange, the single verdicts \
             add up to {sum:.0} knock-on failures, failures above the baseline to {:.0} ({:.0} to {:.0})",
            excess.mean, excess.low, excess.high
        )
    })
}

fn gaps(silences: &[Span], outages: impl Iterator<Item = Span>) -> Vec<String> {
    let outages: Vec<Span> = outages.collect();
    let touching: Vec<&Span> = silences
        .iter()
        .filter(|s| outages.iter().any(|o| o.overlaps(s)))
        .collect();
    match touching.first() {
        None => Vec::new(),
        Some(first) => vec![format!(
            "{} of the stretches in which nothing at all was logged touch an outage (the first from {} to {}): what happened \
             in them is unknown",
            touching.len(),
            first.start,
            first.end
        )],
    }
}

/// By what an attempt is called: its payment id, or where it stands in the logs (`shop/payments.csv:17`).
pub(super) fn id_of(timeline: &Timeline, attempt: &Attempt) -> Arc<str> {
    timeline.names.shared(attempt.id).unwrap_or_else(|| {
        let input = timeline.inputs.get(attempt.source.input as usize);
        let path = input.map_or("", |i| i.path.as_str());
        format!("{path}:{}", attempt.source.line).into()
    })
}

fn row(timeline: &Timeline, j: &Judgement) -> FailedAttempt {
    let a = &timeline.attempts[j.attempt];
    let error = timeline.error(a.error);
    let shared = |s: Sym| timeline.names.shared(s);
    FailedAttempt {
        time: a.time,
        start: a.start,
        payment_id: id_of(timeline, a),
        order_id: shared(a.order_text),
        merchant: shared(a.merchant),
        method: shared(a.method),
        exchange: shared(a.exchange).or_else(|| shared(j.linked_exchange)),
        currency: shared(a.currency),
        amount: a.amount,
        outcome: a.outcome,
        error_code: shared(error.code),
        error_message: shared(error.message),
        error_class: a.class,
        verdict: j.verdict,
        probability: j.probability,
        outage: j.outage,
        channel: j.channel,
        weights: j.weights,
        evidence: Vec::new(),
        source: a.source,
    }
}

/// The texts of lines, read again.
pub(super) fn cite(settings: &Settings, inputs: &[Given], sources: &[SourceRef]) -> Vec<Citation> {
    let mut by_input: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
    for s in sources {
        by_input.entry(s.input).or_default().push(s.line);
    }
    let mut out = Vec::new();
    for (input, mut lines) in by_input {
        lines.sort_unstable();
        lines.dedup();
        let Some(given) = inputs.get(input as usize) else {
            continue;
        };
        for (line, text) in given.lines(&lines, &settings.limits) {
            out.push(Citation {
                source: SourceRef { input, line },
                text,
            });
        }
    }
    out
}
