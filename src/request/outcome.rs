//! What becomes of a request: somebody, nobody, or a way to find out; and what its response has to say besides.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    reason::Reason,
    request::SigningKeyError,
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

/// A `Set-Cookie` value that Clerk vouched for, and that a header can hold: one that could end its line is never made.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SetCookie(String);

impl fmt::Debug for SetCookie {
    /// The name alone: the value may be a session.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}=…\"", self.0.split('=').next().unwrap_or_default())
    }
}

impl fmt::Debug for Redirect {
    /// Without the query, where the session token is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.location.split('?').next().unwrap_or_default();
        f.debug_struct("Redirect").field("location", &address).field("says", &self.says).finish_non_exhaustive()
    }
}

impl SetCookie {
    pub(crate) fn parse(directive: &str) -> Option<Self> {
        let directive = directive.trim_matches([' ', '\t', '\r', '\n']);
        let is_legal = |c: char| c == '\t' || ('\u{20}'..='\u{ff}').contains(&c) && c != '\u{7f}';
        (!directive.is_empty() && directive.chars().all(is_legal)).then(|| Self(directive.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// What this says of the session, if it is a session cookie, suffixed or not.
    pub(super) fn session(&self) -> Option<SessionCookie<'_>> {
        let pair = self.0.split(';').next().unwrap_or_default();
        let mut parts = pair.split('=');
        let is_session = parts.next().is_some_and(|name| name.starts_with("__session"));
        is_session.then(|| match parts.next() {
            None => SessionCookie::Malformed,
            Some("") => SessionCookie::Cleared,
            Some(token) => SessionCookie::Token(token),
        })
    }
}

/// What a session cookie's directive does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SessionCookie<'d> {
    Token(&'d str),
    Cleared,
    /// A name and no `=`.
    Malformed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_that_a_header_can_hold() {
        for (directive, expected) in [
            ("__session=a.b.c; Path=/", Some("__session=a.b.c; Path=/")),
            (" a=b\t", Some("a=b")),
            ("a=\u{e9}", Some("a=\u{e9}")),
            ("a=b\r\nSet-Cookie: c=d", None),
            ("a=b\nc", None),
            ("a=\0", None),
            ("a=\u{7f}", None),
            ("a=\u{1f600}", None),
            ("", None),
        ] {
            assert_eq!(SetCookie::parse(directive).as_ref().map(SetCookie::as_str), expected, "{directive:?}");
        }
    }

    #[test]
    fn directives_and_the_session_in_them() {
        for (directive, expected) in [
            ("__session=a.b.c; Path=/", Some(SessionCookie::Token("a.b.c"))),
            ("__session_abc=a.b.c", Some(SessionCookie::Token("a.b.c"))),
            ("__session=; Max-Age=0", Some(SessionCookie::Cleared)),
            ("__session; Path=/", Some(SessionCookie::Malformed)),
            ("__session=a=b", Some(SessionCookie::Token("a"))),
            ("__client_uat=1; __session=x", None),
        ] {
            assert_eq!(SetCookie::parse(directive).unwrap().session(), expected, "{directive:?}");
        }
    }
}
