//! How records are written: the shapes of files and the vocabularies of field names, as data.

use std::fmt::Write as _;

use chrono::DateTime;
use serde_json::{Map, Value};

use super::world::Stamp;

/// The shape of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    JsonLines,
    /// JSON Lines with dotted names written as nested objects.
    JsonNested,
    /// JSON Lines as OpenTelemetry's log data model puts it.
    JsonOtel,
    JsonArray,
    Csv(char),
    Logfmt,
    /// An access log with extra timings as `key=value`; only for calls at a gateway.
    Nginx,
    /// An application log: `Payment <id> (order <id>) failed: k=v … - text`; only for payments.
    Sentence,
    /// The log of an HTTP client: `GET https://host/path -> 200 OK in 53 ms k=v …`; only for calls.
    HttpClient,
}

impl Shape {
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Shape::JsonLines | Shape::JsonNested | Shape::JsonOtel => "jsonl",
            Shape::JsonArray => "json",
            Shape::Csv(_) => "csv",
            Shape::Logfmt | Shape::Nginx | Shape::Sentence | Shape::HttpClient => "log",
        }
    }
}

/// Which words a file uses for the fields.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Vocabulary {
    Plain,
    /// Other words in common use.
    Other,
    /// Elastic Common Schema.
    Ecs,
    Camel,
    /// Words of a trading desk.
    Desk,
    /// Everything of a payment below `charge`.
    Charge,
    /// An export of requests that names hosts.
    Requests,
}

/// A field of a payment record or of a call record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Time,
    Level,
    Event,
    PaymentId,
    OrderId,
    CustomerId,
    Merchant,
    Method,
    Exchange,
    Currency,
    Amount,
    Status,
    ErrorCode,
    ErrorMessage,
    Duration,
    Attempt,
    RetryOf,
    TraceId,
    Caller,
    Component,
    Operation,
    HttpMethod,
    Path,
    HttpStatus,
}

/// Name of a field in each vocabulary: plain, other, ECS, camel case.
const NAMES: &[(Key, [&str; 4])] = &[
    (Key::Time, ["time", "timestamp", "@timestamp", "ts"]),
    (Key::Level, ["level", "severity", "log.level", "level"]),
    (Key::Event, ["event", "type", "event.action", "eventType"]),
    (
        Key::PaymentId,
        ["payment_id", "txn_id", "payment.id", "paymentId"],
    ),
    (
        Key::OrderId,
        ["order_id", "order_ref", "order.id", "orderId"],
    ),
    (
        Key::CustomerId,
        ["customer_id", "user_id", "user.id", "customerId"],
    ),
    (
        Key::Merchant,
        ["merchant", "shop", "merchant.name", "merchantName"],
    ),
    (
        Key::Method,
        [
            "method",
            "payment_method",
            "payment.method",
            "paymentMethod",
        ],
    ),
    (
        Key::Exchange,
        ["exchange", "provider", "payment.provider", "exchange"],
    ),
    (
        Key::Currency,
        ["currency", "ccy", "payment.currency", "currency"],
    ),
    (Key::Amount, ["amount", "total", "payment.amount", "amount"]),
    (Key::Status, ["status", "state", "event.outcome", "status"]),
    (
        Key::ErrorCode,
        ["error_code", "reason_code", "error.code", "errorCode"],
    ),
    (
        Key::ErrorMessage,
        ["error_message", "reason", "error.message", "errorMessage"],
    ),
    (
        Key::Duration,
        ["duration_ms", "elapsed_ms", "event.duration", "durationMs"],
    ),
    (
        Key::Attempt,
        ["attempt", "try", "payment.attempt", "attempt"],
    ),
    (
        Key::RetryOf,
        ["retry_of", "parent_txn_id", "payment.retry_of", "retryOf"],
    ),
    (
        Key::TraceId,
        ["trace_id", "request_id", "trace.id", "traceId"],
    ),
    (Key::Caller, ["caller", "client", "service.name", "caller"]),
    (
        Key::Component,
        [
            "component",
            "upstream_component",
            "exchange.component",
            "component",
        ],
    ),
    (
        Key::Operation,
        ["operation", "endpoint", "exchange.operation", "operation"],
    ),
    (
        Key::HttpMethod,
        ["http_method", "verb", "http.request.method", "httpMethod"],
    ),
    (Key::Path, ["path", "uri", "url.path", "path"]),
    (
        Key::HttpStatus,
        [
            "http_status",
            "status_code",
            "http.response.status_code",
            "httpStatus",
        ],
    ),
];

