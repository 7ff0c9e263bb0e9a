//! One input's records to its part of the time line.
//!
//! Time stamps. A record that knows how long something took was written when it was over: a lone stamp beside a
//! duration is the *end*, and the start is worked out. A format that knows better says so: it sets the record's `start` or
//! its `end` alone. It is the *start* when the record also states an end, when
//! it is a monitor's check, the format stamps requests as they begin (Envoy, Istio, HAProxy, Apache), or when the order of the file shows
//! it (the stamps jump back and forth, stamps plus durations do not: written at the end, stamped with the start).
//! A call's `time` is always its start. An attempt's `time` is its record's stamp, its `start` never later.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{
    Attempt, Call, DurationUnit, ErrorClass, ErrorKey, FastSet, Field, IdHash, InputSummary, Names,
    Note, Outcome, Precision, RawIncident, Record, Role, SourceRef, Span, Stamp, StatusIncident,
    StatusUpdate, Sym, Time, Window, ZoneFrom,
};

use super::alike::Pattern;
use super::classify::{self, Kind, Plan};
use super::clock::Clock;
use super::errors::ErrorTable;
use super::outcome::StatusWords;
use super::print::{fingerprint, request_print};
use super::tally::{Tally, counted};
use super::texts::Texts;
use super::zone::ZoneSpec;
use super::{ClassRules, place, values};

/// What is known of an input before its first record.
#[derive(Clone, Debug)]
pub struct InputContext {
    /// Index of the input in the run.
    pub index: u32,
    /// Path as shown.
    pub shown: String,
    /// What the user says that it tells about.
    pub role: Option<Role>,
    /// The exchange's name from `NAME=` or the mapping, for records that do not state one.
    pub exchange: Option<String>,
    /// The merchant's name from the mapping, for records that do not state one.
    pub merchant: Option<String>,
    /// Zone of stamps without one, from the flag or the configuration.
    pub zone: Option<(ZoneSpec, ZoneFrom)>,
    /// Records out of its reach are left out.
    pub window: Window,
    /// The user's own error classes.
    pub classes: Arc<ClassRules>,
}

/// One record of a payment attempt, still to be folded with its others.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Piece {
    /// What the record says by itself.
    pub(super) fact: Attempt,
    /// Whether the record (or the mapping) names the merchant, rather than its service standing in.
    pub(super) merchant_stated: bool,
    /// Hash of everything the record says; only for records without payment and order id.
    pub(super) print: u64,
    pub(super) lone_stamp: bool,
}

/// One call, and what is needed to tell copies of it apart.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct RawCall {
    /// The call.
    pub(super) call: Call,
    /// Hash of everything the record says, or (for a record with an id) of the request that it names.
    pub(super) print: u64,
    pub(super) lone_stamp: bool,
    component: ComponentFrom,
}

/// Where a call's component came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ComponentFrom {
    Stated,
    Derived,
    Nothing,
}

/// What a record says about when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing<'a> {
    /// Its stamp, else its start, else its end.
    pub(super) time: Time,
    pub(super) start: Option<Stamp>,
    pub(super) end: Option<Stamp>,
    /// Whether it has a stamp beside start and end.
    pub(super) has_stamp: bool,
    /// Whether its stamp is its end, and says so.
    pub(super) at_end: bool,
    pub(super) duration: Option<&'a str>,
    pub(super) unit: DurationUnit,
}

impl<'a> Timing<'a> {
    fn of(record: &'a Record<'_>, time: Time) -> Timing<'a> {
        Timing {
            time,
            start: record.start,
            end: record.end,
            has_stamp: record.time.is_some(),
            at_end: is_stamped_at_end(record.time, record.end),
            duration: record.get(Field::Duration),
            unit: record.duration_unit,
        }
    }

    fn duration_us(&self) -> Option<u32> {
        values::duration_us(self.duration?, self.unit)
    }
}

/// One input's facts, with its own names.
#[derive(Debug, Serialize, Deserialize)]
pub struct Part {
    /// How the input was understood, as far as its records tell; the caller adds what reading told.
    pub summary: InputSummary,
    #[serde(skip)]
    pub(super) index: u32,
    pub(super) names: Names,
    pub(super) errors: ErrorTable,
    pub(super) pieces: Vec<Piece>,
    pub(super) calls: Vec<RawCall>,
    pub(super) statuses: Vec<StatusIncident>,
    pub(super) notes: Vec<Note>,
}

