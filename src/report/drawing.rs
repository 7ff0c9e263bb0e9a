//! The picture of an incident: every lane over one time axis, as numbers and texts. A template makes SVG of it.
//!
//! Lanes, from above: how calls to each exchange failed, which of its components were hit, what its status
//! page and the notes said, how payments failed, and where the failures were. A bar is a stretch of time; what
//! a keyboard can reach is a `Mark`, which says in words what it shows.

use serde::Serialize;

use crate::model::{FailedAttempt, Moment, Outage, Report, Side, Span, Strip, Time, Verdict};

use super::chart::{self, Chart};
use super::view::Context;
use super::words;

/// The picture; lengths in units of its view box.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) top: f64,
    pub(crate) plot_height: f64,
    pub(crate) axis_y: f64,
    /// Where the words of the mark that is pointed at stand.
    pub(crate) tip_y: f64,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) bands: Vec<Band>,
    pub(crate) ticks: Vec<Tick>,
}

/// One lane.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Lane {
    /// What it shows.
    pub(crate) name: String,
    /// Its scale, or what its bars stand for.
    pub(crate) note: String,
    /// What it shows in one sentence; empty where its marks say it.
    pub(crate) summary: String,
    /// `exchange`, `payments`, `merchant`, `component`, `status` or `notes`.
    pub(crate) kind: &'static str,
    /// Top of the lane.
    pub(crate) y: f64,
    pub(crate) height: f64,
    /// Where its name stands.
    pub(crate) label_y: f64,
    /// Base line of its bars.
    pub(crate) base_y: f64,
    /// Bars of what was logged.
    pub(crate) bars: Vec<Bar>,
    /// Stretches where nothing was logged.
    pub(crate) gaps: Vec<Bar>,
    pub(crate) marks: Vec<Mark>,
}

/// A rectangle with what it says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bar {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// The lower part that followed from an outage, where that is known.
    pub(crate) caused: f64,
    pub(crate) title: String,
}

/// A stretch or a moment that can be pointed at and reached with the keyboard.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Mark {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// How dark, 0..1.
    pub(crate) level: f64,
    pub(crate) text: String,
}

/// An outage behind the lanes: the certain part, and the uncertainty of both ends.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Band {
    pub(crate) id: String,
    pub(crate) x: f64,
    pub(crate) width: f64,
    /// Uncertainty of the onset and of the end, each as a stretch.
    pub(crate) doubts: Vec<(f64, f64)>,
    pub(crate) text: String,
}

/// A mark of the time axis.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Tick {
    pub(crate) x: f64,
    /// `start`, `middle` or `end`: which part of the label stands at `x`.
    pub(crate) anchor: &'static str,
    pub(crate) label: String,
}

const WIDTH: f64 = 1000.0;
const COLUMNS: usize = 200;
const TOP: f64 = 18.0;
/// Room for the name of a lane above its bars.
const NAME: f64 = 16.0;
/// Room between the lanes.
const SPACE: f64 = 6.0;
const RATE_BARS: f64 = 44.0;
const MERCHANT_BARS: f64 = 24.0;
const MARKS: f64 = 12.0;
/// More merchants than this are left to the tables.
const MOST_MERCHANTS: usize = 8;
/// More moments of one kind than this are left to the timeline.
const MOST_MOMENTS: usize = 60;

/// The picture of a report; `None` when there is nothing to draw.
pub(crate) fn of(cx: &Context<'_>) -> Option<Drawing> {
    let chart = Chart::of(cx.report)?;
    let pen = Pen { cx, chart: &chart };
    let mut lanes = Vec::new();
    let of_side = |side: Side| chart.strips.iter().filter(move |s| s.side == side);
    lanes.extend(of_side(Side::Exchange).map(|s| pen.rates(s)));
    lanes.extend(pen.components());
    lanes.extend(pen.moments(Side::Status, "status page", "status"));
    lanes.extend(pen.moments(Side::Notes, "notes", "notes"));
    let others = chart.strips.iter().filter(|s| s.side != Side::Exchange);
    lanes.extend(others.map(|s| pen.rates(s)));
    lanes.extend(pen.merchants());
    let plot_height = stack(&mut lanes);
    let axis_y = TOP + plot_height + 16.0;
    Some(Drawing {
        width: WIDTH,
        height: axis_y + 30.0,
        top: TOP,
        plot_height,
        axis_y,
        tip_y: axis_y + 20.0,
        lanes,
        bands: chart.outages.iter().map(|o| pen.band(o)).collect(),
        ticks: pen.ticks(),
    })
}

