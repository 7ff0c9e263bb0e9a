//! Error classes against the exchange errors that ccxt sorts. Its tables are not part of the repository: see
//! `docs/contributing.md` for `KNOCKON_CORPORA`; where they are absent the test says so and passes.

use std::io::Write as _;
use std::path::PathBuf;

use knockon::model::ErrorClass;
use knockon::timeline::{ClassRules, classify_error};
use serde_json::Value;

/// What an error means for an outage.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Outage,
    Client,
}

/// The side of an exception of ccxt; `None` for those that say nothing of it.
fn side_of_exception(name: &str) -> Option<Side> {
    match name {
        "ExchangeNotAvailable"
        | "OnMaintenance"
        | "RequestTimeout"
        | "NetworkError"
        | "DDoSProtection"
        | "RateLimitExceeded" => Some(Side::Outage),
        "InsufficientFunds"
        | "InvalidOrder"
        | "BadRequest"
        | "BadSymbol"
        | "ArgumentsRequired"
        | "InvalidAddress"
        | "OrderNotFound"
        | "DuplicateOrderId"
        | "AuthenticationError"
        | "PermissionDenied"
        | "InvalidNonce" => Some(Side::Client),
        _ => None,
    }
}

fn side_of_class(class: ErrorClass) -> Option<Side> {
    match class {
        ErrorClass::UpstreamUnavailable
        | ErrorClass::UpstreamTimeout
        | ErrorClass::Maintenance
        | ErrorClass::Overload
        | ErrorClass::RateLimited => Some(Side::Outage),
        ErrorClass::BusinessDecline
        | ErrorClass::ClientError
        | ErrorClass::Auth
        | ErrorClass::Clock
        | ErrorClass::Expired
        | ErrorClass::UserCancelled => Some(Side::Client),
        _ => None,
    }
}

#[test]
fn texts_of_exchanges_fall_on_the_side_that_ccxt_gives_them() {
    let stated = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    let root = stated
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let path = root.join("exchange-errors/ccxt-exceptions.json");
    let mut err = std::io::stderr();
    let Ok(text) = std::fs::read_to_string(&path) else {
        writeln!(err, "skipped: {} is not here", path.display()).expect("standard error");
        return;
    };
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let (mut agree, mut unknown, mut disagree) = (0u32, 0u32, 0u32);
    let exchanges = all["exchanges"].as_object().expect("exchanges");
    for row in exchanges.values().flat_map(|v| v.as_array().expect("rows")) {
        let text = row["code"].as_str().unwrap_or("");
        let name = row["exception"].as_str().unwrap_or("");
        // a bare number means something else at each exchange
        let worded = text.contains(' ');
        let Some(theirs) = side_of_exception(name).filter(|_| worded) else {
            continue;
        };
        let (class, _) = classify_error(None, Some(text), None, None, &ClassRules::default());
        match side_of_class(class) {
            None => unknown += 1,
            Some(ours) if ours == theirs => agree += 1,
            Some(_) => {
                disagree += 1;
                writeln!(err, "{name}: {text:?} is {class:?} here").expect("standard error");
            }
        }
    }
    writeln!(err, "agree {agree}, unknown {unknown}, disagree {disagree}").expect("standard error");
    let sum = agree + unknown + disagree;
    assert!(sum > 0, "the tables hold texts");
    assert!(disagree * 100 <= sum * 2, "{disagree} of {sum} disagree");
    assert!(agree * 100 >= sum * 80, "{agree} of {sum} agree");
}

/// What `inspect --errors -f json` tells of two inputs.
fn seen(config: &str) -> serde_json::Value {
    let folder = tempfile::tempdir().expect("a folder");
    let line = |i: usize, error: &str| {
        format!(
            r#"{{"time":"2024-03-06T12:00:{:02}Z","payment_id":"p{i}","method":"card","amount":"1","currency":"EUR","status":"failed","error":"{error}"}}"#,
            i % 60
        )
    };
    let errors = [
        "exchange timed out after 17 ms",
        "exchange timed out after 23 ms",
        "blue moon over 7",
    ];
    let log: Vec<String> = (0..30).map(|i| line(i, errors[i % 3])).collect();
    std::fs::write(folder.path().join("payments.jsonl"), log.join("\n")).expect("a file");
    let stated = folder.path().join("knockon.toml");
    std::fs::write(&stated, config).expect("a file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(["inspect", "--errors", "-f", "json", "--config"])
        .arg(&stated)
        .arg(folder.path().join("payments.jsonl"))
        .output()
        .expect("the program runs");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    told["inputs"][0]["errors"].clone()
}

#[test]
fn inspect_tells_how_each_kind_of_error_was_classed() {
    let told = seen("");
    let row = |i: usize| {
        let e = &told[i];
        (
            e["count"].as_u64(),
            e["class"].as_str(),
            e["class_from"].as_str(),
            e["open"].as_u64(),
        )
    };
    assert_eq!(
        row(0),
        (Some(20), Some("upstream_timeout"), Some("known"), Some(20))
    );
    assert_eq!(
        row(1),
        (Some(10), Some("unknown"), Some("nothing"), Some(0))
    );
    let told = seen("[classes]\n\"blue moon\" = \"maintenance\"\n");
    assert_eq!(told[1]["class"], "maintenance");
    assert_eq!(told[1]["class_from"], "config");
}
