//! Calls in progress, listed by what they ask: requests with the same question share one call.
//!
//! An answer goes to the requests that wait for it, and is not kept. A fetched value that is kept is a
//! [`SingleFlight`](super::SingleFlight), which lists its fetch here.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::{
    FutureExt,
    future::{Either, Shared, WeakShared, select},
};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::backend::Transport;

/// The list of calls of one kind.
pub(super) struct UnderWay<V>(Arc<Mutex<List<V>>>);

struct List<V> {
    calls: HashMap<Box<str>, ListedCall<V>>,
    begun: u64,
}

/// An entry of the list of running calls. Its number distinguishes it from a later call with the same question.
struct ListedCall<V> {
    number: u64,
    /// After this time another call may take its place, so that no request waits for a call that never ends.
    overdue_at: Instant,
    answered: WeakShared<oneshot::Receiver<V>>,
}

impl<V> ListedCall<V> {
    fn is_overdue(&self, now: Instant) -> bool {
        now >= self.overdue_at
    }
}

/// The response, shared by all waiting requests; an error if there will be none.
pub(super) type Answered<V> = Shared<oneshot::Receiver<V>>;

/// The way in which a request gets its response.
pub(super) enum Joined<V> {
    /// From a call already in progress.
    Running(Answered<V>),
    /// From this call, which the caller has to make.
    Begun(Answered<V>, Begun<V>),
    /// Not at all: no call is in progress, and no new one is allowed.
    NotAllowed,
}

impl<V> Clone for UnderWay<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V: Clone> UnderWay<V> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(List { calls: HashMap::new(), begun: 0 })))
    }

    /// Joins the call about this that is in progress, or begins one if `may_begin` allows it. After `patience` the new
    /// call is overdue.
    pub(super) fn join(&self, about: &str, patience: Duration, may_begin: impl FnOnce() -> bool) -> Joined<V> {
        let (mut list, now) = (self.list(), Instant::now());
        let running = list.calls.get(about).filter(|running| !running.is_overdue(now));
        if let Some(running) = running.and_then(|running| running.answered.upgrade()) {
            return Joined::Running(running);
        }
        if !may_begin() {
            return Joined::NotAllowed;
        }
        let (answer, answered) = oneshot::channel();
        let answered = answered.shared();
        list.begun += 1;
        let number = list.begun;
        if let Some(weak) = answered.downgrade() {
            list.calls.insert(about.into(), ListedCall { number, overdue_at: now + patience, answered: weak });
        }
        drop(list);
        Joined::Begun(answered, Begun { list: self.clone(), about: about.into(), number, answer: Some(answer) })
    }

    /// Returns the call with that number, unless everyone who waited for it has left. Another call about the same thing
    /// may have taken its place since.
    fn running(&self, about: &str, number: u64) -> Option<Answered<V>> {
        self.list().calls.get(about).filter(|running| running.number == number)?.answered.upgrade()
    }
}

impl<V> UnderWay<V> {
    fn list(&self) -> MutexGuard<'_, List<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_locked(&self) -> bool {
        self.0.try_lock().is_err()
    }
}

/// A running call. It is removed from the list however it ends. It is moved into a task, so that a client that
/// disconnects does not end the call for others.
pub(super) struct Begun<V> {
    list: UnderWay<V>,
    about: Box<str>,
    number: u64,
    answer: Option<oneshot::Sender<V>>,
}

/// The permit to make a call. While it is held, new requests with the same question join even if no one is waiting:
/// from here on the call is made and paid for.
pub(super) struct Turn<'t, V> {
    _permit: SemaphorePermit<'t>,
    _joinable: Answered<V>,
}

impl<V: Clone> Begun<V> {
    /// Waits for a permit. Returns `None` if that takes longer than `patience`, or if no request is waiting any more.
    pub(super) async fn turn<'t>(
        &mut self,
        transport: Transport,
        turns: &'t Semaphore,
        patience: Duration,
    ) -> Option<Turn<'t, V>> {
        let answer = self.answer.as_mut()?;
        let permit = {
            let turn = std::pin::pin!(transport.within(patience, turns.acquire()));
            match select(turn, std::pin::pin!(answer.closed())).await {
                Either::Left((Some(Ok(permit)), _)) => permit,
                Either::Left(_) | Either::Right(_) => return None,
            }
        };
        let joinable = self.list.running(&self.about, self.number)?;
        Some(Turn { _permit: permit, _joinable: joinable })
    }

    /// Sends the response to all waiting requests. The call leaves the list first, so that later requests do not get a
    /// response that is older than their question.
    pub(super) fn answer(self, answer: V) {
        self.answer_after(answer, || {});
    }

    /// Does the same after `keep`, which keeps the response for later requests. It runs while the list is locked: a
    /// request that already sees what was kept does not find the call that brought it any more, and one that finds the
    /// call gets its end. Must not block.
    pub(super) fn answer_after(mut self, answer: V, keep: impl FnOnce()) {
        let mut list = self.list.list();
        keep();
        self.leave(&mut list);
        drop(list);
        if let Some(waiting) = self.answer.take() {
            let _ = waiting.send(answer);
        }
    }
}

