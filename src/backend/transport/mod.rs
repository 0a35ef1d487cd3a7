//! The transport: one HTTP call to Clerk over awc, with limits on time and size.

mod addresses;
mod attempt;
mod budget;
mod call;
mod connection;
mod error;
mod forward;
mod message;
mod network;
mod origin;
mod pool;
mod proxy;
mod thread;
mod tls;
#[cfg(feature = "backend-api")]
mod upload;

use std::{
    fmt,
    pin::pin,
    sync::OnceLock,
    time::{Duration, Instant},
};

use futures_util::future::{Either, select};
use tokio::time::sleep;
use url::Url;

#[cfg(feature = "__internal-bench")]
pub(crate) use self::forward::{head_of_request, read_response};
#[cfg(feature = "__internal-bench")]
pub(crate) use self::network::Network;
#[cfg(not(feature = "__internal-bench"))]
use self::network::Network;
#[cfg(feature = "backend-api")]
pub(crate) use self::upload::Upload;
pub(crate) use self::{
    budget::Budget,
    error::TransportError,
    forward::{ForwardRequest, Forwarded, Outgoing, OutgoingLength},
    message::{ANY, ApiRequest, ApiResponse, Authorization, Body, JSON, MAX_HANDLER_BODY, MAX_SMALL_BODY, Report},
    tls::Roots,
};
use self::{call::Call, origin::Origin, thread::Thread};
use crate::{
    clock::Clock,
    observe::{ClerkCall, Event},
};

/// Makes the calls to Clerk, on one thread for the whole process. It can be used from any thread, with any runtime or
/// none, and all futures are `Send`.
#[derive(Clone, Copy)]
pub(crate) struct Transport(&'static Process);

struct Process {
    thread: Thread,
    network: OnceLock<Network>,
}

static PROCESS: Process = Process { thread: Thread::new(), network: OnceLock::new() };

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

impl Transport {
    /// Returns the process's only client. Its thread starts with the first call.
    pub(crate) fn new() -> Self {
        Self(&PROCESS)
    }

    /// Makes one call, over a connection from the budget's own pool.
    pub(crate) async fn send(&self, budget: Budget, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        let unfinished = Unfinished { report: Some(request.report.clone()), started: Instant::now() };
        let answer = self.answer(budget, request).await;
        unfinished.end(&answer);
        answer
    }

    async fn answer(&self, budget: Budget, request: ApiRequest<'_>) -> Result<ApiResponse, TransportError> {
        let (call, network) = (Call::new(budget, request)?, self.0.network.get_or_init(Network::default));
        let answer = self.0.thread.run(move || call.answer(network)).await;
        answer.unwrap_or(Err(TransportError::NotMade))
    }

    /// Returns the root certificates that calls to Clerk trust. Reads the system's certificates, on the transport's
    /// thread, if no call has done so yet.
    pub(crate) async fn roots(&self) -> Option<Roots> {
        let network = self.0.network.get_or_init(Network::default);
        self.0.thread.run(move || async { network.roots() }).await.flatten()
    }

    /// Creates a future on the transport's thread and runs it to completion, even if no caller waits for it. It must
    /// not block.
    pub(crate) fn spawn<F: Future<Output = ()> + 'static>(&self, make: impl FnOnce() -> F + Send + 'static) {
        self.0.thread.spawn(make);
    }

    /// Sleeps on the transport's timer, so the caller needs no timer.
    pub(crate) async fn sleep(&self, time: Duration) {
        self.0.thread.run(move || sleep(time)).await;
    }

    /// Returns the future's output, or `None` if it takes longer than `time`.
    pub(crate) async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        match select(pin!(future), pin!(self.sleep(time))).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }
}

/// A call that is not over. One that nobody waits for any longer, because its time is up, counts as timed out.
struct Unfinished {
    report: Option<Report>,
    started: Instant,
}

impl Unfinished {
    fn end(mut self, answer: &Result<ApiResponse, TransportError>) {
        if let Some(report) = self.report.take() {
            report.end(answer, self.started.elapsed());
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(report) = self.report.take() {
            report.end(&Err(TransportError::Timeout), self.started.elapsed());
        }
    }
}

impl Report {
    fn end(&self, answer: &Result<ApiResponse, TransportError>, duration: Duration) {
        let (status, error) = match answer {
            Ok(response) => (Some(response.status), "none"),
            Err(error) => (None, error.code()),
        };
        let call = ClerkCall { endpoint: self.endpoint, status, error, attempt: self.attempt, duration };
        self.observers.notify(&Event::ClerkCall(call), Clock::System.now());
    }
}

/// Logs the proxy that calls to the configuration's API go through, if any, when the configuration is built.
pub(crate) fn announce_proxy(api_url: &Url) {
    match proxy_in_use(api_url) {
        Ok(None) => {}
        Ok(Some(said)) => tracing::info!("{said}"),
        Err(said) => tracing::warn!("{said}"),
    }
}

/// Returns a line about the proxy that calls to this URL go through: `None` for direct connections, and an error if a
/// variable names a proxy that cannot be used.
pub(crate) fn proxy_in_use(url: &Url) -> Result<Option<String>, String> {
    let network = PROCESS.network.get_or_init(Network::default);
    match Origin::of(url) {
        Some(origin) => proxy::announcement(&origin, |name| network.variable(name)),
        None => Ok(None),
    }
}

/// Replaces the network of the process's transport, if no call has been made yet.
#[cfg(feature = "__internal-bench")]
pub(crate) fn set_network(network: Network) -> bool {
    PROCESS.network.set(network).is_ok()
}
