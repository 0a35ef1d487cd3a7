//! What the responses get: the cookies that Clerk sets, and what `x-clerk-auth-*` says of a request without a caller.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
};

use crate::{
    reason::Reason,
    request::{Additions, AuthStatus, Redirect, SignedOut},
};

/// What the response of a handler, or of an error, gets besides.
pub(super) fn finish(headers: &mut HeaderMap, additions: Option<&Additions>, signed_out: Option<&SignedOut>) {
    if let Some(additions) = additions.filter(|additions| !additions.set_cookies.is_empty()) {
        add_cookies(headers, additions);
        forbid_storing(headers);
    }
    // A wrap of another instance further in may have had its say.
    if let Some(why) = signed_out.filter(|_| !headers.contains_key(AUTH_STATUS)) {
        add_debug_headers(headers, AuthStatus::SignedOut, why);
    }
}

/// Keeps a response that sets one visitor's session out of every cache. A cache that keeps a static file or a public page
/// would otherwise hand the session to the next visitor. Whatever the response says to caches is overruled, by removing it:
/// a CDN prefers the fields that are meant for it to `Cache-Control` (RFC 9213), and several caches take a validator or an
/// expiry date for permission.
fn forbid_storing(headers: &mut HeaderMap) {
    headers.retain(|name, _| !speaks_to_caches(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}

/// Whether a field tells a cache to keep a response, or how long, or lets it keep one by default.
fn speaks_to_caches(name: &HeaderName) -> bool {
    const OTHERS: [&str; 8] =
        ["age", "edge-control", "etag", "expires", "last-modified", "pragma", "surrogate-control", "x-accel-expires"];
    // RFC 9213 has each cache name its own field so: `CDN-Cache-Control`, `Cloudflare-CDN-Cache-Control`, and so on.
    name.as_str().ends_with("cache-control") || OTHERS.contains(&name.as_str())
}

pub(super) fn redirect_response(redirect: &Redirect) -> HttpResponse {
    let mut response = HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, redirect.location.as_str()))
        // Browsers keep a 307 of an inactive tab otherwise, and loop.
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish();
    add_cookies(response.headers_mut(), &redirect.additions);
    if let Some((status, why)) = &redirect.says {
        add_debug_headers(response.headers_mut(), *status, why);
    }
    response
}

fn add_cookies(headers: &mut HeaderMap, additions: &Additions) {
    for value in additions.set_cookies.iter().filter_map(|set_cookie| latin_1(set_cookie.as_str())) {
        headers.append(header::SET_COOKIE, value);
    }
}

const AUTH_STATUS: HeaderName = HeaderName::from_static("x-clerk-auth-status");
const AUTH_REASON: HeaderName = HeaderName::from_static("x-clerk-auth-reason");
const AUTH_MESSAGE: HeaderName = HeaderName::from_static("x-clerk-auth-message");

/// Past this, a message is mostly what the caller wrote into the token; proxies drop responses whose
/// headers are too large.
const MAX_MESSAGE: usize = 2048;

fn add_debug_headers(headers: &mut HeaderMap, status: AuthStatus, why: &SignedOut) {
    headers.insert(AUTH_STATUS, status_value(status));
    if let Some(reason) = reason_value(&why.reason) {
        headers.insert(AUTH_REASON, reason);
    }
    let message = Some(why.message()).filter(|message| !message.is_empty() && message.len() <= MAX_MESSAGE);
    if let Some(message) = message.and_then(latin_1) {
        headers.insert(AUTH_MESSAGE, message);
    }
}

fn status_value(status: AuthStatus) -> HeaderValue {
    match status {
        AuthStatus::SignedOut => const { HeaderValue::from_static(AuthStatus::SignedOut.as_str()) },
        AuthStatus::Handshake => const { HeaderValue::from_static(AuthStatus::Handshake.as_str()) },
    }
}

fn reason_value(reason: &Reason) -> Option<HeaderValue> {
    // What every stranger is told, made beforehand.
    const NOBODY: HeaderValue = HeaderValue::from_static(Reason::SESSION_TOKEN_AND_UAT_MISSING);
    match (reason, reason.as_static()) {
        (Reason::SessionTokenAndUatMissing, _) => Some(NOBODY),
        (_, Some(code)) => Some(HeaderValue::from_static(code)),
        (_, None) => latin_1(reason.as_str()),
    }
}

/// Text as a header value, in Latin-1 as Node writes it; none where no header can hold it, because of a line break for
/// instance.
fn latin_1(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}
