//! The outcome of a request: signed in, signed out, or redirected to find out; and what the response must add.

use std::{fmt, sync::Arc, time::Duration};

use super::{backend::SigningKeyError, cause::LoopCause, hint::Hint, set_cookie::SetCookie};
use crate::{
    reason::Reason,
    token::{Carrier, MachineToken, OpaqueToken, SessionToken, TokenRejection, TokenType},
};

/// The decision about one request. It is small: anything that few requests need is boxed.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The request carries a verified session token. Its session may still be pending.
    SignedIn {
        token: Arc<SessionToken>,
        additions: Option<Box<Additions>>,
    },
    SignedOut {
        why: Denial,
        additions: Option<Box<Additions>>,
    },
    /// The request carries a machine's JWT, which was verified or rejected.
    Machine {
        token_type: TokenType,
        verdict: Result<MachineToken, Denial>,
    },
    /// The request carries a token that only Clerk can verify; whoever needs the result must ask Clerk.
    Opaque(OpaqueToken),
    /// The browser is redirected, and the handler is not reached.
    Redirect(Box<Redirect>),
    /// The request makes no sense, and only its sender can fix it: 400 with this message.
    Malformed {
        message: String,
    },
}

/// Additions to the handler's response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Additions {
    pub(crate) set_cookies: Vec<SetCookie>,
    pub(crate) renewed_by: Option<Renewal>,
    /// The cause of a loop that ended with this request.
    pub(crate) redirect_loop: Option<LoopCause>,
}

/// How a browser's session was renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    Refresh,
    Handshake,
}

/// A redirect by the middleware itself: always 307 and never cached.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Redirect {
    /// Absolute, `http` or `https`.
    pub(crate) location: String,
    pub(crate) additions: Additions,
    /// Its `x-clerk-auth-*` headers, if it has any.
    pub(crate) says: Option<(AuthStatus, Denial)>,
}

/// The value of `x-clerk-auth-status`.
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
        Denial::because(reason).into()
    }
}

impl From<Redirect> for Outcome {
    fn from(redirect: Redirect) -> Self {
        Self::Redirect(Box::new(redirect))
    }
}

impl From<Denial> for Outcome {
    fn from(why: Denial) -> Self {
        Self::SignedOut { why, additions: None }
    }
}

/// The reason that a request is unauthenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) reason: Reason,
    /// `None` if the reason says everything, as it does for every anonymous visitor.
    details: Option<Box<Details>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Details {
    message: Box<str>,
    retry_after: Option<Duration>,
    hint: Option<Hint>,
    in_vain: Option<LoopCause>,
    ends_a_loop: bool,
}

impl Denial {
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

    pub(crate) fn with_hint(mut self, hint: impl Into<Option<Hint>>) -> Self {
        if let Some(hint) = hint.into() {
            self.details.get_or_insert_default().hint = Some(hint);
        }
        self
    }

    /// Adds the reason that a redirect to Clerk would not help: a loop, or a handshake that has just failed.
    pub(super) fn in_vain(mut self, cause: LoopCause) -> Self {
        self.details.get_or_insert_default().in_vain.get_or_insert(cause);
        self
    }

    /// Adds the cause of a redirect loop that ends with this request.
    pub(super) fn ending_a_loop(mut self, cause: LoopCause) -> Self {
        self.details.get_or_insert_default().ends_a_loop = true;
        self.in_vain(cause)
    }

    /// Returns what to do, for logs and for a developer's page; it is not sent to clients.
    pub(crate) fn hint(&self) -> Option<&Hint> {
        self.details.as_ref()?.hint.as_ref()
    }

    /// Returns the cause of the redirect loop that ends with this request, if one does. A handshake that failed is none:
    /// anyone can bring one.
    pub(crate) fn ended_loop(&self) -> Option<LoopCause> {
        self.details.as_ref().filter(|details| details.ends_a_loop)?.in_vain
    }

    /// Returns the reason that another redirect to Clerk would not help, if it is known.
    pub(crate) fn redirect_loop(&self) -> Option<LoopCause> {
        self.details.as_ref()?.in_vain
    }

    /// Returns the message for operators; empty if the reason says everything.
    pub(crate) fn message(&self) -> &str {
        self.details.as_ref().map_or("", |details| &details.message)
    }

