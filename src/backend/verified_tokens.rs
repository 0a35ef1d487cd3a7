//! The session tokens that one configuration has verified, so that a browser's next request costs a lookup and not an RSA
//! verification.
//!
//! Why a token that is found here may count again without its signature being looked at:
//!
//! - It is found by its whole text, compared to the last byte. A token that differs anywhere is another one, and is
//!   verified.
//! - Only tokens that passed every rule are put in. Refusals are not remembered: strangers can make up any number of
//!   tokens that are refused, and time or a new key can make one good.
//! - What is found is a [`RememberedToken`], which is no session yet. Its key is asked for as that of any other token is, so
//!   that keys which are too old, unknown or not to be had refuse it just the same; it has to be the very key that verified
//!   it; and its times are compared with the clock on every use. Nothing else that the verdict depends on can change.
//! - Each configuration has its own, as it has its own rules and keys. One instance's tokens are not found by another.
//! - Nobody but Clerk can fill it: one token has one text that is kept, so a client has as many entries as Clerk gives it
//!   tokens. It is bounded all the same, in entries and in bytes.

use std::{
    hash::{BuildHasher, DefaultHasher, Hasher, RandomState},
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync::Cache};

use crate::{
    clock::Timestamp,
    config::TokenCache,
    token::{RememberedToken, SessionToken},
};

/// An entry's cost beside the token itself: the cache's own nodes, pointers and counters.
const PER_ENTRY: usize = 512;

/// An entry is dropped when its token has expired, and at the latest after this.
const LONGEST_STAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct VerifiedTokens(Cache<Arc<str>, Entry, SignatureHash>);

#[derive(Clone)]
struct Entry {
    token: Arc<SessionToken>,
    stay: Duration,
    weight: u32,
}

impl VerifiedTokens {
    /// `None` where the bounds leave room for nothing.
    pub(crate) fn new(bounds: TokenCache) -> Option<Self> {
        let TokenCache { max_entries, max_bytes } = bounds;
        if max_entries == 0 || max_bytes == 0 {
            return None;
        }
        // moka has one bound, on the sum of weights. With each entry weighing at least its share of the bytes, that bound
        // holds for both.
        let capacity = max_bytes.min(max_entries.saturating_mul(u32::MAX.into()));
        let share = u32::try_from(capacity.div_ceil(max_entries)).unwrap_or(u32::MAX);
        let cache = Cache::builder()
            .name("verified session tokens")
            .max_capacity(capacity)
            .weigher(move |_, entry: &Entry| entry.weight.max(share))
            .expire_after(Stay)
            .build_with_hasher(SignatureHash::default());
        Some(Self(cache))
    }

    pub(super) fn get(&self, text: &str) -> Option<RememberedToken> {
        self.0.get(text).map(|entry| entry.token.into())
    }

    pub(super) fn insert(&self, token: &Arc<SessionToken>, clock_skew: Duration, now: Timestamp) {
        let text = token.expose_shared();
        // Padding is put up with at the end of a signature (see `Jwt::decode`), but is no part of it: with it kept, one
        // token would have as many texts as anybody likes.
        if text.ends_with('=') {
            return;
        }
        let stay = token.remaining(clock_skew, now).min(LONGEST_STAY);
        let weight = u32::try_from(token.footprint() + PER_ENTRY).unwrap_or(u32::MAX);
        self.0.insert(text, Entry { token: Arc::clone(token), stay, weight });
    }
}

/// Drops what has expired, by the machine's own clock. It makes room, and no more: whether a token counts is decided by
/// the configuration's clock on every use.
struct Stay;

impl Expiry<Arc<str>, Entry> for Stay {
    fn expire_after_create(&self, _: &Arc<str>, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.stay)
    }

    fn expire_after_update(&self, _: &Arc<str>, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.stay)
    }
}

/// Hashes the end of a text. In here that is the end of a signature, which is as good as random, and which nobody but
/// Clerk can choose: two tokens that end alike are not both genuine, and only genuine ones are kept. Equality is of the
/// whole text as ever. Hashing all of it would cost more than all the rest of a lookup.
#[derive(Clone, Default)]
struct SignatureHash(RandomState);

const HASHED_END: usize = 32;

impl BuildHasher for SignatureHash {
    type Hasher = EndHasher;

    fn build_hasher(&self) -> EndHasher {
        EndHasher(self.0.build_hasher())
    }
}

struct EndHasher(DefaultHasher);

impl Hasher for EndHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes.get(bytes.len().saturating_sub(HASHED_END)..).unwrap_or(bytes));
    }

    fn finish(&self) -> u64 {
        self.0.finish()
    }
}

#[cfg(test)]
#[path = "verified_tokens_tests.rs"]
mod tests;
