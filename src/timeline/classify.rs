//! What kind of fact a record states, and the fact itself: the one place that knows both `Record` and events.
//!
//! A record is judged by its *shape* (which fields it has) and by the word of its `kind` field. Clear shapes stand
//! for themselves; weak ones follow the majority of their input, so that a payment with few fields in a file of
//! payments is still a payment. Finding out which payment a call belongs to is attribution's business.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{DurationUnit, ErrorClass, Field, Outcome, Record, Role};

use super::errors::ErrorWords;
use super::outcome::{StatusMeaning, StatusWords, status_meaning};
use super::place::stem_of_file;
use super::values::{CommaStyle, comma_style, http_status};

/// What a record states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A step of a payment attempt.
    Payment,
    /// A request to an exchange.
    Call,
    /// A remark.
    Note,
    /// Nothing that the analysis uses.
    Other,
}

impl Kind {
    /// The contract's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Kind::Payment => "payment",
            Kind::Call => "call",
            Kind::Note => "note",
            Kind::Other => "other",
        }
    }

    /// The role of an input that is mostly of this kind.
    pub(super) fn role(self) -> Role {
        match self {
            Kind::Payment => Role::Payments,
            Kind::Call => Role::Exchange,
            Kind::Note => Role::Notes,
            Kind::Other => Role::Other,
        }
    }
}

/// A record's own vote on its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Vote {
    /// What it looks like.
    pub(super) kind: Kind,
    /// Whether it can be nothing else, whatever the rest of the input is.
    pub(super) clear: bool,
}

/// Which fields are present.
#[derive(Clone, Copy)]
struct Shape(u64);

impl Shape {
    fn of(record: &Record<'_>) -> Shape {
        Shape(
            record
                .present()
                .fold(0, |bits, (field, _)| bits | 1 << field as u64),
        )
    }

    fn any(self, fields: &[Field]) -> bool {
        fields.iter().any(|&f| self.0 & (1 << f as u64) != 0)
    }

    fn has(self, field: Field) -> bool {
        self.any(&[field])
    }
}

const MONEY: &[Field] = &[Field::Amount, Field::Currency];
/// What only a payment's record knows; the merchant is not among them, since a gateway's log names it too.
const BUYER: &[Field] = &[Field::Method, Field::CustomerId, Field::RetryOf];
const PAYMENT_IDS: &[Field] = &[Field::PaymentId, Field::OrderId];
const ERRORS: &[Field] = &[Field::ErrorCode, Field::ErrorMessage, Field::ErrorType];
const REQUEST: &[Field] = &[Field::HttpMethod, Field::Path, Field::Host];
const RESULT: &[Field] = &[
    Field::Status,
    Field::HttpStatus,
    Field::Duration,
    Field::ErrorCode,
    Field::ErrorMessage,
    Field::ErrorType,
];

