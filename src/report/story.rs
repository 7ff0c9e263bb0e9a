//! `explain`: everything known about one attempt.

use std::io::{self, Write};

use crate::model::{Outcome, Report, SourceRef, Step, Story};

use super::columns::{Align, Columns, Tone, paint, paragraph};
use super::failures::verdict_tone;
use super::view::{self, Context, Fact, MomentView};
use super::wire::Explanation;
use super::words::sentence;
use super::{View, escape, json as json_output, timeline};

/// The story in words that both texts share.
struct Told {
    title: String,
    verdict: String,
    facts: Vec<Fact>,
    steps: Vec<StepView>,
    events: Vec<MomentView>,
    sections: Vec<(&'static str, Vec<String>)>,
    lines: Vec<(String, String)>,
}

/// One row of the odds, step by step.
struct StepView {
    log_odds: String,
    probability: String,
    text: String,
}

/// Under the steps.
const ABOUT_STEPS: &str = "Each step's log-odds (natural logarithm) are added to those before it. Even odds stand for no opinion: the first step \
     replaces them by what was counted. What is counted is taken no further than to a probability of 0.002 or 0.998.";

fn steps(cx: &Context<'_>, story: &Story) -> Vec<StepView> {
    let own = story.failed.as_ref().map(|f| f.source);
    let row = |s: &Step| StepView {
        log_odds: format!("{:+.2}", s.log_odds),
        probability: format!("{:.4}", s.probability),
        text: cited(
            cx,
            &s.detail,
            s.rule,
            (Some(s.source) != own).then_some(s.source),
        ),
    };
    let start = StepView {
        log_odds: String::new(),
        probability: "0.5000".to_owned(),
        text: "even odds, before anything is weighed".to_owned(),
    };
    let mut out = vec![start];
    out.extend(story.steps.iter().map(row));
    out
}

/// A reason with its rule, and the line that it rests on where that is not the attempt's own.
fn cited(cx: &Context<'_>, detail: &str, rule: &str, source: Option<SourceRef>) -> String {
    let place = source.map_or(String::new(), |s| cx.cite(s));
    format!("{} [{rule}] {place}", cx.told(detail))
        .trim_end()
        .to_owned()
}

/// Reasons that only inform.
fn also_known(cx: &Context<'_>, story: &Story) -> Vec<String> {
    let failed = story.failed.iter();
    failed
        .flat_map(|f| f.evidence.iter().map(move |e| (e, f.source)))
        .filter(|(e, _)| e.weight == 0.0)
        .map(|(e, own)| cited(cx, &e.detail, e.rule, (e.source != own).then_some(e.source)))
        .collect()
}

fn would_change(cx: &Context<'_>, story: &Story) -> Vec<String> {
    let stated = story.failed.as_ref().map(|f| f.verdict);
    let computed = story.counterfactuals.iter().map(|c| {
        let still = if Some(c.verdict) == stated {
            "still "
        } else {
            ""
        };
        let condition = cx.told(&c.condition);
        format!(
            "If {condition}: {still}{} (probability {:.2}).",
            c.verdict.as_str(),
            c.probability
        )
    });
    let known = story.would_change.iter();
    computed
        .chain(known.map(|t| sentence(&format!("to be known: {}", cx.told(t)))))
        .collect()
}

fn title(cx: &Context<'_>, story: &Story) -> String {
    let id = cx.redactor.id(&story.payment_id);
    match &story.merchant {
        Some(merchant) if story.namesakes > 1 => format!(
            "Payment {id} of {} (one of {} with this id)",
            cx.text(merchant),
            story.namesakes
        ),
        _ => format!("Payment {id}"),
    }
}

fn verdict(story: &Story) -> String {
    match (&story.failed, story.outcome) {
        (Some(f), _) => sentence(&view::verdict_words(f)),
        (None, Outcome::Pending) => {
            "It was still pending when the logs end: it has not failed, and no verdict is given on it.".to_owned()
        }
        (None, _) => "It succeeded: there is no failure to explain by an outage.".to_owned(),
    }
}

fn tell(cx: &Context<'_>, story: &Story) -> Told {
    let onset = timeline::onset(cx.report);
    let texts = |list: &[String]| list.iter().map(|t| sentence(&cx.told(t))).collect();
    Told {
        title: title(cx, story),
        verdict: verdict(story),
        facts: story
            .failed
            .as_ref()
            .map(|f| view::attempt_facts(cx, f))
            .unwrap_or_default(),
        steps: if story.failed.is_some() {
            steps(cx, story)
        } else {
            Vec::new()
        },
        events: story
            .events
            .iter()
            .map(|m| view::moment(cx, m, onset))
            .collect(),
        sections: vec![
            ("Also known", also_known(cx, story)),
            ("The exchange at the time", texts(&story.state)),
            ("How its kind usually fares", texts(&story.baseline)),
            ("What would change the verdict", would_change(cx, story)),
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
    if !told.steps.is_empty() {
        heading("The odds, step by step", out)?;
        let head = [
            ("log-odds", Align::Right),
            ("probability", Align::Right),
            ("evidence", Align::Left),
        ];
        let mut columns = Columns::new(&head, 2).wrapping();
        for s in told.steps {
            columns.row(vec![s.log_odds, s.probability, s.text]);
        }
        columns.write(view, 2, out)?;
        paragraph(ABOUT_STEPS, "  ", view, Tone::Faint, out)?;
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
    if !told.steps.is_empty() {
        writeln!(out, "\n## The odds, step by step\n")?;
        writeln!(
            out,
            "| Log-odds | Probability | Evidence |\n| ---: | ---: | --- |"
        )?;
    }
    for s in &told.steps {
        let text = escape::markdown(&s.text);
        writeln!(out, "| {} | {} | {text} |", s.log_odds, s.probability)?;
    }
    if !told.steps.is_empty() {
        writeln!(out, "\n{ABOUT_STEPS}")?;
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
