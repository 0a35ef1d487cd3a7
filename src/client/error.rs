//! Errors of calls to Clerk.

use std::time::Duration;

use crate::backend::TransportError;
use crate::{api::ErrorDetail, observe::hint};

/// The error of a call to Clerk's Backend API.
///
/// It is an Actix [`ResponseError`](actix_web::ResponseError), so a handler can return it. The response shows nothing
/// of Clerk's error, which is for the log:
///
/// | error | status |
/// |---|---|
/// | the resource [does not exist](Self::is_not_found) | 404 |
/// | no response, or Clerk's 429 or 5xx | 503, with `Retry-After` |
/// | any other response | 502 |
/// | a missing key, a limit out of bounds, or a body that is not JSON | 500 |
///
/// To respond differently, match on [`status`](Self::status) or [`code`](Self::code), for example.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClerkApiError {
    /// Clerk responded with an error.
    #[error("Clerk responded with status {status}{}{}", first(.errors), trace(.trace_id))]
    #[non_exhaustive]
    Refused {
        /// The status.
        status: u16,
        /// Clerk's errors; empty if the response has none, such as one from a proxy in between.
        errors: Vec<ErrorDetail>,
        /// The id to give to Clerk's support.
        trace_id: Option<String>,
        /// The `Retry-After` of Clerk's response.
        retry_after: Option<Duration>,
    },

    /// No response in time. Clerk may have carried out the call anyway.
    #[error("Clerk did not respond in time")]
    Timeout,

    /// No connection, or one that failed before the end of the response.
    #[error("Clerk cannot be reached: {problem}")]
    #[non_exhaustive]
    Unreachable {
        /// The failure.
        problem: String,
    },

    /// A response that is not JSON, or has an unexpected form. The error does not quote the response, which may hold a
    /// secret.
    #[error("Clerk's response (status {status}) cannot be read: {problem}{}", trace(.trace_id))]
    #[non_exhaustive]
    Unreadable {
        /// The status.
        status: u16,
        /// The problem.
        problem: String,
        /// The id to give to Clerk's support.
        trace_id: Option<String>,
    },

    /// A response of more than 16 MiB.
    #[error("Clerk's response is larger than 16 MiB: request a smaller page with `limit` and `offset`")]
    AnswerTooLarge,

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

    /// An id or another path segment that is empty or could lead to another path. Nothing was sent.
    #[error("path segment {segment} is empty, or contains a character that ids cannot contain")]
    #[non_exhaustive]
    InvalidPath {
        /// The position of the segment, counted from 0: in `users/{id}`, the id is 1.
        segment: usize,
    },

    /// A body that cannot be written as JSON. Nothing was sent.
    #[error("the request body cannot be serialized as JSON")]
    InvalidBody,

    /// An invalid JWT: not genuine, expired or not yet valid, or not a machine token. Clerk was not asked about it.
    #[error("the token was rejected: {}", hint(.message))]
    #[non_exhaustive]
    TokenRefused {
        /// The problem.
        message: String,
    },
}

impl ClerkApiError {
    /// Returns the status of Clerk's response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Returns the code of the first error in Clerk's response, such as `resource_not_found`.
    pub fn code(&self) -> Option<&str> {
        self.errors().first().map(|error| error.code.as_str()).filter(|code| !code.is_empty())
    }

    /// Returns all errors in Clerk's response.
    pub fn errors(&self) -> &[ErrorDetail] {
        match self {
            Self::Refused { errors, .. } => errors,
            _ => &[],
        }
    }

    /// Returns the id to give to Clerk's support: the response's `clerk_trace_id`, or else Cloudflare's id of the call.
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Refused { trace_id, .. } | Self::Unreadable { trace_id, .. } => trace_id.as_deref(),
            _ => None,
        }
    }

    /// Returns the `Retry-After` of Clerk's response.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Returns whether the requested resource does not exist: a 404 with an error code from Clerk, an id that cannot
    /// exist, or an invalid token.
    pub fn is_not_found(&self) -> bool {
        match self {
            // Without a code, the address may be wrong.
            Self::Refused { status: 404, .. } => self.code().is_some(),
            Self::InvalidPath { .. } | Self::TokenRefused { .. } => true,
            _ => false,
        }
    }

    /// Returns whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Timeout | Self::Unreachable { .. } => true,
            _ => false,
        }
    }
}

impl From<TransportError> for ClerkApiError {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Timeout => Self::Timeout,
            TransportError::TooLarge => Self::AnswerTooLarge,
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
            | TransportError::NotMade => Self::Unreachable { problem: error.to_string() },
        }
    }
}

/// Formats Clerk's first error for one line of the log.
fn first(errors: &[ErrorDetail]) -> String {
    errors.first().map_or_else(String::new, |error| format!(": {} ({})", hint(&error.message), hint(&error.code)))
}

fn trace(trace_id: &Option<String>) -> String {
    trace_id.as_ref().map_or_else(String::new, |id| format!(", trace id {}", hint(id)))
}
