//! What every output must say, must not say, and must say alike.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::model::{Outage, Report, Verdict};

use super::sample::{self, HOSTILE};
use super::view::{Context, Digest};
use super::*;

fn by_id(reporters: &[&'static dyn Reporter], id: &str) -> &'static dyn Reporter {
    *reporters.iter().find(|r| r.id() == id).unwrap()
}

fn write(reporter: &dyn Reporter, report: &Report, view: &View) -> String {
    let mut out = Vec::new();
    reporter.write(report, view, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn analyze(id: &str, report: &Report) -> String {
    write(by_id(analyze_reporters(), id), report, &View::default())
}

/// Every output of every command, by name.
fn everything(report: &Report, view: &View) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (command, reporters) in [
        ("analyze", analyze_reporters()),
        ("failures", failures_reporters()),
        ("timeline", timeline_reporters()),
        ("inspect", inspect_reporters()),
    ] {
        for r in reporters {
            out.push((format!("{command} {}", r.id()), write(*r, report, view)));
        }
    }
    for format in ["table", "jsonl", "csv", "markdown"] {
        out.push((format!("rows {format}"), rows(format, view)));
    }
    if !report.failures.is_empty() {
        for format in ["table", "json", "markdown"] {
            let mut text = Vec::new();
            write_story(report, &sample::story(report), view, format, &mut text).unwrap();
            out.push((
                format!("explain {format}"),
                String::from_utf8(text).unwrap(),
            ));
        }
    }
    out
}

fn rows(format: &str, view: &View) -> String {
    let mut out = Vec::new();
    {
        let mut writer = row_writer(format, view, &mut out);
        let paths = |_: SourceRef| "logs/payments.jsonl".to_owned();
        writer.row(&paths, &sample::row()).unwrap();
        writer.finish().unwrap();
    }
    String::from_utf8(out).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// A line of text in columns of a terminal, the blanks of a wrapped text taken out.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_first_line_answers_the_question() {
    let report = sample::report();
    let headline = "14 of 20 failed payments were judged to have followed from 2 outages of binance and kraken; \
                    4 are unrelated, 2 undetermined.";
    assert!(squeezed(&analyze("table", &report)).starts_with(headline));
    assert!(squeezed(&analyze("markdown", &report)).contains(headline));
    assert!(analyze("html", &report).contains(headline));
    assert_eq!(json(&analyze("json", &report))["headline"], headline);
}

#[test]
fn all_formats_have_the_same_numbers() {
    let report = sample::report();
    let view = View::default();
    let cx = Context::new(&report, &view);
    let digest = Digest::of(&cx);
    let table = write(
        by_id(analyze_reporters(), "table"),
        &report,
        &View {
            verbose: 2,
            width: 120,
            ..view
        },
    );
    let (markdown, html) = (analyze("markdown", &report), analyze("html", &report));
    let table = squeezed(&table);
    let mut compared = 0;
    let mut same = |what: &str| {
        compared += 1;
        assert!(table.contains(what), "table lacks {what}");
        assert!(
            html.contains(&what.replace('<', "&lt;")),
            "html lacks {what}"
        );
        assert!(
            markdown.contains(&escape::markdown(what)) || markdown.contains(what),
            "markdown lacks {what}"
        );
    };
    for m in &digest.money {
        for text in [&m.failed, &m.recovered, &m.lost, &m.unknown] {
            same(text);
        }
    }
    for f in digest.impact.iter().chain(&digest.detection) {
        same(&f.value);
    }
    for t in digest.tables.iter().filter(|t| !t.quoted) {
        for r in &t.rows {
            if !t.only_caused {
                same(&r.failed);
            }
            same(&r.caused);
            if t.with_attempts {
                same(&r.attempts);
                same(&r.rate);
            }
        }
    }
    for o in &digest.outages {
        same(&o.onset_prose);
        same(&o.recovered_prose);
        same(&o.kind);
        for c in &o.components {
            same(&c.failed);
            same(&c.peak);
        }
    }
    for sentence in &digest.agreement {
        same(sentence);
    }
    assert!(compared > 60, "{compared}");

    let j = json(&analyze("json", &report));
    assert_eq!(j["failures"]["caused"], report.totals.caused);
    assert_eq!(
        j["impact"]["amount_failed"]["BTC"],
        "12345678901234567.89000000"
    );
    assert_eq!(j["impact"]["amount_failed"]["USDT"], "0.10");
    assert_eq!(j["impact"]["unknown_outcome"]["attempts"], 5);
    assert_eq!(j["outages"][0]["caused"], 13);
    assert_eq!(j["outages"][1]["end"], Value::Null);
    assert_eq!(j["failures"]["by_exchange"]["binance"]["attempts"], 1210);
    assert_eq!(j["failures"]["by_channel"]["retry"]["caused"], 0);
}

#[test]
fn hostile_texts_do_nothing_anywhere() {
    let report = sample::report();
    for unicode in [true, false] {
        for (name, text) in everything(
            &report,
            &View {
                unicode,
                verbose: 2,
                ..View::default()
            },
        ) {
            let json = name.contains("json");
            assert!(!text.contains('\x1b'), "{name}: raw escape");
            assert!(json || !text.contains('\u{202e}'), "{name}: bidi control");
        }
    }
    let html = analyze("html", &report);
    for bad in ["<script", "<img", "<b>"] {
        assert!(!html.contains(bad), "{bad}");
    }
    assert!(html.contains("&lt;script&gt;"));
    let own_links = regex::Regex::new(r"\[E(\d+)\]\(#e(\d+)\)").unwrap();
    for (name, text) in everything(&report, &View::default()) {
        if !name.ends_with("markdown") {
            continue;
        }
        for line in outside_code(&text) {
            let line = own_links
                .replace_all(&without_escaped(&line), "")
                .into_owned();
            for bad in ["<script", "<img", "<b>", "![", "](", "@all", "http://"] {
                assert!(!line.contains(bad), "{name}: {bad} in {line}");
            }
        }
        tables_hold(&name, &text);
    }
}

/// The lines of a Markdown document without fenced blocks and code spans.
fn outside_code(markdown: &str) -> Vec<String> {
    let mut fenced = false;
    let mut out = Vec::new();
    for line in markdown.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            out.push(without_code_spans(line));
        }
    }
    assert!(!fenced, "a fence stays open");
    out
}

fn without_code_spans(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(start) = rest.find('`') {
        if rest[..start].ends_with('\\') {
            out.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
            continue;
        }
        let run = rest[start..].len() - rest[start..].trim_start_matches('`').len();
        let fence = "`".repeat(run);
        let after = &rest[start + run..];
        out.push_str(&rest[..start]);
        let end = after
            .find(&fence)
            .unwrap_or_else(|| panic!("span stays open: {line}"));
        rest = &after[end + run..];
    }
    out.push_str(rest);
    out
}

/// A line without its backslash-escaped characters.
fn without_escaped(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            chars.next();
        } else {
            out.push(c);
        }
    }
    out
}

