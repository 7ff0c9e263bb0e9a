//! Writes a simulated incident: `cargo run --release --example simulate -- --scenario flood --seed 7 --out logs --truth truth.json`.
//!
//! A development tool: its logs feed the tests, the scorer and the benchmarks.

mod sim;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Parser;

use sim::truth::Bounds;
use sim::{families, fixtures};

/// Simulates payments, exchanges and outages, and writes their logs.
#[derive(Parser)]
struct Arguments {
    /// Lists the scenarios.
    #[arg(long)]
    list: bool,
    /// Which scenario.
    #[arg(long)]
    scenario: Option<String>,
    /// Seed of all draws.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the logs.
    #[arg(long)]
    out: Option<PathBuf>,
    /// File for the truth (JSON).
    #[arg(long)]
    truth: Option<PathBuf>,
    /// About how many orders, in place of the scenario's own number.
    #[arg(long)]
    payments: Option<f64>,
    /// About how many bytes of logs before compression: 500K, 20M, 1G.
    #[arg(long, value_parser = size, conflicts_with = "payments")]
    bytes: Option<f64>,
    /// Makes the committed incidents again, in this folder (`fixtures/incidents`); their stories and bounds are kept.
    #[arg(long)]
    fixtures: Option<PathBuf>,
    /// Leaves out every id that links calls to payments.
    #[arg(long)]
    strip_ids: bool,
}

/// `1G` and the like, in bytes.
fn size(text: &str) -> Result<f64, String> {
    let (digits, factor) = match text.as_bytes().last() {
        Some(b'K') => (&text[..text.len() - 1], 1e3),
        Some(b'M') => (&text[..text.len() - 1], 1e6),
        Some(b'G') => (&text[..text.len() - 1], 1e9),
        _ => (text, 1.0),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| format!("`{text}` is no size such as 20M"))?;
    Ok(number * factor)
}

/// Orders that make about so many bytes, from a small run of the same scenario.
fn orders_for(bytes: f64, name: &str, seed: u64) -> anyhow::Result<f64> {
    let folder = std::env::temp_dir().join(format!("knockon-simulate-{}", std::process::id()));
    let mut world = families::build(name, seed).context("no such scenario")?;
    world.scale_to(2000.0);
    let summary = sim::run::simulate(&world, name, &folder)?;
    fs::remove_dir_all(&folder)?;
    Ok(bytes / summary.bytes as f64 * 2000.0)
}

fn simulate(arguments: &Arguments, name: &str, out: &Path) -> anyhow::Result<()> {
    let mut world = families::build(name, arguments.seed)
        .with_context(|| format!("no scenario `{name}`; --list shows them"))?;
    let orders = match (arguments.payments, arguments.bytes) {
        (Some(orders), _) => Some(orders),
        (None, Some(bytes)) => Some(orders_for(bytes, name, arguments.seed)?),
        (None, None) => None,
    };
    if let Some(orders) = orders {
        world.scale_to(orders);
    }
    world.strip_ids |= arguments.strip_ids;
    let mut summary = sim::run::simulate(&world, name, out)?;
    summary.truth.seed = arguments.seed;
    summary.truth.payments = orders.unwrap_or(0.0) as u64;
    if let Some(path) = &arguments.truth {
        fs::write(path, serde_json::to_string_pretty(&summary.truth)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let caused = summary.truth.failures.iter().filter(|f| f.caused).count();
    writeln!(
        std::io::stderr(),
        "{} attempts, {} failed, {caused} of them caused, {} bytes",
        summary.attempts,
        summary.truth.failures.len(),
        summary.bytes
    )?;
    Ok(())
}

/// Makes every committed incident again.
fn make_fixtures(root: &Path) -> anyhow::Result<()> {
    let generous = Bounds {
        min_precision: Some(0.9),
        min_recall: Some(0.9),
        max_phantom_outages: Some(0),
        max_missed_outages: Some(0),
        ..Bounds::default()
    };
    for fixture in fixtures::FIXTURES {
        let folder = root.join(fixture.name);
        let logs = folder.join("logs");
        let bounds = fixtures::read_truth(&folder).map_or(generous, |truth| truth.bounds);
        if logs.exists() {
            fs::remove_dir_all(&logs)?;
        }
        let truth = fixture.make(&logs, bounds)?;
        fs::write(folder.join("truth.toml"), truth.to_toml())?;
        let caused = truth.failures.iter().filter(|f| f.caused).count();
        writeln!(
            std::io::stderr(),
            "{}: {} failed, {caused} of them caused",
            fixture.name,
            truth.failures.len()
        )?;
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.list {
        let mut out = std::io::stdout().lock();
        for family in families::FAMILIES {
            writeln!(out, "{:<22} {}", family.name, family.about)?;
        }
        return Ok(());
    }
    if let Some(root) = &arguments.fixtures {
        return make_fixtures(root);
    }
    match (&arguments.scenario, &arguments.out) {
        (Some(name), Some(out)) => simulate(&arguments, name, out),
        _ => bail!("--scenario NAME and --out DIR are needed (or --list)"),
    }
}
