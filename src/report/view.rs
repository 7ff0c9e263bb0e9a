//! The digest of a report that tables, Markdown and HTML share: every derived number and sentence, once.
//!
//! Its texts are redacted but not escaped: each output escapes for its own destination.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{
    Count, Evidence, FailedAttempt, InputSummary, LeftOut, Moment, Outcome, Report, Role, Severity,
    Side, SourceRef, Time, Verdict, WhatIfCase, ZoneFrom,
};

use super::drawing::{self, Drawing};
use super::examples;
use super::outages::{self, OutageView, caused_by, main_outage};
use super::phrases;
use super::redact::Redactor;
use super::sentences::{self, Case};
use super::wire::whole;
use super::words;
use super::{Audience, DisplayZone, View};

/// What every part of the digest is made with.
pub(crate) struct Context<'a> {
    pub(crate) report: &'a Report,
    pub(crate) view: &'a View,
    pub(crate) redactor: Redactor,
    /// Number of each cited line in the appendix, from 1.
    lines: BTreeMap<SourceRef, usize>,
    folder: String,
}

/// The longest beginning of all inputs' paths that ends with `/`.
fn shared_folder(report: &Report) -> String {
    let mut paths = report.inputs.iter().map(|i| i.path.as_str());
    let Some(first) = paths.next() else {
        return String::new();
    };
    let folders = first.rmatch_indices('/').map(|(at, _)| &first[..=at]);
    let all: Vec<&str> = paths.collect();
    let shared = |f: &&str| all.iter().all(|p| p.starts_with(*f));
    folders
        .filter(shared)
        .max_by_key(|f| f.len())
        .unwrap_or("")
        .to_owned()
}

impl<'a> Context<'a> {
    /// The context of a report and how it is to look.
    pub(crate) fn new(report: &'a Report, view: &'a View) -> Context<'a> {
        let mut sources: Vec<SourceRef> = report.citations.iter().map(|c| c.source).collect();
        sources.sort();
        sources.dedup();
        Context {
            report,
            view,
            redactor: Redactor::of(view.redact, report),
            lines: sources.into_iter().zip(1..).collect(),
            folder: shared_folder(report),
        }
    }

    /// A text that can quote a log, redacted.
    pub(crate) fn text(&self, text: &str) -> String {
        self.redactor.text(text)
    }

    /// A text of an earlier stage for people: redacted, its times in the zone that they read.
    pub(crate) fn told(&self, text: &str) -> String {
        self.zone().retold(&self.text(text))
    }

    /// The zone of times that people read.
    pub(crate) fn zone(&self) -> DisplayZone {
        self.view.zone
    }

    /// `path:line`.
    pub(crate) fn place(&self, source: SourceRef) -> String {
        let path = self.report.path_of(source);
        if path.is_empty() {
            String::new()
        } else if source.line == 0 {
            path.to_owned()
        } else {
            format!("{path}:{}", source.line)
        }
    }

    /// `path:line` below the folder of all inputs.
    pub(crate) fn short_place(&self, source: SourceRef) -> String {
        let place = self.place(source);
        let short = place.strip_prefix(&self.folder);
        short.map(str::to_owned).unwrap_or(place)
    }

    /// The folder that all inputs are in, with its `/`; empty when they share none.
    pub(crate) fn folder(&self) -> &str {
        &self.folder
    }

    /// `E3`, where the line is quoted in the appendix; else empty.
    pub(crate) fn line_id(&self, source: SourceRef) -> String {
        let number = self.lines.get(&source);
        number.map_or(String::new(), |n| format!("E{n}"))
    }

    /// `path:line`, with the line's number in the appendix where it is quoted there: `a.log:12 [E3]`.
    pub(crate) fn cite(&self, source: SourceRef) -> String {
        match self.lines.get(&source) {
            Some(number) => format!("{} [E{number}]", self.place(source)),
            None => self.place(source),
        }
    }

    /// Whether people outside are to read it.
    pub(crate) fn is_external(&self) -> bool {
        self.view.audience == Audience::External
    }

    /// Whether any notes (alerts, deploys, chat) were read.
    pub(crate) fn has_notes(&self) -> bool {
        let inputs = self.report.inputs.iter();
        inputs
            .into_iter()
            .any(|i| i.role == Role::Notes && i.events > 0)
    }

    /// The outage that an index names.
    pub(crate) fn outage_id(&self, index: Option<usize>) -> Option<&'a str> {
        index
            .and_then(|i| self.report.outages.get(i))
            .map(|o| o.id.as_str())
    }

    /// The evidence on one failed attempt; what its own record shows is not cited again beside each reason.
    pub(crate) fn evidence_on(&self, failure: &FailedAttempt) -> Vec<EvidenceView> {
        let shown = |e: &Evidence| {
            let mut view = self.evidence(e);
            if e.source == failure.source {
                view.cite.clear();
                view.place.clear();
                view.line.clear();
            }
            view
        };
        failure.evidence.iter().map(shown).collect()
    }

    /// One piece of evidence in words.
    pub(crate) fn evidence(&self, evidence: &Evidence) -> EvidenceView {
        EvidenceView {
            rule: evidence.rule,
            side: if evidence.weight == 0.0 {
                "note"
            } else if evidence.supports {
                "for"
            } else {
                "against"
            },
            weight: format!("{:.2}", evidence.weight),
            detail: self.told(&evidence.detail),
            cite: self.cite(evidence.source),
            place: self.short_place(evidence.source),
            line: self.line_id(evidence.source),
        }
    }
}

