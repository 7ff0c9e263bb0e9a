//! `timeline`: notable moments, or (`--all`) every record, on one time line.

use std::io::{self, Write};

use crate::model::{Report, SourceRef, Time, TimelineRow};

use super::columns::{Align, Columns, cut};
use super::outages::main_outage;
use super::redact::Redactor;
use super::view::{self, Context};
use super::wire;
use super::{Reporter, RowWriter, View, escape, json, words};

/// The onset that offsets count from.
pub(super) fn onset(report: &Report) -> Option<Time> {
    main_outage(report).map(|i| report.outages[i].start)
}

/// For the terminal.
pub(super) struct Table;

impl Reporter for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "columns for the terminal"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        if report.moments.is_empty() {
            return writeln!(out, "No notable moments.");
        }
        let cx = Context::new(report, view);
        let with_offset = onset(report).is_some();
        let mut head = vec![("time", Align::Left)];
        if with_offset {
            head.push(("offset", Align::Right));
        }
        head.push(("side", Align::Left));
        head.push(("what", Align::Left));
        let mut table = Columns::new(&head, head.len() - 1).wrapping();
        for m in view::moments(&cx) {
            let mut cells = vec![m.time];
            if with_offset {
                cells.push(m.offset);
            }
            cells.extend([m.side.to_owned(), m.text]);
            table.row(cells);
            if view.verbose > 0 && !m.cite.is_empty() {
                table.note(m.cite);
            }
        }
        table.write(view, 0, out)
    }
}

/// One JSON object a row.
pub(super) struct JsonLines;

impl Reporter for JsonLines {
    fn id(&self) -> &'static str {
        "jsonl"
    }

    fn about(&self) -> &'static str {
        "one JSON object a row (`knockon schema timeline`)"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        let onset = onset(report);
        for m in &report.moments {
            json::line(&wire::Moment::of(&cx, m, onset), out)?;
        }
        Ok(())
    }
}

/// Comma-separated values.
pub(super) struct Csv;

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
        let head = [
            "time",
            "offset_s",
            "side",
            "text",
            "outage",
            "source_path",
            "source_line",
        ];
        writer.write_record(head).map_err(super::io_error)?;
        let onset = onset(report);
        for m in &report.moments {
            let m = wire::Moment::of(&cx, m, onset);
            let (path, line) = m
                .source
                .map_or_else(Default::default, |s| (s.path, s.line.to_string()));
            writer
                .write_record([
                    m.time,
                    m.offset_s.map_or(String::new(), |s| s.to_string()),
                    m.side,
                    escape::csv(&m.text),
                    m.outage.unwrap_or_default(),
                    escape::csv(&path),
                    line,
                ])
                .map_err(super::io_error)?;
        }
        writer.flush()
    }
}

/// A diagram.
pub(super) struct Mermaid;

impl Reporter for Mermaid {
    fn id(&self) -> &'static str {
        "mermaid"
    }

    fn about(&self) -> &'static str {
        "a Gantt diagram for a ```mermaid block, as GitHub draws it; not with --all"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        super::layout::gantt(report, view, out)
    }
}

/// Comma-separated values for Timesketch and other tools that merge time lines.
pub(super) struct Timesketch;

/// The first three are what Timesketch asks for; the others stay with the event.
const TIMESKETCH_KEYS: [&str; 8] = [
    "message",
    "datetime",
    "timestamp_desc",
    "side",
    "name",
    "outage",
    "source_path",
    "source_line",
];

