//! The call that verifies an opaque token, and the meaning of its response (PROTOCOL section 12). Pure.

use std::time::Duration;

use awc::http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    endpoint::{endpoint_at, first_error},
    transport::{ApiRequest, ApiResponse, Body, TransportError},
};
use crate::{
    api,
    clock::Timestamp,
    config::Settings,
    reason::Reason,
    request::Denial,
    token::{
        MachineToken, OpaqueToken, TokenRejection, TokenType, Verified, check_is_for_machine, check_oauth_audience,
    },
};

/// The meaning of a response.
#[derive(Debug)]
pub(crate) enum OpaqueVerdict {
    Verified {
        token: MachineToken,
        expires_at: Option<Timestamp>,
    },
    /// Clerk knows that the token is invalid.
    Rejected(Denial),
    /// Neither yes nor no: the token may well be valid.
    Undecided {
        why: Denial,
        /// A hint for operators.
        hint: String,
        /// The `Retry-After` of Clerk's response.
        retry_after: Option<Duration>,
        /// `true` if Clerk did not check the token: it is unreachable, fails, or asks for a pause. Then its
        /// earlier verdict may remain valid for a while, but not if it does not know this server or its response makes
        /// no sense.
        is_outage: bool,
    },
}

/// The audience and machine that tokens must be issued to; any, by default.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MadeFor<'s> {
    audience: &'s [String],
    machine_id: Option<&'s str>,
}

impl<'s> From<&'s Settings> for MadeFor<'s> {
    fn from(settings: &'s Settings) -> Self {
        Self { audience: &settings.audience, machine_id: settings.machine_id.as_deref() }
    }
}

/// Builds `POST /api_keys/verify` or one like it; their paths have no version. Returns `None` if no key is configured.
/// Machine-to-machine tokens are verified with the machine secret key if it is set.
pub(crate) fn request<'c>(settings: &'c Settings, token: &OpaqueToken) -> Option<ApiRequest<'c>> {
    let (name, path, member): (_, &[&str], _) = match token.token_type() {
        TokenType::ApiKey => ("verify_api_key", &["api_keys", "verify"], "secret"),
        TokenType::M2mToken => ("verify_m2m_token", &["m2m_tokens", "verify"], "token"),
        TokenType::OAuthToken => {
            ("verify_oauth_token", &["oauth_applications", "access_tokens", "verify"], "access_token")
        }
        // A session token is never opaque.
        TokenType::SessionToken => return None,
    };
    let request = endpoint_at(settings, name, path.iter().copied());
    let machine_key = settings.machine_secret_key.as_ref().filter(|_| token.token_type() == TokenType::M2mToken);
    let authorization = machine_key.map(Into::into).or(request.authorization);
    authorization?;
    Some(ApiRequest {
        method: Method::POST,
        body: Some(Body::Json(json!({ member: token.expose() }))),
        authorization,
        ..request
    })
}

pub(crate) fn parse(
    token: &OpaqueToken,
    answer: Result<ApiResponse, TransportError>,
    made_for: MadeFor<'_>,
) -> OpaqueVerdict {
    let response = match answer {
        Ok(response) => response,
        Err(error) => {
            let is_outage = error != TransportError::Header;
            return unexpected(None, error.to_string(), None, is_outage);
        }
    };
    if response.is_success() {
        return verified(token, &response, made_for);
    }
    let status = Some(response.status);
    let refused = |rejection| OpaqueVerdict::Rejected(Denial::machine(&rejection, status));
    match response.status {
        401 => {
            let said = first_error(&response.body).and_then(|error| Some(error.get("message")?.as_str()?.to_owned()));
            let message = said.filter(|said| !said.is_empty()).unwrap_or_else(|| "Invalid secret key".to_owned());
            let rejection = TokenRejection::by_clerk(Reason::SecretKeyInvalid, message);
            let why = Denial::machine(&rejection, status);
            OpaqueVerdict::Undecided {
                why,
                hint: "Clerk rejected the secret key".to_owned(),
                retry_after: None,
                is_outage: false,
            }
        }
        404 => OpaqueVerdict::Rejected(unknown(token)),
        // Clerk has read the request and rejects the token, not the caller's key.
        400 | 410 | 422 => refused(TokenRejection::by_clerk(Reason::UnexpectedError, "Unexpected error")),
        _ => {
            // Clerk redirects nobody here: something between this server and Clerk does.
            let is_outage = matches!(response.status, 300..=399 | 408 | 425 | 429 | 500..=599);
            unexpected(status, format!("status {}", response.status), response.retry_after, is_outage)
        }
    }
}