/// Words of the later vocabularies; a field that is missing is called as in the plain one.
const DESK: &[(Key, &str)] = &[
    (Key::PaymentId, "payment_uid"),
    (Key::OrderId, "cart_id"),
    (Key::CustomerId, "shopper_ref"),
    (Key::Merchant, "storefront"),
    (Key::Method, "rail"),
    (Key::Exchange, "venue"),
    (Key::Currency, "coin_or_ccy"),
    (Key::Amount, "ticket_size"),
    (Key::Status, "result"),
    (Key::ErrorCode, "decline_code"),
    (Key::ErrorMessage, "decline_text"),
    (Key::Duration, "took_ms"),
    (Key::Attempt, "try_no"),
    (Key::RetryOf, "again_for"),
    (Key::TraceId, "correlation_id"),
    (Key::Caller, "desk"),
    (Key::Component, "venue_part"),
];
const CHARGE: &[(Key, &str)] = &[
    (Key::PaymentId, "charge.id"),
    (Key::OrderId, "charge.order.id"),
    (Key::CustomerId, "charge.customer.id"),
    (Key::Merchant, "charge.shop"),
    (Key::Method, "charge.method"),
    (Key::Exchange, "charge.venue"),
    (Key::Currency, "charge.currency"),
    (Key::Amount, "charge.amount"),
    (Key::Status, "charge.state"),
    (Key::ErrorCode, "charge.failure.code"),
    (Key::ErrorMessage, "charge.failure.text"),
    (Key::Duration, "charge.took_ms"),
    (Key::Attempt, "charge.try"),
    (Key::RetryOf, "charge.retry_of"),
];
const REQUESTS: &[(Key, &str)] = &[
    (Key::Time, "request_time"),
    (Key::Exchange, "host"),
    (Key::Caller, "client"),
    (Key::HttpMethod, "verb"),
    (Key::HttpStatus, "status"),
    (Key::Duration, "took_ms"),
    (Key::ErrorMessage, "error"),
    (Key::TraceId, "request_id"),
];

impl Vocabulary {
    fn later(self) -> &'static [(Key, &'static str)] {
        match self {
            Vocabulary::Desk => DESK,
            Vocabulary::Charge => CHARGE,
            Vocabulary::Requests => REQUESTS,
            _ => &[],
        }
    }

    fn name(self, key: Key) -> &'static str {
        if let Some((_, name)) = self.later().iter().find(|(k, _)| *k == key) {
            return name;
        }
        let column = match self {
            Vocabulary::Other => 1,
            Vocabulary::Ecs => 2,
            Vocabulary::Camel => 3,
            _ => 0,
        };
        NAMES
            .iter()
            .find(|(k, _)| *k == key)
            .map_or("", |(_, names)| names[column])
    }

    /// The words for how it ended.
    pub(crate) fn outcome(self, success: bool) -> &'static str {
        match (self, success) {
            (Vocabulary::Ecs, true) => "success",
            (Vocabulary::Ecs, false) => "failure",
            (Vocabulary::Other, true) => "SUCCESS",
            (Vocabulary::Other, false) => "FAILED",
            (Vocabulary::Desk, true) => "paid",
            (Vocabulary::Desk, false) => "declined",
            (_, true) => "succeeded",
            (_, false) => "failed",
        }
    }

    /// The word for "not final yet".
    pub(crate) fn pending(self) -> &'static str {
        match self {
            Vocabulary::Other => "PENDING",
            _ => "pending",
        }
    }
}