/// A label and what it says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
    /// Whether the answer or the outages say it already, right above it on a terminal.
    pub(crate) repeats: bool,
}

fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.into(),
        repeats: false,
    }
}

fn repeated(label: &str, value: impl Into<String>) -> Fact {
    Fact {
        repeats: true,
        ..fact(label, value)
    }
}

/// One reason in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EvidenceView {
    pub(crate) rule: &'static str,
    /// `for`, `against` or `note`.
    pub(crate) side: &'static str,
    pub(crate) weight: String,
    pub(crate) detail: String,
    /// `path:line [E3]`.
    pub(crate) cite: String,
    /// `path:line`, below the folder of all inputs.
    pub(crate) place: String,
    /// `E3`; empty where the line is not quoted.
    pub(crate) line: String,
}

/// Counts under one kind of heading.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CountTable {
    /// `exchange`, `currency`, …
    pub(crate) by: &'static str,
    /// Whether a short report shows it.
    pub(crate) shown_first: bool,
    /// Whether the headings quote log text.
    pub(crate) quoted: bool,
    /// Whether attempts that did not fail are known by this heading.
    pub(crate) with_attempts: bool,
    /// Whether only knock-on failures have this heading.
    pub(crate) only_caused: bool,
    pub(crate) rows: Vec<CountRow>,
}

/// Counts under one heading.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CountRow {
    pub(crate) name: String,
    pub(crate) attempts: String,
    pub(crate) failed: String,
    /// Failed of attempts; `-` where attempts are not known.
    pub(crate) rate: String,
    pub(crate) caused: String,
    pub(crate) unrelated: String,
    pub(crate) undetermined: String,
}

/// Money of the affected orders of one currency, each order once; `-` where there is none.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MoneyRow {
    pub(crate) currency: String,
    pub(crate) failed: String,
    pub(crate) recovered: String,
    pub(crate) lost: String,
    pub(crate) unknown: String,
}

/// A finding in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FindingView {
    pub(crate) id: String,
    pub(crate) severity: &'static str,
    pub(crate) title: String,
    /// `likely (0.80)`.
    pub(crate) confidence: String,
    pub(crate) detail: String,
    pub(crate) evidence: Vec<EvidenceView>,
}

/// Counterfactuals that take the same for granted, in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WhatIfView {
    /// `a fallback exchange in O1`.
    pub(crate) about: String,
    pub(crate) cases: Vec<WhatIfLine>,
    pub(crate) assumptions: Vec<String>,
}

/// One counterfactual in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WhatIfLine {
    pub(crate) title: String,
    pub(crate) saved: String,
}

/// A moment of the joint timeline in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MomentView {
    pub(crate) time: String,
    /// Since the onset of the main outage; empty without one.
    pub(crate) offset: String,
    pub(crate) side: &'static str,
    pub(crate) text: String,
    pub(crate) outage: String,
    pub(crate) cite: String,
    pub(crate) place: String,
    pub(crate) line: String,
}

/// One failed attempt, worked through.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ExampleView {
    pub(crate) id: String,
    pub(crate) facts: Vec<Fact>,
    /// `caused: likely (probability 0.80)`.
    pub(crate) verdict: String,
    pub(crate) evidence: Vec<EvidenceView>,
    pub(crate) place: String,
    pub(crate) line: String,
}

/// One input in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct InputView {
    pub(crate) path: String,
    pub(crate) format: String,
    pub(crate) role: &'static str,
    pub(crate) whose: String,
    pub(crate) lines: String,
    pub(crate) events: String,
    pub(crate) rejected: String,
    pub(crate) span: String,
    pub(crate) zone: String,
    pub(crate) clock: String,
    pub(crate) warnings: Vec<String>,
    /// Whether lines of it were rejected, or its role is not known.
    pub(crate) in_question: bool,
}

/// A quoted line of the appendix.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LineView {
    pub(crate) id: String,
    pub(crate) place: String,
    pub(crate) text: String,
}

/// A recommended action.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ActionView {
    pub(crate) action: String,
    pub(crate) kind: &'static str,
    pub(crate) because: String,
    pub(crate) priority: &'static str,
}

/// One failure as a row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FailureView {
    pub(crate) time: String,
    pub(crate) id: String,
    pub(crate) merchant: String,
    pub(crate) method: String,
    pub(crate) exchange: String,
    pub(crate) amount: String,
    pub(crate) outcome: &'static str,
    pub(crate) error: String,
    pub(crate) error_class: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) probability: String,
    pub(crate) outage: String,
    pub(crate) channel: &'static str,
    /// The strongest reason.
    pub(crate) reason: String,
    pub(crate) cite: String,
}

