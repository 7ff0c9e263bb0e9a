//! The whole program on one screen: what happens to the bytes, stage by stage.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;

mod assemble;
mod digest;
mod inputs;
mod merge;
mod reading;
mod rows;
mod seen;

use anyhow::{Context, Result, anyhow};
use rayon::prelude::*;

use crate::model::{
    Attempt, Evidence, FailedAttempt, IdHash, Report, Role, SloTarget, SourceRef, Story,
    Suggestion, Thresholds, TimelineRow, Watched, WhatIfOptions, Window, ZoneFrom,
};
use crate::outage::Detected;
use crate::timeline::Timeline;
use crate::{attribution, outage, parse, source, timeline};

use assemble::{base_report, cite, id_of, report_of};
pub use digest::DIGEST_VERSION;
use digest::Digest;
use inputs::Given;
use reading::{keep_wanted, keep_wanted_outages, read_all};

/// A zone for stamps without one.
#[derive(Clone, Debug)]
pub struct ZoneRule {
    /// Glob on the path; any when absent.
    pub path: Option<String>,
    /// Name given with the input, or the exchange's, merchant's or role's name; any when absent.
    pub name: Option<String>,
    /// Role given with the input; any when absent.
    pub role: Option<Role>,
    /// The zone.
    pub zone: timeline::ZoneSpec,
    /// `Flag` or `Config`.
    pub from: ZoneFrom,
}

/// A stated dependency.
pub type DependencyRule = attribution::Dependency;

/// Everything that arguments and configuration mean, made once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What to read.
    pub requests: Vec<source::Request>,
    /// Bounds on what is read.
    pub limits: source::Limits,
    /// Field names, roles and names that the configuration states.
    pub mapping: Vec<parse::MappingRule>,
    /// Zones of stamps without one; the first that matches holds.
    pub zones: Vec<ZoneRule>,
    /// Only what lies inside is looked at.
    pub window: Window,
    /// From which probability on a verdict is given.
    pub thresholds: Thresholds,
    /// Error texts and codes whose class the user states.
    pub classes: Arc<timeline::ClassRules>,
    /// Stated dependencies.
    pub dependencies: Vec<DependencyRule>,
    /// What is stated for the counterfactuals.
    pub what_if: WhatIfOptions,
    /// The objective whose error budget is told; none when absent.
    pub slo: Option<SloTarget>,
    /// Clients' time-outs by exchange, in milliseconds.
    pub client_timeout_ms: BTreeMap<String, u64>,
    /// Is told how far the run is.
    pub watch: Watched,
    /// Threads that work.
    pub threads: usize,
    /// Only payments of these merchants; all when empty.
    pub merchants: Vec<String>,
    /// Only calls to, and outages of, these exchanges; all when empty.
    pub exchanges: Vec<String>,
}

/// What the stages before the report found.
struct Found {
    inputs: Vec<Given>,
    timeline: Timeline,
    detected: Detected,
    warnings: Vec<String>,
}

/// What of a report is told in full, because an output shows it.
#[derive(Clone, Copy)]
pub struct Shown {
    /// The failures whose reasons are given.
    pub reasons: fn(&Report) -> Vec<usize>,
    /// The lines that are quoted; asked when the reasons are there.
    pub lines: fn(&Report) -> Vec<SourceRef>,
}

/// From logs to report.
///
/// # Errors
/// When an input cannot be read at all.
pub fn analyze(settings: &Settings, shown: Shown) -> Result<Report> {
    on_threads(settings, || {
        let found = find(settings)?;
        begin(settings, "judge")?;
        let options = judging(settings);
        let bench = bench(&found, &options);
        let judged = bench.judge();
        begin(settings, "add up")?;
        let mut report = report_of(settings, &found, &judged);
        let with_reasons = (shown.reasons)(&report);
        give_reasons(&bench, &judged, &mut report, &with_reasons);
        begin(settings, "quote lines")?;
        report.citations = cite(settings, &found.inputs, &(shown.lines)(&report));
        Ok(report)
    })
}

