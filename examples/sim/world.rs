//! What a scenario consists of: data, drawn by `families` and acted out by `engine`. All times are milliseconds
//! since the epoch, all durations milliseconds.

use super::dirt::Dirt;
use super::shapes::{Shape, Vocabulary};

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// A part of a service that fails by itself.
#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) name: &'static str,
}

/// An upstream: an exchange, or the card acquirer (whose calls nobody logs).
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) host: &'static str,
    pub(crate) components: Vec<Component>,
    /// Typical time to answer.
    pub(crate) latency: f64,
    /// Probability that a call fails although nothing is wrong.
    pub(crate) base_error: f64,
    /// Calls a second that it can serve while an overload outage is on; beyond that it answers 503.
    pub(crate) capacity: Option<f64>,
    /// Calls of others at its gateway, a second, in normal times and under the flood.
    pub(crate) foreign: (f64, f64),
    /// Its paths do not begin with the component, and its logs do not name it either.
    pub(crate) hides_components: bool,
    /// How its calls are logged.
    pub(crate) log: CallLog,
}

/// Who logs the calls to a service.
#[derive(Clone, Debug)]
pub(crate) enum CallLog {
    /// Nobody.
    None,
    /// The service's gateway: one file with the calls of all merchants.
    Gateway(Sheet),
    /// Each merchant's client: one file a merchant.
    Client(Sheet),
}

/// How one kind of file is written.
#[derive(Clone, Debug)]
pub(crate) struct Sheet {
    pub(crate) shape: Shape,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) stamp: Stamp,
    pub(crate) packing: Packing,
    pub(crate) dirt: Dirt,
}

impl Sheet {
    /// Whether calls name the host of the exchange in place of the exchange.
    pub(crate) fn names_host(&self) -> bool {
        matches!(self.shape, Shape::Nginx | Shape::HttpClient)
            || self.vocabulary == Vocabulary::Requests
    }
}

/// How time stamps are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stamp {
    /// `2021-08-18T12:00:00.123Z`
    Utc,
    /// The same with an offset of whole minutes.
    Offset(i64),
    /// `2021-08-18 20:00:00.123` on a wall clock that is so many minutes ahead of UTC.
    Wall(i64),
    /// Milliseconds since the epoch.
    EpochMillis,
}

/// Compression of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// A call that a method of payment makes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) component: usize,
    pub(crate) http: &'static str,
    pub(crate) path: &'static str,
    pub(crate) operation: &'static str,
}

/// What happens after the synchronous calls of a method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deposit {
    /// The call that asks whether the customer's deposit has arrived.
    pub(crate) poll: Step,
    pub(crate) every: i64,
    /// The attempt expires after this long.
    pub(crate) ttl: i64,
    /// Mean time until a customer has paid.
    pub(crate) pay_delay: f64,
    /// Share of customers who never pay.
    pub(crate) unpaid: f64,
}

/// A way to pay at one merchant.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
    /// Share of the merchant's orders.
    pub(crate) weight: f64,
    pub(crate) service: Option<usize>,
    /// Whether the payment log names the service as the payment's exchange.
    pub(crate) names_service: bool,
    pub(crate) steps: Vec<Step>,
    pub(crate) deposit: Option<Deposit>,
    /// Ordinary failures: what, and how often.
    pub(crate) fates: Vec<(Fate, f64)>,
    /// Typical amount in units of 10^-8.
    pub(crate) amount: f64,
    /// Decimals written.
    pub(crate) decimals: u32,
}

/// An ordinary way to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    InsufficientFunds,
    DoNotHonor,
    CardExpired,
    Fraud,
    QuoteExpired,
    BadAddress,
    Cancelled,
}

/// A client-side circuit breaker towards one service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Breaker {
    /// Opens after so many failures among the last ten calls.
    pub(crate) failures: usize,
    /// Stays open for this long, then lets one call through.
    pub(crate) cool: i64,
}

/// How the words of a merchant's errors are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// Names the exchange and the reason.
    Plain,
    /// Exception names of a well-known client library.
    Ccxt,
    /// Names the reason, never the exchange.
    Generic,
    /// One code for all technical failures and some ordinary ones, in another language.
    Silent,
}

