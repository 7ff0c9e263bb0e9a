//! From paths to bytes: what to read, opened, decompressed, cut into lines.
//!
//! Nothing here knows a log format. Paths become [`Input`]s in [`discover`]; [`open`] peels compression by
//! the first bytes of the data (never by the name) and makes standard input readable twice; [`Lines`] cuts
//! bytes into lines without a copy for each line.

mod archive;
mod chunks;
mod discover;
mod lines;
mod open;
mod own;
mod plain;
mod spool;

use std::path::PathBuf;

pub use chunks::{Chunk, Chunks};
pub use discover::discover;
pub use lines::{Line, Lines};
pub use open::{Opened, open};
pub use plain::PlainFile;
pub(crate) use spool::forget_kept;

use crate::model::Role;

/// So many bytes are asked of the system at a time.
const BUFFER: usize = 256 << 10;

/// One file to read, an entry of an archive, or standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is; `-` is standard input.
    pub path: PathBuf,
    /// Which part of it, when it is an archive; all of it otherwise.
    pub entry: Option<Entry>,
    /// The path as printed, with `/` between its parts.
    pub shown: String,
    /// The role that a flag gave it.
    pub role: Option<Role>,
    /// The name that a flag gave it (`NAME=PATH`).
    pub name: Option<String>,
}

/// Where an entry lies in its archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its first byte, in the archive (decompressed, where that was compressed as a whole).
    pub offset: u64,
    /// Its packed length in bytes; `None` when only its end tells.
    pub length: Option<u64>,
    /// How it is packed.
    pub packing: Packing,
}

/// How an archive packs an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// In a tar: as it is.
    Tar,
    /// In a zip: as it is.
    ZipStored,
    /// In a zip: deflated.
    ZipDeflated,
}

impl Input {
    /// Whether this is standard input.
    pub fn is_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    /// How many bytes of the disk it is, packed as it lies there; 0 for a pipe.
    pub fn bytes(&self) -> u64 {
        match self.entry.and_then(|e| e.length) {
            Some(length) => length,
            None => std::fs::metadata(&self.path).map_or(0, |m| m.len()),
        }
    }
}

/// What the user asked for: a file, a folder, a quoted glob or `-`, with what the flag said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The text as typed.
    pub path: String,
    /// The role that the flag gave it.
    pub role: Option<Role>,
    /// The name that the flag gave it (`NAME=PATH`).
    pub name: Option<String>,
}

/// How much is read before giving up; generous for logs, fatal for decompression bombs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest line in bytes; a longer one is rejected and skipped.
    pub max_line_bytes: usize,
    /// Longest element of a document (and longest document that wraps its records in an object) in bytes.
    pub max_document_bytes: usize,
    /// Most files and entries of archives that one run takes; of more, the first by their paths.
    pub max_files: usize,
    /// Most bytes that one compressed byte may become, once 1 GiB has been read.
    pub max_decompressed_ratio: u64,
    /// Most bytes that a compressed input may become, and most of a pipe; the rest is left out.
    pub max_unpacked_bytes: u64,
    /// Most distinct names that a dimension (exchanges, merchants, currencies, ...) may have; the rest is `other`.
    pub max_names: usize,
    /// How much of standard input is kept in memory before it goes to a temporary file, in bytes.
    pub spool_memory_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_line_bytes: 16 << 20,
            max_document_bytes: 512 << 20,
            max_files: 100_000,
            max_decompressed_ratio: 2000,
            max_unpacked_bytes: 64 << 30,
            max_names: 100_000,
            spool_memory_bytes: 64 << 20,
        }
    }
}

/// Why an input cannot be found or opened.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The path does not exist, and no glob matched.
    #[error("{path}: no such file or folder")]
    NotFound {
        /// As typed.
        path: String,
    },
    /// A glob that cannot be read.
    #[error("{path}: not a valid glob: {reason}")]
    BadGlob {
        /// As typed.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system refused.
    #[error("cannot read {path}")]
    Io {
        /// As shown.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
