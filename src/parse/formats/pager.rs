//! Who was called when: incidents and alerts of pagers, as notes on the time line.
//!
//! - PagerDuty: `GET /incidents` and `GET /log_entries` of its REST API, and the CSV of its reports (the columns of the analytics
//!   API: <https://developer.pagerduty.com/api-reference/>).
//! - Alertmanager's and Grafana's webhooks, and Alertmanager's `GET /api/v2/alerts`
//!   (<https://prometheus.io/docs/alerting/latest/configuration/#webhook_config>).
//! - Opsgenie's CSV export of alerts.
//!
//! Each moment (triggered, acknowledged, resolved) is a note of its own: what is asked later is who knew when.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord};
use serde_json::Value;

use super::{Fit, LogFormat, WholeFormat};
use crate::model::{Field, Record, Stamp, Time};
use crate::parse::detect::Sample;
use crate::parse::fields::Fields;
use crate::parse::{Output, framer, json, stamp};

pub(super) struct Pager;

const ID: &str = "pager";

impl LogFormat for Pager {
    fn id(&self) -> &'static str {
        ID
    }

    fn about(&self) -> &'static str {
        "pagers: PagerDuty incidents and log entries (JSON, CSV), Alertmanager and Grafana alerts, Opsgenie CSV; read as notes"
    }

    fn detect(&self, sample: &Sample, _: &mut Fields) -> Option<Fit> {
        let of_table = || {
            Columns::find(sample.text().lines().next()?).map(|_| "a table of a pager's incidents")
        };
        let of_document = || framer::first_value(sample.text()).and_then(|text| document(&text));
        of_document().or_else(of_table).map(|reason| Fit {
            score: 1000,
            reason: reason.to_owned(),
        })
    }

    fn whole(&self) -> Option<&dyn WholeFormat> {
        Some(self)
    }

    fn counts_elements(&self) -> bool {
        true
    }

    fn is_log(&self) -> bool {
        false
    }
}

/// What the first value of a file is, if a pager wrote it.
fn document(text: &str) -> Option<&'static str> {
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    let members = json::members(text).unwrap_or_default();
    let own = |key: &str| members.iter().any(|(k, _)| k == key);
    if has("startsAt") && has("labels") && (own("alerts") || own("annotations")) {
        return Some("alerts of Alertmanager or Grafana");
    }
    if has("trigger_log_entry") || has("acknowledge_log_entry") || has("resolve_log_entry") {
        return Some("log entries of PagerDuty");
    }
    (has("incident_number") && has("created_at") && (own("incidents") || own("incident_number")))
        .then_some("incidents of PagerDuty")
}

impl WholeFormat for Pager {
    fn read_all(&self, reader: &mut (dyn Read + Send), _: &mut Fields, output: &mut Output<'_>) {
        let mut head = [0u8; 1];
        let got = reader.read(&mut head).unwrap_or(0);
        let mut whole = head[..got].chain(reader);
        if matches!(head, [b'{' | b'[' | b' ' | b'\n']) {
            read_documents(&mut whole, output);
        } else {
            read_table(&mut whole, output);
        }
    }
}

/// What happened to one incident, and when.
struct Told {
    title: String,
    who: Option<String>,
    triggered: Option<Stamp>,
    acknowledged: Option<Stamp>,
    resolved: Option<Stamp>,
}

impl Told {
    /// Gives a note for each moment, in their order.
    fn give(&self, line: u64, output: &mut Output<'_>) {
        let moments = [
            ("alert triggered", self.triggered),
            ("alert acknowledged", self.acknowledged),
            ("alert resolved", self.resolved),
        ];
        if moments.iter().all(|(_, time)| time.is_none()) {
            return output.reject(line, format!("\"{}\" has no readable time", self.title));
        }
        for (what, time) in moments {
            if let Some(time) = time {
                note(line, time, what, self.who.as_deref(), &self.title, output);
            }
        }
    }
}

fn note(
    line: u64,
    time: Stamp,
    what: &str,
    who: Option<&str>,
    title: &str,
    output: &mut Output<'_>,
) {
    let by = who.map_or(String::new(), |w| format!(" ({w})"));
    let mut record = Record::new(line);
    record.time = Some(time);
    record.set(Field::Message, format!("{what}{by}: {title}"));
    output.record(ID, &record);
}

