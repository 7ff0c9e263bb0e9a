//! Cuts a stream of JSON into its values: the elements of an array, documents one after the other, the
//! records that an object wraps. As a rule only one value at a time is in memory.
//!
//! What is damaged (a line that was cut, a foreign line, a bracket or quote too many) is given as such, and the
//! reading goes on where the next element begins: at a line that begins with `{` and is indented no deeper than the
//! elements before, or, in the middle of a line, at a `{` with a key that elements before began with. No byte is
//! gone through more than about a hundred times (once for each level of nesting that is followed).

use std::borrow::Cow;
use std::io::{self, Read};

use super::json::JsonError;
use super::outline::{Outline, Step, is_blank};
use super::wrapper;
use crate::source::Limits;

const CHUNK: usize = 256 << 10;
/// A value from this length on is looked at while it goes on: what wraps records is opened, and one that holds
/// what looks like the next element is held for damaged.
const LARGE: usize = 8 << 20;
/// So much of a damaged value is kept.
const KEPT: usize = 4096;
/// So far a key of an element is looked for behind its bracket.
const KEY_REACH: usize = 256;
/// So many first keys of elements are remembered.
const KEYS: usize = 16;
/// Before so many good values, their keys do not yet tell what an element begins with.
const FEW: usize = 3;
/// How deep wrappers are opened.
const MAX_WRAPPERS: usize = 6;

/// One record of a document.
pub(crate) struct Element<'a> {
    /// From 1, over the whole input.
    pub(crate) ordinal: u64,
    /// The line of the input on which its value begins, from 1.
    pub(crate) line: u64,
    /// Its JSON; of what is damaged, the start.
    pub(crate) text: &'a str,
    /// What the objects around it say, outermost first, as JSON.
    pub(crate) around: &'a [Cow<'a, str>],
    /// Why it cannot be read.
    pub(crate) damage: Option<JsonError>,
}

/// Gives each record to `each` until that says stop (`false`); gives the error that ended the data early.
pub(crate) fn each_element(
    reader: &mut dyn Read,
    limits: &Limits,
    each: &mut dyn FnMut(Element<'_>) -> bool,
) -> Option<io::Error> {
    let mut ordinal = 0;
    let mut going = true;
    let mut frames = Frames::new(reader, limits, Resume::Elements);
    while let Some(frame) = frames.next_frame() {
        let text = String::from_utf8_lossy(frame.bytes);
        let (line, damage) = (frame.line, frame.damage);
        let mut around: Vec<Cow<'_, str>> =
            frame.around.iter().map(|w| Cow::from(&w.text)).collect();
        let mut give = |text: &str, around: &[Cow<'_, str>]| {
            ordinal += 1;
            going = going
                && each(Element {
                    ordinal,
                    line,
                    text,
                    around,
                    damage,
                });
        };
        match damage {
            Some(_) => give(&text, &around),
            None => wrapper::split(&text, &mut around, &mut give),
        }
        if !going {
            return None;
        }
    }
    frames.error
}

/// Gives each value at the top (or in an array at the top) to `each` until that says stop.
pub(crate) fn each_value(
    reader: &mut dyn Read,
    limits: &Limits,
    each: &mut dyn FnMut(&str) -> bool,
) -> Option<io::Error> {
    let mut frames = Frames::new(reader, limits, Resume::Lines);
    while let Some(frame) = frames.next_frame() {
        if !each(&String::from_utf8_lossy(frame.bytes)) {
            return None;
        }
    }
    frames.error
}

/// The first value of a text that may be cut: all of the text, where it does not end.
pub(crate) fn first_value(text: &str) -> Option<String> {
    let mut reader = text.as_bytes();
    let mut frames = Frames::new(&mut reader, &Limits::default(), Resume::Never);
    let frame = frames.next_frame()?;
    Some(String::from_utf8_lossy(frame.bytes).into_owned())
}

/// Where the reading goes on after damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resume {
    /// Nowhere.
    Never,
    /// At a line that begins like a value at the top.
    Lines,
    /// At the next record, wherever it is, also in an object that wraps records.
    Elements,
}

/// What was cut out.
struct Frame<'f> {
    bytes: &'f [u8],
    line: u64,
    around: &'f [Wrapper],
    damage: Option<JsonError>,
}

