//! Which format a sample has, and why: content decides, never the name of the file.

use super::envelope::{self, Outer};
use super::fields::Fields;
use super::formats::{FORMATS, Fit, LineFormat, LogFormat, Refusal};
use super::trace;

/// How much of the start of an input is looked at.
pub(crate) const SAMPLE_BYTES: usize = 256 << 10;
/// How many lines of it are tried.
const SAMPLE_LINES: usize = 200;
/// A format must read at least this share (of 1000) of the lines tried to be the main one.
const LEAST_SCORE: u32 = 100;

/// The start of an input.
pub(crate) struct Sample {
    text: String,
    binary: Option<&'static str>,
}

impl Sample {
    pub(crate) fn new(head: &[u8], whole: bool) -> Sample {
        // The last line of a part may be cut.
        let end = if whole {
            head.len()
        } else {
            memchr::memrchr(b'\n', head).map_or(head.len(), |at| at + 1)
        };
        Sample {
            text: String::from_utf8_lossy(&head[..end]).into_owned(),
            binary: binary(head),
        }
    }

    /// What it is, if it is no text.
    pub(crate) fn binary(&self) -> Option<&'static str> {
        self.binary
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Lines that are not blank, from the start.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.text
            .lines()
            .filter(|l| !l.trim().is_empty())
            .take(SAMPLE_LINES)
    }

    /// The first character that is not blank.
    pub(crate) fn first_char(&self) -> Option<char> {
        self.text
            .chars()
            .find(|c| !c.is_whitespace() && *c != '\u{1e}')
    }
}

fn binary(head: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 7] = [
        (b"PK\x03\x04", "an archive in an archive; unpack it first"),
        (b"\x89PNG", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"%PDF", "a PDF document"),
        (b"PAR1", "a Parquet file; export it as JSON or CSV first"),
        (b"SQLite format 3", "an SQLite database"),
        (b"\x7fELF", "a program"),
    ];
    let found = known
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, what)| *what);
    let zeros = head.iter().take(8192).filter(|b| **b == 0).count();
    found.or((zeros * 100 > head.len().min(8192)).then_some("binary data"))
}

/// The format of an input, and why.
pub(crate) struct Choice {
    pub(crate) format: Option<&'static dyn LogFormat>,
    pub(crate) reason: String,
}

/// The format that fits best; among equals the first of the table.
pub(crate) fn choose(sample: &Sample, fields: &mut Fields) -> Choice {
    let mut best: Option<(&'static dyn LogFormat, Fit)> = None;
    for format in FORMATS {
        let Some(fit) = format.detect(sample, fields) else {
            continue;
        };
        if best.as_ref().is_none_or(|(_, b)| fit.score > b.score) {
            best = Some((*format, fit));
        }
    }
    match best {
        Some((format, fit)) if fit.score >= LEAST_SCORE => Choice {
            format: Some(format),
            reason: match fields.envelopes() {
                Some(envelopes) => format!("{}, inside {envelopes}", fit.reason),
                None => fit.reason,
            },
        },
        _ => Choice {
            format: None,
            reason: match sample.lines().count() {
                0 => "nothing in it".to_owned(),
                n => format!("no format reads more than a few of the first {n} lines"),
            },
        },
    }
}

/// How many of the sampled lines a line format reads.
pub(crate) fn share(
    sample: &Sample,
    format: &dyn LineFormat,
    fields: &mut Fields,
    what: &str,
) -> Option<Fit> {
    // A line that only its envelope dates is half a sign: almost any line can be read so.
    let (mut tried, mut good, mut halves) = (0u32, 0u32, 0u32);
    for line in sample.lines() {
        // A trace may be longer than the sample: its lines are no sign against the record that they continue.
        if good > 0 && trace::continues(line) {
            continue;
        }
        tried += 1;
        let opened = envelope::open(line.trim_end());
        fields.within(opened.outer, "");
        let mut read = format.read_line(&opened.text, 1, fields, &mut |_| {});
        halves += u32::from(read.is_ok());
        if matches!(read, Err(Refusal::NotMine)) && fields.has_outer_time() {
            read = format.read_untimed(&opened.text, 1, fields, &mut |_| {});
        }
        halves += u32::from(read.is_ok());
        good += u32::from(read.is_ok());
    }
    fields.within(Outer::default(), "");
    (good > 0).then(|| Fit {
        score: halves * 500 / tried,
        reason: if tried == 1 {
            format!("1 line: {what}")
        } else {
            format!("{good} of the first {tried} lines are {what}")
        },
    })
}
