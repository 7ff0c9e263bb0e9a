//! Records as log platforms export them, where their own names would be read wrongly: journald's strings, the rows of
//! CloudWatch Logs Insights, Loki's pairs, Splunk's, Datadog's and Azure's descriptions, OpenTelemetry's spans.
//!
//! Each is written again as a flat JSON object with names that say what they mean, and then read like any other.

use std::fmt::Write as _;

use crate::parse::json;

/// What becomes of a JSON object.
pub(crate) enum Record {
    /// It is read as it is.
    AsIs,
    /// It is read as this object.
    Rewritten(String),
    /// It tells about the export, not about an event.
    Nothing,
}

type Members<'a> = [(std::borrow::Cow<'a, str>, &'a str)];

/// Looks at an object; its first key decides what it is looked at for.
pub(crate) fn record(text: &str) -> Record {
    let Some(key) = first_key(text) else {
        return Record::AsIs;
    };
    let rewrite: fn(&Members<'_>) -> Record = match key {
        "preview" | "result" | "lastrow" => splunk,
        "index" | "create" | "update" | "delete" => bulk_action,
        "id" | "attributes" | "type" | "extractedFields" => platform_event,
        "traceId" | "trace_id" | "spanId" | "startTimeUnixNano" => span,
        _ if key.starts_with(|c: char| c == '_' || c.is_ascii_uppercase())
            && text.contains("\"__REALTIME_TIMESTAMP\"") =>
        {
            journald
        }
        "time" | "category" | "resourceId" if text.contains("\"resourceId\"") => azure,
        _ => return Record::AsIs,
    };
    json::members(text).map_or(Record::AsIs, |members| rewrite(&members))
}

fn first_key(text: &str) -> Option<&str> {
    let key = text.trim_start().strip_prefix('{')?.trim_start();
    let key = key.strip_prefix('"')?;
    Some(&key[..memchr::memchr(b'"', key.as_bytes())?])
}

fn get<'a>(members: &Members<'a>, name: &str) -> Option<&'a str> {
    let found = members.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| *value)
}

/// An object in the making.
struct Object(String);

impl Object {
    fn new() -> Object {
        Object(String::from("{"))
    }

    fn raw(&mut self, key: &str, value: &str) {
        let comma = if self.0.len() > 1 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(self.0, "{comma}{}:{value}", serde_json::Value::from(key));
    }

    fn text(&mut self, key: &str, value: &str) {
        self.raw(key, &serde_json::Value::from(value).to_string());
    }

    fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// `{"preview":false,"offset":0,"result":{"_time":"…","_raw":"…","host":"h","source":"/var/log/pay.log"}}`: rows of a
/// preview come again in the final result; host, source and the like tell where Splunk has the line from.
fn splunk(members: &Members<'_>) -> Record {
    let known = |key: &str| {
        matches!(
            key,
            "preview" | "offset" | "lastrow" | "result" | "messages" | "fields" | "init_offset"
        )
    };
    let marked = members.iter().any(|(key, _)| key != "result");
    if !marked || !members.iter().all(|(key, _)| known(key)) {
        return Record::AsIs;
    }
    if get(members, "preview") == Some("true") {
        return Record::Nothing;
    }
    let Some(result) = get(members, "result") else {
        return Record::Nothing;
    };
    let Ok(inner) = json::members(result) else {
        return Record::AsIs;
    };
    let mut object = Object::new();
    for (key, value) in inner.iter().filter(|(key, _)| !is_of_splunk(key)) {
        object.raw(key, value);
    }
    Record::Rewritten(object.done())
}

/// Names that Splunk gives every line: where it has it from, not what it says.
fn is_of_splunk(key: &str) -> bool {
    matches!(
        key,
        "host"
            | "source"
            | "sourcetype"
            | "index"
            | "linecount"
            | "punct"
            | "splunk_server"
            | "eventtype"
            | "timestartpos"
            | "timeendpos"
    ) || key.starts_with("date_")
        || (key.starts_with('_') && !matches!(key, "_time" | "_raw"))
}

/// `{"index":{"_index":"logs"}}`: the line before each document of a bulk request.
fn bulk_action(members: &Members<'_>) -> Record {
    match members {
        [(_, value)] if value.starts_with('{') && is_about_a_document(value) => Record::Nothing,
        _ => Record::AsIs,
    }
}

fn is_about_a_document(value: &str) -> bool {
    json::members(value).is_ok_and(|m| {
        m.iter().all(|(k, _)| {
            k.starts_with('_')
                || matches!(
                    k.as_ref(),
                    "routing"
                        | "pipeline"
                        | "version"
                        | "version_type"
                        | "require_alias"
                        | "retry_on_conflict"
                        | "if_seq_no"
                        | "if_primary_term"
                )
        })
    })
}

/// `{"id":"AQ","type":"log","attributes":{"timestamp":"…","status":"error","message":"…","attributes":{…}}}` of Datadog
/// (its `status` is a level, its `id` one of the store) and `{"id":"3195","timestamp":1629288000000,"message":"…"}` of a
/// CloudWatch subscription.
fn platform_event(members: &Members<'_>) -> Record {
    let of_cloudwatch = get(members, "message").is_some()
        && members.iter().all(|(k, _)| {
            matches!(
                k.as_ref(),
                "id" | "timestamp" | "message" | "extractedFields"
            )
        });
    if of_cloudwatch {
        return without(members, &["id"]);
    }
    let of_datadog = get(members, "type") == Some("\"log\"") && get(members, "id").is_some();
    let Some(inner) = get(members, "attributes").filter(|_| of_datadog) else {
        return Record::AsIs;
    };
    let Ok(inner) = json::members(inner) else {
        return Record::AsIs;
    };
    let mut object = Object::new();
    for (key, value) in &inner {
        match key.as_ref() {
            "host" | "tags" => {}
            "status" => object.raw("level", value),
            _ => object.raw(key, value),
        }
    }
    Record::Rewritten(object.done())
}

fn without(members: &Members<'_>, names: &[&str]) -> Record {
    let mut object = Object::new();
    for (key, value) in members.iter().filter(|(k, _)| !names.contains(&k.as_ref())) {
        object.raw(key, value);
    }
    Record::Rewritten(object.done())
}

/// A diagnostic record of Azure: `{"time":"…","resourceId":"/SUBSCRIPTIONS/…","category":"…","properties":{…}}`.
fn azure(members: &Members<'_>) -> Record {
    if get(members, "category").is_none() || get(members, "time").is_none() {
        return Record::AsIs;
    }
    without(
        members,
        &[
            "category",
            "resourceId",
            "tenantId",
            "resultType",
            "resultSignature",
        ],
    )
}

/// A span: `kind` 3 is a request to somebody else; `status.code` 2 is an error, 1 the opposite.
fn span(members: &Members<'_>) -> Record {
    if get(members, "startTimeUnixNano").is_none() {
        return Record::AsIs;
    }
    let mut object = Object::new();
    for (key, value) in members {
        match key.as_ref() {
            "kind" if matches!(*value, "3" | "\"SPAN_KIND_CLIENT\"") => object.text("kind", "call"),
            "kind" | "parentSpanId" | "events" | "links" | "flags" => {}
            "name" => object.raw("operation", value),
            "status" => put_status(&mut object, value),
            _ => object.raw(key, value),
        }
    }
    Record::Rewritten(object.done())
}

fn put_status(object: &mut Object, status: &str) {
    let Ok(members) = json::members(status) else {
        return;
    };
    match get(&members, "code") {
        Some("2" | "\"STATUS_CODE_ERROR\"") => object.text("status", "error"),
        Some("1" | "\"STATUS_CODE_OK\"") => object.text("status", "ok"),
        _ => {}
    }
    if let Some(message) = get(&members, "message") {
        object.raw("error_message", message);
    }
}

/// journald: every value is a string (a list where the field was given several times, a list of bytes where it is no
/// text, `null` where it was too large). Names that begin with `_` are journald's own.
fn journald(members: &Members<'_>) -> Record {
    let mut object = Object::new();
    let mut time = None;
    for (key, value) in members {
        match key.as_ref() {
            "_SOURCE_REALTIME_TIMESTAMP" => time = Some(*value),
            "__REALTIME_TIMESTAMP" => time = time.or(Some(value)),
            "MESSAGE" => {
                if let Some(text) = journal_text(value) {
                    object.text("message", &text);
                }
            }
            "SYSLOG_IDENTIFIER" => object.raw("service", value),
            "PRIORITY" => object.text("level", level_of(value)),
            name if is_of_journald(name) => {}
            name => object.raw(name, value),
        }
    }
    if let Some(time) = time {
        object.raw("time", time);
    }
    Record::Rewritten(object.done())
}

fn is_of_journald(name: &str) -> bool {
    [
        "_",
        "SYSLOG_",
        "CODE_",
        "JOB_",
        "INVOCATION_ID",
        "MESSAGE_ID",
        "TID",
        "UNIT",
        "USER_UNIT",
    ]
    .iter()
    .any(|p| name.starts_with(p))
}

/// The words of syslog's severities.
fn level_of(value: &str) -> &'static str {
    const LEVELS: [&str; 8] = [
        "emerg", "alert", "crit", "error", "warning", "notice", "info", "debug",
    ];
    let number: usize = value.trim_matches('"').parse().unwrap_or(6);
    LEVELS.get(number).copied().unwrap_or("info")
}

