//! `ClerkMiddleware`, which wraps an application. The path of a request through it is in `middleware/service.rs`.

mod exchanges;
mod exit;
mod headers;
mod service;
mod watched;
mod websocket;

use std::{
    fmt,
    sync::{Arc, Once},
};

use actix_web::{Error, HttpRequest, dev::ServiceRequest};
use futures_util::future::LocalBoxFuture;

use super::{error::AuthError, error_handler::ErrorHandler};
use crate::{config::ConfigError, doctor::Report, instance::ClerkConfig};

/// Authenticates every request to the `App`, `Scope` or `Resource` that it wraps. It never rejects a request: the
/// handler's extractors decide what the handler requires. If a browser's cookies do not settle the session state, the
/// middleware redirects the browser to Clerk and back (a handshake) before the handler runs: only when the browser
/// navigates to a page, and at most three times within two seconds.
///
/// Build it once, outside `HttpServer::new`, and clone it into each worker's `App`: clones share the configuration's
/// keys and caches. Wrapping an inner scope with a clone costs nothing, since each request is authenticated once.
/// Wrapping it with the middleware of *another* instance authenticates again for that scope, so that one instance's
/// users never pass for another's. The same goes for the same instance with other settings, such as stricter
/// `authorized_parties` for one scope: that scope uses its own settings and reuses what the outer middleware got from
/// Clerk, which is not asked twice.
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
/// Browsers send cookies with a WebSocket that any site's page opens, and CORS does not apply: such a page could act
/// as the visitor (cross-site WebSocket hijacking). Cookies of a WebSocket handshake therefore count only if its
/// `Origin` is the request's own or one of the [`authorized_parties`](crate::ClerkConfigBuilder::authorized_parties);
/// otherwise the request is signed out with the reason `cross-origin-websocket`. A page of another origin can send a
/// token instead: [`websocket_token_protocol`](crate::ClerkConfigBuilder::websocket_token_protocol).
///
/// Unsafe requests (`POST` and the like) are protected the same way: see
/// [`csrf_protection`](crate::ClerkConfigBuilder::csrf_protection).
///
/// A connection outlives its request: see [`Session::expired`](crate::Session::expired),
/// [`until_expiry`](crate::Session::until_expiry) and [`renew`](crate::Session::renew).
///
/// # The Frontend API proxy
///
/// With [`frontend_api_proxy`](crate::ClerkConfigBuilder::frontend_api_proxy), requests below its path go to Clerk, and no
/// handler is called. They are not authenticated. Wrap the whole `App`, so that the middleware sees them.
///
/// # What it adds
///
/// - To the request's extensions: the state that the extractors read, and the [`Session`](crate::Session) itself for
///   `web::ReqData<Session>`, if there is one that is not pending. Without one, `ReqData` responds with Actix's own 500:
///   for handlers that anonymous callers may reach, use [`Auth`](crate::Auth).
/// - To the response of a signed-out request: `x-clerk-auth-status`, `x-clerk-auth-reason` and, if there are details,
///   `x-clerk-auth-message`.
/// - To the response for a browser whose session was renewed by a refresh or a handshake: Clerk's cookies and
///   `Cache-Control: private, no-store`. Such a response must not be stored, so all of its other caching headers are
///   removed: `ETag`, `Last-Modified`, `Expires`, `CDN-Cache-Control`, `Surrogate-Control` and the like.
/// - To a redirect to Clerk: the cookie `__clerk_redirect_count`.
/// - To the response that opens a WebSocket whose client sent its token as a subprotocol
///   ([`websocket_token_protocol`](crate::ClerkConfigBuilder::websocket_token_protocol)): the selected subprotocol.
/// - To the current `tracing` span: `clerk.token_type`, `clerk.user_id`, `clerk.session_id`, `clerk.org_id`, and
///   OpenTelemetry's `user.id` and `session.id`. Only fields that the span declares are recorded.
#[derive(Clone)]
#[doc(alias = "clerkMiddleware")]
pub struct ClerkMiddleware {
    source: ConfigSource,
    error_handler: Option<ErrorHandler>,
}

/// The source of a request's configuration.
#[derive(Clone)]
enum ConfigSource {
    Fixed(ClerkConfig),
    PerRequest(Arc<Resolver>),
}

type Resolver = dyn Fn(&ServiceRequest) -> LocalBoxFuture<'static, Result<ClerkConfig, Error>> + Send + Sync;

