//! Simulated incidents: merchants, their payments and the exchanges they call, written as logs, with the truth apart.
//!
//! A development tool, no part of the product. Every scenario is run once as it happened and once more without
//! its outages, with the same random draws, so that each failed attempt has a true counterfactual label.

pub(crate) mod dirt;
pub(crate) mod engine;
pub(crate) mod families;
pub(crate) mod fixtures;
pub(crate) mod logs;
pub(crate) mod random;
pub(crate) mod run;
pub(crate) mod shapes;
pub(crate) mod truth;
pub(crate) mod words;
pub(crate) mod world;
