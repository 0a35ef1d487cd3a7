//! One connection to Clerk: address lookup, proxy, TLS, and tracking of the bytes sent.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_tls::connect::{ConnectError, ConnectInfo, Connection};
use actix_web::{
    dev::Service,
    rt::net::{ActixStream, Ready, TcpStream},
};
use awc::http::Uri;
use futures_util::future::LocalBoxFuture;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::lookup_host,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

use super::{
    addresses::first_connection, attempt::Attempt, error::TransportError, network::Network, origin::Origin,
    proxy::Proxy,
};

/// For resolving the addresses and connecting to one of them; the same again for TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Makes the connections to one origin when awc's pool asks for them.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) origin: Origin,
    pub(super) network: &'static Network,
}

impl Service<ConnectInfo<Uri>> for Connector {
    type Response = Connection<Uri, Stream>;
    type Error = ConnectError;
    type Future = LocalBoxFuture<'static, Result<Self::Response, ConnectError>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, info: ConnectInfo<Uri>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            Attempt::connects();
            let stream = this.connect().await.map_err(|error| ConnectError::Io(io::Error::other(error)))?;
            Attempt::is_connected();
            Ok(Connection::new(info.request().clone(), stream))
        })
    }
}

impl Connector {
    pub(super) async fn connect(&self) -> Result<Stream, TransportError> {
        let in_time = |_| TransportError::ConnectTimeout;
        let tcp = timeout(CONNECT_TIMEOUT, self.tunnel()).await.map_err(in_time)??;
        if !self.origin.is_tls {
            return Ok(Stream::Plain(Tcp(tcp)));
        }
        let (Some(name), Some(config)) = (self.origin.server_name(), self.network.tls()) else {
            return Err(TransportError::Tls);
        };
        let handshake = timeout(CONNECT_TIMEOUT, TlsConnector::from(config).connect(name, Tcp(tcp)));
        match handshake.await.map_err(in_time)? {
            Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
            Err(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => Err(TransportError::Tls),
            Err(_) => Err(TransportError::Connect),
        }
    }

    /// Connects to the origin, through a proxy if there is one.
    async fn tunnel(&self) -> Result<TcpStream, TransportError> {
        let Origin { host, port, .. } = &self.origin;
        // An unusable proxy was logged at startup.
        match Proxy::of(&self.origin, |name| self.network.variable(name)) {
            Ok(Some(proxy)) => {
                let mut stream = self.reach(&proxy.host, proxy.port).await?;
                proxy.open_tunnel(&mut stream, &self.origin).await?;
                Ok(stream)
            }
            Ok(None) | Err(_) => self.reach(host, *port).await,
        }
    }

    async fn reach(&self, host: &Host, port: u16) -> Result<TcpStream, TransportError> {
        let addresses = match host {
            Host::Ipv4(ip) => vec![(*ip, port).into()],
            Host::Ipv6(ip) => vec![(*ip, port).into()],
            Host::Domain(name) => match self.network.addresses(name) {
                Some(addresses) => addresses.to_vec(),
                None => {
                    let found = lookup_host((name.as_str(), port)).await;
                    found.map_err(|_| TransportError::Resolve)?.collect()
                }
            },
        };
        if addresses.is_empty() {
            return Err(TransportError::Resolve);
        }
        let stream = first_connection(addresses, TcpStream::connect).await.map_err(|_| TransportError::Connect)?;
        // A call is a few small writes, each of which should go out at once.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

/// A connection, as awc reads and writes it.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(Tcp),
    Tls(Box<TlsStream<Tcp>>),
}

/// A TCP connection that notifies the current attempt when bytes are sent.
#[derive(Debug)]
pub(super) struct Tcp(TcpStream);

impl AsyncRead for Tcp {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf).map(sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs).map(sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

fn sent(written: io::Result<usize>) -> io::Result<usize> {
    if matches!(written, Ok(1..)) {
        Attempt::has_sent();
    }
    written
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(Tcp(tcp)) => tcp,
            Self::Tls(tls) => &tls.get_ref().0.0,
        }
    }
}

impl ActixStream for Stream {
    fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_read_ready(self.tcp(), cx)
    }

    fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<Ready>> {
        ActixStream::poll_write_ready(self.tcp(), cx)
    }
}
