//! The transport: one bounded HTTP call to Clerk, over awc.

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
    #[error("no connection in time")]
    ConnectTimeout,
    #[error("the proxy that HTTPS_PROXY or ALL_PROXY names does not answer as one")]
    Proxy,
    #[error("the proxy that HTTPS_PROXY or ALL_PROXY names refused the connection with status {0}")]
    ProxyRefused(u16),
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

impl TransportError {
    /// Whether nothing of the call has left this server: Clerk cannot have carried it out.
    pub(super) fn was_never_sent(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::ConnectTimeout | Self::Proxy | Self::ProxyRefused(_) | Self::Resolve | Self::Tls
        )
    }
}

/// How calls to Clerk are made: by one thread for the whole process. Any thread may ask, with any runtime or none, and all
/// futures are `Send`.
#[derive(Clone, Copy)]
pub(crate) struct HttpClient(&'static Transport);

struct Transport {
    thread: Thread,
    network: OnceLock<Network>,
}

static TRANSPORT: Transport = Transport { thread: Thread::new(), network: OnceLock::new() };

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

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpClient")
    }
}

impl HttpClient {
    /// The process's only one, which starts with the first call.
    pub(crate) fn new() -> Self {
        Self(&TRANSPORT)
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
        let (call, network) = (Call::new(budget, request)?, self.0.network.get_or_init(Network::default));
        let answer = self.0.thread.run(move || call.answer(network)).await;
        answer.unwrap_or(Err(TransportError::NotMade))
    }

    /// Makes a future on the transport's thread and drives it to its end, whoever waits for it. It must not block.
    pub(super) fn spawn<F: Future<Output = ()> + 'static>(&self, make: impl FnOnce() -> F + Send + 'static) {
        self.0.thread.spawn(make);
    }

    /// Waits, by the transport's timer: the caller need not have one.
    pub(super) async fn sleep(&self, time: Duration) {
        self.0.thread.run(move || sleep(time)).await;
    }

    /// What comes of the future, unless it takes longer.
    pub(super) async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(pin!(future), pin!(self.sleep(time))).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }
}

/// Says, when a configuration is made, by which way calls to its API go if that is not the direct one.
pub(crate) fn announce_proxy(api_url: &Url) {
    let network = TRANSPORT.network.get_or_init(Network::default);
    let Some(origin) = Origin::of(api_url) else { return };
    match proxy::announcement(&origin, |name| network.variable(name)) {
        Ok(None) => {}
        Ok(Some(said)) => tracing::info!("{said}"),
        Err(said) => tracing::warn!("{said}"),
    }
}

/// Gives the process's transport another network, if no call has been made yet.
#[cfg(feature = "internal-bench")]
pub(crate) fn set_network(network: Network) -> bool {
    TRANSPORT.network.set(network).is_ok()
}
