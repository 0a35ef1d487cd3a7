//! Ids in the memory of one process, bounded in number and in time.

use std::{
    future::ready,
    sync::Arc,
    time::{Duration, Instant},
};

use moka::{Expiry, sync::Cache};

use super::ids::{Delivery, ReplayFuture, ReplayStore};

pub(super) struct MemoryReplayStore(Cache<String, Entry>);

#[derive(Clone, Copy)]
struct Entry {
    is_done: bool,
    lifetime: Duration,
}

/// Each id has a lifetime of its own, which begins again when it is done.
struct Lifetime;

impl Expiry<String, Entry> for Lifetime {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.lifetime)
    }

    fn expire_after_update(&self, _: &String, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.lifetime)
    }
}

impl MemoryReplayStore {
    pub(super) fn new(max_ids: u64) -> Self {
        Self(Cache::builder().max_capacity(max_ids).expire_after(Lifetime).build())
    }
}

impl ReplayStore for MemoryReplayStore {
    fn begin(self: Arc<Self>, id: String, lease: Duration) -> ReplayFuture<Delivery> {
        let entry = self.0.entry(id).or_insert(Entry { is_done: false, lifetime: lease });
        let delivery = match (entry.is_fresh(), entry.value().is_done) {
            (true, _) => Delivery::New,
            (false, true) => Delivery::Done,
            (false, false) => Delivery::InProgress,
        };
        Box::pin(ready(Ok(delivery)))
    }

    fn finish(self: Arc<Self>, id: String, retention: Duration) -> ReplayFuture<()> {
        self.0.insert(id, Entry { is_done: true, lifetime: retention });
        Box::pin(ready(Ok(())))
    }

    fn abandon(self: Arc<Self>, id: String) -> ReplayFuture<()> {
        self.0.invalidate(&id);
        Box::pin(ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_for_its_lifetime() {
        let (id, now) = ("id".to_owned(), Instant::now());
        for is_done in [false, true] {
            let lifetime = Duration::from_secs(7);
            let entry = Entry { is_done, lifetime };
            assert_eq!(Lifetime.expire_after_create(&id, &entry, now), Some(lifetime));
            let left = Some(Duration::from_secs(1));
            assert_eq!(Lifetime.expire_after_update(&id, &entry, now, left), Some(lifetime), "from then on");
        }
    }
}
