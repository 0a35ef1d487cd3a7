//! Rejections: why an extractor rejected a request, and the response that says so.

use std::time::Duration;

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde_json::json;

use super::{envelope::envelope, redirect::AuthRedirect};
use crate::{
    auth::{Check, Missing, Session, TokenError, Unauthenticated},
    clock::{Clock, Timestamp},
    observe::{LogLimit, hint},
    reason::Reason,
};

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
/// | [`Malformed`](Self::Malformed) | 400 | `{"errors":[{"code","message"}]}` |
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
        /// The redirect to the sign-in page and back.
        redirect: Box<AuthRedirect>,
    },

    /// The caller is authenticated but not authorized.
    #[error("forbidden: {missing}")]
    #[non_exhaustive]
    Forbidden {
        /// The first unmet requirement.
        missing: Missing,
        /// The page to redirect a navigating browser to, as an absolute URL.
        page: Option<Box<str>>,
    },

    /// Authentication failed because Clerk's keys could not be loaded, or Clerk did not answer about an opaque token.
    #[error("authentication is unavailable ({why})")]
    #[non_exhaustive]
    Unavailable {
        /// The failure.
        why: Unauthenticated,
        /// How long to wait before trying again.
        retry_after: Duration,
    },

    /// Development: the browser came back from Clerk with a handshake that does not belong to this instance. The
    /// message says what to do about it.
    #[error("the handshake is malformed (handshake-malformed)")]
    #[non_exhaustive]
    Malformed {
        /// What is wrong, for the developer in front of the browser. It may quote the handshake's token.
        message: String,
    },

    /// `ClerkMiddleware` does not wrap the route, so the caller is unknown.
    #[error("ClerkMiddleware does not wrap this route: add `.wrap(clerk.clone())` to its App, Scope or Resource")]
    MiddlewareMissing,
}

impl AuthError {
    /// The rejection for `why`; `sign_in` is the redirect for a navigating browser.
    pub(crate) fn refuse(why: Unauthenticated, sign_in: Option<AuthRedirect>) -> Self {
        if why.reason() == &Reason::MiddlewareMissing {
            return Self::MiddlewareMissing;
        }
        if let Some(retry_after) = why.retry_after() {
            return Self::Unavailable { why, retry_after };
        }
        match sign_in {
            Some(redirect) => Self::SignInRequired { why, redirect: Box::new(redirect) },
            None => Self::Unauthenticated(why),
        }
    }

    /// Logs where the error is found, not where the response is made: `Option<RequireAuth>` makes no response, and a
    /// forgotten `wrap` would look like visitors who never sign in.
    pub(crate) fn middleware_missing() -> Self {
        static MISSING: LogLimit = LogLimit::new();
        if let Some(left_out) = MISSING.admit(Clock::System.now()) {
            tracing::error!(left_out, "{}", Self::MiddlewareMissing);
        }
        Self::MiddlewareMissing
    }

    pub(crate) fn forbidden(missing: Missing) -> Self {
        Self::Forbidden { missing, page: None }
    }

    /// Why the request is not authenticated; `None` if it is, or if the middleware is missing.
    pub fn unauthenticated(&self) -> Option<&Unauthenticated> {
        match self {
            Self::Unauthenticated(why) | Self::SignInRequired { why, .. } | Self::Unavailable { why, .. } => Some(why),
            Self::Forbidden { .. } | Self::Malformed { .. } | Self::MiddlewareMissing => None,
        }
    }

    /// Logs one event per rejection, when the response is made, so an error that a handler deals with is not logged.
    /// During an outage every request fails, so those events are rate-limited.
    fn trace(&self, now: Timestamp) {
        static UNAVAILABLE: LogLimit = LogLimit::new();
        static MALFORMED: LogLimit = LogLimit::new();
        match self {
            Self::Unauthenticated(why) | Self::SignInRequired { why, .. } => {
                tracing::info!(reason = %why.reason(), hint = hint_at(why), "request rejected: not authenticated");
            }
            Self::Unavailable { why, .. } => {
                if let Some(left_out) = UNAVAILABLE.admit(now) {
                    tracing::error!(
                        reason = %why.reason(),
                        hint = hint_at(why),
                        left_out,
                        "request rejected, because Clerk is unavailable: check CLERK_SECRET_KEY and the connection to \
                         CLERK_API_URL"
                    );
                }
            }
            Self::Forbidden { missing, .. } => {
                tracing::info!(reason = missing.code(), %missing, "request rejected: forbidden")
            }
            Self::Malformed { message } => {
                if let Some(left_out) = MALFORMED.admit(now) {
                    tracing::error!(left_out, "{}", hint(message));
                }
            }
            // Logged where it was found.
            Self::MiddlewareMissing => {}
        }
    }
}

