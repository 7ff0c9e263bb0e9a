//! The names of exchanges and of their components, so that `Binance`, `api.binance.com` and `BINANCE` join.

/// The name for calls of an input in which nothing names the exchange.
pub(super) const UNNAMED: &str = "exchange";

/// Words of a log's file name that tell what it is, not whose.
const FILE_WORDS: &[&str] = &[
    "access",
    "api",
    "call",
    "calls",
    "client",
    "current",
    "dev",
    "egress",
    "error",
    "errors",
    "exchange",
    "export",
    "external",
    "gateway",
    "gw",
    "http",
    "https",
    "integration",
    "json",
    "log",
    "logs",
    "nginx",
    "apache",
    "envoy",
    "outbound",
    "output",
    "prod",
    "production",
    "proxy",
    "ref",
    "request",
    "requests",
    "response",
    "responses",
    "sample",
    "server",
    "service",
    "staging",
    "stdout",
    "test",
    "trace",
    "traces",
    "upstream",
    "upstreams",
    "data",
    "probe",
    "probes",
    "events",
    "part",
    "all",
    "merged",
    "payment",
    "payments",
];

/// Words that stand in examples and defaults, and name no exchange.
const PLACEHOLDERS: &[&str] = &[
    "app", "default", "example", "examples", "local", "log", "logfile", "logs", "main", "sample",
    "samples", "test", "tests",
];

/// Words of a log's file name that tell that it holds requests that were made, not served.
const OUTBOUND: &[&str] = &[
    "call",
    "calls",
    "egress",
    "exchange",
    "external",
    "gateway",
    "gw",
    "integration",
    "outbound",
    "upstream",
    "upstreams",
];

/// Endings of a file name that tell how it is written.
const FILE_ENDINGS: &[&str] = &[
    "gz", "zst", "bz2", "xz", "log", "json", "jsonl", "ndjson", "csv", "tsv", "txt", "logfmt",
    "out",
];

/// Second-level labels under which a country's registry registers names (`example.co.jp`).
const SECOND_LEVEL: &[&str] = &["co", "com", "org", "net", "gov", "ac", "or", "ne", "edu"];

/// The name of an exchange as a record, flag or host states it: lower case, of a host the registrable label
/// (`api-pub.bitfinex.com` gives `bitfinex`). `None` when the text names nothing (`-`, `localhost`).
pub(super) fn exchange_name(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.rsplit("||").next().unwrap_or(text);
    let host = host_of(text).to_lowercase();
    let name = match host.contains('.') && !host.contains(char::is_whitespace) {
        true => registrable_label(&host).to_owned(),
        false => host,
    };
    let name: String = name
        .split(|c: char| c.is_whitespace() || c == '_')
        .filter(|w| !w.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let blank = matches!(
        name.as_str(),
        "" | "-" | "null" | "none" | "n/a" | "nil" | "undefined" | "localhost"
    );
    (!blank).then_some(name)
}

/// Host of a URL or of `host:port`; the text itself when it is neither.
fn host_of(text: &str) -> &str {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let rest = rest.rsplit('@').next().unwrap_or(rest);
    match rest.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => rest,
    }
}

fn registrable_label(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    if host.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return host;
    }
    if let Some(service) = host.strip_suffix(".svc.cluster.local") {
        return service.split('.').next().unwrap_or(service);
    }
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        [.., name, second, top] if top.len() == 2 && SECOND_LEVEL.contains(second) => name,
        [.., name, _] => name,
        _ => host,
    }
}

/// Whether a host or service of this name tells nothing about who was called: `www.example.com`, `local`.
pub(super) fn tells_nothing(text: &str) -> bool {
    exchange_name(text).is_some_and(|name| PLACEHOLDERS.contains(&name.as_str()))
}

/// Whether the file's name says that it holds requests to others.
pub(super) fn is_outbound_file(shown: &str) -> bool {
    stem_of_file(shown)
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| OUTBOUND.contains(&word))
}

/// The exchange that a file's name tells: `logs/binance-gateway.access.log.gz` gives `binance`.
pub(super) fn exchange_of_file(shown: &str) -> Option<String> {
    let stem = stem_of_file(shown);
    let words: Vec<&str> = stem
        .split(['-', '_', '.', ' '])
        .filter(|w| !w.is_empty() && !FILE_WORDS.contains(w) && !PLACEHOLDERS.contains(w))
        .filter(|w| {
            !w.bytes().any(|b| b.is_ascii_digit())
                || w.len() <= 4 && w.as_bytes()[0].is_ascii_alphabetic()
        })
        .collect();
    if stem.starts_with("logfile") {
        return None;
    }
    exchange_name(&words.join("-"))
}

