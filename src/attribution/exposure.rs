//! When an attempt met an outage.

use crate::model::{Attempt, Outage, Span, Time};

/// After the end, failures are looked for in stretches that end so many seconds after it.
pub(crate) const TAIL_S: [f64; 3] = [120.0, 600.0, 2400.0];
/// A phase with less than this share of the peak rate is a weak one.
const WEAK: f64 = 0.5;

/// A stretch of an outage in which attempts fare alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Window {
    /// Most of what the outage breaks is broken.
    Down,
    /// A phase with less than half of the peak rate.
    Weak,
    /// Between two bad phases of one outage.
    Lull,
    /// After the end: queues drain, pending payments expire. The number of the stretch.
    Tail(u8),
}

impl Window {
    pub(crate) fn is_tail(self) -> bool {
        matches!(self, Window::Tail(_))
    }

    /// For cells.
    pub(crate) fn code(self) -> u8 {
        match self {
            Window::Down => 0,
            Window::Weak => 1,
            Window::Lull => 2,
            Window::Tail(n) => 3 + n,
        }
    }
}

/// The stretches of one outage.
pub(crate) struct Exposure {
    span: Span,
    /// From here on the outage may have been on.
    earliest: Time,
    open: bool,
    phases: Vec<(Span, bool)>,
}

impl Exposure {
    /// `band`: seconds by which the clocks of the exchange and of the payments may still be apart. Within it the order
    /// of an attempt and the onset is not known.
    pub(crate) fn of(outage: &Outage, log_end: Time, band: f64) -> Exposure {
        let span = outage.span(log_end);
        let peak = outage
            .components
            .iter()
            .map(|c| c.peak_failure_rate)
            .fold(0.0, f64::max);
        let mut phases: Vec<(Span, bool)> = outage
            .components
            .iter()
            .flat_map(|c| c.phases.iter())
            .map(|p| (p.span, p.failure_rate < WEAK * peak))
            .collect();
        phases.sort();
        Exposure {
            span,
            earliest: outage
                .start_interval
                .start
                .plus_secs(-band)
                .max(span.start.plus_secs(-300.0)),
            open: outage.end.is_none(),
            phases,
        }
    }

    /// The stretch that an attempt met, with the probability that the outage was on at all by then.
    pub(crate) fn window(&self, attempt: &Attempt) -> Option<(Window, f64)> {
        let (from, to) = (attempt.start, attempt.end());
        if to < self.span.start {
            if to <= self.earliest {
                return None;
            }
            let width = self.span.start.secs_since(self.earliest).max(1e-9);
            return Some((Window::Down, 0.5 * to.secs_since(self.earliest) / width));
        }
        if from > self.span.end {
            if self.open {
                return Some((self.at(self.span.end), 1.0));
            }
            let late = from.secs_since(self.span.end);
            return TAIL_S
                .iter()
                .position(|&t| late <= t)
                .map(|n| (Window::Tail(n as u8), 1.0));
        }
        Some((self.at(from.max(self.span.start)), 1.0))
    }

    /// Whether the attempt failed clearly after the end although it began before it.
    pub(crate) fn outlived(&self, attempt: &Attempt, latest_end: Option<Time>) -> bool {
        let end = latest_end.unwrap_or(self.span.end).max(self.span.end);
        !self.open && attempt.time > end.plus_secs(5.0)
    }

    fn at(&self, t: Time) -> Window {
        let mut weak = false;
        for (span, is_weak) in &self.phases {
            if span.contains(t) {
                if !is_weak {
                    return Window::Down;
                }
                weak = true;
            }
        }
        if weak { Window::Weak } else { Window::Lull }
    }
}
