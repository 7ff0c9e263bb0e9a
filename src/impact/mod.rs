//! What it cost: orders, customers, exact money; who knew what when; what would have been different; and the moments and
//! strips that a report shows.

mod detection;
mod lessons;
mod moments;
mod orders;
mod own_side;
mod slo;
mod strips;
#[cfg(test)]
mod test_support;
mod totals;
mod what_if;

use crate::model::{Call, ErrorClass, Judgement, Outage, Span, Verdict};
use crate::timeline::Timeline;

pub use detection::detection;
pub use lessons::lessons;
pub use moments::moments;
pub use orders::impact;
pub use slo::slo;
pub use strips::strips;
pub use totals::totals;
pub use what_if::what_if;

/// What all parts of this room look at.
pub struct Outcome<'a> {
    /// Everything read.
    pub timeline: &'a Timeline,
    /// In order of onset.
    pub outages: &'a [Outage],
    /// One for each failed attempt, in time order.
    pub judgements: &'a [Judgement],
    /// First to last event.
    pub window: Option<Span>,
}

/// Whether a call was served badly; `None` for a refusal, which says nothing of the service: neither good nor bad.
fn bad_answer(call: &Call) -> Option<bool> {
    let refused = call.class == ErrorClass::RateLimited || matches!(call.http_status, 401 | 403);
    let bad = !matches!(call.class, ErrorClass::None | ErrorClass::ClientError);
    (!refused).then_some(bad)
}

impl Outcome<'_> {
    /// Judgements with the verdict `caused`.
    fn caused(&self) -> impl Iterator<Item = &Judgement> {
        self.judgements
            .iter()
            .filter(|j| j.verdict == Verdict::Caused)
    }

    /// Index of the outage with most knock-on failures; of those without any, the longest.
    fn main_outage(&self) -> Option<usize> {
        let caused = |o: usize| self.caused().filter(|j| j.outage == Some(o)).count();
        let end = self.window.map(|w| w.end).unwrap_or_default();
        let length = |o: usize| self.outages[o].span(end).end.0 - self.outages[o].start.0;
        (0..self.outages.len()).max_by_key(|&o| (caused(o), length(o), std::cmp::Reverse(o)))
    }
}