impl Session {
    /// Returns an error unless the session passes the check, for checks that are known only at run time.
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`]: a 403 that names what is missing.
    ///
    /// ```
    /// use actix_web::{delete, web, Responder};
    /// use clerk_actix::{AuthError, Check, RequireAuth};
    ///
    /// #[delete("/posts/{author}/{id}")]
    /// async fn remove(user: RequireAuth, path: web::Path<(String, u32)>) -> Result<impl Responder, AuthError> {
    ///     if path.0 != user.user_id() {
    ///         user.require(&Check::new().permission("org:posts:moderate"))?;
    ///     }
    ///     Ok("removed")
    /// }
    /// ```
    pub fn require(&self, check: &Check) -> Result<(), AuthError> {
        self.answer(check).map_err(AuthError::forbidden)
    }
}

fn hint_at(why: &Unauthenticated) -> Option<String> {
    why.message().map(hint)
}

impl ResponseError for AuthError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Self::SignInRequired { .. } | Self::Forbidden { page: Some(_), .. } => StatusCode::FOUND,
            Self::Forbidden { page: None, .. } => StatusCode::FORBIDDEN,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::MiddlewareMissing => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.trace(Clock::System.now());
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::Unauthenticated(why) => response
                .insert_header((header::WWW_AUTHENTICATE, challenge(why.reason())))
                .json(error_body(why, "Authentication is required.")),
            Self::SignInRequired { redirect, .. } => match HeaderValue::from_str(&redirect.location()) {
                Ok(location) => response.insert_header((header::LOCATION, location)).finish(),
                // Unreachable, since URLs are visible ASCII; rejecting is the safe fallback.
                Err(_) => HttpResponse::new(StatusCode::UNAUTHORIZED),
            },
            Self::Forbidden { page: Some(page), .. } => response.insert_header((header::LOCATION, &**page)).finish(),
            Self::Forbidden { missing, page: None } => {
                if let Missing::Scope(scope) = missing {
                    // RFC 6750, section 3.1.
                    let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
                    response.insert_header((header::WWW_AUTHENTICATE, challenge));
                }
                response.json(forbidden_body(missing))
            }
            Self::Unavailable { why, retry_after } => response
                .insert_header((header::RETRY_AFTER, retry_after.as_secs().max(1)))
                .json(error_body(why, "Authentication is temporarily unavailable; try again later.")),
            Self::Malformed { message } => response.json(envelope("handshake-malformed", message)),
            Self::MiddlewareMissing => response.finish(),
        }
    }
}

/// RFC 6750, section 3: a request without a token gets no error code.
fn challenge(reason: &Reason) -> &'static str {
    match reason {
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
        | Reason::JwkKidMismatch
        | Reason::UnexpectedError => "Bearer error=\"invalid_token\"",
        _ => "Bearer",
    }
}

/// Clerk's error envelope. The code is the reason; the sentence reveals nothing more.
fn error_body(why: &Unauthenticated, message: &str) -> serde_json::Value {
    envelope(why.reason().as_str(), message)
}

/// Clerk's frontend components look for exactly this form, ask the user to verify their identity, and try again.
fn forbidden_body(missing: &Missing) -> serde_json::Value {
    match missing {
        Missing::Reverification(reverification) => json!({
            "clerk_error": {
                "type": "forbidden",
                "reason": "reverification-error",
                "metadata": { "reverification": reverification.to_json() },
            },
        }),
        missing => envelope(missing.code(), &missing.to_string()),
    }
}

impl ResponseError for TokenError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Rejected(why) => AuthError::refuse(why.clone(), None).status_code(),
            Self::Claims(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        match self {
            Self::Rejected(why) => AuthError::refuse(why.clone(), None).error_response(),
            Self::Claims(error) => error.error_response(),
        }
    }
}
