//! `compare`: two incidents side by side, from what `analyze -f json` wrote of each.
//!
//! What is compared is the main outage of each and the totals. Only differences are stated, not why they are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Time;

use super::columns::{Align, Columns, Tone, paint, paragraph};
use super::{View, escape, json, wire, words};

/// One side of a comparison: the parts of an analysis that are compared.
#[derive(Clone, Debug, Deserialize)]
pub struct Analysed {
    outages: Vec<Outage>,
    failures: Failures,
    impact: Impact,
    detection: Detection,
    findings: Vec<Finding>,
    #[serde(skip)]
    path: String,
}

/// Why a file is no analysis that can be compared.
#[derive(Debug, thiserror::Error)]
pub enum NotAnalysed {
    /// It is no JSON document.
    #[error("{0} is not one JSON document: {1}")]
    Json(String, serde_json::Error),
    /// It is of a version with other meanings.
    #[error("{0} has schema version \"{1}\"; this version of knockon compares \"{version}\"", version = wire::SCHEMA_VERSION)]
    Version(String, String),
    /// It is some other document.
    #[error("{0} is not what \"knockon analyze -f json\" writes: {1}")]
    Other(String, String),
}

#[derive(Clone, Debug, Deserialize)]
struct Outage {
    id: String,
    exchange: String,
    kind: String,
    start: String,
    duration_s: Option<f64>,
    caused: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Failures {
    attempts: u64,
    failed: u64,
    caused: u64,
    unrelated: u64,
    undetermined: u64,
    by_channel: BTreeMap<String, Channel>,
}

#[derive(Clone, Debug, Deserialize)]
struct Channel {
    caused: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Impact {
    orders_affected: u64,
    orders_recovered: u64,
    orders_lost: u64,
    orders_unknown: u64,
    amount_lost: BTreeMap<String, String>,
    unknown_outcome: Unknown,
}

#[derive(Clone, Debug, Deserialize)]
struct Unknown {
    attempts: u64,
}

#[derive(Clone, Debug, Deserialize)]
struct Detection {
    outage: Option<String>,
    acknowledgement_delay_s: Option<f64>,
    first_caused_at: Option<String>,
    detected_at: Option<String>,
    tail_s: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
struct Finding {
    /// Stable id of the rule.
    id: String,
    title: String,
}

/// Output of `compare -f json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Comparison {
    schema_version: String,
    a: Side,
    b: Side,
    /// Numbers of the main outages and the totals, in a fixed order.
    measures: Vec<Measure>,
    /// Lost amounts by currency.
    amount_lost: Vec<Amount>,
    /// Findings that A has and B has not.
    findings_only_in_a: Vec<Finding>,
    /// Findings that B has and A has not.
    findings_only_in_b: Vec<Finding>,
    /// What a reader must know before drawing conclusions.
    notes: Vec<String>,
}

/// One incident.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Side {
    /// Path of its JSON, as given.
    path: String,
    /// Id of its main outage, the one that its `detection` is about; null when it has none.
    outage: Option<String>,
    exchange: Option<String>,
    /// What the answers were consistent with.
    kind: Option<String>,
    /// Onset of the main outage.
    #[schemars(extend("format" = "date-time"))]
    onset: Option<String>,
}

/// A number of both.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Measure {
    /// Stable id.
    id: String,
    /// `count`, `seconds` or `share` (of 1).
    #[schemars(extend("enum" = ["count", "seconds", "share"]))]
    unit: String,
    /// null when not known.
    a: Option<f64>,
    b: Option<f64>,
    /// `b` - `a`; null when either is not known.
    change: Option<f64>,
    #[serde(skip)]
    label: &'static str,
}

/// An amount of both, as decimal strings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Amount {
    currency: String,
    a: String,
    b: String,
    /// `b` - `a`; null when that cannot be told exactly.
    change: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Unit {
    Count,
    Seconds,
    Share,
}

impl Analysed {
    /// Reads what `analyze -f json` wrote. `path` names it in messages.
    ///
    /// # Errors
    /// When it is something else, or of another schema version.
    pub fn read(path: &str, text: &str) -> Result<Analysed, NotAnalysed> {
        let document: serde_json::Value =
            serde_json::from_str(text).map_err(|e| NotAnalysed::Json(path.to_owned(), e))?;
        let other = |why: String| NotAnalysed::Other(path.to_owned(), why);
        match document.get("schema_version").and_then(|v| v.as_str()) {
            Some(wire::SCHEMA_VERSION) => {}
            Some(version) => {
                return Err(NotAnalysed::Version(path.to_owned(), version.to_owned()));
            }
            None => return Err(other("it states no schema version".to_owned())),
        }
        let read: Analysed = serde_json::from_value(document).map_err(|e| other(e.to_string()))?;
        let onsets = read.outages.iter().map(|o| &o.start);
        let times = onsets
            .chain(&read.detection.first_caused_at)
            .chain(&read.detection.detected_at);
        for time in times {
            if time.parse::<Time>().is_err() {
                return Err(other(format!("\"{time}\" is not a time")));
            }
        }
        Ok(Analysed {
            path: path.to_owned(),
            ..read
        })
    }

