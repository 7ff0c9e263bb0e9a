//! Hashes of what records say, to tell exact copies.

use crate::model::{Field, Record};

/// A hash of all that a record says, its line number left out.
pub(super) fn fingerprint(record: &Record<'_>) -> u64 {
    let mut print = Print::default();
    for stamp in [record.time, record.start, record.end]
        .into_iter()
        .flatten()
    {
        print.word(stamp.time.0.cast_unsigned());
    }
    for (field, text) in record.present() {
        print.field(field, text);
    }
    print.0
}

/// A hash of what a call's record says of the request and its facts do not keep.
pub(super) fn request_print(record: &Record<'_>) -> u64 {
    const FIELDS: [Field; 6] = [
        Field::HttpMethod,
        Field::Path,
        Field::Operation,
        Field::Host,
        Field::OrderId,
        Field::Attempt,
    ];
    let mut print = Print::default();
    for field in FIELDS {
        if let Some(text) = record.get(field) {
            print.field(field, text);
        }
    }
    print.0
}

/// Multiplies and rotates over 8-byte words, after rustc's `FxHasher`; the same on every machine.
#[derive(Default)]
struct Print(u64);

impl Print {
    fn word(&mut self, word: u64) {
        const K: u64 = 0x517c_c1b7_2722_0a95;
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(K);
    }

    fn field(&mut self, field: Field, text: &str) {
        self.word(field as u64 + 1);
        for chunk in text.as_bytes().chunks(8) {
            let mut word = [0u8; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }
}
