//! The room as a whole: small inputs made here, and real ones that are read where they are at hand.

#![expect(
    clippy::print_stderr,
    reason = "a skipped test and a measured number are told"
)]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::model::{
    Attempt, ErrorClass, Field, IdHash, Open, Outcome, Precision, RawIncident, RawUpdate, Record,
    Role, Stamp, Time, Window, ZoneFrom,
};

fn context(index: u32, shown: &str) -> InputContext {
    InputContext {
        index,
        shown: shown.to_owned(),
        role: None,
        exchange: None,
        merchant: None,
        zone: None,
        window: Window::default(),
        classes: Arc::new(ClassRules::default()),
    }
}

fn t(text: &str) -> Time {
    text.parse().unwrap()
}

fn stamp(text: &str) -> Stamp {
    let has_zone = text.ends_with('Z');
    let time = if has_zone {
        t(text)
    } else {
        t(&format!("{text}Z"))
    };
    Stamp {
        time,
        has_zone,
        precision: Precision::Millis,
        open: Open::Nothing,
    }
}

/// A record of one JSON object whose keys are canonical field names, or those of the corpora.
fn record_of(line: u64, object: &Value) -> Record<'static> {
    let mut record = Record::new(line);
    for (key, value) in object.as_object().unwrap() {
        let text = match value {
            Value::String(s) => s.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        let field = match key.as_str() {
            "ts" | "time" => {
                record.time = Some(stamp(&text));
                Field::Time
            }
            "end" | "end_time" => {
                record.end = Some(stamp(&text));
                Field::EndTime
            }
            "start_time" => {
                record.start = Some(stamp(&text));
                Field::StartTime
            }
            "id" => Field::PaymentId,
            "endpoint" => Field::Operation,
            "request" => Field::RequestId,
            "ok" => Field::Status,
            "duration_ms" => Field::Duration,
            "error" => Field::ErrorMessage,
            "url" => Field::Path,
            word => *Field::ALL
                .iter()
                .find(|f| f.as_str() == word)
                .unwrap_or_else(|| panic!("field {word}")),
        };
        record.set(field, text);
    }
    record
}

fn part_of(ctx: InputContext, objects: &[Value]) -> Part {
    let mut builder = Builder::new(ctx);
    builder.format("jsonl", "test");
    for (i, object) in objects.iter().enumerate() {
        builder.record(&record_of(i as u64 + 1, object));
    }
    builder.finish()
}

