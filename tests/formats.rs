//! Every fixture of `fixtures/formats/<format>/` is read as its expected file says, and real logs, where they
//! are at hand, are read without a panic and recognised for what they are.
//!
//! `KNOCKON_UPDATE=1 cargo test --test formats` writes the expected files anew: look at the difference.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on should stop where it is"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use knockon::model::{DurationUnit, Field, RawIncident, Record, Stamp};
use knockon::parse::{self, FormatInfo, ReadOptions, ReadSummary, Sink};
use knockon::source::{Input, Limits};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Keeps everything as JSON.
#[derive(Default)]
struct Rows {
    rows: Vec<Value>,
    formats: Vec<&'static str>,
}

impl Sink for Rows {
    fn format(&mut self, info: &FormatInfo) {
        self.formats.push(info.id);
    }

    fn record(&mut self, record: &Record<'_>) {
        let format = self
            .formats
            .last()
            .expect("a format is told before a record");
        let mut row = Map::new();
        row.insert("line".into(), json!(record.line));
        row.insert("format".into(), json!(format));
        for (name, stamp) in [
            ("time", record.time),
            ("start", record.start),
            ("end", record.end),
        ] {
            if let Some(stamp) = stamp {
                row.insert(name.into(), stamp_text(stamp));
            }
        }
        for (field, value) in record.present() {
            row.insert(field.as_str().into(), json!(value));
        }
        if record.has(Field::Duration) {
            let unit = match record.duration_unit {
                DurationUnit::Seconds => "s",
                DurationUnit::Millis => "ms",
                DurationUnit::Micros => "us",
                DurationUnit::Nanos => "ns",
            };
            row.insert("duration_unit".into(), json!(unit));
        }
        if record.amount_in_minor_units {
            row.insert("minor".into(), json!(true));
        }
        if record.is_probe {
            row.insert("probe".into(), json!(true));
        }
        self.rows.push(Value::Object(row));
    }

    fn status(&mut self, i: RawIncident) {
        let time = |s: Option<Stamp>| s.map_or(Value::Null, stamp_text);
        let updates: Vec<Value> = i
            .updates
            .iter()
            .map(|u| json!([time(u.time), u.status, u.body, u.components]))
            .collect();
        self.rows.push(json!({
            "incident": i.line, "page": i.page, "page_url": i.page_url, "id": i.id, "title": i.title, "impact": i.impact,
            "status": i.status, "created": time(i.created), "started": time(i.started), "monitoring": time(i.monitoring),
            "resolved": time(i.resolved), "scheduled": i.scheduled, "scheduled_for": time(i.scheduled_for),
            "scheduled_until": time(i.scheduled_until), "components": i.components, "updates": updates,
        }));
    }
}

fn stamp_text(stamp: Stamp) -> Value {
    let zone = if stamp.has_zone { "Z" } else { " (no zone)" };
    let text = stamp.time.to_utc().format("%Y-%m-%dT%H:%M:%S%.f");
    json!(format!("{text}{zone} {}", stamp.precision.as_str()))
}

fn input(path: &Path) -> Input {
    Input {
        entry: None,
        path: path.to_owned(),
        shown: path.file_name().unwrap().to_string_lossy().into_owned(),
        role: None,
        name: None,
    }
}

fn read(path: &Path) -> (Rows, ReadSummary) {
    let mut rows = Rows::default();
    let summary = parse::read(&input(path), &ReadOptions::default(), &mut rows)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    (rows, summary)
}

/// What was read, one JSON object a line: the records, then how it went.
fn rendered(path: &Path) -> String {
    let (rows, summary) = read(path);
    let mapping: Vec<String> = summary
        .mapping
        .iter()
        .map(|(name, field)| format!("{name} -> {}", field.as_str()))
        .collect();
    let rejects: Vec<String> = summary
        .rejects
        .iter()
        .map(|r| format!("{}: {}", r.line, r.reason))
        .collect();
    let mut out = String::new();
    for row in rows.rows {
        out.push_str(&format!("{row}\n"));
    }
    let end = json!({
        "format": summary.format, "reason": summary.format_reason, "lines": summary.lines, "rejected": summary.rejected,
        "rejects": rejects, "mapping": mapping, "warnings": summary.warnings,
    });
    out.push_str(&format!("{end}\n"));
    out
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return out;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            out.extend(files_below(&path));
        } else {
            out.push(path);
        }
    }
    out.sort();
    out
}

