//! A record reads the same by itself and in whatever containers, daemons and log platforms put around it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

use std::fs;
use std::path::Path;

use knockon::model::{Field, RawIncident, Record, Role};
use knockon::parse::{self, FormatInfo, ReadOptions, ReadSummary, Sink};
use knockon::source::Input;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a record says that no envelope may change. The message is left out: where its pairs or its JSON became
/// fields, what is left of it differs with what stands around it.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    time: String,
    fields: Vec<(Field, String)>,
}

#[derive(Default)]
struct Kept(Vec<Said>);

impl Sink for Kept {
    fn format(&mut self, _: &FormatInfo) {}

    fn record(&mut self, record: &Record<'_>) {
        let left_out = [Field::Message, Field::Service, Field::Level];
        let fields = record
            .present()
            .filter(|(field, _)| !left_out.contains(field))
            .map(|(field, value)| (field, value.to_owned()));
        self.0.push(Said {
            time: record.time.map(|t| t.time.to_string()).unwrap_or_default(),
            fields: fields.collect(),
        });
    }

    fn status(&mut self, _: RawIncident) {}
}

fn read_file(path: &Path) -> (Vec<Said>, ReadSummary) {
    let input = Input {
        entry: None,
        path: path.to_owned(),
        shown: "a.log".to_owned(),
        role: None::<Role>,
        name: None,
    };
    let mut kept = Kept::default();
    let summary = parse::read(&input, &ReadOptions::default(), &mut kept).unwrap();
    (kept.0, summary)
}

fn read(text: &str) -> (Vec<Said>, ReadSummary) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    fs::write(&path, text).unwrap();
    read_file(&path)
}

/// Lines as programs write them, each a payment or a call, at a second of one minute.
fn bare(kind: usize, second: u32, id: u32) -> String {
    let ts = format!("2021-08-18T12:00:{second:02}.125Z");
    match kind {
        0 => format!(
            r#"{{"ts":"{ts}","level":"error","msg":"payment failed","payment_id":"pay-{id}","amount":"10.50","currency":"EUR","error_code":"TIMEOUT","exchange":"kraken"}}"#
        ),
        1 => format!(
            r#"ts={ts} level=error msg="payment failed" payment_id=pay-{id} status=failed order_id=A-{id} error="connect timed out""#
        ),
        2 => format!(
            r#"10.0.0.7 - - [18/Aug/2021:12:00:{second:02} +0000] "POST /api/v3/order?n={id} HTTP/1.1" 503 120 "-" "pay/1.0""#
        ),
        3 => format!(
            "{ts} ERROR [pay-api] Payment pay-{id} failed: upstream timed out order_id=A-{id}"
        ),
        _ => format!(
            r#"{{"time":"{ts}","method":"GET","url":"https://api.kraken.com/0/public/{id}","status":504,"duration_ms":{id}}}"#
        ),
    }
}

const KINDS: usize = 5;

/// A later moment, as an envelope has it.
const LATER: &str = "2021-08-18T12:30:00.5Z";

