//! A streamed call on the caller's own thread: what the Frontend API proxy passes on.
//!
//! Other calls are made on the transport's thread, by awc. These are not, for two reasons.
//!
//! Connections cannot leave the thread that made them, so each part of a body, in either direction, would need a channel
//! and would wake a second thread, and the assets and uploads of all workers would share one processor. The callers here
//! are always Actix workers, each of which keeps its own connections, made by the same connector: the same TLS, proxy
//! from the environment, and race of addresses.
//!
//! And awc 3.11 does not stream: it keeps up to 8 KiB of an upload until more of it or its end comes, it reads no
//! response before the whole upload is sent, and it takes a chunked download that breaks off for a complete one. It also
//! takes an informational response for the final one, and a response that ends with its connection for an empty one.

mod exchange;
mod framing;
mod head;
mod idle;
mod outgoing;

use awc::http::{Method, header::HeaderMap};
use tokio::task::yield_now;
use url::Url;

pub(crate) use self::{
    exchange::Forwarded,
    outgoing::{Outgoing, OutgoingLength},
};
use self::{exchange::exchange, head::request_head, idle::Idle};
use super::{
    Transport,
    attempt::{Attempt, FailedAttempt},
    connection::Connector,
    error::TransportError,
    network::Network,
    origin::{Origin, host_header},
};

/// Returns the head that would be sent for a request, for a fuzzer.
#[cfg(feature = "__internal-bench")]
pub(crate) fn head_of_request(method: &Method, url: &Url, headers: &HeaderMap) -> Option<Vec<u8>> {
    let host = host_header(url)?;
    Some(request_head(method.as_str(), url, host.as_bytes(), headers, None).to_vec())
}

/// Reads a response that arrives in pieces of this many bytes, for a fuzzer: its status, and as much of its body as there
/// is; nothing if it is malformed or its head is not complete.
#[cfg(feature = "__internal-bench")]
pub(crate) fn read_response(bytes: &[u8], is_head: bool, step: usize) -> Option<(u16, Vec<u8>)> {
    let (mut received, mut pieces) = (actix_web::web::BytesMut::new(), bytes.chunks(step.max(1)));
    let head = loop {
        received.extend_from_slice(pieces.next()?);
        if let Some(head) = head::response_head(&mut received, is_head).ok()? {
            break head;
        }
    };
    let (mut decoder, mut body) = (head.framing.decoder(), Vec::new());
    loop {
        match decoder.next(&mut received).ok()? {
            framing::Next::Part(part) => body.extend_from_slice(&part),
            framing::Next::End => return Some((head.status, body)),
            framing::Next::More => match pieces.next() {
                Some(piece) => received.extend_from_slice(piece),
                None => return Some((head.status, body)),
            },
        }
    }
}

/// A request to pass on. The connection goes to the host of `url` and to no other, and redirects are not followed.
pub(crate) struct ForwardRequest<'f> {
    pub(crate) method: &'f Method,
    pub(crate) url: &'f Url,
    /// All headers except `Host`, those that frame the body, and those of the connection.
    pub(crate) headers: &'f HeaderMap,
    /// Makes the body for an attempt; `None` if there is none.
    pub(crate) body: &'f dyn Fn() -> Option<Outgoing>,
    /// Returns whether some of the body has been read, so that the call cannot be made again.
    pub(crate) is_body_touched: &'f dyn Fn() -> bool,
}

impl Transport {
    /// Passes a request on and returns the response as soon as its headers are here. Dropping the future ends the call.
    /// There is no time limit, except for connecting. Must be called on an Actix worker.
    ///
    /// As other calls, it is repeated once if a kept connection turns out to be closed, and nothing is lost by that.
    pub(crate) async fn forward(&self, request: ForwardRequest<'_>) -> Result<Forwarded, TransportError> {
        let network = self.0.network.get_or_init(Network::default);
        let (Some(origin), Some(host)) = (Origin::of(request.url), host_header(request.url)) else {
            return Err(TransportError::Header);
        };
        let connector = Connector { origin, network };
        // Lets the runtime poll the sockets, so that a kept connection that the server has closed is known to be.
        yield_now().await;
        let failed = match attempt(&connector, &request, host.as_bytes()).await {
            Ok(forwarded) => return Ok(forwarded),
            Err(failed) => failed,
        };
        if failed.discredits_kept_connections() {
            Idle::forget(&connector.origin);
        }
        if (request.is_body_touched)() || !failed.is_worth_repeating(request.method.is_safe()) {
            return Err(failed.error);
        }
        attempt(&connector, &request, host.as_bytes()).await.map_err(|failed| failed.error)
    }
}

async fn attempt(connector: &Connector, request: &ForwardRequest<'_>, host: &[u8]) -> Result<Forwarded, FailedAttempt> {
    Attempt::make(async {
        let connection = match Idle::take(&connector.origin) {
            Some(connection) => connection,
            None => {
                Attempt::connects();
                let connection = Idle::new(connector.connect().await?);
                Attempt::is_connected();
                connection
            }
        };
        let outgoing = (request.body)();
        let length = outgoing.as_ref().map(|outgoing| outgoing.length);
        let head = request_head(request.method.as_str(), request.url, host, request.headers, length);
        exchange(connection, &connector.origin, *request.method == Method::HEAD, head, outgoing).await
    })
    .await
}
