//! The sentences that answer the question. Said once here, shown by every output.

use crate::model::{
    Amounts, FailureTotals, Interval, OutageSource, Report, Role, Side, Slo, Verdict,
};

use super::chart;
use super::outages::{caused_by, kind_words, main_outage, stretch};
use super::phrases;
use super::view::Context;
use super::words::{count, duration, form, likelihood, percent, plural, share, short_list};

/// What there was to judge, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// Neither payments nor calls.
    Nothing,
    /// Calls, but no payment attempts.
    NoPayments,
    /// Payment attempts, none of which failed.
    NoFailures,
    /// Failures, but no outage.
    NoOutage,
    /// An outage, but no knock-on failures.
    NoEffect,
    /// Knock-on failures.
    KnockOn,
}

impl Case {
    /// The case of a report.
    pub(crate) fn of(report: &Report) -> Case {
        let totals = &report.totals;
        if totals.caused > 0 {
            Case::KnockOn
        } else if totals.attempts == 0 && totals.failed == 0 {
            if report.outages.is_empty() && !has_calls(report) {
                Case::Nothing
            } else {
                Case::NoPayments
            }
        } else if totals.failed == 0 {
            Case::NoFailures
        } else if report.outages.is_empty() {
            Case::NoOutage
        } else {
            Case::NoEffect
        }
    }
}

/// Whether any call to an exchange was logged.
pub(crate) fn has_calls(report: &Report) -> bool {
    let in_strips = report
        .strips
        .iter()
        .any(|s| s.side == Side::Exchange && chart::total(s).0 > 0);
    let in_inputs = report
        .inputs
        .iter()
        .any(|i| i.role == Role::Exchange && i.events > 0);
    let in_outages = report
        .outages
        .iter()
        .any(|o| o.sources.contains(&OutageSource::Calls));
    in_strips || in_inputs || in_outages
}

/// The answer in one sentence.
pub(crate) fn headline(cx: &Context<'_>) -> String {
    let totals = &cx.report.totals;
    let no_outage = cx.report.outages.is_empty();
    match Case::of(cx.report) {
        Case::Nothing => {
            let inputs = plural(cx.report.inputs.len() as u64, "input", "inputs");
            phrases::NOTHING.with(&[("inputs", &inputs)])
        }
        Case::NoPayments if no_outage => phrases::CALLS_ALONE.plain(),
        Case::NoPayments => phrases::OUTAGE_ALONE.with(&[("outages", &outages_found(cx))]),
        Case::NoFailures if no_outage => {
            phrases::ALL_WELL.with(&[("none_failed", &none_failed(totals.attempts))])
        }
        Case::NoFailures => phrases::OUTAGE_AND_ALL_WELL.with(&[
            ("outages", &outages_found(cx)),
            ("none_failed", &none_failed(totals.attempts)),
        ]),
        Case::NoOutage => {
            let failures = match totals.failed {
                1 => "only failed payment".to_owned(),
                n => format!("{} failed payments", count(n)),
            };
            phrases::NO_OUTAGE.with(&[("failures", &failures), ("rest", &rest(totals))])
        }
        Case::NoEffect => phrases::NO_EFFECT.with(&[
            ("outages", &outages_found(cx)),
            ("none_followed", &none_followed(totals.failed)),
            ("them", &form(cx.report.outages.len() as u64, "it", "them")),
            ("rest", &rest(totals)),
        ]),
        Case::KnockOn => phrases::KNOCK_ON.with(&[
            ("caused", &count(totals.caused)),
            (
                "failures",
                &plural(totals.failed, "failed payment", "failed payments"),
            ),
            ("were", &form(totals.caused, "was", "were")),
            ("outages", &blamed(cx)),
            ("rest", &rest(totals)),
        ]),
    }
}

fn none_failed(attempts: u64) -> String {
    match attempts {
        1 => phrases::NONE_FAILED_OF_ONE.plain(),
        n => phrases::NONE_FAILED.with(&[("n", &count(n))]),
    }
}

fn none_followed(failed: u64) -> String {
    match failed {
        1 => phrases::NONE_FOLLOWED_OF_ONE.plain(),
        n => phrases::NONE_FOLLOWED.with(&[("n", &count(n))]),
    }
}

