//! `analyze` on the terminal: the answer in its first lines, then what it rests on.
//!
//! Without `-v` it is a summary for one screen; `-v` adds the tables, the reasons and the what-ifs.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::model::{Outage, Report, StripBucket};

use super::chart::{self, Chart};
use super::columns::{Align, Columns, Tone, cut, paint, paragraph};
use super::escape;
use super::outages::{self, OutageView};
use super::view::{Context, CountRow, CountTable, Digest, Fact, InputView};
use super::words;
use super::{Reporter, View};

/// The report for the terminal.
pub(super) struct Table;

impl Reporter for Table {
    fn id(&self) -> &'static str {
        "table"
    }

    fn about(&self) -> &'static str {
        "the answer for the terminal; -v shows more rows and the reasons"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        // wider than this, lines are hard to follow
        let view = View {
            width: view.width.clamp(40, 120),
            ..*view
        };
        let cx = Context::new(report, &view);
        let digest = Digest::of(&cx);
        answer(&cx, &digest, out)?;
        outages(&cx, &digest, out)?;
        strips(&cx, out)?;
        if view.verbose == 0 {
            in_short(&cx, &digest, out)?;
        } else {
            at_length(&cx, &digest, out)?;
        }
        warnings(&cx, &digest, out)?;
        inputs(&cx, &digest, out)?;
        pointer(&cx, &digest, out)
    }
}

/// What a screen has room for.
fn in_short(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    shares(cx, digest, out)?;
    findings(cx, digest, out)
}

/// Everything else, with -v.
fn at_length(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    for table in &digest.tables {
        counts(cx, table, out)?;
    }
    impact(cx, digest, out)?;
    error_budget(cx, digest, out)?;
    facts(cx, "Detection", &digest.detection, out)?;
    findings(cx, digest, out)?;
    what_if(cx, digest, out)?;
    agreement(cx, digest, out)
}

/// Where the rest is, for who reads the short form.
fn pointer(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if cx.view.verbose > 0 || digest.inputs.is_empty() {
        return Ok(());
    }
    let text = "-v shows the reasons, all counts, amounts, detection, what-ifs and inputs.";
    paragraph(text, "", cx.view, Tone::Faint, out)
}

fn heading(cx: &Context<'_>, text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint(text, Tone::Strong, cx.view))
}

fn answer(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    for (at, sentence) in digest.answer.iter().enumerate() {
        let tone = if at == 0 { Tone::Strong } else { Tone::Plain };
        paragraph(sentence, "", cx.view, tone, out)?;
    }
    if !digest.has_outage {
        let most = shown(cx.view, digest.looked_at.len());
        for line in &digest.looked_at[..most] {
            paragraph(line, "  ", cx.view, Tone::Plain, out)?;
        }
        more(digest.looked_at.len(), most, out)?;
    }
    Ok(())
}

fn outages(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if !digest.has_outage {
        return Ok(());
    }
    if let ([one], 0) = (&digest.outages[..], cx.view.verbose) {
        heading(
            cx,
            &escape::visible(&format!("Outage {} ({})", one.heading, one.lasted)),
            out,
        )?;
        return outage(cx, one, "  ", out);
    }
    heading(cx, "Outages", out)?;
    let wide = cx.view.width >= 100;
    let mut head = vec![
        ("id", Align::Left),
        ("exchange", Align::Left),
        ("onset", Align::Left),
        ("lasted", Align::Left),
        ("caused", Align::Right),
    ];
    if wide {
        head.insert(3, ("recovered", Align::Left));
    }
    let mut table = Columns::new(&head, 1);
    let most = shown(cx.view, digest.outages.len());
    for o in &digest.outages[..most] {
        let mut cells = vec![
            o.id.clone(),
            o.exchange.clone(),
            o.onset.clone(),
            o.lasted.clone(),
            o.caused_text.clone(),
        ];
        if wide {
            cells.insert(3, o.recovered.clone());
        }
        let caused = cells.len() - 1;
        table.toned_row(cells, (o.caused > 0).then_some((caused, Tone::Bad)));
    }
    table.write(cx.view, 2, out)?;
    more(digest.outages.len(), most, out)?;
    let main = outages::main_outage(cx.report);
    for (at, o) in digest.outages.iter().enumerate() {
        if cx.view.verbose > 0 || main == Some(at) {
            outage(cx, o, &format!("  {}: ", o.id), out)?;
        }
    }
    Ok(())
}

