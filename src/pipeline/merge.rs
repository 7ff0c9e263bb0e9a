//! Rows put in time order without holding all of them: sorted runs go to a temporary file and are merged from there
//! (D. E. Knuth, "The Art of Computer Programming", vol. 3, 5.4).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::model::{SourceRef, Time, TimelineRow};

/// So many rows are held at a time.
const RUN: usize = if cfg!(test) { 7 } else { 1 << 16 };
/// So much of a run is read at a time, in bytes.
const READ: u64 = if cfg!(test) { 600 } else { 32 << 10 };

/// Takes rows in any order.
#[derive(Default)]
pub(super) struct InOrder {
    held: Vec<TimelineRow>,
    file: Option<File>,
    /// Where the runs lie in the file.
    runs: Vec<Range<u64>>,
}

fn key(row: &TimelineRow) -> (Time, SourceRef) {
    (row.time, row.source)
}

impl InOrder {
    /// Takes a row.
    pub(super) fn push(&mut self, row: TimelineRow) -> io::Result<()> {
        self.held.push(row);
        if self.held.len() < RUN {
            return Ok(());
        }
        self.put_away()
    }

    fn put_away(&mut self) -> io::Result<()> {
        self.held.sort_by_key(key);
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let start = file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::new(file);
        for row in self.held.drain(..) {
            let bytes = postcard::to_stdvec(&row).map_err(io::Error::other)?;
            out.write_all(&(bytes.len() as u32).to_le_bytes())?;
            out.write_all(&bytes)?;
        }
        let end = out.stream_position()?;
        out.flush()?;
        self.runs.push(start..end);
        Ok(())
    }

    /// Gives every row by time and source; those with both in common in the order in which they came.
    pub(super) fn give(mut self, row: &mut dyn FnMut(TimelineRow)) -> io::Result<()> {
        self.held.sort_by_key(key);
        let Some(mut file) = self.file else {
            self.held.into_iter().for_each(row);
            return Ok(());
        };
        let mut runs: Vec<Run> = self.runs.into_iter().map(Run::of).collect();
        runs.push(Run {
            rows: self.held.into(),
            rest: 0..0,
        });
        let mut heap = BinaryHeap::new();
        for (i, run) in runs.iter_mut().enumerate() {
            heap.extend(run.first(&mut file)?.map(|k| Reverse((k, i))));
        }
        while let Some(Reverse((_, i))) = heap.pop() {
            if let Some(next) = runs[i].rows.pop_front() {
                row(next);
            }
            heap.extend(runs[i].first(&mut file)?.map(|k| Reverse((k, i))));
        }
        Ok(())
    }
}

/// A sorted run, of which some rows are held.
struct Run {
    rows: VecDeque<TimelineRow>,
    /// The rest, in the file.
    rest: Range<u64>,
}

impl Run {
    fn of(rest: Range<u64>) -> Run {
        Run {
            rows: VecDeque::new(),
            rest,
        }
    }

    fn first(&mut self, file: &mut File) -> io::Result<Option<(Time, SourceRef)>> {
        if self.rows.is_empty() && !self.rest.is_empty() {
            self.read(file)?;
        }
        Ok(self.rows.front().map(key))
    }

    /// Reads the next rows: as many whole ones as lie in [`READ`] bytes, at least one.
    fn read(&mut self, file: &mut File) -> io::Result<()> {
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.rest.start))?;
        let mut wanted = READ.min(self.rest.end - self.rest.start);
        loop {
            Read::by_ref(file)
                .take(wanted - bytes.len() as u64)
                .read_to_end(&mut bytes)?;
            let mut left = bytes.as_slice();
            while let Some((row, after)) = split(left) {
                self.rows
                    .push_back(postcard::from_bytes(row).map_err(io::Error::other)?);
                left = after;
            }
            let taken = (bytes.len() - left.len()) as u64;
            if taken > 0 {
                self.rest.start += taken;
                return Ok(());
            }
            if (bytes.len() as u64) < wanted || wanted == self.rest.end - self.rest.start {
                return Err(io::Error::other("a temporary file was cut"));
            }
            wanted = (2 * wanted).min(self.rest.end - self.rest.start);
        }
    }
}

/// The first row's bytes, and what is behind it; none when it is not whole.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Precision, Role, ZoneFrom};
    use proptest::prelude::*;

    fn row(time: i64, line: u64, message: String) -> TimelineRow {
        TimelineRow {
            time: Time(time),
            precision: Precision::Millis,
            zone_from: ZoneFrom::Explicit,
            role: Role::Payments,
            kind: "payment".into(),
            format: "json".into(),
            level: None,
            service: None,
            exchange: None,
            component: None,
            merchant: None,
            payment_id: None,
            trace_id: None,
            method: None,
            path: None,
            status: None,
            duration_ms: None,
            outcome: None,
            error_class: None,
            message: Some(message),
            source: SourceRef { input: 0, line },
        }
    }

    proptest! {
        #[test]
        fn rows_come_in_order_however_many_there_are(
            rows in proptest::collection::vec((0i64..9, 0u64..3, 0usize..900), 0..60),
        ) {
            let rows: Vec<TimelineRow> = rows
                .into_iter()
                .enumerate()
                .map(|(i, (time, line, long))| row(time, line, format!("{i}{}", "x".repeat(long))))
                .collect();
            let mut expected = rows.clone();
            expected.sort_by_key(key);
            let mut sorted = InOrder::default();
            for row in rows {
                sorted.push(row).unwrap();
            }
            let mut given = Vec::new();
            sorted.give(&mut |row| given.push(row.message)).unwrap();
            let expected: Vec<Option<String>> = expected.into_iter().map(|r| r.message).collect();
            prop_assert_eq!(given, expected);
        }
    }
}
