//! Orders, customers and money.

use rust_decimal::Decimal;

use super::Outcome;
use crate::model::{
    Amounts, Attempt, FastMap, FastSet, IdHash, Impact, OrderedMap, Outcome as End, Sym, Time,
    UnknownOutcome,
};

/// One affected order.
#[derive(Clone, Debug)]
pub(super) struct Order {
    first_failure: Time,
    method: Sym,
    exchange: Sym,
    pub(super) currency: Sym,
    pub(super) amount: Option<Decimal>,
    unknown: bool,
    recovered: Option<bool>,
}

impl Order {
    /// Neither recovered nor to be reconciled.
    pub(super) fn is_lost(&self) -> bool {
        self.recovered.is_none() && !self.unknown
    }
}

/// An attempt's order; an attempt without one is its own, told by its payment id or its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum OrderKey {
    Named(Sym, IdHash),
    Alone(usize),
}

impl OrderKey {
    /// Of the attempt with this index.
    pub(super) fn of(index: usize, a: &Attempt) -> OrderKey {
        if a.order.is_some() {
            OrderKey::Named(a.merchant, a.order)
        } else {
            OrderKey::Alone(index)
        }
    }
}

/// Totals of what the knock-on failures touched.
pub fn impact(o: &Outcome<'_>) -> Impact {
    let orders = orders(o);
    let mut out = Impact {
        unknown_outcome: unknown(o),
        open_attempts: open(o),
        customers_affected: customers(o),
        ..Impact::default()
    };
    let (mut failed, mut recovered, mut unknown, mut lost) = <(Sums, Sums, Sums, Sums)>::default();
    for order in orders.values() {
        out.orders_affected += 1;
        failed.add(order.currency, order.amount);
        match order.recovered {
            Some(same) => {
                out.orders_recovered += 1;
                if same {
                    out.recovered_same_method += 1
                } else {
                    out.recovered_other_method += 1
                }
                recovered.add(order.currency, order.amount);
            }
            None if order.unknown => {
                out.orders_unknown += 1;
                unknown.add(order.currency, order.amount);
            }
            None => {
                out.orders_lost += 1;
                lost.add(order.currency, order.amount);
            }
        }
    }
    out.amount_failed = failed.named(o);
    out.amount_recovered = recovered.named(o);
    out.amount_unknown = unknown.named(o);
    out.amount_lost = lost.named(o);
    out
}

/// Affected orders.
pub(super) type Orders = OrderedMap<OrderKey, Order>;

/// Every affected order and what became of it.
pub(super) fn orders(o: &Outcome<'_>) -> Orders {
    follow_up(o, affected(o))
}

fn affected(o: &Outcome<'_>) -> Orders {
    let mut orders = Orders::default();
    for j in o.caused() {
        let a = &o.timeline.attempts[j.attempt];
        let order = orders
            .entry(OrderKey::of(j.attempt, a))
            .or_insert_with(|| Order {
                first_failure: a.time,
                method: a.method,
                exchange: a.exchange,
                currency: a.currency,
                amount: a.amount,
                unknown: false,
                recovered: None,
            });
        order.first_failure = order.first_failure.min(a.time);
        if a.amount.is_some() {
            order.amount = a.amount;
            order.currency = a.currency;
        }
    }
    orders
}

/// What became of each affected order: a success at or after its first knock-on failure saves it.
fn follow_up(o: &Outcome<'_>, mut orders: Orders) -> Orders {
    for (i, a) in o.timeline.attempts.iter().enumerate() {
        let Some(order) = orders.get_mut(&OrderKey::of(i, a)) else {
            continue;
        };
        match a.outcome {
            End::Succeeded if a.time >= order.first_failure && order.recovered.is_none() => {
                order.recovered = Some(a.method == order.method && a.exchange == order.exchange);
            }
            End::Unknown | End::Pending => order.unknown = true,
            _ => {}
        }
    }
    orders
}

/// Exact sums of amounts, each under its currency.
#[derive(Default)]
pub(super) struct Sums(FastMap<Sym, Decimal>);

impl Sums {
    pub(super) fn add(&mut self, currency: Sym, amount: Option<Decimal>) {
        let Some(amount) = amount else { return };
        let sum = self.0.entry(currency).or_default();
        // A sum beyond 28 digits saturates rather than wraps; no real total comes near.
        *sum = sum.checked_add(amount).unwrap_or(Decimal::MAX);
    }

    /// By the names of the currencies, `?` where the record names none.
    pub(super) fn named(self, o: &Outcome<'_>) -> Amounts {
        let name = |currency| match o.timeline.names.text(currency) {
            "" => "?".to_string(),
            name => name.to_string(),
        };
        let mut named = Amounts::new();
        self.0.into_iter().for_each(|(currency, sum)| {
            let entry = named.entry(name(currency)).or_default();
            *entry = entry.checked_add(sum).unwrap_or(Decimal::MAX);
        });
        named
    }
}

fn unknown(o: &Outcome<'_>) -> UnknownOutcome {
    let mut sums = Sums::default();
    let mut out = UnknownOutcome::default();
    for a in o
        .timeline
        .attempts
        .iter()
        .filter(|a| a.outcome == End::Unknown)
    {
        out.attempts += 1;
        sums.add(a.currency, a.amount);
    }
    out.amount = sums.named(o);
    out
}

fn open(o: &Outcome<'_>) -> u64 {
    o.timeline
        .attempts
        .iter()
        .filter(|a| a.outcome == End::Pending)
        .count() as u64
}

fn customers(o: &Outcome<'_>) -> Option<u64> {
    let known = |a: &&Attempt| a.customer.is_some();
    let any = o.timeline.attempts.iter().any(|a| a.customer.is_some());
    let distinct: FastSet<IdHash> = o
        .caused()
        .map(|j| &o.timeline.attempts[j.attempt])
        .filter(known)
        .map(|a| a.customer)
        .collect();
    any.then_some(distinct.len() as u64)
}
