//! Rejections: why an extractor rejected a request, and the response that says so.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::{BodySize, BoxBody},
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde_json::json;

use super::{bearer, envelope::envelope, redirect::AuthRedirect};
use crate::{
    auth::{Missing, Reverification, TokenError, Unauthenticated},
    clock::Clock,
    observe::{LogLimit, hint},
    reason::Reason,
};

/// The rejection that a response is made of, in the response's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Rejected {
    pub(crate) error: AuthError,
    /// `false` if an error handler has replaced the response.
    pub(crate) has_default_response: bool,
}

/// Why an extractor rejected a request.
///
/// Its `Display` shows the reason but nothing from the request, so it may appear in a response body. Details for
/// operators are in [`Unauthenticated::message`].
///
/// It is an Actix [`ResponseError`]: returned from a handler, it becomes the response listed below. To handle it
/// yourself, extract [`Result<RequireAuth, AuthError>`](crate::RequireAuth).
///
/// | | status | body |
/// |---|---|---|
/// | [`Unauthenticated`](Self::Unauthenticated) | 401, `WWW-Authenticate: Bearer` | `{"errors":[{"code","message"}]}` |
/// | [`SignInRequired`](Self::SignInRequired) | 302 to the sign-in page | |
/// | [`Forbidden`](Self::Forbidden) | 403 | `{"errors":[{"code","message"}]}` |
/// | [`Forbidden`](Self::Forbidden), reverification | 403 | `{"clerk_error":{…}}` for Clerk's frontend components |
/// | [`Forbidden`](Self::Forbidden), page navigation | 302 if `forbidden_url` is set, otherwise as above | |
/// | [`Unavailable`](Self::Unavailable) | 503, `Retry-After` | `{"errors":[{"code","message"}]}` |
/// | [`MiddlewareMissing`](Self::MiddlewareMissing) | 500 | none |
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The request has no credential that the handler accepts.
    #[error("not authenticated ({0})")]
    Unauthenticated(Unauthenticated),

    /// The same for a browser that navigates to a page: it is redirected to sign in.
    #[error("not signed in ({why}); redirected to sign in")]
    #[non_exhaustive]
    SignInRequired {
        /// Why the visitor counts as signed out.
        why: Unauthenticated,
        /// The redirect to the sign-in page and back; see [`location`](Self::location).
        redirect: AuthRedirect,
    },

    /// The caller is authenticated but not authorized.
    #[error("forbidden: {missing}")]
    #[non_exhaustive]
    Forbidden {
        /// The first unmet requirement.
        missing: Missing,
        /// The page that a navigating browser is redirected to; see [`location`](Self::location).
        page: Option<String>,
    },

    /// Authentication failed because Clerk's keys could not be loaded, or Clerk did not verify an opaque token.
    #[error("authentication is unavailable ({why})")]
    #[non_exhaustive]
    Unavailable {
        /// The failure.
        why: Unauthenticated,
        /// How long to wait before trying again.
        retry_after: Duration,
    },

    /// `ClerkMiddleware` does not wrap the route, so the caller is unknown.
    #[error("ClerkMiddleware does not wrap this route: add `.wrap(clerk.clone())` to its App, Scope or Resource")]
    MiddlewareMissing,
}

/// Limits the log lines about a `ClerkMiddleware` that is missing or runs too late.
static MISSING: LogLimit = LogLimit::new();

impl AuthError {
    /// The rejection for `why`; `sign_in` is the redirect for a navigating browser.
    pub(crate) fn of(why: Unauthenticated, sign_in: Option<AuthRedirect>) -> Self {
        if why.reason() == &Reason::MiddlewareMissing {
            return Self::MiddlewareMissing;
        }
        if let Some(retry_after) = why.retry_after() {
            return Self::Unavailable { why, retry_after };
        }
        match sign_in {
            Some(redirect) => Self::SignInRequired { why, redirect },
            None => Self::Unauthenticated(why),
        }
    }

    /// Logs where the error is found, not where the response is made: `Option<RequireAuth>` makes no response, and a
    /// forgotten `wrap` would look like visitors who never sign in.
    pub(crate) fn middleware_missing(req: &HttpRequest) -> Self {
        log_a_missing_middleware(
            &MISSING,
            req,
            "ClerkMiddleware does not wrap this route: add `.wrap(clerk.clone())` to its App, Scope or Resource, and \
             check the order: what is wrapped last runs first, so ClerkMiddleware is wrapped after middleware that asks \
             who is calling",
        );
        Self::MiddlewareMissing
    }

