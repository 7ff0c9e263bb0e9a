//! Compares what `knockon` says of a folder of logs with the truth about it.
//!
//! Runs the program as a user would and reads its documented outputs, so that it depends on the contract alone.

use std::fmt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use chrono::DateTime;
use serde_json::Value;

use crate::sim::truth::{Bounds, TrueFailure, TrueOutage, Truth};

/// How far a reported outage may lie from a true one and still be taken for it.
const OVERLAP_SLACK_S: f64 = 120.0;
/// A true outage that spoilt fewer calls than this can be missed without blame.
const DETECTABLE_CALLS: u64 = 5;

/// What `knockon` said.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    rows: Vec<Row>,
    outages: Vec<SaidOutage>,
    orders: (u64, u64, u64),
    expected: (f64, f64, f64),
}

#[derive(Debug)]
struct Row {
    payment_id: String,
    verdict: String,
    probability: f64,
    outage: Option<String>,
    channel: Option<String>,
    outcome: String,
}

#[derive(Debug)]
struct SaidOutage {
    id: String,
    exchange: String,
    start: f64,
    start_interval: (f64, f64),
    end: Option<f64>,
    end_interval: Option<(f64, f64)>,
}

/// Runs the program on a folder of logs and reads its answer.
pub(crate) fn ask(program: &Path, folder: &Path) -> anyhow::Result<Answer> {
    let failures = output(program, &["failures", "-f", "jsonl"], folder)?;
    let report = output(program, &["analyze", "-f", "json"], folder)?;
    read(&failures, &report)
}

/// Reads what `failures -f jsonl` and `analyze -f json` printed.
pub(crate) fn read(failures: &str, report: &str) -> anyhow::Result<Answer> {
    let report: Value =
        serde_json::from_str(report).context("`analyze -f json` printed no JSON")?;
    let mut answer = Answer::default();
    for line in failures.lines() {
        answer
            .rows
            .push(row(line).with_context(|| format!("in the row {line}"))?);
    }
    for outage in report["outages"]
        .as_array()
        .context("`outages` is no list")?
    {
        answer
            .outages
            .push(said_outage(outage).with_context(|| format!("in the outage {outage}"))?);
    }
    let impact = &report["impact"];
    let count = |key: &str| {
        impact[key]
            .as_u64()
            .with_context(|| format!("impact.{key} is no count"))
    };
    answer.orders = (
        count("orders_affected")?,
        count("orders_recovered")?,
        count("orders_lost")?,
    );
    let expected = &report["failures"]["expected_caused"];
    let number = |key: &str| {
        expected[key]
            .as_f64()
            .with_context(|| format!("expected_caused.{key} is no number"))
    };
    answer.expected = (number("mean")?, number("low")?, number("high")?);
    Ok(answer)
}

fn output(program: &Path, arguments: &[&str], folder: &Path) -> anyhow::Result<String> {
    let run = Command::new(program)
        .args(arguments)
        .args(["--progress", "never"])
        .arg(folder)
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    if !run.status.success() {
        bail!(
            "{} {} {} ended with {}: {}",
            program.display(),
            arguments.join(" "),
            folder.display(),
            run.status,
            String::from_utf8_lossy(&run.stderr)
        );
    }
    String::from_utf8(run.stdout).context("the output is no UTF-8")
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn row(line: &str) -> anyhow::Result<Row> {
    let value: Value = serde_json::from_str(line)?;
    Ok(Row {
        payment_id: text(&value["payment_id"]).context("no payment_id")?,
        verdict: text(&value["verdict"]).context("no verdict")?,
        probability: value["probability"].as_f64().context("no probability")?,
        outage: text(&value["outage"]),
        channel: text(&value["channel"]),
        outcome: text(&value["outcome"]).context("no outcome")?,
    })
}

/// Seconds since the epoch of an RFC 3339 time.
fn seconds(value: &Value) -> Option<f64> {
    value.as_str().and_then(seconds_of)
}

fn seconds_of(text: &str) -> Option<f64> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis() as f64 / 1000.0)
}

fn said_outage(value: &Value) -> anyhow::Result<SaidOutage> {
    let start = seconds(&value["start"]).context("no start")?;
    let end_interval = seconds(&value["end_earliest"]).zip(seconds(&value["end_latest"]));
    Ok(SaidOutage {
        id: text(&value["id"]).context("no id")?,
        exchange: text(&value["exchange"])
            .context("no exchange")?
            .to_lowercase(),
        start,
        start_interval: (
            seconds(&value["start_earliest"]).context("no start_earliest")?,
            seconds(&value["start_latest"]).context("no start_latest")?,
        ),
        end: seconds(&value["end"]),
        end_interval,
    })
}

