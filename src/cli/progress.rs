//! A sign of life on standard error, for runs that take longer than a glance.

use std::io::{self, Write as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// `--progress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// When standard error is a terminal
    #[default]
    Auto,
    /// Not at all
    Never,
}

/// Shows for how long the work has been going on, once a second; wiped when dropped. Nothing is shown of work
/// that is done within a second.
pub(crate) struct Progress {
    /// Hanging up ends the thread.
    line: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts when `on`; otherwise nothing happens.
    pub(crate) fn start(on: bool) -> Progress {
        if !on {
            return Progress {
                line: None,
                thread: None,
            };
        }
        let (line, hang_up) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let start = Instant::now();
            let mut shown = false;
            while hang_up.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                shown = true;
                show(&format!(
                    "\rreading and judging, {} s",
                    start.elapsed().as_secs()
                ));
            }
            if shown {
                show("\r\x1b[K");
            }
        });
        Progress {
            line: Some(line),
            thread: Some(thread),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.line = None;
        if let Some(thread) = self.thread.take() {
            // Progress is decoration: its end says nothing about the work.
            let _ = thread.join();
        }
    }
}

fn show(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    let _ = err.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_at_once_when_dropped() {
        let start = Instant::now();
        drop(Progress::start(true));
        drop(Progress::start(false));
        assert!(start.elapsed() < Duration::from_millis(900));
    }
}
