//! [`ReplayGuard`]: an event that arrives twice is handled once.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    super::background,
    ids::{ReplayFuture, ReplayStore},
    memory::MemoryReplayStore,
};
use crate::revocations::StoreError;

/// Svix sends a webhook again for about 28 hours, and longer by hand.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// The most ids in memory, of about 150 bytes each.
const MAX_IDS: u64 = 100_000;

/// The time that a store may take for one call.
const LIMIT: Duration = Duration::from_secs(2);

/// Remembers the ids of events, so that one that arrives twice is handled once.
///
/// Clerk delivers a webhook at least once: after an answer that was lost, it sends the same event again, with the same
/// `Webhook::id`. An event that writes to a database does not need this guard if the write can be repeated.
/// An event that sends an email does.
///
/// Clones share the ids. [`new`](Self::new) keeps them in the memory of this process, at most 100,000;
/// `ReplayGuard::redis` (feature `redis`) keeps them where all servers see them. Each is kept for three days, which is
/// longer than Clerk's deliveries are repeated.
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use clerk_actix::{ReplayGuard, Webhook, WebhookEvent};
///
/// async fn clerk(webhook: Webhook, guard: web::Data<ReplayGuard>) -> actix_web::Result<HttpResponse> {
///     // 503 if the store fails: Clerk delivers the event again.
///     if !guard.insert(webhook.id()).await? {
///         return Ok(HttpResponse::Ok().finish());
///     }
///     if let Err(error) = send_welcome_email(&webhook.event).await {
///         // Otherwise the next delivery would count as a repetition.
///         guard.remove(webhook.id()).await?;
///         return Err(error);
///     }
///     Ok(HttpResponse::Ok().finish())
/// }
/// # async fn send_welcome_email(_: &WebhookEvent) -> actix_web::Result<()> { Ok(()) }
/// # let _ = clerk;
/// ```
///
/// If the process ends between the two, the event is lost. Where that matters, insert the id into your own database, in
/// the transaction that does the work.
#[derive(Clone)]
pub struct ReplayGuard {
    store: Arc<dyn ReplayStore>,
    retention: Duration,
}

impl ReplayGuard {
    /// Creates a guard in the memory of this process.
    pub fn new() -> Self {
        Self::with_store(MemoryReplayStore::new(MAX_IDS))
    }

    /// Creates a guard with its ids in this store.
    pub fn with_store(store: impl ReplayStore) -> Self {
        Self { store: Arc::new(store), retention: RETENTION }
    }

    /// Sets how long an id is kept. Default: three days.
    pub fn with_retention(self, retention: Duration) -> Self {
        Self { retention, ..self }
    }

    /// Inserts an id. Returns whether it was absent, so that the event has to be handled now.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer. The id may have been inserted all the same.
    pub async fn insert(&self, id: &str) -> Result<bool, StoreError> {
        let inserted = Arc::clone(&self.store).insert_if_absent(id.to_owned(), self.retention);
        background::run(within_limit(inserted)).await
    }

    /// Removes an id, because its event could not be handled.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer.
    pub async fn remove(&self, id: &str) -> Result<(), StoreError> {
        background::run(within_limit(Arc::clone(&self.store).remove(id.to_owned()))).await
    }
}

async fn within_limit<T>(call: ReplayFuture<T>) -> Result<T, StoreError> {
    tokio::time::timeout(LIMIT, call).await.unwrap_or(Err(StoreError::TimedOut { limit: LIMIT }))
}

impl Default for ReplayGuard {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayGuard").field("retention", &self.retention).finish_non_exhaustive()
    }
}
