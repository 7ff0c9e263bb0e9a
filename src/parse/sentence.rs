//! What a sentence says without naming fields: `Payment pay_77x (order A-120) declined: …`,
//! `GET https://api.example.com/v1/orders -> 503 in 12 ms`.
//!
//! Grammar alone decides here (which word stands as the verb, which token as an id); what a status means is not asked.

use super::fields::Draft;
use crate::model::{DurationUnit, Field};

/// Below a field that is named, above names that may mean anything.
const RANK: u16 = 350;

/// Takes what the sentence `message` says into the draft; its pairs are taken already.
pub(crate) fn read<'a>(draft: &mut Draft<'a>, message: &'a str) {
    let words = words(message);
    put_ids(draft, &words);
    if put_request(draft, message, &words) {
        put_speaker(draft, &words);
        return;
    }
    let named = draft.record.has(Field::PaymentId) || draft.record.has(Field::OrderId);
    if let Some((status, end)) = verb(&words).filter(|_| named) {
        draft.set(Field::Status, RANK, status);
        let (verb, after) = message.split_at(end);
        put_failure_text(draft, verb, after);
    }
}

/// Whether the text is a trace or request id by its shape: hexadecimal digits, with the dashes of a UUID or without.
pub(crate) fn is_hex_id(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    let dashes = text.bytes().filter(|b| *b == b'-').count();
    digits >= 16
        && digits + dashes == text.len()
        && matches!(dashes, 0 | 4)
        && text.bytes().any(|b| b.is_ascii_digit())
}

/// A word between spaces, and where it ends.
struct Word<'a> {
    raw: &'a str,
    end: usize,
}

impl<'a> Word<'a> {
    /// Without the punctuation around it.
    fn bare(&self) -> &'a str {
        trim(self.raw)
    }

    fn is_one_of(&self, list: &[&str]) -> bool {
        let is = |w: &&str| self.raw.eq_ignore_ascii_case(w) || self.bare().eq_ignore_ascii_case(w);
        list.iter().any(is)
    }

    fn is_pair(&self) -> bool {
        self.raw.find('=').is_some_and(|at| at > 0) && !self.raw.starts_with("=>")
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| "()[]{}<>'\"`,;:.!#".contains(c))
}

fn words(text: &str) -> Vec<Word<'_>> {
    let base = text.as_ptr() as usize;
    let end = |raw: &str| raw.as_ptr() as usize - base + raw.len();
    text.split_whitespace()
        .map(|raw| Word { raw, end: end(raw) })
        .collect()
}

// --- ids

/// The field that the noun at the start of the word names by the id after it, and the rest of the word.
fn noun(raw: &str) -> Option<(Field, &str)> {
    const NOUNS: [(&str, Field); 6] = [
        ("paymentintent", Field::PaymentId),
        ("payment", Field::PaymentId),
        ("charge", Field::PaymentId),
        ("transaction", Field::PaymentId),
        ("txn", Field::PaymentId),
        ("order", Field::OrderId),
    ];
    let raw = raw.trim_start_matches(['(', '[', '"', '\'']);
    NOUNS.iter().find_map(|(noun, field)| {
        let start = raw.get(..noun.len())?;
        let rest = &raw[noun.len()..];
        let ends = rest.is_empty() || rest.starts_with([':', '#', '[', '(', ',', ')']);
        (start.eq_ignore_ascii_case(noun) && ends).then_some((*field, rest))
    })
}

/// The id that the noun phrase from word `at` on names: its field, the id, and the word after it.
fn noun_with_id<'a>(words: &[Word<'a>], at: usize) -> Option<(Field, &'a str, usize)> {
    const FILLERS: &[&str] = &[
        "id",
        "no",
        "nr",
        "number",
        "ref",
        "reference",
        "intent",
        "attempt",
        "#",
        ":",
    ];
    let (field, rest) = noun(words.get(at)?.raw)?;
    if is_id(trim(rest)) {
        return Some((field, trim(rest), at + 1));
    }
    let fillers = words[at + 1..]
        .iter()
        .take(2)
        .take_while(|w| w.is_one_of(FILLERS))
        .count();
    let word = words.get(at + 1 + fillers)?;
    let id = ["id=", "id:", "ID=", "ID:"]
        .iter()
        .find_map(|p| word.bare().strip_prefix(p))
        .unwrap_or(word.bare());
    is_id(trim(id)).then(|| (field, trim(id), at + 2 + fillers))
}

