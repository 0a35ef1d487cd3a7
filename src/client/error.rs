//! Errors of calls to Clerk.

use std::time::Duration;

use super::rejection::{Rejection, Unreachable, Unreadable};
use crate::backend::{RETRY_AFTER, TransportError};
use crate::{api::ErrorDetail, config::Settings, observe::hint, revocations::StoreError};

/// The error of a call to Clerk's Backend API.
///
/// It is an Actix [`ResponseError`](actix_web::ResponseError), so a handler can return it. The response does not
/// contain Clerk's error, which is logged:
///
/// | error | status |
/// |---|---|
/// | [`NotFound`](Self::NotFound) | 404 |
/// | [`InvalidToken`](Self::InvalidToken) | 401 |
/// | no response, Clerk's 429 or 5xx, or a pause for its rate limit | 503, with `Retry-After` |
/// | a sign-out that the other servers do not know of yet | 503 |
/// | any other response | 502 |
/// | a missing key, no Clerk to call, a limit out of bounds, or a body that is not JSON | 500 |
///
/// To respond differently, match on it:
///
/// ```
/// use clerk_actix::{ClerkApiError, ClerkClient, api::User};
///
/// async fn find(clerk: &ClerkClient, id: &str) -> Result<Option<User>, ClerkApiError> {
///     match clerk.users().get(id).await {
///         Ok(user) => Ok(Some(user)),
///         Err(ClerkApiError::NotFound(_)) => Ok(None),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClerkApiError {
    /// The requested resource does not exist: Clerk responded with a 404 and an error code, or the id cannot exist. An
    /// id that is empty or could lead to another path is not sent. A 404 without a code is [`Rejected`](Self::Rejected),
    /// because the address may be wrong.
    #[error("{0}")]
    NotFound(Rejection),

    /// The token or API key to verify is not valid: not genuine, expired, revoked, or made for something else.
    #[error("{0}")]
    InvalidToken(Rejection),

    /// Clerk responded with any other error.
    #[error("{0}")]
    Rejected(Rejection),

    /// No response in time. Clerk may have carried out the call anyway.
    #[error("Clerk did not respond in time")]
    Timeout,

    /// Clerk asked for a pause, because the instance makes too many calls, and the pause is not over in time for this
    /// call. Nothing was sent. To wait, use
    /// [`wait_for_rate_limit`](crate::ClerkClient::wait_for_rate_limit).
    #[error("Clerk's rate limit is reached: calls may continue in {} s", .retry_after.as_secs_f64().ceil())]
    #[non_exhaustive]
    RateLimited {
        /// The rest of the pause.
        retry_after: Duration,
    },

    /// No connection, or one that failed before the end of the response.
    #[error("{0}")]
    Unreachable(Unreachable),

    /// A response that is not JSON, or has an unexpected form.
    #[error("{0}")]
    Unreadable(Unreadable),

    /// A response of more than 16 MiB.
    #[error("Clerk's response is larger than 16 MiB: request a smaller page with `limit` and `offset`")]
    ResponseTooLarge,

    /// A limit that Clerk would ignore: it would return a page of 10. Nothing was sent.
    #[error("limit={} is not a number from 1 to {max}, so Clerk would ignore it and return 10 elements: set a smaller \
             limit, and request the next page with `offset`", hint(.limit))]
    #[non_exhaustive]
    InvalidLimit {
        /// The limit.
        limit: String,
        /// The largest limit that Clerk accepts for this list.
        max: u32,
    },

    /// The call needs a key that is not configured.
    #[error("this call to Clerk requires {setting}, which is not set")]
    #[non_exhaustive]
    MissingKey {
        /// The setting and its environment variable.
        setting: &'static str,
    },

    /// The configuration is `testing::config()`, which has no Clerk behind it. Nothing was sent.
    #[error(
        "this configuration (testing::config()) has no Clerk behind it, so calls to Clerk fail: start \
             testing::LocalClerk, and use its config() instead"
    )]
    NoClerk,

    /// The user is signed out at Clerk and on this server, but the store that servers share their
    /// [`Revocations`](crate::Revocations) through does not have the cut-off yet. It is written when the store answers
    /// again; until then, tokens from before count on the other servers for up to a minute.
    #[error("signed out, but the other servers do not know it yet: {0}")]
    NotShared(#[source] StoreError),

    /// A body that cannot be written as JSON. Nothing was sent.
    #[error("the request body cannot be serialized as JSON")]
    InvalidBody,
}

