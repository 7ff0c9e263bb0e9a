//! Lines that look like one that was read before.
//!
//! A program writes the same few shapes of line over and over. From a line that the general reader has read, a [`Layout`] keeps the
//! bytes around its values; a later line in which all these bytes stand, and whose values are of the plain kind that cannot
//! change the shape, says the same under the same names. What such a line says is then known from the values that tell
//! (a status, a method, an error): together they are a key, learnt with the record that the general reader gave. Only what differs on
//! every line (time, ids, amounts, durations) is read anew. Whatever does not fit goes to the general reader, which is the judge:
//! a property test holds that both give the same facts.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::formats::nanos;
use super::stamp;
use crate::model::{
    Alike, DurationUnit, Field, IdHash, Record, Stamp, Time, VOLATILE, VOLATILE_IDS, volatile,
    words,
};

/// More values than this are no line of a log that repeats itself.
const MAX_SLOTS: usize = 64;
/// So many shapes are kept of one input.
const MAX_LAYOUTS: usize = 32;
/// So many combinations of telling values are kept of one input; texts that never repeat would fill the memory.
const MAX_ENTRIES: usize = 1 << 14;
/// After so many lines that taught nothing, more than the lines that did, no more is tried.
const PATIENCE: u32 = 2000;
/// Ends a value in a key; no UTF-8 text has it.
const END: u8 = 0xff;

/// How a value stands in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Between double quotes, without a backslash.
    Quoted,
    /// A JSON number.
    Number,
    /// A cell of a table, whose end the reader of the table knows.
    Cell,
    /// Up to the next space or the end, of letters, digits and `_./:+@%-`.
    Bare,
    /// Between brackets, without brackets, quotes or a backslash.
    Bracketed,
}

/// What a value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It tells: part of the key.
    Tells,
    /// It is an id, or an address.
    Id,
    /// It is an amount.
    Amount,
    /// It is an internet address.
    Address,
    /// It is a duration, and whether of a unit below a millisecond.
    Duration(bool),
    /// It is a duration in seconds, and shows that by its point.
    Seconds,
    /// It is a whole number that says nothing that is used.
    Count,
    /// It is a word that can be no number, pair or duration, and says nothing that is used.
    Word,
    /// It is a time stamp.
    Stamp,
    /// It says nothing that is used.
    Nothing,
}

/// Where a value stands in a line, and what it is.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) range: Range<usize>,
    pub(crate) shape: Shape,
    pub(crate) role: Role,
}

/// A record of the general reader, as far as later lines repeat it.
#[derive(Clone, Debug)]
struct Entry {
    /// Under which the sink knows it.
    number: u32,
    /// The value from which each volatile field comes.
    sources: [Option<u8>; VOLATILE.len()],
    time: u8,
    /// Whether the name of the stamp says that it is UTC, so that the stamp need not.
    is_utc: bool,
    start: When,
    end: When,
    unit: DurationUnit,
}

/// How a start or an end follows from the time stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Absent,
    Same,
    /// Less the duration.
    Before,
    /// Plus the duration.
    After,
}

#[derive(Clone, Debug)]
struct Layout {
    format: &'static str,
    /// One before each value, one after the last.
    literals: Vec<Box<[u8]>>,
    slots: Vec<(Shape, Role)>,
    known: HashMap<Box<[u8]>, Entry, BuildHasherDefault<Fold>>,
}

/// What was learnt of the lines of one input.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layouts {
    all: Vec<Layout>,
    entries: usize,
    in_vain: u32,
}

/// A line that is like one read before.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Id of its format.
    pub(crate) format: &'static str,
    /// Under which the sink knows the record that it is like.
    pub(crate) number: u32,
    pub(crate) time: Stamp,
    start: Option<Stamp>,
    end: Option<Stamp>,
    ids: [IdHash; VOLATILE_IDS],
    /// Where the texts of its volatile fields stand in the line.
    texts: [Option<(u32, u32)>; VOLATILE.len()],
}

