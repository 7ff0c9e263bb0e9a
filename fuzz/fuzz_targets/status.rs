//! Status pages: JSON of several hosts, Atom and RSS; and what pagers export.

#![no_main]

use knockon_fuzz::reading::{self, Reading};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for id in ["statuspage", "status-feed", "pager"] {
        reading::hold_as(id, bytes);
    }
    reading::hold(bytes);
    if let Some(reading) = reading::reading(bytes) {
        holds(reading);
    }
});

/// Every incident is told or rejected, and none ends before it begins.
fn holds(reading: Reading) {
    let summary = &reading.summary;
    if matches!(summary.format, "statuspage" | "status-feed") {
        let found = reading.lines.len() as u64 + summary.rejected;
        assert_eq!(found, summary.lines, "incidents found and there");
    }
    for incident in reading.timeline().statuses {
        let end = incident.end.unwrap_or(incident.start);
        assert!(incident.start <= end, "{incident:#?}");
        let times = incident.updates.iter().map(|u| u.time);
        assert!(times.is_sorted(), "{incident:#?}");
    }
}
