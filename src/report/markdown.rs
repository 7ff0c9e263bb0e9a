//! `analyze -f markdown`: a postmortem with the facts filled in, and the places marked that only a person can fill.
//!
//! Plain GitHub-flavoured Markdown. Generated parts stand between `knockon:begin` and `knockon:end` comments,
//! so that they can be made anew without touching what people wrote.

use std::io::{self, Write};

use crate::model::Report;

use super::escape::{markdown as text, markdown_code as code, markdown_fence, mermaid, visible};
use super::outages::main_outage;
use super::view::{
    Context, CountTable, Digest, EvidenceView, ExampleView, Fact, FindingView, MomentView,
    caused_counts,
};
use super::{Reporter, View};

/// The report as a postmortem.
pub(super) struct Markdown;

impl Reporter for Markdown {
    fn id(&self) -> &'static str {
        "markdown"
    }

    fn about(&self) -> &'static str {
        "a postmortem in GitHub-flavoured Markdown, with what only a person can fill marked"
    }

    fn write(&self, report: &Report, view: &View, out: &mut dyn Write) -> io::Result<()> {
        let cx = Context::new(report, view);
        let digest = Digest::of(&cx);
        Page {
            cx: &cx,
            digest: &digest,
        }
        .write(out)
    }
}

struct Page<'a> {
    cx: &'a Context<'a>,
    digest: &'a Digest,
}

type Out<'o> = &'o mut dyn Write;
type Section<'a> = (
    &'static str,
    &'static str,
    fn(&Page<'a>, Out<'_>) -> io::Result<()>,
);