/// Every row of a table has as many cells as its heading.
fn tables_hold(name: &str, markdown: &str) {
    let cells = |line: &str| without_escaped(line).matches('|').count();
    let lines: Vec<&str> = markdown.lines().collect();
    let mut rows = 0;
    for pair in lines.windows(2) {
        if pair[0].starts_with('|') && pair[1].starts_with('|') {
            rows += 1;
            assert_eq!(
                cells(pair[0]),
                cells(pair[1]),
                "{name}:\n{}\n{}",
                pair[0],
                pair[1]
            );
        }
    }
    assert!(
        rows > 0 || !markdown.contains("| ---"),
        "{name}: no table found"
    );
}

#[test]
fn nothing_that_was_logged_by_mistake_leaves() {
    let report = sample::report();
    for (name, text) in everything(
        &report,
        &View {
            verbose: 2,
            ..View::default()
        },
    ) {
        for leak in ["4111", "jo@shop.example", "cvv=123", "abcdef0123456789"] {
            assert!(!text.contains(leak), "{name} leaks {leak}");
        }
    }
    let open = View {
        redact: Redact::None,
        ..View::default()
    };
    assert!(write(by_id(failures_reporters(), "jsonl"), &report, &open).contains("4111 1111"));
    let strict = View {
        redact: Redact::Strict,
        verbose: 2,
        ..View::default()
    };
    for (name, text) in everything(&report, &strict) {
        let ids = text.contains("pay_0000") || text.contains("ord_0000");
        assert!(!ids, "{name} shows an id");
    }
}

