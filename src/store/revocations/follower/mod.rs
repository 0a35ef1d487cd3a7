//! The task that keeps a list of cut-offs and a store in step: it reads what other servers have added, and adds what this
//! one has cut off, until the list is dropped.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{
    future::{Either, select},
    pin_mut,
};
use rand::RngExt;
use tokio::{
    sync::{Notify, mpsc::UnboundedReceiver},
    time::{Instant, sleep, timeout},
};

use super::log::{Batch, Position, RevocationStore};
use crate::{
    clock::Timestamp,
    observe::{Event, LogLimit},
    revocations::{CutOff, HEARD_WITHIN, Link, Reading, Revocations, StoreError, WeakRevocations},
};

/// How long one call waits for news. An answer without news shows that the store is alive.
const WAIT: Duration = Duration::from_secs(1);
/// The time that an answer may take besides.
const LIMIT: Duration = Duration::from_secs(2);
const _: () = assert!(WAIT.as_millis() + LIMIT.as_millis() <= HEARD_WITHIN.as_millis());

/// The most cut-offs that are written with one call.
const MAX_BATCH: usize = 500;

/// The pause after a failure, which doubles up to the second one.
const PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// When a store has lost its data, all servers see that at the same time. Each waits for a random time up to this one, and
/// then adds only what no other has added.
const RESTORE_WITHIN: Duration = Duration::from_secs(1);

/// Keeps both in step.
pub(super) async fn follow(
    store: Arc<dyn RevocationStore>,
    list: WeakRevocations,
    outbox: UnboundedReceiver<CutOff>,
    max_cut_offs: usize,
    retention: Duration,
) {
    let book = Book::new(max_cut_offs, retention);
    let reader = Reader { store: &*store, list: &list, book: &book, position: None, lost: None, has_failed: false };
    let writer = Writer { store: &*store, list: &list, book: &book, outbox };
    let (read, write) = (reader.run(), writer.run());
    pin_mut!(read, write);
    select(read, write).await;
}

/// What both sides know.
struct Book {
    pages: Mutex<Pages>,
    /// Notified when the queue is no longer empty.
    has_work: Notify,
    max_cut_offs: usize,
    retention: Duration,
}

#[derive(Default)]
struct Pages {
    /// Everything that is or should be in the store, oldest first: what is restored if the store loses it.
    known: VecDeque<CutOff>,
    /// This server's, until they are read from the store.
    own: HashSet<CutOff>,
    /// To be written. The first ones are on their way.
    queue: VecDeque<Entry>,
}

struct Entry {
    cut_off: CutOff,
    /// Whether somebody may wait for it; otherwise it restores what the store has lost.
    is_new: bool,
}

impl Book {
    fn new(max_cut_offs: usize, retention: Duration) -> Self {
        Self { pages: Mutex::default(), has_work: Notify::new(), max_cut_offs: max_cut_offs.max(1), retention }
    }

