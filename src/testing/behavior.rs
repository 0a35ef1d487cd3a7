//! How each endpoint of `LocalClerk` responds: as Clerk does, or with a failure that a test chooses.

use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    rt::task::yield_now,
    web::Bytes,
};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::watch;

use super::refused::Refused;
use crate::clock::{Timestamp, millis};

/// An endpoint of Clerk's APIs that `LocalClerk` serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The Backend API's `GET /v1/jwks`.
    Jwks,
    /// The Backend API's `GET /v1/instance`.
    GetInstance,
    /// The Backend API's `GET /v1/domains`.
    ListDomains,
    /// The Backend API's `GET /v1/clients/handshake_payload`.
    HandshakePayload,
    /// The Backend API's `POST /v1/sessions/{id}/refresh`.
    Refresh,
    /// The Frontend API's `GET /v1/client/handshake`, which browsers are redirected to.
    Handshake,
    /// The Frontend API's endpoints for `clerk-js`: `/v1/environment`, `/v1/client…`, `/v1/me…` and
    /// `/v1/organizations/…`, except for the handshake.
    FrontendApi,
    /// The Backend API's `GET /v1/users`.
    ListUsers,
    /// The Backend API's `GET /v1/users/count`.
    CountUsers,
    /// The Backend API's `GET /v1/users/{id}`.
    GetUser,
    /// The Backend API's `GET /v1/users/{id}/organization_memberships`.
    ListOrganizationMemberships,
    /// The Backend API's `GET /v1/organizations/{id_or_slug}`.
    GetOrganization,
    /// The Backend API's `POST /v1/sign_in_tokens`.
    CreateSignInToken,
    /// The Backend API's `POST /v1/testing_tokens`.
    CreateTestingToken,
    /// The Backend API's `GET /v1/sessions`.
    ListSessions,
    /// The Backend API's `GET /v1/sessions/{id}`.
    GetSession,
    /// The Backend API's `POST /v1/sessions/{id}/revoke`.
    RevokeSession,
    /// The Backend API's `POST /v1/sessions/{id}/tokens[/{template}]`.
    CreateSessionToken,
    /// The Backend API's `POST /api_keys/verify`.
    VerifyApiKey,
    /// The Backend API's `POST /api_keys`.
    CreateApiKey,
    /// The Backend API's `GET /api_keys`.
    ListApiKeys,
    /// The Backend API's `GET /api_keys/{id}`.
    GetApiKey,
    /// The Backend API's `PATCH /api_keys/{id}`.
    UpdateApiKey,
    /// The Backend API's `POST /api_keys/{id}/revoke`.
    RevokeApiKey,
    /// The Backend API's `POST /m2m_tokens/verify`.
    VerifyM2mToken,
    /// The Backend API's `POST /m2m_tokens`.
    CreateM2mToken,
    /// The Backend API's `GET /m2m_tokens`.
    ListM2mTokens,
    /// The Backend API's `POST /m2m_tokens/{id}/revoke`.
    RevokeM2mToken,
    /// The Backend API's `POST /oauth_applications/access_tokens/verify`.
    VerifyOAuthToken,
    /// The Frontend API's `GET /.well-known/oauth-authorization-server`.
    AuthorizationServerMetadata,
    /// The Frontend API's `POST /oauth/register`.
    RegisterOAuthClient,
    /// The Frontend API's `GET /oauth/authorize`, which browsers are sent to.
    AuthorizeOAuthClient,
    /// The Frontend API's `POST /oauth/token`.
    IssueOAuthToken,
    /// Any other call of the Backend API.
    OtherBackendCall,
}

