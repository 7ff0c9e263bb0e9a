//! A report made up for tests: two outages (one open-ended), unknown outcomes, undetermined failures, gaps in
//! the log, and texts written by somebody who means harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::model::{
    Amounts, Channel, Citation, ComponentOutage, Count, Counterfactual, Detection, ErrorClass,
    Evidence, FailedAttempt, FailureTotals, Field, Finding, Impact, InputSummary, Interval,
    LeftOut, Moment, Outage, OutageKind, OutageSource, Outcome, Phase, Precision, Reject, Report,
    Role, Severity, Side, Slo, SloTarget, SourceRef, Span, Step, Story, Strip, StripBucket, Sym,
    Thresholds, Time, TimelineRow, UnknownOutcome, Verdict, Weights, WhatIf, WhatIfCase, ZoneFrom,
};

/// What a hostile log line tries on a terminal, in Markdown, in HTML and in a spreadsheet.
pub(super) const HOSTILE: &str = "=cmd|'/c calc' \x1b[2J\u{202e} <script>alert(1)</script> ![x](http://evil.example) `|` a\\|b @all\nx";

pub(super) fn t(s: &str) -> Time {
    s.parse().unwrap()
}

fn arc(s: &str) -> Option<Arc<str>> {
    Some(Arc::from(s))
}

fn at(line: u64) -> SourceRef {
    SourceRef { input: 0, line }
}

fn reason(rule: &'static str, supports: bool, weight: f64, detail: &str, line: u64) -> Evidence {
    Evidence {
        rule,
        supports,
        weight,
        detail: detail.to_owned(),
        source: at(line),
    }
}

fn weights(evidence: &[Evidence]) -> Weights {
    let mut weights = Weights::default();
    for e in evidence {
        weights.add(e.supports, e.weight);
    }
    weights
}

fn failure(n: u64, time: Time, verdict: Verdict, probability: f64) -> FailedAttempt {
    let caused = verdict == Verdict::Caused;
    let evidence = vec![
        reason(
            "linked-call-failed",
            caused,
            2.5,
            "its own call to binance got 503",
            100 + n,
        ),
        reason(
            "stratum-excess",
            true,
            0.7,
            "9 of 10 of its kind failed where 0.3 were to be expected",
            100 + n,
        ),
        reason("duration", true, 0.0, "it waited 5 s", 100 + n),
    ];
    FailedAttempt {
        time,
        start: time.plus_secs(-5.0),
        payment_id: Arc::from(format!("pay_{n:04}")),
        order_id: arc(&format!("ord_{n:04}")),
        merchant: arc("shop-a"),
        method: arc(if caused { "crypto" } else { "card" }),
        exchange: caused.then(|| Arc::from("binance")),
        currency: arc(if caused { "BTC" } else { "EUR" }),
        amount: Some(Decimal::from_str_exact("0.01230000").unwrap()),
        outcome: Outcome::Failed,
        error_code: arc("E-503"),
        error_message: arc("binance: service unavailable"),
        error_class: ErrorClass::UpstreamUnavailable,
        verdict,
        probability,
        outage: caused.then_some(0),
        channel: caused.then_some(Channel::Direct),
        weights: weights(&evidence),
        evidence,
        source: at(100 + n),
    }
}

