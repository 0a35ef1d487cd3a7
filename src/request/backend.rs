//! What deciding a request may need of Clerk, as a trait: the decision itself stays free of HTTP.

use std::{sync::Arc, time::Duration};

use super::SetCookie;
use crate::{
    clock::Timestamp,
    keys::VerificationKey,
    token::{RememberedToken, SessionToken},
};

/// Clerk's side, as one request's decision sees it.
pub(crate) trait Backend {
    /// The session token of exactly this text, if it was verified before.
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken>;

    /// Keeps a session token that has passed every rule.
    fn remember(&self, token: &Arc<SessionToken>);

    /// Whether [`signing_key`](Self::signing_key) would come to this very key for a token that it has verified, at once and
    /// with nothing to be done about it. Where it is in doubt, it does not.
    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool;

    /// The key that a token names, as it stands at the time `now`; with a configured PEM key, always that.
    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError>;

    /// The key that Clerk has put in the place of `key`, under the same `kid`, for a token whose signature is not that of `key`;
    /// `None` if it still stands, or Clerk has been asked too recently: signatures are anybody's to make up.
    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>>;

    /// Comes when this attempt at a decision is one that will be kept. What is not to be done twice, such as telling the
    /// log, waits for it.
    async fn is_final(&self);

    /// Exchanges an expired session token and its refresh token for a new session's cookies.
    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError>;

    /// The cookies that a handshake brought, by the nonce that it was sent back with.
    async fn handshake_payload(&self, nonce: &str) -> Result<Vec<SetCookie>, HandshakePayloadError>;
}

/// Why there is no key to verify a token with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SigningKeyError {
    /// The instance's keys are known, and this is none of them.
    UnknownKid,
    /// The keys could not be loaded.
    Unavailable {
        /// For operators: what failed. Never a secret.
        message: Arc<str>,
        retry_after: Duration,
    },
    /// Clerk does not accept this server's secret key.
    SecretKeyRejected {
        /// Clerk's own words.
        message: Arc<str>,
        retry_after: Duration,
    },
}

/// A session to refresh.
pub(crate) struct RefreshSession<'r> {
    pub(crate) session_id: &'r str,
    pub(crate) expired_token: &'r str,
    pub(crate) refresh_token: &'r str,
    pub(crate) suffixed_cookies: bool,
    /// The public origin of the request.
    pub(crate) origin: String,
    /// All header fields of the request: Clerk looks for signs of theft in them.
    pub(crate) headers: Vec<(String, String)>,
}

/// Why a session was not refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RefreshError {
    /// Clerk said why; its code.
    Refused(String),
    /// No answer that could be read.
    Fetch,
    /// An error that did not say why.
    Unexplained,
    /// An answer without cookies.
    NoCookies,
    /// Clerk was not asked, or could not be: the session may be good.
    Unavailable {
        /// When another attempt makes sense.
        retry_after: Duration,
    },
}

/// Why a nonce brought no cookies. The cause is logged where it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HandshakePayloadError {
    /// Clerk does not know the nonce: it was used, has expired, or was made up.
    Refused,
    /// Clerk's answer has cookies that no header can hold, or too many.
    Malformed,
    /// Clerk did not answer, or failed, or asked to be left alone: the nonce may be good.
    Unavailable {
        /// When another attempt makes sense.
        retry_after: Duration,
    },
    /// Clerk does not accept this server's secret key.
    SecretKeyRejected {
        /// When another attempt makes sense.
        retry_after: Duration,
    },
}
