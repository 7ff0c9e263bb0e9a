//! The JSON that scripts rely on: names are a promise, so these types are apart from those inside.
//!
//! Times are RFC 3339 in UTC with milliseconds, durations seconds (or as the key says), amounts decimal
//! strings. What is not known is null, never left out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::model;
use crate::model::{Report, SourceRef, Time};

use super::compare::Comparison;
use super::outages::caused_by;
use super::redact::Redactor;
use super::sentences;
use super::view::Context;

/// Version of every schema here; changes when a key changes its meaning or goes away.
pub const SCHEMA_VERSION: &str = "1";

/// The JSON Schema of an output: `analyze`, `failures`, `timeline`, `inspect`, `explain` or `compare`.
pub fn schema(which: &str) -> Option<serde_json::Value> {
    let generator = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator();
    let schema = match which {
        "analyze" => generator.into_root_schema_for::<Analysis>(),
        "failures" => generator.into_root_schema_for::<Failure>(),
        "timeline" => generator.into_root_schema_for::<TimelineLine>(),
        "inspect" => generator.into_root_schema_for::<Inspection>(),
        "compare" => generator.into_root_schema_for::<Comparison>(),
        "explain" => generator.into_root_schema_for::<Explanation>(),
        _ => return None,
    };
    Some(schema.to_value())
}

/// A line of an input.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Source {
    /// Path as given, with `/` separators.
    pub(crate) path: String,
    /// Line number from 1; for a document, the number of the element.
    pub(crate) line: u64,
}

/// One reason for or against, with the line that it rests on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Evidence {
    /// Id of the rule, kebab-case, stable.
    rule: String,
    /// For (true) or against (false).
    supports: bool,
    /// How far it moves the log-odds (natural logarithm); 0 for what only informs.
    weight: f64,
    /// The reason in words.
    detail: String,
    /// The line that it rests on.
    source: Source,
}

/// A stretch of time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Window {
    /// First event.
    #[schemars(extend("format" = "date-time"))]
    start: String,
    /// Last event.
    #[schemars(extend("format" = "date-time"))]
    end: String,
}

/// How one input was understood.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Input {
    /// Path as given.
    path: String,
    /// Id of the recognised format; null when none was recognised.
    format: Option<String>,
    /// What most of its records tell about.
    #[schemars(extend("enum" = ["payments", "exchange", "status", "notes", "other"]))]
    role: String,
    /// The exchange, when all its calls are of one.
    exchange: Option<String>,
    /// The merchant, when all its payments are of one.
    merchant: Option<String>,
    /// Lines (or elements) seen, blank ones not counted.
    lines: u64,
    /// Records that became events.
    events: u64,
    /// Lines that could not be read.
    rejected: u64,
    /// Records that were exact copies of an earlier one.
    duplicates: u64,
    /// Earliest event.
    #[schemars(extend("format" = "date-time"))]
    first: Option<String>,
    /// Latest event.
    #[schemars(extend("format" = "date-time"))]
    last: Option<String>,
    /// Zone of time stamps without one.
    zone: String,
    /// Where that zone came from.
    #[schemars(extend("enum" = ["explicit", "flag", "config", "inferred", "assumed"]))]
    zone_from: String,
    /// What was added to this input's times to agree with the payments, half-way through it, in milliseconds; null
    /// when not known.
    clock_offset_ms: Option<i64>,
    /// How much what was added grew in an hour, in milliseconds (negative: the clock gained).
    clock_drift_ms_per_hour: Option<i64>,
    /// When the clock was set while the log was written.
    clock_steps: Vec<ClockStep>,
    /// How far the true offset may be from what was added, in milliseconds. The order of events that are closer than
    /// this is not known.
    clock_residual_ms: Option<i64>,
    /// Compression that was peeled; null for plain.
    compression: Option<String>,
}

/// A clock was set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ClockStep {
    /// When, on the payments' clock.
    #[schemars(extend("format" = "date-time"))]
    at: String,
    /// By how much what was added to the times changed, in milliseconds (positive: the clock was set back).
    by_ms: i64,
}

/// A line that could not be read, and why.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Reject {
    line: u64,
    reason: String,
}

/// A field name of the log and what it was taken for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Mapped {
    /// The log's own name.
    name: String,
    /// The canonical field.
    field: String,
}

/// A field name of the log that means nothing here.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Unused {
    /// The log's own name.
    name: String,
    /// Its first value that says anything.
    example: String,
}

/// One input as `inspect` shows it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct InspectedInput {
    #[serde(flatten)]
    input: Input,
    /// Why this format.
    format_reason: String,
    /// Field names of the log and what they were taken for.
    mapping: Vec<Mapped>,
    /// Field names of the log that were taken for nothing.
    unused: Vec<Unused>,
    /// The first rejected lines.
    rejects: Vec<Reject>,
    /// What a reader should know about this input.
    warnings: Vec<String>,
    /// The errors of its records by kind, most frequent first; only with `--errors`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<SeenError>,
}

