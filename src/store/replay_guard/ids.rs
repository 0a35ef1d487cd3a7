//! What a store of ids has to do.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use crate::revocations::StoreError;

/// What a call to a [`ReplayStore`] returns.
pub type ReplayFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// A set of ids that expire: in memory, in Redis, or your own.
///
/// The calls run on a thread of their own, on a Tokio runtime, and are given up after two seconds. Do not block in them.
pub trait ReplayStore: Send + Sync + 'static {
    /// Inserts an id for this long, unless it is there. Returns whether it was absent. Has to be atomic: of two calls at
    /// the same time, only one may return `true`.
    fn insert_if_absent(self: Arc<Self>, id: String, retention: Duration) -> ReplayFuture<bool>;

    /// Removes an id.
    fn remove(self: Arc<Self>, id: String) -> ReplayFuture<()>;
}
