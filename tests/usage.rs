//! `docs/usage.md` is right: its configuration is valid, its commands and options exist, its lists are complete.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]
#![expect(clippy::print_stderr, reason = "what was skipped is to be seen")]

use std::collections::BTreeMap;
use std::process::Command;

use knockon::config::Config;
use knockon::model::{ErrorClass, Field};

const USAGE: &str = include_str!("../docs/usage.md");

/// The fenced blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let start = format!("```{language}\n");
    USAGE
        .split(start.as_str())
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

#[test]
fn configuration_is_valid() {
    let blocks = blocks("toml");
    assert!(blocks.len() >= 6, "only {} blocks found", blocks.len());
    for block in &blocks {
        if let Err(e) = Config::parse(block, "docs/usage.md") {
            panic!("{e}\n{block}");
        }
    }
    let first = Config::parse(&blocks[0], "docs/usage.md").unwrap();
    assert!(
        first.inputs[0]
            .fields
            .contains(&("request".to_owned(), Field::PaymentId)),
        "the first example maps field names"
    );
}

#[test]
fn fields_and_classes_are_complete() {
    let fields = Field::ALL.iter().map(|f| f.as_str());
    let classes = ErrorClass::ALL.iter().map(|c| c.as_str());
    for word in fields.chain(classes) {
        assert!(
            USAGE.contains(&format!("`{word}`")),
            "`{word}` is not named"
        );
    }
}

fn help(subcommand: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .args([subcommand, "--help"])
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success(), "no subcommand {subcommand}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn commands_and_options_exist() {
    let mut helps: BTreeMap<String, String> = BTreeMap::new();
    let mut options = 0;
    let lines: Vec<String> = blocks("sh").iter().flat_map(|b| lines_of(b)).collect();
    for line in &lines {
        let Some(call) = call_of(line) else { continue };
        let mut words = call.split_whitespace();
        let subcommand = words.next().unwrap().to_owned();
        let help = helps
            .entry(subcommand.clone())
            .or_insert_with(|| help(&subcommand));
        for word in words.filter(|w| w.starts_with('-') && *w != "-" && *w != "-l") {
            let name = word.split('=').next().unwrap();
            assert!(has_option(help, name), "{subcommand} has no {name}: {line}");
            options += 1;
        }
    }
    assert!(helps.len() >= 7, "only {:?} are shown", helps.keys());
    assert!(options >= 20, "only {options} options seen");
}

fn lines_of(block: &str) -> Vec<String> {
    block.lines().map(str::to_owned).collect()
}

/// The `knockon …` part of a line: up to a pipe, a redirection or a comment.
fn call_of(line: &str) -> Option<&str> {
    let at = line.find("knockon ").filter(|_| !line.starts_with('#'))?;
    let call = &line[at + "knockon ".len()..];
    let end = call.find(['|', '>', '#']).unwrap_or(call.len());
    Some(&call[..end])
}

fn has_option(help: &str, name: &str) -> bool {
    help.split(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | '=' | '.'))
        .any(|word| word == name)
}

#[test]
fn the_reading_of_commands_is_right() {
    assert_eq!(
        call_of("knockon analyze logs/ -f json | jq ."),
        Some("analyze logs/ -f json ")
    );
    assert_eq!(
        call_of("zcat x | knockon analyze -   # stdin"),
        Some("analyze -   ")
    );
    assert_eq!(call_of("# knockon is nice"), None);
    assert!(has_option("  -o, --output <FILE>", "-o"));
    assert!(has_option("      --redact[=<WHAT>]", "--redact"));
    assert!(!has_option("      --redact[=<WHAT>]", "--red"));
}

#[test]
fn options_named_in_the_text_exist() {
    let all = help("analyze") + &help("timeline");
    let mut seen = 0;
    for code in USAGE.split('`').skip(1).step_by(2) {
        if !code.starts_with("--") || code.contains('\n') {
            continue;
        }
        let name = code.split([' ', '=']).next().unwrap();
        assert!(has_option(&all, name), "no option {name}");
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} options named");
}

fn is_there(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}

/// Runs every one-liner of the guide that goes through the tool, in the founding incident's folder.
fn run_one_liners(tool: &str, least: usize) {
    if !is_there(tool) {
        eprintln!("skipped: {tool} is not installed, so its one-liners were not run");
        return;
    }
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/incidents/binance-2021-08-18"
    );
    let binary = std::path::Path::new(env!("CARGO_BIN_EXE_knockon"));
    let path = std::env::join_paths(std::iter::once(binary.parent().unwrap().to_owned()).chain(
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()),
    ))
    .unwrap();
    let lines: Vec<String> = blocks("sh").iter().flat_map(|b| lines_of(b)).collect();
    let through = format!("| {tool} ");
    let of_tool = lines.iter().filter(|l| l.contains(&through));
    let mut silent = Vec::new();
    let mut run = 0;
    for line in of_tool {
        let output = Command::new("bash")
            .args(["-o", "pipefail", "-c", line])
            .current_dir(folder)
            .env("PATH", &path)
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{error}");
        if output.stdout.is_empty() {
            silent.push(line);
        }
        run += 1;
    }
    assert!(run >= least, "only {run} one-liners of {tool}");
    // one that looks for what this incident has not is no mistake; many would be
    assert!(silent.len() <= run / 4, "nothing came of {silent:#?}");
}

#[test]
#[cfg(unix)]
fn one_liners_of_jq_work() {
    run_one_liners("jq", 9);
}

#[test]
#[cfg(unix)]
fn one_liners_of_duckdb_work() {
    run_one_liners("duckdb", 2);
}