/// What the record looks like, judged by itself.
pub(super) fn vote(record: &Record<'_>) -> Vote {
    let clear = |kind| Vote { kind, clear: true };
    let weak = |kind| Vote { kind, clear: false };
    if let Some(kind) = record.get(Field::Kind).and_then(kind_of_word) {
        return clear(kind);
    }
    if is_probe(record) {
        return clear(Kind::Call);
    }
    let shape = Shape::of(record);
    let amount = shape.has(Field::Amount);
    let buyer = shape.any(BUYER);
    let result = shape.any(RESULT);
    let ids = shape.any(PAYMENT_IDS);
    if shape.any(&[Field::Caller, Field::UpstreamStatus]) && !amount {
        let kind = Kind::Call;
        return if result { clear(kind) } else { weak(kind) };
    }
    if ids && (amount || buyer) && !shape.has(Field::HttpMethod) {
        return clear(Kind::Payment);
    }
    let far = record.get(Field::Host).is_some_and(is_far_host);
    let names_exchange = far || shape.any(&[Field::Exchange, Field::Component]);
    let merchant = shape.has(Field::Merchant);
    if shape.has(Field::HttpMethod) && shape.any(&[Field::Path, Field::Host]) {
        // a merchant's own API serves payments; an exchange's is called
        let own = shape.has(Field::PaymentId) && (buyer || (merchant && !names_exchange));
        return if own {
            weak(Kind::Payment)
        } else {
            clear(Kind::Call)
        };
    }
    // a call is made for a payment; what was sold, and by whom, is the payment's own to tell
    let sale = shape.has(Field::OrderId) && merchant;
    let by_client = record
        .get(Field::Service)
        .is_some_and(is_client_of_exchange);
    if by_client && !amount && !buyer && !sale {
        return weak(Kind::Call);
    }
    let upstream = names_exchange || shape.has(Field::HttpMethod);
    if shape.has(Field::PaymentId) && shape.has(Field::Status) && !upstream {
        return clear(Kind::Payment);
    }
    if upstream && !amount && !buyer && result {
        let names_request = shape.any(REQUEST) || shape.any(&[Field::Operation, Field::Component]);
        // an answer's status and no word for the payment's own
        let answered =
            shape.has(Field::HttpStatus) && !shape.any(&[Field::Status, Field::Currency]) && !sale;
        if names_request || answered || !ids {
            return weak(Kind::Call);
        }
    }
    if ids && (result || shape.any(MONEY) || merchant || shape.has(Field::Message)) {
        return weak(Kind::Payment);
    }
    if shape.any(MONEY) && result {
        return weak(Kind::Payment);
    }
    if shape.any(&[Field::Path, Field::Operation]) && result {
        return weak(Kind::Call);
    }
    weak(Kind::Other)
}

/// Whether a service is what calls exchanges, by its name, and no more than that: `exchange_client`,
/// `ExchangeGateway`. One that says more, `binance-exchange-connector`, names an exchange or another trade.
pub(super) fn is_client_of_exchange(service: &str) -> bool {
    const CLIENTS: [&str; 5] = ["client", "gateway", "connector", "adapter", "proxy"];
    static NAMES_NONE: LazyLock<Regex> = LazyLock::new(|| {
        let fillers = "crypto|service|svc|http|rest|api";
        let words = format!("exchanges?|{fillers}|{}", CLIENTS.join("|"));
        Regex::new(&format!("^(?:[^a-z]*(?:{words}))+[^a-z]*$")).expect("a fixed pattern")
    });
    let name = service.to_lowercase();
    name.contains("exchange")
        && CLIENTS.iter().any(|c| name.contains(c))
        && NAMES_NONE.is_match(&name)
}

/// A host with a domain: one that is called. A bare `web-1` is the machine that wrote the log.
pub(super) fn is_far_host(host: &str) -> bool {
    host.contains('.') && host.bytes().any(|b| b.is_ascii_alphabetic())
}

/// The kind that a `kind`, `type` or `event` word states; `None` for a word that states none.
fn kind_of_word(word: &str) -> Option<Kind> {
    const TABLE: &[(Kind, &[&str])] = &[
        (
            Kind::Call,
            &[
                "call",
                "http_request",
                "http.request",
                "api_request",
                "exchange_request",
                "request_log",
                "upstream",
                "access",
                "http",
                "https",
                "h2",
                "outbound",
                "egress",
                "client_request",
                "api.call",
                "probe",
                "healthcheck",
                "health_check",
                "heartbeat",
                "exchange.",
            ],
        ),
        (
            Kind::Note,
            &[
                "note",
                "alert",
                "deploy",
                "release",
                "rollback",
                "incident",
                "chat",
                "annotation",
                "page",
                "maintenance",
                "feature_flag",
            ],
        ),
        (
            Kind::Payment,
            &[
                "payment",
                "charge",
                "checkout",
                "transaction",
                "authorisation",
                "authorization",
                "capture",
                "pay",
                "order",
                "invoice",
                "purchase",
                "txn",
            ],
        ),
    ];
    let word = word.trim().to_lowercase();
    TABLE
        .iter()
        .find(|(_, words)| {
            words.iter().any(|w| begins(&word, w)) || words.iter().any(|w| ends(&word, w))
        })
        .map(|(kind, _)| *kind)
}

