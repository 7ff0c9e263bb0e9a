//! Had a fallback exchange taken over some seconds after the onset.

use std::collections::{BTreeMap, BTreeSet};

use super::saved::{Saved, rate, saved};
use super::{hit, left_out, list, named, share};
use crate::impact::Outcome;
use crate::impact::orders::Orders;
use crate::model::{
    FastMap, Interval, Judgement, ObservedRate, Outcome as End, Span, Sym, WhatIf, WhatIfCase,
    WhatIfOptions,
};

const KIND: &str = "fallback_exchange";
/// An exchange serves a kind of payment when so many of them succeeded there.
const LEAST_SERVED: u64 = 2;
/// Rates told in words; the JSON has them all.
const MOST_TOLD: usize = 3;

/// Payments that a fallback would have to serve alike: method and currency.
type Kind = (Sym, Sym);
/// Attempts that succeeded, and all that ended.
type Served = BTreeMap<(Kind, Sym), (u64, u64)>;

/// What stands in for one kind of payment.
#[derive(Clone)]
struct StandIn {
    /// Name of the exchange.
    name: String,
    /// How well it would have served: its own rate, or that of the exchange that was down.
    rate: ObservedRate,
    /// Whether the rate is that of the exchange that was down.
    is_borrowed: bool,
}

/// What is looked at for one outage.
struct Search<'a> {
    o: &'a Outcome<'a>,
    outage: usize,
    span: Span,
    counts: &'a Counts,
    /// All affected orders.
    orders: &'a Orders,
}

/// How each kind of payment fared through each exchange.
pub(super) struct Counts {
    /// Outside every outage.
    usual: Served,
    /// During each outage.
    during: Vec<Served>,
}

impl Counts {
    /// One look at all attempts.
    pub(super) fn of(o: &Outcome<'_>) -> Counts {
        let log_end = o.timeline.end();
        let spans: Vec<Span> = o.outages.iter().map(|o| o.span(log_end)).collect();
        let mut usual = FastMap::default();
        let mut during = vec![FastMap::default(); spans.len()];
        for a in o.timeline.attempts.iter().filter(|a| a.outcome.is_final()) {
            let count = |counts: &mut FastMap<_, (u64, u64)>| {
                let entry = counts.entry(((a.method, a.currency), a.exchange));
                let entry = entry.or_default();
                entry.0 += u64::from(a.outcome == End::Succeeded);
                entry.1 += 1;
            };
            let mut in_outage = false;
            for (counts, _) in during
                .iter_mut()
                .zip(&spans)
                .filter(|(_, s)| s.contains(a.start))
            {
                in_outage = true;
                count(counts);
            }
            if !in_outage {
                count(&mut usual);
            }
        }
        let sorted = |counts: FastMap<_, _>| counts.into_iter().collect();
        Counts {
            usual: sorted(usual),
            during: during.into_iter().map(sorted).collect(),
        }
    }
}

/// One case for each take-over, and why kinds of payment are left out.
pub(super) fn cases(
    o: &Outcome<'_>,
    outage: usize,
    options: &WhatIfOptions,
    counts: &Counts,
    orders: &Orders,
    out: &mut WhatIf,
) {
    let failures = hit(o, outage);
    if failures.is_empty() {
        return;
    }
    let search = Search {
        o,
        outage,
        span: o.outages[outage].span(o.timeline.end()),
        counts,
        orders,
    };
    let kinds: BTreeSet<Kind> = failures.iter().map(|j| search.kind(j)).collect();
    let stand_ins: BTreeMap<Kind, StandIn> = kinds
        .iter()
        .filter_map(|k| Some((*k, search.stand_in(*k, options.fallback.as_deref())?)))
        .collect();
    if let Some(reason) = search.reason(&kinds, &stand_ins, options.fallback.as_deref()) {
        out.left_out.push(left_out(o, KIND, outage, reason));
    }
    if !stand_ins.is_empty() {
        let case = |&seconds| search.case(&failures, &stand_ins, seconds);
        out.cases.extend(options.takeover_s.iter().map(case));
    }
}