/// What is known of one outage; the short form tells it of the main one only.
fn outage(cx: &Context<'_>, o: &OutageView, lead: &str, out: &mut dyn Write) -> io::Result<()> {
    let under = " ".repeat(lead.width());
    let line = |lead: &str, text: &str, out: &mut dyn Write| {
        paragraph(text, lead, cx.view, Tone::Plain, out)
    };
    line(
        lead,
        &format!("{}; established from {}", o.kind, o.sources),
        out,
    )?;
    line(&under, &format!("onset {}", o.onset_prose), out)?;
    line(&under, &format!("recovery {}", o.recovered_prose), out)?;
    if cx.view.verbose > 0 {
        components(cx, o, out)?;
    } else if !o.components.is_empty() {
        line(&under, &hit(o), out)?;
    }
    line(
        &under,
        &format!("the exchange's own word: {}", o.acknowledged),
        out,
    )?;
    if cx.view.verbose > 0 {
        for e in &o.evidence {
            line(
                &format!("{under}{:<8}", e.side),
                &format!("{} [{}] {}", e.detail, e.rule, e.cite),
                out,
            )?;
        }
    }
    Ok(())
}

/// What was hit, in one sentence.
fn hit(o: &OutageView) -> String {
    let parts: Vec<String> = o
        .components
        .iter()
        .map(|c| format!("{}: {} bad, usually {}", c.name, c.failed, c.usual))
        .collect();
    match parts.len() {
        0..=3 => parts.join("; "),
        n => format!("{}; {} more", parts[..2].join("; "), n - 2),
    }
}

/// What was hit, with its rates; -v adds how it went on.
fn components(cx: &Context<'_>, outage: &OutageView, out: &mut dyn Write) -> io::Result<()> {
    if outage.components.is_empty() {
        return Ok(());
    }
    let mut table = Columns::new(
        &[
            ("component", Align::Left),
            ("bad", Align::Right),
            ("usually", Align::Right),
            ("at worst", Align::Right),
        ],
        0,
    );
    for c in &outage.components {
        table.row(vec![
            c.name.clone(),
            c.failed.clone(),
            c.usual.clone(),
            c.peak.clone(),
        ]);
        if cx.view.verbose > 0 {
            for p in &c.phases {
                table.note(format!("{} ({}): {} bad", p.span, p.lasted, p.rate));
            }
        }
    }
    table.write(cx.view, 6, out)
}

const LABEL_WIDTH: usize = 22;

/// The failure rates as strips of text, with the outages below them.
pub(super) fn strips(cx: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Some(chart) = Chart::of(cx.report) else {
        return Ok(());
    };
    let right = " peak <99.9%".len();
    let columns = cx
        .view
        .width
        .saturating_sub(2 + LABEL_WIDTH + 1 + right)
        .max(10);
    heading(
        cx,
        &format!(
            "Failure rate over time (one cell = {})",
            words::duration(chart.cell_secs(columns))
        ),
        out,
    )?;
    let label = |text: &str| padded(&escape::visible(text), cx.view.unicode);
    for strip in chart.strips {
        let cells = chart.cells(strip, columns);
        let scale = chart::scale_of(&cells);
        let line: String = cells
            .iter()
            .map(|c| glyph(*c, scale, cx.view.unicode))
            .collect();
        writeln!(
            out,
            "  {} {} peak {}",
            label(&cx.text(&strip.name)),
            line,
            words::percent(chart::peak(&cells))
        )?;
    }
    for outage in chart.outages {
        let name = format!("{} {}", outage.id, cx.text(&outage.exchange_name));
        let marks = mark(&chart, outage, columns, cx.view.unicode);
        writeln!(
            out,
            "  {} {}",
            label(&name),
            paint(marks.trim_end(), Tone::Bad, cx.view)
        )?;
    }
    axis(cx, &chart, columns, out)?;
    let legend = if cx.view.unicode {
        "height: share that failed, of the peak; \u{b7} none failed; blank: nothing logged"
    } else {
        "1-9: share that failed, in 9ths of the peak; . none failed; blank: nothing logged"
    };
    paragraph(legend, "  ", cx.view, Tone::Faint, out)
}

