//! The moments that matter, of both sides, in time order.

use super::Outcome;
use crate::model::{Judgement, Moment, Outage, Phase, Side, SourceRef, Time, grouped, in_words};

/// Notable moments of all outages, status pages and notes.
pub fn moments(o: &Outcome<'_>) -> Vec<Moment> {
    let mut out = Vec::new();
    for (i, outage) in o.outages.iter().enumerate() {
        of_exchange(o, i, outage, &mut out);
        of_payments(o, i, outage, &mut out);
    }
    of_status_pages(o, &mut out);
    for note in &o.timeline.notes {
        out.push(Moment {
            time: note.time,
            side: Side::Notes,
            text: note.text.to_string(),
            outage: None,
            source: Some(note.source),
        });
    }
    out.sort_by(|a, b| {
        (a.time, a.side, &a.text, a.source).cmp(&(b.time, b.side, &b.text, b.source))
    });
    out
}

fn of_exchange(o: &Outcome<'_>, i: usize, outage: &Outage, out: &mut Vec<Moment>) {
    let mut push = |time: Time, text: String, source: Option<SourceRef>| {
        out.push(Moment {
            time,
            side: Side::Exchange,
            text,
            outage: Some(i),
            source,
        });
    };
    let name = &outage.exchange_name;
    let parts: Vec<&str> = outage
        .components
        .iter()
        .map(|c| &*c.name)
        .filter(|n| !n.is_empty())
        .collect();
    let parts = if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", in_words(&parts))
    };
    let verb = if outage.began_before_log {
        "was already served worse when its log began"
    } else {
        "began to serve clearly worse than usual"
    };
    push(
        outage.start,
        format!("{name}{parts} {verb}"),
        outage.first_seen,
    );
    let worst = outage
        .components
        .iter()
        .flat_map(|c| c.phases.iter().map(move |p| (p, c)))
        .max_by(|a, b| a.0.failure_rate.total_cmp(&b.0.failure_rate));
    if let Some((phase, _)) = worst.filter(|(p, _)| p.span.start.secs_since(outage.start) > 60.0) {
        push(phase.span.start, at_its_worst(name, phase), None);
    }
    match outage.end {
        Some(end) => push(end, format!("{name} served normally again"), None),
        None => {
            let last = o.window.map(|w| w.end).unwrap_or(outage.start);
            push(last, format!("the logs end with {name} still down"), None);
        }
    }
}

fn at_its_worst(name: &str, phase: &Phase) -> String {
    let share = 100.0 * phase.failure_rate;
    match phase.calls {
        0 => format!("{name} at its worst: {share:.1}% failed or came too late"),
        calls => format!(
            "{name} at its worst: {} of {} calls failed or came too late ({share:.1}%)",
            grouped(phase.failed_calls),
            grouped(calls)
        ),
    }
}

fn of_payments(o: &Outcome<'_>, i: usize, outage: &Outage, out: &mut Vec<Moment>) {
    let caused: Vec<&Judgement> = o.caused().filter(|j| j.outage == Some(i)).collect();
    let attempt = |j: &Judgement| &o.timeline.attempts[j.attempt];
    let mut push = |j: &Judgement, text: String| {
        let a = attempt(j);
        out.push(Moment {
            time: a.time,
            side: Side::Payments,
            text,
            outage: Some(i),
            source: Some(a.source),
        });
    };
    let (Some(first), Some(last)) = (caused.first(), caused.last()) else {
        return;
    };
    push(
        first,
        format!(
            "first of {} knock-on failures of {}",
            caused.len(),
            outage.id
        ),
    );
    if caused.len() > 1 {
        push(last, format!("last knock-on failure of {}", outage.id));
    }
}

fn of_status_pages(o: &Outcome<'_>, out: &mut Vec<Moment>) {
    let Some(window) = o.window else { return };
    for incident in &o.timeline.statuses {
        let name = o.timeline.names.text(incident.exchange);
        let outage = o
            .outages
            .iter()
            .position(|x| x.exchange == incident.exchange && x.acknowledged_at.is_some());
        for update in incident.updates.iter().filter(|u| window.contains(u.time)) {
            let text = format!("{name}'s page: {} - {}", update.status, incident.title);
            out.push(Moment {
                time: update.time,
                side: Side::Status,
                text,
                outage,
                source: Some(incident.source),
            });
        }
    }
}
