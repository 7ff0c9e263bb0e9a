//! What would have been different: a fallback exchange, a circuit breaker, another method of payment.
//!
//! Only failures judged `caused` are counted, each with its probability of having followed from the outage times the
//! success rate of what would have stood in. What cannot be worked out is left out, with the reason.

mod breaker;
mod fallback;
mod other_method;
mod saved;

use super::Outcome;
use super::orders::orders;
use crate::model::{Channel, Judgement, LeftOut, Sym, WhatIf, WhatIfOptions, in_words};

/// The cases that the logs can answer, outage by outage.
pub fn what_if(o: &Outcome<'_>, options: &WhatIfOptions) -> WhatIf {
    let mut out = WhatIf::default();
    if o.outages.is_empty() {
        return out;
    }
    let orders = orders(o);
    let served = fallback::Counts::of(o);
    let again = other_method::Again::of(o);
    for outage in 0..o.outages.len() {
        fallback::cases(o, outage, options, &served, &orders, &mut out);
        out.cases.extend(breaker::case(o, outage, &orders));
        other_method::case(o, outage, &again, &orders, &mut out);
    }
    out
}

/// The knock-on failures of payments that went through the exchange itself. Where a record names no exchange, its linked
/// call does; not for a retry, which shares its order's ids whichever way it went.
fn hit<'a>(o: &'a Outcome<'_>, outage: usize) -> Vec<&'a Judgement> {
    let down = o.outages[outage].exchange;
    let through = |j: &&Judgement| match o.timeline.attempts[j.attempt].exchange {
        Sym::NONE if j.channel == Some(Channel::Retry) => false,
        Sym::NONE => j.linked_exchange.is_none() || j.linked_exchange == down,
        exchange => exchange == down,
    };
    o.caused()
        .filter(|j| j.outage == Some(outage))
        .filter(|j| j.channel.is_some_and(|c| c != Channel::Collateral))
        .filter(through)
        .collect()
}

fn left_out(o: &Outcome<'_>, kind: &'static str, outage: usize, reason: String) -> LeftOut {
    LeftOut {
        kind,
        outage: o.outages[outage].id.clone(),
        reason,
    }
}

/// The text of a symbol, where there is one.
fn named(o: &Outcome<'_>, sym: Sym) -> Option<String> {
    sym.is_some()
        .then(|| o.timeline.names.text(sym).to_string())
}

/// `a, b and c`, or another word before the last; of very many only the first.
fn list<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    const MOST: usize = 12;
    let words: Vec<&str> = words.into_iter().collect();
    if words.len() > MOST {
        return in_words(&words);
    }
    match &words[..] {
        [most @ .., end] if !most.is_empty() => format!("{} {last} {end}", most.join(", ")),
        few => few.concat(),
    }
}

/// `15 of 17 (88.2%, 95% interval 65.7% to 96.7%)`.
fn share(rate: &crate::model::ObservedRate) -> String {
    let percent = |x: f64| format!("{:.1}%", 100.0 * x);
    format!(
        "{} of {} ({}, 95% interval {} to {})",
        rate.succeeded,
        rate.attempts,
        percent(rate.rate.mean),
        percent(rate.rate.low),
        percent(rate.rate.high)
    )
}
