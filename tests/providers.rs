//! Payment providers' own documents: what each becomes on the time line, asserted payment by payment, on fixtures of
//! ours and, where the corpora are at hand, on bodies that the providers publish.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The rows that a command prints for a file.
fn rows(command: &[&str], path: &Path) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(command)
        .args(["-f", "jsonl"])
        .arg(path)
        .output()
        .expect("the program runs");
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/formats")
        .join(name)
}

/// Keys of a row, joined; what is absent is `-`.
fn told(row: &Value, keys: &[&str]) -> String {
    let texts: Vec<&str> = keys
        .iter()
        .map(|k| row[*k].as_str().unwrap_or("-"))
        .collect();
    texts.join(" ")
}

fn failures(name: &str) -> Vec<String> {
    const KEYS: [&str; 6] = [
        "time",
        "payment_id",
        "amount",
        "currency",
        "outcome",
        "error_class",
    ];
    let rows = rows(&["failures"], &fixture(name));
    rows.iter().map(|r| told(r, &KEYS)).collect()
}

fn timeline(path: &Path) -> Vec<String> {
    let rows = rows(&["timeline", "--all"], path);
    rows.iter()
        .map(|r| told(r, &["kind", "payment_id", "outcome"]))
        .collect()
}

#[test]
fn stripe_events_of_one_payment_are_one_attempt() {
    assert_eq!(
        failures("jsonl/provider_stripe_events.jsonl"),
        [
            "2021-08-18T12:01:11.000Z pi_1 25.00 USD failed upstream_unavailable",
            "2021-08-18T12:02:51.000Z pi_2 2500 JPY failed business_decline",
        ]
    );
    let rows = timeline(&fixture("jsonl/provider_stripe_events.jsonl"));
    assert_eq!(
        rows.last().map(String::as_str),
        Some("other - -"),
        "a refund"
    );
}

#[test]
fn stripe_charges_and_intents_in_lists() {
    assert_eq!(
        failures("json/provider_stripe_charges.json"),
        ["2021-08-18T12:04:29.000Z ch_9 19.99 USD failed business_decline"]
    );
    assert_eq!(
        failures("json/provider_stripe_intents.json"),
        [
            "2021-08-18T12:04:29.000Z pi_9 19.99 USD failed business_decline",
            "2021-08-18T12:07:49.000Z pi_7 5.00 USD failed user_cancelled",
        ]
    );
}

#[test]
fn of_adyens_webhooks_only_authorisations_are_attempts() {
    assert_eq!(
        failures("jsonl/provider_adyen_webhooks.jsonl"),
        [
            "2021-08-18T12:00:00.000Z PSP000000000001 10.00 EUR failed upstream_unavailable",
            "2021-08-18T12:01:00.000Z PSP000000000002 1000 JPY failed business_decline",
        ]
    );
}

#[test]
fn paypal_coinbase_and_binance_pay() {
    for (name, expected) in [
        (
            "json/provider_paypal_search.json",
            "2021-08-18T12:01:00.000Z 5TY05013RG002846M 65.00 USD failed business_decline",
        ),
        (
            "jsonl/provider_coinbase_commerce.jsonl",
            "2021-08-18T07:48:42.000Z 66BEOV2A 10.00 USD failed expired",
        ),
        (
            "jsonl/provider_binance_pay.jsonl",
            "2021-08-18T12:02:45.000Z 9825382937293 1.88 EUR failed expired",
        ),
    ] {
        assert_eq!(failures(name), [expected], "{name}");
    }
}

#[test]
fn tables_and_answers_of_providers() {
    for (name, expected) in [
        (
            "csv/provider_stripe.csv",
            vec!["2024-03-06T12:01:02.000Z pi_2 399.00 EUR failed business_decline"],
        ),
        (
            "csv/provider_paypal.csv",
            vec!["2024-03-13T11:05:02.000Z 9AB2 23.00 EUR failed business_decline"],
        ),
        (
            "csv/provider_adyen.csv",
            vec!["2024-03-06T11:01:02.000Z 8816 11.00 EUR failed business_decline"],
        ),
        (
            "json/provider_btcpay.json",
            vec![
                "2024-03-06T12:00:03.000Z Inv2 11.00 EUR failed expired",
                "2024-03-06T12:00:04.000Z Inv3 11.00 EUR failed unknown",
            ],
        ),
        (
            "jsonl/provider_adyen_checkout.jsonl",
            vec![
                "2024-03-06T12:00:03.000Z 88B 1.000 KWD failed business_decline",
                "2024-03-06T12:00:04.000Z 88C 1000 JPY failed upstream_unavailable",
                "2024-03-06T12:00:05.000Z 88E 10.00 EUR failed user_cancelled",
            ],
        ),
        (
            "jsonl/provider_orchestrator.jsonl",
            vec![
                "2024-03-06T12:00:02.000Z p1 1000 EUR unknown upstream_unavailable",
                "2024-03-06T12:00:05.000Z p4 1000 EUR failed business_decline",
            ],
        ),
    ] {
        assert_eq!(failures(name), expected, "{name}");
    }
}

#[test]
fn a_fee_is_no_payment() {
    let path = fixture("csv/provider_paypal.csv");
    assert_eq!(
        timeline(&path)
            .iter()
            .filter(|r| r.starts_with("payment "))
            .count(),
        3
    );
}

/// Bodies that Adyen publishes as examples: the ones of other events than an authorisation are no payments.
#[test]
fn adyens_own_examples() {
    let stated = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    let root = stated
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let Ok(entries) = fs::read_dir(root.join("payment-apis/adyen")) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.retain(|p| p.extension().is_some_and(|e| e == "json"));
    assert!(!paths.is_empty());
    for path in paths {
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let payments = timeline(&path)
            .iter()
            .filter(|r| r.starts_with("payment "))
            .count();
        assert_eq!(
            payments,
            usize::from(name.starts_with("authorisation-")),
            "{name}"
        );
    }
}