/// Everything that the outputs for people show.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Digest {
    pub(crate) title: String,
    pub(crate) version: &'static str,
    pub(crate) zone: String,
    pub(crate) redaction: &'static str,
    pub(crate) has_outage: bool,
    pub(crate) has_knock_on: bool,
    pub(crate) has_failures: bool,
    pub(crate) window: String,
    /// The answer, then what goes with it.
    pub(crate) answer: Vec<String>,
    pub(crate) key: Vec<Fact>,
    pub(crate) summary: Vec<String>,
    pub(crate) looked_at: Vec<String>,
    pub(crate) outages: Vec<OutageView>,
    pub(crate) drawing: Option<Drawing>,
    pub(crate) tables: Vec<CountTable>,
    pub(crate) impact: Vec<Fact>,
    pub(crate) money: Vec<MoneyRow>,
    pub(crate) not_affected: Vec<String>,
    pub(crate) detection: Vec<Fact>,
    pub(crate) findings: Vec<FindingView>,
    pub(crate) what_if: Vec<WhatIfView>,
    /// Counterfactuals that could not be worked out, and why.
    pub(crate) left_out: Vec<String>,
    /// The error budget, in one sentence; nothing without an objective.
    pub(crate) slo: Option<String>,
    pub(crate) moments: Vec<MomentView>,
    /// That some are not among the moments, and where they are; empty when all are.
    pub(crate) notes_left_out: String,
    pub(crate) strongest: Vec<ExampleView>,
    pub(crate) borderline: Vec<ExampleView>,
    pub(crate) rejected: Vec<ExampleView>,
    pub(crate) agreement: Vec<String>,
    pub(crate) went_well: Vec<String>,
    pub(crate) went_wrong: Vec<String>,
    pub(crate) actions: Vec<ActionView>,
    pub(crate) warnings: Vec<String>,
    /// How much was read, in one sentence.
    pub(crate) read: String,
    pub(crate) inputs: Vec<InputView>,
    /// Zones that time stamps did not state themselves, and where they were taken for granted.
    pub(crate) zones: Vec<String>,
    pub(crate) method: Vec<String>,
    pub(crate) lines: Vec<LineView>,
}

impl Digest {
    /// The digest of a report.
    pub(crate) fn of(cx: &Context<'_>) -> Digest {
        let report = cx.report;
        let examples = examples::pick(report);
        let told = told(report);
        let worked = |indices: &[usize]| -> Vec<ExampleView> {
            indices
                .iter()
                .map(|&i| example(cx, &report.failures[i]))
                .collect()
        };
        Digest {
            title: sentences::title(cx),
            version: cx.view.version,
            zone: cx.zone().name(),
            redaction: redaction_note(cx.view),
            has_outage: !report.outages.is_empty(),
            has_knock_on: Case::of(report) == Case::KnockOn,
            has_failures: report.totals.failed > 0,
            window: report
                .window
                .map_or("no events".to_owned(), |w| cx.zone().range(w)),
            answer: sentences::answer(cx),
            key: key_facts(cx),
            summary: sentences::summary(cx),
            looked_at: sentences::looked_at(cx),
            outages: outages::views(cx),
            drawing: drawing::of(cx),
            tables: count_tables(cx),
            impact: impact_facts(cx),
            money: money(cx),
            not_affected: sentences::not_affected(cx),
            detection: detection_facts(cx),
            findings: findings(cx),
            what_if: what_if(cx),
            left_out: left_out(cx),
            slo: report.slo.as_ref().map(sentences::error_budget),
            moments: told
                .moments
                .iter()
                .map(|m| moment(cx, m, onset(cx)))
                .collect(),
            notes_left_out: notes_left_out(&told),
            strongest: worked(&examples.strongest),
            borderline: worked(&examples.borderline),
            rejected: worked(&examples.rejected),
            agreement: sentences::agreement(cx),
            went_well: sentences::went_well(cx),
            went_wrong: sentences::went_wrong(cx),
            actions: actions(cx),
            warnings: report.warnings.iter().map(|w| cx.text(w)).collect(),
            read: read(cx),
            inputs: report
                .inputs
                .iter()
                .enumerate()
                .map(|(i, s)| input(cx, i, s))
                .collect(),
            zones: zones(cx),
            method: sentences::method(cx),
            lines: quoted_lines(cx),
        }
    }
}

fn redaction_note(view: &View) -> &'static str {
    match view.redact {
        super::Redact::Default => {
            "card numbers, secrets, e-mail and wallet addresses are redacted by shape in texts from logs"
        }
        super::Redact::None => "texts from logs are not redacted",
        super::Redact::Strict => "texts from logs are redacted strictly; ids are pseudonyms",
    }
}

