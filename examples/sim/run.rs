//! From a world to a folder of logs and the truth about it.

use std::io;
use std::path::Path;

use super::engine::{self, Attempt, AttemptEnd, CallEnd, ForeignCall, Observer};
use super::logs::{self, Logs};
use super::random::Draws;
use super::truth::{Labeller, Shadow, TrueFailure, Truth};
use super::world::World;

/// Writes the run as it happened, and labels it.
struct Recorder<'w> {
    world: &'w World,
    draws: Draws,
    logs: Logs<'w>,
    labeller: Labeller<'w>,
    failures: Vec<TrueFailure>,
    attempts: u64,
    /// The first thing that went wrong in writing.
    error: Option<io::Error>,
}

impl Recorder<'_> {
    fn keep<T: Default>(&mut self, result: io::Result<T>) -> T {
        result.unwrap_or_else(|error| {
            self.error.get_or_insert(error);
            T::default()
        })
    }
}

impl Observer for Recorder<'_> {
    fn begun(&mut self, _attempt: &Attempt) {
        self.attempts += 1;
    }

    fn call(&mut self, call: &CallEnd) {
        if call.end < self.world.end {
            self.labeller.call(call);
        }
        let written = self.logs.call(call);
        self.keep(written);
    }

    fn foreign(&mut self, call: &ForeignCall) {
        self.labeller.foreign(call);
        let written = self.logs.foreign(call);
        self.keep(written);
    }

    fn pending(&mut self, attempt: &Attempt, time: i64) {
        let written = self.logs.pending(attempt, time);
        self.keep(written);
    }

    fn ended(&mut self, end: &AttemptEnd) {
        let label = self.labeller.ended(end);
        let written = self.logs.ended(end);
        if !self.keep(written) {
            return;
        }
        if let Some(label) = label {
            self.failures.push(TrueFailure {
                payment_id: logs::payment_id(&self.draws, end.attempt.key()),
                caused: label.caused,
                outage: label.outage.map(|o| format!("O{}", o + 1)),
                channel: label.channel.map(str::to_owned),
                outcome: logs::outcome(end).to_owned(),
                ceiling: label.ceiling,
            });
        }
    }

    fn overloaded(&mut self, service: usize, time: i64) {
        self.labeller.overloaded(service, time);
    }
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) truth: Truth,
    /// Before compression.
    pub(crate) bytes: u64,
    pub(crate) attempts: u64,
}

/// Acts a world out, with its shadows, and writes the logs into a folder.
pub(crate) fn simulate(world: &World, scenario: &str, folder: &Path) -> io::Result<Summary> {
    let count = world.outages.len();
    let mut none = Shadow::default();
    engine::run(world, &vec![false; count], &mut none);
    let mut without = Vec::new();
    if count > 1 {
        for i in 0..count {
            let on: Vec<bool> = (0..count).map(|j| i != j).collect();
            let mut shadow = Shadow::default();
            engine::run(world, &on, &mut shadow);
            without.push(shadow);
        }
    }
    let mut recorder = Recorder {
        world,
        draws: Draws::new(world.seed),
        logs: Logs::create(world, folder)?,
        labeller: Labeller::new(world, none, without),
        failures: Vec::new(),
        attempts: 0,
        error: None,
    };
    engine::run(world, &vec![true; count], &mut recorder);
    if let Some(error) = recorder.error {
        return Err(error);
    }
    let bytes = recorder.logs.finish()?;
    Ok(Summary {
        truth: Truth {
            scenario: scenario.to_owned(),
            seed: world.seed,
            payments: 0,
            orders: recorder.labeller.orders(),
            bounds: Default::default(),
            outages: recorder.labeller.outages(),
            failures: recorder.failures,
        },
        bytes,
        attempts: recorder.attempts,
    })
}