/// Whether `word` is `stem`, or begins with it before a separator (`payment.failed`, `charge:confirmed`).
fn begins(word: &str, stem: &str) -> bool {
    word.strip_prefix(stem).is_some_and(|rest| {
        rest.is_empty() || stem.ends_with('.') || !rest.starts_with(char::is_alphanumeric)
    })
}

/// Whether `word` ends with `stem` after a separator (`exchange_call`).
fn ends(word: &str, stem: &str) -> bool {
    word.strip_suffix(stem)
        .is_some_and(|rest| rest.ends_with(['.', '_', '-', ':', ' ']))
}

/// A monitor's check: stated, or told by a status of `up` or `down`.
pub(super) fn is_probe(record: &Record<'_>) -> bool {
    let up_or_down = |s: &str| s.eq_ignore_ascii_case("up") || s.eq_ignore_ascii_case("down");
    record.is_probe
        || (record.get(Field::Status).is_some_and(up_or_down) && !record.has(Field::PaymentId))
}

/// Whether a file's name says that its lines of text are what people and machines noted: deploys, alerts, chat.
pub(super) fn is_notes_file(shown: &str, format: &str) -> bool {
    const WORDS: &[&str] = &[
        "deploy", "release", "alert", "pager", "notes", "chat", "changes",
    ];
    let stem = stem_of_file(shown);
    let mut words = stem.split(|c: char| !c.is_ascii_alphanumeric());
    format == "text" && words.any(|word| WORDS.iter().any(|w| word.starts_with(w)))
}

/// How the records of one input are read, decided on a sample of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// What most of its records are.
    pub(super) majority: Kind,
    /// Whether it holds a good part of both payments and calls, so that each record speaks for itself.
    pub(super) mixed: bool,
    /// Whether less than half of its records are payments or calls.
    pub(super) mostly_other: bool,
    /// In calls that name an exchange, whether `service` tells components apart (else it is who wrote the log).
    pub(super) service_is_component: bool,
    /// Whether it looks like the merchant's own web server log, which tells nothing of an exchange.
    pub(super) own_web_log: bool,
    /// What a comma means in its amounts.
    pub(super) comma: CommaStyle,
}

impl Plan {
    /// A minority from this share on makes an input mixed.
    const MIXED_FROM: f64 = 0.1;