fn timeline_of(objects: &[Value]) -> Timeline {
    assemble(vec![part_of(context(0, "log.jsonl"), objects)])
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn jsons(lines: &[&str]) -> Vec<Value> {
    lines.iter().map(|l| json(l)).collect()
}

/// The folder of the corpora, or `None` (and a word on it) when it is not here.
fn corpus(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("KNOCKON_CORPORA")
        .map(PathBuf::from)
        .or_else(|| {
            let start = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
            start
                .ancestors()
                .map(|a| a.join("shared/corpora"))
                .find(|p| p.is_dir())
        });
    let file = root.map(|r| r.join(path)).filter(|f| f.exists());
    if file.is_none() {
        eprintln!("skipped: {path} is not here (KNOCKON_CORPORA)");
    }
    file
}

fn lines(file: &PathBuf) -> Vec<Value> {
    fs::read_to_string(file)
        .unwrap()
        .lines()
        .map(json)
        .collect()
}

#[test]
fn records_of_one_payment_are_one_attempt() {
    let tl = timeline_of(&jsons(&[
        r#"{"time":"2021-08-18T12:00:00Z","payment_id":"p1","merchant":"shop","amount":"1.50","currency":"btc","status":"pending","exchange":"Binance"}"#,
        r#"{"time":"2021-08-18T12:00:30Z","payment_id":"p1","merchant":"shop","status":"failed","error_message":"binance did not respond: timed out"}"#,
        r#"{"time":"2021-08-18T12:00:01Z","payment_id":"p2","merchant":"shop","amount":"2","currency":"BTC","status":"ok"}"#,
        r#"{"time":"2021-08-18T12:00:02Z","payment_id":"p3","merchant":"shop","amount":"3","currency":"BTC","status":"processing"}"#,
    ]));
    assert_eq!(tl.attempts.len(), 3);
    let p1 = tl
        .attempts
        .iter()
        .find(|a| a.links[0] == IdHash::of("p1"))
        .unwrap();
    assert_eq!(
        (p1.start, p1.time),
        (t("2021-08-18T12:00:00Z"), t("2021-08-18T12:00:30Z"))
    );
    assert_eq!(
        (p1.outcome, p1.class),
        (Outcome::Unknown, ErrorClass::UpstreamTimeout)
    );
    assert_eq!(p1.amount.unwrap().to_string(), "1.50");
    assert_eq!(p1.duration_ms, Some(30_000));
    assert_eq!(p1.source.line, 2);
    assert_eq!(tl.names.text(p1.currency), "BTC");
    assert_eq!(tl.names.text(p1.exchange), "binance");
    assert_eq!(tl.names.text(p1.id), "p1");
    assert_eq!(
        tl.names.text(tl.errors[p1.error.0 as usize].names_exchange),
        "binance"
    );
    let p2 = tl
        .attempts
        .iter()
        .find(|a| a.links[0] == IdHash::of("p2"))
        .unwrap();
    assert!(p2.id.is_none() && tl.names.find("p2").is_none());
    let p3 = tl
        .attempts
        .iter()
        .find(|a| a.links[0] == IdHash::of("p3"))
        .unwrap();
    assert_eq!((p3.outcome, tl.names.text(p3.id)), (Outcome::Pending, "p3"));
    assert_eq!(tl.inputs[0].role, Role::Payments);
    assert_eq!(tl.names.text(tl.inputs[0].merchant), "shop");
}

#[test]
fn one_payment_id_of_two_merchants_is_two_attempts() {
    let tl = timeline_of(&jsons(&[
        r#"{"time":"2021-08-18T12:00:00Z","payment_id":"1","merchant":"a","amount":"1","status":"ok"}"#,
        r#"{"time":"2021-08-18T12:00:01Z","payment_id":"1","merchant":"b","amount":"1","status":"failed"}"#,
        r#"{"time":"2021-08-18T12:00:02Z","payment_id":"2","service":"web","amount":"1","status":"pending"}"#,
        r#"{"time":"2021-08-18T12:00:03Z","payment_id":"2","service":"worker","amount":"1","status":"ok"}"#,
    ]));
    assert_eq!(tl.attempts.len(), 3);
}

#[test]
fn exact_copies_are_one_record_and_counted() {
    let call = r#"{"time":"2021-08-18T12:00:00.5Z","exchange":"binance","path":"/api/v3/order","http_status":200,"request_id":"r1"}"#;
    let other = r#"{"time":"2021-08-18T12:00:00.5Z","exchange":"binance","path":"/api/v3/order","http_status":200,"request_id":"r2"}"#;
    let payment =
        r#"{"time":"2021-08-18T12:00:00Z","payment_id":"p","amount":"1","status":"failed"}"#;
    let objects = jsons(&[call, other, payment]);
    let parts = (0..2).map(|i| part_of(context(i, "x"), &objects)).collect();
    let tl = assemble(parts);
    assert_eq!((tl.calls.len(), tl.attempts.len()), (2, 1));
    assert_eq!(
        tl.inputs.iter().map(|i| i.duplicates).collect::<Vec<_>>(),
        [0, 3]
    );
}

#[test]
fn calls_without_ids_are_copies_only_where_inputs_overlap() {
    let line = |second: u64| {
        json(&format!(
            r#"{{"time":"2021-08-18T12:00:{second:02}Z","exchange":"binance","path":"/p/{second}","http_status":200}}"#
        ))
    };
    let first: Vec<Value> = (0..30).map(line).collect();
    let second: Vec<Value> = (15..45).map(line).collect();
    let tl = assemble(vec![
        part_of(context(0, "a"), &first),
        part_of(context(1, "b"), &second),
    ]);
    assert_eq!((tl.calls.len(), tl.inputs[1].duplicates), (45, 15));
    // two gateways whose lines agree here and there do not overlap
    let mixed: Vec<Value> = (0..30)
        .map(|s| {
            if s % 3 == 0 {
                line(s)
            } else {
                json(&line(s).to_string().replace("/p/", "/q/"))
            }
        })
        .collect();
    let tl = assemble(vec![
        part_of(context(0, "a"), &first),
        part_of(context(1, "b"), &mixed),
    ]);
    assert_eq!(tl.calls.len(), 60);
    // inside one input, equal lines are requests of their own
    let twice = [first.clone(), first].concat();
    assert_eq!(timeline_of(&twice).calls.len(), 60);
}

#[test]
fn stamps_are_starts_or_ends_by_what_stands_beside_them() {
    let call = |fields: &str| {
        let tl = timeline_of(&jsons(&[&format!(
            r#"{{"time":"2021-08-18T12:00:10Z","exchange":"binance","path":"/x","http_status":200{fields}}}"#
        )]));
        (tl.calls[0].time, tl.calls[0].duration_us)
    };
    assert_eq!(
        call(r#","duration":"2000""#),
        (t("2021-08-18T12:00:08Z"), Some(2_000_000))
    );
    assert_eq!(
        call(r#","end":"2021-08-18T12:00:11Z""#),
        (t("2021-08-18T12:00:10Z"), Some(1_000_000))
    );
    assert_eq!(call(""), (t("2021-08-18T12:00:10Z"), None));
    let attempt = |fields: &str| {
        let tl = timeline_of(&jsons(&[&format!(
            r#"{{"time":"2021-08-18T12:00:10Z","payment_id":"p","amount":"1","status":"failed"{fields}}}"#
        )]));
        (
            tl.attempts[0].start,
            tl.attempts[0].time,
            tl.attempts[0].duration_ms,
        )
    };
    let ten = t("2021-08-18T12:00:10Z");
    assert_eq!(
        attempt(r#","duration":"2000""#),
        (t("2021-08-18T12:00:08Z"), ten, Some(2000))
    );
    assert_eq!(
        attempt(r#","end":"2021-08-18T12:00:11Z""#),
        (ten, ten, Some(1000))
    );
}

#[test]
fn the_order_of_a_file_shows_that_it_is_stamped_with_starts() {
    // written when over: a long request stands after the short ones that began later
    let mut objects = Vec::new();
    for minute in 0..20 {
        for (second, took) in [(10, 1_000), (0, 20_000), (25, 500)] {
            objects.push(json(&format!(
                r#"{{"time":"2021-08-18T12:{minute:02}:{second:02}Z","exchange":"b","path":"/x","http_status":200,"duration":"{took}"}}"#
            )));
        }
    }
    let tl = timeline_of(&objects);
    assert_eq!(tl.calls[0].time, t("2021-08-18T12:00:00Z"));
    assert!(
        tl.inputs[0]
            .warnings
            .iter()
            .any(|w| w.contains("read as starts"))
    );
}

#[test]
fn zones_of_stamps_without_one() {
    let objects = jsons(&[
        r#"{"time":"2021-10-31T02:50:00","exchange":"b","path":"/x","http_status":200}"#,
        r#"{"time":"2021-10-31T02:10:00","exchange":"b","path":"/x","http_status":200}"#,
        r#"{"time":"2021-10-31T03:10:00","exchange":"b","path":"/x","http_status":200}"#,
    ]);
    let mut ctx = context(0, "x");
    ctx.zone = Some((ZoneSpec::parse("Europe/Berlin").unwrap(), ZoneFrom::Flag));
    let part = part_of(ctx, &objects);
    assert_eq!(
        (part.summary.zone.as_str(), part.summary.zone_from),
        ("Europe/Berlin", ZoneFrom::Flag)
    );
    assert!(part.summary.warnings.iter().any(|w| w.contains("repeats")));
    let times: Vec<Time> = assemble(vec![part]).calls.iter().map(|c| c.time).collect();
    assert_eq!(
        times,
        [
            "2021-10-31T00:50:00Z",
            "2021-10-31T01:10:00Z",
            "2021-10-31T02:10:00Z"
        ]
        .map(t)
    );
    let part = part_of(context(0, "x"), &objects);
    assert_eq!(
        (part.summary.zone.as_str(), part.summary.zone_from),
        ("UTC", ZoneFrom::Assumed)
    );
}

#[test]
fn strays_years_away_are_left_out_with_a_warning() {
    let mut objects: Vec<Value> = (0..40)
        .map(|i| json(&format!(r#"{{"time":"2021-08-18T12:00:{i:02}Z","payment_id":"p{i}","amount":"1","status":"ok"}}"#)))
        .collect();
    objects.push(json(
        r#"{"time":"1970-01-01T00:00:00Z","payment_id":"x","amount":"1","status":"failed"}"#,
    ));
    let tl = timeline_of(&objects);
    assert_eq!(tl.attempts.len(), 40);
    assert_eq!(tl.inputs[0].first, Some(t("2021-08-18T12:00:00Z")));
    assert!(
        tl.inputs[0]
            .warnings
            .iter()
            .any(|w| w.starts_with("1 record more than a year away"))
    );
}

#[test]
fn signs_of_a_cut_export_are_told() {
    let objects: Vec<Value> = (0..1000u64)
        .map(|i| {
            let (minute, second) = ((999 - i) / 60, (999 - i) % 60);
            json(&format!(r#"{{"time":"2021-08-18T12:{minute:02}:{second:02}Z","payment_id":"p{i}","amount":"1","status":"ok"}}"#))
        })
        .collect();
    let warnings = &timeline_of(&objects).inputs[0].warnings;
    assert!(
        warnings
            .iter()
            .any(|w| w.starts_with("exactly 1000 records")),
        "{warnings:?}"
    );
    assert!(
        warnings
            .iter()
            .any(|w| w.starts_with("newest record first")),
        "{warnings:?}"
    );
    let fewer = &timeline_of(&objects[..999]).inputs[0].warnings;
    assert!(!fewer.iter().any(|w| w.starts_with("exactly")));
}

#[test]
fn the_window_keeps_what_is_inside() {
    let mut ctx = context(0, "x");
    ctx.window = Window {
        from: Some(t("2021-08-18T12:00:00Z")),
        to: Some(t("2021-08-18T13:00:00Z")),
    };
    let hourly = |zone: &str| -> Vec<Value> {
        (0..24)
            .map(|i| json(&format!(r#"{{"time":"2021-08-18T{i:02}:30:00{zone}","payment_id":"p{i}","amount":"1","status":"ok"}}"#)))
            .collect()
    };
    // An hour on each side for clocks; without a zone, as far as any zone is from UTC.
    assert_eq!(part_of(ctx.clone(), &hourly("Z")).summary.events, 3);
    assert_eq!(part_of(ctx, &hourly("")).summary.events, 24);
}

#[test]
fn a_status_page_becomes_incidents() {
    let mut builder = Builder::new(context(0, "status.json"));
    builder.format("statuspage", "test");
    builder.status(&RawIncident {
        line: 1,
        page: Some("Kraken Status".to_owned()),
        title: "Withdrawal delays".to_owned(),
        impact: Some("Minor".to_owned()),
        created: Some(stamp("2021-08-18T12:30:00Z")),
        started: Some(stamp("2021-08-18T12:10:00Z")),
        updates: vec![
            RawUpdate {
                time: Some(stamp("2021-08-18T14:00:00Z")),
                status: "Resolved".to_owned(),
                ..RawUpdate::default()
            },
            RawUpdate {
                time: Some(stamp("2021-08-18T12:31:00Z")),
                status: "investigating".to_owned(),
                ..RawUpdate::default()
            },
        ],
        ..RawIncident::default()
    });
    let tl = assemble(vec![builder.finish()]);
    let incident = &tl.statuses[0];
    assert_eq!(tl.names.text(incident.exchange), "kraken");
    assert_eq!(incident.start, t("2021-08-18T12:10:00Z"));
    assert_eq!(incident.acknowledged, t("2021-08-18T12:30:00Z"));
    assert_eq!(incident.end, Some(t("2021-08-18T14:00:00Z")));
    assert_eq!(&*incident.updates[0].status, "investigating");
    assert_eq!(
        (tl.inputs[0].role, &*incident.impact),
        (Role::Status, "minor")
    );
}

#[test]
fn the_exchange_is_named_by_record_flag_host_and_file() {
    let name = |shown: &str, flag: Option<&str>, fields: &str| {
        let mut ctx = context(0, shown);
        ctx.exchange = flag.map(str::to_owned);
        let object = json(&format!(
            r#"{{"time":"2021-08-18T12:00:00Z","http_method":"GET","path":"/x","http_status":200{fields}}}"#
        ));
        let tl = assemble(vec![part_of(ctx, &[object])]);
        tl.names.text(tl.calls[0].exchange).to_owned()
    };
    assert_eq!(
        name("a.log", Some("Kraken"), r#","exchange":"BINANCE""#),
        "binance"
    );
    assert_eq!(
        name("a.log", Some("Kraken"), r#","host":"api.binance.com""#),
        "kraken"
    );
    assert_eq!(
        name("a.log", None, r#","host":"api-pub.bitfinex.com""#),
        "bitfinex"
    );
    assert_eq!(
        name("logs/binance-gateway.access.log.gz", None, ""),
        "binance"
    );
    assert_eq!(name("gateway.log", None, ""), "exchange");
    let linked = r#","payment_id":"p1""#;
    assert_eq!(name("access.log", None, linked), "exchange");
    assert_eq!(name("kraken.access.log.gz", None, ""), "kraken");
}

#[test]
fn requests_that_name_nobody_are_no_calls_to_an_exchange() {
    let request = |shown: &str, flag: Option<&str>, fields: &str| {
        let mut ctx = context(0, shown);
        ctx.exchange = flag.map(str::to_owned);
        let object = json(&format!(
            r#"{{"time":"2021-08-18T12:00:00Z","http_method":"GET","path":"/x","http_status":200{fields}}}"#
        ));
        let tl = assemble(vec![part_of(ctx, &[object])]);
        (
            tl.calls.len(),
            tl.inputs[0].role,
            tl.inputs[0].warnings.len(),
        )
    };
    let host = r#","host":"www.example.com""#;
    for (shown, fields) in [
        ("access.log", ""),
        ("logfile_access_log.0", ""),
        ("logs/sample.json", ""),
        ("local.log", host),
    ] {
        assert_eq!(request(shown, None, fields), (0, Role::Other, 1), "{shown}");
        let (calls, role, _) = request(shown, Some("example"), fields);
        assert_eq!((calls, role), (1, Role::Exchange), "{shown}");
    }
}

#[test]
fn a_monitors_check_is_stamped_when_it_is_made() {
    let tl = timeline_of(&jsons(&[
        r#"{"time":"2021-08-18T12:00:10Z","exchange":"b","status":"down","duration":"2000"}"#,
    ]));
    assert!(tl.calls[0].is_probe);
    assert_eq!(tl.calls[0].time, t("2021-08-18T12:00:10Z"));
}

#[test]
fn lines_of_a_deploy_log_are_notes() {
    let read = |shown: &str, format: &'static str| {
        let mut builder = Builder::new(context(0, shown));
        builder.format(format, "test");
        let line = r#"{"time":"2021-08-18T12:00:00Z","level":"INFO","message":"deploy shop 4.12"}"#;
        builder.record(&record_of(1, &json(line)));
        let tl = assemble(vec![builder.finish()]);
        (tl.notes.len(), tl.inputs[0].role)
    };
    for shown in [
        "ops/deploys.log",
        "incident-notes.txt",
        "pagerduty-2021.log",
    ] {
        assert_eq!(read(shown, "text"), (1, Role::Notes), "{shown}");
    }
    assert_eq!(read("app.log", "text"), (0, Role::Other));
    assert_eq!(read("deploys.jsonl", "jsonl"), (0, Role::Other));
}

#[test]
fn a_row_tells_what_the_record_says() {
    let object = json(
        r#"{"time":"2021-08-18T12:00:00Z","payment_id":"p","amount":"1","status":"failed","error_code":"insufficient_funds"}"#,
    );
    let row = row_of(&context(0, "x"), "jsonl", &record_of(7, &object)).unwrap();
    assert_eq!(
        (row.kind.as_ref(), row.role, row.source.line),
        ("payment", Role::Payments, 7)
    );
    assert_eq!(row.outcome, Some(Outcome::Failed));
    assert_eq!(row.error_class, Some(ErrorClass::BusinessDecline));
    assert!(row_of(&context(0, "x"), "jsonl", &Record::new(1)).is_none());
}

#[test]
fn the_microservice_shop_is_understood_without_configuration() {
    let folder = "microservice-shop/2023-01-29";
    let (Some(payments), Some(upstream)) = (
        corpus(&format!("{folder}/payments.jsonl")),
        corpus(&format!("{folder}/upstream.jsonl")),
    ) else {
        return;
    };
    let tl = assemble(vec![
        part_of(context(0, "payments.jsonl"), &lines(&payments)),
        part_of(context(1, "upstream.jsonl"), &lines(&upstream)),
    ]);
    assert_eq!(
        (tl.inputs[0].role, tl.inputs[1].role),
        (Role::Payments, Role::Exchange)
    );
    assert_eq!((tl.attempts.len(), tl.calls.len()), (1103, 5699));
    // nine lines of the recording stand in it twice
    assert_eq!(tl.inputs[1].duplicates, 9);
    let count = |f: &dyn Fn(&Attempt) -> bool| tl.attempts.iter().filter(|a| f(a)).count();
    assert_eq!(count(&|a| a.outcome == Outcome::Succeeded), 886);
    assert_eq!(count(&|a| a.class == ErrorClass::UpstreamUnavailable), 144);
    assert_eq!(
        count(&|a| a.class == ErrorClass::BusinessDecline || a.class == ErrorClass::ClientError),
        73
    );
    assert_eq!(count(&|a| a.start > a.time), 0);
    // the error's words name an exchange that calls were made to
    let named = |a: &Attempt| tl.errors[a.error.0 as usize].names_exchange.is_some();
    assert_eq!(
        count(&|a| a.class == ErrorClass::UpstreamUnavailable && named(a)),
        144
    );
    let merchants: std::collections::BTreeSet<&str> = tl
        .attempts
        .iter()
        .map(|a| tl.names.text(a.merchant))
        .collect();
    assert!(merchants.contains("ts-preserve-service"), "{merchants:?}");
    assert_eq!(merchants.len(), 4);
    // calls carry the payment's id as their request id
    let ids: std::collections::HashSet<IdHash> = tl.attempts.iter().map(|a| a.links[0]).collect();
    let linked = tl
        .calls
        .iter()
        .filter(|c| ids.contains(&c.links[2]))
        .count();
    assert!(linked > 5000, "{linked}");
    let failed: Vec<_> = tl
        .calls
        .iter()
        .filter(|c| c.class != ErrorClass::None)
        .collect();
    // 153 lines say so, nine of them stand there twice
    assert_eq!(failed.len(), 144);
    assert!(
        failed
            .iter()
            .all(|c| c.class == ErrorClass::UpstreamUnavailable)
    );
    assert!(
        tl.calls
            .iter()
            .all(|c| c.exchange.is_some() && c.caller.is_some())
    );
    // 73 rejections of one kind share one signature
    let mut signatures: Vec<_> = tl
        .attempts
        .iter()
        .filter(|a| a.outcome.is_bad() && a.class != ErrorClass::UpstreamUnavailable)
        .map(|a| tl.errors[a.error.0 as usize].signature)
        .collect();
    signatures.sort_unstable();
    signatures.dedup();
    assert_eq!(signatures.len(), 1);
}

#[test]
fn blind_texts_of_the_shop_stay_unknown() {
    let Some(file) = corpus("microservice-shop/2023-01-29/payments_blind.jsonl") else {
        return;
    };
    let tl = timeline_of(&lines(&file));
    let blind = tl
        .attempts
        .iter()
        .filter(|a| a.outcome == Outcome::Failed && a.class == ErrorClass::Unknown)
        .count();
    assert_eq!(blind, 144);
}

#[test]
fn probes_of_exchanges_are_probes() {
    let Some(file) = corpus("exchange-probes/upstream.jsonl") else {
        return;
    };
    let tl = timeline_of(&lines(&file));
    assert_eq!(tl.calls.len(), 1243);
    assert!(tl.calls.iter().all(|c| c.is_probe));
    let classes: Vec<(u16, ErrorClass)> = tl
        .calls
        .iter()
        .filter(|c| c.class != ErrorClass::None)
        .map(|c| (c.http_status, c.class))
        .collect();
    assert_eq!(classes.len(), 8);
    for (status, class) in classes {
        let expected = match status {
            429 => ErrorClass::RateLimited,
            504 => ErrorClass::UpstreamTimeout,
            0 => ErrorClass::UpstreamUnavailable,
            _ => ErrorClass::ClientError,
        };
        assert_eq!(class, expected, "{status}");
    }
    let mut places: Vec<(&str, &str)> = tl
        .calls
        .iter()
        .map(|c| (tl.names.text(c.exchange), tl.names.text(c.component)))
        .collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(
        places,
        [
            ("binance", ""),
            ("huobi", ""),
            ("huobi", "c2c"),
            ("huobi", "c2c-api"),
            ("okex", "")
        ]
    );
}

/// The classes that agree with one of ccxt's, by its own meaning of them.
fn agrees(ccxt: &str, class: ErrorClass) -> bool {
    use ErrorClass::*;
    let accepted: &[ErrorClass] = match ccxt {
        "AuthenticationError" | "PermissionDenied" | "AccountNotEnabled" | "AccountSuspended" => {
            &[Auth, BusinessDecline, ClientError]
        }
        "InsufficientFunds" => &[BusinessDecline],
        "DDoSProtection" | "RateLimitExceeded" => &[RateLimited, Overload, ResourceExhausted],
        "ExchangeNotAvailable"
        | "NetworkError"
        | "OperationFailed"
        | "BadResponse"
        | "NullResponse" => &[
            UpstreamUnavailable,
            UpstreamTimeout,
            Overload,
            Maintenance,
            Internal,
        ],
        "OnMaintenance" => &[Maintenance, UpstreamUnavailable],
        "RequestTimeout" => &[UpstreamTimeout, Expired, Clock],
        "InvalidNonce" => &[Clock, Auth],
        _ => &[ClientError, BusinessDecline, Expired, Auth],
    };
    accepted.contains(&class)
}

#[test]
fn exchange_texts_are_classed_as_ccxt_classes_them() {
    let Some(file) = corpus("exchange-errors/ccxt-exceptions.json") else {
        return;
    };
    let all = json(&fs::read_to_string(file).unwrap());
    let (mut texts, mut told, mut agreed, mut upstream, mut upstream_right, mut false_upstream) =
        (0, 0, 0, 0, 0, 0);
    for entry in all["exchanges"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|v| v.as_array().unwrap())
    {
        let exception = entry["exception"].as_str().unwrap();
        let text = entry["text"]
            .as_str()
            .or_else(|| entry["code"].as_str())
            .unwrap_or("");
        let wordy = text.chars().filter(|c| c.is_alphabetic()).count() > 3;
        if !wordy || exception == "ExchangeError" {
            continue;
        }
        texts += 1;
        let (class, _) = classify_error(None, Some(text), None, None, &ClassRules::default());
        let is_upstream = entry["upstream"].as_bool().unwrap();
        let rate = matches!(
            exception,
            "DDoSProtection" | "RateLimitExceeded" | "InvalidNonce"
        );
        if is_upstream && !rate {
            upstream += 1;
            upstream_right += i32::from(class.is_upstream());
        } else if class.is_upstream() {
            false_upstream += 1;
        }
        if class != ErrorClass::Unknown {
            told += 1;
            agreed += i32::from(agrees(exception, class));
        }
    }
    eprintln!(
        "{texts} texts, {told} classed, {agreed} in agreement; upstream {upstream_right} of {upstream}, {false_upstream} false"
    );
    assert!(texts > 1000);
    assert!(agreed * 100 >= told * 85, "{agreed} of {told} agree");
    assert!(told * 100 >= texts * 60, "{told} of {texts} classed");
}

fn small_record() -> impl Strategy<Value = Value> {
    let words = prop::sample::select(vec![
        "ok", "failed", "pending", "expired", "declined", "timeout",
    ]);
    let texts = prop::sample::select(vec![
        "",
        "timed out",
        "insufficient funds",
        "binance is down",
    ]);
    (0u32..50, 0u32..8, words, texts, 0u32..3).prop_map(|(second, id, status, text, merchant)| {
        json(&format!(
            r#"{{"time":"2021-08-18T12:00:{second:02}Z","payment_id":"p{id}","merchant":"m{merchant}","amount":"1.{id}","status":"{status}","error_message":"{text}"}}"#
        ))
    })
}

/// All that matters of an attempt, in words.
fn told(tl: &Timeline) -> Vec<String> {
    let text = |s| tl.names.text(s).to_owned();
    let mut rows: Vec<String> = tl
        .attempts
        .iter()
        .map(|a| {
            let error = tl.errors[a.error.0 as usize];
            format!(
                "{} {} {:?} {} {} {:?} {:?} {:?} {} {}",
                a.time,
                a.start,
                a.duration_ms,
                text(a.id),
                text(a.merchant),
                a.outcome,
                a.class,
                a.amount,
                text(error.message),
                text(error.names_exchange)
            )
        })
        .collect();
    rows.sort();
    rows
}

proptest! {
    #[test]
    fn spreading_records_over_parts_changes_nothing(
        records in prop::collection::vec(small_record(), 1..40),
        cuts in prop::collection::vec(0usize..40, 0..4),
    ) {
        let whole = timeline_of(&records);
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|&c| c < records.len()).collect();
        cuts.extend([0, records.len()]);
        cuts.sort_unstable();
        let parts = cuts
            .windows(2)
            .enumerate()
            .map(|(i, w)| part_of(context(i as u32, "x"), &records[w[0]..w[1]]))
            .collect();
        prop_assert_eq!(told(&assemble(parts)), told(&whole));
    }

    #[test]
    fn the_order_of_an_attempts_records_changes_nothing(
        (records, shuffled) in prop::collection::vec(small_record(), 1..12)
            .prop_map(|mut records| {
                // one record a second: without ties, time alone orders them
                records.sort_by_key(|r| r["time"].as_str().map(str::to_owned));
                records.dedup_by_key(|r| r["time"].as_str().map(str::to_owned));
                records
            })
            .prop_flat_map(|r| (Just(r.clone()), Just(r).prop_shuffle()))
    ) {
        prop_assert_eq!(told(&timeline_of(&shuffled)), told(&timeline_of(&records)));
    }

    #[test]
    fn no_record_panics(texts in prop::collection::vec(("\\PC{0,20}", 0usize..Field::ALL.len()), 0..12), at: i64, lone: bool) {
        let mut record = Record::new(1);
        let stamp = Stamp { time: Time(at), has_zone: lone, precision: Precision::Nanos, open: Open::Nothing };
        record.time = Some(stamp);
        record.end = lone.then_some(Stamp { time: Time(at.wrapping_mul(3)), ..stamp });
        for (text, field) in texts {
            record.set(Field::ALL[field], text);
        }
        let mut builder = Builder::new(context(0, "x"));
        for _ in 0..3 {
            builder.record(&record);
        }
        let _ = row_of(&context(0, "x"), "jsonl", &record);
        let tl = assemble(vec![builder.finish()]);
        prop_assert!(tl.attempts.iter().all(|a| a.start <= a.time));
    }
}
