//! Texts that strangers put into logs, through every output: nothing acts, nothing is fetched, no secret is shown.
//!
//! The texts are in `fixtures/hostile/`; its README says what they try.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "how much was tried, and what was left out"
)]

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A text, and what it tries.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    id: String,
    tries: String,
    text: String,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/hostile")
}

/// Letters that look like a token and are none.
fn token() -> String {
    "aB3d".repeat(8)
}

fn payloads() -> Vec<Payload> {
    let text = fs::read_to_string(fixtures().join("payloads.jsonl")).unwrap();
    let mut all: Vec<Payload> = text
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    for payload in &mut all {
        assert!(!payload.tries.is_empty(), "{}", payload.id);
        payload.text = payload.text.replace("{token}", &token());
    }
    assert!(all.len() >= 70, "{}", all.len());
    all
}

/// What no output may show.
fn secrets() -> Vec<String> {
    let plain = [
        "4242 4242 4242 4242",
        "4242424242424242",
        "5555555555554444",
        "jo.planted@shop.example",
        "\"987\"",
        "\\\"987\\\"",
    ];
    let mut all: Vec<String> = plain.map(str::to_owned).to_vec();
    all.push(token());
    all
}

/// Exchanges that a stranger named; each has an outage of its own.
const NAMED: [&str; 8] = [
    "term-osc-title",
    "md-link",
    "md-image",
    "md-table",
    "html-image",
    "html-script-end",
    "mermaid-statement",
    "csv-formula",
];

/// Five minutes of two hours, in steps of twelve seconds.
const STEPS: u32 = 600;
const DOWN: std::ops::Range<u32> = 250..400;

fn stamp(n: u32) -> String {
    let s = n * 12;
    format!(
        "2021-08-18T{:02}:{:02}:{:02}Z",
        12 + s / 3600,
        s / 60 % 60,
        s % 60
    )
}

/// Writes the logs of an incident in which strangers wrote all that strangers can write.
fn write_incident(folder: &Path) {
    let all = payloads();
    let at = |n: u32| &all[n as usize % all.len()];
    let (mut payments, mut calls) = (String::new(), String::new());
    for n in 0..STEPS {
        let (row, call) = payment(n, "binance", at(n));
        writeln!(payments, "{row}\n{}", pending(n, at(n))).unwrap();
        writeln!(calls, "{call}").unwrap();
        if n.is_multiple_of(3) {
            let name = NAMED[(n / 3) as usize % NAMED.len()];
            let named = all.iter().find(|p| p.id == name).unwrap();
            let (row, call) = payment(STEPS + n, &named.text, at(n / 3));
            writeln!(payments, "{row}").unwrap();
            writeln!(calls, "{call}").unwrap();
        }
    }
    let write = |name: &str, text: &[u8]| fs::write(folder.join(name), text).unwrap();
    write("payments.jsonl", payments.as_bytes());
    write("calls.jsonl", calls.as_bytes());
    write("access.log", access(&all).as_bytes());
    write("app.log", app(&all).as_bytes());
    write("alerts.log", notes(&all).as_bytes());
    write("refunds.csv", &table(&all));
    write("status.json", status(&all).as_bytes());
    write("raw.log", &fs::read(fixtures().join("raw.log")).unwrap());
    for (number, name) in odd_names().iter().enumerate() {
        let text = format!(
            "{}\nthis line is not read: {}\n",
            payment(2 * STEPS + number as u32, "binance", at(number as u32)).0,
            at(number as u32).text
        );
        fs::write(folder.join(name), text).unwrap();
    }
}

