//! `ClerkMiddleware`: gathers a request's facts, decides, and acts on the outcome.

use std::{
    fmt,
    future::{Ready, ready},
    rc::Rc,
    sync::Arc,
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    error::InternalError,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};
use futures_util::future::LocalBoxFuture;

use crate::{
    auth::{Principal, RequestState},
    backend::{ClerkApi, HttpClient},
    config::{ClerkConfig, ConfigError},
    error::AuthError,
    error_handler::{ErrorHandler, answer},
    request::{Additions, AuthStatus, Field, Outcome, Redirect, RequestFacts, SignedOut, authenticate},
    websocket::select_protocol,
};

/// Authenticates every request of the `App`, `Scope` or `Resource` that it wraps. It refuses nobody: what a handler
/// demands, its extractors say. A browser whose cookies do not settle who it is, it sends to Clerk and back: only where the
/// browser navigates to a page, and at most three times within two seconds. The handler is not reached then.
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
/// # WebSockets
///
/// Browsers send cookies along with a WebSocket that any site's page opens, and no CORS stands in the way: such a page
/// could act as the visitor. So the cookies of a WebSocket handshake count only where its `Origin` is the request's own, or
/// one of the [`authorized_parties`](crate::ClerkConfigBuilder::authorized_parties); otherwise the request is signed out for
/// the reason `cross-origin-websocket`. A page of another origin can send a token instead:
/// [`websocket_token_protocol`](crate::ClerkConfigBuilder::websocket_token_protocol).
///
/// A connection outlives the request: [`Session::expired`](crate::Session::expired),
/// [`until_expiry`](crate::Session::until_expiry) and [`renew`](crate::Session::renew).
///
/// # What it adds
///
/// - To the request's extensions: what the extractors read, and the [`Session`](crate::Session) itself for
///   `web::ReqData<Session>`, where there is one that is not pending.
/// - To the response of a signed-out request: `x-clerk-auth-status`, `x-clerk-auth-reason` and, where there is more to
///   say, `x-clerk-auth-message`.
/// - To the response of a browser whose session Clerk has renewed: the cookies that Clerk sets; and, where the response
///   says that shared caches may keep it, `Cache-Control: private, no-store` instead.
/// - To the response of a browser that returns from Clerk, as Clerk's own SDKs do: `Access-Control-Allow-Origin: null` and
///   `Access-Control-Allow-Credentials: true`. To a redirect to Clerk: the cookie `__clerk_redirect_count`.
/// - To the response that opens a WebSocket whose client has sent its token as a subprotocol
///   ([`websocket_token_protocol`](crate::ClerkConfigBuilder::websocket_token_protocol)): the protocol to go on with.
/// - To the current `tracing` span: `clerk.user_id`, `clerk.org_id` and `clerk.token_type`, where the span declares
///   these fields.
#[derive(Clone)]
pub struct ClerkMiddleware {
    source: Source,
    error_handler: Option<ErrorHandler>,
}

/// Where a request's configuration comes from.
#[derive(Clone)]
enum Source {
    Fixed(ClerkConfig),
    PerRequest(Arc<Resolver>),
}

type Resolver = dyn Fn(&ServiceRequest) -> LocalBoxFuture<'static, Result<ClerkConfig, Error>> + Send + Sync;

