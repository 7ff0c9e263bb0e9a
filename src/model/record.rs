//! What a line said, in its own words.

use std::borrow::Cow;

use super::time::{Precision, Time};

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The canonical name of a field, whatever the log calls it.
        /// Digests hold their places: a new one comes last.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* $name,)* }

        impl Field {
            /// Every field, in the order of the enum.
            pub const ALL: &'static [Field] = &[$(Field::$name,)*];

            /// The name used in `knockon.toml`, in flags and by `inspect`.
            pub fn as_str(self) -> &'static str {
                match self { $(Field::$name => $word,)* }
            }
        }
    };
}

fields! {
    /// When the record was written, or what happened happened.
    Time = "time",
    /// When the thing began, if the record states it beside `time`.
    StartTime = "start_time",
    /// When the thing ended, if the record states it beside `time`.
    EndTime = "end_time",
    /// How long it took; see [`Record::duration_unit`].
    Duration = "duration",
    /// Log level.
    Level = "level",
    /// The text of the record.
    Message = "message",
    /// The service that wrote the record, or that was called.
    Service = "service",
    /// The platform that takes the payment.
    Merchant = "merchant",
    /// The upstream that payments call: an exchange, a processor, a wallet provider.
    Exchange = "exchange",
    /// A part of an exchange that fails by itself.
    Component = "component",
    /// The attempt's id.
    PaymentId = "payment_id",
    /// The order's id; several attempts can share it.
    OrderId = "order_id",
    /// The customer's id.
    CustomerId = "customer_id",
    /// A distributed trace's id.
    TraceId = "trace_id",
    /// A request's or correlation id.
    RequestId = "request_id",
    /// How the customer pays: card, crypto, wallet.
    Method = "method",
    /// Currency or asset of the amount.
    Currency = "currency",
    /// The amount as written; see [`Record::amount_in_minor_units`].
    Amount = "amount",
    /// How it ended: a word, a boolean or a code.
    Status = "status",
    /// The error's code.
    ErrorCode = "error_code",
    /// The error's text.
    ErrorMessage = "error_message",
    /// The error's class or exception name.
    ErrorType = "error_type",
    /// HTTP request method.
    HttpMethod = "http_method",
    /// Path or URL of the request.
    Path = "path",
    /// Host that was called.
    Host = "host",
    /// HTTP status of the answer.
    HttpStatus = "http_status",
    /// HTTP status (or list of them) that a proxy got from its upstream.
    UpstreamStatus = "upstream_status",
    /// Who made the call.
    Caller = "caller",
    /// The operation or endpoint by name.
    Operation = "operation",
    /// Number of the try, from 1.
    Attempt = "attempt",
    /// The payment id of the attempt that this one repeats.
    RetryOf = "retry_of",
    /// The kind of the record, where it states one ("payment.failed", "call").
    Kind = "kind",
    /// Address of the client of an access log.
    ClientAddress = "client_address",
    /// User agent of the client of an access log.
    UserAgent = "user_agent",
    /// What the record says of its result without calling it an error: a description, an explanation. It tells what
    /// went wrong where the record says that something did, and never that something did.
    Detail = "detail",
}

/// Unit of [`Field::Duration`] as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DurationUnit {
    /// Seconds, with a fraction.
    Seconds,
    /// Milliseconds.
    #[default]
    Millis,
    /// Microseconds.
    Micros,
    /// Nanoseconds.
    Nanos,
}

/// A time stamp as read: the instant if the stamp states a zone, else the wall clock as if it were UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The instant, or (when `has_zone` is false) the wall clock read as UTC.
    pub time: Time,
    /// Whether the stamp states its zone (an epoch number does).
    pub has_zone: bool,
    /// How fine it was written.
    pub precision: Precision,
    /// What the text leaves open. Stamps of finished records leave nothing open.
    pub open: Open,
}

/// What the text of a stamp leaves open about its date. While something is open, [`Stamp::time`] holds only the time of
/// day: nanoseconds since midnight, less the offset where a zone is stated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Open {
    /// Nothing: the stamp is whole.
    #[default]
    Nothing,
    /// The year: `Feb 25 16:19:49`.
    Year {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// Which number is which: `06/03/2024`, as written from left to right.
    Order([u16; 3]),
}

/// Which number of a date comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// `29/01/2026`
    DayMonthYear,
    /// `01/29/2026`
    MonthDayYear,
    /// `26/01/29`
    YearMonthDay,
}

