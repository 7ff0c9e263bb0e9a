//! Logs whose names nobody knows: `--map`, `inspect --suggest`, and what `inspect` says of names it did not use.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn knockon(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_knockon"))
        .env_clear()
        .current_dir(folder)
        .args(args)
        .output()
        .expect("the program runs")
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// An export with names that no table holds.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let mut rows = String::from("zz1;zz2;zz3;zz4;zz5;zz6\n");
    for n in 0..40 {
        let (how, why) = if n % 5 == 0 {
            ("failed", "card was declined")
        } else {
            ("paid", "")
        };
        writeln!(
            rows,
            "K-{n:04};2024-03-04T10:{n:02}:00Z;{n},50;EUR;{how};{why}"
        )
        .expect("text");
    }
    fs::write(folder.path().join("export.csv"), rows).expect("a file");
    folder
}

fn failures(folder: &Path, args: &[&str]) -> Vec<Value> {
    let output = knockon(
        folder,
        &[&["failures", "-f", "jsonl", "export.csv"], args].concat(),
    );
    assert!(output.status.success(), "{output:?}");
    let rows = text(&output);
    rows.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

fn assert_read(rows: &[Value]) {
    assert_eq!(rows.len(), 8);
    assert_eq!(rows[1]["payment_id"], "K-0005");
    assert_eq!(rows[1]["amount"], "5.50");
    assert_eq!(rows[1]["currency"], "EUR");
    assert_eq!(rows[1]["error_message"], "card was declined");
}

#[test]
fn what_is_suggested_maps_the_file() {
    let folder = folder();
    let before = knockon(folder.path(), &["failures", "export.csv"]);
    assert!(
        !before.status.success(),
        "its names are understood without help: {before:?}"
    );
    let suggested = knockon(folder.path(), &["inspect", "--suggest", "export.csv"]);
    assert!(suggested.status.success(), "{suggested:?}");
    fs::write(folder.path().join("knockon.toml"), text(&suggested)).expect("a file");
    assert_read(&failures(folder.path(), &["--payments", "export.csv"]));
}

#[test]
fn flags_map_a_file_as_the_configuration_does() {
    let folder = folder();
    let map =
        "exp*.csv:zz1=payment_id,zz2=time,zz3=amount,zz4=currency,zz5=status,zz6=error_message";
    assert_read(&failures(folder.path(), &["--map", map]));
    let other = knockon(
        folder.path(),
        &[
            "failures",
            "export.csv",
            "--map",
            &map.replace("exp*", "imp*"),
        ],
    );
    assert!(!other.status.success(), "a rule for other files: {other:?}");
}

#[test]
fn names_without_a_meaning_are_told() {
    let folder = folder();
    let map = "zz1=payment_id,zz2=time,zz5=status";
    let output = knockon(folder.path(), &["inspect", "export.csv", "--map", map]);
    let said = text(&output);
    assert!(said.contains("zz6 (\"card was declined\")"), "{said}");
    assert!(!said.contains("zz5 ("), "{said}");
}