/// Errors of one kind: same words but for numbers and ids, same class.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SeenError {
    /// How often.
    count: u64,
    /// How it was classed.
    class: String,
    /// `config` (a rule of knockon.toml), `known` (a known code or text, or what the record says beside it) or `nothing`.
    class_from: String,
    /// Of `count`, those that leave open whether the payment went through.
    open: u64,
    /// The code of the first one.
    code: Option<String>,
    /// The text of the first one.
    message: Option<String>,
}

/// Output of `inspect -f json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Inspection {
    schema_version: String,
    inputs: Vec<InspectedInput>,
    warnings: Vec<String>,
}

/// A stretch of one level of service.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Phase {
    #[schemars(extend("format" = "date-time"))]
    start: String,
    #[schemars(extend("format" = "date-time"))]
    end: String,
    /// Share of calls that failed or were too slow, 0..1.
    failure_rate: f64,
    /// Calls that this was seen in; 0 when it was seen in payments alone.
    calls: u64,
    /// Of these, failed or too slow.
    failed_calls: u64,
}

/// One component's part of an outage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Component {
    /// Name; `-` when the log does not tell components apart.
    name: String,
    #[schemars(extend("format" = "date-time"))]
    start: String,
    /// Recovery; null when it was not seen.
    #[schemars(extend("format" = "date-time"))]
    end: Option<String>,
    /// Calls inside.
    calls: u64,
    /// Calls inside that failed or were too slow.
    failed_calls: u64,
    /// Share of bad calls outside any outage, 0..1.
    baseline_failure_rate: f64,
    /// Highest share of bad calls in any phase, 0..1.
    peak_failure_rate: f64,
    /// Stretches of one level, in time order.
    phases: Vec<Phase>,
}

/// An interval in which an exchange served clearly worse than its own baseline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Outage {
    /// `O1`, `O2`, … in order of start.
    id: String,
    exchange: String,
    /// Onset: best estimate.
    #[schemars(extend("format" = "date-time"))]
    start: String,
    /// Lower end of the 95% interval of the onset.
    #[schemars(extend("format" = "date-time"))]
    start_earliest: String,
    /// Upper end of the 95% interval of the onset.
    #[schemars(extend("format" = "date-time"))]
    start_latest: String,
    /// Recovery: best estimate; null when the log ends before it.
    #[schemars(extend("format" = "date-time"))]
    end: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    end_earliest: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    end_latest: Option<String>,
    /// From onset to recovery, in seconds; null when the log ends before it.
    duration_s: Option<f64>,
    /// Whether it was on already when the log began.
    began_before_log: bool,
    /// What the answers were consistent with.
    #[schemars(extend("enum" = ["unavailable", "degraded", "slow", "overload", "rate_limited", "maintenance", "unknown"]))]
    kind: String,
    components: Vec<Component>,
    /// What it was established from: `calls`, `payments`, `status_page`.
    sources: Vec<String>,
    /// First public word of the exchange.
    #[schemars(extend("format" = "date-time"))]
    acknowledged_at: Option<String>,
    /// Failures held to have followed from it.
    caused: u64,
    evidence: Vec<Evidence>,
    /// The first failed call (or payment) of it.
    first_seen: Option<Source>,
}

/// How the failed attempts under one heading were judged.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Count {
    /// Attempts, failed or not; null where only failures are known by this heading.
    attempts: Option<u64>,
    /// Failed, outcome unknown included.
    failed: u64,
    caused: u64,
    unrelated: u64,
    undetermined: u64,
}

/// A number with its 95% interval.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Interval {
    mean: f64,
    low: f64,
    high: f64,
}

/// The totals; in every `by_…` the counts add up to the totals (`by_channel`: to `caused`).
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Failures {
    /// Final attempts: succeeded, failed or unknown.
    attempts: u64,
    /// Failed, outcome unknown included.
    failed: u64,
    caused: u64,
    unrelated: u64,
    undetermined: u64,
    /// Sum of the probabilities.
    expected_caused: Interval,
    /// Observed minus expected failures inside the outages: the other way to count; null when it cannot be worked out.
    excess: Option<Interval>,
    /// Sum of the probabilities over just the failures that `excess` counts.
    expected_in_excess: f64,
    by_channel: BTreeMap<String, Count>,
    by_exchange: BTreeMap<String, Count>,
    by_merchant: BTreeMap<String, Count>,
    by_method: BTreeMap<String, Count>,
    by_currency: BTreeMap<String, Count>,
    /// By error signature: code and message with numbers and ids taken out.
    by_error: BTreeMap<String, Count>,
}

type Amounts = BTreeMap<String, String>;

/// Attempts that may have gone through.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UnknownOutcome {
    attempts: u64,
    /// Decimal strings by currency.
    amount: Amounts,
}

