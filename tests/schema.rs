//! Real output against the committed JSON Schemas, and the committed ones against those that the program prints.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

const LOGS: &str = "fixtures/incidents/binance-2021-08-18/logs";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn knockon(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .current_dir(root())
        .env_clear()
        .args(args)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn schema(name: &str) -> Value {
    let text = fs::read_to_string(root().join(format!("docs/schema/{name}.json"))).expect(name);
    serde_json::from_str(&text).expect(name)
}

fn check<'a>(name: &str, documents: impl Iterator<Item = &'a str>, least: usize) {
    let validator = jsonschema::validator_for(&schema(name)).expect(name);
    let mut seen = 0;
    for document in documents {
        let value: Value = serde_json::from_str(document).expect(name);
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        seen += 1;
    }
    assert!(seen >= least, "{name}: only {seen} documents");
}

#[test]
fn what_analyze_prints_fits_its_schema() {
    for logs in [LOGS, "fixtures/incidents/trap-08-merchant-database/logs"] {
        check(
            "analyze",
            std::iter::once(knockon(&["analyze", "-f", "json", logs]).as_str()),
            1,
        );
    }
}

#[test]
fn every_row_of_failures_fits_its_schema() {
    check(
        "failures",
        knockon(&["failures", "-f", "jsonl", LOGS]).lines(),
        500,
    );
}

#[test]
fn every_row_of_the_timeline_fits_its_schema() {
    check(
        "timeline",
        knockon(&["timeline", "--all", "-f", "jsonl", LOGS]).lines(),
        5_000,
    );
}

#[test]
fn what_inspect_prints_fits_its_schema() {
    check(
        "inspect",
        std::iter::once(knockon(&["inspect", "-f", "json", LOGS]).as_str()),
        1,
    );
}

#[test]
fn the_committed_schemas_are_those_that_the_program_prints() {
    for name in ["analyze", "failures", "timeline"] {
        let printed: Value = serde_json::from_str(&knockon(&["schema", name])).expect(name);
        assert_eq!(printed, schema(name), "docs/schema/{name}.json is stale");
    }
}

#[test]
fn a_document_of_another_shape_does_not_fit() {
    let validator = jsonschema::validator_for(&schema("analyze")).expect("analyze");
    let mut value: Value =
        serde_json::from_str(&knockon(&["analyze", "-f", "json", LOGS])).expect("analyze");
    value["failures"]["caused"] = Value::from("many");
    assert!(!validator.is_valid(&value));
}