/// A value to write. Durations are in milliseconds; amounts come as decimal text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Text(String),
    Number(i64),
    Decimal(String),
    Absent,
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn utc(ms: i64) -> String {
    format(ms, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

fn format(ms: i64, pattern: &str) -> String {
    DateTime::from_timestamp_millis(ms).map_or_else(String::new, |t| t.format(pattern).to_string())
}

fn stamp(ms: i64, stamp: Stamp) -> Cell {
    match stamp {
        Stamp::Utc => Cell::Text(utc(ms)),
        Stamp::Wall(ahead) => Cell::Text(format(ms + ahead * 60_000, "%Y-%m-%d %H:%M:%S%.3f")),
        Stamp::EpochMillis => Cell::Number(ms),
        Stamp::Offset(ahead) => {
            let wall = format(ms + ahead * 60_000, "%Y-%m-%dT%H:%M:%S%.3f");
            let sign = if ahead < 0 { '-' } else { '+' };
            let (h, m) = (ahead.abs() / 60, ahead.abs() % 60);
            Cell::Text(format!("{wall}{sign}{h:02}:{m:02}"))
        }
    }
}

/// One record as a line (without its line end). `None` for a time: the record has none.
pub(crate) fn line(
    shape: Shape,
    vocabulary: Vocabulary,
    zone: Stamp,
    time: i64,
    fields: &[(Key, Cell)],
) -> String {
    let mut all: Vec<(Key, Cell)> = Vec::with_capacity(fields.len() + 1);
    all.push((Key::Time, stamp(time, zone)));
    all.extend_from_slice(fields);
    if vocabulary == Vocabulary::Ecs {
        // ECS counts nanoseconds.
        for (key, cell) in &mut all {
            if let (Key::Duration, Cell::Number(ms)) = (*key, &cell) {
                *cell = Cell::Number(ms * 1_000_000);
            }
        }
    }
    match shape {
        Shape::JsonLines | Shape::JsonArray => json_flat(vocabulary, &all),
        Shape::JsonNested => json_nested(vocabulary, &all),
        Shape::JsonOtel => json_otel(vocabulary, &all, time),
        Shape::Csv(separator) => csv(separator, &all),
        Shape::Logfmt => logfmt(vocabulary, &all),
        Shape::Nginx => nginx(&all, time, zone),
        Shape::Sentence => sentence(vocabulary, &all),
        Shape::HttpClient => http_client(vocabulary, &all),
    }
}

/// The header of a CSV file.
pub(crate) fn header(separator: char, vocabulary: Vocabulary, keys: &[Key]) -> String {
    let names: Vec<&str> = keys.iter().map(|k| vocabulary.name(*k)).collect();
    names.join(&separator.to_string())
}

fn quote(text: &str) -> String {
    Value::String(text.to_owned()).to_string()
}

fn json_flat(vocabulary: Vocabulary, fields: &[(Key, Cell)]) -> String {
    let mut out = String::with_capacity(400);
    for (key, cell) in fields {
        if *cell == Cell::Absent {
            continue;
        }
        out.push(if out.is_empty() { '{' } else { ',' });
        let _ = write!(out, "\"{}\":", vocabulary.name(*key));
        match cell {
            Cell::Text(text) | Cell::Decimal(text) => out.push_str(&quote(text)),
            Cell::Number(n) => {
                let _ = write!(out, "{n}");
            }
            Cell::Absent => {}
        }
    }
    out.push('}');
    out
}

fn json_value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) | Cell::Decimal(text) => Value::String(text.clone()),
        Cell::Number(n) => Value::from(*n),
        Cell::Absent => Value::Null,
    }
}

