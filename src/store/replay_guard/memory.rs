//! Ids in the memory of one process, bounded in number and in time.

use std::{
    future::ready,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync::Cache};

use super::ids::{ReplayFuture, ReplayStore};

pub(super) struct MemoryReplayStore(Cache<String, Duration>);

/// Each id has a lifetime of its own.
struct Lifetime;

impl Expiry<String, Duration> for Lifetime {
    fn expire_after_create(&self, _: &String, retention: &Duration, _: Instant) -> Option<Duration> {
        Some(*retention)
    }
}

impl MemoryReplayStore {
    pub(super) fn new(max_ids: u64) -> Self {
        Self(Cache::builder().max_capacity(max_ids).expire_after(Lifetime).build())
    }
}

impl ReplayStore for MemoryReplayStore {
    fn insert_if_absent(self: Arc<Self>, id: String, retention: Duration) -> ReplayFuture<bool> {
        Box::pin(ready(Ok(self.0.entry(id).or_insert(retention).is_fresh())))
    }

    fn remove(self: Arc<Self>, id: String) -> ReplayFuture<()> {
        self.0.invalidate(&id);
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_for_its_retention() {
        let retention = Duration::from_secs(7);
        assert_eq!(Lifetime.expire_after_create(&"id".to_owned(), &retention, Instant::now()), Some(retention));
    }
}
