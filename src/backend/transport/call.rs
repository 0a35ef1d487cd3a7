//! A call on the transport's thread, repeated if the connection failed.

use std::time::Duration;

use awc::http::{
    Method,
    header::{
        ACCEPT, ACCEPT_ENCODING, AGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HOST, HeaderMap, HeaderName,
        HeaderValue, LOCATION, RETRY_AFTER, USER_AGENT,
    },
};
use awc::{
    Client,
    error::{ConnectError, PayloadError, SendRequestError},
};
use tokio::{task::yield_now, time::timeout};
use url::Url;

use super::{
    attempt::{Attempt, FailedAttempt},
    budget::Budget,
    error::TransportError,
    message::{ApiRequest, ApiResponse, Authorization, Body},
    network::Network,
    origin::{Origin, host_header},
    pool::Pool,
};
use crate::{clock::Timestamp, config::API_VERSION};

/// Cloudflare's id of a call.
const RAY: HeaderName = HeaderName::from_static("cf-ray");

/// A call as it is sent to the transport's thread.
pub(super) struct Call {
    budget: Budget,
    origin: Origin,
    host: HeaderValue,
    method: Method,
    /// The URL for awc: always plain HTTP. The connection adds TLS.
    url: Url,
    authorization: Option<HeaderValue>,
    accept: &'static str,
    body: Option<Body>,
    timeout: Duration,
    max_body: usize,
}

impl Call {
    pub(super) fn new(budget: Budget, request: ApiRequest<'_>) -> Result<Self, TransportError> {
        let ApiRequest { method, mut url, authorization, accept, body, timeout, max_body, .. } = request;
        let (Some(origin), Some(host)) = (Origin::of(&url), host_header(&url)) else {
            return Err(TransportError::Header);
        };
        if url.set_scheme("http").is_err() {
            return Err(TransportError::Header);
        }
        let authorization = authorization.map(bearer).transpose()?;
        Ok(Self { budget, origin, host, method, url, authorization, accept, body, timeout, max_body })
    }

    /// Returns Clerk's response. The connection may fail once: Clerk then gets the full timeout again.
    pub(super) async fn answer(self, network: &'static Network) -> Result<ApiResponse, TransportError> {
        let pool = Pool::of(&self.origin, network);
        // Lets the runtime poll the sockets, so that awc does not use a connection that the server is known to have
        // closed.
        yield_now().await;
        let failed = match self.attempt(pool.client(self.budget)).await {
            Ok(answer) => return Ok(answer),
            Err(failed) => failed,
        };
        let pool = if failed.discredits_kept_connections() { pool.replace(&self.origin, network) } else { pool };
        if !failed.is_worth_repeating(self.changes_nothing()) || self.body_is_spent() {
            return Err(failed.error);
        }
        self.attempt(pool.client(self.budget)).await.map_err(|failed| failed.error)
    }

    async fn attempt(&self, client: &Client) -> Result<ApiResponse, FailedAttempt> {
        let attempt = async {
            let sent = timeout(self.timeout, self.send(client)).await;
            sent.unwrap_or(Err(TransportError::Timeout))
        };
        Attempt::make(attempt).await
    }

    /// Returns whether repeating the call has no effect at Clerk. Verifying a token is a `POST` that changes nothing.
    fn changes_nothing(&self) -> bool {
        self.method == Method::GET || self.budget == Budget::MachineTokens
    }

    /// Returns whether a part of the body is gone, so that the call cannot be made again.
    fn body_is_spent(&self) -> bool {
        self.body.as_ref().is_some_and(Body::is_spent)
    }