impl ClerkMiddleware {
    /// The middleware of one Clerk instance.
    pub fn new(config: ClerkConfig) -> Self {
        Self { source: Source::Fixed(config), error_handler: None }
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

    /// The middleware of several instances or domains in one process: `resolve` says which configuration a request is
    /// decided by. Build the configurations once and give out clones, since each carries its own caches.
    ///
    /// Choose by the `Host` header, and look it up in a list of your own. `Forwarded` and `X-Forwarded-Host`, which
    /// `connection_info()` prefers, are the client's to write unless a proxy of yours overwrites them: with them a client
    /// could choose which instance vouches for it. A handler that serves several tenants has to tell them apart by the
    /// same header.
    ///
    /// An error of `resolve` is the response, and the handler is not reached.
    ///
    /// ```
    /// use actix_web::{dev::ServiceRequest, error::ErrorNotFound};
    /// use clerk_actix::{ClerkConfig, ClerkMiddleware};
    ///
    /// fn of_two_brands(one: ClerkConfig, two: ClerkConfig) -> ClerkMiddleware {
    ///     ClerkMiddleware::per_request(move |req: &ServiceRequest| {
    ///         let config = match req.headers().get("host").map(|host| host.as_bytes()) {
    ///             Some(b"one.example.com") => Ok(one.clone()),
    ///             Some(b"two.example.com") => Ok(two.clone()),
    ///             _ => Err(ErrorNotFound("no such site")),
    ///         };
    ///         async { config }
    ///     })
    /// }
    /// ```
    pub fn per_request<F, Fut>(resolve: F) -> Self
    where
        F: Fn(&ServiceRequest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<ClerkConfig, Error>> + 'static,
    {
        let resolve = Arc::new(move |req: &ServiceRequest| -> LocalBoxFuture<'static, _> { Box::pin(resolve(req)) });
        Self { source: Source::PerRequest(resolve), error_handler: None }
    }

    /// Answers refusals in the application's own words: given the [`AuthError`] and the request, the error whose response
    /// is sent. It is asked about every refusal, by an extractor or by `?` in a handler; return the `AuthError` itself to
    /// leave one as it is. [`AuthConfig`](crate::AuthConfig) does the same for a part of the application.
    ///
    /// Headers that middleware further in has added, such as those of CORS, are kept.
    ///
    /// ```
    /// use actix_web::{error::InternalError, HttpResponse, ResponseError};
    /// use clerk_actix::{AuthError, ClerkMiddleware};
    ///
    /// # fn with(clerk: ClerkMiddleware) -> ClerkMiddleware {
    /// clerk.error_handler(|error, req| match error {
    ///     AuthError::Unauthenticated(_) if req.path().starts_with("/api/") => {
    ///         let body = serde_json::json!({ "title": "Please sign in", "status": 401 });
    ///         InternalError::from_response(error, HttpResponse::Unauthorized().json(body)).into()
    ///     }
    ///     other => other.into(),
    /// })
    /// # }
    /// ```
    pub fn error_handler<F>(mut self, handler: F) -> Self
    where
        F: Fn(AuthError, &HttpRequest) -> Error + Send + Sync + 'static,
    {
        self.error_handler = Some(ErrorHandler::new(handler));
        self
    }
}

impl fmt::Debug for ClerkMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Fixed(config) => f.debug_tuple("ClerkMiddleware").field(config).finish(),
            Source::PerRequest(_) => f.write_str("ClerkMiddleware(per request)"),
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ClerkMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<EitherBody<B>>>;
    type Error = Error;
    type Transform = ClerkService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ClerkService { service: Rc::new(service), clerk: self.clone(), http: HttpClient::of_this_worker() }))
    }
}

/// The wrapped service of one worker, with that worker's connections to Clerk.
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct ClerkService<S> {
    service: Rc<S>,
    clerk: ClerkMiddleware,
    http: HttpClient,
}

impl<S, B> Service<ServiceRequest> for ClerkService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<EitherBody<B>>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let (service, clerk, http) = (Rc::clone(&self.service), self.clerk.clone(), self.http.clone());
        Box::pin(async move {
            let config = match resolve(&clerk.source, &req).await {
                Ok(config) => config,
                Err(error) => return Ok(req.error_response(error).map_into_right_body()),
            };
            if is_decided_by(req.request(), &config) {
                let response = service.call(req).await?;
                return Ok(answer(response, clerk.error_handler.as_ref()).map_into_left_body());
            }
            let (state, additions) = match decide(&req, config, http).await {
                Ok(decided) => decided,
                Err(response) => return Ok(req.into_response(response).map_into_right_body()),
            };
            let state = Rc::new(state);
            record(&state);
            store(&req, &state);
            match service.call(req).await {
                Ok(response) => {
                    let mut response = answer(response, clerk.error_handler.as_ref());
                    let decides = is_decided_by(response.request(), state.config());
                    finish(response.headers_mut(), &additions, state.refusal().filter(|_| decides).as_deref());
                    select_protocol(&mut response, state.config().settings());
                    Ok(response.map_into_left_body())
                }
                // An inner middleware's error is a response all the same, and what Clerk set must not be lost with it: a
                // handshake's cookies can be had only once.
                Err(error) if additions == Additions::default() && state.refusal().is_none() => Err(error),
                Err(error) => {
                    let mut response = error.error_response();
                    finish(response.headers_mut(), &additions, state.refusal().as_deref());
                    Err(InternalError::from_response(error, response).into())
                }
            }
        })
    }
}

async fn resolve(source: &Source, req: &ServiceRequest) -> Result<ClerkConfig, Error> {
    match source {
        Source::Fixed(config) => Ok(config.clone()),
        Source::PerRequest(resolver) => resolver(req).await,
    }
}

/// Whether the decision that holds for the request is one by this very configuration: an outer wrap
/// makes it before, a wrap of another instance further in replaces it.
fn is_decided_by(req: &HttpRequest, config: &ClerkConfig) -> bool {
    req.extensions().get::<Rc<RequestState>>().is_some_and(|state| state.config().is(config))
}

/// Who is calling, and what the response gets besides; or the response itself, where the handler is not reached.
async fn decide(
    req: &ServiceRequest,
    config: ClerkConfig,
    http: HttpClient,
) -> Result<(RequestState, Additions), HttpResponse> {
    #[cfg(feature = "testing")]
    if let Some(state) = crate::testing::planted::state(req.request(), &config) {
        return Ok((state, Additions::default()));
    }
    let now = config.settings().clock.now();
    let api = ClerkApi { config: &config, http: &http };
    match authenticate(&ActixFacts(req.request()), config.settings(), &api, now).await {
        Outcome::SignedIn { token, additions } => Ok((RequestState::session(config, Ok(token)), additions)),
        Outcome::SignedOut { why, additions } => Ok((RequestState::session(config, Err(why)), additions)),
        Outcome::Machine { token_type, verdict } => {
            Ok((RequestState::machine(config, token_type, verdict), Additions::default()))
        }
        Outcome::Opaque(token) => Ok((RequestState::opaque(config, token, http), Additions::default())),
        Outcome::Redirect(redirect) => Err(redirect_response(&redirect)),
        Outcome::Malformed { message } => Err(AuthError::Malformed { message }.error_response()),
    }
}