fn padded(text: &str, unicode: bool) -> String {
    let text = cut(text, LABEL_WIDTH, unicode);
    format!(
        "{text}{}",
        " ".repeat(LABEL_WIDTH.saturating_sub(text.width()))
    )
}

fn glyph(cell: StripBucket, scale: f64, unicode: bool) -> char {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const DIGITS: [char; 9] = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
    let level = |steps: usize, rate: f64| {
        ((rate / scale * steps as f64).ceil() as usize).clamp(1, steps) - 1
    };
    match (chart::rate(cell), unicode) {
        (None, _) => ' ',
        (Some(rate), true) if rate <= 0.0 => '\u{b7}',
        (Some(rate), false) if rate <= 0.0 => '.',
        (Some(rate), true) => BLOCKS[level(BLOCKS.len(), rate)],
        (Some(rate), false) => DIGITS[level(DIGITS.len(), rate)],
    }
}

/// An outage under the strips: solid, with an arrow where its end was not seen.
fn mark(chart: &Chart<'_>, outage: &Outage, columns: usize, unicode: bool) -> String {
    let (first, last) = chart.marked(outage, columns);
    let (line, left, right) = if unicode {
        ('━', '◀', '▶')
    } else {
        ('=', '<', '>')
    };
    (0..columns)
        .map(|c| match c {
            c if c < first || c > last => ' ',
            c if c == first && outage.began_before_log => left,
            c if c == last && outage.end.is_none() => right,
            _ => line,
        })
        .collect()
}

fn axis(
    cx: &Context<'_>,
    chart: &Chart<'_>,
    columns: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (left, right) = (
        cx.zone().stamp(chart.span.start),
        cx.zone().stamp(chart.span.end),
    );
    let gap = columns.saturating_sub(left.width() + right.width());
    let axis = if gap > 0 {
        format!("{left}{}{right}", " ".repeat(gap))
    } else {
        format!("{left} .. {right}")
    };
    writeln!(
        out,
        "  {} {}",
        " ".repeat(LABEL_WIDTH),
        paint(&axis, Tone::Faint, cx.view)
    )
}

/// How many of so many rows are shown. A single row is not left out: saying so would take its line.
fn shown(view: &View, there: usize) -> usize {
    let most = match view.verbose {
        0 => 3,
        1 => 25,
        _ => usize::MAX,
    };
    if there <= most.saturating_add(1) {
        there
    } else {
        most
    }
}

/// How the failures are spread, a line for each kind of heading, cut at the width.
fn shares(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    let told = |t: &&CountTable| t.shown_first && (digest.has_knock_on || !t.only_caused);
    let tables: Vec<&CountTable> = digest.tables.iter().filter(told).collect();
    if tables.is_empty() {
        return Ok(());
    }
    let title = if digest.has_knock_on {
        "Followed from an outage, of the failed attempts"
    } else {
        "Failed, of the attempts"
    };
    heading(cx, title, out)?;
    let width = tables.iter().map(|t| t.by.width()).max().unwrap_or(0);
    for table in tables {
        let lead = format!("  {:<width$}  ", table.by);
        let rows: Vec<String> = table
            .rows
            .iter()
            .map(|r| share_of(r, table, digest.has_knock_on))
            .collect();
        let room = cx.view.width.saturating_sub(lead.width());
        writeln!(out, "{lead}{}", fitting(&rows, room, cx.view.unicode))?;
    }
    Ok(())
}

fn share_of(row: &CountRow, table: &CountTable, knock_on: bool) -> String {
    let name = escape::visible(&row.name);
    match (table.only_caused, knock_on) {
        (true, _) => format!("{name} {}", row.caused),
        (false, true) => format!("{name} {} of {}", row.caused, row.failed),
        (false, false) => format!("{name} {} of {}", row.failed, row.attempts),
    }
}

/// As many items as fit on one line, and how many did not.
fn fitting(items: &[String], width: usize, unicode: bool) -> String {
    let line = |n: usize| match items.len() - n {
        0 => items.join(", "),
        left => format!(
            "{}, {} more",
            items[..n].join(", "),
            words::count(left as u64)
        ),
    };
    // each takes two columns and more
    let most = (1..=items.len().min(width))
        .rev()
        .find(|n| line(*n).width() <= width);
    cut(&line(most.unwrap_or(items.len().min(1))), width, unicode)
}