    fn open(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a cut-off of this server, to be written. Returns the number of older ones that are not written any more,
    /// because too many wait.
    fn note_own(&self, cut_off: CutOff, now: Timestamp) -> u64 {
        let mut pages = self.open();
        self.note(&mut pages, cut_off.clone(), now);
        pages.own.insert(cut_off.clone());
        pages.queue.push_back(Entry { cut_off, is_new: true });
        let surplus = pages.queue.len().saturating_sub(self.max_cut_offs.max(MAX_BATCH));
        pages.queue.drain(..surplus).map(|entry| u64::from(entry.is_new)).sum()
    }

    /// Queues this server's cut-offs that were written, but not read since: a store that fails may have lost them.
    fn write_own_again(&self) {
        let mut pages = self.open();
        let pages = &mut *pages;
        let queued: HashSet<&CutOff> = pages.queue.iter().map(|entry| &entry.cut_off).collect();
        let unread: Vec<CutOff> = pages.own.iter().filter(|cut_off| !queued.contains(cut_off)).cloned().collect();
        pages.queue.extend(unread.into_iter().map(|cut_off| Entry { cut_off, is_new: false }));
        self.has_work.notify_one();
    }

    /// Notes a cut-off that was read. Returns whether it is news, and not this server's own.
    fn note_read(&self, cut_off: &CutOff, now: Timestamp) -> bool {
        let mut pages = self.open();
        let is_news = !pages.own.remove(cut_off);
        if is_news {
            self.note(&mut pages, cut_off.clone(), now);
        }
        is_news
    }

    fn note(&self, pages: &mut Pages, cut_off: CutOff, now: Timestamp) {
        let oldest = now.minus(self.retention);
        let is_old = |first: &CutOff| first.made_at < oldest;
        while pages.known.len() >= self.max_cut_offs || pages.known.front().is_some_and(is_old) {
            let dropped = pages.known.pop_front();
            dropped.inspect(|dropped| {
                pages.own.remove(dropped);
            });
        }
        pages.known.push_back(cut_off);
    }

    fn known(&self) -> HashSet<CutOff> {
        self.open().known.iter().cloned().collect()
    }

    /// Queues cut-offs that the store has lost.
    fn restore(&self, lost: HashSet<CutOff>) {
        let mut pages = self.open();
        pages.own.extend(lost.iter().cloned());
        pages.queue.extend(lost.into_iter().map(|cut_off| Entry { cut_off, is_new: false }));
        self.has_work.notify_one();
    }

    fn next_batch(&self) -> Vec<CutOff> {
        self.open().queue.iter().take(MAX_BATCH).map(|entry| entry.cut_off.clone()).collect()
    }

    /// Takes written cut-offs off the queue. Returns the number of those for which somebody may wait.
    fn written(&self, count: usize) -> u64 {
        let mut pages = self.open();
        let count = count.min(pages.queue.len());
        pages.queue.drain(..count).map(|entry| u64::from(entry.is_new)).sum()
    }
}

struct Reader<'f> {
    store: &'f dyn RevocationStore,
    list: &'f WeakRevocations,
    book: &'f Book,
    position: Option<Position>,
    lost: Option<Lost>,
    has_failed: bool,
}

/// The cut-offs that the store had, and that were not read from it again since.
struct Lost {
    cut_offs: HashSet<CutOff>,
    restore_at: Instant,
}

impl Reader<'_> {
    async fn run(mut self) {
        let (mut pause, mut wait) = (PAUSE, Duration::ZERO);
        loop {
            let outcome = timeout(wait + LIMIT, self.store.read(self.position.as_ref(), wait)).await;
            let Some(revocations) = self.list.upgrade() else { return };
            let Some(link) = revocations.link() else { return };
            match outcome.unwrap_or(Err(StoreError::TimedOut { limit: LIMIT })) {
                Ok(batch) => {
                    pause = PAUSE;
                    wait = self.take(batch, &revocations, link);
                }
                Err(error) => {
                    tell_of_failure(&error, &revocations, link);
                    link.failed(error);
                    self.has_failed = true;
                    wait = Duration::ZERO;
                    drop(revocations);
                    sleep(pause.mul_f64(random_part())).await;
                    pause = longer(pause);
                }
            }
        }
    }

    /// Takes what was read. Returns how long to wait for more.
    fn take(&mut self, batch: Batch, revocations: &Revocations, link: &Link) -> Duration {
        let now = revocations.now();
        if batch.has_lost && self.position.is_some() {
            // Read from the beginning, to see what is left.
            self.position = None;
            let restore_at = Instant::now() + RESTORE_WITHIN.mul_f64(random_part());
            self.lost = Some(Lost { cut_offs: self.book.known(), restore_at });
            return Duration::ZERO;
        }
        let is_unknown = |cut_off: &&CutOff| {
            let was_lost = self.lost.as_mut().is_some_and(|lost| lost.cut_offs.remove(*cut_off));
            !was_lost && self.book.note_read(cut_off, now)
        };
        revocations.learn(batch.cut_offs.iter().filter(is_unknown).collect::<Vec<_>>());
        self.position = batch.end.or(self.position.take());
        if batch.has_more {
            return Duration::ZERO;
        }
        tell_of_success(revocations, link);
        link.heard(now);
        if std::mem::take(&mut self.has_failed) {
            self.book.write_own_again();
        }
        match self.lost.take() {
            Some(lost) if lost.restore_at <= Instant::now() => {
                tracing::warn!(
                    store = link.store,
                    count = lost.cut_offs.len(),
                    "the store of revocations has lost data, and this server restores it"
                );
                self.book.restore(lost.cut_offs);
                WAIT
            }
            Some(lost) => {
                let left = lost.restore_at.saturating_duration_since(Instant::now());
                self.lost = Some(lost);
                left.min(WAIT)
            }
            None => WAIT,
        }
    }
}

