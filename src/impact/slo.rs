//! What the incident did to the error budget of a service level objective.

use super::Outcome;
use crate::model::{Attempt, Slo, SloTarget};

const DAY_S: f64 = 86_400.0;

/// The objective against these logs; `None` when no attempt counts or all are of one moment.
pub fn slo(o: &Outcome<'_>, target: SloTarget) -> Option<Slo> {
    let counts = |a: &&Attempt| a.outcome.is_final() && counts(a, &target);
    let (mut attempts, mut failed) = (0, 0);
    for a in o.timeline.attempts.iter().filter(counts) {
        attempts += 1;
        failed += u64::from(a.outcome.is_bad());
    }
    let caused = o
        .judgements
        .iter()
        .filter(|j| counts(&&o.timeline.attempts[j.attempt]));
    let expected_caused = caused.map(|j| j.probability).sum();
    let observed_days = span_s(o)? / DAY_S;
    let window_attempts = attempts as f64 * f64::from(target.window_days) / observed_days;
    (attempts > 0 && observed_days > 0.0).then(|| Slo {
        target,
        attempts,
        failed,
        expected_caused,
        observed_days,
        window_attempts,
        budget: (1.0 - target.success_rate) * window_attempts,
        assumptions: assumptions(&target, observed_days),
    })
}

/// Attempts that a customer, or a customer's bank, declined say nothing about the service.
fn counts(a: &Attempt, target: &SloTarget) -> bool {
    target.count_declines || !(a.outcome.is_bad() && a.class.is_customer_side())
}

/// From the first attempt's start to the last one's end, in seconds.
fn span_s(o: &Outcome<'_>) -> Option<f64> {
    let first = o.timeline.attempts.iter().map(|a| a.start).min()?;
    let last = o.timeline.attempts.iter().map(|a| a.time).max()?;
    Some(last.secs_since(first))
}

fn assumptions(target: &SloTarget, observed_days: f64) -> Vec<String> {
    let declines = if target.count_declines {
        "attempts that the customer or the customer's bank declined count as failed"
    } else {
        "attempts that the customer or the customer's bank declined do not count at all"
    };
    vec![
        format!(
            "the traffic of {} days is that of these logs ({}) at the same rate, and the logs hold every attempt",
            target.window_days,
            spanned(observed_days)
        ),
        declines.to_string(),
        "attempts of unknown outcome count as failed".to_string(),
        "knock-on failures are the sum of the probabilities, all verdicts".to_string(),
    ]
}

/// `5.0 hours`, `12.3 days`.
fn spanned(days: f64) -> String {
    if days < 2.0 {
        format!("{:.1} hours", days * 24.0)
    } else {
        format!("{days:.1} days")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impact::test_support::Log;

    const TARGET: SloTarget = SloTarget {
        success_rate: 0.99,
        window_days: 10,
        count_declines: false,
    };

    /// A day with 100 attempts: two knock-on failures, one decline.
    fn log() -> Log {
        let mut log = Log::with_outage("binance", 1000, 2000);
        log.attempt(0, "binance", "BTC", true);
        for n in 1..=96 {
            log.attempt(800 * n, "binance", "BTC", true);
        }
        log.caused(1100, "binance", "BTC", "o1", 0.9);
        log.caused(1200, "binance", "BTC", "o2", 0.8);
        log.declined(86_400);
        log
    }

    #[test]
    fn the_budget_is_that_of_the_whole_window() {
        let got = slo(&log().outcome(), TARGET).unwrap();
        assert_eq!((got.attempts, got.failed), (99, 2));
        assert!((got.observed_days - 1.0).abs() < 1e-9);
        assert!((got.budget - 9.9).abs() < 1e-9, "{}", got.budget);
        assert!((got.burnt() - 2.0 / 9.9).abs() < 1e-9);
        assert!((got.burnt_without() - 0.3 / 9.9).abs() < 1e-9);
    }

    #[test]
    fn declines_count_only_when_asked() {
        let target = SloTarget {
            count_declines: true,
            ..TARGET
        };
        let got = slo(&log().outcome(), target).unwrap();
        assert_eq!((got.attempts, got.failed), (100, 3));
    }

    #[test]
    fn without_attempts_there_is_no_budget() {
        let log = Log::with_outage("binance", 1000, 2000);
        assert!(slo(&log.outcome(), TARGET).is_none());
    }
}
