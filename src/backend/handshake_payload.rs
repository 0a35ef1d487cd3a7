//! The call that exchanges a handshake nonce for the handshake's cookies.

use std::time::Duration;

use serde_json::Value;

use super::{
    endpoint::endpoint,
    transport::{ApiRequest, ApiResponse, TransportError},
};
use crate::{
    config::Settings,
    request::{HandshakePayloadError, SetCookie, parse_directives, query},
};

const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// `GET /clients/handshake_payload?nonce=…`
pub(crate) fn request<'c>(settings: &'c Settings, nonce: &str) -> ApiRequest<'c> {
    let mut request = endpoint(settings, "handshake", &["clients", "handshake_payload"]);
    query::append(&mut request.url, "nonce", nonce);
    request
}

/// Parses `{"directives": [Set-Cookie values]}`. A response without the list sets no cookies.
///
/// Only a rejection by Clerk says anything about the nonce. Every other error is a failure at Clerk or on this server.
pub(crate) fn parse(
    answer: Result<ApiResponse, TransportError>,
) -> Result<Vec<SetCookie>, (HandshakePayloadError, String)> {
    let unavailable = |asked: Option<Duration>, hint: String| {
        (HandshakePayloadError::Unavailable { retry_after: pause(asked) }, hint)
    };
    let response = answer.map_err(|error| unavailable(None, error.to_string()))?;
    if !response.is_success() {
        let hint = format!("status {}", response.status);
        return Err(match response.status {
            401 | 403 => (HandshakePayloadError::SecretKeyRejected { retry_after: pause(response.retry_after) }, hint),
            408 | 425 | 429 => unavailable(response.retry_after, hint),
            400..=499 => (HandshakePayloadError::Rejected, hint),
            _ => unavailable(response.retry_after, hint),
        });
    }
    let payload: Value = serde_json::from_slice(&response.body)
        .map_err(|_| unavailable(response.retry_after, "the response is not JSON".to_owned()))?;
    let listed = payload.get("directives").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let malformed = || (HandshakePayloadError::Malformed, "a directive is malformed, or there are too many".to_owned());
    parse_directives(listed).ok_or_else(malformed)
}

/// Returns how long to wait before the next try: as long as Clerk asks, within bounds.
fn pause(asked: Option<Duration>) -> Duration {
    asked.unwrap_or(MIN_PAUSE).clamp(MIN_PAUSE, MAX_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        parse(Ok(ApiResponse { status, is_json: true, body: body.as_bytes().to_vec(), ..ApiResponse::default() }))
            .map_err(|(error, _)| error)
    }

    #[test]
    fn answers_and_their_cookies() {
        let found = answer(200, r#"{"directives":["__session=b; Path=/","__Host-csrf=c","__client_uat=1"]}"#).unwrap();
        assert_eq!(found.iter().map(SetCookie::as_str).collect::<Vec<_>>(), ["__session=b; Path=/", "__client_uat=1"]);
        for empty in ["{}", r#"{"directives":null}"#, r#"{"directives":"a=b"}"#, "[]"] {
            assert_eq!(answer(200, empty), Ok(vec![]), "{empty}");
        }
        let many = format!(r#"{{"directives":[{}"a=b"]}}"#, r#""a=b","#.repeat(10_000));
        for broken in [r#"{"directives":["a=b\r\nc"]}"#, r#"{"directives":[5]}"#, &many] {
            assert_eq!(answer(200, broken), Err(HandshakePayloadError::Malformed), "{}", &broken[..20]);
        }
        let unavailable = Err(HandshakePayloadError::Unavailable { retry_after: Duration::from_secs(1) });
        let rejected = Err(HandshakePayloadError::SecretKeyRejected { retry_after: Duration::from_secs(1) });
        let refused = Err(HandshakePayloadError::Rejected);
        for (status, body, expected) in [
            (200, "<html>", &unavailable),
            (302, "", &unavailable),
            (400, "{}", &refused),
            (401, "{}", &rejected),
            (403, "{}", &rejected),
            (404, "{}", &refused),
            (408, "", &unavailable),
            (410, "", &refused),
            (422, "{}", &refused),
            (425, "", &unavailable),
            (429, "", &unavailable),
            (500, "", &unavailable),
            (503, "", &unavailable),
        ] {
            assert_eq!(&answer(status, body), expected, "{status}");
        }
        let broken = parse(Err(TransportError::Timeout)).map_err(|(error, _)| error);
        assert_eq!(broken, unavailable);
    }

    #[test]
    fn pauses_that_clerk_asks_for() {
        for (asked, expected) in [(None, 1), (Some(0), 1), (Some(7), 7), (Some(100_000), 60)] {
            let retry_after = asked.map(Duration::from_secs);
            let answer = parse(Ok(ApiResponse { status: 429, retry_after, ..ApiResponse::default() }));
            let expected = HandshakePayloadError::Unavailable { retry_after: Duration::from_secs(expected) };
            assert_eq!(answer.unwrap_err().0, expected, "{asked:?}");
        }
    }
}
