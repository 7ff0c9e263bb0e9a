//! Signatures only, until the room is merged.

use std::path::PathBuf;

use crate::model::Role;

/// One input.
#[derive(Clone, Debug)]
pub struct Input {
    /// Path.
    pub path: PathBuf,
    /// Shown.
    pub shown: String,
    /// Role.
    pub role: Option<Role>,
    /// Name.
    pub name: Option<String>,
}

/// Request.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Path.
    pub path: String,
    /// Role.
    pub role: Option<Role>,
    /// Name.
    pub name: Option<String>,
}

/// Limits.
#[derive(Clone, Debug, Default)]
pub struct Limits {}

/// Error.
#[derive(Debug, thiserror::Error)]
#[error("cannot read \"{0}\"")]
pub struct SourceError(String, #[source] std::io::Error);

/// Discover.
pub fn discover(
    requests: &[Request],
    _limits: &Limits,
) -> Result<(Vec<Input>, Vec<String>), SourceError> {
    let mut inputs = Vec::new();
    for request in requests {
        if request.path != "-" {
            std::fs::metadata(&request.path).map_err(|e| SourceError(request.path.clone(), e))?;
        }
        inputs.push(Input {
            path: PathBuf::from(&request.path),
            shown: request.path.clone(),
            role: request.role,
            name: request.name.clone(),
        });
    }
    inputs.sort_by(|a, b| a.shown.cmp(&b.shown));
    Ok((inputs, Vec::new()))
}
