//! The table of distinct errors of one input. Each is classified once.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

use crate::model::{ErrorClass, ErrorInfo, ErrorKey, Names, Sym};

use super::error_class::{ClassRules, classify_error};
use super::signature::signature;

/// The words of an error as one record gives them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ErrorWords<'a> {
    /// Code as written.
    pub(super) code: Option<&'a str>,
    /// Text as written.
    pub(super) message: Option<&'a str>,
    /// Exception or class name.
    pub(super) error_type: Option<&'a str>,
    /// The upstream's HTTP status, where the record tells it.
    pub(super) http_status: Option<u16>,
    /// What stands for the error when it has no words: the status word.
    pub(super) status: Option<&'a str>,
    /// The class to fall back on when the words tell none; `None` stands for `Unknown`.
    pub(super) fallback: ErrorClass,
}

/// What an error's words come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Classified {
    /// Its place in the table.
    pub(super) key: ErrorKey,
    /// Its class.
    pub(super) class: ErrorClass,
    /// Whether it leaves open if the request went through.
    pub(super) open: bool,
}

/// Distinct errors; entry 0 is "no error".
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<ErrorInfo>", into = "Vec<ErrorInfo>")]
pub(super) struct ErrorTable {
    /// Indexed by [`ErrorKey`].
    pub(super) infos: Vec<ErrorInfo>,
    index: HashMap<ErrorInfo, u32>,
    first_of: HashMap<(Sym, ErrorClass), ErrorKey>,
    classes: HashMap<ClassKey, (ErrorClass, bool)>,
}

/// What the class of an error depends on: ids and numbers of its text do not matter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct ClassKey {
    signature: String,
    error_type: String,
    http_status: Option<u16>,
}

impl Default for ErrorTable {
    fn default() -> ErrorTable {
        ErrorTable {
            infos: vec![ErrorInfo::default()],
            index: HashMap::from([(ErrorInfo::default(), 0)]),
            first_of: HashMap::new(),
            classes: HashMap::new(),
        }
    }
}

/// The table as another run left it: errors are looked up in it, and no more words are classified.
impl From<Vec<ErrorInfo>> for ErrorTable {
    fn from(infos: Vec<ErrorInfo>) -> ErrorTable {
        ErrorTable {
            infos,
            ..ErrorTable::default()
        }
    }
}

impl From<ErrorTable> for Vec<ErrorInfo> {
    fn from(table: ErrorTable) -> Vec<ErrorInfo> {
        table.infos
    }
}

impl ErrorTable {
    /// Classifies an error and keeps its words. With `every_message` each distinct text is kept as written; else
    /// the first text of a signature stands for all.
    pub(super) fn add(
        &mut self,
        words: &ErrorWords<'_>,
        every_message: bool,
        names: &mut Names,
        rules: &ClassRules,
    ) -> Classified {
        let signature = words_signature(words);
        let (class, open) = self.class(&signature, words, rules);
        let signature_sym = names.intern(&signature);
        let kind = (signature_sym, class);
        let known = self.first_of.get(&kind).filter(|_| !every_message);
        let key = known.copied().unwrap_or_else(|| {
            let info = ErrorInfo {
                code: names.intern(words.code.unwrap_or("")),
                message: names.intern(words.message.unwrap_or("")),
                signature: signature_sym,
                class,
                ..ErrorInfo::default()
            };
            let key = self.key_of(info);
            self.first_of.entry(kind).or_insert(key);
            key
        });
        Classified { key, class, open }
    }

    /// The place of an error, which is kept from now on.
    pub(super) fn key_of(&mut self, info: ErrorInfo) -> ErrorKey {
        if let Some(&at) = self.index.get(&info) {
            return ErrorKey(at);
        }
        let at = u32::try_from(self.infos.len()).unwrap_or(0);
        self.infos.push(info);
        self.index.insert(info, at);
        ErrorKey(at)
    }

    fn class(
        &mut self,
        signature: &str,
        words: &ErrorWords<'_>,
        rules: &ClassRules,
    ) -> (ErrorClass, bool) {
        let key = ClassKey {
            signature: signature.to_owned(),
            error_type: words.error_type.unwrap_or("").to_owned(),
            http_status: words.http_status,
        };
        // A user's rule may name what a signature leaves out, so it is asked each time.
        let cached = self.classes.get(&key).copied().filter(|_| rules.is_empty());
        let (class, open) = cached.unwrap_or_else(|| {
            let found = classify_error(
                words.code,
                words.message,
                words.error_type,
                words.http_status,
                rules,
            );
            self.classes.insert(key, found);
            found
        });
        match class {
            ErrorClass::Unknown | ErrorClass::None if words.fallback != ErrorClass::None => {
                (words.fallback, open)
            }
            ErrorClass::None => (ErrorClass::Unknown, open),
            class => (class, open),
        }
    }
}

/// The signature of the words, or of what stands for them.
fn words_signature(words: &ErrorWords<'_>) -> String {
    match (words.code, words.message) {
        (None, None) => match (words.error_type, words.http_status, words.status) {
            (Some(error_type), _, _) => signature(error_type, ""),
            (None, Some(status), _) if status >= 400 => format!("HTTP {status}"),
            (None, Some(0), None) => "no answer".to_owned(),
            (None, _, Some(status)) => signature(&status.to_lowercase(), ""),
            (None, _, None) => String::new(),
        },
        (code, message) => signature(code.unwrap_or(""), message.unwrap_or("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_kind_are_one_error_for_calls_and_kept_apart_for_attempts() {
        let (mut table, mut names) = (ErrorTable::default(), Names::default());
        let rules = ClassRules::default();
        let texts = ["order 11 timed out", "order 22 timed out"];
        let mut add = |message, every| {
            let words = ErrorWords {
                message: Some(message),
                ..ErrorWords::default()
            };
            table.add(&words, every, &mut names, &rules)
        };
        assert_eq!(add(texts[0], false).key, add(texts[1], false).key);
        assert_ne!(add(texts[0], true).key, add(texts[1], true).key);
        assert_eq!(add(texts[0], true).class, ErrorClass::UpstreamTimeout);
        let (a, b) = (add(texts[0], true).key.0, add(texts[1], true).key.0);
        let signature = |k: u32| table.infos[k as usize].signature;
        assert_eq!(signature(a), signature(b));
    }

    #[test]
    fn an_error_without_words_has_a_signature_all_the_same() {
        let (mut table, mut names) = (ErrorTable::default(), Names::default());
        let words = ErrorWords {
            http_status: Some(503),
            ..ErrorWords::default()
        };
        let got = table.add(&words, false, &mut names, &ClassRules::default());
        assert_eq!(got.class, ErrorClass::UpstreamUnavailable);
        let info = table.infos[got.key.0 as usize];
        assert_eq!(names.text(info.signature), "HTTP 503");
    }
}