fn key_facts(cx: &Context<'_>) -> Vec<Fact> {
    let report = cx.report;
    let totals = &report.totals;
    let mut out = Vec::new();
    if let Some(at) = main_outage(report) {
        let outage = &outages::views(cx)[at];
        out.push(fact(
            "Outage",
            format!("{}, {}", outage.heading, outage.kind),
        ));
        out.push(fact("Onset", outage.onset_prose.clone()));
        out.push(fact("Recovery", outage.recovered_prose.clone()));
        out.push(fact("Lasted", outage.lasted.clone()));
        out.push(repeated(
            "Exchange's first public word",
            outage.acknowledged.clone(),
        ));
        if report.outages.len() > 1 {
            out.push(fact(
                "Other outages",
                words::count(report.outages.len() as u64 - 1),
            ));
        }
    } else {
        out.push(fact("Outage", "none found"));
    }
    out.push(fact(
        "Payment attempts failed",
        words::of(totals.failed, totals.attempts),
    ));
    out.push(fact(
        "Of these judged to have followed from an outage",
        words::of(totals.caused, totals.failed),
    ));
    out.push(fact(
        "Unrelated",
        words::of(totals.unrelated, totals.failed),
    ));
    out.push(fact(
        "Undetermined",
        words::of(totals.undetermined, totals.failed),
    ));
    if report.impact.orders_affected > 0 {
        out.push(fact(
            "Orders lost",
            words::of(report.impact.orders_lost, report.impact.orders_affected),
        ));
        out.push(fact(
            "Amount lost",
            sentences::amounts(cx, &report.impact.amount_lost),
        ));
    }
    out.push(fact(
        "Outcome unknown, to be reconciled",
        format!(
            "{}; {}",
            words::plural(
                report.impact.unknown_outcome.attempts,
                "attempt",
                "attempts"
            ),
            sentences::amounts(cx, &report.impact.unknown_outcome.amount)
        ),
    ));
    out
}

fn count_tables(cx: &Context<'_>) -> Vec<CountTable> {
    let totals = &cx.report.totals;
    [
        ("exchange", &totals.by_exchange, true),
        ("currency", &totals.by_currency, true),
        ("merchant", &totals.by_merchant, true),
        ("method", &totals.by_method, true),
        ("channel", &totals.by_channel, false),
        ("error", &totals.by_error, false),
    ]
    .into_iter()
    .filter(|(_, counts, _)| !counts.is_empty())
    .map(|(by, counts, with_attempts)| CountTable {
        by,
        shown_first: matches!(by, "exchange" | "currency" | "merchant" | "channel"),
        quoted: by == "error",
        only_caused: by == "channel",
        with_attempts,
        rows: counts.iter().map(|c| count_row(cx, by, c)).collect(),
    })
    .collect()
}

fn count_row(cx: &Context<'_>, by: &str, c: &Count) -> CountRow {
    CountRow {
        name: match c.name.as_str() {
            "-" => format!("(no {by})"),
            name => cx.text(name),
        },
        attempts: if c.attempts == 0 {
            "-".to_owned()
        } else {
            words::count(c.attempts)
        },
        failed: words::count(c.failed),
        rate: words::share(c.failed, c.attempts),
        caused: words::count(c.caused),
        unrelated: words::count(c.unrelated),
        undetermined: words::count(c.undetermined),
    }
}

fn impact_facts(cx: &Context<'_>) -> Vec<Fact> {
    let impact = &cx.report.impact;
    let of = |n: u64| words::of(n, impact.orders_affected);
    let mut out = Vec::new();
    if cx.report.totals.caused > 0 || impact.orders_affected > 0 {
        out.push(repeated(
            "Orders affected",
            words::count(impact.orders_affected),
        ));
        out.push(fact(
            "Recovered by a later attempt",
            phrases::RECOVERED_HOW.with(&[
                ("recovered", &of(impact.orders_recovered)),
                ("same", &words::count(impact.recovered_same_method)),
                ("other", &words::count(impact.recovered_other_method)),
            ]),
        ));
        out.push(repeated("Lost", of(impact.orders_lost)));
        out.push(repeated("Outcome unknown", of(impact.orders_unknown)));
        out.push(fact(
            "Customers affected",
            impact
                .customers_affected
                .map_or("not named in the logs".to_owned(), words::count),
        ));
    }
    if impact.unknown_outcome.attempts > 0 {
        out.push(repeated(
            "Attempts to reconcile",
            phrases::ALL_VERDICTS.with(&[
                ("n", &words::count(impact.unknown_outcome.attempts)),
                (
                    "amounts",
                    &sentences::amounts(cx, &impact.unknown_outcome.amount),
                ),
            ]),
        ));
    }
    if impact.open_attempts > 0 {
        out.push(fact(
            "Still pending at the end of the log",
            words::plural(impact.open_attempts, "attempt", "attempts"),
        ));
    }
    out
}

fn money(cx: &Context<'_>) -> Vec<MoneyRow> {
    let impact = &cx.report.impact;
    let unknown = &impact.amount_unknown;
    let mut currencies: Vec<&String> = [
        &impact.amount_failed,
        &impact.amount_recovered,
        &impact.amount_lost,
        unknown,
    ]
    .into_iter()
    .flat_map(|a| a.keys())
    .collect();
    currencies.sort();
    currencies.dedup();
    currencies
        .into_iter()
        .map(|currency| {
            let of = |amounts: &crate::model::Amounts| {
                amounts
                    .get(currency)
                    .map_or("-".to_owned(), ToString::to_string)
            };
            MoneyRow {
                currency: cx.text(currency),
                failed: of(&impact.amount_failed),
                recovered: of(&impact.amount_recovered),
                lost: of(&impact.amount_lost),
                unknown: of(unknown),
            }
        })
        .collect()
}

