//! `ClerkMiddleware`: what wraps an application. How a request goes through it is in `middleware/service.rs`.

mod exchanges;
mod facts;
mod headers;
mod service;

use std::{
    fmt,
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{
    Error, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
};
use futures_util::future::LocalBoxFuture;

use self::service::ClerkService;
pub(crate) use self::{facts::ActixFacts, service::record_caller};
use crate::{
    config::{ClerkConfig, ConfigError},
    error::AuthError,
    error_handler::ErrorHandler,
};

/// Authenticates every request of the `App`, `Scope` or `Resource` that it wraps. It refuses nobody: what a handler
/// demands, its extractors say. A browser whose cookies do not settle who it is, it sends to Clerk and back: only where the
/// browser navigates to a page, and at most three times within two seconds. The handler is not reached then.
///
/// Build it once, outside `HttpServer::new`, and clone it into each worker's `App`: the clones share the
/// configuration's keys and caches. Wrapping an inner scope with a clone again costs nothing, since a request
/// is decided once; wrapping it with the middleware of *another* instance decides anew for that scope,
/// so that one instance's users never pass for another's. So does the same instance with other settings, such as stricter
/// `authorized_parties` for one scope: its settings decide there, by what the outer wrap got from Clerk, which is not asked
/// twice.
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
/// Unsafe requests (`POST` and its like) are protected the same way: see
/// [`csrf_protection`](crate::ClerkConfigBuilder::csrf_protection).
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
/// - To the response of a browser whose session Clerk has renewed, by a refresh or a handshake: the cookies that Clerk sets,
///   and `Cache-Control: private, no-store`. Such a response must not be stored, so that everything else that it says to
///   caches is removed: `ETag`, `Last-Modified`, `Expires`, `CDN-Cache-Control`, `Surrogate-Control` and their like.
/// - To a redirect to Clerk: the cookie `__clerk_redirect_count`.
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
    ///
    /// A configuration with a [`machine_secret_key`](crate::ClerkConfigBuilder::machine_secret_key) alone verifies nothing: a
    /// handler that requires a caller then answers 503, and an error is logged here.
    pub fn new(config: ClerkConfig) -> Self {
        if !config.settings().can_authenticate() {
            tracing::error!(
                "ClerkMiddleware cannot authenticate requests: set publishable_key (CLERK_PUBLISHABLE_KEY), and secret_key \
                 (CLERK_SECRET_KEY) or jwt_key (CLERK_JWT_KEY)"
            );
        }
        Self { source: Source::Fixed(config), error_handler: None }
    }

    /// The middleware of the instance that the environment describes; see
    /// [`ClerkConfigBuilder::from_env`](crate::ClerkConfigBuilder::from_env).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing or wrong, and what to do about it.
    pub fn from_env() -> Result<Self, ConfigError> {
        let config = ClerkConfig::from_env()?;
        if config.publishable_key().is_empty() {
            return Err(ConfigError::MissingPublishableKey);
        }
        if !config.settings().can_authenticate() {
            return Err(ConfigError::MissingSecretKey);
        }
        Ok(Self::new(config))
    }

    /// The middleware of several instances or domains in one process: `resolve` says which configuration a request is
    /// decided by. Build the configurations once and give out clones, since each carries its own caches.
    ///
    /// Choose by the `Host` header, and look it up in a list of your own. `Forwarded` and `X-Forwarded-Host`, which
    /// `connection_info()` prefers, are the client's to write unless a proxy of yours overwrites them: with them a client
    /// could choose which instance vouches for it. A handler that serves several tenants has to tell them apart by the
    /// same header.
    ///
    /// In production each domain may have a key of its own: [`publishable_key_from_host`](crate::publishable_key_from_host)
    /// makes it from the host.
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
    /// Headers that middleware further in has added, such as those of CORS, are kept. Where such middleware fails by itself,
    /// instead of giving a response, its error has no request any more to be answered with, and keeps its own words.
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

impl ClerkMiddleware {
    /// The same, with what is counted per request counted apart from other workers.
    fn of_this_worker(mut self) -> Self {
        if let Source::Fixed(config) = &mut self.source {
            *config = config.of_this_worker();
        }
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
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ClerkService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(ClerkService::new(service, self.clone())))
    }
}
