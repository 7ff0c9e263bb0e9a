//! What strangers write into fields that they control (user agents, memos, order ids, paths) is no evidence.
//!
//! Each test holds an incident with forged texts against the same incident without them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const START_S: i64 = 1_709_510_400; // 2024-03-04T00:00:00Z
const LENGTH_S: i64 = 4 * 3600;
/// Where the strangers write, and where the exchange is down in those incidents that have an outage.
const HOT: std::ops::Range<i64> = 2 * 3600..3 * 3600;

/// Texts that would pass for an outage if they counted.
const FORGED: [&str; 9] = [
    "binance 503 Service Unavailable",
    "binance outage: upstream connect error, connection refused (ECONNREFUSED)",
    "status=failed exchange=binance error=timeout merchant=evil",
    "{\"event\":\"payment\",\"merchant\":\"evil\",\"status\":\"failed\",\"error_message\":\"binance answered 503\"}",
    "ok\n2024-03-04T02:10:00Z ERROR payment evil-1 failed: binance answered 503 Service Unavailable merchant=evil",
    "circuit breaker open for binance; java.net.SocketTimeoutException: Read timed out",
    "HTTP/1.1\" 503 0 \"-\" \"binance\"",
    "alert triggered: binance is down, all withdrawals suspended",
    "deadline exceeded calling api.binance.com 504 Gateway Timeout",
];

#[derive(Clone, Copy, PartialEq)]
enum Truth {
    Healthy,
    Outage,
}

fn stamp(second: i64) -> String {
    let time = chrono::DateTime::from_timestamp(START_S + second, 0).unwrap();
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn seconds() -> impl Iterator<Item = i64> {
    (0..LENGTH_S).step_by(6)
}

/// Two in three payments are crypto by way of binance, the others by card, of which one in eight is declined.
fn payment(second: i64, truth: Truth) -> Value {
    let n = second / 6;
    let crypto = n % 3 != 0;
    let mut row = json!({
        "time": stamp(second), "payment_id": format!("p{n}"), "order_id": format!("o{n}"), "merchant": "shop",
        "method": if crypto { "crypto" } else { "card" }, "currency": if crypto { "BTC" } else { "EUR" },
        "amount": "1.50", "status": "succeeded", "duration_ms": 300, "trace_id": format!("t{n}"),
        "customer_id": format!("c{n}"), "error_message": "",
    });
    if crypto {
        row["exchange"] = json!("binance");
    }
    if crypto && truth == Truth::Outage && HOT.contains(&second) {
        row["status"] = json!("failed");
        row["error_message"] = json!("binance answered 503 Service Unavailable");
    } else if !crypto && n % 24 == 0 {
        row["status"] = json!("failed");
        row["error_message"] = json!("insufficient funds");
    }
    row
}

fn call(second: i64, truth: Truth) -> Value {
    let down = truth == Truth::Outage && HOT.contains(&second);
    json!({
        "time": stamp(second), "exchange": "binance", "path": "/wallet/v1/send", "http_method": "POST",
        "http_status": if down { 503 } else { 200 }, "duration_ms": 120, "trace_id": format!("t{}", second / 6),
    })
}

/// The logs of an incident; `forge` changes a payment or call (with its second) as a stranger could.
fn write(folder: &Path, truth: Truth, forge: &dyn Fn(i64, &mut Value)) {
    let (mut payments, mut calls, mut access) = (String::new(), String::new(), String::new());
    for second in seconds() {
        let mut row = payment(second, truth);
        forge(second, &mut row);
        writeln!(payments, "{row}").unwrap();
        // The shop's own web server: what customers asked of it.
        let agent = text_of(&row, "user_agent")
            .replace('"', "\\x22")
            .replace('\n', "\\x0A");
        let time = stamp(second);
        let status = 200;
        writeln!(
            access,
            "192.0.2.7 - - [04/Mar/2024:{} +0000] \"POST /checkout?memo={} HTTP/1.1\" {status} 512 \"-\" \"{agent}\"",
            &time[11..19],
            agent.replace(' ', "+"),
        )
        .unwrap();
        if row["exchange"] == "binance" {
            let mut row = call(second, truth);
            forge(second, &mut row);
            writeln!(calls, "{row}").unwrap();
        }
    }
    fs::write(folder.join("payments.jsonl"), payments).unwrap();
    fs::write(folder.join("binance-calls.jsonl"), calls).unwrap();
    fs::write(folder.join("web-access.log"), access).unwrap();
}

fn text_of(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or("curl/8").to_owned()
}

fn knockon(args: &[&str], folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(args)
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What an analysis says, as far as a stranger must not change it.
struct Said {
    outages: Vec<(String, String)>,
    merchants: BTreeSet<String>,
    attempts: u64,
    caused: u64,
    verdicts: BTreeMap<String, String>,
}

fn said(truth: Truth, forge: &dyn Fn(i64, &mut Value)) -> Said {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), truth, forge);
    let report: Value =
        serde_json::from_str(&knockon(&["analyze", "-f", "json"], folder.path())).unwrap();
    let rows = knockon(&["failures", "-f", "jsonl"], folder.path());
    let rows: Vec<Value> = rows
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let word = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let outages = report["outages"].as_array().unwrap().iter();
    Said {
        outages: outages
            .map(|o| (word(&o["exchange"]), word(&o["start"])))
            .collect(),
        merchants: rows.iter().map(|r| word(&r["merchant"])).collect(),
        attempts: report["failures"]["attempts"].as_u64().unwrap(),
        caused: report["failures"]["caused"].as_u64().unwrap(),
        verdicts: rows
            .iter()
            .map(|r| (word(&r["payment_id"]), word(&r["verdict"])))
            .collect(),
    }
}

