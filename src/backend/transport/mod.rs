//! The transport: one bounded HTTP call to Clerk, over awc.

mod thread;

use std::{
    cell::OnceCell,
    fmt,
    pin::pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_web::{
    http::{
        Method,
        header::{
            ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue,
            RETRY_AFTER, USER_AGENT,
        },
    },
    rt::time::{sleep, timeout},
};
use awc::{
    Client, Connector,
    error::{ConnectError, PayloadError, SendRequestError},
};
use futures_util::future::{Either, select};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde_json::Value;
use url::Url;

use self::thread::Thread;
use crate::{
    config::API_VERSION,
    keys::{MachineSecretKey, SecretKey},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// The bound for answers whose form this crate knows: keys, verdicts, cookies. They take a few kilobytes, and are fetched on
/// behalf of strangers.
pub(super) const MAX_SMALL_BODY: usize = 1 << 20;

/// The bound for the calls that a handler makes: a page of 500 users, each with 8 KiB of metadata of every kind, takes
/// 12 MiB.
pub(super) const MAX_HANDLER_BODY: usize = 16 << 20;

/// A call to Clerk's Backend API.
pub(super) struct ApiRequest<'c> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) authorization: Option<Authorization<'c>>,
    pub(super) body: Option<Value>,
    /// For the whole call, from the connection to the end of the body.
    pub(super) timeout: Duration,
    /// How many bytes the body of the answer may have.
    pub(super) max_body: usize,
}

/// The key that a call is made with. It does not print.
#[derive(Clone, Copy)]
pub(super) struct Authorization<'c>(&'c str);

#[cfg(test)]
impl Authorization<'_> {
    pub(super) fn expose(&self) -> &str {
        self.0
    }
}

impl<'c> From<&'c SecretKey> for Authorization<'c> {
    fn from(key: &'c SecretKey) -> Self {
        Self(key.expose())
    }
}

impl<'c> From<&'c MachineSecretKey> for Authorization<'c> {
    fn from(key: &'c MachineSecretKey) -> Self {
        Self(key.expose())
    }
}

/// Its answer.
#[derive(Clone, Debug, Default)]
pub(super) struct ApiResponse {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// Cloudflare's id of the call: what Clerk's support asks for where the body has no id.
    pub(super) ray: Option<String>,
    /// Whether it says that it is JSON.
    pub(super) is_json: bool,
    pub(super) body: Vec<u8>,
}

impl ApiResponse {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there is no answer. It says nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TransportError {
    #[error("could not connect")]
    Connect,
    #[error("the host name could not be resolved")]
    Resolve,
    #[error("the TLS handshake failed; is the certificate one that this server trusts (feature `native-roots`)?")]
    Tls,
    #[error("no answer in time")]
    Timeout,
    #[error("the secret key cannot be sent in a header")]
    Header,
    #[error("the answer broke off")]
    Body,
    #[error("the answer was too large")]
    TooLarge,
    #[error(
        "the answer is compressed, though it was asked not to be; check the proxy between this server and CLERK_API_URL"
    )]
    Encoded,
    #[error("the connection failed")]
    Connection,
    #[error("the call was not made: its thread could not be started, or failed")]
    NotMade,
}

/// How calls to Clerk are made: by one thread for the whole process. Any thread may ask, with any runtime or none, and all
/// futures are `Send`.
#[derive(Clone, Copy)]
pub(crate) struct HttpClient(&'static Thread);

/// Calls that do not wait behind those of another budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Budget {
    /// For keys alone: whatever browsers make this server ask, verifying tokens does not wait behind it.
    Keys,
    /// API clients do not wait behind browsers, nor the other way round.
    MachineTokens,
    /// What handlers ask.
    Handlers,
    /// Handshakes and refreshes.
    Browsers,
}

/// The connections of the transport's thread. awc has at most 100 calls of one budget under way, and the rest wait for their
/// turn or their time-out.
struct Clients {
    keys: Client,
    machine_tokens: Client,
    handlers: Client,
    browsers: Client,
}

thread_local! {
    static CLIENTS: OnceCell<Clients> = const { OnceCell::new() };
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// The process's only one, which starts with the first call.
    pub(crate) fn new() -> Self {
        static THREAD: Thread = Thread::new();
        Self(&THREAD)
    }

    /// A call for signing keys.
    pub(super) async fn send_for_keys(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::Keys, request).await
    }

    /// A call to verify a machine token.
    pub(super) async fn send_for_machine_token(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::MachineTokens, request).await
    }

    /// A call that a handler makes.
    pub(super) async fn send_for_handler(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::Handlers, request).await
    }

    /// Any other call.
    pub(super) async fn send(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::Browsers, request).await
    }

    async fn call(&self, budget: Budget, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        let call = Call::try_from(request)?;
        let answer = move || async move {
            let client = client_for(budget);
            timeout(call.timeout, send(&client, &call)).await.unwrap_or(Err(TransportError::Timeout))
        };
        self.0.run(answer).await.unwrap_or(Err(TransportError::NotMade))
    }

    /// Makes a future on the transport's thread and drives it to its end, whoever waits for it. It must not block.
    pub(super) fn spawn<F: Future<Output = ()> + 'static>(&self, make: impl FnOnce() -> F + Send + 'static) {
        self.0.spawn(make);
    }

    /// Waits, by the transport's timer: the caller need not have one.
    pub(super) async fn sleep(&self, time: Duration) {
        self.0.run(move || sleep(time)).await;
    }

    /// What comes of the future, unless it takes longer.
    pub(super) async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(pin!(future), pin!(self.sleep(time))).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }
}

