//! Who knew what, when.

use super::Outcome;
use crate::model::{Detection, Outage, Time};

/// Facts of the main outage.
pub fn detection(o: &Outcome<'_>) -> Detection {
    let Some(main) = o.main_outage() else {
        return Detection::default();
    };
    let outage = &o.outages[main];
    let times = || {
        o.caused()
            .filter(|j| j.outage == Some(main))
            .map(|j| o.timeline.attempts[j.attempt].time)
    };
    let failures = o
        .judgements
        .iter()
        .map(|j| o.timeline.attempts[j.attempt].time);
    let last_caused_at = times().max();
    let detected_at = alerted_at(o, outage);
    let responded_at = detected_at.and_then(|t| first_note(o, t, is_response));
    Detection {
        outage: Some(outage.id.clone()),
        first_failure_at: failures.filter(|&t| t >= outage.start).min(),
        first_caused_at: times().min(),
        detected_at,
        responded_at,
        acknowledged_at: outage.acknowledged_at,
        acknowledgement_delay_s: outage.acknowledged_at.map(|t| t.secs_since(outage.start)),
        recovered_at: outage.end,
        last_caused_at,
        tail_s: outage
            .end
            .zip(last_caused_at)
            .map(|(end, last)| last.secs_since(end))
            .filter(|s| *s > 0.0),
    }
}

/// First note of an alert at or after the onset.
pub(super) fn alerted_at(o: &Outcome<'_>, outage: &Outage) -> Option<Time> {
    first_note(o, outage.start, is_alert)
}

/// First note from a time on that says something, up to the end of the logs of calls and payments.
fn first_note(o: &Outcome<'_>, from: Time, says: fn(&str) -> bool) -> Option<Time> {
    let notes = o.timeline.notes.iter();
    let said = notes.filter(|n| n.time >= from && says(&n.text.to_lowercase()));
    let last = o.window.map(|w| w.end);
    said.map(|n| n.time)
        .min()
        .filter(|t| last.is_none_or(|last| *t <= last))
}

/// Whether a note, in lower case, tells of an alert that went off. Pagers' notes begin with these words.
fn is_alert(text: &str) -> bool {
    let over = is_response(text) || text.contains("resolved");
    let words = ["alert", "alarm", "firing", "paged"];
    !over && has_one_of(text, &words)
}

/// Whether a note, in lower case, tells that somebody took an alert.
fn is_response(text: &str) -> bool {
    has_one_of(text, &["acknowledged", "acked", "ack"])
}

fn has_one_of(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|w| words.contains(&w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_and_who_takes_them_are_told_apart() {
        for text in [
            "alert triggered: payment failures",
            "[firing:1] errors",
            "on-call was paged",
        ] {
            assert!(is_alert(text) && !is_response(text), "{text}");
        }
        for text in ["alert acknowledged (jo): payment failures", "ack, looking"] {
            assert!(is_response(text) && !is_alert(text), "{text}");
        }
        for text in [
            "alert resolved: payment failures",
            "deploy of checkout 1.2",
            "new backpack",
        ] {
            assert!(!is_alert(text) && !is_response(text), "{text}");
        }
    }
}