type Envelope = (&'static str, fn(&str) -> String);

/// Envelopes of single lines, which may stand in each other.
const LINES: &[Envelope] = &[
    ("docker", |line| {
        json!({"log": format!("{line}\n"), "stream": "stdout", "time": LATER}).to_string()
    }),
    ("CRI", |line| {
        format!("2021-08-18T12:30:00.500000001Z stderr F {line}")
    }),
    ("kubectl --timestamps", |line| format!("{LATER} {line}")),
    ("kubectl --prefix", |line| {
        format!("[pod/pay-7d9f8b6c5-abcde/api] {line}")
    }),
    ("stern", |line| format!("pay-7d9f8b6c5-abcde api {line}")),
    ("compose", |line| {
        format!("\u{1b}[36mpay-api-1  | \u{1b}[0m{line}")
    }),
    ("compose with stamps", |line| {
        format!("pay-api-1  | {LATER} {line}")
    }),
    ("RFC 5424", |line| {
        format!(r#"<165>1 {LATER} host1 pay-api 77 ID47 [meta@1 seq="7\]"] {line}"#)
    }),
    ("RFC 5424 without data", |line| {
        format!("<165>1 {LATER} host1 pay-api - - - {line}")
    }),
    ("RFC 3164", |line| {
        format!("<34>Aug 18 12:30:00 host1 pay-api[77]: {line}")
    }),
    ("RFC 3164 in a file", |line| {
        format!("Aug 18 12:30:00 host1 pay-api[77]: {line}")
    }),
    ("rsyslog", |line| {
        format!("2021-08-18T12:30:00.123456+00:00 host1 pay-api[77]: {line}")
    }),
    ("journalctl short-iso", |line| {
        format!("2021-08-18T12:30:00+0000 host1 pay-api[77]: {line}")
    }),
    ("S3 export", |line| {
        format!("2021-08-18T12:30:00.000Z {line}")
    }),
    ("S3 export in milliseconds", |line| {
        format!("1629289800000 {line}")
    }),
    ("logcli", |line| {
        format!("2021-08-18T14:30:00+02:00 {{app=\"pay-api\", env=\"a b\"}} {line}")
    }),
];

/// Records of platforms, one a line or as a document.
const PLATFORMS: &[Envelope] = &[
    ("journald", |line| {
        json!({"__CURSOR": "s=1", "_UID": "0", "_PID": "77", "PRIORITY": "6", "SYSLOG_IDENTIFIER": "pay-api",
            "_HOSTNAME": "host1", "MESSAGE": line, "__REALTIME_TIMESTAMP": "1629289800000000"}).to_string()
    }),
    ("journald in bytes", |line| {
        json!({"MESSAGE": line.as_bytes(), "__REALTIME_TIMESTAMP": "1629289800000000"}).to_string()
    }),
    ("logcli jsonl", |line| {
        json!({"labels": {"app": "pay-api"}, "line": line, "timestamp": "2021-08-18T14:30:00+02:00"}).to_string()
    }),
    ("elasticdump", |line| {
        json!({"_index": "logs", "_id": "x1", "_score": 1, "_source": {"@timestamp": LATER, "message": line}}).to_string()
    }),
    ("Splunk", |line| {
        json!({"preview": false, "offset": 0, "result": {"_time": "2021-08-18 12:30:00.000 GMT", "_raw": line,
            "host": "host1", "source": "/var/log/pay.log", "sourcetype": "json"}}).to_string()
    }),
    ("Datadog", |line| {
        json!({"data": [{"id": "AgA1", "type": "log", "attributes": {"timestamp": LATER, "status": "error",
            "service": "pay-api", "host": "host1", "message": line, "tags": ["env:prod"]}}],
            "meta": {"status": "done"}}).to_string()
    }),
    ("GCP", |line| {
        json!([{"insertId": "i1", "logName": "projects/p/logs/stdout", "textPayload": line, "severity": "INFO",
            "timestamp": LATER, "receiveTimestamp": "2021-08-18T12:30:20Z"}]).to_string()
    }),
    ("Azure", |line| {
        json!({"time": LATER, "resourceId": "/SUBSCRIPTIONS/1/X", "category": "ConsoleLogs",
            "properties": {"message": line}})
        .to_string()
    }),
    ("filter-log-events", |line| {
        json!({"events": [{"logStreamName": "s", "timestamp": 1_629_289_800_000_u64, "message": line,
            "ingestionTime": 1_629_289_805_000_u64, "eventId": "0009"}], "searchedLogStreams": []}).to_string()
    }),
    ("subscription", |line| {
        json!({"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "/pay", "logStream": "s",
            "subscriptionFilters": ["f"],
            "logEvents": [{"id": "3195", "timestamp": 1_629_289_800_000_u64, "message": line}]})
        .to_string()
    }),
    ("Insights", |line| {
        json!({"results": [[{"field": "@timestamp", "value": "2021-08-18 12:30:00.000"},
            {"field": "@message", "value": line}, {"field": "@ptr", "value": "CmEK"}]], "status": "Complete"}).to_string()
    }),
    ("Loki", |line| {
        json!({"status": "success", "data": {"resultType": "streams", "result": [{"stream": {"app": "pay-api"},
            "values": [["1629289800000000000", line]]}]}}).to_string()
    }),
    ("_search", |line| {
        json!({"took": 3, "hits": {"total": {"value": 1, "relation": "eq"},
            "hits": [{"_index": "logs", "_id": "x1", "_source": {"@timestamp": LATER, "message": line}}]}}).to_string()
    }),
    ("OTLP", |line| {
        json!({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"scope": {},
            "logRecords": [{"timeUnixNano": "0", "observedTimeUnixNano": "1629289800000000000",
                "body": {"stringValue": line}}]}]}]})
        .to_string()
    }),
    ("Insights CSV", |line| {
        csv("@timestamp,@message", "2021-08-18 12:30:00.000", line)
    }),
    ("Splunk CSV", |line| {
        csv("\"_time\",\"_raw\"", "2021-08-18T15:30:00.000+0300", line)
    }),
    ("Datadog CSV", |line| csv("Date,Message", LATER, line)),
    ("Azure CSV", |line| {
        csv("TimeGenerated [UTC],Message", LATER, line)
    }),
];

