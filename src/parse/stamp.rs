//! Time stamps as logs write them. Wrong is worse than refused: a shape that two readers could read
//! differently (`01/02/2021`, a zone `IST`, a stamp without a year) is not read at all.
//!
//! No regular expression and no allocation: one pass over the bytes.

use crate::model::{Precision, Stamp, Time};

/// Reads a whole text as a time stamp: a date with a time of day, or an epoch number.
pub fn read(text: &str) -> Option<Stamp> {
    let text = unwrap(text.trim());
    if let Some(stamp) = epoch(text) {
        return Some(stamp);
    }
    let (stamp, used) = prefix(text)?;
    (used == text.len()).then_some(stamp)
}

/// Reads a time stamp at the start of `text`; gives it and the number of bytes that it takes.
///
/// An epoch number counts only when a space follows it, and only in seconds or milliseconds.
pub fn read_prefix(text: &str) -> Option<(Stamp, usize)> {
    if let Some(found) = prefix(text) {
        return Some(found);
    }
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let whole = text[..end].split('.').next().unwrap_or("");
    if !matches!(whole.len(), 10 | 13) || !text[end..].starts_with([' ', '\t', ']', '|']) {
        return None;
    }
    epoch(&text[..end]).map(|stamp| (stamp, end))
}

/// Takes brackets or quotes off.
fn unwrap(text: &str) -> &str {
    for (open, close) in [('[', ']'), ('"', '"'), ('\'', '\'')] {
        if let Some(inner) = text.strip_prefix(open).and_then(|t| t.strip_suffix(close)) {
            return inner.trim();
        }
    }
    text
}

const SECOND: i128 = 1_000_000_000;
/// 2000-01-01 and 2100-01-01: an epoch number outside is an id, a counter or an amount.
const EPOCH_RANGE: std::ops::Range<i128> = 946_684_800 * SECOND..4_102_444_800 * SECOND;

/// Reads seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their magnitude
/// (their ranges do not overlap between 2000 and 2100). Digits only, exactly; never through a float.
pub fn epoch(text: &str) -> Option<Stamp> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.strip_prefix('+').unwrap_or(e).parse::<u32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if exponent > 18 || whole.len() > 20 || (whole.len() > 1 && whole.starts_with('0')) {
        return None; // a leading zero: an id, not a count
    }
    let places = 9 + exponent as usize;
    let kept = &fraction[..fraction.len().min(places)];
    if whole.len() + kept.len() > 36 {
        return None;
    }
    let number = whole
        .bytes()
        .chain(kept.bytes())
        .fold(0i128, |n, b| n * 10 + i128::from(b - b'0'));
    // In units of 1e-9 of whatever the number counts.
    let billionths = number.checked_mul(10i128.pow(u32::try_from(places - kept.len()).ok()?))?;
    let fraction_digits = fraction.len().saturating_sub(exponent as usize);
    for (divisor, precision) in [
        (1, Precision::from_digits(fraction_digits)),
        (1_000, Precision::from_digits(3 + fraction_digits)),
        (1_000_000, Precision::from_digits(6 + fraction_digits)),
        (1_000_000_000, Precision::Nanos),
    ] {
        let nanos = billionths / divisor;
        if EPOCH_RANGE.contains(&nanos) {
            return Some(Stamp {
                time: Time(i64::try_from(nanos).ok()?),
                has_zone: true,
                precision,
            });
        }
    }
    None
}

/// A cursor over the bytes of a text.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A date and a time of day without a zone.
#[derive(Default)]
struct Clock {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    nanos: i64,
    digits: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    /// Exactly `n` digits.
    fn number(&mut self, n: usize) -> Option<i64> {
        let mut value = 0;
        for &b in self.bytes.get(self.at..self.at + n)? {
            if !b.is_ascii_digit() {
                return None;
            }
            value = value * 10 + i64::from(b - b'0');
        }
        self.at += n;
        Some(value)
    }

    /// One or two digits.
    fn short_number(&mut self) -> Option<i64> {
        self.number(2).or_else(|| self.number(1))
    }

    fn month_name(&mut self) -> Option<i64> {
        const NAMES: [&[u8; 3]; 12] = [
            b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
            b"dec",
        ];
        let word = self.bytes.get(self.at..self.at + 3)?.to_ascii_lowercase();
        let month = NAMES.iter().position(|n| n.as_slice() == word)? + 1;
        self.at += 3;
        i64::try_from(month).ok()
    }