impl Reporter for Timesketch {
    fn id(&self) -> &'static str {
        "timesketch"
    }

    fn about(&self) -> &'static str {
        "comma-separated values with the headings of a Timesketch import"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        let mut writer = csv::Writer::from_writer(out);
        writer
            .write_record(TIMESKETCH_KEYS)
            .map_err(super::io_error)?;
        for m in &report.moments {
            let m = wire::Moment::of(&cx, m, None);
            let (path, line) = m
                .source
                .map_or_else(Default::default, |s| (s.path, s.line.to_string()));
            writer
                .write_record([
                    escape::csv(&m.text),
                    m.time,
                    "notable moment".to_owned(),
                    m.side,
                    String::new(),
                    m.outage.unwrap_or_default(),
                    escape::csv(&path),
                    line,
                ])
                .map_err(super::io_error)?;
        }
        writer.flush()
    }
}

/// A table for a document.
pub(super) struct Markdown;

impl Reporter for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn about(&self) -> &'static str {
        "a table for a document"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        super::markdown::moments(&view::moments(&Context::new(report, view)), out)
    }
}

const ROW_KEYS: [&str; 22] = [
    "time",
    "time_precision",
    "zone_from",
    "role",
    "kind",
    "format",
    "level",
    "service",
    "exchange",
    "component",
    "merchant",
    "payment_id",
    "trace_id",
    "method",
    "path",
    "status",
    "duration_ms",
    "outcome",
    "error_class",
    "message",
    "source_path",
    "source_line",
];

/// The writer of `timeline --all` for a format.
pub(super) fn row_writer<'a>(
    format: &str,
    view: &View,
    out: &'a mut dyn Write,
) -> Box<dyn RowWriter + 'a> {
    let redactor = Redactor::new(view.redact);
    match format {
        "jsonl" => Box::new(RowLines { redactor, out }),
        "csv" => Box::new(RowCsv {
            redactor,
            out: csv::Writer::from_writer(out),
            begun: false,
        }),
        "timesketch" => Box::new(RowTimesketch {
            redactor,
            out: csv::Writer::from_writer(out),
            begun: false,
        }),
        "markdown" => Box::new(RowText {
            redactor,
            out,
            view: *view,
            style: TextStyle::Markdown,
            begun: false,
        }),
        _ => Box::new(RowText {
            redactor,
            out,
            view: *view,
            style: TextStyle::Terminal,
            begun: false,
        }),
    }
}

struct RowLines<'a> {
    redactor: Redactor,
    out: &'a mut dyn Write,
}

impl RowWriter for RowLines<'_> {
    fn row(&mut self, paths: &dyn Fn(SourceRef) -> String, row: &TimelineRow) -> io::Result<()> {
        let row = wire::TimelineRow::of(&self.redactor, paths(row.source), row);
        json::line(&row, self.out)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

struct RowCsv<'a> {
    redactor: Redactor,
    out: csv::Writer<&'a mut dyn Write>,
    begun: bool,
}

impl RowCsv<'_> {
    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.out.write_record(ROW_KEYS).map_err(super::io_error)?;
        }
        Ok(())
    }
}

impl RowWriter for RowCsv<'_> {
    fn row(&mut self, paths: &dyn Fn(SourceRef) -> String, row: &TimelineRow) -> io::Result<()> {
        self.begin()?;
        let r = wire::TimelineRow::of(&self.redactor, paths(row.source), row);
        let optional = |t: Option<String>| escape::csv(&t.unwrap_or_default());
        self.out
            .write_record([
                r.time,
                r.time_precision,
                r.zone_from,
                r.role,
                r.kind,
                r.format,
                optional(r.level),
                optional(r.service),
                optional(r.exchange),
                optional(r.component),
                optional(r.merchant),
                optional(r.payment_id),
                optional(r.trace_id),
                optional(r.method),
                optional(r.path),
                optional(r.status),
                r.duration_ms.map_or(String::new(), |d| d.to_string()),
                r.outcome.unwrap_or_default(),
                r.error_class.unwrap_or_default(),
                optional(r.message),
                escape::csv(&r.source.path),
                r.source.line.to_string(),
            ])
            .map_err(super::io_error)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
}

struct RowTimesketch<'a> {
    redactor: Redactor,
    out: csv::Writer<&'a mut dyn Write>,
    begun: bool,
}

