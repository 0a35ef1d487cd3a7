//! What becomes of a request: somebody, nobody, or a way to find out; and what its response has to say besides.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    reason::Reason,
    request::{SetCookie, SigningKeyError},
    token::{Carrier, MachineToken, OpaqueToken, Rejection, SessionToken, TokenType},
};

/// The decision about one request. It is small: what few requests need is boxed.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It carries a session token that was verified. Its session may still be pending.
    SignedIn {
        token: Arc<SessionToken>,
        additions: Option<Box<Additions>>,
    },
    SignedOut {
        why: SignedOut,
        additions: Option<Box<Additions>>,
    },
    /// It carries a machine's JWT, which was verified or refused.
    Machine {
        token_type: TokenType,
        verdict: Result<MachineToken, SignedOut>,
    },
    /// It carries a token that only Clerk can tell the worth of: whoever wants to know has to ask.
    Opaque(OpaqueToken),
    /// The browser is sent elsewhere, and the handler is not reached.
    Redirect(Box<Redirect>),
    /// The request makes no sense, and only its sender can mend it: 400 with this message.
    Malformed {
        message: String,
    },
}

/// What the response gets besides what the handler puts there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Additions {
    pub(crate) set_cookies: Vec<SetCookie>,
}

/// A redirect by the middleware itself: always 307 and never cached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// Absolute, `http` or `https`.
    pub(crate) location: String,
    pub(crate) additions: Additions,
    /// What it says of itself in `x-clerk-auth-*`.
    pub(crate) says: Option<(AuthStatus, SignedOut)>,
}

/// `x-clerk-auth-status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthStatus {
    SignedOut,
    Handshake,
}

impl AuthStatus {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed-out",
            Self::Handshake => "handshake",
        }
    }
}

impl Outcome {
    pub(super) fn signed_in(token: Arc<SessionToken>) -> Self {
        Self::SignedIn { token, additions: None }
    }

    pub(super) fn signed_out(reason: Reason) -> Self {
        SignedOut::because(reason).into()
    }
}

impl From<Redirect> for Outcome {
    fn from(redirect: Redirect) -> Self {
        Self::Redirect(Box::new(redirect))
    }
}

impl From<SignedOut> for Outcome {
    fn from(why: SignedOut) -> Self {
        Self::SignedOut { why, additions: None }
    }
}

/// Nobody, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedOut {
    pub(crate) reason: Reason,
    /// None where the reason says it all, as for every stranger.
    details: Option<Box<Details>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Details {
    message: Box<str>,
    retry_after: Option<Duration>,
}

impl SignedOut {
    pub(crate) fn because(reason: Reason) -> Self {
        Self { reason, details: None }
    }

    pub(crate) fn with_message(mut self, message: impl Into<Box<str>>) -> Self {
        let message = message.into();
        if !message.is_empty() {
            self.details.get_or_insert_default().message = message;
        }
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.details.get_or_insert_default().retry_after = Some(retry_after);
        self
    }

    /// For operators; empty where the reason says it all.
    pub(crate) fn message(&self) -> &str {
        self.details.as_ref().map_or("", |details| &details.message)
    }

    /// When it is worth trying again, where the cause lies with Clerk or with this server's keys, and not with the caller.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.details.as_ref()?.retry_after
    }

    pub(crate) fn rejected(rejection: &Rejection, carrier: Carrier) -> Self {
        Self::because(rejection.reason.clone()).with_message(rejection.full_message(carrier))
    }

    /// Of a page that is not this application's own.
    pub(super) fn cross_origin_websocket() -> Self {
        let message = "A page of another origin opened this WebSocket, so the cookies that came with it do not count. If \
                       the page is the application's own, set authorized_parties to the origins of its pages, or \
                       public_origin where a proxy changes the Host.";
        Self::because(Reason::CrossOriginWebsocket).with_message(message)
    }

    /// Of a page that is not this application's own, and of a method that may change something.
    pub(super) fn cross_origin_request() -> Self {
        let message = "A page of another origin sent this request, so the cookies that came with it do not count. If the \
                       page is the application's own, list its origin in authorized_parties or csrf_protection, or set \
                       public_origin if a proxy changes the Host; or let the page send its session token in the \
                       Authorization header.";
        Self::because(Reason::CrossOriginRequest).with_message(message)
    }

    /// A machine's token that was refused; with the status of Clerk's answer, if there was one.
    pub(crate) fn machine(rejection: &Rejection, status: Option<u16>) -> Self {
        Self::because(rejection.reason.clone()).with_message(rejection.machine_message(status))
    }

    /// Where there is neither a secret key nor a JWT key, whatever the request brings.
    pub(super) fn without_any_key() -> Self {
        let message = "This server has no key to verify sessions with.";
        let rejection = Rejection::keys_unavailable(Reason::JwkRemoteFailedToLoad, message.to_owned());
        Self::rejected(&rejection, Carrier::Header).with_retry_after(Duration::from_secs(60))
    }

    /// A nonce that could not be exchanged, on Clerk's account or this server's.
    pub(super) fn without_handshake_payload(reason: Reason, retry_after: Duration) -> Self {
        let message = match reason {
            Reason::SecretKeyInvalid => {
                "Clerk did not accept this server's secret key, so the handshake nonce was not exchanged."
            }
            _ => "Clerk's Backend API did not exchange the handshake nonce. Try again later.",
        };
        let message = format!("{message} (reason={reason}, token-carrier={})", Carrier::Cookie);
        Self::because(reason).with_message(message).with_retry_after(retry_after)
    }

    pub(super) fn without_key(error: &SigningKeyError, kid: Option<&str>, carrier: Carrier) -> Self {
        let (reason, message, retry_after) = match error {
            SigningKeyError::UnknownKid => return Self::rejected(&Rejection::unknown_kid(kid), carrier),
            SigningKeyError::Unavailable { message, retry_after } => {
                (Reason::JwkRemoteFailedToLoad, message, retry_after)
            }
            SigningKeyError::SecretKeyRejected { message, retry_after } => {
                (Reason::SecretKeyInvalid, message, retry_after)
            }
        };
        let rejection = Rejection::keys_unavailable(reason, message.to_string());
        Self::rejected(&rejection, carrier).with_retry_after(*retry_after)
    }
}

impl fmt::Debug for Redirect {
    /// Without the query, where the session token is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.location.split('?').next().unwrap_or_default();
        f.debug_struct("Redirect").field("location", &address).field("says", &self.says).finish_non_exhaustive()
    }
}
