//! Intervals for counts and rates.

/// The 95 % point of the standard normal distribution, two-sided.
const Z95: f64 = 1.959_963_984_540_054;

/// 95 % interval of a share, by Wilson's score (E. B. Wilson, "Probable inference, the law of succession,
/// and statistical inference", 1927). `(0, 1)` for no trials.
pub fn wilson(successes: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let n = trials as f64;
    let p = successes as f64 / n;
    let z2 = Z95 * Z95;
    let centre = p + z2 / (2.0 * n);
    let half = Z95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (
        ((centre - half) / scale).max(0.0),
        ((centre + half) / scale).min(1.0),
    )
}

/// 95 % interval of a Poisson mean given one count, by the approximation of D. Byar (in Breslow and Day,
/// "Statistical methods in cancer research", vol. 2, 1987, p. 69).
pub fn poisson_interval(count: f64) -> (f64, f64) {
    let low = if count <= 0.0 {
        0.0
    } else {
        count * (1.0 - 1.0 / (9.0 * count) - Z95 / (3.0 * count.sqrt())).powi(3)
    };
    let up = count + 1.0;
    let high = up * (1.0 - 1.0 / (9.0 * up) + Z95 / (3.0 * up.sqrt())).powi(3);
    (low.max(0.0), high)
}

/// Natural logarithm of the gamma function for `x > 0`, by Lanczos' approximation (g = 7, n = 9; Godfrey's
/// coefficients), good to about 15 digits.
pub fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let sum = C
        .iter()
        .enumerate()
        .skip(1)
        .fold(C[0], |a, (i, c)| a + c / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The probability of log-odds `x`.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_matches_published_values() {
        // Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
        let (low, high) = wilson(81, 263);
        assert!(
            (low - 0.2553).abs() < 5e-4 && (high - 0.3662).abs() < 5e-4,
            "{low} {high}"
        );
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn poisson_interval_is_near_the_exact_one() {
        // Exact (Garwood 1936) for 10: 4.795 to 18.39.
        let (low, high) = poisson_interval(10.0);
        assert!(
            (low - 4.795).abs() < 0.05 && (high - 18.39).abs() < 0.05,
            "{low} {high}"
        );
    }

    #[test]
    fn ln_gamma_of_known_points() {
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-12);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-12);
    }
}