impl Row {
    /// What was found in `line`, the one of that number.
    pub(crate) fn alike<'a>(&self, line: &'a str, number: u64) -> Alike<'a> {
        let text = |(from, to): (u32, u32)| line.get(from as usize..to as usize);
        Alike {
            line: number,
            time: self.time,
            start: self.start,
            end: self.end,
            ids: self.ids,
            texts: self.texts.map(|t| t.and_then(text)),
        }
    }
}

/// What finding needs again and again.
pub(crate) struct Finder {
    slots: [(usize, usize); MAX_SLOTS],
    ids: [IdHash; MAX_SLOTS],
    key: Vec<u8>,
    /// Room for the cells of a row.
    pub(crate) cells: Vec<Range<usize>>,
    /// The layout that fitted last is tried first.
    last: usize,
}

impl Default for Finder {
    fn default() -> Finder {
        Finder {
            slots: [(0, 0); MAX_SLOTS],
            ids: [IdHash::NONE; MAX_SLOTS],
            key: Vec::new(),
            cells: Vec::new(),
            last: 0,
        }
    }
}

impl Layouts {
    /// Whether it may pay to learn from one more line.
    pub(crate) fn is_eager(&self) -> bool {
        self.entries < MAX_ENTRIES && self.in_vain < PATIENCE + self.entries as u32
    }

    /// Whether any line was learnt.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Finds what a line (without its line end) is like.
    pub(crate) fn find(&self, line: &str, finder: &mut Finder) -> Option<Row> {
        let last = finder.last;
        if let Some(row) = self.all.get(last).and_then(|l| l.find(line, finder)) {
            return Some(row);
        }
        for (i, layout) in self.all.iter().enumerate().filter(|(i, _)| *i != last) {
            if let Some(row) = layout.find(line, finder) {
                finder.last = i;
                return Some(row);
            }
        }
        None
    }

    /// Finds what a row of cells is like; `cells` are the places of its cells in `line`.
    pub(crate) fn find_cells(
        &self,
        line: &str,
        cells: impl ExactSizeIterator<Item = Range<usize>>,
        finder: &mut Finder,
    ) -> Option<Row> {
        let count = cells.len();
        for (slot, cell) in finder.slots.iter_mut().zip(cells) {
            *slot = (cell.start, cell.end);
        }
        let fits = |l: &&Layout| l.slots.len() == count;
        self.all
            .iter()
            .filter(fits)
            .find_map(|l| l.find_values(line, finder))
    }

    /// Learns from a line that the general reader gave as `record`, which the sink knows under `number`.
    pub(crate) fn learn(
        &mut self,
        format: &'static str,
        line: &str,
        cuts: &[Cut],
        record: &Record<'_>,
        number: u32,
    ) {
        let entry = entry(line, cuts, record, number).filter(|_| cuts.len() <= MAX_SLOTS);
        let Some(entry) = entry else {
            self.in_vain += 1;
            return;
        };
        let is_cells = cuts.iter().all(|c| c.shape == Shape::Cell);
        let literals = if is_cells {
            Vec::new()
        } else {
            literals(line, cuts)
        };
        let known = self.all.iter_mut().position(|l| {
            l.format == format
                && l.literals == literals
                && l.slots.len() == cuts.len()
                && l.slots
                    .iter()
                    .zip(cuts)
                    .all(|(s, c)| *s == (c.shape, c.role))
        });
        let at = match known {
            Some(at) => at,
            None if self.all.len() < MAX_LAYOUTS => {
                self.all.push(Layout {
                    format,
                    literals,
                    slots: cuts.iter().map(|c| (c.shape, c.role)).collect(),
                    known: HashMap::default(),
                });
                self.all.len() - 1
            }
            None => {
                self.in_vain += 1;
                return;
            }
        };
        let layout = &mut self.all[at];
        let mut finder = Finder::default();
        for (slot, cut) in finder.slots.iter_mut().zip(cuts) {
            *slot = (cut.range.start, cut.range.end);
        }
        let same = is_cells || layout.values(line, &mut finder.slots);
        if same && layout.key(line, &mut finder) {
            self.entries += 1;
            layout.known.insert(finder.key.as_slice().into(), entry);
        } else {
            self.in_vain += 1;
        }
    }
}

