//! Why a call to Clerk brought nothing.

use std::time::Duration;

use super::super::transport::TransportError;
use crate::{api::ErrorDetail, hint::hint};

/// Why a call to Clerk's Backend API brought nothing.
///
/// It is an Actix [`ResponseError`](actix_web::ResponseError), so that a handler can return it. A caller learns nothing of
/// what Clerk said, which is for the log:
///
/// | | status |
/// |---|---|
/// | there [is no such thing](Self::is_not_found) | 404 |
/// | no answer, or 429, or an error of Clerk's own | 503, with `Retry-After` |
/// | any other answer | 502 |
/// | a key is missing, or a limit is out of bounds | 500 |
///
/// A handler that means something else says so: by [`status`](Self::status) and [`code`](Self::code), for instance.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClerkApiError {
    /// Clerk answered, with an error.
    #[error("Clerk answered with status {status}{}{}", first(.errors), trace(.trace_id))]
    #[non_exhaustive]
    Refused {
        /// The status.
        status: u16,
        /// What Clerk found wrong; empty where the answer did not say, as that of a proxy in between.
        errors: Vec<ErrorDetail>,
        /// What to give Clerk's support.
        trace_id: Option<String>,
        /// How long Clerk wants to be left alone.
        retry_after: Option<Duration>,
    },

    /// No answer in time. The call may have been carried out all the same.
    #[error("no answer from Clerk in time")]
    Timeout,

    /// No connection, or one that failed before the end of the answer.
    #[error("Clerk cannot be reached: {problem}")]
    #[non_exhaustive]
    Unreachable {
        /// What failed.
        problem: String,
    },

    /// An answer that is no JSON, or not of the form that was asked for. It does not hold what was found,
    /// which may be a secret.
    #[error("Clerk's answer (status {status}) cannot be read: {problem}{}", trace(.trace_id))]
    #[non_exhaustive]
    Unreadable {
        /// The status.
        status: u16,
        /// What is wrong with it.
        problem: String,
        /// What to give Clerk's support.
        trace_id: Option<String>,
    },

    /// An answer of more than 16 MiB.
    #[error("Clerk's answer is larger than 16 MiB; ask for a smaller page with `limit` and `offset`")]
    AnswerTooLarge,

    /// A limit that Clerk would ignore: it would answer with a page of 10. Nothing was sent.
    #[error("limit={} is not a number from 1 to {max}, so that Clerk would answer with 10 elements; set a smaller limit, and \
             ask for the next page with `offset`", hint(.limit))]
    #[non_exhaustive]
    InvalidLimit {
        /// The limit.
        limit: String,
        /// The largest limit that Clerk accepts for this list.
        max: u32,
    },

    /// A key that the call needs is not configured.
    #[error("this call to Clerk needs {setting}, which is not set")]
    #[non_exhaustive]
    MissingKey {
        /// The setting, and the environment variable.
        setting: &'static str,
    },

    /// An id, or another segment of the path, that is empty or could lead elsewhere. Nothing was sent.
    #[error("segment {segment} of the path is empty, or has a character that no id has")]
    #[non_exhaustive]
    InvalidPath {
        /// Which one, counted from 0: of `users/{id}`, the id is 1.
        segment: usize,
    },

    /// A body that cannot be written as JSON. Nothing was sent.
    #[error("the body cannot be written as JSON")]
    InvalidBody,

    /// A JWT that is not what it should be: not genuine, out of its time, or no machine's. Clerk was not asked about it.
    #[error("the token is refused: {}", hint(.message))]
    #[non_exhaustive]
    TokenRefused {
        /// What is wrong with it.
        message: String,
    },
}

impl ClerkApiError {
    /// The status of Clerk's answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Unreadable { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The code of the first error in Clerk's answer: `resource_not_found`.
    pub fn code(&self) -> Option<&str> {
        self.errors().first().map(|error| error.code.as_str()).filter(|code| !code.is_empty())
    }

    /// All errors in Clerk's answer.
    pub fn errors(&self) -> &[ErrorDetail] {
        match self {
            Self::Refused { errors, .. } => errors,
            _ => &[],
        }
    }

    /// What to give Clerk's support: `clerk_trace_id` of the answer, else Cloudflare's id of the call.
    pub fn trace_id(&self) -> Option<&str> {
        match self {
            Self::Refused { trace_id, .. } | Self::Unreadable { trace_id, .. } => trace_id.as_deref(),
            _ => None,
        }
    }

    /// How long Clerk wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether there is no such thing as was asked for: 404, with a code of Clerk's; an id that none can have; a token that
    /// is none.
    pub fn is_not_found(&self) -> bool {
        match self {
            // Without a code it may be the address that is wrong.
            Self::Refused { status: 404, .. } => self.code().is_some(),
            Self::InvalidPath { .. } | Self::TokenRefused { .. } => true,
            _ => false,
        }
    }

    /// Whether the same call may well succeed a little later.
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

/// Clerk's words as a line may hold them.
fn first(errors: &[ErrorDetail]) -> String {
    errors.first().map_or_else(String::new, |error| format!(": {} ({})", hint(&error.message), hint(&error.code)))
}

fn trace(trace_id: &Option<String>) -> String {
    trace_id.as_ref().map_or_else(String::new, |id| format!(", trace id {}", hint(id)))
}
