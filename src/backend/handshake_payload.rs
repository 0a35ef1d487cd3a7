//! The handshake's cookies, by the nonce that a browser brings back.

use serde_json::Value;

use super::{
    endpoint,
    transport::{ApiRequest, ApiResponse, TransportError},
};
use crate::{
    config::Settings,
    query,
    request::{HandshakePayloadError, SetCookie, parse_directives},
};

/// `GET /clients/handshake_payload?nonce=…`
pub(super) fn request<'c>(settings: &'c Settings, nonce: &str) -> ApiRequest<'c> {
    let mut request = endpoint(settings, &["clients", "handshake_payload"]);
    query::append(&mut request.url, "nonce", nonce);
    request
}

/// `{"directives": [Set-Cookie values]}`, or why there are none. An answer without the list is one that sets nothing.
pub(super) fn parse(
    answer: Result<ApiResponse, TransportError>,
) -> Result<Vec<SetCookie>, (HandshakePayloadError, String)> {
    let failed = |hint: String| (HandshakePayloadError::Failed, hint);
    let response = answer.map_err(|error| failed(error.to_string()))?;
    if !response.is_success() {
        return Err(failed(format!("status {}", response.status)));
    }
    let payload: Value =
        serde_json::from_slice(&response.body).map_err(|_| failed("the answer is no JSON".to_owned()))?;
    let listed = payload.get("directives").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let malformed = || (HandshakePayloadError::Malformed, "a directive is malformed, or there are too many".to_owned());
    parse_directives(listed).ok_or_else(malformed)
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
        let found = answer(200, r#"{"directives":["a=b; Path=/","c=d"]}"#).unwrap();
        assert_eq!(found.iter().map(SetCookie::as_str).collect::<Vec<_>>(), ["a=b; Path=/", "c=d"]);
        for empty in ["{}", r#"{"directives":null}"#, r#"{"directives":"a=b"}"#, "[]"] {
            assert_eq!(answer(200, empty), Ok(vec![]), "{empty}");
        }
        let many = format!(r#"{{"directives":[{}"a=b"]}}"#, r#""a=b","#.repeat(10_000));
        for broken in [r#"{"directives":["a=b\r\nc"]}"#, r#"{"directives":[5]}"#, &many] {
            assert_eq!(answer(200, broken), Err(HandshakePayloadError::Malformed), "{}", &broken[..20]);
        }
        for (status, body) in [(200, "<html>"), (404, "{}"), (500, "")] {
            assert_eq!(answer(status, body), Err(HandshakePayloadError::Failed), "{status}");
        }
    }
}