    /// Decides on a sample.
    pub(super) fn of(sample: &[Record<'_>]) -> Plan {
        let count = |kind: Kind| sample.iter().filter(|r| vote(r).kind == kind).count();
        let (payments, calls, notes) = (count(Kind::Payment), count(Kind::Call), count(Kind::Note));
        let majority = if payments.max(calls) == 0 {
            if notes > 0 { Kind::Note } else { Kind::Other }
        } else if calls > payments {
            Kind::Call
        } else {
            Kind::Payment
        };
        let smaller = payments.min(calls) as f64;
        Plan {
            majority,
            mixed: smaller >= Plan::MIXED_FROM * (payments + calls) as f64 && smaller > 0.0,
            mostly_other: (payments + calls) * 2 < sample.len(),
            service_is_component: distinct(sample, Field::Service) > 1,
            own_web_log: browsers(sample) * 2 > sample.len(),
            comma: sample
                .iter()
                .filter_map(|r| r.get(Field::Amount))
                .map(comma_style)
                .find(|&s| s != CommaStyle::Unknown)
                .unwrap_or_default(),
        }
    }

    /// The kind of a record, given what its input is (and what the user said that it is).
    pub(super) fn kind(&self, record: &Record<'_>, role: Option<Role>) -> Kind {
        let vote = vote(record);
        match role {
            Some(role) => kind_by_role(record, vote, role),
            None if vote.kind == Kind::Call && self.own_web_log => Kind::Other,
            None if vote.clear || self.mixed => vote.kind,
            None if fits(record, self.majority) => self.majority,
            None => vote.kind,
        }
    }
}

fn kind_by_role(record: &Record<'_>, vote: Vote, role: Role) -> Kind {
    let stated = record.has(Field::Kind) && vote.clear;
    match role {
        Role::Payments if stated && vote.kind != Kind::Payment => vote.kind,
        Role::Exchange if stated && vote.kind == Kind::Note => Kind::Note,
        Role::Payments if fits(record, Kind::Payment) => Kind::Payment,
        Role::Exchange if fits(record, Kind::Call) => Kind::Call,
        Role::Notes => Kind::Note,
        _ => Kind::Other,
    }
}

/// Whether the record has the least that a fact of this kind needs.
fn fits(record: &Record<'_>, kind: Kind) -> bool {
    let shape = Shape::of(record);
    match kind {
        Kind::Payment => {
            shape.any(PAYMENT_IDS)
                || shape.any(MONEY)
                || ((shape.has(Field::Status) || shape.has(Field::HttpStatus))
                    && !shape.has(Field::Caller))
        }
        Kind::Call => {
            shape.any(&[
                Field::Status,
                Field::HttpStatus,
                Field::UpstreamStatus,
                Field::Duration,
            ]) || shape.any(ERRORS)
        }
        Kind::Note => shape.any(&[Field::Message, Field::Kind]),
        Kind::Other => true,
    }
}

fn distinct(sample: &[Record<'_>], field: Field) -> usize {
    let mut texts: Vec<&str> = sample.iter().filter_map(|r| r.get(field)).collect();
    texts.sort_unstable();
    texts.dedup();
    texts.len()
}

fn browsers(sample: &[Record<'_>]) -> usize {
    let browser = |r: &&Record<'_>| {
        r.get(Field::UserAgent)
            .is_some_and(|ua| ua.starts_with("Mozilla/"))
            && !r.has(Field::Exchange)
    };
    sample.iter().filter(browser).count()
}

/// How a payment's record says that it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Before the error's class has its say.
    pub(super) outcome: Outcome,
    /// What the status word tells of the failure; `Unknown` when nothing.
    pub(super) class: ErrorClass,
    /// Whether a status was there that nothing is known about.
    pub(super) strange_status: bool,
}

/// How the attempt stands after this record: by its status word, else its kind (`payment.failed`), its HTTP status,
/// its error, and at last its level and text.
pub(super) fn standing(record: &Record<'_>, words: &mut StatusWords) -> Standing {
    let status = record.get(Field::Status);
    let has_error = has_error(record);
    if let Some(meaning) = status.and_then(|s| words.meaning(s)) {
        let retried =
            status.is_some_and(|s| s.eq_ignore_ascii_case("requires_payment_method")) && has_error;
        let decided = meaning.class == ErrorClass::Unknown && says_rejected(record);
        return Standing {
            outcome: if retried {
                Outcome::Failed
            } else {
                meaning.outcome
            },
            class: if decided {
                ErrorClass::BusinessDecline
            } else {
                meaning.class
            },
            strange_status: false,
        };
    }
    let meaning = record
        .get(Field::Kind)
        .and_then(|k| words.meaning(k))
        .filter(|m| m.outcome != Outcome::Pending)
        .or_else(|| {
            record
                .get(Field::HttpStatus)
                .and_then(http_status)
                .and_then(by_http(has_error))
        })
        .or_else(|| has_error.then_some(FAILED))
        .or_else(|| by_text(record));
    Standing {
        outcome: meaning.map_or(Outcome::Pending, |m| m.outcome),
        class: meaning.map_or(ErrorClass::Unknown, |m| m.class),
        strange_status: status.is_some(),
    }
}

const FAILED: StatusMeaning = StatusMeaning {
    outcome: Outcome::Failed,
    class: ErrorClass::Unknown,
};

/// A rejection that came with a good HTTP status (or without one) is a decision, not a breakdown.
fn says_rejected(record: &Record<'_>) -> bool {
    let rejected = record
        .get(Field::Status)
        .is_some_and(|s| s.to_ascii_lowercase().contains("reject"));
    let status = record.get(Field::HttpStatus).and_then(http_status);
    rejected && status.is_none_or(|s| (200..300).contains(&s))
}

fn by_http(has_error: bool) -> impl Fn(u16) -> Option<StatusMeaning> {
    move |status| match status {
        202 if !has_error => None,
        200..=299 if !has_error => Some(StatusMeaning {
            outcome: Outcome::Succeeded,
            class: ErrorClass::None,
        }),
        400..=599 => Some(FAILED),
        _ => None,
    }
}

/// The last resort, for text logs: an error's level, or a word of the message.
fn by_text(record: &Record<'_>) -> Option<StatusMeaning> {
    let bad_level = record.get(Field::Level).is_some_and(|l| {
        ["error", "err", "fatal", "critical", "crit"]
            .iter()
            .any(|w| l.eq_ignore_ascii_case(w))
    });
    let text = record.get(Field::Message).or(record.get(Field::Detail));
    let said = text.and_then(status_meaning);
    match said {
        Some(meaning) if !bad_level || meaning.outcome == Outcome::Failed => Some(meaning),
        _ => bad_level.then_some(FAILED),
    }
}

/// Whether the record states an error (a code that means success is none).
pub(super) fn has_error(record: &Record<'_>) -> bool {
    error_code(record).is_some()
        || record.get(Field::ErrorMessage).is_some_and(says_something)
        || record.get(Field::ErrorType).is_some_and(says_something)
}

/// The error's code, unless it is one of success.
fn error_code<'a>(record: &'a Record<'_>) -> Option<&'a str> {
    record.get(Field::ErrorCode).filter(|code| {
        let zero = code.bytes().all(|b| b == b'0');
        !zero && says_something(code) && *code != "200" && !code.eq_ignore_ascii_case("approved")
    })
}

fn says_something(text: &str) -> bool {
    ![
        "-",
        "null",
        "none",
        "nil",
        "ok",
        "success",
        "false",
        "n/a",
        "undefined",
        "{}",
        "[]",
    ]
    .iter()
    .any(|w| text.eq_ignore_ascii_case(w))
}

/// The words of a failed payment's error. Its own HTTP status is the merchant's: only a gateway's 502 and 504 and
/// the client errors tell what went wrong, a bare 500 or 503 does not.
pub(super) fn payment_error<'a>(
    record: &'a Record<'_>,
    standing: Standing,
    status_word: &'a str,
) -> ErrorWords<'a> {
    let status = record.get(Field::HttpStatus).and_then(http_status);
    let mut words = error_words(record);
    words.http_status = status.filter(|s| matches!(s, 400..=498 | 502 | 504) && *s != 460);
    words.status = Some(status_word);
    let left = matches!(status, Some(460 | 499));
    // Many shops call each failure declined: words of its own that nobody knows leave it open.
    let own = [words.code, words.message, words.error_type];
    let says_more = own
        .iter()
        .flatten()
        .any(|t| !t.eq_ignore_ascii_case(status_word));
    words.fallback = if left {
        ErrorClass::UserCancelled
    } else if says_more && standing.class == ErrorClass::BusinessDecline {
        ErrorClass::Unknown
    } else {
        standing.class
    };
    words
}

