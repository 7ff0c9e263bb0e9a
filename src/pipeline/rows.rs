//! Every record as a row of the shared time line.

use std::io;

use anyhow::{Context, Result};

use super::Settings;
use super::inputs::Given;
use super::merge::InOrder;
use super::reading::{context, is_wanted, options};
use crate::model::{
    Precision, RawIncident, Record, Role, Span, StatusIncident, TimelineRow, ZoneFrom,
};
use crate::parse::{self, FormatInfo, ReadOptions, Sink};
use crate::timeline::{Clock, InputContext, Timeline, ZoneSpec, row_of};

struct Rows<'a> {
    context: InputContext,
    format: &'static str,
    clock: Option<&'a Clock>,
    wanted: &'a dyn Fn(&TimelineRow) -> bool,
    rows: &'a mut InOrder,
    /// What kept a row from being put away.
    failed: Option<io::Error>,
}

impl Sink for Rows<'_> {
    fn format(&mut self, info: &FormatInfo) {
        self.format = info.id;
    }

    fn record(&mut self, record: &Record<'_>) {
        if let Some(mut row) = row_of(&self.context, self.format, record) {
            row.time = self.clock.map_or(row.time, |c| c.right(row.time));
            if self.failed.is_none() && (self.wanted)(&row) {
                self.failed = self.rows.push(row).err();
            }
        }
    }

    /// Incidents are taken from the time line, where their exchange is known.
    fn status(&mut self, _incident: RawIncident) {}
}

const PUT_AWAY: &str = "failed to keep rows in a temporary file";

/// Gives all rows of all inputs in time order, on the clocks that the alignment found.
pub(super) fn all(
    settings: &Settings,
    inputs: &[Given],
    timeline: &Timeline,
    row: &mut dyn FnMut(TimelineRow),
) -> Result<()> {
    let near = timeline.inputs.iter().filter_map(|i| i.first.zip(i.last));
    let options = ReadOptions {
        near: near
            .map(|(a, b)| Span::new(a, b))
            .reduce(|a, b| a.union(&b)),
        ..options(settings)
    };
    let window = settings.window.span();
    let wanted = |r: &TimelineRow| window.contains(r.time) && is_wanted(settings, r);
    let mut rows = InOrder::default();
    for (i, given) in inputs.iter().enumerate() {
        let input = given.log().with_context(|| {
            let path = given.shown();
            format!("{path}: only a digest of it was given; --all shows the logs themselves")
        })?;
        let mut sink = Rows {
            context: context(settings, &options, i as u32, input),
            format: "",
            clock: timeline.clocks.get(&(i as u32)),
            wanted: &wanted,
            rows: &mut rows,
            failed: None,
        };
        if let Some(summary) = timeline.inputs.get(i) {
            sink.context.role = sink.context.role.or(Some(summary.role));
            if summary.zone_from == ZoneFrom::Inferred {
                sink.context.zone = ZoneSpec::parse(&summary.zone)
                    .ok()
                    .map(|z| (z, ZoneFrom::Inferred));
            }
        }
        parse::read(input, &options, &mut sink)
            .with_context(|| format!("failed to read {}", input.shown))?;
        sink.failed.map_or(Ok(()), Err).context(PUT_AWAY)?;
    }
    for update in timeline.statuses.iter().flat_map(|i| updates(timeline, i)) {
        if wanted(&update) {
            rows.push(update).context(PUT_AWAY)?;
        }
    }
    rows.give(row).context(PUT_AWAY)
}

/// One row for each update of a status-page incident.
fn updates<'a>(
    timeline: &'a Timeline,
    incident: &'a StatusIncident,
) -> impl Iterator<Item = TimelineRow> + 'a {
    incident.updates.iter().map(move |update| TimelineRow {
        time: update.time,
        precision: Precision::Millis,
        zone_from: ZoneFrom::Explicit,
        role: Role::Status,
        kind: "status".into(),
        format: "statuspage".into(),
        level: None,
        service: None,
        exchange: Some(timeline.names.text(incident.exchange).to_string()),
        component: incident.components.first().map(|c| c.to_string()),
        merchant: None,
        payment_id: None,
        trace_id: None,
        method: None,
        path: None,
        status: Some(update.status.to_string()),
        duration_ms: None,
        outcome: None,
        error_class: None,
        message: Some(format!("{}: {}", incident.title, update.body)),
        source: incident.source,
    })
}
