//! Strings kept once, and ids kept as fixed-size hashes.

use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::number::grouped;

/// A map for hot paths, with a seed that is always the same; never iterated.
pub type FastMap<K, V> = HashMap<K, V, FixedState>;
/// A set for hot paths, with a seed that is always the same; never iterated.
pub type FastSet<K> = HashSet<K, FixedState>;

/// A map for hot paths that may be iterated: in the order of insertion.
pub type OrderedMap<K, V> = indexmap::IndexMap<K, V, FixedState>;

/// A string kept once in [`Names`]. `Sym::NONE` stands for "the record does not say".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Sym(pub u32);

impl Sym {
    /// The record does not say.
    pub const NONE: Sym = Sym(0);

    /// Whether the record did not say.
    pub fn is_none(self) -> bool {
        self == Sym::NONE
    }

    /// Whether the record did say.
    pub fn is_some(self) -> bool {
        self != Sym::NONE
    }
}

/// An interner. The order of symbols is the order of first use and has no meaning: whoever prints
/// sorts by the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct Names {
    texts: Vec<Arc<str>>,
    index: FastMap<Arc<str>, u32>,
}

impl Default for Names {
    fn default() -> Names {
        let empty: Arc<str> = Arc::from("");
        Names {
            texts: vec![empty.clone()],
            index: FastMap::from_iter([(empty, 0)]),
        }
    }
}

impl From<Vec<String>> for Names {
    fn from(texts: Vec<String>) -> Names {
        let mut names = Names::default();
        for text in texts.into_iter().skip(1) {
            let text: Arc<str> = text.into();
            names.index.insert(text.clone(), names.texts.len() as u32);
            names.texts.push(text);
        }
        names
    }
}

impl From<Names> for Vec<String> {
    fn from(names: Names) -> Vec<String> {
        names.texts.iter().map(|t| t.to_string()).collect()
    }
}

impl Names {
    /// The symbol of `text`, which is kept from now on. The empty text is [`Sym::NONE`].
    pub fn intern(&mut self, text: &str) -> Sym {
        if let Some(&at) = self.index.get(text) {
            return Sym(at);
        }
        let at = u32::try_from(self.texts.len()).unwrap_or(0);
        let kept: Arc<str> = Arc::from(text);
        self.texts.push(kept.clone());
        self.index.insert(kept, at);
        Sym(at)
    }

    /// The symbol of `text` if it is known.
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.index.get(text).map(|&at| Sym(at))
    }

    /// The text of a symbol; empty for [`Sym::NONE`] and for a symbol of another interner.
    pub fn text(&self, sym: Sym) -> &str {
        self.texts.get(sym.0 as usize).map_or("", |t| t)
    }

    /// The text of a symbol, shared; `None` for [`Sym::NONE`].
    pub fn shared(&self, sym: Sym) -> Option<Arc<str>> {
        if sym.is_none() {
            None
        } else {
            self.texts.get(sym.0 as usize).cloned()
        }
    }

    /// How many texts are kept, the empty one included.
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether nothing but the empty text is kept.
    pub fn is_empty(&self) -> bool {
        self.texts.len() <= 1
    }
}

/// Names in a sentence: `a, b`, and of very many only the first, `a, b and 190 more`.
pub fn in_words<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 12;
    let told: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(MOST) {
        0 => told.join(", "),
        more => format!("{} and {} more", told.join(", "), grouped(more as u64)),
    }
}

/// An id (payment, order, trace, customer) as 64 bits: enough to join by, small enough to keep for
/// every record. `IdHash::NONE` stands for no id, or one that cannot link anything (see [`IdHash::of`]).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct IdHash(pub u64);

impl IdHash {
    /// No id.
    pub const NONE: IdHash = IdHash(0);

    /// The hash of an id's text (multiply and fold over words of 8 bytes, with a step of MurmurHash3's finaliser at the end;
    /// stable across runs and machines). Texts that mean "no id" (`-`, `null`, `none`, `undefined`, all zeros, nothing) give `NONE`.
    pub fn of(text: &str) -> IdHash {
        let text = text.trim();
        if means_nothing(text) {
            return IdHash::NONE;
        }
        // Eight bytes at a time; the length tells "a" from "a\0".
        const K: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut h: u64 = K ^ text.len() as u64;
        for word in words(text.as_bytes()) {
            h = (h ^ word).wrapping_mul(K);
            h ^= h >> 32;
        }
        h ^= h >> 33;
        h = h.wrapping_mul(0xff51_afd7_ed55_8ccd);
        h ^= h >> 33;
        IdHash(h.max(1))
    }

    /// Whether there is an id.
    pub fn is_some(self) -> bool {
        self != IdHash::NONE
    }
}

/// Eight bytes at a time as a number, the last ones filled up with zeros.
pub fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    let (whole, rest) = bytes.as_chunks::<8>();
    let last = rest
        .iter()
        .rev()
        .fold(0, |word, b| word << 8 | u64::from(*b));
    let last = (!rest.is_empty()).then_some(last);
    whole.iter().map(|w| u64::from_le_bytes(*w)).chain(last)
}

fn means_nothing(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "null",
        "nil",
        "none",
        "undefined",
        "n/a",
        "na",
        "unknown",
        "nan",
        "(null)",
    ];
    text.bytes()
        .all(|b| matches!(b, b'0' | b'-' | b'_' | b'.' | b' '))
        || WORDS.iter().any(|w| w.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_ids_link_nothing() {
        for id in [
            "",
            "-",
            "null",
            "None",
            "0",
            "00000000-0000-0000-0000-000000000000",
            "0000",
        ] {
            assert_eq!(IdHash::of(id), IdHash::NONE, "{id:?}");
        }
        assert!(IdHash::of("pay_1").is_some());
        assert_ne!(IdHash::of("pay_1"), IdHash::of("pay_2"));
    }

    #[test]
    fn the_last_word_is_filled_up_with_zeros() {
        let all = |text: &str| words(text.as_bytes()).collect::<Vec<u64>>();
        assert!(all("").is_empty());
        assert_eq!(all("ab"), [0x6261]);
        assert_eq!(all("abcdefgh"), [0x6867_6665_6463_6261]);
        assert_eq!(all("abcdefghi"), [0x6867_6665_6463_6261, 0x69]);
        // hashes stand in digests, and must not change
        assert_eq!(
            IdHash::of("pay_846b7389c01c1d3e").0,
            6_586_256_785_555_334_318
        );
    }

    #[test]
    fn interning_keeps_one_copy() {
        let mut names = Names::default();
        let a = names.intern("binance");
        assert_eq!(names.intern("binance"), a);
        assert_eq!(names.text(a), "binance");
        assert_eq!(names.intern(""), Sym::NONE);
    }
}