fn bench<'a>(found: &'a Found, options: &'a attribution::Options) -> attribution::Bench<'a> {
    let Detected {
        outages, health, ..
    } = &found.detected;
    attribution::Bench::prepare(&found.timeline, outages, health, options)
}

/// Gives the failures of these indices their reasons.
fn give_reasons(
    bench: &attribution::Bench<'_>,
    judged: &attribution::Judged,
    report: &mut Report,
    indices: &[usize],
) {
    let reasons = indices
        .par_iter()
        .map(|&i| bench.evidence(&judged.judgements[i]));
    let reasons: Vec<Vec<Evidence>> = reasons.collect();
    for (&i, reasons) in indices.iter().zip(reasons) {
        report.failures[i].evidence = reasons;
    }
}

/// Does the work on `settings.threads` threads, and on no other.
fn on_threads<T: Send>(settings: &Settings, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads.max(1))
        // A thread that waits for pieces of one input may begin another: room for many, one inside the other.
        .stack_size(64 << 20)
        .build()
        .context("failed to start threads")?;
    pool.install(work)
}

/// The report, and everything known about each attempt with a payment id, else with that order, trace or request id,
/// else on that line (`payments.csv:17`): none when no record has it, several when several merchants gave it or an order was paid more than once.
///
/// # Errors
/// As [`analyze`].
pub fn explain(settings: &Settings, id: &str) -> Result<(Report, Vec<Story>)> {
    on_threads(settings, || told_of(settings, id))
}

fn told_of(settings: &Settings, id: &str) -> Result<(Report, Vec<Story>)> {
    let found = find(settings)?;
    begin(settings, "judge")?;
    let options = judging(settings);
    let bench = bench(&found, &options);
    let judged = bench.judge();
    let report = report_of(settings, &found, &judged);
    let wanted = IdHash::of(id);
    let with = |matches: &dyn Fn(&Attempt) -> bool| -> Vec<usize> {
        let attempts = found.timeline.attempts.iter().enumerate();
        attempts
            .filter(|(_, a)| wanted.is_some() && matches(a))
            .map(|(i, _)| i)
            .collect()
    };
    let mut indices = with(&|a| a.links[0] == wanted);
    let namesakes = indices.len();
    if indices.is_empty() {
        indices = with(&|a| a.order == wanted || a.links.contains(&wanted));
    }
    if indices.is_empty() {
        indices = with(&|a| !a.id.is_some() && is_named(&id_of(&found.timeline, a), id));
    }
    let stories = indices
        .iter()
        .map(|&index| {
            let (mut story, sources) = attribution::tell(&bench, &judged.judgements, index);
            let at = judged.judgements.iter().position(|j| j.attempt == index);
            story.failed = at.map(|i| FailedAttempt {
                evidence: bench.evidence(&judged.judgements[i]),
                ..report.failures[i].clone()
            });
            story.lines = cite(settings, &found.inputs, &sources);
            if namesakes > 0 {
                story.payment_id = id.to_owned();
                story.namesakes = namesakes;
            } else {
                story.payment_id =
                    id_of(&found.timeline, &found.timeline.attempts[index]).to_string();
            }
            story
        })
        .collect();
    Ok((report, stories))
}

/// Whether `id` is the place `shown`, or the end of it from a file's or a folder's name on.
fn is_named(shown: &str, id: &str) -> bool {
    shown
        .strip_suffix(id)
        .is_some_and(|before| !id.is_empty() && (before.is_empty() || before.ends_with('/')))
}

/// What the user stated about judging.
fn judging(settings: &Settings) -> attribution::Options {
    attribution::Options {
        thresholds: settings.thresholds,
        dependencies: settings.dependencies.clone(),
    }
}

/// How each input was understood: a report with only `inputs` and `warnings`; with the errors of each, where asked for.
///
/// # Errors
/// When an input cannot be read at all.
pub fn inspect(settings: &Settings, with_errors: bool) -> Result<Report> {
    let (_, warnings, timeline) = on_threads(settings, || joint_timeline(settings))?;
    let mut report = base_report(settings, &timeline, warnings);
    if with_errors {
        let seen = seen::errors(&timeline, &settings.classes);
        for (input, errors) in report.inputs.iter_mut().zip(seen) {
            input.errors = errors;
        }
    }
    Ok(report)
}