/// One attempt and its call; both fail while the exchange is down.
fn payment(n: u32, exchange: &str, payload: &Payload) -> (Value, Value) {
    let step = n % STEPS;
    let down = DOWN.contains(&step);
    let text = &payload.text;
    let mut row = json!({
        "timestamp": stamp(step), "event": "payment", "payment_id": format!("p{n}"), "order_id": format!("{text}-{n}"),
        "merchant": if n.is_multiple_of(2) { text.as_str() } else { "shop" },
        "method": if n.is_multiple_of(5) { text.as_str() } else { "crypto" },
        "currency": if n.is_multiple_of(7) { text.as_str() } else { "BTC" },
        "customer_id": format!("{text}{n}"), "exchange": exchange, "amount": "0.01",
        "memo": text, "user_agent": text, "description": text, "status": "succeeded",
    });
    if down || step % 40 == 7 {
        row["status"] = json!("failed");
        let code = if n.is_multiple_of(3) {
            text
        } else {
            "UPSTREAM_503"
        };
        row["error_code"] = json!(code);
        row["error_message"] = if down {
            json!(format!("{exchange} answered 503: {text}"))
        } else {
            json!(format!("{text} card declined: insufficient funds"))
        };
    }
    let call = json!({
        "timestamp": stamp(step), "exchange": exchange,
        "component": if n.is_multiple_of(4) { text.as_str() } else { "wallet" },
        "http_method": "POST", "path": format!("/api/{text}"), "user_agent": text,
        "http_status": if down { 503 } else { 200 }, "error_message": if down { text.as_str() } else { "" },
        "duration_ms": 42, "payment_id": format!("p{n}"), "trace_id": format!("{text}{n}"),
    });
    (row, call)
}

/// An attempt that a stranger gave its id.
fn pending(n: u32, payload: &Payload) -> Value {
    json!({
        "timestamp": stamp(n), "event": "payment", "payment_id": format!("{}#{n}", payload.text), "merchant": "shop",
        "method": "crypto", "currency": "BTC", "exchange": "binance", "amount": "0.02",
        "status": if DOWN.contains(&n) { "failed" } else { "succeeded" },
        "error_message": if DOWN.contains(&n) { "binance answered 503" } else { "" },
    })
}

/// What a web server makes of a text: no quotation mark and no line end.
fn in_access_log(text: &str) -> String {
    text.replace('"', "\\x22")
        .replace('\n', "\\x0A")
        .replace('\r', "\\x0D")
}

fn access(all: &[Payload]) -> String {
    let mut lines = String::new();
    for (n, payload) in (0..STEPS).zip(all.iter().cycle()) {
        let status = if DOWN.contains(&n) { 503 } else { 200 };
        let text = in_access_log(&payload.text);
        let s = n * 12;
        let time = format!("{:02}:{:02}:{:02}", 12 + s / 3600, s / 60 % 60, s % 60);
        writeln!(
            lines,
            "192.0.2.7 - {} [18/Aug/2021:{time} +0000] \"GET /api/v3/{text} HTTP/1.1\" {status} 12 \"{text}\" \"{text}\"",
            if n.is_multiple_of(9) { text.replace(' ', "") } else { "-".to_owned() },
        )
        .unwrap();
    }
    lines
}

fn app(all: &[Payload]) -> String {
    let mut lines = String::new();
    for (n, payload) in (DOWN).zip(all) {
        let text = payload.text.replace(['\n', '\r'], " ");
        let stamp = stamp(n);
        writeln!(
            lines,
            "{stamp} ERROR [checkout] payment p{n} failed: {text}"
        )
        .unwrap();
        writeln!(
            lines,
            "ts={stamp} level=error msg={} order_id={text}",
            json!(payload.text)
        )
        .unwrap();
    }
    lines
}

fn notes(all: &[Payload]) -> String {
    let mut lines = String::new();
    for (n, payload) in (DOWN).step_by(2).zip(all) {
        let text = payload.text.replace(['\n', '\r'], " ");
        writeln!(
            lines,
            "{} alert triggered: deployed {text} by {text}",
            stamp(n)
        )
        .unwrap();
    }
    lines
}

fn table(all: &[Payload]) -> Vec<u8> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "timestamp",
        "payment_id",
        "order_id",
        "merchant",
        "exchange",
        "currency",
        "amount",
        "status",
        "error_message",
        "memo",
    ])
    .unwrap();
    for (n, p) in (DOWN).zip(all) {
        let (stamp, id, text) = (stamp(n), format!("c{n}"), p.text.as_str());
        let row = [
            stamp.as_str(),
            &id,
            text,
            text,
            "binance",
            "BTC",
            "0.5",
            "failed",
            text,
            text,
        ];
        out.write_record(row).unwrap();
    }
    out.into_inner().unwrap()
}

