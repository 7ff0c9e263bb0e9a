//! The zone that people read times in. Machine formats are always UTC and do not use this module.

use std::str::FromStr;

use chrono::{DateTime, FixedOffset, Offset, TimeZone, Utc};

use crate::model::{Span, Time};

/// The zone in which human-readable outputs show times; every time shown states its offset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DisplayZone {
    /// UTC.
    #[default]
    Utc,
    /// A fixed offset.
    Fixed(FixedOffset),
    /// A zone of the IANA database.
    Named(chrono_tz::Tz),
}

impl FromStr for DisplayZone {
    type Err = String;

    /// Reads `UTC`, `Z`, `+08:00`, `+0800`, `+8` or a name of the IANA database.
    fn from_str(text: &str) -> Result<DisplayZone, String> {
        let text = text.trim();
        if matches!(text, "UTC" | "utc" | "Z" | "z") {
            return Ok(DisplayZone::Utc);
        }
        if let Some(offset) = fixed_offset(text) {
            return Ok(DisplayZone::Fixed(offset));
        }
        text.parse::<chrono_tz::Tz>()
            .map(DisplayZone::Named)
            .map_err(|_| {
                format!("no such zone: '{text}' (try UTC, +08:00 or a name such as Europe/Berlin)")
            })
    }
}

fn fixed_offset(text: &str) -> Option<FixedOffset> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes) = if digits.len() > 2 {
        digits.split_at(digits.len() - 2)
    } else {
        (digits.as_str(), "0")
    };
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60))
}

impl DisplayZone {
    fn local(self, time: Time) -> DateTime<FixedOffset> {
        let utc: DateTime<Utc> = time.to_utc();
        let offset = match self {
            DisplayZone::Utc => Utc.fix(),
            DisplayZone::Fixed(offset) => offset,
            DisplayZone::Named(zone) => zone.offset_from_utc_datetime(&utc.naive_utc()).fix(),
        };
        utc.with_timezone(&offset)
    }

    /// The zone as a word for headings: `UTC`, `+08:00`, `Asia/Shanghai`.
    pub fn name(self) -> String {
        match self {
            DisplayZone::Utc => "UTC".to_owned(),
            DisplayZone::Fixed(offset) => offset.to_string(),
            DisplayZone::Named(zone) => zone.name().to_owned(),
        }
    }

    fn suffix(self, at: &DateTime<FixedOffset>, utc: &str) -> String {
        match self {
            DisplayZone::Utc => utc.to_owned(),
            _ => at.offset().to_string(),
        }
    }

    /// For columns: `2021-08-18 12:00:03Z`.
    pub(crate) fn stamp(self, time: Time) -> String {
        let at = self.local(time);
        format!(
            "{}{}",
            at.format("%Y-%m-%d %H:%M:%S"),
            self.suffix(&at, "Z")
        )
    }

    /// For columns where order within a second matters: `2021-08-18 12:00:03.120Z`.
    pub(crate) fn stamp_millis(self, time: Time) -> String {
        let at = self.local(time);
        format!(
            "{}{}",
            at.format("%Y-%m-%d %H:%M:%S%.3f"),
            self.suffix(&at, "Z")
        )
    }

    /// The time of day, for columns and axes: `12:00:03Z`.
    pub(crate) fn clock(self, time: Time) -> String {
        let at = self.local(time);
        format!("{}{}", at.format("%H:%M:%S"), self.suffix(&at, "Z"))
    }

    /// For prose: `2021-08-18 12:00:03 UTC`.
    pub(crate) fn prose(self, time: Time) -> String {
        let at = self.local(time);
        format!(
            "{} {}",
            at.format("%Y-%m-%d %H:%M:%S"),
            self.suffix(&at, "UTC")
        )
    }

    /// A text of an earlier stage, its times as in [`DisplayZone::prose`]. What it quotes from a log is left as logged.
    pub(crate) fn retold(self, text: &str) -> String {
        let told = |(i, part): (usize, &str)| {
            if i % 2 == 0 {
                self.times_told(part)
            } else {
                part.to_owned()
            }
        };
        let parts: Vec<String> = text.split('"').enumerate().map(told).collect();
        parts.join("\"")
    }