/// Whether a token after a noun is an id rather than a word, an amount or a time.
fn is_id(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let all_digits = digits == token.len();
    let measure = token.starts_with(|c: char| c.is_ascii_digit())
        && !token.contains(['-', '_'])
        && token.len() < 8;
    (4..=80).contains(&token.len())
        && digits > 0
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
        && token
            .bytes()
            .any(|b| b != b'.' && b != b':' && !b.is_ascii_digit() || all_digits)
        && (!measure || (all_digits && token.len() >= 5))
}

fn put_ids<'a>(draft: &mut Draft<'a>, words: &[Word<'a>]) {
    for at in 0..words.len() {
        if let Some((field, id, _)) = noun_with_id(words, at) {
            draft.set(field, RANK, id);
        }
    }
}

// --- the verb

/// The status that stands as the verb of a sentence about a payment, and where it ends.
fn verb<'a>(words: &[Word<'a>]) -> Option<(&'a str, usize)> {
    (0..words.len()).find_map(|at| {
        if let Some((Field::PaymentId, _, after)) = noun_with_id(words, at) {
            return verb_at(words, past_asides(words, after));
        }
        let (field, rest) = noun(words[at].raw)?;
        let verb = verb_at(words, at + 1).filter(|(verb, _)| looks_like_participle(verb));
        verb.filter(|_| field == Field::PaymentId && rest.is_empty())
    })
}

/// The word after what stands between a payment and its verb: `(…)`, `for order X`.
fn past_asides(words: &[Word<'_>], mut at: usize) -> usize {
    while let Some(word) = words.get(at) {
        let preposition = usize::from(word.is_one_of(&["for", "of", "on"]));
        if let Some((.., after)) = noun_with_id(words, at + preposition) {
            at = after;
        } else if word.raw.starts_with('(') {
            let closes = words[at..].iter().position(|w| w.raw.contains(')'));
            at += closes.map_or(1, |n| n + 1);
        } else {
            break;
        }
    }
    at
}

const ARROWS: &[&str] = &["->", "=>", "→", "⇒", "-->", "to"];

fn verb_at<'a>(words: &[Word<'a>], from: usize) -> Option<(&'a str, usize)> {
    const LINKS: &[&str] = &[
        "is",
        "was",
        "has",
        "have",
        "been",
        "being",
        "now",
        "got",
        "status",
        "state",
        "changed",
        "moved",
        "went",
        "transitioned",
        "marked",
        "set",
        "became",
        "becomes",
        "as",
        "from",
        "finished",
        "ended",
        "-",
        ":",
        "|",
    ];
    let linked = |w: &&Word<'_>| w.is_one_of(LINKS) || w.is_one_of(ARROWS);
    let links = words.get(from..)?.iter().take_while(linked).count();
    let mut at = from + links;
    let Some(word) = words.get(at).filter(|w| is_word(w.bare())) else {
        // `Payment pay_77x finished.`: the link is the verb itself.
        let last = words.get(at.checked_sub(1)?).filter(|_| links == 1)?;
        return last
            .is_one_of(&["finished", "ended"])
            .then_some((last.bare(), last.end));
    };
    let mut verb = word.bare();
    let next = |at: usize| words.get(at + 1);
    if word.is_one_of(&["timed"]) && next(at).is_some_and(|w| w.is_one_of(&["out"])) {
        (verb, at) = ("timed_out", at + 1);
    }
    let from_to = words[from..at].iter().any(|w| w.is_one_of(&["from"]));
    let changes =
        next(at).is_some_and(|w| w.is_one_of(ARROWS) && (from_to || !w.is_one_of(&["to"])));
    if let Some(later) = words.get(at + 2).filter(|w| changes && is_word(w.bare())) {
        return Some((later.bare(), later.end));
    }
    let verb_end = words[at].end;
    verb = verb.rsplit("->").next().unwrap_or(verb);
    (links > 0 || ends_clause(&words[at], next(at))).then_some((verb, verb_end))
}

/// Letters, with `_` or an arrow between.
fn is_word(text: &str) -> bool {
    text.chars().count() >= 2
        && text
            .replace("->", "")
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '_' | '-'))
        && text.starts_with(char::is_alphabetic)
}

/// Whether what follows a word shows that it was the verb.
fn ends_clause(word: &Word<'_>, next: Option<&Word<'_>>) -> bool {
    const AFTER: &[&str] = &[
        "after", "with", "in", "by", "due", "because", "for", "at", "on", "via", "through", "-",
        "|",
    ];
    let shouted = word.bare().chars().all(|c| !c.is_lowercase());
    let next_ends =
        next.is_none_or(|n| n.is_pair() || n.is_one_of(AFTER) || n.raw.starts_with(['(', '[']));
    shouted || word.raw.ends_with([':', ',', '.', ';', '!']) || next_ends
}

