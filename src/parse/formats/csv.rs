//! CSV with a header: `,` `;` tab or `|`, quoted line breaks, names in any case.

use std::borrow::Cow;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder};

use super::vendor::Vendor;
use super::{Fit, LogFormat, WholeFormat, csv_rows};
use crate::model::Field;
use crate::parse::Output;
use crate::parse::aliases::Reads;
use crate::parse::detect::Sample;
use crate::parse::envelope::cut;
use crate::parse::fields::{Draft, Fields, is_moment};
use crate::parse::json::Scalar;

pub(super) struct Csv;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Names that only CloudWatch Logs Insights has.
const INSIGHTS: [&str; 4] = ["@message", "@ptr", "@logStream", "@log"];

impl LogFormat for Csv {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "CSV with a header row; separated by comma, semicolon, tab or |"
    }

    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit> {
        let header = Header::find(sample.text().as_bytes(), fields)?;
        // The values tell the units.
        let mut taken = 0u32;
        let mut rows = reader(sample.text().as_bytes(), header.delimiter).into_byte_records();
        let data = rows.by_ref().skip(header.row + 1).take(200).flatten();
        for row in data.filter(|r| r.len() == header.columns.len()) {
            taken += u32::from(read_row(&row, &header, 1, fields).is_some_and(|r| r.is_ok()));
        }
        (taken > 0 || sample.lines().nth(header.row + 1).is_none()).then(|| Fit {
            score: 990,
            reason: format!(
                "its header has {} columns separated by {}, {} of them known (time: \"{}\")",
                header.columns.len(),
                delimiter_name(header.delimiter),
                header.recognised,
                header.time
            ),
        })
    }

    fn whole(&self) -> Option<&dyn WholeFormat> {
        Some(self)
    }
}

fn delimiter_name(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "commas",
        b';' => "semicolons",
        b'\t' => "tabs",
        _ => "bars",
    }
}

/// Stands for a column that is not read.
const NOWHERE: usize = usize::MAX;

/// The name that the merchant gave: Stripe appends where it comes from.
fn own_name(name: &str) -> &str {
    name.strip_suffix(" (metadata)").unwrap_or(name)
}

/// The first row, understood.
pub(super) struct Header {
    pub(super) delimiter: u8,
    /// Numbers under which the names are known.
    pub(super) columns: Vec<usize>,
    names: Vec<String>,
    recognised: usize,
    time: String,
    /// Which row it is (Excel puts `sep=;` before it).
    pub(super) row: usize,
    pub(super) vendor: Vendor,
}

impl Header {
    /// The header that most columns of known names make, a time stamp among them.
    fn find(text: &[u8], fields: &mut Fields) -> Option<Header> {
        let candidates = DELIMITERS
            .iter()
            .filter_map(|d| Header::with(text, *d, fields));
        candidates.max_by_key(|h| (h.recognised, h.columns.len()))
    }

    fn with(text: &[u8], delimiter: u8, fields: &mut Fields) -> Option<Header> {
        let mut rows = reader(text, delimiter).into_byte_records();
        let mut row = 0;
        let mut first = rows.next()?.ok()?;
        if first
            .iter()
            .next()
            .is_some_and(|c| c.starts_with(b"sep=") || c.starts_with(b"Sep="))
        {
            row = 1;
            first = rows.next()?.ok()?;
        }
        let names: Vec<String> = first
            .iter()
            .map(|c| {
                String::from_utf8_lossy(c)
                    .trim_matches(['\u{feff}', ' ', '"', '#'])
                    .to_owned()
            })
            .collect();
        if names.len() < 2 || names.iter().any(|n| !is_name(n)) {
            return None;
        }
        // CloudWatch Logs Insights gives its times in UTC and without a zone.
        if names.iter().any(|n| INSIGHTS.contains(&n.as_str())) {
            fields.take_as_utc("@timestamp");
        }
        let vendor = Vendor::of(&names);
        let columns: Vec<usize> = names
            .iter()
            .map(|n| match vendor.leaves_out(n) {
                true => NOWHERE,
                false => fields.know(own_name(n)),
            })
            .collect();
        let meanings: Vec<_> = names.iter().map(|n| fields.meaning(own_name(n))).collect();
        let is_stamp =
            |m: &Option<crate::parse::aliases::Meaning>| m.is_some_and(|m| m.reads == Reads::Stamp);
        let stated = meanings.iter().position(is_stamp);
        let shown = || column_of_moments(rows.by_ref().take(20).flatten(), &meanings);
        let at = stated.or_else(shown)?;
        fields.learn_time(columns[at]);
        let time = names[at].clone();
        Some(Header {
            delimiter,
            recognised: meanings.iter().flatten().count(),
            time,
            columns,
            names,
            row,
            vendor,
        })
    }
}

