//! What a run reads: logs, and what digests kept of others.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use super::Settings;
use super::digest::{self, Kept};
use super::reading::Reading;
use crate::parse;
use crate::source::{self, Input, Limits};
use crate::timeline::Part;

/// One input of a run.
#[derive(Debug)]
pub(super) enum Given {
    /// A log.
    Log(Input),
    /// What a digest kept of one; its texts stay, its facts are handed on.
    Kept(Box<Kept>),
}

impl Given {
    /// Its path as shown.
    pub(super) fn shown(&self) -> &str {
        match self {
            Given::Log(input) => &input.shown,
            Given::Kept(kept) => &kept.path,
        }
    }

    /// The facts of what a digest kept, as those of the input of this index; its name and texts stay.
    pub(super) fn take_part(&mut self, index: u32) -> Option<Part> {
        match self {
            Given::Log(_) => None,
            Given::Kept(kept) => kept.part.take().map(|part| part.placed(index)),
        }
    }

    /// The texts of these lines (sorted), as far as they are known.
    pub(super) fn lines(&self, lines: &[u64], limits: &Limits) -> BTreeMap<u64, String> {
        match self {
            Given::Log(input) => parse::cited_lines(input, lines, limits),
            Given::Kept(kept) => {
                let text = |line: &u64| Some((*line, kept.texts.get(line)?.clone()));
                lines.iter().filter_map(text).collect()
            }
        }
    }

    /// The log, if it is one.
    pub(super) fn log(&self) -> Option<&Input> {
        match self {
            Given::Log(input) => Some(input),
            Given::Kept(_) => None,
        }
    }
}

/// What a digest keeps of an input that was read.
///
/// # Errors
/// When the dates of the input depend on what it is read with.
pub(super) fn keep(settings: &Settings, given: Given, reading: Reading) -> Result<Kept> {
    let Reading { part, undated } = reading;
    let path = given.shown().to_owned();
    ensure!(
        !undated,
        "{path}: nothing in it tells the year or the order of its dates, and logs read with it could: state `year` or \
         `date_order` for it in knockon.toml, or give the log itself to the analysis"
    );
    let texts = match given {
        Given::Kept(kept) => kept.texts,
        Given::Log(_) => given.lines(&part.lines_to_cite(), &settings.limits),
    };
    Ok(Kept {
        path,
        part: Some(part),
        texts,
    })
}

/// The inputs that the requests mean, in the order of their shown paths, and what was skipped and why.
///
/// # Errors
/// When a path does not exist, or a digest cannot be read.
pub(super) fn find(settings: &Settings) -> Result<(Vec<Given>, Vec<String>)> {
    let (found, mut warnings) = source::discover(&settings.requests, &settings.limits)?;
    let mut given = Vec::new();
    for input in found {
        let Some(digest) = digest::read(&input, &settings.limits)? else {
            given.push(Given::Log(input));
            continue;
        };
        warnings.extend(digest.warnings);
        let kept = digest.inputs.into_iter().map(Box::new);
        given.extend(kept.map(Given::Kept));
    }
    given.sort_by(|a, b| a.shown().cmp(b.shown()));
    for pair in given.windows(2) {
        if let [a, b] = pair
            && a.shown() == b.shown()
        {
            warnings.push(format!(
                "{}: given more than once; exact copies count once",
                a.shown()
            ));
        }
    }
    warnings.sort();
    warnings.dedup();
    Ok((given, warnings))
}
