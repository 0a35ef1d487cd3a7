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
    if let Some(additions) = additions {
        add_headers(headers, additions);
        // A page that says it may be kept must not be kept with one visitor's session in it.
        let may_be_kept = headers.get(header::CACHE_CONTROL).is_some_and(|value| !is_private(value));
        if !additions.set_cookies.is_empty() && may_be_kept {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        }
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

pub(super) fn redirect_response(redirect: &Redirect) -> HttpResponse {
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
