//! A scanner over JSON text that hands out each scalar with its path, as it was written.
//!
//! One pass, no tree. Numbers keep their text, strings are borrowed where they hold no escape. More lenient
//! than the standard where logs are: control characters in strings, lone surrogates (read as U+FFFD), and
//! `NaN`, `Infinity` (read as null) pass. Duplicate keys are all handed out. Not a validator of documents:
//! [`walk`] reads one value.

use std::borrow::Cow;
use std::fmt;

/// Nesting that is followed; deeper is an error (no log needs it, and the stack is finite).
pub const MAX_DEPTH: usize = 100;

/// A scalar as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// A number, in the digits that the log wrote.
    Number(&'a str),
    /// A boolean.
    Bool(bool),
    /// `null`.
    Null,
}

/// Why a text is no JSON value, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Byte from 1.
    pub column: usize,
    /// What is wrong there.
    pub what: &'static str,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not JSON: {} at column {}", self.what, self.column)
    }
}

/// Hands each scalar of the one JSON value in `text` to `visit`, with its path: keys joined by `.`,
/// positions in arrays left out. An object `{"key": k, "value": v}` inside an array (OpenTelemetry
/// attributes) counts as the member `k`, and OpenTelemetry's `stringValue` and the like do not show in paths.
///
/// `path` is scratch space, reused by the caller from line to line.
///
/// # Errors
/// The text is no JSON value, or goes on after it. What was handed out before the error stands.
pub fn walk<'a>(
    text: &'a str,
    path: &mut String,
    visit: &mut dyn FnMut(&str, Scalar<'a>),
) -> Result<(), JsonError> {
    path.clear();
    let mut scanner = Scanner { text, at: 0 };
    let mut walker = Walker { path, visit };
    walker.value(&mut scanner, 0, false)?;
    scanner.blank();
    if scanner.at < text.len() {
        return Err(scanner.error("text after the value"));
    }
    Ok(())
}

/// The string that a raw JSON value is.
pub fn text(raw: &str) -> Option<Cow<'_, str>> {
    let mut s = Scanner { text: raw, at: 0 };
    s.blank();
    s.string().ok()
}

/// The members of the object in `text` with their raw values, not looked into.
///
/// # Errors
/// The text is no JSON object.
pub fn members(text: &str) -> Result<Vec<(Cow<'_, str>, &str)>, JsonError> {
    let mut out = Vec::new();
    let mut s = Scanner { text, at: 0 };
    s.blank();
    s.expect(b'{', "an object expected")?;
    s.blank();
    if s.take(b'}') {
        return Ok(out);
    }
    loop {
        s.blank();
        let key = s.string()?;
        s.blank();
        s.expect(b':', "':' expected")?;
        out.push((key, s.raw()?));
        s.blank();
        if s.take(b'}') {
            return Ok(out);
        }
        s.expect(b',', "',' or '}' expected")?;
    }
}

