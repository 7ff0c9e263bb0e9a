//! The shapes of dates with a time of day.

use crate::model::{Precision, Stamp, Time};

use super::civil::{self, Clock, Date};
use super::cursor::Cursor;
use super::offset;

/// Reads the stamp at the start of a text; gives it and the number of bytes that it takes.
pub(super) fn prefix(text: &str) -> Option<(Stamp, usize)> {
    let mut c = Cursor::new(text);
    let first = c.peek();
    if first.is_ascii_alphabetic() {
        return klog(c).or_else(|| named(c));
    }
    if first == b'@' {
        return tai(c);
    }
    let digits = c.digits();
    let next = c.ahead(digits);
    let mut clock = Clock::default();
    let date = match (digits, next) {
        (4, b'-') if Cursor { at: 5, ..c }.digits() == 3 => day_of_year(&mut c, &mut clock)?,
        (4, b'-' | b'/' | b'.' | b':') => year_first(&mut c, &mut clock)?,
        (4, 0xe5) => in_chinese(&mut c, &mut clock)?,
        (1 | 2, b'/' | b'-' | b'.' | b' ') if c.ahead(digits + 1).is_ascii_alphabetic() => {
            day_and_name(&mut c, &mut clock)?
        }
        (1 | 2, b'/' | b'-' | b'.') => numbers(&mut c, &mut clock)?,
        (8 | 14, _) => compact(&mut c, &mut clock)?,
        (6, b' ') => compact_short(&mut c, &mut clock)?,
        _ => return None,
    };
    finish(c, date, &clock)
}

/// Whether a text is a date alone, of any numeric shape that [`prefix`] knows.
pub(super) fn is_date(text: &str) -> bool {
    let mut c = Cursor::new(text);
    let read = match c.digits() {
        4 if matches!(c.ahead(4), b'-' | b'/' | b'.') => ymd(&mut c).is_some(),
        1 | 2 if c.ahead(c.digits() + 1).is_ascii_alphabetic() => day_name_year(&mut c).is_some(),
        digits @ (1 | 2) if matches!(c.ahead(digits), b'/' | b'-' | b'.') => {
            three_numbers(&mut c).is_some()
        }
        _ => false,
    };
    read && c.at == text.len()
}

/// Between a date and its time of day: `T`, `_`, blanks, `, `, ` @ `, ` at `.
fn gap(c: &mut Cursor<'_>) -> Option<()> {
    if matches!(c.peek(), b'T' | b't' | b'_') {
        c.at += 1;
        return Some(());
    }
    let comma = c.take(b',').is_some();
    let blanks = c.skip_blanks();
    if c.take(b'@').is_some() || c.take_word("at ").is_some() {
        c.skip_blanks();
    }
    (comma || blanks > 0).then_some(())
}

/// `YYYY-M-D` (or with `/`, `.`, `:`).
fn ymd(c: &mut Cursor<'_>) -> Option<Date> {
    let year = c.number(4)?;
    let separator = c.peek();
    c.at += 1;
    let month = c.short_number()?;
    c.take(separator)?;
    let day = c.short_number()?;
    Some(Date::Whole(year, month, day))
}

fn year_first(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let date = ymd(c)?;
    if matches!(c.peek(), b'-' | b':') && c.ahead(3) == b':' {
        c.at += 1; // 2014-04-26-17:24:37
    } else {
        gap(c)?;
    }
    c.time_of_day(clock, false)?;
    Some(date)
}

/// `YYYY-DDD`, the day of the year (ISO 8601 ordinal date).
fn day_of_year(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let year = c.number(4)?;
    c.take(b'-')?;
    let day = c.number(3)?;
    gap(c)?;
    c.time_of_day(clock, false)?;
    let first = civil::day_number(year, 1, 1)?;
    let (_, [found, month, day_of_month]) = civil::date_of(civil::time(first + day - 1, 0)?);
    (day > 0 && found == year).then_some(Date::Whole(year, month, day_of_month))
}