/// The words of a call's error: the HTTP status is the exchange's own.
pub(super) fn call_error<'a>(record: &'a Record<'_>, status: Option<u16>) -> ErrorWords<'a> {
    let mut words = error_words(record);
    if is_probe(record) && status.is_some() {
        words = ErrorWords::default();
    }
    words.http_status = status;
    words.status = record.get(Field::Status);
    let by_status = words.status.and_then(status_meaning).map(|m| m.class);
    words.fallback = match by_status {
        Some(class) if class != ErrorClass::Unknown && class != ErrorClass::None => class,
        _ if says_internal_error(&words) => ErrorClass::UpstreamUnavailable,
        _ => ErrorClass::Unknown,
    };
    words
}

/// An "internal error" in the answer to a call is the exchange's own.
fn says_internal_error(words: &ErrorWords<'_>) -> bool {
    [words.code, words.message, words.error_type]
        .iter()
        .flatten()
        .any(|text| {
            let text = text.to_ascii_lowercase().replace(['_', '-'], " ");
            text.contains("server error") || text.contains("internal error")
        })
}

fn error_words<'a>(record: &'a Record<'_>) -> ErrorWords<'a> {
    let code = error_code(record);
    let told = code.is_some()
        || [Field::ErrorMessage, Field::Detail, Field::ErrorType]
            .iter()
            .any(|&f| record.has(f));
    ErrorWords {
        code,
        message: record
            .get(Field::ErrorMessage)
            .or(record.get(Field::Detail))
            .filter(|t| says_something(t))
            .or_else(|| record.get(Field::Message).filter(|_| !told)),
        error_type: record.get(Field::ErrorType).filter(|t| says_something(t)),
        ..ErrorWords::default()
    }
}

