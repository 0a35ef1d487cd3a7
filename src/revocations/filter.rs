//! A Bloom filter with one bit for each key: whether a key is certainly not in a set, without a lock.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bits for each key, at least: then at most one in eight lookups of an unknown key is passed on to the set itself.
const BITS_PER_KEY: usize = 8;
const MIN_BITS: usize = 1 << 13;

/// A filter of fixed size.
pub(super) struct Filter {
    words: Box<[AtomicU64]>,
    /// The number of keys that fit.
    pub(super) room: usize,
}

impl Filter {
    /// Creates an empty filter with room for at least this many keys.
    pub(super) fn for_keys(keys: usize) -> Self {
        let bits = keys.saturating_mul(BITS_PER_KEY).max(MIN_BITS).next_power_of_two();
        let words = (0..bits / 64).map(|_| AtomicU64::new(0)).collect();
        Self { words, room: bits / BITS_PER_KEY }
    }

    pub(super) fn insert(&self, key: u64) {
        let (word, bit) = self.place(key);
        if let Some(word) = self.words.get(word) {
            word.fetch_or(bit, Ordering::Release);
        }
    }

    /// Returns `false` if the key was never inserted.
    pub(super) fn may_contain(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.words.get(word).is_some_and(|word| word.load(Ordering::Acquire) & bit != 0)
    }

    /// The number of words is a power of two.
    fn place(&self, key: u64) -> (usize, u64) {
        let index = key as usize & (self.words.len() * 64 - 1);
        (index / 64, 1 << (index % 64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_was_inserted_is_found_and_few_others_are() {
        let key = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        let filter = Filter::for_keys(10_000);
        (0..10_000).for_each(|n| filter.insert(key(n)));
        assert!((0..10_000).all(|n| filter.may_contain(key(n))));
        let others = (10_000..20_000).filter(|n| filter.may_contain(key(*n))).count();
        assert!(others < 1_500, "{others} of 10,000");
    }
}