fn status(all: &[Payload]) -> String {
    let incidents: Vec<Value> = all
        .iter()
        .step_by(3)
        .map(|p| {
            let text = &p.text;
            json!({
                "id": text, "name": text, "status": "resolved", "impact": "major", "created_at": stamp(260),
                "started_at": stamp(255), "resolved_at": stamp(395), "components": [{"id": text, "name": text}],
                "incident_updates": [
                    {"status": "investigating", "body": text, "created_at": stamp(260), "display_at": stamp(260)},
                    {"status": "resolved", "body": text, "created_at": stamp(395), "display_at": stamp(395)},
                ],
            })
        })
        .collect();
    json!({"page": {"id": "x", "name": "Binance", "url": "https://status.binance.example"}, "incidents": incidents})
        .to_string()
}

/// File names that a stranger chose, in an archive that somebody unpacked.
fn odd_names() -> Vec<String> {
    [
        "new\nline.jsonl",
        "\u{1b}]0;PWNED\u{7}.jsonl",
        "<img src=x onerror=document.title='PWNED'>.jsonl",
        "\" onmouseover=document.title='PWNED' x=\".jsonl",
        "<script>.jsonl",
        "![x](y) [z](w) | a `b` **c** # d @team.jsonl",
        "=cmd|x!A0.jsonl",
        "gnp\u{202e}lnosj.jsonl",
        "-o.jsonl",
        "{{ 7 * 7 }}.jsonl",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// What a run wrote.
struct Text {
    name: String,
    text: String,
}

fn knockon(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .current_dir(folder)
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// Every output of a run with several formats, and what it said on standard error.
fn run(folder: &Path, args: &[&str], formats: &[&str]) -> Vec<Text> {
    let to = tempfile::tempdir().unwrap();
    let file = |format: &str| to.path().join(format).display().to_string();
    let outputs: Vec<String> = formats
        .iter()
        .flat_map(|f| ["-o".to_owned(), format!("{f}={}", file(f))])
        .collect();
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let (status, out, err) = knockon(folder, &[args, &outputs].concat());
    assert_eq!(status, Some(0), "{args:?}\n{err}");
    let name = args.join(" ");
    let text = |kind: &str, text: String| Text {
        name: format!("{name} {kind}"),
        text,
    };
    let mut all: Vec<Text> = formats
        .iter()
        .map(|f| text(f, fs::read_to_string(file(f)).unwrap()))
        .collect();
    all.push(text("(standard output)", out));
    all.push(text("(standard error)", err));
    all
}

/// Outputs of every command over the incident.
struct Outputs {
    _folder: TempDir,
    texts: Vec<Text>,
}

/// Made once for all tests.
static OUTPUTS: LazyLock<Outputs> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    write_incident(folder.path());
    let on = folder.path();
    let mut texts = run(
        on,
        &["analyze", "-vv", "."],
        &["table", "markdown", "html", "json"],
    );
    let layout = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/report/layouts/customers.md"
    );
    let customers = ["analyze", ".", "--template", layout];
    texts.extend(run(on, &customers, &["markdown"]));
    texts.extend(run(
        on,
        &["failures", "-vv", "."],
        &["table", "jsonl", "csv"],
    ));
    let all = ["table", "jsonl", "csv", "markdown"];
    texts.extend(run(on, &["timeline", "-vv", "."], &all));
    texts.extend(run(on, &["timeline", "-vv", "--all", "."], &all));
    texts.extend(run(
        on,
        &["inspect", "-vv", "--errors", "."],
        &["table", "json"],
    ));
    texts.extend(run(on, &["inspect", "--suggest", "."], &[]));
    for id in (DOWN).step_by(2) {
        let id = format!("p{id}");
        texts.extend(run(
            on,
            &["explain", "-vv", &id, "."],
            &["table", "markdown", "json"],
        ));
    }
    Outputs {
        _folder: folder,
        texts,
    }
});

fn outputs(ending: &[&str]) -> impl Iterator<Item = &'static Text> {
    let endings: Vec<String> = ending.iter().map(|e| format!(" {e}")).collect();
    let wanted = move |t: &&Text| endings.iter().any(|e| t.name.ends_with(e));
    OUTPUTS.texts.iter().filter(wanted)
}

