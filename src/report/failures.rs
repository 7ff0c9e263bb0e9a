//! `failures`: one row for each failed attempt with verdict, probability and evidence.

use std::io::{self, Write};

use crate::model::{Evidence, FailedAttempt, Report};

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
        writer.write_record(CSV_HEAD).map_err(super::io_error)?;
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
                .map_err(super::io_error)?;
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
        "columns for the terminal; -v adds the error, the line and the strongest reason"
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
            ("through", Align::Left),
        ];
        if wide {
            head.push(("amount", Align::Right));
            head.push(("error", Align::Left));
        }
        let mut table = Columns::new(&head, if wide { head.len() - 1 } else { 1 });
        let mut any_unknown = false;
        let several = report.outages.len() > 1;
        for failure in &report.failures {
            let f = view::failure(&cx, failure);
            any_unknown |= f.outcome == "unknown";
            let notes = notes(&cx, failure, &f);
            let tone = verdict_tone(f.verdict);
            table.toned_row(cells(f, wide, several), Some((2, tone)));
            for note in notes {
                table.note(note);
            }
        }
        table.write(view, 0, out)?;
        if any_unknown {
            writeln!(out, "(?) outcome unknown: it may have gone through")?;
        }
        Ok(())
    }
}

/// The outage is named where there are several.
fn cells(f: FailureView, wide: bool, several: bool) -> Vec<String> {
    let verdict = if f.outcome == "unknown" {
        format!("{} (?)", f.verdict)
    } else {
        f.verdict.to_owned()
    };
    let outage = if several { f.outage.as_str() } else { "" };
    let through = format!("{outage} {}", f.channel);
    let mut cells = vec![
        f.time,
        f.id,
        verdict,
        f.probability,
        through.trim().to_owned(),
    ];
    if wide {
        cells.push(f.amount);
        cells.push(if f.error.is_empty() {
            f.error_class.to_owned()
        } else {
            f.error
        });
    }
    cells
}

/// What -v says under a row: the error and the strongest reason; -vv: every reason.
fn notes(cx: &Context<'_>, failure: &FailedAttempt, f: &FailureView) -> Vec<String> {
    let most = match cx.view.verbose {
        0 => return Vec::new(),
        1 => 1,
        _ => usize::MAX,
    };
    let error = if f.error.is_empty() {
        f.error_class
    } else {
        &f.error
    };
    let mut out = vec![format!("{error} ({})", f.cite)];
    for e in failure.evidence.iter().take(most) {
        let e = cx.evidence(e);
        out.push(format!(
            "{} ({}): {} [{}]",
            e.side, e.weight, e.detail, e.rule
        ));
    }
    out
}

/// The tone of a verdict.
pub(super) fn verdict_tone(verdict: &str) -> Tone {
    match verdict {
        "caused" => Tone::Bad,
        "unrelated" => Tone::Good,
        _ => Tone::Open,
    }
}