#[test]
fn people_outside_see_nothing_of_the_inside() {
    let report = sample::report();
    let view = View {
        audience: Audience::External,
        redact: Redact::Strict,
        ..View::default()
    };
    let text = write(by_id(analyze_reporters(), "markdown"), &report, &view);
    let mut inside: Vec<String> = Vec::new();
    for f in &report.failures {
        inside.push(f.payment_id.to_string());
        inside.extend(
            [&f.order_id, &f.error_code, &f.error_message, &f.merchant]
                .map(|t| t.as_deref().unwrap_or("never").to_owned()),
        );
        inside.extend(f.evidence.iter().map(|e| e.detail.clone()));
    }
    inside.extend(report.inputs.iter().map(|i| i.path.clone()));
    inside.extend(report.citations.iter().map(|c| c.text.clone()));
    inside.extend(report.findings.iter().map(|f| f.detail.clone()));
    inside.extend(report.impact.amount_lost.values().map(ToString::to_string));
    let notes = report
        .moments
        .iter()
        .filter(|m| m.side == crate::model::Side::Notes);
    inside.extend(notes.map(|m| m.text.clone()));
    inside.extend(["logs/", "[E", "id-"].map(str::to_owned));
    assert!(inside.len() > 100);
    for what in &inside {
        assert!(!text.contains(what.as_str()), "{what}");
        assert!(!text.contains(&escape::markdown(what)), "{what}");
    }
    assert!(text.contains("14 of 20 failed payments") && text.contains("> TODO(author): "));
}

#[test]
fn tables_fit_the_width() {
    let report = sample::report();
    for width in [80, 100, 120] {
        for unicode in [true, false] {
            for verbose in 0..=2 {
                let view = View {
                    width,
                    unicode,
                    verbose,
                    ..View::default()
                };
                let text = write(by_id(analyze_reporters(), "table"), &report, &view);
                for line in text.lines() {
                    assert!(line.width() <= width, "{width}: {} {line}", line.width());
                    assert!(unicode || line.is_ascii(), "{line}");
                }
            }
        }
    }
    let text = write(
        by_id(failures_reporters(), "table"),
        &report,
        &View::default(),
    );
    assert!(text.lines().all(|l| l.width() <= 80), "{text}");
    assert_eq!(text.lines().count(), report.failures.len() + 2);
    assert!(
        !text.contains('…') && text.contains("circuit_breaker"),
        "{text}"
    );
}

#[test]
fn the_terminal_is_short_unless_asked() {
    let mut report = sample::report();
    let table = |report: &Report, verbose: u8| {
        let view = View {
            verbose,
            ..View::default()
        };
        squeezed(&write(by_id(analyze_reporters(), "table"), report, &view))
    };
    let (short, long) = (table(&report, 0), table(&report, 1));
    for only_long in [
        "By method",
        "By error",
        "Cross-check",
        "Orders affected",
        "What if",
        "Detection",
    ] {
        assert!(!short.contains(only_long), "{only_long}: {short}");
        assert!(long.contains(only_long), "{only_long}: {long}");
    }
    let lines = analyze("table", &report).lines().count();
    assert!(lines <= 60, "{lines} lines are more than a screen");
    // what was rejected is never left out
    assert!(report.inputs.iter().any(|i| i.rejected > 0));
    for input in report.inputs.iter().filter(|i| i.rejected > 0) {
        let name = input.path.rsplit('/').next().unwrap();
        assert!(short.contains(name), "{name}: {short}");
    }
    report.totals.by_exchange[0].name = "-".to_owned();
    assert!(table(&report, 0).contains("(no exchange)"));
}

#[test]
fn a_warning_is_said_once() {
    let mut report = sample::report();
    let of_input = "durations without a unit";
    report.inputs[0].warnings = vec![of_input.to_owned()];
    report.warnings = vec![format!("{}: {of_input}", report.inputs[0].path)];
    for id in ["table", "markdown", "html"] {
        let text = squeezed(&analyze(id, &report));
        assert_eq!(text.matches(of_input).count(), 1, "{id}");
    }
    let text = write(
        by_id(inspect_reporters(), "table"),
        &report,
        &View::default(),
    );
    assert_eq!(text.matches(of_input).count(), 1, "{text}");
}

#[test]
fn an_action_is_asked_for_once() {
    let mut report = sample::report();
    assert!(report.impact.unknown_outcome.attempts > 0);
    let mut finding = report.findings[0].clone();
    finding.id = "outcome-unknown".to_owned();
    finding.severity = crate::model::Severity::Critical;
    report.findings.push(finding);
    let view = View::default();
    let digest = Digest::of(&Context::new(&report, &view));
    let reconciling = digest.actions.iter().filter(|a| a.kind == "mitigate");
    assert_eq!(reconciling.count(), 1);
    let repeated = |a: &&super::view::ActionView| a.because.contains("outcome-unknown");
    assert_eq!(digest.actions.iter().filter(repeated).count(), 0);
}