fn looks_like_participle(word: &str) -> bool {
    let lower = word.to_lowercase();
    lower.ends_with("ed")
        || lower.ends_with("ing")
        || lower == "ok"
        || lower == "paid"
        || lower == "timed_out"
}

/// The free text behind the verb and its pairs tells the error, where the record says that something is wrong.
fn put_failure_text<'a>(draft: &mut Draft<'a>, verb: &str, after: &'a str) {
    let level = draft.record.get(Field::Level).unwrap_or("");
    let bad_level = [
        "warn", "warning", "wrn", "error", "err", "fatal", "critical", "severe",
    ]
    .iter()
    .any(|l| level.eq_ignore_ascii_case(l));
    // Go's logger and others write no level.
    let says_failed = level.is_empty() && verb.trim_end_matches(':').ends_with("failed");
    let has_error = draft.record.has(Field::ErrorCode) || draft.record.has(Field::ErrorType);
    if !bad_level && !says_failed && !has_error {
        return;
    }
    let told = match after.rsplit_once(" - ") {
        Some((_, text)) => Some(text),
        None if verb.ends_with(':') => Some(after),
        None => after.split_once(": ").map(|(_, text)| text),
    };
    let Some(text) = told else { return };
    let text = without_suffix(text.trim());
    if !text.is_empty() && !text.contains('=') {
        draft.set(Field::ErrorMessage, RANK, text);
    }
}

/// Cuts a bracketed group at the end: `… [corr=77]`.
fn without_suffix(text: &str) -> &str {
    let cut = text.rfind('[').filter(|_| text.ends_with(']'));
    cut.map_or(text, |at| text[..at].trim_end())
}

// --- requests

/// Takes an HTTP request and its answer, if the sentence tells of one.
fn put_request<'a>(draft: &mut Draft<'a>, message: &'a str, words: &[Word<'a>]) -> bool {
    if let Some(at) = words.iter().position(|w| w.raw == "<--") {
        return put_answer(draft, message, &words[at..]);
    }
    let Some(at) = (0..words.len()).find(|at| {
        is_method(words[*at].bare()) && words.get(at + 1).is_some_and(|w| is_target(w.bare()))
    }) else {
        return false;
    };
    draft.set(Field::HttpMethod, RANK, words[at].bare());
    draft.set(Field::Path, RANK, words[at + 1].bare());
    // The colon that ends the URL begins what is said of it.
    let target = &words[at + 1];
    let closing = target.raw.len() - target.raw.trim_end_matches([':', ',', '"']).len();
    put_result(draft, &message[target.end - closing..]);
    true
}

/// The answer by itself: `<-- 200 OK https://… (53ms)`, `<-- HTTP FAILED: …`.
fn put_answer<'a>(draft: &mut Draft<'a>, message: &'a str, words: &[Word<'a>]) -> bool {
    let target = words.iter().find(|w| is_target(w.bare()));
    if let Some(target) = target {
        draft.set(Field::Path, RANK, target.bare());
    }
    put_result(draft, &message[words[0].end..]);
    target.is_some() || draft.record.has(Field::HttpStatus) || draft.record.has(Field::ErrorMessage)
}

fn is_method(word: &str) -> bool {
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"].contains(&word)
}

fn is_target(word: &str) -> bool {
    word.starts_with('/') || word.starts_with("http://") || word.starts_with("https://")
}

/// Status, duration and error of a request, from the text behind its URL.
fn put_result<'a>(draft: &mut Draft<'a>, text: &'a str) {
    let words = words(text);
    if let Some((number, unit)) = (0..words.len()).find_map(|at| duration_at(&words, at))
        && draft.set(Field::Duration, RANK, number)
    {
        draft.record.duration_unit = unit;
    }
    let status = (0..words.len().min(6)).find_map(|at| status_at(&words, at));
    if let Some(status) = status {
        draft.set(Field::HttpStatus, RANK, status);
    }
    let failed = match status {
        Some(status) => status.starts_with(['4', '5']),
        None => says_failure(text),
    };
    if !failed {
        return;
    }
    if status.is_none() {
        draft.set(Field::Status, RANK, "failed");
    }
    let told = text.split_once(": ").or_else(|| text.split_once(" - "));
    let error = match (told, status) {
        (Some((_, error)), _) => without_suffix(error.trim()),
        (None, Some(_)) => "",
        (None, None) => without_suffix(text.trim_start_matches(['-', '=', '>', ' ', '"'])),
    };
    if !error.is_empty() {
        draft.set(Field::ErrorMessage, RANK, error);
    }
}

