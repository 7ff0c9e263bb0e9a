//! The counterfactuals and the error budget of a bundled incident, as a user gets them.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const LOGS: &str = "fixtures/incidents/binance-2021-08-18/logs";

fn analyze(config: &str, format: &str) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("knockon.toml");
    std::fs::write(&file, config).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .env_clear()
        .args(["analyze", "-v", "-f", format, LOGS, "--config"])
        .arg(file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(config: &str) -> Value {
    serde_json::from_str(&analyze(config, "json")).unwrap()
}

/// The cases of a kind.
fn cases<'a>(report: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = report["what_if"]["cases"].as_array().unwrap();
    all.iter().filter(|c| c["kind"] == kind).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn a_named_fallback_saves_less_the_later_it_takes_over_and_never_more_than_was_caused() {
    let report = json("[what_if]\nfallback = \"kraken\"\ntakeover_s = [0, 3600]\n");
    let [at_once, late] = cases(&report, "fallback_exchange")[..] else {
        panic!("two take-overs, two cases")
    };
    let mean = |case: &Value| number(&case["expected"]["failures"]["mean"]);
    assert!(mean(late) < 0.9 * mean(at_once));
    assert!(mean(at_once) < number(&report["failures"]["caused"]));
    assert!(number(&at_once["orders_saved"]) <= number(&report["impact"]["orders_lost"]));
    let said = at_once["assumptions"].to_string();
    assert!(said.contains("do not show how kraken serves"), "{said}");
}

#[test]
fn what_the_logs_cannot_answer_is_left_out_with_the_reason() {
    let report = json("");
    assert!(cases(&report, "fallback_exchange").is_empty());
    let reason = report["what_if"]["left_out"][0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("BTC") && reason.contains("knockon.toml"),
        "{reason}"
    );
    assert!(analyze("", "markdown").contains("What if: left out"));
}

#[test]
fn a_breaker_saves_the_collateral_failures_and_its_cost_is_told() {
    let report = json("");
    let case = cases(&report, "circuit_breaker")[0];
    let collateral = number(&report["failures"]["by_channel"]["collateral"]["caused"]);
    let saved = number(&case["expected"]["failures"]["mean"]);
    assert!(saved > 0.66 * collateral && saved <= collateral, "{saved}");
    assert!(number(&case["refused"]["attempts"]) > 0.0);
}

#[test]
fn those_who_switched_are_no_more_than_were_recovered_by_another_method() {
    let report = json("");
    let case = cases(&report, "other_method")[0];
    let switched = number(&case["switched"]["succeeded"]);
    assert!(switched > 0.0);
    assert!(switched <= number(&report["impact"]["recovered_other_method"]));
    let rate = &case["rates"][0]["rate"];
    assert!(number(&rate["low"]) < number(&rate["mean"]));
    assert!(number(&rate["mean"]) < number(&rate["high"]));
}

#[test]
fn the_error_budget_is_told_with_and_without_the_knock_on_failures() {
    assert_eq!(json("")["slo"], Value::Null);
    let config = "[slo]\nsuccess_rate = \"99.5%\"\n";
    let slo = &json(config)["slo"];
    let (failed, caused) = (number(&slo["failed"]), number(&slo["expected_caused"]));
    let budget = 0.005 * number(&slo["window_attempts"]);
    assert!((number(&slo["burnt"]) - failed / budget).abs() < 1e-5);
    assert!((number(&slo["burnt_without"]) - (failed - caused) / budget).abs() < 1e-5);
    for format in ["table", "markdown", "html"] {
        let text = analyze(config, format).replace("\n  ", " ");
        assert!(text.contains("of the error budget burnt"), "{format}");
    }
    let counted = &json(&format!("{config}count_declines = true\n"))["slo"];
    assert!(
        number(&counted["failed"]) > failed,
        "declines count when asked"
    );
}
