//! Keeps card numbers, addresses and secrets that somebody logged out of what leaves the machine.
//!
//! Applied to quoted lines and to every text that can quote a log. It works on shapes, so it is a net, not a proof.
//!
//! What rows may have to be joined by (e-mail and wallet addresses, and with `Strict` ids and network addresses) gets a
//! pseudonym: the same text has the same one everywhere and in every run. It hides the text from who does not know it;
//! who does can find it again. Cards and secrets get none, since there are few enough cards to try them all.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use regex::{Captures, Regex};

use crate::model::{IdHash, Report};

use super::escape::acts;

/// How much is taken out of texts from logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redact {
    /// Card and account numbers, card verification values, keys, tokens, passwords, e-mail and wallet addresses.
    #[default]
    Default,
    /// Nothing: texts are shown as logged.
    None,
    /// As `Default`, and also network addresses, hosts in URLs and long numbers; whatever is, or looks like, the id of a
    /// payment, an order, a customer or a trace becomes a pseudonym.
    Strict,
}

/// One shape and what is put in its place.
struct Rule {
    pattern: Regex,
    replace: fn(&Captures<'_>) -> String,
}

fn rule(pattern: &str, replace: fn(&Captures<'_>) -> String) -> Rule {
    match Regex::new(pattern) {
        Ok(pattern) => Rule { pattern, replace },
        Err(e) => unreachable!("a constant pattern, compiled by every test: {e}"),
    }
}

static DEFAULT_RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        // user:password@ in a URL
        rule(r"(://)[^\s/@:]+:[^\s/@]+@", |c| {
            format!("{}[secret redacted]@", &c[1])
        }),
        rule(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", |c| {
            format!("{} [secret redacted]", &c[1])
        }),
        // JSON web tokens, and key formats that name themselves
        rule(
            r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*",
            |_| "[secret redacted]".to_owned(),
        ),
        rule(
            r"\b(?:(?:sk|rk|pk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|AIza[A-Za-z0-9_-]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b",
            |_| "[secret redacted]".to_owned(),
        ),
        rule(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", |_| {
            "[secret redacted]".to_owned()
        }),
        // name=value and "name": "value"
        rule(
            r#"(?i)([A-Za-z0-9_.-]*(?:authorization|api[-_]?key|secret|token|passw(?:or)?d|passphrase|pwd|signature|private[-_]?key|session[-_]?id|cookie)(?:[-_]?(?:key|value|id))?)(\\?["']?\s*=\s*\\?["']?|\\?["']\s*:\s*\\?["']?)([^\s"'&,;}\\\[][^\s"'&,;}\\]*)"#,
            |c| format!("{}{}[secret redacted]", &c[1], &c[2]),
        ),
        // name: value, where the value looks made up (long, with a digit)
        rule(
            r#"(?i)([A-Za-z0-9_.-]*(?:authorization|api[-_]?key|secret|token|passw(?:or)?d|signature|private[-_]?key|session[-_]?id))(:\s*)([A-Za-z0-9._~+/=-]*[0-9][A-Za-z0-9._~+/=-]{7,}|[A-Za-z0-9._~+/=-]{7,}[0-9][A-Za-z0-9._~+/=-]*)"#,
            |c| format!("{}{}[secret redacted]", &c[1], &c[2]),
        ),
        rule(
            r#"(?i)\b(cvv2?|cvc2?|cvn|csc|card[-_]?(?:security|verification)[-_]?(?:code|value))(\\?["']?\s*[:=]?\s*\\?["']?)([0-9]{3,4})\b"#,
            |c| format!("{}{}[cvv redacted]", &c[1], &c[2]),
        ),
        rule(
            r#"(?i)\b(pin|otp|one[-_]?time[-_]?(?:code|password))(\\?["']?\s*[:=]\s*\\?["']?)([0-9]{4,8})\b"#,
            |c| format!("{}{}[secret redacted]", &c[1], &c[2]),
        ),
        rule(
            r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}",
            |c| pseudonym("e-mail", &c[0].to_lowercase()),
        ),
        rule(
            r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
            |c| {
                if is_iban(&c[0]) {
                    "[account redacted]".to_owned()
                } else {
                    c[0].to_owned()
                }
            },
        ),
        rule(
            r"\b(?:0x[0-9A-Fa-f]{40}|(?:bc|tb|ltc)1[02-9ac-hj-np-z]{11,71})\b",
            |c| pseudonym("wallet", &c[0]),
        ),
        // base58: Bitcoin, Litecoin, Tron, XRP; a mixture of cases and digits, which hexadecimal ids are not
        rule(r"\b[13LMTr][1-9A-HJ-NP-Za-km-z]{24,34}\b", |c| {
            if is_mixed(&c[0]) {
                pseudonym("wallet", &c[0])
            } else {
                c[0].to_owned()
            }
        }),
    ]
});

