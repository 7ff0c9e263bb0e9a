//! Objects that wrap records: `{"events": […]}`, `{"hits": {"hits": […]}}`, OpenTelemetry's
//! `resourceLogs` → `scopeLogs` → `logRecords`. Known by their shape: no time stamp of their own, and arrays of objects.

use super::aliases::{self, Reads};
use super::json;
use crate::model::Field;

/// How deep wrappers are followed.
const MAX_DEPTH: usize = 6;

/// Gives each record in the JSON `text` to `each` with the objects around it (those that are `around` the text
/// itself included); a text that wraps nothing is itself the record.
pub(crate) fn split<'a>(
    text: &'a str,
    around: &mut Vec<&'a str>,
    each: &mut dyn FnMut(&str, &[&str]),
) {
    descend(text, around, each);
}

/// Whether the object wraps records.
pub(crate) fn is_wrapper(text: &str) -> bool {
    !arrays_of_records(text).is_empty()
}

fn descend<'a>(text: &'a str, around: &mut Vec<&'a str>, each: &mut dyn FnMut(&str, &[&str])) {
    let arrays = if around.len() < MAX_DEPTH {
        arrays_of_records(text)
    } else {
        Vec::new()
    };
    if arrays.is_empty() {
        each(text, around);
        return;
    }
    around.push(text);
    for array in arrays {
        for element in json::elements(array).unwrap_or_default() {
            descend(element, around, each);
        }
    }
    around.pop();
}

/// The raw arrays of objects in an object that is no record itself.
fn arrays_of_records(text: &str) -> Vec<&str> {
    if !text.trim_start().starts_with('{') {
        return Vec::new();
    }
    let Ok(members) = json::members(text) else {
        return Vec::new();
    };
    if members
        .iter()
        .any(|(key, value)| makes_a_record(key, value))
    {
        return Vec::new();
    }
    let mut arrays = Vec::new();
    for (key, value) in &members {
        if is_array_of_objects(value) {
            arrays.push(*value);
        } else if value.starts_with('{')
            && matches!(
                key.as_ref(),
                "hits" | "data" | "result" | "response" | "body" | "results"
            )
        {
            arrays.extend(arrays_of_records(value));
        }
    }
    arrays
}

/// Whether the member shows that its object is a record: a time stamp or the id of a payment.
fn makes_a_record(key: &str, value: &str) -> bool {
    if value.starts_with(['{', '[']) {
        return false;
    }
    aliases::meaning(key).is_some_and(|m| match m.reads {
        Reads::Stamp => super::stamp::read(value.trim_matches('"')).is_some(),
        _ => m.field == Field::PaymentId && m.rank >= 500,
    })
}

fn is_array_of_objects(value: &str) -> bool {
    value
        .strip_prefix('[')
        .is_some_and(|rest| rest.trim_start().starts_with('{'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<(String, usize)> {
        let mut out = Vec::new();
        split(text, &mut Vec::new(), &mut |element, around| {
            out.push((element.to_owned(), around.len()))
        });
        out
    }

    #[test]
    fn wrappers_of_all_kinds() {
        let own = |t: &str, n| (t.to_owned(), n);
        assert_eq!(
            parts(r#"{"events":[{"a":1},{"a":2}],"next":null}"#),
            [own(r#"{"a":1}"#, 1), own(r#"{"a":2}"#, 1)]
        );
        assert_eq!(
            parts(r#"{"took":3,"hits":{"total":{"value":1},"hits":[{"_source":{"a":1}}]}}"#),
            [own(r#"{"_source":{"a":1}}"#, 1)]
        );
        assert_eq!(
            parts(
                r#"{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"1700000000000000000"}]}]}]}"#
            ),
            [own(r#"{"timeUnixNano":"1700000000000000000"}"#, 3)]
        );
    }

    #[test]
    fn a_record_with_a_list_in_it_is_no_wrapper() {
        for text in [
            r#"{"ts":"2021-08-18T12:00:00Z","items":[{"sku":1}]}"#,
            r#"{"payment_id":"p","items":[{"sku":1}]}"#,
            r#"{"a":1}"#,
            "7",
            "{",
        ] {
            assert_eq!(parts(text), [(text.to_owned(), 0)]);
        }
    }
}
