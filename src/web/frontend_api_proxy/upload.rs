//! The body of a request on its way to the upstream: as it arrives, up to a limit.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::{Method, Version, header},
    web::Bytes,
};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::time::Instant;

use super::error::ProxyError;
use crate::backend::{Outgoing, OutgoingLength};

/// The body of one request. Clones are the same body.
#[derive(Clone)]
pub(super) struct Upload(Rc<Inner>);

struct Inner {
    payload: RefCell<Payload>,
    /// A part that was read to see whether there is one.
    first: RefCell<Option<Result<Bytes, PayloadError>>>,
    kind: Kind,
    limit: u64,
    passed: Cell<u64>,
    is_touched: Cell<bool>,
    /// `true` while the client is to send the next part.
    awaits_client: Cell<bool>,
    /// When the last part arrived, or when the request did.
    progress: Cell<Instant>,
    failure: Cell<Option<ProxyError>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    None,
    Sized(u64),
    Chunked,
}

/// The stream that the transport reads.
struct Parts(Rc<Inner>);

impl Upload {
    /// Takes the body of a request, unless it is known to be too large, or gone.
    pub(super) fn take(req: &HttpRequest, mut payload: Payload, limit: u64) -> Result<Self, ProxyError> {
        let headers = req.headers();
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        // HTTP/2 announces no body, but its end has arrived already if there is none.
        let first = match req.version() == Version::HTTP_2 && announced.is_none() {
            true => payload.next().now_or_never(),
            false => None,
        };
        let kind = match announced {
            _ if headers.contains_key(header::TRANSFER_ENCODING) => Kind::Chunked,
            Some(length) if length > limit => return Err(ProxyError::BodyTooLarge),
            Some(length) => Kind::Sized(length),
            None if matches!(first, None | Some(Some(_))) && req.version() == Version::HTTP_2 => Kind::Chunked,
            // Some servers reject these methods without a length (RFC 9110, section 8.6).
            None if matches!(*req.method(), Method::POST | Method::PUT | Method::PATCH) => Kind::Sized(0),
            None => Kind::None,
        };
        // Actix leaves nothing in place of a body that was taken, and for HTTP/1 requests without one.
        let is_expected = matches!(kind, Kind::Chunked | Kind::Sized(1..));
        if is_expected && matches!(payload, Payload::None) {
            return Err(ProxyError::BodyConsumed);
        }
        Ok(Self(Rc::new(Inner {
            payload: RefCell::new(payload),
            first: RefCell::new(first.flatten()),
            kind,
            limit,
            passed: Cell::new(0),
            is_touched: Cell::new(false),
            awaits_client: Cell::new(false),
            progress: Cell::new(Instant::now()),
            failure: Cell::new(None),
        })))
    }

    /// Returns the body for the transport.
    pub(super) fn body(&self) -> Option<Outgoing> {
        let parts = || Parts(Rc::clone(&self.0)).boxed_local();
        match self.0.kind {
            Kind::None => None,
            // Nothing has to be read for it, so the call can be made again.
            Kind::Sized(0) => Some(Outgoing { length: OutgoingLength::Sized(0), parts: stream::empty().boxed_local() }),
            Kind::Sized(length) => Some(Outgoing { length: OutgoingLength::Sized(length), parts: parts() }),
            Kind::Chunked => Some(Outgoing { length: OutgoingLength::Chunked, parts: parts() }),
        }
    }

    pub(super) fn is_touched(&self) -> bool {
        self.0.is_touched.get()
    }

    pub(super) fn awaits_client(&self) -> bool {
        self.0.awaits_client.get()
    }

    pub(super) fn progress(&self) -> Instant {
        self.0.progress.get()
    }

    /// Returns why the body could not be passed on, if the cause is the body.
    pub(super) fn failure(&self) -> Option<ProxyError> {
        self.0.failure.get()
    }
}

impl Stream for Parts {
    /// The error is kept as the upload's failure.
    type Item = Result<Bytes, ()>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Inner { payload, first, limit, passed, is_touched, awaits_client, progress, failure, .. } = &*self.0;
        is_touched.set(true);
        awaits_client.set(true);
        let part = match first.take() {
            Some(part) => Some(part),
            None => ready!(Pin::new(&mut *payload.borrow_mut()).poll_next(cx)),
        };
        awaits_client.set(false);
        progress.set(Instant::now());
        let part = match part {
            None => return Poll::Ready(None),
            Some(Ok(part)) => {
                passed.set(passed.get().saturating_add(part.len() as u64));
                if passed.get() > *limit { Err(ProxyError::BodyTooLarge) } else { Ok(part) }
            }
            Some(Err(_)) => Err(ProxyError::RequestIncomplete),
        };
        failure.set(part.as_ref().err().copied());
        Poll::Ready(Some(part.map_err(drop)))
    }
}
