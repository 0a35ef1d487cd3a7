//! Limits a connection that outlives its request, such as a WebSocket, to the lifetime of its token.

use std::{
    fmt,
    future::{self, Future},
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{
    Stream,
    future::{BoxFuture, select},
};
use tokio::time::sleep;

use crate::{
    clock::{Clock, Timestamp},
    instance::ClerkConfig,
    token::SessionToken,
};

/// How often to look at the clock while waiting. Timers stop while a machine is suspended, and a clock can be set:
/// after either, a connection may end late by up to this much.
const LOOK: Duration = Duration::from_secs(5);

/// A future that resolves when a token expires; made by [`Session::expired`](crate::Session::expired).
///
/// Poll it on an Actix thread, like all of Actix's timers.
#[must_use = "futures do nothing unless polled"]
pub struct Expired {
    /// `None` once expired, so that later polls are ready too.
    waiting: Option<BoxFuture<'static, ()>>,
}

impl Expired {
    pub(super) fn of(config: &ClerkConfig, expiry: Option<Timestamp>) -> Self {
        let settings = config.settings();
        let end = expiry.map(|expiry| expiry.plus(settings.clock_skew));
        let waiting: BoxFuture<'static, ()> = match end {
            Some(end) => Box::pin(reach(settings.clock.clone(), end)),
            None => Box::pin(future::pending()),
        };
        Self { waiting: Some(waiting) }
    }

    /// The same for a session: also when it is revoked on this server.
    pub(super) fn of_session(config: &ClerkConfig, token: &Arc<SessionToken>, expiry: Timestamp) -> Self {
        let expired = Self::of(config, Some(expiry));
        let Some(revocations) = config.settings().revocations.clone() else { return expired };
        let token = Arc::clone(token);
        let revoked = async move {
            let mut changes = revocations.changes();
            // The sender lives as long as the list, of which this future holds a clone.
            while !revocations.cover(token.marks()) && changes.changed().await.is_ok() {}
        };
        let either = async move {
            select(expired, pin!(revoked)).await;
        };
        Self { waiting: Some(Box::pin(either)) }
    }

    pub(super) fn cut<S: Stream>(self, stream: S) -> UntilExpiry<S> {
        UntilExpiry { expired: self, last: None, stream: Some(Box::pin(stream)) }
    }
}

impl Future for Expired {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match self.waiting.as_mut().map(|waiting| waiting.as_mut().poll(context)) {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(())) | None => {
                self.waiting = None;
                Poll::Ready(())
            }
        }
    }
}

impl fmt::Debug for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expired").field("has_come", &self.waiting.is_none()).finish()
    }
}

/// Waits for a moment on a clock that may be set meanwhile.
async fn reach(clock: Clock, end: Timestamp) {
    let mut changes = clock.changes();
    while let Ok(left @ 1..) = u64::try_from(end.millis_since(clock.now())) {
        let nap = Duration::from_millis(left).min(LOOK);
        select(pin!(changes.next()), pin!(sleep(nap))).await;
    }
}

/// A stream that ends when a token expires, or earlier; made by [`Session::until_expiry`](crate::Session::until_expiry).
#[must_use = "streams do nothing unless polled"]
pub struct UntilExpiry<S: Stream> {
    expired: Expired,
    last: Option<S::Item>,
    /// `None` once the stream has ended, so that everything it holds is dropped.
    stream: Option<Pin<Box<S>>>,
}

impl<S: Stream> UntilExpiry<S> {
    /// Adds one last item when the token expires. A stream that ends by itself does not get it.
    pub fn with_last(mut self, item: S::Item) -> Self {
        self.last = Some(item);
        self
    }
}

// The stream is boxed, and items are only ever moved.
impl<S: Stream> Unpin for UntilExpiry<S> {}

impl<S: Stream> Stream for UntilExpiry<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let Self { expired, last, stream } = &mut *self;
        let Some(inner) = stream else { return Poll::Ready(None) };
        // Check expiry before polling the stream: one that always has an item ready would never end otherwise.
        if Pin::new(expired).poll(context).is_ready() {
            *stream = None;
            return Poll::Ready(last.take());
        }
        let item = inner.as_mut().poll_next(context);
        if let Poll::Ready(None) = item {
            *stream = None;
        }
        item
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let upper = self.stream.as_ref().and_then(|stream| stream.size_hint().1);
        (0, upper.and_then(|upper| upper.checked_add(1)))
    }
}

impl<S: Stream> fmt::Debug for UntilExpiry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UntilExpiry").field("has_ended", &self.stream.is_none()).finish_non_exhaustive()
    }
}
