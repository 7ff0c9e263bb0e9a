//! What the failures of one kind share: the words of an error without its numbers and ids.

/// Longest signature kept, in characters.
const MAX_CHARS: usize = 200;

/// Words after which a short number is a code and tells kinds apart (`HTTP 503`, `"code":-1007`).
const CODE_WORDS: [&str; 8] = [
    "http",
    "status",
    "code",
    "error",
    "errno",
    "retcode",
    "statuscode",
    "rc",
];

/// The signature of an error: its code, then its message with numbers, hexadecimal and quoted ids, UUIDs, amounts
/// and time stamps replaced by `#`. Texts that differ only in those have the same signature.
pub(super) fn signature(code: &str, message: &str) -> String {
    let mut out = String::with_capacity(code.len() + message.len() + 2);
    if looks_like_id(code) {
        out.push('#');
    } else {
        out.push_str(code.trim());
    }
    if !out.is_empty() && !message.is_empty() {
        out.push_str(": ");
    }
    mask(message, &mut out);
    if let Some((at, _)) = out.char_indices().nth(MAX_CHARS) {
        out.truncate(at);
    }
    out.truncate(out.trim_end().len());
    out
}

/// A code longer than any code: an id that was logged in its place.
fn looks_like_id(code: &str) -> bool {
    code.len() >= 16 && code.bytes().filter(u8::is_ascii_digit).count() >= 4
}

fn mask(text: &str, out: &mut String) {
    let mut rest = text;
    let mut after_code_word = false;
    while let Some(first) = rest.chars().next() {
        let len = token_len(rest, first);
        let (token, tail) = rest.split_at(len);
        if first.is_alphanumeric() {
            let keep = if token.bytes().any(|b| b.is_ascii_digit()) {
                is_name(token) || (after_code_word && is_short_number(token))
            } else {
                !is_long_hex(token)
            };
            if keep {
                out.push_str(token);
            } else {
                push_mask(out);
            }
            after_code_word = CODE_WORDS.iter().any(|w| w.eq_ignore_ascii_case(token));
        } else if first.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(first);
        }
        rest = tail;
    }
}

/// Length in bytes of the run of letters and digits at the start, or of the single other character.
fn token_len(rest: &str, first: char) -> usize {
    if !first.is_alphanumeric() {
        return first.len_utf8();
    }
    rest.char_indices()
        .find(|(_, c)| !c.is_alphanumeric())
        .map_or(rest.len(), |(i, _)| i)
}

/// `travel2`, `sha256`-like names of things: three letters or more, then at most two digits.
fn is_name(token: &str) -> bool {
    let letters = token.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = token.len() - letters.len();
    letters.chars().count() >= 3
        && digits <= 2
        && letters.chars().all(char::is_alphabetic)
        && !letters.chars().all(|c| c.is_ascii_hexdigit())
}

fn is_short_number(token: &str) -> bool {
    token.len() <= 5 && token.bytes().all(|b| b.is_ascii_digit())
}

fn is_long_hex(token: &str) -> bool {
    token.len() >= 12 && token.bytes().all(|b| b.is_ascii_hexdigit())
}

/// One `#` for a run of masked parts: `#-#-#` and `#.#` are one id, one number.
fn push_mask(out: &mut String) {
    let bare = out.trim_end_matches(['-', '_', '.', ':', ',', '/']);
    if bare.ends_with('#') && bare.len() + 1 >= out.len() {
        out.truncate(bare.len());
    } else {
        out.push('#');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_and_numbers_are_taken_out() {
        for (message, expected) in [
            ("payment 123 failed", "payment # failed"),
            ("pay_8f3a2b failed", "pay_# failed"),
            (
                "order 550e8400-e29b-41d4-a716-446655440000 not found",
                "order # not found",
            ),
            ("timeout after 30000.25 ms", "timeout after # ms"),
            ("at 2021-08-18T12:00:00.123Z it failed", "at # it failed"),
            ("HTTP 503 from upstream", "HTTP 503 from upstream"),
            (
                "No instances for ts-travel2-service",
                "No instances for ts-travel2-service",
            ),
            ("connect 10.0.0.1:443  refused", "connect # refused"),
            (
                "{\"code\":-1007,\"msg\":\"Timeout\"}",
                "{\"code\":-1007,\"msg\":\"Timeout\"}",
            ),
        ] {
            assert_eq!(signature("", message), expected, "{message}");
        }
        assert_eq!(signature("ERR_17", "x"), "ERR_17: x");
        assert_eq!(signature("-1007", ""), "-1007");
    }

    #[test]
    fn failures_of_one_kind_share_it() {
        let a = "23:43:59.633 WARN  Impl#71 TraceID: 4a22126799f8bb05f631ee2a8ac4afb6 SpanID: 8882894b88979f82 [pay][Order status Not allowed]";
        let b = "18:21:25.501 WARN  Impl#71 TraceID: 0fc3b9dae02f4b75af0ba1e8e0f782e5 SpanID: a773aaad1883b805 [pay][Order status Not allowed]";
        assert_eq!(signature("", a), signature("", b));
        assert_ne!(signature("", "HTTP 500"), signature("", "HTTP 503"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_none_is_long(code in "\\PC*", message in "\\PC*") {
            prop_assert!(signature(&code, &message).chars().count() <= MAX_CHARS);
        }

        #[test]
        fn any_number_gives_the_same(a in 10_000u64.., b in 10_000u64..) {
            prop_assert_eq!(
                signature("E", &format!("order {a} failed")),
                signature("E", &format!("order {b} failed"))
            );
        }
    }
}
