//! From inputs to facts: every input read by its own builder, several at once, put together in the order of their paths.

use std::sync::Arc;

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::{Settings, ZoneRule};
use crate::model::{RawIncident, Record, Span, Time, TimelineRow};
use crate::outage::Detected;
use crate::parse;
use crate::parse::{FormatInfo, ReadOptions, Sink};
use crate::source::Input;
use crate::timeline::{Builder, InputContext, Part, Timeline};

/// No zone is further from UTC, in seconds; with an hour for clocks.
const FURTHEST_S: f64 = 15.0 * 3600.0;

struct Feed(Builder);

impl Sink for Feed {
    fn format(&mut self, info: &FormatInfo) {
        self.0.format(info.id, &info.reason);
    }

    fn record(&mut self, record: &Record<'_>) {
        self.0.record(record);
    }

    fn status(&mut self, incident: RawIncident) {
        self.0.status(&incident);
    }
}

/// Reads every input. One that cannot be opened or read stops the run: a report that silently lacks a log is wrong.
pub(super) fn read_all(settings: &Settings, inputs: &[Input]) -> Result<Vec<Part>> {
    let options = options(settings);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(settings.threads.max(1))
        .build()
        .context("failed to start threads")?;
    pool.install(|| {
        let mut parts: Vec<Reading> = inputs
            .par_iter()
            .enumerate()
            .map(|(i, input)| read_one(settings, &options, i as u32, input))
            .collect::<Result<_>>()?;
        read_undated_again(settings, &options, inputs, &mut parts)?;
        Ok(parts.into_iter().map(|r| r.part).collect())
    })
}

/// One input, read.
struct Reading {
    part: Part,
    /// Whether records were refused because nothing in the input tells their year or the order of their dates.
    undated: bool,
}

/// Reads those inputs once more whose dates the times of the others may tell.
fn read_undated_again(
    settings: &Settings,
    options: &ReadOptions,
    inputs: &[Input],
    parts: &mut [Reading],
) -> Result<()> {
    let dated = parts.iter().filter(|r| !r.undated);
    let times = dated.flat_map(|r| r.part.summary.first.into_iter().chain(r.part.summary.last));
    let Some(near) = times.map(|t| Span::new(t, t)).reduce(|a, b| a.union(&b)) else {
        return Ok(());
    };
    let options = ReadOptions {
        near: Some(near),
        ..options.clone()
    };
    parts
        .par_iter_mut()
        .zip(inputs)
        .enumerate()
        .filter(|(_, (r, input))| r.undated && !input.is_stdin())
        .try_for_each(|(i, (reading, input))| {
            *reading = read_one(settings, &options, i as u32, input)?;
            Ok(())
        })
}

pub(super) fn options(settings: &Settings) -> ReadOptions {
    ReadOptions {
        mapping: settings.mapping.clone(),
        limits: settings.limits.clone(),
        near: None,
    }
}

fn read_one(
    settings: &Settings,
    options: &ReadOptions,
    index: u32,
    input: &Input,
) -> Result<Reading> {
    let mut feed = Feed(Builder::new(context(settings, options, index, input)));
    let summary = parse::read(input, options, &mut feed)
        .with_context(|| format!("failed to read {}", input.shown))?;
    let mut part = feed.0.finish();
    let own = &mut part.summary;
    own.format = summary.format.to_string();
    own.format_reason = summary.format_reason;
    own.lines = summary.lines;
    own.rejected += summary.rejected;
    own.rejects.splice(0..0, summary.rejects);
    own.mapping = summary.mapping;
    own.unused = summary.unused;
    own.warnings.splice(0..0, summary.warnings);
    own.compression = summary.compression.to_string();
    Ok(Reading {
        part,
        undated: summary.undated > 0,
    })
}

