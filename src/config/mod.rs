//! `knockon.toml`: what a user can state about the logs that the logs do not say themselves.
//!
//! The raw form is what serde reads; unknown keys are an error, since a misspelt threshold must not be
//! ignored. [`Config`] is what it means, checked once. How the other rooms take it is not known here: that
//! is `cli/settings.rs`.

mod error;
mod raw;
mod suggest;
mod valid;

pub use error::ConfigError;
pub use suggest::nearest;
pub use valid::{Config, DependencySection, InputSection, ThresholdSection};
pub(crate) use valid::{LONGEST_WINDOW_DAYS, USUAL_WINDOW_DAYS, percent};