/// Whether a character does something instead of standing for itself.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[track_caller]
fn expect_quiet(name: &str, text: &str) {
    let found = text.lines().find(|l| l.chars().any(acts));
    assert!(found.is_none(), "{name}: {found:?}");
}

#[test]
fn the_outputs_quote_the_texts() {
    let analysis = outputs(&["json"])
        .find(|t| t.name.starts_with("analyze"))
        .unwrap();
    let analysis: Value = serde_json::from_str(&analysis.text).unwrap();
    let outages = analysis["outages"].as_array().unwrap();
    assert!(outages.len() > 5, "{}", outages.len());
    assert!(analysis["failures"]["caused"].as_u64().unwrap() > 200);
    let kinds = [
        "table", "markdown", "html", "csv", "jsonl", "json", "toml", "output)", "error)",
    ];
    let count = |k: &str| outputs(&[k, &format!("(standard {k}")]).count();
    let counts: Vec<String> = kinds.iter().map(|k| format!("{k} {}", count(k))).collect();
    println!(
        "{} texts, {} outputs: {}",
        payloads().len(),
        OUTPUTS.texts.len(),
        counts.join(", ")
    );
    for (command, part) in [
        ("analyze -vv . table", "onerror"),
        ("analyze -vv . markdown", "onerror"),
        ("analyze -vv . html", "onerror"),
        ("failures -vv . csv", "HYPERLINK"),
        ("timeline -vv . markdown", "onerror"),
        ("timeline -vv --all . markdown", "onerror"),
        ("explain -vv p284 . markdown", "p284"),
        ("inspect -vv --errors . table", "PWNED"),
    ] {
        let text = OUTPUTS.texts.iter().find(|t| t.name == command).unwrap();
        assert!(text.text.contains(part), "{command} shows no {part}");
    }
}

#[test]
fn nothing_acts_on_a_terminal() {
    for text in &OUTPUTS.texts {
        expect_quiet(&text.name, &text.text);
    }
}

#[test]
fn nothing_planted_is_shown() {
    for text in &OUTPUTS.texts {
        for secret in secrets() {
            let at = text.text.find(&secret);
            let around = at.map(|at| text.text[..at].chars().rev().take(80).collect::<String>());
            let around = around.map(|a| a.chars().rev().collect::<String>());
            assert!(around.is_none(), "{} shows {secret}: {around:?}", text.name);
        }
    }
}

/// HTML of our own in Markdown.
static OUR_HTML: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(?:</?details>|<summary>|</summary>|<a id="[el][0-9]+">|</a>|<!-- knockon:(?:begin|end) [a-z0-9 -]+ -->|Show all [0-9,]+|\s)*$"#)
        .unwrap()
});

/// Places of our own: lines and attempts that are cited.
static OUR_PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new("^#[el][0-9]+$").unwrap());

/// What renderers make links of without being asked: addresses, people, issues.
static AUTOMATIC: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)[a-z][a-z0-9+.-]*://|\bwww\.|mailto:|@[a-z0-9]|#[0-9]|\bGH-[0-9]").unwrap()
});

/// Says what in a text of Markdown did not come from us.
fn faults_of_markdown(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut shown, mut in_diagram, mut heading) = (String::new(), false, None);
    for event in Parser::new_ext(text, Options::all()) {
        match event {
            Event::Start(Tag::Link { dest_url, .. }) if !OUR_PLACE.is_match(&dest_url) => {
                faults.push(format!("a link to {dest_url}"));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                faults.push(format!("an image of {dest_url}"));
            }
            Event::Html(html) | Event::InlineHtml(html) if !OUR_HTML.is_match(&html) => {
                faults.push(format!("HTML {html}"));
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => {
                faults.push(format!("math {text}"));
            }
            Event::Start(Tag::FootnoteDefinition(_) | Tag::Strikethrough)
            | Event::FootnoteReference(_) => faults.push(format!("{event:?}")),
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let words = heading.take().unwrap_or_default();
                if ["x", "y"].contains(&words.trim()) || words.starts_with("Root cause: nobody") {
                    faults.push(format!("the heading {words}"));
                }
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(word))) => match &*word {
                "mermaid" => in_diagram = true,
                "text" => (),
                _ => faults.push(format!("a fence of {word}")),
            },
            Event::End(TagEnd::CodeBlock) => in_diagram = false,
            Event::Text(text) if in_diagram => faults.extend(faults_of_diagram(&text)),
            Event::Text(text) => {
                shown.push_str(&text);
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            Event::Code(_) => shown.push('\u{fffd}'),
            _ => shown.push('\n'),
        }
    }
    let automatic = AUTOMATIC.find_iter(&shown);
    faults.extend(automatic.map(|m| {
        let before: Vec<char> = shown[..m.start()].chars().rev().take(20).collect();
        let before: String = before.into_iter().rev().collect();
        format!("an automatic link at {:?}", before + m.as_str())
    }));
    faults
}