fn says_failure(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = [
        "fail",
        "error",
        "exception",
        "timed out",
        "timeout",
        "refused",
        "reset",
        "abort",
        "unreachable",
    ];
    words.iter().any(|w| text.contains(w))
}

/// An HTTP status that stands alone, and is no count and no duration.
fn status_at<'a>(words: &[Word<'a>], at: usize) -> Option<&'a str> {
    let word = words[at].bare();
    let code: u16 = word.parse().ok().filter(|_| word.len() == 3)?;
    let counted = words.get(at + 1).is_some_and(|w| {
        unit(w.bare()).is_some() || w.is_one_of(&["bytes", "b", "kb", "times", "retries"])
    });
    let measured = at > 0
        && words[at - 1].is_one_of(&["in", "after", "took", "within", "attempt", "retry", "port"]);
    ((100..600).contains(&code) && !counted && !measured).then_some(word)
}

/// `67 ms`, `67ms`, `(0.4s)`; a pause before the next try is none.
fn duration_at<'a>(words: &[Word<'a>], at: usize) -> Option<(&'a str, DurationUnit)> {
    let word = words[at].bare();
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let name = match &word[digits.len()..] {
        "" => words.get(at + 1)?.bare(),
        name => name,
    };
    let pause = at >= 2
        && words[at - 2..at].iter().any(|w| {
            let lower = w.bare().to_ascii_lowercase();
            ["retry", "backoff", "sleep", "wait"]
                .iter()
                .any(|p| lower.starts_with(p))
        });
    Some((digits, unit(name)?)).filter(|_| is_number && !pause)
}

fn unit(name: &str) -> Option<DurationUnit> {
    Some(match name.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => DurationUnit::Seconds,
        "ms" | "msec" | "msecs" | "millis" | "milliseconds" => DurationUnit::Millis,
        "us" | "µs" | "μs" | "usec" | "micros" => DurationUnit::Micros,
        "ns" | "nanos" => DurationUnit::Nanos,
        _ => return None,
    })
}

