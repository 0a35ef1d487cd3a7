//! Pages of other origins that may call the Frontend API and load its files.

use actix_web::{
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
};

use crate::testing::loopback::loopback;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, OPTIONS");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const EXPOSED: HeaderValue = HeaderValue::from_static("Clerk-Db-Jwt");

/// Returns the `Origin` of a call to the Frontend API, if it is a page on this machine. Only these may call. The Backend
/// API, whose calls have a key, is for no page.
pub(in crate::testing) fn allow(req: &ServiceRequest) -> Option<HeaderValue> {
    let is_oauth = ["/oauth/", "/.well-known/"].iter().any(|prefix| req.path().starts_with(prefix));
    let is_path = ["/v1/", "/npm/"].iter().any(|prefix| req.path().starts_with(prefix));
    let is_frontend = is_oauth || is_path && !req.headers().contains_key(header::AUTHORIZATION);
    let origin = req.headers().get(header::ORIGIN).filter(|_| is_frontend)?;
    origin.to_str().ok().and_then(loopback).map(|_| origin.clone())
}

/// Lets the page read the answer, and the browser send its cookies.
pub(in crate::testing) fn set<B>(response: &mut ServiceResponse<B>, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}
