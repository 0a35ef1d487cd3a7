//! What one asks Clerk for on behalf of all: one fetch at a time, however many workers and requests wait for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::rt::{spawn, time::timeout};
use arc_swap::ArcSwap;
use moka::{future::Cache, ops::compute::Op};

/// A value that is fetched, failures included: `S` says what is known after a fetch.
pub(super) struct SingleFlight<S>(Arc<Shared<S>>);

struct Shared<S> {
    /// Every request reads it, and only a fetch replaces it: readers write to nothing that they share.
    known: ArcSwap<Known<S>>,
    /// Holds nothing. moka serializes what computes an entry, across threads, which makes one fetch of many.
    fetching: Cache<(), ()>,
    is_refreshing: AtomicBool,
}

/// What is known, and after how many fetches: tells whether one was made while somebody waited.
#[derive(Debug, Default)]
pub(super) struct Known<S> {
    fetches: u64,
    pub(super) value: Arc<S>,
}

impl<S> Clone for Known<S> {
    fn clone(&self) -> Self {
        Self { fetches: self.fetches, value: Arc::clone(&self.value) }
    }
}

impl<S: Default + Send + Sync + 'static> SingleFlight<S> {
    pub(super) fn new() -> Self {
        let (known, fetching) = (ArcSwap::default(), Cache::builder().build());
        Self(Arc::new(Shared { known, fetching, is_refreshing: AtomicBool::new(false) }))
    }

    pub(super) fn known(&self) -> Known<S> {
        self.0.known()
    }

    /// What is known, looked at where it lies.
    pub(super) fn look<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.0.known.load().value)
    }

    /// Waits for a fetch, a bounded time. The fetch is a task of its own, so that a client that resets its connection
    /// ends its own waiting and nothing else: were the fetch to end with it, no failure would ever be recorded, and
    /// resets could drive as many calls to Clerk as there are requests.
    pub(super) async fn wait_for_a_fetch(
        &self,
        known: Known<S>,
        patience: Duration,
        fetch: impl AsyncFnOnce(Arc<S>) -> S + 'static,
    ) -> Known<S> {
        let (shared, fetches) = (Arc::clone(&self.0), known.fetches);
        let task = spawn(async move { shared.fetch_unless_fetched_since(fetches, fetch).await });
        let abort = task.abort_handle();
        match timeout(patience, task).await {
            Ok(Ok(fetched)) => fetched,
            Ok(Err(_)) => known,
            Err(_) => {
                // Behind a worker that is blocked, waiting tasks would pile up.
                abort.abort();
                known
            }
        }
    }

    /// Has it fetched again, with nobody waiting.
    pub(super) fn refresh_in_background(&self, known: &Known<S>, fetch: impl AsyncFnOnce(Arc<S>) -> S + 'static) {
        if self.0.is_refreshing.swap(true, Ordering::AcqRel) {
            return;
        }
        // Made here, not in the task: a task that is dropped before it starts has to let another one follow too.
        let (refreshing, fetches) = (Refreshing(Arc::clone(&self.0)), known.fetches);
        spawn(async move {
            refreshing.0.fetch_unless_fetched_since(fetches, fetch).await;
        });
    }
}

impl<S: Default + Send + Sync + 'static> Shared<S> {
    /// One fetch for all that wait: each takes its turn, and finds that somebody before it has fetched.
    async fn fetch_unless_fetched_since(&self, fetches: u64, fetch: impl AsyncFnOnce(Arc<S>) -> S) -> Known<S> {
        let turn = self.fetching.entry(()).and_compute_with(|_| async move {
            let known = self.known();
            if known.fetches == fetches {
                let value = Arc::new(fetch(known.value).await);
                self.known.store(Arc::new(Known { fetches: fetches.wrapping_add(1), value }));
            }
            Op::Nop
        });
        turn.await;
        self.known()
    }

    fn known(&self) -> Known<S> {
        Known::clone(&self.known.load())
    }
}

struct Refreshing<S>(Arc<Shared<S>>);

impl<S> Drop for Refreshing<S> {
    fn drop(&mut self) {
        self.0.is_refreshing.store(false, Ordering::Release);
    }
}