static STRICT_RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    vec![
        rule(r"(?i)(https?://)[^\s/?#]+", |c| {
            format!("{}[host redacted]", &c[1])
        }),
        rule(
            r"\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b",
            |c| pseudonym("address", &c[0]),
        ),
        rule(
            r"\b(?:[0-9A-Fa-f]{1,4}:){4,7}[0-9A-Fa-f]{1,4}\b|\b(?:[0-9A-Fa-f]{1,4}:){1,6}:(?:[0-9A-Fa-f]{1,4}:){0,5}[0-9A-Fa-f]{1,4}\b",
            |c| pseudonym("address", &c[0]),
        ),
        rule(r"\b[0-9]{9,}\b", |_| "[number redacted]".to_owned()),
    ]
});

/// `name=value` and `"name": "value"` of names that ids of people and of their doings have.
static NAMED_IDS: LazyLock<Regex> = LazyLock::new(|| {
    let names = "customer|user|account|client|member|buyer|payer|payee|trace|span|request|session|order|payment|transaction|txn|tx|\
                 charge|invoice|correlation|device|visitor|merchant[-_]?(?:order|reference)";
    let pattern = format!(
        r#"(?i)\b((?:[a-z0-9]+[-_.])?(?:{names})[-_]?(?:id|no|nr|number|ref|reference|name|uuid)|rid|cid|uid|reqid)(\\?["']?\s*[:=]\s*\\?["']?)([A-Za-z0-9][^\s"'&,;}}\\\]|]*)"#
    );
    match Regex::new(&pattern) {
        Ok(pattern) => pattern,
        Err(e) => unreachable!("a constant pattern, compiled by every test: {e}"),
    }
});

/// What colours a terminal (ECMA-48, control sequences).
static ESCAPE_SEQUENCE: LazyLock<Regex> =
    LazyLock::new(
        || match Regex::new("(?:\u{1b}\\[|\u{9b})[0-?]*[ -/]*[@-~]") {
            Ok(pattern) => pattern,
            Err(e) => unreachable!("a constant pattern, compiled by every test: {e}"),
        },
    );

/// `[e-mail 3fa2c1]`: the same for the same text, everywhere and always.
fn pseudonym(what: &str, text: &str) -> String {
    format!("[{what} {:06x}]", IdHash::of(text).0 >> 40)
}

/// Whether a word has small letters, capitals and digits.
fn is_mixed(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase) && has(char::is_ascii_digit)
}

/// Whether the check digits of an international bank account number are right (ISO 13616: 97-10 of ISO 7064).
fn is_iban(text: &str) -> bool {
    let plain: Vec<u8> = text.bytes().filter(|b| *b != b' ').collect();
    if !(15..=34).contains(&plain.len()) {
        return false;
    }
    let turned = plain[4..].iter().chain(&plain[..4]);
    let rest = turned.fold(0u32, |rest, b| match b {
        b'0'..=b'9' => (rest * 10 + u32::from(b - b'0')) % 97,
        _ => (rest * 100 + u32::from(b - b'A') + 10) % 97,
    });
    rest == 1
}

/// Whether a word is made like an id: `cus_f3d96`, `ord-10002413`, a UUID, a long hexadecimal or mixed word.
fn looks_like_id(word: &str) -> bool {
    let has = |is: fn(&char) -> bool| word.chars().any(|c| is(&c));
    if !has(char::is_ascii_digit) || !has(char::is_ascii_alphabetic) || is_own(word) {
        return false;
    }
    let prefixed = word.split_once(['_', '-']).is_some_and(|(head, tail)| {
        (2..=12).contains(&head.len())
            && head.bytes().all(|b| b.is_ascii_lowercase())
            && tail.len() >= 3
            && tail.bytes().any(|b| b.is_ascii_digit())
    });
    let dated = word.as_bytes()[0].is_ascii_digit() && word.contains('T');
    prefixed || word.len() >= 16 && !dated
}

/// Whether a word is a pseudonym of [`Redactor::id`].
fn is_own(word: &str) -> bool {
    let hex = |t: &str| t.len() == 12 && t.bytes().all(|b| b.is_ascii_hexdigit());
    word.strip_prefix("id-").is_some_and(hex)
}

