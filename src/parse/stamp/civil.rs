//! Dates and times of day to nanoseconds.

use crate::model::{DateOrder, Open, Precision, Stamp, Time};

use super::cursor::YEARS;

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// A time of day as written.
#[derive(Clone, Copy, Default)]
pub(super) struct Clock {
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    pub(super) nanos: i64,
    /// Digits of the fraction.
    pub(super) digits: usize,
}

/// A date as written.
#[derive(Clone, Copy)]
pub(super) enum Date {
    /// Year, month, day.
    Whole(i64, i64, i64),
    /// Month and day.
    NoYear(i64, i64),
    /// Three numbers of which the order is open.
    Numbers([i64; 3]),
}

impl Clock {
    /// Nanoseconds since midnight. The sixtieth second, which leap seconds have, is the start of the next minute: the
    /// epoch does not count leap seconds.
    fn nanos_of_day(&self) -> Option<i64> {
        // Leap seconds end a quarter of an hour in every zone that there is.
        let leap = self.second == 60 && self.minute % 15 == 14;
        let valid = self.hour < 24 && self.minute < 60 && (self.second < 60 || leap);
        let fraction = if leap { 0 } else { self.nanos };
        let seconds = self.hour * 3600 + self.minute * 60 + self.second;
        valid.then_some(seconds * SECOND + fraction)
    }
}

/// Puts a stamp together; `None` when there is no such date or time of day.
pub(super) fn stamp(date: Date, clock: &Clock, zone: Option<i64>) -> Option<Stamp> {
    let of_day = clock.nanos_of_day()? - zone.unwrap_or(0) * SECOND;
    let (open, time) = match date {
        Date::Whole(year, month, day) => (Open::Nothing, at(year, month, day, of_day)?),
        Date::NoYear(month, day) => {
            // 2000 is a leap year: "Feb 29" is a date.
            at(2000, month, day, 0)?;
            let [month, day] = [month, day].map(|n| u8::try_from(n).ok());
            let open = Open::Year {
                month: month?,
                day: day?,
            };
            (open, Time(of_day))
        }
        Date::Numbers(numbers) => {
            let [a, b, c] = numbers.map(|n| u16::try_from(n).ok());
            let numbers = [a?, b?, c?];
            let open = Open::Order(numbers);
            ORDERS.iter().find(|o| o.day_number(numbers).is_some())?;
            (open, Time(of_day))
        }
    };
    Some(Stamp {
        time,
        has_zone: zone.is_some(),
        precision: Precision::from_digits(clock.digits),
        open,
    })
}

/// The instant of a date and a time of day.
fn at(year: i64, month: i64, day: i64, of_day: i64) -> Option<Time> {
    time(day_number(year, month, day)?, of_day)
}

/// The instant of a day (from 1970-01-01) and the nanoseconds since its midnight.
pub(super) fn time(day: i64, of_day: i64) -> Option<Time> {
    day.checked_mul(DAY)?.checked_add(of_day).map(Time)
}

/// The day on which an instant lies, and its year, month and day.
pub(super) fn date_of(time: Time) -> (i64, [i64; 3]) {
    use chrono::Datelike;
    let date = time.to_utc();
    (
        time.0.div_euclid(DAY),
        [
            i64::from(date.year()),
            i64::from(date.month()),
            i64::from(date.day()),
        ],
    )
}

/// All of them.
pub(super) const ORDERS: [DateOrder; 3] = [
    DateOrder::DayMonthYear,
    DateOrder::MonthDayYear,
    DateOrder::YearMonthDay,
];

impl DateOrder {
    /// In words for people.
    pub(super) fn words(self) -> &'static str {
        match self {
            DateOrder::DayMonthYear => "day/month/year",
            DateOrder::MonthDayYear => "month/day/year",
            DateOrder::YearMonthDay => "year/month/day",
        }
    }

    /// The day from 1970-01-01 that three numbers mean in this order; `None` when there is no such date.
    pub(super) fn day_number(self, numbers: [u16; 3]) -> Option<i64> {
        let [a, b, c] = numbers.map(i64::from);
        let (year, month, day) = match self {
            DateOrder::DayMonthYear => (c, b, a),
            DateOrder::MonthDayYear => (c, a, b),
            DateOrder::YearMonthDay => (a, b, c),
        };
        let year = if year < 100 {
            super::cursor::full_year(year)
        } else {
            year
        };
        day_number(year, month, day)
    }
}

/// Days from 1970-01-01 to a date, if there is such a date.
pub(super) fn day_number(year: i64, month: i64, day: i64) -> Option<i64> {
    let days_in_month = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => return None,
    };
    (YEARS.contains(&year) && (1..=days_in_month).contains(&day))
        .then(|| days_from_civil(year, month, day))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
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
