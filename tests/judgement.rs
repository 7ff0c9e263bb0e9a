//! Small incidents written here, each for one way to be wrong.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

const START_S: i64 = 1_709_510_400; // 2024-03-04T00:00:00Z
const ONSET_S: i64 = 2 * 3600;
const END_S: i64 = 3 * 3600;
const LENGTH_S: i64 = 5 * 3600;

fn stamp(second: i64, zone_h: i64) -> String {
    let time =
        chrono::DateTime::from_timestamp(START_S + second + zone_h * 3600, 0).expect("a time");
    time.format("%Y-%m-%dT%H:%M:%S").to_string()
}

fn down(second: i64) -> bool {
    (ONSET_S..END_S).contains(&second)
}

/// A payment every twelve seconds, one in three by card; crypto fails while binance is down, one card in fifteen is declined.
fn payment(shop: &str, second: i64) -> Value {
    let n = second / 12;
    let crypto = n % 3 != 0;
    let mut row = json!({
        "time": stamp(second, 0) + "Z", "payment_id": format!("{shop}-p{n}"), "order_id": format!("o{n}"), "merchant": shop,
        "method": if crypto { "crypto" } else { "card" }, "currency": if crypto { "BTC" } else { "EUR" },
        "amount": "1.50", "status": "succeeded", "duration_ms": 300, "trace_id": format!("{shop}-t{n}"),
    });
    if crypto {
        row["exchange"] = json!("binance");
    }
    if crypto && down(second) {
        row["status"] = json!("failed");
        row["error_message"] = json!("binance answered 503 Service Unavailable");
    } else if !crypto && n % 45 == 0 {
        row["status"] = json!("failed");
        row["error_message"] = json!("insufficient funds");
    }
    row
}

fn payments(shop: &str) -> Vec<Value> {
    (0..LENGTH_S)
        .step_by(12)
        .map(|s| payment(shop, s))
        .collect()
}

/// The call of each crypto payment; without ids the stamps state no zone and are written in UTC+`zone_h`.
fn calls(shop: &str, from: i64, zone_h: i64) -> String {
    let mut out = String::new();
    for second in (from..LENGTH_S).step_by(12).filter(|s| (s / 12) % 3 != 0) {
        let status = if down(second) { 503 } else { 200 };
        let zone = if zone_h == 0 { "Z" } else { "" };
        writeln!(
            out,
            r#"{{"time":"{}{zone}","caller":"{shop}","exchange":"binance","path":"/wallet/v1/send","http_status":{status},"duration_ms":200,"trace_id":"{shop}-t{}"}}"#,
            stamp(second, zone_h),
            second / 12
        )
        .expect("text");
    }
    out
}

fn write_lines(path: &Path, rows: &[Value]) {
    let lines: Vec<String> = rows.iter().map(|r| format!("{r}\n")).collect();
    fs::write(path, lines.concat()).expect("a file");
}

fn folder(payments: &[(&str, Vec<Value>)], calls: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (shop, rows) in payments {
        write_lines(&folder.path().join(format!("payments-{shop}.jsonl")), rows);
    }
    fs::write(folder.path().join("binance-calls.jsonl"), calls).expect("a file");
    folder
}

fn knockon(args: &[&str], folder: &Path) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(args)
        .arg(folder)
        .output()
        .expect("the program runs")
}