/// HTTP status of a call: its own field, the proxy's upstream status, or a numeric status.
pub(super) fn call_status(record: &Record<'_>) -> Option<u16> {
    [Field::HttpStatus, Field::UpstreamStatus, Field::Status]
        .into_iter()
        .find_map(|f| record.get(f).and_then(http_status).filter(|s| *s < 600))
}

/// Whether a call went wrong.
pub(super) fn call_failed(
    record: &Record<'_>,
    status: Option<u16>,
    words: &mut StatusWords,
) -> bool {
    if status.is_some_and(|s| s == 0 || s >= 400) {
        return true;
    }
    let word = record.get(Field::Status);
    if word.is_some_and(|w| w.eq_ignore_ascii_case("up")) {
        return false;
    }
    if word.is_some_and(|w| w.eq_ignore_ascii_case("down")) {
        return true;
    }
    match word.and_then(|w| words.meaning(w)).map(|m| m.outcome) {
        Some(Outcome::Failed | Outcome::Unknown) => true,
        Some(Outcome::Succeeded) => has_error_code(record),
        _ => {
            has_error(record)
                || (status.is_none()
                    && by_text(record).is_some_and(|m| m.outcome == Outcome::Failed))
        }
    }
}

/// A code that is no success overrules a good status (exchanges answer 200 with an error inside).
fn has_error_code(record: &Record<'_>) -> bool {
    error_code(record).is_some()
}