    fn day_name(&mut self) -> Option<()> {
        const NAMES: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
        let word = self.bytes.get(self.at..self.at + 3)?.to_ascii_lowercase();
        NAMES.iter().find(|n| n.as_slice() == word)?;
        self.at += 3;
        Some(())
    }

    /// `HH:MM[:SS[.fraction]]`.
    fn time_of_day(&mut self, clock: &mut Clock, seconds_needed: bool) -> Option<()> {
        clock.hour = self.number(2)?;
        self.take(b':')?;
        clock.minute = self.number(2)?;
        if self.peek() == b':' {
            self.at += 1;
            clock.second = self.number(2)?;
            self.fraction(clock)?;
        } else if seconds_needed {
            return None;
        }
        Some(())
    }

    /// A fraction of a second, if one follows: digits after `.` or `,` (nanoseconds; finer digits are dropped).
    fn fraction(&mut self, clock: &mut Clock) -> Option<()> {
        let next = self.bytes.get(self.at + 1).copied().unwrap_or(0);
        if !matches!(self.peek(), b'.' | b',') || !next.is_ascii_digit() {
            return Some(());
        }
        self.at += 1;
        let from = self.at;
        while self.peek().is_ascii_digit() {
            if self.at - from < 9 {
                clock.nanos = clock.nanos * 10 + i64::from(self.peek() - b'0');
            }
            self.at += 1;
        }
        clock.digits = self.at - from;
        for _ in clock.digits..9 {
            clock.nanos *= 10;
        }
        Some(())
    }
}

fn prefix(text: &str) -> Option<(Stamp, usize)> {
    let mut c = Cursor {
        bytes: text.as_bytes(),
        at: 0,
    };
    let mut clock = Clock::default();
    let first = c.peek();
    let third = c.bytes.get(2).copied().unwrap_or(0);
    if first.is_ascii_alphabetic() {
        return named(c);
    }
    match (third, c.bytes.get(4).copied().unwrap_or(0)) {
        (b'/' | b'-', b) if b.is_ascii_alphabetic() => common_log(&mut c, &mut clock)?,
        (_, b'-' | b'/' | b'.') => iso(&mut c, &mut clock)?,
        (_, b'0' | b'1') => compact(&mut c, &mut clock)?,
        _ => return None,
    }
    finish(c, &clock)
}

