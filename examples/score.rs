//! How right is the program? Simulates scenarios whose truth is known, runs `knockon` on their logs and scores it:
//! `cargo run --release --example score -- --seeds 3`.
//!
//! Beside each result stands the *ceiling*: a predictor who was told the true outages, dependencies and rates, and errs
//! only on what would have failed anyway. Nobody who has only the logs can do better.

#[expect(
    dead_code,
    reason = "the writer of fixtures is for the simulator's own command"
)]
mod sim;

mod marks;

#[path = "../tests/support/score.rs"]
mod score;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::Parser;

use marks::{page, reliability, table, targets};
use score::Score;
use sim::families;

/// Scores `knockon` on simulated incidents.
#[derive(Parser)]
struct Arguments {
    /// The program.
    #[arg(long, default_value = "target/release/knockon")]
    bin: PathBuf,
    /// Families, separated by commas; all when absent.
    #[arg(long, value_delimiter = ',')]
    families: Vec<String>,
    /// Runs of each family.
    #[arg(long, default_value_t = 3)]
    seeds: u64,
    /// First seed.
    #[arg(long, default_value_t = 1000)]
    from: u64,
    /// Takes seeds that nobody has seen before (and prints the first).
    #[arg(long, conflicts_with = "from")]
    fresh: bool,
    /// Leaves out every id that links calls to payments.
    #[arg(long)]
    strip_ids: bool,
    /// About how many orders a run, in place of the family's own number.
    #[arg(long)]
    payments: Option<f64>,
    /// Keeps logs and truth in this folder.
    #[arg(long)]
    keep: Option<PathBuf>,
    /// Writes the scores of all families into this page, between its markers: docs/attribution.md.
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["families", "strip_ids", "payments"])]
    write: Option<PathBuf>,
    /// Prints each run, too.
    #[arg(long, short)]
    verbose: bool,
}

fn one_run(arguments: &Arguments, family: &str, seed: u64, folder: &Path) -> anyhow::Result<Score> {
    let mut world =
        families::build(family, seed).with_context(|| format!("no family `{family}`"))?;
    if let Some(orders) = arguments.payments {
        world.scale_to(orders);
    }
    world.strip_ids |= arguments.strip_ids;
    let logs = folder.join(format!("{family}-{seed}"));
    let summary = sim::run::simulate(&world, family, &logs)?;
    std::fs::write(
        folder.join(format!("{family}-{seed}.truth.json")),
        serde_json::to_string(&summary.truth)?,
    )?;
    let answer = score::ask(&arguments.bin, &logs)?;
    Ok(score::score(&summary.truth, &answer))
}

/// All runs of a family; how many could not be scored.
fn all_runs(
    arguments: &Arguments,
    family: &str,
    from: u64,
    folder: &Path,
) -> anyhow::Result<(Score, u64)> {
    let (mut all, mut broken) = (Score::default(), 0);
    for seed in from..from + arguments.seeds {
        match one_run(arguments, family, seed, folder) {
            Ok(score) => {
                if arguments.verbose {
                    say(&format!("  {family} {seed}: {score}"))?;
                }
                all.merge(&score);
            }
            Err(error) => {
                broken += 1;
                say(&format!("  {family} {seed}: {error:#}"))?;
            }
        }
        if arguments.keep.is_none() {
            std::fs::remove_dir_all(folder.join(format!("{family}-{seed}"))).ok();
        }
    }
    Ok((all, broken))
}

fn say(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stdout(), "{line}")
}

/// What the families came to: the lines of the table, and those that miss a target.
#[derive(Default)]
struct Sheet {
    lines: Vec<String>,
    missed: Vec<String>,
    all: Score,
}

impl Sheet {
    fn add(&mut self, name: &str, score: &Score) -> std::io::Result<()> {
        let line = table::line(name, score);
        say(&line)?;
        self.lines.push(line);
        let missed = targets::missed(score);
        if !missed.is_empty() {
            self.missed.push(format!("{name}: {}", missed.join(", ")));
        }
        self.all.merge(score);
        Ok(())
    }

    fn misses(&self) -> String {
        if self.missed.is_empty() {
            "Every family meets its targets.\n".to_owned()
        } else {
            let items: Vec<String> = self.missed.iter().map(|m| format!("- {m}\n")).collect();
            format!("Targets missed:\n\n{}", items.concat())
        }
    }

    /// The section of the page.
    fn markdown(&self, command: &str) -> String {
        format!(
            "Written by `{command}`.\n\n```text\n{}\n{}\n```\n\n{}\n\n{}\n\n{}\nOver all runs: {}.\n\n{}\n{}",
            table::head(),
            self.lines.join("\n"),
            table::LEGEND,
            targets::IN_WORDS,
            self.misses(),
            table::totals(&self.all),
            reliability::table(&self.all.tally),
            reliability::chart(&self.all.tally),
        )
    }
}

/// The first seed: the one asked for, or one that nobody has seen.
fn first_seed(arguments: &Arguments) -> anyhow::Result<u64> {
    if !arguments.fresh {
        return Ok(arguments.from);
    }
    let drawn = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    say(&format!("fresh seed {drawn}; again with --from {drawn}"))?;
    Ok(drawn)
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(path) = &arguments.write {
        page::check(path)?;
    }
    let from = first_seed(&arguments)?;
    let scratch = tempfile::tempdir()?;
    let folder = arguments.keep.as_deref().unwrap_or(scratch.path());
    std::fs::create_dir_all(folder)?;
    let mut names: Vec<&str> = arguments.families.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = families::FAMILIES.iter().map(|f| f.name).collect();
    }
    say(&table::head())?;
    let (mut sheet, mut broken) = (Sheet::default(), 0);
    for name in names {
        let (score, unscored) = all_runs(&arguments, name, from, folder)?;
        broken += unscored;
        sheet.add(name, &score)?;
    }
    let last = table::line("ALL", &sheet.all);
    say(&last)?;
    sheet.lines.push(last);
    say(&format!(
        "\n{}\n{}",
        sheet.misses(),
        table::totals(&sheet.all)
    ))?;
    say(&format!("\n{}", reliability::table(&sheet.all.tally)))?;
    if broken > 0 {
        bail!("{broken} runs could not be scored");
    }
    if let Some(path) = &arguments.write {
        let command = format!(
            "cargo run --release --example score -- --seeds {} --from {from} --write {}",
            arguments.seeds,
            path.display()
        );
        page::write(path, &sheet.markdown(&command))?;
    }
    Ok(())
}
