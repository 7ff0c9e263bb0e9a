//! What kind of error a code, a text or an HTTP status means. The tables are data; a user's rules come first.
//!
//! Not for how an attempt ended (`outcome`), nor for whose fault a failure is: that is attribution.
//! An unspecific text (`HTTP 500 Internal Server Error`, `payment_failed`, `ERR_17`) stays `Unknown`.
//!
//! Sources of the tables: Binance spot API `errors.md` and `rest-api.md`; ccxt's `errorHierarchy.ts` (its
//! 400/403/404/409/410 as "not available" corrected to the client's errors that they are); ISO 8583:1987 and
//! :1993 response codes; Stripe decline codes; Envoy response flags; gRPC status codes; errno names; RFC 9110.

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::model::ErrorClass::{
    self, Auth, BusinessDecline, CircuitOpen, ClientError, Clock, Expired, Internal, Maintenance,
    Overload, RateLimited, ResourceExhausted, Unknown, UpstreamTimeout, UpstreamUnavailable,
    UserCancelled,
};

/// A user's own classes, from `knockon.toml`: a code, or a part of a text, and the class it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassRules {
    rules: Vec<(String, ErrorClass)>,
}

impl ClassRules {
    /// Rules in order of precedence. A pattern matches when it equals the error's code, or when it occurs in the
    /// error's code, type or message; upper and lower case are the same. Blank patterns are ignored.
    pub fn new(rules: impl IntoIterator<Item = (String, ErrorClass)>) -> ClassRules {
        let rules = rules
            .into_iter()
            .map(|(pattern, class)| (pattern.trim().to_lowercase(), class))
            .filter(|(pattern, _)| !pattern.is_empty())
            .collect();
        ClassRules { rules }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The class of the first rule that matches.
    pub fn class_of(&self, texts: [Option<&str>; 3]) -> Option<ErrorClass> {
        if self.rules.is_empty() {
            return None;
        }
        let texts = texts.map(|t| t.unwrap_or("").to_lowercase());
        self.rules
            .iter()
            .find(|(pattern, _)| texts.iter().any(|t| t.contains(pattern.as_str())))
            .map(|(_, class)| *class)
    }
}

/// A class, and whether the error leaves open if the request went through.
type Meaning = (ErrorClass, bool);

/// The class of an error, and whether it leaves open if the request went through ("execution status unknown").
///
/// `http_status` is the upstream's own status (0: it gave no answer). A payment's record carries the merchant's
/// status instead; hand that over only where it speaks of the upstream (502, 504).
pub fn classify_error(
    code: Option<&str>,
    message: Option<&str>,
    error_type: Option<&str>,
    http_status: Option<u16>,
    rules: &ClassRules,
) -> (ErrorClass, bool) {
    let text = normalise(&[code, error_type, message]);
    if let Some(class) = rules.class_of([code, error_type, message]) {
        return (class, class == UpstreamTimeout || leaves_open(&text));
    }
    if let Some(meaning) = code.and_then(decline_of_code) {
        return meaning;
    }
    let status_in_text = http_status_in(&text);
    if let Some(meaning) = by_code(code, error_type, message, status_in_text) {
        return meaning;
    }
    if let Some(meaning) = by_phrase(&text) {
        let binance_5xx = status_in_text
            .or(http_status)
            .is_some_and(documented_unknown)
            && has_phrase(&text, "binance");
        return (
            meaning.0,
            meaning.1 || (binance_5xx && meaning.0.is_upstream()),
        );
    }
    if let Some(status) = status_in_text.filter(|&s| s != 500) {
        return by_http(status);
    }
    match http_status {
        Some(status) if !(100..400).contains(&status) => by_http(status),
        _ => (Unknown, false),
    }
}

/// Server errors that Binance documents as "execution status unknown"; its 503 refuses without executing.
fn documented_unknown(status: u16) -> bool {
    matches!(status, 500 | 502 | 504)
}

/// The class of an upstream's HTTP status; 0 means that there was no answer.
pub(super) fn by_http(status: u16) -> Meaning {
    match status {
        1..=399 => (ErrorClass::None, false),
        401 | 407 | 511 => (Auth, false),
        402 => (BusinessDecline, false),
        418 | 429 | 509 => (RateLimited, false),
        408 | 504 | 524 | 598 | 599 => (UpstreamTimeout, true),
        // The caller closed the connection before the answer came: at an upstream, it had waited long enough.
        499 | 460 => (UpstreamTimeout, true),
        501 | 505 => (ClientError, false),
        529 => (Overload, false),
        400..=498 => (ClientError, false),
        0 | 500..=599 => (UpstreamUnavailable, false),
        // No HTTP status at all: some provider's own number.
        _ => (Unknown, false),
    }
}

/// Codes with one meaning, compared as a whole, upper and lower case alike.
#[rustfmt::skip] // word lists, several to a line
const CODES: &[(&[&str], Meaning)] = &[
    // Binance (negative codes); 1006 and 1007: "execution status unknown"
    (&["-1006", "-1007"], (UpstreamTimeout, true)),
    (
        &["-1000", "-1001", "-1004", "-1016", "-3000", "-3044"],
        (UpstreamUnavailable, false),
    ),
    (&["-1008"], (Overload, false)),
    (&["-1003", "-1015", "-1034"], (RateLimited, false)),
    (
        &["-1002", "-1022", "-1099", "-2008", "-2014", "-2015"],
        (Auth, false),
    ),
    (&["-1021"], (Clock, false)),
    (
        &["-1013", "-1014", "-1020", "-2011", "-2013"],
        (ClientError, false),
    ),
    (
        &["-2018", "-2019", "-3041", "-4045"],
        (BusinessDecline, false),
    ),
    // errno and its kin
    (
        &[
            "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENETDOWN", "EHOSTDOWN", "ENOTFOUND",
            "EAI_AGAIN", "EPIPE", "ECONNABORTED", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_SOCKET",
            "ERR_NAME_NOT_RESOLVED", "ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET",
        ],
        (UpstreamUnavailable, false),
    ),
    (
        &[
            "ETIMEDOUT", "ESOCKETTIMEDOUT", "ETIME", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT",
        ],
        (UpstreamTimeout, true),
    ),
    (
        &["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EADDRNOTAVAIL"],
        (ResourceExhausted, false),
    ),
    // gRPC
    (&["UNAVAILABLE"], (UpstreamUnavailable, false)),
    (&["DEADLINE_EXCEEDED"], (UpstreamTimeout, true)),
    (&["RESOURCE_EXHAUSTED"], (ResourceExhausted, false)),
    (&["UNAUTHENTICATED", "PERMISSION_DENIED"], (Auth, false)),
    (
        &[
            "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED",
        ],
        (ClientError, false),
    ),
    // Envoy response flags
    (
        &[
            "UH", "UF", "UC", "UR", "LH", "LR", "DF", "UPE", "URX",
        ],
        (UpstreamUnavailable, false),
    ),
    (&["UT", "UMSDR", "SI"], (UpstreamTimeout, true)),
    (&["UO"], (CircuitOpen, false)),
    (&["RL"], (RateLimited, false)),
    (&["UAEX"], (Auth, false)),
    (&["DPE", "IH"], (ClientError, false)),
    (&["OM"], (ResourceExhausted, false)),
    // no route, no cluster, no filter's configuration, injected faults, the rate limiter itself failed
    (&["NR", "NC", "NFCF", "FI", "DI", "RLSE"], (Internal, false)),
    (&["DC", "DR"], (UserCancelled, false)),
    // Apache's error log: no connection to the backend, whatever the errno before it says
    (&["AH00940", "AH00957", "AH00959", "AH01114"], (UpstreamUnavailable, false)),
    // Squid result codes
    (&["TCP_*ABORTED", "NONE*ABORTED", "TAG_NONE*ABORTED"], (UserCancelled, false)),
    (&["TCP_*TIMEDOUT"], (UpstreamTimeout, true)),
    (&["TCP_REFRESH_FAIL*"], (UpstreamUnavailable, false)),
    // CloudFront x-edge-detailed-result-type
    (
        &[
            "OriginConnectError", "OriginDnsError", "OriginCommError", "OriginReadError", "OriginWriteError",
            "OriginInvalidResponse", "OriginZeroSizeObjectError",
        ],
        (UpstreamUnavailable, false),
    ),
    (&["ClientCommError", "ClientHungUpRequest"], (UserCancelled, false)),
    (&["LimitExceeded"], (RateLimited, false)),
    (&["CapacityExceeded"], (Overload, false)),
    // ALB error_reason; a function's own faults and those of the firewall are ours
    (&["LambdaConnectionError", "LambdaConnectionTimeout"], (UpstreamUnavailable, false)),
    (&["LambdaThrottling"], (RateLimited, false)),
    (&["LambdaEC2ThrottledException", "LambdaENILimitReachedException"], (ResourceExhausted, false)),
    (
        &[
            "LambdaAccessDenied", "LambdaBadRequest", "LambdaInvalid*", "LambdaKMS*", "LambdaEC2*",
            "LambdaRequestTooLarge", "LambdaResponseTooLarge", "LambdaResourceNotFound", "LambdaSubnet*",
            "LambdaUnhandled", "WAFConnection*", "WAFResponseReadTimeout", "WAFServiceError",
            "WAFUnhandledException",
        ],
        (Internal, false),
    ),
    (&["AuthInvalid*", "AuthMissing*", "AuthTokenEp*", "AuthUserinfo*"], (Auth, false)),
    // FIX: 380 business reject, 103 order reject, 102 cancel reject, 373 session reject
    (&["380=4", "103=2"], (UpstreamUnavailable, false)),
    (&["380=6", "373=8", "373=9"], (Auth, false)),
    (&["373=10"], (Clock, false)),
    (&["103=3"], (BusinessDecline, false)),
    (
        &[
            "380=1", "380=2", "380=3", "380=5", "103=1", "103=4", "103=5", "103=6", "103=8", "103=11",
            "103=13", "103=15", "102=0", "102=1", "102=3", "102=6", "373=*",
        ],
        (ClientError, false),
    ),
    // ISO 8583:1987, two digits: decisions of the issuer
    (
        &[
            "01", "02", "03", "04", "05", "07", "13", "14", "36", "38", "41", "43", "51", "54",
            "55", "57", "58", "59", "61", "62", "63", "65", "75", "82", "93",
        ],
        (BusinessDecline, false),
    ),
    (
        &["06", "19", "20", "22", "90", "91", "92", "96"],
        (UpstreamUnavailable, false),
    ),
    (&["68"], (UpstreamTimeout, true)),
    // ISO 8583:1993, three digits
    (
        &["903", "907", "908", "909", "910", "912"],
        (UpstreamUnavailable, false),
    ),
    (&["911"], (UpstreamTimeout, true)),
    // decline codes that no phrase covers
    (
        &[
            "card_error", "generic_decline", "issuer_declined", "not_sent_to_network", "pickup_card",
            "lost_card", "stolen_card", "call_issuer", "no_action_taken", "revocation_of_authorization",
            "transaction_not_allowed", "security_violation", "restricted_card", "invalid_account",
            "new_account_information_available", "service_not_allowed", "stop_payment_order", "not_permitted",
            "merchant_blacklist", "highest_risk_level", "testmode_decline",
        ],
        (BusinessDecline, false),
    ),
    (
        &[
            "issuer_not_available", "processing_error", "reenter_transaction", "try_again_later",
            "approve_with_id", "api_connection_error", "downstream_technical_issue", "issuer_unavailable",
            "psp_acquirer_error", "acquirer_error",
        ],
        (UpstreamUnavailable, false),
    ),
    (&["transaction_timed_out"], (UpstreamTimeout, true)),
    (&["payment_session_timeout"], (Expired, false)),
    (&["rate_limit_error", "rate_limit"], (RateLimited, false)),
    (
        &["configuration_issue", "integration_issue"],
        (Internal, false),
    ),
    (
        &[
            "idempotency_error", "invalid_request_error", "duplicate_request",
        ],
        (ClientError, false),
    ),
];

/// HAProxy's termination states, where upper and lower case differ (`SC` refused, `sC` timed out); only the first
/// two letters count and `?` stands for any phase
/// (<https://docs.haproxy.org/3.0/configuration.html#8.5>). `L`, `K` and `U` are no failures of a request.
const HAPROXY: &[(&[&str], Meaning)] = &[
    // connecting and queueing: nothing was sent
    (&["sC", "sQ"], (UpstreamTimeout, false)),
    (&["sH", "sD", "sL"], (UpstreamTimeout, true)),
    // PH: the server's answer was not one; D: the server was found down
    (&["S?", "D?", "PH"], (UpstreamUnavailable, false)),
    (&["C?", "c?"], (UserCancelled, false)),
    (&["PR"], (ClientError, false)),
    // PC: the limit of sockets
    (&["R?", "PC"], (ResourceExhausted, false)),
    (&["I?"], (Internal, false)),
];

/// ccxt's exception classes, by exact name. `ExchangeError`, the root of its tree, says nothing.
#[rustfmt::skip] // word lists, several to a line
const CCXT: &[(&[&str], Meaning)] = &[
    (&["OnMaintenance"], (Maintenance, false)),
    (
        &["DDoSProtection", "RateLimitExceeded"],
        (RateLimited, false),
    ),
    (&["RequestTimeout"], (UpstreamTimeout, true)),
    (&["InvalidNonce"], (Clock, false)),
    (
        &[
            "ExchangeNotAvailable", "NetworkError", "OperationFailed", "BadResponse", "NullResponse",
        ],
        (UpstreamUnavailable, false),
    ),
    (
        &[
            "AuthenticationError", "PermissionDenied", "AccountNotEnabled", "AccountSuspended",
        ],
        (Auth, false),
    ),
    (&["InsufficientFunds"], (BusinessDecline, false)),
    (
        &[
            "ArgumentsRequired", "BadRequest", "BadSymbol", "OperationRejected", "NoChange",
            "MarginModeAlreadySet", "InvalidAddress", "AddressPending", "InvalidOrder", "OrderNotFound",
            "OrderNotCached", "OrderImmediatelyFillable", "OrderNotFillable", "DuplicateOrderId",
            "ContractUnavailable", "NotSupported", "RestrictedLocation", "CancelPending", "MarketClosed",
        ],
        (ClientError, false),
    ),
];

/// Phrases in order of precedence; the first that occurs decides. Texts are compared as lower-case words with
/// single spaces (`SocketTimeoutException` reads `socket timeout exception`); a phrase begins at a word and
/// may end inside one, `a & b` needs both, in any order.
#[rustfmt::skip] // word lists, several to a line
const PHRASES: &[(&[&str], Meaning)] = &[
    // what the caller had run out of
    (
        &[
            "pool & exhaust", "pool & time", "pool & full", "pool & no ", "pool & saturat", "pool limit",
            "hikari", "bulkhead", "too many open files", "out of memory", "oom ", "waiting for a free",
            "waiting for free", "waiting for a connection slot", "waiting for an available",
            "waiting for worker", "waiting for a worker", "waiting for connection slot", "no free worker",
            "no available worker", "no worker", "no idle worker", "no free connection",
            "no available connection", "no available thread", "worker & busy", "worker & exhaust",
            "workers & busy", "workers & exhaust", "thread & exhaust", "threads & exhaust",
            "rejected execution", "thread pool", "queue full", "queue is full", "queue overflow",
            "queue & capacity", "queue & exceeded", "queue timeout", "queue & timed out", "resource exhaust",
            "resources exhaust", "resource limit", "max concurren", "too many concurrent", "concurrency limit",
            "connection limit", "connections exhaust", "connection slots", "max connections", "semaphore",
            "backpressure", "back pressure", "too many connections", "capacity exhausted", "saturated",
            "load shed", "shedding",
        ],
        (ResourceExhausted, false),
    ),
    (
        &[
            "circuit break", "circuitbreak", "circuit is open", "circuit open", "breaker",
            "call not permitted", "broken circuit", "short circuit", "hystrix", "circuit state open",
            "open circuit", "fail fast", "failing fast", "failfast", "upstream reset & overflow",
        ],
        (CircuitOpen, false),
    ),
    (
        &[
            "execution status unknown", "execution status is unknown", "status unknown", "outcome unknown",
            "outcome is unknown", "may have been processed", "may have succeeded", "may have been executed",
            "unknown outcome", "response received too late",
        ],
        (UpstreamTimeout, true),
    ),
    (
        &[
            "maintenance", "maintain", "system upgrade", "cancel only", "post only mode", "limit only mode", "upgrade in progress", "being upgraded", "system is upgrading", "wartung",
            "mantenimiento", "维护",
        ],
        (Maintenance, false),
    ),
    (
        &[
            "rate limit", "ratelimit", "too many request", "access frequency", "too many cumulative", "temporary lockout", "too many attempts", "too many new orders", "throttl", "request weight",
            "ip banned", "ip ban", "banned until", "way too many", "too frequent", "frequency limit",
            "frequency exceed", "request frequency", "requests frequency", "too fast", "quota", "waf ",
            "web application firewall", "request limit", "requests limit", "limit of requests",
            "exceeded the limit of request", "api limit", "call limit", "slow down", "limit rate",
            "visit limit", "access limit", "visiting too", "ddos", "temporarily banned", "temporarily blocked",
            "requests per ", "exceeded & requests", "request too many", "requests too many", "rate exceeded",
            "incapsula", "频繁", "限流",
        ],
        (RateLimited, false),
    ),
    (
        &[
            "recv window", "recvwindow", "timestamp for this request", "nonce", "clock skew", "clock drift", "in the future", "from server time", "difference from server",
            "request timestamp", "timestamp & ahead", "timestamp & expired", "timestamp & too ",
            "timestamp & range", "timestamp & invalid", "invalid timestamp", "illegal timestamp",
            "timestamp error", "request expired", "request has expired", "timestamp & window",
            "timestamp refresh", "timestamp is not", "timestamp mismatch", "incorrect timestamp", "tonce",
        ],
        (Clock, false),
    ),
    // the customer's side
    (
        &[
            "insufficient", "not sufficient", "not enough", "insuffisant", "exceeds balance", "exceed balance",
            "exceeds available", "balance too low", "balance is low", "no balance", "lack of balance",
            "lack of fund", "margin is not", "low balance", "do not honor", "do not honour", "donothonor",
            "not honored", "stolen card", "lost card", "card lost", "card stolen", "expired card",
            "card expired", "card has expired", "incorrect cvc", "incorrect cvv", "invalid cvc", "invalid cvv",
            "cvv", "cvc", "incorrect number", "incorrect pin", "incorrect zip", "invalid card",
            "card not supported", "card velocity", "withdrawal count", "3 d secure", "3d secure", "3ds",
            "authentication required", "fraud", "suspected", "high risk", "risk control", "risk rule",
            "risk check", "risk engine", "risk reject", "blocked by issuer", "blocked by risk", "blacklist",
            "aml ", "kyc", "sanction", "spending limit", "credit limit", "daily limit", "amount limit",
            "card limit", "limit exceeded", "exceeds limit", "exceeds the limit", "exceeds your limit",
            "velocity", "restricted card", "issuer declin", "declined by issuer", "card was declined",
            "card declin", "your card", "issuer refused", "bank declined", "declined by bank", "pick up card",
            "余额不足", "saldo insuficiente", "solde insuffisant", "fondos insuficientes",
        ],
        (BusinessDecline, false),
    ),
    (
        &[
            "session timed out", "session timeout", "session expired", "payment window", "otp ",
            "challenge timeout", "challenge timed out", "quote expired", "quote has expired", "price expired",
            "rate expired", "payment expired", "payment has expired", "invoice expired", "order expired",
            "pending too long", "checkout expired", "expired before", "expired waiting",
            "payment intent expired", "confirmation & expired", "expired without", "ttl exceeded", "ttl_exceeded", "ttl expired",
            "awaiting confirmation", "awaiting payment", "waiting for confirmation", "not confirmed in time", "not confirmed within",
            "no confirmation within", "confirmation timeout", "confirmation timed out", "unconfirmed after", "not paid in time",
            "not paid within", "never confirmed", "pending timeout", "left pending", "abandoned by timeout",
        ],
        (Expired, false),
    ),
    (
        &[
            "cancelled by user", "canceled by user", "cancelled by customer", "canceled by customer",
            "cancelled by the", "canceled by the", "by shopper", "user cancel", "customer cancel",
            "shopper cancel", "payer cancel", "abandon", "client closed", "client disconnect", "customer left",
            "user left", "requested by customer", "user abort", "payment cancelled", "payment canceled",
            "annulé par", "client prematurely closed", "downstream remote disconnect",
        ],
        (UserCancelled, false),
    ),
    // our own parts
    (
        &[
            "deadlock", "sql", "database", "postgres", "mysql", "mongo", "oracle", "redis", "kafka",
            "rabbitmq", "elasticsearch", "jdbc", "orm ", "null pointer", "nullpointer", "nil pointer",
            "none type", "undefined is not", "of undefined", "of null", "type error", "key error",
            "attribute error", "index error", "value error", "panic", "assertion", "stack overflow",
            "segfault", "segmentation fault", "class cast", "index out of", "out of bounds",
            "illegal argument", "unhandled", "uncaught", "misconfig", "configuration", "config error",
            "config missing", "config not", "missing config", "migration", "constraint violation",
            "unique constraint", "duplicate key", "foreign key", "serialization failure", "lock wait",
            "lock timeout", "optimistic lock", "disk full", "no space left", "division by zero",
            "divide by zero", "feature flag", "bug", "route not found", "cluster not found",
        ],
        (Internal, false),
    ),
    // no connection: nothing was sent
    (
        &[
            "connect timed out", "connect timeout", "connection refused", "connection rejected",
            "connect & refused", "while connecting", "failed to connect", "could not connect",
            "unable to connect", "cannot connect", "cant connect", "connect failed", "connect error",
            "connection error", "connection fail", "connection reset", "connection aborted",
            "connection closed", "connection lost", "connection broken", "connection was closed",
            "connection terminated", "reset by peer", "broken pipe", "socket hang up", "socket closed",
            "econnrefused", "econnreset", "enotfound", "eai again", "ehostunreach", "enetunreach",
            "no such host", "name or service not known", "name resolution", "dns", "getaddrinfo",
            "no route to host", "unreachable", "not reachable", "prematurely closed", "remote end closed",
            "server closed", "tls handshake", "ssl handshake", "handshake fail", "unexpected eof", "ssleof",
            "no instances available", "no instance available", "no healthy", "no live upstream",
            "no available server", "no endpoints available", "no servers available", "upstream connect",
            "max retries exceeded", "connection timeout while connecting", "web socket closed",
            "websocket closed", "going away", "error sending request",
            // Envoy's response details
            "upstream reset",
        ],
        (UpstreamUnavailable, false),
    ),
    (
        &[
            "timed out", "timeout", "time out", "timedout", "etimedout", "esockettimedout",
            "deadline exceeded", "deadline has elapsed", "no response", "did not respond", "not responding",
            "took too long", "waited too long", "no answer", "did not answer", "gateway time", "超时",
            "zeitüberschreitung", "tiempo de espera", "délai d", "max stream duration",
        ],
        (UpstreamTimeout, true),
    ),
    (
        &[
            "overload", "too busy", "server busy", "server is busy", "system busy", "system is busy",
            "service busy", "service is busy", "is busy", "busy", "high load", "heavy load", "at capacity",
            "over capacity", "high traffic", "congest", "system load", "繁忙", "überlastet", "sobrecarg",
        ],
        (Overload, false),
    ),
    (
        &[
            "account & suspend", "account & disabled", "account & frozen", "account & locked", "user & frozen",
            "api key", "apikey", "access key", "secret key", "api secret", "signature", "sign ", "signing",
            "unauthori", "not authori", "authentication", "authenticate", "unauthenticated", "permission",
            "no access", "access denied", "access is denied", "credential", "token expired", "expired token", "key has expired", "account expired",
            "token has expired", "token invalid", "invalid token", "invalid key", "key expired", "certificate",
            "forbidden", "passphrase", "whitelist", "not whitelisted", "ip not allowed", "invalid ip", "login",
            "logged in", "not logged", "password", "invalid api", "jwt", "key not", "auth error", "auth fail",
            "not login", "ext authz",
        ],
        (Auth, false),
    ),
    (
        &[
            // Apache, once the connection was made; a timeout that the text names goes before
            "ah00898", "ah01075", "ah01097", "ah01102", "error reading from remote server",
            "error reading status line", "error dispatching request",
            "service unavailable", "temporarily unavailable", "currently unavailable", "temporary unavailable",
            "server unavailable", "system unavailable", "exchange unavailable", "upstream unavailable",
            "provider unavailable", "gateway unavailable", "processor unavailable", "wallet unavailable",
            "issuer unavailable", "issuer not available", "acquirer error", "acquirer unavailable",
            "service not available", "not available at the moment", "temporarily not available", "unavailable",
            "bad gateway", "upstream error", "upstream fail", "provider error", "gateway error",
            "exchange error upstream", "temporarily disabled", "temporarily suspended", "trading paused", "trading is paused", "technical issue", "technical difficult", "technical problem", "technical error", "market is closed", "trading is not enabled", "withdraw disabled", "withdrawal disabled", "withdrawals disabled", "deposit disabled", "deposits disabled", "withdrawals are disabled", "ring balancer", "withdrawal suspended",
            "withdrawals suspended", "withdrawals are suspended", "withdraw suspended", "deposit suspended",
            "wallet suspended", "trading suspended", "trading is suspended", "trading halt", "system halted",
            "offline", "is down", "shutting down", "disconnected", "inoperative", "system malfunction",
            "out of service", "5xx", "please try again later", "try again later", "retry later", "please retry",
            "please try again", "system error", "system abnormal", "system is abnormal", "internal system",
            "server error please", "backend error", "no disponible", "nicht verfügbar", "indisponible", "不可用",
        ],
        (UpstreamUnavailable, false),
    ),
    // weaker words
    (
        &["expired", "expire", "过期", "abgelaufen"],
        (Expired, false),
    ),
    (
        &[
            "declin", "refused by", "payment refused", "refused", "transaction refused", "not permitted",
            "transaction not allowed", "not honoured", "rejected by issuer", "rejected by bank",
        ],
        (BusinessDecline, false),
    ),
    (
        &["already cancel", "not & cancel", "order cancel", "errordercancel"],
        (ClientError, false),
    ),
    (
        &["user cancelled", "cancelled", "canceled"],
        (UserCancelled, false),
    ),
    (
        &[
            "invalid", "not found", "bad request", "malformed", "missing", "required", "unsupported",
            "not supported", "illegal", "unknown symbol", "unknown order", "notional", "precision", "lot size",
            "duplicate", "already", "not allowed", "validation", "must be", "must not", "does not exist",
            "doesnt exist", "not exist", "no such", "too small", "too large", "too low", "too high",
            "too long", "too short", "too big", "less than", "greater than", "more than", "minimum", "maximum",
            "min amount", "max amount", "exceed", "not match", "incorrect", "wrong", "not valid", "cannot be",
            "can not be", "should be", "cant be", "not active", "not open", "is closed", "out of range",
            "parameter", "not set", "bad symbol", "is empty", "cannot ", "can not ", "could not find",
            "unable to find", "unrecognized", "unknown ", "parse error", "not in ", "is not ", "not enabled",
            "disabled", "limited to", "restricted", "does not", "do not ", "error param",
        ],
        (ClientError, false),
    ),
];

fn by_code(
    code: Option<&str>,
    error_type: Option<&str>,
    message: Option<&str>,
    status: Option<u16>,
) -> Option<Meaning> {
    let embedded = message.and_then(embedded_code);
    for text in [code, embedded].into_iter().flatten() {
        let meaning = haproxy_state(text)
            .or_else(|| exact(CODES, text))
            .or_else(|| envoy_flags(text));
        if meaning.is_some() {
            return meaning;
        }
        if let Some(status) = as_http_status(text) {
            return (status != 500).then(|| by_http(status));
        }
        if is_binance_request_error(text) {
            return Some((ClientError, false));
        }
    }
    let named = [error_type, code, message]
        .into_iter()
        .flatten()
        .find_map(ccxt_name)?;
    match (named, status) {
        ((UpstreamUnavailable, _), Some(status @ 400..=499)) => Some(by_http(status)),
        _ => Some(named),
    }
}

/// A code that gives the reason of a decline (`insufficient_funds`) holds whatever the message says: messages quote what
/// customers wrote. A code that says only that there was a decline leaves the reason to the message.
fn decline_of_code(code: &str) -> Option<Meaning> {
    let code = normalise(&[Some(code)]);
    let meaning = by_phrase(&code).filter(|(class, _)| *class == BusinessDecline)?;
    let open = ["declin", "refused", "limit exceed", "exceeds limit"];
    (!open.iter().any(|word| has_phrase(&code, word))).then_some(meaning)
}

fn exact(table: &[(&[&str], Meaning)], text: &str) -> Option<Meaning> {
    let text = text.trim();
    table
        .iter()
        .find(|(codes, _)| codes.iter().any(|c| code_matches(c, text)))
        .map(|(_, meaning)| *meaning)
}

/// Whether a code equals a pattern, upper and lower case alike; one `*` stands for anything.
fn code_matches(pattern: &str, code: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern.eq_ignore_ascii_case(code);
    };
    let (code, head, tail) = (code.as_bytes(), head.as_bytes(), tail.as_bytes());
    code.len() >= head.len() + tail.len()
        && code[..head.len()].eq_ignore_ascii_case(head)
        && code[code.len() - tail.len()..].eq_ignore_ascii_case(tail)
}