impl<V> Begun<V> {
    /// Returns the number of the call: a call that begins later has a higher one.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    fn leave(&self, list: &mut List<V>) {
        if list.calls.get(&self.about).is_some_and(|running| running.number == self.number) {
            list.calls.remove(&self.about);
        }
    }
}

impl<V> Drop for Begun<V> {
    fn drop(&mut self) {
        self.leave(&mut self.list.list());
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    const LONG: Duration = Duration::from_secs(300);

    fn begun(joined: Joined<u32>) -> (Answered<u32>, Begun<u32>) {
        match joined {
            Joined::Begun(answered, call) => (answered, call),
            Joined::Running(_) => panic!("one is under way"),
            Joined::NotAllowed => panic!("refused"),
        }
    }

    fn turn<'t>(call: &mut Begun<u32>, turns: &'t Semaphore) -> Option<Turn<'t, u32>> {
        call.turn(Transport::new(), turns, LONG).now_or_never().flatten()
    }

    #[test]
    fn one_call_for_all_who_ask_the_same() {
        let list = UnderWay::new();
        let (first, call) = begun(list.join("a", LONG, || true));
        let Joined::Running(second) = list.join("a", LONG, || panic!("one is under way")) else { panic!("not joined") };
        let (_, _other) = begun(list.join("b", LONG, || true));
        call.answer(7);
        assert_eq!((first.now_or_never(), second.clone().now_or_never()), (Some(Ok(7)), Some(Ok(7))));
        // The response is still held, but a new request does not get it.
        let (third, call) = begun(list.join("a", LONG, || true));
        drop(call);
        assert!(third.now_or_never().unwrap().is_err(), "a call that ends without an answer says so");
    }

    #[test]
    fn calls_that_may_not_be_made() {
        let list = UnderWay::<u32>::new();
        assert!(matches!(list.join("a", LONG, || false), Joined::NotAllowed));
        let (_waiting, _call) = begun(list.join("a", LONG, || true));
        assert!(matches!(list.join("a", LONG, || false), Joined::Running(_)), "it costs nothing to join");
    }

    #[test]
    fn callers_that_have_left_take_no_turn() {
        let (list, turns) = (UnderWay::<u32>::new(), Semaphore::new(1));
        let (waiting, mut call) = begun(list.join("a", LONG, || true));
        drop(waiting);
        assert!(turn(&mut call, &turns).is_none());
        // A later call with the same question stays on the list.
        let (_later, mut later) = begun(list.join("a", LONG, || true));
        drop(call);
        assert!(matches!(list.join("a", LONG, || false), Joined::Running(_)));
        let held = turn(&mut later, &turns);
        assert!(held.is_some());
        let (_other, mut other) = begun(list.join("b", LONG, || true));
        assert!(turn(&mut other, &turns).is_none(), "there is one turn");
        drop(_later);
        assert!(
            matches!(list.join("a", LONG, || false), Joined::Running(_)),
            "a call that is being made can be joined"
        );
    }

    #[test]
    fn a_call_is_overdue_from_its_last_moment_on() {
        let list = UnderWay::<u32>::new();
        let (_answered, _call) = begun(list.join("a", LONG, || true));
        let list = list.list();
        let call = &list.calls["a"];
        let moment = Duration::from_nanos(1);
        let times = [call.overdue_at - moment, call.overdue_at, call.overdue_at + moment];
        assert_eq!(times.map(|now| call.is_overdue(now)), [false, true, true]);
    }

    #[test]
    fn a_call_that_is_overdue_is_taken_over() {
        let list = UnderWay::new();
        let (first, late) = begun(list.join("a", Duration::ZERO, || true));
        let (second, call) = begun(list.join("a", LONG, || true));
        assert!(late.number() < call.number());
        late.answer(1);
        assert!(matches!(list.join("a", LONG, || false), Joined::Running(_)), "it leaves its successor on the list");
        call.answer(2);
        assert_eq!((first.now_or_never(), second.now_or_never()), (Some(Ok(1)), Some(Ok(2))));
    }
}
