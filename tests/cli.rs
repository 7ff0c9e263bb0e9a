//! The binary as a script sees it: arguments in, bytes and a status out.
//!
//! Simple cases are files in `tests/cli/`; what needs code stands here. Each run gets a scratch folder with a
//! small incident in `logs/` and an environment without anything of the machine's.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// A scratch folder with the incident in it.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Scratch {
        let scratch = Scratch(tempfile::tempdir().unwrap());
        scratch.write("logs/payments.jsonl", &payments());
        scratch.write("logs/calls.jsonl", &calls());
        scratch
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_knockon"));
        command.args(args).current_dir(self.path()).env_clear();
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, "", &[])
    }

    fn run_with(&self, args: &[&str], stdin: &str, env: &[(&str, &str)]) -> Run {
        let mut child = self
            .command(args)
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let stdin = stdin.to_owned();
        // A program that does not read its input closes it early; that is its right.
        let writer = std::thread::spawn(move || input.write_all(stdin.as_bytes()).is_ok());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Run::new(args, output)
    }
}

struct Run {
    args: String,
    status: i32,
    stdout: String,
    stderr: String,
}

impl Run {
    fn new(args: &[&str], output: Output) -> Run {
        Run {
            args: args.join(" "),
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn expect(self, status: i32) -> Run {
        assert_eq!(
            self.status, status,
            "knockon {}\nstdout:\n{}\nstderr:\n{}",
            self.args, self.stdout, self.stderr
        );
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Seconds after 12:00 at which the exchange is down.
const DOWN: std::ops::Range<u32> = 1800..2700;

fn stamp(second: u32) -> String {
    format!(
        "2021-08-18T{:02}:{:02}:{:02}.000Z",
        12 + second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Ninety minutes of payments, one every 15 seconds; those of the outage fail, and a card is declined now and then.
fn payments() -> String {
    let mut text = String::new();
    for (n, second) in (0..5400).step_by(15).enumerate() {
        let (status, error) = if DOWN.contains(&second) {
            (
                "failed",
                r#","error_code":"UPSTREAM_503","error_message":"binance answered 503 Service Unavailable""#,
            )
        } else if n % 40 == 7 {
            (
                "failed",
                r#","error_code":"INSUFFICIENT_FUNDS","error_message":"insufficient funds""#,
            )
        } else {
            ("succeeded", "")
        };
        writeln!(
            text,
            r#"{{"timestamp":"{}","event":"payment","payment_id":"pay_{n:04}","order_id":"ord_{n:04}","merchant":"shop-a","method":"crypto","exchange":"binance","currency":"BTC","amount":"0.0100","status":"{status}"{error}}}"#,
            stamp(second)
        )
        .unwrap();
    }
    text
}

/// The calls that belong to them.
fn calls() -> String {
    let mut text = String::new();
    for (n, second) in (0..5400).step_by(15).enumerate() {
        let status = if DOWN.contains(&second) { 503 } else { 200 };
        writeln!(
            text,
            r#"{{"timestamp":"{}","exchange":"binance","component":"api","http_method":"POST","path":"/api/v3/order","http_status":{status},"duration_ms":42,"payment_id":"pay_{n:04}"}}"#,
            stamp(second)
        )
        .unwrap();
    }
    text
}

/// A case file of `tests/cli/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it is about.
    about: String,
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    status: i32,
    #[serde(default)]
    stdout: Expected,
    #[serde(default)]
    stderr: Expected,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    has: Vec<String>,
    has_not: Vec<String>,
    empty: bool,
}

impl Expected {
    fn check(&self, name: &str, text: &str, faults: &mut Vec<String>) {
        if self.empty && !text.is_empty() {
            faults.push(format!("{name} is not empty"));
        }
        for part in self.has.iter().filter(|p| !text.contains(p.as_str())) {
            faults.push(format!("{name} lacks {part:?}"));
        }
        for part in self.has_not.iter().filter(|p| text.contains(p.as_str())) {
            faults.push(format!("{name} has {part:?}"));
        }
    }
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 20, "only {} cases found", paths.len());
    let mut failed = Vec::new();
    for path in paths {
        let case: Case = toml::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let scratch = Scratch::new();
        for (name, text) in &case.files {
            scratch.write(name, text);
        }
        let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
        let env: Vec<(&str, &str)> = case
            .env
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        let run = scratch.run_with(&args, &case.stdin, &env);
        let mut faults = Vec::new();
        if run.status != case.status {
            faults.push(format!("status {}, not {}", run.status, case.status));
        }
        case.stdout.check("stdout", &run.stdout, &mut faults);
        case.stderr.check("stderr", &run.stderr, &mut faults);
        if !faults.is_empty() {
            failed.push(format!(
                "{} ({}): {}\n  knockon {}\n  stdout: {}\n  stderr: {}",
                path.file_name().unwrap().display(),
                case.about,
                faults.join("; "),
                run.args,
                run.stdout,
                run.stderr
            ));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn json_holds_the_keys_of_the_contract_and_nothing_else_is_printed() {
    let run = Scratch::new()
        .run(&["analyze", "logs", "-f", "json"])
        .expect(0);
    assert_eq!(run.stderr, "", "a clean run has nothing to say");
    let report = run.json();
    for key in [
        "schema_version",
        "inputs",
        "window",
        "outages",
        "failures",
        "impact",
        "detection",
        "findings",
        "what_if",
        "warnings",
    ] {
        assert!(report.get(key).is_some(), "no key {key}");
    }
    assert_eq!(report["schema_version"], "1");
    assert_eq!(report["failures"]["attempts"], 360);
    assert_eq!(report["outages"].as_array().unwrap().len(), 1);
    assert_eq!(report["outages"][0]["exchange"], "binance");
    assert_eq!(report["failures"]["caused"], 60);
}

#[test]
fn every_row_of_failures_is_an_object() {
    let run = Scratch::new()
        .run(&["failures", "logs", "-f", "jsonl"])
        .expect(0);
    let rows: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(rows.len() >= 60, "{} rows", rows.len());
    let of = |id: &str| rows.iter().find(|r| r["payment_id"] == id).unwrap();
    assert_eq!(of("pay_0130")["verdict"], "caused");
    assert_eq!(of("pay_0047")["verdict"], "unrelated");
    assert_eq!(of("pay_0047")["source"]["path"], "logs/payments.jsonl");
}

#[test]
fn timeline_all_has_every_record_in_time_order() {
    let run = Scratch::new()
        .run(&["timeline", "--all", "logs", "-f", "jsonl"])
        .expect(0);
    let times: Vec<String> = run
        .stdout
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["time"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(times.len(), 720);
    assert!(times.is_sorted());
}

#[test]
fn threads_and_the_order_of_paths_change_no_byte() {
    let scratch = Scratch::new();
    scratch.write(
        "more/a.jsonl",
        &payments()
            .replace("shop-a", "shop-b")
            .replace("pay_", "buy_"),
    );
    for format in ["json", "table", "markdown", "html"] {
        let first = scratch
            .run(&[
                "analyze",
                "-f",
                format,
                "--threads",
                "1",
                "logs",
                "more/a.jsonl",
            ])
            .expect(0);
        assert!(!first.stdout.is_empty());
        for args in [
            ["--threads", "2", "logs", "more/a.jsonl"],
            ["--threads", "2", "more/a.jsonl", "logs"],
            ["--threads", "1", "more", "logs"],
        ] {
            let mut all = vec!["analyze", "-f", format];
            all.extend(args);
            let again = scratch.run(&all).expect(0);
            assert!(
                first.stdout == again.stdout,
                "{format} differs with {args:?}"
            );
        }
    }
}

#[test]
fn standard_input_is_read() {
    let scratch = Scratch::new();
    let both = payments() + &calls();
    let run = scratch
        .run_with(&["analyze", "-", "-f", "json"], &both, &[])
        .expect(0);
    assert_eq!(run.json()["failures"]["attempts"], 360);
    assert_eq!(run.json()["inputs"][0]["path"], "-");
}

#[test]
fn output_goes_to_a_file_whole() {
    let scratch = Scratch::new();
    let run = scratch
        .run(&["analyze", "logs", "-f", "json", "-o", "report.json"])
        .expect(0);
    assert_eq!(run.stdout, "");
    let printed = scratch.run(&["analyze", "logs", "-f", "json"]).expect(0);
    assert_eq!(scratch.read("report.json"), printed.stdout);
}

#[test]
fn a_failed_run_leaves_the_old_file_alone() {
    let scratch = Scratch::new();
    scratch.write("report.md", "written by hand");
    scratch
        .run(&["analyze", "no-such-folder", "-o", "report.md"])
        .expect(2);
    assert_eq!(scratch.read("report.md"), "written by hand");
    let left: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|name| name != "logs" && name != "report.md")
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_needs_more_memory_than_it_may_ends_with_status_2() {
    let scratch = Scratch::new();
    let limited = ["analyze", "logs", "-o", "report.md", "--memory-limit"];
    let run = scratch.run(&[&limited[..], &["1M"]].concat()).expect(2);
    assert!(
        run.stderr.contains("--memory-limit allows 1 MiB"),
        "{}",
        run.stderr
    );
    assert!(!scratch.path().join("report.md").exists());
    scratch.run(&[&limited[..], &["1G"]].concat()).expect(0);
}

#[test]
fn several_outputs_come_from_one_run() {
    let scratch = Scratch::new();
    let outputs = ["-o", "-", "-o", "a.md", "-o", "b.html", "-o", "json=data"];
    let run = scratch
        .run(&[&["analyze", "logs"], &outputs[..]].concat())
        .expect(0);
    let alone = |format: &str| {
        let run = scratch.run(&["analyze", "logs", "-f", format]).expect(0);
        run.stdout
    };
    assert_eq!(run.stdout, alone("table"));
    assert_eq!(scratch.read("a.md"), alone("markdown"));
    assert_eq!(scratch.read("b.html"), alone("html"));
    assert_eq!(scratch.read("data"), alone("json"));

    let rows = [
        "timeline",
        "--all",
        "logs",
        "-o",
        "rows.csv",
        "-o",
        "rows.jsonl",
    ];
    scratch.run(&rows).expect(0);
    assert_eq!(scratch.read("rows.jsonl").lines().count(), 720);
    assert_eq!(scratch.read("rows.csv").lines().count(), 721);
}

#[test]
fn a_postmortem_made_anew_keeps_what_was_written_into_it() {
    let scratch = Scratch::new();
    let analyze = ["analyze", "logs", "-o", "p.md"];
    scratch.run(&analyze).expect(0);
    let first = scratch.read("p.md");
    let todo = "> TODO(author): what surprised you";
    assert!(first.contains(todo) && first.contains("60 of "));
    scratch.write("p.md", &first.replace(todo, "The queue surprised us. Once"));
    // half of the outage is left
    let until = ["--to", "2021-08-18 12:38"];
    let run = scratch.run(&[&analyze[..], &until].concat()).expect(0);
    assert_eq!(run.stderr, "");
    let second = scratch.read("p.md");
    assert!(second.contains("The queue surprised us. Once"));
    assert!(!second.contains("60 of "), "the generated parts are new");

    scratch.write(
        "p.md",
        &second
            .replace("## Key information", "## Facts")
            .replace("Lasted", "Took"),
    );
    let run = scratch.run(&analyze).expect(0);
    assert!(run.stderr.contains("edited by hand") && run.stderr.contains("key-information"));
    let third = scratch.read("p.md");
    assert!(third.contains("## Facts") && third.contains("| Took |") && third.contains("60 of "));
}

#[test]
fn a_template_lays_the_report_out() {
    let scratch = Scratch::new();
    let built_in = scratch
        .run(&["analyze", "logs", "-f", "markdown"])
        .expect(0);
    let template = scratch.run(&["template"]).expect(0).stdout;
    scratch.write("ours.md.j2", &template);
    let ours = ["analyze", "logs", "--template", "ours.md.j2"];
    assert_eq!(scratch.run(&ours).expect(0).stdout, built_in.stdout);

    scratch.write("page.html", "<p>{{ json.failures.caused }}</p>");
    let page = [
        "analyze",
        "logs",
        "--template",
        "page.html",
        "-o",
        "out.html",
    ];
    scratch.run(&page).expect(0);
    assert_eq!(scratch.read("out.html"), "<p>60</p>\n");

    scratch.write("bad.md", "fine\n{{ titel }}");
    let run = scratch
        .run(&["analyze", "logs", "--template", "bad.md"])
        .expect(2);
    assert!(run.stderr.contains("bad.md:2"), "{}", run.stderr);
    let run = scratch
        .run(&["analyze", "logs", "--template", "page.html", "-o", "a.json"])
        .expect(2);
    assert!(run.stderr.contains("no output is html"), "{}", run.stderr);
}

#[test]
fn people_outside_get_no_ids() {
    let scratch = Scratch::new();
    let outside = ["analyze", "logs", "--audience", "external"];
    let run = scratch
        .run(&[&outside[..], &["-f", "markdown"]].concat())
        .expect(0);
    assert!(run.stdout.contains("60 of "), "{}", run.stdout);
    for inside in ["pay_", "ord_", "logs/", "UPSTREAM_503", "shop-a"] {
        assert!(!run.stdout.contains(inside), "{inside}");
    }
    let run = scratch.run(&outside).expect(2);
    assert!(
        run.stderr.contains("external is for markdown"),
        "{}",
        run.stderr
    );
}

#[test]
fn one_bad_path_among_several_leaves_nothing_behind() {
    let scratch = Scratch::new();
    scratch
        .run(&["analyze", "logs", "-o", "a.md", "-o", "no/such/b.html"])
        .expect(2);
    let left: Vec<_> = fs::read_dir(scratch.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left, ["logs"]);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let scratch = Scratch::new();
    for args in [
        &["timeline", "--all", "logs", "-f", "jsonl"][..],
        &["failures", "logs", "-f", "jsonl"],
        &["analyze", "logs", "-f", "html"],
        &["completions", "bash"],
    ] {
        let mut child = scratch
            .command(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut complaint = String::new();
        let mut stderr = child.stderr.take().unwrap();
        stderr.read_to_string(&mut complaint).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(complaint, "", "{args:?}");
        assert_eq!(status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn color_follows_the_flag_then_the_environment() {
    let scratch = Scratch::new();
    let colored = |args: &[&str], env: &[(&str, &str)]| {
        let all = [&["analyze", "logs"], args].concat();
        scratch
            .run_with(&all, "", env)
            .expect(0)
            .stdout
            .contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe gets none");
    assert!(colored(&["--color", "always"], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_configuration_maps_the_fields_of_a_foreign_log() {
    let scratch = Scratch::new();
    let foreign = calls()
        .replace("\"timestamp\"", "\"ts\"")
        .replace("\"exchange\"", "\"service\"")
        .replace("\"payment_id\"", "\"request\"");
    scratch.write("logs/calls.jsonl", &foreign);
    scratch.write(
        "knockon.toml",
        "[[input]]\npath = \"calls.jsonl\"\nrole = \"exchange\"\n[input.fields]\nservice = \"exchange\"\nrequest = \"payment_id\"\n",
    );
    let report = scratch
        .run(&["analyze", "logs", "-f", "json"])
        .expect(0)
        .json();
    assert_eq!(report["inputs"][0]["role"], "exchange");
    assert_eq!(report["inputs"][0]["exchange"], "binance");
    assert_eq!(report["failures"]["caused"], 60);
}

#[test]
fn every_subcommand_explains_itself() {
    let scratch = Scratch::new();
    let help = scratch.run(&["--help"]).expect(0);
    assert_eq!(help.stderr, "");
    for command in [
        "analyze",
        "failures",
        "explain",
        "timeline",
        "inspect",
        "schema",
        "template",
        "completions",
        "man",
    ] {
        assert!(help.stdout.contains(command), "{command} is not listed");
        let long = scratch.run(&[command, "--help"]).expect(0);
        assert!(long.stdout.contains("Usage: knockon "), "{command}");
        let page = scratch.run(&["man", command]).expect(0);
        assert!(
            page.stdout.contains(&format!(".TH knockon-{command}")),
            "{command}"
        );
    }
}

#[test]
fn schemas_are_json() {
    for which in ["analyze", "failures", "timeline", "inspect"] {
        let schema = Scratch::new().run(&["schema", which]).expect(0).json();
        assert!(schema.is_object(), "{which}");
    }
}

#[test]
fn completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = Scratch::new().run(&["completions", shell]).expect(0);
        assert!(run.stdout.contains("knockon"), "{shell}");
    }
}

#[test]
fn notes_in_any_form_stand_between_the_rest() {
    let scratch = Scratch::new();
    let first = payments();
    let time = first.split("2021-08-18T").nth(1).unwrap();
    let time = format!("2021-08-18T{}", &time[..8]);
    let written = [
        (
            "chat.md",
            format!("# Chat\n\n- {time}Z Ana paged the exchange\n* {time}Z Ben looked on\n"),
        ),
        (
            "chat.csv",
            format!("time,author,message\n{time}Z,ana,Ana paged the exchange\n"),
        ),
        (
            "chat.json",
            format!("[{{\"time\":\"{time}Z\",\"message\":\"Ana paged the exchange\"}}]\n"),
        ),
    ];
    for (name, text) in written {
        scratch.write(name, &text);
        let run = scratch.run(&["timeline", "--all", "logs", "--notes", name, "-f", "jsonl"]);
        let rows: Vec<Value> = run
            .stdout
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        let notes: Vec<&Value> = rows.iter().filter(|r| r["kind"] == "note").collect();
        assert!(!notes.is_empty(), "{name}: {}", run.stderr);
        assert!(
            notes[0]["message"].as_str().unwrap().contains("Ana paged"),
            "{name}"
        );
        assert!(
            rows.is_sorted_by_key(|r| r["time"].as_str().map(str::to_owned)),
            "{name}"
        );
    }
}
