//! What the tables of payment providers mean beyond the names of their columns: a zone in a column of its own, texts that
//! describe the goods and not the failure, rows that are about no attempt to pay.
//!
//! - Stripe, Dashboard › Payments › Export: `Description` is the merchant's own text on what was sold.
//! - PayPal's activity report: fees, conversions, withdrawals and refunds stand beside payments.
//! - Adyen's reports: one row for each step of a payment, dated by `Booking Date`.

use chrono::TimeZone;

use crate::model::{Field, Stamp, Time};
use crate::parse::fields::Draft;
use crate::parse::stamp;

/// What the header of a table shows of who wrote it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Vendor {
    /// The column that names the zone of the stamps.
    zone: Option<usize>,
    /// PayPal's column for the kind of a row.
    kind: Option<usize>,
    is_stripe: bool,
}

impl Vendor {
    /// By the names of the columns.
    pub(super) fn of(names: &[String]) -> Vendor {
        let column = |wanted: &str| names.iter().position(|n| n.eq_ignore_ascii_case(wanted));
        let has = |wanted: &str| column(wanted).is_some();
        let zones = [
            "timezone",
            "time zone",
            "time_zone",
            "booking date timezone",
        ];
        Vendor {
            zone: zones.iter().rev().find_map(|z| column(z)),
            kind: column("type").filter(|_| has("gross") && has("transaction id")),
            is_stripe: has("seller message") || (has("paymentintent id") && has("captured")),
        }
    }

    /// Whether a column has to be left alone: what it holds is not what its name says elsewhere.
    pub(super) fn leaves_out(&self, name: &str) -> bool {
        self.is_stripe && name.eq_ignore_ascii_case("description")
    }

    /// Whether rows have to be read in full each time.
    pub(super) fn is_special(&self) -> bool {
        self.zone.is_some() || self.kind.is_some()
    }

    /// Puts a row right: `cell` gives its cells.
    pub(super) fn tidy<'c>(&self, draft: &mut Draft<'_>, cell: &dyn Fn(usize) -> Option<&'c str>) {
        let kind = self.kind.and_then(cell);
        if kind.is_some_and(|k| !is_paypal_payment(k)) {
            for field in PAID_BY {
                draft.clear(field);
            }
        }
    }

    /// The stamp with the zone that the row names for it.
    pub(super) fn with_zone<'c>(
        &self,
        stamp: Option<Stamp>,
        cell: &dyn Fn(usize) -> Option<&'c str>,
    ) -> Option<Stamp> {
        let stamp = stamp?;
        let zone = self.zone.and_then(cell).filter(|_| !stamp.has_zone);
        let moved = zone.and_then(|zone| in_zone(stamp.time, zone.trim()));
        Some(moved.map_or(stamp, |time| Stamp {
            time,
            has_zone: true,
            ..stamp
        }))
    }
}

/// What a payment has, and a row that is about none must not show.
const PAID_BY: [Field; 7] = [
    Field::PaymentId,
    Field::OrderId,
    Field::Status,
    Field::Amount,
    Field::Currency,
    Field::CustomerId,
    Field::Method,
];

/// PayPal names some eighty kinds of rows; those of an attempt to pay say so, and what undoes one says that too.
fn is_paypal_payment(kind: &str) -> bool {
    let kind = kind.to_lowercase();
    let undone = [
        "refund",
        "reversal",
        "fee",
        "hold",
        "cancel",
        "release",
        "chargeback",
    ];
    (kind.contains("payment") || kind.contains("authorization") || kind.contains("checkout"))
        && !undone.iter().any(|w| kind.contains(w))
}

/// The instant of a wall clock in a zone: a name of the IANA database, or what a stamp can end with (`CET`, `PDT`, `+02:00`).
/// Of the two instants of a repeated hour the first.
fn in_zone(wall: Time, zone: &str) -> Option<Time> {
    if let Ok(named) = zone.parse::<chrono_tz::Tz>()
        && zone.contains('/')
    {
        let local = named.from_local_datetime(&wall.to_utc().naive_utc());
        let nanos = local.earliest()?.timestamp_nanos_opt()?;
        return Some(Time(nanos));
    }
    let sample = "2000-01-01 00:00:00";
    let (plain, zoned) = (
        stamp::read(sample)?,
        stamp::read(&format!("{sample} {zone}")).filter(|s| s.has_zone)?,
    );
    Some(Time(wall.0.checked_add(zoned.time.0 - plain.time.0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_name_an_abbreviation_or_an_offset() {
        let wall: Time = "2024-03-06T12:00:00Z".parse().unwrap();
        for (zone, expected) in [
            ("CET", Some("2024-03-06T11:00:00.000Z")),
            ("PDT", Some("2024-03-06T19:00:00.000Z")),
            ("+02:00", Some("2024-03-06T10:00:00.000Z")),
            ("Europe/Zurich", Some("2024-03-06T11:00:00.000Z")),
            ("America/New_York", Some("2024-03-06T17:00:00.000Z")),
            ("nowhere", None),
            ("", None),
        ] {
            let got = in_zone(wall, zone).map(|t| t.to_string());
            assert_eq!(got.as_deref(), expected, "{zone}");
        }
    }

    #[test]
    fn rows_of_paypal() {
        for kind in [
            "Express Checkout Payment",
            "Website Payment",
            "General Authorization",
        ] {
            assert!(is_paypal_payment(kind), "{kind}");
        }
        for kind in [
            "Fee",
            "Payment Refund",
            "General Currency Conversion",
            "Payment Reversal",
            "Reserve Hold",
        ] {
            assert!(!is_paypal_payment(kind), "{kind}");
        }
    }
}