/// `YYYY-MM-DD` (or with `/`, or `.`), then `T`, `t`, `_` or a space, then the time of day.
fn iso(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<()> {
    clock.year = c.number(4)?;
    let separator = c.peek();
    c.at += 1;
    clock.month = c.number(2)?;
    c.take(separator)?;
    clock.day = c.number(2)?;
    match c.peek() {
        b'T' | b't' | b'_' => c.at += 1,
        b' ' => {
            c.at += 1;
            let _ = c.take(b' ');
        }
        _ => return None,
    }
    c.time_of_day(clock, false)
}

/// `DD/Mon/YYYY:HH:MM:SS` (access logs), also with a space or dashes.
fn common_log(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<()> {
    clock.day = c.number(2)?;
    let separator = c.peek();
    c.at += 1;
    clock.month = c.month_name()?;
    c.take(separator)?;
    clock.year = c.number(4)?;
    if !matches!(c.peek(), b':' | b' ') {
        return None;
    }
    c.at += 1;
    c.time_of_day(clock, true)
}

/// `YYYYMMDD-HH:MM:SS` (FIX), `YYYYMMDDTHHMMSS` (ISO 8601 basic).
fn compact(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<()> {
    clock.year = c.number(4)?;
    clock.month = c.number(2)?;
    clock.day = c.number(2)?;
    match c.peek() {
        b'T' | b't' | b'-' | b' ' => c.at += 1,
        _ => return None,
    }
    if c.bytes.get(c.at + 2) == Some(&b':') {
        return c.time_of_day(clock, true);
    }
    clock.hour = c.number(2)?;
    clock.minute = c.number(2)?;
    clock.second = c.number(2)?;
    c.fraction(clock)
}

/// Stamps that begin with the name of a day or a month: `Aug 2, 2021 @ 20:22:44.708` (Kibana),
/// `Tue Apr 04 06:18:29.712806 2017` (C, Apache errors), `Wed, 18 Aug 2021 12:00:00 GMT` (HTTP).
fn named(mut c: Cursor<'_>) -> Option<(Stamp, usize)> {
    let mut clock = Clock::default();
    if c.day_name().is_some() {
        if c.take(b',').is_some() {
            c.take(b' ')?;
            clock.day = c.short_number()?;
            c.take(b' ')?;
            clock.month = c.month_name()?;
            c.take(b' ')?;
            clock.year = c.number(4)?;
            c.take(b' ')?;
            c.time_of_day(&mut clock, true)?;
            return finish(c, &clock);
        }
        c.take(b' ')?;
        clock.month = c.month_name()?;
        c.take(b' ')?;
        let _ = c.take(b' ');
        clock.day = c.short_number()?;
        c.take(b' ')?;
        c.time_of_day(&mut clock, true)?;
        c.take(b' ')?;
        let zone = if c.peek().is_ascii_alphabetic() {
            let zone = zone_word(&mut c)?;
            c.take(b' ')?;
            Some(zone)
        } else {
            None
        };
        clock.year = c.number(4)?;
        return Some((stamp(&clock, zone)?, c.at));
    }
    clock.month = c.month_name()?;
    c.take(b' ')?;
    clock.day = c.short_number()?;
    c.take(b',')?;
    c.take(b' ')?;
    clock.year = c.number(4)?;
    c.take(b' ')?;
    c.take(b'@')?;
    c.take(b' ')?;
    c.time_of_day(&mut clock, true)?;
    finish(c, &clock)
}

/// Reads the zone that may follow, and checks that the stamp ends there.
fn finish(mut c: Cursor<'_>, clock: &Clock) -> Option<(Stamp, usize)> {
    let zone = zone(&mut c)?;
    // "12:00:005", "2021-01-01T00:00:00.5.6", "…Zebra": not a stamp that this reader knows.
    if c.peek().is_ascii_alphanumeric()
        || (matches!(c.peek(), b'.') && c.bytes.get(c.at + 1).is_some_and(u8::is_ascii_digit))
    {
        return None;
    }
    Some((stamp(clock, zone)?, c.at))
}

/// The offset in seconds: `Some(None)` when none is stated, `None` when it cannot be read.
fn zone(c: &mut Cursor<'_>) -> Option<Option<i64>> {
    let before = c.at;
    let spaced = c.peek() == b' ';
    if spaced {
        c.at += 1;
    }
    match c.peek() {
        b'+' | b'-' => match offset(c) {
            Some(seconds) => {
                skip_zone_name(c);
                Some(Some(seconds))
            }
            // "12:00:00 - text" has no zone; "12:00:00-9x" cannot be read.
            None if spaced => {
                c.at = before;
                Some(None)
            }
            None => None,
        },
        b if b.is_ascii_alphabetic() => match zone_word(c) {
            Some(seconds) => Some(Some(seconds)),
            None if ambiguous_zone(c) || !spaced => None,
            None => {
                c.at = before;
                Some(None)
            }
        },
        _ => {
            c.at = before;
            Some(None)
        }
    }
}

/// `+HH`, `+HHMM`, `+HH:MM`, up to 18 hours.
fn offset(c: &mut Cursor<'_>) -> Option<i64> {
    let start = c.at;
    let sign = if c.peek() == b'-' { -1 } else { 1 };
    c.at += 1;
    let read = (|| {
        let hours = c.number(2)?;
        let minutes = if c.peek() == b':' {
            c.at += 1;
            c.number(2)?
        } else if c.peek().is_ascii_digit() {
            c.number(2)?
        } else {
            0
        };
        (hours <= 18 && minutes < 60 && !c.peek().is_ascii_digit())
            .then_some(sign * (hours * 3600 + minutes * 60))
    })();
    if read.is_none() {
        c.at = start;
    }
    read
}

/// `+02:00[Europe/Zurich]`: the offset already says it all.
fn skip_zone_name(c: &mut Cursor<'_>) {
    if c.peek() == b'['
        && c.bytes.get(c.at + 1).is_some_and(u8::is_ascii_alphabetic)
        && let Some(end) = c.bytes[c.at..].iter().position(|b| *b == b']')
    {
        c.at += end + 1;
    }
}

fn word<'a>(c: &Cursor<'a>) -> &'a [u8] {
    let rest = &c.bytes[c.at..];
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    &rest[..end]
}

/// Names of zones that mean one thing everywhere.
fn zone_word(c: &mut Cursor<'_>) -> Option<i64> {
    let name = word(c);
    let hours = match name {
        b"Z" | b"z" | b"UTC" | b"GMT" | b"utc" | b"Utc" => 0,
        b"CET" => 1,
        b"CEST" | b"EET" => 2,
        b"EEST" | b"MSK" => 3,
        b"JST" => 9,
        b"EDT" => -4,
        b"EST" => -5,
        b"PDT" => -7,
        b"PST" => -8,
        _ => return None,
    };
    c.at += name.len();
    Some(hours * 3600)
}

/// Names of zones that mean different things in different countries: refused.
fn ambiguous_zone(c: &Cursor<'_>) -> bool {
    matches!(
        word(c),
        b"IST"
            | b"BST"
            | b"CST"
            | b"AST"
            | b"MST"
            | b"MDT"
            | b"CDT"
            | b"SST"
            | b"WST"
            | b"ECT"
            | b"GST"
            | b"SGT"
            | b"HKT"
            | b"KST"
            | b"AEST"
            | b"AEDT"
            | b"ACST"
            | b"AWST"
            | b"NZST"
            | b"NZDT"
            | b"WET"
            | b"WEST"
    )
}

fn stamp(clock: &Clock, zone: Option<i64>) -> Option<Stamp> {
    let days_in_month = match clock.month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if clock.year % 4 == 0 && (clock.year % 100 != 0 || clock.year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    };
    let valid = (1970..2262).contains(&clock.year)
        && (1..=days_in_month).contains(&clock.day)
        && clock.hour < 24
        && clock.minute < 60
        && clock.second <= 60;
    if !valid {
        return None;
    }
    let days = days_from_civil(clock.year, clock.month, clock.day);
    let seconds =
        days * 86_400 + clock.hour * 3600 + clock.minute * 60 + clock.second - zone.unwrap_or(0);
    Some(Stamp {
        time: Time(
            seconds
                .checked_mul(1_000_000_000)?
                .checked_add(clock.nanos)?,
        ),
        has_zone: zone.is_some(),
        precision: Precision::from_digits(clock.digits),
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str) -> String {
        let stamp = read(text).unwrap_or_else(|| panic!("{text} is not read"));
        format!(
            "{}{} {}",
            stamp.time.to_utc().format("%Y-%m-%dT%H:%M:%S%.f"),
            if stamp.has_zone { "Z" } else { "" },
            stamp.precision.as_str()
        )
    }

    #[test]
    fn shapes_that_logs_write() {
        for (text, expected) in [
            ("2021-08-18T12:00:00Z", "2021-08-18T12:00:00Z s"),
            (
                "2016-10-06T00:17:09.669794202Z",
                "2016-10-06T00:17:09.669794202Z ns",
            ),
            ("2021-08-18T12:00:00.5+08:00", "2021-08-18T04:00:00.500Z ms"),
            (
                "2021-07-27T05:48:20.265+0300",
                "2021-07-27T02:48:20.265Z ms",
            ),
            ("2021-07-27T05:48:20-07", "2021-07-27T12:48:20Z s"),
            (
                "2021-08-18T12:00:00+02:00[Europe/Zurich]",
                "2021-08-18T10:00:00Z s",
            ),
            ("2021-08-18 12:00:00,123", "2021-08-18T12:00:00.123 ms"),
            (
                "2021-08-18 12:00:00.123456",
                "2021-08-18T12:00:00.123456 us",
            ),
            ("2021-08-18 12:00:00 +0200", "2021-08-18T10:00:00Z s"),
            ("2026-07-14 14:54:45.000 GMT", "2026-07-14T14:54:45Z ms"),
            ("2026-07-14 14:54:45 UTC", "2026-07-14T14:54:45Z s"),
            ("2026-07-14 14:54:45 Z", "2026-07-14T14:54:45Z s"),
            ("2021-08-18 12:00", "2021-08-18T12:00:00 s"),
            ("31/Mar/2021:12:04:07 +0000", "2021-03-31T12:04:07Z s"),
            ("[31/Mar/2021:12:04:07 -0530]", "2021-03-31T17:34:07Z s"),
            ("06/Feb/2009:12:14:14.655", "2009-02-06T12:14:14.655 ms"),
            ("2021/04/01 13:02:31", "2021-04-01T13:02:31 s"),
            ("20240612-08:52:21.636837", "2024-06-12T08:52:21.636837 us"),
            ("20030925T104941Z", "2003-09-25T10:49:41Z s"),
            ("Aug 2, 2021 @ 20:22:44.708", "2021-08-02T20:22:44.708 ms"),
            (
                "Tue Apr 04 06:18:29.712806 2017",
                "2017-04-04T06:18:29.712806 us",
            ),
            ("Wed Aug  4 06:18:29 UTC 2021", "2021-08-04T06:18:29Z s"),
            ("Wed, 18 Aug 2021 12:00:00 GMT", "2021-08-18T12:00:00Z s"),
            ("1629288000", "2021-08-18T12:00:00Z s"),
            ("1629288000123", "2021-08-18T12:00:00.123Z ms"),
            ("1629288000123456", "2021-08-18T12:00:00.123456Z us"),
            ("1629288000123456789", "2021-08-18T12:00:00.123456789Z ns"),
            ("1629288000.123456", "2021-08-18T12:00:00.123456Z us"),
            ("1646861401.5241024", "2022-03-09T21:30:01.524102400Z ns"),
            ("1629288000123.5", "2021-08-18T12:00:00.123500Z us"),
            ("1.629288000123E9", "2021-08-18T12:00:00.123Z ms"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z s"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z s"),
        ] {
            assert_eq!(utc(text), expected, "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for text in [
            "",
            "-",
            "12:00:00",
            "2021-08-18",
            "01/02/2021 12:00:00",
            "8/18/2021, 5:44:10 AM",
            "Feb 25 16:19:49",
            "2021-13-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2021-08-18T24:00:00Z",
            "2021-08-18T12:60:00Z",
            "2021-08-18 12:00:00 IST",
            "2021-08-18 12:00:00 CST",
            "2021-08-18T12:00:00X",
            "2021-08-18T12:00:00+2",
            "2021-08-18T12:00:00.5.6Z",
            "42",
            "123456789",
            "01629288000",
            "99999999999",
            "4111111111111111",
            "-1629288000",
            "1629288000x",
            "2021-08-18T12:00:00Z and more",
            "e9",
            "1e99999999999",
            "2021-08-18T12:00:00+19:00",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_stamp_at_the_start_of_a_line() {
        for (text, rest) in [
            ("2021-08-18T12:00:00Z ERROR x", " ERROR x"),
            ("2021-08-18 12:00:00,123 - x", " - x"),
            ("2021-08-18 12:00:00 INFO", " INFO"),
            ("2021-08-18 12:00:00] x", "] x"),
            ("1629288000.5 x", " x"),
            ("2025-04-24T21:09:29.296 25376]INFO", " 25376]INFO"),
        ] {
            let (_, used) = read_prefix(text).unwrap();
            assert_eq!(&text[used..], rest);
        }
        for text in [
            "1629288000",
            "12345 x",
            "2025-08-13 01:45:01 IST [1] x",
            "at 2021-08-18T12:00:00Z",
        ] {
            assert_eq!(read_prefix(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = read(&text);
            let _ = read_prefix(&text);
        }

        #[test]
        fn never_panics_near_stamps(text in "[0-9TZ:.,+/ eJanug@-]{0,32}") {
            let _ = read(&text);
            if let Some((_, used)) = read_prefix(&text) {
                prop_assert!(used <= text.len());
            }
        }

        #[test]
        fn agrees_with_chrono(nanos in 0i64..4_000_000_000_000_000_000, minutes in -840i32..840) {
            let offset = chrono::FixedOffset::east_opt(minutes * 60).unwrap();
            let text = Time(nanos).to_utc().with_timezone(&offset).to_rfc3339();
            let stamp = read(&text).unwrap();
            prop_assert_eq!(stamp.time, Time(nanos));
            prop_assert!(stamp.has_zone);
        }

        #[test]
        fn epochs_of_every_unit_are_the_same_instant(ms in 946_684_800_000i64..4_102_444_800_000) {
            for text in [format!("{ms}"), format!("{ms}000"), format!("{ms}000000"), format!("{}.{:03}", ms / 1000, ms % 1000)] {
                prop_assert_eq!(read(&text).unwrap().time, Time::from_millis(ms));
            }
        }
    }
}
