//! The incidents in `fixtures/incidents`: which scenario each comes from, and how its logs and its truth are made
//! again. The stories beside them are written by hand.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::families::{self, founding};
use super::run;
use super::truth::{Bounds, Truth};
use super::world::{Packing, World};

/// A committed incident.
pub(crate) struct Fixture {
    /// Name of its folder.
    pub(crate) name: &'static str,
    /// Family of the scenario; empty for the founding one.
    family: &'static str,
    seed: u64,
    /// About how many orders.
    orders: u32,
}

const fn trap(name: &'static str, family: &'static str, seed: u64, orders: u32) -> Fixture {
    Fixture {
        name,
        family,
        seed,
        orders,
    }
}

/// All of them: the founding incident, and at least one for each trap.
pub(crate) const FIXTURES: &[Fixture] = &[
    trap("binance-2021-08-18", "", 20_210_818, 3600),
    trap("trap-01-ordinary-failures", "ordinary-failures", 1, 2400),
    trap("trap-02-clock-skew", "clock-skew", 2, 1200),
    trap("trap-03-zone-shift", "zone-shift", 3, 1200),
    trap("trap-04-acquirer-outage", "acquirer-outage", 4, 1500),
    trap(
        "trap-04-deploy-one-currency",
        "deploy-one-currency",
        5,
        1500,
    ),
    trap("trap-05-collateral-pool", "collateral-pool", 6, 2400),
    trap("trap-06-circuit-breaker", "circuit-breaker", 7, 1500),
    trap("trap-07-backlog-tail", "backlog-tail", 3, 2000),
    trap("trap-08-merchant-database", "merchant-database", 9, 1200),
    trap("trap-09-telemetry-gap", "telemetry-gap", 10, 1200),
    trap("trap-10-unused-component", "unused-component", 11, 1200),
    trap("trap-11-slow-is-down", "slow-is-down", 12, 1200),
    trap("trap-12-no-outage-burst", "no-outage-burst", 13, 1200),
    trap("trap-13-already-down", "already-down", 14, 1200),
    trap("trap-13-flapping", "flapping", 15, 1500),
    trap("trap-13-sampled-successes", "sampled-successes", 16, 2400),
    trap("trap-14-late-status-page", "late-status-page", 17, 1200),
    trap("trap-14-announced-but-fine", "announced-but-fine", 18, 1000),
    trap("trap-15-retries", "retries", 19, 1200),
];

impl Fixture {
    fn world(&self) -> anyhow::Result<World> {
        if self.family.is_empty() {
            let mut world = founding(self.seed);
            world.scale_to(f64::from(self.orders));
            return Ok(world);
        }
        let mut world = families::build_plain(self.family, self.seed)
            .with_context(|| format!("no family `{}`", self.family))?;
        world.scale_to(f64::from(self.orders));
        families::each_sheet(&mut world, |sheet| sheet.packing = Packing::Gzip);
        Ok(world)
    }

    /// Writes the logs into a folder; the truth about them, with the bounds given.
    pub(crate) fn make(&self, logs: &Path, bounds: Bounds) -> anyhow::Result<Truth> {
        let world = self.world()?;
        let name = if self.family.is_empty() {
            self.name
        } else {
            self.family
        };
        let mut truth = run::simulate(&world, name, logs)?.truth;
        truth.seed = self.seed;
        truth.payments = u64::from(self.orders);
        truth.bounds = bounds;
        Ok(truth)
    }
}

/// Reads the truth of a committed incident.
pub(crate) fn read_truth(folder: &Path) -> anyhow::Result<Truth> {
    let path = folder.join("truth.toml");
    let text =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("in {}", path.display()))
}
