//! What a store of ids has to do.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use crate::revocations::StoreError;

/// What a call to a [`ReplayStore`] returns.
pub type ReplayFuture<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// The state of an event when a delivery of it arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Its event has to be handled now: it is new, or an earlier attempt has failed, or was lost.
    New,
    /// An earlier delivery is being handled, and may still fail. Do not answer with a 2xx status, or the event will not come
    /// again.
    InProgress,
    /// The event has been handled.
    Done,
}

/// A set of ids that expire: in memory, in Redis, or your own.
///
/// The calls run on a thread of their own, on a Tokio runtime, and are given up after two seconds. Do not block in them.
pub trait ReplayStore: Send + Sync + 'static {
    /// Inserts an id as in progress for the time `lease`, unless it is there, and returns what was known of it. Has to be
    /// atomic: of two calls at the same time, only one may return [`Delivery::New`].
    fn begin(self: Arc<Self>, id: String, lease: Duration) -> ReplayFuture<Delivery>;

    /// Inserts an id as done for the time `retention`, whether it is there or not.
    fn finish(self: Arc<Self>, id: String, retention: Duration) -> ReplayFuture<()>;

    /// Removes an id.
    fn abandon(self: Arc<Self>, id: String) -> ReplayFuture<()>;
}