fn read_documents(reader: &mut (dyn Read + Send), output: &mut Output<'_>) {
    let limits = output.limits;
    let mut ordinal = 0;
    let error = framer::each_value(reader, limits, &mut |text| {
        match serde_json::from_str::<Value>(text) {
            Ok(value) => read_value(&value, &mut ordinal, output),
            Err(_) => {
                ordinal += 1;
                output.line();
                output.reject(ordinal, "not JSON: cut off or damaged");
            }
        }
        true
    });
    if let Some(error) = error {
        output.cut_off(&error);
    }
}

/// Reads what wraps a list, or one element of it.
fn read_value(value: &Value, ordinal: &mut u64, output: &mut Output<'_>) {
    let lists = ["alerts", "incidents", "log_entries"];
    let list = lists.iter().find_map(|key| value.get(key)?.as_array());
    match list {
        Some(list) => list.iter().for_each(|v| read_one(v, ordinal, output)),
        None => read_one(value, ordinal, output),
    }
}

fn read_one(value: &Value, ordinal: &mut u64, output: &mut Output<'_>) {
    *ordinal += 1;
    output.line();
    if value.get("startsAt").is_some() {
        return of_alert(value).give(*ordinal, output);
    }
    let kind = text(value, &["/type"]).unwrap_or_default();
    if kind.contains("_log_entry") {
        return of_log_entry(value, &kind, *ordinal, output);
    }
    of_incident(value).give(*ordinal, output);
}

fn text(value: &Value, pointers: &[&str]) -> Option<String> {
    let found = pointers
        .iter()
        .find_map(|p| value.pointer(p)?.as_str().map(str::trim));
    found.filter(|t| !t.is_empty()).map(str::to_owned)
}

fn time(value: &Value, pointers: &[&str]) -> Option<Stamp> {
    let read = |p: &&str| stamp::read(value.pointer(p)?.as_str()?).filter(Stamp::is_whole);
    pointers.iter().find_map(read)
}

fn of_alert(alert: &Value) -> Told {
    let summary = [
        "/annotations/summary",
        "/annotations/description",
        "/annotations/message",
    ];
    let name = text(alert, &["/labels/alertname"]);
    let said = text(alert, &summary);
    let title = match (name, said) {
        (Some(name), Some(said)) => format!("{name}: {said}"),
        (name, said) => name.or(said).unwrap_or_default(),
    };
    // An alert that still fires ends in the year 1, or is expected to end later.
    let over = text(alert, &["/status", "/status/state"]).is_none_or(|s| s == "resolved");
    Told {
        title,
        who: text(
            alert,
            &["/labels/service", "/labels/job", "/labels/severity"],
        ),
        triggered: time(alert, &["/startsAt"]),
        acknowledged: None,
        resolved: time(alert, &["/endsAt"]).filter(|_| over),
    }
}

fn of_incident(incident: &Value) -> Told {
    let acknowledged = incident
        .pointer("/acknowledgements")
        .and_then(Value::as_array);
    let resolved = text(incident, &["/status"]).is_some_and(|s| s == "resolved");
    let changed = time(incident, &["/last_status_change_at"]).filter(|_| resolved);
    Told {
        title: text(incident, &["/title", "/summary", "/description"]).unwrap_or_default(),
        who: text(
            incident,
            &["/service/summary", "/service_name", "/service/name"],
        ),
        triggered: time(incident, &["/created_at"]),
        acknowledged: acknowledged
            .and_then(|list| {
                list.iter()
                    .filter_map(|a| time(a, &["/at"]))
                    .min_by_key(|s| s.time)
            })
            .or_else(|| {
                later(
                    time(incident, &["/created_at"])?,
                    incident.get("seconds_to_first_ack")?.as_f64()?,
                )
            }),
        resolved: time(incident, &["/resolved_at"]).or(changed),
    }
}

