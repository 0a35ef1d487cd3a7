//! The metadata of the OAuth authorization server, which is the instance's Frontend API (RFC 8414): builds the call, and
//! checks the response.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use url::{Host, Url};

use super::{
    endpoint::page,
    retry::{Failure, retrying},
    transport::{ApiRequest, ApiResponse, Budget, JSON, Report, Transport, TransportError},
};
use crate::config::Settings;

/// Clerk's metadata takes two kilobytes.
const MAX_METADATA: usize = 128 << 10;

/// The reason why there is no metadata, for the log. It has nothing of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthorizationServerError {
    #[error("the configuration has no publishable key, so the authorization server is not known")]
    NotKnown,
    #[error("the authorization server could not be reached: {0}")]
    Call(TransportError),
    #[error("the authorization server responded with status {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("the authorization server's metadata is not JSON")]
    NotJson,
    #[error("the authorization server's metadata names another issuer")]
    OtherIssuer,
    #[error("the authorization server's metadata has no usable `{0}`")]
    Endpoint(&'static str),
}

/// Why there is no metadata, and when to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMetadata {
    pub(crate) error: AuthorizationServerError,
    pub(crate) retry_after: Duration,
}

impl AuthorizationServerError {
    /// Returns whether the response itself was wrong, and not only missing.
    pub(crate) fn is_about_the_response(self) -> bool {
        !matches!(self, Self::NotKnown) && !self.may_pass()
    }
}

impl Failure for AuthorizationServerError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Call(TransportError::TooLarge | TransportError::Encoded) => false,
            Self::Call(_) => true,
            Self::Status { status, .. } => matches!(status, 429 | 500..),
            _ => false,
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// `GET {issuer}/.well-known/oauth-authorization-server`, without a key. Nothing of a request is in it.
fn request(settings: &Settings, issuer: &str) -> Option<ApiRequest<'static>> {
    let url = Url::parse(&format!("{issuer}/.well-known/oauth-authorization-server")).ok()?;
    let page = page(settings, url);
    let report = Report { endpoint: "authorization_server", ..page.report };
    Some(ApiRequest { accept: JSON, max_body: MAX_METADATA, report, ..page })
}

/// Returns the document, written anew: of a member that the response has twice, one is left.
fn parse(answer: Result<ApiResponse, TransportError>, issuer: &str) -> Result<Arc<str>, AuthorizationServerError> {
    use AuthorizationServerError::*;
    let ApiResponse { status, retry_after, is_json, body, .. } = answer.map_err(Call)?;
    if status != 200 {
        return Err(Status { status, retry_after });
    }
    if !is_json {
        return Err(NotJson);
    }
    // A connection that ends early does not always look so to the transport.
    let unreadable = |error: serde_json::Error| if error.is_eof() { Call(TransportError::Body) } else { NotJson };
    let metadata: Map<String, Value> = serde_json::from_slice(&body).map_err(unreadable)?;
    // RFC 8414, section 3.3. As text: `https://clerk.example.com/` is another issuer.
    if metadata.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(OtherIssuer);
    }
    for name in ["authorization_endpoint", "token_endpoint"] {
        if !metadata.get(name).and_then(Value::as_str).is_some_and(is_endpoint) {
            return Err(Endpoint(name));
        }
    }
    for name in ["registration_endpoint", "revocation_endpoint", "jwks_uri"] {
        if !metadata.get(name).is_none_or(|url| url.as_str().is_some_and(is_endpoint)) {
            return Err(Endpoint(name));
        }
    }
    Ok(Value::Object(metadata).to_string().into())
}

/// Returns whether the URL is one that a client may open in a browser and send a code to: `https`, or on this machine.
fn is_endpoint(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && is_loopback
}