fn counts(cx: &Context<'_>, table: &CountTable, out: &mut dyn Write) -> io::Result<()> {
    heading(cx, &format!("By {}", table.by), out)?;
    let by_name = [(table.by, Align::Left)];
    let known = [("attempts", Align::Right)];
    let failed = [("failed", Align::Right)];
    let rate = [("rate", Align::Right)];
    let verdicts = [
        ("caused", Align::Right),
        ("unrelated", Align::Right),
        ("undetermined", Align::Right),
    ];
    let head: Vec<(&str, Align)> = if table.only_caused {
        [&by_name[..], &verdicts[..1]].concat()
    } else if table.with_attempts {
        [&by_name[..], &known, &failed, &rate, &verdicts].concat()
    } else {
        [&by_name[..], &failed, &verdicts].concat()
    };
    let mut columns = Columns::new(&head, 0);
    let most = shown(cx.view, table.rows.len());
    for row in table.rows.iter().take(most) {
        let mut cells = vec![row.name.clone()];
        if table.only_caused {
            cells.push(row.caused.clone());
            columns.row(cells);
            continue;
        }
        if table.with_attempts {
            cells.extend([row.attempts.clone(), row.failed.clone(), row.rate.clone()]);
        } else {
            cells.push(row.failed.clone());
        }
        cells.extend([
            row.caused.clone(),
            row.unrelated.clone(),
            row.undetermined.clone(),
        ]);
        let caused = cells.len() - 3;
        columns.toned_row(cells, (row.caused != "0").then_some((caused, Tone::Bad)));
    }
    columns.write(cx.view, 2, out)?;
    more(table.rows.len(), most, out)
}

fn more(there: usize, shown: usize, out: &mut dyn Write) -> io::Result<()> {
    if there > shown {
        writeln!(
            out,
            "  and {} more (-v shows more)",
            words::count((there - shown) as u64)
        )?;
    }
    Ok(())
}

fn impact(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    facts(cx, "Impact", &digest.impact, out)?;
    if digest.money.is_empty() {
        return Ok(());
    }
    let mut table = Columns::new(
        &[
            ("currency", Align::Left),
            ("affected", Align::Right),
            ("recovered", Align::Right),
            ("lost", Align::Right),
            ("to reconcile", Align::Right),
        ],
        0,
    );
    let most = shown(cx.view, digest.money.len());
    for m in digest.money.iter().take(most) {
        table.row(vec![
            m.currency.clone(),
            m.failed.clone(),
            m.recovered.clone(),
            m.lost.clone(),
            m.unknown.clone(),
        ]);
    }
    table.write(cx.view, 2, out)?;
    more(digest.money.len(), most, out)
}

/// Labels and values.
fn facts(cx: &Context<'_>, title: &str, facts: &[Fact], out: &mut dyn Write) -> io::Result<()> {
    if facts.is_empty() {
        return Ok(());
    }
    heading(cx, title, out)?;
    let width = facts.iter().map(|f| f.label.width()).max().unwrap_or(0);
    for f in facts {
        let lead = format!("  {:<width$}  ", f.label);
        paragraph(&f.value, &lead, cx.view, Tone::Plain, out)?;
    }
    Ok(())
}

fn findings(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if digest.findings.is_empty() {
        return Ok(());
    }
    heading(cx, "Findings", out)?;
    let most = shown(cx.view, digest.findings.len());
    for f in &digest.findings[..most] {
        let lead = format!("  {:<8}  ", f.severity);
        let text = match cx.view.verbose {
            0 => f.title.clone(),
            _ => format!("{} [{}; {}]", f.title, f.id, f.confidence),
        };
        paragraph(&text, &lead, cx.view, Tone::Plain, out)?;
        if cx.view.verbose > 0 {
            paragraph(&f.detail, "            ", cx.view, Tone::Plain, out)?;
            for e in &f.evidence {
                let lead = format!("            {:<8}", e.side);
                let text = format!("{} {}", e.detail, e.cite);
                paragraph(&text, &lead, cx.view, Tone::Faint, out)?;
            }
        }
    }
    more(digest.findings.len(), most, out)
}