#[test]
fn colour_only_when_asked() {
    let report = sample::report();
    let coloured = View {
        color: true,
        ..View::default()
    };
    let text = write(by_id(analyze_reporters(), "table"), &report, &coloured);
    assert!(text.contains("\x1b["));
    let plain = regex::Regex::new("\x1b\\[[0-9;]*m")
        .unwrap()
        .replace_all(&text, "")
        .into_owned();
    assert_eq!(plain, analyze("table", &report));
}

#[test]
fn gaps_are_not_health() {
    let report = sample::report();
    let text = analyze("table", &report);
    let strip = text
        .lines()
        .find(|l| l.contains("calls to binance "))
        .unwrap();
    let chart = strip.split_once("binance").unwrap().1;
    assert!(
        chart
            .trim_start()
            .split(" peak")
            .next()
            .unwrap()
            .contains(' '),
        "{strip}"
    );
    assert!(analyze("html", &report).contains("nothing was logged"));
}

#[test]
fn no_outage_reads_well() {
    let cases: [(Report, &str); 7] = [
        (
            sample::quiet(9803, 212, true),
            "No outage was established that the 212 failed payments could have followed from; 212 are unrelated, 0 undetermined.",
        ),
        (
            sample::quiet(1, 1, true),
            "No outage was established that the only failed payment could have followed from; 1 is unrelated, 0 undetermined.",
        ),
        (
            sample::quiet(9803, 0, true),
            "No outage found, and none of the 9,803 payment attempts failed.",
        ),
        (
            sample::quiet(1, 0, true),
            "No outage found, and the only payment attempt did not fail.",
        ),
        (
            sample::quiet(0, 0, true),
            "No outage found in the calls, and no payment attempts to judge.",
        ),
        (
            sample::quiet(500, 3, false),
            "No outage was established that the 3 failed payments could have followed from; 3 are unrelated, 0 undetermined.",
        ),
        (
            Report::default(),
            "Nothing to judge: no payment attempts and no calls to an exchange were found in 0 inputs.",
        ),
    ];
    for (report, headline) in &cases {
        for (name, text) in everything(report, &View::default()) {
            assert!(!text.is_empty() || name.contains("jsonl"), "{name}");
        }
        assert!(
            squeezed(&analyze("table", report)).starts_with(headline),
            "{}",
            analyze("table", report)
        );
        assert!(analyze("html", report).contains(headline));
        assert_eq!(json(&analyze("json", report))["headline"], *headline);
    }
    assert!(
        squeezed(&analyze("table", &cases[5].0)).contains("No calls to an exchange were found")
    );
    assert!(squeezed(&analyze("table", &cases[0].0)).contains("calls to binance: "));
}

#[test]
fn an_outage_without_effect_is_said_to_be_one() {
    let mut report = sample::quiet(9803, 212, true);
    report.outages = sample::report().outages[..1].to_vec();
    assert!(squeezed(&analyze("table", &report)).starts_with(
        "An outage of binance was found, but none of the 212 failed payments was judged to have followed from it: 212 are unrelated, 0 undetermined."
    ));
    report.totals = Default::default();
    assert!(squeezed(&analyze("table", &report)).starts_with(
        "An outage of binance was found, but no payment attempts: what followed cannot be told."
    ));
}

#[test]
fn the_postmortem_keeps_its_outline_and_its_words() {
    let report = sample::report();
    let text = analyze("markdown", &report);
    let headings: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("## ")).collect();
    assert_eq!(
        headings,
        [
            "Key information",
            "Executive summary",
            "Impact",
            "To be reconciled",
            "Joint timeline",
            "What happened",
            "Attribution",
            "Cause analysis",
            "Detection and response",
            "Lessons",
            "Recommended actions",
            "Data quality and limits",
            "Appendix A: cited lines",
            "Appendix B: method",
            "Appendix C: glossary",
        ]
    );
    let begins = text.matches("<!-- knockon:begin ").count();
    assert_eq!(begins, 16);
    assert_eq!(text.matches("<!-- knockon:end ").count(), begins);
    assert!(!text.to_lowercase().contains("root cause"));
    assert!(text.contains("consistent with overload"));
    assert!(text.contains("> TODO(author): "));
    assert!(text.contains("```mermaid\ngantt\n"));
    assert!(text.contains("T+00:10") && text.contains("T-00:05"));
    for title in ["### Strongest cases", "### Closest calls", "### Rejected"] {
        assert!(text.contains(title), "{title}");
    }
    // a cited line is one click away, and every such click leads somewhere
    assert!(text.contains("[E1](#e1)"));
    let links = regex::Regex::new(r"\]\(#(e\d+)\)").unwrap();
    for link in links.captures_iter(&text) {
        assert!(
            text.contains(&format!("<a id=\"{}\"></a>", &link[1])),
            "{}",
            &link[1]
        );
    }
    // what people are to write stands outside the parts that are made anew
    let mut inside = false;
    for line in text.lines() {
        inside = match line {
            l if l.starts_with("<!-- knockon:begin") => true,
            l if l.starts_with("<!-- knockon:end") => false,
            _ => inside,
        };
        assert!(!(inside && line.contains("TODO(author)")), "{line}");
    }
}

