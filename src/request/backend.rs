//! The calls to Clerk that a decision may need, as a trait, so that the decision itself stays free of HTTP.

use std::{sync::Arc, time::Duration};

use super::set_cookie::SetCookie;
use crate::{
    clock::Timestamp,
    keys::VerificationKey,
    token::{RememberedToken, SessionToken},
};

/// Clerk, as the decision about one request sees it.
pub(crate) trait Backend {
    /// Returns the session token with exactly this text, if it was verified before.
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken>;

    /// Caches a session token that has passed every rule.
    fn remember(&self, token: &Arc<SessionToken>);

    /// Returns whether [`signing_key`](Self::signing_key) would return this very key for a token that the key has
    /// verified, at once and without further work. If in doubt, returns false.
    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool;

    /// Returns the key that a token names, as of the time `now`; if a PEM key is configured, always that key.
    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError>;

    /// Returns the key that has replaced `key` at Clerk under the same `kid`, for a token whose signature does not
    /// match `key`. `None` if `key` is still current, or if Clerk was asked too recently: anyone can make up
    /// signatures.
    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>>;

    /// Exchanges an expired session token and its refresh token for a new session's cookies.
    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError>;

    /// Exchanges a handshake's nonce for its cookies. `session_id` is the session whose token the browser brings, if Clerk
    /// has signed it; the token may have expired.
    async fn handshake_payload(
        &self,
        nonce: &str,
        session_id: Option<&str>,
    ) -> Result<Vec<SetCookie>, HandshakePayloadError>;
}

/// The reason that there is no key to verify a token with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SigningKeyError {
    /// The instance's keys are known, and the token's is not among them.
    UnknownKid,
    /// The keys could not be loaded.
    Unavailable {
        /// The failure, for operators. Never contains a secret.
        message: Arc<str>,
        retry_after: Duration,
    },
    /// Clerk does not accept this server's secret key.
    SecretKeyRejected {
        /// Clerk's error message.
        message: Arc<str>,
        retry_after: Duration,
    },
}

/// A session to refresh.
pub(crate) struct RefreshSession<'r> {
    pub(crate) session_id: &'r str,
    pub(crate) expired_token: &'r str,
    /// `true` if this server has verified the signature of the expired token. Otherwise anyone who knows the session's ID
    /// can have made it.
    pub(crate) is_genuine: bool,
    pub(crate) refresh_token: &'r str,
    pub(crate) suffixed_cookies: bool,
    /// The public origin of the request.
    pub(crate) origin: String,
    /// All header fields of the request, in which Clerk looks for signs of theft.
    pub(crate) headers: Vec<(String, String)>,
}

/// The reason that a session was not refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefreshError {
    /// Clerk rejected it with this error code.
    Rejected(String),
    /// Clerk gave no readable response.
    Fetch,
    /// Clerk's error did not say why.
    Unexplained,
    /// Clerk responded without cookies.
    NoCookies,
    /// Clerk was not asked, or could not be: the session may still be valid.
    Unavailable {
        /// How long to wait before another attempt.
        retry_after: Duration,
        /// The failure by itself, which names the reason.
        failure: Box<RefreshError>,
    },
}

impl RefreshError {
    /// Returns the failure as an outage: the session may still be valid.
    pub(crate) fn unavailable(self, retry_after: Duration) -> Self {
        Self::Unavailable { retry_after, failure: Box::new(self) }
    }
}

/// The reason that a nonce brought no cookies. The cause is logged where it occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakePayloadError {
    /// Clerk does not know the nonce: it was used, has expired, or was made up.
    Rejected,
    /// Clerk's response has cookies that a header cannot hold, or too many.
    Malformed,
    /// Clerk did not respond, failed, or limited the rate of requests: the nonce may still be valid.
    Unavailable {
        /// How long to wait before another attempt.
        retry_after: Duration,
    },
    /// Clerk does not accept this server's secret key.
    SecretKeyRejected {
        /// How long to wait before another attempt.
        retry_after: Duration,
    },
}