/// Lines of a diagram that are none of ours.
fn faults_of_diagram(text: &str) -> Vec<String> {
    static OURS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^(?:gantt|title [\w ()/'.-]+|dateFormat [\w :-]+|axisFormat [%\w :-]+|section [\w ()/'.-]+|[\w ()/'.-]+ :[a-z, ]+, [0-9 :-]+, (?:[0-9 :-]+|0s))$")
            .unwrap()
    });
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    let foreign = lines.filter(|l| !OURS.is_match(l));
    foreign.map(|l| format!("the statement {l}")).collect()
}

#[test]
fn rendered_markdown_holds_no_markup_of_a_log() {
    let mut seen = 0;
    for text in outputs(&["markdown"]) {
        let faults = faults_of_markdown(&text.text);
        assert!(
            faults.is_empty(),
            "{}: {:#?}",
            text.name,
            &faults[..faults.len().min(12)]
        );
        seen += 1;
    }
    assert!(seen > 70, "{seen}");
}

#[test]
fn the_check_of_markdown_sees_each_kind() {
    let open = payloads();
    for id in [
        "md-link",
        "md-reference",
        "md-image",
        "md-autolink",
        "md-bare-url",
        "md-javascript",
        "md-html",
        "md-comment",
        "md-details",
        "md-heading",
        "md-setext",
        "md-fence-newline",
        "md-emphasis",
        "md-mention",
        "md-issue",
        "md-footnote",
        "html-script",
    ] {
        let text = &open.iter().find(|p| p.id == id).unwrap().text;
        assert!(!faults_of_markdown(text).is_empty(), "{id}");
    }
}

/// Says what on a page did not come from us: elements, attributes, addresses.
fn faults_of_page(page: &str) -> Vec<String> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^(?i)<(?:!doctype html>|/[a-z0-9]+>|([a-z0-9]+)((?:\s+[a-z0-9-]+(?:="[^"]*"|=[a-z0-9-]+)?)*)\s*/?>)"#).unwrap()
    });
    static ATTRIBUTE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"([a-zA-Z0-9-]+)(?:="([^"]*)"|=([a-z0-9-]+))?"#).unwrap());
    let ours = "a abbr b body br caption code col colgroup dd desc details div dl dt em footer g h1 h2 h3 h4 head header html i \
                label li line main meta nav ol option p path pre rect section select small span strong style summary svg table tbody td text \
                th thead time title tr tspan ul";
    let mut faults = Vec::new();
    if page.matches("<style").count() > 1 || page.contains("@import") {
        faults.push("a style".to_owned());
    }
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let head: String = rest.chars().take(60).collect();
        match TAG.captures(rest) {
            None => faults.push(format!("no element of ours: {head}")),
            Some(c) => {
                let name = c.get(1).map_or("p", |m| m.as_str());
                if !ours.split_whitespace().any(|o| o == name) {
                    faults.push(format!("an element {name}: {head}"));
                }
                let attributes = c.get(2).map_or("", |m| m.as_str());
                for a in ATTRIBUTE.captures_iter(attributes) {
                    let value = a.get(2).or(a.get(3)).map_or("", |m| m.as_str());
                    let address = matches!(&a[1], "href" | "src" | "action" | "data" | "srcset");
                    if a[1].starts_with("on")
                        || &a[1] == "style" && value.contains("url")
                        || address && !value.starts_with('#')
                    {
                        faults.push(format!("the attribute {}", &a[0]));
                    }
                }
            }
        }
        rest = &rest[1..];
    }
    faults
}

