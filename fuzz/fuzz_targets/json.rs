//! JSON lines and JSON documents.

#![no_main]

use knockon_fuzz::reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    reading::hold(bytes);
    reading::hold_as("jsonl", bytes);
    reading::hold_as("json", bytes);
});
