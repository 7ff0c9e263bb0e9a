//! timeline (temporary)
mod align;
mod health;
use crate::model::*;
pub use align::align;
pub use health::{CallState, Health};
/// TEMP
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// n
    pub names: Names,
    /// e
    pub errors: Vec<ErrorInfo>,
    /// a
    pub attempts: Vec<Attempt>,
    /// c
    pub calls: Vec<Call>,
    /// s
    pub statuses: Vec<StatusIncident>,
    /// n
    pub notes: Vec<Note>,
    /// i
    pub inputs: Vec<InputSummary>,
}
