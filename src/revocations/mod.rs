//! Revocations: sessions that stop counting at once, although their tokens have not expired.

#[cfg(feature = "webhooks")]
mod apply;
mod cut_off;
mod cut_offs;
mod filter;
mod link;
mod store_error;

use std::{
    fmt,
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use tokio::sync::watch;

use self::cut_offs::{CutOffs, MARGIN, Subject};
pub use self::{cut_off::CutOff, link::WhenUnreachable, store_error::StoreError};
pub(crate) use self::{
    cut_offs::Marks,
    link::{HEARD_WITHIN, Link, Reading},
};
use crate::{
    clock::{Clock, Timestamp},
    observe::{CutOffsAdded, Event, Observers},
};

/// How far the clocks of servers may be apart: the same as `clock_skew` allows for Clerk's by default.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(5);
/// The default for how long cut-offs are kept.
pub(crate) const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// The default for the number of cut-offs.
pub(crate) const MAX_CUT_OFFS: usize = 1_000_000;

/// Sessions that no longer count, although their tokens have not expired yet.
///
/// A session token lives for a minute, and Clerk cannot recall it. With this list, a session ends on this server at once:
/// when a user signs out everywhere, is banned, or leaves an organization. It is consulted for every session token,
/// however the token arrives and even if it is remembered: in a header or a cookie, when a WebSocket is renewed, and when a
/// refresh or a handshake brings it. Open connections that wait for [`Session::expired`](crate::Session::expired) end as
/// well. A request with such a token is treated like one with an expired token, with the reason
/// [`SessionRevoked`](crate::Reason::SessionRevoked): a browser is refreshed or sent to Clerk, which knows whether it is
/// still signed in; an API client gets 401.
///
/// The list holds cut-offs: a session is over; or a user's tokens do not count if they were issued before now; or those
/// in which a certain organization is active. A token that Clerk issues afterwards counts, so revoke the session at Clerk
/// as well: [`sign_out_everywhere`](crate::client::Users::sign_out_everywhere) does both.
///
/// Clones share the list. It is kept in the memory of this process, and is empty when the process starts. Several servers
/// share a list through a store such as Redis: see [`SharedRevocations`](crate::stores::SharedRevocations).
///
/// # Bounds
///
/// At most a million cut-offs are kept, each for a day; see [`with_limits`](Self::with_limits). Nothing that was cut off
/// counts again when its cut-off is dropped: from then on, *every* token issued before that time is rejected. Session
/// tokens live for a minute, so none that old is in use.
///
/// ```
/// use clerk_actix::{ClerkConfig, ConfigError, Revocations};
///
/// fn configure(revocations: &Revocations) -> Result<ClerkConfig, ConfigError> {
///     ClerkConfig::builder()
///         .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///         .secret_key("sk_live_000000000000")
///         .revocations(revocations.clone())
///         .build()
/// }
///
/// let revocations = Revocations::new();
/// let config = configure(&revocations)?;
/// revocations.end_session("sess_1");
/// revocations.sign_out_user("user_1");
/// # let _ = config;
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Revocations(Arc<Shared>);

struct Shared {
    cut_offs: CutOffs,
    /// The clock of the first configuration that uses this list.
    clock: OnceLock<Clock>,
    /// The observers of the same configuration.
    observers: OnceLock<Observers>,
    /// Counts the cut-offs, for connections that wait for one.
    changes: watch::Sender<u64>,
    /// `None` if the list is this process's alone.
    link: Option<Link>,
}

/// Whether a token counts, as far as its session is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Counts,
    Revoked,
    /// The store cannot be reached, and then no token counts.
    Unknown,
}

impl Revocations {
    /// Creates an empty list with the default limits.
    pub fn new() -> Self {
        Self::with_limits(MAX_CUT_OFFS, RETENTION)
    }

    /// Creates an empty list that keeps at most `max_cut_offs`, each for `retention`. A cut-off takes 70 to 190 bytes.
    ///
    /// `retention` has to be longer than session tokens live, which is a minute unless you have changed it. Otherwise
    /// tokens older than that are rejected.
    pub fn with_limits(max_cut_offs: usize, retention: Duration) -> Self {
        Self::linked(max_cut_offs, retention, None)
    }

    pub(crate) fn linked(max_cut_offs: usize, retention: Duration, link: Option<Link>) -> Self {
        Self(Arc::new(Shared {
            cut_offs: CutOffs::new(max_cut_offs, retention),
            clock: OnceLock::new(),
            observers: OnceLock::new(),
            changes: watch::Sender::new(0),
            link,
        }))
    }

    /// Ends one session: none of its tokens count any more.
    pub fn end_session(&self, session_id: &str) {
        self.cut_off(Subject::Session(session_id), self.now());
    }

    /// Cuts off a user: no token that Clerk has issued to them up to now counts, in any of their sessions. Tokens that
    /// Clerk issues later do, except for a second, because a token says only in which second it was issued.
    pub fn sign_out_user(&self, user_id: &str) {
        self.cut_off(Subject::User(user_id), self.now());
    }