/// A platform that takes payments.
#[derive(Clone, Debug)]
pub(crate) struct Merchant {
    pub(crate) name: &'static str,
    /// Orders a second at the peak of the day.
    pub(crate) rate: f64,
    pub(crate) methods: Vec<Method>,
    pub(crate) workers: usize,
    /// How long an attempt waits for a worker.
    pub(crate) queue_limit: i64,
    pub(crate) client_timeout: i64,
    /// Automatic retries of one call.
    pub(crate) call_retries: u32,
    pub(crate) breaker: Option<Breaker>,
    /// Probability that a customer tries again after a decline and after a technical failure.
    pub(crate) retry: (f64, f64),
    /// Probability that the new try uses another method.
    pub(crate) switch: f64,
    pub(crate) max_attempts: u32,
    pub(crate) wording: Wording,
    pub(crate) states_retry_of: bool,
    /// Its logs lie in a folder of its name and do not name it.
    pub(crate) told_by_folder: bool,
    pub(crate) log: Sheet,
}

/// How an outage goes up and down.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Course {
    Steady,
    /// Grows to its full strength over this time.
    Ramp(i64),
    /// Down for the first, up for the second time, again and again.
    Flap(i64, i64),
}

/// What a failing component answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    ServerErrors,
    Hangs,
    Refuses,
    /// 429, 403, 503 and silence: its gateway is flooded.
    Flooded,
    Maintenance,
    Mixed,
}

/// An outage of a service.
#[derive(Clone, Debug)]
pub(crate) struct Outage {
    pub(crate) service: usize,
    pub(crate) components: Vec<usize>,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) course: Course,
    /// Probability that a call fails at full strength.
    pub(crate) failing: f64,
    /// Factor on the time to answer at full strength.
    pub(crate) slow: f64,
    pub(crate) flavour: Flavour,
    /// When somebody adds capacity; until then the load, fed by retries, keeps the service down after the trigger.
    pub(crate) relief: Option<i64>,
    /// Deposits paid meanwhile are credited one after the other within this time after the end.
    pub(crate) drain: i64,
}

impl Outage {
    /// How strong it is at a moment: 0 to 1.
    pub(crate) fn intensity(&self, t: i64) -> f64 {
        if t < self.start || t >= self.end {
            return 0.0;
        }
        let since = t - self.start;
        match self.course {
            Course::Steady => 1.0,
            Course::Ramp(rise) => (since as f64 / rise as f64).min(1.0),
            Course::Flap(down, up) => {
                if since % (down + up) < down {
                    1.0
                } else {
                    0.0
                }
            }
        }
    }

    /// When a deposit is credited that the customer paid at a moment.
    pub(crate) fn credited(&self, paid: i64) -> i64 {
        if self.drain == 0 || paid < self.start || paid >= self.end {
            return paid;
        }
        let share = (paid - self.start) as f64 / (self.end - self.start) as f64;
        self.end + (share * self.drain as f64) as i64
    }

    /// First moment at which it is felt (a twentieth of full strength) and the last one.
    pub(crate) fn felt(&self) -> (i64, i64) {
        match self.course {
            Course::Steady => (self.start, self.end),
            Course::Ramp(rise) => (self.start + rise / 20, self.end),
            Course::Flap(down, up) => {
                let last = (self.end - 1 - self.start) / (down + up) * (down + up) + self.start;
                (self.start, (last + down).min(self.end))
            }
        }
    }
}

