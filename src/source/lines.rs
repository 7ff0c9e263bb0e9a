//! Bytes into lines: large reads, line ends found by memchr, no copy for a line that fits the buffer.

use std::io::{self, Read};

const CHUNK: usize = 256 << 10;

/// One line without its line end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// The text; cut at the limit when `too_long`.
    pub bytes: &'a [u8],
    /// Longer than the limit: the rest was skipped.
    pub too_long: bool,
}

/// The lines of a reader. Ends at the end of the data or at the first error, which [`Lines::error`] then holds.
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// The unread part of `buffer`.
    start: usize,
    end: usize,
    number: u64,
    max: usize,
    finished: bool,
    error: Option<io::Error>,
    total: u64,
}

impl<R: Read> Lines<R> {
    /// Lines of `reader`, none longer than `max` bytes.
    pub fn new(reader: R, max: usize) -> Lines<R> {
        Lines {
            reader,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            number: 0,
            max: max.max(1),
            finished: false,
            error: None,
            total: 0,
        }
    }

    /// What stopped the reading, if it was not the end of the data.
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Bytes read so far.
    pub fn bytes_read(&self) -> u64 {
        self.total
    }

    /// Passes over lines until the next one is that of this number, or the data ends.
    pub fn skip_to(&mut self, number: u64) {
        while self.number + 1 < number {
            let pending = &self.buffer[self.start..self.end];
            let wanted = number - self.number - 1;
            let ends = memchr::memchr_iter(b'\n', pending).count() as u64;
            if ends >= wanted {
                let last = memchr::memchr_iter(b'\n', pending).nth(wanted as usize - 1);
                self.start += last.map_or(0, |at| at + 1);
                self.number += wanted;
                return;
            }
            self.number += ends;
            self.start = self.end;
            if self.finished {
                return;
            }
            self.fill();
        }
    }

    /// The next line, blank ones included.
    pub fn next_line(&mut self) -> Option<Line<'_>> {
        let mut scanned = 0;
        let (end, next) = loop {
            let pending = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memchr(b'\n', &pending[scanned..]) {
                let at = scanned + at;
                break (self.start + at, self.start + at + 1);
            }
            scanned = pending.len();
            // One more byte may be a carriage return.
            if scanned > self.max + 1 {
                return Some(self.too_long());
            }
            if self.finished {
                if scanned == 0 {
                    return None;
                }
                break (self.end, self.end);
            }
            self.fill();
        };
        let mut bytes = self.start..end;
        self.start = next;
        self.number += 1;
        if self.buffer[bytes.clone()].last() == Some(&b'\r') {
            bytes.end -= 1;
        }
        Some(Line {
            number: self.number,
            too_long: bytes.len() > self.max,
            bytes: &self.buffer[bytes],
        })
    }

    /// Keeps the head of an over-long line at the front of the buffer and drops the rest of the line.
    fn too_long(&mut self) -> Line<'_> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let keep = self.max.min(self.end);
        loop {
            self.end = keep;
            self.fill();
            if let Some(at) = memchr::memchr(b'\n', &self.buffer[keep..self.end]) {
                self.start = keep + at + 1;
                break;
            }
            if self.finished {
                self.start = self.end;
                break;
            }
        }
        self.number += 1;
        Line {
            number: self.number,
            bytes: &self.buffer[..keep],
            too_long: true,
        }
    }

    fn fill(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.finished = true,
                Ok(n) => {
                    self.end += n;
                    self.total += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    self.finished = true;
                    self.error = Some(e);
                }
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn skipping_leads_to_the_same_lines(
            words in proptest::collection::vec("[ab\\r]{0,9}", 0..40),
            steps in proptest::collection::vec(1u64..9, 0..9),
        ) {
            let text = words.join("\n");
            let mut one_by_one = Lines::new(text.as_bytes(), 4);
            let mut skipping = Lines {
                buffer: vec![0; 16],
                ..Lines::new(text.as_bytes(), 4)
            };
            let told = |l: Line<'_>| (l.number, l.too_long, (!l.too_long).then(|| l.bytes.to_vec()));
            let mut number = 0;
            for step in steps {
                number += step;
                skipping.skip_to(number);
                let found = skipping.next_line().map(told);
                let mut expected = None;
                while let Some(line) = one_by_one.next_line() {
                    if line.number == number {
                        expected = Some(told(line));
                        break;
                    }
                }
                prop_assert_eq!(found, expected);
            }
        }
    }

    fn all(bytes: &[u8], max: usize) -> Vec<(u64, Vec<u8>, bool)> {
        let mut lines = Lines::new(bytes, max);
        let mut out = Vec::new();
        while let Some(line) = lines.next_line() {
            out.push((line.number, line.bytes.to_vec(), line.too_long));
        }
        out
    }

    #[test]
    fn line_ends_are_cut_and_the_last_line_needs_none() {
        assert_eq!(
            all(b"a\r\n\nb", 10),
            [
                (1, b"a".to_vec(), false),
                (2, vec![], false),
                (3, b"b".to_vec(), false)
            ]
        );
        assert!(all(b"", 10).is_empty());
    }

    #[test]
    fn a_line_over_the_limit_is_marked_and_the_next_one_is_whole() {
        let mut text = vec![b'x'; 3 * CHUNK];
        text.extend_from_slice(b"\nnext\n");
        let lines = all(&text, 1000);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].2);
        assert_eq!(lines[0].1.len(), 1000);
        assert_eq!(lines[1], (2, b"next".to_vec(), false));
    }

    #[test]
    fn a_line_longer_than_the_buffer_but_within_the_limit_is_whole() {
        let mut text = vec![b'x'; 3 * CHUNK];
        text.extend_from_slice(b"\ny");
        let lines = all(&text, 4 * CHUNK);
        assert_eq!(lines[0].1.len(), 3 * CHUNK);
        assert!(!lines[0].2);
        assert_eq!(lines[1].1, b"y");
    }

    proptest! {
        #[test]
        fn agrees_with_a_plain_split(text in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(b'\r')], 0..200)) {
            let mut expected: Vec<Vec<u8>> = text
                .split(|b| *b == b'\n')
                .map(|l| l.strip_suffix(b"\r").unwrap_or(l).to_vec())
                .collect();
            if text.last().is_none_or(|b| *b == b'\n') {
                expected.pop();
            }
            let got: Vec<Vec<u8>> = all(&text, 1000).into_iter().map(|l| l.1).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
