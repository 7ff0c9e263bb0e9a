//! Points and stretches of time.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat};

/// A point in time: UTC nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Time(pub i64);

impl Time {
    /// The earliest representable time.
    pub const MIN: Time = Time(i64::MIN);
    /// The latest representable time.
    pub const MAX: Time = Time(i64::MAX);

    /// From whole milliseconds since the epoch, saturating.
    pub fn from_millis(ms: i64) -> Time {
        Time(ms.saturating_mul(1_000_000))
    }

    /// Seconds since the epoch, to the precision of a float.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// This time moved by `seconds` (negative: earlier), saturating.
    pub fn plus_secs(self, seconds: f64) -> Time {
        Time(self.0.saturating_add((seconds * 1e9) as i64))
    }

    /// This time moved by `ms` milliseconds, saturating.
    pub fn plus_millis(self, ms: i64) -> Time {
        Time(self.0.saturating_add(ms.saturating_mul(1_000_000)))
    }

    /// Seconds from `earlier` to this time; negative when this time is the earlier one.
    pub fn secs_since(self, earlier: Time) -> f64 {
        (self.0.saturating_sub(earlier.0)) as f64 / 1e9
    }

    /// Half-way between two times.
    pub fn midpoint(self, other: Time) -> Time {
        Time(self.0 / 2 + other.0 / 2 + (self.0 % 2 + other.0 % 2) / 2)
    }

    /// As chrono's UTC date and time, for formatting.
    pub fn to_utc(self) -> DateTime<chrono::Utc> {
        DateTime::from_timestamp_nanos(self.0)
    }
}

/// RFC 3339 in UTC with milliseconds, the contract's form: `2021-08-18T12:00:00.000Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Time {
    type Err = chrono::ParseError;

    /// Reads RFC 3339; a time that does not fit 64-bit nanoseconds (before 1677, after 2262) saturates.
    fn from_str(s: &str) -> Result<Time, chrono::ParseError> {
        let parsed = DateTime::parse_from_rfc3339(s)?;
        Ok(parsed.timestamp_nanos_opt().map_or(
            if parsed.timestamp() < 0 {
                Time::MIN
            } else {
                Time::MAX
            },
            Time,
        ))
    }
}

/// A stretch of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First instant.
    pub start: Time,
    /// Last instant; never before `start`.
    pub end: Time,
}

impl Span {
    /// The stretch between two times, in whichever order they are given.
    pub fn new(a: Time, b: Time) -> Span {
        Span {
            start: a.min(b),
            end: a.max(b),
        }
    }

    /// Length in seconds.
    pub fn secs(&self) -> f64 {
        self.end.secs_since(self.start)
    }

    /// Whether `t` lies inside, ends included.
    pub fn contains(&self, t: Time) -> bool {
        self.start <= t && t <= self.end
    }

    /// Whether the two stretches share an instant.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    /// The smallest stretch that holds both.
    pub fn union(&self, other: &Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// The stretch of time that a run is asked about; open where nothing is stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// First instant asked about.
    pub from: Option<Time>,
    /// Last instant asked about.
    pub to: Option<Time>,
}

/// No zone is further from UTC, in seconds; with an hour for clocks.
const FURTHEST_ZONE_S: f64 = 15.0 * 3600.0;
/// No clock of a log that states its zone is thought to be further off, in seconds.
const FURTHEST_CLOCK_S: f64 = 3600.0;

impl Window {
    /// Whether anything is stated.
    pub fn is_stated(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// The stretch itself.
    pub fn span(&self) -> Span {
        Span::new(self.from.unwrap_or(Time::MIN), self.to.unwrap_or(Time::MAX))
    }

    /// Where the stamps of events in the window may lie before the clocks are put right: stamps without a zone are read as
    /// UTC until then.
    pub fn reach(&self, has_zone: bool) -> Span {
        let margin = if has_zone {
            FURTHEST_CLOCK_S
        } else {
            FURTHEST_ZONE_S
        };
        Span::new(
            self.from.map_or(Time::MIN, |t| t.plus_secs(-margin)),
            self.to.map_or(Time::MAX, |t| t.plus_secs(margin)),
        )
    }
}

/// How fine a time stamp was written.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Precision {
    /// Whole seconds (or coarser).
    #[default]
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

impl Precision {
    /// The contract's word: `s`, `ms`, `us` or `ns`.
    pub fn as_str(self) -> &'static str {
        match self {
            Precision::Seconds => "s",
            Precision::Millis => "ms",
            Precision::Micros => "us",
            Precision::Nanos => "ns",
        }
    }

    /// From the number of fraction digits as written.
    pub fn from_digits(digits: usize) -> Precision {
        match digits {
            0 => Precision::Seconds,
            1..=3 => Precision::Millis,
            4..=6 => Precision::Micros,
            _ => Precision::Nanos,
        }
    }
}

/// Where the zone of a time stamp came from, best first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum ZoneFrom {
    /// The stamp itself states it (or is an epoch number).
    Explicit,
    /// `--zone`.
    Flag,
    /// `knockon.toml`.
    Config,
    /// Found by aligning this input with the others.
    Inferred,
    /// Taken to be UTC, for want of anything better.
    #[default]
    Assumed,
}

impl ZoneFrom {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            ZoneFrom::Explicit => "explicit",
            ZoneFrom::Flag => "flag",
            ZoneFrom::Config => "config",
            ZoneFrom::Inferred => "inferred",
            ZoneFrom::Assumed => "assumed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midpoint_of_odd_and_negative_times() {
        assert_eq!(Time(3).midpoint(Time(5)), Time(4));
        assert_eq!(Time(-3).midpoint(Time(3)), Time(0));
        assert_eq!(Time(3).midpoint(Time(4)), Time(3));
        assert_eq!(Time::MAX.midpoint(Time::MAX), Time::MAX);
    }

    #[test]
    fn display_is_the_contracts_form() {
        let t: Time = "2021-08-18T20:00:00.5+08:00".parse().unwrap();
        assert_eq!(t.to_string(), "2021-08-18T12:00:00.500Z");
    }
}
