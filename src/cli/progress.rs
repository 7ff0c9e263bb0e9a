//! How far a run is, on standard error: a bar while it goes on, and with `--timing` where the time went.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::Watch;

/// Nothing is shown of work that is done within this time.
const GLANCE: Duration = Duration::from_secs(1);

/// `--progress`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// When standard error is a terminal
    #[default]
    Auto,
    /// Not at all
    Never,
}

/// The beginning of a stage.
#[derive(Clone, Copy, Debug)]
struct Begun {
    name: &'static str,
    at: Instant,
    /// The most memory that was held until then, in KiB.
    memory: Option<u64>,
}

/// Sees a run go on.
#[derive(Debug)]
pub(crate) struct Monitor {
    begun: Instant,
    /// When each stage began.
    stages: Mutex<Vec<Begun>>,
    read: AtomicU64,
    /// The most memory that may be held, in bytes.
    memory_limit: Option<u64>,
    bar: ProgressBar,
}

impl Monitor {
    /// Starts the watch.
    pub(crate) fn start(memory_limit: Option<u64>) -> Arc<Monitor> {
        Arc::new(Monitor {
            begun: Instant::now(),
            stages: Mutex::default(),
            read: AtomicU64::new(0),
            memory_limit,
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
        })
    }

    /// Where the time went until now, the most memory held by the end of each stage, the bytes read, and the most memory that was held where the system tells it.
    pub(crate) fn tell(&self, threads: usize, out: &mut dyn io::Write) -> io::Result<()> {
        let end = Begun {
            name: "",
            at: Instant::now(),
            memory: peak_memory(),
        };
        let stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let all = (end.at - self.begun).as_secs_f64();
        let head = ["stage", "seconds", "share", "MiB"];
        writeln!(
            out,
            "{:<14} {:>9} {:>6} {:>6}",
            head[0], head[1], head[2], head[3]
        )?;
        let ends = stages.iter().skip(1).chain([&end]);
        for (stage, next) in stages.iter().zip(ends) {
            let took = (next.at - stage.at).as_secs_f64();
            let share = 100.0 * took / all.max(f64::MIN_POSITIVE);
            let memory = next
                .memory
                .map_or(String::new(), |kib| (kib / 1024).to_string());
            writeln!(
                out,
                "{:<14} {took:>9.3} {share:>5.0}% {memory:>6}",
                stage.name
            )?;
        }
        let read = self.read.load(Ordering::Relaxed) as f64 / 1e6;
        let rate = read / all.max(f64::MIN_POSITIVE);
        let memory = end.memory.map_or(String::new(), |kib| {
            format!(", {} MiB of memory at most", kib / 1024)
        });
        writeln!(
            out,
            "{:<14} {all:>9.3}               {read:.1} MB read, {rate:.0} MB/s, {threads} thread{}{memory}",
            "in all",
            if threads == 1 { "" } else { "s" },
        )
    }
}

/// The most memory that this process held, in KiB.
fn peak_memory() -> Option<u64> {
    memory("VmHWM:")
}

/// The memory that this process holds, in KiB; none where the system does not tell.
pub(crate) fn memory_held() -> Option<u64> {
    memory("VmRSS:")
}

fn memory(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

impl Watch for Monitor {
    fn stage(&self, name: &'static str) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        stages.push(Begun {
            name,
            at: Instant::now(),
            memory: peak_memory(),
        });
        let form = if name == "read" {
            "{prefix} {bytes} of {total_bytes} {wide_bar} {bytes_per_sec}, {eta} left: {msg}"
        } else {
            "{prefix}, {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            self.bar.set_style(style);
        }
        self.bar.set_prefix(name);
    }

    fn expect(&self, bytes: u64) {
        self.bar.set_length(bytes);
    }

    fn input(&self, shown: &str) {
        self.bar
            .set_message(crate::report::visible(shown).into_owned());
    }

    fn read(&self, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
        self.bar.inc(bytes);
    }

    fn must_end(&self) -> Option<String> {
        let limit = self.memory_limit?;
        let held = 1024 * memory_held()?;
        (held > limit).then(|| {
            format!(
                "{} MiB of memory are held, and --memory-limit allows {} MiB: look at a shorter time with --from and --to, or \
                 allow more",
                held >> 20,
                limit >> 20
            )
        })
    }
}

/// Shows the bar of a monitor from the first second on; wiped when dropped.
pub(crate) struct Progress {
    monitor: Arc<Monitor>,
    /// Hanging up ends the thread.
    line: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts when `on`; otherwise nothing is shown.
    pub(crate) fn start(monitor: &Arc<Monitor>, on: bool) -> Progress {
        let (line, hang_up) = mpsc::channel::<()>();
        let bar = monitor.bar.clone();
        let thread = on.then(|| {
            std::thread::spawn(move || {
                if hang_up.recv_timeout(GLANCE) == Err(RecvTimeoutError::Timeout) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(200));
                    let _ = hang_up.recv();
                }
            })
        });
        Progress {
            monitor: Arc::clone(monitor),
            line: Some(line),
            thread,
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
        self.monitor.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_at_once_when_dropped() {
        let start = Instant::now();
        let monitor = Monitor::start(None);
        drop(Progress::start(&monitor, true));
        drop(Progress::start(&monitor, false));
        assert!(start.elapsed() < Duration::from_millis(900));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_run_ends_when_it_holds_more_than_it_may() {
        assert_eq!(Monitor::start(None).must_end(), None);
        assert_eq!(Monitor::start(Some(1 << 40)).must_end(), None);
        let why = Monitor::start(Some(1 << 20)).must_end().unwrap();
        assert!(why.contains("allows 1 MiB"), "{why}");
    }

    #[test]
    fn every_stage_is_told_once_in_its_order() {
        let monitor = Monitor::start(None);
        monitor.stage("read");
        monitor.read(2_000_000);
        monitor.stage("judge");
        let mut out = Vec::new();
        monitor.tell(2, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let heads: Vec<&str> = text
            .lines()
            .map(|l| l.split_whitespace().next().unwrap())
            .collect();
        assert_eq!(heads, ["stage", "read", "judge", "in"]);
        assert!(text.contains("2.0 MB read"), "{text}");
    }
}