/// Trouble that is no outage of an exchange, and is there in every run.
#[derive(Clone, Debug)]
pub(crate) enum Rival {
    /// Calls to the acquirer fail with this probability.
    Acquirer { start: i64, end: i64, failing: f64 },
    /// A deploy broke one currency of one merchant, after the exchange has answered well.
    Deploy {
        merchant: usize,
        currency: &'static str,
        start: i64,
        end: i64,
        failing: f64,
    },
    /// A merchant's database is down: attempts fail before any call.
    Database {
        merchant: usize,
        start: i64,
        end: i64,
        failing: f64,
    },
    /// A merchant is answered 429 and 418 for its own misuse.
    Misuse {
        merchant: usize,
        service: usize,
        start: i64,
        end: i64,
        failing: f64,
    },
    /// A merchant's way out fails: whatever it calls refuses the connection, in the same seconds.
    Network {
        merchant: usize,
        start: i64,
        end: i64,
        failing: f64,
    },
    /// More orders, all merchants.
    Burst { start: i64, end: i64, factor: f64 },
}

/// An incident on a status page.
#[derive(Clone, Debug)]
pub(crate) struct Announcement {
    pub(crate) service: usize,
    pub(crate) title: String,
    pub(crate) impact: &'static str,
    pub(crate) components: Vec<&'static str>,
    pub(crate) created: i64,
    pub(crate) identified: i64,
    pub(crate) resolved: Option<i64>,
    pub(crate) scheduled: bool,
}

/// A whole scenario.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) services: Vec<Service>,
    /// Index of the acquirer among the services.
    pub(crate) acquirer: usize,
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) outages: Vec<Outage>,
    pub(crate) rivals: Vec<Rival>,
    pub(crate) announcements: Vec<Announcement>,
    pub(crate) notes: Vec<(i64, String)>,
    /// How far traffic falls at night: 0 flat, 1 to nothing.
    pub(crate) diurnal: f64,
    /// Factor on the ordinary failures at night, from 22:00 to 06:00.
    pub(crate) night: f64,
    /// Leave out every id that links calls to payments.
    pub(crate) strip_ids: bool,
}

impl World {
    /// Traffic at a moment as a share of the peak, and the largest share that can occur.
    pub(crate) fn traffic(&self, t: i64) -> f64 {
        let day = (t.rem_euclid(24 * HOUR)) as f64 / (24 * HOUR) as f64;
        // A parabola in place of a sine: highest at 15:00, lowest at 03:00.
        let phase = (day - 0.125).rem_euclid(1.0);
        let wave = 4.0 * phase * (1.0 - phase);
        let mut share = 1.0 - self.diurnal * (1.0 - wave);
        for rival in &self.rivals {
            if let Rival::Burst { start, end, factor } = rival
                && (*start..*end).contains(&t)
            {
                share *= factor;
            }
        }
        share
    }

    /// Factor on the ordinary failures of an attempt that began at a moment.
    pub(crate) fn fates_factor(&self, t: i64) -> f64 {
        let hour = t.rem_euclid(24 * HOUR) / HOUR;
        if (6..22).contains(&hour) {
            1.0
        } else {
            self.night
        }
    }

    /// The highest traffic that can occur, as a share of the usual peak.
    pub(crate) fn peak(&self) -> f64 {
        self.rivals.iter().fold(1.0, |peak, rival| match rival {
            Rival::Burst { factor, .. } => peak * factor.max(1.0),
            _ => peak,
        })
    }

    /// About how many orders will arrive.
    pub(crate) fn expected_orders(&self) -> f64 {
        let rate: f64 = self.merchants.iter().map(|m| m.rate).sum();
        let steps = 200;
        let span = (self.end - self.start) as f64;
        let mean: f64 = (0..steps)
            .map(|i| {
                self.traffic(self.start + (span * (f64::from(i) + 0.5) / f64::from(steps)) as i64)
            })
            .sum::<f64>()
            / f64::from(steps);
        rate * mean * span / SECOND as f64
    }

    /// Scales the traffic, and what must grow with it, to about this many orders.
    pub(crate) fn scale_to(&mut self, orders: f64) {
        let factor = orders / self.expected_orders();
        for merchant in &mut self.merchants {
            merchant.rate *= factor;
            merchant.workers =
                ((merchant.workers as f64 * factor).round() as usize).max(merchant.workers.min(2));
        }
        for service in &mut self.services {
            service.foreign = (service.foreign.0 * factor, service.foreign.1 * factor);
            service.capacity = service.capacity.map(|c| c * factor);
        }
    }
}