/// What the knock-on failures cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Impact {
    /// Orders with at least one knock-on failure.
    orders_affected: u64,
    /// Of these, saved by a later attempt.
    orders_recovered: u64,
    /// Of these, not saved, and no attempt's outcome is unknown.
    orders_lost: u64,
    /// Of these, not saved, and an attempt's outcome is unknown.
    orders_unknown: u64,
    /// Recovered through the same method and exchange.
    recovered_same_method: u64,
    /// Recovered through another method or exchange.
    recovered_other_method: u64,
    /// Distinct customers; null when the logs name none.
    customers_affected: Option<u64>,
    /// Decimal strings by currency: each affected order once, recovered or not.
    amount_failed: Amounts,
    /// Decimal strings by currency: orders lost.
    amount_lost: Amounts,
    /// Decimal strings by currency: orders recovered.
    amount_recovered: Amounts,
    /// Decimal strings by currency: orders not saved of which an attempt's outcome is unknown. Recovered, lost and these
    /// add up to `amount_failed`.
    amount_unknown: Amounts,
    /// Attempts to be reconciled, all verdicts; never part of what was lost.
    unknown_outcome: UnknownOutcome,
    /// Attempts still pending when the log ends.
    open_attempts: u64,
}

/// Who knew what, when, of the main outage.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Detection {
    /// Id of the outage that these facts are about.
    outage: Option<String>,
    /// First failed payment at or after the onset.
    #[schemars(extend("format" = "date-time"))]
    first_failure_at: Option<String>,
    /// First knock-on failure.
    #[schemars(extend("format" = "date-time"))]
    first_caused_at: Option<String>,
    /// First alert in the notes at or after the onset; null when they hold none.
    #[schemars(extend("format" = "date-time"))]
    detected_at: Option<String>,
    /// When somebody took that alert, by the notes.
    #[schemars(extend("format" = "date-time"))]
    responded_at: Option<String>,
    /// The status page's first word.
    #[schemars(extend("format" = "date-time"))]
    acknowledged_at: Option<String>,
    /// From the onset to that word, in seconds.
    acknowledgement_delay_s: Option<f64>,
    /// The exchange served normally again.
    #[schemars(extend("format" = "date-time"))]
    recovered_at: Option<String>,
    /// Last knock-on failure.
    #[schemars(extend("format" = "date-time"))]
    last_caused_at: Option<String>,
    /// From recovery to the last knock-on failure, in seconds.
    tail_s: Option<f64>,
}

/// Something else that the data shows.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// Stable kebab-case id of the rule.
    id: String,
    title: String,
    #[schemars(extend("enum" = ["info", "warning", "critical"]))]
    severity: String,
    /// How sure we are, 0..1.
    confidence: f64,
    detail: String,
    evidence: Vec<Evidence>,
}

/// What would have been different. Only failures judged `caused` are counted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WhatIf {
    cases: Vec<WhatIfCase>,
    /// What could not be worked out, and why.
    left_out: Vec<LeftOut>,
}

/// A counterfactual that the logs cannot answer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct LeftOut {
    #[schemars(extend("enum" = ["fallback_exchange", "circuit_breaker", "other_method"]))]
    kind: String,
    /// Id of the outage.
    outage: String,
    reason: String,
}

/// One counterfactual.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct WhatIfCase {
    #[schemars(extend("enum" = ["fallback_exchange", "circuit_breaker", "other_method"]))]
    kind: String,
    /// Id of the outage that it is about.
    outage: String,
    title: String,
    /// What is taken for granted.
    assumptions: Vec<String>,
    /// How long after the onset the fallback takes over, in seconds; null for the other kinds.
    takeover_s: Option<u32>,
    /// Knock-on failures that would not have happened: expected number, rounded.
    failures_saved: u64,
    /// Orders that would not have been lost: expected number, rounded.
    orders_saved: u64,
    /// Decimal strings by currency: expected amounts of these orders.
    amount_saved: Amounts,
    /// Decimal strings by currency: exact amounts of all lost orders that could have been among them.
    amount_at_stake: Amounts,
    /// The expected numbers as they are, with 95% intervals.
    expected: Expected,
    /// The success rates that it rests on.
    rates: Vec<ObservedRate>,
    /// What it would have cost: attempts that succeeded and would have been refused; null for none, or when an assumption
    /// says that it is not known.
    refused: Option<Refused>,
    /// Who turned to another method unasked; null for the other kinds.
    switched: Option<Switched>,
}

/// Expected numbers of a counterfactual.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Expected {
    failures: Interval,
    orders: Interval,
}

/// How often attempts of one kind succeeded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ObservedRate {
    /// Through this exchange; null when it does not matter.
    exchange: Option<String>,
    /// By this method (or these); null when the records name none.
    method: Option<String>,
    /// In this currency; null when it does not matter or the records name none.
    currency: Option<String>,
    attempts: u64,
    succeeded: u64,
    /// The share, 0..1, with its interval (Wilson).
    rate: Interval,
}

/// Attempts that succeeded and would have been refused.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Refused {
    attempts: u64,
    /// Decimal strings by currency.
    amount: Amounts,
}

/// Orders that turned to another method of payment by themselves.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Switched {
    /// Orders with a knock-on failure through the exchange.
    affected: u64,
    /// Of these, tried again by another method.
    switched: u64,
    /// Of these, so tried with success.
    succeeded: u64,
}

