//! Who knew what, when.

use super::Outcome;
use crate::model::Detection;

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
    Detection {
        outage: Some(outage.id.clone()),
        first_failure_at: failures.filter(|&t| t >= outage.start).min(),
        first_caused_at: times().min(),
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