impl Page<'_> {
    fn write(&self, out: Out<'_>) -> io::Result<()> {
        let sections: [Section<'_>; 14] = [
            ("key-information", "Key information", Page::key),
            ("summary", "Executive summary", Page::summary),
            ("impact", "Impact", Page::impact),
            ("timeline", "Joint timeline", Page::timeline),
            ("what-happened", "What happened", Page::what_happened),
            ("attribution", "Attribution", Page::attribution),
            ("cause-analysis", "Cause analysis", Page::cause),
            ("detection", "Detection and response", Page::detection),
            ("lessons", "Lessons", Page::lessons),
            ("actions", "Recommended actions", Page::actions),
            (
                "data-quality",
                "Data quality and limits",
                Page::data_quality,
            ),
            ("evidence", "Appendix A: cited lines", Page::lines),
            ("method", "Appendix B: method", Page::method),
            ("glossary", "Appendix C: glossary", Page::glossary),
        ];
        self.front(out)?;
        for (name, title, body) in sections {
            writeln!(out, "\n## {title}\n")?;
            writeln!(out, "<!-- knockon:begin {name} -->\n")?;
            body(self, out)?;
            writeln!(out, "\n<!-- knockon:end {name} -->")?;
            self.prompts(name, out)?;
        }
        Ok(())
    }

    fn front(&self, out: Out<'_>) -> io::Result<()> {
        let d = self.digest;
        writeln!(out, "# {}\n", text(&d.title))?;
        writeln!(out, "<!-- knockon:begin front-matter -->\n")?;
        writeln!(
            out,
            "Status: **Draft, generated** by knockon {} (schema version {}). All times are in {}, as stated beside \
             each. In this document, {}.",
            text(d.version),
            super::wire::SCHEMA_VERSION,
            text(&d.zone),
            d.redaction
        )?;
        writeln!(out, "\n<!-- knockon:end front-matter -->\n")?;
        todo(
            "name the owner of this review, its reviewers and its status.",
            out,
        )
    }

    /// What only a person can add, outside the generated part.
    fn prompts(&self, section: &str, out: Out<'_>) -> io::Result<()> {
        let prompt = match section {
            "impact" if self.digest.has_knock_on => {
                "what did customers see, and how many contacted support?"
            }
            "timeline" => {
                "add what people did and when: who was paged, what was tried, what was switched."
            }
            "cause-analysis" if self.digest.has_outage => {
                "which conditions on our side let the outage reach payments, and how did they come to be?"
            }
            "detection" => {
                "when did a person or an alert first notice, and how? How could that time be halved?"
            }
            "lessons" => "what surprised you, where did we get lucky, and what should others know?",
            "actions" => "give each action an owner and a date, or strike it out with a reason.",
            _ => return Ok(()),
        };
        writeln!(out)?;
        todo(prompt, out)
    }

    fn key(&self, out: Out<'_>) -> io::Result<()> {
        fact_table(&self.digest.key, out)
    }

    fn summary(&self, out: Out<'_>) -> io::Result<()> {
        for sentence in &self.digest.summary {
            writeln!(out, "{}", prose(sentence))?;
        }
        if !self.digest.has_outage && !self.digest.looked_at.is_empty() {
            writeln!(out, "\nWhat was looked at:\n")?;
            bullets(&self.digest.looked_at, out)?;
        }
        Ok(())
    }

    fn impact(&self, out: Out<'_>) -> io::Result<()> {
        let d = self.digest;
        if d.impact.is_empty() && d.money.is_empty() {
            writeln!(
                out,
                "No payment was found to have been affected by an outage."
            )?;
        } else {
            fact_table(&d.impact, out)?;
        }
        if !d.money.is_empty() {
            writeln!(
                out,
                "\nAmounts are exact and stand apart per currency. What is to be reconciled is not part of what was lost.\n"
            )?;
            writeln!(
                out,
                "| Currency | Affected | Recovered | Lost | To reconcile |\n| --- | ---: | ---: | ---: | ---: |"
            )?;
            for m in &d.money {
                writeln!(
                    out,
                    "| {} | {} | {} | {} | {} |",
                    text(&m.currency),
                    m.failed,
                    m.recovered,
                    m.lost,
                    m.unknown
                )?;
            }
        }
        for table in d.tables.iter().filter(|t| t.with_attempts) {
            count_table(table, out)?;
        }
        if !d.not_affected.is_empty() {
            writeln!(out, "\n### Not affected\n")?;
            bullets(&d.not_affected, out)?;
        }
        if let Some(sentence) = &d.slo {
            writeln!(out, "\n### Error budget\n\n{}", prose(sentence))?;
        }
        self.what_if(out)
    }

    fn what_if(&self, out: Out<'_>) -> io::Result<()> {
        let d = self.digest;
        for group in &d.what_if {
            writeln!(out, "\n### What if: {}\n", text(&group.about))?;
            for case in &group.cases {
                writeln!(out, "- {}: {}.", text(&case.title), text(&case.saved))?;
            }
            writeln!(out, "\nTaken for granted:\n")?;
            bullets(&group.assumptions, out)?;
        }
        if !d.left_out.is_empty() {
            writeln!(out, "\n### What if: left out\n")?;
            bullets(&d.left_out, out)?;
        }
        Ok(())
    }

    fn timeline(&self, out: Out<'_>) -> io::Result<()> {
        self.gantt(out)?;
        if self.digest.moments.is_empty() {
            return writeln!(out, "No notable moments.");
        }
        moments(&self.digest.moments, out)
    }

    /// A Mermaid diagram; times carry no zone there, so its title states it.
    fn gantt(&self, out: Out<'_>) -> io::Result<()> {
        let report = self.cx.report;
        let Some(window) = report.window.filter(|_| !report.outages.is_empty()) else {
            return Ok(());
        };
        let zone = self.cx.zone();
        writeln!(out, "```mermaid\ngantt")?;
        // our own word for the zone, and a title takes any sign
        writeln!(
            out,
            "    title Outages and knock-on failures ({})",
            zone.name()
        )?;
        writeln!(
            out,
            "    dateFormat YYYY-MM-DD HH:mm:ss\n    axisFormat %m-%d %H:%M"
        )?;
        writeln!(out, "    section Logs")?;
        let one_second =
            |from: crate::model::Time, to: crate::model::Time| to.max(from.plus_secs(1.0));
        writeln!(
            out,
            "    Logged :done, {}, {}",
            zone.bare(window.start),
            zone.bare(one_second(window.start, window.end))
        )?;
        writeln!(out, "    section Exchanges")?;
        for (outage, caused) in report.outages.iter().zip(caused_counts(report)) {
            let span = outage.span(window.end);
            let open = if outage.end.is_none() {
                " (end not seen)"
            } else {
                ""
            };
            writeln!(
                out,
                "    Outage {} of {}{open} :crit, {}, {}",
                mermaid(&outage.id),
                mermaid(&self.cx.text(&outage.exchange_name)),
                zone.bare(span.start),
                zone.bare(one_second(span.start, span.end))
            )?;
            if let Some((first, last)) = caused_stretch(report, &outage.id) {
                writeln!(
                    out,
                    "    Payments failed by {} ({caused}) :active, {}, {}",
                    mermaid(&outage.id),
                    zone.bare(first),
                    zone.bare(one_second(first, last))
                )?;
            }
            if let Some(at) = outage.acknowledged_at {
                writeln!(
                    out,
                    "    First public word on {} :milestone, {}, 0s",
                    mermaid(&outage.id),
                    zone.bare(at)
                )?;
            }
        }
        writeln!(out, "```\n")
    }

    fn what_happened(&self, out: Out<'_>) -> io::Result<()> {
        if !self.digest.has_outage {
            return writeln!(
                out,
                "In the window analysed ({}) no exchange served clearly worse than its own baseline.",
                text(&self.digest.window)
            );
        }
        for (at, o) in self.digest.outages.iter().enumerate() {
            let gap = if at > 0 { "\n" } else { "" };
            writeln!(out, "{gap}### {}\n", text(&o.heading))?;
            writeln!(
                out,
                "What the logs show is {}; it was established from {}. Onset: {}. Recovery: {}. It lasted {}. {} held to have followed from it. First public word: {}.",
                text(&o.kind),
                o.sources,
                text(&o.onset_prose),
                text(&o.recovered_prose),
                o.lasted,
                if o.caused == 1 {
                    "1 failed payment attempt is".to_owned()
                } else {
                    format!("{} failed payment attempts are", o.caused_text)
                },
                text(&o.acknowledged)
            )?;
            if !o.first_seen.is_empty() {
                writeln!(out, "\nFirst failed call: {}.", text(&o.first_seen))?;
            }
            if !o.components.is_empty() {
                writeln!(
                    out,
                    "\n| Component | When | Bad calls | Usually | At worst |\n| --- | --- | ---: | ---: | ---: |"
                )?;
            }
            for c in &o.components {
                writeln!(
                    out,
                    "| {} | {} | {} | {} | {} |",
                    text(&c.name),
                    text(&c.span),
                    c.failed,
                    text(&c.usual),
                    text(&c.peak)
                )?;
            }
            for c in o.components.iter().filter(|c| c.phases.len() > 1) {
                writeln!(out, "\nPhases of {}:\n", text(&c.name))?;
                for p in &c.phases {
                    writeln!(
                        out,
                        "1. {} ({}): {} of calls bad",
                        text(&p.span),
                        p.lasted,
                        text(&p.rate)
                    )?;
                }
            }
            if !o.evidence.is_empty() {
                writeln!(out, "\nWhy this counts as an outage of this kind:\n")?;
                evidence(&o.evidence, out)?;
            }
        }
        Ok(())
    }

    fn attribution(&self, out: Out<'_>) -> io::Result<()> {
        let d = self.digest;
        if !d.has_failures {
            return writeln!(
                out,
                "No payment attempt failed, so there was nothing to attribute."
            );
        }
        writeln!(out, "{}", prose(&d.answer[0]))?;
        for table in d.tables.iter().filter(|t| !t.with_attempts) {
            count_table(table, out)?;
        }
        if !d.agreement.is_empty() {
            writeln!(out, "\n### Do the two ways to count agree?\n")?;
            for sentence in &d.agreement {
                writeln!(out, "{}", prose(sentence))?;
            }
        }
        self.examples("Strongest cases", &d.strongest, out)?;
        self.examples("Closest calls", &d.borderline, out)?;
        self.examples(
            "Rejected: failed, but not because of an outage",
            &d.rejected,
            out,
        )?;
        writeln!(
            out,
            "\nEvery failed attempt with its verdict and evidence: `knockon failures -f csv` (or `jsonl`); one of them in \
             full: `knockon explain PAYMENT_ID`."
        )
    }

    fn examples(&self, title: &str, examples: &[ExampleView], out: Out<'_>) -> io::Result<()> {
        if examples.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n### {title}")?;
        for e in examples {
            writeln!(out, "\n**{}**, {}.\n", code(&e.id), text(&e.verdict))?;
            let facts: Vec<String> = e
                .facts
                .iter()
                .map(|f| {
                    let value = if f.label == "Error" {
                        code(&f.value)
                    } else {
                        text(&f.value)
                    };
                    format!("{}: {value}", f.label)
                })
                .collect();
            writeln!(out, "{}.\n", facts.join("; "))?;
            evidence(&e.evidence, out)?;
        }
        Ok(())
    }

    fn cause(&self, out: Out<'_>) -> io::Result<()> {
        let d = self.digest;
        match main_outage(self.cx.report).map(|i| &d.outages[i]) {
            Some(o) => writeln!(
                out,
                "**Trigger:** {} served worse than its own baseline, {}. Why it did is not in these logs.",
                text(&o.exchange),
                text(&o.kind)
            )?,
            None => writeln!(out, "**Trigger:** no outage of an exchange was found.")?,
        }
        writeln!(
            out,
            "\n**Contributing factors, rival explanations and limits that the data shows:**\n"
        )?;
        if d.findings.is_empty() {
            writeln!(out, "None found.")?;
        }
        for f in &d.findings {
            finding(f, out)?;
        }
        Ok(())
    }

    fn detection(&self, out: Out<'_>) -> io::Result<()> {
        if self.digest.detection.is_empty() {
            return writeln!(out, "Nothing was there to be detected.");
        }
        fact_table(&self.digest.detection, out)
    }

    fn lessons(&self, out: Out<'_>) -> io::Result<()> {
        for (title, facts) in [
            ("Went well", &self.digest.went_well),
            ("Went wrong", &self.digest.went_wrong),
        ] {
            let gap = if title == "Went well" { "" } else { "\n" };
            writeln!(out, "{gap}### {title}\n")?;
            if facts.is_empty() {
                writeln!(out, "The logs alone do not tell.")?;
            } else {
                bullets(facts, out)?;
            }
        }
        Ok(())
    }

    fn actions(&self, out: Out<'_>) -> io::Result<()> {
        if self.digest.actions.is_empty() {
            return writeln!(out, "The data suggests none.");
        }
        writeln!(
            out,
            "| Id | Action | Type | Because | Priority | Owner | Due |\n| --- | --- | --- | --- | --- | --- | --- |"
        )?;
        for (number, a) in (1..).zip(&self.digest.actions) {
            writeln!(
                out,
                "| A{number} | {} | {} | {} | {} | TBD | TBD |",
                text(&a.action),
                a.kind,
                text(&a.because),
                a.priority
            )?;
        }
        Ok(())
    }

    fn data_quality(&self, out: Out<'_>) -> io::Result<()> {
        let d = self.digest;
        if !d.inputs.is_empty() {
            writeln!(
                out,
                "| Input | Format | Role | Lines | Events | Rejected | Events from | Zone | Clock |\n\
                 | --- | --- | --- | ---: | ---: | ---: | --- | --- | --- |"
            )?;
        }
        for i in &d.inputs {
            writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                code(&i.path),
                text(&i.format),
                i.role,
                i.lines,
                i.events,
                i.rejected,
                text(&i.span),
                text(&i.zone),
                text(&i.clock)
            )?;
        }
        // the warnings of the inputs are among those of the report
        let notes: Vec<String> = [d.warnings.clone(), d.zones.clone()].concat();
        if notes.is_empty() {
            return writeln!(out, "\nNo warnings.");
        }
        writeln!(out, "\n### Warnings\n")?;
        bullets(&notes, out)
    }

    fn lines(&self, out: Out<'_>) -> io::Result<()> {
        if self.digest.lines.is_empty() {
            return writeln!(out, "No lines are quoted.");
        }
        let rows: Vec<String> = self
            .digest
            .lines
            .iter()
            .map(|l| format!("[{}] {}: {}", l.id, visible(&l.place), visible(&l.text)))
            .collect();
        let texts: Vec<&str> = rows.iter().map(String::as_str).collect();
        let fence = markdown_fence(&texts);
        writeln!(out, "{fence}text\n{}\n{fence}", rows.join("\n"))
    }

    fn method(&self, out: Out<'_>) -> io::Result<()> {
        for (number, sentence) in (1..).zip(&self.digest.method) {
            writeln!(out, "{number}. {}", text(sentence))?;
        }
        Ok(())
    }

    fn glossary(&self, out: Out<'_>) -> io::Result<()> {
        for (word, meaning) in GLOSSARY {
            writeln!(out, "- **{word}**: {meaning}")?;
        }
        Ok(())
    }
}

