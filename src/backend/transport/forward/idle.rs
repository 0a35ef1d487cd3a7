//! The connections that one worker keeps between requests that it passes on.

use std::{
    cell::RefCell,
    collections::HashMap,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures_util::task::noop_waker;
use tokio::io::{AsyncRead, ReadBuf};

use crate::backend::transport::{connection::Stream, origin::Origin};

/// How long an idle connection is kept. Servers and the networks in between keep theirs for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The maximum age of a connection: DNS names may have new addresses by then.
const LIFETIME: Duration = Duration::from_secs(75);
/// The most idle connections to one origin.
const MAX_IDLE: usize = 128;
/// An application has one upstream; a test run may have many, one after another.
const MAX_ORIGINS: usize = 64;

thread_local! {
    static KEPT: RefCell<HashMap<Origin, Vec<Idle>>> = RefCell::default();
}

/// A connection on which nothing is under way.
#[derive(Debug)]
pub(super) struct Idle {
    pub(super) stream: Stream,
    made: Instant,
    since: Instant,
}

impl Idle {
    pub(super) fn new(stream: Stream) -> Self {
        let now = Instant::now();
        Self { stream, made: now, since: now }
    }

    /// Returns the connection that was used last, if one is still open.
    pub(super) fn take(origin: &Origin) -> Option<Self> {
        KEPT.with_borrow_mut(|kept| {
            let kept = kept.get_mut(origin)?;
            let now = Instant::now();
            while let Some(mut idle) = kept.pop() {
                if idle.is_fresh(now) && idle.is_open() {
                    return Some(idle);
                }
            }
            None
        })
    }

    /// Keeps the connection for another request.
    pub(super) fn keep(mut self, origin: &Origin) {
        KEPT.with_borrow_mut(|kept| {
            if kept.len() >= MAX_ORIGINS && !kept.contains_key(origin) {
                kept.clear();
            }
            let kept = kept.entry(origin.clone()).or_default();
            let now = Instant::now();
            self.since = now;
            kept.retain(|idle| idle.is_fresh(now));
            if kept.len() < MAX_IDLE {
                kept.push(self);
            }
        });
    }

    /// Closes all connections to the origin: they are not what they seem.
    pub(super) fn forget(origin: &Origin) {
        KEPT.with_borrow_mut(|kept| kept.remove(origin));
    }

    fn is_fresh(&self, now: Instant) -> bool {
        now.duration_since(self.since) < KEEP_ALIVE && now.duration_since(self.made) < LIFETIME
    }

    /// Returns whether the server has neither closed the connection nor sent anything that nobody asked for.
    fn is_open(&mut self) -> bool {
        let waker = noop_waker();
        let (mut context, mut byte) = (Context::from_waker(&waker), [0]);
        let read = std::pin::Pin::new(&mut self.stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte));
        matches!(read, Poll::Pending)
    }
}