fn csv(header: &str, time: &str, line: &str) -> String {
    format!("{header}\n\"{time}\",\"{}\"\n", line.replace('"', "\"\""))
}

/// What a line says without envelopes.
fn read_bare(line: &str) -> Vec<Said> {
    let (said, _) = read(&format!("{line}\n"));
    assert_eq!(said.len(), 1, "{line}");
    said
}

/// What differs where the line is read in its envelopes.
fn difference(name: &str, expected: &[Said], wrapped: &str) -> Option<String> {
    let (got, summary) = read(&format!("{wrapped}\n"));
    let (reason, rejects) = (&summary.format_reason, &summary.rejects);
    (got != expected)
        .then(|| format!("{name}: {wrapped}\n  {reason}; {rejects:?}\n  {got:?}\n  {expected:?}\n"))
}

fn assert_none(differences: Vec<String>) {
    assert!(
        differences.is_empty(),
        "{} differ:\n{}",
        differences.len(),
        differences.concat()
    );
}

#[test]
fn every_line_reads_the_same_in_every_envelope() {
    let mut differences = Vec::new();
    for kind in 0..KINDS {
        let line = bare(kind, 7, 41_234);
        let expected = read_bare(&line);
        for (name, wrap) in LINES.iter().chain(PLATFORMS) {
            differences.extend(difference(name, &expected, &wrap(&line)));
        }
    }
    assert_none(differences);
}

#[test]
fn every_line_reads_the_same_in_two_envelopes() {
    let mut differences = Vec::new();
    for kind in 0..KINDS {
        let line = bare(kind, 7, 41_234);
        let expected = read_bare(&line);
        for (inner, wrap_line) in LINES {
            for (outer, wrap) in LINES.iter().chain(PLATFORMS) {
                let wrapped = wrap(&wrap_line(&line));
                differences.extend(difference(
                    &format!("{inner} in {outer}"),
                    &expected,
                    &wrapped,
                ));
            }
        }
    }
    assert_none(differences);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_lines_read_the_same_in_two_envelopes(
        kind in 0..KINDS, second in 0u32..60, id in 10_000u32..99_999,
        inner in 0..LINES.len(), outer in 0..LINES.len() + PLATFORMS.len(),
    ) {
        let line = bare(kind, second, id);
        let (name, wrap) = LINES.iter().chain(PLATFORMS).nth(outer).unwrap();
        let wrapped = wrap(&LINES[inner].1(&line));
        let difference = difference(&format!("{} in {name}", LINES[inner].0), &read_bare(&line), &wrapped);
        prop_assert!(difference.is_none(), "{}", difference.unwrap());
    }
}

/// What the records say of one field.
fn values(said: &[Said], field: Field) -> Vec<&str> {
    let of = |s: &'_ Said| s.fields.iter().position(|(f, _)| *f == field);
    said.iter()
        .filter_map(|s| of(s).map(|at| s.fields[at].1.as_str()))
        .collect()
}