/// HAProxy's termination state as its parser writes it: two letters and `--`.
fn haproxy_state(code: &str) -> Option<Meaning> {
    let state = code.trim().strip_suffix("--")?.as_bytes();
    let &[who, phase] = state else { return None };
    let fits = |pattern: &str| match *pattern.as_bytes() {
        [w, p] => w == who && (p == b'?' || p == phase),
        _ => false,
    };
    HAPROXY
        .iter()
        .find(|(states, _)| states.iter().any(|s| fits(s)))
        .map(|(_, meaning)| *meaning)
}

/// The meaning of a list of Envoy's response flags. `URX` (no more retries) tells only that it failed again, so any
/// other flag goes before it.
fn envoy_flags(code: &str) -> Option<Meaning> {
    let is_flag = |f: &str| (2..=5).contains(&f.len()) && f.bytes().all(|b| b.is_ascii_uppercase());
    let flags = || code.split(',').map(str::trim);
    if !code.contains(',') || !flags().all(is_flag) {
        return None;
    }
    let reason = flags()
        .filter(|f| *f != "URX")
        .find_map(|f| exact(CODES, f));
    reason.or_else(|| exact(CODES, "URX"))
}

/// `503`, `HTTP_503`, `http503`: an error's code that is an HTTP status.
fn as_http_status(code: &str) -> Option<u16> {
    let digits = code
        .trim()
        .trim_start_matches(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | ' '));
    let prefix = code.trim().strip_suffix(digits)?.to_ascii_lowercase();
    let known = matches!(
        prefix.trim_end_matches(['_', '-', ' ']),
        "" | "http"
            | "status"
            | "http_status"
            | "upstream"
            | "exchange"
            | "gateway"
            | "provider"
            | "psp"
    );
    let status: u16 = digits.parse().ok()?;
    (known && digits.len() == 3 && (400..600).contains(&status)).then_some(status)
}