/// Words of a path that tell what a log of payments is, not whose.
const PAYMENT_WORDS: &[&str] = &[
    "checkout",
    "shop",
    "store",
    "merchant",
    "orders",
    "order",
    "transactions",
    "transaction",
    "txn",
    "charges",
    "charge",
    "pay",
    "billing",
    "cashier",
    "worker",
    "backend",
    "app",
    "apps",
    "var",
    "tmp",
    "home",
    "incident",
    "day",
    "report",
    "exports",
    "archive",
    "input",
    "inputs",
    "raw",
    "old",
    "new",
    "final",
    "full",
    "failed",
    "failures",
];

/// The names of shops that a path may tell, nearest first: `nordkaffe/checkout/payments.log.1` gives `nordkaffe`.
pub(super) fn merchants_of_path(shown: &str) -> Vec<String> {
    let stem = stem_of_file(shown);
    let folders = shown.rsplit(['/', '\\']).skip(1).map(str::to_lowercase);
    std::iter::once(stem)
        .chain(folders)
        .filter_map(|part| {
            let telling = |w: &&str| {
                !w.is_empty()
                    && !w.bytes().any(|b| b.is_ascii_digit())
                    && !FILE_WORDS.contains(w)
                    && !PLACEHOLDERS.contains(w)
                    && !PAYMENT_WORDS.contains(w)
            };
            let all: Vec<&str> = part.split(['-', '_', '.', ' ']).collect();
            let first = all.iter().position(telling)?;
            let last = all.iter().rposition(telling)?;
            Some(all[first..=last].join("-"))
        })
        .collect()
}

/// A file's name in lower case without folder and endings.
pub(super) fn stem_of_file(shown: &str) -> String {
    let file = shown
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(shown)
        .to_lowercase();
    let mut stem = file.as_str();
    while let Some((rest, ending)) = stem.rsplit_once('.') {
        let rolled = ending.bytes().all(|b| b.is_ascii_digit());
        if rest.is_empty() || !(rolled || FILE_ENDINGS.contains(&ending)) {
            break;
        }
        stem = rest;
    }
    stem.to_owned()
}

/// Segments of a path that every API of its kind begins with.
const PREFIXES: &[&str] = &[
    "api", "sapi", "wapi", "rest", "public", "private", "spot", "open", "openapi", "exchange",
];

/// Endpoint words and the component that they belong to. Sources: the REST references of Binance, Kraken, OKX,
/// Bitfinex and Coinbase Exchange.
const COMPONENTS: &[(&str, &[&str])] = &[
    (
        "wallet",
        &[
            "capital",
            "wallet",
            "withdraw",
            "withdrawal",
            "withdrawals",
            "deposit",
            "deposits",
            "deposit-addresses",
            "depositaddress",
            "withdrawstatus",
            "depositstatus",
            "withdrawhistory",
            "deposithistory",
            "address",
            "addresses",
            "funding",
            "asset",
            "assets",
            "transfer",
            "transfers",
            "wallets",
        ],
    ),
    (
        "trading",
        &[
            "order",
            "orders",
            "trade",
            "trading",
            "addorder",
            "cancelorder",
            "openorders",
            "allorders",
            "oco",
            "fills",
        ],
    ),
    (
        "market-data",
        &[
            "ticker",
            "tickers",
            "depth",
            "klines",
            "candles",
            "exchangeinfo",
            "trades",
            "aggtrades",
            "avgprice",
            "market",
            "markets",
            "book",
            "products",
            "ohlc",
            "price",
            "prices",
            "quote",
            "quotes",
            "rates",
            "rate",
        ],
    ),
    (
        "account",
        &["account", "accounts", "mytrades", "balance", "balances"],
    ),
    ("pay", &["pay", "payments", "binancepay"]),
    (
        "api",
        &["ping", "time", "system", "status", "health", "serverstatus"],
    ),
];

/// The component that a path or URL leads to: by [`COMPONENTS`], else its first segment that means something.
pub(super) fn component_of_path(path: &str) -> Option<String> {
    let path = path.split_once("://").map_or(path, |(_, rest)| {
        rest.find('/').map_or("", |at| &rest[at..])
    });
    let path = path.split(['?', '#', ' ']).next().unwrap_or(path);
    let mut meaning = path.split('/').filter(|s| {
        let segment = s.to_ascii_lowercase();
        !segment.is_empty() && !is_version(&segment) && !PREFIXES.contains(&segment.as_str())
    });
    let first = meaning.next()?;
    table_component(first)
        .or_else(|| meaning.take(2).find_map(table_component))
        .map(str::to_owned)
        .or_else(|| component_name(first))
}

/// The component that an operation's name speaks of (`create_withdrawal`, `getOrder`), by [`COMPONENTS`] alone.
pub(super) fn component_of_operation(operation: &str) -> Option<String> {
    if operation.contains('/') {
        return component_of_path(operation);
    }
    let mut spaced = String::with_capacity(operation.len() + 4);
    for c in operation.chars() {
        if c.is_uppercase() {
            spaced.push('_');
        }
        spaced.extend(c.to_lowercase());
    }
    spaced
        .split(|c: char| !c.is_alphanumeric())
        .find_map(table_component)
        .map(str::to_owned)
}

