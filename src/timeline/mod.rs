//! From `Record` (what a line said) to [`Timeline`] (typed facts on one time line).
//!
//! A [`Builder`] takes one input's records and gives its [`Part`]; [`assemble`] merges the parts. What kind of
//! fact a record states is decided in `classify`, what an error means in `error_class`. Outages and their
//! consequences are no business of this room.

mod align;
mod alike;
mod assemble;
mod bounds;
mod builder;
mod classify;
mod clock;
mod drift;
mod error_class;
mod errors;
mod health;
mod lag;
mod outcome;
mod place;
mod print;
mod row;
mod signature;
mod tally;
mod texts;
mod values;
mod zone;

#[cfg(test)]
mod tests;

pub use align::align;
pub use assemble::{Timeline, assemble};
pub use bounds::bound_names;
pub use builder::{Builder, InputContext, Part};
pub use drift::Clock;
pub use error_class::{ClassRules, classify_error};
pub use health::{CallState, Health};
pub use row::row_of;
pub use zone::{Resolved, ZoneSpec};