impl Layout {
    fn find(&self, line: &str, finder: &mut Finder) -> Option<Row> {
        if !self.values(line, &mut finder.slots) {
            return None;
        }
        self.find_values(line, finder)
    }

    fn find_values(&self, line: &str, finder: &mut Finder) -> Option<Row> {
        if !self.key(line, finder) {
            return None;
        }
        let entry = self.known.get(finder.key.as_slice())?;
        entry.row(self.format, line, finder)
    }

    /// Where the values of the line stand, if it has this layout.
    fn values(&self, line: &str, slots: &mut [(usize, usize); MAX_SLOTS]) -> bool {
        let bytes = line.as_bytes();
        let mut at = 0;
        for (i, (shape, _)) in self.slots.iter().enumerate() {
            let Some(rest) = bytes[at..].strip_prefix(&*self.literals[i]) else {
                return false;
            };
            at = bytes.len() - rest.len();
            let Some(length) = length(rest, *shape) else {
                return false;
            };
            slots[i] = (at, at + length);
            at += length;
        }
        bytes[at..] == *self.literals[self.slots.len()]
    }

    /// Puts the telling values together; `false` where a value is of a kind that needs the general reader.
    fn key(&self, line: &str, finder: &mut Finder) -> bool {
        finder.key.clear();
        for (i, (_, role)) in self.slots.iter().enumerate() {
            let (from, to) = finder.slots[i];
            let text = &line.as_bytes()[from..to];
            match role {
                Role::Tells => finder.key.extend_from_slice(text),
                Role::Nothing => {}
                _ if text.is_empty() => finder.key.push(b'0'),
                Role::Id if is_plain_id(text) => {
                    finder.ids[i] = IdHash::of(line.get(from..to).unwrap_or(""));
                    if !finder.ids[i].is_some() {
                        return false; // a word for "nothing"
                    }
                    finder.key.push(b'1');
                }
                Role::Amount if is_decimal(text, 28) => finder.key.push(b'1'),
                Role::Duration(fine) if is_duration(text, *fine) => finder.key.push(b'1'),
                Role::Address if is_address(text) => finder.key.push(b'1'),
                Role::Seconds if is_seconds(text) => finder.key.push(b'1'),
                Role::Count if text.iter().all(u8::is_ascii_digit) => {}
                Role::Word if is_word(text) => {}
                Role::Stamp => finder.key.push(b'1'),
                _ => return false,
            }
            finder.key.push(END);
        }
        true
    }
}

impl Entry {
    fn row(&self, format: &'static str, line: &str, finder: &Finder) -> Option<Row> {
        let text = |slot: u8| {
            let (from, to) = finder.slots[slot as usize];
            line.get(from..to)
        };
        let time = plain_stamp(text(self.time)?, self.is_utc)?;
        let mut ids = [IdHash::NONE; VOLATILE_IDS];
        for (id, source) in ids.iter_mut().zip(self.sources) {
            *id = source.map_or(IdHash::NONE, |slot| finder.ids[slot as usize]);
        }
        let duration = volatile(Field::Duration).and_then(|i| self.sources[i]);
        let took = duration.and_then(text);
        let moved = |when: When| when.of(time, took, self.unit);
        let place = |slot: u8| {
            let (from, to) = finder.slots[slot as usize];
            Some((u32::try_from(from).ok()?, u32::try_from(to).ok()?))
        };
        Some(Row {
            format,
            number: self.number,
            time,
            start: moved(self.start)?,
            end: moved(self.end)?,
            ids,
            texts: self.sources.map(|s| s.and_then(place)),
        })
    }
}

