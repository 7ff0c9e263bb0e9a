//! How many failures of a kind were to be expected without the outage, and which part of those observed is
//! therefore its doing: the attributable fraction (F - E) / F.
//!
//! A *cell* is an error (its signature), what the linked calls say, the stretch of the outage, and a group of attempts. Cells are
//! nested: one kind of attempt, one merchant, everybody who uses the exchange alike. Thin cells lean on wider ones
//! (gamma-Poisson shrinkage: C. N. Morris, "Parametric empirical Bayes inference", 1983), and the widest on
//! what its error class usually means.

use super::exposure::Window;
use super::links::LinkState;
use super::strata::Use;
use crate::model::{ErrorClass, FastMap, Sym};

/// Imagined attempts behind a wider cell's baseline rate when a narrower one leans on it.
const LEAN_ATTEMPTS: f64 = 60.0;
/// Imagined attempts behind the rate that a class has anywhere.
const CLASS_ATTEMPTS: f64 = 20.0;
/// How far a baseline drifts over the day, as a share of it (one standard deviation).
const BASELINE_DRIFT: f64 = 0.15;
/// Variance of a count that nothing was expected of.
const LEAST_NOISE: f64 = 0.05;
/// Imagined failures behind a wider cell's attributable fraction when a narrower one leans on it.
const LEAN_FAILURES: f64 = 5.0;

/// What an attempt is counted among.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Member {
    pub(crate) kind: u32,
    pub(crate) merchant: Sym,
    /// Whether its kind uses what the outage hit.
    pub(crate) uses: Use,
}

impl Member {
    /// From narrow to wide.
    fn groups(self) -> [Group; 3] {
        [
            Group::Kind(self.kind),
            Group::Merchant(self.merchant, self.uses),
            Group::Users(self.uses),
        ]
    }
}

/// A failed attempt, as far as counting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Failure {
    pub(crate) who: Member,
    pub(crate) signature: Sym,
    pub(crate) class: ErrorClass,
    pub(crate) link: LinkState,
}

/// Group of attempts, from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Group {
    Kind(u32),
    Merchant(Sym, Use),
    Users(Use),
}

/// What is counted of the failures of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum What {
    Any,
    Class(ErrorClass),
    Error(Sym),
    ClassLinked(ErrorClass, LinkState),
    ErrorLinked(Sym, LinkState),
}

impl What {
    fn with(self, link: LinkState) -> What {
        match self {
            What::Class(c) => What::ClassLinked(c, link),
            What::Error(e) => What::ErrorLinked(e, link),
            other => other,
        }
    }
}

/// Which stretch: `Some(code)` for one window, else the whole outage (0) or its whole tail (1).
type Stretch = (u8, bool);

fn whole(window: Window) -> Stretch {
    (u8::from(window.is_tail()), true)
}

fn single(window: Window) -> Stretch {
    (window.code(), false)
}

/// Counts of one outage.
#[derive(Default)]
pub(crate) struct Cells {
    attempts_before: FastMap<Group, f64>,
    attempts_in: FastMap<(Group, Stretch), f64>,
    linked_in: FastMap<(Group, Stretch, LinkState), f64>,
    /// Attempts that never came as far as a decline or a pending payment: stopped before.
    stopped_in: FastMap<(Group, Stretch, Option<LinkState>), f64>,
    failures_before: FastMap<(Group, What), f64>,
    failures_in: FastMap<(Group, What, Stretch), f64>,
}

/// An attributable fraction with the counts of the narrowest cell that has any say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fraction {
    /// Part of the failures of this cell that is the outage's doing, 0..1.
    pub(crate) value: f64,
    /// Failures observed among everybody who uses the exchange alike, in this stretch.
    pub(crate) observed: f64,
    /// Failures to be expected there without the outage.
    pub(crate) expected: f64,
}

impl Fraction {
    /// The part of those observed that is above what was to be expected, as counted.
    pub(crate) fn share(&self) -> f64 {
        (self.observed - self.expected) / self.observed.max(1.0)
    }
}

impl Cells {
    /// Counts `count` attempts outside every outage: failed with this class and signature, or succeeded.
    pub(crate) fn add_outside(
        &mut self,
        who: Member,
        failed: Option<(ErrorClass, Sym)>,
        count: f64,
    ) {
        for group in who.groups() {
            *self.attempts_before.entry(group).or_default() += count;
            if let Some((class, signature)) = failed {
                for what in [What::Any, What::Class(class), What::Error(signature)] {
                    *self.failures_before.entry((group, what)).or_default() += count;
                }
            }
        }
    }

