//! `knockon.toml` as written. Every struct denies unknown keys; nothing is checked beyond types.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A text with its place in the file.
pub(super) type Text = Spanned<String>;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawConfig {
    pub(super) input: Vec<RawInput>,
    pub(super) classes: BTreeMap<String, Text>,
    pub(super) dependency: Vec<Spanned<RawDependency>>,
    pub(super) timeouts: BTreeMap<String, Text>,
    pub(super) what_if: RawWhatIf,
    pub(super) slo: Option<RawSlo>,
    pub(super) thresholds: RawThresholds,
}

/// One `[[input]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawInput {
    pub(super) path: Option<Text>,
    pub(super) name: Option<Text>,
    pub(super) role: Option<Text>,
    pub(super) exchange: Option<Text>,
    pub(super) merchant: Option<Text>,
    pub(super) zone: Option<Text>,
    pub(super) date_order: Option<Text>,
    pub(super) year: Option<Spanned<i64>>,
    pub(super) duration_unit: Option<Text>,
    pub(super) amount_unit: Option<Text>,
    pub(super) fields: BTreeMap<String, Text>,
    pub(super) set: BTreeMap<Text, Text>,
}

/// One `[[dependency]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDependency {
    pub(super) merchant: Option<String>,
    pub(super) method: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) exchange: Text,
    pub(super) component: Option<String>,
}

/// `[what_if]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawWhatIf {
    pub(super) fallback: Option<Text>,
    pub(super) takeover_s: Option<Spanned<Vec<i64>>>,
}

/// `[slo]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSlo {
    pub(super) success_rate: Spanned<RawShare>,
    pub(super) window_days: Option<Spanned<i64>>,
    #[serde(default)]
    pub(super) count_declines: bool,
}

/// A share as a number (0.999) or as a text (`"99.9%"`).
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a share: 0.999 or \"99.9%\"")]
pub(super) enum RawShare {
    Number(f64),
    Text(String),
}

/// `[thresholds]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawThresholds {
    pub(super) caused_at: Option<Spanned<f64>>,
    pub(super) unrelated_at: Option<Spanned<f64>>,
}
