//! What a list of cut-offs knows of the store behind it: the cut-offs that wait to be written, and when it was last heard.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::{mpsc, watch};

use super::{cut_off::CutOff, store_error::StoreError};
use crate::{clock::Timestamp, observe::RevocationStore};

/// How often a store is heard at least while it works, with the time that its answer may take.
pub(crate) const HEARD_WITHIN: Duration = Duration::from_secs(3);

/// What happens to session tokens while the store cannot be reached, so that cut-offs made on other servers do not
/// arrive here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhenUnreachable {
    /// Requests are served with the cut-offs that are known. A session that ends on another server meanwhile goes on
    /// here, until its token expires or the store is back.
    #[default]
    KeepServing,
    /// Session tokens are rejected with 503 and the reason
    /// [`RevocationsUnavailable`](crate::Reason::RevocationsUnavailable) once the store has not been heard for this
    /// long, and from the start until it was read for the first time.
    RejectAfter(Duration),
}

impl WhenUnreachable {
    /// What a store that cannot be reached means, for log lines and the doctor.
    pub(crate) fn consequence(self) -> &'static str {
        match self {
            Self::KeepServing => "sessions that end on other servers go on here until it is back",
            Self::RejectAfter(_) => "session tokens are rejected (503) until it is back, as RejectAfter says",
        }
    }
}

/// The connection of one list to its store.
pub(crate) struct Link {
    pub(crate) store: String,
    pub(crate) when_unreachable: WhenUnreachable,
    outbox: mpsc::UnboundedSender<CutOff>,
    made: AtomicU64,
    pub(crate) written: watch::Sender<Written>,
    pub(crate) reading: watch::Sender<Reading>,
    /// In milliseconds; the earliest time if never.
    last_heard: AtomicI64,
    /// The time from which on session tokens are rejected, in milliseconds.
    rejects_from: AtomicI64,
}

/// The cut-offs of this process that the store has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Written {
    pub(crate) count: u64,
    pub(crate) failures: u64,
    /// The error of the last attempt, if it failed.
    pub(crate) error: Option<StoreError>,
}

/// The state of the connection that brings the cut-offs of other servers.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// The store has not answered yet.
    Begun,
    /// Everything was read.
    Current,
    Failed(StoreError),
}

impl Link {
    /// Creates a link that was never heard, and the queue of cut-offs to write.
    pub(crate) fn new(store: String, when_unreachable: WhenUnreachable) -> (Self, mpsc::UnboundedReceiver<CutOff>) {
        let (outbox, queue) = mpsc::unbounded_channel();
        let rejects_from = match when_unreachable {
            WhenUnreachable::KeepServing => i64::MAX,
            WhenUnreachable::RejectAfter(_) => i64::MIN,
        };
        let link = Self {
            store,
            when_unreachable,
            outbox,
            made: AtomicU64::new(0),
            written: watch::Sender::default(),
            reading: watch::Sender::new(Reading::Begun),
            last_heard: AtomicI64::new(i64::MIN),
            rejects_from: AtomicI64::new(rejects_from),
        };
        (link, queue)
    }

    /// Queues a cut-off of this process.
    pub(super) fn send(&self, cut_off: CutOff) {
        self.made.fetch_add(1, Ordering::AcqRel);
        // The receiver is gone only if the thread has ended, and then `rejects` says so after a while.
        let _ = self.outbox.send(cut_off);
    }

    /// Returns how many cut-offs of this process are not written yet.
    pub(crate) fn waiting(&self) -> u64 {
        self.made.load(Ordering::Acquire).saturating_sub(self.written.borrow().count)
    }

    /// Waits until the cut-offs of this process are written.
    pub(super) async fn written(&self) -> Result<(), StoreError> {
        let made = self.made.load(Ordering::Acquire);
        let mut written = self.written.subscribe();
        let failures = written.borrow_and_update().failures;
        let outcome = written.wait_for(|written| written.count >= made || written.failures > failures).await;
        match outcome {
            Ok(written) if written.count >= made => Ok(()),
            Ok(written) => Err(written.error.clone().unwrap_or_else(ended)),
            Err(_) => Err(ended()),
        }
    }