fn failures() -> Vec<FailedAttempt> {
    let onset = t("2021-08-18T12:00:03.120Z");
    let mut all: Vec<FailedAttempt> = (0..14)
        .map(|n| {
            let time = onset.plus_secs(10.0 + 60.0 * n as f64);
            let mut f = failure(n, time, Verdict::Caused, 0.99 - 0.02 * n as f64);
            if n % 3 == 1 {
                f.channel = Some(Channel::Timeout);
                f.outcome = Outcome::Unknown;
                f.error_class = ErrorClass::UpstreamTimeout;
            }
            if n == 12 {
                f.channel = Some(Channel::CircuitBreaker);
            }
            if n == 13 {
                f.time = t("2021-08-18T14:45:00Z");
                f.start = f.time.plus_secs(-5.0);
                f.outage = Some(1);
                f.exchange = arc("kraken");
            }
            f
        })
        .collect();
    all.extend((20..24).map(|n| {
        failure(
            n,
            onset.plus_secs(30.0 * n as f64),
            Verdict::Unrelated,
            0.04,
        )
    }));
    all.extend((30..32).map(|n| {
        failure(
            n,
            onset.plus_secs(40.0 * n as f64),
            Verdict::Undetermined,
            0.48,
        )
    }));
    let hostile = &mut all[15];
    hostile.error_message = arc(HOSTILE);
    hostile.payment_id = Arc::from("=1+1|<b>pay</b>");
    hostile.merchant = arc("shop|b <img src=x>");
    let leaky = &mut all[16];
    leaky.error_message = arc("declined: card 4111 1111 1111 1111 of jo@shop.example cvv=123");
    all.sort_by_key(|f| (f.time, f.source));
    all
}

fn component(name: &str, start: Time, end: Option<Time>) -> ComponentOutage {
    ComponentOutage {
        name: Arc::from(name),
        component: Sym(1),
        start,
        end,
        calls: 1003,
        failed_calls: 812,
        baseline_failure_rate: 0.003,
        peak_failure_rate: 0.97,
        phases: vec![
            Phase {
                span: Span::new(start, start.plus_secs(600.0)),
                failure_rate: 0.97,
                calls: 100,
                failed_calls: 97,
            },
            Phase {
                span: Span::new(start.plus_secs(600.0), start.plus_secs(4200.0)),
                failure_rate: 0.61,
                calls: 100,
                failed_calls: 61,
            },
        ],
        callers: Vec::new(),
    }
}

fn outages() -> Vec<Outage> {
    let (start, end) = (t("2021-08-18T12:00:03.120Z"), t("2021-08-18T13:10:22Z"));
    let second = t("2021-08-18T14:40:00Z");
    vec![
        Outage {
            id: "O1".to_owned(),
            exchange: Sym(1),
            exchange_name: Arc::from("binance"),
            start,
            start_interval: Span::new(start.plus_secs(-5.0), start.plus_secs(8.0)),
            end: Some(end),
            end_interval: Some(Span::new(end.plus_secs(-60.0), end.plus_secs(45.0))),
            began_before_log: false,
            kind: OutageKind::Overload,
            components: vec![component("wallet", start, Some(end))],
            sources: vec![OutageSource::Calls, OutageSource::StatusPage],
            acknowledged_at: Some(t("2021-08-18T12:34:00Z")),
            evidence: vec![reason(
                "refusals-under-load",
                true,
                4.0,
                "812 of 1,003 calls were refused with 429 or 503",
                7,
            )],
            first_seen: Some(at(7)),
        },
        Outage {
            id: "O2".to_owned(),
            exchange: Sym(2),
            exchange_name: Arc::from("kraken"),
            start: second,
            start_interval: Span::new(second, second),
            end: None,
            end_interval: None,
            began_before_log: false,
            kind: OutageKind::Slow,
            components: vec![component("", second, None)],
            sources: vec![OutageSource::Calls],
            acknowledged_at: None,
            evidence: Vec::new(),
            first_seen: None,
        },
    ]
}

fn count(name: &str, attempts: u64, caused: u64, unrelated: u64, undetermined: u64) -> Count {
    Count {
        name: name.to_owned(),
        attempts,
        failed: caused + unrelated + undetermined,
        caused,
        unrelated,
        undetermined,
    }
}

