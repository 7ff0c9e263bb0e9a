//! Time stamps.

#![no_main]

use knockon::model::{Open, Stamp};
use knockon::parse::stamp::{epoch, read, read_prefix};
use libfuzzer_sys::fuzz_target;

/// Longest number of nanoseconds since 1970 that is a time of this century.
const LONGEST: usize = 19;

fuzz_target!(|text: &str| {
    if let Some((stamp, used)) = read_prefix(text) {
        let (head, _) = text.split_at(used);
        assert_eq!(read(head), Some(stamp), "{head:?} of {text:?}");
    }
    if let Some(stamp) = read(text) {
        holds(text, stamp);
    }
    if let Some(stamp) = epoch(text) {
        is_scaled(text, stamp);
    }
});

/// Brackets and quotes change nothing, and the time is the same however it is written.
fn holds(text: &str, stamp: Stamp) {
    let bare = text.trim();
    if !bare.starts_with(['[', '"', '\'']) {
        assert_eq!(read(&format!("[{bare}]")), Some(stamp), "{text:?}");
        assert_eq!(read(&format!("\"{bare}\"")), Some(stamp), "{text:?}");
    }
    if stamp.open == Open::Nothing {
        let written = stamp.time.to_utc().to_rfc3339();
        let again = read(&written).unwrap_or_else(|| panic!("{written:?} of {text:?}"));
        assert_eq!(again.time, stamp.time, "{text:?}");
        assert!(again.has_zone);
    }
}

/// An epoch number in a unit a thousand times as fine is the same time.
fn is_scaled(text: &str, stamp: Stamp) {
    let finer = format!("{text}000");
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && finer.len() <= LONGEST {
        assert_eq!(epoch(&finer).map(|s| s.time), Some(stamp.time), "{text:?}");
    }
}