/// Takes out what must not leave, by the level chosen.
#[derive(Clone, Debug)]
pub(crate) struct Redactor {
    level: Redact,
    ids: BTreeSet<Arc<str>>,
}

impl Redactor {
    /// A redactor that knows no ids: for single rows.
    pub(crate) fn new(level: Redact) -> Redactor {
        Redactor {
            level,
            ids: BTreeSet::new(),
        }
    }

    /// A redactor that (when strict) also finds the report's payment and order ids inside texts.
    pub(crate) fn of(level: Redact, report: &Report) -> Redactor {
        let mut redactor = Redactor::new(level);
        if level == Redact::Strict {
            for failure in &report.failures {
                redactor.ids.insert(failure.payment_id.clone());
                redactor.ids.extend(failure.order_id.clone());
            }
        }
        redactor
    }

    /// A text that may quote a log.
    pub(crate) fn text(&self, text: &str) -> String {
        if self.level == Redact::None {
            return text.to_owned();
        }
        // an invisible character inside a secret's name or number would hide it from the rules, not from a reader
        let hidden = |c: char| acts(c) && !c.is_whitespace();
        if text.contains(hidden) {
            let bare = ESCAPE_SEQUENCE.replace_all(text, "").replace(hidden, "");
            let shown = self.visible_text(&bare);
            if shown != bare {
                return shown;
            }
        }
        self.visible_text(text)
    }

    fn visible_text(&self, text: &str) -> String {
        let mut text = cards(text);
        for rule in DEFAULT_RULES.iter() {
            text = apply(text, rule);
        }
        if self.level == Redact::Strict {
            let named = NAMED_IDS.replace_all(&text, |c: &Captures<'_>| {
                let value = if is_own(&c[3]) {
                    c[3].to_owned()
                } else {
                    self.id(&c[3])
                };
                format!("{}{}{value}", &c[1], &c[2])
            });
            text = Cow::Owned(self.ids_in(&named));
            for rule in STRICT_RULES.iter() {
                text = apply(text, rule);
            }
        }
        text.into_owned()
    }

    /// What a log says under a name, which may tell that it is a secret.
    pub(crate) fn value(&self, name: &str, value: &str) -> String {
        let shown = self.text(&format!("{name}={value}"));
        let value = shown.strip_prefix(name).and_then(|v| v.strip_prefix('='));
        // the name itself was hidden: then nothing is known of where the value begins
        value.map_or_else(|| "[redacted]".to_owned(), str::to_owned)
    }

    /// A payment, order or trace id. Unless strict, a bare word stays (a long number may look like a card's and be none,
    /// and rows are joined by ids); an id that is more than a word is a text like any other.
    pub(crate) fn id(&self, id: &str) -> String {
        let is_word = |id: &str| {
            let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            id.bytes().all(part)
        };
        match self.level {
            Redact::Strict if !id.is_empty() => format!("id-{:012x}", IdHash::of(id).0 >> 16),
            Redact::Default if !is_word(id) => self.text(id),
            _ => id.to_owned(),
        }
    }

    fn ids_in(&self, text: &str) -> String {
        let part_of_id = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(part_of_id) {
            let (before, word) = rest.split_at(start);
            let end = word.find(|c| !part_of_id(c)).unwrap_or(word.len());
            let (word, after) = word.split_at(end);
            out.push_str(before);
            if self.ids.contains(word) || looks_like_id(word) {
                out.push_str(&self.id(word));
            } else {
                out.push_str(word);
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

fn apply<'a>(text: Cow<'a, str>, rule: &Rule) -> Cow<'a, str> {
    match rule.pattern.replace_all(&text, rule.replace) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => Cow::Owned(changed),
    }
}

/// Replaces payment card numbers: 12 to 19 digits, perhaps grouped by single blanks or dashes, with the
/// prefix and length of a card scheme and a valid check digit (ISO/IEC 7812-1, annex B: Luhn).
fn cards(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < bytes.len() {
        let follows_a_word =
            at > 0 && bytes[at - 1].is_ascii_alphanumeric() && !follows_an_escape(&bytes[..at]);
        let starts_group = bytes[at].is_ascii_digit() && !follows_a_word;
        match starts_group.then(|| card_end(bytes, at)).flatten() {
            Some(end) => {
                out.push_str(&text[copied..at]);
                out.push_str("[card redacted]");
                copied = end;
                at = end;
            }
            None => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

/// Whether the text so far ends in a character as nginx writes it in its log: `\x22` for a quotation mark.
fn follows_an_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'x', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit())
}

/// Where the longest card number that starts at `start` ends.
fn card_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut digits: Vec<u8> = Vec::with_capacity(19);
    let mut best = None;
    let mut at = start;
    while at < bytes.len() && digits.len() < 20 {
        match bytes[at] {
            digit @ b'0'..=b'9' => digits.push(digit - b'0'),
            b' ' | b'-' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {}
            _ => break,
        }
        at += 1;
        let group_ends = bytes.get(at).is_none_or(|b| !b.is_ascii_alphanumeric());
        if bytes[at - 1].is_ascii_digit() && group_ends && is_card(&digits) {
            best = Some(at);
        }
    }
    best
}