impl Part {
    /// The part as that of the input of this index in a run.
    #[must_use]
    pub fn placed(mut self, index: u32) -> Part {
        self.index = index;
        let pieces = self.pieces.iter_mut().map(|p| &mut p.fact.source);
        let calls = self.calls.iter_mut().map(|c| &mut c.call.source);
        let statuses = self.statuses.iter_mut().map(|s| &mut s.source);
        let notes = self.notes.iter_mut().map(|n| &mut n.source);
        for source in pieces.chain(calls).chain(statuses).chain(notes) {
            source.input = index;
        }
        self
    }

    /// The lines that a report may cite: of failed attempts and calls, of calls that an id may link to a failed attempt of
    /// another input, of incidents and notes; sorted, each once.
    pub fn lines_to_cite(&self) -> Vec<u64> {
        let failed = self
            .pieces
            .iter()
            .filter(|p| p.fact.outcome != Outcome::Succeeded);
        let calls = self.calls.iter().map(|c| &c.call);
        let told =
            calls.filter(|c| c.class != ErrorClass::None || c.links.iter().any(|l| l.is_some()));
        let mut lines: Vec<u64> = failed
            .map(|p| p.fact.source.line)
            .chain(told.map(|c| c.source.line))
            .chain(self.statuses.iter().map(|s| s.source.line))
            .chain(self.notes.iter().map(|n| n.source.line))
            .collect();
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

/// Takes one input's records in their order.
#[derive(Debug)]
pub struct Builder {
    pub(super) ctx: InputContext,
    format: String,
    pub(super) part: Part,
    sample: Vec<Record<'static>>,
    pub(super) plan: Option<Plan>,
    /// What became of records that others may be like.
    pub(super) patterns: Vec<Pattern>,
    /// Whether lines that are neither payments nor calls are notes, by the file's name.
    takes_notes: bool,
    pub(super) clock: Clock,
    pub(super) tally: Tally,
    texts: Texts,
    pub(super) words: StatusWords,
    file_exchange: Option<String>,
}

/// How many records are looked at before the first is judged.
const SAMPLE: usize = if cfg!(fuzzing) { 4 } else { 500 };

impl Builder {
    /// Starts an input.
    pub fn new(ctx: InputContext) -> Builder {
        let summary = InputSummary {
            path: ctx.shown.clone(),
            ..InputSummary::default()
        };
        Builder {
            part: Part {
                summary,
                index: ctx.index,
                names: Names::default(),
                errors: ErrorTable::default(),
                pieces: Vec::new(),
                calls: Vec::new(),
                statuses: Vec::new(),
                notes: Vec::new(),
            },
            clock: Clock::new(ctx.zone),
            file_exchange: place::exchange_of_file(&ctx.shown),
            format: String::new(),
            sample: Vec::new(),
            plan: None,
            patterns: Vec::new(),
            takes_notes: false,
            tally: Tally::default(),
            texts: Texts::default(),
            words: StatusWords::default(),
            ctx,
        }
    }

    /// The recognised format and why.
    pub fn format(&mut self, id: &'static str, reason: &str) {
        self.format = id.to_owned();
        self.part.summary.format = id.to_owned();
        self.part.summary.format_reason = reason.to_owned();
    }

    /// Takes one record.
    pub fn record(&mut self, record: &Record<'_>) {
        match self.plan {
            Some(plan) => self.take(record, &plan),
            None => {
                self.sample.push(owned(record));
                if self.sample.len() >= SAMPLE {
                    self.decide();
                }
            }
        }
    }

    /// Takes one incident of a status page.
    pub fn status(&mut self, incident: &RawIncident) {
        self.tally.records += 1;
        let Some(fact) = self.incident(incident) else {
            self.tally.untimed += 1;
            return;
        };
        if self.inside(fact.start, false) || fact.end.is_some_and(|end| self.inside(end, false)) {
            self.part.statuses.push(fact);
        } else {
            self.tally.outside += 1;
        }
    }

    /// Ends the input.
    pub fn finish(mut self) -> Part {
        self.decide();
        if self.tally.stamped_at_start() {
            self.tally.start_stamped = true;
        } else {
            self.shift_lone_stamps();
        }
        self.drop_strays();
        self.drop_uneven_components();
        self.forget_ids_of_succeeded();
        self.summarise();
        self.part
    }

    fn decide(&mut self) {
        if self.plan.is_some() {
            return;
        }
        let plan = Plan::of(&self.sample);
        self.plan = Some(plan);
        self.takes_notes =
            plan.mostly_other && classify::is_notes_file(&self.ctx.shown, &self.format);
        for record in std::mem::take(&mut self.sample) {
            self.take(&record, &plan);
        }
    }

    fn take(&mut self, record: &Record<'_>, plan: &Plan) {
        self.tally.records += 1;
        let stated_exchange = self.ctx.exchange.is_some();
        let role = self
            .ctx
            .role
            .or((stated_exchange && plan.own_web_log).then_some(Role::Exchange));
        let kind = match plan.kind(record, role) {
            Kind::Other if self.takes_notes && role.is_none() => Kind::Note,
            _ if self.format == "pager" => Kind::Note,
            kind => kind,
        };
        if kind == Kind::Other {
            return;
        }
        if kind == Kind::Call && role.is_none() && self.is_nobodys(record) {
            self.tally.nobodys_calls += 1;
            return;
        }
        let Some((time, precision)) = self.time_of(record) else {
            self.tally.untimed += 1;
            return;
        };
        self.tally.step(time);
        if !self.inside(time, record.stamp().is_some_and(|s| s.has_zone)) {
            self.tally.outside += 1;
            return;
        }
        match kind {
            Kind::Payment => self.payment(record, time, precision, plan),
            Kind::Call => self.call(record, time, plan),
            Kind::Note => self.note(record, time),
            Kind::Other => {}
        }
    }

    pub(super) fn inside(&self, time: Time, has_zone: bool) -> bool {
        self.ctx.window.reach(has_zone).contains(time)
    }

    /// The record's own stamp, else its start, else its end.
    fn time_of(&mut self, record: &Record<'_>) -> Option<(Time, Precision)> {
        let stamp = record.stamp()?;
        Some((self.clock.read(stamp), stamp.precision))
    }

    fn source(&self, record: &Record<'_>) -> SourceRef {
        SourceRef {
            input: self.ctx.index,
            line: record.line,
        }
    }

    fn links(record: &Record<'_>) -> [IdHash; 3] {
        let hash = |f| record.get(f).map_or(IdHash::NONE, IdHash::of);
        [
            hash(Field::PaymentId),
            hash(Field::TraceId),
            hash(Field::RequestId),
        ]
    }

    /// Ids of a call. One that names no payment may carry the order that it was made for.
    fn call_links(record: &Record<'_>) -> [IdHash; 3] {
        let [payment, trace, request] = Builder::links(record);
        let order = record.get(Field::OrderId).map(IdHash::of);
        [
            if payment.is_some() {
                payment
            } else {
                order.unwrap_or(IdHash::NONE)
            },
            trace,
            request,
        ]
    }

    fn payment(&mut self, record: &Record<'_>, time: Time, precision: Precision, plan: &Plan) {
        let standing = classify::standing(record, &mut self.words);
        if standing.strange_status {
            self.tally
                .strange_status(record.get(Field::Status).unwrap_or(""));
        }
        let (error, class, outcome) = self.payment_error(record, standing);
        let hash = |f| record.get(f).map_or(IdHash::NONE, IdHash::of);
        let timing = Timing::of(record, time);
        let (start, duration, lone_stamp) = self.times_of_payment(&timing);
        let kept = outcome != Outcome::Succeeded;
        let merchant = record
            .get(Field::Merchant)
            .map(str::to_owned)
            .or_else(|| self.ctx.merchant.clone());
        let merchant_stated = merchant.is_some();
        let currency = self.currency(record);
        let links = Builder::links(record);
        let order = hash(Field::OrderId);
        let fact = Attempt {
            time,
            start,
            precision,
            duration_ms: duration,
            id: self.text_if(kept && links[0].is_some(), record.get(Field::PaymentId)),
            order_text: self.text_if(kept && order.is_some(), record.get(Field::OrderId)),
            links,
            order,
            customer: hash(Field::CustomerId),
            merchant: self.name(merchant.as_deref().or_else(|| record.get(Field::Service))),
            method: self
                .texts
                .method(record.get(Field::Method), &mut self.part.names),
            exchange: self
                .texts
                .exchange(record.get(Field::Exchange), &mut self.part.names),
            currency,
            operation: self.name(record.get(Field::Operation)),
            outcome,
            error,
            class,
            amount: self.amount(
                record.get(Field::Amount),
                record.amount_in_minor_units,
                currency,
                plan,
            ),
            attempt_no: record
                .get(Field::Attempt)
                .and_then(|a| a.parse().ok())
                .unwrap_or(0),
            retry_of: hash(Field::RetryOf),
            source: self.source(record),
        };
        let nameless = !links[0].is_some() && !order.is_some();
        self.part.pieces.push(Piece {
            fact,
            merchant_stated,
            print: if nameless { fingerprint(record) } else { 0 },
            lone_stamp,
        });
    }

    /// When an attempt began, how long it took in milliseconds, and whether its stamp stands alone beside its duration.
    pub(super) fn times_of_payment(&mut self, timing: &Timing<'_>) -> (Time, Option<u32>, bool) {
        let time = timing.time;
        let stated = timing.duration_us().map(|us| us / 1000);
        let start = timing.start.map(|s| self.clock.read(s));
        let end = timing.end.map(|s| self.clock.read(s));
        let duration = stated.or_else(|| {
            end.zip(Some(start.unwrap_or(time)))
                .and_then(|(e, s)| millis(s, e))
        });
        let lone_stamp = timing.has_stamp && start.is_none() && end.is_none() && duration.is_some();
        let took = i64::from(duration.unwrap_or(0));
        let start = start.or_else(|| timing.at_end.then(|| time.plus_millis(-took)));
        if lone_stamp {
            self.tally.lone(time, time.plus_millis(took));
        }
        (start.unwrap_or(time).min(time), duration, lone_stamp)
    }

    /// Whether the lone stamp of a call may be its end.
    pub(super) fn may_be_lone(&self, record: &Record<'_>) -> bool {
        !classify::is_probe(record) && !classify::is_start_stamped(&self.format, record)
    }

    /// When a call began, how long it took in microseconds, and whether its stamp stands alone beside its duration.
    pub(super) fn times_of_call(
        &mut self,
        timing: &Timing<'_>,
        may_be_lone: bool,
    ) -> (Time, Option<u32>, bool) {
        let start = timing.start.map(|s| self.clock.read(s));
        let end = timing.end.map(|s| self.clock.read(s));
        let began = start.unwrap_or(timing.time);
        let duration_us = timing
            .duration_us()
            .or_else(|| end.and_then(|e| micros(began, e)));
        let only_end = start.is_none() && timing.at_end;
        let at_start = start.is_some() || (end.is_some() && !only_end);
        let lone_stamp = !at_start && !only_end && may_be_lone && duration_us.is_some();
        if lone_stamp {
            let took = i64::from(duration_us.unwrap_or(0) / 1000);
            self.tally.lone(timing.time, timing.time.plus_millis(took));
        }
        let time = if only_end {
            before(began, duration_us)
        } else {
            began
        };
        (time, duration_us, lone_stamp)
    }

    /// Error, class and outcome of a payment's record. What timed out at the exchange, or may have gone through
    /// by the words of the error, did not fail for certain: its outcome is unknown.
    pub(super) fn payment_error(
        &mut self,
        record: &Record<'_>,
        standing: classify::Standing,
    ) -> (ErrorKey, ErrorClass, Outcome) {
        let told = standing.outcome.is_bad()
            || (standing.outcome == Outcome::Pending && classify::has_error(record));
        if !told {
            return (ErrorKey::default(), ErrorClass::None, standing.outcome);
        }
        let http = record.get(Field::HttpStatus).and_then(values::http_status);
        let word = match http {
            Some(status) if status >= 400 => format!("HTTP {status}"),
            _ => record
                .get(Field::Status)
                .or_else(|| record.get(Field::Kind))
                .unwrap_or("")
                .to_owned(),
        };
        let words = classify::payment_error(record, standing, &word);
        let got = self
            .part
            .errors
            .add(&words, true, &mut self.part.names, &self.ctx.classes);
        let open = got.open || got.class == ErrorClass::UpstreamTimeout;
        let outcome = match standing.outcome {
            Outcome::Failed if open => Outcome::Unknown,
            // An orchestrator still waits for an answer that the upstream never gave.
            Outcome::Pending if got.class.is_upstream() => Outcome::Unknown,
            other => other,
        };
        (got.key, got.class, outcome)
    }

    fn call(&mut self, record: &Record<'_>, time: Time, plan: &Plan) {
        let status = classify::call_status(record);
        let exchange = self.call_exchange(record);
        let (component, component_from) = self.component(record, exchange, plan);
        let (error, class) = self.call_error(record, status);
        let is_probe = classify::is_probe(record);
        let may_be_lone = self.may_be_lone(record);
        let timing = Timing::of(record, time);
        let (time, duration_us, lone_stamp) = self.times_of_call(&timing, may_be_lone);
        let links = Builder::call_links(record);
        let nameless = links.iter().all(|l| !l.is_some());
        let call = Call {
            time,
            duration_us,
            links,
            exchange,
            component,
            caller: self.caller(record, plan),
            http_status: status.unwrap_or(0),
            class,
            error,
            is_probe,
            source: self.source(record),
        };
        self.part.calls.push(RawCall {
            call,
            print: if nameless {
                fingerprint(record)
            } else {
                request_print(record)
            },
            lone_stamp,
            component: component_from,
        });
    }

    pub(super) fn call_error(
        &mut self,
        record: &Record<'_>,
        status: Option<u16>,
    ) -> (ErrorKey, ErrorClass) {
        if !classify::call_failed(record, status, &mut self.words) {
            return (ErrorKey::default(), ErrorClass::None);
        }
        let words = classify::call_error(record, status);
        let got = self
            .part
            .errors
            .add(&words, false, &mut self.part.names, &self.ctx.classes);
        (got.key, got.class)
    }

    /// Whether the record is a request of which nothing tells that it went to an exchange: no exchange is named,
    /// nothing links it to a payment, and neither its fields nor the file's name say that it was made, not served.
    fn is_nobodys(&mut self, record: &Record<'_>) -> bool {
        let links = Builder::links(record);
        let linked = links[0].is_some()
            || (links.iter().any(|l| l.is_some()) && !record.has(Field::ClientAddress));
        !linked
            && !classify::is_probe(record)
            && !record.has(Field::UpstreamStatus)
            && !place::is_outbound_file(&self.ctx.shown)
            && self.named_exchange(record).is_none()
    }

    /// The exchange of a call: its own field; the service, where a caller is named beside it; `NAME=` or the
    /// mapping; the host; the service; the file's name; at last a stand-in.
    pub(super) fn call_exchange(&mut self, record: &Record<'_>) -> Sym {
        if let Some(exchange) = self.named_exchange(record) {
            return exchange;
        }
        self.tally.unnamed_calls += 1;
        self.part.names.intern(place::UNNAMED)
    }

    fn named_exchange(&mut self, record: &Record<'_>) -> Option<Sym> {
        let far = record.get(Field::Host).is_some_and(classify::is_far_host);
        let called = record
            .get(Field::Service)
            .filter(|s| record.has(Field::Caller) && !(far && place::is_component_word(s)));
        let url = record.get(Field::Path).filter(|p| p.contains("://"));
        let is_request = [Field::Path, Field::HttpMethod, Field::HttpStatus]
            .iter()
            .any(|&f| record.has(f));
        let stated = [
            record.get(Field::Exchange),
            called,
            self.ctx.exchange.as_deref(),
        ];
        let shown = [
            record.get(Field::Host).filter(|h| classify::is_far_host(h)),
            url,
            record
                .get(Field::Service)
                .filter(|s| !classify::is_client_of_exchange(s)),
            self.file_exchange.as_deref(),
            // without a request beside it, it is the machine that wrote the log
            record.get(Field::Host).filter(|_| is_request),
        ];
        let telling = shown
            .into_iter()
            .flatten()
            .filter(|t| !place::tells_nothing(t));
        for text in stated.into_iter().flatten().chain(telling) {
            let sym = self.texts.exchange(Some(text), &mut self.part.names);
            if sym.is_some() {
                return Some(sym);
            }
        }
        None
    }

    fn component(
        &mut self,
        record: &Record<'_>,
        exchange: Sym,
        plan: &Plan,
    ) -> (Sym, ComponentFrom) {
        let far = record.get(Field::Host).is_some_and(classify::is_far_host);
        let service = record.get(Field::Service).filter(|s| {
            let beside = record.has(Field::Exchange) && !record.has(Field::Caller);
            plan.service_is_component && beside || far && place::is_component_word(s)
        });
        let from = [
            (
                record.get(Field::Component).or(service),
                ComponentFrom::Stated,
            ),
            (record.get(Field::Path), ComponentFrom::Derived),
            (record.get(Field::Operation), ComponentFrom::Derived),
        ];
        for (text, how) in from {
            let Some(text) = text else { continue };
            let sym = self
                .texts
                .component(text, exchange, how, &mut self.part.names);
            if sym.is_some() {
                return (sym, how);
            }
            if how == ComponentFrom::Stated {
                return (Sym::NONE, how);
            }
        }
        (Sym::NONE, ComponentFrom::Nothing)
    }

    fn caller(&mut self, record: &Record<'_>, plan: &Plan) -> Sym {
        let url = record.get(Field::Path).is_some_and(|p| p.contains("://"));
        let writer = record.get(Field::Service).filter(|s| {
            let stated = record.has(Field::Exchange) && !plan.service_is_component;
            // Who writes whole URLs down made the requests.
            stated || url && !record.has(Field::Exchange) && !place::is_component_word(s)
        });
        let caller = record
            .get(Field::Caller)
            .or_else(|| record.get(Field::Merchant))
            .or(writer);
        self.name(caller)
    }

    fn note(&mut self, record: &Record<'_>, time: Time) {
        let text = record
            .get(Field::Message)
            .or_else(|| record.get(Field::Kind))
            .unwrap_or("");
        if !text.is_empty() {
            self.part.notes.push(Note {
                time,
                text: Arc::from(text),
                source: self.source(record),
            });
        }
    }

    fn incident(&mut self, raw: &RawIncident) -> Option<StatusIncident> {
        let mut read = |stamp: Option<Stamp>| stamp.map(|s| self.clock.read(s));
        let mut updates: Vec<StatusUpdate> = Vec::new();
        for update in &raw.updates {
            if let Some(time) = read(update.time) {
                updates.push(StatusUpdate {
                    time,
                    status: Arc::from(update.status.to_lowercase()),
                    body: Arc::from(update.body.as_str()),
                });
            }
        }
        updates.sort_by_key(|u| u.time);
        let (created, started, resolved) =
            (read(raw.created), read(raw.started), read(raw.resolved));
        let (planned, planned_end) = (read(raw.scheduled_for), read(raw.scheduled_until));
        let first_word = updates.first().map(|u| u.time);
        let planned = planned.filter(|_| raw.scheduled);
        let start = planned.or(started).or(created).or(first_word)?;
        let closing =
            |u: &&StatusUpdate| matches!(&*u.status, "resolved" | "completed" | "postmortem");
        let end = resolved
            .or_else(|| updates.iter().find(closing).map(|u| u.time))
            .or(planned_end.filter(|_| raw.scheduled));
        let page = raw.page.as_deref().map(|p| {
            let lower = p.to_lowercase();
            lower
                .trim_end_matches("page")
                .trim_end()
                .trim_end_matches("status")
                .trim()
                .to_owned()
        });
        let stated = [
            self.ctx.exchange.as_deref(),
            page.as_deref(),
            raw.page_url.as_deref(),
        ];
        let name = stated.into_iter().flatten().find_map(place::exchange_name);
        let name = name
            .or_else(|| self.file_exchange.clone())
            .unwrap_or_default();
        Some(StatusIncident {
            exchange: self.part.names.intern(&name),
            title: Arc::from(raw.title.as_str()),
            impact: Arc::from(raw.impact.as_deref().unwrap_or("none").to_lowercase()),
            start,
            acknowledged: first_word.into_iter().chain(created).min().unwrap_or(start),
            end: end.filter(|&e| e >= start),
            scheduled: raw.scheduled,
            components: raw
                .components
                .iter()
                .map(|c| Arc::from(c.as_str()))
                .collect(),
            updates,
            source: SourceRef {
                input: self.ctx.index,
                line: raw.line,
            },
        })
    }

    fn name(&mut self, text: Option<&str>) -> Sym {
        text.filter(|t| IdHash::of(t).is_some())
            .map_or(Sym::NONE, |t| self.part.names.intern(t))
    }

    pub(super) fn text_if(&mut self, wanted: bool, text: Option<&str>) -> Sym {
        text.filter(|_| wanted)
            .map_or(Sym::NONE, |t| self.part.names.intern(t))
    }

    fn currency(&mut self, record: &Record<'_>) -> Sym {
        self.texts
            .currency(record.get(Field::Currency), &mut self.part.names)
    }

    pub(super) fn amount(
        &mut self,
        text: Option<&str>,
        minor: bool,
        currency: Sym,
        plan: &Plan,
    ) -> Option<rust_decimal::Decimal> {
        let currency = self.part.names.text(currency);
        match values::amount(text?, currency, minor, plan.comma) {
            values::Money::Exact(amount) => return Some(amount),
            values::Money::Ambiguous => self.tally.ambiguous_amounts += 1,
            values::Money::Unreadable => self.tally.unread_amounts += 1,
        }
        None
    }

    /// Lone stamps are ends: works the starts out.
    fn shift_lone_stamps(&mut self) {
        for piece in self.part.pieces.iter_mut().filter(|p| p.lone_stamp) {
            let took = i64::from(piece.fact.duration_ms.unwrap_or(0));
            piece.fact.start = piece.fact.start.plus_millis(-took);
        }
        for raw in self.part.calls.iter_mut().filter(|c| c.lone_stamp) {
            raw.call.time = before(raw.call.time, raw.call.duration_us);
        }
    }

    /// Takes out a handful of records years away from all others: broken clocks, not events.
    fn drop_strays(&mut self) {
        let part = &mut self.part;
        let times = || {
            let pieces = part.pieces.iter().map(|p| p.fact.time);
            let calls = part.calls.iter().map(|c| c.call.time);
            pieces.chain(calls).chain(part.notes.iter().map(|n| n.time))
        };
        if reach(times()).is_none_or(|all| all.secs() <= YEAR_SECS) {
            return;
        }
        let mut times: Vec<Time> = times().collect();
        let Some(bounds) = plausible(&mut times) else {
            return;
        };
        let before = times.len();
        part.pieces.retain(|p| bounds.contains(p.fact.time));
        part.calls.retain(|c| bounds.contains(c.call.time));
        part.notes.retain(|n| bounds.contains(n.time));
        let dropped = before - part.pieces.len() - part.calls.len() - part.notes.len();
        if dropped > 0 {
            part.summary.warnings.push(format!(
                "{} more than a year away from all others left out: the time stamp is wrong",
                counted(dropped as u64, "record")
            ));
        }
    }

    /// Components worked out from paths tell parts of an exchange apart only where failed calls have paths too.
    /// Where more of an exchange's failed calls have none than have one, they are dropped.
    fn drop_uneven_components(&mut self) {
        let mut seen: HashMap<Sym, Evenness> = HashMap::new();
        for raw in &self.part.calls {
            let even = seen.entry(raw.call.exchange).or_default();
            let failed = raw.call.class != ErrorClass::None;
            match raw.component {
                ComponentFrom::Derived if failed => even.failed_with += 1,
                ComponentFrom::Nothing if failed => even.failed_without += 1,
                ComponentFrom::Derived => even.with = true,
                _ => {}
            }
        }
        for raw in &mut self.part.calls {
            let uneven = seen
                .get(&raw.call.exchange)
                .is_some_and(Evenness::is_uneven);
            if raw.component == ComponentFrom::Derived && uneven {
                raw.call.component = Sym::NONE;
            }
        }
    }

    /// Pending records kept their ids for the case that nothing else came; where the attempt succeeded, they go.
    fn forget_ids_of_succeeded(&mut self) {
        let of = |p: &Piece| {
            let merchant = Some(p.fact.merchant).filter(|_| p.merchant_stated);
            (p.fact.links[0], merchant)
        };
        let are = |outcome| move |p: &&Piece| p.fact.outcome == outcome;
        let pieces = &self.part.pieces;
        let pending: FastSet<_> = pieces
            .iter()
            .filter(are(Outcome::Pending))
            .map(of)
            .collect();
        let succeeded = pieces.iter().filter(are(Outcome::Succeeded)).map(of);
        let succeeded: FastSet<_> = succeeded.filter(|id| pending.contains(id)).collect();
        for piece in &mut self.part.pieces {
            if piece.fact.outcome == Outcome::Pending && succeeded.contains(&of(piece)) {
                piece.fact.id = Sym::NONE;
                piece.fact.order_text = Sym::NONE;
            }
        }
    }

    fn summarise(&mut self) {
        let part = &mut self.part;
        let majority = self.plan.map_or(Kind::Other, |p| p.majority);
        let role = if !part.statuses.is_empty() {
            Role::Status
        } else if part.pieces.is_empty() && part.calls.is_empty() && part.notes.is_empty() {
            Role::Other
        } else if part.calls.len() > part.pieces.len() {
            Role::Exchange
        } else if part.pieces.is_empty() {
            Role::Notes
        } else if part.calls.is_empty() {
            Role::Payments
        } else {
            majority.role()
        };
        let summary = &mut part.summary;
        summary.role = self.ctx.role.unwrap_or(role);
        summary.events =
            (part.pieces.len() + part.calls.len() + part.statuses.len() + part.notes.len()) as u64;
        let times = || {
            part.pieces
                .iter()
                .flat_map(|p| [p.fact.start, p.fact.time])
                .chain(part.calls.iter().map(|c| c.call.time))
                .chain(part.notes.iter().map(|n| n.time))
                .chain(part.statuses.iter().map(|s| s.start))
        };
        let reach = reach(times());
        summary.first = reach.map(|r| r.start);
        summary.last = reach.map(|r| r.end);
        let exchanges = part.calls.iter().map(|c| c.call.exchange);
        summary.exchange = only(exchanges.chain(part.statuses.iter().map(|s| s.exchange)));
        summary.merchant = only(part.pieces.iter().map(|p| p.fact.merchant));
        (summary.zone, summary.zone_from) = self.clock.zone();
        let (events, plan) = (summary.events, self.plan.as_ref());
        self.tally
            .warn(&self.ctx, plan, events, &mut summary.warnings);
        summary.is_newest_first = self.tally.is_newest_first();
        self.clock.warn(&mut summary.warnings);
    }
}

#[derive(Default)]
struct Evenness {
    with: bool,
    failed_with: u64,
    failed_without: u64,
}

impl Evenness {
    fn is_uneven(&self) -> bool {
        self.failed_without > self.failed_with && (self.with || self.failed_with > 0)
    }
}

/// The one symbol that all share; `NONE` when they differ or there are none.
fn only(mut syms: impl Iterator<Item = Sym>) -> Sym {
    let Some(first) = syms.next() else {
        return Sym::NONE;
    };
    if syms.all(|s| s == first) {
        first
    } else {
        Sym::NONE
    }
}

/// From the first to the last of the times.
fn reach(times: impl Iterator<Item = Time>) -> Option<Span> {
    times.fold(None, |all: Option<Span>, t| {
        let one = Span::new(t, t);
        Some(all.map_or(one, |a| a.union(&one)))
    })
}

/// Records more than this away from all others have a wrong stamp, in seconds.
const YEAR_SECS: f64 = 366.0 * 86_400.0;

/// All but a handful of the times, and a year to either side; `None` when there are too few to tell.
fn plausible(times: &mut [Time]) -> Option<Span> {
    let handful = match times.len() {
        0..5 => return None,
        5..20 => 1,
        many => (many / 1000).max(3),
    };
    let last = times.len() - 1;
    let low = *times.select_nth_unstable(handful).1;
    let high = *times.select_nth_unstable(last - handful).1;
    Some(Span::new(
        low.plus_secs(-YEAR_SECS),
        high.plus_secs(YEAR_SECS),
    ))
}

/// Whether the record's own stamp is its end, and says so.
pub(super) fn is_stamped_at_end(time: Option<Stamp>, end: Option<Stamp>) -> bool {
    end.is_some() && time.is_none_or(|t| Some(t) == end)
}

fn before(time: Time, duration_us: Option<u32>) -> Time {
    Time(
        time.0
            .saturating_sub(i64::from(duration_us.unwrap_or(0)) * 1000),
    )
}

fn micros(start: Time, end: Time) -> Option<u32> {
    u32::try_from(end.0.checked_sub(start.0)? / 1000).ok()
}

fn millis(start: Time, end: Time) -> Option<u32> {
    u32::try_from(end.0.checked_sub(start.0)? / 1_000_000).ok()
}

fn owned(record: &Record<'_>) -> Record<'static> {
    let mut copy = Record::new(record.line);
    copy.time = record.time;
    copy.start = record.start;
    copy.end = record.end;
    copy.duration_unit = record.duration_unit;
    copy.amount_in_minor_units = record.amount_in_minor_units;
    copy.is_probe = record.is_probe;
    for (field, text) in record.present() {
        copy.set(field, text.to_owned());
    }
    copy
}
