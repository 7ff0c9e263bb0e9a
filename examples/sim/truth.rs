//! What really happened: the labels that logs never hold. Written beside the logs, read by the scorer.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::engine::{Answer, Attempt, AttemptEnd, CallEnd, ForeignCall, Observer, Reason};
use super::world::{CallLog, World};

/// The truth about one scenario.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Truth {
    pub(crate) scenario: String,
    pub(crate) seed: u64,
    /// Orders (about) asked for; 0 when the scenario's own number was taken.
    #[serde(default)]
    pub(crate) payments: u64,
    pub(crate) orders: Orders,
    #[serde(default)]
    pub(crate) bounds: Bounds,
    pub(crate) outages: Vec<TrueOutage>,
    pub(crate) failures: Vec<TrueFailure>,
}

/// Orders with at least one knock-on failure.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) affected: u64,
    /// Went through in a later attempt before the logs end.
    pub(crate) recovered: u64,
    /// Given up, and no attempt of theirs has an unknown outcome.
    pub(crate) lost: u64,
}

/// An outage that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TrueOutage {
    pub(crate) id: String,
    pub(crate) exchange: String,
    pub(crate) components: Vec<String>,
    /// First served worse; absent when it was on before the logs start.
    pub(crate) start: Option<String>,
    /// Last served worse; absent when it outlasts the logs.
    pub(crate) end: Option<String>,
    /// Calls that it made fail or slow; 0 when nobody logs the calls to this exchange.
    pub(crate) bad_calls: u64,
    /// Seconds between the last call before the start and the first one after it, to what failed.
    #[serde(default)]
    pub(crate) start_gap_s: Option<f64>,
    /// The same around the end.
    #[serde(default)]
    pub(crate) end_gap_s: Option<f64>,
}

/// A failed attempt whose record is in the logs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TrueFailure {
    pub(crate) payment_id: String,
    pub(crate) caused: bool,
    pub(crate) outage: Option<String>,
    pub(crate) channel: Option<String>,
    /// `failed` or `unknown`.
    pub(crate) outcome: String,
    /// The probability that a predictor would give who was told the outages, the dependencies and all rates.
    pub(crate) ceiling: f64,
}

/// What a fixture must be answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Bounds {
    pub(crate) min_precision: Option<f64>,
    pub(crate) min_recall: Option<f64>,
    pub(crate) max_brier: Option<f64>,
    pub(crate) max_onset_error_s: Option<f64>,
    pub(crate) max_end_error_s: Option<f64>,
    pub(crate) max_phantom_outages: Option<u64>,
    pub(crate) max_missed_outages: Option<u64>,
}

impl Truth {
    /// As TOML with one line a failure, so that it can be read and compared.
    pub(crate) fn to_toml(&self) -> String {
        let mut out = String::from(
            "# Made by the simulator (cargo run --release --example simulate -- --fixtures), not by hand;\n\
             # only [bounds] is edited, and kept when it is made again.\n\n",
        );
        let _ = writeln!(
            out,
            "scenario = \"{}\"\nseed = {}\npayments = {}",
            self.scenario, self.seed, self.payments
        );
        out.push_str("\nfailures = [\n");
        for f in &self.failures {
            let _ = write!(
                out,
                "  {{ payment_id = \"{}\", caused = {}",
                f.payment_id, f.caused
            );
            if let Some(outage) = &f.outage {
                let _ = write!(out, ", outage = \"{outage}\"");
            }
            if let Some(channel) = &f.channel {
                let _ = write!(out, ", channel = \"{channel}\"");
            }
            let _ = writeln!(
                out,
                ", outcome = \"{}\", ceiling = {:?} }},",
                f.outcome, f.ceiling
            );
        }
        out.push_str("]\n\noutages = [\n");
        for o in &self.outages {
            let components: Vec<String> = o.components.iter().map(|c| format!("\"{c}\"")).collect();
            let _ = write!(out, "  {{ id = \"{}\", exchange = \"{}\"", o.id, o.exchange);
            let _ = write!(out, ", components = [{}]", components.join(", "));
            if let Some(start) = &o.start {
                let _ = write!(out, ", start = \"{start}\"");
            }
            if let Some(end) = &o.end {
                let _ = write!(out, ", end = \"{end}\"");
            }
            let _ = writeln!(out, ", bad_calls = {} }},", o.bad_calls);
        }
        let Orders {
            affected,
            recovered,
            lost,
        } = self.orders;
        let _ = writeln!(
            out,
            "]\n\n[orders]\naffected = {affected}\nrecovered = {recovered}\nlost = {lost}"
        );
        out.push_str("\n[bounds]\n");
        let b = &self.bounds;
        for (name, value) in [
            ("min_precision", b.min_precision),
            ("min_recall", b.min_recall),
            ("max_brier", b.max_brier),
            ("max_onset_error_s", b.max_onset_error_s),
            ("max_end_error_s", b.max_end_error_s),
        ] {
            if let Some(value) = value {
                let _ = writeln!(out, "{name} = {value:?}");
            }
        }
        for (name, value) in [
            ("max_phantom_outages", b.max_phantom_outages),
            ("max_missed_outages", b.max_missed_outages),
        ] {
            if let Some(value) = value {
                let _ = writeln!(out, "{name} = {value}");
            }
        }
        out
    }
}

