//! The words of failures: what a merchant's payment log says of a reason, and what an answer is called.

use super::engine::{Answer, Reason};
use super::world::{Fate, Wording};

/// Code and message of a failed payment.
pub(crate) fn failure(
    wording: Wording,
    reason: Reason,
    exchange: &str,
    pool: usize,
) -> (String, String) {
    let (code, message) = match reason {
        Reason::Fate(fate) => ordinary(wording, fate),
        Reason::Exhausted if wording == Wording::Silent => silent(),
        Reason::Exhausted => (
            "POOL_EXHAUSTED".into(),
            format!("no worker available: pool of {pool} exhausted"),
        ),
        Reason::Database if wording == Wording::Silent => silent(),
        Reason::Database => (
            "INTERNAL_ERROR".into(),
            "could not obtain a database connection: timeout after 5000 ms".into(),
        ),
        Reason::Defect if wording == Wording::Silent => silent(),
        Reason::Defect => (
            "INTERNAL_ERROR".into(),
            "NullPointerException: feeSchedule is null".into(),
        ),
        Reason::Expired => (
            "PAYMENT_EXPIRED".into(),
            "payment window elapsed before confirmation".into(),
        ),
        Reason::CircuitOpen => circuit(wording, exchange),
        Reason::TimedOut => timed_out(wording, exchange),
        Reason::Refused => refused(wording, exchange),
        Reason::Upstream(status) => upstream(wording, exchange, status),
    };
    (code, message)
}

fn silent() -> (String, String) {
    (
        "E17".into(),
        "Zahlung konnte nicht verarbeitet werden".into(),
    )
}

fn ordinary(wording: Wording, fate: Fate) -> (String, String) {
    let (code, message) = match fate {
        Fate::InsufficientFunds => ("insufficient_funds", "card declined: insufficient funds"),
        Fate::DoNotHonor => ("do_not_honor", "card declined by issuer"),
        Fate::CardExpired => ("expired_card", "card declined: expired card"),
        Fate::Fraud => ("suspected_fraud", "declined by risk rules"),
        Fate::QuoteExpired => ("quote_expired", "customer accepted the quote too late"),
        Fate::BadAddress => ("invalid_address", "destination address failed checksum"),
        Fate::Cancelled => ("cancelled", "cancelled by customer"),
    };
    match (wording, fate) {
        (Wording::Silent, Fate::QuoteExpired | Fate::Fraud) => silent(),
        (Wording::Silent, Fate::BadAddress) => ("E21".into(), "Adresse ungültig".into()),
        (Wording::Silent, Fate::Cancelled) => ("E02".into(), "Abbruch durch Kunden".into()),
        (Wording::Silent, _) => ("E05".into(), "Karte abgelehnt".into()),
        _ => (code.into(), message.into()),
    }
}

fn circuit(wording: Wording, exchange: &str) -> (String, String) {
    match wording {
        Wording::Plain => (
            "CIRCUIT_OPEN".into(),
            format!("circuit breaker open for {exchange}"),
        ),
        Wording::Ccxt => (
            "CircuitBreakerOpen".into(),
            format!("{exchange}: circuit breaker is OPEN and does not permit further calls"),
        ),
        Wording::Generic => ("PROVIDER_SUSPENDED".into(), "circuit breaker open".into()),
        Wording::Silent => silent(),
    }
}

fn timed_out(wording: Wording, exchange: &str) -> (String, String) {
    match wording {
        Wording::Plain => (
            format!("{}_TIMEOUT", exchange.to_uppercase()),
            format!("no answer from {exchange}: deadline exceeded"),
        ),
        Wording::Ccxt => (
            "RequestTimeout".into(),
            format!("{exchange} POST request timed out"),
        ),
        Wording::Generic => ("PROVIDER_TIMEOUT".into(), "request timed out".into()),
        Wording::Silent => silent(),
    }
}

fn refused(wording: Wording, exchange: &str) -> (String, String) {
    match wording {
        Wording::Plain => (
            format!("{}_UNREACHABLE", exchange.to_uppercase()),
            format!("{exchange}: connect: connection refused"),
        ),
        Wording::Ccxt => (
            "NetworkError".into(),
            format!("{exchange} connect ECONNREFUSED"),
        ),
        Wording::Generic => ("PROVIDER_UNREACHABLE".into(), "connection refused".into()),
        Wording::Silent => silent(),
    }
}

fn upstream(wording: Wording, exchange: &str, status: u16) -> (String, String) {
    let text = status_text(status);
    match (wording, status) {
        (Wording::Silent, _) => silent(),
        (Wording::Plain, 429 | 418 | 403) => (
            "RATE_LIMITED".into(),
            format!("{exchange} answered {status} {text}"),
        ),
        (Wording::Plain, _) => (
            format!("{}_UNAVAILABLE", exchange.to_uppercase()),
            format!("{exchange} answered {status} {text}"),
        ),
        (Wording::Ccxt, 429 | 418) => (
            "RateLimitExceeded".into(),
            format!("{exchange} {status} {text}"),
        ),
        (Wording::Ccxt, 403) => (
            "DDoSProtection".into(),
            format!("{exchange} {status} {text}"),
        ),
        (Wording::Ccxt, 504) => (
            "RequestTimeout".into(),
            format!("{exchange} {status} {text}"),
        ),
        (Wording::Ccxt, _) => (
            "ExchangeNotAvailable".into(),
            format!("{exchange} {status} {text}"),
        ),
        (Wording::Generic, _) => (
            "PROVIDER_ERROR".into(),
            format!("provider returned {status}"),
        ),
    }
}

/// The reason phrase of an HTTP status.
pub(crate) fn status_text(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        499 => "Client Closed Request",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// Status and error text of a call as a client's log has them; no status where there was no answer.
pub(crate) fn call(answer: Answer) -> (Option<u16>, &'static str) {
    match answer {
        Answer::Good => (Some(200), ""),
        Answer::BadRequest => (Some(400), "invalid address"),
        Answer::Status(status) => (Some(status), status_text(status)),
        Answer::TimedOut => (None, "request timed out"),
        Answer::Refused => (None, "connect ECONNREFUSED"),
    }
}

/// The path of a call as it stands in a log: ours begins with the component, an exchange's own seldom does.
pub(crate) fn path(hides_components: bool, path: &str) -> &str {
    if !hides_components {
        return path;
    }
    match path {
        "/api/v1/quote" => "/api/v3/ticker/price",
        "/api/v1/pay" => "/sapi/v1/pay/transactions",
        "/wallet/v1/deposit-address" => "/sapi/v1/capital/deposit/address",
        "/wallet/v1/deposits" => "/sapi/v1/capital/deposit/hisrec",
        "/wallet/v1/transfers" => "/sapi/v1/capital/withdraw/apply",
        "/trading/v1/orders" | "/trading/v1/public" => "/api/v3/order",
        "/wallet/v1/public" => "/sapi/v1/system/status",
        _ => "/api/v3/ping",
    }
}
