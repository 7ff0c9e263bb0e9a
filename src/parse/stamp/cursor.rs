//! A cursor over the bytes of a text, and the small pieces that dates and times are made of.

use super::civil::Clock;

/// The first years that a year of four digits, and the last that 64-bit nanoseconds, can mean.
pub(super) const YEARS: std::ops::Range<i64> = 1970..2262;

/// Where the reading stands.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor {
            bytes: text.as_bytes(),
            at: 0,
        }
    }

    pub(super) fn ahead(&self, n: usize) -> u8 {
        self.bytes.get(self.at + n).copied().unwrap_or(0)
    }

    pub(super) fn peek(&self) -> u8 {
        self.ahead(0)
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    pub(super) fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == byte).then(|| self.at += 1)
    }

    /// Takes `word`, whose letters are lower case, in any case.
    pub(super) fn take_word(&mut self, word: &str) -> Option<()> {
        let found = self.bytes.get(self.at..self.at + word.len())?;
        found
            .eq_ignore_ascii_case(word.as_bytes())
            .then(|| self.at += word.len())
    }

    /// Skips blanks, also those that do not break a line; gives how many bytes.
    pub(super) fn skip_blanks(&mut self) -> usize {
        let from = self.at;
        loop {
            match self.rest() {
                [b' ', ..] => self.at += 1,
                [0xc2, 0xa0, ..] => self.at += 2,
                // U+202F, before AM and PM in newer browsers
                [0xe2, 0x80, 0xaf, ..] => self.at += 3,
                _ => return self.at - from,
            }
        }
    }

    /// How many digits stand here.
    pub(super) fn digits(&self) -> usize {
        self.rest()
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    }

    /// Exactly `n` digits.
    pub(super) fn number(&mut self, n: usize) -> Option<i64> {
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
    pub(super) fn short_number(&mut self) -> Option<i64> {
        self.number(2).or_else(|| self.number(1))
    }

    /// A day of the month as sentences write it: `7`, `07`, `7th`.
    pub(super) fn day(&mut self) -> Option<i64> {
        let day = self.short_number()?;
        for ending in ["st", "nd", "rd", "th"] {
            if self.take_word(ending).is_some() {
                break;
            }
        }
        Some(day)
    }

    /// A year of four digits, or of two: 70 to 99 are of the last century (POSIX `%y`, whose turn is at 69).
    pub(super) fn year(&mut self) -> Option<i64> {
        match self.digits() {
            4 => self.number(4),
            2 => self.number(2).map(full_year),
            _ => None,
        }
    }

    /// `Jan`, `Jan.`, `January`, `Sept`.
    pub(super) fn month_name(&mut self) -> Option<i64> {
        const NAMES: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let at = name_of(self, &NAMES)?;
        let _ = self.take(b'.');
        i64::try_from(at + 1).ok()
    }

    /// `Mon`, `Monday`.
    pub(super) fn day_name(&mut self) -> Option<()> {
        const NAMES: [&str; 7] = [
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ];
        name_of(self, &NAMES).map(|_| ())
    }

    /// `HH:MM[:SS[.fraction]]`, `H:MM`, with `AM` or `PM` or without; `11时25分18秒`.
    pub(super) fn time_of_day(&mut self, clock: &mut Clock, seconds_needed: bool) -> Option<()> {
        clock.hour = self.short_number()?;
        if self.take_word("时").is_some() {
            clock.minute = self.short_number()?;
            self.take_word("分")?;
            clock.second = self.short_number()?;
            return self.take_word("秒");
        }
        self.take(b':')?;
        clock.minute = self.number(2)?;
        if self.peek() == b':' {
            self.at += 1;
            clock.second = self.number(2)?;
            self.fraction(clock);
        } else if seconds_needed {
            return None;
        }
        self.half_of_day(clock)
    }

    /// A fraction of a second, if one follows: digits after `.` or `,`, or three after `:` (nanoseconds; finer digits
    /// are dropped).
    pub(super) fn fraction(&mut self, clock: &mut Clock) {
        let mark = self.peek();
        let ahead = Cursor {
            at: self.at + 1,
            ..*self
        };
        let digits = ahead.digits();
        if digits == 0 || !(matches!(mark, b'.' | b',') || (mark == b':' && digits == 3)) {
            return;
        }
        self.at += 1;
        for &b in ahead.rest().iter().take(digits.min(9)) {
            clock.nanos = clock.nanos * 10 + i64::from(b - b'0');
        }
        for _ in digits..9 {
            clock.nanos *= 10;
        }
        self.at += digits;
        clock.digits = digits;
    }

    /// `AM` or `PM`, if one of them follows: hours count from 1 to 12 then.
    fn half_of_day(&mut self, clock: &mut Clock) -> Option<()> {
        let before = self.at;
        self.skip_blanks();
        let afternoon = match self.peek() {
            b'a' | b'A' => false,
            b'p' | b'P' => true,
            _ => {
                self.at = before;
                return Some(());
            }
        };
        self.at += 1;
        let dotted = self.take(b'.').is_some();
        let said = matches!(self.peek(), b'm' | b'M') && !self.ahead(1).is_ascii_alphanumeric();
        if !said || !(1..=12).contains(&clock.hour) {
            // another word ("production", "api"), or "17:00 PM"
            let contradicts = said && clock.hour > 12 && before + 1 >= self.at;
            self.at = before;
            return (!contradicts).then_some(());
        }
        self.at += 1;
        if dotted {
            let _ = self.take(b'.');
        }
        clock.hour = clock.hour % 12 + if afternoon { 12 } else { 0 };
        Some(())
    }
}

/// The year that two digits mean.
pub(super) fn full_year(year: i64) -> i64 {
    if year < 70 { 2000 + year } else { 1900 + year }
}

/// Which of the names stands here, whole or by its first three letters (`sept` too).
fn name_of(c: &mut Cursor<'_>, names: &[&str]) -> Option<usize> {
    let letters = c
        .rest()
        .iter()
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let word = &c.rest()[..letters];
    let at = names.iter().position(|name| {
        word.eq_ignore_ascii_case(name.as_bytes())
            || (letters == 3 && word.eq_ignore_ascii_case(&name.as_bytes()[..3]))
            || (*name == "september" && word.eq_ignore_ascii_case(b"sept"))
    })?;
    c.at += letters;
    Some(at)
}