/// What a run without (some of) the outages is remembered by.
#[derive(Default)]
pub(crate) struct Shadow {
    failed: HashMap<u64, Reason>,
    /// Second and later attempts that existed.
    retried: HashSet<u64>,
}

impl Observer for Shadow {
    fn begun(&mut self, attempt: &Attempt) {
        if attempt.number > 0 {
            self.retried.insert(attempt.key());
        }
    }

    fn ended(&mut self, end: &AttemptEnd) {
        if let Some(reason) = end.reason {
            self.failed.insert(end.attempt.key(), reason);
        }
    }
}

#[derive(Clone, Copy, Default)]
struct OrderState {
    ceiling: f64,
    affected: bool,
    unknown: bool,
}

/// Compares the run as it happened with its shadows.
pub(crate) struct Labeller<'w> {
    world: &'w World,
    /// Without any outage.
    none: Shadow,
    /// Without each outage; empty when there are fewer than two.
    without: Vec<Shadow>,
    open_orders: HashMap<u64, OrderState>,
    orders: Orders,
    bad_calls: Vec<u64>,
    /// When calls to what each outage hit began.
    call_times: Vec<Vec<i64>>,
    last_overload: HashMap<usize, i64>,
}

/// The label of one failed attempt.
pub(crate) struct Label {
    pub(crate) caused: bool,
    pub(crate) outage: Option<usize>,
    pub(crate) channel: Option<&'static str>,
    pub(crate) ceiling: f64,
}