/// Puts the lanes, drawn from 0 each, one below the other; gives the height of all.
fn stack(lanes: &mut [Lane]) -> f64 {
    let mut y = 0.0;
    for lane in lanes {
        let top = TOP + y;
        lane.y = top;
        lane.label_y += top;
        lane.base_y += top;
        let bars = lane.bars.iter_mut().chain(&mut lane.gaps);
        bars.for_each(|b| b.y = round(b.y + top));
        lane.marks.iter_mut().for_each(|m| m.y = round(m.y + top));
        y += lane.height;
    }
    y
}

/// A lane without content, its bars `bars` high.
fn lane(name: String, kind: &'static str, bars: f64) -> Lane {
    Lane {
        name,
        note: String::new(),
        summary: String::new(),
        kind,
        y: 0.0,
        height: NAME + bars + SPACE,
        label_y: 11.0,
        base_y: NAME + bars,
        bars: Vec::new(),
        gaps: Vec::new(),
        marks: Vec::new(),
    }
}

struct Pen<'a> {
    cx: &'a Context<'a>,
    chart: &'a Chart<'a>,
}

impl Pen<'_> {
    fn x(&self, time: Time) -> f64 {
        round(self.chart.position(time) * WIDTH)
    }

    /// Left end and width of a stretch, wide enough to be seen.
    fn stretch(&self, span: Span) -> (f64, f64) {
        let (x, end) = (self.x(span.start), self.x(span.end));
        let width = (end - x).max(2.0);
        (x.min(WIDTH - width), round(width))
    }

    fn full(&self, time: Time) -> String {
        self.cx.zone().stamp(time)
    }

    /// A failure rate: bars up to its peak.
    fn rates(&self, strip: &Strip) -> Lane {
        let columns = self.columns(strip);
        let cells = self.chart.cells(strip, columns);
        let scale = chart::scale_of(&cells);
        let kind = match strip.side {
            Side::Exchange => "exchange",
            _ => "payments",
        };
        let mut lane = lane(self.cx.text(&strip.name), kind, RATE_BARS);
        let bad = match strip.side {
            Side::Exchange => "bad",
            _ => "failed",
        };
        let width = WIDTH / columns as f64;
        for (at, cell) in cells.iter().enumerate() {
            let x = round(width * at as f64);
            match chart::rate(*cell) {
                Some(rate) if rate > 0.0 => {
                    let height = round((rate / scale).min(1.0) * RATE_BARS).max(1.0);
                    let from = self.full(self.chart.column_start(at, columns));
                    lane.bars.push(Bar {
                        x,
                        y: lane.base_y - height,
                        width: round(width),
                        height,
                        caused: 0.0,
                        title: format!("{from}: {} {bad}", words::of(cell.bad, cell.total)),
                    });
                }
                Some(_) => {}
                None => push_gap(&mut lane, x, width),
            }
        }
        lane.note = format!("full height {}", words::percent(scale));
        lane.summary = self.peak_of(&lane.name, strip, &cells, bad);
        lane
    }

    /// As many columns as the strip has buckets, so that a bar is what was counted.
    fn columns(&self, strip: &Strip) -> usize {
        let bucket = strip.span.secs() / strip.buckets.len().max(1) as f64;
        if bucket <= 0.0 {
            return COLUMNS;
        }
        ((self.chart.span.secs() / bucket).round() as usize).clamp(1, COLUMNS)
    }

    fn peak_of(
        &self,
        name: &str,
        strip: &Strip,
        cells: &[crate::model::StripBucket],
        bad: &str,
    ) -> String {
        let (total, count) = chart::total(strip);
        let peak = chart::peak(cells);
        let all = format!("{name}: {} {bad}", words::of(count, total));
        let at = cells
            .iter()
            .position(|c| peak > 0.0 && chart::rate(*c) == Some(peak));
        match at {
            Some(at) => format!(
                "{all}, at most {} (from {})",
                words::percent(peak),
                self.full(self.chart.column_start(at, cells.len()))
            ),
            None => all,
        }
    }

    /// One lane for each component that was hit, over all outages.
    fn components(&self) -> Vec<Lane> {
        let mut lanes: Vec<Lane> = Vec::new();
        for outage in self.chart.outages {
            for part in &outage.components {
                if part.name.is_empty() && outage.components.len() == 1 {
                    continue;
                }
                let name = match &*part.name {
                    "" => "no component named".to_owned(),
                    name => self.cx.text(name),
                };
                let name = format!("{}: {name}", self.cx.text(&outage.exchange_name));
                let marks = self.phases(outage, part, &name);
                match lanes.iter_mut().find(|l| l.name == name) {
                    Some(lane) => lane.marks.extend(marks),
                    None => {
                        let mut new = lane(name, "component", MARKS);
                        new.note = "stronger: more calls were bad".to_owned();
                        new.marks = marks;
                        lanes.push(new);
                    }
                }
            }
        }
        lanes
    }

    fn phases(
        &self,
        outage: &Outage,
        part: &crate::model::ComponentOutage,
        name: &str,
    ) -> Vec<Mark> {
        let end = part.end.unwrap_or(self.chart.span.end);
        let whole = [(Span::new(part.start, end), part.peak_failure_rate)];
        let phases: Vec<(Span, f64)> = part
            .phases
            .iter()
            .map(|p| (p.span, p.failure_rate))
            .collect();
        let shown = if phases.is_empty() {
            &whole[..]
        } else {
            &phases
        };
        shown
            .iter()
            .map(|&(span, rate)| {
                let (x, width) = self.stretch(span);
                Mark {
                    x,
                    y: NAME,
                    width,
                    height: MARKS,
                    level: round(0.25 + 0.75 * rate.clamp(0.0, 1.0)),
                    text: format!(
                        "{} {name}: {} ({}), {} of calls bad, usually {}",
                        outage.id,
                        self.cx.zone().range(span),
                        words::duration(span.secs()),
                        words::percent(rate),
                        words::percent(part.baseline_failure_rate)
                    ),
                }
            })
            .collect()
    }

    /// What was said, as points.
    fn moments(&self, side: Side, name: &str, kind: &'static str) -> Option<Lane> {
        let said: Vec<&Moment> = self
            .cx
            .report
            .moments
            .iter()
            .filter(|m| m.side == side)
            .collect();
        if said.is_empty() {
            return None;
        }
        let mut lane = lane(name.to_owned(), kind, MARKS);
        lane.note = match said.len() {
            n if n > MOST_MOMENTS => format!("the first {MOST_MOMENTS} of {n}"),
            n => words::plural(n as u64, "entry", "entries"),
        };
        lane.marks = said
            .iter()
            .take(MOST_MOMENTS)
            .map(|m| Mark {
                x: (self.x(m.time) - 3.0).clamp(0.0, WIDTH - 6.0),
                y: NAME,
                width: 6.0,
                height: MARKS,
                level: 1.0,
                text: format!("{}: {}", self.full(m.time), self.cx.text(&m.text)),
            })
            .collect();
        Some(lane)
    }

    /// Where the failures were: one lane for each merchant, the most hit ones when there are many.
    fn merchants(&self) -> Vec<Lane> {
        let report = self.cx.report;
        if report.totals.by_merchant.len() < 2 {
            return Vec::new();
        }
        let shown = report.totals.by_merchant.iter().take(MOST_MERCHANTS);
        let mut lanes: Vec<Lane> = shown.map(|c| self.merchant(report, &c.name)).collect();
        let left = report
            .totals
            .by_merchant
            .len()
            .saturating_sub(MOST_MERCHANTS);
        if let (Some(last), true) = (lanes.last_mut(), left > 0) {
            last.note.push_str(&format!(
                "; {} without a lane",
                words::plural(left as u64, "more merchant", "more merchants")
            ));
        }
        lanes
    }

    fn merchant(&self, report: &Report, name: &str) -> Lane {
        let mut cells = vec![(0u64, 0u64); COLUMNS / 2];
        let own = |f: &&FailedAttempt| f.merchant.as_deref().unwrap_or("-") == name;
        let (mut failed, mut caused) = (0, 0);
        for f in report.failures.iter().filter(own) {
            let at = (self.chart.position(f.time) * cells.len() as f64) as usize;
            let at = at.min(cells.len() - 1);
            let followed = u64::from(f.verdict == Verdict::Caused);
            cells[at].0 += 1;
            cells[at].1 += followed;
            failed += 1;
            caused += followed;
        }
        let peak = cells.iter().map(|c| c.0).max().unwrap_or(0).max(1);
        let shown = match name {
            "-" => "(no merchant)".to_owned(),
            name => self.cx.text(name),
        };
        let mut lane = lane(shown, "merchant", MERCHANT_BARS);
        let width = WIDTH / cells.len() as f64;
        for (at, &(n, of_these)) in cells.iter().enumerate().filter(|(_, c)| c.0 > 0) {
            let part = |n: u64| round(n as f64 / peak as f64 * MERCHANT_BARS);
            let height = part(n).max(1.0);
            let from = self.full(self.chart.column_start(at, cells.len()));
            lane.bars.push(Bar {
                x: round(width * at as f64),
                y: lane.base_y - height,
                width: round(width),
                height,
                caused: part(of_these),
                title: format!(
                    "{from}: {} failed, {} of them followed from an outage",
                    words::count(n),
                    words::count(of_these)
                ),
            });
        }
        lane.note = format!(
            "full height {}",
            words::plural(peak, "failed attempt", "failed attempts")
        );
        lane.summary = format!(
            "{}: {} of {} followed from an outage",
            lane.name,
            words::count(caused),
            words::plural(failed, "failed attempt", "failed attempts")
        );
        lane
    }

    fn band(&self, outage: &Outage) -> Band {
        let (x, width) = self.stretch(outage.span(self.chart.span.end));
        let doubts = [Some(outage.start_interval), outage.end_interval]
            .into_iter()
            .flatten()
            .map(|s| (self.x(s.start), (self.x(s.end) - self.x(s.start)).max(1.0)))
            .collect();
        let view = super::outages::stretch(self.cx, outage);
        Band {
            id: outage.id.clone(),
            x,
            width,
            doubts,
            text: format!(
                "{} {}: {view}",
                outage.id,
                self.cx.text(&outage.exchange_name)
            ),
        }
    }

    /// Marks at round times, at most eight.
    fn ticks(&self) -> Vec<Tick> {
        const STEPS: [i64; 20] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600,
            43_200, 86_400, 172_800, 604_800,
        ];
        let span = self.chart.span;
        let fits = |step: &&i64| span.secs() / **step as f64 <= 7.0;
        let step = STEPS
            .iter()
            .find(fits)
            .copied()
            .unwrap_or((span.secs() / 7.0) as i64 + 1);
        let first = (span.start.as_secs_f64() / step as f64).ceil() as i64 * step;
        let long = span.secs() > 86_400.0;
        (0..9)
            .map(|n| Time::from_millis((first + n * step).saturating_mul(1_000)))
            .take_while(|t| *t <= span.end)
            .map(|t| {
                let x = self.x(t);
                Tick {
                    x,
                    anchor: match x {
                        x if x < 60.0 => "start",
                        x if x > WIDTH - 60.0 => "end",
                        _ => "middle",
                    },
                    label: if long {
                        self.full(t)
                    } else {
                        self.cx.zone().clock(t)
                    },
                }
            })
            .collect()
    }
}

fn push_gap(lane: &mut Lane, x: f64, width: f64) {
    if let Some(last) = lane.gaps.last_mut()
        && (last.x + last.width - x).abs() < 0.5
    {
        last.width = round(x + width - last.x);
        return;
    }
    lane.gaps.push(Bar {
        x,
        y: lane.base_y - RATE_BARS,
        width: round(width),
        height: RATE_BARS,
        caused: 0.0,
        title: "nothing was logged".to_owned(),
    });
}

fn round(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}
