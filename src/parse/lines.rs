//! Reading line by line: the main format first, then the others; what none reads is a reject.

use std::io::Read;

use super::Output;
use super::fields::Fields;
use super::formats::{FORMATS, LineFormat, LogFormat, Refusal};
use crate::source::Lines;

/// Reads all lines of `reader`.
pub(crate) fn read_all(
    main: Option<&'static dyn LogFormat>,
    reader: &mut dyn Read,
    fields: &mut Fields,
    output: &mut Output<'_>,
) {
    let order = order(main);
    let mut lines = Lines::new(reader, output.limits.max_line_bytes);
    let mut continued = 0u64;
    let mut any = false;
    while let Some(line) = lines.next_line() {
        if line.bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        output.line();
        if line.too_long {
            output.reject(
                line.number,
                format!("longer than {} bytes", output.limits.max_line_bytes),
            );
            continue;
        }
        let text = String::from_utf8_lossy(line.bytes);
        match read_line(&order, text.trim_end(), line.number, fields, output) {
            Ok(()) => any = true,
            Err(Refusal::NotMine) if any && is_continuation(&text) => continued += 1,
            Err(Refusal::NotMine) => output.reject(line.number, "no format reads this line"),
            Err(Refusal::Bad(reason)) => output.reject(line.number, reason),
        }
    }
    if continued > 0 {
        let lines = if continued == 1 {
            "1 line continues"
        } else {
            &format!("{continued} lines continue")
        };
        output.warn(format!(
            "{lines} the record before (stack traces and the like); not read on their own"
        ));
    }
    if let Some(error) = lines.error() {
        output.cut_off(error);
    }
}

type Reader = (&'static str, &'static dyn LineFormat);

/// The line formats, the main one first; plain text, which reads almost any line, is always the last.
fn order(main: Option<&'static dyn LogFormat>) -> Vec<Reader> {
    let id = main.map_or("", |m| m.id());
    let mut order: Vec<Reader> = FORMATS
        .iter()
        .filter_map(|f| f.lines().map(|l| (f.id(), l)))
        .collect();
    order.sort_by_key(|(other, _)| (*other == "text", *other != id));
    order
}

fn read_line(
    order: &[Reader],
    text: &str,
    number: u64,
    fields: &mut Fields,
    output: &mut Output<'_>,
) -> Result<(), Refusal> {
    for (id, format) in order {
        let result = format.read_line(text, number, fields, &mut |record| {
            output.record(id, record)
        });
        if !matches!(result, Err(Refusal::NotMine)) {
            return result;
        }
    }
    match prefix_of_a_container(text) {
        Some(inner) => read_line(order, inner, number, fields, output),
        None => Err(Refusal::NotMine),
    }
}

/// What follows the name that `docker compose logs` puts before each line: `api-1  | {…}`.
fn prefix_of_a_container(text: &str) -> Option<&str> {
    let (name, rest) = text.split_once('|')?;
    let name = name.trim_end();
    let named = !name.is_empty()
        && name.len() <= 80
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
    named.then(|| rest.trim_start())
}

/// Whether the line belongs to the one before it: indented, or a part of a stack trace.
fn is_continuation(text: &str) -> bool {
    text.starts_with([' ', '\t', '}', ']', ')'])
        || [
            "Caused by",
            "Traceback",
            "Suppressed:",
            "...",
            "--- ",
            "stack",
            "#",
            "at ",
        ]
        .iter()
        .any(|p| text.starts_with(p))
        || is_exception(text)
}

/// `java.net.SocketTimeoutException: Read timed out`, `ValueError: no`
fn is_exception(text: &str) -> bool {
    let name = text.split([':', ' ']).next().unwrap_or("");
    (name.ends_with("Exception") || name.ends_with("Error")) && name.len() > 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_and_continuations() {
        assert_eq!(
            prefix_of_a_container("api-1  | {\"a\":1}"),
            Some("{\"a\":1}")
        );
        assert_eq!(prefix_of_a_container("a b | c"), None);
        assert!(is_continuation("\tat com.example.Pay(Pay.java:7)"));
        assert!(is_continuation(
            "java.net.SocketTimeoutException: Read timed out"
        ));
        assert!(!is_continuation("Error"));
        assert!(!is_continuation("plain words"));
    }
}