/// What the names of each input could mean, for `knockon.toml`.
///
/// # Errors
/// As [`inspect`].
pub fn suggest(settings: &Settings) -> Result<Vec<Suggestion>> {
    let (inputs, _) = source::discover(&settings.requests, &settings.limits)?;
    let options = reading::options(settings);
    let each = inputs
        .iter()
        .map(|input| Ok(parse::suggest(input, &options)?));
    each.collect()
}

/// Every record, input by input, as rows; the report holds only `inputs` and `warnings`.
///
/// # Errors
/// As [`inspect`].
pub fn timeline_all(settings: &Settings, row: &mut dyn FnMut(TimelineRow)) -> Result<Report> {
    let (inputs, warnings, mut timeline) = on_threads(settings, || joint_timeline(settings))?;
    let report = base_report(settings, &timeline, warnings);
    // From here on only the clocks and the status pages are needed.
    (timeline.attempts, timeline.calls) = (Vec::new(), Vec::new());
    begin(settings, "sort rows")?;
    rows::all(settings, &inputs, &timeline, row)?;
    Ok(report)
}

/// Reads every input, and writes what an analysis needs of it, so that the logs themselves are no longer needed.
/// Gives a report with only `inputs` and `warnings`.
///
/// # Errors
/// When an input cannot be read at all, when only other logs could tell the dates of one, or when `out` cannot be written.
pub fn digest(settings: &Settings, out: &mut dyn Write) -> Result<Report> {
    begin(settings, "find inputs")?;
    let (mut inputs, warnings) = inputs::find(settings)?;
    let parts = on_threads(settings, || read_all(settings, &mut inputs))?;
    begin(settings, "keep lines")?;
    let kept = inputs.into_iter().zip(parts);
    let digest = Digest {
        inputs: kept
            .map(|(given, reading)| inputs::keep(settings, given, reading))
            .collect::<Result<_>>()?,
        warnings,
    };
    begin(settings, "write")?;
    digest::write(&digest, out)?;
    let Digest { inputs, warnings } = digest;
    let parts = inputs.into_iter().filter_map(|k| k.part).collect();
    let timeline = on_threads(settings, || Ok(timeline::assemble(parts)))?;
    Ok(base_report(settings, &timeline, warnings))
}

/// Begins a stage, unless the run must end.
fn begin(settings: &Settings, stage: &'static str) -> Result<()> {
    go_on(settings)?;
    settings.watch.stage(stage);
    Ok(())
}

fn go_on(settings: &Settings) -> Result<()> {
    match settings.watch.must_end() {
        Some(why) => Err(anyhow!(why)),
        None => Ok(()),
    }
}

/// All facts of all inputs on one time line, with the warnings of the search for inputs.
fn joint_timeline(settings: &Settings) -> Result<(Vec<Given>, Vec<String>, Timeline)> {
    begin(settings, "find inputs")?;
    let (mut inputs, mut warnings) = inputs::find(settings)?;
    let parts = read_all(settings, &mut inputs)?;
    let parts = parts.into_iter().map(|r| r.part).collect();
    begin(settings, "assemble")?;
    let mut timeline = timeline::assemble(parts);
    warnings.extend(timeline::bound_names(
        &mut timeline,
        settings.limits.max_names,
    ));
    begin(settings, "align clocks")?;
    timeline::align(&mut timeline);
    Ok((inputs, warnings, timeline))
}

fn find(settings: &Settings) -> Result<Found> {
    let (inputs, warnings, mut timeline) = joint_timeline(settings)?;
    keep_wanted(settings, &mut timeline);
    begin(settings, "detect")?;
    let mut detected = outage::detect(&timeline, &settings.client_timeout_ms);
    keep_wanted_outages(settings, &mut detected);
    Ok(Found {
        inputs,
        timeline,
        detected,
        warnings,
    })
}
