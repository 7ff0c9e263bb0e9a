//! Cuts a stream of JSON into its values: the elements of an array, documents one after the other, the
//! records that an object wraps. Only one value at a time is in memory.

use std::io::{self, Read};

use super::wrapper;
use crate::source::Limits;

const CHUNK: usize = 256 << 10;

/// One record of a document.
pub(crate) struct Element<'a> {
    /// From 1, over the whole input.
    pub(crate) ordinal: u64,
    /// Its JSON.
    pub(crate) text: &'a str,
    /// The objects around it, outermost first, as raw JSON.
    pub(crate) around: &'a [&'a str],
}

/// Gives each record to `each` until that says stop (`false`); gives the error that ended the data early.
pub(crate) fn each_element(
    reader: &mut dyn Read,
    limits: &Limits,
    each: &mut dyn FnMut(Element<'_>) -> bool,
) -> Option<io::Error> {
    let mut ordinal = 0;
    let mut going = true;
    each_value(reader, limits, &mut |text| {
        wrapper::split(text, &mut |text, around| {
            ordinal += 1;
            going = going
                && each(Element {
                    ordinal,
                    text,
                    around,
                });
        });
        going
    })
}

/// Gives each value at the top (or in an array at the top) to `each` until that says stop.
pub(crate) fn each_value(
    reader: &mut dyn Read,
    limits: &Limits,
    each: &mut dyn FnMut(&str) -> bool,
) -> Option<io::Error> {
    let mut frames = Frames {
        reader,
        buffer: Vec::new(),
        start: 0,
        finished: false,
        error: None,
        in_array: false,
        max: limits.max_document_bytes,
    };
    while let Some(frame) = frames.next_frame() {
        if !each(&String::from_utf8_lossy(frame)) {
            return None;
        }
    }
    frames.error
}

struct Frames<'r> {
    reader: &'r mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    finished: bool,
    error: Option<io::Error>,
    in_array: bool,
    max: usize,
}

impl Frames<'_> {
    /// The next value; what is no value is given up to the end of its line, for the caller to reject.
    fn next_frame(&mut self) -> Option<&[u8]> {
        self.skip_separators()?;
        let length = match self.buffer[self.start] {
            b'{' | b'[' => self.bracketed(),
            _ => self.until_newline(),
        };
        let from = self.start;
        self.start += length;
        Some(&self.buffer[from..from + length])
    }

    fn skip_separators(&mut self) -> Option<()> {
        loop {
            while let Some(byte) = self.buffer.get(self.start) {
                match byte {
                    b' ' | b'\t' | b'\r' | b'\n' | b',' | 0x1e => {}
                    b'[' if !self.in_array => self.in_array = true,
                    b']' if self.in_array => self.in_array = false,
                    _ => return Some(()),
                }
                self.start += 1;
            }
            if !self.fill() {
                return None;
            }
        }
    }

    /// Length of the value that begins with a bracket, to its end or the end of the data.
    fn bracketed(&mut self) -> usize {
        let (mut at, mut depth) = (0usize, 0usize);
        let (mut in_string, mut escaped) = (false, false);
        loop {
            while let Some(byte) = self.buffer.get(self.start + at) {
                at += 1;
                if in_string {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = true,
                        b'"' => in_string = false,
                        _ => {}
                    }
                    continue;
                }
                match byte {
                    b'"' => in_string = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    return at;
                }
            }
            if at > self.max {
                self.error = Some(io::Error::other(format!(
                    "one value is longer than {} bytes",
                    self.max
                )));
                self.finished = true;
            }
            if !self.fill() {
                return at;
            }
        }
    }

    fn until_newline(&mut self) -> usize {
        let mut at = 0;
        loop {
            let pending = &self.buffer[self.start + at..];
            if let Some(end) = memchr::memchr(b'\n', pending) {
                return at + end.max(1);
            }
            at += pending.len();
            if at > self.max || !self.fill() {
                return at;
            }
        }
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
    fn a_value_over_the_limit_ends_the_reading_with_an_error() {
        let text = format!("[{{\"a\":\"{}\"}}]", "x".repeat(3 * CHUNK));
        let limits = Limits {
            max_document_bytes: CHUNK,
            ..Limits::default()
        };
        assert!(each_value(&mut text.as_bytes(), &limits, &mut |_| true).is_some());
    }

    proptest! {
        #[test]
        fn never_panics_and_ends(text in "[\\[\\]{}\",a \n\\\\]{0,60}") {
            let _ = values(&text);
        }
    }
}