/// Binance's -1100 to -1199: "issues with the request".
fn is_binance_request_error(code: &str) -> bool {
    code.len() == 5 && code.starts_with("-11") && code[3..].bytes().all(|b| b.is_ascii_digit())
}

/// The number behind `"code":` in a message that quotes an exchange's answer.
fn embedded_code(message: &str) -> Option<&str> {
    let at = message.find("code")?;
    let rest = message[at + 4..].trim_start_matches(['"', '\'', ':', '=', ' ', '\\']);
    let end = rest
        .char_indices()
        .find(|(i, c)| !(c.is_ascii_digit() || (*i == 0 && *c == '-')))
        .map_or(rest.len(), |(i, _)| i);
    (end > 1).then(|| &rest[..end])
}

/// The class of the first of ccxt's exception names in a text (written exactly so, as a whole word).
fn ccxt_name(text: &str) -> Option<Meaning> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 5 && word.bytes().any(|b| b.is_ascii_lowercase()))
        .find_map(|word| {
            CCXT.iter()
                .find(|(names, _)| names.contains(&word))
                .map(|(_, meaning)| *meaning)
        })
}

fn by_phrase(text: &str) -> Option<Meaning> {
    let found = PARTS.found_in(text);
    let occurs = |parts: &Vec<usize>| parts.iter().all(|&part| found[part]);
    PARTS
        .rows
        .iter()
        .find(|(phrases, _)| phrases.iter().any(occurs))
        .map(|(_, (class, open))| (*class, *open || leaves_open(text)))
}