fn of_log_entry(entry: &Value, kind: &str, ordinal: u64, output: &mut Output<'_>) {
    let title = text(entry, &["/incident/summary", "/incident/title", "/summary"]);
    let Some(at) = time(entry, &["/created_at"]) else {
        return output.reject(ordinal, "a log entry without a readable time");
    };
    let what = match kind.split("_log_entry").next().unwrap_or("") {
        "trigger" => "alert triggered".to_owned(),
        "acknowledge" => "alert acknowledged".to_owned(),
        "resolve" => "alert resolved".to_owned(),
        "notify" => "somebody notified of alert".to_owned(),
        other => format!("alert: {}", other.replace('_', " ")),
    };
    let who = text(entry, &["/agent/summary", "/user/summary"]);
    note(
        ordinal,
        at,
        &what,
        who.as_deref(),
        &title.unwrap_or_default(),
        output,
    );
}

fn later(stamp: Stamp, seconds: f64) -> Option<Stamp> {
    (seconds >= 0.0).then(|| Stamp {
        time: Time(stamp.time.plus_secs(seconds).0),
        ..stamp
    })
}

/// Which column of a pager's table is which.
#[derive(Debug, Default, PartialEq, Eq)]
struct Columns {
    delimiter: u8,
    title: Option<usize>,
    who: Option<usize>,
    created: Option<usize>,
    acknowledged: Option<usize>,
    to_ack: Option<usize>,
    resolved: Option<usize>,
}

impl Columns {
    /// By the header line; `None` when it is not a pager's.
    fn find(header: &str) -> Option<Columns> {
        let header = header.trim_start_matches('\u{feff}').trim_end();
        let delimiter = *[b',', b';', b'\t']
            .iter()
            .max_by_key(|d| header.bytes().filter(|b| b == *d).count())?;
        let names: Vec<String> = header
            .split(char::from(delimiter))
            .map(|n| {
                let bare = n.trim().trim_matches('"').to_lowercase();
                bare.replace([' ', '_', '-'], "")
            })
            .collect();
        let column = |wanted: &[&str]| {
            wanted
                .iter()
                .find_map(|w| names.iter().position(|n| n == w))
        };
        let marks = [
            "incidentnumber",
            "secondstofirstack",
            "secondstoresolve",
            "urgency",
            "tinyid",
            "acknowledged",
            "snoozed",
            "escalationcount",
            "acknowledgedat",
        ];
        let marked = marks
            .iter()
            .filter(|m| names.iter().any(|n| n == *m))
            .count();
        let out = Columns {
            delimiter,
            title: column(&[
                "title",
                "description",
                "message",
                "summary",
                "alertname",
                "name",
            ]),
            who: column(&["servicename", "service", "teamname", "team"]),
            created: column(&[
                "createdat",
                "createdon",
                "triggeredat",
                "startedat",
                "created",
            ]),
            acknowledged: column(&[
                "acknowledgedat",
                "firstacknowledgedat",
                "ackedat",
                "acknowledgedon",
            ]),
            to_ack: column(&["secondstofirstack", "secondstoacknowledge"]),
            resolved: column(&["resolvedat", "closedat", "resolvedon"]),
        };
        (marked >= 2 && out.title.is_some() && out.created.is_some()).then_some(out)
    }

    fn told(&self, row: &StringRecord) -> Told {
        let cell = |at: Option<usize>| {
            let text = row.get(at?)?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let time = |at| stamp::read(&cell(at)?).filter(Stamp::is_whole);
        let created = time(self.created);
        let after = || later(created?, cell(self.to_ack)?.parse().ok()?);
        Told {
            title: cell(self.title).unwrap_or_default(),
            who: cell(self.who),
            triggered: created,
            acknowledged: time(self.acknowledged).or_else(after),
            resolved: time(self.resolved),
        }
    }
}

fn read_table(reader: &mut (dyn Read + Send), output: &mut Output<'_>) {
    let mut header = Vec::new();
    // A header is short; what follows it is read by the same reader.
    while header.last() != Some(&b'\n') && header.len() < 64 << 10 {
        let mut byte = [0u8; 1];
        match reader.read(&mut byte) {
            Ok(1) => header.push(byte[0]),
            _ => break,
        }
    }
    let Some(columns) = Columns::find(&String::from_utf8_lossy(&header)) else {
        return output.reject(1, "no header of a pager's table");
    };
    let mut rows = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(columns.delimiter)
        .from_reader(reader);
    for (i, row) in rows.records().enumerate() {
        output.line();
        let ordinal = i as u64 + 1;
        match row {
            Ok(row) => columns.told(&row).give(ordinal, output),
            Err(error) => output.reject(ordinal, error.to_string()),
        }
    }
}
