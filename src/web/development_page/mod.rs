//! The page that explains a rejection to a developer in front of a browser. Development instances only.
//!
//! It shows what the request brings and what this server expects: names of cookies and claims of tokens, never a
//! signature or the value of a cookie. Clients choose much of that, so everything is escaped, and the page may not run
//! scripts.

mod html;

use actix_web::{
    HttpRequest, ResponseError,
    body::{BodySize, BoxBody, EitherBody, MessageBody},
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};

use self::html::Page;
use super::{error::AuthError, facts::ActixFacts, rejected::details, state::with_state};
use crate::{
    auth::Unauthenticated,
    config::Settings,
    instance::ClerkConfig,
    request::{Inspection, is_page_navigation, public_url, redacted, return_address},
};

/// Replaces the default response to a rejection, if a developer can be expected in front of the browser. A redirect
/// stays, unless it would lead to where the browser has just come from.
pub(super) fn explain<B: MessageBody + 'static>(
    response: ServiceResponse<EitherBody<B>>,
    error: &AuthError,
) -> ServiceResponse<EitherBody<B>> {
    let Some(status) = status(error).filter(|_| is_the_default(&response, error)) else { return response };
    let req = response.request();
    let page = with_state(req, |state| {
        let settings = state.config().settings();
        let is_explained = settings.explains_rejections && is_page_navigation(&ActixFacts(req));
        is_explained.then(|| of_rejection(req, state.config(), error, status))
    });
    let Some(page) = page.flatten() else { return response };
    let mut response = response.map_body(|_, _| EitherBody::right(BoxBody::new(page)));
    *response.response_mut().status_mut() = status;
    let headers = response.headers_mut();
    for name in
        [header::LOCATION, header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::TRANSFER_ENCODING, header::ETAG]
    {
        headers.remove(name);
    }
    if status == StatusCode::UNAUTHORIZED && !headers.contains_key(header::WWW_AUTHENTICATE) {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    for (name, value) in self::headers() {
        headers.insert(name, value);
    }
    response
}

/// Returns whether the response is still the one that the rejection makes. Middleware may have compressed it; if it, or an
/// error of the application's own, has changed it, the application wants its own response.
fn is_the_default<B: MessageBody>(response: &ServiceResponse<B>, error: &AuthError) -> bool {
    let (headers, size) = (response.headers(), response.response().body().size());
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|content_type| content_type == "application/json");
    let is_body = match error.location() {
        Some(_) => matches!(size, BodySize::None | BodySize::Sized(0)),
        None => is_json && (size == error.default_body_size() || headers.contains_key(header::CONTENT_ENCODING)),
    };
    response.status() == error.status_code() && is_body
}

/// Returns the status of the page; `None` if the response is not replaced.
fn status(error: &AuthError) -> Option<StatusCode> {
    match error {
        AuthError::Unauthenticated(_) => Some(StatusCode::UNAUTHORIZED),
        AuthError::SignInRequired { why, .. } => why.redirect_loop().map(|_| StatusCode::UNAUTHORIZED),
        AuthError::Forbidden { page: None, .. } => Some(StatusCode::FORBIDDEN),
        AuthError::Unavailable { .. } => Some(StatusCode::SERVICE_UNAVAILABLE),
        AuthError::Forbidden { page: Some(_), .. } | AuthError::MiddlewareMissing => None,
    }
}

/// Returns the headers of the page.
pub(super) fn headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ]
}

fn of_rejection(req: &HttpRequest, config: &ClerkConfig, error: &AuthError, status: StatusCode) -> String {
    let settings = config.settings();
    let redirect_loop = error.unauthenticated().and_then(Unauthenticated::redirect_loop);
    Page {
        status,
        code: redirect_loop.map_or(error.code(), |cause| cause.code()),
        cause: match redirect_loop {
            Some(cause) => format!("Redirecting the browser to Clerk again would not help: {cause}."),
            None => error.cause().to_owned(),
        },
        details: match error {
            AuthError::Forbidden { missing, .. } => vec![missing.to_string()],
            _ => details(config, error),
        },
        // The cause of a loop says what to do as well.
        fix: if redirect_loop.is_none() { error.fix() } else { "" },
        sign_in: error.location(),
        req,
        settings,
        address: redacted(return_address(public_url(&ActixFacts(req), settings)).as_str()).into_owned(),
        inspection: Inspection::of(&ActixFacts(req), settings),
    }
    .to_string()
}

/// Returns the page for a handshake that does not belong to this instance; `None` if no page is to be shown.
pub(super) fn of_malformed_handshake(req: &HttpRequest, settings: &Settings, message: &str) -> Option<String> {
    let facts = ActixFacts(req);
    let page = Page {
        status: StatusCode::BAD_REQUEST,
        code: "handshake-malformed",
        cause: "The browser has returned from Clerk with a response that this server cannot verify.".to_owned(),
        details: vec![message.to_owned()],
        fix: "Copy CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY from the same page of the Clerk Dashboard, delete this \
              site's cookies, and open the page without its query.",
        sign_in: None,
        req,
        settings,
        address: redacted(return_address(public_url(&facts, settings)).as_str()).into_owned(),
        inspection: Inspection::of(&facts, settings),
    };
    (settings.explains_rejections && is_page_navigation(&facts)).then(|| page.to_string())
}