/// [`PHRASES`], with all that they look for found in one pass over a text.
struct Parts {
    automaton: AhoCorasick,
    is_ascii: Vec<bool>,
    /// For each row the parts of its phrases, by their numbers.
    rows: Vec<(Vec<Vec<usize>>, Meaning)>,
}

static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut number = |part: &'static str| {
        let next = numbers.len();
        *numbers.entry(part).or_insert(next)
    };
    let mut parts_of = |phrase: &&'static str| phrase.split(" & ").map(&mut number).collect();
    let rows = PHRASES
        .iter()
        .map(|(phrases, meaning)| (phrases.iter().map(&mut parts_of).collect(), *meaning))
        .collect();
    let mut texts = vec![""; numbers.len()];
    numbers
        .iter()
        .for_each(|(text, number)| texts[*number] = text);
    match AhoCorasick::new(&texts) {
        Ok(automaton) => Parts {
            automaton,
            is_ascii: texts.iter().map(|t| t.is_ascii()).collect(),
            rows,
        },
        Err(e) => unreachable!("a constant list, compiled by every test: {e}"),
    }
});

impl Parts {
    /// Which parts occur: from the beginning of a word on, or anywhere for scripts without spaces.
    fn found_in(&self, text: &str) -> Vec<bool> {
        let mut found = vec![false; self.is_ascii.len()];
        for part in self.automaton.find_overlapping_iter(text) {
            let number = part.pattern().as_usize();
            let begins = part.start().checked_sub(1).map(|at| text.as_bytes()[at]);
            found[number] |= begins == Some(b' ') || !self.is_ascii[number];
        }
        found
    }
}