/// What these logs did to the error budget of the objective in knockon.toml.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Slo {
    /// Share of attempts that are to succeed, 0..1.
    success_rate: f64,
    window_days: u32,
    /// Whether failures that the customer, or the customer's bank, decided count.
    count_declines: bool,
    /// Attempts in these logs that count.
    attempts: u64,
    /// Of these, failed or of unknown outcome.
    failed: u64,
    /// Of these, knock-on failures: the sum of their probabilities.
    expected_caused: f64,
    /// From the first to the last attempt, in days.
    observed_days: f64,
    /// Attempts to be expected in the window, at the rate of these logs.
    window_attempts: f64,
    /// Failures that the objective allows in its window.
    budget: f64,
    /// Share of the budget that all these failures took; above 1 when it is overdrawn.
    burnt: f64,
    /// Share of the budget that they would have taken without the knock-on failures.
    burnt_without: f64,
    assumptions: Vec<String>,
}

/// A failure rate over time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Series {
    name: String,
    /// `exchange` (calls) or `payments`.
    side: String,
    #[schemars(extend("format" = "date-time"))]
    start: String,
    #[schemars(extend("format" = "date-time"))]
    end: String,
    /// Length of one bucket in seconds.
    bucket_s: f64,
    /// Calls or attempts in each bucket; 0 means that nothing was logged, which is not health.
    total: Vec<u64>,
    /// Of these, bad.
    bad: Vec<u64>,
}

/// Thresholds in force.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Thresholds {
    /// `caused` from here on.
    caused_at: f64,
    /// `unrelated` up to here.
    unrelated_at: f64,
}

/// Output of `analyze -f json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Analysis {
    /// `1`; changes when a key changes its meaning or goes away.
    schema_version: String,
    /// Version of knockon.
    tool_version: String,
    /// The answer in one sentence, for people.
    headline: String,
    inputs: Vec<Input>,
    /// First to last event; null when there is none.
    window: Option<Window>,
    thresholds: Thresholds,
    outages: Vec<Outage>,
    failures: Failures,
    impact: Impact,
    detection: Detection,
    findings: Vec<Finding>,
    what_if: WhatIf,
    /// Null without `[slo]` in knockon.toml.
    slo: Option<Slo>,
    warnings: Vec<String>,
    series: Vec<Series>,
}

/// One failed attempt: a row of `failures -f jsonl`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Failure {
    /// When it failed.
    #[schemars(extend("format" = "date-time"))]
    pub(crate) time: String,
    pub(crate) payment_id: String,
    pub(crate) order_id: Option<String>,
    pub(crate) merchant: Option<String>,
    pub(crate) method: Option<String>,
    /// The exchange it names, or was linked to.
    pub(crate) exchange: Option<String>,
    pub(crate) currency: Option<String>,
    /// Decimal string.
    pub(crate) amount: Option<String>,
    /// `unknown`: it may have gone through.
    #[schemars(extend("enum" = ["failed", "unknown"]))]
    pub(crate) outcome: String,
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) error_class: String,
    #[schemars(extend("enum" = ["caused", "unrelated", "undetermined"]))]
    pub(crate) verdict: String,
    /// P(it would have succeeded without the outage, given the logs), 0..1.
    pub(crate) probability: f64,
    /// Id of the outage that it is held against.
    pub(crate) outage: Option<String>,
    /// How the outage reached it.
    #[schemars(extend("enum" = ["direct", "timeout", "circuit_breaker", "collateral", "backlog", "retry", null]))]
    pub(crate) channel: Option<String>,
    /// Reasons, strongest first.
    pub(crate) evidence: Vec<Evidence>,
    /// Its final record.
    pub(crate) source: Source,
}

/// A row of `timeline -f jsonl`: a record with `--all`, else a notable moment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[expect(
    dead_code,
    reason = "only its schema is used; rows are written as they are"
)]
pub(crate) enum TimelineLine {
    /// With `--all`.
    Record(Box<TimelineRow>),
    /// Without.
    Moment(Moment),
}

/// One record of the shared timeline; null for what the record does not say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct TimelineRow {
    #[schemars(extend("format" = "date-time"))]
    pub(crate) time: String,
    /// How fine the time stamp was written.
    #[schemars(extend("enum" = ["s", "ms", "us", "ns"]))]
    pub(crate) time_precision: String,
    /// Where its zone came from.
    #[schemars(extend("enum" = ["explicit", "flag", "config", "inferred", "assumed"]))]
    pub(crate) zone_from: String,
    #[schemars(extend("enum" = ["payments", "exchange", "status", "notes", "other"]))]
    pub(crate) role: String,
    #[schemars(extend("enum" = ["payment", "call", "status", "note", "other"]))]
    pub(crate) kind: String,
    pub(crate) format: String,
    pub(crate) level: Option<String>,
    pub(crate) service: Option<String>,
    pub(crate) exchange: Option<String>,
    pub(crate) component: Option<String>,
    pub(crate) merchant: Option<String>,
    pub(crate) payment_id: Option<String>,
    pub(crate) trace_id: Option<String>,
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) duration_ms: Option<f64>,
    pub(crate) outcome: Option<String>,
    pub(crate) error_class: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) source: Source,
}

