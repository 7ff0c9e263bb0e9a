//! One record as a row of `timeline --all`.

use crate::model::{ErrorClass, Field, Outcome, Record, SourceRef, TimelineRow, ZoneFrom};

use super::builder::{Builder, InputContext};
use super::classify::{self, Kind, Plan};
use super::clock::Clock;
use super::outcome::status_meaning;
use super::{place, values};

/// One record as a row of `timeline --all`; `None` when it has no time stamp. The input's majority is not known
/// here: the user's role and the record's own shape decide.
pub fn row_of(
    ctx: &InputContext,
    format: &'static str,
    record: &Record<'_>,
) -> Option<TimelineRow> {
    let stamp = record.stamp()?;
    let mut clock = Clock::new(ctx.zone);
    let time = clock.read(stamp);
    let plan = Plan::of(std::slice::from_ref(record));
    let kind = plan.kind(record, ctx.role);
    let text = |f: Field| record.get(f).map(str::to_owned);
    let exchange = || {
        [Field::Exchange, Field::Host]
            .into_iter()
            .find_map(|f| record.get(f).and_then(place::exchange_name))
    };
    let duration = record
        .get(Field::Duration)
        .and_then(|d| values::duration_us(d, record.duration_unit));
    let (outcome, error_class) = row_outcome(ctx, record, kind);
    Some(TimelineRow {
        time,
        precision: stamp.precision,
        zone_from: if stamp.has_zone {
            ZoneFrom::Explicit
        } else {
            clock.from
        },
        role: ctx.role.unwrap_or(kind.role()),
        kind: kind.as_str().into(),
        format: format.into(),
        level: text(Field::Level),
        service: text(Field::Service),
        exchange: match kind {
            Kind::Call => Some(row_exchange(ctx, record)).filter(|e| !e.is_empty()),
            _ => exchange(),
        },
        component: text(Field::Component).or_else(|| {
            record
                .get(Field::Path)
                .filter(|_| kind == Kind::Call)
                .and_then(place::component_of_path)
        }),
        merchant: text(Field::Merchant).or_else(|| ctx.merchant.clone()),
        payment_id: text(Field::PaymentId),
        trace_id: text(Field::TraceId).or_else(|| text(Field::RequestId)),
        method: text(if kind == Kind::Payment {
            Field::Method
        } else {
            Field::HttpMethod
        }),
        path: text(Field::Path),
        status: text(Field::Status).or_else(|| text(Field::HttpStatus)),
        duration_ms: duration.map(|us| f64::from(us) / 1000.0),
        outcome,
        error_class,
        message: [Field::ErrorMessage, Field::Message, Field::Detail]
            .into_iter()
            .find_map(text),
        source: SourceRef {
            input: ctx.index,
            line: record.line,
        },
    })
}

/// The exchange of a call's row, by the same rules as the fact's.
fn row_exchange(ctx: &InputContext, record: &Record<'_>) -> String {
    let mut builder = Builder::new(ctx.clone());
    let sym = builder.call_exchange(record);
    builder.part.names.text(sym).to_owned()
}

fn row_outcome(
    ctx: &InputContext,
    record: &Record<'_>,
    kind: Kind,
) -> (Option<Outcome>, Option<ErrorClass>) {
    let mut builder = Builder::new(ctx.clone());
    match kind {
        Kind::Payment => {
            let standing = classify::standing(record, &mut builder.words);
            let (_, class, outcome) = builder.payment_error(record, standing);
            (
                Some(outcome),
                Some(class).filter(|c| *c != ErrorClass::None),
            )
        }
        Kind::Call => {
            let (_, class) = builder.call_error(record, classify::call_status(record));
            let pending = record
                .get(Field::Status)
                .and_then(status_meaning)
                .is_some_and(|m| m.outcome == Outcome::Pending);
            let outcome = match class {
                ErrorClass::None if pending => Outcome::Pending,
                ErrorClass::None => Outcome::Succeeded,
                _ => Outcome::Failed,
            };
            (
                Some(outcome),
                Some(class).filter(|c| *c != ErrorClass::None),
            )
        }
        Kind::Note | Kind::Other => (None, None),
    }
}
