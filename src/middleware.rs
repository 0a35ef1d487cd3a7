//! `ClerkMiddleware`: gathers a request's facts, decides, and acts on the outcome.

use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};
use futures_util::future::LocalBoxFuture;

use crate::{
    auth::{RequestState, TokenType},
    backend::{ClerkApi, HttpClient},
    config::{ClerkConfig, ConfigError},
    request::{Field, RequestFacts, SignedOut, authenticate},
};

/// Authenticates every request of the `App`, `Scope` or `Resource` that it wraps, and refuses none:
/// what a handler demands, its extractors say.
///
/// Build it once, outside `HttpServer::new`, and clone it into each worker's `App`: the clones share the
/// configuration's keys and caches. Wrapping an inner scope with a clone again costs nothing, since a request
/// is decided once; wrapping it with the middleware of *another* instance decides anew for that scope,
/// so that one instance's users never pass for another's.
///
/// ```no_run
/// use actix_web::{web, App, HttpServer};
/// use clerk_actix::{ClerkMiddleware, RequireAuth};
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let clerk = ClerkMiddleware::from_env()?;
///     HttpServer::new(move || {
///         App::new()
///             .wrap(clerk.clone())
///             .route("/me", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
///     })
///     .bind(("127.0.0.1", 3000))?
///     .run()
///     .await?;
///     Ok(())
/// }
/// ```
///
/// # What it adds
///
/// - To the request's extensions: what the extractors read, and the [`Session`](crate::Session) itself for
///   `web::ReqData<Session>`, where there is one that is not pending.
/// - To the response of a signed-out request: `x-clerk-auth-status`, `x-clerk-auth-reason` and, where there is more to
///   say, `x-clerk-auth-message`.
/// - To the current `tracing` span: `clerk.user_id`, `clerk.org_id` and `clerk.token_type`, where the span declares
///   these fields.
#[derive(Clone, Debug)]
pub struct ClerkMiddleware {
    config: ClerkConfig,
}

impl ClerkMiddleware {
    /// The middleware of one Clerk instance.
    pub fn new(config: ClerkConfig) -> Self {
        Self { config }
    }

    /// The middleware of the instance that the environment describes; see
    /// [`ClerkConfigBuilder::from_env`](crate::ClerkConfigBuilder::from_env).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing or wrong, and what to do about it.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self::new(ClerkConfig::from_env()?))
    }

    /// The configuration, to share with other parts of the application.
    pub fn config(&self) -> &ClerkConfig {
        &self.config
    }
}

impl<S, B> Transform<S, ServiceRequest> for ClerkMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = ClerkService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let http = HttpClient::new(&self.config.settings().retry);
        ready(Ok(ClerkService { service: Rc::new(service), config: self.config.clone(), http }))
    }
}

/// The wrapped service of one worker, with that worker's connections to Clerk.
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct ClerkService<S> {
    service: Rc<S>,
    config: ClerkConfig,
    http: HttpClient,
}

impl<S, B> Service<ServiceRequest> for ClerkService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        if is_decided_by(req.request(), &self.config) {
            return Box::pin(service.call(req));
        }
        let config = self.config.clone();
        let http = self.http.clone();
        Box::pin(async move {
            let state = decide(&req, config, http).await;
            record(&state);
            store(&req, &state);
            let mut response = service.call(req).await?;
            if let Err(signed_out) = state.verdict()
                && is_decided_by(response.request(), state.config())
            {
                add_debug_headers(response.headers_mut(), signed_out);
            }
            Ok(response)
        })
    }
}

/// Whether the decision that holds for the request is one by this very configuration: an outer wrap
/// makes it before, a wrap of another instance further in replaces it.
fn is_decided_by(req: &HttpRequest, config: &ClerkConfig) -> bool {
    req.extensions().get::<Rc<RequestState>>().is_some_and(|state| state.config().is(config))
}

async fn decide(req: &ServiceRequest, config: ClerkConfig, http: HttpClient) -> Rc<RequestState> {
    let now = config.settings().clock.now();
    let api = ClerkApi { config: &config, http: &http };
    let outcome = authenticate(&ActixFacts(req.request()), config.settings(), &api, now).await;
    Rc::new(RequestState::new(config, outcome))
}

fn record(state: &RequestState) {
    if let Ok(session) = state.verdict() {
        let span = tracing::Span::current();
        span.record("clerk.token_type", TokenType::SessionToken.as_str());
        span.record("clerk.user_id", session.user_id());
        if let Some(organization) = session.org_id() {
            span.record("clerk.org_id", organization);
        }
    }
}

fn store(req: &ServiceRequest, state: &Rc<RequestState>) {
    let mut extensions = req.extensions_mut();
    // Of an outer wrap with another instance: its session must not be found where this one has none.
    extensions.remove::<crate::Session>();
    if let Ok(session) = state.verdict()
        && !session.is_pending()
    {
        extensions.insert(session.clone());
    }
    extensions.insert(Rc::clone(state));
}

const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

/// Past this, a message is mostly what the caller wrote into the token; proxies drop responses whose
/// headers are too large.
const MAX_MESSAGE: usize = 2048;

fn add_debug_headers(headers: &mut HeaderMap, signed_out: &SignedOut) {
    headers.insert(AUTH_STATUS, HeaderValue::from_static("signed-out"));
    if let Ok(reason) = HeaderValue::from_str(signed_out.reason.as_str()) {
        headers.insert(AUTH_REASON, reason);
    }
    if let Some(message) = header_text(&signed_out.message) {
        headers.insert(AUTH_MESSAGE, message);
    }
}

/// The message as a header value, in Latin-1 as Node writes it; none where it is empty, too long, or quotes
/// something that no header can hold, such as a line break.
fn header_text(message: &str) -> Option<HeaderValue> {
    if message.is_empty() || message.len() > MAX_MESSAGE {
        return None;
    }
    let latin_1: Option<Vec<u8>> = message.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&latin_1?).ok()
}

/// A request as Actix has it, for the rules to look at.
pub(crate) struct ActixFacts<'r>(pub(crate) &'r HttpRequest);

impl RequestFacts for ActixFacts<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

    fn field(&self, field: Field) -> Option<&[u8]> {
        self.0.headers().get(header_name(field)).map(HeaderValue::as_bytes)
    }

    fn fields(&self, field: Field) -> impl Iterator<Item = &[u8]> {
        self.0.headers().get_all(header_name(field)).map(HeaderValue::as_bytes)
    }

    fn path_and_query(&self) -> &str {
        self.0.uri().path_and_query().map_or("", |target| target.as_str())
    }

    fn is_tls(&self) -> bool {
        self.0.app_config().secure()
    }

    fn host(&self) -> Option<&[u8]> {
        let header = self.0.headers().get(header::HOST).map(HeaderValue::as_bytes);
        header.or_else(|| self.0.uri().authority().map(|authority| authority.as_str().as_bytes()))
    }
}

fn header_name(field: Field) -> HeaderName {
    match field {
        Field::Accept => header::ACCEPT,
        Field::Authorization => header::AUTHORIZATION,
        Field::Cookie => header::COOKIE,
        Field::ForwardedHost => header::X_FORWARDED_HOST,
        Field::ForwardedProto => header::X_FORWARDED_PROTO,
        Field::SecFetchDest => HeaderName::from_static("sec-fetch-dest"),
    }
}