impl RowTimesketch<'_> {
    fn begin(&mut self) -> io::Result<()> {
        if !self.begun {
            self.begun = true;
            self.out
                .write_record(TIMESKETCH_KEYS)
                .map_err(super::io_error)?;
        }
        Ok(())
    }
}

impl RowWriter for RowTimesketch<'_> {
    fn row(&mut self, paths: &dyn Fn(SourceRef) -> String, row: &TimelineRow) -> io::Result<()> {
        self.begin()?;
        let r = wire::TimelineRow::of(&self.redactor, paths(row.source), row);
        self.out
            .write_record([
                escape::csv(&what_words(&r)),
                r.time.clone(),
                format!("{} logged", r.kind),
                r.role.clone(),
                escape::csv(&whose(&r)),
                String::new(),
                escape::csv(&r.source.path),
                r.source.line.to_string(),
            ])
            .map_err(super::io_error)
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TextStyle {
    Terminal,
    Markdown,
}

/// Rows for people: one line each, never cut. Widths are fixed, since rows are written as they come.
struct RowText<'a> {
    redactor: Redactor,
    out: &'a mut dyn Write,
    view: View,
    style: TextStyle,
    begun: bool,
}

impl RowText<'_> {
    fn begin(&mut self) -> io::Result<()> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        match self.style {
            TextStyle::Terminal => Ok(()),
            TextStyle::Markdown => writeln!(
                self.out,
                "| time | side | who | what | line |\n| --- | --- | --- | --- | --- |"
            ),
        }
    }
}

impl RowWriter for RowText<'_> {
    fn row(&mut self, paths: &dyn Fn(SourceRef) -> String, row: &TimelineRow) -> io::Result<()> {
        self.begin()?;
        let path = paths(row.source);
        let wire = wire::TimelineRow::of(&self.redactor, path, row);
        let time = self.view.zone.stamp_millis(row.time);
        let who = whose(&wire);
        let place = format!("{}:{}", wire.source.path, wire.source.line);
        let what = what_words(&wire);
        match self.style {
            TextStyle::Markdown => writeln!(
                self.out,
                "| {time} | {} | {} | {} | {} |",
                wire.kind,
                escape::markdown(&who),
                escape::markdown_code(&what),
                escape::markdown_code(&place)
            ),
            TextStyle::Terminal => {
                let who = padded(&escape::visible(&who), 12, self.view.unicode);
                let what = escape::visible(&what);
                let tail = if self.view.verbose > 0 {
                    format!("  {}", escape::visible(&place))
                } else {
                    String::new()
                };
                writeln!(self.out, "{time}  {:<7}  {who}  {what}{tail}", wire.kind)
            }
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.out.flush()
    }
}

fn padded(text: &str, width: usize, unicode: bool) -> String {
    let text = cut(text, width, unicode);
    let used = unicode_width::UnicodeWidthStr::width(text.as_str());
    format!("{text}{}", " ".repeat(width.saturating_sub(used)))
}

/// Whose record it is: the first name that it states.
fn whose(row: &wire::TimelineRow) -> String {
    let names = [&row.merchant, &row.exchange, &row.component, &row.service];
    names
        .into_iter()
        .flatten()
        .next()
        .cloned()
        .unwrap_or_default()
}

/// What a record said, in one line: id, request, status, how it ended, its text.
fn what_words(row: &wire::TimelineRow) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut add = |t: &Option<String>| parts.extend(t.clone());
    add(&row.payment_id);
    add(&row.method);
    add(&row.path);
    add(&row.status);
    if row.outcome != row.status {
        add(&row.outcome);
    }
    if row.error_class.as_deref() != Some("none") {
        add(&row.error_class);
    }
    if let Some(ms) = row.duration_ms {
        parts.push(words::duration(ms / 1000.0));
    }
    parts.extend(row.message.clone());
    parts.join(" ")
}