#[test]
fn every_time_shown_states_its_zone() {
    let report = sample::report();
    let pattern = regex::Regex::new(r"\d\d:\d\d:\d\d(\.\d+)?(.{0,22})").unwrap();
    let zoned = regex::Regex::new(
        r"^(Z| UTC|[+-]\d\d:\d\d| [+-]\d\d:\d\d| to [0-9: -]+ (UTC|[+-]\d\d:\d\d))",
    )
    .unwrap();
    for zone in ["UTC", "Asia/Shanghai"] {
        let view = View {
            zone: zone.parse().unwrap(),
            verbose: 2,
            ..View::default()
        };
        for id in ["table", "markdown"] {
            let text = write(by_id(analyze_reporters(), id), &report, &view);
            let text = if id == "table" { squeezed(&text) } else { text };
            let text = match text.split_once("```mermaid") {
                Some((a, b)) => format!("{a}{}", b.split_once("```").unwrap().1),
                None => text,
            };
            let mut seen = 0;
            for found in pattern.captures_iter(&text) {
                seen += 1;
                assert!(zoned.is_match(&found[2]), "{id} {zone}: {}", &found[0]);
            }
            assert!(seen > 10, "{seen}");
        }
    }
}

#[test]
fn csv_is_safe_and_complete() {
    let report = sample::report();
    let text = write(
        by_id(failures_reporters(), "csv"),
        &report,
        &View::default(),
    );
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), report.failures.len());
    for row in &rows {
        for cell in row {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
        }
    }
    assert!(rows.iter().any(|r| &r[1] == "'=1+1|<b>pay</b>"));
    assert_eq!(&rows[0][7], "0.01230000");
}

#[test]
fn every_csv_of_a_time_line_is_safe_and_complete() {
    let report = sample::report();
    let view = View::default();
    for format in ["csv", "timesketch"] {
        let moments = write(by_id(timeline_reporters(), format), &report, &view);
        for (text, least) in [(moments, report.moments.len()), (rows(format, &view), 1)] {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            if format == "timesketch" {
                let head: Vec<&str> = reader.headers().unwrap().iter().take(3).collect();
                assert_eq!(head, ["message", "datetime", "timestamp_desc"]);
            }
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            assert!(rows.len() >= least, "{format}: {} rows", rows.len());
            for cell in rows.iter().flatten() {
                let acts = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!acts || cell.parse::<f64>().is_ok(), "{cell}");
            }
        }
    }
}

#[test]
fn the_diagram_holds_its_labels_and_needs_no_outage() {
    let diagram = |report: &Report| {
        let reporter = by_id(timeline_reporters(), "mermaid");
        write(reporter, report, &View::default())
    };
    let full = diagram(&sample::report());
    assert!(
        full.starts_with("gantt\n") && full.contains("section Exchanges"),
        "{full}"
    );
    let known = ["gantt", "title ", "dateFormat ", "axisFormat ", "section "];
    for line in full.lines().map(str::trim) {
        let bar = line.split_once(" :").is_some_and(|(label, rest)| {
            !label.contains([':', ';', '#', '<', '%']) && rest.split(", ").count() == 3
        });
        assert!(bar || known.iter().any(|k| line.starts_with(k)), "{line}");
    }
    let quiet = diagram(&sample::quiet(5, 1, false));
    assert!(
        quiet.contains("section Logs") && !quiet.contains("Exchanges"),
        "{quiet}"
    );
}

