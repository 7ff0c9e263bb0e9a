//! Standard input, named pipes and compressed archives, kept so that they can be read twice: in memory, then in a temporary file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What has been read from a source that gives its bytes only once.
pub(super) struct Spool {
    head: Vec<u8>,
    /// The rest; without a name, so that it goes when the process does.
    rest: Option<Mutex<File>>,
}

/// Spools of this process by path: the operating system has one standard input, so there is one spool of it.
static SPOOLS: Mutex<BTreeMap<PathBuf, Arc<Spool>>> = Mutex::new(BTreeMap::new());

/// The kept bytes of `path`, read with `open` the first time.
pub(super) fn kept(
    path: &Path,
    memory: usize,
    open: impl FnOnce() -> io::Result<Box<dyn Read>>,
) -> io::Result<Arc<Spool>> {
    let mut spools = SPOOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(spool) = spools.get(path) {
        return Ok(spool.clone());
    }
    let spool = Arc::new(Spool::fill(open()?, memory)?);
    spools.insert(path.to_owned(), spool.clone());
    Ok(spool)
}

impl Spool {
    fn fill(mut reader: impl Read, memory: usize) -> io::Result<Spool> {
        let mut head = Vec::new();
        reader.by_ref().take(memory as u64).read_to_end(&mut head)?;
        let mut next = [0u8; 1];
        if head.len() < memory || reader.read(&mut next)? == 0 {
            return Ok(Spool { head, rest: None });
        }
        let mut file = tempfile::tempfile()?;
        file.write_all(&next)?;
        io::copy(&mut reader, &mut file)?;
        Ok(Spool {
            head,
            rest: Some(Mutex::new(file)),
        })
    }

    /// A reader from the start, independent of other readers.
    pub(super) fn reader(self: Arc<Spool>) -> SpoolReader {
        self.reader_from(0)
    }

    /// A reader from a byte on.
    pub(super) fn reader_from(self: Arc<Spool>, at: u64) -> SpoolReader {
        SpoolReader { spool: self, at }
    }
}

/// Reads a [`Spool`].
pub(super) struct SpoolReader {
    spool: Arc<Spool>,
    at: u64,
}

impl Read for SpoolReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.spool.head.len() as u64;
        let n = if self.at < head {
            let mut cursor = Cursor::new(&self.spool.head);
            cursor.set_position(self.at);
            cursor.read(buffer)?
        } else if let Some(rest) = &self.spool.rest {
            let mut file = rest.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.at - head))?;
            file.read(buffer)?
        } else {
            0
        };
        self.at += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_memory_is_read_twice_and_side_by_side() {
        let data: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        for memory in [10, 99_999, 100_000, 200_000] {
            let spool = Arc::new(Spool::fill(&data[..], memory).unwrap());
            let (mut a, mut b) = (spool.clone().reader(), spool.reader());
            let mut half = vec![0; 50_000];
            a.read_exact(&mut half).unwrap();
            let mut whole = Vec::new();
            b.read_to_end(&mut whole).unwrap();
            a.read_to_end(&mut half).unwrap();
            assert!(whole == data && half == data, "memory {memory}");
        }
    }
}
