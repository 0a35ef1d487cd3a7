//! The handshake's cookies, by the nonce that a browser brings back.

use serde_json::Value;

use super::{
    endpoint,
    transport::{ApiRequest, ApiResponse, TransportError},
};
use crate::{
    config::Settings,
    query,
    request::{SetCookie, parse_directives},
};

/// `GET /clients/handshake_payload?nonce=…`
pub(super) fn request<'c>(settings: &'c Settings, nonce: &str) -> ApiRequest<'c> {
    let mut request = endpoint(settings, &["clients", "handshake_payload"]);
    query::append(&mut request.url, "nonce", nonce);
    request
}

/// `{"directives": [Set-Cookie values]}`, or why there are none. An answer without the list is one that sets nothing.
pub(super) fn parse(answer: Result<ApiResponse, TransportError>) -> Result<Vec<SetCookie>, String> {
    let response = answer.map_err(|error| error.to_string())?;
    if !response.is_success() {
        return Err(format!("status {}", response.status));
    }
    let payload: Value = serde_json::from_slice(&response.body).map_err(|_| "the answer is no JSON".to_owned())?;
    let listed = payload.get("directives").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    parse_directives(listed).ok_or_else(|| "a directive is malformed, or there are too many".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Result<Vec<SetCookie>, String> {
        parse(Ok(ApiResponse { status, retry_after: None, body: body.as_bytes().to_vec() }))
    }

    #[test]
    fn answers_and_their_cookies() {
        let found = answer(200, r#"{"directives":["a=b; Path=/","c=d"]}"#).unwrap();
        assert_eq!(found.iter().map(SetCookie::as_str).collect::<Vec<_>>(), ["a=b; Path=/", "c=d"]);
        for empty in ["{}", r#"{"directives":null}"#, r#"{"directives":"a=b"}"#, "[]"] {
            assert_eq!(answer(200, empty), Ok(vec![]), "{empty}");
        }
        let many = format!(r#"{{"directives":[{}"a=b"]}}"#, r#""a=b","#.repeat(10_000));
        for broken in [r#"{"directives":["a=b\r\nc"]}"#, r#"{"directives":[5]}"#, "<html>", &many] {
            assert!(answer(200, broken).is_err(), "{}", &broken[..20.min(broken.len())]);
        }
        assert_eq!(answer(404, "{}"), Err("status 404".to_owned()));
        assert_eq!(parse(Err(TransportError::Timeout)), Err("no answer in time".to_owned()));
    }
}