/// How an [`Endpoint`] answers: set with [`LocalClerk::behave`](super::LocalClerk::behave).
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::testing::{Behavior, Endpoint, LocalClerk};
///
/// let clerk = LocalClerk::start()?;
/// clerk.behave(Endpoint::Jwks, Behavior::Status(500));
/// clerk.behave(Endpoint::GetUser, Behavior::rate_limit(100, Duration::from_secs(10)));
/// clerk.behave_once(Endpoint::CreateApiKey, Behavior::error(422, "form_param_invalid", "trace_1"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behavior {
    /// Responds as Clerk does.
    #[default]
    Normal,
    /// Does not respond until the behavior changes; then waiting calls get a response too.
    Hang,
    /// Returns this status with an empty body.
    Status(u16),
    /// Answers with Clerk's error envelope; see [`error`](Self::error).
    #[non_exhaustive]
    Error {
        /// The HTTP status.
        status: u16,
        /// The error code, such as `resource_not_found`.
        code: &'static str,
        /// The value of `clerk_trace_id`.
        trace_id: &'static str,
    },
    /// Returns 429 with this `Retry-After`.
    TooManyRequests(Duration),
    /// Responds as Clerk does for `calls` calls in each window, by the instance's clock; then 429, with the rest of the
    /// window as `Retry-After`; see [`rate_limit`](Self::rate_limit).
    #[non_exhaustive]
    RateLimit {
        /// The number of calls that get a normal response in each window.
        calls: u64,
        /// The length of a window.
        window: Duration,
    },
    /// Returns a 307 redirect to this address.
    Redirect(String),
    /// Returns 200 with an HTML page instead of JSON.
    Html,
    /// Returns 200 with this JSON.
    Json(Value),
    /// Returns 200 with a body that is cut off.
    CutShort,
    /// Returns 200 with 17 MiB of JSON.
    TooLarge,
}

impl Behavior {
    /// Answers with Clerk's error envelope: the HTTP status, the error code and the value of `clerk_trace_id`.
    pub fn error(status: u16, code: &'static str, trace_id: &'static str) -> Self {
        Self::Error { status, code, trace_id }
    }

    /// Answers this number of calls in each window as Clerk does, and the others with 429.
    pub fn rate_limit(calls: u64, window: Duration) -> Self {
        Self::RateLimit { calls, window }
    }
}

/// The behavior and call counts of each endpoint.
#[derive(Debug, Default)]
pub(super) struct Endpoints(Mutex<HashMap<Endpoint, State>>);

#[derive(Debug)]
struct State {
    calls: u64,
    at_once: Arc<AtomicU64>,
    most_at_once: u64,
    standing: watch::Sender<Behavior>,
    /// Overrides for the next calls, one for each call.
    once: VecDeque<Behavior>,
    /// The start of the current rate limit window, and the number of calls in it.
    window: Option<(Timestamp, u64)>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            calls: 0,
            at_once: Arc::default(),
            most_at_once: 0,
            standing: watch::Sender::new(Behavior::Normal),
            once: VecDeque::new(),
            window: None,
        }
    }
}

impl Endpoints {
    pub(super) fn behave(&self, endpoint: Endpoint, behavior: Behavior) {
        let mut states = self.states();
        let state = states.entry(endpoint).or_default();
        state.window = None;
        state.standing.send_replace(behavior);
    }

    pub(super) fn behave_once(&self, endpoint: Endpoint, behavior: Behavior) {
        self.states().entry(endpoint).or_default().once.push_back(behavior);
    }

    pub(super) fn calls(&self, endpoint: Endpoint) -> u64 {
        self.states().get(&endpoint).map_or(0, |state| state.calls)
    }

    pub(super) fn most_at_once(&self, endpoint: Endpoint) -> u64 {
        self.states().get(&endpoint).map_or(0, |state| state.most_at_once)
    }

    /// Counts a call, and returns how to respond to it.
    pub(super) fn call(&self, endpoint: Endpoint, now: Timestamp) -> OpenCall {
        let mut states = self.states();
        let state = states.entry(endpoint).or_default();
        state.calls += 1;
        state.most_at_once = state.most_at_once.max(state.at_once.fetch_add(1, Ordering::Relaxed) + 1);
        let once = state.once.pop_front().or_else(|| state.limit(now));
        OpenCall { at_once: Arc::clone(&state.at_once), standing: state.standing.subscribe(), once }
    }

