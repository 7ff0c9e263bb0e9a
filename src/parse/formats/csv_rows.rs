//! The rows of a CSV file, line by line: a row goes over several lines only while a quote is open.
//!
//! A quote that nobody closes would swallow the rest of the file. It is given up as soon as a line that it would swallow is
//! a row by itself; its first line is a reject then, and the lines after it are read on their own.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use csv::ByteRecord;

use super::csv::{Header, is_header, read_row};
use crate::model::Record;
use crate::parse::Output;
use crate::parse::fields::Fields;
use crate::parse::layout::{Cut, Finder, Layouts, Row, Shape};
use crate::parse::pieces::{self, Piece, Taker};
use crate::source::Chunks;

/// Reads all rows of `reader`, the header included.
pub(super) fn read_all(
    reader: &mut (dyn Read + Send),
    header: &Header,
    fields: &mut Fields,
    output: &mut Output<'_>,
) {
    let mut chunks = Chunks::new(reader, output.limits.max_line_bytes);
    let mut rows = Rows {
        cells: Cells::new(header.delimiter),
        finder: Finder::default(),
        layouts: Arc::default(),
        row: ByteRecord::new(),
        line: 0,
        seen: 0,
        open: Vec::new(),
        held: 0,
        header,
        fields,
        output,
    };
    let find = |line: &str, layouts: &Layouts, finder: &mut Finder| {
        let mut cells = std::mem::take(&mut finder.cells);
        let is_plain = plain_cells(line.as_bytes(), header.delimiter, &mut cells);
        let row = is_plain.then(|| layouts.find_cells(line, cells.iter().cloned(), finder));
        finder.cells = cells;
        row.flatten()
    };
    pieces::read_all(&mut chunks, &find, &mut rows);
    rows.end();
    if let Some(error) = chunks.error() {
        output.cut_off(error);
    }
}

/// Finds where the cells of a line stand, if it is a row by itself that no reader could understand otherwise: quotes stand around
/// whole cells only, and none is inside of one.
fn plain_cells(line: &[u8], delimiter: u8, cells: &mut Vec<Range<usize>>) -> bool {
    cells.clear();
    if line.is_empty() || memchr::memchr(b'\r', line).is_some() {
        return false; // no row, or several
    }
    let mut at = 0;
    loop {
        let rest = &line[at..];
        let (cell, end) = if rest.first() == Some(&b'"') {
            let Some(length) = memchr::memchr(b'"', &rest[1..]) else {
                return false;
            };
            (at + 1..at + 1 + length, at + length + 2)
        } else {
            let length = memchr::memchr2(delimiter, b'"', rest).unwrap_or(rest.len());
            (at..at + length, at + length)
        };
        cells.push(cell);
        match line.get(end) {
            None => return true,
            Some(&b) if b == delimiter => at = end + 1,
            Some(_) => return false,
        }
    }
}

/// A line, and its number.
type Line = (u64, Vec<u8>);

/// The rows, taken in their order.
struct Rows<'r, 's> {
    header: &'r Header,
    fields: &'r mut Fields,
    output: &'r mut Output<'s>,
    layouts: Arc<Layouts>,
    finder: Finder,
    cells: Cells,
    row: ByteRecord,
    /// Number of the last line.
    line: u64,
    /// Rows so far, the header's among them.
    seen: usize,
    /// Lines since a quote was opened.
    open: Vec<Line>,
    /// Their bytes.
    held: usize,
}

impl Taker for Rows<'_, '_> {
    fn layouts(&self) -> &Arc<Layouts> {
        &self.layouts
    }

    fn take(&mut self, piece: &Piece) {
        let bytes = &piece.chunk.bytes;
        for (i, found) in piece.lines.iter().enumerate() {
            self.line += 1;
            if piece.chunk.too_long {
                self.too_long();
                continue;
            }
            let next = piece.lines.get(i + 1);
            let end = next.map_or(bytes.len(), |n| n.range.start);
            let whole = &bytes[found.range.start..end];
            let text = &bytes[found.range.clone()];
            if !self.open.is_empty() && (found.row.is_some() || self.is_a_row(text)) {
                self.give_up();
            }
            match &found.row {
                Some(row) => self.take_alike(row, text),
                None if self.open.is_empty() => self.take_line(self.line, whole),
                None => self.go_on(whole),
            }
        }
    }
}

impl Rows<'_, '_> {
    /// Takes a line that is a row like another.
    fn take_alike(&mut self, row: &Row, line: &[u8]) {
        let Ok(text) = std::str::from_utf8(line) else {
            return; // looked at as text
        };
        self.seen += 1;
        self.output.line();
        self.fields.calendar.saw(row.time.time);
        self.output
            .alike(row.format, row.number, &row.alike(text, self.line));
    }

