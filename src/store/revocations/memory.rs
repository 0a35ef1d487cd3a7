//! A store in the memory of one process: for tests, and for several lists in one process.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::timeout};

use super::log::{Batch, Position, RevocationStore, StoreFuture};
use crate::revocations::{CutOff, StoreError};

/// A [`RevocationStore`] in memory, whose clones share one log. It connects several
/// [`Revocations`](crate::Revocations) in one process, as a test of several servers needs them.
///
/// It can be taken away, to see what the application does without its store:
///
/// ```
/// use clerk_actix::stores::MemoryStore;
///
/// let store = MemoryStore::new();
/// store.set_reachable(false);
/// store.set_reachable(true);
/// store.clear();
/// ```
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Log {
    /// Numbered, and never with the same number again.
    entries: Vec<(u64, CutOff)>,
    last: u64,
    is_gone: bool,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets whether the store can be reached.
    pub fn set_reachable(&self, is_reachable: bool) {
        self.log().is_gone = !is_reachable;
        self.announce();
    }

    /// Deletes everything, as a Redis server without a copy on disk does when it is restarted.
    pub fn clear(&self) {
        self.log().entries.clear();
        self.announce();
    }

    /// Returns the number of cut-offs in the log.
    pub fn len(&self) -> usize {
        self.log().entries.len()
    }

    /// Returns whether the log is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn announce(&self) {
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn read_now(&self, after: Option<u64>) -> Result<Batch, StoreError> {
        let log = self.log();
        if log.is_gone {
            return Err(StoreError::unreachable("it was taken away"));
        }
        let first = log.entries.partition_point(|(number, _)| after.is_some_and(|after| *number <= after));
        let new = log.entries.get(first..).unwrap_or_default();
        let end = new.last().map(|(number, _)| Position::new(number.to_string()));
        let has_lost = after.is_some_and(|after| log.entries.binary_search_by_key(&after, |entry| entry.0).is_err());
        Ok(Batch::new(new.iter().map(|(_, cut_off)| cut_off.clone()).collect(), end).with_loss(has_lost))
    }
}

impl RevocationStore for MemoryStore {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn append<'s>(&'s self, cut_offs: &'s [CutOff], retention: Duration) -> StoreFuture<'s, ()> {
        Box::pin(async move {
            {
                let mut log = self.log();
                if log.is_gone {
                    return Err(StoreError::unreachable("it was taken away"));
                }
                for cut_off in cut_offs {
                    log.last += 1;
                    let number = log.last;
                    log.entries.push((number, cut_off.clone()));
                    let oldest = cut_off.made_at.minus(retention);
                    log.entries.retain(|(_, entry)| entry.made_at >= oldest);
                }
            }
            self.announce();
            Ok(())
        })
    }

    fn read<'s>(&'s self, after: Option<&'s Position>, wait: Duration) -> StoreFuture<'s, Batch> {
        Box::pin(async move {
            let after = after.and_then(|after| after.as_str().parse().ok());
            let mut changes = self.0.changes.subscribe();
            let found = |batch: &Result<Batch, _>| {
                batch.as_ref().map_or(true, |batch: &Batch| batch.has_lost || !batch.cut_offs.is_empty())
            };
            let news = async {
                loop {
                    changes.mark_unchanged();
                    let batch = self.read_now(after);
                    if found(&batch) || changes.changed().await.is_err() {
                        return batch;
                    }
                }
            };
            timeout(wait, news).await.unwrap_or_else(|_| self.read_now(after))
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("cut_offs", &self.len()).finish()
    }
}
