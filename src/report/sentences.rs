//! The sentences that answer the question. Said once here, shown by every output.

use crate::model::{
    Amounts, FailureTotals, Interval, OutageSource, Report, Role, Side, Slo, Verdict,
};

use super::chart;
use super::outages::{caused_by, kind_words, main_outage, stretch};
use super::view::Context;
use super::words::{
    count, duration, form, likelihood, of_what, percent, plural, share, short_list,
};

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
    match Case::of(cx.report) {
        Case::Nothing => format!(
            "Nothing to judge: no payment attempts and no calls to an exchange were found in {}.",
            plural(cx.report.inputs.len() as u64, "input", "inputs")
        ),
        Case::NoPayments if cx.report.outages.is_empty() => {
            "No outage found in the calls, and no payment attempts to judge.".to_owned()
        }
        Case::NoPayments => format!(
            "{} found, but no payment attempts: what followed cannot be told.",
            outages_found(cx)
        ),
        Case::NoFailures if cx.report.outages.is_empty() => {
            format!("No outage found, and {}.", none_failed(totals.attempts))
        }
        Case::NoFailures => format!(
            "{} found, but {}.",
            outages_found(cx),
            none_failed(totals.attempts)
        ),
        Case::NoOutage => format!(
            "No outage was established that the {} could have followed from; {}.",
            if totals.failed == 1 {
                "only failed payment".to_owned()
            } else {
                format!("{} failed payments", count(totals.failed))
            },
            rest(totals)
        ),
        Case::NoEffect => format!(
            "{} found, but {} from {}: {}.",
            outages_found(cx),
            if totals.failed == 1 {
                "the only failed payment was not judged to have followed".to_owned()
            } else {
                format!(
                    "none of the {} failed payments was judged to have followed",
                    count(totals.failed)
                )
            },
            form(cx.report.outages.len() as u64, "it", "them"),
            rest(totals)
        ),
        Case::KnockOn => format!(
            "{} of {} {} judged to have followed from {}; {}.",
            count(totals.caused),
            plural(totals.failed, "failed payment", "failed payments"),
            form(totals.caused, "was", "were"),
            blamed(cx),
            rest(totals)
        ),
    }
}

fn none_failed(attempts: u64) -> String {
    if attempts == 1 {
        "the only payment attempt did not fail".to_owned()
    } else {
        format!("none of the {} payment attempts failed", count(attempts))
    }
}

fn rest(totals: &FailureTotals) -> String {
    format!(
        "{} {} unrelated, {} undetermined",
        count(totals.unrelated),
        form(totals.unrelated, "is", "are"),
        count(totals.undetermined)
    )
}

