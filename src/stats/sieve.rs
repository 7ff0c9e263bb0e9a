//! Which of many keys may occur more than once, in a few bits for each.

/// Told the hash of every key, it knows for most keys that occur once that they do: the others are few enough to be held.
///
/// A bit array with one hash function, twice: Bloom, "Space/time trade-offs in hash coding with allowable errors" (1970).
pub struct Sieve {
    once: Vec<u64>,
    again: Vec<u64>,
    mask: u64,
}

impl Sieve {
    /// For about so many keys.
    pub fn new(keys: usize) -> Sieve {
        const BITS_PER_KEY: usize = 8;
        let bits = (keys.max(8) * BITS_PER_KEY).next_power_of_two();
        Sieve {
            once: vec![0; bits / 64],
            again: vec![0; bits / 64],
            mask: bits as u64 - 1,
        }
    }

    /// Takes the hash of a key.
    pub fn add(&mut self, hash: u64) {
        let (word, bit) = self.place(hash);
        self.again[word] |= self.once[word] & bit;
        self.once[word] |= bit;
    }

    /// Whether a key with this hash may have been added more than once; never `false` for one that was.
    pub fn may_repeat(&self, hash: u64) -> bool {
        let (word, bit) = self.place(hash);
        self.again[word] & bit != 0
    }

    fn place(&self, hash: u64) -> (usize, u64) {
        let at = hash & self.mask;
        ((at / 64) as usize, 1 << (at % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_that_repeats_is_never_missed(hashes in proptest::collection::vec(0u64..5000, 0..200)) {
            let mut sieve = Sieve::new(hashes.len());
            hashes.iter().for_each(|h| sieve.add(*h));
            for hash in &hashes {
                let times = hashes.iter().filter(|h| *h == hash).count();
                prop_assert!(times == 1 || sieve.may_repeat(*hash));
            }
        }
    }

    #[test]
    fn most_keys_that_occur_once_pass() {
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 13;
        let mut sieve = Sieve::new(10_000);
        (0..10_000).for_each(|n| sieve.add(hash(n)));
        let held = (0..10_000).filter(|n| sieve.may_repeat(hash(*n))).count();
        assert!(held < 2_000, "{held} of 10,000");
    }
}
