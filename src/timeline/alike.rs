//! Records that are like an earlier one: the facts of that one, with what is new in them.

use crate::model::{Alike, DurationUnit, Field, IdHash, Outcome, Record, Stamp};

use super::builder::{Builder, Piece, RawCall, Timing, is_stamped_at_end};
use super::print::{own_fingerprint, own_request_print, shared_fingerprint, shared_request_print};

/// What became of a record, for those like it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pattern {
    fact: Fact,
    unit: DurationUnit,
    amount_in_minor_units: bool,
    /// Whether a lone stamp beside a duration may be the end of it.
    may_be_lone: bool,
    /// By how much it moved the counts of calls that name no exchange, and of requests that are nobody's.
    unnamed_calls: u64,
    nobodys_calls: u64,
    /// The shared parts of the hashes that tell copies.
    fingerprint: u64,
    request_print: u64,
}

#[derive(Clone, Copy, Debug)]
enum Fact {
    Nothing,
    Payment(Piece),
    Call(RawCall),
}

/// How far an input is, to see what one record adds.
#[derive(PartialEq, Eq)]
struct Progress {
    pieces: usize,
    calls: usize,
    others: (usize, u64, u64, u64),
    unnamed_calls: u64,
    nobodys_calls: u64,
}

impl Builder {
    /// Takes one record; gives a number if those like it can be taken by [`Builder::alike`].
    pub fn learn(&mut self, record: &Record<'_>) -> Option<u32> {
        if self.plan.is_some() && self.is_outside(record) {
            self.learn_outside(record)
        } else {
            self.learn_inside(record)
        }
    }

    fn is_outside(&self, record: &Record<'_>) -> bool {
        let outside = |s: Stamp| !self.inside(self.clock.clone().read(s), s.has_zone);
        self.ctx.window.is_stated() && record.stamp().is_some_and(outside)
    }

    /// Learns of a record what it would be if it lay inside the window, and counts it as one that does not.
    fn learn_outside(&mut self, record: &Record<'_>) -> Option<u32> {
        let (tally, clock) = (self.tally.clone(), self.clock.clone());
        let part = &self.part;
        let (pieces, calls, notes) = (part.pieces.len(), part.calls.len(), part.notes.len());
        let window = std::mem::take(&mut self.ctx.window);
        let number = self.learn_inside(record);
        self.ctx.window = window;
        self.part.pieces.truncate(pieces);
        self.part.calls.truncate(calls);
        self.part.notes.truncate(notes);
        (self.tally, self.clock) = (tally, clock);
        self.record(record);
        number
    }

    fn learn_inside(&mut self, record: &Record<'_>) -> Option<u32> {
        let before = self.plan.is_some().then(|| self.progress());
        self.record(record);
        let (before, after) = (before?, self.progress());
        let added = (after.pieces - before.pieces, after.calls - before.calls);
        let fact = match added {
            _ if after.others != before.others => return None,
            (0, 0) => Fact::Nothing,
            (1, 0) => Fact::Payment(*self.part.pieces.last()?),
            (0, 1) => Fact::Call(*self.part.calls.last()?),
            _ => return None,
        };
        self.patterns.push(Pattern {
            fact,
            unit: record.duration_unit,
            amount_in_minor_units: record.amount_in_minor_units,
            may_be_lone: self.may_be_lone(record),
            unnamed_calls: after.unnamed_calls - before.unnamed_calls,
            nobodys_calls: after.nobodys_calls - before.nobodys_calls,
            fingerprint: shared_fingerprint(record),
            request_print: shared_request_print(record),
        });
        u32::try_from(self.patterns.len() - 1).ok()
    }

    fn progress(&self) -> Progress {
        let tally = &self.tally;
        let strange = tally.strange.iter().map(|(_, n)| n).sum();
        Progress {
            pieces: self.part.pieces.len(),
            calls: self.part.calls.len(),
            others: (self.part.notes.len(), tally.untimed, tally.outside, strange),
            unnamed_calls: tally.unnamed_calls,
            nobodys_calls: tally.nobodys_calls,
        }
    }

