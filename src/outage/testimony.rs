//! What the status pages said. Testimony, not measurement: it corroborates, it dates the acknowledgement, and
//! where it stands alone it becomes a finding, never an outage.

use super::evidence;
use crate::model::{
    Finding, Outage, OutageKind, OutageSource, Severity, Span, StatusIncident, Time,
};
use crate::timeline::Timeline;

/// A page may speak so long after the end and still mean this outage, in seconds.
const LATE_S: f64 = 3.0 * 3600.0;
/// A page may declare a start so long before the onset and still mean this outage, in seconds.
const EARLY_S: f64 = 1800.0;
/// The rule that announcements are cited under.
const RULE: &str = "status-page";
/// So many announcements are cited for an outage, and so many findings made of those that speak of none. A page can hold any
/// number; the rest adds nothing to the case, and is counted.
const MOST_TOLD: usize = 20;

/// Adds each incident to the outage it speaks of; returns findings for those that speak of none.
pub(crate) fn hear(timeline: &Timeline, outages: &mut [Outage]) -> Vec<Finding> {
    let end = timeline.end();
    let mut alone = Vec::new();
    let mut untold = 0;
    let mut cited = vec![0; outages.len()];
    let mut incidents: Vec<&StatusIncident> = timeline.statuses.iter().collect();
    incidents.sort_by_key(|i| (i.acknowledged, i.source));
    for incident in incidents {
        let meant = (0..outages.len()).filter(|&i| {
            outages[i].exchange == incident.exchange && speaks_of(incident, &outages[i], end)
        });
        match meant.min_by_key(|&i| (outages[i].start.0 - incident.start.0).abs()) {
            Some(i) => {
                cited[i] += 1;
                testify(&mut outages[i], incident, cited[i] <= MOST_TOLD);
            }
            None if alone.len() < MOST_TOLD => {
                alone.extend(without_effect(timeline, incident, end))
            }
            None => untold += 1,
        }
    }
    for (outage, cited) in outages.iter_mut().zip(cited) {
        count_uncited(outage, cited);
    }
    count_untold(&mut alone, untold);
    alone
}

/// Says how many more announcements there were than are cited.
fn count_uncited(outage: &mut Outage, all: usize) {
    let told = outage.evidence.iter_mut().filter(|e| e.rule == RULE);
    if let (Some(last), true) = (told.last(), all > MOST_TOLD) {
        let more = all - MOST_TOLD;
        last.detail = format!(
            "{}; {more} more of its announcements spoke of it",
            last.detail
        );
    }
}

/// Says how many announcements without effect have no finding of their own.
fn count_untold(alone: &mut [Finding], untold: usize) {
    if let (Some(last), true) = (alone.last_mut(), untold > 0) {
        let more = format!(" {untold} more announcements speak of no outage that the calls show.");
        last.detail.push_str(&more);
        if let Some(e) = last.evidence.last_mut() {
            e.detail = last.detail.clone();
        }
    }
}

fn speaks_of(incident: &StatusIncident, outage: &Outage, log_end: Time) -> bool {
    let span = outage.span(log_end);
    let said = Span::new(
        incident.start.min(incident.acknowledged),
        incident.end.unwrap_or(incident.acknowledged),
    );
    let reach = Span::new(span.start.plus_secs(-EARLY_S), span.end.plus_secs(LATE_S));
    said.overlaps(&span)
        || (reach.contains(incident.start) && reach.contains(incident.acknowledged))
}

/// Adds what the incident says to the outage; its words too where they are to be cited.
fn testify(outage: &mut Outage, incident: &StatusIncident, cite: bool) {
    if !outage.sources.contains(&OutageSource::StatusPage) {
        outage.sources.push(OutageSource::StatusPage);
    }
    let first = outage
        .acknowledged_at
        .map_or(incident.acknowledged, |t| t.min(incident.acknowledged));
    outage.acknowledged_at = Some(first);
    if incident.scheduled && outage.kind != OutageKind::Overload {
        outage.kind = OutageKind::Maintenance;
    }
    if !cite {
        return;
    }
    let detail = format!(
        "the status page of {} spoke of it from {} on: \"{}\" ({})",
        outage.exchange_name, incident.acknowledged, incident.title, incident.impact
    );
    outage
        .evidence
        .push(evidence(RULE, true, 1.0, detail, incident.source));
}

fn without_effect(
    timeline: &Timeline,
    incident: &StatusIncident,
    log_end: Time,
) -> Option<Finding> {
    let said = Span::new(
        incident.start.min(incident.acknowledged),
        incident.end.unwrap_or(log_end).max(incident.start),
    );
    let first = timeline
        .calls
        .first()
        .map(|c| c.time)
        .into_iter()
        .chain(timeline.attempts.first().map(|a| a.time))
        .min()?;
    if !said.overlaps(&Span::new(first, log_end)) {
        return None;
    }
    let exchange = timeline.names.text(incident.exchange);
    let calls = timeline
        .calls
        .iter()
        .filter(|c| c.exchange == incident.exchange && said.contains(c.time))
        .count();
    let detail = if calls > 0 {
        format!(
            "The status page of {exchange} announced \"{}\" from {}, but none of the {calls} calls logged meanwhile was served \
             clearly worse than usual. Nothing is held against it.",
            incident.title, incident.acknowledged
        )
    } else {
        format!(
            "The status page of {exchange} announced \"{}\" from {}, and no call to {exchange} was logged meanwhile: the logs \
             neither confirm nor refute it. The calls to {exchange} would settle it.",
            incident.title, incident.acknowledged
        )
    };
    Some(Finding {
        id: "announced-without-effect".into(),
        title: format!("{exchange} announced an incident that the calls do not show"),
        severity: Severity::Info,
        confidence: if calls > 0 { 0.9 } else { 0.3 },
        evidence: vec![evidence(
            "status-page-alone",
            false,
            0.0,
            detail.clone(),
            incident.source,
        )],
        detail,
    })
}