    /// Takes a line with its end, where no quote is open.
    fn take_line(&mut self, number: u64, line: &[u8]) {
        let rest = self.whole_rows(number, line);
        if !rest.is_empty() {
            self.hold(number, rest);
        }
    }

    fn hold(&mut self, number: u64, line: &[u8]) {
        self.held += line.len();
        self.open.push((number, line.to_vec()));
    }

    /// The lines that were held.
    fn held(&mut self) -> Vec<Line> {
        self.held = 0;
        std::mem::take(&mut self.open)
    }

    /// Takes the rows that end on this line; gives what is left of it where a quote is open at its end.
    fn whole_rows<'l>(&mut self, number: u64, mut line: &'l [u8]) -> &'l [u8] {
        loop {
            self.cells.clear();
            if line.iter().all(|b| matches!(b, b'\r' | b'\n')) {
                return &[];
            }
            match self.cells.feed_line(line) {
                Some(read) => {
                    self.take_row(number);
                    line = &line[read..];
                }
                None => return line,
            }
        }
    }

    /// Takes one more line while a quote is open.
    fn go_on(&mut self, line: &[u8]) {
        let ended = self.cells.feed_line(line);
        self.hold(self.line, line);
        match ended {
            None if self.held > self.output.limits.max_line_bytes => self.give_up(),
            None => {}
            Some(read) if self.cells.fit(self.header.columns.len()) => {
                let number = self.held().first().map_or(self.line, |first| first.0);
                self.take_row(number);
                self.take_line(self.line, &line[read..]);
            }
            Some(_) => self.give_up(),
        }
    }

    /// The open quote was never closed: its first line is no row, and the others are read on their own.
    fn give_up(&mut self) {
        let mut lines = self.held().into_iter();
        let reason = "a quote is opened and never closed";
        if let Some((number, _)) = lines.next() {
            self.output.line();
            self.output.reject(number, reason);
        }
        for (number, line) in lines {
            if !self.whole_rows(number, &line).is_empty() {
                self.output.line();
                self.output.reject(number, reason);
            }
        }
        self.cells.clear();
    }

    /// Takes what is open at the end of the file: a last line that lacks its quote, else lines that no quote holds together.
    fn end(&mut self) {
        if self.open.len() > 1 {
            self.give_up();
        } else if let Some((number, _)) = self.held().first() {
            self.cells.end();
            self.take_row(*number);
        }
    }

    fn too_long(&mut self) {
        if !self.open.is_empty() {
            self.give_up();
        }
        let max = self.output.limits.max_line_bytes;
        self.output.line();
        self.output
            .reject(self.line, format!("longer than {max} bytes"));
    }

    /// Whether a line is a row by itself: as many cells as the header, and a time.
    fn is_a_row(&mut self, line: &[u8]) -> bool {
        let cells = &mut self.finder.cells;
        let is_plain = plain_cells(line, self.header.delimiter, cells);
        if !is_plain || cells.len() != self.header.columns.len() {
            return false;
        }
        let row: ByteRecord = cells.iter().map(|cell| &line[cell.clone()]).collect();
        read_row(&row, self.header, self.line, self.fields).is_some_and(|r| r.is_ok())
    }

    /// Takes the row that the cells hold.
    fn take_row(&mut self, line: u64) {
        let mut row = std::mem::take(&mut self.row);
        self.cells.row(&mut row);
        self.seen += 1;
        if self.seen > self.header.row + 1 && !is_header(&row, self.header) {
            self.output.line();
            if !self.is_alike(&row, line) {
                self.read(&row, line);
            }
        }
        self.row = row;
    }

    /// Takes a row if it is like another.
    fn is_alike(&mut self, row: &ByteRecord, line: u64) -> bool {
        let Ok(text) = std::str::from_utf8(row.as_slice()) else {
            return false;
        };
        let found = self.layouts.find_cells(text, ranges(row), &mut self.finder);
        let Some(found) = found else {
            return false;
        };
        self.fields.calendar.saw(found.time.time);
        self.output
            .alike(found.format, found.number, &found.alike(text, line));
        true
    }

    /// Reads a row in full.
    fn read(&mut self, row: &ByteRecord, line: u64) {
        match read_row(row, self.header, line, self.fields) {
            Some(Ok(record)) => self.learn(row, &record),
            Some(Err(reason)) => self.output.reject(line, reason),
            None => self.output.reject(
                line,
                format!(
                    "{} fields, the header has {}",
                    row.len(),
                    self.header.columns.len()
                ),
            ),
        }
    }

    /// Gives the record of a row, and learns from it.
    fn learn(&mut self, row: &ByteRecord, record: &Record<'_>) {
        let text = std::str::from_utf8(row.as_slice());
        let header = self.header;
        let same = row.len() == header.columns.len() && !header.vendor.is_special();
        let learns = same && self.output.learns() && self.layouts.is_eager();
        let (Ok(text), true) = (text, learns) else {
            return self.output.record("csv", record);
        };
        let Some(number) = self.output.learn("csv", record) else {
            return;
        };
        let cut = |(range, column): (Range<usize>, &usize)| Cut {
            range,
            shape: Shape::Cell,
            role: self.fields.role(*column),
        };
        let cuts: Vec<Cut> = ranges(row).zip(&header.columns).map(cut).collect();
        Arc::make_mut(&mut self.layouts).learn("csv", text, &cuts, record, number);
    }
}

