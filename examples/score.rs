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

#[path = "../tests/support/score.rs"]
mod score;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use clap::Parser;

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
    #[arg(long)]
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

/// Median of the errors without their signs; `None` when there are none.
fn median(errors: &[f64]) -> Option<f64> {
    let mut sizes: Vec<f64> = errors.iter().map(|e| e.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.get(sizes.len() / 2).copied()
}

fn header(out: &mut impl std::io::Write) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<20} {:>6} {:>6} | {:>5} {:>5} {:>5} {:>6} {:>6} {:>6} {:>5} | {:>5} {:>5} {:>6} | {:>6} {:>6} {:>5} {:>3} {:>3} {:>3} | {:>5} {:>5}",
        "family",
        "failed",
        "caused",
        "prec",
        "rec",
        "F1",
        "Brier",
        "calib",
        "total",
        "und%",
        "cF1",
        "cRec",
        "cBrier",
        "onset",
        "end",
        "cover",
        "pha",
        "mis",
        "opn",
        "outg",
        "chan"
    )
}

fn line(out: &mut impl std::io::Write, name: &str, s: &Score) -> std::io::Result<()> {
    let (t, c) = (&s.tally, &s.ceiling);
    let share = |(part, whole): (u64, u64)| {
        if whole == 0 {
            "-".to_owned()
        } else {
            format!("{:.2}", part as f64 / whole as f64)
        }
    };
    let time = |errors: &[f64]| median(errors).map_or("-".to_owned(), |m| format!("{m:.1}"));
    writeln!(
        out,
        "{name:<20} {:>6} {:>6} | {:>5.3} {:>5.3} {:>5.3} {:>6.4} {:>6.4} {:>+6.2} {:>5.1} | {:>5.3} {:>5.3} {:>6.4} | {:>6} {:>6} {:>5} {:>3} {:>3} {:>3} | {:>5} {:>5}",
        t.failed,
        t.caused,
        t.precision(),
        t.recall(),
        t.f1(),
        t.brier(),
        t.calibration_error(),
        t.total_error(),
        100.0 * t.undetermined as f64 / t.failed.max(1) as f64,
        c.f1(),
        c.recall(),
        c.brier(),
        time(&s.onset_errors),
        time(&s.end_errors),
        share(s.covered),
        s.phantom_outages,
        s.missed_outages,
        s.open_end_errors,
        share(s.right_outage),
        share(s.right_channel),
    )
}

fn reliability(out: &mut impl std::io::Write, all: &Score) -> std::io::Result<()> {
    writeln!(out, "\nprobability   failures  mean given  came true")?;
    for (i, (n, sum, caused)) in all.tally.tenths.iter().enumerate() {
        if *n > 0 {
            let (low, n) = (i as f64 / 10.0, *n as f64);
            writeln!(
                out,
                "{low:.1} - {:.1}     {n:>8}       {:.3}      {:.3}",
                low + 0.1,
                sum / n,
                *caused as f64 / n
            )?;
        }
    }
    let [affected, recovered, lost] = all.orders;
    writeln!(
        out,
        "\norders (said/true): affected {}/{}, recovered {}/{}, lost {}/{}; outcome right {}/{}; interval of the total holds it {}/{}; unanswered {}, strangers {}",
        affected.0,
        affected.1,
        recovered.0,
        recovered.1,
        lost.0,
        lost.1,
        all.right_outcome.0,
        all.right_outcome.1,
        all.total_covered.0,
        all.total_covered.1,
        all.unanswered,
        all.strangers
    )
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let from = if arguments.fresh {
        SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs()
    } else {
        arguments.from
    };
    let mut out = std::io::stdout().lock();
    let scratch = tempfile::tempdir()?;
    let folder = arguments.keep.as_deref().unwrap_or(scratch.path());
    std::fs::create_dir_all(folder)?;
    let mut names: Vec<&str> = arguments.families.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = families::FAMILIES.iter().map(|f| f.name).collect();
    }
    writeln!(out, "seeds {from}..{}", from + arguments.seeds)?;
    header(&mut out)?;
    let (mut all, mut broken) = (Score::default(), 0);
    for name in names {
        let mut family = Score::default();
        for seed in from..from + arguments.seeds {
            match one_run(&arguments, name, seed, folder) {
                Ok(score) => {
                    if arguments.verbose {
                        writeln!(out, "  {name} {seed}: {score}")?;
                    }
                    family.merge(&score);
                }
                Err(error) => {
                    broken += 1;
                    writeln!(out, "  {name} {seed}: {error:#}")?;
                }
            }
            if arguments.keep.is_none() {
                std::fs::remove_dir_all(folder.join(format!("{name}-{seed}"))).ok();
            }
        }
        line(&mut out, name, &family)?;
        all.merge(&family);
    }
    line(&mut out, "ALL", &all)?;
    reliability(&mut out, &all)?;
    if broken > 0 {
        bail!("{broken} runs could not be scored");
    }
    Ok(())
}
