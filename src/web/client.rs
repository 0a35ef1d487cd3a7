//! `ClerkClient` and `ClerkConfig` as extractors, and the client's errors as responses.

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, ResponseError,
    body::BoxBody,
    dev::Payload,
    http::{StatusCode, header},
    web::Data,
};

use super::{envelope::envelope, error::AuthError, state::with_state};
use crate::{
    api::deserialize_error::DeserializeError,
    client::{ClerkApiError, ClerkClient},
    clock::Clock,
    instance::ClerkConfig,
    observe::LogLimit,
    revocations::StoreError,
};

impl FromRequest for ClerkClient {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of_request(req).ok_or_else(|| AuthError::middleware_missing(req)))
    }
}

/// Extracts the configuration of the Clerk instance that authenticated the request; without the middleware, the
/// application's `web::Data<ClerkConfig>`. With several instances in one process
/// ([`ClerkMiddleware::per_request`](crate::ClerkMiddleware::per_request)), a page gets its own tenant's publishable key.
impl FromRequest for ClerkConfig {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(config_of(req).ok_or_else(|| AuthError::middleware_missing(req)))
    }
}

/// Prefers the middleware's configuration: with several instances in one process, it is the caller's.
fn config_of(req: &HttpRequest) -> Option<ClerkConfig> {
    let of_middleware = with_state(req, |state| state.config().clone());
    of_middleware.or_else(|| req.app_data::<Data<ClerkConfig>>().map(|config| config.get_ref().clone()))
}

fn of_request(req: &HttpRequest) -> Option<ClerkClient> {
    if let Some(client) = with_state(req, |state| ClerkClient::new(state.config().clone())) {
        return Some(client);
    }
    if let Some(client) = req.app_data::<Data<ClerkClient>>() {
        return Some(client.get_ref().clone());
    }
    config_of(req).map(ClerkClient::new)
}

/// Logs Clerk's response. Tells the client only whether a retry may help.
impl ResponseError for ClerkApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            Self::NotShared(_) => StatusCode::SERVICE_UNAVAILABLE,
            error if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            Self::MissingKey { .. } | Self::NoClerk | Self::InvalidLimit { .. } | Self::InvalidBody => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            _ => StatusCode::BAD_GATEWAY,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let status = self.status_code();
        let (code, message) = match status {
            StatusCode::NOT_FOUND => ("not-found", "Not found."),
            StatusCode::UNAUTHORIZED => ("token-invalid", "The token is not valid."),
            StatusCode::SERVICE_UNAVAILABLE => ("clerk-unavailable", "Temporarily unavailable; try again later."),
            _ => ("clerk-error", "Something went wrong."),
        };
        match status {
            StatusCode::NOT_FOUND => tracing::info!(error = %self, "a resource was not found in Clerk"),
            StatusCode::UNAUTHORIZED => tracing::info!(error = %self, "a token or API key was not valid"),
            // Rate-limited: during an outage every request to such a handler fails.
            _ => {
                static FAILED: LogLimit = LogLimit::new();
                if let Some(left_out) = FAILED.admit(Clock::System.now()) {
                    tracing::error!(error = %self, left_out, "a call to Clerk's API failed");
                }
            }
        }
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if status == StatusCode::UNAUTHORIZED {
            // RFC 6750, section 3.1.
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let retry_after = self.retry_after().unwrap_or(Duration::from_secs(1));
            response.insert_header((header::RETRY_AFTER, retry_after.as_secs().max(1)));
        }
        response.json(envelope(code, message))
    }
}

/// Logs the error. Tells the client that a retry may help: a webhook is then delivered again.
impl ResponseError for StoreError {
    fn status_code(&self) -> StatusCode {
        StatusCode::SERVICE_UNAVAILABLE
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        static FAILED: LogLimit = LogLimit::new();
        if let Some(left_out) = FAILED.admit(Clock::System.now()) {
            tracing::error!(error = %self, left_out, "a request failed because of the store that servers share");
        }
        HttpResponse::ServiceUnavailable()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::RETRY_AFTER, 1))
            .json(envelope("store-unavailable", "Temporarily unavailable; try again later."))
    }
}

