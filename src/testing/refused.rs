//! A call that `LocalClerk` refuses, and Clerk's error envelope for it.

use std::borrow::Cow;

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;

use super::secret::secret;

/// The content of Clerk's error envelope.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
    /// The parameter that the error is about, which Clerk's components mark.
    pub(super) parameter: Option<&'static str>,
    pub(super) trace_id: String,
}

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), parameter: None, trace_id: secret("trace_") }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource_not_found", "not found")
    }

    pub(super) fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "A parameter is missing or invalid.")
    }

    /// A parameter of a form that the user can correct.
    pub(super) fn form(parameter: &'static str, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { parameter: Some(parameter), ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message) }
    }

    pub(super) fn response(&self) -> HttpResponse {
        let meta = self.parameter.map_or(json!({}), |parameter| json!({ "param_name": parameter }));
        let error = json!({ "code": self.code, "message": self.message, "long_message": self.message, "meta": meta });
        HttpResponse::build(self.status).json(json!({ "errors": [error], "clerk_trace_id": self.trace_id }))
    }
}