/// Whether a word names a part of an exchange (`wallet`, `trading`).
pub(super) fn is_component_word(word: &str) -> bool {
    table_component(word).is_some()
}

fn table_component(segment: &str) -> Option<&'static str> {
    let segment = segment.to_ascii_lowercase();
    COMPONENTS
        .iter()
        .find(|(_, words)| words.contains(&segment.as_str()))
        .map(|(component, _)| *component)
}

fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix('v').unwrap_or(segment);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// A component's name: lower case, words joined by `-`; `None` for an id, a number, a placeholder or a file.
pub(super) fn component_name(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '));
    let is_name = plain && text.len() <= 40 && digits <= 2 && text.chars().any(char::is_alphabetic);
    is_name.then(|| {
        text.to_lowercase()
            .split(['-', '_', ' '])
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    })
}

/// The component without what the exchange's name says already: `huobi-c2c` of `huobi` is `c2c`; `basicservice`
/// of `ts-basic-service` says nothing new.
pub(super) fn beside_exchange(component: &str, exchange: &str) -> Option<String> {
    let bare = |t: &str| -> String { t.chars().filter(|c| c.is_alphanumeric()).collect() };
    let (c, e) = (bare(component), bare(exchange));
    if c == e || (c.len() >= 5 && e.contains(&c)) {
        return None;
    }
    let rest = component
        .strip_prefix(exchange)
        .and_then(|rest| rest.strip_prefix('-'))
        .unwrap_or(component);
    Some(rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_one_exchange_join() {
        for text in [
            "Binance",
            "binance.com",
            "BINANCE",
            "api.binance.com",
            "https://api.binance.com/api/v3/ping",
            "api3.binance.com:443",
            "outbound|443||api.binance.com",
            " binance ",
        ] {
            assert_eq!(exchange_name(text).as_deref(), Some("binance"), "{text}");
        }
        for (text, expected) in [
            ("api-pub.bitfinex.com", "bitfinex"),
            ("c2c.huobi.com", "huobi"),
            ("api.bitflyer.co.jp", "bitflyer"),
            ("ts-basic-service", "ts-basic-service"),
            ("wallet.payments.svc.cluster.local", "wallet"),
            ("10.0.0.7:8080", "10.0.0.7"),
            ("Binance Pay", "binance-pay"),
        ] {
            assert_eq!(exchange_name(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "-", "null", "localhost:8080"] {
            assert_eq!(exchange_name(text), None, "{text}");
        }
    }

    #[test]
    fn file_names_tell_the_exchange() {
        for (file, expected) in [
            ("logs/binance-gateway.access.log.gz", Some("binance")),
            ("kraken_api_calls_2021-08-18.jsonl", Some("kraken")),
            ("prod/gateway.log.1", None),
            ("access.log", None),
            ("upstream.jsonl", None),
            ("okx.csv.zst", Some("okx")),
        ] {
            assert_eq!(exchange_of_file(file).as_deref(), expected, "{file}");
        }
    }

    #[test]
    fn paths_lead_to_components() {
        for (path, expected) in [
            ("/sapi/v1/capital/withdraw/apply", Some("wallet")),
            ("/api/v3/order?symbol=BTCUSDT", Some("trading")),
            (
                "https://api.binance.com/api/v3/ticker/price",
                Some("market-data"),
            ),
            ("/0/private/Withdraw", Some("wallet")),
            ("/v2/invoices/12345", Some("invoices")),
            ("/api/v1/basicservice/basic/travels", Some("basicservice")),
            ("/550e8400-e29b-41d4-a716-446655440000", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(component_of_path(path).as_deref(), expected, "{path}");
        }
        assert_eq!(
            component_of_operation("createWithdrawal").as_deref(),
            Some("wallet")
        );
        assert_eq!(
            component_of_operation("get_order").as_deref(),
            Some("trading")
        );
        assert_eq!(component_of_operation("authorize"), None);
    }

    #[test]
    fn a_component_adds_to_the_exchange() {
        assert_eq!(
            beside_exchange("huobi-c2c", "huobi").as_deref(),
            Some("c2c")
        );
        assert_eq!(beside_exchange("huobi", "huobi"), None);
        assert_eq!(beside_exchange("basicservice", "ts-basic-service"), None);
        assert_eq!(
            beside_exchange("wallet", "binance").as_deref(),
            Some("wallet")
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (exchange_name(&text), exchange_of_file(&text), component_of_path(&text));
            let _ = (component_of_operation(&text), component_name(&text), beside_exchange(&text, "binance"));
        }
    }
}
