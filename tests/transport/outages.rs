//! Outages of TLS between a server and Clerk.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use clerk_actix::testing::LocalClerk;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    NETWORK,
    certificate::Authority,
    stand_in::tls_with,
    support::{
        local_clerk,
        outages::{Cause, go_through},
        seconds,
    },
};

#[derive(Clone)]
enum Fault {
    /// A certificate that does not count.
    Presents(TlsAcceptor),
    /// The connection closes when TLS begins.
    BreaksOff,
    /// No answer to the first message of TLS.
    Silent,
    /// An answer that is not TLS, as of a server that speaks plain HTTP.
    Plain,
}

fn presents((certificate, key): (CertificateDer<'static>, PrivatePkcs8KeyDer<'static>)) -> Fault {
    Fault::Presents(tls_with(certificate, key))
}

/// A wire to Clerk with TLS at its near end.
struct TlsWire {
    address: SocketAddr,
    fault: Fault,
    state: Arc<State>,
}

struct State {
    /// Each change of it ends the connections that are open.
    now: watch::Sender<Option<Fault>>,
    lost: watch::Sender<u64>,
}

impl TlsWire {
    fn to(clerk: &LocalClerk, fault: Fault) -> Self {
        let (certificate, key) = NETWORK.authority.issue();
        let works = tls_with(certificate, key);
        let clerk = clerk.api_url().strip_prefix("http://").unwrap().parse().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { now: watch::Sender::new(None), lost: watch::Sender::new(0) });
        let of_the_listener = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (state, works) = (Arc::clone(&of_the_listener), works.clone());
                    tokio::spawn(async move { state.carry(stream, clerk, works).await });
                }
            });
        });
        Self { address, fault, state }
    }
}

impl State {
    async fn carry(&self, stream: TcpStream, clerk: SocketAddr, works: TlsAcceptor) {
        let mut changes = self.now.subscribe();
        let fault = changes.borrow_and_update().clone();
        let connection = async {
            match fault {
                None => pass_on(stream, clerk, works).await,
                Some(fault) => {
                    self.lost.send_modify(|lost| *lost += 1);
                    fail(stream, clerk, fault).await
                }
            }
        };
        tokio::select! {
            _ = connection => {}
            _ = changes.changed() => {}
        }
    }
}

async fn pass_on(stream: TcpStream, clerk: SocketAddr, tls: TlsAcceptor) -> std::io::Result<()> {
    let mut stream = tls.accept(stream).await?;
    copy_bidirectional(&mut stream, &mut TcpStream::connect(clerk).await?).await?;
    Ok(())
}

async fn fail(mut stream: TcpStream, clerk: SocketAddr, fault: Fault) -> std::io::Result<()> {
    match fault {
        // A client that accepts the certificate gets Clerk's answers.
        Fault::Presents(tls) => pass_on(stream, clerk, tls).await,
        Fault::BreaksOff => stream.read_u8().await.map(drop),
        Fault::Silent => pending().await,
        Fault::Plain => stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await,
    }
}

impl Cause for TlsWire {
    fn begin(&self, _: &LocalClerk) {
        self.state.now.send_replace(Some(self.fault.clone()));
    }

    fn end(&self, _: &LocalClerk) {
        self.state.now.send_replace(None);
    }

    fn lost(&self) -> u64 {
        *self.state.lost.borrow()
    }
}

#[actix_web::test]
async fn faults_of_tls_and_what_each_request_gets() {
    let (long, short) = (seconds(10), Duration::from_millis(150));
    let authority = &NETWORK.authority;
    for (name, fault, timeout) in [
        ("a certificate of an unknown authority", presents(Authority::new().issue()), long),
        ("a certificate for another name", presents(authority.issue_for_another_name()), long),
        ("a certificate that has expired", presents(authority.issue_expired()), long),
        ("a connection that closes when TLS begins", Fault::BreaksOff, long),
        ("no answer to the first message of TLS", Fault::Silent, short),
        ("something that does not speak TLS", Fault::Plain, long),
    ] {
        let clerk = local_clerk();
        let wire = TlsWire::to(&clerk, fault);
        let url = format!("https://{}", wire.address);
        go_through(name, clerk, wire, |clerk| clerk.config_builder().api_url(&url), timeout).await;
    }
}
