//! One attempt at a call: whether it used a new connection, and whether any of it was sent.

use std::{cell::Cell, future::Future, rc::Rc};

use super::error::TransportError;

tokio::task_local! {
    /// awc does not report which connection a call uses. The connection itself reports to the attempt that drives it.
    static CURRENT: Rc<Attempt>;
}

/// The state of an attempt.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    connects: Cell<bool>,
    has_sent: Cell<bool>,
}

/// A failed attempt: the error, and what is known about the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailedAttempt {
    pub(super) error: TransportError,
    /// The attempt used a connection kept from an earlier call.
    pub(super) on_kept_connection: bool,
    /// Part of the call was written to the connection. All of it may have arrived.
    pub(super) has_sent: bool,
}

impl Attempt {
    /// Runs an attempt to completion.
    pub(super) async fn make<T>(attempt: impl Future<Output = Result<T, TransportError>>) -> Result<T, FailedAttempt> {
        let this = Rc::new(Self::default());
        let ended = CURRENT.scope(Rc::clone(&this), attempt).await;
        ended.map_err(|error| FailedAttempt {
            error,
            // A call that waits for a connection of the pool has neither.
            on_kept_connection: !this.connects.get() && (this.has_sent.get() || error == TransportError::Connection),
            has_sent: this.has_sent.get(),
        })
    }

    /// Notes that a connection is being made for the attempt.
    pub(super) fn connects() {
        let _ = CURRENT.try_with(|this| this.connects.set(true));
    }

    /// Notes that the connection is ready. Bytes sent so far belonged to TLS or a proxy.
    pub(super) fn is_connected() {
        let _ = CURRENT.try_with(|this| this.has_sent.set(false));
    }

    /// Notes that bytes were handed to the operating system.
    pub(super) fn has_sent() {
        let _ = CURRENT.try_with(|this| this.has_sent.set(true));
    }
}

impl FailedAttempt {
    /// Returns whether kept connections are no longer reliable: the server closed this one while it was idle, or the
    /// network dropped it.
    pub(super) fn discredits_kept_connections(self) -> bool {
        use TransportError::*;
        self.on_kept_connection && matches!(self.error, Connection | Timeout | Body)
    }

    /// Returns whether to repeat the call at once on a new connection: if its connection was a kept one or could not be
    /// made. If a new connection breaks off or stays silent, the cause is Clerk, and another one would not help.
    ///
    /// Any call is repeated if no part of it was sent. If some part was, Clerk may have carried it out, so only a call
    /// that changes nothing is repeated (RFC 9110, section 9.2.2).
    pub(super) fn is_worth_repeating(self, changes_nothing: bool) -> bool {
        let never_connected = self.error == TransportError::Connect;
        never_connected || self.discredits_kept_connections() && (changes_nothing || !self.has_sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_calls_are_made_again() {
        use TransportError::*;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (connects, sends) = (Attempt::connects as fn(), Attempt::has_sent as fn());
        for (name, steps, error, may_change, reads) in [
            ("closed while idle, nothing went out", &[][..], Connection, true, true),
            ("closed while idle, as the call went out", &[sends], Connection, false, true),
            ("silent", &[sends], Timeout, false, true),
            ("it broke off", &[sends], Body, false, true),
            ("too large", &[sends], TooLarge, false, false),
            ("waited for its turn", &[], Timeout, false, false),
            ("refused", &[connects], Connect, true, true),
            ("closed during TLS's handshake", &[connects, sends], Connect, true, true),
            ("a certificate that is not trusted", &[connects, sends], Tls, false, false),
            ("no connection in time", &[connects], ConnectTimeout, false, false),
            ("cut off while connecting", &[connects, sends], Timeout, false, false),
            (
                "new, and closed before anything went out",
                &[connects, sends, Attempt::is_connected],
                Connection,
                false,
                false,
            ),
            ("new, and closed", &[connects, sends, Attempt::is_connected, sends], Connection, false, false),
            ("new, and silent", &[connects, Attempt::is_connected, sends], Timeout, false, false),
        ] {
            let attempt = Attempt::make(async {
                steps.iter().for_each(|step| step());
                Err::<(), _>(error)
            });
            let failed = runtime.block_on(attempt).unwrap_err();
            let again = (failed.is_worth_repeating(false), failed.is_worth_repeating(true));
            assert_eq!(again, (may_change, reads), "{name}");
        }
    }
}