/// The text of a field: a string, a list of bytes, or the first of a list of strings.
fn journal_text(value: &str) -> Option<String> {
    if let Some(text) = json::text(value) {
        return Some(text.into_owned());
    }
    let elements = json::elements(value).ok()?;
    if let Some(text) = elements.iter().find_map(|e| json::text(e)) {
        return Some(text.into_owned());
    }
    let bytes: Vec<u8> = elements.iter().filter_map(|e| e.parse().ok()).collect();
    (!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The records of what platforms export as lists in lists: `[{"field":"@timestamp","value":"…"},…]` of Insights is one,
/// `{"stream":{labels},"values":[["<ns>","line"],…]}` of Loki holds one a pair.
pub(crate) fn rows(text: &str) -> Option<Vec<String>> {
    match first_key(text) {
        Some("stream" | "values") => loki(&json::members(text).ok()?),
        None if is_insights_row(text) => insights(text).map(|row| vec![row]),
        _ => None,
    }
}

fn loki(members: &Members<'_>) -> Option<Vec<String>> {
    let labels = get(members, "stream")?;
    let mut out = Vec::new();
    for pair in json::elements(get(members, "values")?).ok()? {
        let pair = json::elements(pair).ok()?;
        let [time, line, more @ ..] = pair.as_slice() else {
            return None;
        };
        let mut object = Object::new();
        object.raw("timestamp", time);
        object.raw("line", line);
        object.raw("labels", labels);
        if let Some(metadata) = more.first().filter(|m| m.starts_with('{')) {
            object.raw("metadata", metadata);
        }
        out.push(object.done());
    }
    Some(out)
}

/// Whether a list of `{"field":…,"value":…}` begins here.
pub(crate) fn is_insights_row(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('[').map(str::trim_start);
    inside.and_then(first_key) == Some("field")
}

/// Insights gives its own times in UTC and without a zone.
fn insights(text: &str) -> Option<String> {
    let mut object = Object::new();
    for cell in json::elements(text).ok()? {
        let cell = json::members(cell).ok()?;
        let name = json::text(get(&cell, "field")?)?;
        let value = get(&cell, "value")?;
        match name.as_ref() {
            "@timestamp" => object.raw("@timestamp [UTC]", value),
            "@message" => object.raw("message", value),
            "@ptr" | "@log" | "@logStream" | "@ingestionTime" | "@requestId" => {}
            _ => object.raw(&name, value),
        }
    }
    Some(object.done())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rewritten(text: &str) -> String {
        match record(text) {
            Record::AsIs => "as is".to_owned(),
            Record::Nothing => "nothing".to_owned(),
            Record::Rewritten(text) => text,
        }
    }

    #[test]
    fn each_platform_says_what_it_means() {
        for (text, expected) in [
            (r#"{"preview":true,"result":{"_raw":"x"}}"#, "nothing"),
            (r#"{"preview":false,"lastrow":true}"#, "nothing"),
            (r#"{"preview":true,"payment_id":"p1"}"#, "as is"),
            (
                r#"{"preview":false,"result":{"_time":"t","_raw":"x","source":"s","payment_id":"p"}}"#,
                r#"{"_time":"t","_raw":"x","payment_id":"p"}"#,
            ),
            (r#"{"index":{"_index":"logs","_id":"7"}}"#, "nothing"),
            (r#"{"index":{"price":"7"}}"#, "as is"),
            (r#"{"result":"failed","payment_id":"p"}"#, "as is"),
            (
                r#"{"id":"A","type":"log","attributes":{"status":"error","message":"m","host":"h"}}"#,
                r#"{"level":"error","message":"m"}"#,
            ),
            (
                r#"{"id":"7","timestamp":1,"message":"m"}"#,
                r#"{"timestamp":1,"message":"m"}"#,
            ),
            (r#"{"id":"pay-7","timestamp":1,"status":"failed"}"#, "as is"),
            (
                r#"{"_UID":"0","MESSAGE":[104,105],"PRIORITY":"3","__REALTIME_TIMESTAMP":"1629288000000000","PAYMENT_ID":"p"}"#,
                r#"{"message":"hi","level":"error","PAYMENT_ID":"p","time":"1629288000000000"}"#,
            ),
            (
                r#"{"__REALTIME_TIMESTAMP":"1","MESSAGE":null}"#,
                r#"{"time":"1"}"#,
            ),
            (
                r#"{"traceId":"a","kind":3,"name":"GET","startTimeUnixNano":"1","status":{"code":2,"message":"m"}}"#,
                r#"{"traceId":"a","kind":"call","operation":"GET","startTimeUnixNano":"1","status":"error","error_message":"m"}"#,
            ),
        ] {
            assert_eq!(rewritten(text), expected, "{text}");
        }
    }

    #[test]
    fn lists_in_lists() {
        assert_eq!(
            rows(r#"{"stream":{"app":"pay"},"values":[["1","a"],["2","b",{"x":"y"}]]}"#),
            Some(vec![
                r#"{"timestamp":"1","line":"a","labels":{"app":"pay"}}"#.to_owned(),
                r#"{"timestamp":"2","line":"b","labels":{"app":"pay"},"metadata":{"x":"y"}}"#
                    .to_owned(),
            ])
        );
        assert_eq!(
            rows(
                r#"[{"field":"@timestamp","value":"t"},{"field":"@message","value":"m"},{"field":"@ptr","value":"p"}]"#
            ),
            Some(vec![r#"{"@timestamp [UTC]":"t","message":"m"}"#.to_owned()])
        );
        assert_eq!(rows(r#"{"values":[1,2]}"#), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(key in "(preview|index|id|traceId|_X|stream|values|time)", text in "[\\[\\]{}\",:a1_ ]{0,40}") {
            let text = format!("{{\"{key}\":{text}");
            record(&text);
            rows(&text);
            rows(&format!("[{{\"field\":{text}"));
        }
    }
}