fn failures(args: &[&str], folder: &Path) -> Vec<Value> {
    let output = knockon(&[&["failures", "-f", "jsonl"], args].concat(), folder);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

fn caused(rows: &[Value], shop: &str, method: &str) -> (usize, usize) {
    let own: Vec<&Value> = rows
        .iter()
        .filter(|r| r["merchant"] == shop && r["method"] == method)
        .collect();
    (
        own.iter().filter(|r| r["verdict"] == "caused").count(),
        own.len(),
    )
}

#[test]
fn what_the_outage_stopped_is_caused_and_declines_are_not() {
    let folder = folder(&[("a", payments("a"))], &calls("a", 0, 0));
    let rows = failures(&[], folder.path());
    assert_eq!(caused(&rows, "a", "crypto"), (200, 200));
    assert_eq!(caused(&rows, "a", "card").0, 0);
}

#[test]
fn order_numbers_of_another_shop_make_no_retries() {
    // Shop b sells by card alone and numbers its orders as shop a does; its payments come a little later.
    let mut other = payments("b");
    for (i, row) in other.iter_mut().enumerate() {
        row["method"] = json!("card");
        row["currency"] = json!("EUR");
        row.as_object_mut().expect("an object").remove("exchange");
        row["time"] = json!(stamp(i as i64 * 12 + 5, 0) + "Z");
        let declined = i % 9 == 0;
        row["status"] = json!(if declined { "failed" } else { "succeeded" });
        row["error_message"] = json!(if declined { "insufficient funds" } else { "" });
    }
    let folder = folder(&[("a", payments("a")), ("b", other)], &calls("a", 0, 0));
    let rows = failures(&[], folder.path());
    assert_eq!(caused(&rows, "b", "card").0, 0);
    let output = knockon(&["analyze", "-f", "json"], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["impact"]["orders_recovered"], 0);
    assert_eq!(report["impact"]["orders_lost"], 200);
}

#[test]
fn a_success_ends_the_chain_of_retries() {
    let mut rows = payments("a");
    let stopped: Vec<Value> = rows
        .iter()
        .filter(|r| r["status"] == "failed" && r["method"] == "crypto")
        .cloned()
        .collect();
    for (i, first) in stopped.iter().take(60).enumerate() {
        for (later, status) in [(1800, "succeeded"), (5400, "failed")] {
            let mut again = first.clone();
            let second = ONSET_S + 12 * i as i64 + later;
            again["time"] = json!(stamp(second, 0) + "Z");
            again["payment_id"] = json!(format!("again-{later}-{i}"));
            again["trace_id"] = json!(format!("again-{later}-{i}"));
            again["method"] = json!("card");
            again["status"] = json!(status);
            again["error_message"] = json!(if status == "failed" {
                "insufficient funds"
            } else {
                ""
            });
            again.as_object_mut().expect("an object").remove("exchange");
            rows.push(again);
        }
    }
    let folder = folder(&[("a", rows)], &calls("a", 0, 0));
    let late: Vec<Value> = failures(&[], folder.path())
        .into_iter()
        .filter(|r| {
            r["payment_id"]
                .as_str()
                .is_some_and(|id| id.starts_with("again-5400"))
        })
        .collect();
    assert_eq!(late.len(), 60);
    assert!(
        late.iter().all(|r| r["verdict"] != "caused"),
        "{:#}",
        late[0]
    );
}

#[test]
fn a_call_log_that_begins_inside_the_outage_is_completed_by_the_payments() {
    let folder = folder(&[("a", payments("a"))], &calls("a", ONSET_S + 1800, 0));
    let rows = failures(&[], folder.path());
    let (right, all) = caused(&rows, "a", "crypto");
    assert!(all == 200 && right >= 195, "{right} of {all}");
}

#[test]
fn a_window_is_cut_after_the_zone_is_known() {
    let folder = folder(&[("a", payments("a"))], &calls("a", 0, 8));
    let whole = failures(&[], folder.path());
    let cut = failures(
        &[
            "--from",
            "2024-03-04T01:00:00Z",
            "--to",
            "2024-03-04T04:30:00Z",
        ],
        folder.path(),
    );
    assert_eq!(caused(&whole, "a", "crypto"), (200, 200));
    assert_eq!(caused(&cut, "a", "crypto"), (200, 200));
}

#[test]
fn amounts_beyond_all_measure_do_no_harm() {
    let mut rows = payments("a");
    for row in &mut rows {
        row["amount"] = json!("70000000000000000000000000000");
    }
    let mut other = payments("b");
    for row in &mut other {
        row["status"] = json!("succeeded");
        if row["method"] == "crypto" {
            row["exchange"] = json!("kraken");
        }
    }
    let folder = folder(&[("a", rows), ("b", other)], &calls("a", 0, 0));
    assert!(knockon(&["analyze"], folder.path()).status.success());
}

#[test]
fn an_output_among_the_inputs_is_refused() {
    let folder = folder(&[("a", payments("a"))], &calls("a", 0, 0));
    let victim = folder.path().join("payments-a.jsonl");
    let before = fs::read(&victim).expect("a file");
    let output = knockon(
        &["analyze", "-o", victim.to_str().expect("text")],
        folder.path(),
    );
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(fs::read(&victim).expect("a file"), before);
}

#[test]
fn moving_all_stamps_moves_the_outage_and_changes_no_verdict() {
    let moved = |rows: Vec<Value>, by: i64| -> Vec<Value> {
        let shift = |(i, mut row): (usize, Value)| {
            row["time"] = json!(stamp(i as i64 * 12 + by, 0) + "Z");
            row
        };
        rows.into_iter().enumerate().map(shift).collect()
    };
    let verdicts = |by: i64| -> Vec<(Value, Value)> {
        // Without calls, the payments alone tell.
        let folder = folder(&[("a", moved(payments("a"), by))], "");
        let rows = failures(&[], folder.path());
        rows.into_iter()
            .map(|mut r| (r["payment_id"].take(), r["verdict"].take()))
            .collect()
    };
    let here = verdicts(0);
    assert!(here.iter().any(|v| v.1 == "caused"));
    assert_eq!(here, verdicts(40 * 86_400));
}

/// Rows as [`payments`] has them, each failure of a crypto payment in other words.
fn worded(words: &str) -> Vec<Value> {
    let mut rows = payments("a");
    for row in rows
        .iter_mut()
        .filter(|r| r["method"] == "crypto" && r["status"] == "failed")
    {
        row["error_message"] = json!(words);
    }
    rows
}

#[test]
fn a_shops_word_for_its_exchange_is_no_rival() {
    for words in [
        "payment processor unavailable, try again",
        "PSP unavailable",
    ] {
        let folder = folder(&[("a", worded(words))], &calls("a", 0, 0));
        assert_eq!(
            caused(&failures(&[], folder.path()), "a", "crypto"),
            (200, 200),
            "{words}"
        );
    }
}

#[test]
fn cards_that_a_hanging_exchange_starves_do_not_undo_its_outage() {
    let mut rows = worded("exchange request timed out");
    for row in &mut rows {
        let second = row["payment_id"]
            .as_str()
            .and_then(|p| p[3..].parse::<i64>().ok())
            .expect("a number")
            * 12;
        if down(second) {
            row["duration_ms"] = json!(30_000);
            if row["method"] == "card" {
                row["status"] = json!("failed");
                row["error_message"] = json!("gateway timeout: request timed out");
            }
        }
    }
    // The calls hang: no status, and nobody but the one shop made any.
    let hanging = calls("a", 0, 0).replace(
        r#""http_status":503,"duration_ms":200"#,
        r#""error":"timeout: no response","duration_ms":30000"#,
    );
    let folder = folder(&[("a", rows)], &hanging);
    let (crypto, all) = caused(&failures(&[], folder.path()), "a", "crypto");
    assert!(crypto > 190, "{crypto} of {all}");
}

#[test]
fn a_surge_of_payments_is_no_sampling_of_successes() {
    // Crypto alone; six times the traffic in the outage, which stops half of it; a fifth is declined anyway.
    let (mut rows, mut log) = (Vec::new(), String::new());
    let seconds = (0..LENGTH_S).step_by(2).filter(|s| down(*s) || s % 12 == 0);
    for (n, second) in seconds.enumerate() {
        let stopped = down(second) && n % 2 == 0;
        let declined = n % 5 == 0;
        let status = if stopped { 503 } else { 200 };
        let error = if stopped {
            "exchange unavailable"
        } else {
            "insufficient funds"
        };
        rows.push(json!({
            "time": stamp(second, 0) + "Z", "payment_id": format!("p{n}"), "merchant": "a", "method": "crypto",
            "exchange": "binance", "currency": "BTC", "amount": "1.50", "trace_id": format!("t{n}"), "duration_ms": 300,
            "status": if stopped || declined { "failed" } else { "succeeded" },
            "error_message": if stopped || declined { error } else { "" },
        }));
        writeln!(log, r#"{{"time":"{}Z","caller":"a","exchange":"binance","http_status":{status},"duration_ms":200,"trace_id":"t{n}"}}"#,
            stamp(second, 0)).expect("text");
    }
    let folder = folder(&[("a", rows)], &log);
    let output = knockon(&["analyze", "-f", "json"], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("a list");
    assert!(
        findings.iter().all(|f| f["id"] != "successes-sampled"),
        "{findings:?}"
    );
}

#[test]
fn payments_that_are_logged_when_they_settle_move_no_clock() {
    let mut rows = payments("a");
    for (i, row) in rows.iter_mut().enumerate() {
        let second = i as i64 * 12;
        let settled = if row["status"] == "succeeded" {
            31 + (i as i64 * 7) % 8
        } else {
            0
        };
        row["time"] = json!(stamp(second + settled, 0) + "Z");
        row.as_object_mut()
            .expect("an object")
            .remove("duration_ms");
    }
    let folder = folder(&[("a", rows)], &calls("a", 0, 0));
    let output = knockon(&["analyze", "-f", "json"], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let onset = report["outages"][0]["start"].as_str().expect("an onset");
    let at = chrono::DateTime::parse_from_rfc3339(onset)
        .expect("a time")
        .timestamp()
        - START_S;
    assert!((at - ONSET_S).abs() <= 12, "{onset}");
}

#[test]
fn an_export_that_was_cut_inside_the_outage_is_told() {
    // Of the calls only those from the middle of the outage on, the newest first; the payments go back to the start.
    let whole = calls("a", (ONSET_S + END_S) / 2, 0);
    let newest_first: Vec<&str> = whole.lines().rev().collect();
    let folder = folder(&[("a", payments("a"))], &(newest_first.join("\n") + "\n"));
    let output = knockon(&["analyze", "-f", "json"], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("lies inside O1"), "{warnings}");
}

#[test]
fn payments_seen_beside_the_calls_use_the_exchange_though_nothing_names_it() {
    // Neither id, nor exchange, nor merchant, nor caller: only time tells who calls.
    let mut rows = worded("exchange unavailable");
    for row in &mut rows {
        let row = row.as_object_mut().expect("an object");
        for name in ["exchange", "merchant", "trace_id", "order_id"] {
            row.remove(name);
        }
    }
    let log: String = calls("a", 0, 0)
        .lines()
        .map(|l| {
            let mut call: Value = serde_json::from_str(l).expect("JSON");
            let call = call.as_object_mut().expect("an object");
            call.remove("caller");
            call.remove("trace_id");
            format!("{}\n", Value::from(call.clone()))
        })
        .collect();
    let folder = folder(&[("a", rows)], &log);
    let rows = failures(&[], folder.path());
    let caused = |method: &str| {
        let of = |r: &&Value| r["method"] == method && r["verdict"] == "caused";
        rows.iter().filter(of).count()
    };
    assert_eq!(caused("crypto"), 200);
    assert_eq!(caused("card"), 0);
}
