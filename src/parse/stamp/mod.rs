//! Time stamps as logs write them. Wrong is worse than refused: a name of a zone that means different things in
//! different countries is not read at all, and what two readers could read differently (`01/02/2021`), or what lacks
//! its year, comes back open: the other stamps of the file decide, or nothing does (see `calendar`).
//!
//! No regular expression and no allocation: one pass over the bytes.

pub(crate) mod calendar;
mod civil;
mod cursor;
mod named_date;
mod offset;
mod shapes;

use shapes::prefix;

use crate::model::{Open, Precision, Stamp, Time};

/// Whether a text is a date alone, without a time of day.
pub fn is_date(text: &str) -> bool {
    shapes::is_date(text.trim())
}

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
                open: Open::Nothing,
            });
        }
    }
    None
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
            ("2016-12-31T23:59:60.500Z", "2017-01-01T00:00:00Z ms"),
            ("29 Jan 2026 05:44:10", "2026-01-29T05:44:10 s"),
            ("29.01.2026 05:44:10", "2026-01-29T05:44:10 s"),
            ("29-Jan-26 05:44:10 +0100", "2026-01-29T04:44:10Z s"),
            ("2026年1月29日 05:44:10", "2026-01-29T05:44:10 s"),
            ("2014年04月08日11时25分18秒", "2014-04-08T11:25:18 s"),
            ("May 8, 2009 5:57:51 PM", "2009-05-08T17:57:51 s"),
            ("2014/11/12 11:45:26", "2014-11-12T11:45:26 s"),
            ("20140722105203", "2014-07-22T10:52:03 s"),
            ("171113 14:14:20", "2017-11-13T14:14:20 s"),
            ("2014-333T16:56:38,344", "2014-11-29T16:56:38.344 ms"),
            (
                "2018-06-29 19:09:57.5 +0300 MSK m=+0.01",
                "2018-06-29T16:09:57.500Z ms",
            ),
            ("2018-06-29 19:09:57 +0300 +0300", "2018-06-29T16:09:57Z s"),
            (
                "Fri Jul 03 2015 18:04:07 GMT+0100 (GMT Daylight Time)",
                "2015-07-03T17:04:07Z s",
            ),
            ("Mon Jan 02 15:04:05 -0700 2006", "2006-01-02T22:04:05Z s"),
            ("2021-08-18T12:00:00[UTC]", "2021-08-18T12:00:00Z s"),
            ("2021-08-18 12:00:00 SGT", "2021-08-18T04:00:00Z s"),
            (
                "@4000000043322583000003e8",
                "2005-09-22T03:31:05.000001Z ns",
            ),
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
            "2021-13-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2021-08-18T24:00:00Z",
            "2021-08-18T12:60:00Z",
            "2021-08-18 12:00:00 IST",
            "2021-08-18 12:00:00 CST",
            "2021-08-18T12:00:00X",
            "2021-08-18T12:00:00+2",
            "2021-08-18 12:00:00 BST",
            "2021-08-18 17:00:00 PM",
            "2021-08-18 12:00:60",
            "2021-366T10:00:00",
            "2021-08-18T12:00:00[Europe/Berlin]",
            "18/18/2021 12:00:00",
            "Feb 30 16:19:49",
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
            ("2021-08-18 12:00:00 +10% load", " +10% load"),
            ("2021-08-18 11:00:00 api up", " api up"),
            ("2021-08-18 11:00:00 PM2 up", " PM2 up"),
            ("2021-08-18 11:00:00 +0200 INFO x", " INFO x"),
            ("2021-08-18 11:00:00 +0200 (CEST) x", " x"),
            ("Feb 25 16:19:49 host x", " host x"),
            ("Feb 25 2019 16:19:49: x", ": x"),
            ("I0818 12:00:01.123456    7 x.go:1] y", "    7 x.go:1] y"),
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