fn outages_found(cx: &Context<'_>) -> String {
    let n = cx.report.outages.len();
    if n == 1 {
        format!("An outage of {} was", exchanges(cx, &[0]))
    } else {
        let all: Vec<usize> = (0..n).collect();
        format!("{n} outages of {} were", exchanges(cx, &all))
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
        [] => "an outage".to_owned(),
        [one] => format!("the outage of {}", exchanges(cx, &[*one])),
        several => format!("{} outages of {}", several.len(), exchanges(cx, several)),
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
    let mut text = format!(
        "{}.",
        of_what(
            totals.failed,
            totals.attempts,
            form(
                totals.attempts,
                "payment attempt failed",
                "payment attempts failed"
            )
        )
    );
    if totals.failed > 0 && !cx.report.outages.is_empty() {
        text.push_str(&format!(
            " Judged one by one, the probabilities add up to {} that would have succeeded without {}.",
            interval(&totals.expected_caused),
            form(cx.report.outages.len() as u64, "the outage", "the outages")
        ));
    }
    Some(text)
}

/// A number with its interval: `318.4 (95% interval 301.0 to 330.2)`.
pub(crate) fn interval(i: &Interval) -> String {
    format!("{:.1} (95% interval {:.1} to {:.1})", i.mean, i.low, i.high)
}

/// Amounts of several currencies side by side: `0.5 BTC, 12.00 USDT`.
pub(crate) fn amounts(cx: &Context<'_>, amounts: &Amounts) -> String {
    let texts: Vec<String> = amounts
        .iter()
        .map(|(currency, amount)| format!("{amount} {}", cx.text(currency)))
        .collect();
    if texts.is_empty() {
        "no amounts".to_owned()
    } else {
        texts.join(", ")
    }
}

/// What all failures took of the error budget, what they would have taken without the outage, and how the budget is made.
pub(crate) fn error_budget(s: &Slo) -> String {
    let declines = if s.target.count_declines {
        "declines counted"
    } else {
        "declines not counted"
    };
    format!(
        "{} of the error budget burnt, {} without the knock-on failures (expected {:.1} of {}): {}% of payments over {} days are \
         to succeed, which at the traffic of these logs allows {} failures ({declines}).",
        percent(s.burnt()),
        percent(s.burnt_without()),
        s.expected_caused,
        plural(s.failed, "failed attempt", "failed attempts"),
        trimmed(100.0 * s.target.success_rate),
        s.target.window_days,
        count(s.budget.round() as u64),
    )
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
    let mut text = format!(
        "{} affected: {} recovered, {} lost, {} unknown",
        plural(impact.orders_affected, "order was", "orders were"),
        count(impact.orders_recovered),
        count(impact.orders_lost),
        count(impact.orders_unknown),
    );
    if !impact.amount_lost.is_empty() && !cx.is_external() {
        text.push_str(&format!("; lost: {}", amounts(cx, &impact.amount_lost)));
    }
    text.push('.');
    Some(text)
}

fn to_reconcile(cx: &Context<'_>) -> Option<String> {
    let unknown = &cx.report.impact.unknown_outcome;
    let which = match cx.is_external() {
        true => String::new(),
        false => format!(": {}", amounts(cx, &unknown.amount)),
    };
    (unknown.attempts > 0).then(|| {
        format!(
            "{} may have gone through (outcome unknown) and {} to be reconciled{which}.",
            plural(unknown.attempts, "attempt", "attempts"),
            form(unknown.attempts, "has", "have"),
        )
    })
}

fn what_was_missing(cx: &Context<'_>) -> Option<String> {
    match Case::of(cx.report) {
        Case::Nothing => Some(
            "`knockon inspect` shows how each input was understood and which lines were rejected."
                .to_owned(),
        ),
        Case::NoPayments => {
            Some("Payment logs can be named with `--payments PATH`.".to_owned())
        }
        _ if !has_calls(cx.report) => Some(
            "No calls to an exchange were found, so an outage could only have shown in the payments \
             themselves; exchange logs can be named with `--exchange NAME=PATH`."
                .to_owned(),
        ),
        _ => None,
    }
}

/// What was looked at, for a report without an outage.
pub(crate) fn looked_at(cx: &Context<'_>) -> Vec<String> {
    cx.report
        .strips
        .iter()
        .map(|strip| {
            let (total, bad) = chart::total(strip);
            if total == 0 {
                format!("{}: nothing was logged.", cx.text(&strip.name))
            } else {
                format!("{}: {}.", cx.text(&strip.name), of_what(bad, total, "bad"))
            }
        })
        .collect()
}

/// The executive summary of the postmortem, in paragraphs: what happened, what it cost, how sure that is, what is open.
pub(crate) fn summary(cx: &Context<'_>) -> Vec<String> {
    let report = cx.report;
    let mut happened = Vec::new();
    if let Some(window) = report.window {
        happened.push(format!(
            "The logs analysed covered {}.",
            cx.zone().range(window)
        ));
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
            format!(
                "{} served worse than its own baseline, {}. Why it did is not in these logs.",
                cx.text(&outage.exchange_name),
                kind_words(outage.kind)
            )
        }
        None => "no outage of an exchange was found.".to_owned(),
    }
}