/// Logs the mismatch. Tells the client nothing.
impl ResponseError for DeserializeError {
    fn error_response(&self) -> HttpResponse<BoxBody> {
        tracing::error!(problem = self.problem(), "a handler failed: {self}");
        let mut response = HttpResponse::InternalServerError();
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.json(envelope("internal-error", "Something went wrong."))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::{Rejection, Unreachable, Unreadable};

    #[test]
    fn errors_as_responses() {
        let refused = |status, code: &str, retry_after: Option<u64>| {
            let detail = serde_json::from_value(json!({ "code": code, "message": "internal detail" }));
            let errors = if code.is_empty() { Vec::new() } else { vec![detail.unwrap()] };
            let retry_after = retry_after.map(Duration::from_secs);
            ClerkApiError::of_response(Rejection::response(status, errors, None, retry_after))
        };
        let unreadable = ClerkApiError::Unreadable(Unreadable::new(200, "internal", None));
        for (name, error, status, retry_after) in [
            ("no such thing", refused(404, "resource_not_found", None), 404, None),
            ("a wrong address", refused(404, "", None), 502, None),
            ("an invalid id", ClerkApiError::invalid_segment(1), 404, None),
            ("a wrong key", refused(401, "clerk_key_invalid", None), 502, None),
            ("a call that Clerk finds fault with", refused(422, "form_param_invalid", None), 502, None),
            ("too many requests", refused(429, "rate_limited", Some(30)), 503, Some("30")),
            ("a Clerk error", refused(500, "", None), 503, Some("1")),
            ("no answer in time", ClerkApiError::Timeout, 503, Some("1")),
            ("no connection", ClerkApiError::Unreachable(Unreachable::signing_keys("internal")), 503, Some("1")),
            ("no JSON", unreadable, 502, None),
            ("too large", ClerkApiError::ResponseTooLarge, 502, None),
            ("a limit", ClerkApiError::InvalidLimit { limit: "internal".to_owned(), max: 500 }, 500, None),
            ("no key", ClerkApiError::MissingKey { setting: "secret_key" }, 500, None),
            ("no Clerk", ClerkApiError::NoClerk, 500, None),
            ("no token", ClerkApiError::InvalidToken(Rejection::token("internal")), 401, None),
        ] {
            let response = error.error_response();
            assert_eq!(response.status().as_u16(), status, "{name}");
            let found = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(found, retry_after, "{name}");
            let body = actix_web::body::to_bytes(response.into_body());
            let body = futures_util::FutureExt::now_or_never(body).unwrap().unwrap();
            let body = String::from_utf8(body.to_vec()).unwrap();
            assert!(body.starts_with(r#"{"errors":[{"code":""#), "{name}: {body}");
            for inside in ["internal", "clerk_key_invalid", "secret_key"] {
                assert!(!body.contains(inside), "{name}: {body}");
            }
        }
    }
    /// Neither `?` in a handler nor an error that the handler makes from it sends any of the data.
    #[test]
    fn data_that_does_not_fit_is_not_sent() {
        let metadata: crate::api::Metadata = serde_json::from_value(json!({ "customer": "cus_secret" })).unwrap();
        let error = metadata.parse::<std::collections::HashMap<String, u64>>().unwrap_err();
        let made = actix_web::error::ErrorBadRequest(error.clone());
        for (name, response, status) in
            [("?", error.error_response(), 500), ("an error that is made of it", made.error_response(), 400)]
        {
            assert_eq!(response.status().as_u16(), status, "{name}");
            let body = futures_util::FutureExt::now_or_never(actix_web::body::to_bytes(response.into_body()));
            let body = String::from_utf8(body.unwrap().unwrap().to_vec()).unwrap();
            assert!(!body.contains("secret") && !body.contains("u64") && !body.contains("HashMap"), "{name}: {body}");
        }
    }
}
