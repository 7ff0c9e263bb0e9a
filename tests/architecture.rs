//! The house rules that no compiler keeps: who may import whom, and who may touch the outside world.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it stands"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and what it may import. `cli` is above all of them.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("stats", &[]),
    ("source", &["model"]),
    ("parse", &["model", "source"]),
    ("timeline", &["model", "stats"]),
    ("outage", &["model", "timeline", "stats"]),
    ("attribution", &["model", "timeline", "stats"]),
    ("impact", &["model", "timeline", "stats"]),
    ("report", &["model"]),
    ("config", &["model"]),
    (
        "pipeline",
        &[
            "model",
            "source",
            "parse",
            "timeline",
            "stats",
            "outage",
            "attribution",
            "impact",
        ],
    ),
    (
        "cli",
        &[
            "model",
            "stats",
            "source",
            "parse",
            "timeline",
            "outage",
            "attribution",
            "impact",
            "report",
            "config",
            "pipeline",
        ],
    ),
];

/// What only `cli` may do: print, and look at the environment, the clock or the terminal.
const ONLY_CLI: [&str; 14] = [
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "io::stdout",
    "io::stderr",
    "std::env",
    "env::var",
    "SystemTime",
    "Instant",
    "IsTerminal",
    "terminal_size",
    "process::exit",
];

/// A source file: its room, its path from `src`, its code without comments.
struct Source {
    room: String,
    path: String,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let sources: Vec<Source> = files
        .iter()
        .map(|file| {
            let path = file.strip_prefix(&root).unwrap();
            let first = path.components().next().unwrap();
            let room = Path::new(first.as_os_str()).with_extension("");
            Source {
                room: room.display().to_string(),
                path: path.display().to_string(),
                code: without_comments(&fs::read_to_string(file).unwrap()),
            }
        })
        .collect();
    assert!(
        sources.len() >= 30,
        "only {} files found under {}: is this the right folder?",
        sources.len(),
        root.display()
    );
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// The code without line comments: prose may name any room.
fn without_comments(code: &str) -> String {
    code.lines()
        .map(|line| match line.trim_start().starts_with("//") {
            true => "",
            false => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The rooms that a file names after `crate::`, also in `use crate::{a, b::c}`.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let preceded = code[..at].chars().next_back();
        if preceded.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '$')) {
            continue;
        }
        let rest = code[at + "crate::".len()..].trim_start();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_heads(group)),
            None => found.extend(head(rest)),
        }
    }
    found
}

/// The first segments of a `{a, b::{c, d}, e}` group, without its opening brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut heads = Vec::new();
    let mut depth = 0;
    let mut expecting = true;
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => expecting = true,
            c if expecting && !c.is_whitespace() => {
                heads.extend(head(&group[at..]));
                expecting = false;
            }
            _ => {}
        }
    }
    heads
}

fn head(path: &str) -> Option<String> {
    let name: String = path
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    (!name.is_empty()).then_some(name)
}

#[test]
fn rooms_import_only_what_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.into_iter().collect();
    let mut edges = BTreeSet::new();
    let mut wrong = Vec::new();
    for source in sources() {
        if matches!(source.room.as_str(), "lib" | "main") {
            continue;
        }
        let Some(may) = allowed.get(source.room.as_str()) else {
            panic!("{} is in a room that MAY_IMPORT does not list", source.path);
        };
        for import in imports(&source.code) {
            if import == source.room {
                continue;
            }
            if !may.contains(&import.as_str()) {
                wrong.push(format!("{} imports {import}", source.path));
            }
            edges.insert((source.room.clone(), import));
        }
    }
    assert!(wrong.is_empty(), "forbidden imports:\n{}", wrong.join("\n"));
    assert!(
        edges.len() >= 18,
        "only {} edges seen: does this test still read imports? {edges:?}",
        edges.len()
    );
}

/// `super::` must not climb out of the room, where the table above would not see what it reaches.
#[test]
fn no_room_climbs_out_through_super() {
    let mut wrong = Vec::new();
    for source in sources() {
        let path = Path::new(&source.path).with_extension("");
        let is_mod = path.file_name().is_some_and(|n| n == "mod");
        let depth = path.components().count() - usize::from(is_mod);
        let chain = "super::".repeat(depth);
        if depth > 0 && before_tests(&source.code).contains(&chain) && source.room != "lib" {
            wrong.push(source.path);
        }
    }
    assert!(wrong.is_empty(), "climbing out of the room: {wrong:?}");
}

#[test]
fn the_rooms_are_those_of_lib_rs() {
    let lib = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs");
    let declared: BTreeSet<String> = fs::read_to_string(lib)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect();
    let listed: BTreeSet<String> = MAY_IMPORT.iter().map(|(r, _)| (*r).to_owned()).collect();
    assert_eq!(declared, listed);
}

#[test]
fn no_room_imports_in_a_circle() {
    let mut level: BTreeMap<&str, usize> = BTreeMap::new();
    let mut left: Vec<(&str, &[&str])> = MAY_IMPORT.to_vec();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|(room, imports)| {
            let levels: Option<Vec<usize>> =
                imports.iter().map(|i| level.get(i).copied()).collect();
            match levels {
                Some(levels) => {
                    level.insert(room, levels.into_iter().max().map_or(0, |l| l + 1));
                    false
                }
                None => true,
            }
        });
        assert!(left.len() < before, "a circle among {left:?}");
    }
    assert_eq!(level["model"], 0);
}

#[test]
fn only_cli_touches_the_outside() {
    let mut wrong = Vec::new();
    let mut seen_in_cli = 0;
    let all = sources();
    for source in all.iter().filter(|s| !is_for_tests(s, &all)) {
        let code = before_tests(&source.code);
        for word in ONLY_CLI.iter().filter(|word| has_word(code, word)) {
            if source.room == "cli" {
                seen_in_cli += 1;
            } else {
                wrong.push(format!("{}: {word}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "only cli may do this:\n{}",
        wrong.join("\n")
    );
    assert!(
        seen_in_cli >= 5,
        "the search finds nothing, not even in cli"
    );
}

/// The code up to the tests at the end of the file.
fn before_tests(code: &str) -> &str {
    code.split("\n#[cfg(test)]\nmod tests {").next().unwrap()
}

/// Whether the file is a `tests.rs` that its room compiles for tests only.
fn is_for_tests(source: &Source, all: &[Source]) -> bool {
    let path = Path::new(&source.path);
    let parent = path.with_file_name("mod.rs").display().to_string();
    path.file_name().is_some_and(|n| n == "tests.rs")
        && all
            .iter()
            .any(|s| s.path == parent && s.code.contains("#[cfg(test)]\nmod tests;"))
}

/// Whether `word` stands in `code` and is not the end of a longer name.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(before) && !joins(after)
    })
}

#[test]
fn the_reading_of_imports_is_right() {
    let code = "use crate::model::Time;\nuse crate::{parse::{self, Sink}, stats};\nlet x = crate::source::open();";
    let names: Vec<String> = imports(code).into_iter().collect();
    assert_eq!(names, ["model", "parse", "source", "stats"]);
    assert!(imports("use my_crate::model;").is_empty());
    assert!(has_word("let t = Instant::now();", "Instant"));
    assert!(!has_word("Instantaneous", "Instant"));
    assert!(!has_word("eprintln!()", "println!"));
}
