//! W3C extended logs: IIS, CloudFront and others that name their columns in a `#Fields:` line
//! (<https://www.w3.org/TR/WD-logfile>), which can come again in the middle of a file and change them.
//!
//! Dates and times are UTC unless a `#GMT-Offset:` line says otherwise; they are written when the request is over.

use std::io::Read;

use super::tokens;
use super::{Fit, LogFormat, WholeFormat};
use crate::model::{DurationUnit, Field, Record, Time};
use crate::parse::Output;
use crate::parse::detect::Sample;
use crate::parse::fields::{Draft, Fields};
use crate::parse::stamp;
use crate::source::Lines;

pub(super) struct W3c;

const ID: &str = "w3c";

impl LogFormat for W3c {
    fn id(&self) -> &'static str {
        ID
    }

    fn about(&self) -> &'static str {
        "W3C extended logs with a #Fields: line: IIS, CloudFront"
    }

    fn detect(&self, sample: &Sample, fields: &mut Fields) -> Option<Fit> {
        let mut header = Header::default();
        let (mut tried, mut good) = (0u32, 0u32);
        for line in sample.lines() {
            if line.starts_with('#') {
                header.take(line);
            } else {
                tried += 1;
                good += u32::from(header.read(line, 1, fields).is_ok());
            }
        }
        (good > 0).then(|| Fit {
            score: good * 1000 / tried,
            reason: format!(
                "a #Fields: line names the columns of {good} of the first {tried} lines"
            ),
        })
    }

    fn whole(&self) -> Option<&dyn WholeFormat> {
        Some(self)
    }
}

impl WholeFormat for W3c {
    fn read_all(
        &self,
        reader: &mut (dyn Read + Send),
        fields: &mut Fields,
        output: &mut Output<'_>,
    ) {
        let mut header = Header::default();
        let mut lines = Lines::new(reader, output.limits.max_line_bytes);
        while let Some(line) = lines.next_line() {
            let text = String::from_utf8_lossy(line.bytes);
            let text = text.trim_end();
            if text.is_empty() {
                continue;
            }
            if text.trim_start_matches('\u{feff}').starts_with('#') {
                header.take(text.trim_start_matches('\u{feff}'));
                continue;
            }
            output.line();
            if line.too_long {
                output.reject(line.number, "longer than a line may be");
                continue;
            }
            match header.read(text, line.number, fields) {
                Ok(record) => output.record(ID, &record),
                Err(reason) => output.reject(line.number, reason),
            }
        }
        if header.unitless {
            output.warn(
                "time-taken is not read: nothing in the log says whether it counts seconds or milliseconds"
                    .to_owned(),
            );
        }
        if let Some(error) = lines.error() {
            output.cut_off(error);
        }
    }
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Date,
    Clock,
    Took(Option<DurationUnit>),
    /// CloudFront: how the edge sees the result.
    EdgeResult,
    /// CloudFront: the same in more words.
    EdgeDetail,
    Plain(Field, u16),
    Other,
}

/// What the lines that begin with `#` said last.
#[derive(Default)]
struct Header {
    columns: Vec<Column>,
    /// From `#Date:`, for logs whose lines hold the time of day alone.
    date: Option<String>,
    /// Seconds east of UTC.
    offset: i64,
    /// Whether the columns say that their time is the machine's (IIS Advanced Logging), whose zone they do not tell.
    is_local: bool,
    is_iis: bool,
    /// Whether a duration was met whose unit nothing states.
    unitless: bool,
}

