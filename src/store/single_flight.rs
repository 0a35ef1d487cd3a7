//! Shares one fetch among all workers and requests that wait for it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use futures_util::{FutureExt, future::Shared as SharedFuture};
use tokio::sync::oneshot;

use crate::backend::Transport;

/// A value that is fetched. `S` is what is known after a fetch, failures included.
pub(crate) struct SingleFlight<S> {
    shared: Arc<State<S>>,
    transport: Transport,
}

struct State<S> {
    /// Read by every request and replaced only by a fetch, so readers share no memory that they write to.
    known: ArcSwap<Snapshot<S>>,
    under_way: Mutex<Ongoing>,
}

/// The fetch in progress, and how many have been started.
#[derive(Default)]
struct Ongoing {
    started: u64,
    fetch: Option<Fetch>,
}

struct Fetch {
    number: u64,
    /// After this time another fetch may take its place, so that no request waits for a fetch that never ends.
    overdue_at: Instant,
    ended: Ended,
}

/// Resolves when the sender is dropped. The error means nothing.
type Ended = SharedFuture<oneshot::Receiver<()>>;

/// The latest result, and the number of its fetch, counted from 1. The number shows whether a fetch has ended in the
/// meantime.
#[derive(Debug, Default)]
pub(crate) struct Snapshot<S> {
    fetch: u64,
    pub(crate) value: Arc<S>,
}

impl<S> Clone for Snapshot<S> {
    fn clone(&self) -> Self {
        Self { fetch: self.fetch, value: Arc::clone(&self.value) }
    }
}

impl<S: Default + Send + Sync + 'static> SingleFlight<S> {
    pub(crate) fn new(transport: Transport) -> Self {
        let shared = Arc::new(State { known: ArcSwap::default(), under_way: Mutex::default() });
        Self { shared, transport }
    }

    pub(crate) fn known(&self) -> Snapshot<S> {
        Snapshot::clone(&self.shared.known.load())
    }

    /// Reads what is known without cloning it.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.shared.known.load().value)
    }

    /// Waits for a fetch, for at most `patience`. The fetch runs in a task, not in a waiting request. Otherwise a
    /// client that resets its connection would end the fetch: no failure would be recorded, and resets could cause as
    /// many calls to Clerk as there are requests.
    ///
    /// `fetch` returns the update to what is known.
    pub(crate) async fn wait_for_a_fetch<U: FnOnce(&S) -> S>(
        &self,
        known: &Snapshot<S>,
        patience: Duration,
        fetch: impl AsyncFnOnce() -> U + Send + 'static,
    ) -> Snapshot<S> {
        if let Some(ended) = self.join(known, patience, fetch) {
            let _ = self.transport.within(patience, ended).await;
        }
        self.known()
    }

    /// Starts a fetch in the background, unless one has ended since `known` was read. After `patience` another fetch
    /// may take its place.
    pub(crate) fn refresh_in_background<U: FnOnce(&S) -> S>(
        &self,
        known: &Snapshot<S>,
        patience: Duration,
        fetch: impl AsyncFnOnce() -> U + Send + 'static,
    ) {
        let _ = self.join(known, patience, fetch);
    }

    /// Returns the fetch in progress or a new one; `None` if one has ended since `known` was read.
    fn join<U: FnOnce(&S) -> S>(
        &self,
        known: &Snapshot<S>,
        patience: Duration,
        fetch: impl AsyncFnOnce() -> U + Send + 'static,
    ) -> Option<Ended> {
        let mut under_way = self.shared.under_way();
        if self.shared.known.load().fetch != known.fetch {
            return None;
        }
        let now = Instant::now();
        if let Some(running) = under_way.fetch.as_ref().filter(|running| now < running.overdue_at) {
            return Some(running.ended.clone());
        }
        let (ending, ended) = oneshot::channel();
        let ended = ended.shared();
        under_way.started += 1;
        let number = under_way.started;
        under_way.fetch = Some(Fetch { number, overdue_at: now + patience, ended: ended.clone() });
        drop(under_way);
        // Created here, not in the task: a task that is dropped before it starts must also make way for the next fetch.
        let listed = Listed { shared: Arc::clone(&self.shared), number, _ending: ending };
        self.transport.spawn(move || async move { listed.end(fetch().await) });
        Some(ended)
    }
}

impl<S> State<S> {
    fn under_way(&self) -> MutexGuard<'_, Ongoing> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A fetch in progress. Dropping it tells the waiting requests that the fetch has ended, for whatever reason.
struct Listed<S> {
    shared: Arc<State<S>>,
    number: u64,
    _ending: oneshot::Sender<()>,
}

impl<S> Listed<S> {
    /// Stores the result. That of an overdue fetch counts too, unless a later fetch has ended before it.
    fn end(self, update: impl FnOnce(&S) -> S) {
        let _turn = self.shared.under_way();
        let known = self.shared.known.load();
        if known.fetch < self.number {
            let value = Arc::new(update(&known.value));
            self.shared.known.store(Arc::new(Snapshot { fetch: self.number, value }));
        }
    }
}

impl<S> Drop for Listed<S> {
    fn drop(&mut self) {
        self.shared.under_way().fetch.take_if(|running| running.number == self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const LONG: Duration = Duration::from_secs(300);

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn plus(more: u32) -> impl FnOnce(&u32) -> u32 {
        move |known| known + more
    }

    #[test]
    fn one_fetch_for_all_who_wait() {
        let flight = SingleFlight::<u32>::new(Transport::new());
        let (go, gone) = oneshot::channel::<()>();
        let known = flight.known();
        let first = flight.join(&known, LONG, async || {
            let _ = gone.await;
            plus(1)
        });
        let second = flight.join(&known, LONG, async || plus(100)).unwrap();
        drop(first);
        drop(go);
        assert!(wait(second).is_err());
        assert_eq!(*flight.known().value, 1);
        assert!(flight.join(&known, LONG, async || plus(100)).is_none(), "one has ended meanwhile");
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(100))).value, 1);
        let known = flight.known();
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(100))).value, 101);
    }

    #[test]
    fn a_fetch_that_is_overdue_is_taken_over() {
        let flight = SingleFlight::<u32>::new(Transport::new());
        let known = flight.known();
        let (go, gone) = oneshot::channel::<()>();
        let late = flight.join(&known, Duration::ZERO, async || {
            let _ = gone.await;
            plus(1_000)
        });
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(1))).value, 1);
        drop(go);
        let _ = wait(late.unwrap());
        assert_eq!(*flight.known().value, 1, "a later one has ended before it");
        let _never = flight.join(&flight.known(), Duration::ZERO, async || {
            pending::<()>().await;
            plus(1_000)
        });
        let known = flight.known();
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(1))).value, 2);
    }

    #[test]
    fn a_fetch_that_fails_lets_another_one_follow() {
        let flight = SingleFlight::<u32>::new(Transport::new());
        let known = flight.known();
        let failed = wait(flight.wait_for_a_fetch(&known, LONG, async || {
            std::hint::black_box(None::<u8>).unwrap();
            plus(1_000)
        }));
        assert_eq!(*failed.value, 0);
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(1))).value, 1);
    }
}