fn totals() -> FailureTotals {
    FailureTotals {
        attempts: 9803,
        failed: 20,
        caused: 14,
        unrelated: 4,
        undetermined: 2,
        expected_caused: Interval {
            mean: 13.0,
            low: 11.2,
            high: 14.9,
        },
        excess: Some(Interval {
            mean: 12.4,
            low: 9.0,
            high: 15.1,
        }),
        expected_in_excess: 12.1,
        by_channel: vec![
            count("direct", 0, 8, 0, 0),
            count("timeout", 0, 5, 0, 0),
            count("circuit_breaker", 0, 1, 0, 0),
        ],
        by_exchange: vec![
            count("binance", 1210, 13, 0, 0),
            count("kraken", 300, 1, 0, 0),
            count("coinbase", 120, 0, 0, 0),
            count("-", 8173, 0, 4, 2),
        ],
        by_merchant: vec![
            count("shop-a", 9000, 14, 3, 2),
            count("shop|b <img src=x>", 803, 0, 1, 0),
        ],
        by_method: vec![
            count("crypto", 1630, 14, 0, 0),
            count("card", 8173, 0, 4, 2),
        ],
        by_currency: vec![count("BTC", 1630, 14, 0, 0), count("EUR", 8173, 0, 4, 2)],
        by_error: vec![
            count("E-503 binance: service unavailable", 0, 14, 2, 2),
            count(HOSTILE, 0, 0, 1, 0),
            count("declined: card # of jo@shop.example", 0, 0, 1, 0),
        ],
    }
}

fn amounts(list: &[(&str, &str)]) -> Amounts {
    list.iter()
        .map(|(c, a)| ((*c).to_owned(), Decimal::from_str_exact(a).unwrap()))
        .collect::<BTreeMap<_, _>>()
}

fn impact() -> Impact {
    Impact {
        orders_affected: 14,
        orders_recovered: 3,
        orders_lost: 6,
        orders_unknown: 5,
        recovered_same_method: 2,
        recovered_other_method: 1,
        customers_affected: Some(13),
        amount_failed: amounts(&[("BTC", "12345678901234567.89000000"), ("USDT", "0.10")]),
        amount_lost: amounts(&[("BTC", "12345678901234567.79160000")]),
        amount_recovered: amounts(&[("BTC", "0.03690000")]),
        amount_unknown: amounts(&[("BTC", "0.06150000"), ("USDT", "0.10")]),
        unknown_outcome: UnknownOutcome {
            attempts: 5,
            amount: amounts(&[("BTC", "0.06150000")]),
        },
        open_attempts: 1,
    }
}

fn moments() -> Vec<Moment> {
    let moment = |time: &str, side, text: &str, outage, source| Moment {
        time: t(time),
        side,
        text: text.to_owned(),
        outage,
        source,
    };
    vec![
        moment(
            "2021-08-18T11:59:58Z",
            Side::Exchange,
            "the last good minute of binance began",
            None,
            None,
        ),
        moment(
            "2021-08-18T12:00:03.120Z",
            Side::Exchange,
            "binance began to refuse calls",
            Some(0),
            Some(at(7)),
        ),
        moment(
            "2021-08-18T12:00:13.120Z",
            Side::Payments,
            "the first knock-on failure came",
            Some(0),
            Some(at(100)),
        ),
        moment(
            "2021-08-18T12:20:00Z",
            Side::Notes,
            HOSTILE,
            None,
            Some(at(55)),
        ),
        moment(
            "2021-08-18T12:34:00Z",
            Side::Status,
            "binance acknowledged elevated errors",
            Some(0),
            None,
        ),
        moment(
            "2021-08-18T13:10:22Z",
            Side::Exchange,
            "binance served normally again",
            Some(0),
            None,
        ),
    ]
}

fn strips(window: Span) -> Vec<Strip> {
    let strip = |name: &str, side, bad: [u64; 3], gap: bool| Strip {
        name: name.to_owned(),
        side,
        span: window,
        buckets: (0..120)
            .map(|i| match i {
                40..=63 => StripBucket {
                    total: 100,
                    bad: bad[1],
                },
                64..=66 => StripBucket {
                    total: 100,
                    bad: bad[2],
                },
                80..=90 if gap => StripBucket::default(),
                _ => StripBucket {
                    total: 100,
                    bad: bad[0],
                },
            })
            .collect(),
    };
    vec![
        strip("calls to binance", Side::Exchange, [0, 81, 30], true),
        strip(
            "payments of shop|b <img src=x>",
            Side::Payments,
            [1, 12, 6],
            false,
        ),
    ]
}

