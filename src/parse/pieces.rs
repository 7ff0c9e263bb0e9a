//! Pieces of whole lines: read, looked at and taken all at the same time.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use super::layout::{Finder, Layouts, Row};
use crate::source::{Chunk, Chunks};

/// A first piece, read before anything is known of the lines, in bytes.
const FIRST_CHUNK: usize = match (cfg!(test), cfg!(fuzzing)) {
    (_, true) => 512,
    (true, _) => 4 << 10,
    _ => 32 << 10,
};
/// A piece, in bytes.
const CHUNK: usize = match (cfg!(test), cfg!(fuzzing)) {
    (_, true) => 2 << 10,
    (true, _) => 8 << 10,
    _ => 1 << 20,
};
/// So much is read alone, to learn from, before pieces are looked at beside each other.
const ALONE: usize = 4 * FIRST_CHUNK;

/// Finds what a line (without its line end) is like.
pub(crate) type Find<'f> = dyn Fn(&str, &Layouts, &mut Finder) -> Option<Row> + Sync + 'f;

/// Takes pieces in their order.
pub(crate) trait Taker {
    /// What was learnt of the lines so far.
    fn layouts(&self) -> &Arc<Layouts>;
    /// Takes the lines of the next piece.
    fn take(&mut self, piece: &Piece);
}

/// Reads all pieces; each is given to `taker` once `find` looked at its lines.
pub(crate) fn read_all(
    chunks: &mut Chunks<&mut (dyn Read + Send)>,
    find: &Find<'_>,
    taker: &mut dyn Taker,
) {
    let mut alone = 0;
    while alone < ALONE
        && let Some(chunk) = chunks.next_chunk(FIRST_CHUNK)
    {
        alone += chunk.bytes.len();
        let piece = look(chunk, taker.layouts(), Vec::new(), find);
        taker.take(&piece);
    }
    if alone >= ALONE {
        read_beside(chunks, find, taker, alone);
    }
}

/// Reads pieces, looks at the ones before, and takes the ones before these, all at the same time. What is found of a line
/// never depends on it: the lines are taken in their order, and those like others say what the general reader would.
///
/// The pieces grow with what was read: what is learnt from the lines before serves only pieces looked at later.
fn read_beside(
    chunks: &mut Chunks<&mut (dyn Read + Send)>,
    find: &Find<'_>,
    taker: &mut dyn Taker,
    mut so_far: usize,
) {
    let several = 2 * rayon::current_num_threads();
    let mut read: Vec<Chunk> = Vec::new();
    let mut looked: Vec<Option<Piece>> = Vec::new();
    let mut spare: Vec<Vec<Found>> = Vec::new();
    loop {
        let layouts = Arc::clone(taker.layouts());
        let size = (so_far / (2 * several)).clamp(FIRST_CHUNK, CHUNK);
        let looking = std::mem::take(&mut read);
        let taking = std::mem::take(&mut looked);
        let mut found: Vec<Option<Piece>> = looking.iter().map(|_| None).collect();
        rayon::in_place_scope(|scope| {
            let next = &mut read;
            let source = &mut *chunks;
            scope.spawn(move |_| {
                next.extend((0..several).map_while(|_| source.next_chunk(size)));
            });
            for (chunk, slot) in looking.into_iter().zip(&mut found) {
                let (layouts, room) = (&layouts, spare.pop().unwrap_or_default());
                scope.spawn(move |_| *slot = Some(look(chunk, layouts, room, find)));
            }
            for piece in taking.iter().flatten() {
                taker.take(piece);
            }
        });
        for piece in taking.into_iter().flatten() {
            chunks.give_back(piece.chunk);
            spare.push(piece.lines);
        }
        so_far += read.iter().map(|c| c.bytes.len()).sum::<usize>();
        looked = found;
        if read.is_empty() && looked.is_empty() {
            return;
        }
    }
}

/// One line of a piece.
pub(crate) struct Found {
    /// Where it stands in the piece, without its line end.
    pub(crate) range: Range<usize>,
    /// What it is like, if it is like a line that was read before.
    pub(crate) row: Option<Row>,
}

/// Some whole lines that were looked at.
pub(crate) struct Piece {
    pub(crate) chunk: Chunk,
    pub(crate) lines: Vec<Found>,
}

/// Finds the lines of a piece, and which of them are like others; `lines` is room for them.
fn look(chunk: Chunk, layouts: &Layouts, mut lines: Vec<Found>, find: &Find<'_>) -> Piece {
    lines.clear();
    if chunk.too_long {
        let range = 0..chunk.bytes.len();
        lines.push(Found { range, row: None });
        return Piece { chunk, lines };
    }
    let text = std::str::from_utf8(&chunk.bytes).ok();
    let text = text.filter(|_| !layouts.is_empty());
    let mut finder = Finder::default();
    let mut from = 0;
    while from < chunk.bytes.len() {
        let rest = &chunk.bytes[from..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let mut range = from..from + length;
        if rest[..length].last() == Some(&b'\r') {
            range.end -= 1;
        }
        from += length + 1;
        let line = text.and_then(|t| t.get(range.clone()));
        let row = line.and_then(|l| find(l, layouts, &mut finder));
        lines.push(Found { range, row });
    }
    Piece { chunk, lines }
}
