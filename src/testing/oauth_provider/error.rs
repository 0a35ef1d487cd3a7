//! Errors as OAuth has them (RFC 6749, section 5.2).

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct OAuthError {
    status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

impl OAuthError {
    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    /// Clerk answers these with 401, all of them.
    pub(super) fn unauthorized(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, error, description }
    }

    pub(super) fn response(&self) -> HttpResponse {
        no_store(self.status, json!({ "error": self.error, "error_description": self.description }))
    }
}

/// Answers with JSON that nobody may store.
pub(super) fn no_store(status: StatusCode, body: Value) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(body)
}