/// A call as it goes to the transport's thread.
struct Call {
    method: Method,
    url: Url,
    authorization: Option<HeaderValue>,
    body: Option<Value>,
    timeout: Duration,
    max_body: usize,
}

impl TryFrom<ApiRequest<'_>> for Call {
    type Error = TransportError;

    fn try_from(request: ApiRequest<'_>) -> Result<Self, TransportError> {
        let ApiRequest { method, url, authorization, body, timeout, max_body } = request;
        Ok(Self { method, url, authorization: authorization.map(bearer).transpose()?, body, timeout, max_body })
    }
}

/// Only on the transport's thread.
fn client_for(budget: Budget) -> Client {
    CLIENTS.with(|clients| {
        let clients = clients.get_or_init(|| {
            install_crypto_provider();
            Clients { keys: client(), machine_tokens: client(), handlers: client(), browsers: client() }
        });
        match budget {
            Budget::Keys => &clients.keys,
            Budget::MachineTokens => &clients.machine_tokens,
            Budget::Handlers => &clients.handlers,
            Budget::Browsers => &clients.browsers,
        }
        .clone()
    })
}

fn client() -> Client {
    let connector =
        Connector::new().rustls_0_23(tls_config()).timeout(CONNECT_TIMEOUT).handshake_timeout(CONNECT_TIMEOUT);
    // A redirect would take the secret key along to wherever it points.
    Client::builder().connector(connector).disable_timeout().disable_redirects().finish()
}

async fn send(client: &Client, request: &Call) -> Result<ApiResponse, TransportError> {
    let mut call = client
        .request(request.method.clone(), request.url.as_str())
        .insert_header((USER_AGENT, concat!("clerk-actix/", env!("CARGO_PKG_VERSION"))))
        .insert_header((ACCEPT, "application/json"))
        // Without this header every coding is acceptable (RFC 9110, section 12.5.3), and awc decodes none.
        .insert_header((ACCEPT_ENCODING, "identity"))
        .insert_header(("clerk-api-version", API_VERSION));
    if let Some(authorization) = &request.authorization {
        call = call.insert_header((AUTHORIZATION, authorization.clone()));
    }
    let call = match &request.body {
        Some(body) => call.send_json(body),
        None => call.send(),
    };
    let mut response = call.await.map_err(|error| match error {
        SendRequestError::Connect(error) => why_not_connected(&error),
        SendRequestError::Timeout => TransportError::Timeout,
        SendRequestError::Http(_) | SendRequestError::Url(_) => TransportError::Header,
        _ => TransportError::Connection,
    })?;
    let retry_after = retry_after(response.headers());
    let ray = response.headers().get("cf-ray").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let content_type = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_json = content_type.is_some_and(is_json);
    if response.headers().get_all(CONTENT_ENCODING).any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(TransportError::Encoded);
    }
    let status = response.status().as_u16();
    let body = response.body().limit(request.max_body).await.map_err(|error| match error {
        PayloadError::Overflow => TransportError::TooLarge,
        _ => TransportError::Body,
    })?;
    Ok(ApiResponse { status, retry_after, ray, is_json, body: body.to_vec() })
}

/// Whether a `Content-Type` says JSON, whatever its parameters.
fn is_json(content_type: &[u8]) -> bool {
    let media_type = content_type.split(|&byte| byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

/// In whole seconds, as Clerk writes it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn why_not_connected(error: &ConnectError) -> TransportError {
    let is_tls = |error: &std::io::Error| error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    match error {
        ConnectError::Resolver(_) | ConnectError::NoRecords | ConnectError::Unresolved => TransportError::Resolve,
        ConnectError::Timeout => TransportError::Timeout,
        ConnectError::Io(error) if is_tls(error) => TransportError::Tls,
        ConnectError::Disconnected => TransportError::Connection,
        _ => TransportError::Connect,
    }
}

/// Marked as sensitive: awc prints whole requests at its most talkative, and HTTP/2 remembers headers.
fn bearer(Authorization(key): Authorization<'_>) -> Result<HeaderValue, TransportError> {
    let text = format!("Bearer {key}");
    let mut value = HeaderValue::try_from(text).map_err(|_| TransportError::Header)?;
    value.set_sensitive(true);
    Ok(value)
}

/// awc's connector, as it is made, may ask rustls for the process's default provider, which panics where an
/// application has none and more than one is compiled in. A choice that was made already stands.
fn install_crypto_provider() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = aws_lc_rs::default_provider().install_default();
    }
}

/// Made once for the process: reading the system's certificates takes a while.
fn tls_config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let make = || {
        let builder = match ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
        {
            Ok(builder) => builder,
            // aws-lc-rs speaks both versions, so this is not reached; rustls's own choice will do.
            Err(_) => ClientConfig::builder(),
        };
        let mut config = builder.with_root_certificates(root_certificates()).with_no_client_auth();
        // HTTP/2 is not offered, as the reference does not: a connection that goes silent would take all calls along, and
        // awc neither notices nor tells calls that were never sent from others.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    };
    Arc::clone(CONFIG.get_or_init(make))
}

#[cfg(not(feature = "native-roots"))]
fn root_certificates() -> RootCertStore {
    RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }
}

#[cfg(feature = "native-roots")]
fn root_certificates() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "a root certificate of this system could not be read");
    }
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::error!(
            ignored,
            "this system has no root certificates: calls to Clerk will fail; install ca-certificates"
        );
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_secret_key_does_not_print_with_its_header() {
        let value = bearer((&SecretKey::parse("sk_test_verysecret").unwrap()).into()).unwrap();
        assert_eq!(value.as_bytes(), b"Bearer sk_test_verysecret");
        assert_eq!(format!("{value:?}"), "Sensitive");
    }
}