/// Whether the format stamps a request when it begins: Envoy and Istio (`START_TIME`), HAProxy (accept date),
/// Apache (`%t`; an access log that counts microseconds is Apache's `%D`).
pub(super) fn is_start_stamped(format: &str, record: &Record<'_>) -> bool {
    ["envoy", "istio", "haproxy", "apache"]
        .iter()
        .any(|f| format.contains(f))
        || (record.has(Field::ClientAddress) && record.duration_unit == DurationUnit::Micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fields: &[(Field, &'static str)]) -> Record<'static> {
        let mut r = Record::new(1);
        for (field, text) in fields {
            r.set(*field, *text);
        }
        r
    }

    use Field::{
        Amount, Caller, Component, ErrorCode, ErrorMessage, Exchange, HttpMethod, HttpStatus,
        Level, Message, Operation, OrderId, Path, PaymentId, RequestId, Service, Status,
    };

    #[test]
    fn shapes_vote() {
        for (fields, kind) in [
            // what calls exchanges, of a payment
            (
                &[
                    (PaymentId, "p"),
                    (Service, "exchange_client"),
                    (Status, "ok"),
                    (Message, "binance withdraw ok in 58ms"),
                ][..],
                Kind::Call,
            ),
            // what was sold, by whom: a payment, whatever the service is called
            (
                &[
                    (PaymentId, "p"),
                    (OrderId, "o"),
                    (Field::Merchant, "shop"),
                    (Field::Currency, "BTC"),
                    (Service, "exchange-gateway"),
                    (Status, "failed"),
                ],
                Kind::Payment,
            ),
            // its result an HTTP status
            (
                &[
                    (PaymentId, "p"),
                    (OrderId, "o"),
                    (Field::Merchant, "shop"),
                    (Exchange, "binance"),
                    (HttpStatus, "502"),
                    (Message, "payment failed"),
                ],
                Kind::Payment,
            ),
            // an answer that a gateway logged for a payment
            (
                &[
                    (PaymentId, "p"),
                    (Exchange, "coinhub"),
                    (HttpStatus, "502"),
                    (Message, "POST /v2/charges"),
                ][..],
                Kind::Call,
            ),
            (
                &[
                    (PaymentId, "p"),
                    (Amount, "1"),
                    (Exchange, "binance"),
                    (Status, "ok"),
                ][..],
                Kind::Payment,
            ),
            (
                &[
                    (PaymentId, "p"),
                    (Service, "shop"),
                    (Operation, "pay"),
                    (Path, "/pay"),
                    (Status, "ok"),
                    (HttpStatus, "200"),
                ],
                Kind::Payment,
            ),
            (
                &[
                    (Caller, "shop"),
                    (Service, "bank"),
                    (Status, "true"),
                    (RequestId, "p"),
                ],
                Kind::Call,
            ),
            (
                &[(HttpMethod, "GET"), (Path, "/x"), (HttpStatus, "200")],
                Kind::Call,
            ),
            (
                &[
                    (HttpMethod, "GET"),
                    (Path, "/x"),
                    (HttpStatus, "200"),
                    (PaymentId, "p"),
                    (Exchange, "b"),
                ],
                Kind::Call,
            ),
            (
                &[
                    (Exchange, "b"),
                    (Component, "wallet"),
                    (PaymentId, "p"),
                    (Status, "ok"),
                ],
                Kind::Call,
            ),
            (
                &[(Exchange, "b"), (Status, "up"), (HttpStatus, "200")],
                Kind::Call,
            ),
            (&[(KIND, "payment.failed"), (Message, "x")], Kind::Payment),
            (&[(KIND, "exchange_call"), (Amount, "1")], Kind::Call),
            (&[(KIND, "deploy"), (Message, "v2")], Kind::Note),
            (&[(Level, "info"), (Message, "hello")], Kind::Other),
            (
                &[
                    (Exchange, "b"),
                    (Field::Merchant, "shop"),
                    (Component, "wallet"),
                    (Field::Currency, "BTC"),
                    (PaymentId, "p"),
                    (HttpStatus, "200"),
                ],
                Kind::Call,
            ),
            (
                &[
                    (HttpMethod, "GET"),
                    (Path, "/x"),
                    (Field::Currency, "BTCUSDT"),
                    (Status, "200"),
                ],
                Kind::Call,
            ),
            (
                &[
                    (PaymentId, "p"),
                    (Field::Merchant, "shop"),
                    (Exchange, "b"),
                    (Status, "failed"),
                ],
                Kind::Payment,
            ),
            (
                &[(OrderId, "o"), (Amount, "5"), (Status, "failed")],
                Kind::Payment,
            ),
        ] {
            assert_eq!(vote(&record(fields)).kind, kind, "{fields:?}");
        }
    }

    const KIND: Field = Field::Kind;

    #[test]
    fn only_a_bare_client_of_exchanges_names_none() {
        for bare in [
            "exchange_client",
            "ExchangeGateway",
            "crypto-exchange-proxy-svc-2",
        ] {
            assert!(is_client_of_exchange(bare), "{bare}");
        }
        for other in [
            "binance-exchange-connector",
            "crypto-exchange-payment-gateway",
            "exchange-rates-client",
            "exchange",
            "payment-gateway",
        ] {
            assert!(!is_client_of_exchange(other), "{other}");
        }
    }

    #[test]
    fn a_rare_shape_follows_its_input_and_a_mixed_input_does_not() {
        let payment = record(&[(PaymentId, "p"), (Amount, "1"), (Status, "ok")]);
        let call = record(&[(Exchange, "b"), (Path, "/x"), (HttpStatus, "200")]);
        let bare = record(&[
            (PaymentId, "p"),
            (Exchange, "b"),
            (Operation, "pay"),
            (HttpStatus, "500"),
        ]);
        assert_eq!(vote(&bare).kind, Kind::Call);
        let mut sample = vec![payment.clone(); 50];
        sample.push(bare.clone());
        let plan = Plan::of(&sample);
        assert_eq!(plan.kind(&bare, None), Kind::Payment);
        let mixed = Plan::of(&[vec![payment; 5], vec![call.clone(); 5]].concat());
        assert!(mixed.mixed);
        assert_eq!(mixed.kind(&call, None), Kind::Call);
        assert_eq!(mixed.kind(&bare, None), Kind::Call);
        assert_eq!(mixed.kind(&bare, Some(Role::Payments)), Kind::Payment);
        assert_eq!(mixed.kind(&call, Some(Role::Notes)), Kind::Note);
    }

    #[test]
    fn standings() {
        let outcome = |fields: &[(Field, &'static str)]| {
            standing(&record(fields), &mut StatusWords::default()).outcome
        };
        assert_eq!(
            outcome(&[(Status, "ok"), (HttpStatus, "500")]),
            Outcome::Succeeded
        );
        assert_eq!(outcome(&[(HttpStatus, "500")]), Outcome::Failed);
        assert_eq!(outcome(&[(HttpStatus, "200")]), Outcome::Succeeded);
        assert_eq!(
            outcome(&[(HttpStatus, "200"), (ErrorCode, "E1")]),
            Outcome::Failed
        );
        assert_eq!(
            outcome(&[(HttpStatus, "200"), (ErrorCode, "0")]),
            Outcome::Succeeded
        );
        assert_eq!(outcome(&[(ErrorMessage, "boom")]), Outcome::Failed);
        assert_eq!(outcome(&[(KIND, "payment.failed")]), Outcome::Failed);
        assert_eq!(
            outcome(&[(Level, "ERROR"), (Message, "payment p7")]),
            Outcome::Failed
        );
        assert_eq!(
            outcome(&[(Level, "info"), (Message, "calling binance")]),
            Outcome::Pending
        );
        assert!(standing(&record(&[(Status, "blau")]), &mut StatusWords::default()).strange_status);
        let rejected = standing(
            &record(&[(Status, "rejected"), (HttpStatus, "200")]),
            &mut StatusWords::default(),
        );
        assert_eq!(rejected.class, ErrorClass::BusinessDecline);
    }

    #[test]
    fn calls_fail_by_status_word_or_error() {
        let failed = |fields: &[(Field, &'static str)]| {
            let r = record(fields);
            call_failed(&r, call_status(&r), &mut StatusWords::default())
        };
        assert!(!failed(&[(HttpStatus, "200")]));
        assert!(failed(&[(HttpStatus, "503")]));
        assert!(failed(&[(HttpStatus, "0")]));
        assert!(failed(&[(Status, "false"), (HttpStatus, "200")]));
        assert!(failed(&[(HttpStatus, "200"), (ErrorCode, "-1007")]));
        assert!(failed(&[(Status, "ok"), (ErrorCode, "-1007")]));
        assert!(!failed(&[(HttpStatus, "200"), (ErrorCode, "0")]));
        assert!(failed(&[(Status, "down")]));
        assert!(!failed(&[(Status, "up"), (HttpStatus, "200")]));
        assert!(failed(&[(Status, "504")]));
    }
}