fn detection_facts(cx: &Context<'_>) -> Vec<Fact> {
    let report = cx.report;
    let Some(at) = main_outage(report) else {
        return Vec::new();
    };
    let onset = report.outages[at].start;
    let d = &report.detection;
    let when = |time: Option<Time>| {
        time.map_or("none in the logs".to_owned(), |t| {
            format!(
                "{} ({})",
                cx.zone().prose(t),
                words::offset(t.secs_since(onset))
            )
        })
    };
    let mut out = vec![
        repeated("Outage", report.outages[at].id.clone()),
        repeated("Onset", cx.zone().prose(onset)),
        fact(
            "First failed payment after the onset",
            when(d.first_failure_at),
        ),
        fact("First knock-on failure", when(d.first_caused_at)),
    ];
    out.push(repeated(
        "Exchange's first public word",
        match (d.acknowledged_at, d.acknowledgement_delay_s) {
            (Some(at), Some(delay)) => {
                format!("{}, {} the onset", cx.zone().prose(at), words::lag(delay))
            }
            (at, _) => when(at),
        },
    ));
    out.push(repeated("Exchange recovered", when(d.recovered_at)));
    out.push(fact("Last knock-on failure", when(d.last_caused_at)));
    if let Some(tail) = d.tail_s {
        out.push(fact("Tail after the recovery", words::duration(tail)));
    }
    out
}

fn findings(cx: &Context<'_>) -> Vec<FindingView> {
    cx.report
        .findings
        .iter()
        .map(|f| FindingView {
            id: f.id.clone(),
            severity: f.severity.as_str(),
            title: cx.text(&f.title),
            confidence: format!("{} ({:.2})", words::likelihood(f.confidence), f.confidence),
            detail: cx.told(&f.detail),
            evidence: f.evidence.iter().map(|e| cx.evidence(e)).collect(),
        })
        .collect()
}

fn what_if(cx: &Context<'_>) -> Vec<WhatIfView> {
    let alike = |a: &WhatIfCase, b: &WhatIfCase| a.kind == b.kind && a.assumptions == b.assumptions;
    cx.report
        .what_if
        .cases
        .chunk_by(alike)
        .map(|cases| WhatIfView {
            about: what_if_about(cases[0].kind, &cases[0].outage),
            cases: cases.iter().map(|c| what_if_line(cx, c)).collect(),
            assumptions: cases[0].assumptions.iter().map(|a| cx.text(a)).collect(),
        })
        .collect()
}

fn what_if_line(cx: &Context<'_>, case: &WhatIfCase) -> WhatIfLine {
    let orders = words::plural(whole(case.orders.mean), "lost order", "lost orders");
    let money = match case.amount_saved.is_empty() {
        true => String::new(),
        false => format!(" ({})", sentences::amounts(cx, &case.amount_saved)),
    };
    let cost = case.refused.as_ref().map_or(String::new(), |r| {
        let payments = words::plural(
            r.attempts,
            "payment that succeeded",
            "payments that succeeded",
        );
        phrases::COSTS.with(&[
            ("payments", &payments),
            ("amounts", &sentences::amounts(cx, &r.amount)),
        ])
    });
    let failures = words::plural(
        whole(case.failures.mean),
        "knock-on failure",
        "knock-on failures",
    );
    WhatIfLine {
        title: cx.text(&case.title),
        saved: phrases::SAVES.with(&[
            ("failures", &failures),
            ("low", &words::count(whole(case.failures.low))),
            ("high", &words::count(whole(case.failures.high))),
            ("orders", &orders),
            ("money", &money),
            ("cost", &cost),
        ]),
    }
}

fn left_out(cx: &Context<'_>) -> Vec<String> {
    let left_out = &cx.report.what_if.left_out;
    let line = |l: &LeftOut| {
        format!(
            "{}: {}",
            what_if_about(l.kind, &l.outage),
            cx.text(&l.reason)
        )
    };
    left_out.iter().map(line).collect()
}

fn what_if_about(kind: &str, outage: &str) -> String {
    let what = match kind {
        "fallback_exchange" => "a fallback exchange",
        "circuit_breaker" => "a circuit breaker",
        _ => "another method of payment",
    };
    format!("{what} in {outage}")
}

/// The moments of the joint timeline, in time order.
pub(crate) fn moments(cx: &Context<'_>) -> Vec<MomentView> {
    let onset = onset(cx);
    let all = cx.report.moments.iter();
    all.map(|m| moment(cx, m, onset)).collect()
}

fn onset(cx: &Context<'_>) -> Option<Time> {
    main_outage(cx.report).map(|i| cx.report.outages[i].start)
}