    /// The store was heard at this time, and everything in it was read.
    pub(crate) fn heard(&self, now: Timestamp) {
        self.last_heard.store(now.as_millis(), Ordering::Release);
        if let WhenUnreachable::RejectAfter(patience) = self.when_unreachable {
            let until = now.plus(HEARD_WITHIN).plus(patience);
            self.rejects_from.store(until.as_millis(), Ordering::Release);
        }
        self.reading.send_if_modified(|reading| {
            let is_news = !matches!(reading, Reading::Current);
            *reading = Reading::Current;
            is_news
        });
    }

    /// The store could not be read.
    pub(crate) fn failed(&self, error: StoreError) {
        if let WhenUnreachable::RejectAfter(patience) = self.when_unreachable {
            let until = match self.last_heard.load(Ordering::Acquire) {
                i64::MIN => i64::MIN,
                last_heard => Timestamp::from_millis(last_heard).plus(patience).as_millis(),
            };
            self.rejects_from.store(until, Ordering::Release);
        }
        self.reading.send_replace(Reading::Failed(error));
    }

    /// The event for a store that can be read.
    pub(crate) fn is_up(&self) -> RevocationStore<'_> {
        self.event(RevocationStore::UP, None)
    }

    /// The event for a store that cannot be read, because of this error.
    pub(crate) fn is_down<'e>(&'e self, error: &'e str) -> RevocationStore<'e> {
        self.event(RevocationStore::DOWN, Some(error))
    }

    fn event<'e>(&'e self, state: &'static str, error: Option<&'e str>) -> RevocationStore<'e> {
        RevocationStore { store: &self.store, state, error, consequence: self.when_unreachable.consequence() }
    }

    /// Returns whether a session token has to be rejected now, because it cannot be checked.
    pub(crate) fn rejects(&self, now: Timestamp) -> bool {
        now.as_millis() >= self.rejects_from.load(Ordering::Acquire)
    }
}

fn ended() -> StoreError {
    StoreError::unreachable("the task that writes to it has ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_tokens_are_rejected() {
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1000);
        let error = || StoreError::unreachable("down");
        let patient = WhenUnreachable::RejectAfter(Duration::from_secs(10));
        let strict = WhenUnreachable::RejectAfter(Duration::ZERO);
        enum Step {
            Heard(i64),
            Failed,
        }
        use Step::{Failed, Heard};
        for (name, mode, steps, now, expected) in [
            ("patient, never heard", patient, vec![], 0, true),
            ("patient, failed at the start", patient, vec![Failed], 0, true),
            ("patient, heard", patient, vec![Heard(0)], 0, false),
            ("patient, heard a while ago, and nobody noticed that it is gone", patient, vec![Heard(0)], 12, false),
            ("patient, heard long ago, and nobody noticed", patient, vec![Heard(0)], 13, true),
            ("patient, gone for a while", patient, vec![Heard(0), Failed], 9, false),
            ("patient, gone for long", patient, vec![Heard(0), Failed], 10, true),
            ("patient, back", patient, vec![Heard(0), Failed, Heard(60)], 61, false),
            ("strict, heard", strict, vec![Heard(0)], 2, false),
            ("strict, gone", strict, vec![Heard(0), Failed], 0, true),
            ("keeps serving, never heard", WhenUnreachable::KeepServing, vec![], 0, false),
            ("keeps serving, gone for long", WhenUnreachable::KeepServing, vec![Heard(0), Failed], 9999, false),
        ] {
            let (link, _queue) = Link::new("a store".into(), mode);
            for step in steps {
                match step {
                    Heard(seconds) => link.heard(at(seconds)),
                    Failed => link.failed(error()),
                }
            }
            assert_eq!(link.rejects(at(now)), expected, "{name}");
        }
    }
}
