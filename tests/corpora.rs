//! The main job on recordings of real systems that nobody of this project wrote. They are not part of the repository: the
//! folder is `../shared/corpora`, or what `KNOCKON_CORPORA` names; where it is absent these tests say so and pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const SHOP: &str = "microservice-shop/2023-01-29";

fn corpus(name: &str) -> Option<PathBuf> {
    let stated = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    let root = stated
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    let folder = root.join(name);
    if !folder.is_dir() {
        writeln!(
            std::io::stderr(),
            "skipped: {} is not here",
            folder.display()
        )
        .expect("standard error");
        return None;
    }
    Some(folder)
}

fn knockon(args: &[&str], inputs: &[PathBuf]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .args(args)
        .args(inputs)
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON")
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("a file");
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or("")
}

/// What the recording's truth says of one failed payment; for scoring only.
struct Truth {
    culprit: BTreeMap<String, String>,
    /// Failures that fall into an outage of three or more failures on one edge.
    in_outage: BTreeSet<String>,
    rejected: BTreeSet<String>,
}

fn truth(folder: &Path) -> Truth {
    let truth = json(&folder.join("truth.json"));
    let list = |key: &str| truth[key].as_array().cloned().unwrap_or_default();
    let edges: Vec<Value> = list("money_path_edge_outages")
        .into_iter()
        .filter(|e| e["failures"].as_u64() >= Some(3))
        .collect();
    let covers = |call: &Value| {
        edges.iter().any(|e| {
            let at = text(call, "ts");
            text(e, "service") == text(call, "service")
                && text(e, "caller") == text(call, "caller")
                && text(e, "first_failure") <= at
                && at <= text(e, "last_failure")
        })
    };
    let refused = lines(&folder.join("upstream.jsonl"));
    let in_outage = refused
        .iter()
        .filter(|c| c["ok"] == false && covers(c))
        .map(|c| text(c, "request").to_owned())
        .collect();
    let mut found = Truth {
        culprit: BTreeMap::new(),
        in_outage,
        rejected: BTreeSet::new(),
    };
    for failure in list("failures") {
        let id = text(&failure, "id").to_owned();
        match text(&failure, "kind") {
            "upstream" => drop(found.culprit.insert(id, text(&failure, "cause").to_owned())),
            _ => drop(found.rejected.insert(id)),
        }
    }
    found.in_outage.retain(|id| found.culprit.contains_key(id));
    found
}

/// How failures came out: of those in an outage (right, not caused, wrong upstream), rejections blamed, blips by verdict.
#[derive(Debug, Default, PartialEq)]
struct Marks {
    right: usize,
    missed: usize,
    wrong: usize,
    blamed: usize,
    blips: BTreeMap<String, usize>,
}

fn mark(truth: &Truth, inputs: &[PathBuf]) -> Marks {
    let report: Value =
        serde_json::from_str(&knockon(&["analyze", "-f", "json"], inputs)).expect("JSON");
    let outages = report["outages"].as_array().cloned().unwrap_or_default();
    let exchange: BTreeMap<&str, &str> = outages
        .iter()
        .map(|o| (text(o, "id"), text(o, "exchange")))
        .collect();
    let mut marks = Marks::default();
    for line in knockon(&["failures", "-f", "jsonl"], inputs).lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let (id, caused) = (text(&row, "payment_id"), text(&row, "verdict") == "caused");
        let named = exchange.get(text(&row, "outage")).copied().unwrap_or("");
        match truth.culprit.get(id) {
            Some(culprit) if truth.in_outage.contains(id) => match caused {
                true if named == culprit => marks.right += 1,
                true => marks.wrong += 1,
                false => marks.missed += 1,
            },
            Some(_) => {
                *marks
                    .blips
                    .entry(text(&row, "verdict").to_owned())
                    .or_default() += 1
            }
            None if truth.rejected.contains(id) => marks.blamed += usize::from(caused),
            None => panic!("{id} is not a failure of the recording"),
        }
    }
    writeln!(std::io::stderr(), "{marks:?}").expect("standard error");
    marks
}

#[test]
fn the_microservice_shop_with_ids() {
    let Some(folder) = corpus(SHOP) else { return };
    let truth = truth(&folder);
    assert_eq!(
        (
            truth.in_outage.len(),
            truth.culprit.len(),
            truth.rejected.len()
        ),
        (101, 144, 73)
    );
    for payments in ["payments.jsonl", "payments_blind.jsonl"] {
        let marks = mark(
            &truth,
            &[folder.join(payments), folder.join("upstream.jsonl")],
        );
        assert!(
            marks.right >= 100 && marks.blamed == 0,
            "{payments}: {marks:?}"
        );
    }
}

#[test]
fn the_microservice_shop_blind_and_without_ids() {
    let Some(folder) = corpus(SHOP) else { return };
    let scratch = tempfile::tempdir().expect("a folder");
    let calls = scratch.path().join("upstream.jsonl");
    let stripped: Vec<String> = lines(&folder.join("upstream.jsonl"))
        .into_iter()
        .map(|mut call| {
            call.as_object_mut().expect("an object").remove("request");
            call.to_string() + "\n"
        })
        .collect();
    fs::write(&calls, stripped.concat()).expect("a file");
    let marks = mark(
        &truth(&folder),
        &[folder.join("payments_blind.jsonl"), calls],
    );
    assert!(marks.right >= 95 && marks.blamed <= 2, "{marks:?}");
}

#[test]
fn probes_of_exchanges() {
    let Some(folder) = corpus("exchange-probes") else {
        return;
    };
    let report: Value = serde_json::from_str(&knockon(
        &["analyze", "-f", "json"],
        &[folder.join("upstream.jsonl")],
    ))
    .expect("JSON");
    let truth = json(&folder.join("truth.json"));
    // A 403, 404 or 429 to a probe is a refusal, not an outage.
    let real: Vec<&Value> = truth["outages"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|o| {
            o["codes"].as_array().is_some_and(|c| {
                c.iter()
                    .all(|c| c.as_u64().is_some_and(|c| c == 0 || c >= 500))
            })
        })
        .collect();
    let found = report["outages"].as_array().expect("a list");
    assert_eq!((real.len(), found.len()), (5, 5), "{found:#?}");
    for outage in real {
        let at = text(outage, "start").trim_end_matches('Z').to_owned();
        let covers =
            |f: &&Value| text(f, "start_earliest") <= at.as_str() && at.as_str() <= text(f, "end");
        assert!(found.iter().any(|f| covers(&f)), "{outage} was not found");
    }
}

#[test]
fn a_web_servers_own_log_is_no_incident() {
    let Some(folder) = corpus("access-logs") else {
        return;
    };
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .arg("analyze")
        .arg(&folder)
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let report: Value =
        serde_json::from_str(&knockon(&["inspect", "-f", "json"], &[folder])).expect("JSON");
    assert_eq!(report["inputs"][0]["lines"], Value::from(10_000));
}