/// So many notes are told wherever they lie.
const FEW_NOTES: usize = 40;
/// How far from an outage a note matters, in seconds.
const NEAR_S: f64 = 3600.0;
/// So many moments of a side are told in a document: a status page or a chat can hold any number.
const MOST_MOMENTS: usize = 500;

/// The moments that a document tells, and how many it does not.
struct Told<'r> {
    moments: Vec<&'r Moment>,
    /// Notes far from every outage, left out where there are many.
    far: u64,
    /// Moments beyond the first [`MOST_MOMENTS`] of their side.
    beyond: u64,
}

fn told(report: &Report) -> Told<'_> {
    let notes = report.moments.iter().filter(|m| m.side == Side::Notes);
    let choosy = notes.count() > FEW_NOTES && !report.outages.is_empty();
    let mut of_side: BTreeMap<&str, usize> = BTreeMap::new();
    let mut told = Told {
        moments: Vec::new(),
        far: 0,
        beyond: 0,
    };
    for moment in &report.moments {
        if choosy && moment.side == Side::Notes && !is_near_an_outage(report, moment) {
            told.far += 1;
            continue;
        }
        let so_many = of_side.entry(moment.side.as_str()).or_default();
        *so_many += 1;
        match *so_many <= MOST_MOMENTS {
            true => told.moments.push(moment),
            false => told.beyond += 1,
        }
    }
    told
}

fn is_near_an_outage(report: &Report, moment: &Moment) -> bool {
    let end = report.window.map_or(Time(0), |w| w.end);
    report.outages.iter().any(|outage| {
        let span = outage.span(end.max(outage.start));
        moment.time >= span.start.plus_secs(-NEAR_S) && moment.time <= span.end.plus_secs(NEAR_S)
    })
}

/// Says which moments are not among those told.
fn notes_left_out(told: &Told<'_>) -> String {
    let mut said = Vec::new();
    if told.far > 0 {
        let notes = words::plural(told.far, "note", "notes");
        said.push(phrases::NOTES_LEFT_OUT.with(&[("notes", &notes)]));
    }
    if told.beyond > 0 {
        let moments = words::plural(told.beyond, "moment", "moments");
        let most = words::count(MOST_MOMENTS as u64);
        said.push(phrases::MOMENTS_LEFT_OUT.with(&[("moments", &moments), ("most", &most)]));
    }
    said.join(" ")
}

/// One moment in words.
pub(crate) fn moment(cx: &Context<'_>, m: &Moment, onset: Option<Time>) -> MomentView {
    MomentView {
        time: cx.zone().stamp_millis(m.time),
        offset: onset.map_or(String::new(), |o| words::offset(m.time.secs_since(o))),
        side: m.side.as_str(),
        text: cx.text(&m.text),
        outage: cx.outage_id(m.outage).unwrap_or_default().to_owned(),
        cite: m.source.map_or(String::new(), |s| cx.cite(s)),
        place: m.source.map_or(String::new(), |s| cx.short_place(s)),
        line: m.source.map_or(String::new(), |s| cx.line_id(s)),
    }
}

/// The answer for one failure in words: `caused: likely (probability 0.80)`.
pub(crate) fn verdict_words(f: &FailedAttempt) -> String {
    let phrase = match f.verdict {
        Verdict::Caused | Verdict::Undetermined => phrases::VERDICT,
        Verdict::Unrelated => phrases::VERDICT_UNRELATED,
    };
    phrase.with(&[
        ("verdict", &f.verdict.as_str()),
        ("likelihood", &words::likelihood(f.probability)),
        ("p", &format!("{:.2}", f.probability)),
    ])
}

fn example(cx: &Context<'_>, f: &FailedAttempt) -> ExampleView {
    ExampleView {
        id: cx.redactor.id(&f.payment_id),
        facts: attempt_facts(cx, f),
        verdict: verdict_words(f),
        evidence: cx.evidence_on(f),
        place: cx.short_place(f.source),
        line: cx.line_id(f.source),
    }
}

/// What is known of one failed attempt, as labels and values; what the record does not say is left out.
pub(crate) fn attempt_facts(cx: &Context<'_>, f: &FailedAttempt) -> Vec<Fact> {
    let row = failure(cx, f);
    let mut out = vec![fact("Failed at", cx.zone().prose(f.time))];
    let waited = f.time.secs_since(f.start);
    if waited > 0.0 {
        out.push(fact("After", words::duration(waited)));
    }
    let order = f.order_id.as_deref().map(|o| cx.redactor.id(o));
    for (label, value) in [
        ("Order", order.unwrap_or_default()),
        ("Merchant", row.merchant),
        ("Method", row.method),
        ("Exchange", row.exchange),
        ("Amount", row.amount),
        ("Error", row.error),
        (
            if f.verdict == Verdict::Caused {
                "Outage"
            } else {
                "Judged against"
            },
            row.outage,
        ),
        ("Channel", row.channel.to_owned()),
    ] {
        if !value.is_empty() {
            out.push(fact(label, value));
        }
    }
    out.push(fact("Error class", row.error_class));
    if f.outcome == Outcome::Unknown {
        out.push(fact("Outcome", phrases::MAY_HAVE.plain()));
    }
    out.push(fact("Record", row.cite));
    out
}

