//! What we hold to be true: small, typed facts on one time line.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::class::{ErrorClass, Outcome};
use super::names::{IdHash, Sym};
use super::time::{Precision, Time};

/// A line of an input.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct SourceRef {
    /// Index into the inputs of the run (inputs are sorted by path).
    pub input: u32,
    /// Line number from 1 (element number for a document).
    pub line: u64,
}

/// Index into the table of distinct errors.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ErrorKey(pub u32);

/// A distinct error: its words and what class they mean. Entry 0 of a table is "no error".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ErrorInfo {
    /// Code as written.
    pub code: Sym,
    /// Message as written.
    pub message: Sym,
    /// Code and message with numbers and ids taken out: what the failures of one kind share.
    pub signature: Sym,
    /// What kind of error it is.
    pub class: ErrorClass,
    /// The exchange that the words name, if they name one.
    pub names_exchange: Sym,
}

/// One payment attempt, folded from all its records.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// Time of the final record (of the last one when none is final).
    pub time: Time,
    /// Time of the first record, or of the stated start; never after `time`.
    pub start: Time,
    /// How fine `time` was written.
    pub precision: Precision,
    /// Stated (or observed) duration in milliseconds.
    pub duration_ms: Option<u32>,
    /// Payment id as text; kept only for attempts that did not succeed.
    pub id: Sym,
    /// Order id as text; kept only for attempts that did not succeed.
    pub order_text: Sym,
    /// Ids that can link to calls: payment id, trace id, request id.
    pub links: [IdHash; 3],
    /// Order id.
    pub order: IdHash,
    /// Customer id.
    pub customer: IdHash,
    /// The platform that takes the payment.
    pub merchant: Sym,
    /// How the customer pays.
    pub method: Sym,
    /// The exchange that the record names; `NONE` when it names none.
    pub exchange: Sym,
    /// Currency or asset.
    pub currency: Sym,
    /// Operation, where the log states one.
    pub operation: Sym,
    /// How it ended.
    pub outcome: Outcome,
    /// The error that ended it.
    pub error: ErrorKey,
    /// Class of that error.
    pub class: ErrorClass,
    /// Exact amount in major units.
    #[serde(with = "super::amount")]
    pub amount: Option<Decimal>,
    /// Number of the try as stated; 0 when not stated.
    pub attempt_no: u16,
    /// The payment id of the attempt that this one repeats, where stated.
    pub retry_of: IdHash,
    /// The final record.
    pub source: SourceRef,
}

impl Attempt {
    /// When it ended, by its time or by its duration, whichever is later.
    pub fn end(&self) -> Time {
        let by_duration = self
            .start
            .plus_millis(i64::from(self.duration_ms.unwrap_or(0)));
        self.time.max(by_duration)
    }
}

/// One request to an exchange.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Call {
    /// When the request began (end-stamped logs are shifted by the duration).
    pub time: Time,
    /// How long it took, in microseconds; `None` when not logged.
    pub duration_us: Option<u32>,
    /// Ids that can link to an attempt: payment id, trace id, request id.
    pub links: [IdHash; 3],
    /// The exchange that was called.
    pub exchange: Sym,
    /// The component that was called; `NONE` when the log does not tell components apart.
    pub component: Sym,
    /// Who called, where the log tells.
    pub caller: Sym,
    /// HTTP status; 0 when there was none (no answer, or not an HTTP log).
    pub http_status: u16,
    /// `ErrorClass::None` for a good answer.
    pub class: ErrorClass,
    /// The error's words.
    pub error: ErrorKey,
    /// A synthetic check of a monitor.
    pub is_probe: bool,
    /// The record.
    pub source: SourceRef,
}

impl Call {
    /// When the answer came, as far as the log tells.
    pub fn end(&self) -> Time {
        self.time
            .plus_millis(i64::from(self.duration_us.unwrap_or(0)) / 1000)
    }
}

/// What a status page said about one incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusIncident {
    /// Whose page it is.
    pub exchange: Sym,
    /// Title of the incident.
    pub title: Arc<str>,
    /// `none`, `minor`, `major`, `critical` or `maintenance`.
    pub impact: Arc<str>,
    /// Start as declared (late and coarse: testimony, not measurement).
    pub start: Time,
    /// First public update: when the exchange acknowledged it.
    pub acknowledged: Time,
    /// Declared end.
    pub end: Option<Time>,
    /// Whether it was scheduled beforehand.
    pub scheduled: bool,
    /// Components named.
    pub components: Vec<Arc<str>>,
    /// Updates in time order.
    pub updates: Vec<StatusUpdate>,
    /// Where it was read.
    pub source: SourceRef,
}

/// One update of a status-page incident.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StatusUpdate {
    /// When it was published.
    pub time: Time,
    /// `investigating`, `identified`, `monitoring`, `resolved`, …
    pub status: Arc<str>,
    /// Its text.
    pub body: Arc<str>,
}

/// A human or machine remark on the time line: an alert, a deploy, a chat line.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub time: Time,
    /// What.
    pub text: Arc<str>,
    /// Where it was read.
    pub source: SourceRef,
}
