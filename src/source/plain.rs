//! A regular file without compression: parts of it can be read by themselves.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use super::open::compression_of;
use super::{BUFFER, Input};
use crate::model::Watched;

/// A regular file of plain text.
#[derive(Debug)]
pub struct PlainFile {
    file: File,
    length: u64,
}

impl PlainFile {
    /// The input as such a file; `None` when it is a pipe, an archive or a part of one, compressed, or begins
    /// with a byte order mark.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(input: &Input) -> io::Result<Option<PlainFile>> {
        if input.is_stdin() || input.entry.is_some() {
            return Ok(None);
        }
        let meta = std::fs::metadata(&input.path)?;
        if !meta.is_file() {
            return Ok(None);
        }
        let mut file = File::open(&input.path)?;
        let mut head = Vec::new();
        file.by_ref().take(6).read_to_end(&mut head)?;
        let is_other = compression_of(&head).is_some()
            || head.starts_with(&[0xef, 0xbb, 0xbf])
            || head.starts_with(&[0xff, 0xfe])
            || head.starts_with(&[0xfe, 0xff]);
        Ok((!is_other).then_some(PlainFile {
            file,
            length: meta.len(),
        }))
    }

    /// Its size in bytes.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where the first line begins that begins at `at` or later; the end of the file when there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn line_start(&mut self, at: u64) -> io::Result<u64> {
        let Some(before) = at.checked_sub(1) else {
            return Ok(0);
        };
        let mut from = before;
        let mut buffer = vec![0; 4 << 10];
        while from < self.length {
            self.file.seek(SeekFrom::Start(from))?;
            let n = self.file.read(&mut buffer)?;
            if n == 0 {
                break;
            }
            if let Some(end) = memchr::memchr(b'\n', &buffer[..n]) {
                return Ok(from + end as u64 + 1);
            }
            from += n as u64;
        }
        Ok(self.length)
    }

    /// At most `most` bytes from `at` on, without the line that they cut.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn lines_at(&mut self, at: u64, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(at))?;
        self.file.by_ref().take(most).read_to_end(&mut bytes)?;
        if at + (bytes.len() as u64) < self.length {
            let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |end| end + 1);
            bytes.truncate(whole);
        }
        Ok(bytes)
    }

    /// How many line ends lie in a part.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn line_ends(&mut self, part: Range<u64>) -> io::Result<u64> {
        self.file.seek(SeekFrom::Start(part.start))?;
        let mut rest = self.file.by_ref().take(part.end - part.start);
        let mut buffer = vec![0; BUFFER];
        let mut count = 0;
        loop {
            match rest.read(&mut buffer)? {
                0 => return Ok(count),
                n => count += memchr::memchr_iter(b'\n', &buffer[..n]).count() as u64,
            }
        }
    }

    /// A reader of a part, which tells `watch` of what it reads.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn reader(
        mut self,
        part: Range<u64>,
        watch: &Watched,
    ) -> io::Result<impl Read + Send + use<>> {
        self.file.seek(SeekFrom::Start(part.start))?;
        let told = super::open::Told {
            reader: self.file,
            watch: Watched::clone(watch),
        };
        Ok(told.take(part.end - part.start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Entry, Packing};

    const TEXT: &[u8] = b"one\ntwo\n\nfour\nfive";

    fn input(bytes: &[u8]) -> (tempfile::TempDir, Input) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.log");
        std::fs::write(&path, bytes).unwrap();
        let input = Input {
            shown: path.to_string_lossy().into_owned(),
            path,
            entry: None,
            role: None,
            name: None,
        };
        (folder, input)
    }

    #[test]
    fn lines_are_found_at_any_place() {
        let (_folder, input) = input(TEXT);
        let mut file = PlainFile::of(&input).unwrap().unwrap();
        assert_eq!(file.length(), TEXT.len() as u64);
        let starts: Vec<u64> = (0..=19).map(|at| file.line_start(at).unwrap()).collect();
        let by_hand = [
            0, 4, 4, 4, 4, 8, 8, 8, 8, 9, 14, 14, 14, 14, 14, 18, 18, 18, 18, 18,
        ];
        assert_eq!(starts, by_hand);
        assert_eq!(file.lines_at(4, 8).unwrap(), b"two\n\n");
        assert_eq!(file.lines_at(14, 8).unwrap(), b"five");
        assert_eq!(file.line_ends(4..14).unwrap(), 3);
        let mut text = Vec::new();
        let mut part = file.reader(4..14, &Watched::default()).unwrap();
        part.read_to_end(&mut text).unwrap();
        assert_eq!(text, b"two\n\nfour\n");
    }

    #[test]
    fn what_cannot_be_sought_in_is_not_plain() {
        let (_a, zipped) = input(&[0x1f, 0x8b, 8, 0, 0, 0, 0]);
        assert!(PlainFile::of(&zipped).unwrap().is_none());
        let (_b, wide) = input(&[0xff, 0xfe, b'a', 0]);
        assert!(PlainFile::of(&wide).unwrap().is_none());
        let (_c, mut part) = input(TEXT);
        part.entry = Some(Entry {
            offset: 0,
            length: None,
            packing: Packing::Tar,
        });
        assert!(PlainFile::of(&part).unwrap().is_none());
    }
}
