//! Parses Clerk's responses: the requested resource, or the error envelope. Pure.

use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::error::Category;

use super::{
    error::ClerkApiError,
    rejection::{Rejection, Unreadable},
};
use crate::api::{ErrorDetail, lenient_list};
use crate::backend::{ApiResponse, TransportError};

/// Returns the response if it is successful and its body is complete.
pub(super) fn complete(response: ApiResponse) -> Result<ApiResponse, ClerkApiError> {
    if !response.is_success() {
        return Err(refused(response));
    }
    match serde_json::from_slice::<IgnoredAny>(&response.body) {
        // awc takes the end of a connection for the end of a chunked body.
        Err(error) if error.is_eof() && !response.body.is_empty() => Err(TransportError::Body.into()),
        _ => Ok(response),
    }
}

/// Reads the body of a successful response.
pub(super) fn read<T: DeserializeOwned>(response: ApiResponse) -> Result<T, ClerkApiError> {
    let body = if response.body.is_empty() { &b"null"[..] } else { &response.body };
    serde_json::from_slice(body).map_err(|error| unreadable(&response, &error))
}

fn unreadable(response: &ApiResponse, error: &serde_json::Error) -> ClerkApiError {
    ClerkApiError::Unreadable(Unreadable::new(response.status, &problem(error), response.ray.clone()))
}

fn refused(response: ApiResponse) -> ClerkApiError {
    let envelope: Envelope = serde_json::from_slice(&response.body).unwrap_or_default();
    let trace_id = envelope.clerk_trace_id.as_ref().and_then(serde_json::Value::as_str).filter(|id| !id.is_empty());
    let trace_id = trace_id.map(str::to_owned).or(response.ray);
    ClerkApiError::of_response(Rejection::response(response.status, envelope.errors, trace_id, response.retry_after))
}

/// `{"errors":[…],"clerk_trace_id":"…"}`
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    #[serde(deserialize_with = "lenient_list")]
    errors: Vec<ErrorDetail>,
    clerk_trace_id: Option<serde_json::Value>,
}

/// Describes the problem without serde's own message, which quotes the input: that may be a token.
fn problem(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        Category::Data => "it does not have the expected form",
        Category::Eof | Category::Syntax | Category::Io => "it is not JSON",
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::api;

    fn response(status: u16, body: &str) -> ApiResponse {
        ApiResponse { status, body: body.as_bytes().to_vec(), ..ApiResponse::default() }
    }

    fn parse<T: DeserializeOwned>(response: ApiResponse) -> Result<T, ClerkApiError> {
        read(complete(response)?)
    }

    #[test]
    fn answers_that_can_be_read() {
        assert_eq!(parse::<api::User>(response(200, r#"{"id":"user_1"}"#)).unwrap().id, "user_1");
        assert_eq!(parse::<serde_json::Value>(response(201, "[1]")).unwrap(), serde_json::json!([1]));
        assert!(parse::<()>(response(204, "")).is_ok());
        assert_eq!(parse::<Option<u8>>(response(200, "")).unwrap(), None);
    }

    #[test]
    fn answers_that_cannot() {
        for (name, status, body, says) in [
            ("a page", 200, "<h1>It works!</h1>", "it is not JSON (line 1, column 1)"),
            ("another form", 200, r#"{"id":{"mt_secret":1}}"#, "expected form"),
            ("a text for an object", 200, "\"mt_secret\"", "expected form"),
            ("nothing at all", 204, "", "expected form"),
        ] {
            let error = parse::<api::User>(response(status, body)).unwrap_err();
            assert_eq!(error.status(), Some(status), "{name}");
            let text = format!("{error} {error:?}");
            assert!(text.contains(says) && !text.contains("mt_secret"), "{name}: {text}");
            assert!(!error.is_transient() && matches!(error, ClerkApiError::Unreadable(_)), "{name}");
        }
        let cut_short = parse::<api::User>(response(200, r#"{"id":"user"#)).unwrap_err();
        assert!(cut_short.is_transient() && cut_short.to_string().contains("cut off"), "{cut_short}");
    }

    #[test]
    fn errors_in_all_their_forms() {
        let envelope = r#"{"errors":[{"code":"resource_not_found","message":"not found","long_message":"No user was found.",
            "meta":{"param_name":"user_id"}},{"code":"second"}],"clerk_trace_id":"trace_1"}"#;
        for (name, status, body, ray, code, trace_id, is_not_found, is_transient) in [
            ("an envelope", 404, envelope, None, Some("resource_not_found"), Some("trace_1"), true, false),
            (
                "its own id before Cloudflare's",
                404,
                envelope,
                Some("ray"),
                Some("resource_not_found"),
                Some("trace_1"),
                true,
                false,
            ),
            (
                "Cloudflare's alone",
                500,
                r#"{"errors":[{"code":"x"}]}"#,
                Some("ray"),
                Some("x"),
                Some("ray"),
                false,
                true,
            ),
            ("no errors", 404, r#"{"errors":[]}"#, None, None, None, false, false),
            ("a page", 404, "<html>", None, None, None, false, false),
            ("an invalid envelope", 422, r#"{"errors":7,"clerk_trace_id":7}"#, None, None, None, false, false),
            ("errors, one of them invalid", 422, r#"{"errors":[7,{"code":"x"}]}"#, None, Some("x"), None, false, false),
            ("an error without a code", 404, r#"{"errors":[{"message":"?"}]}"#, None, None, None, false, false),
            ("too many requests", 429, "", None, None, None, false, true),
            ("a redirect", 302, "", None, None, None, false, false),
        ] {
            let answer = ApiResponse { ray: ray.map(str::to_owned), ..response(status, body) };
            let error = parse::<api::User>(answer).unwrap_err();
            assert_eq!((error.status(), error.code(), error.trace_id()), (Some(status), code, trace_id), "{name}");
            let found = (matches!(error, ClerkApiError::NotFound(_)), error.is_transient());
            assert_eq!(found, (is_not_found, is_transient), "{name}");
            let of_verification = matches!(error.of_verification(), ClerkApiError::InvalidToken(_));
            assert_eq!(of_verification, is_not_found, "{name}");
        }
        let error = parse::<()>(response(404, envelope)).unwrap_err();
        let said = "Clerk responded with status 404: not found (resource_not_found), trace id trace_1";
        assert_eq!(error.to_string(), said);
        assert_eq!(error.errors()[0].long_message.as_deref(), Some("No user was found."));
        assert_eq!(error.errors()[0].meta["param_name"], "user_id");
        let limited = ApiResponse { retry_after: Some(Duration::from_secs(7)), ..response(429, "{}") };
        assert_eq!(parse::<()>(limited).unwrap_err().retry_after(), Some(Duration::from_secs(7)));
        let forged = parse::<()>(response(400, r#"{"errors":[{"code":"a\nb","message":"c\r\nd"}]}"#)).unwrap_err();
        assert!(!forged.to_string().contains('\n'), "a message writes no log lines");
    }
}
