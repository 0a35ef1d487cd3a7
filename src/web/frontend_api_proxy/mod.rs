//! The proxy for Clerk's Frontend API: requests below its path go to Clerk before anything is authenticated.
//!
//! It does what `frontendApiProxy` of the reference does, without its faults; PROTOCOL section 15 has the rules. The
//! parts are pure: which requests (`path`), which headers (`headers`), whose address (`address`), and where redirects
//! lead (`location`). This file puts them together.

mod address;
mod error;
mod headers;
mod location;
mod path;
mod upload;

use std::{pin::pin, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{self, BodyStream, BoxBody, MessageBody, SizedStream},
    dev::Payload,
    http::{Method, StatusCode, header},
};
use futures_util::future::{Either, select};
use tokio::time::{Instant, sleep_until};
use url::{Position, Url};

use self::{
    address::client_address,
    error::ProxyError,
    headers::{Said, asks_for_upgrade, for_browser, for_upstream},
    upload::Upload,
};
use crate::{
    backend::{ForwardRequest, Forwarded, Transport, TransportError},
    clock::Clock,
    config::{FrontendApiProxySettings, Settings},
    observe::{LogLimit, hint},
    request::public_url,
    web::facts::ActixFacts,
};

/// A request for the proxy.
#[derive(Debug)]
pub(super) struct Proxied {
    /// The path below the proxy's.
    rest: String,
}

impl Proxied {
    /// Returns `None` if there is no proxy, or if the request is not for it.
    pub(super) fn of(req: &HttpRequest, settings: &Settings) -> Option<Self> {
        let proxy = settings.frontend_api_proxy.as_ref()?;
        Some(Self { rest: path::below(req.uri().path(), &proxy.path)? })
    }

    /// Passes the request on, and returns Clerk's response as soon as its headers are here, or the reason why there is
    /// none. Dropping the future, or the response's body, ends the call to Clerk.
    pub(super) async fn pass(self, req: &HttpRequest, payload: Payload, settings: &Settings) -> HttpResponse {
        match self.answer(req, payload, settings).await {
            Ok(response) => response,
            Err((error, cause)) => {
                report(req, error, cause);
                error.response()
            }
        }
    }

    /// Returns the address and the head of the request that would go to Clerk, for a fuzzer.
    #[cfg(feature = "__internal-bench")]
    pub(super) fn upstream_head(self, req: &HttpRequest, settings: &Settings) -> Option<(String, Vec<u8>)> {
        let passage = Passage::of(req, &self.rest, settings, settings.frontend_api_proxy.as_ref()?).ok()?;
        let head = crate::backend::head_of_request(req.method(), &passage.target, &passage.headers)?;
        Some((passage.target.into(), head))
    }

    async fn answer(self, req: &HttpRequest, payload: Payload, settings: &Settings) -> Result<HttpResponse, Failure> {
        let Some(proxy) = &settings.frontend_api_proxy else { return Err((ProxyError::Configuration, None)) };
        let passage = Passage::of(req, &self.rest, settings, proxy).map_err(|error| (error, None))?;
        let upload = Upload::take(req, payload, proxy.body_limit).map_err(|error| (error, None))?;
        let call = ForwardRequest {
            method: req.method(),
            url: &passage.target,
            headers: &passage.headers,
            body: &|| upload.body(),
            is_body_touched: &|| upload.is_touched(),
        };
        let answer = in_time(Transport::new().forward(call), &upload, proxy.response_timeout).await?;
        Ok(response(answer, req.method(), &passage, settings))
    }
}

/// The error that the client gets, and the cause for the log.
type Failure = (ProxyError, Option<TransportError>);

/// What is sent to the upstream.
struct Passage {
    target: Url,
    headers: header::HeaderMap,
    /// The address of the proxy in the browser, without a slash at its end.
    proxy_url: String,
}

