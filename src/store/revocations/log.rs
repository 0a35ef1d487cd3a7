//! What a store of cut-offs has to do: it is a log that several servers add to and read.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use crate::revocations::{CutOff, StoreError};

/// What a call to a store returns.
pub type StoreFuture<'s, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 's>>;

/// A log of cut-offs that several servers share: one of [`stores`](crate::stores), such as Redis, or one of your own.
///
/// Every server reads the log to its end, and then waits for more; so each has all cut-offs in its own memory, and no
/// request waits for the store. The calls run on a thread of their own, on a Tokio runtime. Do not block in them.
///
/// Both calls are repeated if they fail, so a cut-off may be in the log twice. They are given up after two seconds, plus
/// the time that a reader was told to wait.
pub trait RevocationStore: Send + Sync + 'static {
    /// Returns the store's name with its address, without a password, for log lines: `redis at 127.0.0.1:6379`.
    fn name(&self) -> String;

    /// Adds cut-offs to the end of the log, and drops those that are older than `retention`.
    fn append<'s>(&'s self, cut_offs: &'s [CutOff], retention: Duration) -> StoreFuture<'s, ()>;

    /// Returns some of the cut-offs after a position, oldest first; from the beginning without a position. If there are
    /// none, waits until there are, at most for `wait`.
    fn read<'s>(&'s self, after: Option<&'s Position>, wait: Duration) -> StoreFuture<'s, Batch>;
}

impl<S: RevocationStore + ?Sized> RevocationStore for Arc<S> {
    fn name(&self) -> String {
        (**self).name()
    }

    fn append<'s>(&'s self, cut_offs: &'s [CutOff], retention: Duration) -> StoreFuture<'s, ()> {
        (**self).append(cut_offs, retention)
    }

    fn read<'s>(&'s self, after: Option<&'s Position>, wait: Duration) -> StoreFuture<'s, Batch> {
        (**self).read(after, wait)
    }
}

/// The place of a cut-off in the log. What it means is up to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position(String);

impl Position {
    /// Creates a position.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text that it was created with.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Cut-offs that were read from a store.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(super) cut_offs: Vec<CutOff>,
    pub(super) end: Option<Position>,
    pub(super) has_more: bool,
    pub(super) has_lost: bool,
}

impl Batch {
    /// Creates a batch that is the end of the log for now. `end` is the position of the last cut-off in it, `None` if
    /// there is none.
    pub fn new(cut_offs: Vec<CutOff>, end: Option<Position>) -> Self {
        Self { cut_offs, end, has_more: false, has_lost: false }
    }

    /// Returns the cut-offs, oldest first.
    pub fn cut_offs(&self) -> &[CutOff] {
        &self.cut_offs
    }

    /// Returns the position of the last cut-off, `None` if there is none.
    pub fn end(&self) -> Option<&Position> {
        self.end.as_ref()
    }

    /// Returns whether the log goes on after this batch.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    /// Returns whether the log has lost cut-offs that it had.
    pub fn has_lost(&self) -> bool {
        self.has_lost
    }

    /// Sets whether the log goes on after this batch.
    pub fn with_more(self, has_more: bool) -> Self {
        Self { has_more, ..self }
    }

    /// Sets whether the log has lost cut-offs that it had: the one at the position after which was read is gone. Then
    /// every server adds those that it knows again.
    ///
    /// Look for it *after* reading: otherwise a log that is deleted and written to meanwhile looks complete.
    pub fn with_loss(self, has_lost: bool) -> Self {
        Self { has_lost, ..self }
    }
}