struct Writer<'f> {
    store: &'f dyn RevocationStore,
    list: &'f WeakRevocations,
    book: &'f Book,
    outbox: UnboundedReceiver<CutOff>,
}

/// What a writer waits for.
enum Next {
    /// A new cut-off of this server.
    CutOff(CutOff),
    /// The reader has queued what the store has lost.
    Restore,
    /// The list was dropped.
    End,
}

impl Writer<'_> {
    async fn run(mut self) {
        let mut pause = PAUSE;
        loop {
            while let Ok(cut_off) = self.outbox.try_recv() {
                self.note(cut_off);
            }
            let batch = self.book.next_batch();
            if batch.is_empty() {
                match self.next().await {
                    Next::CutOff(cut_off) => self.note(cut_off),
                    Next::Restore => {}
                    Next::End => return,
                }
                continue;
            }
            let outcome = timeout(LIMIT, self.store.append(&batch, self.book.retention)).await;
            let Some(revocations) = self.list.upgrade() else { return };
            let Some(link) = revocations.link() else { return };
            match outcome.unwrap_or(Err(StoreError::TimedOut { limit: LIMIT })) {
                Ok(()) => {
                    pause = PAUSE;
                    let count = self.book.written(batch.len());
                    link.written.send_modify(|written| {
                        written.count = written.count.saturating_add(count);
                        written.error = None;
                    });
                }
                Err(error) => {
                    warn_of_write(&error, &revocations, link);
                    link.written.send_modify(|written| {
                        written.failures = written.failures.wrapping_add(1);
                        written.error = Some(error);
                    });
                    drop(revocations);
                    sleep(pause).await;
                    pause = longer(pause);
                }
            }
        }
    }
}

impl Writer<'_> {
    /// Waits for something to write.
    async fn next(&mut self) -> Next {
        let (next, has_work) = (self.outbox.recv(), self.book.has_work.notified());
        pin_mut!(next, has_work);
        match select(next, has_work).await {
            Either::Left((Some(cut_off), _)) => Next::CutOff(cut_off),
            Either::Left((None, _)) => Next::End,
            Either::Right(_) => Next::Restore,
        }
    }

    /// Notes a cut-off of this server.
    fn note(&self, cut_off: CutOff) {
        let Some(revocations) = self.list.upgrade() else { return };
        let dropped = self.book.note_own(cut_off, revocations.now());
        if let (1.., Some(link)) = (dropped, revocations.link()) {
            static DROPPED: LogLimit = LogLimit::new();
            link.written.send_modify(|written| written.count = written.count.saturating_add(dropped));
            if let Some(left_out) = DROPPED.admit(revocations.now()) {
                tracing::error!(
                    store = link.store,
                    left_out,
                    "too many revocations wait to be written, so the other servers will not have the oldest ones"
                );
            }
        }
    }
}

/// Returns the pause after another failure.
fn longer(pause: Duration) -> Duration {
    MAX_PAUSE.min(pause * 2)
}

/// Of a pause: all servers notice an outage at the same time.
fn random_part() -> f64 {
    rand::rng().random_range(0.0..1.0)
}

fn tell_of_success(revocations: &Revocations, link: &Link) {
    if !matches!(*link.reading.borrow(), Reading::Current) {
        revocations.observers().notify(&Event::RevocationStore(link.is_up()), revocations.now());
    }
}

/// Reports the first failure of an outage.
fn tell_of_failure(error: &StoreError, revocations: &Revocations, link: &Link) {
    if !matches!(*link.reading.borrow(), Reading::Failed(_)) {
        revocations.observers().notify(&Event::RevocationStore(link.is_down(&error.to_string())), revocations.now());
    }
}

fn warn_of_write(error: &StoreError, revocations: &Revocations, link: &Link) {
    static WRITES: LogLimit = LogLimit::new();
    if let Some(left_out) = WRITES.admit(revocations.now()) {
        tracing::error!(
            store = link.store,
            %error,
            waiting = link.waiting(),
            left_out,
            "revocations could not be written, so the other servers do not have them yet: trying again"
        );
    }
}

#[cfg(test)]
mod tests;
