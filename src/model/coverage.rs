//! What was read and what was not: nothing is dropped in silence.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::class::ErrorClass;
use super::names::Sym;
use super::record::Field;
use super::time::{Time, ZoneFrom};

/// What an input tells about.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Role {
    /// Payment attempts.
    Payments,
    /// Calls to exchanges.
    Exchange,
    /// A status page.
    Status,
    /// Remarks: alerts, deploys, chat.
    Notes,
    /// Read, but none of the above.
    #[default]
    Other,
}

impl Role {
    /// The contract's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Payments => "payments",
            Role::Exchange => "exchange",
            Role::Status => "status",
            Role::Notes => "notes",
            Role::Other => "other",
        }
    }
}

/// A line that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Line number from 1.
    pub line: u64,
    /// Why, as a fragment that fits after "line N: ".
    pub reason: String,
}

/// A clock was set while its log was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockStep {
    /// When, on the payments' clock.
    pub at: Time,
    /// By how much what must be added to the log's times changed, in milliseconds (positive: it was set back).
    pub by_ms: i64,
}

/// How one input was understood.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct InputSummary {
    /// Path as shown: relative to what the user gave.
    pub path: String,
    /// Id of the recognised format; empty when none was recognised.
    pub format: String,
    /// Why this format.
    pub format_reason: String,
    /// What most of its records tell about.
    pub role: Role,
    /// The exchange, when all its calls are of one.
    pub exchange: Sym,
    /// The merchant, when all its payments are of one.
    pub merchant: Sym,
    /// Lines (or elements) seen, blank ones not counted.
    pub lines: u64,
    /// Records that became events.
    pub events: u64,
    /// Lines that could not be read.
    pub rejected: u64,
    /// Records that were exact copies of an earlier one.
    pub duplicates: u64,
    /// Whether the newest record comes first.
    pub is_newest_first: bool,
    /// Earliest event.
    pub first: Option<Time>,
    /// Latest event.
    pub last: Option<Time>,
    /// Zone of stamps without one (`UTC`, `Asia/Shanghai`, `+08:00`).
    pub zone: String,
    /// Where that zone came from; `Explicit` when every stamp states its own.
    pub zone_from: ZoneFrom,
    /// What was added to this input's times to agree with the payments, half-way through it, in milliseconds;
    /// `None` when not known.
    pub clock_offset_ms: Option<i64>,
    /// How much what was added grew in an hour, in milliseconds.
    pub clock_drift_ms_per_hour: Option<i64>,
    /// When what was added changed at once: the clock was set.
    pub clock_steps: Vec<ClockStep>,
    /// How far the true offset may be from what was added, in milliseconds.
    pub clock_residual_ms: Option<i64>,
    /// The log's own field names and what they were taken for.
    pub mapping: Vec<(String, Field)>,
    /// The log's own names that were taken for nothing, with an example of their values.
    pub unused: Vec<(String, String)>,
    /// The first rejected lines.
    pub rejects: Vec<Reject>,
    /// What a reader of the report should know about this input.
    pub warnings: Vec<String>,
    /// Compression that was peeled (`gzip`, `zstd`, …); empty for plain.
    pub compression: String,
    /// The errors of its records, most frequent first; only where they were asked for.
    #[serde(skip)]
    pub errors: Vec<SeenError>,
}

/// Errors of one kind in an input: same words but for numbers and ids, same class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenError {
    /// How often.
    pub count: u64,
    /// How it was classed.
    pub class: ErrorClass,
    /// Where the class comes from.
    pub class_from: ClassFrom,
    /// Of `count`, those that leave open whether the payment went through.
    pub open: u64,
    /// The code of the first one, as written.
    pub code: Option<Arc<str>>,
    /// The text of the first one, as written.
    pub message: Option<Arc<str>>,
}

/// Where the class of an error comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassFrom {
    /// A rule of `knockon.toml`.
    Config,
    /// The table of known codes and texts, or what the record says beside the error.
    Known,
    /// Nothing: the error is of no known kind.
    Nothing,
}

impl ClassFrom {
    /// The word in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            ClassFrom::Config => "config",
            ClassFrom::Known => "known",
            ClassFrom::Nothing => "nothing",
        }
    }
}

/// What the names of an input could mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion {
    /// Path as shown.
    pub path: String,
    /// Its names, in the order of the input; empty when it has none (plain text).
    pub names: Vec<SuggestedName>,
}

/// A name of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedName {
    /// As the log writes it.
    pub name: String,
    /// What it could be, if anything.
    pub field: Option<Field>,
    /// Whether it is understood without any configuration.
    pub is_known: bool,
    /// Its first value that says anything.
    pub example: String,
}
