//! A Backend API over TLS whose connections fail on demand.
//!
//! It speaks HTTP/2 or HTTP/1.1 as the client chooses. Its responses come from a `LocalClerk` behind it.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use clerk_actix::{ClerkConfigBuilder, testing::LocalClerk};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::certificate::Authority;

pub struct StandIn {
    pub clerk: Arc<LocalClerk>,
    pub address: SocketAddr,
    seen: Arc<Seen>,
    failure: watch::Sender<Failure>,
}

/// The effect on the connections that are open at the time. Later connections work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing yet.
    None,
    /// They are closed, like idle connections that a server drops after a while.
    Closed,
    /// They are closed, without a response, when the next call has been read: the call crosses the server's close.
    ClosedByTheNextCall,
    /// They stay open, and all calls are read but get no response.
    Silent,
    /// HTTP/2's signal that a connection takes no more calls; in HTTP/1.1, a close.
    GoAway,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    turned_away: AtomicUsize,
    open: watch::Sender<usize>,
    protocols: Mutex<Vec<String>>,
}

impl StandIn {
    pub fn start(authority: &Authority) -> Self {
        Self::start_at(authority, "127.0.0.1:0").unwrap()
    }

    pub fn start_at(authority: &Authority, address: &str) -> io::Result<Self> {
        let (certificate, key) = authority.issue();
        let tls = tls_with(certificate, key);
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let clerk = Arc::new(LocalClerk::start_production().unwrap());
        clerk.clock().freeze();
        let (failure, seen) = (watch::Sender::new(Failure::None), Arc::new(Seen::default()));
        let backend = clerk.api_url().strip_prefix("http://").unwrap().parse().unwrap();
        let (failures, counting) = (failure.clone(), Arc::clone(&seen));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(accept(listener, tls, backend, failures, counting));
        });
        Ok(Self { clerk, address, seen, failure })
    }

    pub fn config_builder(&self) -> ClerkConfigBuilder {
        self.config_builder_at(&format!("https://{}", self.address))
    }

    pub fn config_builder_at(&self, api_url: &str) -> ClerkConfigBuilder {
        self.clerk.config_builder().api_url(api_url).machine_secret_key(self.clerk.machine_secret_key())
    }

    /// Returns when it has happened.
    pub async fn fail(&self, failure: Failure) {
        self.failure.send_replace(failure);
        if matches!(failure, Failure::Closed | Failure::GoAway) {
            self.seen.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
        }
    }

    /// Closes the next connections before TLS begins.
    pub fn turn_away(&self, connections: usize) {
        self.seen.turned_away.store(connections, SeqCst);
    }

    /// Returns the number of connections made so far.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(SeqCst)
    }

    /// Returns the protocols that they use.
    pub fn protocols(&self) -> Vec<String> {
        self.seen.protocols.lock().unwrap().clone()
    }
}

/// A server's end of TLS with this certificate. It speaks HTTP/2 or HTTP/1.1 as the client chooses.
pub fn tls_with(certificate: CertificateDer<'static>, key: PrivatePkcs8KeyDer<'static>) -> TlsAcceptor {
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = builder.with_single_cert(vec![certificate], key.into()).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(
    listener: std::net::TcpListener,
    tls: TlsAcceptor,
    backend: SocketAddr,
    failures: watch::Sender<Failure>,
    seen: Arc<Seen>,
) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (tcp, _) = listener.accept().await.unwrap();
        seen.connections.fetch_add(1, SeqCst);
        if seen.turned_away.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            continue;
        }
        let (tls, failure, seen) = (tls.clone(), failures.subscribe(), Arc::clone(&seen));
        tokio::spawn(async move {
            seen.open.send_modify(|open| *open += 1);
            if let Ok(stream) = tls.accept(tcp).await {
                let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
                let protocol = String::from_utf8(protocol).unwrap();
                let is_http2 = protocol == "h2";
                seen.protocols.lock().unwrap().push(protocol);
                // Ending a connection early is what the tests are about.
                let _ = if is_http2 {
                    serve_http2(stream, backend, failure).await.map_err(io::Error::other)
                } else {
                    serve_http1(stream, backend, failure).await
                };
            }
            seen.open.send_modify(|open| *open -= 1);
        });
    }
}