#[test]
fn fixtures_are_read_as_expected() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let update = std::env::var_os("KNOCKON_UPDATE").is_some();
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in files_below(&root) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".expected") {
            continue;
        }
        seen += 1;
        let expected_path = path.with_file_name(format!("{name}.expected"));
        let got = rendered(&path);
        let folder = path
            .parent()
            .unwrap()
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let (_, summary) = read(&path);
        assert_eq!(
            summary.format,
            folder,
            "{}: {}",
            path.display(),
            summary.format_reason
        );
        if update {
            fs::write(&expected_path, &got).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        for (number, (got, expected)) in got.lines().zip(expected.lines()).enumerate() {
            if got != expected {
                wrong.push(format!(
                    "{name}, row {}:\n  expected {expected}\n  got      {got}",
                    number + 1
                ));
            }
        }
        if got.lines().count() != expected.lines().count() {
            wrong.push(format!(
                "{name}: {} rows, expected {}",
                got.lines().count(),
                expected.lines().count()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen >= 25, "only {seen} fixtures found");
}

/// Every format of the table has a fixture, so a new one cannot go untested.
#[test]
fn every_format_has_fixtures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    for (id, about) in parse::formats() {
        assert!(
            !files_below(&root.join(id)).is_empty(),
            "no fixture for {id} ({about})"
        );
    }
}

#[test]
fn cited_lines_are_the_lines_and_the_elements() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats");
    let cited = parse::cited_lines(
        &input(&root.join("json/array.json")),
        &[2],
        &Limits::default(),
    );
    assert_eq!(cited.len(), 1);
    let element: Value = serde_json::from_str(&cited[&2]).unwrap();
    assert_eq!(element["payment_id"], "pay-1002");
    assert!(!cited[&2].contains('\n'));
    let path = root.join("jsonl/payments.jsonl");
    let cited = parse::cited_lines(&input(&path), &[1, 3, 999], &Limits::default());
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(cited.keys().copied().collect::<Vec<_>>(), [1, 3]);
    assert_eq!(cited[&3], text.lines().nth(2).unwrap());
}

/// Damage does not shift the numbers: every record is cited by the text that it was read from.
#[test]
fn what_is_cited_after_damage_is_what_was_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/formats/json");
    for file in [
        "damaged_lines.json",
        "damaged_pretty.json",
        "damaged_wrapper.json",
        "damaged_one_line.json",
    ] {
        let path = root.join(file);
        let (rows, summary) = read(&path);
        assert!(summary.rejected > 0, "{file}");
        for row in rows.rows {
            let line = row["line"].as_u64().unwrap();
            let cited = parse::cited_lines(&input(&path), &[line], &Limits::default());
            let element: Value = serde_json::from_str(&cited[&line]).unwrap();
            assert_eq!(element["payment_id"], row["payment_id"], "{file}, {line}");
        }
        for reject in summary.rejects {
            let cited = parse::cited_lines(&input(&path), &[reject.line], &Limits::default());
            let element: Result<Value, _> = serde_json::from_str(&cited[&reject.line]);
            assert!(element.is_err(), "{file}, {}", reject.line);
        }
    }
}

#[test]
fn an_archive_that_is_cut_off_is_read_as_far_as_it_goes_with_a_warning() {
    let text: String = (0..5000)
        .map(|i: u64| {
            format!(
                "{{\"ts\":{},\"payment_id\":\"p{}\"}}\n",
                1_629_288_000 + i,
                i * 7_919_777 % 1_000_003
            )
        })
        .collect();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cut.log");
    fs::write(&path, &packed[..packed.len() * 9 / 10]).unwrap();
    let (rows, summary) = read(&path);
    assert!(
        rows.rows.len() > 1000 && rows.rows.len() < 5000,
        "{}",
        rows.rows.len()
    );
    assert_eq!(summary.compression, "gzip");
    assert!(
        summary.warnings.iter().any(|w| w.contains("cut off")),
        "{:?}",
        summary.warnings
    );
}

