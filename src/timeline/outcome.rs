//! What a payment's status word means. Not what went wrong: that is the error's class.

use std::collections::HashMap;

use crate::model::{ErrorClass, Outcome};

/// The meaning of a status: how the attempt stands, and what kind of failure the word itself states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StatusMeaning {
    /// How the attempt stands.
    pub(super) outcome: Outcome,
    /// The kind of failure that the word states (`declined`, `expired`); `Unknown` when it states none.
    pub(super) class: ErrorClass,
}

const fn means(outcome: Outcome, class: ErrorClass) -> StatusMeaning {
    StatusMeaning { outcome, class }
}

const SUCCEEDED: StatusMeaning = means(Outcome::Succeeded, ErrorClass::None);
const PENDING: StatusMeaning = means(Outcome::Pending, ErrorClass::None);
const FAILED: StatusMeaning = means(Outcome::Failed, ErrorClass::Unknown);
const UNKNOWN: StatusMeaning = means(Outcome::Unknown, ErrorClass::Unknown);
const CANCELLED: StatusMeaning = means(Outcome::Failed, ErrorClass::UserCancelled);
const DECLINED: StatusMeaning = means(Outcome::Failed, ErrorClass::BusinessDecline);
const EXPIRED: StatusMeaning = means(Outcome::Failed, ErrorClass::Expired);
const TIMED_OUT: StatusMeaning = means(Outcome::Failed, ErrorClass::UpstreamTimeout);

/// Whole statuses whose single words would mislead, or that are no words at all: PayPal's letters, PaymentIntent
/// states (Stripe), BTCPay, Binance Pay, hyperswitch, ISO 8583's approval.
const WHOLE: &[(&str, StatusMeaning)] = &[
    ("true", SUCCEEDED),
    ("t", SUCCEEDED),
    ("yes", SUCCEEDED),
    ("y", SUCCEEDED),
    ("s", SUCCEEDED),
    ("1", SUCCEEDED),
    ("00", SUCCEEDED),
    ("000", SUCCEEDED),
    ("false", FAILED),
    ("f", FAILED),
    ("no", FAILED),
    ("n", FAILED),
    ("d", DECLINED),
    ("p", PENDING),
    ("requires_capture", SUCCEEDED),
    ("requires_payment_method", PENDING),
    ("payment_method_awaited", PENDING),
    ("partially_refunded", SUCCEEDED),
    ("time_out", TIMED_OUT),
    ("in_doubt", UNKNOWN),
    ("to_be_reconciled", UNKNOWN),
    ("timed_out", TIMED_OUT),
    ("pay_closed", EXPIRED),
    ("n_a", PENDING),
];

/// Single words of a status, strongest meaning first: in `authorization_failed` the failure counts, in
/// `authentication_pending` the waiting. Foreign words are the ones that exports of Chinese, Spanish, French,
/// German and Portuguese systems carry.
#[rustfmt::skip] // word lists, several to a line
const WORDS: &[(&[&str], StatusMeaning)] = &[
    (
        &[
            "pending", "retrying", "awaiting", "awaited", "wait", "waiting", "待处理", "处理中", "pendiente",
            "ausstehend", "pendente",
        ],
        PENDING,
    ),
    (
        &[
            "cancelled", "canceled", "cancel", "abandoned", "abandon", "已取消", "取消", "cancelado", "storniert",
            "annulé", "voided", "void",
        ],
        CANCELLED,
    ),
    (
        &[
            "expired", "expire", "lapsed", "已过期", "expirado", "abgelaufen",
        ],
        EXPIRED,
    ),
    (&["timeout", "timedout", "超时"], TIMED_OUT),
    (
        &[
            "declined", "decline", "refused", "denied", "rechazado", "abgelehnt", "refusé", "recusado",
        ],
        DECLINED,
    ),
    (
        &[
            "failed", "failure", "fail", "fails", "failing", "error", "errored", "err", "rejected", "reject",
            "aborted", "abort", "invalid", "unsuccessful", "unpaid", "ko", "nok", "bad", "exception",
            "blocked", "dropped", "crashed", "unsettled", "unauthorized", "unauthorised", "nack", "失败", "失敗",
            "错误", "拒绝", "fallido", "fehlgeschlagen", "fehler", "échoué", "échec", "falhou", "erro",
        ],
        FAILED,
    ),
    (
        &[
            "unknown", "uncertain", "indeterminate", "ambiguous", "unconfirmed",
        ],
        UNKNOWN,
    ),
    (
        &[
            "refunded", "refund", "reversed", "chargeback", "disputed", "succeeded", "success", "successful",
            "succeed", "ok", "okay", "paid", "captured", "capture", "authorized", "authorised",
            "authorisation", "approved", "approve", "completed", "complete", "settled", "confirmed", "charged",
            "accepted", "done", "finished", "delivered", "good", "passed", "pass", "成功", "已支付", "已完成", "完成",
            "aprobado", "exitoso", "completado", "pagado", "erfolgreich", "bezahlt", "réussi", "payé",
            "aprovado",
        ],
        SUCCEEDED,
    ),
    (
        &[
            "processing", "progress", "initiated", "initiate", "created", "create", "new", "open", "started",
            "start", "submitted", "submit", "requires", "unresolved", "received", "queued", "scheduled",
            "authorizing", "authorising", "initial", "init", "requested", "running", "challenge", "redirect",
            "deferred", "delayed", "hold", "review", "sent", "draft", "begin", "attempt", "attempted",
        ],
        PENDING,
    ),
];