/// Nothing is forged.
fn honest(_: i64, _: &mut Value) {}

/// Every field that a customer fills, during the hour.
fn forged(second: i64, row: &mut Value) {
    if !HOT.contains(&second) {
        return;
    }
    let text = FORGED[(second / 6) as usize % FORGED.len()];
    for field in [
        "user_agent",
        "memo",
        "description",
        "referrer",
        "customer_name",
    ] {
        row[field] = json!(text);
    }
    if row.get("customer_id").is_some() {
        row["customer_id"] = json!(text);
    }
    if row.get("path").is_some() {
        row["path"] = json!(format!("/wallet/v1/send?memo={text}"));
    }
}

/// Holds what was said of a forged incident against what is said of the honest one.
#[track_caller]
fn expect_same(forged: &Said, honest: &Said) {
    assert_eq!(forged.outages, honest.outages);
    assert_eq!(forged.merchants, honest.merchants);
    assert_eq!(forged.attempts, honest.attempts);
    let changed: Vec<_> = forged
        .verdicts
        .iter()
        .filter(|(id, v)| honest.verdicts.get(*id) != Some(v))
        .collect();
    assert!(
        changed.is_empty(),
        "{} changed: {:?}",
        changed.len(),
        &changed[..changed.len().min(5)]
    );
    assert_eq!(forged.verdicts.len(), honest.verdicts.len());
}

#[test]
fn the_incidents_are_what_they_are_made_to_be() {
    let healthy = said(Truth::Healthy, &honest);
    assert_eq!((healthy.outages.len(), healthy.caused), (0, 0));
    assert_eq!(healthy.verdicts.len(), 100);
    let outage = said(Truth::Outage, &honest);
    assert_eq!((outage.outages.len(), outage.caused), (1, 400));
}

#[test]
fn texts_of_strangers_make_no_outage_no_merchant_and_no_knock_on_failure() {
    expect_same(
        &said(Truth::Healthy, &forged),
        &said(Truth::Healthy, &honest),
    );
}

#[test]
fn texts_of_strangers_change_no_verdict_of_an_outage() {
    expect_same(&said(Truth::Outage, &forged), &said(Truth::Outage, &honest));
}

#[test]
fn an_order_number_that_names_an_outage_is_a_number() {
    for text in FORGED {
        let forge = |second: i64, row: &mut Value| {
            if HOT.contains(&second) && row["method"] == "card" {
                row["order_id"] = json!(text);
            }
        };
        let (forged, honest) = (said(Truth::Outage, &forge), said(Truth::Outage, &honest));
        expect_same(&forged, &honest);
    }
}

/// With ids that mean nothing, cards must be judged as if they had none: their declines are nobody's retries and share no
/// call with what failed.
#[test]
fn ids_that_repeat_everywhere_link_nothing() {
    let zeros = "0".repeat(32);
    let ids = [
        "",
        "-",
        "null",
        "none",
        "undefined",
        "N/A",
        "0",
        &zeros,
        "00000000-0000-0000-0000-000000000000",
        "abc123",
    ];
    for id in ids {
        for fields in [
            &["trace_id"] as &[&str],
            &["order_id"],
            &["trace_id", "order_id", "customer_id"],
        ] {
            let forge = |_: i64, row: &mut Value| {
                for field in fields {
                    if row.get(field).is_some() {
                        row[field] = json!(id);
                    }
                }
            };
            let said = said(Truth::Outage, &forge);
            let card = |p: &&String| p[1..].parse::<i64>().unwrap() % 3 == 0;
            let cards: Vec<_> = said.verdicts.keys().filter(card).collect();
            assert_eq!(cards.len(), 100);
            let wrong: Vec<_> = cards
                .iter()
                .filter(|p| said.verdicts[**p] == "caused")
                .collect();
            assert!(
                wrong.is_empty(),
                "{id:?} in {fields:?}: {} of 100",
                wrong.len()
            );
            assert!(said.caused >= 380, "{id:?} in {fields:?}: {}", said.caused);
        }
    }
}

/// The words of a decline may hold what a customer wrote; what the record's own code says holds.
#[test]
fn a_decline_that_quotes_a_memo_stays_a_decline() {
    for text in FORGED {
        let forge = |second: i64, row: &mut Value| {
            if HOT.contains(&second) && row["status"] == "failed" && row["method"] == "card" {
                row["error_code"] = json!("insufficient_funds");
                row["error_message"] = json!(format!("insufficient funds (memo: {text})"));
            }
        };
        let said = said(Truth::Outage, &forge);
        assert_eq!(said.caused, 400, "{text}");
    }
}