/// The first column of which every value is a moment, whatever its name.
fn column_of_moments(
    rows: impl Iterator<Item = ByteRecord>,
    meanings: &[Option<crate::parse::aliases::Meaning>],
) -> Option<usize> {
    let rows: Vec<ByteRecord> = rows.filter(|r| r.len() >= meanings.len()).collect();
    let free = |at: &usize| {
        meanings[*at].is_none_or(|m| matches!(m.reads, Reads::Duration(_) | Reads::Stamp))
    };
    let moment = |cell: &[u8]| std::str::from_utf8(cell).is_ok_and(|t| is_moment(t, None));
    (0..meanings.len())
        .filter(free)
        .find(|&at| !rows.is_empty() && rows.iter().all(|r| r.get(at).is_some_and(moment)))
}

/// Whether a cell can be the name of a column: not a number, not a time, not a sentence.
fn is_name(cell: &str) -> bool {
    cell.len() <= 80
        && !cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '{' | '[' | '<'))
        && !cell.contains(['=', '\n'])
        && cell.split_whitespace().count() <= 6
}

fn reader<R: Read>(data: R, delimiter: u8) -> csv::Reader<R> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(256 << 10)
        .from_reader(data)
}

impl WholeFormat for Csv {
    fn read_all(
        &self,
        input: &mut (dyn Read + Send),
        fields: &mut Fields,
        output: &mut Output<'_>,
    ) {
        let mut head = Vec::new();
        // The header was found in the sample: find it again in as much.
        let taken = input
            .take(crate::parse::detect::SAMPLE_BYTES as u64)
            .read_to_end(&mut head);
        let Some(header) = Header::find(&head, fields) else {
            output.reject(1, "no header of known columns");
            return;
        };
        let mut chained = std::io::Cursor::new(head).chain(input);
        csv_rows::read_all(&mut chained, &header, fields, output);
        if let Err(error) = taken {
            output.cut_off(&error);
        }
        let named = |name: &str| header.names.iter().any(|n| n == name);
        if let Some(remark) = cut::at_cap(named, output.lines()) {
            output.warn(remark);
        }
    }
}

/// Whether the row is the header once more (files put one after the other).
pub(super) fn is_header(row: &ByteRecord, header: &Header) -> bool {
    row.len() == header.names.len()
        && row
            .iter()
            .zip(&header.names)
            .all(|(cell, name)| cell == name.as_bytes())
}

/// Reads one row; `None` when it has another number of fields than the header.
pub(super) fn read_row<'a>(
    row: &'a ByteRecord,
    header: &Header,
    line: u64,
    fields: &mut Fields,
) -> Option<Result<crate::model::Record<'a>, String>> {
    let trailing_blank = row.iter().skip(header.columns.len()).all(<[u8]>::is_empty);
    if row.len() < header.columns.len() || !trailing_blank {
        return None;
    }
    let mut draft = Draft::new(line);
    for (cell, column) in row.iter().zip(&header.columns) {
        let text: Cow<'a, str> = String::from_utf8_lossy(cell);
        fields.put(&mut draft, *column, Scalar::Text(text), 0);
    }
    let cell = |at: usize| std::str::from_utf8(row.get(at)?).ok();
    header.vendor.tidy(&mut draft, &cell);
    let decimal_comma = header.delimiter == b';';
    if decimal_comma {
        with_decimal_point(&mut draft, Field::Amount);
    }
    let record = fields.finish(draft).map(|mut record| {
        for stamp in [&mut record.time, &mut record.start, &mut record.end] {
            *stamp = header.vendor.with_zone(*stamp, &cell);
        }
        record
    });
    Some(record)
}

/// `399,00` in a file separated by semicolons is written by a locale with a decimal comma.
fn with_decimal_point(draft: &mut Draft<'_>, field: Field) {
    let Some(text) = draft.record.get(field) else {
        return;
    };
    let Some((whole, fraction)) = text.split_once(',') else {
        return;
    };
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    if digits(whole.trim_start_matches('-')) && digits(fraction) {
        let text = format!("{whole}.{fraction}");
        draft.record.replace(field, text);
    }
}