/// Counts over failed attempts whose label is known; they add up over runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) failed: u64,
    pub(crate) caused: u64,
    pub(crate) true_positive: u64,
    pub(crate) false_positive: u64,
    pub(crate) undetermined: u64,
    squares: f64,
    /// By tenth of the probability given: attempts, sum of the probabilities, caused.
    pub(crate) tenths: [(u64, f64, u64); 10],
}

impl Tally {
    fn add(&mut self, probability: f64, said_caused: bool, undetermined: bool, caused: bool) {
        self.failed += 1;
        self.caused += u64::from(caused);
        self.true_positive += u64::from(said_caused && caused);
        self.false_positive += u64::from(said_caused && !caused);
        self.undetermined += u64::from(undetermined);
        let truth = if caused { 1.0 } else { 0.0 };
        self.squares += (probability - truth).powi(2);
        let tenth = &mut self.tenths[((probability * 10.0) as usize).min(9)];
        tenth.0 += 1;
        tenth.1 += probability;
        tenth.2 += u64::from(caused);
    }

    /// Adds another run.
    pub(crate) fn merge(&mut self, other: &Tally) {
        self.failed += other.failed;
        self.caused += other.caused;
        self.true_positive += other.true_positive;
        self.false_positive += other.false_positive;
        self.undetermined += other.undetermined;
        self.squares += other.squares;
        for (mine, theirs) in self.tenths.iter_mut().zip(other.tenths) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
            mine.2 += theirs.2;
        }
    }

    /// Of the attempts called caused, the share that was; 1 when none was called so.
    pub(crate) fn precision(&self) -> f64 {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Of the caused attempts, the share that was called so; 1 when there were none.
    pub(crate) fn recall(&self) -> f64 {
        ratio(self.true_positive, self.caused)
    }

    /// Harmonic mean of precision and recall.
    pub(crate) fn f1(&self) -> f64 {
        let (p, r) = (self.precision(), self.recall());
        if p + r == 0.0 {
            0.0
        } else {
            2.0 * p * r / (p + r)
        }
    }

    /// Mean squared error of the probability (Brier, 1950).
    pub(crate) fn brier(&self) -> f64 {
        if self.failed == 0 {
            0.0
        } else {
            self.squares / self.failed as f64
        }
    }

    /// Expected calibration error over tenths: the mean distance of the probability given from the share that came true.
    pub(crate) fn calibration_error(&self) -> f64 {
        let off: f64 = self
            .tenths
            .iter()
            .map(|(_, sum, caused)| (sum - *caused as f64).abs())
            .sum();
        if self.failed == 0 {
            0.0
        } else {
            off / self.failed as f64
        }
    }

    /// Sum of the probabilities.
    pub(crate) fn expected(&self) -> f64 {
        self.tenths.iter().map(|(_, sum, _)| sum).sum()
    }

    /// Error of the expected total as a share of the total; where nothing was caused, as a share of the failures.
    #[cfg_attr(test, expect(dead_code, reason = "the tests score single runs"))]
    pub(crate) fn total_error(&self) -> f64 {
        let scale = if self.caused == 0 {
            self.failed as f64
        } else {
            self.caused as f64
        };
        if scale == 0.0 {
            0.0
        } else {
            (self.expected() - self.caused as f64) / scale
        }
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// How well the onsets, or the ends, of outages were told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moments {
    /// Seconds between true and reported moment, one for each outage found with both known. Positive: reported late.
    pub(crate) errors: Vec<f64>,
    /// Seconds between the calls around the true moment, where they are known.
    pub(crate) gaps: Vec<f64>,
    /// Stated intervals that hold the true moment, of all stated.
    pub(crate) covered: (u64, u64),
}

impl Moments {
    fn cover(&mut self, truth: f64, (low, high): (f64, f64)) {
        // The contract writes milliseconds.
        self.covered.0 += u64::from(low - 0.001 <= truth && truth <= high + 0.001);
        self.covered.1 += 1;
    }

    fn merge(&mut self, other: &Moments) {
        self.errors.extend(&other.errors);
        self.gaps.extend(&other.gaps);
        self.covered.0 += other.covered.0;
        self.covered.1 += other.covered.1;
    }
}

/// How well one run was answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    pub(crate) tally: Tally,
    /// The same failures as judged by a predictor who was told the outages, dependencies and rates.
    pub(crate) ceiling: Tally,
    /// Failed attempts of the logs that were not answered; they count as probability 0.
    pub(crate) unanswered: u64,
    /// Answers about payments that did not fail.
    pub(crate) strangers: u64,
    pub(crate) onset: Moments,
    pub(crate) end: Moments,
    pub(crate) phantom_outages: u64,
    /// Those of them in a run without any outage.
    pub(crate) false_alarms: u64,
    pub(crate) missed_outages: u64,
    /// Outages whose open end was not said to be open, or the other way round.
    pub(crate) open_end_errors: u64,
    /// Caused failures held against the right outage, of all that were rightly called caused.
    pub(crate) right_outage: (u64, u64),
    pub(crate) right_channel: (u64, u64),
    pub(crate) right_outcome: (u64, u64),
    /// Orders affected, recovered, lost: said and true.
    pub(crate) orders: [(u64, u64); 3],
    /// Whether the interval of the expected total holds the true one.
    pub(crate) total_covered: (u64, u64),
}