/// The result for a token that Clerk does not know: it responds with 404.
pub(crate) fn unknown(token: &OpaqueToken) -> Denial {
    let rejection = TokenRejection::by_clerk(Reason::TokenInvalid, not_found(token.token_type()));
    Denial::machine(&rejection, Some(404))
}

/// Builds Clerk's response for a token with this description.
#[cfg(feature = "testing")]
pub(crate) fn described(described: &Value) -> ApiResponse {
    ApiResponse { status: 200, is_json: true, body: described.to_string().into_bytes(), ..ApiResponse::default() }
}

fn not_found(token_type: TokenType) -> &'static str {
    match token_type {
        TokenType::ApiKey => "API key not found",
        TokenType::OAuthToken => "OAuth token not found",
        TokenType::M2mToken | TokenType::SessionToken => "Machine token not found",
    }
}

fn unexpected(status: Option<u16>, hint: String, retry_after: Option<Duration>, is_outage: bool) -> OpaqueVerdict {
    let rejection = TokenRejection::by_clerk(Reason::UnexpectedError, "Unexpected error");
    OpaqueVerdict::Undecided { why: Denial::machine(&rejection, status), hint, retry_after, is_outage }
}

/// Parses a successful response, which must name the token and its owner. Clerk returns 404 for revoked and expired
/// tokens, but a 200 that says so is rejected too.
fn verified(token: &OpaqueToken, response: &ApiResponse, made_for: MadeFor<'_>) -> OpaqueVerdict {
    let unreadable =
        || unexpected(Some(response.status), "the response does not describe a token".to_owned(), None, false);
    let Ok(body) = serde_json::from_slice::<Value>(&response.body) else {
        return unexpected(None, "the response is not JSON, so it is not Clerk's".to_owned(), None, true);
    };
    let is_set = |name: &str| !matches!(body.get(name), None | Some(Value::Null | Value::Bool(false)));
    let refused = |rejection| OpaqueVerdict::Rejected(Denial::machine(&rejection, None));
    if is_set("revoked") || is_set("expired") {
        let over = if is_set("revoked") { "revoked" } else { "expired" };
        return refused(TokenRejection::by_clerk(Reason::TokenInvalid, format!("The token is {over}")));
    }
    let has_subject = body.get("subject").and_then(Value::as_str).is_some_and(|subject| !subject.is_empty());
    if !has_subject {
        return unreadable();
    }
    let text = token.expose();
    let read = match token.token_type() {
        TokenType::ApiKey => {
            read(body).map(|key: api::ApiKey| (key.expires_at, MachineToken::ApiKey(Verified::new(key, text))))
        }
        TokenType::M2mToken => {
            let Some(token) = read::<api::M2mToken>(body) else { return unreadable() };
            if let Err(rejection) = check_is_for_machine(&token, None, made_for.machine_id) {
                return refused(rejection);
            }
            Some((token.expires_at, MachineToken::M2m(Verified::new(token, text))))
        }
        TokenType::OAuthToken => {
            let Some(token) = read::<api::OAuthAccessToken>(body) else { return unreadable() };
            if let Err(rejection) = check_oauth_audience(token.aud.as_ref(), made_for.audience) {
                return refused(rejection);
            }
            Some((token.expires_at, MachineToken::OAuth(Verified::new(token, text))))
        }
        TokenType::SessionToken => None,
    };
    match read {
        Some((expires_at, token)) => OpaqueVerdict::Verified { token, expires_at: expires_at.map(Timestamp::from) },
        None => unreadable(),
    }
}

