//! Stack traces: which lines continue the record before them, and what exception they tell of.
//!
//! Java, Python, JavaScript, Ruby, PHP, .NET and Go. The exception is evidence: `Read timed out` often stands only here.

use crate::model::{Field, Record};

/// So many bytes of the lines that continue a record are kept; more tell nothing new.
pub(crate) const MAX_BYTES: usize = 64 << 10;

/// Whether a line, by itself, can only continue the record before it: indented, or a part of a stack trace.
pub(crate) fn continues(text: &str) -> bool {
    match text.as_bytes().first() {
        None => false,
        // What is indented and looks like a record is one: arrays with an element on each line.
        Some(b' ' | b'\t') => !text
            .trim_start()
            .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '{' | '[' | '<')),
        Some(b'}' | b']' | b')') => true,
        Some(b'#') => text[1..].starts_with(|c: char| c.is_ascii_digit()),
        // Laravel: the trace stands in a text of JSON that goes over its lines.
        Some(b'"') => text.starts_with("\"}"),
        Some(b'[') => text.starts_with("[stacktrace]") || text.starts_with("[previous exception]"),
        Some(_) => begins_part(text) || exception(text).is_some(),
    }
}

/// Whether the line may continue the record before it where no format reads it.
pub(crate) fn may_continue(text: &str) -> bool {
    continues(text) || text.starts_with([' ', '\t', '#']) || text.starts_with("stack")
}

fn begins_part(text: &str) -> bool {
    const STARTS: [&str; 11] = [
        "Caused by:",
        "Caused by ",
        "Traceback (",
        "Suppressed:",
        "...",
        "--- ",
        "at ",
        "goroutine ",
        "panic: ",
        "During handling of ",
        "The above exception ",
    ];
    STARTS.iter().any(|s| text.starts_with(s))
}

/// The class and the text of an exception's line: `java.net.SocketTimeoutException: Read timed out`,
/// `requests.exceptions.ReadTimeout: …`, `Error: connect ETIMEDOUT`.
fn exception(line: &str) -> Option<(&str, &str)> {
    let end = line.find([':', ' ']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let class = name.rsplit(['.', '$', '\\']).next().unwrap_or(name);
    let is_class = class.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'\\'));
    // Python names some classes by what happened and their module by what they are: `ccxt.base.errors.ExchangeNotAvailable`.
    let of_errors = |part: &str| {
        ["errors", "exceptions", "exception", "error"].contains(&part.to_ascii_lowercase().as_str())
    };
    let named = ["Exception", "Error", "Timeout", "Fault"]
        .iter()
        .any(|e| class.ends_with(e))
        || name.split('.').rev().skip(1).any(of_errors);
    let dotted = name.len() > class.len();
    // A bare "Error" or "Timeout" begins sentences too: a colon shows that it is a class.
    let fits = is_class
        && named
        && match rest.as_bytes().first() {
            None => dotted || class.len() > 9,
            Some(b':') => rest.starts_with(": "),
            _ => false,
        };
    fits.then(|| (name, rest.trim_start_matches(':').trim()))
}

/// So many exceptions of a chain are told.
const MAX_CHAIN: usize = 4;

/// The class of the last exception that a trace tells of (for chains of Java and Go the cause), and the texts of
/// all, since any of them may say what happened.
pub(crate) fn cause(trace: &str) -> Option<(&str, String)> {
    let mut texts: Vec<&str> = Vec::new();
    let mut last = None;
    for line in trace.lines() {
        let line = line.trim_start();
        let line = line.strip_prefix("Caused by: ").unwrap_or(line);
        let found = match line.strip_prefix("panic: ") {
            Some(text) => Some(("panic", text.trim())),
            None => exception(line),
        };
        let Some((class, text)) = found else { continue };
        last = Some(class);
        if !text.is_empty() && !texts.contains(&text) && texts.len() < MAX_CHAIN {
            texts.push(text);
        }
    }
    last.map(|class| (class, texts.join(": ")))
}

/// Takes the exception of a trace for the record's error, where the record itself tells of none.
pub(crate) fn put(record: &mut Record<'_>, trace: &str) {
    let Some((class, text)) = cause(trace) else {
        return;
    };
    if !record.has(Field::ErrorType) {
        record.replace(Field::ErrorType, class.to_owned());
    }
    if !record.has(Field::ErrorMessage) && !text.is_empty() {
        record.replace(Field::ErrorMessage, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_continues_a_record() {
        for line in [
            "\tat com.example.Pay(Pay.java:7)",
            "java.net.SocketTimeoutException: Read timed out",
            "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x')",
            "ccxt.base.errors.ExchangeNotAvailable: binance GET https://api.binance.com/api/v3/order 503",
            "Caused by: java.io.IOException: x",
            "Traceback (most recent call last):",
            "  File \"pay.py\", line 7, in charge",
            "Error: connect ETIMEDOUT 10.0.0.1:443",
            "#0 /srv/pay.php(7): charge()",
            "goroutine 1 [running]:",
            "}",
        ] {
            assert!(continues(line), "{line}");
        }
        for line in [
            "Error",
            "plain words",
            "  {\"ts\":1629288000},",
            "  2021-08-18T12:00:00Z x",
            "#Fields: date time",
            "Error while charging",
            "",
        ] {
            assert!(!continues(line), "{line}");
        }
    }

    #[test]
    fn the_cause_is_the_last_exception() {
        assert_eq!(
            cause(
                "com.shop.PayException: charge failed\n\tat x\nCaused by: java.net.SocketTimeoutException: Read timed out\n\t... 3 more"
            ),
            Some((
                "java.net.SocketTimeoutException",
                "charge failed: Read timed out".to_owned()
            ))
        );
        assert_eq!(
            cause(
                "Traceback (most recent call last):\n  File \"x\", line 1\nrequests.exceptions.ReadTimeout: no answer"
            ),
            Some(("requests.exceptions.ReadTimeout", "no answer".to_owned()))
        );
        assert_eq!(cause("  File \"x\"\n\tat y"), None);
    }
}
