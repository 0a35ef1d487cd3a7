//! Shares one fetch among all workers and requests that wait for it, and keeps its result, which every request reads.
//!
//! The fetch is a call in the list of [`UnderWay`], which keeps no answers.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard};

use super::under_way::{Answered, Joined, UnderWay};
use crate::backend::Transport;

/// A value that is fetched. `S` is what is known after a fetch, failures included.
pub(crate) struct SingleFlight<S> {
    known: Arc<Known<S>>,
    fetches: UnderWay<()>,
    transport: Transport,
}

/// Read by every request and replaced only by a fetch, so each worker reads it through a lock of its own, and no one
/// computes anything while holding all of them.
struct Known<S>(ShardedLock<Snapshot<S>>);

impl<S> Known<S> {
    fn read(&self) -> ShardedLockReadGuard<'_, Snapshot<S>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the result of a fetch. That of an overdue fetch counts too, unless a later fetch has ended before it. All
    /// fetches run on the transport's thread, so no other result is kept at the same time.
    fn update(&self, fetch: u64, update: impl FnOnce(&S) -> S) {
        let earlier = self.read().clone();
        if earlier.fetch < fetch {
            let value = Arc::new(update(&earlier.value));
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = Snapshot { fetch, value };
        }
    }
}

/// All fetches ask the same.
const THE_VALUE: &str = "";

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
        Self::starting_with(S::default(), transport)
    }

    /// With a value that no fetch has brought.
    pub(crate) fn starting_with(value: S, transport: Transport) -> Self {
        let known = Snapshot { fetch: 0, value: Arc::new(value) };
        Self { known: Arc::new(Known(ShardedLock::new(known))), fetches: UnderWay::new(), transport }
    }

    pub(crate) fn known(&self) -> Snapshot<S> {
        self.known.read().clone()
    }

    /// Reads what is known without cloning it. A fetch that has ended waits until `look` returns.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.known.read().value)
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
    ) -> Option<Answered<()>> {
        let is_latest = || self.known.read().fetch == known.fetch;
        if !is_latest() {
            return None;
        }
        match self.fetches.join(THE_VALUE, patience, is_latest) {
            Joined::Running(ended) => Some(ended),
            Joined::Begun(ended, call) => {
                // Held by the task, so that others can join a fetch that no one waits for.
                let (known, joinable) = (Arc::clone(&self.known), ended.clone());
                self.transport.spawn(move || async move {
                    let (update, number) = (fetch().await, call.number());
                    call.answer_after((), || known.update(number, update));
                    drop(joinable);
                });
                Some(ended)
            }
            Joined::NotAllowed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::sync::oneshot;

    use super::*;

    const LONG: Duration = Duration::from_secs(300);

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn plus(more: u32) -> impl FnOnce(&u32) -> u32 {
        move |known| known + more
    }

    /// Otherwise a request that needs a newer value than the latest could join the very fetch that brought the latest,
    /// and wait for nothing.
    #[test]
    fn a_value_is_kept_in_the_moment_in_which_its_fetch_leaves_the_list() {
        let flight = SingleFlight::<bool>::new(Transport::new());
        let fetches = flight.fetches.clone();
        let fetch = async move || move |_: &bool| fetches.is_locked();
        assert!(*wait(flight.wait_for_a_fetch(&flight.known(), LONG, fetch)).value);
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
        assert!(wait(second).is_ok());
        assert_eq!(*flight.known().value, 1);
        assert!(flight.join(&known, LONG, async || plus(100)).is_none(), "one has ended meanwhile");
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(100))).value, 1);
        let known = flight.known();
        assert_eq!(*wait(flight.wait_for_a_fetch(&known, LONG, async || plus(100))).value, 101);
    }

    #[test]
    fn a_fetch_in_the_background_can_be_joined() {
        let flight = SingleFlight::<u32>::new(Transport::new());
        let (go, gone) = oneshot::channel::<()>();
        let known = flight.known();
        flight.refresh_in_background(&known, LONG, async || {
            let _ = gone.await;
            plus(1)
        });
        let ended = flight.join(&known, LONG, async || plus(100)).unwrap();
        drop(go);
        assert!(wait(ended).is_ok());
        assert_eq!(*flight.known().value, 1);
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
