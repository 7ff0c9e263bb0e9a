//! Tables: values in columns that a first line names.

#![no_main]

use knockon_fuzz::reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    reading::hold(bytes);
    reading::hold_as("csv", bytes);
    reading::hold_as("w3c", bytes);
});
