//! `explain`: its odds add up, what it says would change the verdict does, and it tells payments with one id apart.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const INCIDENTS: [&str; 3] = [
    "binance-2021-08-18",
    "trap-15-retries",
    "trap-12-no-outage-burst",
];

fn logs(incident: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/incidents")
        .join(incident)
        .join("logs")
}

fn knockon(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(args)
        .arg(folder)
        .output()
        .expect("the program runs")
}

fn documents(args: &[&str], folder: &Path) -> Vec<Value> {
    let output = knockon(args, folder);
    assert!(output.status.success(), "{output:?}");
    serde_json::Deserializer::from_slice(&output.stdout)
        .into_iter()
        .map(|v| v.expect("JSON"))
        .collect()
}

fn failures(folder: &Path) -> Vec<Value> {
    documents(&["failures", "-f", "jsonl"], folder)
}

fn explanation(id: &str, folder: &Path) -> Value {
    documents(&["explain", id, "-f", "json"], folder).remove(0)
}

fn number(v: &Value) -> f64 {
    v.as_f64().expect("a number")
}

fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// One failure of each verdict, channel and strongest rule.
fn one_of_each(rows: &[Value]) -> Vec<String> {
    let mut out = BTreeMap::new();
    for r in rows {
        let key = format!(
            "{}{}{}",
            r["verdict"], r["channel"], r["evidence"][0]["rule"]
        );
        out.entry(key)
            .or_insert_with(|| r["payment_id"].as_str().expect("an id").to_string());
    }
    out.into_values().collect()
}

#[test]
fn the_weights_of_every_failure_add_up_to_its_probability() {
    for incident in INCIDENTS {
        let rows = failures(&logs(incident));
        assert!(rows.len() > 50, "{incident}: {}", rows.len());
        for row in rows {
            let evidence = row["evidence"].as_array().expect("a list");
            let sign = |e: &Value| if e["supports"] == true { 1.0 } else { -1.0 };
            let sum: f64 = evidence
                .iter()
                .map(|e| sign(e) * number(&e["weight"]))
                .sum();
            let stated = number(&row["probability"]);
            assert!(
                (probability(sum) - stated).abs() < 1e-5,
                "{incident}, {}: {} by the weights, {stated} stated",
                row["payment_id"],
                probability(sum)
            );
        }
    }
}

#[test]
fn the_steps_lead_from_even_odds_to_the_stated_probability() {
    for incident in INCIDENTS {
        let folder = logs(incident);
        for id in one_of_each(&failures(&folder)) {
            let told = explanation(&id, &folder);
            let mut sum = 0.0;
            for step in told["steps"].as_array().expect("a list") {
                sum += number(&step["log_odds"]);
                assert!((probability(sum) - number(&step["probability"])).abs() < 1e-5);
            }
            let stated = number(&told["failure"]["probability"]);
            assert!(
                (probability(sum) - stated).abs() < 1e-5,
                "{incident}, {id}: {} after the steps, {stated} stated",
                probability(sum)
            );
        }
    }
}

/// The probability in the counterfactual whose condition has these words.
fn if_so(told: &Value, words: &str) -> Option<f64> {
    let all = told["counterfactuals"].as_array().expect("a list");
    let of = |c: &&Value| c["if"].as_str().is_some_and(|t| t.contains(words));
    all.iter().find(of).map(|c| number(&c["probability"]))
}

#[test]
fn what_would_change_the_verdict_moves_it_the_right_way() {
    let mut seen = BTreeMap::new();
    for incident in INCIDENTS {
        let folder = logs(incident);
        for id in one_of_each(&failures(&folder)) {
            let told = explanation(&id, &folder);
            let stated = number(&told["failure"]["probability"]);
            for (words, up) in [
                ("had been served well", false),
                ("another incident had stopped", false),
                ("twice as often", false),
                ("after it had failed", false),
                ("failed for another reason", false),
                ("earlier than its onset", true),
                ("had lasted at least", true),
                ("no other incident", true),
            ] {
                let Some(p) = if_so(&told, words) else {
                    continue;
                };
                *seen.entry(words).or_insert(0) += 1;
                let right = if up {
                    p >= stated - 0.0005
                } else {
                    p <= stated + 1e-5
                };
                assert!(right, "{incident}, {id}, {words}: {stated} becomes {p}");
            }
        }
    }
    assert!(seen.len() >= 6, "{seen:?}");
}