fn pages() -> Vec<&'static Text> {
    outputs(&["html"]).collect()
}

#[test]
fn pages_hold_no_element_handler_or_address_of_a_log() {
    assert!(!pages().is_empty());
    for page in pages() {
        let faults = faults_of_page(&page.text);
        assert!(
            faults.is_empty(),
            "{}: {:#?}",
            page.name,
            &faults[..faults.len().min(12)]
        );
    }
    for payload in payloads().iter().filter(|p| p.id.starts_with("html-")) {
        let open = format!("<p title=\"{0}\">{0}</p>", payload.text);
        let harmless = matches!(payload.id.as_str(), "html-attribute-single" | "html-cdata");
        assert!(
            harmless || !faults_of_page(&open).is_empty(),
            "{}",
            payload.id
        );
    }
}

/// A stranger's server: counts who calls.
struct Listener {
    host: String,
    calls: Arc<AtomicUsize>,
}

impl Listener {
    fn start() -> Listener {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let calls = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&calls);
        std::thread::spawn(move || {
            for _call in listener.incoming() {
                seen.fetch_add(1, Ordering::SeqCst);
            }
        });
        Listener { host, calls }
    }
}

/// A page after a browser has loaded it; `None` without a browser.
fn loaded(page: &str) -> Option<String> {
    let browser = Path::new("/usr/bin/chromium");
    if !browser.exists() {
        eprintln!("skipped: no {}", browser.display());
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, page).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn title(dom: &str) -> &str {
    let from = dom.find("<title>").map_or(0, |at| at + "<title>".len());
    let to = dom[from..]
        .find("</title>")
        .map_or(dom.len(), |at| from + at);
    &dom[from..to]
}

#[test]
fn a_browser_runs_and_fetches_nothing() {
    let there = Listener::start();
    for page in pages() {
        let page = page.text.replace("hostile.invalid", &there.host);
        assert!(page.contains(&there.host), "no address to fetch");
        let Some(dom) = loaded(&page) else { return };
        assert!(dom.contains("</html>"), "not loaded");
        assert_ne!(title(&dom), "PWNED");
        assert_eq!(
            there.calls.load(Ordering::SeqCst),
            0,
            "something was fetched"
        );
    }
    // the same texts, unescaped, do run and do fetch
    let open = payloads()
        .into_iter()
        .find(|p| p.id == "html-image")
        .unwrap();
    let image = format!("<img src=\"http://{}/x.png\">", there.host);
    let dom = loaded(&format!("<title>ours</title>{}{image}", open.text)).unwrap();
    assert_eq!(title(&dom), "PWNED");
    assert!(there.calls.load(Ordering::SeqCst) > 0);
}

#[test]
fn cells_are_no_formulas() {
    let mut cells = 0;
    for text in outputs(&["csv"]) {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(text.text.as_bytes());
        for row in reader.records() {
            for cell in &row.unwrap() {
                let first = cell.trim_start().chars().next().unwrap_or(' ');
                let formula = "=+-@＝＋－＠".contains(first) && cell.parse::<f64>().is_err();
                assert!(!formula, "{}: {cell:?}", text.name);
                cells += 1;
            }
        }
    }
    assert!(cells > 5_000, "{cells}");
}

#[test]
fn json_is_valid_and_exact() {
    let mut rows = 0;
    for text in outputs(&["json"]) {
        serde_json::from_str::<Value>(&text.text).unwrap_or_else(|e| panic!("{}: {e}", text.name));
    }
    for text in outputs(&["jsonl"]) {
        for line in text.text.lines() {
            let row: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{}: {e}", text.name));
            // what the texts would add, could they end theirs
            assert!(row.get("x").is_none(), "{}: {row}", text.name);
            rows += 1;
        }
    }
    assert!(rows > 2_000, "{rows}");
    let all = outputs(&["jsonl"]).find(|t| t.name.starts_with("failures"));
    let exact = payloads().into_iter().find(|p| p.id == "bidi-override");
    let wanted = exact.unwrap().text;
    let rows = all.unwrap().text.lines();
    let mut ids = rows.map(|l| serde_json::from_str::<Value>(l).unwrap()["order_id"].to_string());
    assert!(
        ids.any(|id| id.contains(&wanted)),
        "a text is not what was logged"
    );
}

#[test]
fn errors_show_what_was_typed_without_acting() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("empty.log"), "").unwrap();
    let mut runs = 0;
    for payload in payloads() {
        if payload.text.contains('\0') {
            continue;
        }
        let text = payload.text.as_str();
        for args in [
            &["analyze", "--", text] as &[&str],
            &["explain", "empty.log", "--", text],
            &["analyze", "empty.log", "--from", text],
            &["analyze", "empty.log", "--zone", text],
            &["analyze", "empty.log", "--config", text],
            &["analyze", "empty.log", "--template", text],
            &["inspect", "empty.log", "-f", text],
        ] {
            let (status, out, err) = knockon(folder.path(), args);
            assert_eq!(status, Some(2), "{args:?}\n{out}");
            expect_quiet(&format!("{args:?}"), &err);
            runs += 1;
        }
    }
    println!("{runs} errors");
}