    /// Returns how long to wait before trying again, if the cause lies with Clerk or this server's keys, and not with
    /// the caller.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        self.details.as_ref()?.retry_after
    }

    pub(crate) fn rejected(rejection: &TokenRejection, carrier: Carrier) -> Self {
        let hint = rejection.out_of_time().map(Hint::OutOfTime);
        Self::because(rejection.reason.clone()).with_message(rejection.full_message(carrier)).with_hint(hint)
    }

    /// For a WebSocket that a page of another origin opened.
    pub(super) fn cross_origin_websocket() -> Self {
        let message = "A page of another origin opened this WebSocket, so its cookies are ignored. If the page is the \
                       application's own, set authorized_parties to the origins of its pages, or set public_origin if \
                       a proxy changes the Host.";
        Self::because(Reason::CrossOriginWebsocket).with_message(message)
    }

    /// For a request that a page of another origin sent, with a method that may change something.
    pub(super) fn cross_origin_request() -> Self {
        let message = "A page of another origin sent this request, so its cookies are ignored. If the page is the \
                       application's own, list its origin in authorized_parties or csrf_protection, or set \
                       public_origin if a proxy changes the Host; or send the session token in the Authorization \
                       header.";
        Self::because(Reason::CrossOriginRequest).with_message(message)
    }

    /// For a machine token that was rejected; with the status of Clerk's response, if there was one.
    pub(crate) fn machine(rejection: &TokenRejection, status: Option<u16>) -> Self {
        let hint = rejection.out_of_time().map(Hint::OutOfTime);
        Self::because(rejection.reason.clone()).with_message(rejection.machine_message(status)).with_hint(hint)
    }

    /// For a server without a secret key or a JWT key, whatever the request brings.
    pub(super) fn without_any_key() -> Self {
        let message = "This server has no key to verify sessions with.";
        let rejection = TokenRejection::keys_unavailable(Reason::JwkRemoteFailedToLoad, message.to_owned());
        Self::rejected(&rejection, Carrier::Header).with_retry_after(Duration::from_secs(60))
    }

    /// For a nonce that could not be exchanged because of Clerk or this server.
    pub(super) fn without_handshake_payload(reason: Reason, retry_after: Duration) -> Self {
        let message = match reason {
            Reason::SecretKeyInvalid => {
                "Clerk rejected this server's secret key, so the handshake nonce was not exchanged."
            }
            _ => "Clerk's Backend API did not exchange the handshake nonce. Try again later.",
        };
        let message = format!("{message} (reason={reason}, token-carrier={})", Carrier::Cookie);
        Self::because(reason).with_message(message).with_retry_after(retry_after)
    }

    /// For a session that may have been revoked on another server.
    pub(super) fn without_revocations(carrier: Carrier) -> Self {
        let rejection = TokenRejection::revocations_unavailable();
        Self::rejected(&rejection, carrier).with_retry_after(Duration::from_secs(1))
    }

    pub(super) fn without_key(error: &SigningKeyError, kid: Option<&str>, carrier: Carrier) -> Self {
        let (reason, message, retry_after) = match error {
            SigningKeyError::UnknownKid => return Self::rejected(&TokenRejection::unknown_kid(kid), carrier),
            SigningKeyError::Unavailable { message, retry_after } => {
                (Reason::JwkRemoteFailedToLoad, message, retry_after)
            }
            SigningKeyError::SecretKeyRejected { message, retry_after } => {
                (Reason::SecretKeyInvalid, message, retry_after)
            }
        };
        let rejection = TokenRejection::keys_unavailable(reason, message.to_string());
        Self::rejected(&rejection, carrier).with_retry_after(*retry_after)
    }
}

impl fmt::Debug for Redirect {
    /// Omits the query, which contains the session token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.location.split('?').next().unwrap_or_default();
        f.debug_struct("Redirect").field("location", &address).field("says", &self.says).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Timestamp, token::OutOfTime};

    /// A redirect to Clerk has the session token in its query, and its cookies are the new session.
    #[test]
    fn debug_of_a_redirect_names_its_address_and_no_token() {
        let additions = Additions {
            set_cookies: SetCookie::parse("__session=secret_of_a_cookie; Path=/").into_iter().collect(),
            ..Additions::default()
        };
        let location = "https://clerk.example.com/v1/client/handshake?__session=secret_of_a_query".to_owned();
        let why = Denial::because(Reason::SessionTokenMissing);
        let redirect = Redirect { location, additions: additions.clone(), says: Some((AuthStatus::SignedOut, why)) };
        let text = format!("{redirect:?} {additions:?}");
        for expected in ["https://clerk.example.com/v1/client/handshake\"", "SessionTokenMissing", "__session=…"] {
            assert!(text.contains(expected), "{text}");
        }
        assert!(!text.contains("secret"), "{text}");
    }

    #[test]
    fn rejections_and_their_hints() {
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1000);
        for (rejection, expected) in [
            (TokenRejection::expired(at(0), at(60)), Some(OutOfTime::ExpiredFor(60_000))),
            (TokenRejection::not_active_yet(at(60), at(0)), Some(OutOfTime::ValidIn(60_000))),
            (TokenRejection::issued_in_the_future(at(60), at(0)), Some(OutOfTime::ValidIn(60_000))),
            (TokenRejection::signature(), None),
            (TokenRejection::revoked(), None),
        ] {
            let expected = expected.map(Hint::OutOfTime);
            for denial in [Denial::rejected(&rejection, Carrier::Header), Denial::machine(&rejection, None)] {
                assert_eq!(denial.hint(), expected.as_ref(), "{}", rejection.reason);
            }
        }
    }
}
