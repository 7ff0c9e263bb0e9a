//! Small time lines for the tests of this room. Times are seconds; every amount is 10.00.

use super::Outcome;
use crate::model::{
    Attempt, Channel, ErrorClass, ErrorKey, IdHash, Judgement, Outage, OutageKind, Outcome as End,
    Precision, SourceRef, Span, Sym, Time, Verdict, Weights,
};
use crate::timeline::Timeline;

/// A time line with its outages and judgements.
pub(super) struct Log {
    timeline: Timeline,
    outages: Vec<Outage>,
    judgements: Vec<Judgement>,
}

impl Log {
    pub(super) fn with_outage(exchange: &str, start: i64, end: i64) -> Log {
        let mut log = Log {
            timeline: Timeline::default(),
            outages: Vec::new(),
            judgements: Vec::new(),
        };
        log.outage(exchange, start, end);
        log
    }

    pub(super) fn outage(&mut self, exchange: &str, start: i64, end: i64) {
        let (start, end) = (at(start), at(end));
        self.outages.push(Outage {
            id: format!("O{}", self.outages.len() + 1),
            exchange: self.timeline.names.intern(exchange),
            exchange_name: exchange.into(),
            start,
            start_interval: Span::new(start, start),
            end: Some(end),
            end_interval: None,
            began_before_log: false,
            kind: OutageKind::Unknown,
            components: Vec::new(),
            sources: Vec::new(),
            acknowledged_at: None,
            evidence: Vec::new(),
            first_seen: None,
        });
    }

    /// An attempt by crypto, its own order.
    pub(super) fn attempt(&mut self, second: i64, exchange: &str, currency: &str, good: bool) {
        let outcome = if good { End::Succeeded } else { End::Failed };
        self.push(second, ("crypto", exchange, currency), "", outcome);
    }

    /// A knock-on failure by crypto of the first outage.
    pub(super) fn caused(
        &mut self,
        second: i64,
        exchange: &str,
        currency: &str,
        order: &str,
        p: f64,
    ) {
        self.push(second, ("crypto", exchange, currency), order, End::Failed);
        self.judge(p, Channel::Direct);
    }

    /// A collateral failure by card of the first outage.
    pub(super) fn starved(&mut self, second: i64, order: &str, p: f64) {
        self.push(second, ("card", "", "EUR"), order, End::Failed);
        self.judge(p, Channel::Collateral);
    }

    /// Another attempt of an order.
    pub(super) fn retried(&mut self, second: i64, method: &str, order: &str, good: bool) {
        let outcome = if good { End::Succeeded } else { End::Failed };
        self.push(second, (method, "", "EUR"), order, outcome);
    }

    /// A card that was declined.
    pub(super) fn declined(&mut self, second: i64) {
        self.push(second, ("card", "", "EUR"), "", End::Failed);
        if let Some(a) = self.timeline.attempts.last_mut() {
            a.class = ErrorClass::BusinessDecline;
        }
    }

    pub(super) fn outcome(&self) -> Outcome<'_> {
        Outcome {
            timeline: &self.timeline,
            outages: &self.outages,
            judgements: &self.judgements,
            window: None,
        }
    }

    fn judge(&mut self, probability: f64, channel: Channel) {
        self.judgements.push(Judgement {
            attempt: self.timeline.attempts.len() - 1,
            probability,
            verdict: Verdict::Caused,
            outage: Some(0),
            channel: Some(channel),
            linked_exchange: Sym::NONE,
            weights: Weights::default(),
            repeats: None,
        });
    }

    fn push(&mut self, second: i64, kind: (&str, &str, &str), order: &str, outcome: End) {
        let names = &mut self.timeline.names;
        let (method, exchange, currency) = (
            names.intern(kind.0),
            names.intern(kind.1),
            names.intern(kind.2),
        );
        self.timeline.attempts.push(Attempt {
            time: at(second),
            start: at(second),
            precision: Precision::Seconds,
            duration_ms: None,
            id: Sym::NONE,
            order_text: Sym::NONE,
            links: [IdHash::NONE; 3],
            order: IdHash::of(order),
            customer: IdHash::NONE,
            merchant: Sym::NONE,
            method,
            exchange,
            currency,
            operation: Sym::NONE,
            outcome,
            error: ErrorKey::default(),
            class: ErrorClass::None,
            amount: Some("10.00".parse().unwrap()),
            attempt_no: 0,
            retry_of: IdHash::NONE,
            source: SourceRef::default(),
        });
    }
}

fn at(second: i64) -> Time {
    Time::from_millis(second * 1000)
}
