//! [`SharedRevocations`]: how a list of cut-offs is connected to a store.

use std::{fmt, sync::Arc, time::Duration};

use super::{super::background, follower, log::RevocationStore};
use crate::revocations::{Link, MAX_CUT_OFFS, RETENTION, Reading, Revocations, StoreError, WhenUnreachable};

/// Connects [`Revocations`] to a store that several servers share, such as Redis.
///
/// What one server cuts off then takes effect on all of them within milliseconds. Each has the whole list in memory, so
/// requests never wait for the store.
///
/// - At the start, the list is read from the store.
/// - A server that was disconnected reads what it has missed, and writes what it could not.
/// - A store that lost its data, because it was restarted without a copy on disk or was cleared, gets it back from the
///   servers.
/// - While the store cannot be reached, session tokens are accepted or rejected, as [`WhenUnreachable`] says. Which of
///   them is shown by [`ClerkConfig::doctor`](crate::ClerkConfig::doctor), [`is_ready`](crate::ClerkConfig::is_ready),
///   the log and the metrics. A store that has gone silent is noticed within three seconds.
///
/// Create it in `main`, not in the closure that builds the `App`: that one runs once per worker.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::{Revocations, stores::{MemoryStore, SharedRevocations, WhenUnreachable}};
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), clerk_actix::stores::StoreError> {
/// // With the feature `redis`: `Revocations::redis("redis://127.0.0.1/")?`
/// let store = MemoryStore::new();
/// let start = || SharedRevocations::new(store.clone())
///     .when_unreachable(WhenUnreachable::RejectAfter(Duration::from_secs(30)))
///     .start();
/// let (here, there): (Revocations, Revocations) = (start().await?, start().await?);
///
/// here.sign_out_user("user_1");
/// here.written().await?;
/// # let _ = there;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing happens before `start` is awaited"]
pub struct SharedRevocations {
    store: Arc<dyn RevocationStore>,
    max_cut_offs: usize,
    retention: Duration,
    when_unreachable: WhenUnreachable,
}

impl SharedRevocations {
    /// Shares revocations through this store.
    pub fn new(store: impl RevocationStore) -> Self {
        Self {
            store: Arc::new(store),
            max_cut_offs: MAX_CUT_OFFS,
            retention: RETENTION,
            when_unreachable: WhenUnreachable::default(),
        }
    }

    /// Sets how many cut-offs are kept, on each server, and for how long, there and in the store. Defaults: a million,
    /// a day. A cut-off takes about 200 bytes in the memory of a server; see [`Revocations::with_limits`].
    pub fn limits(self, max_cut_offs: usize, retention: Duration) -> Self {
        Self { max_cut_offs, retention, ..self }
    }

    /// Sets what happens to session tokens while the store cannot be reached. Default:
    /// [`KeepServing`](WhenUnreachable::KeepServing).
    pub fn when_unreachable(self, when_unreachable: WhenUnreachable) -> Self {
        Self { when_unreachable, ..self }
    }

    /// Connects, and waits until the list was read from the store.
    ///
    /// If the store cannot be reached, that is logged, and the list is returned all the same: it is read as soon as the
    /// store answers. Until then, [`WhenUnreachable`] decides.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if trying again would not help: the store rejects the password or the commands, or its address is
    /// not valid.
    pub async fn start(self) -> Result<Revocations, StoreError> {
        let Self { store, max_cut_offs, retention, when_unreachable } = self;
        let (link, outbox) = Link::new(store.name(), when_unreachable);
        let mut reading = link.reading.subscribe();
        let revocations = Revocations::linked(max_cut_offs, retention, Some(link));
        let list = revocations.downgrade();
        background::spawn(follower::follow(store, list, outbox, max_cut_offs, retention))?;
        let outcome =
            reading.wait_for(|reading| !matches!(reading, Reading::Begun)).await.map(|reading| reading.clone());
        match outcome {
            Ok(Reading::Failed(error)) if !error.is_temporary() => Err(error),
            _ => Ok(revocations),
        }
    }
}

impl fmt::Debug for SharedRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRevocations")
            .field("store", &self.store.name())
            .field("when_unreachable", &self.when_unreachable)
            .finish_non_exhaustive()
    }
}