impl When {
    /// `None` where it cannot be told; else the stamp, if there is one.
    fn of(self, time: Stamp, took: Option<&str>, unit: DurationUnit) -> Option<Option<Stamp>> {
        let by = |sign: i64| {
            let nanos = nanos(took?, unit)?;
            let moved = time.time.0.checked_add(sign * nanos)?;
            Some(Some(Stamp {
                time: Time(moved),
                ..time
            }))
        };
        match self {
            When::Absent => Some(None),
            When::Same => Some(Some(time)),
            When::Before => by(-1),
            When::After => by(1),
        }
    }
}

/// How a later line repeats the record; `None` when something of it cannot be traced to a value of the line.
fn entry(line: &str, cuts: &[Cut], record: &Record<'_>, number: u32) -> Option<Entry> {
    let mut sources = [None; VOLATILE.len()];
    for (field, source) in VOLATILE.iter().zip(&mut sources) {
        let Some(text) = record.get(*field) else {
            continue;
        };
        let fits = |cut: &Cut| match cut.role {
            Role::Id => !matches!(field, Field::Amount | Field::Duration),
            Role::Address => *field == Field::ClientAddress,
            Role::Seconds => *field == Field::Duration,
            Role::Amount => *field == Field::Amount,
            Role::Duration(_) => *field == Field::Duration,
            _ => false,
        };
        let at = cuts.iter().position(|c| is_at(line, c, text))?;
        if !fits(&cuts[at]) {
            return None;
        }
        *source = Some(u8::try_from(at).ok()?);
    }
    let stamp = record.time.filter(Stamp::is_whole)?;
    let mut stamps = (0u8..)
        .zip(cuts)
        .filter(|(_, c)| c.role == Role::Stamp && !c.range.is_empty());
    let (time, cut) = stamps.next()?;
    let text = line.get(cut.range.clone())?;
    let is_utc = stamp.has_zone && !stamp::read(text)?.has_zone;
    // With a second stamp it is not plain which of the two the record has.
    if stamps.next().is_some() || plain_stamp(text, is_utc)? != stamp {
        return None;
    }
    let took = record.get(Field::Duration);
    let when = |wanted: Option<Stamp>| {
        [When::Absent, When::Same, When::Before, When::After]
            .into_iter()
            .find(|w| w.of(stamp, took, record.duration_unit) == Some(wanted))
    };
    Some(Entry {
        number,
        sources,
        time,
        is_utc,
        start: when(record.start)?,
        end: when(record.end)?,
        unit: record.duration_unit,
    })
}

/// Where `part` stands in `line`; `None` when it is not a piece of it but a text of its own.
pub(crate) fn range_in(line: &str, part: &str) -> Option<Range<usize>> {
    let from = (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    let to = from + part.len();
    (to <= line.len()).then_some(from..to)
}

/// Whether `text` is the very piece of the line that was cut: not the same letters elsewhere.
fn is_at(line: &str, cut: &Cut, text: &str) -> bool {
    let own = line.get(cut.range.clone()).unwrap_or("");
    own.len() == text.len() && std::ptr::eq(own.as_ptr(), text.as_ptr())
}

fn literals(line: &str, cuts: &[Cut]) -> Vec<Box<[u8]>> {
    let mut at = 0;
    let mut out = Vec::with_capacity(cuts.len() + 1);
    for cut in cuts {
        out.push(line.as_bytes()[at..cut.range.start].into());
        at = cut.range.end;
    }
    out.push(line.as_bytes()[at..].into());
    out
}

/// How long the value at the start of `rest` is; `None` where it is not of the plain kind.
fn length(rest: &[u8], shape: Shape) -> Option<usize> {
    match shape {
        Shape::Quoted => {
            let stop = memchr::memchr2(b'"', b'\\', rest)?;
            (rest[stop] == b'"').then_some(stop)
        }
        Shape::Number => {
            let is_part = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'-');
            let length = rest.iter().take_while(|b| is_part(b)).count();
            is_json_number(&rest[..length]).then_some(length)
        }
        Shape::Cell => None,
        Shape::Bare => {
            let length = memchr::memchr(b' ', rest).unwrap_or(rest.len());
            rest[..length].iter().all(|b| is_bare(*b)).then_some(length)
        }
        Shape::Bracketed => {
            let length = memchr::memchr(b']', rest)?;
            let is_mark = |b: &u8| matches!(b, b'[' | b'"' | b'\\');
            (!rest[..length].iter().any(is_mark)).then_some(length)
        }
    }
}