#[test]
fn the_configuration_is_applied_to_the_inputs_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("legacy.log");
    fs::write(
        &path,
        "{\"moment\":\"2021-08-18T12:00:00Z\",\"beleg\":\"b-1\",\"dauer\":3}\n",
    )
    .unwrap();
    let rule = parse::MappingRule {
        path: Some("legacy*".into()),
        fields: vec![
            ("moment".into(), Field::Time),
            ("beleg".into(), Field::PaymentId),
            ("dauer".into(), Field::Duration),
        ],
        duration_unit: Some(DurationUnit::Seconds),
        exchange: Some("kraken".into()),
        ..parse::MappingRule::default()
    };
    let mut rows = Rows::default();
    let mut options = ReadOptions {
        mapping: vec![rule],
        ..ReadOptions::default()
    };
    let summary = parse::read(&input(&path), &options, &mut rows).unwrap();
    assert_eq!(summary.exchange.as_deref(), Some("kraken"));
    assert_eq!(rows.rows[0]["payment_id"], "b-1");
    assert_eq!(rows.rows[0]["duration_unit"], "s");
    options.mapping[0].path = Some("other*".into());
    let summary = parse::read(&input(&path), &options, &mut Rows::default()).unwrap();
    assert_eq!((summary.rejected, summary.exchange), (1, None));
}

fn corpora() -> Option<PathBuf> {
    let stated = std::env::var_os("KNOCKON_CORPORA").map(PathBuf::from);
    let path =
        stated.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora"));
    if path.is_dir() {
        return Some(path);
    }
    let _ = writeln!(
        std::io::stderr(),
        "skipped: no corpora (set KNOCKON_CORPORA)"
    );
    None
}

#[test]
fn real_logs_are_recognised() {
    let Some(root) = corpora() else { return };
    for (file, format, least) in [
        ("microservice-shop/2023-01-29/payments.jsonl", "jsonl", 1103),
        ("microservice-shop/2023-01-29/upstream.jsonl", "jsonl", 5708),
        (
            "microservice-shop/2023-01-29/others.jsonl.gz",
            "jsonl",
            1000,
        ),
        ("exchange-probes/upstream.jsonl", "jsonl", 1243),
        ("access-logs/apache_10000_access.log.gz", "access", 9990),
        (
            "status-pages/github-statuses/v2/incidents.json",
            "statuspage",
            500,
        ),
        (
            "status-pages/github-statuses/incidents.jsonl.gz",
            "statuspage",
            500,
        ),
        (
            "status-pages/samples/kraken-incident-shape-2026-07.json",
            "statuspage",
            1,
        ),
        (
            "status-pages/samples/discord-incidents-2022-02-15.json",
            "statuspage",
            1,
        ),
        ("broker-down/kafka0/server.log", "text", 5),
        ("parsers/lnav/test/logfile_access_log.0", "access", 3),
        ("parsers/lnav/test/logfile_json.json", "jsonl", 10),
        ("parsers/lnav/test/logfile_ecs_log.json", "jsonl", 4),
        ("parsers/lnav/test/logfile_otel_collector.jsonl", "jsonl", 4),
        ("parsers/lnav/test/logfile_logfmt.0", "logfmt", 4),
        ("parsers/lnav/test/logfile_java.0", "text", 4),
        ("parsers/lnav/test/logfile_caddy_log.0", "", 4),
    ] {
        let path = root.join(file);
        let (rows, summary) = read(&path);
        if !format.is_empty() {
            assert_eq!(summary.format, format, "{file}: {}", summary.format_reason);
        }
        assert!(
            rows.rows.len() >= least,
            "{file}: {} records; {:?}",
            rows.rows.len(),
            summary.rejects
        );
    }
}

#[test]
fn no_real_file_makes_it_panic() {
    let Some(root) = corpora() else { return };
    let mut files = 0;
    for path in files_below(&root) {
        let (rows, summary) = read(&path);
        files += 1;
        if std::env::var_os("KNOCKON_SHOW").is_some() {
            let shown = path.strip_prefix(&root).unwrap_or(&path).display();
            let _ = writeln!(
                std::io::stderr(),
                "{shown}: {} ({}) {} lines, {} records, {} rejected {:?} {:?}",
                summary.format,
                summary.format_reason,
                summary.lines,
                rows.rows.len(),
                summary.rejected,
                summary.rejects.first(),
                summary.warnings
            );
        }
    }
    assert!(files > 100, "{files}");
}