impl Passage {
    fn of(
        req: &HttpRequest,
        rest: &str,
        settings: &Settings,
        proxy: &FrontendApiProxySettings,
    ) -> Result<Self, ProxyError> {
        // They would make the upstream echo the secret key, or speak past this server.
        if matches!(req.method().as_str(), "TRACE" | "TRACK" | "CONNECT") {
            return Err(ProxyError::MethodNotAllowed);
        }
        if asks_for_upgrade(req.headers(), req.version()) {
            return Err(ProxyError::UpgradeUnsupported);
        }
        let target = path::target(&settings.frontend_api_url, rest, req.uri().query()).map_err(|why| match why {
            path::NoTarget::TooLong => ProxyError::UrlTooLong,
            path::NoTarget::Elsewhere => ProxyError::TargetElsewhere,
        })?;
        let public_url = public_url(&ActixFacts(req), settings);
        let proxy_url = settings.proxy_url.as_ref().and_then(|page| page.resolve(&public_url));
        let proxy_url = proxy_url.ok_or(ProxyError::Configuration)?.as_str().trim_end_matches('/').to_owned();
        let lines: Vec<&[u8]> = match &proxy.client_address_header {
            Some(name) => req.headers().get_all(name).map(header::HeaderValue::as_bytes).collect(),
            None => Vec::new(),
        };
        let said = Said {
            proxy_url: &proxy_url,
            secret_key: settings.secret_key.as_ref().ok_or(ProxyError::Configuration)?.expose(),
            client: client_address(lines.into_iter(), req.peer_addr()),
            host: &public_url[Position::BeforeHost..Position::AfterPort],
            scheme: public_url.scheme(),
        };
        let headers = for_upstream(req.headers(), &said).ok_or(ProxyError::Configuration)?;
        Ok(Self { target, headers, proxy_url })
    }
}

/// Waits for the headers of the response, as long as the upload goes on and for `limit` after that.
async fn in_time(
    call: impl Future<Output = Result<Forwarded, TransportError>>,
    upload: &Upload,
    limit: Duration,
) -> Result<Forwarded, Failure> {
    let mut call = pin!(call);
    loop {
        let deadline = upload.progress() + limit;
        match select(call.as_mut(), pin!(sleep_until(deadline))).await {
            Either::Left((Ok(forwarded), _)) => return Ok(forwarded),
            Either::Left((Err(cause), _)) => return Err(why(cause, upload)),
            // Some of the body has arrived in the meantime.
            Either::Right(_) if upload.progress() + limit > Instant::now() => {}
            Either::Right(_) if upload.awaits_client() => return Err((ProxyError::RequestTimeout, None)),
            Either::Right(_) => return Err((ProxyError::ResponseTimeout, None)),
        }
    }
}

fn why(cause: TransportError, upload: &Upload) -> Failure {
    match (upload.failure(), cause) {
        (Some(error), _) => (error, None),
        (None, TransportError::ConnectTimeout | TransportError::Timeout) => (ProxyError::ResponseTimeout, Some(cause)),
        (None, _) => (ProxyError::RequestFailed, Some(cause)),
    }
}

/// Returns the response for the browser.
fn response(answer: Forwarded, method: &Method, passage: &Passage, settings: &Settings) -> HttpResponse {
    let Forwarded { status, headers, body } = answer;
    let Ok(status) = StatusCode::from_u16(status) else { return ProxyError::RequestFailed.response() };
    let has_no_body = matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let body = match length {
        _ if has_no_body => BoxBody::new(body::None::new()),
        // To HEAD, the length of what GET would get.
        Some(length) => SizedStream::new(length, body).boxed(),
        None if *method == Method::HEAD => BoxBody::new(body::None::new()),
        None => BodyStream::new(body).boxed(),
    };
    let mut response = HttpResponse::with_body(status, body);
    for (name, value) in for_browser(&headers) {
        let location = (*name == header::LOCATION).then(|| value.to_str().ok()).flatten();
        let rewritten = location.and_then(|location| {
            location::rewritten(location, &passage.target, &settings.frontend_api_url, &passage.proxy_url)
        });
        let rewritten = rewritten.and_then(|location| header::HeaderValue::try_from(location).ok());
        response.headers_mut().append(name.clone(), rewritten.unwrap_or_else(|| value.clone()));
    }
    response
}

/// Logs what is not the client's doing. Strangers can cause requests that fail, so the lines are limited.
fn report(req: &HttpRequest, error: ProxyError, cause: Option<TransportError>) {
    static FAILED: LogLimit = LogLimit::new();
    let (method, path, code) = (req.method().as_str(), hint(req.path()), error.code());
    let cause = cause.map(|cause| cause.to_string());
    if !error.is_outage() {
        tracing::debug!(method, path, code, cause, "rejected a request to the Frontend API proxy: {error}");
    } else if let Some(left_out) = FAILED.admit(Clock::System.now()) {
        tracing::warn!(
            method,
            path,
            code,
            cause,
            left_out,
            "the Frontend API proxy got no response from Clerk: {error}"
        );
    }
}
