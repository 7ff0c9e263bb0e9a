//! Digests: what was read of some logs, kept so that another run can go on from it without them.
//!
//! A first line `knockon digest N` with the version of the format, then one zstd frame with its checksum. In it, each block
//! behind its length (8 bytes, little endian): the warnings of the search for inputs, then one block for each input. Blocks are
//! written by postcard. docs/digest.md tells the same to people.

use std::collections::BTreeMap;
use std::io::{BufRead, Read, Write};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::model::Watched;
use crate::source::{self, Input, Limits};
use crate::timeline::Part;

/// How the first line begins.
const MAGIC: &str = "knockon digest ";
/// The version that is written, and the only one that is read: it grows with each change to what a block holds.
pub const DIGEST_VERSION: u32 = 1;
/// zstd's own default: a digest is written once and sent, but people wait for it.
const LEVEL: i32 = 3;

/// What a digest holds.
#[derive(Debug, Default)]
pub(super) struct Digest {
    /// Of the search for inputs.
    pub(super) warnings: Vec<String>,
    /// In the order of their shown paths.
    pub(super) inputs: Vec<Kept>,
}

/// One input, read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Its path as shown.
    pub(super) path: String,
    /// Its facts, until they are handed on.
    pub(super) part: Option<Part>,
    /// The texts of the lines that a report may cite.
    pub(super) texts: BTreeMap<u64, String>,
}

/// Writes a digest.
pub(super) fn write(digest: &Digest, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{MAGIC}{DIGEST_VERSION}")?;
    let mut packed = zstd::Encoder::new(out, LEVEL)?;
    packed.include_checksum(true)?;
    block(&digest.warnings, &mut packed)?;
    for input in &digest.inputs {
        block(input, &mut packed)?;
    }
    packed.finish()?;
    Ok(())
}

fn block(what: &impl Serialize, out: &mut impl Write) -> Result<()> {
    let bytes = postcard::to_stdvec(what)?;
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(&bytes)?;
    Ok(())
}

/// The digest that an input is; `None` when it is something else, also when it cannot be opened: whoever reads it tells why.
///
/// # Errors
/// It is one, but of another version, damaged, or cut off.
pub(super) fn read(input: &Input, limits: &Limits) -> Result<Option<Digest>> {
    let Ok(opened) = source::open(input, limits, &Watched::default()) else {
        return Ok(None);
    };
    let mut reader = opened.reader;
    let mut first = Vec::new();
    let longest = MAGIC.len() as u64 + 20;
    if reader
        .by_ref()
        .take(longest)
        .read_until(b'\n', &mut first)
        .is_err()
    {
        return Ok(None);
    }
    let Some(version) = String::from_utf8(first).ok().and_then(|l| version_of(&l)) else {
        return Ok(None);
    };
    ensure!(
        version == DIGEST_VERSION.to_string(),
        "{}: a digest of format {version}, and this knockon reads format {DIGEST_VERSION}; make it anew from the logs, or take the \
         knockon that made it",
        input.shown
    );
    let broken = || format!("{}: the digest is damaged or cut off", input.shown);
    unpack(reader).with_context(broken).map(Some)
}

/// What stands behind the magic words of a first line.
fn version_of(line: &str) -> Option<String> {
    Some(line.strip_prefix(MAGIC)?.strip_suffix('\n')?.to_owned())
}

fn unpack(reader: impl BufRead) -> Result<Digest> {
    let mut plain = zstd::Decoder::with_buffer(reader)?;
    let Some(warnings) = next_block(&mut plain)? else {
        bail!("it ends before its first block");
    };
    let mut inputs = Vec::new();
    while let Some(input) = next_block(&mut plain)? {
        inputs.push(input);
    }
    Ok(Digest { warnings, inputs })
}

fn next_block<T: DeserializeOwned>(from: &mut impl Read) -> Result<Option<T>> {
    let mut head = Vec::new();
    from.by_ref().take(8).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(None);
    }
    let length: [u8; 8] = head.as_slice().try_into().context("a cut length")?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    from.by_ref().take(length).read_to_end(&mut bytes)?;
    ensure!(bytes.len() as u64 == length, "a cut block");
    Ok(Some(postcard::from_bytes(&bytes)?))
}
