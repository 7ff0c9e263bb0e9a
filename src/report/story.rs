//! `explain`: everything known about one attempt.

use std::io::{self, Write};

use crate::model::{Report, Story};

use super::columns::{Align, Columns, Tone, paint, paragraph};
use super::failures::verdict_tone;
use super::view::{self, Context, EvidenceView, Fact, MomentView};
use super::wire::Explanation;
use super::words::sentence;
use super::{View, escape, json as json_output, timeline};

/// The story in words that both texts share.
struct Told {
    title: String,
    verdict: String,
    facts: Vec<Fact>,
    evidence: Vec<EvidenceView>,
    events: Vec<MomentView>,
    sections: Vec<(&'static str, Vec<String>)>,
    lines: Vec<(String, String)>,
}

fn tell(cx: &Context<'_>, story: &Story) -> Told {
    let id = cx.redactor.id(&story.payment_id);
    let onset = timeline::onset(cx.report);
    let texts = |list: &[String]| list.iter().map(|t| sentence(&cx.text(t))).collect();
    Told {
        title: format!("Payment {id}"),
        verdict: match &story.failed {
            Some(f) => sentence(&view::verdict_words(f)),
            None => "It did not fail, so there is nothing to explain by an outage.".to_owned(),
        },
        facts: story
            .failed
            .as_ref()
            .map(|f| view::attempt_facts(cx, f))
            .unwrap_or_default(),
        evidence: story
            .failed
            .as_ref()
            .map_or(Vec::new(), |f| cx.evidence_on(f)),
        events: story
            .events
            .iter()
            .map(|m| view::moment(cx, m, onset))
            .collect(),
        sections: vec![
            ("The exchange at the time", texts(&story.state)),
            ("How its kind usually fares", texts(&story.baseline)),
            ("What would change the verdict", texts(&story.would_change)),
        ],
        lines: story
            .lines
            .iter()
            .map(|c| (cx.place(c.source), cx.text(&c.text)))
            .collect(),
    }
}

/// One JSON document.
pub(super) fn json(
    report: &Report,
    story: &Story,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cx = Context::new(report, view);
    let explanation = Explanation::of(&cx, story, timeline::onset(report));
    json_output::document(&explanation, out)
}

/// For the terminal.
pub(super) fn table(
    report: &Report,
    story: &Story,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cx = Context::new(report, view);
    let told = tell(&cx, story);
    let heading =
        |text: &str, out: &mut dyn Write| writeln!(out, "\n{}", paint(text, Tone::Strong, view));
    paragraph(&told.title, "", view, Tone::Strong, out)?;
    let tone = story
        .failed
        .as_ref()
        .map_or(Tone::Plain, |f| verdict_tone(f.verdict.as_str()));
    paragraph(&told.verdict, "", view, tone, out)?;
    let width = told.facts.iter().map(|f| f.label.len()).max().unwrap_or(0);
    for f in &told.facts {
        paragraph(
            &f.value,
            &format!("  {:<width$} ", f.label),
            view,
            Tone::Plain,
            out,
        )?;
    }
    for (title, side) in [
        ("Evidence for", "for"),
        ("Evidence against", "against"),
        ("Also known", "note"),
    ] {
        let found: Vec<&EvidenceView> = told.evidence.iter().filter(|e| e.side == side).collect();
        if found.is_empty() {
            continue;
        }
        heading(title, out)?;
        for e in found {
            let weight = if e.side == "note" { "" } else { &e.weight };
            let lead = format!("  {weight:>5}  ");
            paragraph(
                format!("{} [{}] {}", e.detail, e.rule, e.cite).trim_end(),
                &lead,
                view,
                Tone::Plain,
                out,
            )?;
        }
    }
    if !told.events.is_empty() {
        heading("What happened", out)?;
        let mut columns = Columns::new(
            &[
                ("time", Align::Left),
                ("side", Align::Left),
                ("what", Align::Left),
            ],
            2,
        )
        .wrapping();
        for m in &told.events {
            columns.row(vec![m.time.clone(), m.side.to_owned(), m.text.clone()]);
        }
        columns.write(view, 2, out)?;
    }
    for (title, sentences) in &told.sections {
        if !sentences.is_empty() {
            heading(title, out)?;
        }
        for text in sentences {
            paragraph(text, "  - ", view, Tone::Plain, out)?;
        }
    }
    if !told.lines.is_empty() {
        heading("Log lines", out)?;
    }
    for (place, text) in &told.lines {
        writeln!(
            out,
            "  {}",
            paint(&escape::visible(place), Tone::Faint, view)
        )?;
        paragraph(text, "    ", view, Tone::Plain, out)?;
    }
    Ok(())
}

/// For a document.
pub(super) fn markdown(
    report: &Report,
    story: &Story,
    view: &View,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cx = Context::new(report, view);
    let told = tell(&cx, story);
    writeln!(out, "# {}\n", escape::markdown(&told.title))?;
    writeln!(out, "**{}**", escape::markdown(&told.verdict))?;
    if !told.facts.is_empty() {
        writeln!(out, "\n| | |\n| --- | --- |")?;
    }
    for f in &told.facts {
        writeln!(out, "| {} | {} |", f.label, escape::markdown(&f.value))?;
    }
    if !told.evidence.is_empty() {
        writeln!(out, "\n## Evidence\n")?;
        super::markdown::evidence(&told.evidence, out)?;
    }
    if !told.events.is_empty() {
        writeln!(out, "\n## What happened\n")?;
        super::markdown::moments(&told.events, out)?;
    }
    for (title, sentences) in &told.sections {
        if !sentences.is_empty() {
            writeln!(out, "\n## {title}\n")?;
        }
        for text in sentences {
            writeln!(out, "- {}", escape::markdown(text))?;
        }
    }
    if !told.lines.is_empty() {
        writeln!(out, "\n## Log lines\n")?;
    }
    for (place, text) in &told.lines {
        writeln!(
            out,
            "- {}: {}",
            escape::markdown(place),
            escape::markdown_code(text)
        )?;
    }
    Ok(())
}