impl Score {
    /// Adds another run.
    #[cfg_attr(test, expect(dead_code, reason = "the tests score single runs"))]
    pub(crate) fn merge(&mut self, other: &Score) {
        self.tally.merge(&other.tally);
        self.ceiling.merge(&other.ceiling);
        self.unanswered += other.unanswered;
        self.strangers += other.strangers;
        self.onset.merge(&other.onset);
        self.end.merge(&other.end);
        self.phantom_outages += other.phantom_outages;
        self.false_alarms += other.false_alarms;
        self.missed_outages += other.missed_outages;
        self.open_end_errors += other.open_end_errors;
        for (mine, theirs) in [
            (&mut self.right_outage, other.right_outage),
            (&mut self.right_channel, other.right_channel),
            (&mut self.right_outcome, other.right_outcome),
            (&mut self.total_covered, other.total_covered),
        ] {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
        for (mine, theirs) in self.orders.iter_mut().zip(other.orders) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
    }

    /// Every bound that does not hold, in words.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the scorer's example holds no bounds")
    )]
    pub(crate) fn violations(&self, bounds: &Bounds) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut least = |name: &str, value: f64, bound: Option<f64>| {
            if bound.is_some_and(|b| value < b) {
                wrong.push(format!(
                    "{name} {value:.4} is below {:.4}",
                    bound.unwrap_or_default()
                ));
            }
        };
        least("precision", self.tally.precision(), bounds.min_precision);
        least("recall", self.tally.recall(), bounds.min_recall);
        let mut most = |name: &str, value: f64, bound: Option<f64>| {
            if bound.is_some_and(|b| value > b) {
                wrong.push(format!(
                    "{name} {value:.4} is above {:.4}",
                    bound.unwrap_or_default()
                ));
            }
        };
        most("Brier score", self.tally.brier(), bounds.max_brier);
        most(
            "onset error",
            largest(&self.onset.errors),
            bounds.max_onset_error_s,
        );
        most(
            "end error",
            largest(&self.end.errors),
            bounds.max_end_error_s,
        );
        most(
            "phantom outages",
            self.phantom_outages as f64,
            bounds.max_phantom_outages.map(|b| b as f64),
        );
        most(
            "missed outages",
            self.missed_outages as f64,
            bounds.max_missed_outages.map(|b| b as f64),
        );
        if self.unanswered > 0 {
            wrong.push(format!(
                "{} failed payments were not answered",
                self.unanswered
            ));
        }
        if self.strangers > 0 {
            wrong.push(format!(
                "{} answers are about payments that did not fail",
                self.strangers
            ));
        }
        wrong
    }
}

/// The error that is furthest from zero, without its sign.
fn largest(errors: &[f64]) -> f64 {
    errors.iter().fold(0.0, |most, e| most.max(e.abs()))
}

/// Compares an answer with the truth.
pub(crate) fn score(truth: &Truth, answer: &Answer) -> Score {
    let mut score = Score::default();
    let pairs = match_outages(truth, answer, &mut score);
    let rows: std::collections::BTreeMap<&str, &Row> = answer
        .rows
        .iter()
        .map(|r| (r.payment_id.as_str(), r))
        .collect();
    let known: std::collections::BTreeSet<&str> = truth
        .failures
        .iter()
        .map(|f| f.payment_id.as_str())
        .collect();
    score.strangers = rows.keys().filter(|id| !known.contains(*id)).count() as u64;
    for failure in &truth.failures {
        score.ceiling.add(
            failure.ceiling,
            failure.ceiling >= 0.66,
            (0.33..0.66).contains(&failure.ceiling),
            failure.caused,
        );
        match rows.get(failure.payment_id.as_str()) {
            Some(row) => judge(failure, row, &pairs, &mut score),
            None => {
                score.unanswered += 1;
                score.tally.add(0.0, false, false, failure.caused);
            }
        }
    }
    let (affected, recovered, lost) = answer.orders;
    let o = truth.orders;
    score.orders = [
        (affected, o.affected),
        (recovered, o.recovered),
        (lost, o.lost),
    ];
    let (_, low, high) = answer.expected;
    let total = score.tally.caused as f64;
    score.total_covered = (u64::from(low <= total && total <= high), 1);
    score
}

