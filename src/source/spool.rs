//! Standard input, named pipes and compressed archives, kept so that they can be read twice: in memory, then in a temporary file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::open::too_large;
use super::{BUFFER, Limits};

/// What has been read from a source that gives its bytes only once.
pub(super) struct Spool {
    head: Vec<u8>,
    /// The rest; without a name, so that it goes when the process does.
    rest: Option<Mutex<File>>,
    /// How the source ended, where that was no end: told after the bytes before it.
    failure: Option<(io::ErrorKind, String)>,
}

/// Spools of this process by path: the operating system has one standard input, so there is one spool of it.
static SPOOLS: Mutex<BTreeMap<PathBuf, Arc<Spool>>> = Mutex::new(BTreeMap::new());

/// The kept bytes of `path`, read with `open` the first time.
pub(super) fn kept(
    path: &Path,
    limits: &Limits,
    open: impl FnOnce() -> io::Result<Box<dyn Read>>,
) -> io::Result<Arc<Spool>> {
    let mut spools = SPOOLS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(spool) = spools.get(path) {
        return Ok(spool.clone());
    }
    let spool = Arc::new(Spool::fill(open()?, limits)?);
    spools.insert(path.to_owned(), spool.clone());
    Ok(spool)
}

/// Drops every kept spool; readers of one keep theirs.
pub(crate) fn forget_kept() {
    let mut spools = SPOOLS.lock().unwrap_or_else(PoisonError::into_inner);
    spools.clear();
}

impl Spool {
    fn fill(mut reader: impl Read, limits: &Limits) -> io::Result<Spool> {
        let mut spool = Spool {
            head: Vec::new(),
            rest: None,
            failure: None,
        };
        let mut room = limits.max_unpacked_bytes;
        let mut buffer = vec![0; BUFFER];
        loop {
            let n = match reader.read(&mut buffer) {
                Ok(0) => return Ok(spool),
                Ok(n) => n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) if spool.head.is_empty() => return Err(e),
                Err(e) => {
                    spool.failure = Some((e.kind(), e.to_string()));
                    return Ok(spool);
                }
            };
            let kept = n.min(usize::try_from(room).unwrap_or(n));
            spool.keep(&buffer[..kept], limits.spool_memory_bytes)?;
            room -= kept as u64;
            if kept < n {
                let e = too_large(limits);
                spool.failure = Some((e.kind(), e.to_string()));
                return Ok(spool);
            }
        }
    }

    fn keep(&mut self, bytes: &[u8], memory: usize) -> io::Result<()> {
        let here = memory.saturating_sub(self.head.len()).min(bytes.len());
        let (head, rest) = bytes.split_at(here);
        self.head.extend_from_slice(head);
        if rest.is_empty() {
            return Ok(());
        }
        let file = match &mut self.rest {
            Some(file) => file,
            none => none.insert(Mutex::new(tempfile::tempfile()?)),
        };
        let file = file.get_mut().unwrap_or_else(PoisonError::into_inner);
        file.write_all(rest)
    }

    /// A reader from the start, independent of other readers.
    pub(super) fn reader(self: Arc<Spool>) -> SpoolReader {
        self.reader_from(0)
    }

    /// A reader from a byte on.
    pub(super) fn reader_from(self: Arc<Spool>, at: u64) -> SpoolReader {
        let failure = self.failure.clone();
        SpoolReader {
            spool: self,
            at,
            failure,
        }
    }
}

/// Reads a [`Spool`].
pub(super) struct SpoolReader {
    spool: Arc<Spool>,
    at: u64,
    /// Still to be told.
    failure: Option<(io::ErrorKind, String)>,
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
        match self.failure.take_if(|_| n == 0 && !buffer.is_empty()) {
            Some((kind, text)) => Err(io::Error::new(kind, text)),
            None => Ok(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_memory_is_read_twice_and_side_by_side() {
        let data: Vec<u8> = (0..100_000u32).map(|i| (i % 251) as u8).collect();
        for memory in [10, 99_999, 100_000, 200_000] {
            let limits = Limits {
                spool_memory_bytes: memory,
                ..Limits::default()
            };
            let spool = Arc::new(Spool::fill(&data[..], &limits).unwrap());
            let (mut a, mut b) = (spool.clone().reader(), spool.reader());
            let mut half = vec![0; 50_000];
            a.read_exact(&mut half).unwrap();
            let mut whole = Vec::new();
            b.read_to_end(&mut whole).unwrap();
            a.read_to_end(&mut half).unwrap();
            assert!(whole == data && half == data, "memory {memory}");
        }
    }

    #[test]
    fn what_is_too_large_is_kept_up_to_the_limit_and_then_an_error() {
        for memory in [10, 1000] {
            let limits = Limits {
                spool_memory_bytes: memory,
                max_unpacked_bytes: 100,
                ..Limits::default()
            };
            let read = |size: usize| {
                let spool = Arc::new(Spool::fill(&vec![7; size][..], &limits).unwrap());
                let mut out = Vec::new();
                let error = spool.reader().read_to_end(&mut out).err();
                (out.len(), error.map(|e| e.to_string()))
            };
            assert_eq!(read(100), (100, None));
            let (kept, error) = read(101);
            assert_eq!(kept, 100);
            assert!(error.unwrap().contains("--max-unpacked"));
        }
    }
}