impl<'w> Labeller<'w> {
    pub(crate) fn new(world: &'w World, none: Shadow, without: Vec<Shadow>) -> Labeller<'w> {
        Labeller {
            world,
            none,
            without,
            open_orders: HashMap::new(),
            orders: Orders::default(),
            bad_calls: vec![0; world.outages.len()],
            call_times: vec![Vec::new(); world.outages.len()],
            last_overload: HashMap::new(),
        }
    }

    fn note_time(&mut self, service: usize, component: usize, time: i64) {
        for (outage, times) in self.world.outages.iter().zip(&mut self.call_times) {
            if outage.service == service && outage.components.contains(&component) {
                times.push(time);
            }
        }
    }

    /// Seconds between the calls around a moment.
    fn gap(&self, outage: usize, moment: i64) -> Option<f64> {
        let times = &self.call_times[outage];
        let before = times.iter().filter(|t| **t < moment).max()?;
        let after = times.iter().filter(|t| **t >= moment).min()?;
        Some((after - before) as f64 / 1000.0)
    }

    fn bad_call(&mut self, service: usize, component: usize, time: i64) {
        for (outage, count) in self.world.outages.iter().zip(&mut self.bad_calls) {
            let during = time >= outage.start && time < outage.relief.unwrap_or(outage.end);
            if outage.service == service && outage.components.contains(&component) && during {
                *count += 1;
            }
        }
    }

    pub(crate) fn call(&mut self, call: &CallEnd) {
        self.note_time(call.service, call.step.component, call.begin);
        let slow = (call.end - call.begin) as f64 > self.world.services[call.service].latency * 4.0;
        if slow || !matches!(call.answer, Answer::Good | Answer::BadRequest) {
            self.bad_call(call.service, call.step.component, call.begin);
        }
    }

    pub(crate) fn foreign(&mut self, call: &ForeignCall) {
        self.note_time(call.service, call.component, call.time);
        if call.status != 200 {
            self.bad_call(call.service, call.component, call.time);
        }
    }

    pub(crate) fn overloaded(&mut self, service: usize, time: i64) {
        self.last_overload.insert(service, time);
    }

    /// Follows an order to its end, and labels the attempt when it failed.
    pub(crate) fn ended(&mut self, end: &AttemptEnd) -> Option<Label> {
        let order = end.attempt.order;
        let before = self.open_orders.remove(&order).unwrap_or_default();
        let Some(reason) = end.reason else {
            if before.affected && end.time < self.world.end {
                self.orders.recovered += 1;
            }
            return None;
        };
        let label = self.label(end, reason, before.ceiling);
        if end.time >= self.world.end {
            return Some(label);
        }
        let state = OrderState {
            ceiling: label.ceiling,
            affected: before.affected || label.caused,
            unknown: before.unknown || is_unknown(reason),
        };
        if state.affected && !before.affected {
            self.orders.affected += 1;
        }
        if end.next.is_some_and(|next| next < self.world.end) {
            self.open_orders.insert(order, state);
        } else if state.affected && !state.unknown {
            self.orders.lost += 1;
        }
        Some(label)
    }

    fn label(&self, end: &AttemptEnd, reason: Reason, prior: f64) -> Label {
        let key = end.attempt.key();
        let shadow = self.none.failed.get(&key);
        let caused = !self.world.outages.is_empty() && shadow.is_none();
        let hit = match reason {
            Reason::CircuitOpen | Reason::Exhausted => shadow != Some(&reason),
            _ => end.hit,
        };
        // A breaker can also be open, and a poll be held up, without any outage.
        let hit = hit && !self.world.outages.is_empty();
        let own = if hit { 1.0 - end.own_failure } else { 0.0 };
        let ceiling = prior + (1.0 - prior) * own;
        let outage = caused.then(|| self.which(end)).flatten();
        Label {
            caused,
            outage,
            channel: outage.map(|o| self.channel(end, reason, o)),
            ceiling: (ceiling * 10_000.0).round() / 10_000.0,
        }
    }

    /// The outage without which the attempt would not have failed; when several share the blame, the one that it
    /// depends on, else the first that had begun.
    fn which(&self, end: &AttemptEnd) -> Option<usize> {
        let key = end.attempt.key();
        let alone = (0..self.without.len()).find(|i| !self.without[*i].failed.contains_key(&key));
        let service =
            self.world.merchants[end.attempt.merchant].methods[end.attempt.method].service;
        let outages = &self.world.outages;
        alone
            .or_else(|| {
                (0..outages.len())
                    .rev()
                    .find(|i| Some(outages[*i].service) == service && outages[*i].start <= end.time)
            })
            .or_else(|| {
                (0..outages.len())
                    .rev()
                    .find(|i| outages[*i].start <= end.time)
            })
    }

    fn channel(&self, end: &AttemptEnd, reason: Reason, outage: usize) -> &'static str {
        let attempt = &end.attempt;
        if attempt.number > 0 && !self.none.retried.contains(&attempt.key()) {
            return "retry";
        }
        let outage = &self.world.outages[outage];
        let service = self.world.merchants[attempt.merchant].methods[attempt.method].service;
        match reason {
            Reason::Exhausted => "collateral",
            _ if service != Some(outage.service) => "collateral",
            Reason::Expired if end.time >= outage.end => "backlog",
            Reason::CircuitOpen => "circuit_breaker",
            Reason::TimedOut | Reason::Upstream(504) => "timeout",
            _ => "direct",
        }
    }

    pub(crate) fn orders(&self) -> Orders {
        self.orders
    }

    /// The outages as they turned out.
    pub(crate) fn outages(&self) -> Vec<TrueOutage> {
        let world = self.world;
        let text = |t: i64| super::shapes::utc(t);
        world
            .outages
            .iter()
            .enumerate()
            .map(|(i, outage)| {
                let (start, mut end) = outage.felt();
                if outage.relief.is_some() {
                    end = end.max(
                        self.last_overload
                            .get(&outage.service)
                            .copied()
                            .unwrap_or(end),
                    );
                }
                let service = &world.services[outage.service];
                let logged = !matches!(service.log, CallLog::None);
                TrueOutage {
                    id: format!("O{}", i + 1),
                    exchange: service.name.to_owned(),
                    components: outage
                        .components
                        .iter()
                        .map(|c| service.components[*c].name.to_owned())
                        .collect(),
                    start: (start > world.start).then(|| text(start)),
                    end: (end < world.end).then(|| text(end)),
                    bad_calls: if logged { self.bad_calls[i] } else { 0 },
                    start_gap_s: self.gap(i, start),
                    end_gap_s: self.gap(i, end),
                }
            })
            .collect()
    }
}

/// Whether the payment may have gone through although it failed for the merchant.
pub(crate) fn is_unknown(reason: Reason) -> bool {
    matches!(reason, Reason::TimedOut | Reason::Upstream(504))
}