/// What the list of outcomes to be reconciled holds.
pub(crate) fn reconcile_about(cx: &Context<'_>) -> String {
    let unknown = &cx.report.impact.unknown_outcome;
    format!(
        "{} of unknown outcome, whatever the verdict: {}. They are counted by attempt; the amounts of affected orders, above, are \
         counted by order.",
        plural(unknown.attempts, "attempt", "attempts"),
        amounts(cx, &unknown.amount)
    )
}

fn what_happened(cx: &Context<'_>) -> Vec<String> {
    let calls = |outage: &crate::model::Outage| -> (u64, u64) {
        outage.components.iter().fold((0, 0), |(c, f), part| {
            (c + part.calls, f + part.failed_calls)
        })
    };
    cx.report
        .outages
        .iter()
        .take(3)
        .map(|outage| {
            let (total, failed) = calls(outage);
            let rate = if total == 0 {
                String::new()
            } else {
                format!(
                    ": {}",
                    of_what(failed, total, "calls failed or were too slow")
                )
            };
            format!(
                "The exchange {} served worse than its own baseline from {}, {}{rate}.",
                cx.text(&outage.exchange_name),
                stretch(cx, outage),
                kind_words(outage.kind),
            )
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
    format!(
        "For the average one of the failures held to have followed, it is {} (probability {mean:.2}) that it would \
         have succeeded without the outage.",
        likelihood(mean)
    )
}

fn what_ended_it(cx: &Context<'_>) -> Option<String> {
    let report = cx.report;
    let outage = &report.outages[main_outage(report)?];
    let text = match (outage.end, report.detection.tail_s) {
        (None, _) => format!(
            "The recovery of {} was not seen before the logs end.",
            cx.text(&outage.exchange_name)
        ),
        (Some(end), Some(tail)) if tail > 0.0 => format!(
            "{} served normally again from {}; the last knock-on failure came {} later.",
            cx.text(&outage.exchange_name),
            cx.zone().prose(end),
            duration(tail)
        ),
        (Some(end), _) => format!(
            "{} served normally again from {}.",
            cx.text(&outage.exchange_name),
            cx.zone().prose(end)
        ),
    };
    Some(text)
}

/// Whether the two ways to count agree, in words.
pub(crate) fn agreement(cx: &Context<'_>) -> Vec<String> {
    let totals = &cx.report.totals;
    if cx.report.outages.is_empty() || totals.failed == 0 {
        return Vec::new();
    }
    let one_by_one = &totals.expected_caused;
    let mut out = vec![format!(
        "Judged one by one, the probabilities of {} add up to {}.",
        plural(totals.failed, "failed attempt", "failed attempts"),
        interval(one_by_one)
    )];
    let Some(excess) = &totals.excess else {
        out.push(
            "An excess over the baseline could not be worked out: too little was logged outside the outages."
                .to_owned(),
        );
        return out;
    };
    let alike = totals.expected_in_excess;
    out.push(format!(
        "Counted as a whole, failures during the outages of attempts that use what was hit exceeded the baseline by {}; \
         judged one by one, the same failures add up to {alike:.1}.",
        interval(excess)
    ));
    let inside = (excess.low..=excess.high).contains(&alike);
    out.push(if inside {
        "The two ways to count agree.".to_owned()
    } else {
        format!(
            "The second number lies outside the interval of the first, by {:.1}: the findings and the limits of the data \
             may explain it.",
            (excess.low - alike).max(alike - excess.high)
        )
    });
    out
}

/// How the answer was worked out, in a few lines.
pub(crate) fn method(cx: &Context<'_>) -> Vec<String> {
    let t = &cx.report.thresholds;
    vec![
        "A failed attempt is a knock-on failure of an outage when it would have succeeded had the outage not happened."
            .to_owned(),
        "Outages are found in the calls to each exchange (or, where these were not logged, in the payments through \
         it) as stretches clearly worse than the same log's own baseline. A status page is testimony: it corroborates, \
         it does not replace measurement."
            .to_owned(),
        "For each kind of attempt the baseline says how many failures were to be expected anyway; the share in excess is \
         where the probability starts. What is known of the single attempt then moves it up or down: its own calls, \
         its error, its duration, its place in a chain of retries."
            .to_owned(),
        format!(
            "The verdict is caused from a probability of {:.2}, unrelated up to {:.2}, undetermined between.",
            t.caused_at, t.unrelated_at
        ),
        "Likelihood words have fixed meanings: virtually certain from 0.99, very likely from 0.90, likely from 0.66, \
         about as likely as not between 0.33 and 0.66, unlikely up to 0.33, very unlikely up to 0.10, exceptionally \
         unlikely up to 0.01."
            .to_owned(),
        "An attempt that timed out at the exchange may have gone through: its outcome is unknown, it is never counted as lost, \
         and its amount is listed apart, to be reconciled."
            .to_owned(),
        "Amounts are exact, per currency, and never added up across currencies.".to_owned(),
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
                format!(
                    "{} ({} of {} attempts failed, {})",
                    cx.text(&c.name),
                    count(c.failed),
                    count(c.attempts),
                    share(c.failed, c.attempts)
                )
            })
            .collect();
        (!spared.is_empty()).then(|| {
            format!(
                "{what} without knock-on failures: {}.",
                short_list(&spared, 6)
            )
        })
    })
    .collect()
}