/// An object around records that was opened before its end was seen.
struct Wrapper {
    /// What it says itself before the records, made whole.
    text: String,
    /// How many closing brackets were awaited before it.
    outside: usize,
}

/// How a value ended.
enum End {
    Whole(usize),
    Damaged(JsonError),
    /// It wraps records, and they are now what is read.
    Opened,
}

struct Frames<'r> {
    reader: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    /// The line of `start`.
    line: u64,
    finished: bool,
    error: Option<io::Error>,
    max: usize,
    resume: Resume,
    /// The closing brackets of what the values are in, outermost first.
    closers: Vec<u8>,
    around: Vec<Wrapper>,
    /// Blanks before the value that comes, if nothing else is before it on its line.
    indent: Option<usize>,
    /// The same of the good values that began a line.
    usual_indent: Option<usize>,
    /// The same of the last of them.
    last_indent: Option<usize>,
    /// Whether the last good value went over several lines.
    tall: bool,
    /// Good values so far.
    good: usize,
    /// Keys that they began with.
    keys: Vec<Box<[u8]>>,
    /// Whether a good value was a record by itself.
    has_records: bool,
    /// The start of the damaged value.
    kept: Vec<u8>,
}

impl<'r> Frames<'r> {
    fn new(reader: &'r mut dyn Read, limits: &Limits, resume: Resume) -> Frames<'r> {
        Frames {
            reader,
            buffer: Vec::new(),
            start: 0,
            line: 1,
            finished: false,
            error: None,
            max: limits.max_document_bytes,
            resume,
            closers: Vec::new(),
            around: Vec::new(),
            indent: Some(0),
            usual_indent: None,
            last_indent: None,
            tall: false,
            good: 0,
            keys: Vec::new(),
            has_records: false,
            kept: Vec::new(),
        }
    }

    /// The next value, or what stands where one should.
    fn next_frame(&mut self) -> Option<Frame<'_>> {
        loop {
            self.skip_separators()?;
            let line = self.line;
            if !matches!(self.buffer[self.start], b'{' | b'[') {
                let damage = JsonError {
                    column: 1,
                    what: "a value expected",
                };
                return Some(self.damaged(line, damage, !self.tall));
            }
            match self.bracketed() {
                End::Opened => {}
                End::Damaged(error) => return Some(self.damaged(line, error, false)),
                End::Whole(length) if self.is_text(length) => {
                    let damage = JsonError {
                        column: length + 1,
                        what: "text after the value",
                    };
                    return Some(self.damaged(line, damage, !self.tall));
                }
                End::Whole(length) => {
                    let from = self.start;
                    self.learn(length);
                    self.advance(length);
                    return Some(Frame {
                        bytes: &self.buffer[from..from + length],
                        line,
                        around: &self.around,
                        damage: None,
                    });
                }
            }
        }
    }

    fn skip_separators(&mut self) -> Option<()> {
        loop {
            while let Some(&byte) = self.buffer.get(self.start) {
                match byte {
                    b'\n' => self.indent = Some(0),
                    b' ' | b'\t' | b'\r' => self.indent = self.indent.map(|n| n + 1),
                    b',' | 0x1e => self.indent = None,
                    b'[' if self.closers.is_empty() || self.is_inner_list() => {
                        self.closers.push(b']');
                        self.indent = None;
                    }
                    _ if self.closers.last() == Some(&byte) => self.close(),
                    _ => return Some(()),
                }
                self.advance(1);
            }
            if !self.fill() {
                return None;
            }
        }
    }

    fn close(&mut self) {
        self.closers.pop();
        self.indent = None;
        while self
            .around
            .last()
            .is_some_and(|w| w.outside >= self.closers.len())
        {
            self.around.pop();
        }
    }

    fn advance(&mut self, bytes: usize) {
        let passed = &self.buffer[self.start..self.start + bytes];
        self.line += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.start += bytes;
    }

    /// Whether a line of text begins here with something in brackets: `[main] started`.
    fn is_text(&self, length: usize) -> bool {
        let bytes = &self.buffer[self.start..];
        let after = bytes[length..].iter().find(|b| !matches!(b, b' ' | b'\t'));
        bytes[0] == b'['
            && after.is_some_and(|b| !matches!(b, b',' | b'{' | b'[' | b'}' | b']' | b'\r' | b'\n'))
    }