    fn main(&self) -> Option<&Outage> {
        let named = self.detection.outage.as_ref();
        named
            .and_then(|id| self.outages.iter().find(|o| o.id == *id))
            .or_else(|| self.outages.iter().rev().max_by_key(|o| o.caused))
    }

    /// From the onset of the main outage to a time, in seconds.
    fn delay(&self, to: Option<&String>) -> Option<f64> {
        let onset: Time = self.main()?.start.parse().ok()?;
        let to: Time = to?.parse().ok()?;
        Some(to.secs_since(onset))
    }

    fn side(&self) -> Side {
        let main = self.main();
        Side {
            path: self.path.clone(),
            outage: main.map(|o| o.id.clone()),
            exchange: main.map(|o| o.exchange.clone()),
            kind: main.map(|o| o.kind.clone()),
            onset: main.map(|o| o.start.clone()),
        }
    }

    /// What is compared: id, words, unit, value. The same list for every analysis.
    fn numbers(&self) -> Vec<(String, &'static str, Unit, Option<f64>)> {
        let (f, i, d) = (&self.failures, &self.impact, &self.detection);
        let count = |id: &str, label, n: u64| (id.to_owned(), label, Unit::Count, Some(n as f64));
        let seconds = |id: &str, label, s| (id.to_owned(), label, Unit::Seconds, s);
        let share = |id: &str, label, part: u64, whole: u64| {
            let share = (whole > 0).then(|| part as f64 / whole as f64);
            (id.to_owned(), label, Unit::Share, share)
        };
        let channel = |id: &str| f.by_channel.get(id).map_or(0, |c| c.caused);
        let mut list = vec![
            count("outages", "Outages", self.outages.len() as u64),
            seconds(
                "duration_s",
                "Outage duration",
                self.main().and_then(|o| o.duration_s),
            ),
            seconds(
                "acknowledgement_delay_s",
                "Acknowledged after",
                d.acknowledgement_delay_s,
            ),
            seconds(
                "detection_delay_s",
                "First alert after",
                self.delay(d.detected_at.as_ref()),
            ),
            seconds(
                "first_caused_delay_s",
                "Knock-on after",
                self.delay(d.first_caused_at.as_ref()),
            ),
            seconds("tail_s", "Knock-on tail", d.tail_s),
            count("attempts", "Attempts", f.attempts),
            count("failed", "Failed", f.failed),
            share("failed_share", "Failure rate", f.failed, f.attempts),
            count("caused", "Knock-on failures", f.caused),
            share("caused_share", "Knock-on rate", f.caused, f.attempts),
            count("unrelated", "Unrelated", f.unrelated),
            count("undetermined", "Undetermined", f.undetermined),
            count("orders_affected", "Orders affected", i.orders_affected),
            count("orders_recovered", "Orders recovered", i.orders_recovered),
            share(
                "recovered_share",
                "Recovered share",
                i.orders_recovered,
                i.orders_affected,
            ),
            count("orders_lost", "Orders lost", i.orders_lost),
            count("orders_unknown", "Orders unknown", i.orders_unknown),
            count(
                "unknown_outcome",
                "To be reconciled",
                i.unknown_outcome.attempts,
            ),
        ];
        let by_channel =
            CHANNELS.map(|(id, label)| count(&format!("caused_{id}"), label, channel(id)));
        let after = list.iter().position(|(id, ..)| id == "unrelated");
        let after = after.unwrap_or(list.len());
        list.splice(after..after, by_channel);
        list
    }
}

const CHANNELS: [(&str, &str); 6] = [
    ("direct", "- direct"),
    ("timeout", "- timeout"),
    ("circuit_breaker", "- circuit_breaker"),
    ("collateral", "- collateral"),
    ("backlog", "- backlog"),
    ("retry", "- retry"),
];

impl Comparison {
    pub(crate) fn of(a: &Analysed, b: &Analysed) -> Comparison {
        Comparison {
            schema_version: wire::SCHEMA_VERSION.to_owned(),
            a: a.side(),
            b: b.side(),
            measures: measures(a, b),
            amount_lost: amounts(a, b),
            findings_only_in_a: only_in(a, b),
            findings_only_in_b: only_in(b, a),
            notes: notes(a, b),
        }
    }
}

