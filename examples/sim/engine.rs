//! The event-driven simulation itself. It knows nothing of logs, labels or the other run: it acts a world out,
//! with some outages switched off, and tells an observer what happens.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use super::random::{Draws, For};
use super::world::{Deposit, Fate, Flavour, Method, Outage, Rival, SECOND, Step, World};

/// How long the load of a service is remembered.
const LOAD_WINDOW: i64 = 15 * SECOND;
/// How long after the end of the logs the simulation goes on, so that open attempts end.
const AFTERMATH: i64 = 2 * 3600 * SECOND;

/// What a call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Good,
    /// A request that the service rightly refused.
    BadRequest,
    /// An HTTP status of a failing (or refusing) service.
    Status(u16),
    /// No answer within the client's time-out.
    TimedOut,
    /// No connection.
    Refused,
}

impl Answer {
    fn is_upstream_failure(self) -> bool {
        !matches!(self, Answer::Good | Answer::BadRequest)
    }
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Fate(Fate),
    /// The service answered so.
    Upstream(u16),
    Refused,
    TimedOut,
    CircuitOpen,
    /// No worker of the merchant's pool was free.
    Exhausted,
    /// Pending for too long.
    Expired,
    /// The merchant's database.
    Database,
    /// A defect that a deploy brought.
    Defect,
}

/// One attempt under way.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// Number of the order, unique over all merchants.
    pub(crate) order: u64,
    /// Number of the try within the order, from 0.
    pub(crate) number: u32,
    pub(crate) merchant: usize,
    pub(crate) method: usize,
    pub(crate) customer: u64,
    pub(crate) start: i64,
    step: usize,
    call_try: u32,
    /// Whether a call of the present step failed, or an outage held it up, although it would have gone well.
    hit: bool,
    has_worker: bool,
    pay_at: Option<i64>,
    /// Last poll of the deposit that was answered.
    last_good_poll: i64,
    last_poll_hit: bool,
    pending_since: i64,
}

impl Attempt {
    /// A number unique to the attempt.
    pub(crate) fn key(&self) -> u64 {
        self.order << 4 | u64::from(self.number)
    }
}

/// One call that has ended.
#[derive(Clone, Debug)]
pub(crate) struct CallEnd {
    pub(crate) key: u64,
    /// Attempt key and a number unique within it.
    pub(crate) serial: u64,
    pub(crate) merchant: usize,
    pub(crate) service: usize,
    pub(crate) step: Step,
    pub(crate) begin: i64,
    pub(crate) end: i64,
    pub(crate) answer: Answer,
}

/// One attempt that has ended.
#[derive(Clone, Debug)]
pub(crate) struct AttemptEnd {
    pub(crate) attempt: Attempt,
    pub(crate) time: i64,
    /// `None` when it went through.
    pub(crate) reason: Option<Reason>,
    /// Whether the engine saw an outage's hand in the failing call.
    pub(crate) hit: bool,
    /// Probability that such an attempt fails by itself, given what was seen of it.
    pub(crate) own_failure: f64,
    /// When its order is tried again; `None` when the customer gives up or is served.
    pub(crate) next: Option<i64>,
}

/// A call of somebody else at a gateway.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForeignCall {
    pub(crate) serial: u64,
    pub(crate) service: usize,
    pub(crate) component: usize,
    pub(crate) time: i64,
    pub(crate) status: u16,
}