const GLOSSARY: [(&str, &str); 8] = [
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
        "how the outage reached the attempt: direct (an error of the exchange), timeout, circuit\\_breaker (rejected by \
         the client without a call), collateral (a payment that does not use the exchange), backlog (after the end), \
         retry (exists only because an earlier one failed)",
    ),
    ("T+", "time since the onset of the main outage"),
];

fn caused_stretch(report: &Report, id: &str) -> Option<(crate::model::Time, crate::model::Time)> {
    let times = report
        .failures
        .iter()
        .filter(|f| f.verdict == crate::model::Verdict::Caused)
        .filter(|f| {
            f.outage
                .and_then(|o| report.outages.get(o))
                .is_some_and(|o| o.id == id)
        })
        .map(|f| f.time);
    let first = times.clone().min()?;
    Some((first, times.max()?))
}

fn todo(prompt: &str, out: Out<'_>) -> io::Result<()> {
    writeln!(out, "> TODO(author): {prompt}")
}

/// A sentence of ours: `commands` in it stay code, all else is escaped.
fn prose(sentence: &str) -> String {
    let parts: Vec<&str> = sentence.split('`').collect();
    if parts.len().is_multiple_of(2) || !sentence.contains("`knockon") && !sentence.contains("`--")
    {
        return text(sentence);
    }
    parts
        .iter()
        .enumerate()
        .map(|(at, part)| if at % 2 == 0 { text(part) } else { code(part) })
        .collect()
}