/// A notable moment of the shared timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Moment {
    #[schemars(extend("format" = "date-time"))]
    pub(crate) time: String,
    /// Seconds since the onset of the main outage; null without one.
    pub(crate) offset_s: Option<f64>,
    #[schemars(extend("enum" = ["exchange", "payments", "status page", "notes"]))]
    pub(crate) side: String,
    /// What, as one clause in past tense.
    pub(crate) text: String,
    /// Id of the outage that it belongs to.
    pub(crate) outage: Option<String>,
    /// The line that it rests on.
    pub(crate) source: Option<Source>,
}

/// A quoted line.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct QuotedLine {
    source: Source,
    text: String,
}

/// One step from even odds to the stated probability.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Step {
    /// Id of the rule, kebab-case, stable.
    rule: String,
    /// The evidence in words.
    detail: String,
    /// By how much it moves the log-odds (natural logarithm).
    log_odds: f64,
    /// Probability after this step.
    probability: f64,
    /// The line that it rests on.
    source: Source,
}

/// What the verdict would be if one thing had been different.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Counterfactual {
    /// What would be different.
    #[serde(rename = "if")]
    condition: String,
    /// The probability then.
    probability: f64,
    #[schemars(extend("enum" = ["caused", "unrelated", "undetermined"]))]
    verdict: String,
}

/// Output of `explain -f json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Explanation {
    schema_version: String,
    /// The id asked for.
    payment_id: String,
    /// The attempt and its verdict; null when it did not fail.
    failure: Option<Failure>,
    /// From even odds to the stated probability, in the order in which the rules are applied.
    steps: Vec<Step>,
    /// What happened, in time order.
    events: Vec<Moment>,
    /// What the exchange was doing in those seconds.
    state: Vec<String>,
    /// How its kind usually fares.
    baseline: Vec<String>,
    /// The same case weighed again with one thing different; what changes the verdict first.
    counterfactuals: Vec<Counterfactual>,
    /// What, if it were known, would settle the case.
    would_change: Vec<String>,
    /// The log lines.
    lines: Vec<QuotedLine>,
}