/// Who is told what happens, in order of time.
pub(crate) trait Observer {
    fn begun(&mut self, _attempt: &Attempt) {}
    fn call(&mut self, _call: &CallEnd) {}
    fn foreign(&mut self, _call: &ForeignCall) {}
    fn pending(&mut self, _attempt: &Attempt, _time: i64) {}
    fn ended(&mut self, end: &AttemptEnd);
    /// The last moment at which a service was still overloaded after the trigger had gone.
    fn overloaded(&mut self, _service: usize, _time: i64) {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival { merchant: usize, number: u64 },
    Begin { key: u64 },
    QueueLimit { key: u64 },
    Call { key: u64 },
    CallDone { key: u64 },
    Poll { key: u64, number: u32 },
    Foreign { service: usize, tick: u64 },
}

#[derive(Clone, Copy, Debug, Default)]
struct BreakerState {
    /// One bit for each of the last ten calls: set for a failure.
    recent: u32,
    open_until: Option<i64>,
    probing: bool,
}

#[derive(Default)]
struct MerchantState {
    busy: usize,
    queue: VecDeque<u64>,
}

#[derive(Clone, Copy)]
struct Flight {
    service: usize,
    begin: i64,
    answer: Answer,
    probe: bool,
    hit: bool,
    serial: u64,
}

/// What is wrong with a component at a moment.
struct State {
    failing: f64,
    slow: f64,
    flavour: Flavour,
}

struct Engine<'w, O> {
    world: &'w World,
    draws: Draws,
    /// Outages that happen in this run.
    on: &'w [bool],
    observer: &'w mut O,
    queue: BinaryHeap<Reverse<(i64, u64, Event)>>,
    sequence: u64,
    attempts: HashMap<u64, Attempt>,
    flights: HashMap<u64, Flight>,
    merchants: Vec<MerchantState>,
    breakers: Vec<Vec<BreakerState>>,
    loads: Vec<VecDeque<i64>>,
}

/// Acts a world out; `on` says which of its outages happen.
pub(crate) fn run<O: Observer>(world: &World, on: &[bool], observer: &mut O) {
    let mut engine = Engine {
        world,
        draws: Draws::new(world.seed),
        on,
        observer,
        queue: BinaryHeap::new(),
        sequence: 0,
        attempts: HashMap::new(),
        flights: HashMap::new(),
        merchants: world
            .merchants
            .iter()
            .map(|_| MerchantState::default())
            .collect(),
        breakers: world
            .merchants
            .iter()
            .map(|_| vec![BreakerState::default(); world.services.len()])
            .collect(),
        loads: world.services.iter().map(|_| VecDeque::new()).collect(),
    };
    engine.start();
    while let Some(Reverse((time, _, event))) = engine.queue.pop() {
        if time > world.end + AFTERMATH {
            break;
        }
        engine.handle(time, event);
    }
}

