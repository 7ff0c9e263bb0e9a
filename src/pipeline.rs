//! Signatures only, until the stages are merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{InputSummary, Report, Role, Story, Thresholds, Time, TimelineRow, ZoneFrom};
use crate::{parse, source, timeline};

/// A zone for stamps without one.
#[derive(Clone, Debug)]
pub struct ZoneRule {
    /// Glob on the path.
    pub path: Option<String>,
    /// Name of the input or of a role.
    pub name: Option<String>,
    /// Role.
    pub role: Option<Role>,
    /// Zone.
    pub zone: timeline::ZoneSpec,
    /// Whence.
    pub from: ZoneFrom,
}

/// Which payments use what.
#[derive(Clone, Debug, PartialEq)]
pub struct DependencyRule {
    /// Merchant.
    pub merchant: Option<String>,
    /// Method.
    pub method: Option<String>,
    /// Currency.
    pub currency: Option<String>,
    /// Exchange.
    pub exchange: Option<String>,
    /// Component.
    pub component: Option<String>,
}

/// Settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests.
    pub requests: Vec<source::Request>,
    /// Limits.
    pub limits: source::Limits,
    /// Mapping.
    pub mapping: Vec<parse::MappingRule>,
    /// Zones.
    pub zones: Vec<ZoneRule>,
    /// Window.
    pub window: (Option<Time>, Option<Time>),
    /// Thresholds.
    pub thresholds: Thresholds,
    /// Classes.
    pub classes: Arc<timeline::ClassRules>,
    /// Dependencies.
    pub dependencies: Vec<DependencyRule>,
    /// Fallback.
    pub fallback: Option<String>,
    /// Time-outs.
    pub client_timeout_ms: BTreeMap<String, u64>,
    /// Threads.
    pub threads: usize,
    /// Merchants.
    pub merchants: Vec<String>,
    /// Exchanges.
    pub exchanges: Vec<String>,
}

fn inputs(settings: &Settings) -> anyhow::Result<Report> {
    let (inputs, _) = source::discover(&settings.requests, &settings.limits)?;
    let inputs = inputs
        .iter()
        .map(|i| InputSummary {
            path: i.shown.clone(),
            ..InputSummary::default()
        })
        .collect();
    Ok(Report {
        inputs,
        ..Report::default()
    })
}

/// Analyze.
pub fn analyze(settings: &Settings) -> anyhow::Result<Report> {
    inputs(settings)
}

/// Explain.
pub fn explain(settings: &Settings, _id: &str) -> anyhow::Result<(Report, Option<Story>)> {
    Ok((inputs(settings)?, None))
}

/// Inspect.
pub fn inspect(settings: &Settings) -> anyhow::Result<Report> {
    inputs(settings)
}

/// Timeline.
pub fn timeline_all(
    settings: &Settings,
    _row: &mut dyn FnMut(TimelineRow),
) -> anyhow::Result<Report> {
    inputs(settings)
}
