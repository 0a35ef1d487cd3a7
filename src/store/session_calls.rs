//! The calls to Clerk that one session may cause, outside the limit for strangers.

use std::sync::{Arc, Mutex, PoisonError};

use moka::sync::Cache;

use super::quota::Bucket;
use crate::clock::Timestamp;

/// The maximum number of sessions.
const MAX_SESSIONS: u64 = 100_000;
/// This many calls at once, and this many more per minute.
const CALLS: u64 = 10;
const MICRO_CALLS_PER_MILLI: u64 = (CALLS * Bucket::CALL).div_ceil(60_000);

/// Sessions that Clerk has signed a token for, by their ID, and what is left of their calls.
pub(super) struct SessionCalls(Cache<Box<str>, Arc<Mutex<Bucket>>>);

impl SessionCalls {
    pub(super) fn new() -> Self {
        Self(Cache::new(MAX_SESSIONS))
    }

    /// Adds a session. One that is there keeps its count.
    pub(super) fn add(&self, session_id: &str) {
        if !self.has(session_id) {
            let bucket = Bucket::new(MICRO_CALLS_PER_MILLI, CALLS * Bucket::CALL);
            self.0.entry(session_id.into()).or_insert(Arc::new(Mutex::new(bucket)));
        }
    }

    pub(super) fn remove(&self, session_id: &str) {
        self.0.invalidate(session_id);
    }

    pub(super) fn has(&self, session_id: &str) -> bool {
        self.0.contains_key(session_id)
    }

    /// Takes one call. Returns `false` if the session is unknown, or has no call left.
    pub(super) fn spend(&self, session_id: &str, now: Timestamp) -> bool {
        let bucket = self.0.get(session_id);
        bucket.is_some_and(|bucket| bucket.lock().unwrap_or_else(PoisonError::into_inner).spend(now))
    }
}