/// The raw elements of the array in `text`.
///
/// # Errors
/// The text is no JSON array.
pub fn elements(text: &str) -> Result<Vec<&str>, JsonError> {
    let mut out = Vec::new();
    let mut s = Scanner { text, at: 0 };
    s.blank();
    s.expect(b'[', "an array expected")?;
    s.blank();
    if s.take(b']') {
        return Ok(out);
    }
    loop {
        out.push(s.raw()?);
        s.blank();
        if s.take(b']') {
            return Ok(out);
        }
        s.expect(b',', "',' or ']' expected")?;
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn error(&self, what: &'static str) -> JsonError {
        let what = if self.at >= self.text.len() {
            "it ends too early"
        } else {
            what
        };
        JsonError {
            column: self.at + 1,
            what,
        }
    }

    fn blank(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == byte;
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), JsonError> {
        if self.take(byte) {
            Ok(())
        } else {
            Err(self.error(what))
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"', "a string expected")?;
        let from = self.at;
        let rest = &self.text.as_bytes()[from..];
        let stop = memchr::memchr2(b'"', b'\\', rest);
        let Some(stop) = stop else {
            self.at = self.text.len();
            return Err(self.error("a string that does not end"));
        };
        if rest[stop] == b'"' {
            self.at = from + stop + 1;
            return Ok(Cow::Borrowed(&self.text[from..from + stop]));
        }
        self.escaped(from, stop)
    }

    /// A string with at least one escape, the first of them `plain` bytes after `from`.
    fn escaped(&mut self, from: usize, plain: usize) -> Result<Cow<'a, str>, JsonError> {
        let mut out = String::from(&self.text[from..from + plain]);
        self.at = from + plain;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(stop) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.text.len();
                return Err(self.error("a string that does not end"));
            };
            out.push_str(&self.text[self.at..self.at + stop]);
            self.at += stop + 1;
            if rest[stop] == b'"' {
                return Ok(Cow::Owned(out));
            }
            let escape = self.peek();
            self.at += 1;
            out.push(match escape {
                b'"' | b'\\' | b'/' => escape as char,
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => self.unicode()?,
                _ => {
                    self.at -= 1;
                    return Err(self.error("an unknown escape"));
                }
            });
        }
    }

    /// The character after `\u`, with the second half of a surrogate pair where there is one.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let unit = self.hex4()?;
        if (0xd800..0xdc00).contains(&unit) && self.text.as_bytes()[self.at..].starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let low = self.hex4()?;
            if (0xdc00..0xe000).contains(&low) {
                let code = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = before;
        }
        Ok(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let value = digits.and_then(|d| {
            d.iter()
                .try_fold(0u32, |n, b| Some(n * 16 + (*b as char).to_digit(16)?))
        });
        let value = value.ok_or_else(|| self.error("four hexadecimal digits expected"))?;
        self.at += 4;
        Ok(value)
    }

    fn number(&mut self) -> Result<&'a str, JsonError> {
        let from = self.at;
        self.take(b'-');
        if self.take(b'0') {
            if self.peek().is_ascii_digit() {
                return Err(self.error("a number with a leading zero"));
            }
        } else {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if matches!(self.peek(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(&self.text[from..self.at])
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let from = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        if self.at == from {
            Err(self.error("a digit expected"))
        } else {
            Ok(())
        }
    }

    fn word(&mut self) -> Result<Scalar<'a>, JsonError> {
        let rest = &self.text[self.at..];
        for (word, value) in [
            ("true", Scalar::Bool(true)),
            ("false", Scalar::Bool(false)),
            ("null", Scalar::Null),
            ("NaN", Scalar::Null),
            ("Infinity", Scalar::Null),
            ("-Infinity", Scalar::Null),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.error("a value expected"))
    }

    fn scalar(&mut self) -> Result<Scalar<'a>, JsonError> {
        match self.peek() {
            b'"' => self.string().map(Scalar::Text),
            b'-' if self.text[self.at..].starts_with("-I") => self.word(),
            b'-' | b'0'..=b'9' => self.number().map(Scalar::Number),
            _ => self.word(),
        }
    }

    /// The text of the next value, whatever it is; brackets are only counted.
    fn raw(&mut self) -> Result<&'a str, JsonError> {
        self.blank();
        let from = self.at;
        if !matches!(self.peek(), b'{' | b'[') {
            self.scalar()?;
            return Ok(&self.text[from..self.at]);
        }
        let mut depth = 0usize;
        loop {
            match self.peek() {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                0 if self.at >= self.text.len() => return Err(self.error("")),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Ok(&self.text[from..self.at]);
            }
        }
    }

    fn skip_string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            let rest = &self.text.as_bytes()[self.at.min(self.text.len())..];
            let Some(stop) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.text.len();
                return Err(self.error(""));
            };
            self.at += stop + if rest[stop] == b'"' { 1 } else { 2 };
            if rest[stop] == b'"' {
                return Ok(());
            }
        }
    }
}

struct Walker<'p, 'v, 'a> {
    path: &'p mut String,
    visit: &'v mut dyn FnMut(&str, Scalar<'a>),
}

/// Parts of OpenTelemetry's `AnyValue` that say nothing but the type.
fn is_any_value(key: &str) -> bool {
    matches!(
        key,
        "stringValue" | "intValue" | "doubleValue" | "boolValue" | "arrayValue" | "kvlistValue"
    )
}

impl<'a> Walker<'_, '_, 'a> {
    fn value(
        &mut self,
        s: &mut Scanner<'a>,
        depth: usize,
        in_array: bool,
    ) -> Result<(), JsonError> {
        s.blank();
        if depth > MAX_DEPTH {
            return Err(s.error("nested too deeply"));
        }
        match s.peek() {
            b'{' => self.object(s, depth, in_array),
            b'[' => self.array(s, depth),
            _ => {
                let scalar = s.scalar()?;
                (self.visit)(self.path, scalar);
                Ok(())
            }
        }
    }

    fn array(&mut self, s: &mut Scanner<'a>, depth: usize) -> Result<(), JsonError> {
        s.at += 1;
        s.blank();
        if s.take(b']') {
            return Ok(());
        }
        loop {
            self.value(s, depth + 1, true)?;
            s.blank();
            if s.take(b']') {
                return Ok(());
            }
            s.expect(b',', "',' or ']' expected")?;
        }
    }

    fn object(
        &mut self,
        s: &mut Scanner<'a>,
        depth: usize,
        in_array: bool,
    ) -> Result<(), JsonError> {
        s.at += 1;
        s.blank();
        if s.take(b'}') {
            return Ok(());
        }
        let outer = self.path.len();
        let mut first = true;
        loop {
            s.blank();
            let key = s.string()?;
            s.blank();
            s.expect(b':', "':' expected")?;
            if first
                && in_array
                && key == "key"
                && let Some(name) = self.attribute_name(s)?
            {
                // The member that follows is its value.
                self.push(&name);
                self.value(s, depth + 1, false)?;
                self.path.truncate(outer);
                s.blank();
                if s.take(b'}') {
                    return Ok(());
                }
                s.expect(b',', "',' or '}' expected")?;
                first = false;
                continue;
            }
            first = false;
            self.push(&key);
            self.value(s, depth + 1, false)?;
            self.path.truncate(outer);
            s.blank();
            if s.take(b'}') {
                return Ok(());
            }
            s.expect(b',', "',' or '}' expected")?;
        }
    }

