//! Whole incidents: every folder of `fixtures/incidents` is analysed by the program as a user would run it, and the
//! answer is held against the truth that the simulator wrote down.

#[path = "../examples/sim/mod.rs"]
#[expect(
    dead_code,
    reason = "the scenarios that are no fixtures are for the simulator's own command"
)]
mod sim;

#[path = "support/score.rs"]
mod score;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use sim::fixtures::{FIXTURES, read_truth};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incidents")
}

/// The folders of incidents, by name.
fn folders() -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root())? {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The score line of an incident, and which of its bounds do not hold.
fn judge(folder: &Path) -> anyhow::Result<(String, Vec<String>)> {
    let truth = read_truth(folder)?;
    let answer = score::ask(
        Path::new(env!("CARGO_BIN_EXE_knockon")),
        &folder.join("logs"),
    )?;
    let score = score::score(&truth, &answer);
    Ok((score.to_string(), score.violations(&truth.bounds)))
}

#[test]
fn every_incident_is_answered_within_its_bounds() {
    let folders = folders().unwrap();
    assert!(
        folders.len() >= 18,
        "only {} incidents were found",
        folders.len()
    );
    let mut wrong = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        match judge(&folder) {
            Ok((_, violations)) if violations.is_empty() => {}
            Ok((line, violations)) => {
                wrong.push(format!("{name}: {}\n    {line}", violations.join("; ")))
            }
            Err(error) => wrong.push(format!("{name}: {error:#}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} incidents are answered wrongly:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Every file of a folder, decompressed, by name.
fn contents(folder: &Path) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        let raw = fs::read(&path)?;
        let mut plain = Vec::new();
        if raw.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut plain)?;
        } else {
            plain = raw;
        }
        files.insert(
            path.file_name()
                .context("no name")?
                .to_string_lossy()
                .into_owned(),
            plain,
        );
    }
    Ok(files)
}

/// Whether the simulator still makes an incident as it is committed; the difference in words.
fn difference(name: &str, folder: &Path) -> anyhow::Result<Option<String>> {
    let fixture = FIXTURES
        .iter()
        .find(|f| f.name == name)
        .with_context(|| format!("the simulator knows no `{name}`"))?;
    let scratch = tempfile::tempdir()?;
    let committed = read_truth(folder)?;
    let truth = fixture.make(scratch.path(), committed.bounds)?;
    let text = fs::read_to_string(folder.join("truth.toml"))?.replace("\r\n", "\n");
    if truth.to_toml() != text {
        return Ok(Some("truth.toml".to_owned()));
    }
    let (made, kept) = (contents(scratch.path())?, contents(&folder.join("logs"))?);
    let names: std::collections::BTreeSet<&String> = made.keys().chain(kept.keys()).collect();
    Ok(names
        .into_iter()
        .find(|n| made.get(*n) != kept.get(*n))
        .cloned())
}

#[test]
fn the_simulator_makes_every_incident_as_it_is_committed() {
    for folder in folders().unwrap() {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(
            difference(&name, &folder).unwrap(),
            None,
            "{name} differs; make the fixtures again"
        );
    }
}

#[test]
fn every_incident_has_a_story_and_a_truth_that_fits_it() {
    for fixture in FIXTURES {
        let folder = root().join(fixture.name);
        let story = fs::read_to_string(folder.join("story.md")).unwrap();
        assert!(
            story.len() > 300,
            "{}: the story says too little",
            fixture.name
        );
        let truth = read_truth(&folder).unwrap();
        let caused = truth.failures.iter().filter(|f| f.caused).count();
        assert_eq!(caused > 0, truth.orders.affected > 0, "{}", fixture.name);
        assert!(
            truth.failures.len() > caused,
            "{}: nothing fails by itself",
            fixture.name
        );
        assert!(
            truth.orders.recovered + truth.orders.lost <= truth.orders.affected,
            "{}",
            fixture.name
        );
    }
}

#[test]
fn the_told_predictor_is_calibrated_on_the_incidents() {
    // If the labels or the rates were wrong, these would not agree.
    let (mut given, mut true_count) = (0.0, 0.0);
    for fixture in FIXTURES {
        for failure in read_truth(&root().join(fixture.name)).unwrap().failures {
            given += failure.ceiling;
            true_count += f64::from(u8::from(failure.caused));
        }
    }
    assert!(
        (given - true_count).abs() < 0.03 * true_count,
        "expected {given:.1}, truly {true_count}"
    );
}