#[test]
fn an_inner_stamp_without_a_zone_yields_to_an_outer_one_with() {
    let (said, _) = read(
        "2021-08-18T12:30:00.5Z stdout F 2021-08-18 14:30:00,123 ERROR payment_id=p1 failed\n",
    );
    assert_eq!(said[0].time, "2021-08-18T12:30:00.500Z");
    assert_eq!(values(&said, Field::PaymentId), ["p1"]);
}

#[test]
fn lines_that_a_runtime_cut_are_joined_for_each_stream() {
    let (said, summary) = read(concat!(
        "2021-08-18T12:00:00.1Z stdout P {\"payment_id\":\"p1\",\n",
        "2021-08-18T12:00:00.2Z stderr F level=info payment_id=p2\n",
        "2021-08-18T12:00:00.3Z stdout P \"status\":\n",
        "2021-08-18T12:00:00.4Z stdout F \"failed\"}\n",
    ));
    assert_eq!(summary.rejected, 0, "{:?}", summary.rejects);
    assert_eq!(values(&said, Field::PaymentId), ["p2", "p1"]);
    assert_eq!(values(&said, Field::Status), ["failed"]);

    let docker = |log: &str| json!({"log": log, "stream": "stdout", "time": LATER}).to_string();
    let lines = [
        docker("{\"payment_id\":\"p1\"}\n"),
        docker("{\"payment_id\":\"p2\","),
        docker("\"status\":\"failed\"}\n"),
    ];
    let (said, summary) = read(&lines.join("\n"));
    assert_eq!(summary.rejected, 0, "{:?}", summary.rejects);
    assert_eq!(values(&said, Field::PaymentId), ["p1", "p2"]);
    assert_eq!(values(&said, Field::Status), ["failed"]);
}

#[test]
fn logs_stored_without_line_ends_are_not_joined() {
    let docker = |id: u32| {
        json!({"log": format!("payment_id=p{id} status=failed"), "stream": "stdout", "time": LATER})
            .to_string()
    };
    let (said, _) = read(&[docker(1), docker(2), docker(3)].join("\n"));
    assert_eq!(values(&said, Field::PaymentId), ["p1", "p2", "p3"]);
}

#[test]
fn stack_traces_stay_with_their_record_and_tell_its_error() {
    let trace = [
        "2021-08-18 12:00:00,001 ERROR [main] Pay : payment_id=p1 failed",
        "com.shop.PayException: charge failed",
        "\tat com.shop.Pay.charge(Pay.java:7)",
        "Caused by: java.net.SocketTimeoutException: Read timed out",
        "\t... 3 more",
        "2021-08-18 12:00:01,001 INFO [main] Pay : payment_id=p2 captured",
    ];
    let wrappers: [fn(&str) -> String; 3] = [
        str::to_owned,
        |line| format!("2021-08-18T12:00:00.1Z stderr F {line}"),
        |line| json!({"log": format!("{line}\n"), "stream": "stderr", "time": LATER}).to_string(),
    ];
    for wrap in wrappers {
        let lines: Vec<String> = trace.iter().map(|line| wrap(line)).collect();
        let (said, summary) = read(&lines.join("\n"));
        assert_eq!(summary.rejected, 0, "{:?}", summary.rejects);
        assert_eq!(values(&said, Field::PaymentId), ["p1", "p2"]);
        assert_eq!(
            values(&said, Field::ErrorType),
            ["java.net.SocketTimeoutException"]
        );
        assert_eq!(
            values(&said, Field::ErrorMessage),
            ["charge failed: Read timed out"]
        );
    }
}

#[test]
fn a_trace_in_a_message_tells_the_error_too() {
    let message = "payment_id=p1 failed\nTraceback (most recent call last):\n  File \"pay.py\", line 7\nrequests.exceptions.ReadTimeout: no answer in 10 s";
    let line: Value = json!({"ts": "2021-08-18T12:00:00Z", "message": message});
    let (said, _) = read(&format!("{line}\n"));
    assert_eq!(values(&said, Field::PaymentId), ["p1"]);
    assert_eq!(values(&said, Field::ErrorMessage), ["no answer in 10 s"]);
}