    /// The same for middleware or a handler that has asked by itself: in middleware, the order is the usual cause.
    pub(crate) fn asked_too_early(req: &HttpRequest) {
        log_a_missing_middleware(
            &MISSING,
            req,
            "asked who is calling before ClerkMiddleware had run: what is wrapped last runs first, so wrap \
             ClerkMiddleware after the middleware that asks; or it does not wrap this route: add \
             `.wrap(clerk.clone())` to its App, Scope or Resource",
        );
    }

    /// Creates a 403 that does not say what is missing, for authorization that the handler itself decides. For one that
    /// does, convert a [`Missing`].
    ///
    /// ```
    /// use actix_web::{delete, web, Responder};
    /// use clerk_actix::{AuthError, RequireAuth};
    ///
    /// #[delete("/posts/{author}/{id}")]
    /// async fn remove(user: RequireAuth, path: web::Path<(String, u32)>) -> Result<impl Responder, AuthError> {
    ///     if path.0 != user.user_id() {
    ///         return Err(AuthError::forbidden());
    ///     }
    ///     Ok("removed")
    /// }
    /// ```
    pub fn forbidden() -> Self {
        Missing::Request.into()
    }

    /// The stable code of the response's body: a [`Reason`]'s, a [`Missing`]'s, or `internal-error` if the middleware
    /// is missing.
    pub fn code(&self) -> &str {
        match self {
            Self::Unauthenticated(why) | Self::SignInRequired { why, .. } | Self::Unavailable { why, .. } => {
                why.reason().as_str()
            }
            Self::Forbidden { missing, .. } => missing.code(),
            Self::MiddlewareMissing => "internal-error",
        }
    }

    /// The sentence of the response's body. It tells the caller what the route requires, and nothing about the token.
    ///
    /// With [`code`](Self::code) and the status, an error handler can build any body, such as an RFC 9457 problem. The
    /// new response has no `Location`, `Retry-After` or `WWW-Authenticate`, so return redirects as they are, and also
    /// the body that makes Clerk's frontend components ask for a verification:
    ///
    /// ```
    /// use actix_web::{error::InternalError, HttpResponse, ResponseError};
    /// use clerk_actix::{policy::Missing, AuthError, ClerkMiddleware};
    ///
    /// # fn with(clerk: ClerkMiddleware) -> ClerkMiddleware {
    /// clerk.error_handler(|error: AuthError, _req| {
    ///     let is_for_clerk = matches!(error, AuthError::Forbidden { missing: Missing::Reverification(_), .. });
    ///     if is_for_clerk || error.location().is_some() {
    ///         return error.into();
    ///     }
    ///     let problem = serde_json::json!({ "title": error.public_message(), "status": error.status_code().as_u16() });
    ///     let response = HttpResponse::build(error.status_code()).content_type("application/problem+json").json(problem);
    ///     InternalError::from_response(error, response).into()
    /// })
    /// # }
    /// ```
    pub fn public_message(&self) -> String {
        match self {
            Self::Unauthenticated(_) | Self::SignInRequired { .. } => "Authentication is required.".to_owned(),
            Self::Unavailable { .. } => "Authentication is temporarily unavailable; try again later.".to_owned(),
            Self::Forbidden { missing, .. } => missing.to_string(),
            Self::MiddlewareMissing => "Something went wrong.".to_owned(),
        }
    }

    /// The page that the response redirects a browser to, as an absolute URL; `None` if it does not redirect.
    pub fn location(&self) -> Option<String> {
        match self {
            Self::SignInRequired { redirect, .. } => Some(redirect.location()),
            Self::Forbidden { page, .. } => page.clone(),
            Self::Unauthenticated(_) | Self::Unavailable { .. } | Self::MiddlewareMissing => None,
        }
    }

    /// Why the request is not authenticated; `None` if it is, or if the middleware is missing.
    pub fn unauthenticated(&self) -> Option<&Unauthenticated> {
        match self {
            Self::Unauthenticated(why) | Self::SignInRequired { why, .. } | Self::Unavailable { why, .. } => Some(why),
            Self::Forbidden { .. } | Self::MiddlewareMissing => None,
        }
    }
}

impl AuthError {
    /// Returns the size of the JSON in the default response.
    pub(crate) fn default_body_size(&self) -> BodySize {
        let body = match self {
            Self::Forbidden { missing: Missing::Reverification(reverification), .. } => {
                reverification_body(reverification)
            }
            _ => self.body(),
        };
        BodySize::Sized(body.to_string().len() as u64)
    }

