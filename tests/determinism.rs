//! The same logs give the same bytes: on any number of threads, in any order of paths, on a machine of any locale and zone; and
//! the same answer when a log comes in several files.
//!
//! That digests of parts give the bytes of the whole is in `tests/digest.rs`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;

/// The founding incident: eight logs of five formats, two of them packed.
fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents/binance-2021-08-18/logs")
}

fn paths() -> Vec<String> {
    let mut paths: Vec<String> = fs::read_dir(logs())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    paths.sort();
    assert_eq!(paths.len(), 8, "{paths:?}");
    paths
}

fn told(folder: &Path, env: &[(&str, &str)], args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_knockon"));
    command.args(args).current_dir(folder).env_clear();
    let output = command.envs(env.iter().copied()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// What people and scripts get: every format, in few runs.
fn everything(folder: &Path, env: &[(&str, &str)], options: &[&str], paths: &[&str]) -> String {
    let scratch = tempfile::tempdir().unwrap();
    let files = ["r.json", "r.html", "r.md"].map(|name| scratch.path().join(name));
    let mut analyze = vec!["analyze", "-q", "-o", "-"];
    for file in &files {
        analyze.extend(["-o", file.to_str().unwrap()]);
    }
    let commands: [&[&str]; 3] = [
        &analyze,
        &["failures", "-q", "-f", "csv"],
        &["timeline", "-q", "-f", "jsonl"],
    ];
    let said = commands.map(|command| told(folder, env, &[command, options, paths].concat()));
    let written = files.map(|file| fs::read_to_string(file).unwrap());
    assert!(written.iter().all(|text| text.len() > 1000));
    said.concat() + &written.concat()
}

/// Payments large enough to be read in pieces by several threads, in two shapes of line; an exchange is down in the middle.
fn large_log() -> String {
    const LINES: u32 = 36_000;
    let mut text = String::new();
    for n in 0..LINES {
        let (minute, second) = (n / 60 % 60, n % 60);
        let at = format!("2021-08-18T{:02}:{minute:02}:{second:02}Z", 6 + n / 3600);
        let exchange = ["binance", "kraken"][(n % 3 == 0) as usize];
        let down = exchange == "binance" && (15_000..18_000).contains(&n) && n % 5 != 0;
        let end = match (down, n % 97) {
            (true, _) => r#""status":"failed","error":"503 Service Unavailable from exchange""#,
            (_, 0) => r#""status":"failed","error":"insufficient funds""#,
            _ => r#""status":"succeeded""#,
        };
        let note = match n % 7 {
            0 => r#""note":"a shape of its own","#,
            _ => "",
        };
        writeln!(
            text,
            r#"{{"timestamp":"{at}","payment_id":"pay_{n:06}","order_id":"ord_{n:06}","exchange":"{exchange}","currency":"USDT","amount":"{}.50",{note}{end}}}"#,
            10 + n % 90
        )
        .unwrap();
    }
    assert!(text.len() > 5 << 20, "{}", text.len());
    text
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let one = everything(&logs(), &[], &["--threads", "1"], &["."]);
    for threads in ["2", "3", "5", "8"] {
        let more = everything(&logs(), &[], &["--threads", threads], &["."]);
        assert!(one == more, "{threads} threads");
    }
}

#[test]
fn pieces_of_a_large_log_are_put_together_as_one_thread_reads_them() {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("payments.jsonl"), large_log()).unwrap();
    let run = |threads: &str| {
        let options = ["--threads", threads, "payments.jsonl"];
        let report = ["analyze", "-q", "-f", "json"];
        let rows = ["failures", "-q", "-f", "jsonl"];
        [
            told(scratch.path(), &[], &[&report[..], &options].concat()),
            told(scratch.path(), &[], &[&rows[..], &options].concat()),
        ]
        .concat()
    };
    let one = run("1");
    assert!(one.contains("\"caused\""), "{one}");
    for threads in ["2", "8"] {
        assert!(one == run(threads), "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4) })]

    #[test]
    fn any_order_of_paths_gives_the_same_bytes(order in Just(paths()).prop_shuffle()) {
        let sorted = paths();
        let run = |paths: &[String]| {
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            everything(&logs(), &[], &[], &paths)
        };
        prop_assert!(run(&sorted) == run(&order), "{:?}", order);
    }
}

#[test]
fn locale_and_zone_of_the_machine_change_nothing() {
    let here = everything(&logs(), &[], &[], &["."]);
    let machines: [&[(&str, &str)]; 5] = [
        &[("TZ", "Asia/Kathmandu"), ("LANG", "ne_NP.UTF-8")],
        &[("TZ", "America/St_Johns"), ("LC_ALL", "fr_CA.UTF-8")],
        &[
            ("LC_ALL", "tr_TR.UTF-8"),
            ("LC_NUMERIC", "de_DE.UTF-8"),
            ("LC_TIME", "ar_EG.UTF-8"),
        ],
        &[("TZ", ":/no/such/zone"), ("LANG", "C")],
        &[("TZ", "UTC-14"), ("LC_ALL", "POSIX"), ("HOME", "/nowhere")],
    ];
    for env in machines {
        assert!(
            here == everything(&logs(), env, &[], &["."]),
            "another answer with {env:?}"
        );
    }
}

#[test]
fn outputs_beside_the_logs_are_no_logs() {
    let scratch = tempfile::tempdir().unwrap();
    for name in paths() {
        fs::copy(logs().join(&name), scratch.path().join(&name)).unwrap();
    }
    let run = |args: &str| {
        let args: Vec<&str> = args.split(' ').collect();
        told(scratch.path(), &[], &args)
    };
    let report = || {
        let mut report: Value = serde_json::from_str(&run("analyze -q -f json .")).unwrap();
        let warnings = report["warnings"].take();
        (report, warnings.to_string())
    };
    let (first, _) = report();
    let row = run("failures -q -f jsonl .");
    let row: Value = serde_json::from_str(row.lines().next().unwrap()).unwrap();
    let id = row["payment_id"].as_str().unwrap();
    run("analyze -q -o a.json -o a.html -o a.md .");
    run(&format!("explain -q -f json -o e.json {} .", id));
    run("inspect -q -f json -o i.json .");
    run("failures -q -o f.csv -o f.jsonl .");
    run("timeline -q -o t.csv -o t.jsonl -o timesketch=s.csv .");
    run("timeline -q --all -o all.csv -o all.jsonl .");
    run("compare a.json a.json -f json -o c.json");
    let (again, warnings) = report();
    assert!(first == again);
    assert_eq!(warnings.matches("written by knockon: no log").count(), 11);
    let named = run("analyze -q -f json *.gz *.jsonl *.json *.log *.csv");
    assert_eq!(named.matches("written by knockon: no log").count(), 11);
}

/// Of each failed payment: its verdict, the outage it is held against, and the probability.
type Answer = BTreeMap<String, (String, String, f64)>;

fn answer(folder: &Path) -> Answer {
    let rows = told(folder, &[], &["failures", "-q", "-f", "jsonl", "."]);
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let p = row["probability"].as_f64().unwrap();
        (text("payment_id"), (text("verdict"), text("outage"), p))
    };
    rows.lines().map(row).collect()
}

/// Writes a log in two files, cut at the line end nearest to a share of its bytes, each with the header that a CSV needs.
fn split(name: &str, text: &str, share: f64, folder: &Path) {
    let wanted = (text.len() as f64 * share) as usize;
    let at = text.bytes().take(wanted).rposition(|b| b == b'\n').unwrap() + 1;
    let (head, rest) = text.split_at(at);
    let header = match name.ends_with(".csv") {
        true => text.split_inclusive('\n').next().unwrap(),
        false => "",
    };
    let (stem, kind) = name.rsplit_once('.').unwrap();
    fs::write(folder.join(format!("{stem}.1.{kind}")), head).unwrap();
    fs::write(
        folder.join(format!("{stem}.2.{kind}")),
        header.to_owned() + rest,
    )
    .unwrap();
}

#[test]
fn a_log_in_several_files_gives_the_same_answer() {
    let whole = answer(&logs());
    assert!(whole.len() > 50, "{}", whole.len());
    for share in [0.31, 0.5, 0.83] {
        let scratch = tempfile::tempdir().unwrap();
        for name in paths() {
            let bytes = fs::read(logs().join(&name)).unwrap();
            match String::from_utf8(bytes) {
                Ok(text) if !name.starts_with("status") => {
                    split(&name, &text, share, scratch.path());
                }
                _ => drop(fs::copy(logs().join(&name), scratch.path().join(&name)).unwrap()),
            }
        }
        let parts = answer(scratch.path());
        assert_eq!(
            whole.keys().collect::<Vec<_>>(),
            parts.keys().collect::<Vec<_>>()
        );
        for (id, (verdict, outage, p)) in &whole {
            let (verdict_then, outage_then, p_then) = &parts[id];
            assert_eq!((verdict, outage), (verdict_then, outage_then), "{id}");
            // the clock of each file is measured by itself
            assert!((p - p_then).abs() < 0.01, "{id}: {p} and {p_then}");
        }
    }
}