    /// Whether a list of objects begins here, in the list that is read.
    fn is_inner_list(&mut self) -> bool {
        if self.resume != Resume::Elements {
            return false;
        }
        loop {
            let rest = &self.buffer[self.start + 1..];
            if let Some(byte) = rest.iter().find(|b| !is_blank(**b)) {
                return *byte == b'{';
            }
            if rest.len() > CHUNK || !self.fill() {
                return false;
            }
        }
    }

    /// Goes through the value that begins here.
    fn bracketed(&mut self) -> End {
        let mut outline = Outline::new();
        let mut look = LARGE;
        loop {
            let bytes = &self.buffer[self.start..];
            let (at, what) = match outline.follow(bytes, self.finished) {
                Step::Done(length) => return End::Whole(length),
                Step::Bad(at, what) => (at, what),
                Step::More if bytes.len() > self.max => {
                    (bytes.len(), "an element longer than --max-element allows")
                }
                Step::More if bytes.len() > look && self.resume == Resume::Elements => {
                    look = bytes.len() * 2;
                    let next = || (1..bytes.len()).find(|at| self.begins_element(*at));
                    if !self.can_open(&outline) && next().is_none() {
                        self.fill();
                        continue;
                    }
                    (bytes.len(), "the next element begins before it ends")
                }
                Step::More => {
                    self.fill();
                    continue;
                }
            };
            if self.can_open(&outline) {
                self.open(&outline);
                return End::Opened;
            }
            return End::Damaged(JsonError {
                column: at + 1,
                what,
            });
        }
    }

    /// The array of records that the value wraps, if it is still open.
    fn wrapped(&self, outline: &Outline) -> Option<(usize, String)> {
        let open = outline.open();
        let array = open.iter().position(|(closer, _)| *closer == b']')?;
        let place = open[array].1;
        let head = &self.buffer[self.start..=self.start + place];
        let mut text = String::from_utf8_lossy(head).into_owned();
        text.push_str("{}");
        text.extend(open[..=array].iter().rev().map(|(c, _)| *c as char));
        wrapper::is_wrapper(&text).then_some((array, text))
    }

    fn can_open(&self, outline: &Outline) -> bool {
        self.resume == Resume::Elements
            && !self.has_records
            && (self.closers.is_empty() || !self.around.is_empty())
            && self.around.len() < MAX_WRAPPERS
            && self.wrapped(outline).is_some()
    }

    /// Enters the array that the value wraps.
    fn open(&mut self, outline: &Outline) {
        let Some((array, text)) = self.wrapped(outline) else {
            return;
        };
        let open = &outline.open()[..=array];
        self.around.push(Wrapper {
            text: wrapper::own_part(&text),
            outside: self.closers.len(),
        });
        self.closers.extend(open.iter().map(|(closer, _)| *closer));
        self.advance(open[array].1 + 1);
        self.indent = None;
        self.usual_indent = None;
        self.good = 0;
        self.keys.clear();
    }

    /// Remembers how a good value looks.
    fn learn(&mut self, length: usize) {
        let value = &self.buffer[self.start..self.start + length];
        self.good += 1;
        self.tall = memchr::memchr(b'\n', value).is_some();
        if self.indent.is_some() {
            // One value alone may be a part of a damaged one.
            if self.usual_indent.is_none() || self.last_indent == self.indent {
                self.usual_indent = self.indent;
            }
            self.last_indent = self.indent;
        }
        self.indent = None;
        if let Some(key) = first_key(value)
            && self.keys.len() < KEYS
            && !self.keys.iter().any(|k| **k == *key)
        {
            self.keys.push(key.into());
        }
        if !self.has_records {
            self.has_records = !wrapper::is_wrapper(&String::from_utf8_lossy(value));
        }
    }

