//! The session refresh call: exchanges an expired session token and a refresh token for new cookies.

mod headers;

use std::slice;

use awc::http::Method;
use serde_json::{Value, json};

use super::retry::RETRY_AFTER;
use super::{
    endpoint::{endpoint, first_error},
    transport::{ApiRequest, ApiResponse, Body, TransportError},
};
use crate::{
    config::Settings,
    request::{RefreshError, RefreshSession, SetCookie, parse_directives, query},
};

/// `POST /sessions/{id}/refresh?suffixed_cookies=…`
pub(crate) fn request<'c>(settings: &'c Settings, refresh: &RefreshSession<'_>) -> ApiRequest<'c> {
    let mut request = endpoint(settings, "refresh", &["sessions", refresh.session_id, "refresh"]);
    if refresh.suffixed_cookies {
        query::append(&mut request.url, "suffixed_cookies", "true");
    }
    let headers = headers::for_clerk(settings, refresh);
    let body = json!({
        "format": "cookie",
        "expired_token": refresh.expired_token,
        "refresh_token": refresh.refresh_token,
        "request_origin": refresh.origin,
        "request_headers": headers,
    });
    ApiRequest { method: Method::POST, body: Some(Body::Json(body)), ..request }
}

/// Parses `{"cookies": [Set-Cookie values]}`, or Clerk's error code.
pub(crate) fn parse(answer: Result<ApiResponse, TransportError>) -> Result<Vec<SetCookie>, RefreshError> {
    let response = answer.map_err(|_| RefreshError::Fetch.unavailable(RETRY_AFTER))?;
    let retry_after = response.retry_after.unwrap_or(RETRY_AFTER);
    if response.status == 429 {
        return Err(RefreshError::Fetch.unavailable(retry_after));
    }
    if !response.is_success() {
        let code =
            first_error(&response.body).map(|error| error.get("code").and_then(Value::as_str).map(str::to_owned));
        let failure = match code {
            Some(Some(code)) if code == "unexpected_error" => RefreshError::Fetch,
            Some(Some(code)) => RefreshError::Rejected(code),
            Some(None) => RefreshError::NoCookies,
            None => RefreshError::Unexplained,
        };
        // Clerk, or what is in front of it, has failed: that says nothing about the session.
        let is_outage = matches!(response.status, 300..=399 | 408 | 425 | 500..=599);
        return Err(if is_outage { failure.unavailable(retry_after) } else { failure });
    }
    if response.status == 204 {
        return Err(RefreshError::Unexplained);
    }
    let payload = match serde_json::from_slice(&response.body) {
        Ok(Value::Null) if response.is_json => return Err(RefreshError::Fetch),
        Ok(payload) => payload,
        // Cut short, or the page of something between this server and Clerk: not Clerk's word.
        Err(_) if response.is_json => return Err(RefreshError::Fetch.unavailable(retry_after)),
        Err(_) => return Err(RefreshError::NoCookies.unavailable(retry_after)),
    };
    let listed = payload.get("cookies").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if listed.len() > MAX_COOKIES {
        return Err(RefreshError::NoCookies);
    }
    // One at a time: the refresh token is spent, and one invalid cookie must not cost the visitor the others.
    let parsed: Vec<_> = listed.iter().map(|cookie| parse_directives(slice::from_ref(cookie))).collect();
    let dropped = parsed.iter().filter(|cookies| cookies.is_none()).count();
    if dropped > 0 {
        tracing::warn!(dropped, "dropped cookies of a refreshed session, because a header cannot hold them");
    }
    let cookies: Vec<SetCookie> = parsed.into_iter().flatten().flatten().collect();
    // A list that holds only other cookies is a valid response, although it brings no session.
    if dropped == listed.len() { Err(RefreshError::NoCookies) } else { Ok(cookies) }
}