    /// Counts `count` attempts that met the outage in `window`, with the state of their linked calls.
    pub(crate) fn add_inside(
        &mut self,
        who: Member,
        window: Window,
        link: LinkState,
        count: f64,
        failure: Option<&Failure>,
    ) {
        for group in who.groups() {
            for stretch in [whole(window), single(window)] {
                *self.attempts_in.entry((group, stretch)).or_default() += count;
                *self.linked_in.entry((group, stretch, link)).or_default() += count;
                if failure.is_some_and(|f| stops_early(f.class)) {
                    for state in [None, Some(link)] {
                        *self.stopped_in.entry((group, stretch, state)).or_default() += count;
                    }
                }
                for what in failure.into_iter().flat_map(whats) {
                    *self.failures_in.entry((group, what, stretch)).or_default() += count;
                }
            }
        }
    }

    /// Share of attempts of a kind that fail without any outage.
    pub(crate) fn usual_failure_rate(&self, who: Member) -> f64 {
        let mut rate = 0.05;
        for group in who.groups().into_iter().rev() {
            let all = self.attempts_before.get(&group).copied().unwrap_or(0.0);
            let failed = self
                .failures_before
                .get(&(group, What::Any))
                .copied()
                .unwrap_or(0.0);
            rate = (failed + LEAN_ATTEMPTS * rate) / (all + LEAN_ATTEMPTS);
        }
        rate
    }

    /// Share of attempts of a kind that fail with this very error without any outage.
    pub(crate) fn usual_rate_of_error(&self, f: &Failure) -> f64 {
        let mut rate = 0.0;
        for group in f.who.groups().into_iter().rev() {
            rate = self.lean_rate(group, What::Error(f.signature), rate);
        }
        rate
    }

    /// Share of attempts of a kind that fail without any outage, and with another error than this: those that would have
    /// failed with this very error are set off against it already.
    pub(crate) fn usual_rate_of_others(&self, f: &Failure) -> f64 {
        let same = self.usual_rate_of_error(f);
        1.0 - (1.0 - self.usual_failure_rate(f.who)) / (1.0 - same)
    }

    /// Attempts and failures of a kind outside every outage.
    pub(crate) fn usual_counts(&self, kind: u32) -> (f64, f64) {
        let group = Group::Kind(kind);
        (
            self.attempts_before.get(&group).copied().unwrap_or(0.0),
            self.failures_before
                .get(&(group, What::Any))
                .copied()
                .unwrap_or(0.0),
        )
    }

    /// Observed failures in the outage (not its tail) among those who use the exchange, and how many were to be
    /// expected: with the variance of that difference.
    pub(crate) fn excess(&self, uses: Use) -> (f64, f64, f64) {
        let group = Group::Users(uses);
        let before = self.attempts_before.get(&group).copied().unwrap_or(0.0);
        let failed = self
            .failures_before
            .get(&(group, What::Any))
            .copied()
            .unwrap_or(0.0);
        let stretch = (0, true);
        let n = self
            .attempts_in
            .get(&(group, stretch))
            .copied()
            .unwrap_or(0.0);
        let observed = self
            .failures_in
            .get(&(group, What::Any, stretch))
            .copied()
            .unwrap_or(0.0);
        let rate = (failed + 0.5) / (before + 10.0);
        let expected = n * rate;
        (
            observed,
            expected,
            expected + expected * expected / (failed + 0.5),
        )
    }

    /// The attributable fraction of any failure of this kind of attempt in this stretch, whatever its error.
    pub(crate) fn of_any(&self, f: &Failure, window: Window) -> Fraction {
        let prior = Prior {
            fraction: 0.3,
            failures: 2.0,
            rate: 0.05,
        };
        self.chain(f, window, (What::Any, What::Any), None, prior)
    }

    /// The same for failures with this error.
    pub(crate) fn of_error(&self, f: &Failure, window: Window) -> Fraction {
        let prior = prior(f.who.uses, f.class, None, window);
        self.chain(
            f,
            window,
            (What::Class(f.class), What::Error(f.signature)),
            None,
            prior,
        )
    }

    /// The same for failures with this error and this state of the linked calls. What was to be expected is the error's
    /// usual rate, spread over the states as the attempts of that stretch are: in an outage many calls fail, also those of
    /// attempts that would have been declined.
    ///
    /// A call that failed, or never came where one was usual, never speaks less for the outage than a served one would:
    /// where thin cells say so, the larger holds.
    pub(crate) fn of_error_and_link(&self, f: &Failure, window: Window) -> Fraction {
        let mut own = self.of_link(f, window);
        if matches!(f.link, LinkState::Failed | LinkState::Missing) {
            let link = LinkState::Good;
            own.value = own
                .value
                .max(self.of_link(&Failure { link, ..*f }, window).value);
        }
        own
    }

    fn of_link(&self, f: &Failure, window: Window) -> Fraction {
        let prior = prior(f.who.uses, f.class, Some(f.link), window);
        self.chain(
            f,
            window,
            (What::Class(f.class), What::Error(f.signature)),
            Some(f.link),
            prior,
        )
    }