    /// Passes what is damaged, up to the next element (or the end of the line, if `line_ends`).
    fn damaged(&mut self, line: u64, damage: JsonError, line_ends: bool) -> Frame<'_> {
        if self.usual_indent.is_none() && self.buffer[self.start] == b'{' {
            self.usual_indent = self.indent;
        }
        self.kept.clear();
        let mut at = 1;
        loop {
            let stop = match self.resume {
                Resume::Never => None,
                _ => self.stop(&mut at, line_ends),
            };
            let passed = match stop {
                Some(stop) => stop,
                None if self.finished => self.buffer.len() - self.start,
                // The end is left to look at again with what follows it.
                None => at.saturating_sub(KEPT),
            };
            let end = self.start + passed;
            let keep = passed.min(KEPT - self.kept.len());
            self.kept
                .extend_from_slice(&self.buffer[self.start..self.start + keep]);
            if stop.is_some() || self.finished {
                let before = &self.buffer[self.start..end];
                self.indent = memchr::memrchr(b'\n', before).map(|n| before.len() - n - 1);
                self.advance(passed);
                break;
            }
            self.advance(passed);
            at -= passed;
            self.fill();
        }
        Frame {
            bytes: &self.kept,
            line,
            around: &self.around,
            damage: Some(damage),
        }
    }

    /// Where reading goes on, from `at` on, which is moved on to what has not been looked at.
    fn stop(&self, at: &mut usize, line_ends: bool) -> Option<usize> {
        let bytes = &self.buffer[self.start..];
        let enough = match self.finished {
            true => bytes.len(),
            false => bytes.len().saturating_sub(KEY_REACH),
        };
        while let Some(found) = bytes
            .get(*at..enough)
            .and_then(|b| memchr::memchr2(b'{', b'\n', b))
        {
            let place = *at + found;
            if (bytes[place] == b'\n' && line_ends) || self.begins_element(place) {
                return Some(place);
            }
            *at = place + 1;
        }
        *at = enough.max(*at);
        None
    }

    /// Whether an element seems to begin at this place.
    fn begins_element(&self, at: usize) -> bool {
        let bytes = &self.buffer[self.start..];
        if bytes[at] != b'{' {
            return false;
        }
        let before = &bytes[..at];
        let blanks = before.iter().rev().take_while(|b| is_blank(**b)).count();
        let (last, blanks) = before.split_at(at - blanks);
        if let Some(newline) = memchr::memrchr(b'\n', blanks) {
            let indent = blanks.len() - newline - 1;
            return self.usual_indent.is_none_or(|usual| indent <= usual);
        }
        let value_of_a_key = matches!(last.last(), None | Some(b':' | b'['));
        let key = first_key(&bytes[at..bytes.len().min(at + KEY_REACH)]);
        self.resume == Resume::Elements
            && !value_of_a_key
            && key.is_some_and(|key| {
                self.keys.iter().any(|k| **k == *key)
                    || (self.good < FEW && follows_an_object(last))
            })
    }

    /// Reads more; `false` at the end.
    fn fill(&mut self) -> bool {
        if self.finished {
            return false;
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let old = self.buffer.len();
        self.buffer.resize(old + CHUNK, 0);
        let got = loop {
            match self.reader.read(&mut self.buffer[old..]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let n = match got {
            Ok(n) => n,
            Err(e) => {
                self.error = Some(e);
                0
            }
        };
        self.buffer.truncate(old + n);
        self.finished = n == 0;
        n > 0
    }
}

/// Whether the text ends with `},`.
fn follows_an_object(text: &[u8]) -> bool {
    text.strip_suffix(b",")
        .is_some_and(|before| before.trim_ascii_end().ends_with(b"}"))
}

/// The first key of the object that the text begins with, as it is written.
fn first_key(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"{")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"")?;
    let end = memchr::memchr(b'"', rest)?;
    let after = rest[end + 1..].trim_ascii_start();
    after.starts_with(b":").then_some(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        each_value(&mut text.as_bytes(), &Limits::default(), &mut |v| {
            out.push(v.to_owned());
            true
        });
        out
    }

    #[test]
    fn arrays_documents_and_what_is_neither() {
        assert_eq!(
            values("[{\"a\":\"]}\"},\n {\"b\":[1]} ]"),
            ["{\"a\":\"]}\"}", "{\"b\":[1]}"]
        );
        assert_eq!(
            values("{\n \"a\": 1\n}\n{\"b\":2}{\"c\":3}"),
            ["{\n \"a\": 1\n}", "{\"b\":2}", "{\"c\":3}"]
        );
        assert_eq!(values("[{\"a\":1},{\"b\":"), ["{\"a\":1}", "{\"b\":"]);
        assert_eq!(
            values("{\"a\":1}\noops here\n{\"b\":2}"),
            ["{\"a\":1}", "oops here", "{\"b\":2}"]
        );
        assert_eq!(values("[[1,2],[3]]"), ["[1,2]", "[3]"]);
    }

    #[test]
    fn a_value_over_the_limit_is_damaged_and_passed() {
        let long = "x".repeat(3 * CHUNK);
        let text = format!("[{{\"a\":\"{long}\"}},\n{{\"a\":1}}]");
        let limits = Limits {
            max_document_bytes: CHUNK,
            ..Limits::default()
        };
        let seen = elements_within(&text, &limits);
        let damaged: Vec<bool> = seen.iter().map(|(_, _, damaged)| *damaged).collect();
        assert_eq!(damaged, [true, false]);
        assert_eq!(seen[0].0.len(), KEPT);
        assert_eq!(seen[1].0, "{\"a\":1}");
    }

    /// Text, line, and whether it is damaged.
    fn elements_within(text: &str, limits: &Limits) -> Vec<(String, u64, bool)> {
        let mut out = Vec::new();
        let error = each_element(&mut text.as_bytes(), limits, &mut |e| {
            out.push((e.text.to_owned(), e.line, e.damage.is_some()));
            true
        });
        assert!(error.is_none());
        out
    }

    /// The texts of what is whole, and the lines of what is damaged.
    fn sorted_out(text: &str) -> (Vec<String>, Vec<u64>) {
        let (mut whole, mut damaged) = (Vec::new(), Vec::new());
        for (text, line, bad) in elements_within(text, &Limits::default()) {
            match bad {
                true => damaged.push(line),
                false => whole.push(text),
            }
        }
        (whole, damaged)
    }

    #[test]
    fn a_damaged_line_costs_one_element() {
        let good = |n: u32| format!("{{\"ts\":162928800{n},\"x\":[{{\"y\":\"}}\"}}]}}");
        for bad in [
            "{\"t\":1,\"na,",
            "{\"t\":1,\"na",
            "{\"t\":1,",
            "{\"t\":",
            "{\"t\":1,\"x\":[{",
            "{\"t\":1,\"x\":[",
            "{\"t\":1\"x\":2},",
            "{\"t\":1,},",
            "a line from elsewhere: \"{}[",
            "[2021-08-18] INFO rotated {",
        ] {
            for indent in ["", "  ", "\t"] {
                let text = format!(
                    "[\n{indent}{},\n{indent}{bad}\n{indent}{},\n{indent}{}\n]\n",
                    good(0),
                    good(2),
                    good(3)
                );
                let (whole, damaged) = sorted_out(&text);
                assert_eq!(whole, [good(0), good(2), good(3)], "{text}");
                assert_eq!(damaged, [3], "{text}");
            }
        }
    }

    #[test]
    fn commas_too_many_or_missing_cost_nothing() {
        let (whole, damaged) = sorted_out("[\n{\"a\":1},,\n,{\"a\":2}\n{\"a\":3},\n]");
        assert_eq!((whole.len(), damaged.len()), (3, 0));
    }

    #[test]
    fn pretty_elements_go_on_at_their_indentation() {
        let good = |n: u32| {
            format!(
                "{{\n    \"ts\": 162928800{n},\n    \"x\": [\n      {{\n        \"y\": 1\n      }}\n    ]\n  }}"
            )
        };
        let damaged = [
            good(1).replacen("\"ts\": 1629288001,", "\"ts", 1),
            good(1).replacen("\"ts\": 1629288001,", "\"ts\": ", 1),
            good(1).replacen("{\n    \"ts", "\"ts", 1),
            good(1).replacen("[\n", "\n", 1),
            good(1).replacen("      }\n", "", 1),
            good(1).replacen("\"y\": 1", "more words\nand words", 1),
        ];
        for bad in damaged {
            let text = format!(
                "[\n  {},\n  {bad},\n  {},\n  {}\n]",
                good(0),
                good(2),
                good(3)
            );
            let (whole, damaged) = sorted_out(&text);
            assert_eq!(whole, [good(0), good(2), good(3)], "{text}");
            assert_eq!(damaged.len(), 1, "{text}");
        }
    }

    #[test]
    fn a_wrapper_is_opened_when_a_record_in_it_is_damaged() {
        let text = "{\"service\":\"shop\",\"events\":[{\"t\":1},{\"t\":2,\"na,{\"t\":3},{\"t\":4}],\"next\":null}";
        let mut seen = Vec::new();
        each_element(&mut text.as_bytes(), &Limits::default(), &mut |e| {
            let around = e.around.concat();
            seen.push((
                e.text.to_owned(),
                around.contains("shop"),
                e.damage.is_some(),
            ));
            true
        });
        assert_eq!(seen[0], ("{\"t\":1}".to_owned(), true, false));
        assert_eq!(seen[1], ("{\"t\":2,\"na,".to_owned(), true, true));
        assert_eq!(seen[2], ("{\"t\":3}".to_owned(), true, false));
        assert_eq!(seen[3], ("{\"t\":4}".to_owned(), true, false));
        let pretty = "{\n  \"events\": [\n    {\n      \"t\": 1\n    },\n    {\n      \"t\": \n    },\n    {\n      \"t\": 3\n    }\n  ]\n}";
        let (whole, damaged) = sorted_out(pretty);
        assert_eq!((whole.len(), damaged), (2, vec![6]));
    }

    #[test]
    fn large_and_nasty_data_take_little_time() {
        let wide = format!("{{\"a\":[{}", "{\"b\":1},\n".repeat(100_000));
        let deep = "{\"a\":[\n".repeat(100_000);
        let open = format!("[{}", "{\"a\":\"\n".repeat(200_000));
        let words = format!("[\n{{\"a\":1}},\n{}", "words { and \"{\n".repeat(100_000));
        let one_line = format!("[{}", "{\"a\":1,{\"a\":\"".repeat(100_000));
        for text in [wide, deep, open, words, one_line] {
            let began = std::time::Instant::now();
            let seen = elements_within(&text, &Limits::default());
            assert!(!seen.is_empty());
            let took = began.elapsed();
            assert!(took.as_secs() < 20, "{took:?}: {}", &text[..40]);
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_ends(text in "[\\[\\]{}\",:a1 \n\\\\]{0,60}") {
            let _ = values(&text);
            let _ = elements_within(&text, &Limits::default());
        }

        /// What the reader of values takes is one whole value here too.
        #[test]
        fn what_is_json_is_whole(text in "\\{(\"[ab{}\n]{0,3}\":(1|null|\"[a,\\]}]{0,3}\"|\\[1, ?\\{\\}\\]),?){0,3}\\}") {
            let read = crate::parse::json::walk(&text, &mut String::new(), &mut |_, _| {}).is_ok();
            let seen = elements_within(&text, &Limits::default());
            let cut = text.contains("\n{") || text.contains("\n\n");
            prop_assert!(!read || cut || (seen.len() == 1 && !seen[0].2), "{text:?} {seen:?}");
        }

        /// Damage to one element costs it and its neighbour at most, in every layout.
        #[test]
        fn damage_stays_local(
            layout in 0usize..4, which in 0usize..12, at in 0usize..200, kind in 0usize..4,
            junk in "[\\[\\]{}\",:a \\\\]{1,3}",
        ) {
            let element = |n: usize| match layout {
                0 | 1 => format!("{{\"ts\":16292880{n:02},\"s\":\"a b\",\"x\":[{{\"y\":1}}]}}"),
                2 => format!("{{\"ts\":16292880{n:02},\"s\":\"a, b\",\"x\":{{\"y\":[1,2]}}}}"),
                _ => format!("{{\n    \"ts\": 16292880{n:02},\n    \"x\": [\n      {{\n        \"y\": \"a\"\n      }}\n    ]\n  }}"),
            };
            let between = match layout { 0 => ",\n", 1 => ",\n  ", 2 => ",", _ => ",\n  " };
            let mut elements: Vec<String> = (0..12).map(element).collect();
            let bad = &mut elements[which];
            let place = at % bad.len();
            match kind {
                0 => bad.truncate(place),
                1 => bad.insert_str(place, &junk),
                2 => { bad.remove(place); }
                _ => bad.replace_range(..place, ""),
            }
            let first = match layout { 0 => "\n", 2 => "", _ => "\n  " };
            let text = format!("[{first}{}\n]\n", elements.join(between));
            let (whole, damaged) = sorted_out(&text);
            let lost = (0..12).filter(|n| *n != which && !whole.contains(&element(*n))).count();
            prop_assert!(whole.len() <= 12 + 3 * usize::from(kind == 1), "{text}\n{whole:?}");
            prop_assert!(lost <= 1, "{lost} lost of {text}\n{whole:?} {damaged:?}");
        }
    }
}
