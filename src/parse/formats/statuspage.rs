//! Status pages as JSON: Atlassian Statuspage's `incidents.json` and `scheduled-maintenances.json`, a bare list of incidents, or
//! one a line; Better Stack's `index.json` (JSON:API), Instatus' summary, Cachet's `GET /incidents`, incident.io's
//! `component_impacts`, and the `incidents.json` of Google Cloud.

use std::io::Read;

use serde_json::Value;

use super::{Fit, LogFormat, WholeFormat};
use crate::model::{RawIncident, RawUpdate, Stamp};
use crate::parse::Output;
use crate::parse::detect::Sample;
use crate::parse::fields::Fields;
use crate::parse::{framer, json, stamp};
use crate::source::Limits;

pub(super) struct Statuspage;

impl LogFormat for Statuspage {
    fn id(&self) -> &'static str {
        "statuspage"
    }

    fn about(&self) -> &'static str {
        "status pages: Statuspage v2 incidents.json, a list of incidents, or one a line"
    }

    fn detect(&self, sample: &Sample, _: &mut Fields) -> Option<Fit> {
        let reason = shape(&framer::first_value(sample.text())?);
        Some(Fit {
            score: 1000,
            reason: reason?.to_owned(),
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

/// What the first value of a file shows, if it is of a status page. A large document is cut in the sample,
/// so keys are looked for in what is there.
fn shape(text: &str) -> Option<&'static str> {
    let has = |key: &str| text.contains(&format!("\"{key}\""));
    let lists = has("incidents") || has("scheduled_maintenances");
    match json::members(text) {
        Ok(members) => {
            let own = |key: &str| members.iter().any(|(k, _)| k == key);
            let list = own("incidents") || own("scheduled_maintenances");
            if own("activeIncidents") || own("activeMaintenances") {
                return Some("it is the summary of an Instatus page");
            }
            if own("data") && own("included") && has("status_report") {
                return Some("it is a Better Stack page");
            }
            if own("data") && has("occurred_at") && has("component_id") {
                return Some("it is a list of incidents of Cachet");
            }
            if own("begin") && own("external_desc") {
                return Some("its objects are incidents of Google Cloud's page");
            }
            if own("component_impacts") || own("incident_reports") {
                return Some("its objects are incidents of an incident.io page");
            }
            let listed = ["incident_updates", "impact", "component_impacts"];
            if list && (own("page") || listed.iter().any(|key| has(key))) {
                return Some("it has a status page's list of incidents");
            }
            let own_list = |key: &str| members.iter().any(|(k, v)| k == key && v.starts_with('['));
            let titled = own("name") || own("title");
            let incident = own("incident_updates")
                || (own_list("updates") && (own("impact") || own("status")) && !own("ts"));
            (titled && incident).then_some("its objects are incidents of a status page")
        }
        Err(_) if lists && has("incident_updates") && has("page") => {
            Some("it has a status page's list of incidents")
        }
        Err(_) => None,
    }
}

impl WholeFormat for Statuspage {
    fn read_all(&self, reader: &mut (dyn Read + Send), _: &mut Fields, output: &mut Output<'_>) {
        let limits: &Limits = output.limits;
        let mut ordinal = 0;
        let error = framer::each_value(reader, limits, &mut |text| {
            match serde_json::from_str(text) {
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
}

/// Where pages keep their incidents, and whether these are planned.
const LISTS: [(&str, bool); 6] = [
    ("incidents", false),
    ("scheduled_maintenances", true),
    ("activeIncidents", false),
    ("activeMaintenances", true),
    ("included", false),
    ("data", false),
];

/// Better Stack keeps resources, their history and the updates beside the reports.
fn is_report(value: &Value) -> bool {
    value.get("type").and_then(Value::as_str) == Some("status_report")
}

/// Reads a page's document or a single incident.
fn read_value(value: &Value, ordinal: &mut u64, output: &mut Output<'_>) {
    let page = value.get("page");
    let mut lists = 0;
    for (key, scheduled) in LISTS {
        let Some(list) = value.get(key).and_then(Value::as_array) else {
            continue;
        };
        let list = list.iter().filter(|v| key != "included" || is_report(v));
        lists += 1;
        for incident in list {
            read_incident(incident, page, scheduled, ordinal, output);
        }
    }
    if lists == 0 {
        read_incident(value, None, false, ordinal, output);
    }
}

fn read_incident(
    value: &Value,
    page: Option<&Value>,
    scheduled: bool,
    ordinal: &mut u64,
    output: &mut Output<'_>,
) {
    *ordinal += 1;
    output.line();
    // JSON:API keeps what an object says in its attributes.
    let value = value.get("attributes").unwrap_or(value);
    let Some(title) = text(value, &["name", "title", "external_desc"]) else {
        output.reject(*ordinal, "an incident without a name");
        return;
    };
    let scheduled_for = time(value, &["scheduled_for"]);
    let impact = text(value, &["impact", "impact_override", "severity"]);
    let incident = RawIncident {
        line: *ordinal,
        page: page.and_then(|p| text(p, &["name"])),
        page_url: page
            .and_then(|p| text(p, &["url"]))
            .or_else(|| text(value, &["url", "shortlink"])),
        id: text(value, &["id", "code"]),
        title,
        status: status_word(value).or_else(|| last_status(value)),
        created: time(value, &["created_at", "published_at", "created"]),
        started: time(value, &STARTS).or_else(|| of_impacts(value, &STARTS, Iterator::min)),
        monitoring: time(value, &["monitoring_at"]),
        resolved: time(value, &ENDS)
            .or_else(|| of_impacts(value, &ENDS, Iterator::max))
            .or_else(|| of_cachet(value)),
        scheduled: scheduled
            || scheduled_for.is_some()
            || impact.as_deref() == Some("maintenance")
            || text(value, &["report_type"]).as_deref() == Some("maintenance"),
        scheduled_for,
        scheduled_until: time(value, &["scheduled_until"]),
        impact,
        components: components(value),
        updates: updates(value),
    };
    let dated = incident.created.is_some()
        || incident.started.is_some()
        || incident.updates.iter().any(|u| u.time.is_some());
    if dated {
        output.status("statuspage", incident);
    } else {
        output.reject(
            *ordinal,
            format!("the incident \"{}\" has no readable time", incident.title),
        );
    }
}

const STARTS: [&str; 7] = [
    "started_at",
    "start",
    "started",
    "begin",
    "starts_at",
    "occurred_at",
    "start_at",
];
const ENDS: [&str; 6] = [
    "resolved_at",
    "ended_at",
    "end",
    "resolved",
    "ends_at",
    "end_at",
];

/// Cachet counts its words.
fn status_word(value: &Value) -> Option<String> {
    let word = text(value, &["status", "aggregate_state", "state"])?;
    let cachet = ["investigating", "identified", "monitoring", "resolved"];
    let number = word
        .parse::<usize>()
        .ok()
        .filter(|_| value.get("occurred_at").is_some());
    Some(match number {
        Some(n @ 1..=4) => cachet[n - 1].to_owned(),
        _ => word.to_lowercase(),
    })
}

/// The first start, or the last end, of an incident.io page's impacts on components; none while one of them goes on.
fn of_impacts(
    value: &Value,
    keys: &[&str],
    which: fn(std::vec::IntoIter<crate::model::Time>) -> Option<crate::model::Time>,
) -> Option<Stamp> {
    let impacts = value.get("component_impacts")?.as_array()?;
    let stamps: Vec<Stamp> = impacts
        .iter()
        .map(|i| time(i, keys))
        .collect::<Option<_>>()?;
    let times: Vec<crate::model::Time> = stamps.iter().map(|s| s.time).collect();
    let found = which(times.into_iter())?;
    stamps.into_iter().find(|s| s.time == found)
}

/// Cachet states no end: it is the change that fixed the incident.
fn of_cachet(value: &Value) -> Option<Stamp> {
    value.get("occurred_at")?;
    let fixed = status_word(value).as_deref() == Some("resolved");
    time(value, &["updated_at"]).filter(|_| fixed)
}

/// The first of the members that is a text (or a number) and not blank.
fn text(value: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| match value.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        // Instatus: a text for each language.
        Value::Object(_) => value.get(key)?.get("default")?.as_str().map(str::to_owned),
        _ => None,
    })
}

fn time(value: &Value, keys: &[&str]) -> Option<Stamp> {
    keys.iter()
        .find_map(|key| stamp::read(&text(value, &[key])?).filter(|s| s.is_whole()))
}

fn last_status(value: &Value) -> Option<String> {
    let last = value.get("status_sequence")?.as_array()?.last()?;
    last.as_str().map(str::to_owned)
}

fn list<'v>(value: &'v Value, keys: &[&str]) -> impl Iterator<Item = &'v Value> {
    let found = keys
        .iter()
        .find_map(|key| value.get(key).and_then(Value::as_array));
    found.into_iter().flatten()
}

/// A component is an object with a name, or just its name.
fn component_name(component: &Value) -> Option<String> {
    component
        .as_str()
        .map(str::to_owned)
        .or_else(|| text(component, &["name", "title"]))
}

fn components(value: &Value) -> Vec<String> {
    let mut names = Vec::new();
    let of_updates = list(value, &["incident_updates", "updates"])
        .flat_map(|u| list(u, &["affected_components"]));
    for name in list(
        value,
        &["components", "affected_components", "affected_products"],
    )
    .chain(of_updates)
    .filter_map(component_name)
    {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn updates(value: &Value) -> Vec<RawUpdate> {
    list(value, &["incident_updates", "updates"])
        .map(|update| RawUpdate {
            time: time(
                update,
                &[
                    "display_at",
                    "created_at",
                    "at",
                    "published_at",
                    "updated_at",
                    "time",
                    "when",
                    "created",
                    "started",
                ],
            ),
            status: text(update, &["status", "state"]).unwrap_or_default(),
            body: text(update, &["body", "message", "text"]).unwrap_or_default(),
            components: list(update, &["affected_components"])
                .filter_map(|c| {
                    let name = component_name(c)?;
                    Some(match text(c, &["new_status", "status"]) {
                        Some(status) => format!("{name}: {status}"),
                        None => name,
                    })
                })
                .collect(),
        })
        .collect()
}