    /// Cuts off a user's membership, because they have left the organization or their role has changed: no token issued
    /// up to now in which this organization is active counts. Their sessions go on: a browser gets a new token.
    pub fn leave_organization(&self, user_id: &str, org_id: &str) {
        self.cut_off(Subject::Member { user_id, org_id }, self.now());
    }

    /// Returns the number of cut-offs that are kept.
    pub fn len(&self) -> usize {
        self.0.cut_offs.len()
    }

    /// Returns whether no cut-off is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until the store has all cut-offs that this process has made so far, so that the other servers learn of
    /// them. At once without a store.
    ///
    /// Await it before you report success, for instance to Clerk, which sends a webhook again if it fails.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if an attempt to write them failed. They count on this server all the same, and are written when
    /// the store is back.
    ///
    /// ```
    /// use clerk_actix::{Revocations, stores::StoreError};
    ///
    /// async fn lock(revocations: &Revocations, user_id: &str) -> Result<(), StoreError> {
    ///     revocations.sign_out_user(user_id);
    ///     revocations.written().await
    /// }
    /// ```
    pub async fn written(&self) -> Result<(), StoreError> {
        match &self.0.link {
            Some(link) => link.written().await,
            None => Ok(()),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.get().unwrap_or(&Clock::System).now()
    }

    fn cut_off(&self, subject: Subject<'_>, at: Timestamp) {
        self.cut_off_until(subject, at.plus(MARGIN));
    }

    fn cut_off_until(&self, subject: Subject<'_>, until: Timestamp) {
        let now = self.now();
        let is_news = self.0.cut_offs.insert(subject, until, now);
        if let Some(link) = &self.0.link {
            link.send(CutOff::new(subject, until, now));
        }
        self.tell(CutOffsAdded::HERE, is_news.into(), now);
    }

    /// Keeps cut-offs that the store has, whichever server made them.
    ///
    /// No cut-off reaches far into the future, whatever the clock of the server that made it says: otherwise one wrong
    /// clock would lock users out everywhere.
    pub(crate) fn learn<'c>(&self, cut_offs: impl IntoIterator<Item = &'c CutOff>) {
        let now = self.now();
        let latest = now.plus(CLOCKS_DIFFER_BY);
        let mut count = 0;
        for cut_off in cut_offs {
            count += usize::from(self.0.cut_offs.insert(cut_off.subject(), cut_off.until.min(latest), now));
        }
        self.tell(CutOffsAdded::STORE, count, now);
    }

    /// Wakes the connections that wait, and tells the observers.
    fn tell(&self, origin: &'static str, count: usize, now: Timestamp) {
        if count == 0 {
            return;
        }
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
        let added = CutOffsAdded { origin, count, kept: self.len() };
        self.observers().notify(&Event::CutOffsAdded(added), now);
    }

    /// Returns the observers; before a configuration uses the list, events are only logged.
    pub(crate) fn observers(&self) -> &Observers {
        static NONE: Observers = Observers::none();
        self.0.observers.get().unwrap_or(&NONE)
    }

    /// Takes the time from this clock and tells these observers, unless another configuration has set them.
    pub(crate) fn attach(&self, clock: &Clock, observers: &Observers) {
        self.0.clock.get_or_init(|| clock.clone());
        if self.0.observers.set(observers.clone()).is_ok()
            && let Some(link) = &self.0.link
        {
            let reading = link.reading.borrow().clone();
            // What happened before was only logged.
            match reading {
                Reading::Begun => {}
                Reading::Current => {
                    link.heard(self.now());
                    observers.tell(&Event::RevocationStore(link.is_up()), self.now());
                }
                Reading::Failed(error) => {
                    observers.tell(&Event::RevocationStore(link.is_down(&error.to_string())), self.now());
                }
            }
        }
    }

    /// Returns the store behind the list, if there is one.
    pub(crate) fn link(&self) -> Option<&Link> {
        self.0.link.as_ref()
    }

    pub(crate) fn downgrade(&self) -> WeakRevocations {
        WeakRevocations(Arc::downgrade(&self.0))
    }

    /// Returns whether session tokens are rejected now because the store cannot be reached.
    pub(crate) fn reject_all(&self, now: Timestamp) -> bool {
        self.0.link.as_ref().is_some_and(|link| link.rejects(now))
    }

    /// Returns whether the token with these marks counts.
    pub(crate) fn standing(&self, marks: &Marks, now: Timestamp) -> Standing {
        if !self.0.cut_offs.are_idle() && self.cover(marks) {
            Standing::Revoked
        } else if self.reject_all(now) {
            Standing::Unknown
        } else {
            Standing::Counts
        }
    }

    /// Returns whether the token with these marks is cut off.
    pub(crate) fn cover(&self, marks: &Marks) -> bool {
        self.0.cut_offs.cover(marks)
    }

    /// Subscribes to cut-offs.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }
}

/// A list that ends with its last strong reference.
pub(crate) struct WeakRevocations(Weak<Shared>);

impl WeakRevocations {
    pub(crate) fn upgrade(&self) -> Option<Revocations> {
        self.0.upgrade().map(Revocations)
    }
}

impl Default for Revocations {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations").field("cut_offs", &self.len()).finish()
    }
}
