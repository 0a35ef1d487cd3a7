//! The headers that the middleware adds to responses: `Set-Cookie` with Clerk's cookies, and `x-clerk-auth-*`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    clock::Timestamp,
    config::Settings,
    observe::{LogLimit, hint},
    request::{Additions, AuthStatus, Denial, Redirect},
    web::{
        auth_headers::{self, Removed, latin_1},
        development_page,
        envelope::envelope,
    },
};

/// Adds the middleware's headers to the response of a handler or an error.
pub(super) fn finish(
    headers: &mut HeaderMap,
    additions: Option<&Additions>,
    signed_out: Option<&Denial>,
    removed: Removed,
) {
    if let Some(additions) = additions.filter(|additions| !additions.set_cookies.is_empty()) {
        add_cookies(headers, additions);
        forbid_storing(headers);
    }
    if let Some(why) = signed_out {
        auth_headers::add(headers, AuthStatus::SignedOut, why, removed);
    }
}

/// Keeps a response that sets one visitor's session out of every cache: a cache that stores static files or public
/// pages would otherwise give the session to the next visitor. All other caching headers are removed: a CDN prefers
/// its own fields to `Cache-Control` (RFC 9213), and several caches take a validator or an expiry date as permission
/// to store.
fn forbid_storing(headers: &mut HeaderMap) {
    headers.retain(|name, _| !speaks_to_caches(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}

/// Returns whether a header tells caches to store a response, or for how long, or lets them store it by default.
fn speaks_to_caches(name: &HeaderName) -> bool {
    const OTHERS: [&str; 8] =
        ["age", "edge-control", "etag", "expires", "last-modified", "pragma", "surrogate-control", "x-accel-expires"];
    // By RFC 9213 each cache can have its own field: `CDN-Cache-Control`, `Cloudflare-CDN-Cache-Control`, and so on.
    name.as_str().ends_with("cache-control") || OTHERS.contains(&name.as_str())
}

pub(super) fn redirect_response(redirect: &Redirect) -> HttpResponse {
    let mut response = HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, redirect.location.as_str()))
        // Otherwise browsers cache the 307 in an inactive tab, and loop.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish();
    add_cookies(response.headers_mut(), &redirect.additions);
    if let Some((status, why)) = &redirect.says {
        auth_headers::add(response.headers_mut(), *status, why, Removed::default());
    }
    response
}

/// The response, in development, to a handshake that does not belong to this instance. The message says what to do. It
/// is for the developer in front of the browser, and may quote the handshake's token.
pub(super) fn malformed_handshake(
    req: &HttpRequest,
    settings: &Settings,
    message: &str,
    now: Timestamp,
) -> HttpResponse {
    static MALFORMED: LogLimit = LogLimit::new();
    if let Some(left_out) = MALFORMED.admit(now) {
        tracing::error!(path = hint(req.path()), left_out, "{}", hint(message));
    }
    let mut response = HttpResponse::BadRequest();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    match development_page::of_malformed_handshake(req, settings, message) {
        Some(page) => {
            development_page::headers().into_iter().fold(&mut response, |all, one| all.insert_header(one)).body(page)
        }
        None => response.json(envelope("handshake-malformed", message)),
    }
}

/// Puts Clerk's cookies before the handler's: of two cookies with one name a browser keeps the later, so a handler
/// that signs its visitor out has the last word. Cookies that an inner middleware of the same instance has added stay.
fn add_cookies(headers: &mut HeaderMap, additions: &Additions) {
    let of_the_handler: Vec<HeaderValue> = headers.remove(header::SET_COOKIE).collect();
    let of_clerk = additions.set_cookies.iter().filter_map(|set_cookie| latin_1(set_cookie.as_str()));
    let of_clerk: Vec<_> = of_clerk.filter(|value| !of_the_handler.contains(value)).collect();
    for value in of_clerk.into_iter().chain(of_the_handler) {
        headers.append(header::SET_COOKIE, value);
    }
}
