//! Calls to Clerk over a failing network: closed and silent connections, dead addresses, a proxy.
//!
//! These tests need their own process, because they replace its network.

mod certificate;
mod outages;
mod proxy;
mod stand_in;
#[path = "../support/mod.rs"]
mod support;

use std::{net::SocketAddr, sync::LazyLock, time::Duration};

use actix_web::{App, test, web};
use clerk_actix::{
    ApiKey, ClerkClient, ClerkConfig, ClerkMiddleware, RequireAuth,
    client::NewApiKey,
    doctor::Status,
    internal_bench::use_network,
    testing::{self, Endpoint},
};
use tokio::net::{TcpSocket, TcpStream};

use self::{
    certificate::Authority,
    proxy::ConnectProxy,
    stand_in::{Failure, StandIn},
};

/// Shared by all tests of this process, because the process has a single transport.
struct Network {
    authority: Authority,
    /// At the second address of `https://dead-first.test`; the first never responds.
    behind_dead_address: StandIn,
    /// Only the proxy can resolve `https://proxied.test`.
    behind_proxy: StandIn,
    proxy: ConnectProxy,
    _dead: DeadAddress,
}

static NETWORK: LazyLock<Network> = LazyLock::new(|| {
    let authority = Authority::new();
    let dead = std::thread::spawn(DeadAddress::new).join().unwrap();
    let (behind_dead_address, behind_proxy) = (StandIn::start(&authority), StandIn::start(&authority));
    let proxy = ConnectProxy::start("proxied.test:443", behind_proxy.address);
    let hosts = [("dead-first.test".to_owned(), vec![dead.address, behind_dead_address.address])];
    let variables = [("HTTPS_PROXY", proxy.url()), ("NO_PROXY", "dead-first.test".to_owned())];
    let variables = variables.map(|(name, value)| (name.to_owned(), value));
    assert!(use_network(authority.certificate.clone(), hosts, variables));
    Network { authority, behind_dead_address, behind_proxy, proxy, _dead: dead }
});

/// An address whose connection queue is full: further connections are neither accepted nor refused.
struct DeadAddress {
    address: SocketAddr,
    _full: (std::net::TcpListener, Vec<std::net::TcpStream>),
}

impl DeadAddress {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let listener = socket.listen(1).unwrap();
            let address = listener.local_addr().unwrap();
            let mut waiting = Vec::new();
            // On this machine's own addresses, connections that fit into the queue succeed at once.
            while let Ok(stream) = tokio::time::timeout(Duration::from_millis(100), TcpStream::connect(address)).await {
                waiting.push(stream.unwrap().into_std().unwrap());
            }
            Self { address, _full: (listener.into_std().unwrap(), waiting) }
        })
    }
}

/// A kind of call, each with its own connections.
#[derive(Clone, Copy, Debug)]
enum Call {
    Keys,
    ApiKey,
    Get,
    /// A call that must not be carried out twice.
    Post,
}

impl Call {
    async fn make(self, stand_in: &StandIn, config: &ClerkConfig) -> Result<(), String> {
        let (clerk, client) = (&stand_in.clerk, ClerkClient::new(config.clone()));
        match self {
            Self::Keys => {
                // The keys of the previous call are stale.
                clerk.clock().advance(Duration::from_secs(600));
                let token = clerk.session_token("user_ada");
                config.verify_session_token(&token).await.map(drop).map_err(|why| why.to_string())
            }
            Self::ApiKey => {
                let key = clerk.mint(testing::api_key("user_ada"));
                let app = App::new()
                    .wrap(ClerkMiddleware::new(config.clone()))
                    .route("/", web::get().to(async |_: RequireAuth<ApiKey>| ""));
                let app = test::init_service(app).await;
                let request = test::TestRequest::get().insert_header(("Authorization", format!("Bearer {key}")));
                let status = test::call_service(&app, request.to_request()).await.status();
                if status == 200 { Ok(()) } else { Err(status.to_string()) }
            }
            Self::Get => client.users().get("user_ada").await.map(drop).map_err(|error| error.to_string()),
            Self::Post => {
                let created = client.api_keys().create(NewApiKey::new("user_ada", "key")).await;
                created.map(drop).map_err(|error| error.to_string())
            }
        }
    }
}

/// Long enough for a slow machine; a silent connection costs as much.
const API_TIMEOUT: Duration = Duration::from_secs(2);

/// Makes each call after its kept connections have failed: it recovers, or, if it must not be sent twice, the next one
/// does.
async fn recovers(failure: Failure, after_which_a_post_fails: bool) {
    for call in [Call::Keys, Call::ApiKey, Call::Get, Call::Post] {
        let stand_in = StandIn::start(&NETWORK.authority);
        let config = stand_in.config_builder().api_timeout(API_TIMEOUT).build().unwrap();
        call.make(&stand_in, &config).await.unwrap();
        stand_in.fail(failure).await;
        let created = stand_in.clerk.calls(Endpoint::CreateApiKey);
        match (call.make(&stand_in, &config).await, call) {
            (Ok(()), Call::Post) => {
                assert!(!after_which_a_post_fails, "{failure:?}");
                assert_eq!(stand_in.clerk.calls(Endpoint::CreateApiKey), created + 1, "{failure:?}: once");
            }
            (Err(_), Call::Post) if after_which_a_post_fails => {}
            (made, _) => made.unwrap_or_else(|error| panic!("{call:?} after {failure:?}: {error}")),
        }
        call.make(&stand_in, &config).await.unwrap_or_else(|error| panic!("{call:?} later, {failure:?}: {error}"));
        assert_eq!(stand_in.connections(), 2, "{call:?}, {failure:?}");
        assert_eq!(stand_in.protocols(), ["http/1.1", "http/1.1"]);
    }
}

