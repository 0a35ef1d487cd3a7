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
//! - Nobody but Clerk can fill it: one token has one text (see `Jwt::decode`), so a client has as many entries as Clerk gives it
//!   tokens. It is bounded all the same, in entries and in bytes.

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

/// An entry's cost beside the token itself: the cache's own slots and its index.
const PER_ENTRY: usize = 256;

/// Its room is shared out among so many parts at the most, each with a lock of its own, so that workers do not wait for
/// each other.
const MAX_PARTS: u64 = 64;

/// How many tokens a part has room for at the least, where they take what tokens usually take: with fewer, it would depend
/// too much on chance which ones find room.
const USUAL_TOKENS: u64 = 128;
const USUAL_BYTES: u64 = 3 << 10;

/// quick_cache, and not moka: to put a token in takes a fifth of the time, to find one a third, and there is no log of
/// what was found that all workers write to. What expires needs no clock of the cache's: it is refused when it is found,
/// and its place is soon taken by one that is used.
pub(crate) struct VerifiedTokens(Cache<Key, Entry, AtLeast, RandomState>);

#[derive(Clone)]
struct Entry {
    token: Arc<SessionToken>,
    bytes: u32,
}

impl VerifiedTokens {
    /// `None` where the bounds leave room for nothing.
    pub(crate) fn new(bounds: TokenCache) -> Option<Self> {
        let (options, at_least) = options(bounds)?;
        Some(Self(Cache::with_options(options, at_least, RandomState::default(), Default::default())))
    }

    #[inline]
    pub(super) fn get(&self, text: &[u8]) -> Option<RememberedToken> {
        self.0.get(&Text(text)).map(|entry| entry.token.into())
    }

    #[cfg(feature = "internal-bench")]
    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(super) fn insert(&self, token: &Arc<SessionToken>) {
        let bytes = u32::try_from(token.footprint() + PER_ENTRY).unwrap_or(u32::MAX);
        self.0.insert(Key::new(Arc::clone(token)), Entry { token: Arc::clone(token), bytes });
    }
}

/// The options, and what an entry weighs at the least; `None` where there is room for nothing.
///
/// The cache has one bound, on the sum of weights. With each entry weighing at least its share of the bytes, that bound
/// holds for the number of entries as well.
fn options(bounds: TokenCache) -> Option<(Options, AtLeast)> {
    let TokenCache { max_entries, max_bytes } = bounds;
    let usual = max_entries.min(max_bytes / USUAL_BYTES);
    let parts = (usual / USUAL_TOKENS).clamp(1, MAX_PARTS).next_power_of_two();
    // No entry weighs more than 32 bits can say, and the parts' bounds are not to be rounded up.
    let weight = max_bytes.min(max_entries.saturating_mul(u32::MAX.into()));
    let weight = weight - weight % parts;
    if max_entries == 0 || weight == 0 {
        return None;
    }
    // The least of which there is no room for one more.
    let share = u32::try_from(weight / max_entries.saturating_add(1) + 1).unwrap_or(u32::MAX);
    let options = OptionsBuilder::new()
        .shards(usize::try_from(parts).ok()?)
        .estimated_items_capacity(usize::try_from(usual.max(parts * USUAL_TOKENS)).ok()?)
        .weight_capacity(weight)
        .build();
    options.ok().map(|options| (options, AtLeast(share)))
}

/// What an entry weighs, and no less.
#[derive(Clone)]
struct AtLeast(u32);

impl Weighter<Key, Entry> for AtLeast {
    fn weight(&self, _: &Key, entry: &Entry) -> u64 {
        entry.bytes.max(self.0).into()
    }
}

/// A token, found by its whole text.
struct Key {
    token: Arc<SessionToken>,
    /// Kept beside it: whenever the cache grows or makes room it asks for hashes, and the texts lie all over the memory.
    end: u64,
}

/// The text, as a request has it.
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

/// What is hashed: the end of the text alone. In here that is the end of a signature, which is as good as random, and which
/// nobody but Clerk can choose: two tokens that end alike are not both genuine, and only genuine ones are kept. Equality is
/// of the whole text as ever. Hashing all of it would cost more than all the rest of a lookup.
#[inline]
fn end(text: &[u8]) -> u64 {
    let half = |bytes: &[u8]| bytes.iter().fold(0, |bits: u64, byte| bits << 8 | u64::from(*byte));
    match text.last_chunk::<HASHED_END>() {
        // In base64 each byte leaves the same bits unused: turned, the halves fill each other's.
        Some(end) => half(&end[..8]) ^ half(&end[8..]).rotate_left(29),
        None => half(text),
    }
}

#[cfg(test)]
#[path = "verified_tokens_tests.rs"]
mod tests;