fn inputs(window: Span) -> Vec<InputSummary> {
    vec![
        InputSummary {
            path: "logs/exchange/binance-gateway.log.gz".to_owned(),
            format: "nginx-access".to_owned(),
            format_reason: "1,000 of 1,000 lines match".to_owned(),
            role: Role::Exchange,
            lines: 12_003,
            events: 12_000,
            rejected: 3,
            first: Some(window.start),
            last: Some(window.end),
            zone: "+08:00".to_owned(),
            zone_from: ZoneFrom::Inferred,
            clock_offset_ms: Some(-3_200),
            clock_residual_ms: Some(40),
            mapping: vec![
                ("remote_addr".to_owned(), Field::ClientAddress),
                ("time".to_owned(), Field::Time),
            ],
            rejects: vec![Reject {
                line: 17,
                reason: format!("not a request line: {HOSTILE}"),
            }],
            warnings: vec!["the export looks cut at a round 12,000 records".to_owned()],
            compression: "gzip".to_owned(),
            ..InputSummary::default()
        },
        InputSummary {
            path: "logs/payments.jsonl".to_owned(),
            format: "json-lines".to_owned(),
            role: Role::Payments,
            lines: 9_803,
            events: 9_803,
            first: Some(window.start),
            last: Some(window.end),
            zone: "UTC".to_owned(),
            zone_from: ZoneFrom::Explicit,
            ..InputSummary::default()
        },
    ]
}

/// The rich report.
pub(super) fn report() -> Report {
    let window = Span::new(t("2021-08-18T10:00:00Z"), t("2021-08-18T16:00:00Z"));
    Report {
        inputs: inputs(window),
        input_exchanges: vec![arc("binance"), None],
        input_merchants: vec![None, arc("shop-a")],
        window: Some(window),
        outages: outages(),
        totals: totals(),
        impact: impact(),
        detection: Detection {
            outage: Some("O1".to_owned()),
            first_failure_at: Some(t("2021-08-18T12:00:13.120Z")),
            first_caused_at: Some(t("2021-08-18T12:00:13.120Z")),
            detected_at: Some(t("2021-08-18T12:07:00Z")),
            responded_at: Some(t("2021-08-18T12:09:30Z")),
            acknowledged_at: Some(t("2021-08-18T12:34:00Z")),
            acknowledgement_delay_s: Some(2036.88),
            recovered_at: Some(t("2021-08-18T13:10:22Z")),
            last_caused_at: Some(t("2021-08-18T13:14:00Z")),
            tail_s: Some(218.0),
        },
        findings: vec![Finding {
            id: "single-dependency".to_owned(),
            title: "All BTC payments went through one exchange".to_owned(),
            severity: Severity::Warning,
            confidence: 0.95,
            detail: format!("1,630 of 1,630 attempts in BTC named binance. {HOSTILE}"),
            evidence: vec![reason(
                "share",
                true,
                1.0,
                "no attempt in BTC named another exchange",
                100,
            )],
        }],
        what_if: WhatIf {
            cases: what_if_cases(),
            left_out: vec![LeftOut {
                kind: "other_method",
                outage: "O1".to_owned(),
                reason: format!("the failed payments name no method {HOSTILE}"),
            }],
        },
        slo: Some(Slo {
            target: SloTarget {
                success_rate: 0.995,
                window_days: 30,
                count_declines: false,
            },
            attempts: 1000,
            failed: 60,
            expected_caused: 40.0,
            observed_days: 0.5,
            window_attempts: 60_000.0,
            budget: 300.0,
            assumptions: vec!["attempts of unknown outcome count as failed".to_owned()],
        }),
        warnings: vec!["no calls to kraken before 14:00 UTC: its baseline is thin".to_owned()],
        failures: failures(),
        moments: moments(),
        strips: strips(window),
        thresholds: Thresholds::default(),
        citations: vec![
            Citation {
                source: at(7),
                text: "POST /wallet 503 0.2 api_key=abcdef0123456789abcdef".to_owned(),
            },
            Citation {
                source: at(100),
                text: HOSTILE.to_owned(),
            },
        ],
    }
}

