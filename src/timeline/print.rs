//! Hashes of what records say, to tell exact copies. Each is a sum over fields, so that a record which differs from another in
//! a few fields needs only these.

use crate::model::{Alike, Field, Record, Stamp, VOLATILE};

/// A hash of all that a record says, its line number left out.
pub(super) fn fingerprint(record: &Record<'_>) -> u64 {
    let times = of_times([record.time, record.start, record.end]);
    times.wrapping_add(sum(record, Field::ALL))
}

/// The part of [`fingerprint`] that records which are alike share.
pub(super) fn shared_fingerprint(record: &Record<'_>) -> u64 {
    sum(record, Field::ALL).wrapping_sub(sum(record, &VOLATILE))
}

/// The other part of it.
pub(super) fn own_fingerprint(alike: &Alike<'_>) -> u64 {
    let times = of_times([Some(alike.time), alike.start, alike.end]);
    let texts = VOLATILE.iter().zip(alike.texts);
    texts
        .filter_map(|(field, text)| Some(of_field(*field, text?)))
        .fold(times, u64::wrapping_add)
}

/// What of a call's request its facts do not keep.
const REQUEST: [Field; 6] = [
    Field::HttpMethod,
    Field::Path,
    Field::Operation,
    Field::Host,
    Field::OrderId,
    Field::Attempt,
];

/// A hash of what a call's record says of the request and its facts do not keep.
pub(super) fn request_print(record: &Record<'_>) -> u64 {
    sum(record, &REQUEST)
}

/// The part of [`request_print`] that records which are alike share.
pub(super) fn shared_request_print(record: &Record<'_>) -> u64 {
    sum(record, &REQUEST).wrapping_sub(sum(record, &[Field::OrderId]))
}

/// The other part of it.
pub(super) fn own_request_print(alike: &Alike<'_>) -> u64 {
    let order = alike.get(Field::OrderId);
    order.map_or(0, |text| of_field(Field::OrderId, text))
}

fn sum(record: &Record<'_>, fields: &[Field]) -> u64 {
    let texts = fields.iter().filter_map(|f| Some((*f, record.get(*f)?)));
    texts
        .map(|(field, text)| of_field(field, text))
        .fold(0, u64::wrapping_add)
}

fn of_times(stamps: [Option<Stamp>; 3]) -> u64 {
    let mut print = Print::default();
    for stamp in stamps.into_iter().flatten() {
        print.word(stamp.time.0.cast_unsigned());
    }
    print.mixed()
}

fn of_field(field: Field, text: &str) -> u64 {
    let mut print = Print::default();
    print.word(field as u64 + 1);
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0u8; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        print.word(u64::from_le_bytes(word));
    }
    print.mixed()
}

/// Multiplies and rotates over 8-byte words, after rustc's `FxHasher`; the same on every machine.
#[derive(Default)]
struct Print(u64);

impl Print {
    fn word(&mut self, word: u64) {
        const K: u64 = 0x517c_c1b7_2722_0a95;
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(K);
    }

    /// Mixed so that sums of several tell them apart (the finaliser of MurmurHash3).
    fn mixed(self) -> u64 {
        let mut h = self.0;
        h ^= h >> 33;
        h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^= h >> 33;
        h = h.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        h ^ (h >> 33)
    }
}
