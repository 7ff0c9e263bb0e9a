//! The README shows what the program prints.
//!
//! `KNOCKON_UPDATE=1 cargo test --test readme` writes the report anew: look at the difference.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

const BEGIN: &str = "<!-- report:begin";
const END: &str = "<!-- report:end -->";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What the README's first command prints, in 80 columns.
fn report() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_knockon"))
        .current_dir(root())
        .env_clear()
        .env("COLUMNS", "80")
        .args(["analyze", "fixtures/incidents/binance-2021-08-18/logs"])
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_report_in_the_readme_is_what_the_program_prints() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md");
    let begin = readme.find(BEGIN).expect("a begin marker");
    let begin = begin + readme[begin..].find('\n').expect("a line end") + 1;
    let end = readme.find(END).expect("an end marker");
    let fresh = format!("\n```text\n{}```\n\n", report());
    if std::env::var_os("KNOCKON_UPDATE").is_some() {
        fs::write(
            &path,
            format!("{}{fresh}{}", &readme[..begin], &readme[end..]),
        )
        .expect("README.md is written");
        return;
    }
    assert_eq!(readme[begin..end], fresh, "the README's report is stale");
}

#[test]
fn every_line_of_the_report_fits_eighty_columns() {
    let wide: Vec<String> = report()
        .lines()
        .filter(|l| l.chars().count() > 80)
        .map(str::to_owned)
        .collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn every_file_that_the_readme_links_exists() {
    let readme = fs::read_to_string(root().join("README.md")).expect("README.md");
    let links: Vec<&str> = readme
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .filter(|link| !link.contains("://"))
        .collect();
    assert!(links.len() >= 6, "only {} links were found", links.len());
    for link in links {
        assert!(root().join(link).exists(), "{link} is missing");
    }
}

#[test]
fn the_report_fits_one_screen() {
    let lines = report().lines().count();
    assert!(lines <= 45, "{lines} lines");
}