fn is_card(digits: &[u8]) -> bool {
    let prefix = |n: usize| {
        digits
            .iter()
            .take(n)
            .fold(0u32, |v, d| v * 10 + u32::from(*d))
    };
    let known = match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 30 | 36 | 38 | 39),
        15 => matches!(prefix(2), 34 | 37) || prefix(4) == 2131 || prefix(4) == 1800,
        16 => {
            matches!(prefix(1), 4 | 6)
                || matches!(prefix(2), 35 | 50..=58)
                || (2200..=2720).contains(&prefix(4))
        }
        12 | 17..=19 => matches!(prefix(1), 4 | 6) || matches!(prefix(2), 50 | 56..=58),
        _ => false,
    };
    known && luhn(digits)
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &d)| match (at % 2, u32::from(d)) {
            (0, d) => d,
            (_, d) if d > 4 => d * 2 - 9,
            (_, d) => d * 2,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn default(text: &str) -> String {
        Redactor::new(Redact::Default).text(text)
    }

    #[test]
    fn card_numbers_go_in_every_grouping() {
        for card in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "378282246310005",
            "5555555555554444",
        ] {
            assert_eq!(
                default(&format!("pan={card}, amount 12")),
                "pan=[card redacted], amount 12"
            );
        }
        assert_eq!(
            default("card 4111 1111 1111 1111 2021-08-18"),
            "card [card redacted] 2021-08-18"
        );
    }

    #[test]
    fn a_card_behind_an_escaped_quote_is_one() {
        assert_eq!(
            default(r"GET /pay?{\x22pan\x22:\x225555555555554444\x22}"),
            r"GET /pay?{\x22pan\x22:\x22[card redacted]\x22}"
        );
    }

    #[test]
    fn invisible_characters_hide_no_secret() {
        assert_eq!(
            default("card 4111\u{200b}1111 1111\u{1b}1111"),
            "card [card redacted]"
        );
        assert_eq!(
            default("token=\u{1b}[1maB3daB3daB3d"),
            "token=[secret redacted]"
        );
        assert_eq!(default("a\u{200b}b"), "a\u{200b}b");
        let id = |id| Redactor::new(Redact::Default).id(id);
        assert_eq!(
            id("{\"pan\":\"4111111111111111\"}"),
            "{\"pan\":\"[card redacted]\"}"
        );
        assert_eq!(id("4111111111111111"), "4111111111111111", "an id");
    }

    #[test]
    fn other_numbers_stay() {
        for text in [
            "4111111111111112 fails the check digit",
            "ts=1629288000123 id=1629288000123456",
            "2021-08-18 12:00:00.123456789",
            "trace 4bf92f3577b34da6a3ce929d0e0e4736",
            "token bucket: empty, tokens left 0",
            "invalid token: expired",
        ] {
            assert_eq!(default(text), text);
        }
    }

    #[test]
    fn secrets_go_and_their_names_stay() {
        let made_up = "a1B2".repeat(6);
        for (text, kept) in [
            (
                format!("Authorization: Bearer {made_up}"),
                "Authorization: Bearer ",
            ),
            (format!("api_key={made_up}&x=1"), "api_key="),
            (
                format!("{{\"client_secret\":\"{made_up}\"}}"),
                "\"client_secret\":\"",
            ),
            (format!("X-MBX-APIKEY: {made_up}"), "X-MBX-APIKEY: "),
            (format!("used sk_{}_{made_up} twice", "live"), "used "),
            (format!("https://bot:{made_up}@host/x"), "https://"),
        ] {
            let out = default(&text);
            assert!(!out.contains(&made_up), "{out}");
            assert!(out.starts_with(kept) || out.contains(kept), "{out}");
            assert!(out.contains("[secret redacted]"), "{out}");
        }
        assert_eq!(default("cvv=123"), "cvv=[cvv redacted]");
        assert_eq!(default("\"cvc\": \"0042\""), "\"cvc\": \"[cvv redacted]\"");
        let mail = default("by jo.doe+x@example.co.uk.");
        assert!(
            mail.starts_with("by [e-mail ") && mail.ends_with("]."),
            "{mail}"
        );
        assert_eq!(mail, default("by JO.DOE+X@example.co.uk."));
        assert_ne!(mail, default("by jo.roe+x@example.co.uk."));
    }

    #[test]
    fn a_name_tells_of_a_secret() {
        let redactor = Redactor::new(Redact::Default);
        assert_eq!(redactor.value("api_key", "abc12345"), "[secret redacted]");
        assert_eq!(redactor.value("cvv", "987"), "[cvv redacted]");
        assert_eq!(redactor.value("Betrag", "12,50"), "12,50");
        assert_eq!(redactor.value("a@b.example", "x"), "[redacted]");
        let strict = Redactor::new(Redact::Strict);
        assert_eq!(strict.value("user_id", "17"), strict.id("17"));
    }

    #[test]
    fn accounts_and_wallets_go() {
        for account in ["GB82WEST12345698765432", "DE89 3704 0044 0532 0130 00"] {
            assert_eq!(default(&format!("to {account}.")), "to [account redacted].");
        }
        assert_eq!(default("GB82WEST12345698765433"), "GB82WEST12345698765433");
        let made_up = format!("0x{}", "5aEb".repeat(10));
        let shown = default(&format!("to {made_up} now"));
        assert!(
            shown.starts_with("to [wallet ") && shown.ends_with("] now"),
            "{shown}"
        );
        assert_eq!(
            shown,
            default(&format!("to {made_up} now")),
            "rows still join"
        );
        let base58 = format!("1{}", "Ab9".repeat(10));
        assert!(!default(&base58).contains("Ab9"));
        let hex = "1f11514ec2d97d5bf1ff56c573e9d12f";
        assert_eq!(default(hex), hex, "a trace id is no wallet");
        assert_eq!(
            default("pin=1234 otp: 99887766"),
            "pin=[secret redacted] otp: [secret redacted]"
        );
    }

    #[test]
    fn strict_leaves_no_id_of_people_and_traces() {
        let redactor = Redactor::new(Redact::Strict);
        for (text, hidden) in [
            (
                r#"{"customer_id":"42","customerId":"jo"}"#,
                &["42", "jo"] as &[&str],
            ),
            ("user_id=17 traceId=ab12 level=ERROR", &["17", "ab12"]),
            (
                "2021-08-18T14:59:15.388Z,ERROR,pay_d9ce2e61,ord-10002413,cus_f3d96,shop",
                &["d9ce", "1000", "f3d9"],
            ),
            ("trace 213b7777655cd1e3a6090df499bdb494", &["213b"]),
            (
                "id 550e8400-e29b-41d4-a716-446655440000 failed",
                &["550e", "4466"],
            ),
        ] {
            let out = redactor.text(text);
            assert!(hidden.iter().all(|h| !out.contains(h)), "{out}");
            assert_eq!(redactor.text(&out), out, "twice is once");
        }
        assert_eq!(redactor.text("cus_f3d96"), redactor.id("cus_f3d96"));
        assert_eq!(
            redactor.text("customer_id=cus_f3d96"),
            format!("customer_id={}", redactor.id("cus_f3d96"))
        );
        for text in [
            "2021-08-18T14:59:15.388Z level=ERROR status=failed took 5000 ms",
            "upstream_timeout after 3 tries: HTTP 503 from binance",
            "payment: declined, order: unknown",
        ] {
            assert_eq!(redactor.text(text), text);
        }
    }

    #[test]
    fn strict_hides_places_and_ids() {
        let mut redactor = Redactor::new(Redact::Strict);
        redactor.ids.insert(Arc::from("pay_1"));
        let out = redactor.text("pay_1 to https://api.internal:8443/v1 from 10.1.2.3 took 20 ms");
        assert!(!out.contains("pay_1") && !out.contains("internal") && !out.contains("10.1.2.3"));
        assert!(out.contains(&redactor.id("pay_1")), "{out}");
        assert!(out.ends_with("took 20 ms"), "{out}");
        assert_eq!(Redactor::new(Redact::Default).id("pay_1"), "pay_1");
        let text = "cvv=123 a@b.example";
        assert_eq!(Redactor::new(Redact::None).text(text), text);
    }

    proptest! {
        #[test]
        fn any_text_passes_without_panic(text in ".*") {
            for level in [Redact::Default, Redact::None, Redact::Strict] {
                Redactor::new(level).text(&text);
            }
        }
    }
}