impl ClerkApiError {
    /// Returns the status of Clerk's response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Unreadable(response) => Some(response.status()),
            _ => self.rejection()?.status(),
        }
    }

    /// Returns the code of the first error in Clerk's response, such as `resource_not_found`.
    pub fn code(&self) -> Option<&str> {
        self.rejection()?.code()
    }

    /// Returns all errors in Clerk's response.
    pub fn errors(&self) -> &[ErrorDetail] {
        self.rejection().map_or(&[], Rejection::errors)
    }

    /// Returns the id to give to Clerk's support: the response's `clerk_trace_id`, or else Cloudflare's id of the call.
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Unreadable(response) => response.trace_id(),
            _ => self.rejection()?.trace_id(),
        }
    }

    /// Returns the `Retry-After` of Clerk's response, or the rest of the pause for its rate limit.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ => self.rejection()?.retry_after(),
        }
    }

    /// Returns whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Rejected(rejection) => matches!(rejection.status(), Some(408 | 425 | 429 | 500..=599)),
            Self::Timeout | Self::Unreachable(_) | Self::RateLimited { .. } => true,
            _ => false,
        }
    }

    /// Returns the pause that Clerk asks for because of too many calls. It carried nothing out.
    pub(super) fn rate_limit_pause(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            Self::Rejected(rejection) if rejection.status() == Some(429) => {
                Some(rejection.retry_after().unwrap_or(RETRY_AFTER))
            }
            _ => None,
        }
    }

    fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::NotFound(rejection) | Self::InvalidToken(rejection) | Self::Rejected(rejection) => Some(rejection),
            _ => None,
        }
    }

    /// The error of a call that needs the key of this setting, which is not set.
    pub(super) fn missing_key(settings: &Settings, setting: &'static str) -> Self {
        if settings.is_without_clerk { Self::NoClerk } else { Self::MissingKey { setting } }
    }

    /// The error of a token that is invalid for this reason, although Clerk did not reject it.
    pub(super) fn invalid_token(message: &str) -> Self {
        Self::InvalidToken(Rejection::token(message))
    }

    pub(crate) fn invalid_segment(segment: usize) -> Self {
        Self::NotFound(Rejection::segment(segment))
    }

    /// Sorts Clerk's error response.
    pub(crate) fn of_response(rejection: Rejection) -> Self {
        match (rejection.status(), rejection.code()) {
            (Some(404), Some(_)) => Self::NotFound(rejection),
            _ => Self::Rejected(rejection),
        }
    }

    /// Clerk answers the verification of an invalid token as if it looked for the token.
    pub(super) fn of_verification(self) -> Self {
        match self {
            Self::NotFound(rejection) => Self::InvalidToken(rejection),
            error => error,
        }
    }
}

impl From<TransportError> for ClerkApiError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Timeout => Self::Timeout,
            TransportError::TooLarge => Self::ResponseTooLarge,
            TransportError::Connect
            | TransportError::ConnectTimeout
            | TransportError::Proxy
            | TransportError::ProxyRefused(_)
            | TransportError::Resolve
            | TransportError::Tls
            | TransportError::Header
            | TransportError::Body
            | TransportError::Encoded
            | TransportError::Connection
            | TransportError::NotMade => Self::Unreachable(error.into()),
        }
    }
}
