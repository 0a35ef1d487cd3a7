//! Limits a connection that outlives its request, such as a WebSocket, to the lifetime of its token.

use std::{
    fmt,
    future::{self, Future},
    pin::{Pin, pin},
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use actix_web::rt::time::sleep;
use futures_util::{
    Stream,
    future::{BoxFuture, select},
};

use super::{Principal, Session};
use crate::{
    clock::{Clock, Timestamp},
    config::ClerkConfig,
};

/// How often to look at the clock while waiting. Timers stop while a machine is suspended, and a clock can be set:
/// after either, a connection may end late by up to this much.
const LOOK: Duration = Duration::from_secs(5);

impl Session {
    /// Returns a future that resolves when the token expires, for a loop that serves a WebSocket.
    ///
    /// That is when a request with this token would be rejected: [`expires_at`](Self::expires_at) plus the tolerated
    /// [`clock_skew`](crate::ClerkConfigBuilder::clock_skew). It resolves at once if that time has passed. A browser's
    /// token lives for a minute; use [`renew`](Self::renew) to keep a connection open longer.
    ///
    /// Close the WebSocket with code 4401, so that the page knows that it only needs a fresh token and can reconnect
    /// with one. (Codes from 4000 on are for applications, RFC 6455 section 7.4.2. Keep the registered code 1008,
    /// "policy violation", for what a fresh token cannot fix.)
    ///
    /// ```
    /// use actix_web::{get, rt, web, HttpRequest, Responder};
    /// use actix_ws::{CloseCode, Message};
    /// use clerk_actix::RequireAuth;
    ///
    /// #[get("/echo")]
    /// async fn echo(user: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<impl Responder> {
    ///     let (response, mut socket, mut messages) = actix_ws::handle(&req, body)?;
    ///     rt::spawn(async move {
    ///         let mut expired = user.expired();
    ///         let reason = loop {
    ///             tokio::select! {
    ///                 () = &mut expired => break Some((CloseCode::Other(4401), "token-expired").into()),
    ///                 message = messages.recv() => match message {
    ///                     Some(Ok(Message::Text(text))) if socket.text(text.clone()).await.is_ok() => {}
    ///                     _ => break None,
    ///                 },
    ///             }
    ///         };
    ///         let _ = socket.close(reason).await;
    ///     });
    ///     Ok(response)
    /// }
    /// ```
    pub fn expired(&self) -> Expired {
        Expired::of(self.config(), Some(self.expiry()))
    }

    /// Wraps the stream so that it ends when the token expires ([`expired`](Self::expired)): for long-lived responses,
    /// such as server-sent events. [`UntilExpiry::with_last`] adds a final item.
    ///
    /// ```
    /// use actix_web::{get, web::Bytes, Error, HttpResponse, Responder};
    /// use clerk_actix::RequireAuth;
    /// use futures_util::{stream, Stream};
    ///
    /// fn news() -> impl Stream<Item = Result<Bytes, Error>> {
    ///     stream::repeat_with(|| Ok(Bytes::from_static(b"data: nothing new\n\n")))
    /// }
    ///
    /// #[get("/news")]
    /// async fn subscribe(user: RequireAuth) -> impl Responder {
    ///     let goodbye = Bytes::from_static(b"event: token-expired\ndata:\n\n");
    ///     HttpResponse::Ok()
    ///         .content_type("text/event-stream")
    ///         .streaming(user.until_expiry(news()).with_last(Ok(goodbye)))
    /// }
    /// ```
    pub fn until_expiry<S: Stream>(&self, stream: S) -> UntilExpiry<S> {
        self.expired().cut(stream)
    }

    fn expiry(&self) -> Timestamp {
        Timestamp::from_numeric_date(self.expiry_date())
    }
}

impl Principal {
    /// When the credential expires; `None` if never.
    pub fn expires_at(&self) -> Option<SystemTime> {
        match self {
            Self::Session(session) => Some(session.expires_at()),
            Self::ApiKey(key) => key.expires_at(),
            Self::M2mToken(token) => token.expires_at(),
            Self::OAuthToken(token) => token.expires_at(),
        }
    }

    /// Returns a future that resolves when the credential expires, as [`Session::expired`] does; never if it has no
    /// expiry.
    pub fn expired(&self) -> Expired {
        match self {
            Self::Session(session) => session.expired(),
            Self::ApiKey(key) => key.expired(),
            Self::M2mToken(token) => token.expired(),
            Self::OAuthToken(token) => token.expired(),
        }
    }

    /// Wraps the stream so that it ends when the credential expires, as [`Session::until_expiry`] does.
    pub fn until_expiry<S: Stream>(&self, stream: S) -> UntilExpiry<S> {
        self.expired().cut(stream)
    }
}

/// A future that resolves when a token expires; made by [`Session::expired`].
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

/// A stream that ends when a token expires, or earlier; made by [`Session::until_expiry`].
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
