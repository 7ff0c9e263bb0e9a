//! What container runtimes, syslog daemons and log platforms put around a line.

#![no_main]

use knockon::parse::probe::peeled;
use knockon_fuzz::reading;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

/// Most envelopes that are taken off one line.
const MAX_DEPTH: usize = 4;
/// A moment, as an envelope has it.
const AT: &str = "2021-08-18T12:30:00.5Z";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines().take(20) {
        holds(line.trim_end());
    }
    reading::hold(bytes);
});

/// A line stays what it is, or less; and one more envelope around it changes nothing.
fn holds(line: &str) {
    let (inner, names) = peeled(line);
    assert!(inner.len() <= line.len(), "{line:?} grew: {inner:?}");
    assert!(names.len() <= MAX_DEPTH, "{names:?}");
    if names.len() == MAX_DEPTH || line.trim().is_empty() {
        return;
    }
    for (name, around) in wrapped(line) {
        let (found, outer) = peeled(&around);
        assert!(!outer.is_empty(), "{name} is not seen: {around:?}");
        assert_eq!(found.trim(), inner.trim(), "in {name}: {around:?}");
    }
}

fn wrapped(line: &str) -> [(&'static str, String); 3] {
    let docker = json!({"log": format!("{line}\n"), "stream": "stdout", "time": AT});
    [
        ("docker", docker.to_string()),
        ("CRI", format!("{AT} stdout F {line}")),
        (
            "RFC 5424",
            format!("<165>1 {AT} host1 pay-api - - - {line}"),
        ),
    ]
}
