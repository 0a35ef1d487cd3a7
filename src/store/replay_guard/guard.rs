//! [`ReplayGuard`]: an event that arrives twice is handled once.

use std::{fmt, sync::Arc, time::Duration};

use super::{
    super::background,
    ids::{Delivery, ReplayFuture, ReplayStore},
    memory::MemoryReplayStore,
};
use crate::revocations::StoreError;

/// Svix sends a webhook again for about 28 hours, and longer by hand.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// Svix gives up a delivery after 15 seconds, and makes its third attempt five minutes after the second: by then, an attempt
/// that was lost has to be over.
const LEASE: Duration = Duration::from_secs(4 * 60);
/// The most ids in memory, of about 150 bytes each.
const MAX_IDS: u64 = 100_000;

/// The time that a store may take for one call.
const LIMIT: Duration = Duration::from_secs(2);

/// Remembers the ids of events, so that one that arrives twice is handled once.
///
/// Clerk delivers a webhook at least once: after an answer that was lost or late, it sends the same event again, with the
/// same `Webhook::id`, perhaps while the first delivery is still being handled. An event that writes to a database does not
/// need this guard if the write can be repeated. An event that sends an email does.
///
/// Clones share the ids. [`new`](Self::new) keeps them in the memory of this process, at most 100,000;
/// `ReplayGuard::redis` (feature `redis`) keeps them where all servers see them. Each is kept for three days, which is
/// longer than Clerk's deliveries are repeated.
///
/// ```
/// use actix_web::{HttpResponse, web};
/// use clerk_actix::{Delivery, ReplayGuard, Webhook, WebhookEvent};
///
/// async fn clerk(webhook: Webhook, guard: web::Data<ReplayGuard>) -> actix_web::Result<HttpResponse> {
///     // 503 if the store fails: Clerk delivers the event again.
///     match guard.begin(webhook.id()).await? {
///         Delivery::New => {}
///         Delivery::Done => return Ok(HttpResponse::Ok().finish()),
///         // The other delivery may still fail. After a 2xx, Clerk would not send the event again.
///         Delivery::InProgress => return Ok(HttpResponse::Conflict().finish()),
///     }
///     if let Err(error) = send_welcome_email(&webhook.event).await {
///         guard.abandon(webhook.id()).await?;
///         return Err(error);
///     }
///     guard.finish(webhook.id()).await?;
///     Ok(HttpResponse::Ok().finish())
/// }
/// # async fn send_welcome_email(_: &WebhookEvent) -> actix_web::Result<()> { Ok(()) }
/// # let _ = clerk;
/// ```
///
/// If the process ends, or Actix drops the handler because its client has gone, the event counts as in progress for four
/// minutes ([`with_lease`](Self::with_lease)), and is new when Clerk sends it after that. So the work may be done twice: if
/// it ended just before the process did, or if it takes longer than that. Where that matters, insert the id into your own
/// database, in the transaction that does the work.
#[derive(Clone)]
pub struct ReplayGuard {
    store: Arc<dyn ReplayStore>,
    lease: Duration,
    retention: Duration,
}

impl ReplayGuard {
    /// Creates a guard in the memory of this process.
    pub fn new() -> Self {
        Self::with_store(MemoryReplayStore::new(MAX_IDS))
    }

    /// Creates a guard with its ids in this store.
    pub fn with_store(store: impl ReplayStore) -> Self {
        Self { store: Arc::new(store), lease: LEASE, retention: RETENTION }
    }

    /// Sets how long an event counts as in progress, if it is neither finished nor abandoned. Default: four minutes.
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }

    /// Sets how long the id of an event that was handled is kept. Default: three days.
    pub fn with_retention(self, retention: Duration) -> Self {
        Self { retention, ..self }
    }

    /// Begins to handle the event with this id, unless it is being handled, or has been.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer. The event may count as in progress all the same.
    pub async fn begin(&self, id: &str) -> Result<Delivery, StoreError> {
        let begun = Arc::clone(&self.store).begin(id.to_owned(), self.lease);
        background::run(within_limit(begun)).await
    }

    /// Notes that the event was handled.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer. The event is in progress until its lease is over, and new after that.
    pub async fn finish(&self, id: &str) -> Result<(), StoreError> {
        background::run(within_limit(Arc::clone(&self.store).finish(id.to_owned(), self.retention))).await
    }

    /// Notes that the event could not be handled, so that the next delivery of it is new.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store does not answer. The event is in progress until its lease is over, and new after that.
    pub async fn abandon(&self, id: &str) -> Result<(), StoreError> {
        background::run(within_limit(Arc::clone(&self.store).abandon(id.to_owned()))).await
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
        let mut shown = f.debug_struct("ReplayGuard");
        shown.field("lease", &self.lease).field("retention", &self.retention).finish_non_exhaustive()
    }
}