    fn times_told(self, text: &str) -> String {
        let word = |word: &str| {
            let end = word.find('Z').map_or(word.len(), |at| at + 1);
            let (stamp, rest) = word.split_at(end);
            match Time::from_str(stamp) {
                Ok(time) => format!("{}{rest}", self.prose(time)),
                Err(_) => word.to_owned(),
            }
        };
        let words: Vec<String> = text.split(' ').map(word).collect();
        words.join(" ")
    }

    /// The date alone: `2021-08-18`.
    pub(crate) fn date(self, time: Time) -> String {
        self.local(time).format("%Y-%m-%d").to_string()
    }

    /// Date and time without a zone, for diagrams whose heading states it.
    pub(crate) fn bare(self, time: Time) -> String {
        self.local(time).format("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A stretch in prose, the date said once where it is the same: `2021-08-18 12:00:03 to 13:10:22 UTC`.
    pub(crate) fn range(self, span: Span) -> String {
        let (a, b) = (self.local(span.start), self.local(span.end));
        if a.date_naive() == b.date_naive() && a.offset() == b.offset() {
            format!(
                "{} to {} {}",
                a.format("%Y-%m-%d %H:%M:%S"),
                b.format("%H:%M:%S"),
                self.suffix(&b, "UTC")
            )
        } else {
            format!("{} to {}", self.prose(span.start), self.prose(span.end))
        }
    }

    /// A short interval in prose, times of day where one date holds: `11:59:58 to 12:00:11 UTC`.
    pub(crate) fn interval(self, span: Span) -> String {
        let (a, b) = (self.local(span.start), self.local(span.end));
        if a.date_naive() == b.date_naive() && a.offset() == b.offset() {
            format!(
                "{} to {} {}",
                a.format("%H:%M:%S"),
                b.format("%H:%M:%S"),
                self.suffix(&b, "UTC")
            )
        } else {
            self.range(span)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(s: &str) -> Time {
        s.parse().unwrap()
    }

    #[test]
    fn zones_are_read() {
        assert_eq!("UTC".parse(), Ok(DisplayZone::Utc));
        for text in ["+08:00", "+0800", "+8", "+08"] {
            let zone: DisplayZone = text.parse().unwrap();
            assert_eq!(
                zone.stamp(t("2021-08-18T12:00:03Z")),
                "2021-08-18 20:00:03+08:00",
                "{text}"
            );
        }
        assert!("Mars/Olympus".parse::<DisplayZone>().is_err());
        assert!("+99".parse::<DisplayZone>().is_err());
        assert!("".parse::<DisplayZone>().is_err());
        assert!("é".parse::<DisplayZone>().is_err());
    }

    #[test]
    fn every_form_states_its_offset() {
        let zone: DisplayZone = "America/New_York".parse().unwrap();
        let time = t("2024-11-03T05:30:00Z");
        assert_eq!(zone.stamp(time), "2024-11-03 01:30:00-04:00");
        assert_eq!(
            zone.stamp(t("2024-11-03T06:30:00Z")),
            "2024-11-03 01:30:00-05:00"
        );
        assert_eq!(zone.prose(time), "2024-11-03 01:30:00 -04:00");
        assert_eq!(DisplayZone::Utc.prose(time), "2024-11-03 05:30:00 UTC");
        let span = Span::new(t("2021-08-18T12:00:03Z"), t("2021-08-18T13:10:22Z"));
        assert_eq!(
            DisplayZone::Utc.range(span),
            "2021-08-18 12:00:03 to 13:10:22 UTC"
        );
        assert_eq!(DisplayZone::Utc.interval(span), "12:00:03 to 13:10:22 UTC");
    }

    #[test]
    fn the_ends_of_time_do_not_panic() {
        for zone in ["UTC", "+14:00", "-12:00", "Asia/Shanghai"] {
            let zone: DisplayZone = zone.parse().unwrap();
            zone.stamp(Time::MIN);
            zone.range(Span::new(Time::MIN, Time::MAX));
        }
    }
}