    /// After `"key":`: the name, if a string follows and then a member `value`; the scanner then stands
    /// before that value. Else the scanner stays where it is.
    fn attribute_name(&mut self, s: &mut Scanner<'a>) -> Result<Option<Cow<'a, str>>, JsonError> {
        let before = s.at;
        s.blank();
        if s.peek() == b'"' {
            let name = s.string()?;
            s.blank();
            if s.take(b',') {
                s.blank();
                if s.peek() == b'"' && s.string()? == "value" {
                    s.blank();
                    s.expect(b':', "':' expected")?;
                    return Ok(Some(name));
                }
            }
        }
        s.at = before;
        Ok(None)
    }

    fn push(&mut self, key: &str) {
        if is_any_value(key) {
            return;
        }
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn flat(text: &str) -> Result<Vec<(String, String)>, JsonError> {
        let mut out = Vec::new();
        walk(text, &mut String::new(), &mut |path, scalar| {
            let shown = match scalar {
                Scalar::Text(t) => format!("{t:?}"),
                Scalar::Number(n) => n.to_owned(),
                Scalar::Bool(b) => b.to_string(),
                Scalar::Null => "null".to_owned(),
            };
            out.push((path.to_owned(), shown));
        })?;
        Ok(out)
    }

    fn reference(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    reference(&format!("{path}{dot}{key}"), value, out);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|e| reference(path, e, out)),
            Value::String(t) => out.push((path.to_owned(), format!("{t:?}"))),
            other => out.push((path.to_owned(), other.to_string())),
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_objects_their_order() {
        assert_eq!(
            flat(r#" {"a":{"b":0.10,"c":[1e3,12345678901234567.89]},"d.e":"x\u00e9\ud83d\ude00\n","f":null} "#).unwrap(),
            [
                ("a.b", "0.10"),
                ("a.c", "1e3"),
                ("a.c", "12345678901234567.89"),
                ("d.e", "\"xé😀\\n\""),
                ("f", "null")
            ]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn opentelemetry_attributes_are_members() {
        assert_eq!(
            flat(r#"{"attributes":[{"key":"payment.id","value":{"stringValue":"p1"}},{"key":"n","value":{"intValue":"10"}},{"key":"odd"}],"body":{"stringValue":"b"}}"#).unwrap(),
            [("attributes.payment.id", "\"p1\""), ("attributes.n", "\"10\""), ("attributes.key", "\"odd\""), ("body", "\"b\"")]
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (text, column) in [
            ("", 1),
            ("{", 2),
            ("{\"a\":1", 7),
            ("{\"a\":1} x", 9),
            ("{\"a\":01}", 7),
            ("{\"a\":\"x", 8),
            ("{a:1}", 2),
            ("{\"a\":1,}", 8),
            ("[1,]", 4),
            ("{\"a\":\"\\q\"}", 8),
            ("{'a':1}", 2),
        ] {
            assert_eq!(flat(text).map_err(|e| e.column), Err(column), "{text}");
        }
        assert!(flat(&"[".repeat(100_000)).is_err());
        assert!(flat(&format!("{}1{}", "[".repeat(100), "]".repeat(100))).is_ok());
        assert_eq!(flat("{\"a\":NaN,\"b\":-Infinity}").unwrap().len(), 2);
    }

    #[test]
    fn raw_members_and_elements() {
        let got = members(r#"{"a": {"x":"}"}, "b":[1,"]"], "c": 3 }"#).unwrap();
        let got: Vec<(&str, &str)> = got.iter().map(|(k, v)| (k.as_ref(), *v)).collect();
        assert_eq!(
            got,
            [("a", r#"{"x":"}"}"#), ("b", r#"[1,"]"]"#), ("c", "3")]
        );
        assert_eq!(
            elements(r#" [ {"a":[]}, "x" , 1 ] "#).unwrap(),
            [r#"{"a":[]}"#, "\"x\"", "1"]
        );
        assert!(members("[1]").is_err());
        assert!(elements("[\"\\").is_err());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::String),
            "[\"\\\\\n\t\u{1}a]{0,6}".prop_map(Value::String),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                proptest::collection::vec(("[a-z._\\\\]{1,4}", inner), 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json(value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let mut expected = Vec::new();
            reference("", &value, &mut expected);
            prop_assert_eq!(flat(&text).unwrap(), expected);
        }

        #[test]
        fn accepts_nothing_that_serde_json_refuses(text in "[\\[\\]{}\",:0-9a-c.eE+\\\\ -]{0,24}") {
            if flat(&text).is_ok() {
                prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(), "{}", text);
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,40}") {
            let _ = flat(&text);
            let _ = members(&text);
            let _ = elements(&text);
        }
    }
}