#[test]
fn rows_have_the_contracts_keys() {
    let report = sample::report();
    let lines = write(
        by_id(failures_reporters(), "jsonl"),
        &report,
        &View::default(),
    );
    assert_eq!(lines.lines().count(), report.failures.len());
    let keys = |v: &Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    for line in lines.lines() {
        assert_eq!(
            keys(&json(line)),
            [
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
                "source"
            ]
        );
    }
    let first = json(lines.lines().next().unwrap());
    assert_eq!(
        keys(&first["evidence"][0]),
        ["rule", "supports", "weight", "detail", "source"]
    );
    assert_eq!(first["source"]["line"], 100);
    assert_eq!(first["time"], "2021-08-18T12:00:13.120Z");
    let row = json(&rows("jsonl", &View::default()));
    assert_eq!(
        keys(&row),
        [
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
            "source"
        ]
    );
    assert_eq!(row["service"], Value::Null);
    assert_eq!(row["message"], HOSTILE);
}

#[test]
fn the_analysis_has_the_contracts_keys() {
    let j = json(&analyze("json", &sample::report()));
    let has = |v: &Value, wanted: &[&str]| {
        let keys: BTreeSet<&str> = v.as_object().unwrap().keys().map(String::as_str).collect();
        for key in wanted {
            assert!(keys.contains(key), "{key} missing");
        }
    };
    has(
        &j,
        &[
            "schema_version",
            "inputs",
            "window",
            "outages",
            "failures",
            "impact",
            "detection",
            "findings",
            "what_if",
            "warnings",
        ],
    );
    has(
        &j["inputs"][0],
        &[
            "path",
            "format",
            "role",
            "exchange",
            "merchant",
            "lines",
            "events",
            "rejected",
            "first",
            "last",
            "zone",
            "clock_offset_ms",
        ],
    );
    has(
        &j["outages"][0],
        &[
            "id",
            "exchange",
            "start",
            "start_earliest",
            "start_latest",
            "end",
            "end_earliest",
            "end_latest",
            "kind",
            "components",
            "sources",
            "acknowledged_at",
            "evidence",
        ],
    );
    has(
        &j["outages"][0]["components"][0],
        &[
            "name",
            "start",
            "end",
            "calls",
            "failed_calls",
            "baseline_failure_rate",
            "peak_failure_rate",
        ],
    );
    has(
        &j["failures"],
        &[
            "attempts",
            "failed",
            "caused",
            "unrelated",
            "undetermined",
            "expected_caused",
            "by_channel",
            "by_exchange",
            "by_merchant",
            "by_currency",
            "by_error",
        ],
    );
    has(&j["failures"]["expected_caused"], &["mean", "low", "high"]);
    has(
        &j["impact"],
        &[
            "orders_affected",
            "orders_recovered",
            "orders_lost",
            "customers_affected",
            "amount_failed",
            "amount_lost",
            "unknown_outcome",
        ],
    );
    has(
        &j["detection"],
        &[
            "first_failure_at",
            "first_caused_at",
            "acknowledged_at",
            "acknowledgement_delay_s",
            "recovered_at",
            "last_caused_at",
        ],
    );
    has(
        &j["findings"][0],
        &[
            "id",
            "title",
            "severity",
            "confidence",
            "detail",
            "evidence",
        ],
    );
    assert_eq!(j["schema_version"], "1");
}

#[test]
fn schemas_are_committed_and_real_output_follows_them() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let update = std::env::var_os("KNOCKON_UPDATE_SCHEMAS").is_some();
    for which in [
        "analyze", "failures", "timeline", "inspect", "explain", "compare",
    ] {
        let schema = schema(which).unwrap();
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        let path = folder.join(format!("{which}.json"));
        if update {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed.replace("\r\n", "\n") == text,
            "docs/schema/{which}.json is stale: run this test with KNOCKON_UPDATE_SCHEMAS=1"
        );
        let validator = jsonschema::validator_for(&schema).unwrap();
        let documents = documents(which);
        assert!(documents.len() > 1, "{which}: nothing to check");
        for document in documents {
            if let Some(e) = validator.iter_errors(&document).next() {
                panic!("{which}: {e} at {}", e.instance_path());
            }
        }
    }
    assert!(schema("else").is_none());
}

/// Outputs of a rich and of poor reports, to be checked against a schema.
fn documents(which: &str) -> Vec<Value> {
    let view = View::default();
    let reports = [
        sample::report(),
        sample::quiet(5, 1, false),
        Report::default(),
    ];
    let mut out = Vec::new();
    for report in &reports {
        let text = match which {
            "analyze" => write(by_id(analyze_reporters(), "json"), report, &view),
            "failures" => write(by_id(failures_reporters(), "jsonl"), report, &view),
            "timeline" => {
                write(by_id(timeline_reporters(), "jsonl"), report, &view) + &rows("jsonl", &view)
            }
            "inspect" => write(by_id(inspect_reporters(), "json"), report, &view),
            "compare" => compared(report, &reports[0], "json"),
            _ => explanations(report),
        };
        for value in serde_json::Deserializer::from_str(&text).into_iter() {
            out.push(value.unwrap());
        }
    }
    out
}

