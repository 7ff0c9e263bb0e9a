//! The zone in which a wall clock without one is read. Not for finding that zone out: alignment does that.

use std::fmt;

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

use crate::model::Time;

/// How to read wall-clock stamps that state no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ZoneSpec {
    /// UTC.
    #[default]
    Utc,
    /// A fixed number of seconds ahead of UTC (negative: behind).
    Fixed(i32),
    /// A zone of the IANA database, with its daylight-saving rules.
    Named(Tz),
}

/// A wall clock read in a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// One instant.
    One(Time),
    /// The hour that a clock put back repeats: earlier and later reading.
    Two(Time, Time),
    /// The hour that a clock put forward skips: read as if the clock had not been changed yet.
    Skipped(Time),
}

impl ZoneSpec {
    /// Reads `UTC`, `Z`, `+08:00`, `+0800`, `-3`, `UTC+8`, or a zone name such as `Asia/Shanghai` (any case).
    ///
    /// # Errors
    /// A sentence that says what is accepted, when the text is none of these.
    pub fn parse(text: &str) -> Result<ZoneSpec, String> {
        let text = text.trim();
        if matches!(text.to_ascii_uppercase().as_str(), "UTC" | "Z" | "GMT") {
            return Ok(ZoneSpec::Utc);
        }
        let offset = text
            .strip_prefix("UTC")
            .or_else(|| text.strip_prefix("utc"))
            .or_else(|| text.strip_prefix("GMT"))
            .unwrap_or(text);
        if let Some(seconds) = parse_offset(offset) {
            return Ok(if seconds == 0 {
                ZoneSpec::Utc
            } else {
                ZoneSpec::Fixed(seconds)
            });
        }
        chrono_tz::TZ_VARIANTS
            .iter()
            .find(|zone| zone.name().eq_ignore_ascii_case(text))
            .map(|&zone| ZoneSpec::Named(zone))
            .ok_or_else(|| {
                format!("`{text}` is no zone: use `UTC`, an offset such as `+08:00`, or a name such as `Asia/Shanghai`")
            })
    }

    /// The instant(s) of a wall clock given as if it were UTC.
    pub fn resolve(&self, wall: Time) -> Resolved {
        match self {
            ZoneSpec::Utc => Resolved::One(wall),
            ZoneSpec::Fixed(seconds) => Resolved::One(behind(wall, *seconds)),
            ZoneSpec::Named(zone) => resolve_named(*zone, wall),
        }
    }
}

impl fmt::Display for ZoneSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ZoneSpec::Utc => f.write_str("UTC"),
            ZoneSpec::Fixed(seconds) => {
                let sign = if *seconds < 0 { '-' } else { '+' };
                let minutes = seconds.abs() / 60;
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            ZoneSpec::Named(zone) => f.write_str(zone.name()),
        }
    }
}

/// Seconds of `+08:00`, `+0800`, `+08`, `-3`; at most 14 hours (the widest zone in use) either way.
fn parse_offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((h, m)) => (h, m),
        None if digits.len() == 4 && digits.is_ascii() => digits.split_at(2),
        None => (digits, "0"),
    };
    let number = |t: &str| -> Option<i32> {
        let plain = !t.is_empty() && t.len() <= 2 && t.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| t.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (minutes < 60 && hours * 60 + minutes <= 14 * 60).then_some(sign * (hours * 60 + minutes) * 60)
}

fn behind(wall: Time, seconds: i32) -> Time {
    Time(
        wall.0
            .saturating_sub(i64::from(seconds).saturating_mul(1_000_000_000)),
    )
}

fn resolve_named(zone: Tz, wall: Time) -> Resolved {
    let naive = wall.to_utc().naive_utc();
    match zone.from_local_datetime(&naive) {
        LocalResult::Single(t) => Resolved::One(time_of(&t, wall)),
        LocalResult::Ambiguous(a, b) => Resolved::Two(time_of(&a, wall), time_of(&b, wall)),
        LocalResult::None => Resolved::Skipped(before_gap(zone, naive, wall)),
    }
}

/// A skipped hour, read with the offset in force three hours before (longer than any gap in the database's
/// daylight-saving rules).
fn before_gap(zone: Tz, naive: NaiveDateTime, wall: Time) -> Time {
    use chrono::Offset;
    let earlier = naive - chrono::Duration::hours(3);
    match zone.from_local_datetime(&earlier).latest() {
        Some(t) => behind(wall, t.offset().fix().local_minus_utc()),
        None => wall,
    }
}

fn time_of(t: &DateTime<Tz>, wall: Time) -> Time {
    let fixed: DateTime<FixedOffset> = t.fixed_offset();
    behind(wall, fixed.offset().local_minus_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn offsets_and_names_are_read() {
        for (text, shown) in [
            ("UTC", "UTC"),
            ("z", "UTC"),
            ("+00:00", "UTC"),
            ("+08:00", "+08:00"),
            ("+0530", "+05:30"),
            ("-3", "-03:00"),
            ("UTC+8", "+08:00"),
            ("asia/shanghai", "Asia/Shanghai"),
        ] {
            assert_eq!(ZoneSpec::parse(text).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "+", "+15:00", "+8:75", "Shanghai2", "+1e1", "+ü8"] {
            assert!(ZoneSpec::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_wall_clock_is_moved_to_utc() {
        let wall = t("2021-08-18T20:00:00.123456789Z");
        let shanghai = ZoneSpec::parse("Asia/Shanghai").unwrap();
        let expected = Resolved::One(t("2021-08-18T12:00:00.123456789Z"));
        assert_eq!(shanghai.resolve(wall), expected);
        assert_eq!(ZoneSpec::Fixed(8 * 3600).resolve(wall), expected);
    }

    #[test]
    fn the_repeated_and_the_skipped_hour() {
        let berlin = ZoneSpec::parse("Europe/Berlin").unwrap();
        assert_eq!(
            berlin.resolve(t("2021-10-31T02:30:00Z")),
            Resolved::Two(t("2021-10-31T00:30:00Z"), t("2021-10-31T01:30:00Z"))
        );
        assert_eq!(
            berlin.resolve(t("2021-03-28T02:30:00Z")),
            Resolved::Skipped(t("2021-03-28T01:30:00Z"))
        );
    }

    #[test]
    fn extreme_times_do_not_panic() {
        let berlin = ZoneSpec::parse("Europe/Berlin").unwrap();
        for wall in [Time::MIN, Time::MAX, Time(0)] {
            let _ = berlin.resolve(wall);
            let _ = ZoneSpec::Fixed(-14 * 3600).resolve(wall);
        }
    }
}
