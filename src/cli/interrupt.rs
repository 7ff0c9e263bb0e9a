//! SIGINT, SIGTERM and SIGHUP: unfinished files are removed, a word is said, and the process ends by the same
//! signal, so that a shell sees 130, 143 or 129 and knows why.

use std::sync::Arc;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use super::output;
use super::show_error::ended_early;

const ENDING: [(i32, &str); 3] = [(SIGHUP, "SIGHUP"), (SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")];

/// Ends the process cleanly from now on when it is asked to end. A signal that was ignored when the process began
/// (`nohup`, a job in the background of a script) stays ignored.
pub(super) fn watch() {
    // A file that grows past the limit of the system is an error of the writing then, told like any other.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
    let ignored = ignored();
    let wanted = ENDING
        .iter()
        .map(|(signal, _)| *signal)
        .filter(|signal| ignored >> (signal - 1) & 1 == 0);
    // Without a watch the system ends the process: an unfinished file may stay, no more.
    let Ok(mut signals) = Signals::new(wanted) else {
        return;
    };
    let wait = move || {
        for signal in signals.forever() {
            let _held = output::remove_unfinished();
            let name = ENDING.iter().find(|(s, _)| *s == signal);
            ended_early(name.map_or("a signal", |(_, name)| name));
            let _ = emulate_default_handler(signal);
        }
    };
    let _ = std::thread::Builder::new().spawn(wait);
}

/// The signals that the process began with ignored, as a mask; none where the system does not tell.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|l| l.strip_prefix("SigIgn:"));
    mask.and_then(|m| u64::from_str_radix(m.trim(), 16).ok())
        .unwrap_or(0)
}