fn record(state: &RequestState) {
    match (state.as_session(), state.as_machine()) {
        (Some(Ok(session)), _) => record_caller(&Principal::Session(session.clone())),
        (_, Some(Ok(principal))) => record_caller(principal),
        _ => {}
    }
}

/// Who is calling, for the fields that the current span declares. Never the token.
pub(crate) fn record_caller(caller: &Principal) {
    let span = tracing::Span::current();
    span.record("clerk.token_type", caller.token_type().as_str());
    if let Some(user_id) = caller.user_id() {
        span.record("clerk.user_id", user_id);
    }
    if let Some(organization) = caller.org_id() {
        span.record("clerk.org_id", organization);
    }
}

fn store(req: &ServiceRequest, state: &Rc<RequestState>) {
    let mut extensions = req.extensions_mut();
    // Of an outer wrap with another instance: its session must not be found where this one has none.
    extensions.remove::<crate::Session>();
    if let Some(Ok(session)) = state.as_session()
        && !session.is_pending()
    {
        extensions.insert(session.clone());
    }
    extensions.insert(Rc::clone(state));
}

/// What the response of a handler, or of an error, gets besides.
fn finish(headers: &mut HeaderMap, additions: &Additions, signed_out: Option<&SignedOut>) {
    add_headers(headers, additions);
    // A page that says it may be kept must not be kept with one visitor's session in it.
    let may_be_kept = headers.get(header::CACHE_CONTROL).is_some_and(|value| !is_private(value));
    if !additions.set_cookies.is_empty() && may_be_kept {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    }
    // A wrap of another instance further in may have had its say.
    if let Some(why) = signed_out.filter(|_| !headers.contains_key(AUTH_STATUS)) {
        add_debug_headers(headers, AuthStatus::SignedOut, why);
    }
}

fn is_private(cache_control: &HeaderValue) -> bool {
    let directives = cache_control.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut directives = directives.split(',').map(str::trim);
    directives.any(|directive| matches!(directive, "private" | "no-store"))
}

fn redirect_response(redirect: &Redirect) -> HttpResponse {
    let mut response = HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, redirect.location.as_str()))
        // Browsers keep a 307 of an inactive tab otherwise, and loop.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish();
    add_headers(response.headers_mut(), &redirect.additions);
    if let Some((status, why)) = &redirect.says {
        add_debug_headers(response.headers_mut(), *status, why);
    }
    response
}

fn add_headers(headers: &mut HeaderMap, additions: &Additions) {
    for set_cookie in &additions.set_cookies {
        if let Some(value) = latin_1(set_cookie.as_str()) {
            headers.append(header::SET_COOKIE, value);
        }
    }
    if additions.after_handshake {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("null"));
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
}

const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

/// Past this, a message is mostly what the caller wrote into the token; proxies drop responses whose
/// headers are too large.
const MAX_MESSAGE: usize = 2048;

fn add_debug_headers(headers: &mut HeaderMap, status: AuthStatus, why: &SignedOut) {
    headers.insert(AUTH_STATUS, HeaderValue::from_static(status.as_str()));
    if let Some(reason) = latin_1(why.reason.as_str()) {
        headers.insert(AUTH_REASON, reason);
    }
    let message = Some(&why.message).filter(|message| !message.is_empty() && message.len() <= MAX_MESSAGE);
    if let Some(message) = message.and_then(|message| latin_1(message)) {
        headers.insert(AUTH_MESSAGE, message);
    }
}

/// Text as a header value, in Latin-1 as Node writes it; none where no header can hold it, because of a line break for
/// instance.
fn latin_1(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
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

    fn all_fields(&self) -> Vec<(String, String)> {
        // In Latin-1, as header fields are: no byte is lost.
        let text = |value: &HeaderValue| value.as_bytes().iter().map(|&byte| char::from(byte)).collect();
        self.0.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
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
        Field::Connection => header::CONNECTION,
        Field::Cookie => header::COOKIE,
        Field::ForwardedHost => header::X_FORWARDED_HOST,
        Field::ForwardedProto => header::X_FORWARDED_PROTO,
        Field::Origin => header::ORIGIN,
        Field::Referer => header::REFERER,
        Field::SecFetchDest => HeaderName::from_static("sec-fetch-dest"),
        Field::SecWebSocketProtocol => header::SEC_WEBSOCKET_PROTOCOL,
        Field::Upgrade => header::UPGRADE,
    }
}