impl Stamp {
    /// Whether the stamp says an instant, or a wall clock, without help from other stamps.
    pub fn is_whole(&self) -> bool {
        self.open == Open::Nothing
    }
}

/// What one line (or one element of a document) said. Texts are borrowed from the input where possible.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Line number from 1; for a document, the number of the element from 1.
    pub line: u64,
    /// [`Field::Time`], read.
    pub time: Option<Stamp>,
    /// [`Field::StartTime`], read.
    pub start: Option<Stamp>,
    /// [`Field::EndTime`], read.
    pub end: Option<Stamp>,
    /// Unit of [`Field::Duration`].
    pub duration_unit: DurationUnit,
    /// Whether [`Field::Amount`] counts minor units (cents).
    pub amount_in_minor_units: bool,
    /// A synthetic check of a monitor, rather than a call that somebody needed.
    pub is_probe: bool,
    values: [Option<Cow<'a, str>>; Field::ALL.len()],
}

impl<'a> Record<'a> {
    /// A record that says nothing yet.
    pub fn new(line: u64) -> Record<'a> {
        Record {
            line,
            time: None,
            start: None,
            end: None,
            duration_unit: DurationUnit::default(),
            amount_in_minor_units: false,
            is_probe: false,
            values: [const { None }; Field::ALL.len()],
        }
    }

    /// When it was: its time stamp, else its start, else its end.
    pub fn stamp(&self) -> Option<Stamp> {
        self.time.or(self.start).or(self.end)
    }

    /// Sets a field; the first value given wins.
    pub fn set(&mut self, field: Field, value: impl Into<Cow<'a, str>>) {
        let slot = &mut self.values[field as usize];
        if slot.is_none() {
            *slot = Some(value.into());
        }
    }

    /// Sets a field, whatever it held.
    pub fn replace(&mut self, field: Field, value: impl Into<Cow<'a, str>>) {
        self.values[field as usize] = Some(value.into());
    }

    /// Takes a field back.
    pub fn forget(&mut self, field: Field) {
        self.values[field as usize] = None;
    }

    /// The text of a field; `None` when absent or blank.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.values[field as usize]
            .as_deref()
            .map(str::trim)
            .filter(|v| !v.is_empty())
    }

    /// Whether the field is present and not blank.
    pub fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// The fields that are present, in the order of the enum.
    pub fn present(&self) -> impl Iterator<Item = (Field, &str)> {
        Field::ALL
            .iter()
            .filter_map(|&f| self.get(f).map(|v| (f, v)))
    }
}

/// One incident of a status page, in the page's own words. Read by `parse`, judged by `timeline`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawIncident {
    /// Number of the incident in its document from 1 (line number where there is one per line).
    pub line: u64,
    /// Name of the page ("Binance"), where the document states it.
    pub page: Option<String>,
    /// Address of the page.
    pub page_url: Option<String>,
    /// The page's id of the incident.
    pub id: Option<String>,
    /// Title.
    pub title: String,
    /// `none`, `minor`, `major`, `critical`, `maintenance`, as written.
    pub impact: Option<String>,
    /// Latest status, as written.
    pub status: Option<String>,
    /// When it was published.
    pub created: Option<Stamp>,
    /// Declared start, where stated apart from the publication.
    pub started: Option<Stamp>,
    /// When a fix was being watched.
    pub monitoring: Option<Stamp>,
    /// Declared end.
    pub resolved: Option<Stamp>,
    /// Planned start of a maintenance.
    pub scheduled_for: Option<Stamp>,
    /// Planned end of a maintenance.
    pub scheduled_until: Option<Stamp>,
    /// Whether it was announced as scheduled maintenance.
    pub scheduled: bool,
    /// Components named by the incident or its updates, without doubles, in the order named.
    pub components: Vec<String>,
    /// Updates in the order of the document (often newest first).
    pub updates: Vec<RawUpdate>,
}

/// One update of a [`RawIncident`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawUpdate {
    /// When it was shown to the public.
    pub time: Option<Stamp>,
    /// `investigating`, `identified`, `monitoring`, `resolved`, …, as written.
    pub status: String,
    /// Its text.
    pub body: String,
    /// Components named by it, each with the state it entered ("API: major_outage"), as written.
    pub components: Vec<String>,
}