/// A fallback at the onset and a minute later, which take the same for granted.
fn what_if_cases() -> Vec<WhatIfCase> {
    let interval = |mean: f64| Interval {
        mean,
        low: mean - 1.0,
        high: mean + 1.0,
    };
    let case = |takeover_s: u32, failures: f64| WhatIfCase {
        kind: "fallback_exchange",
        outage: "O1".to_owned(),
        title: format!("a fallback to kraken for BTC after {takeover_s} s"),
        assumptions: vec!["kraken would have borne the load".to_owned()],
        takeover_s: Some(takeover_s),
        failures: interval(failures),
        orders: interval(1.0),
        amount_saved: amounts(&[("BTC", "0.0123")]),
        amount_at_stake: amounts(&[("BTC", "0.0130")]),
        rates: Vec::new(),
        refused: None,
        switched: None,
    };
    vec![case(0, 14.0), case(60, 11.0)]
}

/// A report that looked and found nothing wrong: `attempts` payments of which `failed` failed.
pub(super) fn quiet(attempts: u64, failed: u64, with_calls: bool) -> Report {
    let rich = report();
    Report {
        inputs: rich
            .inputs
            .iter()
            .filter(|i| with_calls || i.role != Role::Exchange)
            .cloned()
            .collect(),
        window: rich.window,
        totals: FailureTotals {
            attempts,
            failed,
            unrelated: failed,
            ..FailureTotals::default()
        },
        strips: if with_calls {
            rich.strips
        } else {
            rich.strips[1..].to_vec()
        },
        ..Report::default()
    }
}

/// A story for `explain`.
pub(super) fn story(report: &Report) -> Story {
    let failed = report.failures[0].clone();
    Story {
        payment_id: failed.payment_id.to_string(),
        merchant: failed.merchant.clone(),
        namesakes: 1,
        outcome: failed.outcome,
        steps: vec![Step {
            rule: "own-call",
            detail: "its own call failed at 2021-08-18T12:00:04.500Z".to_owned(),
            log_odds: 4.6,
            probability: 0.99,
            source: failed.source,
        }],
        failed: Some(failed),
        events: report.moments[1..4].to_vec(),
        state: vec!["in the minute around it, 97 of 100 calls to binance failed".to_owned()],
        baseline: vec!["outside the outage, 0.2 % of its kind failed".to_owned()],
        counterfactuals: vec![Counterfactual {
            condition: "a call of its own to binance had been served well".to_owned(),
            probability: 0.2,
            verdict: Verdict::Unrelated,
        }],
        would_change: vec!["a successful call of its own in the exchange's log".to_owned()],
        lines: report.citations.clone(),
    }
}

/// A record for `timeline --all`.
pub(super) fn row() -> TimelineRow {
    TimelineRow {
        time: t("2021-08-18T12:00:04.5Z"),
        precision: Precision::Millis,
        zone_from: ZoneFrom::Explicit,
        role: Role::Payments,
        kind: "payment".into(),
        format: "json-lines".into(),
        level: Some("ERROR".to_owned()),
        service: None,
        exchange: Some("binance".to_owned()),
        component: None,
        merchant: Some("shop-a".to_owned()),
        payment_id: Some("pay_0001".to_owned()),
        trace_id: None,
        method: Some("crypto".to_owned()),
        path: None,
        status: Some("failed".to_owned()),
        duration_ms: Some(5000.0),
        outcome: Some(Outcome::Failed),
        error_class: Some(ErrorClass::UpstreamTimeout),
        message: Some(HOSTILE.to_owned()),
        source: SourceRef { input: 1, line: 12 },
    }
}
