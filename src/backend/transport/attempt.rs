//! One attempt at a call: whether it was made on a new connection, and whether any of it went out.

use std::{cell::Cell, future::Future, rc::Rc};

use super::TransportError;

tokio::task_local! {
    /// awc does not tell which connection a call is made on. The connection itself tells the attempt that drives it.
    static CURRENT: Rc<Attempt>;
}

/// What an attempt has come to.
#[derive(Debug, Default)]
pub(super) struct Attempt {
    connects: Cell<bool>,
    has_sent: Cell<bool>,
}

/// Why an attempt brought no answer, and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) error: TransportError,
    /// It was made on a connection that was kept from an earlier call.
    pub(super) on_kept_connection: bool,
    /// Some of the call was written to the connection. All of it may have arrived.
    pub(super) has_sent: bool,
}

impl Attempt {
    /// Drives an attempt to its end.
    pub(super) async fn make<T>(attempt: impl Future<Output = Result<T, TransportError>>) -> Result<T, Failed> {
        let this = Rc::new(Self::default());
        let ended = CURRENT.scope(Rc::clone(&this), attempt).await;
        ended.map_err(|error| Failed {
            error,
            // A call that waits for its turn has neither.
            on_kept_connection: !this.connects.get() && (this.has_sent.get() || error == TransportError::Connection),
            has_sent: this.has_sent.get(),
        })
    }

    /// A connection is being made for it.
    pub(super) fn connects() {
        let _ = CURRENT.try_with(|this| this.connects.set(true));
    }

    /// The connection stands. What went out before was TLS's or a proxy's.
    pub(super) fn is_connected() {
        let _ = CURRENT.try_with(|this| this.has_sent.set(false));
    }

    /// Bytes were handed to the operating system.
    pub(super) fn has_sent() {
        let _ = CURRENT.try_with(|this| this.has_sent.set(true));
    }
}

impl Failed {
    /// Whether the connections that are kept are not to be relied on: the server closed this one while nothing was under way
    /// on it, or the network has forgotten it.
    pub(super) fn discredits_kept_connections(self) -> bool {
        use TransportError::*;
        self.on_kept_connection && matches!(self.error, Connection | Timeout | Body)
    }

    /// Whether the call is made again, at once and on a new connection: if the one that it was made on had been kept, or did
    /// not come about. If a new one breaks off or is silent, that is Clerk's doing, and another one would not help.
    ///
    /// A call that has not gone out is made again whatever it is. One that has may have been carried out, so that only one
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
