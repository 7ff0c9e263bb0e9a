//! Bytes into inputs: the library reads files.

use std::fs;
use std::path::Path;

use knockon::parse::{ReadOptions, probe};
use knockon::pipeline::Settings;
use knockon::source::{Input, Limits, Request};
use tempfile::TempDir;

/// Stands between the files of a folder in the bytes of one case.
const BETWEEN: &[u8] = b"\n=== file ===\n";
/// Most files of a folder.
const MOST_FILES: usize = 4;

/// A folder with the files of one case; it goes with the value.
pub struct Folder(TempDir);

impl Folder {
    /// With one file of this name.
    pub fn with(name: &str, bytes: &[u8]) -> Folder {
        let folder = Folder::empty();
        folder.add(name, bytes);
        folder
    }

    /// With what stands between the marks, as up to four files.
    pub fn split(bytes: &[u8]) -> Folder {
        let folder = Folder::empty();
        let mut rest = bytes;
        for number in 1..MOST_FILES {
            let Some((first, after)) = cut(rest) else {
                break;
            };
            folder.add(&format!("{number}.log"), first);
            rest = after;
        }
        folder.add(&format!("{MOST_FILES}.log"), rest);
        folder
    }

    fn empty() -> Folder {
        // What was kept of archives is of cases before.
        probe::forget_kept();
        Folder(tempfile::tempdir().expect("a folder for temporary files"))
    }

    /// Writes one more file.
    pub fn add(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join(name), bytes).expect("the file can be written");
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// One of its files as an input.
    pub fn input(&self, name: &str) -> Input {
        Input {
            path: self.path().join(name),
            entry: None,
            shown: name.to_owned(),
            role: None,
            name: None,
        }
    }

    /// The request for all of it.
    pub fn request(&self) -> Request {
        Request {
            path: self.path().display().to_string(),
            role: None,
            name: None,
        }
    }
}

fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.windows(BETWEEN.len()).position(|w| w == BETWEEN)?;
    Some((&bytes[..at], &bytes[at + BETWEEN.len()..]))
}

/// Limits that a case of a few kilobytes can reach.
pub fn small_limits() -> Limits {
    Limits {
        max_unpacked_bytes: 1 << 20,
        max_files: 16,
        ..Limits::default()
    }
}

/// How the files of a case are read.
pub fn options() -> ReadOptions {
    ReadOptions {
        limits: small_limits(),
        ..ReadOptions::default()
    }
}

/// A run over a folder, on so many threads.
pub fn settings(folder: &Folder, threads: usize) -> Settings {
    Settings {
        requests: vec![folder.request()],
        limits: small_limits(),
        mapping: Vec::new(),
        zones: Vec::new(),
        window: Default::default(),
        thresholds: Default::default(),
        classes: Default::default(),
        dependencies: Vec::new(),
        what_if: Default::default(),
        slo: None,
        client_timeout_ms: Default::default(),
        watch: Default::default(),
        threads,
        merchants: Vec::new(),
        exchanges: Vec::new(),
    }
}
