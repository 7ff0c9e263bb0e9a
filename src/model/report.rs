//! Everything an output sees.

use std::borrow::Cow;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::class::{ErrorClass, Outcome};
use super::coverage::{InputSummary, Role};
use super::event::SourceRef;
use super::impact::{Detection, Impact, Slo, WhatIf};
use super::outage::Outage;
use super::time::{Precision, Span, Time, ZoneFrom};
use super::verdict::{Channel, Evidence, Thresholds, Verdict, Weights};

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// Best estimate.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// How the failed attempts under one heading were judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Count {
    /// The heading (an exchange, a currency, an error signature, …); `-` when the records do not say.
    pub name: String,
    /// Attempts, failed or not. 0 where only failures are known by this heading (channel, error).
    pub attempts: u64,
    /// Failed, outcome unknown included.
    pub failed: u64,
    /// Verdict `caused`.
    pub caused: u64,
    /// Verdict `unrelated`.
    pub unrelated: u64,
    /// Verdict `undetermined`.
    pub undetermined: u64,
}

/// The totals. In every list the counts add up to the totals above them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FailureTotals {
    /// Final attempts: succeeded, failed or unknown.
    pub attempts: u64,
    /// Failed, outcome unknown included.
    pub failed: u64,
    /// Verdict `caused`.
    pub caused: u64,
    /// Verdict `unrelated`.
    pub unrelated: u64,
    /// Verdict `undetermined`.
    pub undetermined: u64,
    /// Sum of the probabilities.
    pub expected_caused: Interval,
    /// Observed minus expected failures inside the outages: the other way to count, for comparison.
    pub excess: Option<Interval>,
    /// Sum of the probabilities over just the failures that `excess` counts, for comparison with it.
    pub expected_in_excess: f64,
    /// By channel (caused only), most first.
    pub by_channel: Vec<Count>,
    /// By exchange, most caused first.
    pub by_exchange: Vec<Count>,
    /// By merchant.
    pub by_merchant: Vec<Count>,
    /// By method of payment.
    pub by_method: Vec<Count>,
    /// By currency.
    pub by_currency: Vec<Count>,
    /// By error signature.
    pub by_error: Vec<Count>,
}

/// One failed attempt with its verdict.
#[derive(Clone, Debug)]
pub struct FailedAttempt {
    /// When it failed.
    pub time: Time,
    /// When it began.
    pub start: Time,
    /// Payment id as written.
    pub payment_id: Arc<str>,
    /// Order id as written.
    pub order_id: Option<Arc<str>>,
    /// The platform.
    pub merchant: Option<Arc<str>>,
    /// How the customer paid.
    pub method: Option<Arc<str>>,
    /// The exchange it names, or was linked to.
    pub exchange: Option<Arc<str>>,
    /// Currency or asset.
    pub currency: Option<Arc<str>>,
    /// Exact amount.
    pub amount: Option<Decimal>,
    /// `Failed` or `Unknown`.
    pub outcome: Outcome,
    /// Code as written.
    pub error_code: Option<Arc<str>>,
    /// Message as written.
    pub error_message: Option<Arc<str>>,
    /// What kind of error.
    pub error_class: ErrorClass,
    /// The answer.
    pub verdict: Verdict,
    /// P(it would have succeeded without the outage, given the logs), 0..1.
    pub probability: f64,
    /// Index into [`Report::outages`] of the outage that it is held against.
    pub outage: Option<usize>,
    /// How the outage reached it; `None` unless the probability is above the `unrelated` threshold.
    pub channel: Option<Channel>,
    /// How much speaks for it and against it.
    pub weights: Weights,
    /// Reasons, strongest first; empty for a failure whose reasons no output shows.
    pub evidence: Vec<Evidence>,
    /// Its final record.
    pub source: SourceRef,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Explains failures or limits the report.
    Warning,
    /// Needs action.
    Critical,
}

impl Severity {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// Something else that the data shows: a rival explanation, a lesson, a limit.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable kebab-case id of the rule (`single-dependency`, `rival-incident`, …).
    pub id: String,
    /// One line.
    pub title: String,
    /// How much it matters.
    pub severity: Severity,
    /// How sure we are, 0..1.
    pub confidence: f64,
    /// A few sentences.
    pub detail: String,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// Which side of the story a moment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The exchange's calls.
    Exchange,
    /// The payments.
    Payments,
    /// A status page.
    Status,
    /// A human or machine note.
    Notes,
}

impl Side {
    /// The word shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Exchange => "exchange",
            Side::Payments => "payments",
            Side::Status => "status page",
            Side::Notes => "notes",
        }
    }
}

/// A notable moment of the shared time line.
#[derive(Clone, Debug)]
pub struct Moment {
    /// When.
    pub time: Time,
    /// Whose.
    pub side: Side,
    /// What, as one clause in past tense.
    pub text: String,
    /// The outage that it belongs to (index).
    pub outage: Option<usize>,
    /// The line that it rests on.
    pub source: Option<SourceRef>,
}

/// One bucket of a strip.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct StripBucket {
    /// Calls or attempts in the bucket; 0 means nothing was logged, which is not health.
    pub total: u64,
    /// Of these, bad.
    pub bad: u64,
}

