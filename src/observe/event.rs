//! The events that an [`Observer`](super::Observer) receives: decisions, rejections and calls to Clerk.

use std::time::Duration;

/// Something that happened, for logs, metrics and alerts. Received by an [`Observer`](super::Observer).
///
/// The documentation of each field says whether it is a *label*: a text from a short, fixed list, which can be used as
/// a label of a metric. All other texts are chosen by clients, so they belong in logs only. No field contains a token
/// or the value of a cookie.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// The middleware has decided who is calling: one for each request.
    Decision(Decision<'e>),
    /// A request was rejected: one for each rejected request, when its response is known.
    Rejection(Rejection<'e>),
    /// A call to Clerk has ended: one for each attempt.
    ClerkCall(ClerkCall),
    /// Clerk's signing keys were fetched, or could not be.
    KeysFetched(KeysFetched),
    /// Session tokens were cut off, on this server or on another one.
    CutOffsAdded(CutOffsAdded),
    /// The store that servers share their revocations through can be read, or cannot be any more.
    RevocationStore(RevocationStore<'e>),
}

/// The decision about one request.
///
/// A token that only Clerk can verify, such as an API key, is decided when a handler asks for the caller. If no handler
/// does, the request counts as signed out with the reason `token-type-mismatch`. An OAuth token that is accepted is reported
/// when the request is over, because a [`ProtectedResource`](crate::ProtectedResource) further in may still reject it by its
/// audience.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Decision<'e> {
    /// The request's method. Not a label: clients choose it.
    pub method: &'e str,
    /// The path without the query. Not a label.
    pub path: &'e str,
    /// Label: `signed-in` (machines too), `signed-out`, `handshake` (redirected to Clerk), `handshake-completed`
    /// (redirected to the same page without Clerk's parameters, in development) or `malformed` (400).
    pub outcome: &'static str,
    /// Label: the [`Reason`](crate::Reason), as [`Reason::label`](crate::Reason::label); `None` for signed-in requests.
    pub reason: Option<&'static str>,
    /// Label: the [`TokenType`](crate::TokenType) of the request's token, or of the one that browsers have.
    pub token_type: &'static str,
    /// Label: where the token was found: `header`, `websocket` (a subprotocol) or `cookie`; `none` without a token.
    pub carrier: &'static str,
    /// The names of Clerk's cookies in the request, separated by commas; never a value. Not a label.
    pub cookies: &'e str,
    /// Label: `hit` if the session token was recognized as one verified before, `miss` if it was verified, `none` if
    /// there was nothing to look up.
    pub cache: &'static str,
    /// Label: `refresh` or `handshake` if the browser's session was renewed with this request, otherwise `none`.
    pub renewed_by: &'static str,
    /// Label: the cause of a redirect loop that was stopped with this request, such as `cookies-not-kept`; `none` if
    /// there was no loop.
    pub redirect_loop: &'static str,
    /// The time that the decision took, including calls to Clerk.
    pub duration: Duration,
}

/// The rejection of one request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rejection<'e> {
    /// The request's method. Not a label: clients choose it.
    pub method: &'e str,
    /// The path without the query. Not a label.
    pub path: &'e str,
    /// The status of the response: 401, 302 (a redirect), 403, 503, or what the application's error handler chose. A
    /// label, because clients do not choose it.
    pub status: u16,
    /// Label: the code of the rejection, as in the response's body.
    pub code: &'static str,
    /// Label: the [`TokenType`](crate::TokenType) of the request's token, or `none`.
    pub token_type: &'static str,
    /// What the handler asked for: token types, or the missing role, permission, scope or organization. Not a label.
    pub required: &'e str,
    /// What the request has instead: the type of its token, or the caller's active organization and role. Not a label.
    pub found: &'e str,
    /// Whether the failure lies with Clerk or this server, and not with the caller, who can only try again later.
    pub is_outage: bool,
    /// Details for operators, such as Clerk's message about the token and what to do. May quote the token's claims,
    /// which clients choose.
    pub hint: Option<&'e str>,
}

/// One call to Clerk's Backend API, or one attempt at it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ClerkCall {
    /// Label: the name of the endpoint.
    ///
    /// One of `jwks`, `handshake`, `refresh`, `verify_api_key`, `verify_m2m_token` and `verify_oauth_token`; for a
    /// [`ProtectedResource`](crate::ProtectedResource) also `authorization_server`, which is the Frontend API's; by
    /// [`doctor`](crate::ClerkConfig::doctor) also `instance`, `domains` and the application's own `sign_in_page`; for a
    /// [`ClerkClient`](crate::ClerkClient), the resource, such as `users`; `other` for a resource that this crate does
    /// not know.
    pub endpoint: &'static str,
    /// The status of Clerk's response, or of a proxy's in its place; `None` if there was none.
    pub status: Option<u16>,
    /// Label: why there was no response, such as `timeout` or `tls`; `none` if there was one.
    pub error: &'static str,
    /// The number of this attempt, from 1.
    pub attempt: u32,
    /// The time from the start of this attempt to the end of the response.
    pub duration: Duration,
}

impl ClerkCall {
    /// Label: the status by its class, `2xx` to `5xx`, or `none` without a response.
    pub fn status_class(&self) -> &'static str {
        match self.status {
            None => "none",
            Some(200..=299) => "2xx",
            Some(300..=399) => "3xx",
            Some(400..=499) => "4xx",
            Some(500..=599) => "5xx",
            Some(_) => "other",
        }
    }
}

/// The result of fetching Clerk's signing keys, with retries.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct KeysFetched {
    /// Label: `loaded`, `unavailable` or `secret-key-rejected`.
    pub outcome: &'static str,
    /// The number of keys; 0 if they could not be loaded. Keys that were loaded earlier stay in use.
    pub keys: usize,
    /// The time of the result, since the beginning of 1970 (UTC), by the configuration's clock.
    pub at: Duration,
}

/// Cut-offs that were added to a list of [`Revocations`](crate::Revocations).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct CutOffsAdded {
    /// Label: `here` if this process made them, `store` if they were read from the store that servers share.
    pub origin: &'static str,
    /// The number of cut-offs that were added.
    pub count: usize,
    /// The number of cut-offs that are kept now.
    pub kept: usize,
}

impl CutOffsAdded {
    pub(crate) const HERE: &'static str = "here";
    pub(crate) const STORE: &'static str = "store";
}

/// A change of the connection to the store of revocations.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RevocationStore<'e> {
    /// The store, such as `redis at 127.0.0.1:6379`. Not a label: it has an address.
    pub store: &'e str,
    /// Label: `up` or `down`.
    pub state: &'static str,
    /// Why it cannot be read. Not a label.
    pub error: Option<&'e str>,
    /// What that means for requests. Not a label.
    pub consequence: &'static str,
}

impl RevocationStore<'_> {
    pub(crate) const UP: &'static str = "up";
    pub(crate) const DOWN: &'static str = "down";
}