/// `2026年1月29日 05:44:10`
fn in_chinese(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let year = c.number(4)?;
    c.take_word("年")?;
    let month = c.short_number()?;
    c.take_word("月")?;
    let day = c.short_number()?;
    c.take_word("日")?;
    c.skip_blanks();
    c.time_of_day(clock, false)?;
    Some(Date::Whole(year, month, day))
}

/// `DD/Mon/YYYY`, `DD Mon YYYY`, `DD-Mon-YY`.
fn day_name_year(c: &mut Cursor<'_>) -> Option<Date> {
    let day = c.short_number()?;
    let separator = c.peek();
    c.at += 1;
    let month = c.month_name()?;
    // "03-Jul 2015"
    c.take(separator).or_else(|| c.take(b' '))?;
    let year = c.year()?;
    Some(Date::Whole(year, month, day))
}

/// The same with a time of day: `DD/Mon/YYYY:HH:MM:SS` (access logs), `DD Mon YYYY HH:MM:SS`.
fn day_and_name(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let date = day_name_year(c)?;
    if c.take(b':').is_none() {
        gap(c)?;
    }
    c.time_of_day(clock, false)?;
    Some(date)
}

/// `6/3/2024`, `06.03.2024`, `6-3-24`. Dots are day first: no country that writes dots writes the month first, so that only
/// a second number above 12 says otherwise.
fn three_numbers(c: &mut Cursor<'_>) -> Option<Date> {
    let first = c.short_number()?;
    let separator = c.peek();
    c.at += 1;
    let second = c.short_number()?;
    c.take(separator)?;
    let year = match c.digits() {
        4 => c.number(4)?,
        2 => c.number(2)?,
        _ => return None,
    };
    Some(match separator {
        b'.' if second <= 12 => Date::Whole(two_or_four(year), second, first),
        b'.' => Date::Whole(two_or_four(year), first, second),
        _ => Date::Numbers([first, second, year]),
    })
}

fn two_or_four(year: i64) -> i64 {
    if year < 100 {
        super::cursor::full_year(year)
    } else {
        year
    }
}

fn numbers(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let date = three_numbers(c)?;
    gap(c)?;
    c.time_of_day(clock, false)?;
    Some(date)
}

/// `YYYYMMDD-HH:MM:SS` (FIX), `YYYYMMDDTHHMMSS` (ISO 8601 basic), `YYYYMMDDHHMMSS`.
fn compact(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let glued = c.digits() == 14;
    let date = Date::Whole(c.number(4)?, c.number(2)?, c.number(2)?);
    if !glued {
        match c.peek() {
            b'T' | b't' | b'-' | b' ' | b'_' => c.at += 1,
            _ => return None,
        }
    }
    if c.ahead(2) == b':' {
        c.time_of_day(clock, true)?;
        return Some(date);
    }
    clock.hour = c.number(2)?;
    clock.minute = c.number(2)?;
    clock.second = c.number(2)?;
    c.fraction(clock);
    Some(date)
}

/// `YYMMDD HH:MM:SS` (MySQL's older error logs).
fn compact_short(c: &mut Cursor<'_>, clock: &mut Clock) -> Option<Date> {
    let date = Date::Whole(
        super::cursor::full_year(c.number(2)?),
        c.number(2)?,
        c.number(2)?,
    );
    c.skip_blanks();
    c.time_of_day(clock, true)?;
    Some(date)
}

/// `I0818 12:00:01.123456` (glog and klog): level, month and day, no year.
fn klog(mut c: Cursor<'_>) -> Option<(Stamp, usize)> {
    if !matches!(c.peek(), b'I' | b'W' | b'E' | b'F' | b'D') {
        return None;
    }
    c.at += 1;
    if c.digits() != 4 {
        return None;
    }
    let date = Date::NoYear(c.number(2)?, c.number(2)?);
    c.take(b' ')?;
    let mut clock = Clock::default();
    c.time_of_day(&mut clock, true)?;
    finish(c, date, &clock)
}