fn bullets(texts: &[String], out: Out<'_>) -> io::Result<()> {
    for t in texts {
        writeln!(out, "- {}", text(t))?;
    }
    Ok(())
}

fn fact_table(facts: &[Fact], out: Out<'_>) -> io::Result<()> {
    writeln!(out, "| | |\n| --- | --- |")?;
    for f in facts {
        writeln!(out, "| {} | {} |", text(&f.label), text(&f.value))?;
    }
    Ok(())
}

const MOST_ROWS: usize = 25;

fn count_table(table: &CountTable, out: Out<'_>) -> io::Result<()> {
    let name = super::words::sentence(table.by);
    let name = name.trim_end_matches('.');
    writeln!(out, "\n### By {}\n", table.by)?;
    if table.only_caused {
        writeln!(out, "| {name} | Caused |\n| --- | ---: |")?;
    } else if table.with_attempts {
        writeln!(
            out,
            "| {name} | Attempts | Failed | Rate | Caused | Unrelated | Undetermined |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
        )?;
    } else {
        writeln!(
            out,
            "| {name} | Failed | Caused | Unrelated | Undetermined |\n| --- | ---: | ---: | ---: | ---: |"
        )?;
    }
    for row in table.rows.iter().take(MOST_ROWS) {
        let name = if table.quoted {
            code(&row.name)
        } else {
            text(&row.name)
        };
        if table.only_caused {
            writeln!(out, "| {name} | {} |", row.caused)?;
            continue;
        }
        let middle = if table.with_attempts {
            format!("{} | {} | {}", row.attempts, row.failed, text(&row.rate))
        } else {
            row.failed.clone()
        };
        writeln!(
            out,
            "| {name} | {middle} | {} | {} | {} |",
            row.caused, row.unrelated, row.undetermined
        )?;
    }
    if table.rows.len() > MOST_ROWS {
        writeln!(
            out,
            "\n{} more are in the JSON.",
            table.rows.len() - MOST_ROWS
        )?;
    }
    Ok(())
}