fn json_nested(vocabulary: Vocabulary, fields: &[(Key, Cell)]) -> String {
    let mut root = Map::new();
    for (key, cell) in fields.iter().filter(|(_, c)| *c != Cell::Absent) {
        let name = vocabulary.name(*key);
        let mut parts: Vec<&str> = name.split('.').collect();
        let leaf = parts.pop().unwrap_or(name);
        let mut at = &mut root;
        for part in parts {
            let next = at.entry(part).or_insert_with(|| Value::Object(Map::new()));
            match next {
                Value::Object(map) => at = map,
                _ => return json_flat(vocabulary, fields),
            }
        }
        at.insert(leaf.to_owned(), json_value(cell));
    }
    Value::Object(root).to_string()
}

fn json_otel(vocabulary: Vocabulary, fields: &[(Key, Cell)], time: i64) -> String {
    let mut root = Map::new();
    let mut attributes = Map::new();
    root.insert(
        "timeUnixNano".into(),
        Value::String((time * 1_000_000).to_string()),
    );
    for (key, cell) in fields
        .iter()
        .filter(|(k, c)| *c != Cell::Absent && *k != Key::Time)
    {
        match key {
            Key::Level => {
                root.insert("severityText".into(), json_value(cell));
            }
            Key::Event => {
                root.insert("body".into(), json_value(cell));
            }
            Key::TraceId => {
                root.insert("traceId".into(), json_value(cell));
            }
            _ => {
                attributes.insert(vocabulary.name(*key).to_owned(), json_value(cell));
            }
        }
    }
    root.insert("attributes".into(), Value::Object(attributes));
    Value::Object(root).to_string()
}

fn csv(separator: char, fields: &[(Key, Cell)]) -> String {
    let mut out = String::with_capacity(300);
    for (i, (_, cell)) in fields.iter().enumerate() {
        if i > 0 {
            out.push(separator);
        }
        match cell {
            Cell::Text(text) | Cell::Decimal(text) if text.contains([separator, '"']) => {
                let _ = write!(out, "\"{}\"", text.replace('"', "\"\""));
            }
            Cell::Text(text) | Cell::Decimal(text) => out.push_str(text),
            Cell::Number(n) => {
                let _ = write!(out, "{n}");
            }
            Cell::Absent => {}
        }
    }
    out
}