/// Reads bytes as a file.
fn read_bytes(bytes: &[u8]) -> (Rows, ReadSummary) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    fs::write(&path, bytes).unwrap();
    read(&path)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived_and_every_line_is_accounted_for(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (rows, summary) = read_bytes(&bytes);
        prop_assert!(summary.rejected <= summary.lines.max(1));
        prop_assert!(rows.rows.len() as u64 + summary.rejected <= summary.lines.max(1) * 50);
    }

    #[test]
    fn lines_that_begin_well_are_survived(
        start in prop_oneof![
            Just("2021-08-18T12:00:00Z "), Just("[2021-08-18 12:00:00,1] ["), Just("1629288000 "), Just("ts=1629288000 "),
            Just("{\"ts\":1629288000,"), Just("1.2.3.4 - - [18/Aug/2021:12:00:00 +0000] \""), Just("<1>1 "), Just("a | "),
            Just("ts,id\n"), Just("[{"), Just("\u{1b}["),
            Just("[2021-08-18T12:00:00Z] \"GET / HTTP/1.1\" 200 - "), Just("2021/08/18 12:00:00 [error] 1#1: *1 "),
            Just("[Wed Aug 18 12:00:01 2021] [proxy:error] "), Just("8=FIX.4.4|35=8|52=20210818-12:00:00|"),
            Just("#Fields: date time c-ip\n2021-08-18 12:00:00 "), Just("http 2021-08-18T12:00:00Z app/a 1.1.1.1:1 - -1 "),
            Just("1629288000.450 9 1.1.1.1 TCP_MISS/200 "), Just("1.1.1.1:3 [18/Aug/2021:12:00:01.655] a b/c 1/2/3/4/5 "),
            Just("E20210818 12:00:00 "), Just("E, [2021-08-18T12:00:00 #1] "),
        ],
        rest in "[{}\\[\\]\"'=:,|;<>\\\\ \t\nA-Ca-c0-9.é/-]{0,60}",
    ) {
        let (rows, summary) = read_bytes(format!("{start}{rest}\n").as_bytes());
        prop_assert!(rows.rows.len() as u64 <= summary.lines.max(1) * 50);
    }

    #[test]
    fn damaged_logs_are_survived(which in 0usize..8, at in 0usize..400, byte in any::<u8>(), cut in 0usize..600) {
        let logs = [
            "{\"ts\":\"2021-08-18T12:00:00Z\",\"payment_id\":\"p1\",\"status\":\"failed\",\"error\":{\"code\":503}}\n{\"ts\":\"2021-08-18T12:00:01Z\",\"payment_id\":\"p2\"}\n",
            "[{\"ts\":\"2021-08-18T12:00:00Z\",\"payment_id\":\"p1\"},\n {\"ts\":1629288000,\"payment_id\":\"p2\"}]\n",
            "ts,payment_id,status\n2021-08-18T12:00:00Z,p1,failed\n2021-08-18T12:00:01Z,\"p\n2\",ok\n",
            "ts=2021-08-18T12:00:00Z payment_id=p1 msg=\"a \\\"b\\\"\"\n2021-08-18 12:00:00,123 ERROR [pay-service] failed payment_id=p2 {\"a\":1}\n",
            "1.2.3.4 - - [18/Aug/2021:12:00:00 +0000] \"GET /x HTTP/1.1\" 502 0 \"-\" \"curl/7\" rt=0.5\n",
            "#Fields: date time sc-status\n2021-08-18 12:00:00 502\n1.1.1.1:3 [18/Aug/2021:12:00:01.655] a b/c 1/2/3/4/5 502 0 - - SH-- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"\n8=FIX.4.4|35=8|49=a|52=20210818-12:00:00|39=8|58=no|\n",
            "[2021-08-18T12:00:00.409Z] \"GET /v1 HTTP/1.1\" 503 UF d - \"t\" 0 135 4 4 \"-\" \"c\" \"8-4\" \"a\" \"1.1.1.1:4\" outbound|443||a.b - 2.2.2.2:443\n2021/08/18 12:00:01 [error] 31#31: *17 connect() failed, client: 1.1.1.1, request: \"POST / HTTP/1.1\", upstream: \"https://a/b\"\n",
            "{\"page\":{\"name\":\"X\"},\"incidents\":[{\"name\":\"down\",\"impact\":\"major\",\"created_at\":\"2021-08-18T12:00:00Z\",\"incident_updates\":[]}]}",
        ];
        let mut bytes = logs[which].as_bytes().to_vec();
        let place = at % bytes.len();
        bytes[place] = byte;
        bytes.truncate(cut.max(1));
        read_bytes(&bytes);
    }
}

#[test]
fn the_page_on_formats_names_every_one() {
    let page = include_str!("../docs/formats.md");
    for (id, about) in parse::formats() {
        assert!(
            page.contains(&format!("`{id}`")),
            "docs/formats.md lacks {id}: {about}"
        );
    }
}
