//! The contents of [`ClerkApiError`](super::ClerkApiError)'s variants. They are opaque, so that they can grow.

use std::{fmt, time::Duration};

use crate::backend::TransportError;
use crate::{api::ErrorDetail, observe::hint};

/// A rejection of a call or a token: Clerk's error response, or the reason why nothing was sent.
///
/// ```
/// use clerk_actix::{ClerkApiError, ClerkClient};
///
/// async fn rename(clerk: &ClerkClient, id: &str, name: &str) -> Result<bool, ClerkApiError> {
///     let call = clerk.request::<()>(actix_web::http::Method::PATCH, ["users", id]);
///     match call.json(&serde_json::json!({ "username": name })).await {
///         Ok(()) => Ok(true),
///         Err(ClerkApiError::Rejected(rejection)) if rejection.code() == Some("form_identifier_exists") => Ok(false),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Rejection(Cause);

#[derive(Clone, Debug)]
enum Cause {
    Response {
        status: u16,
        errors: Vec<ErrorDetail>,
        trace_id: Option<String>,
        retry_after: Option<Duration>,
    },
    /// The position of the segment, counted from 0: in `users/{id}`, the id is 1.
    Segment(usize),
    /// A token that was rejected without a call to Clerk, and why.
    Token(String),
}

impl Rejection {
    pub(crate) fn response(
        status: u16,
        errors: Vec<ErrorDetail>,
        trace_id: Option<String>,
        retry_after: Option<Duration>,
    ) -> Self {
        Self(Cause::Response { status, errors, trace_id, retry_after })
    }

    pub(crate) fn segment(segment: usize) -> Self {
        Self(Cause::Segment(segment))
    }

    pub(crate) fn token(message: &str) -> Self {
        Self(Cause::Token(message.to_owned()))
    }

    /// Returns the status of Clerk's response; `None` if Clerk was not asked.
    pub fn status(&self) -> Option<u16> {
        match &self.0 {
            Cause::Response { status, .. } => Some(*status),
            Cause::Segment(_) | Cause::Token(_) => None,
        }
    }

    /// Returns the code of the first error in Clerk's response, such as `resource_not_found`.
    pub fn code(&self) -> Option<&str> {
        self.errors().first().map(|error| error.code.as_str()).filter(|code| !code.is_empty())
    }

    /// Returns all errors in Clerk's response. The list is empty if the response has none, such as one from a proxy in
    /// between.
    pub fn errors(&self) -> &[ErrorDetail] {
        match &self.0 {
            Cause::Response { errors, .. } => errors,
            Cause::Segment(_) | Cause::Token(_) => &[],
        }
    }

    /// Returns the id to give to Clerk's support: the response's `clerk_trace_id`, or else Cloudflare's id of the call.
    pub fn trace_id(&self) -> Option<&str> {
        match &self.0 {
            Cause::Response { trace_id, .. } => trace_id.as_deref(),
            Cause::Segment(_) | Cause::Token(_) => None,
        }
    }

    /// Returns the `Retry-After` of Clerk's response.
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.0 {
            Cause::Response { retry_after, .. } => *retry_after,
            Cause::Segment(_) | Cause::Token(_) => None,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Response { status, errors, trace_id, .. } => {
                write!(f, "Clerk responded with status {status}")?;
                if let Some(error) = errors.first() {
                    write!(f, ": {} ({})", hint(&error.message), hint(&error.code))?;
                }
                write_trace_id(f, trace_id.as_deref())
            }
            Cause::Segment(segment) => {
                write!(f, "path segment {segment} is empty, or contains a character that ids cannot contain")
            }
            Cause::Token(message) => write!(f, "the token was rejected: {}", hint(message)),
        }
    }
}

/// Why there is no complete response from Clerk.
#[derive(Clone, Debug)]
pub struct Unreachable(Connection);

#[derive(Clone, Debug)]
enum Connection {
    Call(TransportError),
    /// The signing keys could not be loaded, and why.
    SigningKeys(String),
}

impl Unreachable {
    pub(crate) fn signing_keys(message: &str) -> Self {
        Self(Connection::SigningKeys(message.to_owned()))
    }
}

impl From<TransportError> for Unreachable {
    fn from(error: TransportError) -> Self {
        Self(Connection::Call(error))
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Connection::Call(error) => write!(f, "Clerk cannot be reached: {error}"),
            Connection::SigningKeys(message) => write!(f, "Clerk cannot be reached: {}", hint(message)),
        }
    }
}

/// Why a successful response from Clerk cannot be used. It does not quote the response, which may hold a secret.
#[derive(Clone, Debug)]
pub struct Unreadable {
    status: u16,
    problem: String,
    trace_id: Option<String>,
}

impl Unreadable {
    pub(crate) fn new(status: u16, problem: &str, trace_id: Option<String>) -> Self {
        Self { status, problem: problem.to_owned(), trace_id }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns the id to give to Clerk's support.
    pub fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_deref()
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clerk's response (status {}) cannot be read: {}", self.status, self.problem)?;
        write_trace_id(f, self.trace_id())
    }
}

fn write_trace_id(f: &mut fmt::Formatter<'_>, trace_id: Option<&str>) -> fmt::Result {
    match trace_id {
        Some(id) => write!(f, ", trace id {}", hint(id)),
        None => Ok(()),
    }
}