fn finding(f: &FindingView, out: Out<'_>) -> io::Result<()> {
    writeln!(
        out,
        "- **{}** ({}, {}; {}). {}",
        text(&f.title),
        f.severity,
        f.confidence,
        text(&f.id),
        text(&f.detail)
    )?;
    for e in &f.evidence {
        writeln!(
            out,
            "  - {}: {} ({})",
            e.side,
            text(&e.detail),
            text(&e.cite)
        )?;
    }
    Ok(())
}

/// Reasons as a list: for or against, weight, words, rule, line.
pub(super) fn evidence(list: &[EvidenceView], out: &mut dyn Write) -> io::Result<()> {
    for e in list {
        let weight = if e.side == "note" {
            String::new()
        } else {
            format!(" ({})", e.weight)
        };
        let cite = if e.cite.is_empty() {
            String::new()
        } else {
            format!(", {}", text(&e.cite))
        };
        writeln!(
            out,
            "- {}{weight}: {} [{}]{cite}",
            e.side,
            text(&e.detail),
            e.rule
        )?;
    }
    Ok(())
}

/// Moments as a table.
pub(super) fn moments(list: &[MomentView], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| Time | Offset | Side | Event | Outage | Evidence |\n| --- | --- | --- | --- | --- | --- |"
    )?;
    for m in list {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            m.time,
            m.offset,
            m.side,
            text(&m.text),
            m.outage,
            text(&m.cite)
        )?;
    }
    Ok(())
}
