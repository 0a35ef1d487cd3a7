//! The JWKS call: builds the request and parses the response.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{
    clock_skew::{ClockSkew, measuring},
    endpoint::endpoint,
    retry::{Failure, retrying},
    transport::{ApiRequest, ApiResponse, Budget, Transport, TransportError},
};
use crate::{
    config::{RetryPolicy, Settings},
    token::KeySet,
};

/// The reason why no keys were fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FetchFailure {
    pub(crate) kind: FailureKind,
    /// For operators, but it ends up in `x-clerk-auth-message`: it holds neither a secret nor this server's addresses.
    pub(crate) message: Arc<str>,
    /// The `Retry-After` of Clerk's response.
    pub(crate) retry_after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// No response, or one without keys. Temporary, even if it is a 404 or a 401: the response may come from something
    /// between this server and Clerk, or from a part of Clerk that does not know the instance yet.
    NoKeys,
    /// Clerk does not know the secret key.
    SecretKeyRejected,
}

/// `GET {api_url}/{api_version}/jwks` with the secret key.
pub(crate) fn request(settings: &Settings) -> ApiRequest<'_> {
    endpoint(settings, "jwks", &["jwks"])
}

/// Parses Clerk's response.
pub(crate) fn parse(answer: Result<ApiResponse, TransportError>) -> Result<KeySet, FetchFailure> {
    let failure = |kind, message: String, retry_after| FetchFailure { kind, message: message.into(), retry_after };
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            return Err(failure(FailureKind::NoKeys, format!("Error loading Clerk JWKS: {error}"), None));
        }
    };
    if response.is_success() {
        let none = "The JWKS endpoint did not contain any signing keys. Contact support@clerk.com.";
        return KeySet::parse(&response.body)
            .ok_or_else(|| failure(FailureKind::NoKeys, none.to_owned(), response.retry_after));
    }
    if let Some(message) = secret_key_rejected(&response.body) {
        return Err(failure(FailureKind::SecretKeyRejected, message, None));
    }
    let message = format!("Error loading Clerk JWKS with code={}", response.status);
    Err(failure(FailureKind::NoKeys, message, response.retry_after))
}

/// Returns Clerk's message if its error envelope has the code `clerk_key_invalid`.
pub(super) fn secret_key_rejected(body: &[u8]) -> Option<String> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    let mut errors = envelope.get("errors")?.as_array()?.iter();
    let error = errors.find(|error| error.get("code").and_then(Value::as_str) == Some("clerk_key_invalid"))?;
    Some(error.get("message").and_then(Value::as_str).unwrap_or("Invalid secret key").to_owned())
}

impl Failure for FetchFailure {
    fn may_pass(&self) -> bool {
        self.kind != FailureKind::SecretKeyRejected
    }

    fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

/// The same number as the reference. Without keys every request fails, so startup gets more attempts than other calls.
const ATTEMPTS: u32 = 5;

/// The keys, and what the same response shows about this machine's clock.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) keys: KeySet,
    pub(crate) clock_skew: Option<ClockSkew>,
    /// The text that has the keys.
    pub(crate) document: Vec<u8>,
}

/// Fetches the keys and retries temporary failures.
pub(crate) async fn fetch(settings: &Settings, transport: Transport) -> Result<Fetched, FetchFailure> {
    let attempt = |attempt| async move {
        let (answer, clock_skew) =
            measuring(&settings.clock, transport.send(Budget::Keys, request(settings).attempt(attempt))).await;
        let document = answer.as_ref().map(|response| response.body.clone()).unwrap_or_default();
        parse(answer).map(|keys| Fetched { keys, clock_skew, document })
    };
    let out_of_time = || FetchFailure {
        kind: FailureKind::NoKeys,
        message: "Error loading Clerk JWKS: no response in time".into(),
        retry_after: None,
    };
    retrying(transport, RetryPolicy { attempts: ATTEMPTS, ..settings.retry }, attempt, out_of_time).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::ClerkConfig;

    fn response(status: u16, body: &str) -> Result<ApiResponse, TransportError> {
        Ok(ApiResponse { status, is_json: true, body: body.as_bytes().to_vec(), ..ApiResponse::default() })
    }

    #[test]
    fn the_request_keeps_the_base_path_of_the_api() {
        for (api_url, version, expected) in [
            ("https://api.clerk.com", "v1", "https://api.clerk.com/v1/jwks"),
            ("https://api.clerk.com/", "/v1/", "https://api.clerk.com/v1/jwks"),
            ("http://127.0.0.1:9/base/", "v2", "http://127.0.0.1:9/base/v2/jwks"),
        ] {
            let config = ClerkConfig::builder()
                .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
                .secret_key("sk_live_1")
                .api_url(api_url)
                .api_version(version)
                .build()
                .unwrap();
            assert_eq!(request(config.settings()).url.as_str(), expected);
        }
    }

    #[test]
    fn answers_and_what_they_mean() {
        use FailureKind::*;
        let invalid =
            r#"{"errors":[{"code":"clerk_key_invalid","message":"The provided Clerk Secret Key is invalid."}]}"#;
        for (name, answer, kind, says) in [
            ("no connection", Err(TransportError::Connect), NoKeys, "could not connect"),
            ("a time-out", Err(TransportError::Timeout), NoKeys, "no response in time"),
            ("no keys", response(200, r#"{"keys":[]}"#), NoKeys, "did not contain any signing keys"),
            ("a page", response(200, "<html>"), NoKeys, "did not contain any signing keys"),
            ("a Clerk error", response(500, ""), NoKeys, "with code=500"),
            ("too many requests", response(429, "{}"), NoKeys, "with code=429"),
            ("a wrong address", response(404, "<html>"), NoKeys, "with code=404"),
            ("a redirect", response(302, ""), NoKeys, "with code=302"),
            ("a wrong key", response(401, invalid), SecretKeyRejected, "The provided Clerk Secret Key is invalid."),
            ("another error", response(401, r#"{"errors":[{"code":"x"}]}"#), NoKeys, "with code=401"),
            ("an invalid envelope", response(401, r#"{"errors":7}"#), NoKeys, "with code=401"),
        ] {
            let failure = parse(answer).unwrap_err();
            assert_eq!(failure.kind, kind, "{name}");
            assert_eq!(failure.may_pass(), kind != SecretKeyRejected, "{name}");
            assert!(failure.message.contains(says), "{name}: {}", failure.message);
        }
    }
}