fn read<R: DeserializeOwned>(body: Value) -> Option<R> {
    serde_json::from_value(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::ClerkConfigBuilder, instance::ClerkConfig};

    fn builder() -> ClerkConfigBuilder {
        ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .jwt_key(crate::testing::SigningKey::generate().public_pem())
    }

    fn opaque(text: &str) -> OpaqueToken {
        OpaqueToken::parse(text).unwrap()
    }

    #[test]
    fn calls_and_the_keys_they_are_made_with() {
        let both = builder().secret_key("sk_live_1").machine_secret_key("ak_machine").build().unwrap();
        let secret = builder().secret_key("sk_live_1").api_url("https://api.clerk.com/base/").build().unwrap();
        let none = builder().build().unwrap();
        let machine_alone = builder().machine_secret_key("ak_machine").build().unwrap();
        for (name, config, token, expected) in [
            ("an API key", &both, "ak_1", Some(("/api_keys/verify", r#"{"secret":"ak_1"}"#, "sk_live_1"))),
            (
                "a machine's, by the machine's key",
                &both,
                "mt_1",
                Some(("/m2m_tokens/verify", r#"{"token":"mt_1"}"#, "ak_machine")),
            ),
            (
                "an OAuth token",
                &both,
                "oat_1",
                Some(("/oauth_applications/access_tokens/verify", r#"{"access_token":"oat_1"}"#, "sk_live_1")),
            ),
            (
                "a machine's, by the secret key",
                &secret,
                "mt_1",
                Some(("/base/m2m_tokens/verify", r#"{"token":"mt_1"}"#, "sk_live_1")),
            ),
            ("no key", &none, "ak_1", None),
            ("the machine's key alone", &machine_alone, "ak_1", None),
            (
                "the machine's key alone, for a machine's",
                &machine_alone,
                "mt_1",
                Some(("/m2m_tokens/verify", r#"{"token":"mt_1"}"#, "ak_machine")),
            ),
        ] {
            let found = request(config.settings(), &opaque(token));
            let found = found.map(|request| {
                let body = request.body.as_ref().and_then(Body::json).unwrap().to_string();
                (request.url.path().to_owned(), body, request.authorization.unwrap().expose().to_owned())
            });
            let expected = expected.map(|(path, body, key)| (path.to_owned(), body.to_owned(), key.to_owned()));
            assert_eq!(found, expected, "{name}");
        }
    }

    /// The meaning of a response, in a word.
    fn said(token: &str, status: u16, body: &str, audience: &[&str]) -> String {
        let audience: Vec<String> = audience.iter().map(|audience| audience.to_string()).collect();
        let response = ApiResponse { status, is_json: true, body: body.as_bytes().to_vec(), ..ApiResponse::default() };
        let made_for = MadeFor { audience: &audience, ..MadeFor::default() };
        match parse(&opaque(token), Ok(response), made_for) {
            OpaqueVerdict::Verified { expires_at, .. } => {
                format!("good until {:?}", expires_at.map(Timestamp::as_millis))
            }
            OpaqueVerdict::Rejected(why) => format!("refused: {} {}", why.reason, why.message()),
            OpaqueVerdict::Undecided { why, is_outage, .. } => {
                let is_clerks = !why.message().ends_with("status=n/a)");
                assert_eq!(is_outage, !is_clerks || matches!(status, 300..=399 | 429 | 500..=599), "{status} {body}");
                format!("none: {} {}", why.reason, why.message())
            }
        }
    }

    #[test]
    fn answers_and_what_they_mean() {
        let unexpected =
            |status: &str| format!("none: unexpected-error Unexpected error (code=unexpected-error, status={status})");
        let invalid_key = r#"{"errors":[{"code":"clerk_key_invalid","message":"Wrong key."}]}"#;
        let cases: &[(&str, &str, u16, &str, String)] = &[
            (
                "an API key",
                "ak_1",
                200,
                r#"{"id":"ak_1","subject":"user_1","expiration":5}"#,
                "good until Some(5)".into(),
            ),
            (
                "an API key without an expiry",
                "ak_1",
                200,
                r#"{"id":"ak_1","subject":"user_1","expiration":null}"#,
                "good until None".into(),
            ),
            ("a machine's", "mt_1", 200, r#"{"id":"mt_1","subject":"mch_1"}"#, "good until None".into()),
            (
                "an OAuth token, in seconds",
                "oat_1",
                200,
                r#"{"id":"oat_1","subject":"user_1","expiration":1700000000}"#,
                "good until Some(1700000000000)".into(),
            ),
            (
                "revoked",
                "ak_1",
                200,
                r#"{"id":"ak_1","subject":"user_1","revoked":true}"#,
                "refused: token-invalid The token is revoked (code=token-invalid, status=n/a)".into(),
            ),
            (
                "revoked, oddly said",
                "ak_1",
                200,
                r#"{"id":"ak_1","subject":"user_1","revoked":"yes"}"#,
                "refused: token-invalid The token is revoked (code=token-invalid, status=n/a)".into(),
            ),
            (
                "expired",
                "ak_1",
                200,
                r#"{"id":"ak_1","subject":"user_1","expired":true}"#,
                "refused: token-invalid The token is expired (code=token-invalid, status=n/a)".into(),
            ),
            ("no subject", "mt_1", 200, r#"{"id":"mt_1"}"#, unexpected("200")),
            ("an empty subject", "mt_1", 200, r#"{"id":"mt_1","subject":""}"#, unexpected("200")),
            ("no id", "ak_1", 200, r#"{"subject":"user_1"}"#, unexpected("200")),
            ("a page", "mt_1", 200, "<h1>It works!</h1>", unexpected("n/a")),
            ("nothing", "ak_1", 200, "", unexpected("n/a")),
            ("no content", "ak_1", 204, "", unexpected("n/a")),
            ("a list", "oat_1", 200, "[]", unexpected("200")),
            ("cut short", "ak_1", 200, r#"{"id":"ak_1","subject":"#, unexpected("n/a")),
            (
                "unknown",
                "ak_1",
                404,
                "{}",
                "refused: token-invalid API key not found (code=token-invalid, status=404)".into(),
            ),
            (
                "an unknown machine's",
                "mt_1",
                404,
                "",
                "refused: token-invalid Machine token not found (code=token-invalid, status=404)".into(),
            ),
            (
                "an unknown OAuth token",
                "oat_1",
                404,
                "",
                "refused: token-invalid OAuth token not found (code=token-invalid, status=404)".into(),
            ),
            (
                "a wrong key",
                "ak_1",
                401,
                invalid_key,
                "none: secret-key-invalid Wrong key. (code=secret-key-invalid, status=401)".into(),
            ),
            (
                "a wrong key, without words",
                "ak_1",
                401,
                "",
                "none: secret-key-invalid Invalid secret key (code=secret-key-invalid, status=401)".into(),
            ),
            (
                "malformed",
                "ak_1",
                422,
                "{}",
                "refused: unexpected-error Unexpected error (code=unexpected-error, status=422)".into(),
            ),
            ("forbidden", "ak_1", 403, "{}", unexpected("403")),
            ("too many requests", "ak_1", 429, "{}", unexpected("429")),
            ("a Clerk error", "ak_1", 500, "", unexpected("500")),
            ("a redirect", "ak_1", 302, "", unexpected("302")),
        ];
        for (name, token, status, body, expected) in cases {
            assert_eq!(&said(token, *status, body, &[]), expected, "{name}");
        }
        for (error, expected) in [
            (TransportError::Body, true),
            (TransportError::Connect, true),
            (TransportError::Timeout, true),
            (TransportError::Header, false),
        ] {
            let broken = parse(&opaque("ak_1"), Err(error), MadeFor::default());
            let OpaqueVerdict::Undecided { why, is_outage, .. } = broken else { panic!("{error}: {broken:?}") };
            assert!(why.message().ends_with("status=n/a)"), "{error}");
            assert_eq!(is_outage, expected, "{error}");
        }
    }

    #[test]
    fn oauth_tokens_and_whom_they_are_made_for() {
        for (aud, audience, is_good) in [
            (r#""aud":["web"]"#, &["web"][..], true),
            (r#""aud":["x","web"]"#, &["a", "web"], true),
            (r#""aud":"web""#, &["web"], true),
            (r#""aud":["x"]"#, &["web"], false),
            (r#""aud":["web",""]"#, &["web"], false),
            (r#""aud":["web",7]"#, &["web"], false),
            (r#""aud":[]"#, &["web"], false),
            (r#""aud":null"#, &["web"], false),
            (r#""aud":"""#, &["web"], false),
            (r#""aud":{"0":"web"}"#, &["web"], false),
            (r#""x":1"#, &["web"], false),
            (r#""x":1"#, &[], true),
            (r#""aud":["x"]"#, &[], true),
        ] {
            let found = said("oat_1", 200, &format!(r#"{{"id":"oat_1","subject":"user_1",{aud}}}"#), audience);
            let starts = if is_good { "good until" } else { "refused: token-verification-failed" };
            assert!(found.starts_with(starts), "{aud} for {audience:?}: {found}");
        }
    }
}
