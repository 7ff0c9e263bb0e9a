//! The shared vocabulary: what every stage speaks, and nothing else.
//!
//! No I/O and no other module of ours is imported here. [`Record`] is what a line said, in its own
//! words; [`Attempt`], [`Call`], [`StatusIncident`] and [`Note`] are what we hold to be true;
//! [`Report`] is the only thing an output sees.

mod alike;
mod amount;
mod class;
mod coverage;
mod event;
mod impact;
mod names;
mod number;
mod outage;
mod record;
mod report;
mod time;
mod verdict;
mod watch;

pub use alike::{Alike, VOLATILE, VOLATILE_IDS, volatile};
pub use class::{ErrorClass, Outcome};
pub use coverage::{
    ClassFrom, ClockStep, InputSummary, Reject, Role, SeenError, SuggestedName, Suggestion,
};
pub use event::{
    Attempt, Call, ErrorInfo, ErrorKey, Note, SourceRef, StatusIncident, StatusUpdate,
};
pub use impact::{
    Amounts, Detection, Impact, LeftOut, ObservedRate, Refused, Slo, SloTarget, Switched,
    UnknownOutcome, WhatIf, WhatIfCase, WhatIfOptions,
};
pub use names::{FastMap, FastSet, IdHash, Names, OrderedMap, Sym, in_words, words};
pub use number::grouped;
pub use outage::{ComponentOutage, Outage, OutageKind, OutageSource, Phase};
pub use record::{DateOrder, DurationUnit, Field, Open, RawIncident, RawUpdate, Record, Stamp};
pub use report::{
    Citation, Count, Counterfactual, FailedAttempt, FailureTotals, Finding, Interval, Moment,
    Report, Severity, Side, Step, Story, Strip, StripBucket, TimelineRow,
};
pub use time::{Precision, Span, Time, Window, ZoneFrom};
pub use verdict::{Channel, Evidence, Judgement, Repeats, Thresholds, Verdict, Weights};
pub use watch::{Watch, Watched};