/// Where the cells stand in the text of a row.
fn ranges(row: &ByteRecord) -> impl ExactSizeIterator<Item = Range<usize>> {
    (0..row.len()).map(|i| row.range(i).unwrap_or(0..0))
}

/// The cells of a row, put together from the lines that it goes over.
struct Cells {
    reader: csv_core::Reader,
    text: Vec<u8>,
    /// So much of the text is in use.
    used: usize,
    ends: Vec<usize>,
    /// So many of the ends are in use.
    ended: usize,
}

impl Cells {
    fn new(delimiter: u8) -> Cells {
        Cells {
            reader: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            text: vec![0; 1 << 10],
            used: 0,
            ends: vec![0; 64],
            ended: 0,
        }
    }

    fn clear(&mut self) {
        self.reader.reset();
        (self.used, self.ended) = (0, 0);
    }

    /// Whether there are so many cells, or more that are empty.
    fn fit(&self, count: usize) -> bool {
        let ends = &self.ends[..self.ended];
        count.checked_sub(1).and_then(|last| ends.get(last)) == ends.last()
    }

    /// Takes a line; gives how much of it was read when the row ended on it.
    fn feed_line(&mut self, line: &[u8]) -> Option<usize> {
        let read = self.feed(line);
        if read.is_some() || line.ends_with(b"\n") {
            return read;
        }
        self.feed(b"\n").map(|_| line.len())
    }

    /// Nothing more comes.
    fn end(&mut self) {
        self.feed(b"");
    }

    fn feed(&mut self, bytes: &[u8]) -> Option<usize> {
        use csv_core::ReadRecordResult as Read;
        let mut at = 0;
        loop {
            let (text, ends) = (&mut self.text[self.used..], &mut self.ends[self.ended..]);
            let (result, read, written, ended) = self.reader.read_record(&bytes[at..], text, ends);
            at += read;
            self.used += written;
            self.ended += ended;
            match result {
                Read::OutputFull => self.text.resize(self.text.len() * 2, 0),
                Read::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                Read::Record => return Some(at),
                Read::InputEmpty | Read::End => return None,
            }
        }
    }

