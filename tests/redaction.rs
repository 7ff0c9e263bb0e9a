//! What somebody logged by mistake does not leave in a report, and with `--redact` no id does either.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents/binance-2021-08-18/logs")
}

/// Standard output and standard error of a run.
fn knockon(folder: &Path, args: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .current_dir(folder)
        .env_clear()
        .args(args)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, err) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{args:?}\n{err}");
    (out, err)
}

/// Every output of every command that shows failures or lines, by name.
fn outputs(folder: &Path, path: &str, options: &[&str]) -> Vec<(String, String)> {
    let runs: [(&[&str], &[&str]); 4] = [
        (&["analyze", "-vv"], &["table", "markdown", "html", "json"]),
        (&["failures"], &["table", "jsonl", "csv"]),
        (&["timeline", "--all"], &["jsonl"]),
        (&["inspect", "--errors"], &["table", "json"]),
    ];
    let to = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (command, formats) in runs {
        let file = |format: &str| to.path().join(format).display().to_string();
        let outputs: Vec<String> = formats
            .iter()
            .flat_map(|f| ["-o".to_owned(), format!("{f}={}", file(f))])
            .collect();
        let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
        knockon(folder, &[command, &[path], options, &outputs].concat());
        all.extend(formats.iter().map(|f| {
            let text = std::fs::read_to_string(file(f)).unwrap();
            (format!("{} {f}", command.join(" ")), text)
        }));
    }
    all
}

fn text_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let mut text = String::new();
        let mut reader = flate2::read::MultiGzDecoder::new(&bytes[..]);
        reader.read_to_string(&mut text).unwrap();
        return text;
    }
    String::from_utf8(bytes).unwrap()
}

/// The ids of payments, orders, customers and traces in the logs of the payments.
fn ids() -> BTreeSet<String> {
    let pattern = Regex::new(r"\b(?:pay_|ord-|cus_)[0-9a-f]+\b|\b[0-9a-f]{32}\b").unwrap();
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(logs()).unwrap() {
        let text = text_of(&entry.unwrap().path());
        found.extend(pattern.find_iter(&text).map(|m| m.as_str().to_owned()));
    }
    found
}

#[test]
fn strict_leaves_no_id_of_the_bundled_incident_in_any_output() {
    let ids = ids();
    assert!(ids.len() > 8_000, "{}", ids.len());
    let words = Regex::new(r"[A-Za-z0-9_-]+").unwrap();
    for (name, text) in outputs(&logs(), ".", &["--redact"]) {
        let leaked = words.find_iter(&text).map(|m| m.as_str());
        let leaked: BTreeSet<&str> = leaked.filter(|w| ids.contains(*w)).collect();
        assert!(
            leaked.is_empty(),
            "{name}: {:?}",
            leaked.iter().take(5).collect::<Vec<_>>()
        );
    }
}

#[test]
fn the_same_id_has_the_same_pseudonym_everywhere() {
    let options = ["--redact", "-f", "jsonl", "."];
    let small = logs().join("../../trap-15-retries/logs");
    let (rows, _) = knockon(&small, &[&["failures"], &options[..]].concat());
    let (all, _) = knockon(&small, &[&["timeline", "--all"], &options[..]].concat());
    let pattern = Regex::new(r#""payment_id":"(id-[0-9a-f]{12})""#).unwrap();
    let of = |text: &str| -> BTreeSet<String> {
        pattern
            .captures_iter(text)
            .map(|c| c[1].to_owned())
            .collect()
    };
    let (rows, all) = (of(&rows), of(&all));
    assert!(rows.len() > 50, "{}", rows.len());
    assert!(rows.is_subset(&all));
}

/// Things that no report may show, put where they end up in logs. None of them is anybody's.
fn planted() -> Vec<String> {
    let token = "aB3d".repeat(8);
    vec![
        "4111 1111 1111 1111".to_owned(),
        "5555555555554444".to_owned(),
        "jo.planted@shop.example".to_owned(),
        "GB82WEST12345698765432".to_owned(),
        format!("0x{}", "5aEb".repeat(10)),
        format!("Bearer {token}"),
        format!("api_key={token}"),
        format!("sk_{}_{}", "live", "Zz9".repeat(8)),
    ]
}

fn write_incident(folder: &Path) {
    let mut payments = String::new();
    let planted = planted();
    for n in 0..240u32 {
        let down = (100..160).contains(&n);
        let (status, error) = if down {
            let what = &planted[n as usize % planted.len()];
            (
                "failed",
                format!(r#","error_message":"binance answered 503 for {what}","note":"cvv=987""#),
            )
        } else {
            ("succeeded", String::new())
        };
        let stamp = format!("2021-08-18T12:{:02}:{:02}Z", n / 4, n % 4 * 15);
        payments.push_str(&format!(
            r#"{{"timestamp":"{stamp}","event":"payment","payment_id":"p{n}","merchant":"shop","method":"crypto","exchange":"binance","currency":"BTC","amount":"0.01","status":"{status}"{error}}}"#
        ));
        payments.push('\n');
    }
    std::fs::write(folder.join("payments.jsonl"), payments).unwrap();
    let notes: String = planted
        .iter()
        .enumerate()
        .map(|(n, what)| format!("2021-08-18T12:30:{n:02}Z alert triggered: {what}\n"))
        .collect();
    std::fs::write(folder.join("alerts.log"), notes).unwrap();
}

#[test]
fn nothing_planted_in_errors_and_notes_reaches_an_output() {
    let folder = tempfile::tempdir().unwrap();
    write_incident(folder.path());
    let bare: Vec<String> = planted()
        .iter()
        .map(|p| {
            p.trim_start_matches("Bearer ")
                .trim_start_matches("api_key=")
                .to_owned()
        })
        .chain(["cvv=987".to_owned()])
        .collect();
    for (name, text) in outputs(folder.path(), ".", &[]) {
        for secret in &bare {
            assert!(!text.contains(secret.as_str()), "{name} shows {secret}");
        }
    }
    // the test can fail: unredacted, each of them is there, and a warning says so
    let (open, warnings) = knockon(
        folder.path(),
        &["timeline", "--all", "-f", "jsonl", ".", "--redact=none"],
    );
    for secret in &planted() {
        assert!(open.contains(secret.as_str()), "{secret}");
    }
    assert!(warnings.contains("--redact=none"), "{warnings}");
    assert!(warnings.contains("as logged"), "{warnings}");
}
