//! Bytes into pieces of whole lines, for several readers at once.

use std::io::{self, Read};

/// Some whole lines.
#[derive(Debug)]
pub struct Chunk {
    /// The lines with their ends; only the last of all may lack its end.
    pub bytes: Vec<u8>,
    /// Whether this is the head of one line that is longer than the limit: the rest of it was skipped.
    pub too_long: bool,
}

/// The pieces of a reader. Ends at the end of the data or at the first error, which [`Chunks::error`] then holds.
pub struct Chunks<R> {
    reader: R,
    /// Read already, and part of the next piece.
    rest: Vec<u8>,
    max: usize,
    finished: bool,
    error: Option<io::Error>,
    /// Memory of pieces that were given back.
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Chunks<R> {
    /// Pieces of `reader` with no line longer than `max` bytes.
    pub fn new(reader: R, max: usize) -> Chunks<R> {
        Chunks {
            reader,
            rest: Vec::new(),
            max: max.max(1),
            finished: false,
            error: None,
            spare: Vec::new(),
        }
    }

    /// Takes the memory of a piece that is no longer needed, for a later one.
    pub fn give_back(&mut self, chunk: Chunk) {
        self.spare.push(chunk.bytes);
    }

    /// What stopped the reading, if it was not the end of the data.
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// The next piece: about `size` bytes, more where a line is longer.
    pub fn next_chunk(&mut self, size: usize) -> Option<Chunk> {
        let mut bytes = self.spare.pop().unwrap_or_default();
        bytes.clear();
        bytes.append(&mut self.rest);
        bytes.reserve(size.saturating_sub(bytes.len()));
        let mut searched = 0;
        loop {
            let wanted = size.max(bytes.len() + 1 + size / 4);
            self.read_to(&mut bytes, wanted);
            if let Some(at) = memchr::memrchr(b'\n', &bytes[searched..]) {
                self.rest.extend_from_slice(&bytes[searched + at + 1..]);
                bytes.truncate(searched + at + 1);
                return Some(Chunk {
                    bytes,
                    too_long: false,
                });
            }
            if self.finished {
                return (!bytes.is_empty()).then_some(Chunk {
                    too_long: bytes.len() > self.max,
                    bytes,
                });
            }
            if bytes.len() > self.max {
                self.skip_line();
                bytes.truncate(self.max);
                return Some(Chunk {
                    bytes,
                    too_long: true,
                });
            }
            searched = bytes.len();
        }
    }

    /// Reads until `bytes` has `wanted` bytes, or the data ends.
    fn read_to(&mut self, bytes: &mut Vec<u8>, wanted: usize) {
        let mut have = bytes.len();
        if wanted <= have {
            return;
        }
        bytes.resize(wanted, 0);
        while have < wanted && !self.finished {
            match self.reader.read(&mut bytes[have..]) {
                Ok(0) => self.finished = true,
                Ok(n) => have += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.finished = true;
                    self.error = Some(e);
                }
            }
        }
        bytes.truncate(have);
    }

    /// Drops what is left of a line.
    fn skip_line(&mut self) {
        const STEP: usize = 64 << 10;
        while !self.finished {
            let mut bytes = Vec::new();
            self.read_to(&mut bytes, STEP);
            if let Some(at) = memchr::memchr(b'\n', &bytes) {
                self.rest = bytes[at + 1..].to_vec();
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Lines;
    use proptest::prelude::*;

    fn by_chunks(text: &[u8], size: usize, max: usize) -> Vec<(Vec<u8>, bool)> {
        let mut chunks = Chunks::new(text, max);
        let mut out = Vec::new();
        while let Some(chunk) = chunks.next_chunk(size) {
            if chunk.too_long {
                out.push((chunk.bytes, true));
                continue;
            }
            for line in chunk.bytes.split_inclusive(|b| *b == b'\n') {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                out.push((line.to_vec(), line.len() > max));
            }
        }
        out
    }

    proptest! {
        #[test]
        fn the_lines_are_those_that_are_read_one_by_one(
            text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(b'b')], 0..300),
            size in 1usize..40,
            max in 3usize..60,
        ) {
            let mut lines = Lines::new(text.as_slice(), max);
            let mut expected = Vec::new();
            while let Some(line) = lines.next_line() {
                expected.push((line.bytes[..line.bytes.len().min(max)].to_vec(), line.too_long));
            }
            let mut got = by_chunks(&text, size, max);
            got.iter_mut().for_each(|(line, _)| line.truncate(max));
            prop_assert_eq!(got, expected);
        }
    }
}