impl Search<'_> {
    fn down(&self) -> Sym {
        self.o.outages[self.outage].exchange
    }

    fn text(&self, sym: Sym) -> &str {
        self.o.timeline.names.text(sym)
    }

    fn kind(&self, j: &Judgement) -> Kind {
        let a = &self.o.timeline.attempts[j.attempt];
        (a.method, a.currency)
    }

    /// The named fallback, else the healthy exchange that most surely serves this kind well.
    fn stand_in(&self, kind: Kind, wanted: Option<&str>) -> Option<StandIn> {
        let Some(wanted) = wanted else {
            let own = self
                .candidates(kind)
                .filter(|e| self.own_outage(self.text(*e)).is_none());
            let best = own.filter_map(|e| self.rate(e, kind)).max_by(|a, b| {
                a.rate
                    .low
                    .total_cmp(&b.rate.low)
                    .then_with(|| b.exchange.cmp(&a.exchange))
            })?;
            return Some(StandIn {
                name: best.exchange.clone().unwrap_or_default(),
                rate: best,
                is_borrowed: false,
            });
        };
        if self.own_outage(wanted).is_some() || wanted.eq_ignore_ascii_case(self.text(self.down()))
        {
            return None;
        }
        let own = self
            .candidates(kind)
            .find(|e| wanted.eq_ignore_ascii_case(self.text(*e)))
            .and_then(|e| self.rate(e, kind));
        let borrowed = || self.usual_of_down(kind);
        Some(StandIn {
            name: self.spelled(wanted),
            is_borrowed: own.is_none(),
            rate: own.or_else(borrowed)?,
        })
    }

    /// A name as the logs write it, where they hold it.
    fn spelled(&self, wanted: &str) -> String {
        let seen = self
            .counts
            .usual
            .keys()
            .chain(self.counts.during[self.outage].keys());
        seen.map(|(_, e)| self.text(*e))
            .find(|e| e.eq_ignore_ascii_case(wanted))
            .unwrap_or(wanted)
            .to_string()
    }

    /// Other exchanges through which this kind of payment was tried.
    fn candidates(&self, kind: Kind) -> impl Iterator<Item = Sym> {
        let down = self.down();
        self.counts
            .usual
            .range((kind, Sym::NONE)..)
            .take_while(move |((k, _), _)| *k == kind)
            .map(|((_, exchange), _)| *exchange)
            .filter(move |e| e.is_some() && *e != down)
    }

    fn rate(&self, exchange: Sym, kind: Kind) -> Option<ObservedRate> {
        let &(succeeded, attempts) = self.counts.usual.get(&(kind, exchange))?;
        (succeeded >= LEAST_SERVED).then(|| ObservedRate {
            exchange: named(self.o, exchange),
            method: named(self.o, kind.0),
            currency: named(self.o, kind.1),
            attempts,
            succeeded,
            rate: rate(succeeded, attempts),
        })
    }

    /// Id of an outage that an exchange had at the same time.
    fn own_outage(&self, exchange: &str) -> Option<&str> {
        let log_end = self.o.timeline.end();
        self.o
            .outages
            .iter()
            .find(|o| {
                exchange.eq_ignore_ascii_case(&o.exchange_name)
                    && o.exchange != self.down()
                    && o.span(log_end).overlaps(&self.span)
            })
            .map(|o| o.id.as_str())
    }

    /// Why some kinds of payment have nothing to stand in.
    fn reason(
        &self,
        kinds: &BTreeSet<Kind>,
        found: &BTreeMap<Kind, StandIn>,
        wanted: Option<&str>,
    ) -> Option<String> {
        let without: BTreeSet<&str> = kinds
            .iter()
            .filter(|k| !found.contains_key(k))
            .map(|k| match self.text(k.1) {
                "" => "payments that name no currency",
                currency => currency,
            })
            .collect();
        if without.is_empty() {
            return None;
        }
        let what = list(without, "and");
        let down = &self.o.outages[self.outage].exchange_name;
        Some(match wanted {
            None => format!(
                "no other exchange that was healthy in these logs served {what}; name one in knockon.toml ([what_if] fallback)"
            ),
            Some(w) if w.eq_ignore_ascii_case(down) => format!("{w} is the exchange that was down"),
            Some(w) => match self.own_outage(w) {
                Some(id) => format!("{w} had an outage of its own at the time ({id})"),
                None => format!(
                    "outside the outages these logs hold too few payments in {what} to tell how well {w} would have served them"
                ),
            },
        })
    }

    fn case(
        &self,
        failures: &[&Judgement],
        stand_ins: &BTreeMap<Kind, StandIn>,
        seconds: u32,
    ) -> WhatIfCase {
        let outage = &self.o.outages[self.outage];
        let from = outage.start.plus_secs(f64::from(seconds));
        let chances: Vec<_> = failures
            .iter()
            .filter(|j| self.o.timeline.attempts[j.attempt].start >= from)
            .filter_map(|j| {
                let kind = self.kind(j);
                Some((*j, self.as_good_as(stand_ins.get(&kind)?, kind)))
            })
            .collect();
        let Saved {
            failures,
            orders,
            amount,
            at_stake,
        } = saved(self.o, self.orders, &chances);
        let names: BTreeSet<&str> = stand_ins.values().map(|s| s.name.as_str()).collect();
        let after = match seconds {
            0 => format!("at the onset of {}", outage.id),
            s => format!("{s} s after the onset of {}", outage.id),
        };
        let mut rates: Vec<ObservedRate> = stand_ins.values().map(|s| s.rate.clone()).collect();
        rates.sort_by(|a, b| key(a).cmp(&key(b)));
        WhatIfCase {
            kind: KIND,
            outage: outage.id.clone(),
            title: format!(
                "had {} taken over from {} {after}",
                list(names.iter().copied(), "or"),
                outage.exchange_name
            ),
            assumptions: self.assumptions(stand_ins, &names, &rates),
            takeover_s: Some(seconds),
            failures,
            orders,
            amount_saved: amount,
            amount_at_stake: at_stake,
            rates,
            refused: None,
            switched: None,
        }
    }

    /// How well a fallback serves what its predecessor would have served: the probability of a verdict leaves out already what
    /// that would have declined itself.
    fn as_good_as(&self, stand_in: &StandIn, kind: Kind) -> Interval {
        let usual = self.usual_of_down(kind).map_or(1.0, |own| own.rate.mean);
        let of = |rate: f64| {
            if usual > 0.0 {
                (rate / usual).min(1.0)
            } else {
                rate
            }
        };
        let rate = stand_in.rate.rate;
        match stand_in.is_borrowed {
            true => Interval {
                mean: 1.0,
                low: 1.0,
                high: 1.0,
            },
            false => Interval {
                mean: of(rate.mean),
                low: of(rate.low),
                high: of(rate.high),
            },
        }
    }

    /// How well the exchange that was down usually serves a kind of payment.
    fn usual_of_down(&self, kind: Kind) -> Option<ObservedRate> {
        self.rate(self.down(), kind)
            .or_else(|| self.rate(Sym::NONE, kind))
    }

    fn assumptions(
        &self,
        stand_ins: &BTreeMap<Kind, StandIn>,
        names: &BTreeSet<&str>,
        rates: &[ObservedRate],
    ) -> Vec<String> {
        let down = &self.o.outages[self.outage].exchange_name;
        let told: Vec<String> = rates.iter().take(MOST_TOLD).map(rate_words).collect();
        let more = match rates.len().saturating_sub(MOST_TOLD) {
            0 => String::new(),
            n => format!("; {n} more in the JSON"),
        };
        let mut out = vec![format!(
            "each kind of payment succeeds as often as it did outside the outages in these logs: {}{more}",
            told.join("; ")
        )];
        let borrowed: BTreeSet<&str> = stand_ins
            .iter()
            .filter(|(_, s)| s.is_borrowed)
            .map(|(k, _)| self.text(k.1))
            .filter(|c| !c.is_empty())
            .collect();
        if stand_ins.values().any(|s| s.is_borrowed) {
            out.push(format!(
                "these logs do not show how {} serves {}: taken to be as good as {down} usually is",
                list(names.iter().copied(), "or"),
                if borrowed.is_empty() {
                    "them".to_string()
                } else {
                    list(borrowed, "and")
                }
            ));
        }
        out.extend(self.meanwhile(names));
        out.push(
            "it would have borne the additional requests, and customers would have gone along"
                .to_string(),
        );
        out.push(format!(
            "only failures judged caused, of payments through {down} that began from the take-over on, count: each with its \
             probability times that rate as a share of {down}'s own"
        ));
        out
    }

    /// How the fallbacks fared during the outage itself.
    fn meanwhile(&self, names: &BTreeSet<&str>) -> Vec<String> {
        let id = &self.o.outages[self.outage].id;
        let one = |name: &&str| {
            let of = |((_, e), _): &(&(Kind, Sym), &(u64, u64))| {
                name.eq_ignore_ascii_case(self.text(*e))
            };
            let (good, all) = self.counts.during[self.outage]
                .iter()
                .filter(of)
                .fold((0, 0), |sum, (_, c)| (sum.0 + c.0, sum.1 + c.1));
            match all {
                0 => format!(
                    "how {name} fared during {id} is not known: these logs show no payment through it then"
                ),
                _ => format!(
                    "{name} was healthy during {id}: {good} of {all} payments through it succeeded then"
                ),
            }
        };
        names.iter().map(one).collect()
    }
}