#[test]
fn what_tells_of_the_export_alone_is_no_event_and_no_reject() {
    let (said, summary) = read(concat!(
        "{\"index\":{\"_index\":\"logs\",\"_id\":\"1\"}}\n",
        "{\"@timestamp\":\"2021-08-18T12:00:00Z\",\"payment_id\":\"p1\"}\n",
        "{\"preview\":true,\"result\":{\"_time\":\"2021-08-18T12:00:00Z\",\"_raw\":\"payment_id=p2\"}}\n",
        "{\"preview\":false,\"lastrow\":true}\n",
    ));
    assert_eq!(summary.rejected, 0, "{:?}", summary.rejects);
    assert_eq!(values(&said, Field::PaymentId), ["p1"]);
}

#[test]
fn a_span_to_somebody_else_is_a_call() {
    let (said, _) = read(
        &json!({"resourceSpans": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "pay"}}]},
            "scopeSpans": [{"spans": [{"traceId": "5b8a", "spanId": "0515", "kind": 3, "name": "POST /order",
                "startTimeUnixNano": "1629288000000000000", "endTimeUnixNano": "1629288001500000000",
                "status": {"code": 2, "message": "timeout"},
                "attributes": [{"key": "http.request.method", "value": {"stringValue": "POST"}},
                    {"key": "url.full", "value": {"stringValue": "https://api.kraken.com/0/order"}},
                    {"key": "http.response.status_code", "value": {"intValue": "504"}}]}]}]}]})
        .to_string(),
    );
    assert_eq!(values(&said, Field::Kind), ["call"]);
    assert_eq!(values(&said, Field::Host), ["api.kraken.com"]);
    assert_eq!(values(&said, Field::HttpStatus), ["504"]);
    assert_eq!(values(&said, Field::Status), ["error"]);
    assert_eq!(values(&said, Field::ErrorMessage), ["timeout"]);
}

#[test]
fn an_export_that_is_not_whole_says_so() {
    let event =
        json!({"timestamp": 1_629_288_000_000_u64, "message": "payment_id=p1 status=failed"});
    let of = |document: Value| read(&document.to_string()).1.warnings.join("; ");
    assert!(of(json!({"events": [event], "nextToken": "x"})).contains("nextToken"));
    assert_eq!(of(json!({"events": [event]})), "");
    let hits = |total: u64| {
        json!({"took": 1, "hits": {"total": {"value": total, "relation": "eq"},
        "hits": [{"_index": "l", "_id": "1", "_source": event}]}})
    };
    assert!(of(hits(9)).contains("found 9 records and gives 1"));
    assert!(!of(hits(1)).contains("not whole"));
    let rows = |n: u32| {
        let lines = (0..n).map(|i| {
            format!(
                "2021-08-18 12:{:02}:{:02}.000,payment_id=p{i} status=ok\n",
                i / 60 % 60,
                i % 60
            )
        });
        read(&format!(
            "@timestamp,@message\n{}",
            lines.collect::<String>()
        ))
        .1
        .warnings
        .join("; ")
    };
    assert!(rows(1000).contains("exactly 1000 rows"));
    assert_eq!(rows(999), "");
}

#[test]
fn times_of_insights_are_utc() {
    let folder = "@timestamp,@message\n2021-08-18 12:00:00.000,payment_id=p1 status=failed\n";
    struct Zone(Option<bool>);
    impl Sink for Zone {
        fn format(&mut self, _: &FormatInfo) {}
        fn record(&mut self, record: &Record<'_>) {
            self.0 = record.time.map(|t| t.has_zone);
        }
        fn status(&mut self, _: RawIncident) {}
    }
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a.csv");
    fs::write(&path, folder).unwrap();
    let input = Input {
        entry: None,
        path,
        shown: "a.csv".to_owned(),
        role: None,
        name: None,
    };
    let mut zone = Zone(None);
    parse::read(&input, &ReadOptions::default(), &mut zone).unwrap();
    assert_eq!(zone.0, Some(true));
}
