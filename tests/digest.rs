//! Digests: an analysis of them gives the same bytes as one of the logs, in any split and order.
//!
//! `KNOCKON_UPDATE=1 cargo test --test digest` writes `fixtures/digests/logs.knockon` anew: only after the version of the
//! format has grown.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_knockon"));
    command.args(args).current_dir(folder).env_clear();
    command.output().unwrap()
}

fn told(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What people and scripts get of an analysis: every output that quotes or counts.
fn everything(folder: &Path, paths: &[&str]) -> String {
    let with = |args: &[&str]| told(folder, &[args, paths].concat());
    [
        with(&["analyze", "-q", "-f", "json"]),
        with(&["analyze", "-q", "-f", "markdown"]),
        with(&["failures", "-q", "-f", "jsonl"]),
        with(&["timeline", "-q", "-f", "jsonl"]),
        with(&["inspect", "-q", "-f", "json"]),
    ]
    .concat()
}

/// A scratch folder with the logs of an incident, by their paths.
fn incident(name: &str) -> (tempfile::TempDir, Vec<String>) {
    let scratch = tempfile::tempdir().unwrap();
    fs::create_dir(scratch.path().join("logs")).unwrap();
    let mut paths = Vec::new();
    for entry in fs::read_dir(fixtures().join("incidents").join(name).join("logs")).unwrap() {
        let entry = entry.unwrap();
        let path = format!("logs/{}", entry.file_name().to_string_lossy());
        fs::copy(entry.path(), scratch.path().join(&path)).unwrap();
        paths.push(path);
    }
    paths.sort();
    assert!(paths.len() > 2, "{name}: {paths:?}");
    (scratch, paths)
}

/// Digests the logs of each group, hides these logs, and gives the digests' names.
fn digest_groups(folder: &Path, groups: &[Vec<&str>]) -> Vec<String> {
    let mut names = Vec::new();
    for (i, group) in groups.iter().enumerate() {
        let name = format!("{i}.knockon");
        told(
            folder,
            &[&["digest", "-q", "-o", &name], &group[..]].concat(),
        );
        names.push(name);
    }
    for path in groups.iter().flatten() {
        fs::remove_file(folder.join(path)).unwrap();
    }
    names
}

#[test]
fn digests_give_the_bytes_of_the_logs() {
    for name in [
        "binance-2021-08-18",
        "trap-03-zone-shift",
        "trap-13-already-down",
        "trap-14-late-status-page",
    ] {
        let (scratch, paths) = incident(name);
        let folder = scratch.path();
        let logs = everything(folder, &["logs"]);
        let one_each: Vec<Vec<&str>> = paths.iter().rev().map(|p| vec![p.as_str()]).collect();
        let digests = digest_groups(folder, &one_each);
        let digests: Vec<&str> = digests.iter().map(String::as_str).collect();
        assert_eq!(everything(folder, &digests), logs, "{name}");
        // Digests of digests, and through a pipe.
        told(
            folder,
            &[&["digest", "-q", "-o", "all.knockon"], &digests[..]].concat(),
        );
        assert_eq!(everything(folder, &["all.knockon"]), logs, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn any_split_and_order_gives_the_same(groups in prop::collection::vec(0usize..4, 12), seed: u64) {
        let (scratch, paths) = incident("trap-15-retries");
        let folder = scratch.path();
        let logs = told(folder, &["analyze", "-q", "-f", "json", "logs"]);
        // Group 0 stays as logs.
        let of = |g: usize| {
            let in_it = paths.iter().zip(&groups).filter(move |(_, at)| **at == g);
            in_it.map(|(p, _)| p.as_str()).collect::<Vec<_>>()
        };
        let split: Vec<Vec<&str>> = (1..4).map(of).filter(|g| !g.is_empty()).collect();
        let mut given = digest_groups(folder, &split);
        given.extend(of(0).iter().map(|p| (*p).to_owned()));
        let turn = usize::try_from(seed % 7).unwrap() % given.len();
        given.rotate_left(turn);
        let mut args = vec!["analyze", "-q", "-f", "json"];
        args.extend(given.iter().map(String::as_str));
        prop_assert_eq!(told(folder, &args), logs);
    }

    #[test]
    fn a_damaged_digest_is_refused(at in 0usize..100_000, to: u8, cut: bool) {
        let whole = fs::read(fixtures().join("digests/logs.knockon")).unwrap();
        let first_line = whole.iter().position(|b| *b == b'\n').unwrap();
        let at = first_line + 1 + at % (whole.len() - first_line - 1);
        let mut bytes = whole.clone();
        if cut {
            bytes.truncate(at);
        } else {
            bytes[at] = to;
        }
        prop_assume!(bytes != whole);
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("x.knockon"), bytes).unwrap();
        let output = run(scratch.path(), &["analyze", "x.knockon"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        prop_assert_eq!(output.status.code(), Some(2), "{}", said);
        prop_assert!(said.contains("x.knockon: the digest is damaged or cut off"), "{}", said);
    }
}

/// The stored digest was made by the first version of the format: when it can no longer be read, or says something
/// else, the version must grow.
#[test]
fn a_stored_digest_is_still_read() {
    let folder = fixtures().join("digests");
    if std::env::var_os("KNOCKON_UPDATE").is_some() {
        told(&folder, &["digest", "logs", "-o", "logs.knockon"]);
    }
    assert_eq!(
        everything(&folder, &["logs.knockon"]),
        everything(&folder, &["logs"])
    );
}

#[test]
fn a_digest_of_another_version_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(
        scratch.path().join("x.knockon"),
        "knockon digest 77\nwhatever",
    )
    .unwrap();
    let output = run(scratch.path(), &["analyze", "x.knockon"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("x.knockon: a digest of format 77"), "{said}");
}

#[test]
fn all_records_of_a_digest_cannot_be_listed() {
    let folder = fixtures().join("digests");
    let output = run(&folder, &["timeline", "--all", "logs.knockon"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("only a digest of it was given"), "{said}");
}