fn key(r: &ObservedRate) -> (&Option<String>, &Option<String>, &Option<String>) {
    (&r.exchange, &r.method, &r.currency)
}

/// `kraken crypto BTC 152 of 159 (…)`.
fn rate_words(r: &ObservedRate) -> String {
    let words: Vec<&str> = [&r.exchange, &r.method, &r.currency]
        .into_iter()
        .filter_map(|w| w.as_deref())
        .collect();
    format!("{} {}", words.join(" "), share(r))
}

#[cfg(test)]
mod tests {
    use crate::impact::test_support::Log;
    use crate::impact::what_if;
    use crate::model::WhatIfOptions;

    fn named(fallback: &str) -> WhatIfOptions {
        WhatIfOptions {
            fallback: Some(fallback.to_string()),
            ..WhatIfOptions::default()
        }
    }

    /// Binance down from 1000 s on; a failure at 1000, 1030 and 1090 s, each its own order of 10 BTC.
    fn log() -> Log {
        let mut log = Log::with_outage("binance", 1000, 2000);
        for (n, second) in [1000, 1030, 1090].into_iter().enumerate() {
            log.caused(second, "binance", "BTC", &format!("o{n}"), 0.9);
        }
        log
    }

    #[test]
    fn a_fallback_saves_what_began_after_the_take_over_at_its_own_rate() {
        let mut log = log();
        // eight of ten outside the outage; that it served all during it is not what counts
        for n in 0..10 {
            log.attempt(n, "kraken", "BTC", n < 8);
        }
        log.attempt(1500, "kraken", "BTC", true);
        let got = what_if(&log.outcome(), &WhatIfOptions::default());
        let means: Vec<f64> = got.cases.iter().map(|c| c.failures.mean).collect();
        let wanted = [3.0 * 0.72, 0.72, 0.0];
        assert!(
            means.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-9),
            "{means:?}"
        );
        assert_eq!(got.cases[0].amount_saved["BTC"].to_string(), "21.60");
        assert_eq!(got.cases[0].amount_at_stake["BTC"].to_string(), "30.00");
        assert!(got.left_out.is_empty());
        let rate = &got.cases[0].rates[0];
        assert_eq!((rate.succeeded, rate.attempts), (8, 10));
    }

    #[test]
    fn an_order_saved_later_was_not_lost() {
        let mut log = log();
        for n in 0..10 {
            log.attempt(n, "kraken", "BTC", true);
        }
        log.retried(1200, "card", "o0", true);
        let got = what_if(&log.outcome(), &WhatIfOptions::default());
        assert!((got.cases[0].orders.mean - 1.8).abs() < 1e-9);
        assert!((got.cases[0].failures.mean - 2.7).abs() < 1e-9);
    }

    #[test]
    fn who_serves_another_currency_or_is_down_itself_stands_in_for_nobody() {
        let mut log = log();
        for n in 0..10 {
            log.attempt(n, "kraken", "ETH", true);
            log.attempt(n, "coinbase", "BTC", true);
        }
        log.outage("coinbase", 1500, 1600);
        let got = what_if(&log.outcome(), &WhatIfOptions::default());
        assert!(got.cases.is_empty(), "{:?}", got.cases);
        assert!(
            got.left_out[0].reason.contains("served BTC"),
            "{:?}",
            got.left_out
        );
        let got = what_if(&log.outcome(), &named("coinbase"));
        assert!(
            got.left_out[0].reason.contains("outage of its own"),
            "{:?}",
            got.left_out
        );
    }

    #[test]
    fn a_named_fallback_that_the_logs_do_not_show_borrows_a_rate_and_says_so() {
        let mut log = log();
        let got = what_if(&log.outcome(), &named("kraken"));
        assert!(got.cases.is_empty(), "no rate to borrow");
        for n in 0..10 {
            log.attempt(n, "binance", "BTC", n < 9);
        }
        let got = what_if(&log.outcome(), &named("kraken"));
        // the verdicts leave out already what binance would have declined
        assert!((got.cases[0].failures.mean - 3.0 * 0.9).abs() < 1e-9);
        let said = got.cases[0].assumptions.join("\n");
        assert!(said.contains("do not show how kraken serves BTC"), "{said}");
    }
}