fn measures(a: &Analysed, b: &Analysed) -> Vec<Measure> {
    let both = a.numbers().into_iter().zip(b.numbers());
    both.map(|((id, label, unit, a), (_, _, _, b))| Measure {
        id,
        label,
        unit: match unit {
            Unit::Count => "count",
            Unit::Seconds => "seconds",
            Unit::Share => "share",
        }
        .to_owned(),
        a,
        b,
        change: a.zip(b).map(|(a, b)| difference(a, b)),
    })
    .collect()
}

/// `b` - `a`, without the noise of binary fractions.
fn difference(a: f64, b: f64) -> f64 {
    ((b - a) * 1e6).round() / 1e6 + 0.0
}

fn amounts(a: &Analysed, b: &Analysed) -> Vec<Amount> {
    let (a, b) = (&a.impact.amount_lost, &b.impact.amount_lost);
    let currencies: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let of = |side: &BTreeMap<String, String>, currency: &String| {
        side.get(currency)
            .cloned()
            .unwrap_or_else(|| "0".to_owned())
    };
    let amount = |currency: &String| {
        let (a, b) = (of(a, currency), of(b, currency));
        let exact = b.parse().ok().zip(a.parse().ok());
        let change = exact.and_then(|(b, a): (Decimal, Decimal)| b.checked_sub(a));
        Amount {
            currency: currency.clone(),
            change: change.map(|c| c.to_string()),
            a,
            b,
        }
    };
    currencies.into_iter().map(amount).collect()
}

fn only_in(one: &Analysed, other: &Analysed) -> Vec<Finding> {
    let there: BTreeSet<&str> = other.findings.iter().map(|f| f.id.as_str()).collect();
    let missing = one
        .findings
        .iter()
        .filter(|f| !there.contains(f.id.as_str()));
    missing.cloned().collect()
}

fn notes(a: &Analysed, b: &Analysed) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, side) in [("A", a), ("B", b)] {
        match side.main() {
            None => notes.push(format!("No outage was found in {name}.")),
            Some(outage) if outage.duration_s.is_none() => notes.push(format!(
                "The logs of {name} end before the outage: its numbers are those up to there."
            )),
            Some(_) => {}
        }
        if side.outages.len() > 1 {
            notes.push(format!(
                "{name} has {} outages: times are those of {}, counts are of all.",
                words::count(side.outages.len() as u64),
                side.main().map_or("", |o| o.id.as_str())
            ));
        }
    }
    if let (Some(a), Some(b)) = (a.main(), b.main())
        && a.exchange != b.exchange
    {
        notes.push(format!(
            "The exchanges are different ones: {} in A, {} in B.",
            a.exchange, b.exchange
        ));
    }
    if a.failures.attempts != b.failures.attempts {
        notes.push("The numbers of attempts differ: compare shares rather than counts.".to_owned());
    }
    notes
}

impl Measure {
    fn shown(&self, value: Option<f64>) -> String {
        match (value, self.unit.as_str()) {
            (None, _) => "not known".to_owned(),
            (Some(v), "seconds") => signed(v, words::duration(v.abs()), ""),
            (Some(v), "share") => words::percent(v),
            (Some(v), _) => words::count(v as u64),
        }
    }

    fn shown_change(&self) -> String {
        match (self.change, self.unit.as_str()) {
            (None, _) => String::new(),
            (Some(0.0), _) => "same".to_owned(),
            (Some(v), "seconds") => signed(v, words::duration(v.abs()), "+"),
            (Some(v), "share") => signed(v, format!("{:.1} points", v.abs() * 100.0), "+"),
            (Some(v), _) => {
                let share = self.a.filter(|a| *a > 0.0).map(|a| v / a);
                let relative = share.map_or(String::new(), |s| {
                    format!(" ({})", signed(s, words::percent(s.abs()), "+"))
                });
                signed(v, words::count(v.abs() as u64), "+") + &relative
            }
        }
    }
}

fn signed(value: f64, text: String, plus: &str) -> String {
    let sign = if value < 0.0 { "-" } else { plus };
    format!("{sign}{text}")
}