fn judge(failure: &TrueFailure, row: &Row, pairs: &[(String, String)], score: &mut Score) {
    let said = row.verdict == "caused";
    score.tally.add(
        row.probability,
        said,
        row.verdict == "undetermined",
        failure.caused,
    );
    let note = |slot: &mut (u64, u64), right: bool| {
        slot.0 += u64::from(right);
        slot.1 += 1;
    };
    note(&mut score.right_outcome, row.outcome == failure.outcome);
    if said && failure.caused {
        note(&mut score.right_channel, row.channel == failure.channel);
        let right = failure
            .outage
            .as_ref()
            .zip(row.outage.as_ref())
            .is_some_and(|(truth, said)| pairs.iter().any(|(t, s)| t == truth && s == said));
        note(&mut score.right_outage, right);
    }
}

/// Pairs true and reported outages by exchange and overlap; the pairs of ids.
fn match_outages(truth: &Truth, answer: &Answer, score: &mut Score) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for outage in &truth.outages {
        let mut found: Vec<&SaidOutage> =
            answer.outages.iter().filter(|s| same(outage, s)).collect();
        found.sort_by(|a, b| a.start.total_cmp(&b.start));
        pairs.extend(found.iter().map(|s| (outage.id.clone(), s.id.clone())));
        let (Some(first), Some(last)) = (found.first(), found.last()) else {
            score.missed_outages += u64::from(outage.bad_calls >= DETECTABLE_CALLS);
            continue;
        };
        if let Some(start) = outage.start.as_deref().and_then(seconds_of) {
            score.onset.errors.push(first.start - start);
            score.onset.gaps.extend(outage.start_gap_s);
            score.onset.cover(start, first.start_interval);
        }
        match (outage.end.as_deref().and_then(seconds_of), last.end) {
            (Some(end), Some(said)) => {
                score.end.errors.push(said - end);
                score.end.gaps.extend(outage.end_gap_s);
                if let Some(interval) = last.end_interval {
                    score.end.cover(end, interval);
                }
            }
            (None, None) => {}
            _ => score.open_end_errors += 1,
        }
    }
    score.phantom_outages = answer
        .outages
        .iter()
        .filter(|said| !truth.outages.iter().any(|o| same(o, said)))
        .count() as u64;
    if truth.outages.is_empty() {
        score.false_alarms = score.phantom_outages;
    }
    pairs
}

fn same(outage: &TrueOutage, said: &SaidOutage) -> bool {
    let start = outage
        .start
        .as_deref()
        .and_then(seconds_of)
        .unwrap_or(f64::MIN);
    let end = outage
        .end
        .as_deref()
        .and_then(seconds_of)
        .unwrap_or(f64::MAX);
    outage.exchange == said.exchange
        && said.start <= end + OVERLAP_SLACK_S
        && said.end.unwrap_or(f64::MAX) >= start - OVERLAP_SLACK_S
}

impl fmt::Display for Score {
    /// The whole score on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = &self.tally;
        write!(
            f,
            "failed {} caused {} (expected {:.1}) precision {:.3} recall {:.3} F1 {:.3} (ceiling {:.3}) Brier {:.4} (ceiling {:.4}) calibration {:.3} undetermined {} unanswered {} strangers {}",
            t.failed,
            t.caused,
            t.expected(),
            t.precision(),
            t.recall(),
            t.f1(),
            self.ceiling.f1(),
            t.brier(),
            self.ceiling.brier(),
            t.calibration_error(),
            t.undetermined,
            self.unanswered,
            self.strangers,
        )?;
        write!(
            f,
            " | outages: onset {:.1?} s, end {:.1?} s, covered {}/{} and {}/{}, phantom {}, missed {}, open ends wrong {}",
            self.onset.errors,
            self.end.errors,
            self.onset.covered.0,
            self.onset.covered.1,
            self.end.covered.0,
            self.end.covered.1,
            self.phantom_outages,
            self.missed_outages,
            self.open_end_errors,
        )?;
        let [affected, recovered, lost] = self.orders;
        write!(
            f,
            " | right outage {}/{}, channel {}/{}, outcome {}/{} | orders said/true: affected {}/{}, recovered {}/{}, lost {}/{}",
            self.right_outage.0,
            self.right_outage.1,
            self.right_channel.0,
            self.right_channel.1,
            self.right_outcome.0,
            self.right_outcome.1,
            affected.0,
            affected.1,
            recovered.0,
            recovered.1,
            lost.0,
            lost.1,
        )
    }
}