/// `@4000000037c219bf2ef02e94` (TAI64N of daemontools and s6): seconds from 2^62 and nanoseconds. Its writers count
/// ten seconds more than the epoch does, and no leap seconds since (libtai, `tai_now`).
fn tai(mut c: Cursor<'_>) -> Option<(Stamp, usize)> {
    const EPOCH: u64 = (1 << 62) + 10;
    c.at += 1;
    let hex = |from: usize, to: usize| {
        let text = std::str::from_utf8(c.bytes.get(from..to)?).ok()?;
        let plain = text.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(text, 16).ok()).flatten()
    };
    let (seconds, nanos) = (hex(1, 17)?.checked_sub(EPOCH)?, hex(17, 25)?);
    let seconds = i64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?;
    let time = Time(seconds.checked_add(i64::try_from(nanos).ok()?)?);
    let ends = !c.bytes.get(25).is_some_and(u8::is_ascii_alphanumeric);
    let plausible = super::EPOCH_RANGE.contains(&i128::from(time.0)) && nanos < 1_000_000_000;
    (ends && plausible).then_some((
        Stamp {
            time,
            has_zone: true,
            precision: Precision::Nanos,
            open: crate::model::Open::Nothing,
        },
        25,
    ))
}

/// Stamps that begin with the name of a day or a month: `Aug 2, 2021 @ 20:22:44.708` (Kibana), `Feb 25 16:19:49` (syslog),
/// `Tue Apr 04 06:18:29.712806 2017` (C, Apache errors), `Wed, 18 Aug 2021 12:00:00 GMT` (HTTP),
/// `Fri Jul 03 2015 18:04:07 GMT+0100 (…)` (JavaScript).
fn named(mut c: Cursor<'_>) -> Option<(Stamp, usize)> {
    if c.day_name().is_some() {
        let comma = c.take(b',').is_some();
        if c.skip_blanks() == 0 && !comma {
            return None;
        }
    }
    let mut clock = Clock::default();
    if c.peek().is_ascii_digit() {
        let date = day_and_name(&mut c, &mut clock)?;
        return finish(c, date, &clock);
    }
    let month = c.month_name()?;
    (c.skip_blanks() > 0).then_some(())?;
    let day = c.day()?;
    let mut ahead = c;
    if year_follows(&mut ahead) {
        c = ahead;
        let year = c.number(4)?;
        gap(&mut c)?;
        c.time_of_day(&mut clock, false)?;
        return finish(c, Date::Whole(year, month, day), &clock);
    }
    (c.skip_blanks() > 0).then_some(())?;
    c.time_of_day(&mut clock, true)?;
    year_last(c, month, day, &clock)
}

/// Skips what stands between a day and its year; whether a year of four digits stands there.
fn year_follows(c: &mut Cursor<'_>) -> bool {
    let _ = c.take(b',');
    c.skip_blanks() > 0 && c.digits() == 4
}

/// After `Apr 04 06:18:29`: `2017`, `CEST 2017`, `-0700 2017`, a zone alone, or nothing.
fn year_last(c: Cursor<'_>, month: i64, day: i64, clock: &Clock) -> Option<(Stamp, usize)> {
    let mut ahead = c;
    let zone = offset::zone(&mut ahead)?;
    if ahead.skip_blanks() > 0 && ahead.digits() == 4 {
        let year = ahead.number(4)?;
        let ends = !ahead.peek().is_ascii_alphanumeric() && !matches!(ahead.peek(), b'.' | b'-');
        if (2000..2100).contains(&year) || (1970..2000).contains(&year) && ends {
            let stamp = civil::stamp(Date::Whole(year, month, day), clock, zone)?;
            return ends.then_some((stamp, ahead.at));
        }
    }
    finish(c, Date::NoYear(month, day), clock)
}

/// Reads the zone that may follow, and checks that the stamp ends there.
fn finish(mut c: Cursor<'_>, date: Date, clock: &Clock) -> Option<(Stamp, usize)> {
    let zone = offset::zone(&mut c)?;
    // "12:00:005", "2021-01-01T00:00:00.5.6", "…Zebra": not a stamp that this reader knows.
    if c.peek().is_ascii_alphanumeric() || (c.peek() == b'.' && c.ahead(1).is_ascii_digit()) {
        return None;
    }
    Some((civil::stamp(date, clock, zone)?, c.at))
}