impl Header {
    fn take(&mut self, line: &str) {
        let Some((name, value)) = line[1..].split_once(':') else {
            return;
        };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            "fields" => self.name_columns(value),
            "software" => {
                self.is_iis = value.contains("Internet Information") || value.contains("IIS")
            }
            "date" => self.date = value.get(..10).map(str::to_owned),
            "gmt-offset" => self.offset = offset(value).unwrap_or(0),
            _ => {}
        }
    }

    fn name_columns(&mut self, names: &str) {
        let names: Vec<String> = names
            .split_whitespace()
            .map(str::to_ascii_lowercase)
            .collect();
        let has = |name: &str| names.iter().any(|n| n == name);
        self.is_local = has("time-local");
        // IIS alone logs these; only CloudFront has an edge.
        let unit = if self.is_iis || has("sc-win32-status") || has("sc-substatus") {
            Some(DurationUnit::Millis)
        } else if names.iter().any(|n| n.starts_with("x-edge-")) {
            Some(DurationUnit::Seconds)
        } else {
            None
        };
        self.columns = names.iter().map(|n| column(n, unit)).collect();
    }

    /// One line by the columns of the header.
    fn read<'a>(
        &mut self,
        line: &'a str,
        number: u64,
        fields: &mut Fields,
    ) -> Result<Record<'a>, String> {
        if self.columns.is_empty() {
            return Err("no #Fields: line names its columns".to_owned());
        }
        let values = values(line);
        if values.len() != self.columns.len() {
            return Err(format!(
                "{} values, but the #Fields: line names {}",
                values.len(),
                self.columns.len()
            ));
        }
        let mut draft = Draft::new(number);
        let (mut date, mut clock, mut result, mut detail) = (None, None, None, None);
        for (column, value) in self.columns.iter().zip(&values) {
            let Some(value) = Some(*value).filter(|v| !v.is_empty() && *v != "-") else {
                continue;
            };
            match *column {
                Column::Date => date = Some(value),
                Column::Clock => clock = Some(value),
                Column::EdgeResult => result = Some(value),
                Column::EdgeDetail => detail = Some(value),
                Column::Took(unit) => {
                    let unit = unit.or(value.contains('.').then_some(DurationUnit::Seconds));
                    match unit {
                        Some(unit) => drop(tokens::put_duration(&mut draft, value, unit)),
                        None => self.unitless = true,
                    }
                }
                Column::Plain(field, rank) => drop(draft.set(field, rank, value)),
                Column::Other => {}
            }
        }
        if result == Some("Error") {
            draft.set(Field::ErrorCode, 900, detail.unwrap_or("Error"));
        }
        self.put_time(&mut draft, date, clock)?;
        fields.finish(draft)
    }

    fn put_time(
        &self,
        draft: &mut Draft<'_>,
        date: Option<&str>,
        clock: Option<&str>,
    ) -> Result<(), String> {
        let date = date.or(self.date.as_deref()).ok_or("no date")?;
        let clock = clock.ok_or("no time of day")?;
        let read = stamp::read(&format!(
            "{} {}",
            date.trim_matches('"'),
            clock.trim_matches('"')
        ));
        let mut stamp =
            read.ok_or_else(|| format!("the time stamp \"{date} {clock}\" cannot be read"))?;
        stamp.has_zone = !self.is_local;
        stamp.time = Time(stamp.time.0.saturating_sub(self.offset * 1_000_000_000));
        tokens::ended(draft, stamp);
        Ok(())
    }
}

/// `-0800` in seconds.
fn offset(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim_start_matches('+')),
    };
    let digits = digits.replace(':', "");
    if digits.len() != 4 || !tokens::is_digits(&digits) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    Some(sign * (number / 100 * 3600 + number % 100 * 60))
}

/// The values of a line: between tabs where there are any, else between spaces, with quotes honoured (a quote
/// inside is doubled).
fn values(line: &str) -> Vec<&str> {
    if line.contains('\t') {
        return line.split('\t').map(str::trim).collect();
    }
    let mut out = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (value, after) = match rest.strip_prefix('"') {
            Some(body) => {
                let end = closing_quote(body.as_bytes());
                (&body[..end], body.get(end + 1..).unwrap_or(""))
            }
            None => rest.split_at(rest.find(' ').unwrap_or(rest.len())),
        };
        out.push(value);
        rest = after.trim_start();
    }
    out
}

/// Where the quote stands that is not doubled; the length when there is none.
fn closing_quote(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'"', &bytes[at..]) {
        if bytes.get(at + found + 1) != Some(&b'"') {
            return at + found;
        }
        at += found + 2;
    }
    bytes.len()
}

fn column(name: &str, unit: Option<DurationUnit>) -> Column {
    let plain = |field| Column::Plain(field, 900);
    match name {
        "date" | "date-utc" | "date-local" => Column::Date,
        "time" | "time-utc" | "time-local" => Column::Clock,
        "time-taken" => Column::Took(unit),
        "timetakenms" => Column::Took(Some(DurationUnit::Millis)),
        "sc-status" => plain(Field::HttpStatus),
        "cs-method" => plain(Field::HttpMethod),
        "cs-uri-stem" => plain(Field::Path),
        "cs-uri" => Column::Plain(Field::Path, 800),
        "x-host-header" => Column::Plain(Field::Host, 950),
        "cs-host" | "cs(host)" => plain(Field::Host),
        "c-ip" => plain(Field::ClientAddress),
        "cs(user-agent)" => plain(Field::UserAgent),
        "cs-username" => Column::Plain(Field::Caller, 500),
        "x-edge-request-id" => plain(Field::RequestId),
        "x-edge-result-type" => Column::EdgeResult,
        "x-edge-detailed-result-type" => Column::EdgeDetail,
        "s-sitename" => plain(Field::Service),
        _ => Column::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_spaces() {
        let line = "2021-08-18 12:00:00 [2]USER \"a \"\"b\"\" c\" - \"cut";
        let expected = [
            "2021-08-18",
            "12:00:00",
            "[2]USER",
            "a \"\"b\"\" c",
            "-",
            "cut",
        ];
        assert_eq!(values(line), expected);
    }

    #[test]
    fn offsets() {
        for (text, seconds) in [
            ("-0800", Some(-28_800)),
            ("+05:30", Some(19_800)),
            ("x", None),
            ("é000", None),
        ] {
            assert_eq!(offset(text), seconds, "{text}");
        }
    }
}
