//! Custom responses for rejected requests: one function, on the middleware or closer to the handler.

use std::{fmt, sync::Arc};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::ServiceResponse,
    error::InternalError,
    http::header,
};

use super::{
    error::{AuthError, Rejected},
    resource_metadata::complete,
    state::with_state,
};
use crate::{auth::Unauthenticated, reason::Reason, token::TokenType};

type Handler = dyn Fn(AuthError, &HttpRequest) -> Error + Send + Sync;

/// The application's function: given a rejection and the request, it returns the error whose response is sent.
#[derive(Clone)]
pub(crate) struct ErrorHandler(Arc<Handler>);

impl ErrorHandler {
    pub(crate) fn new(handler: impl Fn(AuthError, &HttpRequest) -> Error + Send + Sync + 'static) -> Self {
        Self(Arc::new(handler))
    }
}

/// Marks a request whose response must not differ from that for a path that does not exist, in its extensions.
pub(crate) struct Hidden;

/// Returns whether a caller can cause such an outage, by using up calls to Clerk: not one of signing keys.
fn may_be_caused_by_the_caller(why: &Unauthenticated, req: &HttpRequest) -> bool {
    let has_machine_token = with_state(req, |state| state.token_type() != TokenType::SessionToken).unwrap_or(false);
    has_machine_token || !matches!(why.reason(), Reason::JwkRemoteFailedToLoad | Reason::SecretKeyInvalid)
}

/// Customizes the responses of rejected requests for a part of the application, as `app_data` of an `App`, a `Scope`
/// or a `Resource`. The one nearest to the handler applies, and takes precedence over the one on
/// [`ClerkMiddleware`](crate::ClerkMiddleware::error_handler).
///
/// ```
/// use actix_web::{error::ErrorImATeapot, web};
/// use clerk_actix::{AuthConfig, RequireAuth};
///
/// let admin = web::scope("/tea")
///     .app_data(AuthConfig::new().error_handler(|error, _| ErrorImATeapot(error)))
///     .route("", web::get().to(async |user: RequireAuth| user.user_id().to_owned()));
/// # let _ = admin;
/// ```
#[derive(Clone, Default)]
pub struct AuthConfig {
    error_handler: Option<ErrorHandler>,
}

impl AuthConfig {
    /// Creates a configuration without an error handler: rejections get the same response as elsewhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a configuration that hides routes: callers who are not authenticated or not authorized get an empty 404, as
    /// for a path that does not exist. Outages (503) and mistakes of the application (500) keep their responses.
    ///
    /// Wrap the scope in [`require_auth`](crate::require_auth()) or [`require`](crate::require()): with extractors alone,
    /// Actix responds with 405 to other methods, and with 400 to an invalid path or body, before it authenticates.
    ///
    /// If Clerk could not be asked about a machine token, a handshake or a refresh, the response is the 404 as well, since the
    /// caller may have caused that.
    /// A request to verify the user again is hidden too, so do not combine this with
    /// [`Check::reverification`](crate::Check::reverification). If inner middleware fails with an error instead of
    /// returning a response, as `auth.require(req)?` in a `from_fn` does, nothing here applies, because the request is
    /// no longer available.
    ///
    /// ```
    /// use actix_web::web;
    /// use clerk_actix::{AuthConfig, RequireAuth, require_auth};
    ///
    /// let admin = web::scope("/admin")
    ///     .app_data(AuthConfig::not_found())
    ///     .wrap(require_auth())
    ///     .route("", web::get().to(async |user: RequireAuth| user.user_id().to_owned()));
    /// # let _ = admin;
    /// ```
    pub fn not_found() -> Self {
        Self::new().error_handler(|error, req| match error {
            AuthError::MiddlewareMissing => error.into(),
            AuthError::Unavailable { ref why, .. } if !may_be_caused_by_the_caller(why, req) => error.into(),
            hidden => {
                req.extensions_mut().insert(Hidden);
                InternalError::from_response(hidden, HttpResponse::NotFound().finish()).into()
            }
        })
    }

    /// Sets the function that returns the error to send in place of a rejection; see
    /// [`ClerkMiddleware::error_handler`](crate::ClerkMiddleware::error_handler).
    pub fn error_handler<F>(mut self, handler: F) -> Self
    where
        F: Fn(AuthError, &HttpRequest) -> Error + Send + Sync + 'static,
    {
        self.error_handler = Some(ErrorHandler::new(handler));
        self
    }
}

impl fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthConfig").field("error_handler", &self.error_handler.is_some()).finish()
    }
}

/// Replaces the response of a rejection, if an error handler is set, and completes its challenge. Done on the way out, so
/// that a rejection by `?` in a handler is treated like one by an extractor.
pub(crate) fn answer<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    of_middleware: Option<&ErrorHandler>,
) -> ServiceResponse<EitherBody<B>> {
    let mut response = replace(response, of_middleware);
    complete(&mut response);
    response
}

fn replace<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    of_middleware: Option<&ErrorHandler>,
) -> ServiceResponse<EitherBody<B>> {
    let refusal = response.response().error().and_then(|error| error.as_error::<AuthError>());
    let Some(refusal) = refusal.cloned() else { return response.map_into_left_body() };
    let nearest = response.request().app_data::<AuthConfig>().and_then(|config| config.error_handler.clone());
    let Some(ErrorHandler(handler)) = nearest.or_else(|| of_middleware.cloned()) else {
        return response.map_into_left_body();
    };
    let (request, mut old) = response.into_parts();
    let rejected = old.extensions_mut().remove::<Rejected>();
    let error = handler(refusal, &request);
    let mut new = ServiceResponse::from_err(error, request);
    if let Some(rejected) = rejected
        && !new.response().extensions().contains::<Rejected>()
    {
        new.response_mut().extensions_mut().insert(Rejected { has_default_response: false, ..rejected });
    }
    // Headers that other middleware has added, such as CORS headers, belong on the new response as well.
    let is_compressed = old.headers().contains_key(header::CONTENT_ENCODING);
    let is_kept = |name: &header::HeaderName| !(is_of_a_refusal(name) || is_compressed && *name == header::VARY);
    for (name, value) in old.headers().iter().filter(|(name, _)| is_kept(name)) {
        new.headers_mut().append(name.clone(), value.clone());
    }
    new.map_into_right_body()
}

/// Returns whether a header belongs to the rejection itself or describes its body.
fn is_of_a_refusal(name: &header::HeaderName) -> bool {
    [
        header::CACHE_CONTROL,
        header::CONTENT_ENCODING,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::LOCATION,
        header::RETRY_AFTER,
        header::TRANSFER_ENCODING,
        header::WWW_AUTHENTICATE,
    ]
    .contains(name)
}