fn logfmt(vocabulary: Vocabulary, fields: &[(Key, Cell)]) -> String {
    let mut out = String::with_capacity(300);
    for (key, cell) in fields {
        if *cell == Cell::Absent {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        let _ = write!(out, "{}=", vocabulary.name(*key));
        match cell {
            Cell::Text(text) | Cell::Decimal(text) if text.contains([' ', '"', '=']) => {
                out.push_str(&quote(text))
            }
            Cell::Text(text) | Cell::Decimal(text) => out.push_str(text),
            Cell::Number(n) => {
                let _ = write!(out, "{n}");
            }
            Cell::Absent => {}
        }
    }
    out
}

/// A field as it stands in running text; `-` when it is absent.
fn word(fields: &[(Key, Cell)], key: Key) -> String {
    match fields.iter().find(|(k, _)| *k == key) {
        Some((_, Cell::Text(text) | Cell::Decimal(text))) => text.clone(),
        Some((_, Cell::Number(n))) => n.to_string(),
        _ => "-".to_owned(),
    }
}

/// The fields that a sentence has not said, as `k=v`.
fn left(vocabulary: Vocabulary, fields: &[(Key, Cell)], said: &[Key]) -> String {
    let unsaid = fields.iter().filter(|(k, _)| !said.contains(k));
    logfmt(vocabulary, &unsaid.cloned().collect::<Vec<_>>())
}

/// `<time> ERROR Payment <id> (order <id>) failed: k=v … - text`
fn sentence(vocabulary: Vocabulary, fields: &[(Key, Cell)]) -> String {
    const SAID: &[Key] = &[
        Key::Time,
        Key::Level,
        Key::Event,
        Key::PaymentId,
        Key::OrderId,
        Key::Status,
        Key::ErrorMessage,
    ];
    let word = |key| word(fields, key);
    let text = match word(Key::ErrorMessage).as_str() {
        "-" => String::new(),
        text => format!(" - {text}"),
    };
    format!(
        "{} {} Payment {} (order {}) {}: {}{text}",
        word(Key::Time),
        word(Key::Level),
        word(Key::PaymentId),
        word(Key::OrderId),
        word(Key::Status),
        left(vocabulary, fields, SAID),
    )
}

/// `<time> INFO GET https://host/path -> 200 OK in 53 ms k=v …`
fn http_client(vocabulary: Vocabulary, fields: &[(Key, Cell)]) -> String {
    const SAID: &[Key] = &[
        Key::Time,
        Key::Level,
        Key::Event,
        Key::Exchange,
        Key::Operation,
        Key::HttpMethod,
        Key::Path,
        Key::HttpStatus,
        Key::Duration,
        Key::ErrorMessage,
    ];
    let word = |key| word(fields, key);
    let answer = match (
        word(Key::HttpStatus).as_str(),
        word(Key::ErrorMessage).as_str(),
    ) {
        ("-", text) => text.to_owned(),
        (status, "-") => format!("{status} OK"),
        (status, text) => format!("{status} {text}"),
    };
    format!(
        "{} {} {} https://{}{} -> {answer} in {} ms {}",
        word(Key::Time),
        word(Key::Level),
        word(Key::HttpMethod),
        word(Key::Exchange),
        word(Key::Path),
        word(Key::Duration),
        left(vocabulary, fields, SAID),
    )
}

/// `$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "-" "$http_user_agent" rt=… urt="…" us=… rid=… host=…`
fn nginx(fields: &[(Key, Cell)], time: i64, zone: Stamp) -> String {
    let text = |key: Key| match fields.iter().find(|(k, _)| *k == key) {
        Some((_, Cell::Text(text))) => text.as_str(),
        _ => "-",
    };
    let number = |key: Key| match fields.iter().find(|(k, _)| *k == key) {
        Some((_, Cell::Number(n))) => *n,
        _ => 0,
    };
    let ahead = match zone {
        Stamp::Offset(minutes) | Stamp::Wall(minutes) => minutes,
        _ => 0,
    };
    let sign = if ahead < 0 { '-' } else { '+' };
    let wall = format(time + ahead * 60_000, "%d/%b/%Y:%H:%M:%S");
    let caller = text(Key::Caller);
    let status = number(Key::HttpStatus);
    let rt = number(Key::Duration) as f64 / 1000.0;
    let upstream = if status == 499 {
        "-".to_owned()
    } else {
        status.to_string()
    };
    let stranger = caller.starts_with("client-");
    let address = address_of(caller, stranger);
    let (user, agent) = if stranger {
        ("-", "python-requests/2.26.0".to_owned())
    } else {
        (caller, format!("{caller}-payments/3.2"))
    };
    format!(
        "{address} - {user} [{wall} {sign}{:02}{:02}] \"{} {} HTTP/1.1\" {status} {} \"-\" \"{agent}\" rt={rt:.3} urt=\"{rt:.3}\" us={upstream} rid={} host={}",
        ahead.abs() / 60,
        ahead.abs() % 60,
        text(Key::HttpMethod),
        text(Key::Path),
        if status == 200 { 512 } else { 87 },
        text(Key::TraceId),
        text(Key::Exchange),
    )
}

/// A documentation address (RFC 5737).
fn address_of(caller: &str, stranger: bool) -> String {
    let sum = caller
        .bytes()
        .fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    let network = if stranger { "198.51.100" } else { "203.0.113" };
    format!("{network}.{}", sum % 250 + 1)
}