/// The maximum number of cookies; a refresh sets fewer.
const MAX_COOKIES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::ClerkConfig;

    #[test]
    fn the_request_says_all_that_clerk_asks_for() {
        let config = ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_1")
            .build()
            .unwrap();
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let refresh = RefreshSession {
            session_id: "sess_1/../x",
            expired_token: "a.b.c",
            is_genuine: true,
            refresh_token: "rt_1",
            suffixed_cookies: true,
            origin: "https://app.example.com".to_owned(),
            headers: vec![field("accept", "a"), field("x-api-key", "1"), field("accept", "b")],
        };
        let request = request(config.settings(), &refresh);
        let expected = "https://api.clerk.com/v1/sessions/sess_1%2F..%2Fx/refresh?suffixed_cookies=true";
        assert_eq!(request.url.as_str(), expected);
        let expected = json!({
            "format": "cookie",
            "expired_token": "a.b.c",
            "refresh_token": "rt_1",
            "request_origin": "https://app.example.com",
            "request_headers": { "accept": ["a", "b"] },
        });
        assert_eq!(request.body.as_ref().and_then(Body::json), Some(&expected));
    }

    #[test]
    fn answers_and_what_they_mean() {
        let answer = |status, body: &str| {
            let parsed = parse(Ok(ApiResponse {
                status,
                is_json: true,
                body: body.as_bytes().to_vec(),
                ..ApiResponse::default()
            }));
            parsed.map(|cookies| cookies.len())
        };
        let refused = |code: &str| Err(RefreshError::Rejected(code.to_owned()));
        for (name, status, body, expected) in [
            ("cookies", 200, r#"{"cookies":["__session=a.b.c","__client_uat=1"]}"#, Ok(2)),
            ("cookies that are not Clerk's", 200, r#"{"cookies":["__session=a.b.c","__Host-csrf=y","x=y"]}"#, Ok(1)),
            ("none of Clerk's cookies", 200, r#"{"cookies":["x=y"]}"#, Ok(0)),
            ("one of them no text", 200, r#"{"cookies":["__session=a.b.c",7]}"#, Ok(1)),
            ("one of them null", 200, r#"{"cookies":[null,"__session=a.b.c"]}"#, Ok(1)),
            ("one of them empty", 200, r#"{"cookies":["__session=a.b.c",""]}"#, Ok(1)),
            (
                "one of them with a line break",
                200,
                r#"{"cookies":["__client_uat=1\r\nx: y","__session=a.b.c"]}"#,
                Ok(1),
            ),
            ("one of them beyond Latin-1", 200, r#"{"cookies":["__session=a.b.c","__client_uat=\u2713"]}"#, Ok(1)),
            ("all of them bad", 200, r#"{"cookies":[7,"a\nb"]}"#, Err(RefreshError::NoCookies)),
            ("none", 200, r#"{"cookies":[]}"#, Err(RefreshError::NoCookies)),
            ("nothing", 200, "{}", Err(RefreshError::NoCookies)),
            ("no JSON", 200, "<html>", Err(RefreshError::Fetch.unavailable(RETRY_AFTER))),
            ("a redirect", 302, "<html>", Err(RefreshError::Unexplained.unavailable(RETRY_AFTER))),
            ("null", 200, "null", Err(RefreshError::Fetch)),
            ("no content", 204, "", Err(RefreshError::Unexplained)),
            ("a code", 400, r#"{"errors":[{"code":"refresh_token_invalid"}]}"#, refused("refresh_token_invalid")),
            (
                "a code that says little",
                500,
                r#"{"errors":[{"code":"unexpected_error"}]}"#,
                Err(RefreshError::Fetch.unavailable(RETRY_AFTER)),
            ),
            (
                "a code of a failing Clerk",
                503,
                r#"{"errors":[{"code":"maintenance"}]}"#,
                Err(RefreshError::Rejected("maintenance".into()).unavailable(RETRY_AFTER)),
            ),
            ("a gateway's page", 502, "<html>", Err(RefreshError::Unexplained.unavailable(RETRY_AFTER))),
            ("an error without a code", 400, r#"{"errors":[{}]}"#, Err(RefreshError::NoCookies)),
            ("no errors", 400, r#"{"errors":[]}"#, Err(RefreshError::Unexplained)),
            ("no envelope", 500, "", Err(RefreshError::Unexplained.unavailable(RETRY_AFTER))),
        ] {
            assert_eq!(answer(status, body), expected, "{name}");
        }
        let many = format!(r#"{{"cookies":[{}"__session=a.b.c"]}}"#, r#""__session=a.b.c","#.repeat(100));
        assert_eq!(answer(200, &many), Err(RefreshError::NoCookies), "more than anybody sets");
        let unavailable = Err(RefreshError::Fetch.unavailable(RETRY_AFTER));
        assert_eq!(parse(Err(TransportError::Timeout)), unavailable);
        assert_eq!(parse(Ok(ApiResponse { status: 429, ..ApiResponse::default() })), unavailable);
        let page = ApiResponse { status: 200, is_json: false, body: b"<html>".to_vec(), ..ApiResponse::default() };
        assert_eq!(parse(Ok(page)), Err(RefreshError::NoCookies.unavailable(RETRY_AFTER)), "a page");
    }
}