    /// From wide to narrow: class among all users over the whole outage, the same in this stretch, this error among all users,
    /// at this merchant, of this kind of attempt.
    fn chain(
        &self,
        f: &Failure,
        window: Window,
        (wide, narrow): (What, What),
        link: Option<LinkState>,
        prior: Prior,
    ) -> Fraction {
        let [kind, merchant, users] = f.who.groups();
        let base = self.rate_of_class(users, wide, prior.rate);
        let narrow_base = self.lean_rate(
            users,
            narrow,
            base * self.share_of(users, narrow, wide, window),
        );
        let merchant_rate = self.lean_rate(merchant, narrow, narrow_base);
        let kind_rate = self.lean_rate(kind, narrow, merchant_rate);
        // Where the logs show little but the outage, the baseline is a guess: what an error class means weighs more.
        let unknown = self.outage_against_baseline(users, window);
        let first_lean = prior.failures * unknown;
        let lean = first_lean.max(LEAN_FAILURES);
        let late = !stops_early(f.class) && narrow != What::Any;
        let (wide, narrow) = ((wide, late), (narrow, late));
        let nested = [
            self.observed_and_expected(users, wide, link, whole(window), base),
            self.observed_and_expected(users, wide, link, single(window), base),
            self.observed_and_expected(users, narrow, link, single(window), narrow_base),
            self.observed_and_expected(merchant, narrow, link, single(window), merchant_rate),
            self.observed_and_expected(kind, narrow, link, single(window), kind_rate),
            (0.0, 0.0),
        ];
        let mut value = prior.fraction;
        for (i, pair) in nested.windows(2).enumerate() {
            // Each failure counts once, in the narrowest cell that holds it.
            let observed = pair[0].0 - pair[1].0;
            let expected = (pair[0].1 - pair[1].1).max(0.0);
            let lean = if i == 0 { first_lean } else { lean };
            // Either nothing of it is the outage's doing, or so much: the posterior mean of the failures' rate under a gamma
            // prior of `lean` imagined failures, as a fraction.
            let part = ((observed - expected + lean * value) / (observed + lean)).clamp(0.0, 1.0);
            value = part * chance_of_any(value, observed, expected);
        }
        let (observed, expected) =
            self.observed_and_expected(users, narrow, link, single(window), narrow_base);
        Fraction {
            value,
            observed,
            expected,
        }
    }

    /// Attempts that met the outage, as a multiple of those that tell the baseline; at least 1.
    fn outage_against_baseline(&self, group: Group, window: Window) -> f64 {
        let inside = self
            .attempts_in
            .get(&(group, whole(window)))
            .copied()
            .unwrap_or(0.0);
        let before = self.attempts_before.get(&group).copied().unwrap_or(0.0);
        (inside / (before + 1.0)).max(1.0)
    }

    /// Failures observed in a cell, and those to be expected of the attempts that came as far as such a failure does.
    fn observed_and_expected(
        &self,
        group: Group,
        (what, late): (What, bool),
        link: Option<LinkState>,
        stretch: Stretch,
        rate: f64,
    ) -> (f64, f64) {
        let stopped = self
            .stopped_in
            .get(&(group, stretch, link))
            .filter(|_| late);
        let stopped = stopped.copied().unwrap_or(0.0);
        let n = self
            .attempts_in
            .get(&(group, stretch))
            .copied()
            .unwrap_or(0.0);
        match link {
            None => (
                self.failures_in
                    .get(&(group, what, stretch))
                    .copied()
                    .unwrap_or(0.0),
                (n - stopped).max(0.0) * rate,
            ),
            Some(state) => {
                let linked = self
                    .linked_in
                    .get(&(group, stretch, state))
                    .copied()
                    .unwrap_or(0.0);
                (
                    self.failures_in
                        .get(&(group, what.with(state), stretch))
                        .copied()
                        .unwrap_or(0.0),
                    (linked - stopped).max(0.0) * rate,
                )
            }
        }
    }

    fn rate_of_class(&self, group: Group, what: What, prior_rate: f64) -> f64 {
        let failed = self
            .failures_before
            .get(&(group, what))
            .copied()
            .unwrap_or(0.0);
        let all = self.attempts_before.get(&group).copied().unwrap_or(0.0);
        (failed + CLASS_ATTEMPTS * prior_rate) / (all + CLASS_ATTEMPTS)
    }

    fn lean_rate(&self, group: Group, what: What, wider: f64) -> f64 {
        let failed = self
            .failures_before
            .get(&(group, what))
            .copied()
            .unwrap_or(0.0);
        let all = self.attempts_before.get(&group).copied().unwrap_or(0.0);
        (failed + LEAN_ATTEMPTS * wider) / (all + LEAN_ATTEMPTS)
    }