    /// Puts the cells into `row`.
    fn row(&self, row: &mut ByteRecord) {
        row.clear();
        let mut from = 0;
        for &end in &self.ends[..self.ended] {
            row.push_field(&self.text[from..end]);
            from = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, RawIncident};
    use crate::parse::{FormatInfo, ReadOptions, ReadSummary, Sink, read};
    use crate::source::Input;
    use proptest::prelude::*;

    /// Keeps line, id and error of every record.
    #[derive(Default)]
    struct Kept(Vec<(u64, String, String)>);

    impl Sink for Kept {
        fn format(&mut self, _: &FormatInfo) {}

        fn record(&mut self, record: &Record<'_>) {
            let text = |field| record.get(field).unwrap_or("").to_owned();
            let (id, error) = (text(Field::PaymentId), text(Field::ErrorMessage));
            self.0.push((record.line, id, error));
        }

        fn status(&mut self, _: RawIncident) {}
    }

    fn rows_of(text: &[u8]) -> (Vec<(u64, String, String)>, ReadSummary) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, text).unwrap();
        let input = Input {
            path: file.path().to_owned(),
            entry: None,
            shown: "pay.csv".to_owned(),
            role: None,
            name: None,
        };
        let mut kept = Kept::default();
        let summary = read(&input, &ReadOptions::default(), &mut kept).unwrap();
        assert_eq!(summary.format, "csv");
        (kept.0, summary)
    }

    const HEADER: &str = "time,payment_id,status,error_message\n";

    fn plain_row(n: usize) -> String {
        format!(
            "2024-05-10T08:{:02}:{:02}Z,pay_{n},succeeded,\n",
            n / 60,
            n % 60
        )
    }

    #[test]
    fn a_quote_that_nobody_closes_costs_one_row() {
        for quote in ["\"never closed", "\"never closed, and more", "\"a \"\" b"] {
            let mut text = HEADER.to_owned();
            for n in 0..2000 {
                match n {
                    700 => text.push_str(&format!("2024-05-10T08:11:40Z,pay_700,failed,{quote}\n")),
                    n => text.push_str(&plain_row(n)),
                }
            }
            let (rows, summary) = rows_of(text.as_bytes());
            assert_eq!(rows.len(), 1999, "{quote}");
            assert_eq!((summary.lines, summary.rejected), (2000, 1), "{quote}");
            assert_eq!(summary.rejects[0].line, 702);
            assert_eq!(rows.last().unwrap().0, 2001);
        }
    }

    #[test]
    fn a_quote_that_another_rows_quote_closes_costs_two_rows() {
        let mut text = HEADER.to_owned();
        text.push_str("2024-05-10T08:00:00Z,pay_0,failed,\"never closed\n");
        text.push_str("2024-05-10T08:00:01Z,pay_1,failed,\"time-out, \"\"504\"\"\"\n");
        text.push_str(&plain_row(2));
        let (rows, summary) = rows_of(text.as_bytes());
        let ids: Vec<&str> = rows.iter().map(|r| r.1.as_str()).collect();
        assert_eq!(ids, ["pay_1", "pay_2"]);
        assert_eq!(summary.rejected, 1);
        assert_eq!(rows[0].2, "time-out, \"504\"");
    }

    #[test]
    fn a_row_that_an_open_quote_would_swallow_is_read() {
        let mut text = HEADER.to_owned();
        text.push_str("2024-05-10T08:00:00Z,pay_0,failed,\"never closed\n");
        // the quote before its last cell would close the one above, and the cells would be as many as they should
        text.push_str("2024-05-10T08:00:01Z,pay_1,failed,\"time-out\"\n");
        text.push_str(&plain_row(2));
        let (rows, summary) = rows_of(text.as_bytes());
        let ids: Vec<&str> = rows.iter().map(|r| r.1.as_str()).collect();
        assert_eq!(ids, ["pay_1", "pay_2"]);
        assert_eq!(summary.rejects[0].line, 2);
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for end in ["\n", "\r\n"] {
            let text = format!("{HEADER}\n{}\n{}", plain_row(1), plain_row(2)).replace('\n', end);
            let lines: Vec<u64> = rows_of(text.as_bytes()).0.iter().map(|r| r.0).collect();
            assert_eq!(lines, [3, 5], "{end:?}");
        }
    }

    #[test]
    fn a_last_row_that_lacks_its_quote_is_read() {
        let text = format!(
            "{HEADER}{}2024-05-10T08:00:09Z,pay_9,failed,\"cut o",
            plain_row(1)
        );
        let (rows, summary) = rows_of(text.as_bytes());
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].2, "cut o");
        assert_eq!(summary.rejected, 0);
    }

    fn cell() -> impl Strategy<Value = String> {
        proptest::string::string_regex("[a-c,;\"\r\n ]{0,6}").unwrap()
    }

    proptest! {
        #[test]
        fn plain_cells_are_those_of_the_csv_reader(line in "[a-b,\" \r]{1,12}") {
            let mut cells = Vec::new();
            if plain_cells(line.as_bytes(), b',', &mut cells) {
                let got: Vec<&str> = cells.iter().map(|c| &line[c.clone()]).collect();
                let text = format!("{line}\n");
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
                prop_assert_eq!(rows.len(), 1);
                prop_assert_eq!(rows[0].iter().collect::<Vec<_>>(), got);
            }
        }

        #[test]
        fn rows_over_several_lines_are_whole(
            errors in proptest::collection::vec(cell(), 1..600),
            crlf in any::<bool>(),
        ) {
            let mut writer = csv::WriterBuilder::new();
            let ending = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = writer.terminator(ending).from_writer(Vec::new());
            writer.write_record(["time", "payment_id", "status", "error_message"]).unwrap();
            for (n, error) in errors.iter().enumerate() {
                let time = format!("2024-05-10T08:{:02}:{:02}Z", n / 60 % 60, n % 60);
                writer.write_record([&time, &format!("pay_{n}"), "failed", error]).unwrap();
            }
            let (rows, summary) = rows_of(&writer.into_inner().unwrap());
            prop_assert_eq!(summary.rejected, 0);
            let got: Vec<&str> = rows.iter().map(|r| r.2.as_str()).collect();
            let expected: Vec<&str> = errors.iter().map(|e| e.trim()).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