/// A failure rate over the window: one row of the chart.
#[derive(Clone, Debug)]
pub struct Strip {
    /// `calls to binance`, `payments of shop-a`, …
    pub name: String,
    /// Whose.
    pub side: Side,
    /// Stretch covered.
    pub span: Span,
    /// Equal buckets over the stretch.
    pub buckets: Vec<StripBucket>,
}

/// Where a cited line is, with its text (as logged; outputs escape and redact it).
#[derive(Clone, Debug)]
pub struct Citation {
    /// The line.
    pub source: SourceRef,
    /// Its text, cut at a sensible length.
    pub text: String,
}

/// One step from even odds to the stated probability.
#[derive(Clone, Debug)]
pub struct Step {
    /// Id of the rule.
    pub rule: &'static str,
    /// The evidence in words.
    pub detail: String,
    /// By how much it moves the log-odds (natural logarithm).
    pub log_odds: f64,
    /// Probability after this step.
    pub probability: f64,
    /// The line that it rests on.
    pub source: SourceRef,
}

/// What the verdict would be if one thing had been different.
#[derive(Clone, Debug)]
pub struct Counterfactual {
    /// What would be different, as a clause that follows "if".
    pub condition: String,
    /// The probability then.
    pub probability: f64,
    /// Its word.
    pub verdict: Verdict,
}

/// Everything known about one attempt, for `explain`.
#[derive(Clone, Debug)]
pub struct Story {
    /// The attempt and its verdict; `None` when it did not fail.
    pub failed: Option<FailedAttempt>,
    /// The id asked for.
    pub payment_id: String,
    /// Whose payment it was.
    pub merchant: Option<Arc<str>>,
    /// How many payments have this id: merchants number their own.
    pub namesakes: usize,
    /// How it ended.
    pub outcome: Outcome,
    /// From even odds to the stated probability, in the order in which the rules are applied; the last is that probability.
    pub steps: Vec<Step>,
    /// What happened, in time order: its records, its calls, later attempts of its order.
    pub events: Vec<Moment>,
    /// What the exchange was doing in those seconds, one sentence each.
    pub state: Vec<String>,
    /// How its kind usually fares.
    pub baseline: Vec<String>,
    /// The same case weighed again with one thing different; what changes the verdict first.
    pub counterfactuals: Vec<Counterfactual>,
    /// What, if it were known, would settle the case.
    pub would_change: Vec<String>,
    /// The log lines.
    pub lines: Vec<Citation>,
}

/// One record of `timeline --all`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TimelineRow {
    /// When; offset-corrected only when an offset was established.
    pub time: Time,
    /// How fine it was written.
    pub precision: Precision,
    /// Where its zone came from.
    pub zone_from: ZoneFrom,
    /// Role of its input.
    pub role: Role,
    /// `payment`, `call`, `status`, `note` or `other`.
    pub kind: Cow<'static, str>,
    /// Id of the format.
    pub format: Cow<'static, str>,
    /// Log level.
    pub level: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// Exchange.
    pub exchange: Option<String>,
    /// Component.
    pub component: Option<String>,
    /// Merchant.
    pub merchant: Option<String>,
    /// Payment id.
    pub payment_id: Option<String>,
    /// Trace (or request) id.
    pub trace_id: Option<String>,
    /// HTTP method for a call, method of payment for a payment.
    pub method: Option<String>,
    /// Path or URL.
    pub path: Option<String>,
    /// Status as written.
    pub status: Option<String>,
    /// Duration in milliseconds.
    pub duration_ms: Option<f64>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Class of its error.
    pub error_class: Option<ErrorClass>,
    /// Message or error text.
    pub message: Option<String>,
    /// The record.
    pub source: SourceRef,
}

/// Everything an output sees.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// How each input was understood, sorted by path; [`SourceRef::input`] indexes this.
    pub inputs: Vec<InputSummary>,
    /// Text of the exchange of each input, `None` when several or none (same order as `inputs`).
    pub input_exchanges: Vec<Option<Arc<str>>>,
    /// Text of the merchant of each input (same order as `inputs`).
    pub input_merchants: Vec<Option<Arc<str>>>,
    /// First to last event.
    pub window: Option<Span>,
    /// In order of start.
    pub outages: Vec<Outage>,
    /// The totals.
    pub totals: FailureTotals,
    /// What it cost.
    pub impact: Impact,
    /// Who knew what, when.
    pub detection: Detection,
    /// Rival explanations, lessons, limits; most severe first.
    pub findings: Vec<Finding>,
    /// What would have been different.
    pub what_if: WhatIf,
    /// The error budget, where an objective is configured and the logs hold attempts that count.
    pub slo: Option<Slo>,
    /// What a reader must know before relying on the report.
    pub warnings: Vec<String>,
    /// Every failed attempt, in time order.
    pub failures: Vec<FailedAttempt>,
    /// Notable moments, in time order.
    pub moments: Vec<Moment>,
    /// Failure rates over the window; first the exchanges, then the payments.
    pub strips: Vec<Strip>,
    /// Thresholds in force.
    pub thresholds: Thresholds,
    /// Lines cited by the examples of the report.
    pub citations: Vec<Citation>,
}

impl Report {
    /// Path of the input that a source names.
    pub fn path_of(&self, source: SourceRef) -> &str {
        self.inputs
            .get(source.input as usize)
            .map_or("", |i| i.path.as_str())
    }
}