/// A page that announced something of `exchange` every few seconds.
fn announcements(exchange: &str, many: u32) -> String {
    let incident = |n: u32| {
        json!({
            "id": format!("inc-{n}"), "name": format!("notice {n}"), "status": "resolved", "impact": "major",
            "created_at": stamp(n % STEPS), "started_at": stamp(n % STEPS), "updated_at": stamp(n % STEPS),
            "resolved_at": stamp(n % STEPS + 2),
            "incident_updates": [{"id": format!("u{n}"), "status": "identified", "body": "", "created_at": stamp(n % STEPS), "display_at": stamp(n % STEPS)}],
            "components": [],
        })
    };
    let incidents: Vec<Value> = (0..many).map(incident).collect();
    let page = json!({"id": exchange, "name": exchange, "url": "https://status.example"});
    json!({"page": page, "incidents": incidents, "scheduled_maintenances": []}).to_string()
}

#[test]
fn a_flood_of_announcements_is_told_in_part_and_counted() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    let (mut payments, mut calls) = (String::new(), String::new());
    for n in 0..STEPS {
        let (row, call) = payment(n, "binance", &payloads()[0]);
        writeln!(payments, "{row}").unwrap();
        writeln!(calls, "{call}").unwrap();
    }
    fs::write(folder.join("payments.jsonl"), payments).unwrap();
    fs::write(folder.join("calls.jsonl"), calls).unwrap();
    fs::write(
        folder.join("status-binance.json"),
        announcements("binance", 1200),
    )
    .unwrap();
    fs::write(
        folder.join("status-kraken.json"),
        announcements("kraken", 1200),
    )
    .unwrap();
    let (status, json, _) = knockon(folder, &["analyze", "-q", "-f", "json", "."]);
    assert_eq!(status, Some(0));
    let report: Value = serde_json::from_str(&json).unwrap();
    let cited = |list: &Value| {
        let of_page = |e: &&Value| e["rule"] == "status-page";
        list["evidence"]
            .as_array()
            .unwrap()
            .iter()
            .filter(of_page)
            .count()
    };
    let outages = report["outages"].as_array().unwrap();
    assert_eq!(outages.iter().map(cited).max(), Some(20));
    let alone = report["findings"].as_array().unwrap().iter();
    let alone = alone.filter(|f| f["id"] == "announced-without-effect");
    assert!((1..=40).contains(&alone.count()));
    assert!(json.contains("more of its announcements spoke of it"));
    assert!(json.contains("more announcements speak of no outage"));
    let (_, page, _) = knockon(folder, &["analyze", "-q", "-f", "html", "."]);
    assert!(page.contains("beyond the first 500 of a side are left out"));
    assert!(page.len() < 2 << 20, "{}", page.len());
    let (_, all, _) = knockon(folder, &["timeline", "-q", "-f", "csv", "."]);
    assert!(all.lines().count() >= 2400, "{}", all.lines().count());
}
