//! Rejections by Clerk, remembered for a few seconds: anyone may send the same again, and it then costs no call.

use std::time::Duration;

use moka::sync::Cache;

use crate::clock::{Timestamp, millis};

/// How long a rejection is remembered. A page whose requests all fail costs one call, and in production a used nonce may
/// stay in a cookie and come with every page load.
const REJECTED_FOR: Duration = Duration::from_secs(5);
/// The estimated size of an entry without its name and its reason, in bytes.
const PER_ENTRY: usize = 128;

/// The reasons, by what was rejected.
pub(super) struct Rejections<E>(Cache<Box<str>, (E, Timestamp)>);

impl<E: Clone + Send + Sync + 'static> Rejections<E> {
    /// Holds at most this many bytes.
    pub(super) fn new(max_bytes: u64) -> Self {
        #[allow(clippy::borrowed_box, reason = "the cache passes this type")]
        let weigh =
            |asked: &Box<str>, _: &_| u32::try_from(PER_ENTRY + size_of::<E>() + asked.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(max_bytes).weigher(weigh).build())
    }

    pub(super) fn insert(&self, asked: impl Into<Box<str>>, why: E, now: Timestamp) {
        self.0.insert(asked.into(), (why, now));
    }

    /// Returns why it was rejected within the last five seconds, if it was.
    pub(super) fn get(&self, asked: &str, now: Timestamp) -> Option<E> {
        let (why, since) = self.0.get(asked)?;
        (0..millis(REJECTED_FOR)).contains(&now.millis_since(since)).then_some(why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_lasts_for_five_seconds() {
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1_000);
        let rejections = Rejections::new(1 << 20);
        rejections.insert("nonce", "spent", at(0));
        for (name, asked, seconds, expected) in [
            ("at once", "nonce", 0, Some("spent")),
            ("a little later", "nonce", 4, Some("spent")),
            ("too late", "nonce", 5, None),
            ("before, by a clock that was set back", "nonce", -1, None),
            ("another one", "nonces", 0, None),
        ] {
            assert_eq!(rejections.get(asked, at(seconds)), expected, "{name}");
        }
    }
}
