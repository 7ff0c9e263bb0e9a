//! What a postmortem shows beyond the digest: the diagram, what is to be reconciled, the metrics with their formulas, and the
//! findings by what they mean for the reader. Layouts show it by the names of these fields.

use serde::Serialize;

use crate::model::{FailedAttempt, Outcome, Report, Side, Time, Verdict};

use super::outages::{self, main_outage};
use super::phrases;
use super::sentences;
use super::view::{
    ActionView, Context, CountTable, Digest, Fact, FindingView, MomentView, caused_counts,
};
use super::{View, table, words};

/// Everything that a layout can show.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Postmortem {
    #[serde(flatten)]
    digest: Digest,
    schema_version: &'static str,
    /// The folder that all inputs are in; places are told below it.
    folder: String,
    /// The failure rates over time as lines of text; empty where nothing was logged.
    strips: String,
    /// Lanes of a Gantt diagram; none without an outage.
    gantt: Vec<Lane>,
    /// Attempts whose outcome is unknown, in time order, up to [`MOST_ROWS`].
    reconcile: Vec<ToReconcile>,
    /// How many more there are; empty when none.
    reconcile_more: String,
    reconcile_about: String,
    /// What set it off, in a sentence.
    trigger: String,
    /// Findings about our own side.
    factors: Vec<FindingView>,
    /// Rival explanations and limits.
    others: Vec<FindingView>,
    milestones: Vec<Milestone>,
    metrics: Vec<Metric>,
    glossary: Vec<Term>,
}

/// Rows of what is to be reconciled that a document holds.
const MOST_ROWS: usize = 100;

/// Findings that tell how our own side let the outage reach payments, or kept it from being seen.
const FACTORS: [&str; 8] = [
    "single-dependency",
    "no-fallback-used",
    "retry-storm",
    "long-time-outs",
    "late-alert",
    "no-alert",
    "status-page-late",
    "alert-threshold",
];

impl Postmortem {
    /// What layouts show of a report.
    pub(crate) fn of(cx: &Context<'_>) -> Postmortem {
        let all = Postmortem::internal(cx);
        if cx.is_external() {
            all.external()
        } else {
            all
        }
    }

    /// What people outside may see: what is not named here, they do not get.
    fn external(self) -> Postmortem {
        let d = self.digest;
        let table = |t: &CountTable| matches!(t.by, "exchange" | "currency" | "method");
        let open_to_all = |f: &Fact| f.label != "Attempts to reconcile";
        let public = |m: &MomentView| m.side != Side::Notes.as_str();
        let uncited = |m: MomentView| MomentView {
            cite: String::new(),
            place: String::new(),
            line: String::new(),
            ..m
        };
        let unexplained = |a: ActionView| ActionView {
            because: String::new(),
            ..a
        };
        Postmortem {
            schema_version: self.schema_version,
            gantt: self
                .gantt
                .into_iter()
                .filter(|l| l.name != "Notes")
                .collect(),
            trigger: self.trigger,
            glossary: self.glossary,
            digest: Digest {
                title: d.title,
                version: d.version,
                zone: d.zone,
                redaction: d.redaction,
                has_outage: d.has_outage,
                has_knock_on: d.has_knock_on,
                has_failures: d.has_failures,
                window: d.window,
                answer: d.answer,
                summary: d.summary,
                tables: d.tables.into_iter().filter(table).collect(),
                impact: d.impact.into_iter().filter(open_to_all).collect(),
                not_affected: d.not_affected,
                moments: d.moments.into_iter().filter(public).map(uncited).collect(),
                actions: d.actions.into_iter().map(unexplained).collect(),
                method: d.method,
                ..Digest::default()
            },
            ..Postmortem::default()
        }
    }

    fn internal(cx: &Context<'_>) -> Postmortem {
        let digest = Digest::of(cx);
        let (factors, others) = digest
            .findings
            .iter()
            .cloned()
            .partition(|f| FACTORS.contains(&f.id.as_str()));
        let unknown: Vec<&FailedAttempt> = cx
            .report
            .failures
            .iter()
            .filter(|f| f.outcome == Outcome::Unknown)
            .collect();
        let more = unknown.len().saturating_sub(MOST_ROWS) as u64;
        Postmortem {
            schema_version: super::wire::SCHEMA_VERSION,
            folder: cx.folder().to_owned(),
            strips: strips(cx),
            gantt: match cx.report.outages.is_empty() {
                true => Vec::new(),
                false => gantt(cx),
            },
            reconcile: unknown
                .iter()
                .take(MOST_ROWS)
                .map(|f| to_reconcile(cx, f))
                .collect(),
            reconcile_more: if more > 0 {
                words::count(more)
            } else {
                String::new()
            },
            reconcile_about: sentences::reconcile_about(cx),
            trigger: sentences::trigger(cx),
            factors,
            others,
            milestones: milestones(cx),
            metrics: metrics(cx),
            glossary: glossary(),
            digest,
        }
    }
}