/// What is known of an input before its first line.
pub(super) fn context(
    settings: &Settings,
    options: &ReadOptions,
    index: u32,
    input: &Input,
) -> InputContext {
    let rules = || options.mapping.iter().filter(|rule| rule.concerns(input));
    let exchange = input
        .name
        .clone()
        .or(rules().find_map(|r| r.exchange.clone()));
    let merchant = rules().find_map(|r| r.merchant.clone());
    let zone = settings
        .zones
        .iter()
        .find(|z| zone_applies(z, input, exchange.as_deref(), merchant.as_deref()));
    let (from, to) = settings.window;
    InputContext {
        index,
        shown: input.shown.clone(),
        role: input.role.or(rules().find_map(|r| r.role)),
        zone: zone.map(|z| (z.zone, z.from)),
        exchange,
        merchant,
        window: (from.is_some() || to.is_some()).then(|| {
            // Stamps without a zone are read as UTC until the alignment: the exact cut comes after it.
            Span::new(
                from.map_or(Time::MIN, |t| t.plus_secs(-FURTHEST_S)),
                to.map_or(Time::MAX, |t| t.plus_secs(FURTHEST_S)),
            )
        }),
        classes: Arc::clone(&settings.classes),
    }
}

fn zone_applies(
    rule: &ZoneRule,
    input: &Input,
    exchange: Option<&str>,
    merchant: Option<&str>,
) -> bool {
    let named = |name: &String| {
        let same = |t: Option<&str>| t.is_some_and(|t| t.eq_ignore_ascii_case(name));
        let stem = input
            .shown
            .rsplit('/')
            .next()
            .and_then(|f| f.split('.').next());
        same(input.name.as_deref())
            || same(exchange)
            || same(merchant)
            || same(stem)
            || same(input.role.map(|r| r.as_str()))
            || input.shown == *name
    };
    let path = |pattern: &String| parse::path_fits(pattern, input);
    rule.name.as_ref().is_none_or(named)
        && rule.path.as_ref().is_none_or(path)
        && rule.role.is_none_or(|r| input.role == Some(r))
}

/// Drops what the user does not want to look at.
pub(super) fn keep_wanted(settings: &Settings, timeline: &mut Timeline) {
    let (from, to) = settings.window;
    let window = Span::new(from.unwrap_or(Time::MIN), to.unwrap_or(Time::MAX));
    let Timeline {
        names,
        attempts,
        calls,
        statuses,
        notes,
        ..
    } = timeline;
    if from.is_some() || to.is_some() {
        attempts.retain(|a| window.contains(a.time));
        calls.retain(|c| window.contains(c.time));
        statuses.retain(|s| window.contains(s.start) || s.end.is_some_and(|e| window.contains(e)));
        notes.retain(|n| window.contains(n.time));
    }
    let listed =
        |list: &[String], sym| list.iter().any(|w| w.eq_ignore_ascii_case(names.text(sym)));
    if !settings.merchants.is_empty() {
        attempts.retain(|a| listed(&settings.merchants, a.merchant));
    }
    if !settings.exchanges.is_empty() {
        calls.retain(|c| listed(&settings.exchanges, c.exchange));
        statuses.retain(|s| listed(&settings.exchanges, s.exchange));
    }
}

/// Outages of exchanges that the user does not want to look at may still have shown in the payments.
pub(super) fn keep_wanted_outages(settings: &Settings, detected: &mut Detected) {
    if !settings.exchanges.is_empty() {
        let wanted = |name: &str| {
            settings
                .exchanges
                .iter()
                .any(|w| w.eq_ignore_ascii_case(name))
        };
        detected.outages.retain(|o| wanted(&o.exchange_name));
    }
}

/// Whether a row of the time line is wanted.
pub(super) fn is_wanted(settings: &Settings, row: &TimelineRow) -> bool {
    let listed = |list: &[String], name: &Option<String>| {
        list.is_empty()
            || name
                .as_ref()
                .is_some_and(|n| list.iter().any(|w| w.eq_ignore_ascii_case(n)))
    };
    match row.kind {
        "payment" => listed(&settings.merchants, &row.merchant),
        "call" | "status" => listed(&settings.exchanges, &row.exchange),
        _ => true,
    }
}
