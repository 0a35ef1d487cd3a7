//! A call to Clerk's Backend API, and its response.

use std::time::Duration;

use awc::http::Method;
use serde_json::Value;
use url::Url;

#[cfg(feature = "backend-api")]
use super::upload::Upload;

use crate::{
    clock::Timestamp,
    keys::{MachineSecretKey, SecretKey},
    observe::Observers,
};

/// The maximum size of responses with a form that this crate knows: keys, verdicts, cookies. They take a few kilobytes,
/// and unknown clients can cause them.
pub(crate) const MAX_SMALL_BODY: usize = 1 << 20;

/// The maximum size of responses to a handler's calls: a page of 500 users, each with 8 KiB of metadata of every kind,
/// takes 12 MiB.
pub(crate) const MAX_HANDLER_BODY: usize = 16 << 20;

/// The `Accept` header of calls to Clerk.
pub(crate) const JSON: &str = "application/json";

/// The `Accept` header of a call whose response may have any type.
pub(crate) const ANY: &str = "*/*";

/// A call to Clerk's Backend API.
pub(crate) struct ApiRequest<'c> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) authorization: Option<Authorization<'c>>,
    /// The `Accept` header.
    pub(crate) accept: &'static str,
    pub(crate) body: Option<Body>,
    /// For the whole call, from connecting to the end of the body.
    pub(crate) timeout: Duration,
    /// The maximum size of the response body, in bytes.
    pub(crate) max_body: usize,
    pub(crate) report: Report,
}

impl ApiRequest<'_> {
    /// Returns the call without its key, which is borrowed: a task has to outlive the borrower, and adds the key itself.
    pub(crate) fn without_key(self) -> ApiRequest<'static> {
        let Self { method, url, authorization: _, accept, body, timeout, max_body, report } = self;
        ApiRequest { method, url, authorization: None, accept, body, timeout, max_body, report }
    }
}

/// The body of a call.
#[derive(Clone)]
pub(crate) enum Body {
    Json(Value),
    /// A file, sent piece by piece.
    #[cfg(feature = "backend-api")]
    Upload(Upload),
}

impl Body {
    /// Returns the JSON, or `None` for a file.
    #[cfg(test)]
    pub(crate) fn json(&self) -> Option<&Value> {
        match self {
            Self::Json(json) => Some(json),
            #[cfg(feature = "backend-api")]
            Self::Upload(_) => None,
        }
    }

    /// Returns whether a part of the body is gone, so that it cannot be sent again.
    pub(crate) fn is_spent(&self) -> bool {
        match self {
            Self::Json(_) => false,
            #[cfg(feature = "backend-api")]
            Self::Upload(upload) => upload.is_spent(),
        }
    }
}

impl ApiRequest<'_> {
    /// Sets the number of the attempt, for observers.
    pub(crate) fn attempt(mut self, attempt: u32) -> Self {
        self.report.attempt = attempt;
        self
    }
}

/// Who is told of a call, and what it is called there.
#[derive(Clone)]
pub(crate) struct Report {
    pub(crate) observers: Observers,
    /// See [`ClerkCall::endpoint`](crate::observe::ClerkCall).
    pub(crate) endpoint: &'static str,
    /// From 1.
    pub(crate) attempt: u32,
}

/// The key that a call is made with. It has no `Debug` output.
#[derive(Clone, Copy)]
pub(crate) struct Authorization<'c>(pub(super) &'c str);

#[cfg(test)]
impl Authorization<'_> {
    pub(crate) fn expose(&self) -> &str {
        self.0
    }
}

impl<'c> From<&'c SecretKey> for Authorization<'c> {
    fn from(key: &'c SecretKey) -> Self {
        Self(key.expose())
    }
}

impl<'c> From<&'c MachineSecretKey> for Authorization<'c> {
    fn from(key: &'c MachineSecretKey) -> Self {
        Self(key.expose())
    }
}

/// The response to a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    /// Cloudflare's id of the call, for Clerk's support if the body has no id.
    pub(crate) ray: Option<String>,
    /// The time of the response by the server's clock, in whole seconds. `None` if a cache kept the response.
    pub(crate) date: Option<Timestamp>,
    /// Where a redirect leads, as the header says it. Redirects are not followed.
    pub(crate) location: Option<String>,
    /// `true` if the `Content-Type` is JSON.
    pub(crate) is_json: bool,
    pub(crate) body: Vec<u8>,
}

impl ApiResponse {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