/// An attempt of unknown outcome.
#[derive(Clone, Debug, Serialize)]
struct ToReconcile {
    id: String,
    order: String,
    time: String,
    exchange: String,
    amount: String,
    verdict: &'static str,
    place: String,
    line: String,
}

fn to_reconcile(cx: &Context<'_>, f: &FailedAttempt) -> ToReconcile {
    let row = super::view::failure(cx, f);
    let order = f.order_id.as_deref().map(|o| cx.redactor.id(o));
    ToReconcile {
        id: row.id,
        order: order.unwrap_or_default(),
        time: row.time,
        exchange: row.exchange,
        amount: row.amount,
        verdict: row.verdict,
        place: cx.short_place(f.source),
        line: cx.line_id(f.source),
    }
}

/// Columns of the strips: what a page shows without scrolling.
const STRIP_WIDTH: usize = 100;

fn strips(cx: &Context<'_>) -> String {
    let view = View {
        width: STRIP_WIDTH,
        color: false,
        unicode: true,
        ..*cx.view
    };
    let mut text = Vec::new();
    // a buffer takes everything
    let _ = table::strips(&Context::new(cx.report, &view), &mut text);
    String::from_utf8_lossy(&text).trim().to_owned()
}

/// A row of bars of the diagram.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Lane {
    name: String,
    bars: Vec<Bar>,
}

/// A bar or a milestone; times without a zone, which the diagram's title states.
#[derive(Clone, Debug, Serialize)]
struct Bar {
    label: String,
    /// `crit`, `active`, `done` or `milestone`.
    kind: &'static str,
    start: String,
    /// An end, or a length of nothing.
    end: String,
}

/// Milestones of a lane beyond so many would cover each other.
const MOST_MILESTONES: usize = 12;

pub(super) fn gantt(cx: &Context<'_>) -> Vec<Lane> {
    let report = cx.report;
    let Some(window) = report.window else {
        return Vec::new();
    };
    let logged = bar(cx, "Logged".to_owned(), "done", window.start, window.end);
    let outages = report.outages.iter().map(|o| {
        let span = o.span(window.end);
        let open = if o.end.is_none() {
            " (end not seen)"
        } else {
            ""
        };
        let label = format!("{} of {}{open}", o.id, cx.text(&o.exchange_name));
        bar(cx, label, "crit", span.start, span.end)
    });
    let failures = report
        .outages
        .iter()
        .zip(caused_counts(report))
        .enumerate()
        .filter_map(|(at, (o, caused))| {
            let (first, last) = caused_stretch(report, at)?;
            let failures = words::plural(caused, "knock-on failure", "knock-on failures");
            let label = format!("{failures} of {}", o.id);
            Some(bar(cx, label, "active", first, last))
        });
    let lanes = [
        ("Logs", vec![logged]),
        ("Exchanges", outages.collect()),
        ("Payments", failures.collect()),
        ("Status page", milestones_of(cx, Side::Status)),
        ("Notes", milestones_of(cx, Side::Notes)),
    ];
    lanes
        .into_iter()
        .filter(|(_, bars)| !bars.is_empty())
        .map(|(name, bars)| Lane {
            name: name.to_owned(),
            bars,
        })
        .collect()
}

fn bar(cx: &Context<'_>, label: String, kind: &'static str, start: Time, end: Time) -> Bar {
    Bar {
        label,
        kind,
        start: cx.zone().bare(start),
        // shorter ones would not be drawn
        end: cx.zone().bare(end.max(start.plus_secs(1.0))),
    }
}

fn milestones_of(cx: &Context<'_>, side: Side) -> Vec<Bar> {
    let of_side = cx.report.moments.iter().filter(|m| m.side == side);
    of_side
        .take(MOST_MILESTONES)
        .map(|m| Bar {
            label: milestone_label(&cx.text(&m.text), side),
            kind: "milestone",
            start: cx.zone().bare(m.time),
            end: "0s".to_owned(),
        })
        .collect()
}

/// What fits beside a milestone: of a status page's update its status, of a note its beginning.
fn milestone_label(text: &str, side: Side) -> String {
    match text.split_once(" - ") {
        Some((status, _)) if side == Side::Status => status.to_owned(),
        _ => shortened(text, 50),
    }
}

/// The text, cut between words at so many characters.
fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most).collect();
    let whole = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(whole, _)| whole);
    format!("{whole} ...")
}

fn caused_stretch(report: &Report, outage: usize) -> Option<(Time, Time)> {
    let times = report
        .failures
        .iter()
        .filter(|f| f.verdict == Verdict::Caused && f.outage == Some(outage))
        .map(|f| f.time);
    Some((times.clone().min()?, times.max()?))
}

/// A moment that metrics are made of.
#[derive(Clone, Debug, Serialize)]
struct Milestone {
    id: &'static str,
    what: &'static str,
    when: String,
}