fn leaves_open(text: &str) -> bool {
    has_phrase(text, "execution status unknown") || has_phrase(text, "status unknown")
}

/// Whether the phrase occurs from the beginning of a word on (anywhere, for scripts without spaces).
fn has_phrase(text: &str, phrase: &str) -> bool {
    if !phrase.is_ascii() {
        return text.contains(phrase);
    }
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(phrase)) {
        let at = from + at;
        if text.as_bytes()[..at].last() == Some(&b' ') {
            return true;
        }
        from = at + phrase.len();
    }
    false
}

/// The texts as lower-case words between single spaces, with a space at both ends; camel case is cut apart and
/// apostrophes are dropped (`can't` reads `cant`).
fn normalise(texts: &[Option<&str>]) -> String {
    let mut out = String::from(" ");
    for text in texts.iter().flatten() {
        let mut previous = ' ';
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next_small = chars.peek().is_some_and(|n| n.is_lowercase());
            let hump = c.is_uppercase()
                && (previous.is_lowercase() || (previous.is_uppercase() && next_small));
            if hump && !out.ends_with(' ') {
                out.push(' ');
            }
            if c.is_alphanumeric() {
                out.extend(c.to_lowercase());
            } else if !matches!(c, '\'' | '’') && !out.ends_with(' ') {
                out.push(' ');
            }
            previous = c;
        }
        if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out
}

