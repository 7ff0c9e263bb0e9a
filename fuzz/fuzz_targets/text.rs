//! Lines of text: pairs, access logs, the logs of proxies, plain text, syslog.

#![no_main]

use knockon::parse;
use knockon::parse::probe;
use knockon_fuzz::reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    reading::hold(bytes);
    reading::hold_as(one_of_all(bytes), bytes);
});

/// A format of lines, by the length of the bytes: all at once would be slow.
fn one_of_all(bytes: &[u8]) -> &'static str {
    let ids = parse::formats().map(|(id, _)| id);
    let ids: Vec<&str> = ids.filter(|id| probe::reads_lines(id)).collect();
    ids[bytes.len() % ids.len()]
}
