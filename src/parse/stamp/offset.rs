//! The zone behind a time of day: offsets, names of zones, and what is written after them.

use super::cursor::Cursor;

/// The offset in seconds: `Some(None)` when none is stated, `None` when one is and cannot be read.
pub(super) fn zone(c: &mut Cursor<'_>) -> Option<Option<i64>> {
    let before = c.at;
    let spaced = c.skip_blanks() > 0;
    let found = match c.peek() {
        b'+' | b'-' => match offset(c) {
            Some(seconds) => Some(seconds),
            // "12:00:00 - text" has no zone; "12:00:00-9x" cannot be read.
            None if spaced => None,
            None => return None,
        },
        b if b.is_ascii_alphabetic() => match name(c) {
            Name::Offset(seconds) => Some(seconds),
            Name::Ambiguous => return None,
            Name::NoZone if spaced => None,
            Name::NoZone => return None,
        },
        b'[' if !spaced => iana_utc(c),
        _ => None,
    };
    match found {
        Some(_) => skip_repetitions(c),
        None => c.at = before,
    }
    Some(found)
}

/// `+HH`, `+HHMM`, `+HH:MM`, up to 18 hours (the widest that ISO 8601 readers take).
fn offset(c: &mut Cursor<'_>) -> Option<i64> {
    let start = c.at;
    let read = offset_here(c);
    if read.is_none() {
        c.at = start;
    }
    read
}

fn offset_here(c: &mut Cursor<'_>) -> Option<i64> {
    let sign = match c.peek() {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    c.at += 1;
    let hours = c.number(2)?;
    let minutes = if c.peek() == b':' && c.ahead(1).is_ascii_digit() {
        c.at += 1;
        c.number(2)?
    } else if c.peek().is_ascii_digit() {
        c.number(2)?
    } else {
        0
    };
    // "12:00:00 -10.5 degrees", "12:00:00 +10% load": numbers of a message
    let ends = !matches!(c.peek(), b'%' | b'.' | b',') || !c.ahead(1).is_ascii_digit();
    let ends = ends && c.peek() != b'%' && !c.peek().is_ascii_alphanumeric();
    (hours <= 18 && minutes < 60 && ends).then_some(sign * (hours * 3600 + minutes * 60))
}

/// What may repeat an offset: `[Europe/Zurich]`, `MSK`, `+0300`, `(GMT Daylight Time)`, Go's ` m=+0.000000001`.
fn skip_repetitions(c: &mut Cursor<'_>) {
    if c.peek() == b'[' {
        skip_bracketed_name(c);
    }
    let before = c.at;
    if c.skip_blanks() == 0 {
        return;
    }
    match c.peek() {
        b'(' => {
            let inner = c.rest().iter().take(60).position(|b| *b == b')');
            let named = inner.is_some_and(|end| {
                c.rest()[1..end].iter().all(|b| {
                    b.is_ascii_alphabetic()
                        || matches!(b, b' ' | b'+' | b'-' | b':')
                        || b.is_ascii_digit()
                })
            });
            match inner.filter(|_| named) {
                Some(end) => c.at += end + 1,
                None => c.at = before,
            }
        }
        b'+' | b'-' if c.digits_after_sign() == 4 && offset(c).is_some() => {}
        b if b.is_ascii_uppercase() && matches!(name(c), Name::Offset(_) | Name::Ambiguous) => {
            if !matches!(name_end(c), None | Some(b' ' | b']' | b'|' | b'\t' | b'"')) {
                c.at = before;
            }
        }
        _ => c.at = before,
    }
    let before = c.at;
    if c.skip_blanks() > 0 && (c.take_word("m=+").or_else(|| c.take_word("m=-"))).is_some() {
        while c.peek().is_ascii_digit() || c.peek() == b'.' {
            c.at += 1;
        }
    } else {
        c.at = before;
    }
}

fn name_end(c: &Cursor<'_>) -> Option<u8> {
    c.bytes.get(c.at).copied()
}

impl Cursor<'_> {
    fn digits_after_sign(&self) -> usize {
        Cursor {
            at: self.at + 1,
            ..*self
        }
        .digits()
    }
}

/// `+02:00[Europe/Zurich]`: the offset already says it all.
fn skip_bracketed_name(c: &mut Cursor<'_>) {
    if c.ahead(1).is_ascii_alphabetic()
        && let Some(end) = c.rest().iter().take(60).position(|b| *b == b']')
    {
        c.at += end + 1;
    }
}

/// `[UTC]` without an offset. A place's name needs the rules of the place, which this reader has not.
fn iana_utc(c: &mut Cursor<'_>) -> Option<i64> {
    for name in ["[utc]", "[gmt]", "[z]", "[etc/utc]"] {
        if c.take_word(name).is_some() {
            return Some(0);
        }
    }
    None
}

enum Name {
    /// Seconds ahead of UTC.
    Offset(i64),
    /// Different things in different countries, or a zone that is not known here.
    Ambiguous,
    /// Not the name of a zone: the message begins.
    NoZone,
}

/// Minutes ahead of UTC of names that mean one thing everywhere (IANA time zone database, abbreviations in use).
const NAMES: &[(&str, i64)] = &[
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("SAST", 120),
    ("PKT", 300),
    ("WIB", 420),
    ("HKT", 480),
    ("SGT", 480),
    ("AWST", 480),
    ("JST", 540),
    ("KST", 540),
    ("ACST", 570),
    ("ACDT", 630),
    ("AEST", 600),
    ("AEDT", 660),
    ("NZST", 720),
    ("NZDT", 780),
    ("BRT", -180),
    ("EDT", -240),
    ("EST", -300),
    ("CDT", -300),
    ("MDT", -360),
    ("MST", -420),
    ("PDT", -420),
    ("PST", -480),
    ("AKDT", -480),
    ("AKST", -540),
    ("HST", -600),
];

/// Names that two countries use for different offsets: India, Ireland and Israel (IST), Britain and Bangladesh (BST), China,
/// Cuba and North America (CST), Arabia and the Atlantic (AST), and so on.
const AMBIGUOUS: &[&str] = &[
    "IST", "BST", "CST", "AST", "ADT", "SST", "WST", "ECT", "GST", "AMT", "ART", "COT", "EAT",
    "CAT", "WAT", "ICT", "PHT", "MYT", "NPT", "TRT", "NST", "NDT",
];

/// The name of a zone that stands here, alone or with an offset (`GMT+0100`, `PST-08`), which decides then.
fn name(c: &mut Cursor<'_>) -> Name {
    let start = c.at;
    let word = word(c);
    let known = NAMES.iter().find(|(name, _)| name.as_bytes() == word);
    let utc = ["utc", "Utc", "z"].iter().any(|n| n.as_bytes() == word);
    let ambiguous = AMBIGUOUS.iter().any(|n| n.as_bytes() == word);
    c.at += word.len();
    if (known.is_some() || utc || ambiguous)
        && matches!(c.peek(), b'+' | b'-')
        && let Some(seconds) = offset(c)
    {
        return Name::Offset(seconds);
    }
    match known {
        Some((_, minutes)) => Name::Offset(minutes * 60),
        None if utc => Name::Offset(0),
        None if ambiguous => Name::Ambiguous,
        None => {
            c.at = start;
            Name::NoZone
        }
    }
}

fn word<'a>(c: &Cursor<'a>) -> &'a [u8] {
    let rest = c.rest();
    let end = rest
        .iter()
        .take(40)
        .position(|b| !b.is_ascii_alphanumeric())
        .unwrap_or(rest.len().min(40));
    &rest[..end]
}