fn milestones(cx: &Context<'_>) -> Vec<Milestone> {
    let report = cx.report;
    let Some(at) = main_outage(report) else {
        return Vec::new();
    };
    let outage = &outages::views(cx)[at];
    let onset = report.outages[at].start;
    let d = &report.detection;
    let when = |time: Option<Time>, none: &str| match time {
        Some(t) => format!(
            "{} ({})",
            cx.zone().prose(t),
            words::offset(t.secs_since(onset))
        ),
        None => none.to_owned(),
    };
    let no_notes = if cx.has_notes() {
        "none in the notes"
    } else {
        "no notes were read"
    };
    let none = "none in the logs";
    let spoken = match (d.acknowledged_at, d.acknowledgement_delay_s) {
        (Some(at), Some(delay)) => {
            format!("{}, {} the onset", cx.zone().prose(at), words::lag(delay))
        }
        (at, _) => when(at, phrases::NO_WORD.text),
    };
    [
        ("t0", "Onset of the outage", outage.onset_prose.clone()),
        (
            "t1",
            "First knock-on failure",
            when(d.first_caused_at, none),
        ),
        (
            "t2",
            "First alert in the notes",
            when(d.detected_at, no_notes),
        ),
        ("t3", "Alert acknowledged", when(d.responded_at, no_notes)),
        ("t4", "Exchange's first public word", spoken),
        (
            "t5",
            "Exchange served normally again",
            when(d.recovered_at, phrases::END_NOT_SEEN.text),
        ),
        ("t6", "Last knock-on failure", when(d.last_caused_at, none)),
    ]
    .into_iter()
    .map(|(id, what, when)| Milestone { id, what, when })
    .collect()
}

const RESTORE: &str = "t5 - t0";
const TAIL: &str = "t6 - t5";

/// A length of time between two milestones.
#[derive(Clone, Debug, Serialize)]
struct Metric {
    name: &'static str,
    value: String,
    formula: &'static str,
}

fn metrics(cx: &Context<'_>) -> Vec<Metric> {
    let report = cx.report;
    let Some(at) = main_outage(report) else {
        return Vec::new();
    };
    let outage = &report.outages[at];
    let d = &report.detection;
    let onset = Some(outage.start).filter(|_| !outage.began_before_log);
    [
        ("Propagation delay", "t1 - t0", onset, d.first_caused_at),
        (
            "Time to detect (TTD)",
            "t2 - t1",
            d.first_caused_at,
            d.detected_at,
        ),
        (
            "Time to acknowledge (TTA)",
            "t3 - t2",
            d.detected_at,
            d.responded_at,
        ),
        (
            "Exchange's public word after the onset",
            "t4 - t0",
            onset,
            d.acknowledged_at,
        ),
        (
            "Exchange's time to restore (TTR)",
            RESTORE,
            Some(outage.start),
            d.recovered_at,
        ),
        (
            "Payments failed for",
            "t6 - t1",
            d.first_caused_at,
            d.last_caused_at,
        ),
        (
            "Tail after the recovery",
            TAIL,
            d.recovered_at,
            d.last_caused_at,
        ),
    ]
    .into_iter()
    .map(|(name, formula, from, to)| Metric {
        name,
        formula,
        value: match from.zip(to).map(|(from, to)| to.secs_since(from)) {
            Some(tail) if formula == TAIL && tail < 0.0 => "none".to_owned(),
            Some(length) if formula == RESTORE && outage.began_before_log => {
                format!("at least {}", words::duration(length))
            }
            Some(length) => words::duration(length),
            None => "not known".to_owned(),
        },
    })
    .collect()
}

/// A word and what it means here.
#[derive(Clone, Debug, Serialize)]
struct Term {
    word: &'static str,
    meaning: &'static str,
}

fn glossary() -> Vec<Term> {
    let terms = [
        (
            "attempt",
            "one try to take one payment; several can belong to one order",
        ),
        (
            "outage",
            "an interval in which an exchange, or components of it, served clearly worse than its own baseline",
        ),
        (
            "knock-on failure (caused)",
            "a failed attempt that would have succeeded had the outage not happened",
        ),
        (
            "unrelated",
            "a failed attempt that would have failed anyway",
        ),
        ("undetermined", "the logs cannot tell"),
        (
            "outcome unknown",
            "the attempt timed out or got no clear answer: it may have gone through, and is to be reconciled",
        ),
        (
            "channel",
            "how the outage reached the attempt: direct (an error of the exchange), timeout, circuit_breaker (rejected by the \
             client without a call), collateral (a payment that does not use the exchange), backlog (after the end), retry \
             (exists only because an earlier one failed)",
        ),
        ("T+", "time since the onset of the main outage"),
    ];
    terms
        .into_iter()
        .map(|(word, meaning)| Term { word, meaning })
        .collect()
}
