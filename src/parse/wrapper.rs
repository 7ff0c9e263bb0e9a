//! Objects that wrap records: `{"events": […]}`, `{"hits": {"hits": […]}}`, OpenTelemetry's
//! `resourceLogs` → `scopeLogs` → `logRecords`. Known by their shape: no time stamp of their own, and arrays of objects.

use std::borrow::Cow;

use super::aliases::{self, Reads};
use super::envelope::export;
use super::json;
use crate::model::Field;

/// How deep wrappers are followed.
const MAX_DEPTH: usize = 6;

/// Members that lead to the records of an object, and tell nothing about them.
const INNER: [&str; 6] = ["hits", "data", "result", "results", "response", "body"];

/// Gives each record in the JSON `text` to `each` with what the objects around it (those that are `around` the
/// text itself included) say themselves, without their lists; a text that wraps nothing is itself the record.
pub(crate) fn split<'a>(
    text: &'a str,
    around: &mut Vec<Cow<'a, str>>,
    each: &mut dyn FnMut(&str, &[Cow<'_, str>]),
) {
    descend(text, around, each);
}

/// Whether the object wraps records.
pub(crate) fn is_wrapper(text: &str) -> bool {
    !arrays_of_records(text).is_empty()
}

fn descend<'a>(
    text: &'a str,
    around: &mut Vec<Cow<'a, str>>,
    each: &mut dyn FnMut(&str, &[Cow<'_, str>]),
) {
    let arrays = if around.len() < MAX_DEPTH {
        arrays_of_records(text)
    } else {
        Vec::new()
    };
    if arrays.is_empty() {
        match export::rows(text) {
            Some(rows) => rows.iter().for_each(|row| each(row, around)),
            None => each(text, around),
        }
        return;
    }
    around.push(Cow::Owned(own_part(text)));
    for array in arrays {
        for element in json::elements(array).unwrap_or_default() {
            descend(element, around, each);
        }
    }
    around.pop();
}

/// What an object around records says itself: it is read again for each of them, so it must not hold them.
pub(super) fn own_part(text: &str) -> String {
    let members = json::members(text).unwrap_or_default();
    let own: Vec<String> = members
        .iter()
        .filter(|(_, value)| !value.starts_with('['))
        .map(|(key, value)| {
            let name = serde_json::Value::from(key.as_ref());
            if value.starts_with('{') && INNER.contains(&key.as_ref()) {
                format!("{name}:{}", without_lists(value))
            } else {
                format!("{name}:{value}")
            }
        })
        .collect();
    format!("{{{}}}", own.join(","))
}

/// What an object between a wrapper and its records says itself, at its own level.
fn without_lists(text: &str) -> String {
    let members = json::members(text).unwrap_or_default();
    let own: Vec<String> = members
        .iter()
        .filter(|(key, value)| {
            let leads_on = value.starts_with('{') && INNER.contains(&key.as_ref());
            !leads_on && !value.starts_with('[')
        })
        .map(|(key, value)| format!("{}:{value}", serde_json::Value::from(key.as_ref())))
        .collect();
    format!("{{{}}}", own.join(","))
}

/// The raw arrays of objects in an object that is no record itself.
fn arrays_of_records(text: &str) -> Vec<&str> {
    if !text.trim_start().starts_with('{') {
        return Vec::new();
    }
    let Ok(members) = json::members(text) else {
        return Vec::new();
    };
    if members.iter().any(|(key, _)| key == "spanId") {
        return Vec::new(); // a span, with lists of attributes and events
    }
    if members
        .iter()
        .any(|(key, value)| makes_a_record(key, value))
    {
        return Vec::new();
    }
    let mut arrays = Vec::new();
    for (key, value) in &members {
        if is_array_of_objects(value) || is_array_of_rows(value) {
            arrays.push(*value);
        } else if value.starts_with('{') && INNER.contains(&key.as_ref()) {
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

/// `[[{"field":…}]]` of CloudWatch Logs Insights.
fn is_array_of_rows(value: &str) -> bool {
    value.strip_prefix('[').is_some_and(export::is_insights_row)
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

    #[test]
    fn what_is_around_a_record_does_not_hold_the_records() {
        let text = r#"{"shop": "a \"b\"", "events": [{"id": 1}, {"id": 2}], "meta": {"host": "h"}, "more": [1]}"#;
        let mut seen = Vec::new();
        split(text, &mut Vec::new(), &mut |_, around| {
            seen.push(around.concat())
        });
        let own = r#"{"shop":"a \"b\"","meta":{"host": "h"}}"#;
        assert_eq!(seen, [own, own]);
    }
}