async fn serve_http1(
    mut client: TlsStream<TcpStream>,
    backend: SocketAddr,
    mut failure: watch::Receiver<Failure>,
) -> io::Result<()> {
    let (mut asked, mut fails) = (Vec::new(), Failure::None);
    loop {
        tokio::select! {
            changed = failure.changed() => {
                fails = *failure.borrow();
                match fails {
                    _ if changed.is_err() => return pending().await,
                    Failure::Closed | Failure::GoAway => return client.shutdown().await,
                    Failure::None | Failure::Silent | Failure::ClosedByTheNextCall => {}
                }
            }
            read = client.read_buf(&mut asked) => if read? == 0 {
                return Ok(());
            },
        }
        if failure.has_changed().unwrap_or(false) {
            fails = *failure.borrow_and_update();
        }
        while let Some((head, body)) = take_call(&mut asked) {
            match fails {
                Failure::ClosedByTheNextCall => return client.shutdown().await,
                Failure::Silent => continue,
                _ => {}
            }
            let (status, answer) = ask(backend, &head, &body).await.map_err(io::Error::other)?;
            let length = answer.len();
            let head =
                format!("HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n");
            client.write_all(format!("{head}{answer}").as_bytes()).await?;
        }
    }
}

/// Takes a complete call: its head without the last line end, and its body.
fn take_call(asked: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let end = asked.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8(asked[..end].to_vec()).unwrap().to_ascii_lowercase();
    let length = head.split("\r\n").find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    if asked.len() < end + 4 + length {
        return None;
    }
    let head = String::from_utf8(asked[..end].to_vec()).unwrap();
    let body = asked[end + 4..end + 4 + length].to_vec();
    asked.drain(..end + 4 + length);
    Some((head, body))
}

/// Returns Clerk's response: its status and body.
async fn ask(
    backend: SocketAddr,
    head: &str,
    body: &[u8],
) -> Result<(String, String), Box<dyn std::error::Error + Send + Sync>> {
    let mut server = TcpStream::connect(backend).await?;
    server.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes()).await?;
    server.write_all(body).await?;
    let mut answer = String::new();
    server.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    let status = head.split(' ').nth(1).ok_or("no status")?;
    Ok((status.to_owned(), body.to_owned()))
}

async fn serve_http2(
    client: TlsStream<TcpStream>,
    backend: SocketAddr,
    mut failure: watch::Receiver<Failure>,
) -> Result<(), h2::Error> {
    let mut connection = h2::server::handshake(client).await?;
    let mut fails = Failure::None;
    loop {
        tokio::select! {
            changed = failure.changed() => {
                fails = *failure.borrow();
                match fails {
                    _ if changed.is_err() => return pending().await,
                    Failure::Closed => return Ok(()),
                    Failure::Silent => return pending().await,
                    Failure::GoAway => connection.graceful_shutdown(),
                    Failure::None | Failure::ClosedByTheNextCall => {}
                }
            }
            accepted = connection.accept() => match accepted {
                None => return Ok(()),
                Some(_) if fails == Failure::ClosedByTheNextCall => return Ok(()),
                Some(accepted) => {
                    let (request, respond) = accepted?;
                    tokio::spawn(async move { relay(request, respond, backend).await.unwrap() });
                }
            },
        }
    }
}

/// Sends over HTTP/1.1 a request that came over HTTP/2.
async fn relay(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<actix_web::web::Bytes>,
    backend: SocketAddr,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let (head, mut body) = request.into_parts();
    let mut sent = Vec::new();
    while let Some(part) = body.data().await {
        sent.extend_from_slice(&part?);
    }
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut asked = format!("{} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}", head.method, sent.len());
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != "content-length") {
        asked.push_str(&format!("\r\n{name}: {}", value.to_str()?));
    }
    let (status, body) = ask(backend, &asked, &sent).await?;
    let response =
        http::Response::builder().status(status.as_str()).header("content-type", "application/json").body(())?;
    respond.send_response(response, false)?.send_data(body.into(), true)?;
    Ok(())
}
