//! Signatures only, until the room is merged.

use crate::model::ErrorClass;

/// User overrides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassRules {
    /// Text or code, and what it means.
    pub rules: Vec<(String, ErrorClass)>,
}

impl ClassRules {
    /// Rules.
    pub fn new(rules: impl IntoIterator<Item = (String, ErrorClass)>) -> ClassRules {
        ClassRules {
            rules: rules.into_iter().collect(),
        }
    }
}

/// Zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneSpec {
    /// UTC.
    Utc,
    /// Offset.
    Fixed(i32),
    /// Named.
    Named(chrono_tz::Tz),
}

impl ZoneSpec {
    /// Reads a zone.
    pub fn parse(s: &str) -> Result<ZoneSpec, String> {
        if s == "UTC" {
            return Ok(ZoneSpec::Utc);
        }
        if let Ok(offset) = s.parse::<chrono::FixedOffset>() {
            return Ok(ZoneSpec::Fixed(offset.local_minus_utc()));
        }
        s.parse()
            .map(ZoneSpec::Named)
            .map_err(|_| format!("`{s}` is no zone"))
    }
}