fn compared(a: &Report, b: &Report, format: &str) -> String {
    let read = |name, report| compare::Analysed::read(name, &analyze("json", report)).unwrap();
    let mut out = Vec::new();
    let view = View::default();
    compare::write(
        &read("a.json", a),
        &read("b.json", b),
        &view,
        format,
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_comparison_states_each_difference_and_no_other() {
    let a = sample::report();
    let mut b = a.clone();
    let outage = &mut b.outages[0];
    outage.end = outage.end.map(|end| end.plus_secs(600.0));
    b.impact.orders_lost += 7;
    b.findings.clear();
    let c = json(&compared(&a, &b, "json"));
    let measures = c["measures"].as_array().unwrap();
    let changed: Vec<(&str, f64)> = measures
        .iter()
        .map(|m| {
            (
                m["id"].as_str().unwrap(),
                m["change"].as_f64().unwrap_or(0.0),
            )
        })
        .filter(|(_, change)| *change != 0.0)
        .collect();
    assert_eq!(changed, [("duration_s", 600.0), ("orders_lost", 7.0)]);
    assert_eq!(
        c["findings_only_in_a"].as_array().unwrap().len(),
        a.findings.len()
    );
    assert_eq!(c["findings_only_in_b"], serde_json::json!([]));

    let table = compared(&a, &b, "table");
    assert!(table.starts_with("Knock-on failures: "), "{table}");
    assert!(
        table.contains("+10 min") && table.contains("+7 ("),
        "{table}"
    );
    let same = compared(&a, &a, "markdown");
    assert!(
        !same.contains('+') && !same.contains("Findings only"),
        "{same}"
    );
    tables_hold("compare", &same);
}

#[test]
fn a_comparison_says_what_cannot_be_compared() {
    let a = sample::report();
    let quiet = compared(&a, &sample::quiet(5, 1, false), "table");
    assert!(quiet.contains("No outage was found in B."), "{quiet}");
    assert!(quiet.contains("The numbers of attempts differ"), "{quiet}");
    let read = |text: &str| {
        compare::Analysed::read("x.json", text)
            .unwrap_err()
            .to_string()
    };
    let analysis = analyze("json", &a);
    let later = analysis.replacen("\"schema_version\": \"1\"", "\"schema_version\": \"2\"", 1);
    assert!(
        read(&later).contains("x.json has schema version \"2\"")
            && read(&later).contains("compares \"1\"")
    );
    assert!(read("{}").contains("not what \"knockon analyze -f json\" writes"));
    assert!(read("{\"schema_version\": \"1\", \"inputs\": []}").contains("outages"));
    assert!(read("payments: 3").contains("not one JSON document"));
}

fn explanations(report: &Report) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let mut out = Vec::new();
    let mut story = sample::story(report);
    write_story(report, &story, &View::default(), "json", &mut out).unwrap();
    story.failed = None;
    write_story(report, &story, &View::default(), "json", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_story_argues_both_ways() {
    let report = sample::report();
    let mut out = Vec::new();
    write_story(
        &report,
        &sample::story(&report),
        &View::default(),
        "table",
        &mut out,
    )
    .unwrap();
    let text = String::from_utf8(out).unwrap();
    for wanted in [
        "Payment pay_0000",
        "Caused: it is virtually certain",
        "The odds, step by step",
        "its own call failed at 2021-08-18 12:00:04 UTC",
        "If a call of its own to binance had been served well: unrelated",
        "Also known",
        "What would change the verdict",
        "logs/exchange/binance-gateway.log.gz:7",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
}

#[test]
fn examples_are_picked_and_cited() {
    let report = sample::report();
    let picked = examples::pick(&report);
    let verdict = |i: &usize| report.failures[*i].verdict;
    assert_eq!(picked.strongest.len(), 3, "one for each channel");
    assert!(
        picked
            .strongest
            .iter()
            .all(|i| verdict(i) == Verdict::Caused)
    );
    assert!(
        picked
            .borderline
            .iter()
            .all(|i| verdict(i) == Verdict::Undetermined)
    );
    assert_eq!(picked.rejected.len(), 2);
    let lines = lines_to_cite(&report);
    for i in picked.strongest.iter().chain(&picked.rejected) {
        assert!(lines.contains(&report.failures[*i].source));
    }
    assert!(lines.is_sorted());
    assert!(lines_to_cite(&Report::default()).is_empty());
}

#[test]
fn many_failures_are_capped_on_the_page_and_nowhere_else() {
    let mut report = sample::report();
    let one = report.failures[0].clone();
    report.failures.resize(50_100, one);
    let html = analyze("html", &report);
    assert!(html.contains("100 more failed attempts are not shown here"));
    let lines = write(
        by_id(failures_reporters(), "jsonl"),
        &report,
        &View::default(),
    );
    assert_eq!(lines.lines().count(), 50_100);
}

#[test]
fn the_page_asks_nothing_of_anyone_and_runs_nothing() {
    let html = analyze("html", &sample::report());
    let values = regex::Regex::new(r#""[^"]*""#).unwrap();
    let tags = regex::Regex::new("<[^>]*>").unwrap();
    let acting =
        regex::Regex::new(r"<(script|link|img|iframe|object|base)\b|\s(src|on\w+)=").unwrap();
    for tag in tags.find_iter(&values.replace_all(&html, "_")) {
        assert!(!acting.is_match(tag.as_str()), "{}", tag.as_str());
    }
    assert!(!html.contains("url(") && !html.contains("@import"));
    let links = regex::Regex::new("href=\"?([^\" >]*)").unwrap();
    for link in links.captures_iter(&html) {
        let id = link[1].strip_prefix('#').expect("a link inside the page");
        assert!(
            html.contains(&format!("id=\"{id}\"")),
            "#{id} leads nowhere"
        );
    }
}

#[test]
fn a_filter_shows_as_many_rows_as_it_says() {
    let html = analyze("html", &sample::report());
    let options =
        regex::Regex::new(r#"<option value="(\w+)">[^<]* \(([\d,]+)\)</option>"#).unwrap();
    let rows = regex::Regex::new(r#"<tr class="([^"]*)">"#).unwrap();
    let has = |class: &str, row: &str| row.split(' ').any(|c| c == class);
    let mut seen = 0;
    for option in options.captures_iter(&html) {
        let shown = rows.captures_iter(&html).filter(|r| has(&option[1], &r[1]));
        assert_eq!(
            words::count(shown.count() as u64),
            option[2],
            "{}",
            &option[0]
        );
        assert!(
            html.contains(&format!(":not(.{})", &option[1])),
            "{}",
            &option[0]
        );
        seen += 1;
    }
    assert!(seen >= 4, "{seen} choices");
}

#[test]
fn every_lane_of_the_chart_can_be_read_and_reached() {
    let report = sample::report();
    let html = analyze("html", &report);
    let (_, svg) = html.split_once("<svg").unwrap();
    let (svg, _) = svg.split_once("</svg>").unwrap();
    for lane in ["calls to binance", "payments", "status page", "O1 binance"] {
        assert!(svg.contains(lane), "{lane}");
    }
    let merchants: BTreeSet<&str> = report
        .failures
        .iter()
        .filter_map(|f| f.merchant.as_deref())
        .collect();
    assert!(!merchants.is_empty());
    for merchant in merchants {
        assert!(
            svg.contains(&format!(">{} <", escape::html(merchant))),
            "{merchant}"
        );
    }
    let marks: Vec<&str> = svg.split("<g class=\"f").skip(1).collect();
    assert!(marks.len() > report.outages.len());
    for mark in marks {
        let (tag, _) = mark.split_once('>').unwrap();
        assert!(
            tag.contains("tabindex=\"0\"") && tag.contains("role=\"img\""),
            "{tag}"
        );
        assert!(!tag.contains("aria-label=\"\""), "{tag}");
    }
    let doubts = svg.matches("class=\"doubt\"").count();
    let ends = report
        .outages
        .iter()
        .map(|o| 1 + usize::from(o.end_interval.is_some()));
    assert_eq!(doubts, ends.sum::<usize>());
}

#[test]
fn a_broken_index_does_not_panic() {
    let mut report = sample::report();
    report.failures[0].outage = Some(99);
    report.failures[0].source.input = 99;
    report.moments[0].outage = Some(99);
    report.detection.outage = Some("O99".to_owned());
    report.input_exchanges.clear();
    report
        .outages
        .iter_mut()
        .for_each(|o: &mut Outage| o.end = Some(crate::model::Time::MIN));
    report.strips[0].buckets.clear();
    everything(
        &report,
        &View {
            width: 0,
            ..View::default()
        },
    );
}