/// Rows for people: what, A, B, change. Channels that neither has are left out.
fn rows(c: &Comparison, view: &View) -> Vec<[String; 4]> {
    let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "none".to_owned());
    let onset = |side: &Side| match side.onset.as_ref().and_then(|t| t.parse().ok()) {
        Some(time) => view.zone.stamp(time),
        None => "none".to_owned(),
    };
    let differs = |a: &String, b: &String| if a == b { "same" } else { "differs" }.to_owned();
    let mut rows = Vec::new();
    for (label, a, b) in [
        ("Exchange", text(&c.a.exchange), text(&c.b.exchange)),
        ("Consistent with", text(&c.a.kind), text(&c.b.kind)),
    ] {
        let change = differs(&a, &b);
        rows.push([label.to_owned(), a, b, change]);
    }
    rows.push(["Onset".to_owned(), onset(&c.a), onset(&c.b), String::new()]);
    let none = |m: &&Measure| {
        let absent = |v: Option<f64>| v.is_none_or(|v| v == 0.0);
        !(m.label.starts_with("- ") && absent(m.a) && absent(m.b))
    };
    rows.extend(c.measures.iter().filter(none).map(|m| {
        let (a, b) = (m.shown(m.a), m.shown(m.b));
        [m.label.to_owned(), a, b, m.shown_change()]
    }));
    rows.extend(c.amount_lost.iter().map(|m| {
        let change = match &m.change {
            None => String::new(),
            Some(_) if m.a == m.b => "same".to_owned(),
            Some(change) if change.starts_with('-') => change.clone(),
            Some(change) => format!("+{change}"),
        };
        [
            format!("{} lost", m.currency),
            m.a.clone(),
            m.b.clone(),
            change,
        ]
    }));
    rows
}

/// The first line: the answer, with its denominators.
fn answer(a: &Analysed, b: &Analysed) -> String {
    let of = |side: &Analysed| words::of(side.failures.caused, side.failures.attempts);
    format!(
        "Knock-on failures: {} of the payment attempts in A, {} in B.",
        of(a),
        of(b)
    )
}

/// Writes a comparison as `table`, `markdown` or `json`; any other word gives the table.
///
/// # Errors
/// Only those of `out`.
pub fn write(
    a: &Analysed,
    b: &Analysed,
    view: &View,
    format: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let comparison = Comparison::of(a, b);
    match format {
        "json" => json::document(&comparison, out),
        "markdown" => markdown(a, b, &comparison, view, out),
        _ => table(a, b, &comparison, view, out),
    }
}

fn table(
    a: &Analysed,
    b: &Analysed,
    c: &Comparison,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    paragraph(&answer(a, b), "", view, Tone::Strong, out)?;
    writeln!(out)?;
    for (name, side) in [("A", &c.a), ("B", &c.b)] {
        writeln!(out, "{name}: {}", escape::visible(&side.path))?;
    }
    writeln!(out)?;
    let head = [
        ("", Align::Left),
        ("A", Align::Right),
        ("B", Align::Right),
        ("change", Align::Right),
    ];
    let mut columns = Columns::new(&head, 0);
    for row in rows(c, view) {
        columns.row(row.to_vec());
    }
    columns.write(view, 0, out)?;
    for (name, findings) in only(c) {
        writeln!(
            out,
            "\n{}",
            paint(&format!("Findings only in {name}"), Tone::Strong, view)
        )?;
        for finding in findings {
            paragraph(
                &escape::visible(&finding.title),
                "  ",
                view,
                Tone::Plain,
                out,
            )?;
        }
    }
    if !c.notes.is_empty() {
        writeln!(out, "\n{}", paint("To keep in mind", Tone::Strong, view))?;
        for note in &c.notes {
            paragraph(&escape::visible(note), "  ", view, Tone::Plain, out)?;
        }
    }
    Ok(())
}

fn only(c: &Comparison) -> impl Iterator<Item = (&'static str, &[Finding])> {
    let both = [("A", &c.findings_only_in_a), ("B", &c.findings_only_in_b)];
    let some = both.into_iter().filter(|(_, list)| !list.is_empty());
    some.map(|(name, list)| (name, list.as_slice()))
}

fn markdown(
    a: &Analysed,
    b: &Analysed,
    c: &Comparison,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}\n", escape::markdown(&answer(a, b)))?;
    for (name, side) in [("A", &c.a), ("B", &c.b)] {
        writeln!(out, "- {name}: {}", escape::markdown(&side.path))?;
    }
    writeln!(out, "\n| | A | B | Change |\n| --- | ---: | ---: | ---: |")?;
    for row in rows(c, view) {
        let cells = row.map(|cell| escape::markdown(&cell));
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    for (name, findings) in only(c) {
        writeln!(out, "\nFindings only in {name}:\n")?;
        for finding in findings {
            writeln!(out, "- {}", escape::markdown(&finding.title))?;
        }
    }
    if !c.notes.is_empty() {
        writeln!(out, "\nTo keep in mind:\n")?;
        for note in &c.notes {
            writeln!(out, "- {}", escape::markdown(note))?;
        }
    }
    Ok(())
}