#[actix_web::test]
async fn connections_that_the_server_closed_while_idle() {
    recovers(Failure::Closed, false).await;
}

#[actix_web::test]
async fn connections_that_the_server_gave_up() {
    recovers(Failure::GoAway, false).await;
}

#[actix_web::test]
async fn connections_that_close_as_the_call_goes_out() {
    recovers(Failure::ClosedByTheNextCall, true).await;
}

#[actix_web::test]
async fn connections_that_have_gone_silent() {
    recovers(Failure::Silent, true).await;
}

/// Many connections at once, all of which fail: the next call uses none of them.
#[actix_web::test]
async fn many_connections_that_fail_together() {
    for failure in [Failure::Closed, Failure::Silent] {
        let stand_in = StandIn::start(&NETWORK.authority);
        let config = stand_in.config_builder().api_timeout(API_TIMEOUT).build().unwrap();
        let twenty = || async {
            let calls = (0..20).map(|_| Call::Get.make(&stand_in, &config));
            futures_util::future::try_join_all(calls).await.unwrap();
        };
        twenty().await;
        stand_in.fail(failure).await;
        let before = stand_in.clerk.calls(Endpoint::GetUser);
        for _ in 0..6 {
            Call::Get.make(&stand_in, &config).await.unwrap();
        }
        twenty().await;
        assert_eq!(stand_in.clerk.calls(Endpoint::GetUser), before + 26, "{failure:?}");
    }
}

/// An IPv6 record that leads nowhere, for example, must not be an outage.
#[actix_web::test]
async fn a_dead_first_address() {
    let stand_in = &NETWORK.behind_dead_address;
    for call in [Call::Keys, Call::ApiKey, Call::Get, Call::Post] {
        let config = stand_in.config_builder_at("https://dead-first.test").build().unwrap();
        call.make(stand_in, &config).await.unwrap_or_else(|error| panic!("{call:?}: {error}"));
    }
}

#[actix_web::test]
async fn an_address_instead_of_a_name() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let stand_in = match StandIn::start_at(&NETWORK.authority, address) {
            Err(error) if address.starts_with('[') => {
                eprintln!("this machine has no IPv6: {error}");
                continue;
            }
            started => started.unwrap(),
        };
        let config = stand_in.config_builder().build().unwrap();
        Call::Get.make(&stand_in, &config).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }
    let default = rustls::crypto::CryptoProvider::get_default();
    assert!(default.is_none(), "the process-wide choice of a TLS library is the application's");
}

/// Any call that was never sent is repeated: here, while a server restarts.
#[actix_web::test]
async fn connections_that_are_closed_before_they_stand() {
    for call in [Call::Keys, Call::ApiKey, Call::Get, Call::Post] {
        let stand_in = StandIn::start(&NETWORK.authority);
        let config = stand_in.config_builder().build().unwrap();
        stand_in.turn_away(1);
        call.make(&stand_in, &config).await.unwrap_or_else(|error| panic!("{call:?}: {error}"));
        assert_eq!(stand_in.connections(), 2, "{call:?}");
    }
}

/// A certificate from an untrusted authority, or for another name.
#[actix_web::test]
async fn a_server_that_is_not_clerk() {
    let stand_in = StandIn::start(&Authority::new());
    LazyLock::force(&NETWORK);
    let error = Call::Get.make(&stand_in, &stand_in.config_builder().build().unwrap()).await.unwrap_err();
    assert!(error.contains("TLS handshake failed"), "{error}");
    assert_eq!(stand_in.clerk.calls(Endpoint::GetUser), 0);
    let report = stand_in.config_builder().build().unwrap().doctor().await;
    let tls = report.findings().iter().find(|finding| finding.name() == "TLS").unwrap();
    assert_eq!(tls.status(), Status::Failed, "{report}");
    assert!(tls.fix().unwrap().contains("certificate"), "{report}");
}

#[actix_web::test]
async fn the_report_names_the_proxy() {
    let Network { behind_proxy: stand_in, .. } = &*NETWORK;
    for (api_url, status, says) in [
        ("https://proxied.test", Status::Ok, "calls to proxied.test go through the proxy"),
        ("https://refused.test", Status::Failed, "rejected the connection with status 403"),
    ] {
        let report = stand_in.config_builder_at(api_url).build().unwrap().doctor().await;
        let tls = report.findings().iter().find(|finding| finding.name() == "TLS").unwrap();
        assert_eq!(tls.status(), status, "{report}");
        assert!(tls.found().contains(says) && !report.to_string().contains("secret@"), "{report}");
    }
}

#[actix_web::test]
async fn calls_through_a_proxy() {
    let Network { behind_proxy: stand_in, proxy, .. } = &*NETWORK;
    for call in [Call::Keys, Call::ApiKey, Call::Get, Call::Post] {
        let config = stand_in.config_builder_at("https://proxied.test").build().unwrap();
        call.make(stand_in, &config).await.unwrap_or_else(|error| panic!("{call:?}: {error}"));
    }
    let config = stand_in.config_builder_at("https://refused.test").build().unwrap();
    let error = Call::Get.make(stand_in, &config).await.unwrap_err();
    assert!(error.contains("rejected the connection with status 403"), "{error}");
    let asked = proxy.asked();
    for asked in &asked {
        let (line, headers) = asked.split_once("\r\n").unwrap();
        assert!(
            line.starts_with("CONNECT proxied.test:443 ") || line.starts_with("CONNECT refused.test:443 "),
            "{line}"
        );
        assert!(headers.contains("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{headers}");
    }
    assert!(asked.len() >= 5, "each kind of call has connections of its own");
}