    /// Which part of the failures of the wider sort are of the narrower one, before and in the outage together.
    fn share_of(&self, group: Group, narrow: What, wide: What, window: Window) -> f64 {
        let count = |what| {
            self.failures_before
                .get(&(group, what))
                .copied()
                .unwrap_or(0.0)
                + self
                    .failures_in
                    .get(&(group, what, whole(window)))
                    .copied()
                    .unwrap_or(0.0)
        };
        let all = count(wide);
        if all > 0.0 { count(narrow) / all } else { 1.0 }
    }
}

/// Posterior probability that there is any excess at all, of which `prior` was held before: `observed` failures where
/// `expected` were to be expected, give or take chance and the drift of the baseline over the day. The Bayes factor of a
/// normal mean of unknown size against zero (H. Jeffreys, "Theory of Probability", 1961).
pub(crate) fn chance_of_any(prior: f64, observed: f64, expected: f64) -> f64 {
    if observed <= 0.0 {
        return 1.0;
    }
    let noise = expected + (BASELINE_DRIFT * expected).powi(2) + LEAST_NOISE;
    let spread = (2.0 * expected + 1.0).powi(2) / noise;
    let z2 = (observed - expected).max(0.0).powi(2) / noise;
    let log_factor = 0.5 * z2 * spread / (1.0 + spread) - 0.5 * (1.0 + spread).ln();
    let odds = prior / (1.0 - prior).max(1e-6);
    let log_odds = odds.max(1e-9).ln() + log_factor;
    crate::stats::sigmoid(log_odds)
}

/// Whether a failure of this class ends an attempt before it could be declined or left pending.
fn stops_early(class: ErrorClass) -> bool {
    class.is_upstream()
        || matches!(
            class,
            ErrorClass::CircuitOpen | ErrorClass::ResourceExhausted
        )
}

fn whats(f: &Failure) -> [What; 5] {
    [
        What::Any,
        What::Class(f.class),
        What::Error(f.signature),
        What::ClassLinked(f.class, f.link),
        What::ErrorLinked(f.signature, f.link),
    ]
}

/// What is held before any counting.
#[derive(Clone, Copy, Debug)]
struct Prior {
    /// Attributable fraction.
    fraction: f64,
    /// Imagined failures behind it.
    failures: f64,
    /// Share of attempts that fail like this without an outage.
    rate: f64,
}

/// What an error class means by itself, for attempts that use the exchange and for those that do not, and what the
/// linked calls add. Set by reasoning: see `docs/attribution.md`.
fn prior(uses: Use, class: ErrorClass, link: Option<LinkState>, window: Window) -> Prior {
    use ErrorClass as C;
    let rate = match class {
        C::BusinessDecline => 0.04,
        C::UserCancelled | C::Unknown | C::Expired => 0.01,
        C::ClientError | C::Internal => 0.005,
        _ => 0.003,
    };
    let (fraction, failures): (f64, f64) = if uses == Use::Uses {
        match class {
            C::UpstreamUnavailable
            | C::UpstreamTimeout
            | C::Overload
            | C::Maintenance
            | C::CircuitOpen => (0.9, 2.0),
            C::ResourceExhausted => (0.7, 2.0),
            C::Expired | C::RateLimited | C::Unknown => (0.5, 2.0),
            C::Internal => (0.4, 2.0),
            C::Auth | C::Clock => (0.2, 4.0),
            C::ClientError | C::None => (0.05, 20.0),
            C::BusinessDecline | C::UserCancelled => (0.02, 40.0),
        }
    } else {
        match class {
            C::ResourceExhausted => (0.6, 4.0),
            C::UpstreamTimeout | C::CircuitOpen => (0.3, 4.0),
            C::Internal | C::Unknown | C::Expired => (0.15, 8.0),
            C::BusinessDecline | C::UserCancelled | C::ClientError => (0.01, 40.0),
            _ => (0.1, 8.0),
        }
    };
    let (fraction, failures) = match link {
        Some(LinkState::Failed) if !class.is_customer_side() => (0.97, 8.0),
        Some(LinkState::Good) if uses == Use::Uses && class.is_upstream() => (0.4, 4.0),
        Some(LinkState::Elsewhere) => (0.05 * fraction, failures.max(20.0)),
        Some(LinkState::Good) => (0.3 * fraction, failures.max(12.0)),
        _ => (fraction, failures),
    };
    // After the end little is to be expected but what was already under way, and breakers that are still open.
    if window.is_tail() && class != C::CircuitOpen {
        return Prior {
            fraction: 0.2 * fraction,
            failures: failures.max(8.0),
            rate,
        };
    }
    Prior {
        fraction,
        failures,
        rate,
    }
}
