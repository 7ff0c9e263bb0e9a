//! What real exports suffer from: lost, cut, copied and foreign lines, clocks that are wrong, ids that link nothing.

/// How the trace ids of a file come out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Ids {
    /// As they are.
    #[default]
    Clean,
    /// No such field.
    Absent,
    /// One and the same everywhere.
    Constant,
    /// All zeros.
    Zero,
    /// One for each of so many workers.
    PerWorker(u64),
    /// This share of the lines carries another request's id.
    Wrong(f64),
}

/// The dirt of one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dirt {
    pub(crate) ids: Ids,
    /// Share of lines written twice.
    pub(crate) duplicates: f64,
    /// Share of lines cut short.
    pub(crate) cut: f64,
    /// Share of lines followed by lines of something else.
    pub(crate) foreign_lines: f64,
    /// Of the successes only every so manieth is kept; 0 and 1: all.
    pub(crate) sample_successes: u64,
    /// Nothing was written in these intervals.
    pub(crate) gaps: Vec<(i64, i64)>,
    /// Exported in two files, which both hold what was written in this interval.
    pub(crate) overlap: Option<(i64, i64)>,
    /// The clock is ahead by so many milliseconds.
    pub(crate) offset: i64,
    /// And gains so many milliseconds an hour.
    pub(crate) drift: i64,
    /// From a moment on it is ahead by so much more.
    pub(crate) step: Option<(i64, i64)>,
}

impl Dirt {
    /// What this file's clock shows at a true time.
    pub(crate) fn clock(&self, start: i64, time: i64) -> i64 {
        let drift = (time - start) * self.drift / 3_600_000;
        let step = self
            .step
            .map_or(0, |(at, by)| if time >= at { by } else { 0 });
        time + self.offset + drift + step
    }

    /// Whether a line written at a true time was lost.
    pub(crate) fn lost(&self, time: i64) -> bool {
        self.gaps
            .iter()
            .any(|(from, to)| (*from..*to).contains(&time))
    }
}