/// Who made the request, `HttpClient(web-shop)`, and its id in brackets.
fn put_speaker<'a>(draft: &mut Draft<'a>, words: &[Word<'a>]) {
    for word in words {
        if let Some((name, inner)) = word.raw.split_once('(')
            && name.to_ascii_lowercase().ends_with("client")
            && let Some((caller, _)) = inner.split_once(')').filter(|(c, _)| !c.is_empty())
        {
            draft.set(Field::Caller, RANK, caller);
        }
        let inner = word
            .raw
            .strip_prefix('[')
            .and_then(|r| r.strip_suffix([']']));
        if let Some(id) = inner.filter(|id| is_hex_id(id)) {
            draft.set(Field::RequestId, RANK, id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(level: &str, message: &str) -> Vec<(Field, String)> {
        let mut draft = Draft::new(1);
        if !level.is_empty() {
            draft.set(Field::Level, 900, level.to_owned());
        }
        read(&mut draft, message);
        let owned = |(field, value): (Field, &str)| (field, value.to_owned());
        let all = draft.record.present().map(owned);
        all.filter(|(field, _)| *field != Field::Level).collect()
    }

    fn of(message: &str, field: Field) -> Option<String> {
        let all = said("ERROR", message);
        all.into_iter().find(|(f, _)| *f == field).map(|(_, v)| v)
    }

    #[test]
    fn a_noun_names_the_id_after_it() {
        for (message, field, id) in [
            (
                "Payment pp-10023 settled",
                Field::PaymentId,
                Some("pp-10023"),
            ),
            ("charge #88231 captured", Field::PaymentId, Some("88231")),
            ("payment id=pp-7712: ok", Field::PaymentId, Some("pp-7712")),
            (
                "Transaction[tx_5566] failed",
                Field::PaymentId,
                Some("tx_5566"),
            ),
            ("giving up (txn tx_5566)", Field::PaymentId, Some("tx_5566")),
            ("declined for order W-5514.", Field::OrderId, Some("W-5514")),
            ("payment number 4711008", Field::PaymentId, Some("4711008")),
            ("payment 30s late", Field::PaymentId, None),
            ("charge 12.50 EUR", Field::PaymentId, None),
            ("payment worker 7x started", Field::PaymentId, None),
            ("in order 1 to 9", Field::OrderId, None),
            ("reorder W-5514", Field::OrderId, None),
        ] {
            assert_eq!(of(message, field).as_deref(), id, "{message}");
        }
    }

    #[test]
    fn the_verb_is_the_status() {
        for (message, status) in [
            (
                "Payment pp-10023 (order W-5512) declined: buyer=b7",
                Some("declined"),
            ),
            ("Payment pp-10023 ko: buyer=b7", Some("ko")),
            ("Payment pp-10023 SENT TO bank", Some("SENT")),
            (
                "Transaction #991234 for order W-5512 now settled, thanks",
                Some("settled"),
            ),
            (
                "payment id=pp-10023 status changed to failed",
                Some("failed"),
            ),
            ("Payment pp-10023: PENDING -> EXPIRED", Some("EXPIRED")),
            (
                "payment pp-10023 moved from PROCESSING to CAPTURED",
                Some("CAPTURED"),
            ),
            ("payment pp-10023 timed out after 5 s", Some("timed_out")),
            ("Payment failed for order W-5514", Some("failed")),
            ("Payment pp-10023 calls the bank", None),
            ("Payment service restarted for order W-5514", None),
            ("worker 3 restarted", None),
        ] {
            assert_eq!(of(message, Field::Status).as_deref(), status, "{message}");
        }
    }

    #[test]
    fn the_text_behind_a_failure_is_its_error() {
        let message =
            "Charge ch_77ab1 failed: buyer=b78 amount=9.90 - no answer from the bank [run=7]";
        assert_eq!(
            of(message, Field::ErrorMessage).as_deref(),
            Some("no answer from the bank")
        );
        let told = said("INFO", "Charge ch_77ab1 paid: amount=9.90 - thank you");
        assert!(
            !told.iter().any(|(f, _)| *f == Field::ErrorMessage),
            "{told:?}"
        );
        let plain = "payment pp-10026 refused: card is lost";
        assert_eq!(
            of(plain, Field::ErrorMessage).as_deref(),
            Some("card is lost")
        );
        assert_eq!(
            of("payment pp-10026 timed out after 5 s", Field::ErrorMessage),
            None
        );
    }

    /// Status, duration, error.
    fn answer(message: &str) -> (Option<String>, Option<String>, Option<String>) {
        let status = of(message, Field::HttpStatus).or_else(|| of(message, Field::Status));
        (
            status,
            of(message, Field::Duration),
            of(message, Field::ErrorMessage),
        )
    }

    #[test]
    fn a_request_and_what_came_of_it() {
        for (message, status, duration, error) in [
            (
                "POST https://a.example/pay -> 503 Service Unavailable in 12 ms",
                Some("503"),
                Some("12"),
                None,
            ),
            (
                "GET https://a.example/t -> failed after 5000 ms: Read timed out",
                Some("failed"),
                Some("5000"),
                Some("Read timed out"),
            ),
            (
                "<-- 200 OK https://a.example/t (53ms, 12-byte body)",
                Some("200"),
                Some("53"),
                None,
            ),
            (
                "<-- HTTP FAILED: java.net.ConnectException: refused",
                Some("failed"),
                None,
                Some("java.net.ConnectException: refused"),
            ),
            ("--> GET https://a.example/t", None, None, None),
            (
                "\"GET https://a.example/t\" 200 500ms",
                Some("200"),
                Some("500"),
                None,
            ),
            (
                "GET /v1/t HTTP/1.1 -> 502 (0.4s)",
                Some("502"),
                Some("0.4"),
                None,
            ),
            (
                "POST /v1/pay answered 429, retry in 200 ms",
                Some("429"),
                None,
                None,
            ),
            (
                "POST /v1/pay: dial tcp: connection refused",
                Some("failed"),
                None,
                Some("dial tcp: connection refused"),
            ),
            ("GET it done in 200 ms", None, None, None),
        ] {
            let expected = (status, duration, error);
            let found = answer(message);
            let found = (found.0.as_deref(), found.1.as_deref(), found.2.as_deref());
            assert_eq!(found, expected, "{message}");
        }
    }

    #[test]
    fn a_client_says_for_whom_and_under_which_id() {
        let message = "ApiClient(web-shop) [6f1e2d3c4b5a49688776] GET https://a.example/t -> 200";
        assert_eq!(of(message, Field::Caller).as_deref(), Some("web-shop"));
        assert_eq!(
            of(message, Field::RequestId).as_deref(),
            Some("6f1e2d3c4b5a49688776")
        );
        assert_eq!(of(message, Field::PaymentId), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            said("ERROR", &text);
        }

        #[test]
        fn no_order_of_its_words_panics(
            words in proptest::collection::vec(
                "payment|order|GET|/a|<--|->|timed|out|failed:|200|12|ms|pp-10023|\\(é|- |status|to",
                0..12,
            )
        ) {
            said("ERROR", &words.join(" "));
        }
    }
}