#[test]
fn what_changes_the_verdict_comes_first() {
    let folder = logs(INCIDENTS[0]);
    let rows = failures(&folder);
    let of = |r: &&Value| r["verdict"] == "caused" && r["channel"] == "direct";
    let id = rows.iter().find(of).expect("a direct one")["payment_id"].clone();
    let told = explanation(id.as_str().expect("an id"), &folder);
    let verdicts: Vec<bool> = told["counterfactuals"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|c| c["verdict"] == "caused")
        .collect();
    assert!(verdicts.is_sorted(), "{told}");
    assert!(!verdicts[0], "the onset after it excludes it: {told}");
}

fn two_shops() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = String::new();
    for (shop, status) in [("north", "failed"), ("south", "succeeded")] {
        for n in 0..40 {
            lines += &format!(
                "{{\"time\":\"2024-03-04T00:{n:02}:00Z\",\"payment_id\":\"p{n}\",\"merchant\":\"{shop}\",\"amount\":\"1.50\",\
                 \"currency\":\"EUR\",\"status\":\"{status}\"}}\n"
            );
        }
    }
    fs::write(folder.path().join("payments.jsonl"), lines).expect("a file");
    folder
}

#[test]
fn payments_of_several_merchants_with_one_id_are_all_told() {
    let folder = two_shops();
    let output = knockon(&["explain", "p7"], folder.path());
    let text = String::from_utf8(output.stdout).expect("text");
    for wanted in [
        "Payment p7 of north (one of 2 with this id)",
        "Payment p7 of south (one of 2 with this id)",
        "It succeeded: there is no failure to explain",
    ] {
        assert!(text.contains(wanted), "{wanted}\n{text}");
    }
    let one = documents(
        &["explain", "p7", "-f", "json", "--merchant", "north"],
        folder.path(),
    );
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["failure"]["merchant"], "north");
}

/// Payments that state an order and no id; calls of which the URL alone names the order. An outage from 00:20 to 00:30.
fn orders_in_urls() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut payments = String::from("created_at,order_number,shop,currency,amount,status,error\n");
    let mut calls = String::new();
    for n in 0..240 {
        let (minute, second) = (n / 4, n % 4 * 15);
        let down = (20..30).contains(&minute);
        let (status, http) = if down {
            ("failed,payout failed", 503)
        } else {
            ("paid,", 200)
        };
        payments +=
            &format!("2024-03-06T00:{minute:02}:{second:02}.500Z,ord-{n},shop,BTC,3.00,{status}\n");
        calls += &format!(
            "10.0.0.5 - - [06/Mar/2024:00:{minute:02}:{second:02} +0000] \"POST https://api.binance.com/sapi/v1/capital/withdraw\
             ?coin=BTC&newClientOrderId=ord-{n} HTTP/1.1\" {http} 20 \"-\" \"shop/1.0\"\n"
        );
    }
    fs::write(folder.path().join("payments.csv"), payments).expect("a file");
    fs::write(folder.path().join("egress.log"), calls).expect("a file");
    folder
}

#[test]
fn a_call_belongs_to_the_order_that_its_url_names() {
    let folder = orders_in_urls();
    let told = explanation("ord-90", folder.path());
    assert_eq!(told["failure"]["verdict"], "caused");
    let evidence = told["failure"]["evidence"].as_array().expect("a list");
    let own = evidence.iter().find(|e| e["rule"] == "own-call");
    let source = &own.unwrap_or_else(|| panic!("no call of its own: {told}"))["source"];
    assert_eq!(source["line"], 91, "{source}");
    let by_line = explanation("payments.csv:92", folder.path());
    assert_eq!(by_line["failure"]["order_id"], "ord-90");
}