/// A JSON number without an exponent.
fn is_json_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let dot = text.iter().position(|b| *b == b'.');
    let (whole, fraction) = text.split_at(dot.unwrap_or(text.len()));
    let digits = |t: &[u8]| !t.is_empty() && t.iter().all(u8::is_ascii_digit);
    digits(whole)
        && (whole.len() == 1 || whole[0] != b'0')
        && (fraction.is_empty() || digits(&fraction[1..]))
}

fn is_bare(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b':' | b'+' | b'@' | b'%' | b'-')
}

fn is_plain_id(text: &[u8]) -> bool {
    const IS_PART: [bool; 256] = {
        let mut of = [false; 256];
        let mut b = 0;
        while b < 256 {
            let byte = b as u8;
            of[b] = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'-');
            b += 1;
        }
        of
    };
    // most are: no look whether to go on after each
    text.len() <= 128 && text.iter().fold(true, |all, b| all & IS_PART[*b as usize])
}

fn is_decimal(text: &[u8], most: usize) -> bool {
    let dot = text.iter().position(|b| *b == b'.');
    let (whole, fraction) = text.split_at(dot.unwrap_or(text.len()));
    let digits = |t: &[u8]| !t.is_empty() && t.iter().all(u8::is_ascii_digit);
    text.len() <= most && digits(whole) && (fraction.is_empty() || digits(&fraction[1..]))
}

/// A number that can be nothing but a duration: too small for a moment, unless the name says that its unit is fine.
fn is_duration(text: &[u8], fine: bool) -> bool {
    let whole = text.iter().take_while(|b| b.is_ascii_digit()).count();
    is_decimal(text, 20) && whole <= if fine { 15 } else { 8 }
}

fn is_address(text: &[u8]) -> bool {
    let text = std::str::from_utf8(text).unwrap_or("");
    text.parse::<std::net::IpAddr>().is_ok()
}

/// Digits, a point and digits, as nginx writes `$request_time`.
pub(crate) fn is_seconds(text: &[u8]) -> bool {
    let short = |t: &[u8]| (1..=9).contains(&t.len()) && t.iter().all(u8::is_ascii_digit);
    let dot = text.iter().position(|b| *b == b'.');
    dot.is_some_and(|at| short(&text[..at]) && short(&text[at + 1..]))
}

/// A word with a letter that no reader of what stands at the end of a line takes for something: no pair, no list, no number
/// with its unit.
pub(crate) fn is_word(text: &[u8]) -> bool {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    text.iter().all(is_part) && text.iter().any(u8::is_ascii_alphabetic) && !text.ends_with(b"ms")
}

/// A stamp that leaves nothing open, from a text without blanks around it.
fn plain_stamp(text: &str, is_utc: bool) -> Option<Stamp> {
    let mut stamp = stamp::read(text)?;
    stamp.has_zone |= is_utc;
    stamp.is_whole().then_some(stamp)
}

/// Folds eight bytes at a time; keys are looked up, never listed.
#[derive(Default)]
struct Fold(u64);

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        const K: u64 = 0x9e37_79b9_7f4a_7c15;
        for word in words(bytes) {
            self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(K);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
