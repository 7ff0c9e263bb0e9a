//! Failure rates over time, as strips: cells for text, bars for the page.
//!
//! A cell in which nothing was logged is a gap, which is neither health nor failure.

use serde::Serialize;

use crate::model::{Outage, Report, Side, Span, Strip, StripBucket, Time};

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

    fn column_start(&self, column: usize, columns: usize) -> Time {
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

/// One lane of the drawing on the page; lengths in units of its view box.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Lane {
    /// What it shows.
    pub(crate) name: String,
    /// `exchange` or `payments`.
    pub(crate) side: &'static str,
    /// Top of the lane.
    pub(crate) y: f64,
    /// Where its name stands.
    pub(crate) label_y: f64,
    /// Base line of its bars.
    pub(crate) base_y: f64,
    /// Bars of what was logged.
    pub(crate) bars: Vec<Bar>,
    /// Stretches where nothing was logged.
    pub(crate) gaps: Vec<Bar>,
    /// Full height, as a rate.
    pub(crate) scale: String,
}

/// A rectangle with what it says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) title: String,
}

/// An outage behind the lanes: the certain part, and the uncertainty of both ends.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Band {
    pub(crate) id: String,
    pub(crate) x: f64,
    pub(crate) width: f64,
    /// Uncertainty of the onset and of the end, each as a stretch.
    pub(crate) doubts: Vec<(f64, f64)>,
    pub(crate) title: String,
}

/// A mark of the time axis.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tick {
    pub(crate) x: f64,
    pub(crate) label: String,
}

/// The drawing on the page, as numbers and texts; the template makes SVG of it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) top: f64,
    pub(crate) plot_height: f64,
    pub(crate) axis_y: f64,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) bands: Vec<Band>,
    pub(crate) ticks: Vec<Tick>,
}

const DRAWING_WIDTH: f64 = 1000.0;
const DRAWING_COLUMNS: usize = 200;
const DRAWING_TOP: f64 = 18.0;
const LANE_HEIGHT: f64 = 70.0;
const BAR_HEIGHT: f64 = 44.0;

/// The words that a drawing needs: how a time is said on the axis and in full, and what a name may show.
pub(crate) struct Wording<'a> {
    pub(crate) axis: &'a dyn Fn(Time) -> String,
    pub(crate) full: &'a dyn Fn(Time) -> String,
    pub(crate) name: &'a dyn Fn(&str) -> String,
}

impl Chart<'_> {
    /// The drawing for the page.
    pub(crate) fn drawing(&self, words: &Wording<'_>) -> Drawing {
        let plot_height = LANE_HEIGHT * self.strips.len() as f64;
        Drawing {
            width: DRAWING_WIDTH,
            height: DRAWING_TOP + plot_height + 24.0,
            top: DRAWING_TOP,
            plot_height,
            axis_y: DRAWING_TOP + plot_height + 16.0,
            lanes: self
                .strips
                .iter()
                .enumerate()
                .map(|(at, strip)| self.lane(strip, DRAWING_TOP + LANE_HEIGHT * at as f64, words))
                .collect(),
            bands: self.outages.iter().map(|o| self.band(o, words)).collect(),
            ticks: (0..=5)
                .map(|n| Tick {
                    x: round(DRAWING_WIDTH * f64::from(n) / 5.0),
                    label: (words.axis)(
                        self.span
                            .start
                            .plus_secs(self.span.secs() * f64::from(n) / 5.0),
                    ),
                })
                .collect(),
        }
    }

    fn lane(&self, strip: &Strip, y: f64, words: &Wording<'_>) -> Lane {
        let cells = self.cells(strip, DRAWING_COLUMNS);
        let scale = scale_of(&cells);
        let base_y = y + LANE_HEIGHT - 6.0;
        let width = DRAWING_WIDTH / DRAWING_COLUMNS as f64;
        let (mut bars, mut gaps): (Vec<Bar>, Vec<Bar>) = (Vec::new(), Vec::new());
        for (at, cell) in cells.iter().enumerate() {
            let x = round(width * at as f64);
            match rate(*cell) {
                Some(rate) if rate > 0.0 => {
                    let height = round((rate / scale).min(1.0) * BAR_HEIGHT).max(1.0);
                    bars.push(Bar {
                        x,
                        y: round(base_y - height),
                        width: round(width),
                        height,
                        title: format!(
                            "{}: {} bad",
                            (words.full)(self.column_start(at, DRAWING_COLUMNS)),
                            super::words::of(cell.bad, cell.total)
                        ),
                    });
                }
                Some(_) => {}
                None => push_gap(&mut gaps, x, width, base_y),
            }
        }
        Lane {
            name: (words.name)(&strip.name),
            side: if strip.side == Side::Exchange {
                "exchange"
            } else {
                "payments"
            },
            y,
            label_y: y + 12.0,
            base_y,
            bars,
            gaps,
            scale: super::words::percent(scale),
        }
    }

    fn band(&self, outage: &Outage, words: &Wording<'_>) -> Band {
        let x = |t: Time| round(self.position(t) * DRAWING_WIDTH);
        let span = outage.span(self.span.end);
        let doubts = [Some(outage.start_interval), outage.end_interval]
            .into_iter()
            .flatten()
            .map(|s| (x(s.start), (x(s.end) - x(s.start)).max(1.0)))
            .collect();
        Band {
            id: outage.id.clone(),
            x: x(span.start),
            width: (x(span.end) - x(span.start)).max(2.0),
            doubts,
            title: format!(
                "{} {}: {} to {}",
                outage.id,
                (words.name)(&outage.exchange_name),
                (words.full)(outage.start),
                outage
                    .end
                    .map_or("the end of the log".to_owned(), |t| (words.full)(t))
            ),
        }
    }
}

fn push_gap(gaps: &mut Vec<Bar>, x: f64, width: f64, base_y: f64) {
    if let Some(last) = gaps.last_mut()
        && (last.x + last.width - x).abs() < 0.5
    {
        last.width = round(x + width - last.x);
        return;
    }
    gaps.push(Bar {
        x,
        y: round(base_y - BAR_HEIGHT),
        width: round(width),
        height: BAR_HEIGHT,
        title: "nothing was logged".to_owned(),
    });
}

/// Full height of a lane: its peak, but at least 5 %, so that noise does not look like a storm.
pub(crate) fn scale_of(cells: &[StripBucket]) -> f64 {
    peak(cells).max(0.05)
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}
