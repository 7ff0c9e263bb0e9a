//! Follows the structure of one JSON object or array as its bytes come in: where it ends, or where it stops
//! making sense. Looks at brackets, commas, colons and strings alone; whether the scalars are right is said by
//! the reader of the element.

use super::json::MAX_DEPTH;

/// What is known after some more bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It goes on.
    More,
    /// It ended, with this length.
    Done(usize),
    /// The byte at this place cannot stand there.
    Bad(usize, &'static str),
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Inside a string; then the state after it.
    KeyText,
    ValueText,
    /// Inside a scalar that is no string.
    ScalarText,
}

/// The state after the bytes seen so far.
#[derive(Debug)]
pub(crate) struct Outline {
    /// The brackets that close what is open, with the places of those that opened it; outermost first.
    open: Vec<(u8, usize)>,
    next: Next,
    at: usize,
}

impl Outline {
    /// Before a bracket.
    pub(crate) fn new() -> Outline {
        Outline {
            open: Vec::new(),
            next: Next::Value,
            at: 0,
        }
    }

    /// Closing brackets and the places of the opening ones, outermost first.
    pub(crate) fn open(&self) -> &[(u8, usize)] {
        &self.open
    }

    /// Goes on in `bytes`, which are all bytes from the opening bracket on, as far as they are known;
    /// `all` when no more will come.
    pub(crate) fn follow(&mut self, bytes: &[u8], all: bool) -> Step {
        while let Some(&byte) = bytes.get(self.at) {
            let step = match self.next {
                Next::KeyText | Next::ValueText => self.string(bytes, all),
                Next::ScalarText if is_blank(byte) => self.past(0, Next::CommaOrEnd),
                _ if is_blank(byte) => self.past(1, self.next),
                _ => self.token(byte),
            };
            match step {
                Some(Step::More) if !all => return Step::More,
                Some(Step::More) | None => {}
                Some(step) => return step,
            }
            if self.open.is_empty() {
                return Step::Done(self.at);
            }
        }
        if all {
            return Step::Bad(self.at, "it ends too early");
        }
        Step::More
    }

    fn past(&mut self, bytes: usize, next: Next) -> Option<Step> {
        self.at += bytes;
        self.next = next;
        None
    }

    fn token(&mut self, byte: u8) -> Option<Step> {
        let value = matches!(self.next, Next::Value | Next::ValueOrEnd);
        match (self.next, byte) {
            (Next::Key | Next::KeyOrEnd, b'"') => self.past(1, Next::KeyText),
            (Next::Colon, b':') => self.past(1, Next::Value),
            (Next::CommaOrEnd, b',') => {
                let in_object = self.open.last().is_some_and(|(closer, _)| *closer == b'}');
                self.past(1, if in_object { Next::Key } else { Next::Value })
            }
            (Next::CommaOrEnd | Next::ValueOrEnd | Next::KeyOrEnd, b'}' | b']')
                if self.open.last().is_some_and(|(closer, _)| *closer == byte) =>
            {
                self.open.pop();
                self.past(1, Next::CommaOrEnd)
            }
            (_, b'{' | b'[') if value && self.open.len() > MAX_DEPTH => {
                Some(Step::Bad(self.at, "nested too deeply"))
            }
            (_, b'{') if value => {
                self.open.push((b'}', self.at));
                self.past(1, Next::KeyOrEnd)
            }
            (_, b'[') if value => {
                self.open.push((b']', self.at));
                self.past(1, Next::ValueOrEnd)
            }
            (_, b'"') if value => self.past(1, Next::ValueText),
            (_, b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' | b'I') if value => {
                self.past(1, Next::ScalarText)
            }
            (Next::ScalarText, _) if is_scalar(byte) => self.past(1, Next::ScalarText),
            (Next::ScalarText, _) => self.past(0, Next::CommaOrEnd),
            (next, _) => Some(Step::Bad(self.at, expected(next, self.open.last()))),
        }
    }

    /// Inside a string. One that goes over the end of a line to a line that begins with `{` was cut.
    fn string(&mut self, bytes: &[u8], all: bool) -> Option<Step> {
        let rest = &bytes[self.at..];
        let Some(stop) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
            return self.past(rest.len(), self.next);
        };
        match rest[stop] {
            b'"' => {
                let next = match self.next {
                    Next::KeyText => Next::Colon,
                    _ => Next::CommaOrEnd,
                };
                self.past(stop + 1, next)
            }
            b'\\' if stop + 1 < rest.len() || all => {
                self.past((stop + 2).min(rest.len()), self.next)
            }
            b'\\' => {
                self.at += stop;
                Some(Step::More)
            }
            _ => match rest[stop..].iter().find(|b| !is_blank(**b)) {
                Some(b'{') => Some(Step::Bad(self.at + stop, "a string that does not end")),
                None if !all => {
                    self.at += stop;
                    Some(Step::More)
                }
                _ => self.past(stop + 1, self.next),
            },
        }
    }
}

fn expected(next: Next, open: Option<&(u8, usize)>) -> &'static str {
    let in_object = open.is_some_and(|(closer, _)| *closer == b'}');
    match next {
        Next::Key | Next::KeyOrEnd => "a string expected",
        Next::Colon => "':' expected",
        Next::CommaOrEnd if in_object => "',' or '}' expected",
        Next::CommaOrEnd => "',' or ']' expected",
        _ => "a value expected",
    }
}

/// White space between tokens.
pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