fn error_budget(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    let Some(sentence) = &digest.slo else {
        return Ok(());
    };
    heading(cx, "Error budget", out)?;
    paragraph(sentence, "  ", cx.view, Tone::Plain, out)
}

fn what_if(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if digest.what_if.is_empty() && digest.left_out.is_empty() {
        return Ok(());
    }
    heading(cx, "What if", out)?;
    let line = |text: &str, lead: &str, tone: Tone, out: &mut dyn Write| {
        paragraph(text, lead, cx.view, tone, out)
    };
    for group in &digest.what_if {
        for case in &group.cases {
            let text = format!("{}: {}.", case.title, case.saved);
            line(&text, "  ", Tone::Plain, out)?;
        }
        for assumption in &group.assumptions {
            line(assumption, "    taken for granted: ", Tone::Faint, out)?;
        }
    }
    for reason in &digest.left_out {
        line(reason, "  left out: ", Tone::Faint, out)?;
    }
    Ok(())
}

fn agreement(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if digest.agreement.is_empty() {
        return Ok(());
    }
    heading(cx, "Cross-check", out)?;
    paragraph(&digest.agreement.join(" "), "  ", cx.view, Tone::Plain, out)
}

fn warnings(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if digest.warnings.is_empty() {
        return Ok(());
    }
    heading(cx, "Warnings", out)?;
    let most = shown(cx.view, digest.warnings.len());
    for warning in &digest.warnings[..most] {
        paragraph(warning, "  - ", cx.view, Tone::Open, out)?;
    }
    more(digest.warnings.len(), most, out)
}

fn inputs(cx: &Context<'_>, digest: &Digest, out: &mut dyn Write) -> io::Result<()> {
    if digest.inputs.is_empty() {
        heading(cx, "Inputs", out)?;
        return writeln!(out, "  none");
    }
    let listed: Vec<&InputView> = digest
        .inputs
        .iter()
        .filter(|i| cx.view.verbose > 0 || i.in_question)
        .collect();
    if listed.is_empty() {
        writeln!(out)?;
        return paragraph(&digest.read, "", cx.view, Tone::Plain, out);
    }
    let folder = words::common_folder(digest.inputs.iter().map(|i| i.path.as_str()));
    match folder {
        "" => heading(cx, "Inputs", out)?,
        _ => heading(cx, &format!("Inputs in {}", escape::visible(folder)), out)?,
    }
    paragraph(&digest.read, "  ", cx.view, Tone::Plain, out)?;
    let most = shown(cx.view, listed.len());
    input_rows(cx, &listed[..most], folder.len(), out)?;
    more(listed.len(), most, out)?;
    if cx.view.verbose == 0 {
        // what was assumed or moved is among the warnings
        return Ok(());
    }
    let clocks = digest.inputs.iter().filter(|i| !i.clock.is_empty());
    let clocks = clocks.map(|i| format!("{}: clock {}", &i.path[folder.len()..], i.clock));
    let notes: Vec<String> = digest.zones.iter().cloned().chain(clocks).collect();
    let most = shown(cx.view, notes.len());
    for note in notes.iter().take(most) {
        paragraph(note, "  - ", cx.view, Tone::Plain, out)?;
    }
    more(notes.len(), most, out)
}

fn input_rows(
    cx: &Context<'_>,
    inputs: &[&InputView],
    folder: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let wide = cx.view.width >= 110;
    let mut head = vec![
        ("path", Align::Left),
        ("role", Align::Left),
        ("lines", Align::Right),
        ("events", Align::Right),
        ("rejected", Align::Right),
    ];
    if wide {
        head.push(("format", Align::Left));
    }
    let mut table = Columns::new(&head, 0);
    for i in inputs {
        let mut cells = vec![
            i.path[folder..].to_owned(),
            i.role.to_owned(),
            i.lines.clone(),
            i.events.clone(),
            i.rejected.clone(),
        ];
        if wide {
            cells.push(i.format.clone());
        }
        table.toned_row(cells, (i.rejected != "0").then_some((4, Tone::Open)));
    }
    table.write(cx.view, 2, out)
}
