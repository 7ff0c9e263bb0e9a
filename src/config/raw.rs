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
    pub(super) fallback: Option<RawFallback>,
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

/// `[fallback]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFallback {
    pub(super) exchange: Text,
}

/// `[thresholds]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawThresholds {
    pub(super) caused_at: Option<Spanned<f64>>,
    pub(super) unrelated_at: Option<Spanned<f64>>,
}
