//! Did it wait until a client's time-out? Informs only.

use super::{Rule, Weighed, remark};
use crate::attribution::case::Case;
use crate::model::{ErrorClass, Outcome};

pub(crate) struct ClientTimeout;

impl Rule for ClientTimeout {
    fn id(&self) -> &'static str {
        "client-time-out"
    }

    fn about(&self) -> &'static str {
        "The attempt waited for an answer until its client gave up; whether it went through is not known."
    }

    fn weigh(&self, case: &Case<'_>) -> Option<Weighed> {
        let timed_out = case.attempt.class == ErrorClass::UpstreamTimeout
            || case.attempt.outcome == Outcome::Unknown;
        let ms = case.attempt.duration_ms.filter(|_| timed_out)?;
        let detail = case.say(|| {
            format!(
                "it waited {:.1} s for an answer; whether it went through is not known",
                f64::from(ms) / 1e3
            )
        });
        remark(true, detail, case.attempt.source)
    }
}