/// The meaning of a status text: a word, a boolean, an HTTP status or a dotted event name. `None` when it says
/// nothing known.
pub(super) fn status_meaning(text: &str) -> Option<StatusMeaning> {
    let words = words(text);
    let whole = words.join("_");
    if whole.is_empty() {
        return None;
    }
    if let Some((_, meaning)) = WHOLE.iter().find(|(w, _)| *w == whole) {
        return Some(*meaning);
    }
    if let Some(meaning) = numeric(&whole) {
        return Some(meaning);
    }
    let negated = words
        .iter()
        .any(|w| matches!(w.as_str(), "not" | "un" | "non" | "never"));
    let (_, meaning) = WORDS
        .iter()
        .find(|(list, _)| words.iter().any(|w| list.contains(&w.as_str())))?;
    Some(if negated && meaning.outcome == Outcome::Succeeded {
        FAILED
    } else {
        *meaning
    })
}

/// The statuses met so far, each understood once.
#[derive(Debug, Default)]
pub(super) struct StatusWords(HashMap<String, Option<StatusMeaning>>);

impl StatusWords {
    /// Statuses are few; a field that is no status must not fill the memory.
    const MOST: usize = 1000;

    /// As [`status_meaning`].
    pub(super) fn meaning(&mut self, text: &str) -> Option<StatusMeaning> {
        if let Some(known) = self.0.get(text) {
            return *known;
        }
        let meaning = status_meaning(text);
        if self.0.len() < StatusWords::MOST {
            self.0.insert(text.to_owned(), meaning);
        }
        meaning
    }
}

/// An HTTP status given as the payment's status.
fn numeric(text: &str) -> Option<StatusMeaning> {
    let code: u16 = text.parse().ok().filter(|_| text.len() == 3)?;
    match code {
        202 => Some(PENDING),
        200..=299 => Some(SUCCEEDED),
        400..=599 => Some(FAILED),
        _ => None,
    }
}

/// Lower-case words: cut at anything that is no letter or digit, and where a capital follows a small letter.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut previous_small = false;
    for c in text.chars() {
        let cut = !c.is_alphanumeric() || (previous_small && c.is_uppercase());
        if cut && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        previous_small = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_many_providers() {
        use Outcome::{Failed, Pending, Succeeded, Unknown};
        for (text, expected) in [
            ("ok", Succeeded),
            ("Paid", Succeeded),
            ("PAY_SUCCESS", Succeeded),
            ("payment.succeeded", Succeeded),
            ("charge:confirmed", Succeeded),
            ("PartiallyAuthorised", Succeeded),
            ("partial_charged", Succeeded),
            ("true", Succeeded),
            ("200", Succeeded),
            ("Refunded", Succeeded),
            ("failed", Failed),
            ("authorization_failed", Failed),
            ("void_failed", Failed),
            ("Refused", Failed),
            ("not_paid", Failed),
            ("unpaid", Failed),
            ("CANCELED", Failed),
            ("expired", Failed),
            ("timed_out", Failed),
            ("timeout", Failed),
            ("false", Failed),
            ("503", Failed),
            ("失败", Failed),
            ("pending", Pending),
            ("authentication_pending", Pending),
            ("requires_action", Pending),
            ("in_progress", Pending),
            ("RedirectShopper", Pending),
            ("New", Pending),
            ("unknown", Unknown),
        ] {
            assert_eq!(
                status_meaning(text).map(|m| m.outcome),
                Some(expected),
                "{text}"
            );
        }
        for text in ["", "-", "blue", "ts_17", "42"] {
            assert_eq!(status_meaning(text), None, "{text}");
        }
    }

    #[test]
    fn some_words_state_the_kind_of_failure() {
        let class = |t| status_meaning(t).map(|m| m.class);
        assert_eq!(class("declined"), Some(ErrorClass::BusinessDecline));
        assert_eq!(class("Cancelled"), Some(ErrorClass::UserCancelled));
        assert_eq!(class("EXPIRED"), Some(ErrorClass::Expired));
        assert_eq!(class("rejected"), Some(ErrorClass::Unknown));
        assert_eq!(class("failed"), Some(ErrorClass::Unknown));
    }
}