/// Facts of the incident that a reader may count as having gone well.
pub(crate) fn went_well(cx: &Context<'_>) -> Vec<String> {
    let impact = &cx.report.impact;
    let mut out = Vec::new();
    if impact.orders_recovered > 0 {
        out.push(format!(
            "{}: {} by the same method and exchange, {} by another.",
            of_what(
                impact.orders_recovered,
                impact.orders_affected,
                "affected orders were saved by a later attempt"
            ),
            count(impact.recovered_same_method),
            count(impact.recovered_other_method)
        ));
    }
    out.extend(not_affected(cx));
    out
}

/// Facts of the incident that a reader may count as having gone wrong.
pub(crate) fn went_wrong(cx: &Context<'_>) -> Vec<String> {
    let report = cx.report;
    let mut out = Vec::new();
    if report.impact.orders_lost > 0 {
        out.push(format!(
            "{}: {}.",
            of_what(
                report.impact.orders_lost,
                report.impact.orders_affected,
                "affected orders were lost"
            ),
            amounts(cx, &report.impact.amount_lost)
        ));
    }
    if report.impact.unknown_outcome.attempts > 0 {
        out.push(format!(
            "{} ended with an outcome that the logs do not tell.",
            plural(
                report.impact.unknown_outcome.attempts,
                "attempt",
                "attempts"
            )
        ));
    }
    if let Some(tail) = report.detection.tail_s.filter(|t| *t > 0.0) {
        out.push(format!(
            "Payments went on failing for {} after the exchange had recovered.",
            duration(tail)
        ));
    }
    if let Some(delay) = report
        .detection
        .acknowledgement_delay_s
        .filter(|d| *d > 0.0)
    {
        out.push(format!(
            "The first public word of the exchange came {} after the onset that our own logs show.",
            duration(delay)
        ));
    }
    out
}

/// Names joined for a title.
pub(crate) fn title(cx: &Context<'_>) -> String {
    let report = cx.report;
    match main_outage(report) {
        None => match report.window {
            Some(window) => format!("No outage found, {}", cx.zone().range(window)),
            None => "No outage found".to_owned(),
        },
        Some(at) => {
            let outage = &report.outages[at];
            let all: Vec<usize> = (0..report.outages.len()).collect();
            let what = if report.outages.len() == 1 {
                format!("Outage of {}", exchanges(cx, &all))
            } else {
                format!("{} outages of {}", all.len(), exchanges(cx, &all))
            };
            format!(
                "{what} on {}: {} affected",
                cx.zone().date(outage.start),
                plural(report.totals.caused, "payment attempt", "payment attempts")
            )
        }
    }
}