/// An HTTP error status that a (normalised) text states as such: `http 503`, `status code 502`, `504 gateway …`.
fn http_status_in(text: &str) -> Option<u16> {
    const BEFORE: [&str; 19] = [
        "http",
        "status",
        "code",
        "error",
        "returned",
        "responded",
        "response",
        "got",
        "fehler",
        "erro",
        "erreur",
        "errore",
        "código",
        "answered",
        "answers",
        "replied",
        "replies",
        "returns",
        "responds",
    ];
    const AFTER: [&str; 9] = [
        "bad",
        "service",
        "gateway",
        "too",
        "forbidden",
        "unauthorized",
        "not",
        "internal",
        "client",
    ];
    // "answered with 504", but not "paid with 504"
    const ANSWERS: [&str; 6] = [
        "answered",
        "responded",
        "replied",
        "failed",
        "returned",
        "rejected",
    ];
    // currencies and units: the number before one is an amount
    const UNITS: [&str; 44] = [
        "usd",
        "usdt",
        "usdc",
        "eur",
        "gbp",
        "jpy",
        "cny",
        "chf",
        "aud",
        "cad",
        "krw",
        "inr",
        "brl",
        "try",
        "rub",
        "sgd",
        "hkd",
        "dai",
        "busd",
        "fdusd",
        "btc",
        "eth",
        "bnb",
        "sol",
        "xrp",
        "trx",
        "ltc",
        "doge",
        "dollars",
        "euros",
        "cents",
        "satoshi",
        "sats",
        "ms",
        "s",
        "sec",
        "seconds",
        "milliseconds",
        "minutes",
        "bytes",
        "kb",
        "mb",
        "times",
        "of",
    ];
    let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
    words.iter().enumerate().find_map(|(i, word)| {
        let status: u16 = word.parse().ok().filter(|_| word.len() == 3)?;
        let before = i.checked_sub(1).and_then(|p| words.get(p));
        let after = words.get(i + 1);
        let stated = before.is_some_and(|w| BEFORE.contains(w))
            || after.is_some_and(|w| AFTER.contains(w))
            || (before == Some(&"with") && i >= 2 && ANSWERS.contains(&words[i - 2]));
        let stated = stated && !after.is_some_and(|w| UNITS.contains(w));
        (stated && (400..600).contains(&status)).then_some(status)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(code: &str, message: &str, error_type: &str, http: Option<u16>) -> (ErrorClass, bool) {
        let opt = |t: &str| (!t.is_empty()).then(|| t.to_owned());
        let (c, m, t) = (opt(code), opt(message), opt(error_type));
        classify_error(
            c.as_deref(),
            m.as_deref(),
            t.as_deref(),
            http,
            &ClassRules::default(),
        )
    }

    #[test]
    fn codes_and_texts_mean_their_class() {
        for (code, message, class, open) in [
            (
                "-1007",
                "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
                UpstreamTimeout,
                true,
            ),
            ("-1006", "", UpstreamTimeout, true),
            (
                "-1008",
                "Server is currently overloaded with other requests.",
                Overload,
                false,
            ),
            ("-1003", "", RateLimited, false),
            (
                "-1021",
                "Timestamp for this request is outside of the recvWindow.",
                Clock,
                false,
            ),
            (
                "-2010",
                "Account has insufficient balance for requested action.",
                BusinessDecline,
                false,
            ),
            ("-1121", "Invalid symbol.", ClientError, false),
            (
                "",
                "binance {\"code\":-1007,\"msg\":\"x\"}",
                UpstreamTimeout,
                true,
            ),
            (
                "ECONNREFUSED",
                "connect ECONNREFUSED 10.0.0.1:443",
                UpstreamUnavailable,
                false,
            ),
            (
                "",
                "Request processing failed; nested exception is java.lang.IllegalStateException: No instances available for ts-basic-service",
                UpstreamUnavailable,
                false,
            ),
            (
                "",
                "connection refused to binance",
                UpstreamUnavailable,
                false,
            ),
            (
                "",
                "upstream timed out (110: Connection timed out) while reading response header from upstream",
                UpstreamTimeout,
                true,
            ),
            (
                "",
                "upstream timed out (110: Connection timed out) while connecting to upstream",
                UpstreamUnavailable,
                false,
            ),
            (
                "PROVIDER_TIMEOUT",
                "no answer in 10000 ms",
                UpstreamTimeout,
                true,
            ),
            (
                "",
                "timed out waiting for a free connection from pool",
                ResourceExhausted,
                false,
            ),
            (
                "",
                "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
                ResourceExhausted,
                false,
            ),
            (
                "",
                "CircuitBreaker 'binance' is OPEN and does not permit further calls",
                CircuitOpen,
                false,
            ),
            ("", "CallNotPermittedException", CircuitOpen, false),
            ("insufficient_funds", "", BusinessDecline, false),
            ("do_not_honor", "", BusinessDecline, false),
            (
                "card_declined",
                "Your card was declined.",
                BusinessDecline,
                false,
            ),
            ("51", "", BusinessDecline, false),
            ("91", "", UpstreamUnavailable, false),
            ("68", "", UpstreamTimeout, true),
            ("", "Payment cancelled by user", UserCancelled, false),
            ("", "quote expired", Expired, false),
            (
                "",
                "could not serialize access due to deadlock",
                Internal,
                false,
            ),
            ("", "java.lang.NullPointerException", Internal, false),
            ("", "System under maintenance", Maintenance, false),
            (
                "",
                "Too many requests, please slow down",
                RateLimited,
                false,
            ),
            (
                "",
                "Invalid API-key, IP, or permissions for action.",
                Auth,
                false,
            ),
            (
                "",
                "HTTP 503 Service Unavailable",
                UpstreamUnavailable,
                false,
            ),
            ("", "upstream answered with 504", UpstreamTimeout, true),
            ("HTTP_502", "", UpstreamUnavailable, false),
            ("429", "", RateLimited, false),
            ("SC--", "", UpstreamUnavailable, false),
            ("sC--", "", UpstreamTimeout, false),
            ("sH--", "", UpstreamTimeout, true),
            ("DC--", "", UpstreamUnavailable, false),
            ("DC", "", UserCancelled, false),
            ("cD--", "", UserCancelled, false),
            ("PH--", "", UpstreamUnavailable, false),
            ("RC--", "", ResourceExhausted, false),
            ("LR--", "", Unknown, false),
            ("URX,UF", "", UpstreamUnavailable, false),
            ("URX,UT", "", UpstreamTimeout, true),
            ("UO,URX", "", CircuitOpen, false),
            ("UAEX", "", Auth, false),
            (
                "",
                "upstream_reset_before_response_started{connection_timeout}",
                UpstreamUnavailable,
                false,
            ),
            (
                "",
                "upstream_reset_before_response_started{overflow}",
                CircuitOpen,
                false,
            ),
            ("", "no_healthy_upstream", UpstreamUnavailable, false),
            (
                "",
                "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too",
                UserCancelled,
                false,
            ),
            (
                "AH00957",
                "(110)Connection timed out: AH00957: HTTPS: attempt to connect to 192.0.2.9:443 failed",
                UpstreamUnavailable,
                false,
            ),
            (
                "AH01102",
                "(70007)The timeout specified has expired: AH01102: error reading status line from remote server",
                UpstreamTimeout,
                true,
            ),
            (
                "AH01102",
                "AH01102: error reading status line from remote server 192.0.2.9:443",
                UpstreamUnavailable,
                false,
            ),
            ("TCP_MISS_ABORTED", "", UserCancelled, false),
            ("TCP_MISS_TIMEDOUT", "", UpstreamTimeout, true),
            ("TCP_REFRESH_FAIL_ERR", "", UpstreamUnavailable, false),
            ("OriginDnsError", "", UpstreamUnavailable, false),
            ("ClientCommError", "", UserCancelled, false),
            ("AuthMissingStateParam", "", Auth, false),
            ("LambdaUnhandled", "", Internal, false),
            ("380=4", "", UpstreamUnavailable, false),
            ("103=2", "", UpstreamUnavailable, false),
            ("103=3", "", BusinessDecline, false),
            // amounts are no statuses
            ("", "customer sent 503 USDT of 510", Unknown, false),
            ("", "paid with 504 from wallet", Unknown, false),
            ("", "exchange answered with 504", UpstreamTimeout, true),
            ("", "returned 502 EUR to the payer", Unknown, false),
            // unspecific texts stay unknown
            ("", "HTTP 500 Internal Server Error", Unknown, false),
            ("500", "", Unknown, false),
            ("payment_failed", "", Unknown, false),
            ("ERR_17", "", Unknown, false),
            ("", "操作失敗", Unknown, false),
            ("", "Payment could not be completed", Unknown, false),
        ] {
            assert_eq!(
                of(code, message, "", None),
                (class, open),
                "{code} / {message}"
            );
        }
    }

    #[test]
    fn http_statuses_of_an_upstream() {
        for (status, class) in [
            (0, UpstreamUnavailable),
            (200, Unknown),
            (400, ClientError),
            (401, Auth),
            (403, ClientError),
            (404, ClientError),
            (408, UpstreamTimeout),
            (409, ClientError),
            (418, RateLimited),
            (429, RateLimited),
            (500, UpstreamUnavailable),
            (502, UpstreamUnavailable),
            (503, UpstreamUnavailable),
            (504, UpstreamTimeout),
            (522, UpstreamUnavailable),
            (524, UpstreamTimeout),
        ] {
            assert_eq!(of("", "", "", Some(status)).0, class, "{status}");
        }
        assert_eq!(of("", "blocked by WAF", "", Some(403)).0, RateLimited);
        assert_eq!(of("", "maintenance", "", Some(503)).0, Maintenance);
    }

    #[test]
    fn ccxts_known_faults_are_corrected() {
        assert_eq!(
            of("", "binance", "ccxt.base.errors.ExchangeNotAvailable", None).0,
            UpstreamUnavailable
        );
        assert_eq!(
            of("", "RequestTimeout binance POST", "", None),
            (UpstreamTimeout, true)
        );
        let not_down = "ExchangeNotAvailable: gdax POST https://api.gdax.com/orders status 400 price too small";
        assert_eq!(of("", not_down, "", None).0, ClientError);
    }

    #[test]
    fn binance_documents_its_server_errors_as_unknown() {
        assert_eq!(
            of("", "binance 502 Bad Gateway", "", None),
            (UpstreamUnavailable, true)
        );
        assert_eq!(
            of("", "kraken 502 Bad Gateway", "", None),
            (UpstreamUnavailable, false)
        );
        assert_eq!(
            of("", "binance 503 Service Unavailable", "", None),
            (UpstreamUnavailable, false)
        );
    }

    #[test]
    fn a_users_rule_comes_first() {
        let rules = ClassRules::new([
            ("ERR_17".to_owned(), Overload),
            ("lagerfehler".to_owned(), Internal),
            (" ".to_owned(), Auth),
        ]);
        let class = |code, message| classify_error(code, message, None, None, &rules).0;
        assert_eq!(class(Some("err_17"), None), Overload);
        assert_eq!(class(None, Some("Ein Lagerfehler: timeout")), Internal);
        assert_eq!(class(Some("x"), Some("timeout")), UpstreamTimeout);
    }

    /// As the phrases are described, one after the other.
    fn one_by_one(text: &str) -> Option<ErrorClass> {
        PHRASES
            .iter()
            .find(|(phrases, _)| phrases.iter().any(|p| has_all(text, p)))
            .map(|(_, (class, _))| *class)
    }

    fn has_all(text: &str, pattern: &str) -> bool {
        match pattern.split_once(" & ") {
            Some((a, b)) => has_phrase(text, a) && has_all(text, b),
            None => has_phrase(text, pattern),
        }
    }

    fn words_of_phrases() -> impl Strategy<Value = String> {
        let phrases: Vec<&str> = PHRASES
            .iter()
            .flat_map(|(p, _)| p.iter().copied())
            .collect();
        let phrase = proptest::sample::select(phrases);
        let word = prop_oneof![
            phrase.prop_map(str::to_owned),
            "[a-z]{1,4}",
            "[ -~]{0,6}",
            "\\PC{0,4}"
        ];
        let glue = prop_oneof![Just(" "), Just(""), Just("_")];
        proptest::collection::vec((word, glue), 0..5)
            .prop_map(|parts| parts.into_iter().map(|(word, glue)| word + glue).collect())
    }

    proptest! {
        #[test]
        fn phrases_found_at_once_are_those_found_one_by_one(text in words_of_phrases()) {
            let text = normalise(&[Some(&text)]);
            prop_assert_eq!(by_phrase(&text).map(|m| m.0), one_by_one(&text), "{}", text);
        }

        #[test]
        fn no_text_panics(code in "\\PC*", message in "\\PC*", error_type in "\\PC*", http: Option<u16>) {
            let _ = of(&code, &message, &error_type, http);
        }
    }
}
