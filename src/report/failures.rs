//! `failures`: one row for each failed attempt with verdict, probability and evidence.

use std::io::{self, Write};

use crate::model::{Evidence, Report};

use super::columns::{Align, Columns, Tone};
use super::view::{self, Context, FailureView};
use super::wire::Failure;
use super::{Reporter, View, escape, json};

/// One JSON object a row.
pub(super) struct JsonLines;

impl Reporter for JsonLines {
    fn id(&self) -> &'static str {
        "jsonl"
    }

    fn about(&self) -> &'static str {
        "one JSON object a row (`knockon schema failures`)"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        for failure in &report.failures {
            json::line(&Failure::of(&cx, failure), out)?;
        }
        Ok(())
    }
}

/// Comma-separated values that a spreadsheet can open without running anything.
pub(super) struct Csv;

const CSV_HEAD: [&str; 19] = [
    "time",
    "payment_id",
    "order_id",
    "merchant",
    "method",
    "exchange",
    "currency",
    "amount",
    "outcome",
    "error_code",
    "error_message",
    "error_class",
    "verdict",
    "probability",
    "outage",
    "channel",
    "evidence",
    "source_path",
    "source_line",
];

impl Reporter for Csv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "comma-separated values, safe to open in a spreadsheet"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(CSV_HEAD).map_err(io::Error::from)?;
        for failure in &report.failures {
            let reasons = reasons(&cx, &failure.evidence);
            let f = Failure::of(&cx, failure);
            let optional = |t: &Option<String>| escape::csv(t.as_deref().unwrap_or_default());
            writer
                .write_record([
                    f.time,
                    escape::csv(&f.payment_id),
                    optional(&f.order_id),
                    optional(&f.merchant),
                    optional(&f.method),
                    optional(&f.exchange),
                    optional(&f.currency),
                    f.amount.unwrap_or_default(),
                    f.outcome,
                    optional(&f.error_code),
                    optional(&f.error_message),
                    f.error_class,
                    f.verdict,
                    f.probability.to_string(),
                    f.outage.unwrap_or_default(),
                    f.channel.unwrap_or_default(),
                    reasons,
                    escape::csv(&f.source.path),
                    f.source.line.to_string(),
                ])
                .map_err(io::Error::from)?;
        }
        writer.flush()
    }
}

fn reasons(cx: &Context<'_>, evidence: &[Evidence]) -> String {
    let texts: Vec<String> = evidence
        .iter()
        .map(|e| {
            let e = cx.evidence(e);
            format!("{} ({}, {}): {}", e.rule, e.side, e.weight, e.detail)
        })
        .collect();
    escape::csv(&texts.join(" | "))
}

/// For the terminal.
pub(super) struct Table;

impl Reporter for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "columns for the terminal; -v adds the strongest reason and the line"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        if report.failures.is_empty() {
            return writeln!(out, "No failed payment attempts.");
        }
        let cx = Context::new(report, view);
        let wide = view.width >= 110;
        let mut head = vec![
            ("failed at", Align::Left),
            ("payment", Align::Left),
            ("verdict", Align::Left),
            ("prob.", Align::Right),
            ("outage", Align::Left),
            ("channel", Align::Left),
        ];
        if wide {
            head.push(("exchange", Align::Left));
            head.push(("amount", Align::Right));
        }
        if view.verbose > 0 {
            head.push(("line", Align::Left));
        }
        head.push((
            if view.verbose > 0 {
                "strongest reason"
            } else {
                "error"
            },
            Align::Left,
        ));
        let last = head.len() - 1;
        let mut table = Columns::new(&head, last);
        for failure in &report.failures {
            let f = view::failure(&cx, failure);
            let tone = verdict_tone(f.verdict);
            table.toned_row(cells(f, view, wide), Some((2, tone)));
        }
        table.write(view, 0, out)
    }
}

fn cells(f: FailureView, view: &View, wide: bool) -> Vec<String> {
    let verdict = if f.outcome == "unknown" {
        format!("{} (?)", f.verdict)
    } else {
        f.verdict.to_owned()
    };
    let mut cells = vec![
        f.time,
        f.id,
        verdict,
        f.probability,
        f.outage,
        f.channel.to_owned(),
    ];
    if wide {
        cells.push(f.exchange);
        cells.push(f.amount);
    }
    if view.verbose > 0 {
        cells.push(f.cite);
        cells.push(f.reason);
    } else if f.error.is_empty() {
        cells.push(f.error_class.to_owned());
    } else {
        cells.push(f.error);
    }
    cells
}

/// The tone of a verdict.
pub(super) fn verdict_tone(verdict: &str) -> Tone {
    match verdict {
        "caused" => Tone::Bad,
        "unrelated" => Tone::Good,
        _ => Tone::Open,
    }
}