impl ClerkMiddleware {
    /// Creates the middleware for one Clerk instance.
    ///
    /// A configuration with only a [`machine_secret_key`](crate::ClerkConfigBuilder::machine_secret_key) cannot verify
    /// anything: handlers that require authentication then respond with 503, and an error is logged here.
    pub fn new(config: ClerkConfig) -> Self {
        if !config.settings().can_authenticate() {
            tracing::error!(
                "ClerkMiddleware cannot authenticate requests: set publishable_key (CLERK_PUBLISHABLE_KEY), and secret_key \
                 (CLERK_SECRET_KEY) or jwt_key (CLERK_JWT_KEY)"
            );
        }
        warn_of_any_party(&config);
        Self { source: ConfigSource::Fixed(config), error_handler: None }
    }

    /// Creates the middleware for the instance that the environment variables describe; see
    /// [`ClerkConfigBuilder::from_env`](crate::ClerkConfigBuilder::from_env).
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the missing or invalid variable and says what to do.
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

    /// Creates the middleware for several instances or domains in one process: `resolve` chooses the configuration for
    /// each request. Build the configurations once and return clones, since each has its own caches.
    ///
    /// Choose the configuration by the `Host` header, from a list of your own. Clients can set `Forwarded` and
    /// `X-Forwarded-Host`, which `connection_info()` prefers, unless your proxy overwrites them: with them, a client
    /// could choose the instance that authenticates it. A handler that serves several tenants must distinguish them by
    /// the same header.
    ///
    /// In production each domain may have its own key: [`publishable_key_from_host`](crate::publishable_key_from_host)
    /// derives it from the host.
    ///
    /// If `resolve` returns an error, it becomes the response, and the handler is not called.
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
        Self { source: ConfigSource::PerRequest(resolve), error_handler: None }
    }

    /// The configuration; `None` if it is chosen [per request](Self::per_request).
    pub fn config(&self) -> Option<&ClerkConfig> {
        match &self.source {
            ConfigSource::Fixed(config) => Some(config),
            ConfigSource::PerRequest(_) => None,
        }
    }

    /// Returns whether requests can be authenticated: for readiness probes. Never waits. See [`ClerkConfig::is_ready`].
    /// Always `true` if the configuration is chosen [per request](Self::per_request): ask each [`ClerkConfig`] instead.
    pub fn is_ready(&self) -> bool {
        self.config().is_none_or(ClerkConfig::is_ready)
    }

    /// Checks the configuration against Clerk and this machine. See [`ClerkConfig::doctor`]. If the configuration is
    /// chosen [per request](Self::per_request), nothing is checked: call `doctor()` on each [`ClerkConfig`] instead.
    ///
    /// ```no_run
    /// use clerk_actix::ClerkMiddleware;
    ///
    /// #[actix_web::main]
    /// async fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     let clerk = ClerkMiddleware::from_env()?;
    ///     let report = clerk.doctor().await;
    ///     println!("{report}");
    ///     std::process::exit(if report.is_ok() { 0 } else { 1 });
    /// }
    /// ```
    pub async fn doctor(&self) -> Report {
        match self.config() {
            Some(config) => config.doctor().await,
            None => Report::of_many_configurations(),
        }
    }

    /// Customizes the responses of rejected requests: `handler` gets the [`AuthError`] and the request, and returns
    /// the error whose response is sent. It is called for every rejection, by an extractor or by `?` in a handler;
    /// return the `AuthError` itself to keep the default response. [`AuthConfig`](crate::AuthConfig) does the same for
    /// a part of the application.
    ///
    /// Headers that inner middleware has added, such as CORS headers, are kept. If inner middleware fails with an
    /// error instead of returning a response, that error keeps its own response, because the request is no longer
    /// available.
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
    /// Returns a clone for one worker, which keeps its per-request counts apart from the others'.
    fn of_this_worker(mut self) -> Self {
        if let ConfigSource::Fixed(config) = &mut self.source {
            *config = config.of_this_worker();
        }
        self
    }
}

/// Warns once per process if tokens of any origin pass in production.
fn warn_of_any_party(config: &ClerkConfig) {
    static ONCE: Once = Once::new();
    let settings = config.settings();
    if settings.can_authenticate() && !settings.is_development() && settings.authorized_parties.is_empty() {
        ONCE.call_once(|| {
            tracing::warn!(
                "authorized_parties (CLERK_AUTHORIZED_PARTIES) is not set, so session tokens of any origin pass: set it \
                 to the origins of your pages, such as https://app.example.com"
            );
        });
    }
}

impl fmt::Debug for ClerkMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            ConfigSource::Fixed(config) => f.debug_tuple("ClerkMiddleware").field(config).finish(),
            ConfigSource::PerRequest(_) => f.write_str("ClerkMiddleware(per request)"),
        }
    }
}
