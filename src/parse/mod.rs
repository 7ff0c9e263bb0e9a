//! Signatures only, until the room is merged.

use crate::model::{DurationUnit, Field, Role};

/// Mapping.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappingRule {
    /// Glob.
    pub path: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Selects by role.
    pub for_role: Option<Role>,
    /// Fields.
    pub fields: Vec<(String, Field)>,
    /// Constants.
    pub set: Vec<(Field, String)>,
    /// Unit.
    pub duration_unit: Option<DurationUnit>,
    /// Minor units.
    pub amount_in_minor_units: Option<bool>,
    /// Role.
    pub role: Option<Role>,
    /// Exchange.
    pub exchange: Option<String>,
    /// Merchant.
    pub merchant: Option<String>,
}
