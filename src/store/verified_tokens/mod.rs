//! The cache of session tokens that one configuration has verified, so that a browser's next request costs a lookup and
//! not an RSA verification.
//!
//! Why it is safe to accept a cached token without checking its signature again:
//!
//! - A token is looked up by its whole text, compared to the last byte. A token that differs anywhere is a different
//!   token, and is verified.
//! - Only tokens that passed every rule are stored. Rejections are not: attackers can make up any number of bad tokens,
//!   and time or a new key can make one good.
//! - The cache returns a [`RememberedToken`], which is not a session yet. Its key is requested like any other token's
//!   key, so missing, unknown or outdated keys reject it too. The key has to be the very key that verified the token,
//!   and the token's times are compared with the clock on every use. So is the list of revoked sessions
//!   (`request/verification.rs`). Nothing else that the verdict depends on can change.
//! - Each configuration has its own cache, as it has its own rules and keys. An instance never finds another instance's
//!   tokens.
//! - Only Clerk can fill it: each token has exactly one text (see `Jwt::decode`), so a client has as many entries as
//!   Clerk issues it tokens. It is still bounded, in entries and in bytes.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use foldhash::fast::RandomState;
use quick_cache::{Equivalent, Options, OptionsBuilder, Weighter, sync::Cache};

use crate::{
    config::TokenCache,
    token::{RememberedToken, SessionToken},
};

/// An entry's cost in addition to the token: the cache's slots and index.
const PER_ENTRY: usize = 256;

/// The maximum number of shards. Each shard has its own lock, so that workers do not wait for each other.
const MAX_PARTS: u64 = 64;

/// The minimum room in a shard, in tokens of usual size: with fewer, chance would decide too often which tokens find
/// room.
const USUAL_TOKENS: u64 = 128;
const USUAL_BYTES: u64 = 3 << 10;

/// Uses quick_cache rather than moka: an insert takes a fifth of the time and a lookup a third, and there is no log of
/// reads that all workers write to. Expiry needs no clock in the cache: an expired token is rejected when it is found,
/// and its slot soon goes to a token in use.
pub(crate) struct VerifiedTokens(Cache<Key, Entry, AtLeast, RandomState>);

#[derive(Clone)]
struct Entry {
    token: Arc<SessionToken>,
    bytes: u32,
}

impl VerifiedTokens {
    /// Returns `None` if the bounds leave no room.
    pub(crate) fn new(bounds: TokenCache) -> Option<Self> {
        let (options, at_least) = options(bounds)?;
        Some(Self(Cache::with_options(options, at_least, RandomState::default(), Default::default())))
    }

    /// Inlined, like everything that a cached token passes through: without that, authenticating one takes 8 % longer
    /// (`header, remembered` in `benches/rules.rs`).
    #[inline]
    pub(crate) fn get(&self, text: &[u8]) -> Option<RememberedToken> {
        self.0.get(&Text(text)).map(|entry| entry.token.into())
    }

    #[cfg(feature = "__internal-bench")]
    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn insert(&self, token: &Arc<SessionToken>) {
        let bytes = u32::try_from(token.footprint() + PER_ENTRY).unwrap_or(u32::MAX);
        self.0.insert(Key::new(Arc::clone(token)), Entry { token: Arc::clone(token), bytes });
    }
}

/// Returns the options and the minimum weight of an entry, or `None` if there is no room.
///
/// The cache has one bound, on the sum of weights. Each entry weighs at least its share of the bytes, so that this
/// bound also limits the number of entries.
fn options(bounds: TokenCache) -> Option<(Options, AtLeast)> {
    let TokenCache { max_entries, max_bytes } = bounds;
    let usual = max_entries.min(max_bytes / USUAL_BYTES);
    let parts = (usual / USUAL_TOKENS).clamp(1, MAX_PARTS).next_power_of_two();
    // No entry weighs more than a `u32` can hold, and the shards' bounds must not be rounded up.
    let weight = max_bytes.min(max_entries.saturating_mul(u32::MAX.into()));
    let weight = weight - weight % parts;
    if max_entries == 0 || weight == 0 {
        return None;
    }
    // The smallest weight at which one more entry than `max_entries` does not fit.
    let share = u32::try_from(weight / max_entries.saturating_add(1) + 1).unwrap_or(u32::MAX);
    let options = OptionsBuilder::new()
        .shards(usize::try_from(parts).ok()?)
        .estimated_items_capacity(usize::try_from(usual.max(USUAL_TOKENS)).ok()?)
        .weight_capacity(weight)
        .build();
    options.ok().map(|options| (options, AtLeast(share)))
}

/// The minimum weight of an entry.
#[derive(Clone)]
struct AtLeast(u32);

impl Weighter<Key, Entry> for AtLeast {
    fn weight(&self, _: &Key, entry: &Entry) -> u64 {
        entry.bytes.max(self.0).into()
    }
}

/// A token, looked up by its whole text.
struct Key {
    token: Arc<SessionToken>,
    /// Cached here because the cache asks for hashes whenever it grows or evicts, and the texts are scattered in
    /// memory.
    end: u64,
}

/// The token's text, borrowed from a request.
struct Text<'r>(&'r [u8]);

impl Key {
    fn new(token: Arc<SessionToken>) -> Self {
        let end = end(token.expose().as_bytes());
        Self { token, end }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.token.expose() == other.token.expose()
    }
}

impl Eq for Key {}

impl Equivalent<Key> for Text<'_> {
    #[inline]
    fn equivalent(&self, key: &Key) -> bool {
        key.token.is(self.0)
    }
}

impl Hash for Key {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(self.end);
    }
}

impl Hash for Text<'_> {
    #[inline]
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(end(self.0));
    }
}

const HASHED_END: usize = 16;

/// Returns the part of the text that is hashed: its end. For stored tokens that is the end of a signature, which is as
/// good as random and which only Clerk can choose: two genuine tokens do not end alike, and only genuine ones are
/// stored. Equality still compares the whole text. Hashing all of it would cost more than the rest of a lookup: a
/// lookup of a token of 1 kB would take 65 ns instead of 27 (`recall` in `benches/rules.rs`).
#[inline]
fn end(text: &[u8]) -> u64 {
    // No token is shorter, so no shorter text is found.
    let Some(end) = text.last_chunk::<HASHED_END>() else { return 0 };
    let end = u128::from_be_bytes(*end);
    // In base64 each byte leaves the same bits unused. Rotating one half fills the gaps of the other.
    (end >> 64) as u64 ^ (end as u64).rotate_left(29)
}

#[cfg(test)]
mod tests;