/// Six decimals: finer is noise, and differs between machines' mathematics libraries.
fn number(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

/// An expected number as a count.
pub(crate) fn whole(x: f64) -> u64 {
    x.round() as u64
}

fn time(t: Time) -> String {
    t.to_string()
}

/// Amounts as decimal strings; currencies that redaction made equal are added up.
fn amounts(redactor: &Redactor, amounts: &model::Amounts) -> Amounts {
    let mut sums = model::Amounts::new();
    for (currency, amount) in amounts {
        sums.entry(redactor.text(currency))
            .and_modify(|sum| *sum = sum.saturating_add(*amount))
            .or_insert(*amount);
    }
    sums.into_iter()
        .map(|(currency, amount)| (currency, amount.to_string()))
        .collect()
}

impl Source {
    fn of(report: &Report, source: SourceRef) -> Source {
        Source {
            path: report.path_of(source).to_owned(),
            line: source.line,
        }
    }
}

fn evidence(cx: &Context<'_>, list: &[model::Evidence]) -> Vec<Evidence> {
    list.iter()
        .map(|e| Evidence {
            rule: e.rule.to_owned(),
            supports: e.supports,
            weight: number(e.weight),
            detail: cx.text(&e.detail),
            source: Source::of(cx.report, e.source),
        })
        .collect()
}

fn inputs(cx: &Context<'_>) -> Vec<Input> {
    let named = |all: &[Option<std::sync::Arc<str>>], at: usize| {
        all.get(at).and_then(Option::as_deref).map(|t| cx.text(t))
    };
    cx.report
        .inputs
        .iter()
        .enumerate()
        .map(|(at, i)| Input {
            path: i.path.clone(),
            format: (!i.format.is_empty()).then(|| i.format.clone()),
            role: i.role.as_str().to_owned(),
            exchange: named(&cx.report.input_exchanges, at),
            merchant: named(&cx.report.input_merchants, at),
            lines: i.lines,
            events: i.events,
            rejected: i.rejected,
            duplicates: i.duplicates,
            first: i.first.map(time),
            last: i.last.map(time),
            zone: i.zone.clone(),
            zone_from: i.zone_from.as_str().to_owned(),
            clock_offset_ms: i.clock_offset_ms,
            clock_drift_ms_per_hour: i.clock_drift_ms_per_hour,
            clock_steps: i
                .clock_steps
                .iter()
                .map(|s| ClockStep {
                    at: time(s.at),
                    by_ms: s.by_ms,
                })
                .collect(),
            clock_residual_ms: i.clock_residual_ms,
            compression: (!i.compression.is_empty()).then(|| i.compression.clone()),
        })
        .collect()
}

fn seen_error(cx: &Context<'_>, seen: &crate::model::SeenError) -> SeenError {
    let text = |t: &Option<std::sync::Arc<str>>| t.as_ref().map(|t| cx.text(t));
    SeenError {
        count: seen.count,
        class: seen.class.as_str().to_owned(),
        class_from: seen.class_from.as_str().to_owned(),
        open: seen.open,
        code: text(&seen.code),
        message: text(&seen.message),
    }
}

impl Inspection {
    /// What `inspect` shows of a report.
    pub(crate) fn of(cx: &Context<'_>) -> Inspection {
        let inspected = inputs(cx)
            .into_iter()
            .zip(&cx.report.inputs)
            .map(|(input, i)| InspectedInput {
                input,
                format_reason: cx.text(&i.format_reason),
                mapping: i
                    .mapping
                    .iter()
                    .map(|(name, field)| Mapped {
                        name: name.clone(),
                        field: field.as_str().to_owned(),
                    })
                    .collect(),
                unused: i
                    .unused
                    .iter()
                    .map(|(name, example)| Unused {
                        name: name.clone(),
                        example: cx.redactor.value(name, example),
                    })
                    .collect(),
                rejects: i
                    .rejects
                    .iter()
                    .map(|r| Reject {
                        line: r.line,
                        reason: cx.text(&r.reason),
                    })
                    .collect(),
                warnings: i.warnings.iter().map(|w| cx.text(w)).collect(),
                errors: i.errors.iter().map(|e| seen_error(cx, e)).collect(),
            })
            .collect();
        Inspection {
            schema_version: SCHEMA_VERSION.to_owned(),
            inputs: inspected,
            warnings: cx.report.warnings.iter().map(|w| cx.text(w)).collect(),
        }
    }
}

fn outage(cx: &Context<'_>, o: &model::Outage, caused: u64) -> Outage {
    Outage {
        id: o.id.clone(),
        exchange: cx.text(&o.exchange_name),
        start: time(o.start),
        start_earliest: time(o.start_interval.start),
        start_latest: time(o.start_interval.end),
        end: o.end.map(time),
        end_earliest: o.end_interval.map(|s| time(s.start)),
        end_latest: o.end_interval.map(|s| time(s.end)),
        duration_s: o.end.map(|end| number(end.secs_since(o.start))),
        began_before_log: o.began_before_log,
        kind: o.kind.as_str().to_owned(),
        components: o.components.iter().map(|c| component(cx, c)).collect(),
        sources: o.sources.iter().map(|s| s.as_str().to_owned()).collect(),
        acknowledged_at: o.acknowledged_at.map(time),
        caused,
        evidence: evidence(cx, &o.evidence),
        first_seen: o.first_seen.map(|s| Source::of(cx.report, s)),
    }
}

fn component(cx: &Context<'_>, c: &model::ComponentOutage) -> Component {
    Component {
        name: if c.name.is_empty() {
            "-".to_owned()
        } else {
            cx.text(&c.name)
        },
        start: time(c.start),
        end: c.end.map(time),
        calls: c.calls,
        failed_calls: c.failed_calls,
        baseline_failure_rate: number(c.baseline_failure_rate),
        peak_failure_rate: number(c.peak_failure_rate),
        phases: c
            .phases
            .iter()
            .map(|p| Phase {
                start: time(p.span.start),
                end: time(p.span.end),
                failure_rate: number(p.failure_rate),
                calls: p.calls,
                failed_calls: p.failed_calls,
            })
            .collect(),
    }
}

/// Counts by name; names that redaction made equal are added up. `failures_only`: attempts that did not fail
/// are not known by this heading.
fn counts(cx: &Context<'_>, list: &[model::Count], failures_only: bool) -> BTreeMap<String, Count> {
    let mut out: BTreeMap<String, Count> = BTreeMap::new();
    for c in list {
        let entry = out.entry(cx.text(&c.name)).or_default();
        if !failures_only {
            entry.attempts = Some(entry.attempts.unwrap_or(0) + c.attempts);
        }
        entry.failed += c.failed;
        entry.caused += c.caused;
        entry.unrelated += c.unrelated;
        entry.undetermined += c.undetermined;
    }
    out
}

fn interval(i: &model::Interval) -> Interval {
    Interval {
        mean: number(i.mean),
        low: number(i.low),
        high: number(i.high),
    }
}

fn failures(cx: &Context<'_>) -> Failures {
    let t = &cx.report.totals;
    let mut by_channel = counts(cx, &t.by_channel, true);
    for channel in model::Channel::ALL {
        by_channel.entry(channel.as_str().to_owned()).or_default();
    }
    Failures {
        attempts: t.attempts,
        failed: t.failed,
        caused: t.caused,
        unrelated: t.unrelated,
        undetermined: t.undetermined,
        expected_caused: interval(&t.expected_caused),
        excess: t.excess.as_ref().map(interval),
        expected_in_excess: t.expected_in_excess,
        by_channel,
        by_exchange: counts(cx, &t.by_exchange, false),
        by_merchant: counts(cx, &t.by_merchant, false),
        by_method: counts(cx, &t.by_method, false),
        by_currency: counts(cx, &t.by_currency, false),
        by_error: counts(cx, &t.by_error, true),
    }
}

fn impact(cx: &Context<'_>) -> Impact {
    let i = &cx.report.impact;
    let money = |a: &model::Amounts| amounts(&cx.redactor, a);
    Impact {
        orders_affected: i.orders_affected,
        orders_recovered: i.orders_recovered,
        orders_lost: i.orders_lost,
        orders_unknown: i.orders_unknown,
        recovered_same_method: i.recovered_same_method,
        recovered_other_method: i.recovered_other_method,
        customers_affected: i.customers_affected,
        amount_failed: money(&i.amount_failed),
        amount_lost: money(&i.amount_lost),
        amount_recovered: money(&i.amount_recovered),
        amount_unknown: money(&i.amount_unknown),
        unknown_outcome: UnknownOutcome {
            attempts: i.unknown_outcome.attempts,
            amount: money(&i.unknown_outcome.amount),
        },
        open_attempts: i.open_attempts,
    }
}

fn detection(report: &Report) -> Detection {
    let d = &report.detection;
    Detection {
        outage: d.outage.clone(),
        first_failure_at: d.first_failure_at.map(time),
        first_caused_at: d.first_caused_at.map(time),
        detected_at: d.detected_at.map(time),
        responded_at: d.responded_at.map(time),
        acknowledged_at: d.acknowledged_at.map(time),
        acknowledgement_delay_s: d.acknowledgement_delay_s.map(number),
        recovered_at: d.recovered_at.map(time),
        last_caused_at: d.last_caused_at.map(time),
        tail_s: d.tail_s.map(number),
    }
}

impl Analysis {
    /// The whole report as `analyze -f json` writes it.
    pub(crate) fn of(cx: &Context<'_>) -> Analysis {
        let report = cx.report;
        Analysis {
            schema_version: SCHEMA_VERSION.to_owned(),
            tool_version: cx.view.version.to_owned(),
            headline: sentences::headline(cx),
            inputs: inputs(cx),
            window: report.window.map(|w| Window {
                start: time(w.start),
                end: time(w.end),
            }),
            thresholds: Thresholds {
                caused_at: report.thresholds.caused_at,
                unrelated_at: report.thresholds.unrelated_at,
            },
            outages: report
                .outages
                .iter()
                .zip(caused_by(report))
                .map(|(o, caused)| outage(cx, o, caused))
                .collect(),
            failures: failures(cx),
            impact: impact(cx),
            detection: detection(report),
            findings: report.findings.iter().map(|f| finding(cx, f)).collect(),
            what_if: WhatIf {
                cases: report
                    .what_if
                    .cases
                    .iter()
                    .map(|c| what_if(cx, c))
                    .collect(),
                left_out: report
                    .what_if
                    .left_out
                    .iter()
                    .map(|l| left_out(cx, l))
                    .collect(),
            },
            slo: report.slo.as_ref().map(slo),
            warnings: report.warnings.iter().map(|w| cx.text(w)).collect(),
            series: report.strips.iter().map(|s| series(cx, s)).collect(),
        }
    }
}

fn finding(cx: &Context<'_>, f: &model::Finding) -> Finding {
    Finding {
        id: f.id.clone(),
        title: cx.text(&f.title),
        severity: f.severity.as_str().to_owned(),
        confidence: number(f.confidence),
        detail: cx.text(&f.detail),
        evidence: evidence(cx, &f.evidence),
    }
}

fn what_if(cx: &Context<'_>, c: &model::WhatIfCase) -> WhatIfCase {
    WhatIfCase {
        kind: c.kind.to_owned(),
        outage: c.outage.clone(),
        title: cx.text(&c.title),
        assumptions: c.assumptions.iter().map(|a| cx.text(a)).collect(),
        takeover_s: c.takeover_s,
        failures_saved: whole(c.failures.mean),
        orders_saved: whole(c.orders.mean),
        amount_saved: amounts(&cx.redactor, &c.amount_saved),
        amount_at_stake: amounts(&cx.redactor, &c.amount_at_stake),
        expected: Expected {
            failures: interval(&c.failures),
            orders: interval(&c.orders),
        },
        rates: c.rates.iter().map(|r| observed_rate(cx, r)).collect(),
        refused: c.refused.as_ref().map(|r| Refused {
            attempts: r.attempts,
            amount: amounts(&cx.redactor, &r.amount),
        }),
        switched: c.switched.map(|s| Switched {
            affected: s.affected,
            switched: s.switched,
            succeeded: s.succeeded,
        }),
    }
}

fn observed_rate(cx: &Context<'_>, r: &model::ObservedRate) -> ObservedRate {
    let text = |t: &Option<String>| t.as_deref().map(|t| cx.text(t));
    ObservedRate {
        exchange: text(&r.exchange),
        method: text(&r.method),
        currency: text(&r.currency),
        attempts: r.attempts,
        succeeded: r.succeeded,
        rate: interval(&r.rate),
    }
}

fn left_out(cx: &Context<'_>, l: &model::LeftOut) -> LeftOut {
    LeftOut {
        kind: l.kind.to_owned(),
        outage: l.outage.clone(),
        reason: cx.text(&l.reason),
    }
}

fn slo(s: &model::Slo) -> Slo {
    Slo {
        success_rate: s.target.success_rate,
        window_days: s.target.window_days,
        count_declines: s.target.count_declines,
        attempts: s.attempts,
        failed: s.failed,
        expected_caused: number(s.expected_caused),
        observed_days: number(s.observed_days),
        window_attempts: number(s.window_attempts),
        budget: number(s.budget),
        burnt: number(s.burnt()),
        burnt_without: number(s.burnt_without()),
        assumptions: s.assumptions.clone(),
    }
}

fn series(cx: &Context<'_>, s: &model::Strip) -> Series {
    Series {
        name: cx.text(&s.name),
        side: s.side.as_str().to_owned(),
        start: time(s.span.start),
        end: time(s.span.end),
        bucket_s: number(s.span.secs() / s.buckets.len().max(1) as f64),
        total: s.buckets.iter().map(|b| b.total).collect(),
        bad: s.buckets.iter().map(|b| b.bad).collect(),
    }
}

impl Failure {
    /// One failed attempt as a row.
    pub(crate) fn of(cx: &Context<'_>, f: &model::FailedAttempt) -> Failure {
        let text = |t: &Option<std::sync::Arc<str>>| t.as_deref().map(|t| cx.text(t));
        Failure {
            time: time(f.time),
            payment_id: cx.redactor.id(&f.payment_id),
            order_id: f.order_id.as_deref().map(|o| cx.redactor.id(o)),
            merchant: text(&f.merchant),
            method: text(&f.method),
            exchange: text(&f.exchange),
            currency: text(&f.currency),
            amount: f.amount.map(|a| a.to_string()),
            outcome: f.outcome.as_str().to_owned(),
            error_code: text(&f.error_code),
            error_message: text(&f.error_message),
            error_class: f.error_class.as_str().to_owned(),
            verdict: f.verdict.as_str().to_owned(),
            probability: number(f.probability),
            outage: cx.outage_id(f.outage).map(str::to_owned),
            channel: f.channel.map(|c| c.as_str().to_owned()),
            evidence: evidence(cx, &f.evidence),
            source: Source::of(cx.report, f.source),
        }
    }
}

impl Moment {
    /// One moment as a row; `onset` is that of the main outage.
    pub(crate) fn of(cx: &Context<'_>, m: &model::Moment, onset: Option<Time>) -> Moment {
        Moment {
            time: time(m.time),
            offset_s: onset.map(|o| number(m.time.secs_since(o))),
            side: m.side.as_str().to_owned(),
            text: cx.text(&m.text),
            outage: cx.outage_id(m.outage).map(str::to_owned),
            source: m.source.map(|s| Source::of(cx.report, s)),
        }
    }
}

impl TimelineRow {
    /// One record as a row.
    pub(crate) fn of(redactor: &Redactor, path: String, row: &model::TimelineRow) -> TimelineRow {
        let text = |t: &Option<String>| t.as_deref().map(|t| redactor.text(t));
        let id = |t: &Option<String>| t.as_deref().map(|t| redactor.id(t));
        TimelineRow {
            time: time(row.time),
            time_precision: row.precision.as_str().to_owned(),
            zone_from: row.zone_from.as_str().to_owned(),
            role: row.role.as_str().to_owned(),
            kind: row.kind.to_string(),
            format: row.format.to_string(),
            level: text(&row.level),
            service: text(&row.service),
            exchange: text(&row.exchange),
            component: text(&row.component),
            merchant: text(&row.merchant),
            payment_id: id(&row.payment_id),
            trace_id: id(&row.trace_id),
            method: text(&row.method),
            path: text(&row.path),
            status: text(&row.status),
            duration_ms: row.duration_ms.map(number),
            outcome: row.outcome.map(|o| o.as_str().to_owned()),
            error_class: row.error_class.map(|c| c.as_str().to_owned()),
            message: text(&row.message),
            source: Source {
                path,
                line: row.source.line,
            },
        }
    }
}

impl Step {
    fn of(cx: &Context<'_>, step: &model::Step) -> Step {
        Step {
            rule: step.rule.to_owned(),
            detail: cx.text(&step.detail),
            log_odds: number(step.log_odds),
            probability: number(step.probability),
            source: Source::of(cx.report, step.source),
        }
    }
}

impl Explanation {
    /// The story of one attempt as `explain -f json` writes it.
    pub(crate) fn of(cx: &Context<'_>, story: &model::Story, onset: Option<Time>) -> Explanation {
        let texts = |list: &[String]| list.iter().map(|t| cx.text(t)).collect();
        Explanation {
            schema_version: SCHEMA_VERSION.to_owned(),
            payment_id: cx.redactor.id(&story.payment_id),
            failure: story.failed.as_ref().map(|f| Failure::of(cx, f)),
            steps: story.steps.iter().map(|s| Step::of(cx, s)).collect(),
            events: story
                .events
                .iter()
                .map(|m| Moment::of(cx, m, onset))
                .collect(),
            state: texts(&story.state),
            baseline: texts(&story.baseline),
            counterfactuals: story
                .counterfactuals
                .iter()
                .map(|c| Counterfactual {
                    condition: cx.text(&c.condition),
                    probability: number(c.probability),
                    verdict: c.verdict.as_str().to_owned(),
                })
                .collect(),
            would_change: texts(&story.would_change),
            lines: story
                .lines
                .iter()
                .map(|c| QuotedLine {
                    source: Source::of(cx.report, c.source),
                    text: cx.text(&c.text),
                })
                .collect(),
        }
    }
}
