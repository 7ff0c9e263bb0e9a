//! `key=value` pairs in a text (logfmt, and what many programs put into their messages).

use std::borrow::Cow;

/// Hands out each pair of `text`: where it begins, its key and its value without quotes.
///
/// A key begins at the start of a word with a letter, `_`, `@` or `$`; a value is quoted, or goes to the
/// next space. So neither `a==b` nor the query of a URL is a pair.
pub(crate) fn each<'a>(text: &'a str, visit: &mut dyn FnMut(usize, &'a str, Cow<'a, str>)) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(found) = memchr::memchr(b'=', &bytes[from..]) {
        let equals = from + found;
        let Some(start) = key_start(bytes, from, equals) else {
            from = equals + 1;
            continue;
        };
        if matches!(bytes.get(equals + 1), Some(b'=' | b'>' | b'~')) {
            from = equals + 2;
            continue;
        }
        let (value, end) = value(text, equals + 1);
        visit(start, &text[start..equals], value);
        from = end;
    }
}

/// Where the key that ends at `equals` begins.
fn key_start(bytes: &[u8], from: usize, equals: usize) -> Option<usize> {
    let is_key =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'@' | b'$' | b'/');
    let length = bytes[from..equals]
        .iter()
        .rev()
        .take_while(|b| is_key(**b))
        .count();
    let start = equals - length;
    let first = *bytes.get(start)?;
    let named = length > 0
        && length <= 100
        && (first.is_ascii_alphabetic() || matches!(first, b'_' | b'@' | b'$'));
    let bounded = start == 0
        || matches!(
            bytes[start - 1],
            b' ' | b'\t' | b',' | b';' | b'(' | b'[' | b'{' | b'|' | b'"' | b':' | b'\n'
        );
    (named && bounded).then_some(start)
}

/// The value that begins at `start`, and where it ends.
fn value(text: &str, start: usize) -> (Cow<'_, str>, usize) {
    let bytes = text.as_bytes();
    if let Some(quote @ (b'"' | b'\'')) = bytes.get(start).copied()
        && let Some(quoted) = quoted(text, start + 1, quote)
    {
        return quoted;
    }
    let rest = &bytes[start..];
    let length = rest
        .iter()
        .position(|b| matches!(b, b' ' | b'\t' | b'\n'))
        .unwrap_or(rest.len());
    let mut word = &text[start..start + length];
    while let Some(shorter) = word.strip_suffix([',', ';']) {
        word = shorter;
    }
    // A bracket that closes one opened before the pair: "(code=503)".
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
        if word.ends_with(close) && !word.contains(open) {
            word = word.trim_end_matches(close);
        }
    }
    // "a=1,b=2" are two pairs.
    if let Some(comma) = word.find([',', ';']) {
        let next = &word[comma + 1..];
        let key = next.split('=').next().unwrap_or("");
        if next.contains('=')
            && !key.is_empty()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            return (Cow::Borrowed(&word[..comma]), start + comma);
        }
    }
    (Cow::Borrowed(word), start + length)
}

/// The text up to the closing quote, with `\"` and the usual escapes resolved.
pub(crate) fn quoted(text: &str, start: usize, quote: u8) -> Option<(Cow<'_, str>, usize)> {
    let bytes = text.as_bytes();
    let stop = start + memchr::memchr2(quote, b'\\', bytes.get(start..)?)?;
    if bytes[stop] == quote {
        return Some((Cow::Borrowed(&text[start..stop]), stop + 1));
    }
    let mut out = text[start..stop].to_owned();
    let mut at = stop;
    loop {
        let next = at + memchr::memchr2(quote, b'\\', bytes.get(at..)?)?;
        out.push_str(&text[at..next]);
        if bytes[next] == quote {
            return Some((Cow::Owned(out), next + 1));
        }
        let escaped = text[next + 1..].chars().next()?;
        match escaped {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            '"' | '\\' | '\'' | '/' => out.push(escaped),
            other => {
                out.push('\\');
                out.push(other);
            }
        }
        at = next + 1 + escaped.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(text: &str) -> Vec<(String, String)> {
        let mut out = Vec::new();
        each(text, &mut |_, k, v| {
            out.push((k.to_owned(), v.into_owned()))
        });
        out
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn quoted_bare_and_empty_values() {
        assert_eq!(
            all(
                r#"ts=2021-08-18T12:00:00Z level=error msg="it \"broke\"\n" reason= x.y-z='a b', n=1;"#
            ),
            pairs(&[
                ("ts", "2021-08-18T12:00:00Z"),
                ("level", "error"),
                ("msg", "it \"broke\"\n"),
                ("reason", ""),
                ("x.y-z", "a b"),
                ("n", "1")
            ])
        );
        assert_eq!(
            all("failed (code=503) a=1,b=2 [k=v]"),
            pairs(&[("code", "503"), ("a", "1"), ("b", "2"), ("k", "v")])
        );
        assert_eq!(all("q=\"never closed"), pairs(&[("q", "\"never")]));
    }

    #[test]
    fn what_is_no_pair() {
        assert_eq!(
            all("a == b, GET /x?y=1&z=2 3=4 == = x=>y http://h/?a=b"),
            []
        );
    }

    proptest! {
        #[test]
        fn never_panics(text in "[a-c=\"'\\\\ ,;(){}é]{0,40}") {
            let _ = all(&text);
        }
    }
}
