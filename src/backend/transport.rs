//! The transport: one bounded HTTP call to Clerk, over awc.

use std::{
    cell::RefCell,
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix_web::{
    http::{
        Method,
        header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT},
    },
    rt::{System, time::timeout},
};
use awc::{
    Client, Connector,
    error::{ConnectError, PayloadError, SendRequestError},
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use serde_json::Value;
use tokio::runtime;
use url::Url;

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
    #[error("the connection failed")]
    Connection,
}

/// One worker's connections to Clerk. awc's connections belong to the thread that made them.
#[derive(Clone)]
pub(crate) struct HttpClient {
    /// For keys alone: whatever browsers make this server ask, verifying tokens does not wait behind it.
    keys: Client,
    /// For machine tokens alone: API clients do not wait behind browsers, nor the other way round.
    machine_tokens: Client,
    /// For what handlers ask: their calls do not wait behind browsers either.
    handlers: Client,
    calls: Client,
}

thread_local! {
    /// The connections of this thread, and the runtime that they live in: on another one, as in a thread's next test, they
    /// would be dead.
    static OF_THIS_THREAD: RefCell<Option<(runtime::Id, HttpClient)>> = const { RefCell::new(None) };
}

/// Why there are no connections: awc's need a runtime like Actix's, where what never leaves its thread can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutsideActix;

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    fn new() -> Self {
        install_crypto_provider();
        Self { keys: client(), machine_tokens: client(), handlers: client(), calls: client() }
    }

    /// The connections of this worker, for code that Actix itself calls.
    pub(crate) fn of_this_worker() -> Self {
        match runtime::Handle::try_current() {
            Ok(runtime) => remembered(runtime.id()).unwrap_or_else(|| remember(runtime.id())),
            Err(_) => Self::new(),
        }
    }

    /// The same for code that anybody may call from anywhere. Under Tokio's own `main`, a worker has no Actix system: it is
    /// known by what Actix has called there before.
    pub(crate) fn of_this_thread() -> Result<Self, OutsideActix> {
        let runtime = runtime::Handle::try_current().map_err(|_| OutsideActix)?;
        let is_actix = System::try_current().is_some()
            && matches!(runtime.runtime_flavor(), runtime::RuntimeFlavor::CurrentThread);
        remembered(runtime.id()).or_else(|| is_actix.then(|| remember(runtime.id()))).ok_or(OutsideActix)
    }

    /// A call for signing keys.
    pub(super) async fn send_for_keys(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        timeout(request.timeout, send(&self.keys, request)).await.unwrap_or(Err(TransportError::Timeout))
    }

    /// A call to verify a machine token.
    pub(super) async fn send_for_machine_token(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        timeout(request.timeout, send(&self.machine_tokens, request)).await.unwrap_or(Err(TransportError::Timeout))
    }

    /// A call that a handler makes.
    pub(super) async fn send_for_handler(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        timeout(request.timeout, send(&self.handlers, request)).await.unwrap_or(Err(TransportError::Timeout))
    }

    /// Any other call. awc has at most 100 of them under way, and the rest wait for their turn or their time-out.
    pub(super) async fn send(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        timeout(request.timeout, send(&self.calls, request)).await.unwrap_or(Err(TransportError::Timeout))
    }
}

fn remembered(runtime: runtime::Id) -> Option<HttpClient> {
    OF_THIS_THREAD.with_borrow(|known| known.as_ref().filter(|(of, _)| *of == runtime).map(|(_, http)| http.clone()))
}

fn remember(runtime: runtime::Id) -> HttpClient {
    let http = HttpClient::new();
    OF_THIS_THREAD.set(Some((runtime, http.clone())));
    http
}

fn client() -> Client {
    let connector =
        Connector::new().rustls_0_23(tls_config()).timeout(CONNECT_TIMEOUT).handshake_timeout(CONNECT_TIMEOUT);
    // A redirect would take the secret key along to wherever it points.
    Client::builder().connector(connector).disable_timeout().disable_redirects().finish()
}

async fn send(client: &Client, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
    let mut call = client
        .request(request.method, request.url.as_str())
        .insert_header((USER_AGENT, concat!("clerk-actix/", env!("CARGO_PKG_VERSION"))))
        .insert_header((ACCEPT, "application/json"))
        .insert_header(("clerk-api-version", API_VERSION));
    if let Some(authorization) = request.authorization {
        call = call.insert_header((AUTHORIZATION, bearer(authorization)?));
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
    let is_json = content_type.is_some_and(|value| value.starts_with(b"application/json"));
    let status = response.status().as_u16();
    let body = response.body().limit(request.max_body).await.map_err(|error| match error {
        PayloadError::Overflow => TransportError::TooLarge,
        _ => TransportError::Body,
    })?;
    Ok(ApiResponse { status, retry_after, ray, is_json, body: body.to_vec() })
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
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
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
    fn the_secret_key_does_not_print_with_its_header() {
        let value = bearer((&SecretKey::parse("sk_test_verysecret").unwrap()).into()).unwrap();
        assert_eq!(value.as_bytes(), b"Bearer sk_test_verysecret");
        assert_eq!(format!("{value:?}"), "Sensitive");
    }
}
