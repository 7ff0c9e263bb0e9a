//! From `Record` (what a line said) to `Timeline` (typed facts on one time line).

mod error_class;
mod outcome;
mod signature;
mod values;
mod zone;

pub use error_class::{ClassRules, classify_error};
pub use zone::{Resolved, ZoneSpec};