/// Fetches the metadata, and retries temporary failures.
pub(crate) async fn fetch(settings: &Settings, transport: Transport) -> Result<Arc<str>, AuthorizationServerError> {
    let issuer = &settings.authorization_server().ok_or(AuthorizationServerError::NotKnown)?;
    let attempt = |attempt| async move {
        let request = request(settings, issuer).ok_or(AuthorizationServerError::NotKnown)?;
        parse(transport.send(Budget::Browsers, request.attempt(attempt)).await, issuer)
    };
    let out_of_time = || AuthorizationServerError::Call(TransportError::Timeout);
    retrying(transport, settings.retry, attempt, out_of_time).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::instance::ClerkConfig;

    const ISSUER: &str = "https://clerk.example.com";

    fn metadata() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://clerk.example.com/oauth/authorize",
            "token_endpoint": "https://clerk.example.com/oauth/token",
            "scopes_supported": ["profile"],
        })
    }

    fn with(name: &str, value: Value) -> String {
        let mut metadata = metadata();
        metadata[name] = value;
        metadata.to_string()
    }

    fn without(name: &str) -> String {
        let mut metadata = metadata();
        metadata.as_object_mut().unwrap().remove(name);
        metadata.to_string()
    }

    fn json(body: impl Into<Vec<u8>>) -> Result<ApiResponse, TransportError> {
        Ok(ApiResponse { status: 200, is_json: true, body: body.into(), ..ApiResponse::default() })
    }

    fn status(status: u16) -> Result<ApiResponse, TransportError> {
        json(metadata().to_string()).map(|response| ApiResponse { status, ..response })
    }

    #[test]
    fn the_call_goes_to_the_issuer_without_a_key() {
        let config = |domain: &str| {
            let builder =
                ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
            let builder = builder.proxy_url("https://app.example.com/__clerk").public_origin("https://app.example.com");
            match domain {
                "" => builder,
                domain => builder.is_satellite(true).domain(domain).sign_in_url("https://example.com/sign-in"),
            }
            .build()
            .unwrap()
        };
        for (domain, issuer) in [("", ISSUER), ("satellite.example", "https://clerk.satellite.example")] {
            let config = config(domain);
            let settings = config.settings();
            assert_eq!(settings.authorization_server().as_deref(), Some(issuer));
            let request = request(settings, issuer).unwrap();
            assert_eq!(request.url.as_str(), format!("{issuer}/.well-known/oauth-authorization-server"));
            assert!(request.authorization.is_none() && request.body.is_none());
        }
    }

    #[test]
    fn responses_that_are_not_passed_on() {
        use AuthorizationServerError::*;
        let retried = |status| Status { status, retry_after: None };
        for (name, answer, expected) in [
            ("no connection", Err(TransportError::Connect), Call(TransportError::Connect)),
            ("a hanging server", Err(TransportError::Timeout), Call(TransportError::Timeout)),
            ("a huge response", Err(TransportError::TooLarge), Call(TransportError::TooLarge)),
            ("a compressed response", Err(TransportError::Encoded), Call(TransportError::Encoded)),
            ("a redirect", status(302), retried(302)),
            ("a permanent redirect", status(308), retried(308)),
            ("another success", status(203), retried(203)),
            ("not found", status(404), retried(404)),
            ("too many requests", status(429), retried(429)),
            ("a failure", status(500), retried(500)),
            (
                "a page",
                json(metadata().to_string()).map(|response| ApiResponse { is_json: false, ..response }),
                NotJson,
            ),
            ("garbage", json("<html>"), NotJson),
            ("nothing", json(""), Call(TransportError::Body)),
            ("no object", json("[]"), NotJson),
            ("text in another encoding", json(*b"\xff\xfe{"), NotJson),
            ("cut off", json(r#"{"issuer":"https://clerk.example.com""#), Call(TransportError::Body)),
            ("two documents", json(format!("{0}{0}", metadata())), NotJson),
            ("deeply nested", json(with("a", json!(0)).replace(":0", &format!(":{}", "[".repeat(4000)))), NotJson),
            ("no issuer", json(without("issuer")), OtherIssuer),
            ("another issuer", json(with("issuer", json!("https://clerk.evil.example"))), OtherIssuer),
            ("a longer issuer", json(with("issuer", json!("https://clerk.example.com.evil.example"))), OtherIssuer),
            ("an issuer with a slash", json(with("issuer", json!("https://clerk.example.com/"))), OtherIssuer),
            ("an issuer in upper case", json(with("issuer", json!("https://CLERK.example.com"))), OtherIssuer),
            ("an issuer in plain text", json(with("issuer", json!("http://clerk.example.com"))), OtherIssuer),
            ("a list of issuers", json(with("issuer", json!([ISSUER]))), OtherIssuer),
            (
                "a second issuer",
                json(metadata().to_string().replacen('{', r#"{"issuer":"https://clerk.example.com","#, 1).replace(
                    r#"","scopes_supported""#,
                    r#"","issuer":"https://clerk.evil.example","scopes_supported""#,
                )),
                OtherIssuer,
            ),
            ("no place to go", json(without("authorization_endpoint")), Endpoint("authorization_endpoint")),
            (
                "a script",
                json(with("authorization_endpoint", json!("javascript:alert(1)"))),
                Endpoint("authorization_endpoint"),
            ),
            (
                "a place in plain text",
                json(with("token_endpoint", json!("http://clerk.example.com/oauth/token"))),
                Endpoint("token_endpoint"),
            ),
            ("a relative place", json(with("token_endpoint", json!("/oauth/token"))), Endpoint("token_endpoint")),
            ("a file", json(with("jwks_uri", json!("file:///etc/passwd"))), Endpoint("jwks_uri")),
            ("no URL", json(with("registration_endpoint", json!(7))), Endpoint("registration_endpoint")),
        ] {
            assert_eq!(parse(answer, ISSUER).unwrap_err(), expected, "{name}");
        }
    }

    #[test]
    fn failures_that_may_pass_and_those_of_the_response() {
        use AuthorizationServerError::*;
        let status = |status| Status { status, retry_after: Some(Duration::from_secs(7)) };
        for (error, may_pass, is_about_the_response) in [
            (NotKnown, false, false),
            (Call(TransportError::Connect), true, false),
            (Call(TransportError::Timeout), true, false),
            (Call(TransportError::TooLarge), false, true),
            (Call(TransportError::Encoded), false, true),
            (status(429), true, false),
            (status(503), true, false),
            (status(302), false, true),
            (status(404), false, true),
            (NotJson, false, true),
            (OtherIssuer, false, true),
            (Endpoint("token_endpoint"), false, true),
        ] {
            assert_eq!((error.may_pass(), error.is_about_the_response()), (may_pass, is_about_the_response), "{error}");
            assert!(!error.to_string().contains("example"), "{error}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_passed_on_once() {
        let twice = metadata().to_string().replacen('{', r#"{"issuer":"https://clerk.evil.example","#, 1);
        let document = parse(json(twice), ISSUER).unwrap();
        assert_eq!(document.matches("issuer").count(), 1);
        assert_eq!(serde_json::from_str::<Value>(&document).unwrap(), metadata());
    }
}