fn rest(totals: &FailureTotals) -> String {
    phrases::REST.with(&[
        ("unrelated", &count(totals.unrelated)),
        ("are", &form(totals.unrelated, "is", "are")),
        ("undetermined", &count(totals.undetermined)),
    ])
}

fn outages_found(cx: &Context<'_>) -> String {
    let all: Vec<usize> = (0..cx.report.outages.len()).collect();
    let names = exchanges(cx, &all);
    match all.len() {
        1 => phrases::OUTAGE_WAS.with(&[("exchange", &names)]),
        n => phrases::OUTAGES_WERE.with(&[("n", &n), ("exchanges", &names)]),
    }
}

fn exchanges(cx: &Context<'_>, outages: &[usize]) -> String {
    let mut names: Vec<String> = Vec::new();
    for &i in outages {
        let name = cx.text(&cx.report.outages[i].exchange_name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    short_list(&names, 3)
}

/// The outages that were followed by knock-on failures, named.
fn blamed(cx: &Context<'_>) -> String {
    let counts = caused_by(cx.report);
    let with: Vec<usize> = (0..counts.len()).filter(|&i| counts[i] > 0).collect();
    match with.as_slice() {
        [] => phrases::BLAMED_UNNAMED.plain(),
        [one] => phrases::BLAMED_ONE.with(&[("exchange", &exchanges(cx, &[*one]))]),
        several => phrases::BLAMED_SEVERAL.with(&[
            ("n", &several.len()),
            ("exchanges", &exchanges(cx, several)),
        ]),
    }
}

/// The sentences under the headline, most important first.
pub(crate) fn answer(cx: &Context<'_>) -> Vec<String> {
    let mut out = vec![headline(cx)];
    out.extend(rates(cx));
    out.extend(cost(cx));
    out.extend(to_reconcile(cx));
    out.extend(what_was_missing(cx));
    out
}

fn rates(cx: &Context<'_>) -> Option<String> {
    let totals = &cx.report.totals;
    if totals.attempts == 0 {
        return None;
    }
    let attempts = plural(totals.attempts, "payment attempt", "payment attempts");
    let text = phrases::RATES.with(&[
        ("failed", &count(totals.failed)),
        ("attempts", &attempts),
        ("share", &share(totals.failed, totals.attempts)),
    ]);
    if totals.failed == 0 || cx.report.outages.is_empty() {
        return Some(text);
    }
    let outages = cx.report.outages.len() as u64;
    let expected = phrases::EXPECTED.with(&[
        ("interval", &interval(&totals.expected_caused)),
        ("outages", &form(outages, "the outage", "the outages")),
    ]);
    Some(format!("{text} {expected}"))
}

/// A number with its interval: `318.4 (95% interval 301.0 to 330.2)`.
pub(crate) fn interval(i: &Interval) -> String {
    phrases::INTERVAL.with(&[
        ("mean", &format!("{:.1}", i.mean)),
        ("low", &format!("{:.1}", i.low)),
        ("high", &format!("{:.1}", i.high)),
    ])
}

/// So many currencies are named in a sentence; all are in the JSON.
const MOST_AMOUNTS: usize = 12;

/// Amounts of several currencies side by side: `0.5 BTC, 12.00 USDT`, and of very many only the first.
pub(crate) fn amounts(cx: &Context<'_>, amounts: &Amounts) -> String {
    let texts: Vec<String> = amounts
        .iter()
        .take(MOST_AMOUNTS)
        .map(|(currency, amount)| format!("{amount} {}", cx.text(currency)))
        .collect();
    match amounts.len() - texts.len() {
        _ if texts.is_empty() => "no amounts".to_owned(),
        0 => texts.join(", "),
        more => format!("{} and {} more", texts.join(", "), count(more as u64)),
    }
}

/// What all failures took of the error budget, what they would have taken without the outage, and how the budget is made.
pub(crate) fn error_budget(s: &Slo) -> String {
    let declines = if s.target.count_declines {
        "declines counted"
    } else {
        "declines not counted"
    };
    phrases::BUDGET.with(&[
        ("burnt", &percent(s.burnt())),
        ("without", &percent(s.burnt_without())),
        ("expected", &format!("{:.1}", s.expected_caused)),
        (
            "failed",
            &plural(s.failed, "failed attempt", "failed attempts"),
        ),
        ("target", &trimmed(100.0 * s.target.success_rate)),
        ("days", &s.target.window_days),
        ("budget", &count(s.budget.round() as u64)),
        ("declines", &declines),
    ])
}

/// At most four decimals, none of them an idle zero.
fn trimmed(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn cost(cx: &Context<'_>) -> Option<String> {
    let impact = &cx.report.impact;
    if impact.orders_affected == 0 {
        return None;
    }
    let with_amounts = !impact.amount_lost.is_empty() && !cx.is_external();
    let phrase = if with_amounts {
        phrases::COST_WITH_AMOUNTS
    } else {
        phrases::COST
    };
    Some(phrase.with(&[
        (
            "orders",
            &plural(impact.orders_affected, "order was", "orders were"),
        ),
        ("recovered", &count(impact.orders_recovered)),
        ("lost", &count(impact.orders_lost)),
        ("unknown", &count(impact.orders_unknown)),
        ("amounts", &amounts(cx, &impact.amount_lost)),
    ]))
}

fn to_reconcile(cx: &Context<'_>) -> Option<String> {
    let unknown = &cx.report.impact.unknown_outcome;
    let phrase = if cx.is_external() {
        phrases::RECONCILE_OUTSIDE
    } else {
        phrases::RECONCILE
    };
    (unknown.attempts > 0).then(|| {
        phrase.with(&[
            ("attempts", &plural(unknown.attempts, "attempt", "attempts")),
            ("have", &form(unknown.attempts, "has", "have")),
            ("amounts", &amounts(cx, &unknown.amount)),
        ])
    })
}

fn what_was_missing(cx: &Context<'_>) -> Option<String> {
    match Case::of(cx.report) {
        Case::Nothing => Some(phrases::SEE_INSPECT.plain()),
        Case::NoPayments => Some(phrases::NAME_PAYMENTS.plain()),
        _ if !has_calls(cx.report) => Some(phrases::NAME_CALLS.plain()),
        _ => None,
    }
}

/// What was looked at, for a report without an outage.
pub(crate) fn looked_at(cx: &Context<'_>) -> Vec<String> {
    let strips = cx.report.strips.iter();
    strips
        .map(|strip| {
            let (total, bad) = chart::total(strip);
            let name = cx.text(&strip.name);
            if total == 0 {
                phrases::LOOKED_AT_NOTHING.with(&[("name", &name)])
            } else {
                phrases::LOOKED_AT.with(&[
                    ("name", &name),
                    ("bad", &count(bad)),
                    ("total", &count(total)),
                    ("share", &share(bad, total)),
                ])
            }
        })
        .collect()
}

/// The executive summary of the postmortem, in paragraphs: what happened, what it cost, how sure that is, what is open.
pub(crate) fn summary(cx: &Context<'_>) -> Vec<String> {
    let report = cx.report;
    let mut happened = Vec::new();
    if let Some(window) = report.window {
        happened.push(phrases::COVERED.with(&[("window", &cx.zone().range(window))]));
    }
    happened.extend(what_happened(cx));
    happened.extend(what_ended_it(cx));
    let mut failed = vec![headline(cx)];
    failed.extend(rates(cx));
    if Case::of(report) == Case::KnockOn {
        failed.push(confidence(cx));
    }
    let cost = cost(cx).into_iter().chain(to_reconcile(cx));
    let missing = what_was_missing(cx);
    [
        happened,
        failed,
        cost.collect(),
        missing.into_iter().collect(),
    ]
    .into_iter()
    .filter(|paragraph| !paragraph.is_empty())
    .map(|paragraph| paragraph.join(" "))
    .collect()
}

/// What set it off. The cause on the exchange's side is never in the logs of those who call it.
pub(crate) fn trigger(cx: &Context<'_>) -> String {
    match main_outage(cx.report) {
        Some(at) => {
            let outage = &cx.report.outages[at];
            phrases::TRIGGER.with(&[
                ("exchange", &cx.text(&outage.exchange_name)),
                ("kind", &kind_words(outage.kind)),
            ])
        }
        None => phrases::NO_TRIGGER.plain(),
    }
}

/// What the list of outcomes to be reconciled holds.
pub(crate) fn reconcile_about(cx: &Context<'_>) -> String {
    let unknown = &cx.report.impact.unknown_outcome;
    phrases::RECONCILE_ABOUT.with(&[
        ("attempts", &plural(unknown.attempts, "attempt", "attempts")),
        ("amounts", &amounts(cx, &unknown.amount)),
    ])
}

fn what_happened(cx: &Context<'_>) -> Vec<String> {
    let outages = cx.report.outages.iter().take(3);
    outages
        .map(|outage| {
            let (calls, bad) = outage.components.iter().fold((0, 0), |(c, f), part| {
                (c + part.calls, f + part.failed_calls)
            });
            let phrase = if calls == 0 {
                phrases::SERVED_WORSE
            } else {
                phrases::SERVED_WORSE_CALLS
            };
            phrase.with(&[
                ("exchange", &cx.text(&outage.exchange_name)),
                ("stretch", &stretch(cx, outage)),
                ("kind", &kind_words(outage.kind)),
                ("bad", &count(bad)),
                ("calls", &count(calls)),
                ("share", &share(bad, calls)),
            ])
        })
        .collect()
}

fn confidence(cx: &Context<'_>) -> String {
    let caused: Vec<f64> = cx
        .report
        .failures
        .iter()
        .filter(|f| f.verdict == Verdict::Caused)
        .map(|f| f.probability)
        .collect();
    let mean = if caused.is_empty() {
        cx.report.thresholds.caused_at
    } else {
        caused.iter().sum::<f64>() / caused.len() as f64
    };
    phrases::CONFIDENCE.with(&[
        ("likelihood", &likelihood(mean)),
        ("mean", &format!("{mean:.2}")),
    ])
}

fn what_ended_it(cx: &Context<'_>) -> Option<String> {
    let report = cx.report;
    let outage = &report.outages[main_outage(report)?];
    let exchange = cx.text(&outage.exchange_name);
    Some(match (outage.end, report.detection.tail_s) {
        (None, _) => phrases::NOT_RECOVERED.with(&[("exchange", &exchange)]),
        (Some(end), Some(tail)) if tail > 0.0 => phrases::RECOVERED_WITH_TAIL.with(&[
            ("exchange", &exchange),
            ("end", &cx.zone().prose(end)),
            ("tail", &duration(tail)),
        ]),
        (Some(end), _) => {
            phrases::RECOVERED.with(&[("exchange", &exchange), ("end", &cx.zone().prose(end))])
        }
    })
}

/// Whether the two ways to count agree, in words.
pub(crate) fn agreement(cx: &Context<'_>) -> Vec<String> {
    let totals = &cx.report.totals;
    if cx.report.outages.is_empty() || totals.failed == 0 {
        return Vec::new();
    }
    let one_by_one = &totals.expected_caused;
    let failures = plural(totals.failed, "failed attempt", "failed attempts");
    let mut out = vec![
        phrases::ONE_BY_ONE.with(&[("failures", &failures), ("interval", &interval(one_by_one))]),
    ];
    let Some(excess) = &totals.excess else {
        out.push(phrases::NO_EXCESS.plain());
        return out;
    };
    let alike = totals.expected_in_excess;
    out.push(phrases::EXCESS.with(&[
        ("interval", &interval(excess)),
        ("alike", &format!("{alike:.1}")),
    ]));
    let inside = (excess.low..=excess.high).contains(&alike);
    let gap = (excess.low - alike).max(alike - excess.high);
    out.push(if inside {
        phrases::AGREE.plain()
    } else {
        phrases::DISAGREE.with(&[("gap", &format!("{gap:.1}"))])
    });
    out
}

/// How the answer was worked out, in a few lines.
pub(crate) fn method(cx: &Context<'_>) -> Vec<String> {
    let t = &cx.report.thresholds;
    vec![
        phrases::METHOD_MEANING.plain(),
        phrases::METHOD_OUTAGES.plain(),
        phrases::METHOD_BASELINE.plain(),
        phrases::METHOD_THRESHOLDS.with(&[
            ("caused", &format!("{:.2}", t.caused_at)),
            ("unrelated", &format!("{:.2}", t.unrelated_at)),
        ]),
        phrases::METHOD_WORDS.plain(),
        phrases::METHOD_UNKNOWN.plain(),
        phrases::METHOD_AMOUNTS.plain(),
    ]
}

/// Exchanges, methods, currencies and merchants on which no failure was held to have followed.
pub(crate) fn not_affected(cx: &Context<'_>) -> Vec<String> {
    let totals = &cx.report.totals;
    if totals.caused == 0 {
        return Vec::new();
    }
    [
        ("Exchanges", &totals.by_exchange),
        ("Methods", &totals.by_method),
        ("Currencies", &totals.by_currency),
        ("Merchants", &totals.by_merchant),
    ]
    .into_iter()
    .filter(|(what, _)| *what != "Merchants" || !cx.is_external())
    .filter_map(|(what, counts)| {
        let spared: Vec<String> = counts
            .iter()
            .filter(|c| c.caused == 0 && c.undetermined == 0 && c.attempts > 0 && c.name != "-")
            .map(|c| {
                phrases::SPARED_ONE.with(&[
                    ("name", &cx.text(&c.name)),
                    ("failed", &count(c.failed)),
                    ("attempts", &count(c.attempts)),
                    ("share", &share(c.failed, c.attempts)),
                ])
            })
            .collect();
        (!spared.is_empty())
            .then(|| phrases::SPARED.with(&[("what", &what), ("names", &short_list(&spared, 6))]))
    })
    .collect()
}

/// Facts of the incident that a reader may count as having gone well.
pub(crate) fn went_well(cx: &Context<'_>) -> Vec<String> {
    let impact = &cx.report.impact;
    let mut out = Vec::new();
    if impact.orders_recovered > 0 {
        out.push(phrases::SAVED.with(&[
            ("saved", &count(impact.orders_recovered)),
            ("affected", &count(impact.orders_affected)),
            (
                "share",
                &share(impact.orders_recovered, impact.orders_affected),
            ),
            ("same", &count(impact.recovered_same_method)),
            ("other", &count(impact.recovered_other_method)),
        ]));
    }
    out.extend(not_affected(cx));
    out
}

/// Facts of the incident that a reader may count as having gone wrong.
pub(crate) fn went_wrong(cx: &Context<'_>) -> Vec<String> {
    let impact = &cx.report.impact;
    let detection = &cx.report.detection;
    let mut out = Vec::new();
    if impact.orders_lost > 0 {
        out.push(phrases::LOST.with(&[
            ("lost", &count(impact.orders_lost)),
            ("affected", &count(impact.orders_affected)),
            ("share", &share(impact.orders_lost, impact.orders_affected)),
            ("amounts", &amounts(cx, &impact.amount_lost)),
        ]));
    }
    let unknown = impact.unknown_outcome.attempts;
    if unknown > 0 {
        let attempts = plural(unknown, "attempt", "attempts");
        out.push(phrases::UNKNOWN_OUTCOMES.with(&[("attempts", &attempts)]));
    }
    if let Some(tail) = detection.tail_s.filter(|t| *t > 0.0) {
        out.push(phrases::TAIL.with(&[("tail", &duration(tail))]));
    }
    if let Some(delay) = detection.acknowledgement_delay_s.filter(|d| *d > 0.0) {
        out.push(phrases::LATE_WORD.with(&[("delay", &duration(delay))]));
    }
    out
}

/// Names joined for a title.
pub(crate) fn title(cx: &Context<'_>) -> String {
    let report = cx.report;
    let Some(at) = main_outage(report) else {
        return match report.window {
            Some(window) => phrases::TITLE_NO_OUTAGE.with(&[("window", &cx.zone().range(window))]),
            None => phrases::TITLE_EMPTY.plain(),
        };
    };
    let all: Vec<usize> = (0..report.outages.len()).collect();
    let names = exchanges(cx, &all);
    let date = cx.zone().date(report.outages[at].start);
    let attempts = plural(report.totals.caused, "payment attempt", "payment attempts");
    if all.len() == 1 {
        phrases::TITLE_OUTAGE.with(&[
            ("exchange", &names),
            ("date", &date),
            ("attempts", &attempts),
        ])
    } else {
        phrases::TITLE_OUTAGES.with(&[
            ("n", &all.len()),
            ("exchanges", &names),
            ("date", &date),
            ("attempts", &attempts),
        ])
    }
}