    async fn send(&self, client: &Client) -> Result<ApiResponse, TransportError> {
        let mut call = client
            .request(self.method.clone(), self.url.as_str())
            .insert_header((HOST, self.host.clone()))
            .insert_header((USER_AGENT, concat!("clerk-actix/", env!("CARGO_PKG_VERSION"))))
            .insert_header((ACCEPT, self.accept))
            // Without this header every coding is acceptable (RFC 9110, section 12.5.3), and awc decodes none.
            .insert_header((ACCEPT_ENCODING, "identity"))
            .insert_header(("clerk-api-version", API_VERSION));
        if let Some(authorization) = &self.authorization {
            call = call.insert_header((AUTHORIZATION, authorization.clone()));
        }
        let call = match &self.body {
            Some(Body::Json(body)) => call.send_json(body),
            #[cfg(feature = "backend-api")]
            Some(Body::Upload(upload)) => {
                let call = call.insert_header((CONTENT_TYPE, upload.content_type()));
                match upload.length() {
                    Some(length) => call.send_body(awc::body::SizedStream::new(length, upload.body())),
                    None => call.send_stream(upload.body()),
                }
            }
            None => call.send(),
        };
        let mut response = call.await.map_err(|error| match error {
            SendRequestError::Connect(error) => why_not_connected(&error),
            SendRequestError::Timeout => TransportError::Timeout,
            SendRequestError::Http(_) | SendRequestError::Url(_) => TransportError::Header,
            _ => TransportError::Connection,
        })?;
        let retry_after = retry_after(response.headers());
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (ray, location) = (text(RAY), text(LOCATION));
        let date = date(response.headers());
        let content_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let is_json = content_type.is_some_and(is_json);
        let mut codings = response.headers().get_all(CONTENT_ENCODING);
        if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(TransportError::Encoded);
        }
        let status = response.status().as_u16();
        let body = response.body().limit(self.max_body).await.map_err(|error| match error {
            PayloadError::Overflow => TransportError::TooLarge,
            _ => TransportError::Body,
        })?;
        Ok(ApiResponse { status, retry_after, ray, date, location, is_json, body: body.to_vec() })
    }
}

/// Returns whether a `Content-Type` is JSON, whatever its parameters.
fn is_json(content_type: &[u8]) -> bool {
    let media_type = content_type.split(|&byte| byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// Parses whole seconds, the only form that Clerk sends.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Parses the date of a response that comes from the server itself. What a cache has kept has the date of when it was
/// made, and an `Age` (RFC 9111, section 5.1).
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    if headers.contains_key(AGE) {
        return None;
    }
    let date = headers.get(DATE)?.to_str().ok()?;
    httpdate::parse_http_date(date).ok().map(Timestamp::from)
}

fn why_not_connected(error: &ConnectError) -> TransportError {
    match error {
        // Our connector's error.
        ConnectError::Io(error) => {
            let ours = error.get_ref().and_then(|inner| inner.downcast_ref());
            ours.copied().unwrap_or(TransportError::Connect)
        }
        // awc's name for a connection that ends before the response.
        ConnectError::Disconnected => TransportError::Connection,
        ConnectError::Timeout => TransportError::ConnectTimeout,
        _ => TransportError::Connect,
    }
}

/// Marks the key as sensitive: awc prints whole requests at its most verbose log level.
fn bearer(Authorization(key): Authorization<'_>) -> Result<HeaderValue, TransportError> {
    let text = format!("Bearer {key}");
    let mut value = HeaderValue::try_from(text).map_err(|_| TransportError::Header)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SecretKey;

    #[test]
    fn types_of_content_and_which_are_json() {
        for (content_type, expected) in [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("application/json;charset=UTF-8", true),
            ("Application/JSON ; charset=\"utf-8\"", true),
            ("application/jsonp", false),
            ("application/problem+json", false),
            ("text/html", false),
            ("text/plain; application/json", false),
            ("", false),
        ] {
            assert_eq!(is_json(content_type.as_bytes()), expected, "{content_type}");
        }
    }

    #[test]
    fn dates_of_responses() {
        let date = "Tue, 14 Nov 2023 22:13:20 GMT";
        for (name, fields, expected) in [
            ("a date", &[(DATE, date)][..], Some(1_700_000_000_000)),
            ("none", &[], None),
            ("no date at all", &[(DATE, "yesterday")], None),
            ("kept by a cache", &[(DATE, date), (AGE, "12")], None),
        ] {
            let headers = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            let found = super::date(&HeaderMap::from_iter(headers));
            assert_eq!(found, expected.map(Timestamp::from_millis), "{name}");
        }
    }

    #[test]
    fn the_secret_key_does_not_print_with_its_header() {
        let value = bearer((&SecretKey::parse("sk_test_verysecret").unwrap()).into()).unwrap();
        assert_eq!(value.as_bytes(), b"Bearer sk_test_verysecret");
        assert_eq!(format!("{value:?}"), "Sensitive");
    }
}