/// One failure as a row.
pub(crate) fn failure(cx: &Context<'_>, f: &FailedAttempt) -> FailureView {
    let text = |t: &Option<std::sync::Arc<str>>| t.as_deref().map_or(String::new(), |t| cx.text(t));
    let amount = match (f.amount, text(&f.currency)) {
        (Some(amount), currency) if currency.is_empty() => amount.to_string(),
        (Some(amount), currency) => format!("{amount} {currency}"),
        (None, currency) => currency,
    };
    let error = [text(&f.error_code), text(&f.error_message)]
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join(": ");
    FailureView {
        time: cx.zone().stamp(f.time),
        id: cx.redactor.id(&f.payment_id),
        merchant: text(&f.merchant),
        method: text(&f.method),
        exchange: text(&f.exchange),
        amount,
        outcome: f.outcome.as_str(),
        error,
        error_class: f.error_class.as_str(),
        verdict: f.verdict.as_str(),
        probability: format!("{:.2}", f.probability),
        outage: cx.outage_id(f.outage).unwrap_or_default().to_owned(),
        channel: f.channel.map_or("", |c| c.as_str()),
        reason: f
            .evidence
            .first()
            .map_or(String::new(), |e| cx.text(&e.detail)),
        cite: cx.cite(f.source),
    }
}

/// One input in words.
pub(crate) fn input(cx: &Context<'_>, index: usize, i: &InputSummary) -> InputView {
    let of = |all: &[Option<std::sync::Arc<str>>]| {
        all.get(index)
            .and_then(Option::as_deref)
            .map(|t| cx.text(t))
    };
    let whose = of(&cx.report.input_exchanges)
        .or_else(|| of(&cx.report.input_merchants))
        .unwrap_or_default();
    InputView {
        path: i.path.clone(),
        format: match (i.format.as_str(), i.compression.as_str()) {
            ("", _) => "not recognised".to_owned(),
            (format, "") => format.to_owned(),
            (format, compression) => format!("{format}, {compression}"),
        },
        role: i.role.as_str(),
        whose,
        lines: words::count(i.lines),
        events: words::count(i.events),
        rejected: words::count(i.rejected),
        span: match (i.first, i.last) {
            (Some(first), Some(last)) if first == last => cx.zone().prose(first),
            (Some(first), Some(last)) => cx.zone().range(crate::model::Span::new(first, last)),
            _ => "no events".to_owned(),
        },
        zone: if i.zone_from == ZoneFrom::Explicit {
            "stated by the time stamps".to_owned()
        } else if i.zone.is_empty() {
            i.zone_from.as_str().to_owned()
        } else {
            format!("{} ({})", i.zone, i.zone_from.as_str())
        },
        clock: clock(i),
        warnings: i.warnings.iter().map(|w| cx.text(w)).collect(),
        in_question: i.rejected > 0 || i.events == 0 || i.role == Role::Other,
    }
}

/// How much was read, in one sentence.
fn read(cx: &Context<'_>) -> String {
    let inputs = &cx.report.inputs;
    let sum = |of: fn(&InputSummary) -> u64| inputs.iter().map(of).sum::<u64>();
    let window = cx.report.window.map_or("no events".to_owned(), |w| {
        phrases::READ_FROM.with(&[("window", &cx.zone().range(w))])
    });
    phrases::READ.with(&[
        (
            "inputs",
            &words::plural(inputs.len() as u64, "input", "inputs"),
        ),
        ("lines", &words::plural(sum(|i| i.lines), "line", "lines")),
        (
            "events",
            &words::plural(sum(|i| i.events), "event", "events"),
        ),
        ("rejected", &words::count(sum(|i| i.rejected))),
        ("window", &window),
    ])
}

fn zones(cx: &Context<'_>) -> Vec<String> {
    let mut by_zone: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for i in &cx.report.inputs {
        if i.zone_from != ZoneFrom::Explicit && i.events > 0 {
            let zone = format!("{} ({})", i.zone, i.zone_from.as_str());
            by_zone.entry(zone).or_default().push(i.path.clone());
        }
    }
    by_zone
        .into_iter()
        .map(|(zone, paths)| {
            phrases::ZONES.with(&[("zone", &zone), ("paths", &words::short_list(&paths, 3))])
        })
        .collect()
}

fn clock(i: &InputSummary) -> String {
    match (i.clock_offset_ms, i.clock_residual_ms) {
        (None, _) => String::new(),
        (Some(offset), residual) => {
            let moved = if offset == 0 {
                "agrees with the payments".to_owned()
            } else {
                let sign = if offset > 0 { "+" } else { "" };
                format!("moved by {sign}{}", words::duration(offset as f64 / 1000.0))
            };
            let moved = match i.clock_drift_ms_per_hour.unwrap_or(0) {
                0 => moved,
                drift => phrases::DRIFT.with(&[
                    ("moved", &moved),
                    ("drift", &format!("{:+.2}", drift as f64 / 1000.0)),
                ]),
            };
            let moved = match i.clock_steps.len() as u64 {
                0 => moved,
                n => format!("{moved}, {}", words::plural(n, "step", "steps")),
            };
            match residual {
                Some(r) if r > 0 => {
                    format!("{moved} (to within {})", words::duration(r as f64 / 1000.0))
                }
                _ => moved,
            }
        }
    }
}

