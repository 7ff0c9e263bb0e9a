//! What can be wrong with a configuration file.

use std::io;

/// A configuration that cannot be used. Each message names the file and, where known, the line.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration \"{path}\"")]
    Read {
        /// Path as given.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is not TOML, a key is unknown, or a value has the wrong type.
    #[error("{path}: {message}")]
    Syntax {
        /// Path as given.
        path: String,
        /// What the reader said, with the place.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// It is well formed, but a value means nothing.
    #[error("{path}:{line}: {what}")]
    Value {
        /// Path as given.
        path: String,
        /// Line number from 1.
        line: usize,
        /// What is wrong, as a fragment.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl ConfigError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ConfigError::Read { .. } => None,
            ConfigError::Syntax { hint, .. } | ConfigError::Value { hint, .. } => hint.as_deref(),
        }
    }
}