    fn states(&self) -> MutexGuard<'_, HashMap<Endpoint, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn limit(&mut self, now: Timestamp) -> Option<Behavior> {
        let Behavior::RateLimit { calls, window } = *self.standing.borrow() else { return None };
        let (began, before) = self.window.filter(|(began, _)| now < began.plus(window)).unwrap_or((now, 0));
        self.window = Some((began, before + 1));
        let left = Duration::from_millis((millis(window) - now.millis_since(began)).unsigned_abs());
        (before >= calls).then_some(Behavior::TooManyRequests(left))
    }
}

/// A call in progress.
pub(super) struct OpenCall {
    at_once: Arc<AtomicU64>,
    standing: watch::Receiver<Behavior>,
    once: Option<Behavior>,
}

impl OpenCall {
    /// Returns the failure that was set for the endpoint, if any. Waits while the endpoint is set to hang.
    pub(super) async fn misbehavior(mut self) -> Option<HttpResponse> {
        let behavior = match self.once.take() {
            Some(Behavior::Hang) => {
                self.standing.changed().await.ok()?;
                self.standing.borrow().clone()
            }
            Some(once) => once,
            None => self.standing.wait_for(|standing| *standing != Behavior::Hang).await.ok()?.clone(),
        };
        answer(behavior)
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.at_once.fetch_sub(1, Ordering::Relaxed);
    }
}

fn answer(behavior: Behavior) -> Option<HttpResponse> {
    let status = |status: u16| StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Some(match behavior {
        Behavior::Normal | Behavior::Hang | Behavior::RateLimit { .. } => return None,
        Behavior::Status(code) => HttpResponse::new(status(code)),
        Behavior::Error { status: code, code: error, trace_id } => Refused {
            trace_id: trace_id.to_owned(),
            ..Refused::new(status(code), error, "LocalClerk was configured to return this error.")
        }
        .response(),
        Behavior::TooManyRequests(retry_after) => {
            // Rounded up to whole seconds: a client that waits this long must not be too early.
            let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
            HttpResponse::TooManyRequests().insert_header((header::RETRY_AFTER, seconds)).finish()
        }
        Behavior::Redirect(location) => {
            HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, location)).finish()
        }
        Behavior::Html => HttpResponse::Ok().content_type("text/html").body("<h1>It works!</h1>"),
        Behavior::Json(body) => HttpResponse::Ok().json(body),
        Behavior::CutShort => {
            let start = stream::iter([Ok(Bytes::from_static(b"{\"keys\":["))]);
            // Yields first, so that the start of the body is sent.
            let end = stream::once(async {
                yield_now().await;
                Err(io::Error::from(io::ErrorKind::ConnectionReset))
            });
            HttpResponse::Ok().content_type("application/json").streaming(start.chain(end))
        }
        // Written by hand, because a serializer would inspect each character.
        Behavior::TooLarge => {
            HttpResponse::Ok().content_type("application/json").body(["\"", &"x".repeat(17 << 20), "\""].concat())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_goes_by_the_clock() {
        let endpoints = Endpoints::default();
        endpoints.behave(Endpoint::Jwks, Behavior::rate_limit(2, Duration::from_secs(10)));
        for (name, millis, limited) in [
            ("the first", 0, None),
            ("the second", 0, None),
            ("one too many", 500, Some(9_500)),
            ("the window goes on", 9_999, Some(1)),
            ("a new window", 10_000, None),
            ("and its second", 15_000, None),
            ("and one too many", 15_000, Some(5_000)),
            ("long after", 99_000, None),
        ] {
            let call = endpoints.call(Endpoint::Jwks, Timestamp::from_millis(millis));
            let expected = limited.map(|left| Behavior::TooManyRequests(Duration::from_millis(left)));
            assert_eq!(call.once, expected, "{name}");
        }
        assert_eq!((endpoints.calls(Endpoint::Jwks), endpoints.most_at_once(Endpoint::Jwks)), (8, 1));
    }
}
