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
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context;

use score::Score;
use serde_json::json;
use sim::families;
use sim::fixtures::{FIXTURES, read_truth};
use sim::truth::{Bounds, TrueFailure, TrueOutage, Truth};

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
            Ok((line, violations)) if violations.is_empty() => {
                // `KNOCKON_SHOW=1 cargo test --test incidents -- --nocapture` prints the marks.
                if std::env::var_os("KNOCKON_SHOW").is_some() {
                    writeln!(std::io::stderr(), "{name}: {line}").unwrap();
                }
            }
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
        let name = path
            .file_name()
            .context("no name")?
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let below = contents(&path)?.into_iter();
            files.extend(below.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
            continue;
        }
        let raw = fs::read(&path)?;
        let mut plain = Vec::new();
        if raw.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            plain = zstd::decode_all(raw.as_slice())?;
        } else if raw.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(raw.as_slice()).read_to_end(&mut plain)?;
        } else {
            plain = raw;
        }
        files.insert(name, plain);
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
            story.len() > 200,
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

/// What a program would print that calls exactly those attempts caused that `says` picks.
fn answered(
    truth: &Truth,
    outages: &[TrueOutage],
    says: impl Fn(&TrueFailure) -> bool,
) -> anyhow::Result<Score> {
    let mut rows = String::new();
    for f in &truth.failures {
        let caused = says(f);
        let row = json!({
            "payment_id": f.payment_id,
            "verdict": if caused { "caused" } else { "unrelated" },
            "probability": if caused { 1.0 } else { 0.0 },
            "outage": f.outage, "channel": f.channel, "outcome": f.outcome,
        });
        rows.push_str(&format!("{row}\n"));
    }
    let outages: Vec<serde_json::Value> = outages
        .iter()
        .map(|o| {
            let (start, end) = (&o.start, &o.end);
            json!({"id": o.id, "exchange": o.exchange, "start": start, "start_earliest": start, "start_latest": start,
                   "end": end, "end_earliest": end, "end_latest": end})
        })
        .collect();
    let orders = truth.orders;
    let report = json!({
        "outages": outages,
        "impact": {"orders_affected": orders.affected, "orders_recovered": orders.recovered, "orders_lost": orders.lost},
        "failures": {"expected_caused": {"mean": 0.0, "low": 0.0, "high": 1e6}},
    });
    Ok(score::score(
        truth,
        &score::read(&rows, &report.to_string())?,
    ))
}

#[test]
fn the_scorer_gives_full_marks_to_the_truth_and_to_nothing_else() {
    let truth = read_truth(&root().join("binance-2021-08-18")).unwrap();
    let strict = Bounds {
        min_precision: Some(1.0),
        min_recall: Some(1.0),
        max_brier: Some(0.0),
        max_onset_error_s: Some(0.0),
        max_end_error_s: Some(0.0),
        max_phantom_outages: Some(0),
        max_missed_outages: Some(0),
    };
    let right = answered(&truth, &truth.outages, |f| f.caused).unwrap();
    assert_eq!(right.violations(&strict), Vec::<String>::new(), "{right}");
    let all = answered(&truth, &truth.outages, |_| true).unwrap();
    let share =
        truth.failures.iter().filter(|f| f.caused).count() as f64 / truth.failures.len() as f64;
    assert!((all.tally.precision() - share).abs() < 1e-9, "{all}");
    assert_eq!(all.tally.recall(), 1.0, "{all}");
    let none = answered(&truth, &truth.outages, |_| false).unwrap();
    assert_eq!(none.tally.recall(), 0.0, "{none}");
    let mut outages = truth.outages.clone();
    outages[0].start = Some("2021-08-18T12:02:27.300Z".to_owned());
    let late = answered(&truth, &outages, |f| f.caused).unwrap();
    assert_eq!(
        (
            late.onset.errors.as_slice(),
            late.onset.covered,
            late.end.covered
        ),
        ([10.0].as_slice(), (0, 1), (1, 1)),
        "{late}"
    );
    outages[0].exchange = "kraken".to_owned();
    let other = answered(&truth, &outages, |f| f.caused).unwrap();
    assert_eq!(
        (other.phantom_outages, other.missed_outages),
        (1, 1),
        "{other}"
    );
}

/// All files of a small run of a family, and its truth.
fn small_run(family: &str, seed: u64) -> anyhow::Result<(BTreeMap<String, Vec<u8>>, Truth)> {
    let mut world = families::build(family, seed).context("no such family")?;
    world.scale_to(400.0);
    let scratch = tempfile::tempdir()?;
    let truth = sim::run::simulate(&world, family, scratch.path())?.truth;
    Ok((contents(scratch.path())?, truth))
}

#[test]
fn every_family_can_be_simulated_and_blames_nothing_where_there_is_no_outage() {
    assert!(families::FAMILIES.len() >= 24);
    for family in families::FAMILIES {
        let (files, truth) = small_run(family.name, 5).unwrap();
        let payments =
            |(name, bytes): (&String, &Vec<u8>)| name.contains("payments") && !bytes.is_empty();
        assert!(
            files.iter().filter(|f| payments(*f)).count() >= 2,
            "{}",
            family.name
        );
        assert!(!truth.failures.is_empty(), "{}", family.name);
        let caused = truth.failures.iter().filter(|f| f.caused).count();
        if truth.outages.is_empty() {
            assert_eq!((caused, truth.orders.affected), (0, 0), "{}", family.name);
        }
        let ids: std::collections::BTreeSet<&str> = truth
            .failures
            .iter()
            .map(|f| f.payment_id.as_str())
            .collect();
        assert_eq!(
            ids.len(),
            truth.failures.len(),
            "{}: a payment id twice",
            family.name
        );
    }
}

#[test]
fn one_seed_gives_one_incident_and_another_seed_another() {
    let first = small_run("flood", 3).unwrap();
    let again = small_run("flood", 3).unwrap();
    let other = small_run("flood", 4).unwrap();
    assert_eq!(first.0, again.0);
    assert_eq!(first.1.to_toml(), again.1.to_toml());
    assert_ne!(first.0, other.0);
}

#[test]
fn a_failed_payment_that_the_truth_knows_is_in_the_logs() {
    let (files, truth) = small_run("dirty-lines", 6).unwrap();
    let all: String = files
        .values()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .collect();
    for failure in &truth.failures {
        assert!(all.contains(&failure.payment_id), "{}", failure.payment_id);
    }
}

#[test]
fn our_logarithm_and_exponential_are_right() {
    for x in [1e-6, 0.3, 1.0, 1.5, 7.0, 1e9] {
        assert!(
            (sim::random::ln(x) - f64::ln(x)).abs() < 1e-12 * (1.0 + f64::ln(x).abs()),
            "{x}"
        );
    }
    for x in [-20.0, -1.0, 0.0, 0.5, 5.0] {
        assert!(
            (sim::random::exp(x) / f64::exp(x) - 1.0).abs() < 1e-9,
            "{x}"
        );
    }
}
