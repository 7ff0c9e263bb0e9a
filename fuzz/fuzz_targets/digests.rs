//! Digests. What is changed of one is packed again, its lengths and its checksum mended, so that the body is reached.

#![no_main]

use knockon::pipeline::{self, DIGEST_VERSION};
use knockon_fuzz::files::{Folder, settings};
use knockon_fuzz::outputs;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

const NAME: &str = "a.knockon";
/// Most bytes of a body.
const MOST: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    let folder = Folder::with(NAME, bytes);
    let settings = settings(&folder, 1);
    let Ok(report) = pipeline::analyze(&settings, outputs::ALL) else {
        return;
    };
    outputs::adds_up(&report);
    let told = outputs::write_all(&report);
    says_the_same_again(&folder, &told);
});

/// A digest of a digest is read as the digest.
fn says_the_same_again(folder: &Folder, told: &outputs::Outputs) {
    let mut bytes = Vec::new();
    let made = pipeline::digest(&settings(folder, 1), &mut bytes);
    if made.is_err() {
        return; // dates that only other logs could tell
    }
    folder.add(NAME, &bytes);
    let again = pipeline::analyze(&settings(folder, 1), outputs::ALL);
    let again = outputs::write_all(&again.expect("a digest just written"));
    outputs::assert_same("a digest of a digest", told, &again);
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let changed = match seed % 8 {
        0 => None,
        _ => mended(&data[..size], seed),
    };
    match changed.filter(|c| c.len() <= max_size) {
        Some(changed) => {
            data[..changed.len()].copy_from_slice(&changed);
            changed.len()
        }
        None => fuzzer_mutate(data, size, max_size),
    }
});

/// The digest with one of its blocks changed.
fn mended(bytes: &[u8], seed: u32) -> Option<Vec<u8>> {
    let packed = bytes.strip_prefix(first_line().as_bytes())?;
    let body = zstd::bulk::decompress(packed, MOST).ok()?;
    let mut blocks = blocks(&body)?;
    let at = seed as usize / 8 % blocks.len();
    change(blocks.get_mut(at)?);
    Some(packed_again(&blocks))
}

fn first_line() -> String {
    format!("knockon digest {DIGEST_VERSION}\n")
}

/// The blocks of a body, each behind its length.
fn blocks(mut body: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    while !body.is_empty() {
        let (length, rest) = body.split_first_chunk::<8>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (block, rest) = rest.split_at_checked(length)?;
        blocks.push(block.to_vec());
        body = rest;
    }
    (!blocks.is_empty()).then_some(blocks)
}

fn change(block: &mut Vec<u8>) {
    let size = block.len();
    let room = size + 64;
    block.resize(room, 0);
    let size = fuzzer_mutate(block, size, room);
    block.truncate(size);
}

fn packed_again(blocks: &[Vec<u8>]) -> Vec<u8> {
    let mut body = Vec::new();
    for block in blocks {
        body.extend_from_slice(&(block.len() as u64).to_le_bytes());
        body.extend_from_slice(block);
    }
    let packed = zstd::bulk::compress(&body, 1).expect("memory takes every byte");
    [first_line().into_bytes(), packed].concat()
}
