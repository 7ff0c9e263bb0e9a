//! Counter-based randomness: every draw is a function of (seed, entity, number, purpose) and of nothing else, so
//! that two runs of one scenario share all draws whatever happens in between. Logarithm and exponential are our
//! own, from exact float operations only, so that a scenario is the same on every platform.

/// The draws of one scenario.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    seed: u64,
}

/// What a draw decides; two decisions about one entity never share a draw.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub(crate) enum For {
    Arrival = 1,
    Thinning,
    Method,
    Amount,
    Customer,
    Fate,
    Latency,
    Failure,
    Flavour,
    Misuse,
    Retry,
    RetryDelay,
    Switch,
    PayDelay,
    Backoff,
    Hold,
    Bug,
    Foreign,
    TraceId,
    Duplicate,
    Cut,
    Sample,
    WrongId,
    Noise,
    Parameter,
    Network,
}

/// The finaliser of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Draws {
    pub(crate) fn new(seed: u64) -> Draws {
        Draws { seed: mix(seed) }
    }

    /// 64 random bits for one decision about one entity.
    pub(crate) fn bits(&self, entity: u64, number: u64, purpose: For) -> u64 {
        mix(mix(mix(self.seed ^ entity) ^ number) ^ (purpose as u64) << 56)
    }

    /// Uniform in [0, 1).
    pub(crate) fn unit(&self, entity: u64, number: u64, purpose: For) -> f64 {
        (self.bits(entity, number, purpose) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Exponential with the given mean.
    pub(crate) fn exponential(&self, entity: u64, number: u64, purpose: For, mean: f64) -> f64 {
        -ln(1.0 - self.unit(entity, number, purpose)) * mean
    }

    /// A right-skewed factor around 1 (a log-logistic with shape 5): latencies.
    pub(crate) fn skewed(&self, entity: u64, number: u64, purpose: For) -> f64 {
        let u = self.unit(entity, number, purpose).clamp(1e-4, 1.0 - 1e-4);
        exp(ln(u / (1.0 - u)) / 5.0)
    }
}

/// Parameters of a scenario, drawn one after the other in a fixed order.
#[derive(Debug)]
pub(crate) struct Parameters {
    draws: Draws,
    next: u64,
}

impl Parameters {
    pub(crate) fn new(draws: Draws) -> Parameters {
        Parameters { draws, next: 0 }
    }

    fn unit(&mut self) -> f64 {
        self.next += 1;
        self.draws.unit(u64::MAX, self.next, For::Parameter)
    }

    /// Uniform between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform between two whole numbers, both included.
    pub(crate) fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + (self.unit() * (high - low + 1) as f64) as i64
    }

    /// True with the given probability.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[((self.unit() * of.len() as f64) as usize).min(of.len() - 1)]
    }
}

/// Natural logarithm of a positive, normal number.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023u64 << 52));
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let (mut power, mut sum) = (t, 0.0);
    for k in 0..16 {
        sum += power / f64::from(2 * k + 1);
        power *= t * t;
    }
    2.0 * sum + exponent as f64 * std::f64::consts::LN_2
}

/// e to the power of x, for moderate x.
pub(crate) fn exp(x: f64) -> f64 {
    let halvings = 10;
    let small = x / f64::from(1 << halvings);
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..12 {
        term *= small / f64::from(k);
        sum += term;
    }
    for _ in 0..halvings {
        sum *= sum;
    }
    sum
}