fn quoted_lines(cx: &Context<'_>) -> Vec<LineView> {
    let mut texts: BTreeMap<SourceRef, &str> = BTreeMap::new();
    for citation in &cx.report.citations {
        texts.entry(citation.source).or_insert(&citation.text);
    }
    texts
        .into_iter()
        .zip(1..)
        .map(|((source, text), number)| LineView {
            id: format!("E{number}"),
            place: cx.place(source),
            text: cx.text(text),
        })
        .collect()
}

/// Actions that the data itself suggests; each names what it rests on.
fn actions(cx: &Context<'_>) -> Vec<ActionView> {
    let report = cx.report;
    let mut out = Vec::new();
    let unknown = &report.impact.unknown_outcome;
    if unknown.attempts > 0 {
        out.push(ActionView {
            action: phrases::DO_RECONCILE.with(&[(
                "attempts",
                &words::plural(unknown.attempts, "attempt", "attempts"),
            )]),
            kind: "mitigate",
            because: sentences::amounts(cx, &unknown.amount),
            priority: "high",
        });
    }
    out.extend(alert(cx));
    // of cases alike, the one that promises least
    let last_of_each = report
        .what_if
        .cases
        .chunk_by(|a, b| a.kind == b.kind && a.outage == b.outage)
        .filter_map(<[WhatIfCase]>::last);
    out.extend(
        last_of_each
            .filter(|c| is_worth_it(c))
            .map(|c| worth_considering(cx, c)),
    );
    let findings = findings(cx).into_iter();
    out.extend(findings.filter_map(|f| action_of(report, f)));
    out
}

/// The alert that was missing, where the exchange's own word came late or alerts did.
fn alert(cx: &Context<'_>) -> Option<ActionView> {
    let report = cx.report;
    let late = report.detection.acknowledgement_delay_s;
    let late = late.filter(|d| *d > 0.0 && report.totals.caused > 0);
    let of = |id: &str| report.findings.iter().find(|f| f.id == id);
    let threshold = of("alert-threshold");
    let missed = of("late-alert").or_else(|| of("no-alert"));
    let because = [
        threshold.map(|f| cx.text(&f.title)),
        missed.map(|f| cx.text(&f.title)),
        late.map(|d| phrases::OWN_WORD_LATE.with(&[("delay", &words::duration(d))])),
    ];
    let because: Vec<String> = because.into_iter().flatten().collect();
    (missed.is_some() || late.is_some()).then(|| ActionView {
        action: phrases::DO_ALERT.plain(),
        kind: "detect",
        because: because.join("; "),
        priority: if missed.is_some() { "high" } else { "medium" },
    })
}

/// Whether a counterfactual would have saved more payments than it would have cost.
fn is_worth_it(case: &WhatIfCase) -> bool {
    let cost = case.refused.as_ref().map_or(0, |r| r.attempts);
    case.failures.mean > cost as f64
}

fn worth_considering(cx: &Context<'_>, case: &WhatIfCase) -> ActionView {
    let line = what_if_line(cx, case);
    ActionView {
        action: match case.kind {
            "fallback_exchange" => phrases::DO_FALLBACK,
            "circuit_breaker" => phrases::DO_BREAKER,
            _ => phrases::DO_METHODS,
        }
        .plain(),
        kind: "prevent",
        because: format!("{}: {}", line.title, line.saved),
        priority: "medium",
    }
}

/// What a finding calls for; nothing where another action answers it, or where it is only good to know.
fn action_of(report: &Report, finding: FindingView) -> Option<ActionView> {
    let offers_methods = || {
        report
            .what_if
            .cases
            .iter()
            .any(|c| c.kind == "other_method")
    };
    let (action, kind) = match finding.id.as_str() {
        "outcome-unknown" | "status-page-late" | "late-alert" | "no-alert" => return None,
        "no-fallback-used" if offers_methods() => return None,
        "no-fallback-used" => (phrases::DO_SWITCH, "prevent"),
        "single-dependency" => (phrases::DO_SECOND, "prevent"),
        "retry-storm" => (phrases::DO_BACK_OFF, "prevent"),
        "long-time-outs" => (phrases::DO_SHORTEN, "mitigate"),
        _ if finding.severity == Severity::Info.as_str() => return None,
        _ => (phrases::DO_DECIDE, "process"),
    };
    Some(ActionView {
        action: action.plain(),
        kind,
        because: format!("{} ({})", finding.title, finding.id),
        priority: if finding.severity == Severity::Critical.as_str() {
            "high"
        } else {
            "medium"
        },
    })
}

/// Knock-on failures by outage id, for diagrams.
pub(crate) fn caused_counts(report: &Report) -> Vec<u64> {
    caused_by(report)
}