impl<O: Observer> Engine<'_, O> {
    fn push(&mut self, time: i64, event: Event) {
        self.sequence += 1;
        self.queue.push(Reverse((time, self.sequence, event)));
    }

    fn start(&mut self) {
        for merchant in 0..self.world.merchants.len() {
            self.schedule_arrival(merchant, 0, self.world.start);
        }
        for service in 0..self.world.services.len() {
            if self.world.services[service].foreign != (0.0, 0.0) {
                self.push(self.world.start, Event::Foreign { service, tick: 0 });
            }
        }
    }

    fn handle(&mut self, now: i64, event: Event) {
        match event {
            Event::Arrival { merchant, number } => self.arrival(now, merchant, number),
            Event::Begin { key } => self.begin(now, key),
            Event::QueueLimit { key } => self.queue_limit(now, key),
            Event::Call { key } => self.call(now, key),
            Event::CallDone { key } => self.call_done(now, key),
            Event::Poll { key, number } => self.poll(now, key, number),
            Event::Foreign { service, tick } => self.foreign(now, service, tick),
        }
    }

    fn schedule_arrival(&mut self, merchant: usize, number: u64, now: i64) {
        let rate = self.world.merchants[merchant].rate * self.world.peak();
        if rate <= 0.0 {
            return;
        }
        let wait = self
            .draws
            .exponential(merchant as u64, number, For::Arrival, 1.0 / rate);
        let time = now + (wait * SECOND as f64).ceil() as i64;
        if time < self.world.end {
            self.push(time, Event::Arrival { merchant, number });
        }
    }

    /// A candidate arrival; thinned so that the rate follows the day.
    fn arrival(&mut self, now: i64, merchant: usize, number: u64) {
        self.schedule_arrival(merchant, number + 1, now);
        let keep = self.world.traffic(now) / self.world.peak();
        if self.draws.unit(merchant as u64, number, For::Thinning) >= keep {
            return;
        }
        let order = number * self.world.merchants.len() as u64 + merchant as u64;
        let method = self.pick_method(merchant, order, 0, None);
        let customer = self.draws.bits(order, 0, For::Customer) % (1 << 20);
        self.create(now, order, 0, merchant, method, customer);
    }

    fn create(
        &mut self,
        now: i64,
        order: u64,
        number: u32,
        merchant: usize,
        method: usize,
        customer: u64,
    ) {
        let attempt = Attempt {
            order,
            number,
            merchant,
            method,
            customer,
            start: now,
            step: 0,
            call_try: 0,
            hit: false,
            has_worker: false,
            pay_at: None,
            last_good_poll: now,
            last_poll_hit: false,
            pending_since: now,
        };
        let key = attempt.key();
        self.attempts.insert(key, attempt);
        self.push(now, Event::Begin { key });
    }

    /// By weight; never `other_than` unless there is nothing else.
    fn pick_method(
        &self,
        merchant: usize,
        order: u64,
        number: u32,
        other_than: Option<usize>,
    ) -> usize {
        let methods = &self.world.merchants[merchant].methods;
        let total: f64 = methods
            .iter()
            .enumerate()
            .filter(|(i, _)| Some(*i) != other_than)
            .map(|(_, m)| m.weight)
            .sum();
        let mut left = self.draws.unit(order, u64::from(number), For::Method) * total;
        let mut chosen = other_than.unwrap_or(0);
        for (i, method) in methods.iter().enumerate() {
            if Some(i) == other_than {
                continue;
            }
            chosen = i;
            left -= method.weight;
            if left < 0.0 {
                break;
            }
        }
        chosen
    }

    fn method(&self, attempt: &Attempt) -> &Method {
        &self.world.merchants[attempt.merchant].methods[attempt.method]
    }

    fn begin(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get(&key) else {
            return;
        };
        self.observer.begun(attempt);
        let merchant = attempt.merchant;
        if let Some(p) = self.database_down(now, merchant)
            && self.draws.unit(key, 0, For::Bug) < p
        {
            let delay = 200 + (self.draws.unit(key, 1, For::Bug) * 4800.0) as i64;
            return self.finish(now + delay, key, Some(Reason::Database));
        }
        if self.merchants[merchant].busy < self.world.merchants[merchant].workers {
            self.give_worker(now, key);
        } else {
            self.merchants[merchant].queue.push_back(key);
            let limit = self.world.merchants[merchant].queue_limit;
            self.push(now + limit, Event::QueueLimit { key });
        }
    }

    fn give_worker(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get_mut(&key) else {
            return;
        };
        attempt.has_worker = true;
        self.merchants[attempt.merchant].busy += 1;
        self.push(now, Event::Call { key });
    }

    fn queue_limit(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get(&key) else {
            return;
        };
        if attempt.has_worker {
            return;
        }
        let merchant = attempt.merchant;
        let queue = &mut self.merchants[merchant].queue;
        let before = queue.len();
        queue.retain(|k| *k != key);
        if queue.len() < before {
            self.finish(now, key, Some(Reason::Exhausted));
        }
    }

    fn release_worker(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get_mut(&key) else {
            return;
        };
        if !attempt.has_worker {
            return;
        }
        // Kept as true so that the queue's limit does not find it waiting.
        let merchant = attempt.merchant;
        attempt.has_worker = false;
        self.merchants[merchant].busy -= 1;
        if let Some(next) = self.merchants[merchant].queue.pop_front() {
            self.give_worker(now, next);
        }
    }

    /// The next call of an attempt, or its end when there is none left.
    fn call(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get(&key) else {
            return;
        };
        let method = self.method(attempt);
        let Some(service) = method.service else {
            let hold = 40 + (self.draws.unit(key, 0, For::Hold) * 160.0) as i64;
            self.push(now + hold, Event::CallDone { key });
            return;
        };
        let Some(step) = method.steps.get(attempt.step).copied() else {
            self.push(now, Event::CallDone { key });
            return;
        };
        let last = attempt.step + 1 == method.steps.len();
        let bad_address = last && self.fate(attempt) == Some(Fate::BadAddress);
        let merchant = attempt.merchant;
        let serial = (attempt.step as u64) << 4 | u64::from(attempt.call_try);
        let Some(probe) = self.breaker_lets_through(now, merchant, service) else {
            self.finish(now + 2, key, Some(Reason::CircuitOpen));
            return;
        };
        let flight = self.fly(
            now,
            key,
            serial,
            merchant,
            service,
            step,
            bad_address,
            probe,
        );
        self.flights.insert(key, flight.0);
        self.push(now + flight.1, Event::CallDone { key });
    }

    /// Decides what a call is answered and after how long.
    #[expect(clippy::too_many_arguments, reason = "the facts of one call")]
    fn fly(
        &mut self,
        now: i64,
        key: u64,
        serial: u64,
        merchant: usize,
        service: usize,
        step: Step,
        bad_request: bool,
        probe: bool,
    ) -> (Flight, i64) {
        self.loads[service].push_back(now);
        let timeout = self.world.merchants[merchant].client_timeout;
        let state = self.state(now, service, step.component, true);
        let healthy = self.state(now, service, step.component, false);
        let own_fault = self.own_fault(now, merchant, service, key, serial);
        let actual = self.answer(
            key,
            serial,
            service,
            timeout,
            &state,
            bad_request,
            own_fault,
        );
        let usual = self.answer(
            key,
            serial,
            service,
            timeout,
            &healthy,
            bad_request,
            own_fault,
        );
        let hit = actual.0.is_upstream_failure() && !usual.0.is_upstream_failure();
        let flight = Flight {
            service,
            begin: now,
            answer: actual.0,
            probe,
            hit,
            serial,
        };
        (flight, actual.1)
    }

    #[expect(clippy::too_many_arguments, reason = "the facts of one call")]
    fn answer(
        &self,
        key: u64,
        serial: u64,
        service: usize,
        timeout: i64,
        state: &State,
        bad_request: bool,
        own_fault: Option<Answer>,
    ) -> (Answer, i64) {
        let service = &self.world.services[service];
        let usual = service.latency * self.draws.skewed(key, serial, For::Latency);
        let quick = (usual * 0.3) as i64 + 2;
        if let Some(answer) = own_fault {
            return (answer, quick);
        }
        let u = self.draws.unit(key, serial, For::Failure);
        let answer = if u < service.base_error {
            let flavour = self.draws.unit(key, serial, For::Flavour);
            if flavour < 0.6 {
                Answer::Status(500)
            } else if flavour < 0.8 {
                Answer::Status(502)
            } else {
                Answer::TimedOut
            }
        } else if u < state.failing {
            self.outage_answer(key, serial, state.flavour)
        } else if bad_request {
            Answer::BadRequest
        } else {
            Answer::Good
        };
        let duration = match answer {
            Answer::TimedOut => timeout,
            Answer::Refused => 5,
            Answer::Status(_) => (usual * state.slow) as i64 + 1,
            Answer::BadRequest => (usual * state.slow * 0.5) as i64 + 1,
            Answer::Good => (usual * state.slow) as i64 + 1,
        };
        if duration >= timeout {
            (Answer::TimedOut, timeout)
        } else {
            (answer, duration)
        }
    }

    fn outage_answer(&self, key: u64, serial: u64, flavour: Flavour) -> Answer {
        let u = self.draws.unit(key, serial, For::Flavour);
        match flavour {
            Flavour::ServerErrors if u < 0.5 => Answer::Status(503),
            Flavour::ServerErrors if u < 0.8 => Answer::Status(500),
            Flavour::ServerErrors => Answer::Status(502),
            Flavour::Hangs => Answer::TimedOut,
            Flavour::Refuses => Answer::Refused,
            Flavour::Flooded if u < 0.40 => Answer::Status(503),
            Flavour::Flooded if u < 0.65 => Answer::Status(429),
            Flavour::Flooded if u < 0.75 => Answer::Status(403),
            Flavour::Flooded => Answer::TimedOut,
            Flavour::Maintenance => Answer::Status(503),
            Flavour::Mixed if u < 0.4 => Answer::Status(503),
            Flavour::Mixed if u < 0.7 => Answer::TimedOut,
            Flavour::Mixed if u < 0.9 => Answer::Status(504),
            Flavour::Mixed => Answer::Refused,
        }
    }

    /// What is wrong with a component, with the outages of this run or without any.
    fn state(&mut self, now: i64, service: usize, component: usize, with_outages: bool) -> State {
        let world = self.world;
        let mut state = State {
            failing: world.services[service].base_error,
            slow: 1.0,
            flavour: Flavour::ServerErrors,
        };
        if with_outages {
            for (outage, on) in world.outages.iter().zip(self.on) {
                if !on || outage.service != service || !outage.components.contains(&component) {
                    continue;
                }
                let strength = outage.intensity(now);
                if strength > 0.0 {
                    let failing = outage.failing * strength;
                    if failing >= state.failing {
                        state.flavour = outage.flavour;
                    }
                    state.failing = state.failing.max(failing);
                    state.slow *= 1.0 + (outage.slow - 1.0) * strength;
                }
                if outage
                    .relief
                    .is_some_and(|relief| (outage.start..relief).contains(&now))
                {
                    self.overload(now, service, outage.end, &mut state);
                }
            }
        }
        if service == world.acquirer {
            for rival in &world.rivals {
                if let Rival::Acquirer {
                    start,
                    end,
                    failing,
                } = rival
                    && (*start..*end).contains(&now)
                {
                    state.failing = state.failing.max(*failing);
                    state.flavour = Flavour::Mixed;
                }
            }
        }
        state
    }

    /// More calls than a weakened service can serve: the surplus is answered 503.
    fn overload(&mut self, now: i64, service: usize, trigger_end: i64, state: &mut State) {
        let Some(capacity) = self.world.services[service].capacity else {
            return;
        };
        let load = &mut self.loads[service];
        while load.front().is_some_and(|t| *t < now - LOAD_WINDOW) {
            load.pop_front();
        }
        let rate = load.len() as f64 / (LOAD_WINDOW / SECOND) as f64;
        let surplus = ((rate - capacity) / rate.max(1e-9)).clamp(0.0, 0.95) * 1.6;
        if surplus > 0.1 {
            if now >= trigger_end {
                self.observer.overloaded(service, now);
            }
            state.failing = state.failing.max(surplus.min(0.95));
        }
    }

    /// The answer that a merchant has itself to blame for.
    fn own_fault(
        &self,
        now: i64,
        merchant: usize,
        service: usize,
        key: u64,
        serial: u64,
    ) -> Option<Answer> {
        let cut_off = self.cut_off(now, merchant, key, serial);
        let misuse = || self.misuse(now, merchant, service, key, serial);
        cut_off
            .then_some(Answer::Refused)
            .or_else(|| misuse().map(Answer::Status))
    }

    fn cut_off(&self, now: i64, merchant: usize, key: u64, serial: u64) -> bool {
        self.world.rivals.iter().any(|rival| match rival {
            Rival::Network {
                merchant: m,
                start,
                end,
                failing,
            } if *m == merchant && (*start..*end).contains(&now) => {
                self.draws.unit(key, serial, For::Network) < *failing
            }
            _ => false,
        })
    }

    fn misuse(
        &self,
        now: i64,
        merchant: usize,
        service: usize,
        key: u64,
        serial: u64,
    ) -> Option<u16> {
        self.world.rivals.iter().find_map(|rival| match rival {
            Rival::Misuse {
                merchant: m,
                service: s,
                start,
                end,
                failing,
            } if *m == merchant && *s == service && (*start..*end).contains(&now) => {
                let banned = now - start > (end - start) / 2;
                let p = if banned { 1.0 } else { *failing };
                (self.draws.unit(key, serial, For::Misuse) < p).then_some(if banned {
                    418
                } else {
                    429
                })
            }
            _ => None,
        })
    }

    fn database_down(&self, now: i64, merchant: usize) -> Option<f64> {
        self.world.rivals.iter().find_map(|rival| match rival {
            Rival::Database {
                merchant: m,
                start,
                end,
                failing,
            } if *m == merchant && (*start..*end).contains(&now) => Some(*failing),
            _ => None,
        })
    }

    /// The defect's probability for this attempt.
    fn defect(&self, now: i64, attempt: &Attempt) -> f64 {
        let currency = self.method(attempt).currency;
        self.world
            .rivals
            .iter()
            .find_map(|rival| match rival {
                Rival::Deploy {
                    merchant,
                    currency: c,
                    start,
                    end,
                    failing,
                } if *merchant == attempt.merchant
                    && *c == currency
                    && (*start..*end).contains(&now) =>
                {
                    Some(*failing)
                }
                _ => None,
            })
            .unwrap_or(0.0)
    }

    /// The ordinary failure that awaits an attempt, if one does.
    fn fate(&self, attempt: &Attempt) -> Option<Fate> {
        let mut u = self.draws.unit(attempt.key(), 0, For::Fate);
        let factor = self.world.fates_factor(attempt.start);
        for (fate, p) in &self.method(attempt).fates {
            let p = p * factor;
            if u < p {
                return Some(*fate);
            }
            u -= p;
        }
        None
    }

    /// Whether a call may go out; `Some(true)` for the one call that tests a half-open breaker.
    fn breaker_lets_through(&mut self, now: i64, merchant: usize, service: usize) -> Option<bool> {
        if self.world.merchants[merchant].breaker.is_none() {
            return Some(false);
        }
        let state = &mut self.breakers[merchant][service];
        match state.open_until {
            None => Some(false),
            Some(until) if now < until || state.probing => None,
            Some(_) => {
                state.probing = true;
                Some(true)
            }
        }
    }

    fn breaker_learns(&mut self, now: i64, merchant: usize, flight: &Flight) {
        let Some(breaker) = self.world.merchants[merchant].breaker else {
            return;
        };
        let state = &mut self.breakers[merchant][flight.service];
        let failed = flight.answer.is_upstream_failure();
        if flight.probe {
            state.probing = false;
            state.open_until = failed.then_some(now + breaker.cool);
            state.recent = 0;
            return;
        }
        state.recent = (state.recent << 1 | u32::from(failed)) & 0x3ff;
        if state.open_until.is_none() && state.recent.count_ones() as usize >= breaker.failures {
            state.open_until = Some(now + breaker.cool);
            state.recent = 0;
        }
    }

    fn call_done(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get(&key).cloned() else {
            return;
        };
        let method = self.method(&attempt).clone();
        let Some(flight) = self.flights.remove(&key) else {
            // No call was to be made: the method is served by the merchant alone.
            return self.settle(now, key);
        };
        let step = method.steps[attempt.step];
        self.observer.call(&CallEnd {
            key,
            serial: flight.serial,
            merchant: attempt.merchant,
            service: flight.service,
            step,
            begin: flight.begin,
            end: now,
            answer: flight.answer,
        });
        self.breaker_learns(now, attempt.merchant, &flight);
        if flight.answer.is_upstream_failure() {
            return self.call_failed(now, key, &flight);
        }
        if flight.answer == Answer::BadRequest {
            return self.finish(now + 3, key, Some(Reason::Fate(Fate::BadAddress)));
        }
        if let Some(attempt) = self.attempts.get_mut(&key) {
            attempt.step += 1;
            attempt.call_try = 0;
            attempt.hit = false;
        }
        if attempt.step + 1 < method.steps.len() {
            self.push(now + 5, Event::Call { key });
        } else {
            self.settle(now, key);
        }
    }

    fn call_failed(&mut self, now: i64, key: u64, flight: &Flight) {
        let Some(attempt) = self.attempts.get_mut(&key) else {
            return;
        };
        attempt.hit |= flight.hit;
        let retries = self.world.merchants[attempt.merchant].call_retries;
        if attempt.call_try < retries {
            attempt.call_try += 1;
            let backoff = 300.0 * f64::from(1 << attempt.call_try);
            let jitter = self
                .draws
                .unit(key, u64::from(attempt.call_try), For::Backoff);
            self.push(now + (backoff * (0.5 + jitter)) as i64, Event::Call { key });
            return;
        }
        let reason = match flight.answer {
            Answer::Status(status) => Reason::Upstream(status),
            Answer::Refused => Reason::Refused,
            _ => Reason::TimedOut,
        };
        self.finish(now + 3, key, Some(reason));
    }

    /// All calls went well: what is left decides.
    fn settle(&mut self, now: i64, key: u64) {
        let Some(attempt) = self.attempts.get(&key).cloned() else {
            return;
        };
        let defect = self.defect(now, &attempt);
        if defect > 0.0 && self.draws.unit(key, 2, For::Bug) < defect {
            return self.finish(now + 4, key, Some(Reason::Defect));
        }
        if let Some(fate) = self.fate(&attempt) {
            return self.finish(now + 4, key, Some(Reason::Fate(fate)));
        }
        let Some(deposit) = self.method(&attempt).deposit else {
            return self.finish(now + 4, key, None);
        };
        self.release_worker(now, key);
        let pays = self.draws.unit(key, 0, For::PayDelay) >= deposit.unpaid;
        let delay = self
            .draws
            .exponential(key, 1, For::PayDelay, deposit.pay_delay) as i64;
        if let Some(attempt) = self.attempts.get_mut(&key) {
            attempt.pay_at = pays.then_some(now + delay + 20 * SECOND);
            attempt.pending_since = now;
            attempt.last_good_poll = now;
            let copy = attempt.clone();
            self.observer.pending(&copy, now);
        }
        self.push(now + deposit.every, Event::Poll { key, number: 0 });
    }

    /// Asks whether the customer's deposit has arrived.
    fn poll(&mut self, now: i64, key: u64, number: u32) {
        let Some(attempt) = self.attempts.get(&key).cloned() else {
            return;
        };
        let method = self.method(&attempt);
        let (Some(deposit), Some(service)) = (method.deposit, method.service) else {
            return;
        };
        let (merchant, step) = (attempt.merchant, deposit.poll);
        let mut answered = false;
        let mut hit = true;
        if let Some(probe) = self.breaker_lets_through(now, merchant, service) {
            let serial = 256 + u64::from(number);
            let (flight, duration) =
                self.fly(now, key, serial, merchant, service, step, false, probe);
            self.breaker_learns(now, merchant, &flight);
            answered = flight.answer == Answer::Good;
            hit = flight.hit;
            self.observer.call(&CallEnd {
                key,
                serial,
                merchant,
                service,
                step,
                begin: now,
                end: now + duration,
                answer: flight.answer,
            });
        }
        if answered
            && attempt
                .pay_at
                .is_some_and(|t| self.credited(service, step.component, t) <= now)
        {
            return self.finish(now + 500, key, None);
        }
        if let Some(attempt) = self.attempts.get_mut(&key) {
            if answered {
                attempt.last_good_poll = now;
            }
            attempt.last_poll_hit = !answered && hit;
        }
        if now + deposit.every - attempt.pending_since > deposit.ttl {
            self.finish(
                attempt.pending_since + deposit.ttl,
                key,
                Some(Reason::Expired),
            );
        } else {
            self.push(
                now + deposit.every,
                Event::Poll {
                    key,
                    number: number + 1,
                },
            );
        }
    }

    /// When a deposit is credited, with the outages of this run.
    fn credited(&self, service: usize, component: usize, paid: i64) -> i64 {
        self.draining(service, component)
            .fold(paid, |time, outage| outage.credited(time))
    }

    fn draining(&self, service: usize, component: usize) -> impl Iterator<Item = &Outage> {
        self.world
            .outages
            .iter()
            .zip(self.on)
            .filter(move |(o, on)| {
                **on && o.service == service && o.components.contains(&component) && o.drain > 0
            })
            .map(|(o, _)| o)
    }

    /// The times of payment that would have been seen in time, had no outage delayed the credit beyond the attempt's
    /// life; empty when there was no such delay.
    fn delayed(&self, attempt: &Attempt, deposit: &Deposit) -> Option<(i64, i64)> {
        let service = self.method(attempt).service?;
        let deadline = attempt.pending_since + deposit.ttl;
        self.draining(service, deposit.poll.component)
            .find_map(|o| {
                let share = (deadline - o.end) as f64 / o.drain as f64;
                let first = o.start + (share.clamp(0.0, 1.0) * (o.end - o.start) as f64) as i64;
                let span = (first.max(attempt.pending_since), o.end.min(deadline));
                (span.0 < span.1).then_some(span)
            })
    }

    /// Ends an attempt and, after a failure, lets the customer decide.
    fn finish(&mut self, time: i64, key: u64, reason: Option<Reason>) {
        self.release_worker(time, key);
        let Some(attempt) = self.attempts.remove(&key) else {
            return;
        };
        let next = reason.and_then(|reason| self.decide_retry(time, &attempt, reason));
        let own_failure = self.own_failure(time, &attempt, reason);
        let delayed = self
            .method(&attempt)
            .deposit
            .is_some_and(|deposit| self.delayed(&attempt, &deposit).is_some());
        let hit = match reason {
            Some(Reason::Upstream(_) | Reason::Refused | Reason::TimedOut) => attempt.hit,
            Some(Reason::Expired) => attempt.last_poll_hit || delayed,
            _ => false,
        };
        self.observer.ended(&AttemptEnd {
            hit,
            own_failure,
            time,
            reason,
            next: next.map(|(at, _)| at),
            attempt: attempt.clone(),
        });
        if let Some((at, method)) = next {
            self.create(
                at,
                attempt.order,
                attempt.number + 1,
                attempt.merchant,
                method,
                attempt.customer,
            );
        }
    }

    fn decide_retry(&self, now: i64, attempt: &Attempt, reason: Reason) -> Option<(i64, usize)> {
        let merchant = &self.world.merchants[attempt.merchant];
        if attempt.number + 1 >= merchant.max_attempts || reason == Reason::Expired {
            return None;
        }
        let key = attempt.key();
        let ordinary = matches!(reason, Reason::Fate(_));
        let p = if ordinary {
            merchant.retry.0
        } else {
            merchant.retry.1
        };
        if reason == Reason::Fate(Fate::Cancelled) || self.draws.unit(key, 0, For::Retry) >= p {
            return None;
        }
        let delay = 4.0 + self.draws.exponential(key, 0, For::RetryDelay, 25.0);
        let switch = self.draws.unit(key, 0, For::Switch) < merchant.switch;
        let method = if switch {
            self.pick_method(
                attempt.merchant,
                attempt.order,
                attempt.number + 1,
                Some(attempt.method),
            )
        } else {
            attempt.method
        };
        Some((now + (delay * SECOND as f64) as i64, method))
    }

    /// P(an attempt of this kind fails without any outage | what was seen of it).
    fn own_failure(&self, now: i64, attempt: &Attempt, reason: Option<Reason>) -> f64 {
        let method = self.method(attempt);
        let deposit_fails = method.deposit.map_or(0.0, |deposit| {
            let in_time = |t: i64| {
                1.0 - super::random::exp(-((t - 20 * SECOND).max(0) as f64) / deposit.pay_delay)
            };
            let never = deposit.unpaid + (1.0 - deposit.unpaid) * (1.0 - in_time(deposit.ttl));
            if reason == Some(Reason::Expired) {
                // It was not yet paid when last looked at, unless the credit was delayed.
                let since = attempt.pending_since;
                let mut seen = attempt.last_good_poll;
                let mut would = 0.0;
                if let Some((from, to)) = self.delayed(attempt, &deposit) {
                    would += in_time(to.min(seen.max(from)) - since) - in_time(from - since);
                    seen = seen.max(from);
                }
                would += in_time(deposit.ttl) - in_time(seen - since);
                would = (1.0 - deposit.unpaid) * would.max(0.0);
                never / (never + would)
            } else {
                never
            }
        });
        if reason == Some(Reason::Expired) {
            return deposit_fails;
        }
        let fates: f64 = method.fates.iter().map(|(_, p)| p).sum::<f64>()
            * self.world.fates_factor(attempt.start);
        let defect = self.defect(now, attempt);
        1.0 - (1.0 - fates) * (1.0 - defect) * (1.0 - deposit_fails)
    }

    /// One second of other people's calls at a gateway.
    fn foreign(&mut self, now: i64, service: usize, tick: u64) {
        if now < self.world.end {
            self.push(
                now + SECOND,
                Event::Foreign {
                    service,
                    tick: tick + 1,
                },
            );
        }
        let (usual, flood) = self.world.services[service].foreign;
        let strength = self
            .world
            .outages
            .iter()
            .zip(self.on)
            .filter(|(o, on)| **on && o.service == service && o.flavour == Flavour::Flooded)
            .fold(0.0_f64, |most, (o, _)| most.max(o.intensity(now)));
        let rate = usual + (flood - usual) * strength;
        let entity = u64::MAX - service as u64;
        let count = (rate + self.draws.unit(entity, tick, For::Foreign)) as u64;
        for i in 0..count {
            let serial = tick << 20 | i;
            let components = self.world.services[service].components.len() as u64;
            let component = (self.draws.bits(entity, serial, For::Method) % components) as usize;
            let state = self.state(now, service, component, true);
            let status = self.foreign_status(entity, serial, strength, state.failing);
            let time = now + (SECOND as u64 * i / count.max(1)) as i64;
            self.observer.foreign(&ForeignCall {
                serial,
                service,
                component,
                time,
                status,
            });
        }
    }

    fn foreign_status(&self, entity: u64, serial: u64, flood: f64, failing: f64) -> u16 {
        let u = self.draws.unit(entity, serial, For::Flavour);
        let noise = self.draws.unit(entity, serial, For::Noise);
        if noise >= flood.max(failing) {
            200
        } else if flood == 0.0 {
            503
        } else if u < 0.45 {
            429
        } else if u < 0.75 {
            403
        } else {
            503
        }
    }
}