    fn body(&self) -> serde_json::Value {
        envelope(self.code(), &self.public_message())
    }
}

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::SignInRequired { .. } | Self::Forbidden { page: Some(_), .. } => StatusCode::FOUND,
            Self::Forbidden { page: None, .. } => StatusCode::FORBIDDEN,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::MiddlewareMissing => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        // The middleware reports the rejection when the response passes it, so an error that a handler deals with is not
        // reported.
        response.extensions_mut().insert(Rejected { error: self.clone(), has_default_response: true });
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Unauthenticated(why) => {
                let error = is_about_a_bad_token(why.reason()).then_some(("error", "invalid_token"));
                response.insert_header((header::WWW_AUTHENTICATE, bearer::challenge(error))).json(self.body())
            }
            Self::SignInRequired { redirect, .. } => match HeaderValue::from_str(&redirect.location()) {
                Ok(location) => response.insert_header((header::LOCATION, location)).finish(),
                // Unreachable, since URLs are visible ASCII; rejecting is the safe fallback.
                Err(_) => HttpResponse::new(StatusCode::UNAUTHORIZED),
            },
            Self::Forbidden { page: Some(page), .. } => {
                response.insert_header((header::LOCATION, page.as_str())).finish()
            }
            Self::Forbidden { missing, page: None } => {
                if let Missing::Scope(scope) = missing {
                    // RFC 6750, section 3.1.
                    let challenge = bearer::challenge([("error", "insufficient_scope"), ("scope", scope)]);
                    response.insert_header((header::WWW_AUTHENTICATE, challenge));
                }
                match missing {
                    Missing::Reverification(reverification) => response.json(reverification_body(reverification)),
                    _ => response.json(self.body()),
                }
            }
            Self::Unavailable { retry_after, .. } => {
                response.insert_header((header::RETRY_AFTER, retry_after.as_secs().max(1))).json(self.body())
            }
            Self::MiddlewareMissing => response.finish(),
        }
    }
}

/// RFC 6750, section 3: a request without a token gets no error code.
pub(super) fn is_about_a_bad_token(reason: &Reason) -> bool {
    matches!(
        reason,
        Reason::TokenTypeMismatch
            | Reason::TokenInvalid
            | Reason::TokenInvalidAlgorithm
            | Reason::TokenInvalidSignature
            | Reason::TokenVerificationFailed
            | Reason::TokenInvalidAuthorizedParties
            | Reason::TokenInvalidIssuer
            | Reason::TokenExpired
            | Reason::TokenNotActiveYet
            | Reason::TokenIatInTheFuture
            | Reason::SessionTokenExpired(_)
            | Reason::SessionTokenNbf
            | Reason::SessionTokenIatInTheFuture
            | Reason::SessionRevoked
            | Reason::JwkKidMismatch
            | Reason::UnexpectedError
    )
}

/// Logs that middleware does not wrap a route, or runs too late.
pub(super) fn log_a_missing_middleware(limit: &LogLimit, req: &HttpRequest, what_to_do: &str) {
    if let Some(left_out) = limit.admit(Clock::System.now()) {
        tracing::error!(
            method = hint(req.method().as_str()),
            path = hint(req.path()),
            route = req.match_pattern().map(|pattern| hint(&pattern)),
            left_out,
            "{what_to_do}"
        );
    }
}

/// Clerk's frontend components look for exactly this form, ask the user to verify their identity, and try again.
fn reverification_body(reverification: &Reverification) -> serde_json::Value {
    json!({
        "clerk_error": {
            "type": "forbidden",
            "reason": "reverification-error",
            "metadata": { "reverification": reverification.to_json() },
        },
    })
}

impl From<Unauthenticated> for AuthError {
    /// The rejection that an API client gets: a 401, or a 503 during an outage.
    fn from(why: Unauthenticated) -> Self {
        Self::of(why, None)
    }
}

impl From<Missing> for AuthError {
    /// A 403 that names the unmet requirement, such as a permission that is known only at run time.
    fn from(missing: Missing) -> Self {
        Self::Forbidden { missing, page: None }
    }
}

impl ResponseError for TokenError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Rejected(why) => AuthError::of(why.clone(), None).status_code(),
            Self::Claims(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        match self {
            Self::Rejected(why) => AuthError::of(why.clone(), None).error_response(),
            Self::Claims(error) => error.error_response(),
        }
    }
}
