//! Records that differ from an earlier one only in what differs from record to record.

use super::{Field, IdHash, Stamp};

/// Fields whose value is as good as new on every record: ids, amounts, durations, addresses. What such a value says beyond
/// itself (that there is one at all) is the same for records alike.
pub const VOLATILE: [Field; 9] = [
    Field::PaymentId,
    Field::OrderId,
    Field::CustomerId,
    Field::TraceId,
    Field::RequestId,
    Field::RetryOf,
    Field::Amount,
    Field::Duration,
    Field::ClientAddress,
];

/// How many of [`VOLATILE`] are ids; they come first.
pub const VOLATILE_IDS: usize = 6;

/// Where a field stands in [`VOLATILE`].
pub const fn volatile(field: Field) -> Option<usize> {
    let mut i = 0;
    while i < VOLATILE.len() {
        if VOLATILE[i] as u8 == field as u8 {
            return Some(i);
        }
        i += 1;
    }
    None
}

/// A record that says the same as an earlier one but for its time and its [`VOLATILE`] fields.
#[derive(Clone, Copy, Debug)]
pub struct Alike<'a> {
    /// Line number from 1.
    pub line: u64,
    /// Its time stamp, whole.
    pub time: Stamp,
    /// When it began, where the earlier record states that.
    pub start: Option<Stamp>,
    /// When it ended, where the earlier record states that.
    pub end: Option<Stamp>,
    /// The hashes of its ids, in the order of [`VOLATILE`].
    pub ids: [IdHash; VOLATILE_IDS],
    /// Its volatile texts, in the order of [`VOLATILE`]: each is there where the earlier record had one.
    pub texts: [Option<&'a str>; VOLATILE.len()],
}

impl<'a> Alike<'a> {
    /// The text of a volatile field; `None` for any other.
    pub fn get(&self, field: Field) -> Option<&'a str> {
        volatile(field).and_then(|i| self.texts[i])
    }

    /// The hash of an id; [`IdHash::NONE`] for any other field.
    pub fn id(&self, field: Field) -> IdHash {
        volatile(field)
            .filter(|i| *i < VOLATILE_IDS)
            .map_or(IdHash::NONE, |i| self.ids[i])
    }
}
