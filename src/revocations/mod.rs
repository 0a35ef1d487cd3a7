//! Revocations: sessions that stop counting at once, although their tokens have not expired.

#[cfg(feature = "webhooks")]
mod apply;
mod cut_offs;
mod filter;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::sync::watch;

pub(crate) use self::cut_offs::Marks;
use self::cut_offs::{CutOffs, MARGIN, Subject};
use crate::clock::{Clock, Timestamp};

/// The default for how long cut-offs are kept.
const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);
/// The default for the number of cut-offs.
const MAX_CUT_OFFS: usize = 1_000_000;

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
/// Clones share the list. It is kept in the memory of this process, and is empty when the process starts.
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
    /// Counts the cut-offs, for connections that wait for one.
    changes: watch::Sender<u64>,
}

impl Revocations {
    /// Creates an empty list with the default limits.
    pub fn new() -> Self {
        Self::with_limits(MAX_CUT_OFFS, RETENTION)
    }

    /// Creates an empty list that keeps at most `max_cut_offs`, each for `retention`. A cut-off takes about 60 bytes.
    ///
    /// `retention` has to be longer than session tokens live, which is a minute unless you have changed it. Otherwise
    /// tokens older than that are rejected.
    pub fn with_limits(max_cut_offs: usize, retention: Duration) -> Self {
        Self(Arc::new(Shared {
            cut_offs: CutOffs::new(max_cut_offs, retention),
            clock: OnceLock::new(),
            changes: watch::Sender::new(0),
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

    fn now(&self) -> Timestamp {
        self.0.clock.get().unwrap_or(&Clock::System).now()
    }

    fn cut_off(&self, subject: Subject<'_>, at: Timestamp) {
        self.cut_off_until(subject, at.plus(MARGIN));
    }

    fn cut_off_until(&self, subject: Subject<'_>, until: Timestamp) {
        self.0.cut_offs.insert(subject, until, self.now());
        self.0.changes.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Takes the time from this clock, unless another configuration has set one.
    pub(crate) fn use_clock(&self, clock: &Clock) {
        self.0.clock.get_or_init(|| clock.clone());
    }

    /// Returns whether nothing was ever cut off, so that no token has to be looked at.
    pub(crate) fn are_idle(&self) -> bool {
        self.0.cut_offs.are_idle()
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
