//! The transport: one HTTP call to Clerk over awc, with limits on time and size.

mod addresses;
mod attempt;
mod call;
mod connection;
mod network;
mod origin;
mod pool;
mod proxy;
mod thread;
mod tls;

use std::{fmt, pin::pin, sync::OnceLock, time::Duration};

use actix_web::http::Method;
use futures_util::future::{Either, select};
use serde_json::Value;
use tokio::time::sleep;
use url::Url;

#[cfg(feature = "internal-bench")]
pub(crate) use self::network::Network;
#[cfg(not(feature = "internal-bench"))]
use self::network::Network;
use self::{call::Call, origin::Origin, thread::Thread};
use crate::keys::{MachineSecretKey, SecretKey};

/// The maximum size of responses with a form that this crate knows: keys, verdicts, cookies. They take a few kilobytes,
/// and unknown clients can cause them.
pub(super) const MAX_SMALL_BODY: usize = 1 << 20;

/// The maximum size of responses to a handler's calls: a page of 500 users, each with 8 KiB of metadata of every kind,
/// takes 12 MiB.
pub(super) const MAX_HANDLER_BODY: usize = 16 << 20;

/// A call to Clerk's Backend API.
pub(super) struct ApiRequest<'c> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) authorization: Option<Authorization<'c>>,
    pub(super) body: Option<Value>,
    /// For the whole call, from connecting to the end of the body.
    pub(super) timeout: Duration,
    /// The maximum size of the response body, in bytes.
    pub(super) max_body: usize,
}

/// The key that a call is made with. It has no `Debug` output.
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

/// The response to a call.
#[derive(Clone, Debug, Default)]
pub(super) struct ApiResponse {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    /// Cloudflare's id of the call, for Clerk's support if the body has no id.
    pub(super) ray: Option<String>,
    /// Whether the `Content-Type` is JSON.
    pub(super) is_json: bool,
    pub(super) body: Vec<u8>,
}

impl ApiResponse {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// The reason why there is no response. Reveals nothing of what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TransportError {
    #[error("could not connect")]
    Connect,
    #[error("connecting timed out")]
    ConnectTimeout,
    #[error("the proxy in HTTPS_PROXY or ALL_PROXY does not respond like an HTTP proxy")]
    Proxy,
    #[error("the proxy in HTTPS_PROXY or ALL_PROXY rejected the connection with status {0}")]
    ProxyRefused(u16),
    #[error("the host name could not be resolved")]
    Resolve,
    #[error(
        "the TLS handshake failed: check that this server trusts the certificate (with the feature `native-roots`, it \
         trusts the system's root certificates)"
    )]
    Tls,
    #[error("no response in time")]
    Timeout,
    #[error("the secret key cannot be sent in a header")]
    Header,
    #[error("the response was cut off")]
    Body,
    #[error("the response was too large")]
    TooLarge,
    #[error(
        "the response is compressed, although the request did not accept that: check the proxy between this server \
         and CLERK_API_URL"
    )]
    Encoded,
    #[error("the connection failed")]
    Connection,
    #[error("the call was not made: its thread could not be started, or failed")]
    NotMade,
}

impl TransportError {
    /// Returns whether nothing of the call has left this server, so Clerk cannot have carried it out.
    pub(super) fn was_never_sent(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::ConnectTimeout | Self::Proxy | Self::ProxyRefused(_) | Self::Resolve | Self::Tls
        )
    }
}

/// Makes the calls to Clerk, on one thread for the whole process. It can be used from any thread, with any runtime or
/// none, and all futures are `Send`.
#[derive(Clone, Copy)]
pub(crate) struct HttpClient(&'static Transport);

struct Transport {
    thread: Thread,
    network: OnceLock<Network>,
}

static TRANSPORT: Transport = Transport { thread: Thread::new(), network: OnceLock::new() };

/// Separate connection pools, so that calls of one budget do not wait for those of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Budget {
    /// Signing keys only: verifying tokens never waits for calls that browsers cause.
    Keys,
    /// API clients do not wait for browsers, nor browsers for API clients.
    MachineTokens,
    /// Calls that handlers make.
    Handlers,
    /// Handshakes and refreshes.
    Browsers,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// Returns the process's only client. Its thread starts with the first call.
    pub(crate) fn new() -> Self {
        Self(&TRANSPORT)
    }

    /// Makes a call for signing keys.
    pub(super) async fn send_for_keys(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::Keys, request).await
    }

    /// Makes a call to verify a machine token.
    pub(super) async fn send_for_machine_token(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::MachineTokens, request).await
    }

    /// Makes a handler's call.
    pub(super) async fn send_for_handler(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::Handlers, request).await
    }

    /// Makes any other call.
    pub(super) async fn send(&self, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        self.call(Budget::Browsers, request).await
    }

    async fn call(&self, budget: Budget, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        let (call, network) = (Call::new(budget, request)?, self.0.network.get_or_init(Network::default));
        let answer = self.0.thread.run(move || call.answer(network)).await;
        answer.unwrap_or(Err(TransportError::NotMade))
    }

    /// Creates a future on the transport's thread and runs it to its end, even if no one waits for it. It must not
    /// block.
    pub(super) fn spawn<F: Future<Output = ()> + 'static>(&self, make: impl FnOnce() -> F + Send + 'static) {
        self.0.thread.spawn(make);
    }

    /// Sleeps on the transport's timer, so the caller needs no timer.
    pub(super) async fn sleep(&self, time: Duration) {
        self.0.thread.run(move || sleep(time)).await;
    }

    /// Returns the future's output, or `None` if it takes longer than `time`.
    pub(super) async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(pin!(future), pin!(self.sleep(time))).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }
}

/// Logs the proxy that calls to the configuration's API go through, if any, when the configuration is built.
pub(crate) fn announce_proxy(api_url: &Url) {
    let network = TRANSPORT.network.get_or_init(Network::default);
    let Some(origin) = Origin::of(api_url) else { return };
    match proxy::announcement(&origin, |name| network.variable(name)) {
        Ok(None) => {}
        Ok(Some(said)) => tracing::info!("{said}"),
        Err(said) => tracing::warn!("{said}"),
    }
}

/// Replaces the network of the process's transport, if no call has been made yet.
#[cfg(feature = "internal-bench")]
pub(crate) fn set_network(network: Network) -> bool {
    TRANSPORT.network.set(network).is_ok()
}
