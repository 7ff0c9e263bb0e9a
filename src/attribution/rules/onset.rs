//! Was the outage on at all?

use super::{Rule, Weighed, weighed};
use crate::attribution::case::{Case, NEVER, log_odds};
use crate::attribution::exposure::Window;

pub(crate) struct Onset;

impl Rule for Onset {
    fn id(&self) -> &'static str {
        "order-in-time"
    }

    fn about(&self) -> &'static str {
        "Where the attempt lies against the onset and the end: a failure before the onset cannot follow from it."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        let (start, outage) = (case.outage.start, case.outage);
        let failed = case.attempt.end();
        let source = case.attempt.source;
        match case.window {
            None if failed < start => weighed(
                log_odds(NEVER),
                case.say(|| format!(
                    "it failed {} before the onset of {}: what is left is our own error about that",
                    apart(start.secs_since(failed)),
                    outage.id
                )),
                source,
            ),
            None => {
                let end = outage.end.unwrap_or(case.log_end);
                weighed(
                    log_odds(NEVER),
                    case.say(|| format!(
                        "it began {} after the end of {}, when its kind failed no more than usual",
                        apart(case.attempt.start.secs_since(end)),
                        outage.id
                    )),
                    source,
                )
            }
            Some(_) if case.was_on < 1.0 => {
                let detail = case.say(|| format!(
                    "it failed inside the uncertainty of the onset of {}: the order is not known",
                    outage.id
                ));
                weighed(case.was_on.max(0.02).ln(), detail, source)
            }
            Some(Window::Tail(_)) => {
                let end = outage.end.unwrap_or(case.log_end);
                let detail = case.say(|| format!(
                    "it began {} after the end of {}",
                    apart(case.attempt.start.secs_since(end)),
                    outage.id
                ));
                super::remark(false, detail, source)
            }
            Some(_) => {
                let detail = case.say(|| format!(
                    "it was under way {} after the onset of {}",
                    apart(failed.secs_since(start)),
                    outage.id
                ));
                super::remark(true, detail, source)
            }
        }
    }
}

/// A stretch of time in words: `0.4 s`, `45 s`, `12 min`, `3 h 30 min`.
pub(crate) fn apart(seconds: f64) -> String {
    let s = seconds.abs();
    let minutes = (s / 60.0).round() as u64;
    match (minutes / 60, minutes % 60) {
        _ if s < 9.95 => format!("{s:.1} s"),
        _ if s < 119.5 => format!("{s:.0} s"),
        (0, m) => format!("{m} min"),
        (h, 0) => format!("{h} h"),
        (h, m) => format!("{h} h {m} min"),
    }
}
