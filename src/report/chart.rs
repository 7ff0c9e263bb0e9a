//! Failure rates over time, as strips of cells; `drawing` makes a picture of them.
//!
//! A cell in which nothing was logged is a gap, which is neither health nor failure.

use crate::model::{Outage, Report, Span, Strip, StripBucket, Time};

/// All strips of a report over one stretch of time.
#[derive(Clone, Debug)]
pub(crate) struct Chart<'a> {
    /// The stretch that every lane covers.
    pub(crate) span: Span,
    /// The strips, exchanges first.
    pub(crate) strips: &'a [Strip],
    /// The outages marked below.
    pub(crate) outages: &'a [Outage],
}

impl<'a> Chart<'a> {
    /// The chart of a report; `None` when there is no time or nothing to draw.
    pub(crate) fn of(report: &'a Report) -> Option<Chart<'a>> {
        let span = report
            .strips
            .iter()
            .map(|s| s.span)
            .chain(report.window)
            .reduce(|a, b| a.union(&b))?;
        (!report.strips.is_empty() && span.secs() > 0.0).then_some(Chart {
            span,
            strips: &report.strips,
            outages: &report.outages,
        })
    }

    /// How long one of `columns` cells is, in seconds.
    pub(crate) fn cell_secs(&self, columns: usize) -> f64 {
        self.span.secs() / columns.max(1) as f64
    }

    /// When a cell begins.
    pub(crate) fn column_start(&self, column: usize, columns: usize) -> Time {
        self.span
            .start
            .plus_secs(self.cell_secs(columns) * column as f64)
    }

    /// A strip in `columns` cells. Where cells are finer than buckets, the cell shows its bucket.
    pub(crate) fn cells(&self, strip: &Strip, columns: usize) -> Vec<StripBucket> {
        let mut cells = vec![StripBucket::default(); columns];
        let bucket_secs = strip.span.secs() / strip.buckets.len().max(1) as f64;
        if strip.buckets.is_empty() || bucket_secs <= 0.0 {
            return cells;
        }
        if bucket_secs >= self.cell_secs(columns) {
            for (column, cell) in cells.iter_mut().enumerate() {
                let middle = self
                    .column_start(column, columns)
                    .plus_secs(self.cell_secs(columns) / 2.0);
                let at = middle.secs_since(strip.span.start) / bucket_secs;
                if at >= 0.0 {
                    *cell = strip.buckets.get(at as usize).copied().unwrap_or_default();
                }
            }
            return cells;
        }
        for (at, bucket) in strip.buckets.iter().enumerate() {
            let middle = strip.span.start.plus_secs(bucket_secs * (at as f64 + 0.5));
            let column = middle.secs_since(self.span.start) / self.cell_secs(columns);
            if let Some(cell) = cells.get_mut(column.max(0.0) as usize) {
                cell.total += bucket.total;
                cell.bad += bucket.bad;
            }
        }
        cells
    }

    /// Where a time lies between the left (0) and the right end (1), clipped.
    pub(crate) fn position(&self, time: Time) -> f64 {
        (time.secs_since(self.span.start) / self.span.secs()).clamp(0.0, 1.0)
    }

    /// Which cells an outage covers: first and last, both included.
    pub(crate) fn marked(&self, outage: &Outage, columns: usize) -> (usize, usize) {
        let cell = |t: Time| ((self.position(t) * columns as f64) as usize).min(columns - 1);
        let span = outage.span(self.span.end);
        (cell(span.start), cell(span.end))
    }
}

/// The share of bad ones; `None` where nothing was logged.
pub(crate) fn rate(bucket: StripBucket) -> Option<f64> {
    (bucket.total > 0).then(|| bucket.bad.min(bucket.total) as f64 / bucket.total as f64)
}

/// The highest rate among the cells.
pub(crate) fn peak(cells: &[StripBucket]) -> f64 {
    cells.iter().filter_map(|c| rate(*c)).fold(0.0, f64::max)
}

/// Whether the strip shows calls or payments at all.
pub(crate) fn total(strip: &Strip) -> (u64, u64) {
    strip
        .buckets
        .iter()
        .fold((0, 0), |(t, b), cell| (t + cell.total, b + cell.bad))
}

/// Full height of a lane: its peak, but at least 5 %, so that noise does not look like a storm.
pub(crate) fn scale_of(cells: &[StripBucket]) -> f64 {
    peak(cells).max(0.05)
}