    /// Takes one record that is like the one of that number.
    pub fn alike(&mut self, number: u32, alike: &Alike<'_>) {
        let Some(pattern) = self.patterns.get(number as usize).copied() else {
            return;
        };
        self.tally.records += 1;
        self.tally.nobodys_calls += pattern.nobodys_calls;
        if matches!(pattern.fact, Fact::Nothing) {
            return;
        }
        let time = self.clock.read(alike.time);
        self.tally.step(time);
        if !self.inside(time, alike.time.has_zone) {
            self.tally.outside += 1;
            return;
        }
        self.tally.unnamed_calls += pattern.unnamed_calls;
        let timing = Timing {
            time,
            start: alike.start,
            end: alike.end,
            has_stamp: true,
            at_end: is_stamped_at_end(Some(alike.time), alike.end),
            duration: alike.get(Field::Duration),
            unit: pattern.unit,
        };
        match pattern.fact {
            Fact::Nothing => {}
            Fact::Payment(piece) => self.payment_alike(piece, &pattern, alike, &timing),
            Fact::Call(call) => self.call_alike(call, &pattern, alike, &timing),
        }
    }

    fn payment_alike(
        &mut self,
        mut piece: Piece,
        pattern: &Pattern,
        alike: &Alike<'_>,
        timing: &Timing<'_>,
    ) {
        let (start, duration, lone_stamp) = self.times_of_payment(timing);
        let fact = &mut piece.fact;
        let kept = fact.outcome != Outcome::Succeeded;
        fact.time = timing.time;
        fact.start = start;
        fact.precision = alike.time.precision;
        fact.duration_ms = duration;
        fact.links = [Field::PaymentId, Field::TraceId, Field::RequestId].map(|f| alike.id(f));
        fact.order = alike.id(Field::OrderId);
        fact.customer = alike.id(Field::CustomerId);
        fact.retry_of = alike.id(Field::RetryOf);
        fact.source.line = alike.line;
        let has_id = fact.links[0].is_some();
        fact.id = self.text_if(kept && has_id, alike.get(Field::PaymentId));
        let has_order = fact.order.is_some();
        fact.order_text = self.text_if(kept && has_order, alike.get(Field::OrderId));
        if let Some(plan) = self.plan {
            let text = alike.get(Field::Amount);
            let minor = pattern.amount_in_minor_units;
            fact.amount = self.amount(text, minor, fact.currency, &plan);
        }
        if !has_id && !has_order {
            piece.print = pattern.fingerprint.wrapping_add(own_fingerprint(alike));
        }
        piece.lone_stamp = lone_stamp;
        self.part.pieces.push(piece);
    }

    fn call_alike(
        &mut self,
        mut raw: RawCall,
        pattern: &Pattern,
        alike: &Alike<'_>,
        timing: &Timing<'_>,
    ) {
        let (time, duration_us, lone_stamp) = self.times_of_call(timing, pattern.may_be_lone);
        let call = &mut raw.call;
        call.time = time;
        call.duration_us = duration_us;
        call.source.line = alike.line;
        let [payment, trace, request] =
            [Field::PaymentId, Field::TraceId, Field::RequestId].map(|f| alike.id(f));
        let made_for = match payment {
            IdHash::NONE => alike.id(Field::OrderId),
            payment => payment,
        };
        call.links = [made_for, trace, request];
        let nameless = call.links.iter().all(|l| !l.is_some());
        raw.print = if nameless {
            pattern.fingerprint.wrapping_add(own_fingerprint(alike))
        } else {
            pattern.request_print.wrapping_add(own_request_print(alike))
        };
        raw.lone_stamp = lone_stamp;
        self.part.calls.push(raw);
    }
}
