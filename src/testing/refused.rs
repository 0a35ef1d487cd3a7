//! A call that `LocalClerk` refuses, and Clerk's error envelope for it.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;

use super::secret::secret;

/// The content of Clerk's error envelope.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) trace_id: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, trace_id: secret("trace_") }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource_not_found", "not found")
    }

    pub(super) fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "A parameter is missing or invalid.")
    }

    pub(super) fn response(&self) -> HttpResponse {
        let error = json!({ "code": self.code, "message": self.message, "long_message": self.message, "meta": {} });
        HttpResponse::build(self.status).json(json!({ "errors": [error], "clerk_trace_id": self.trace_id }))
    }
}
