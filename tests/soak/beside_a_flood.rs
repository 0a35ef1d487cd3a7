//! A signed-in user beside floods of other requests: how long the user waits. `just beside-a-flood` prints it, from an
//! optimized build.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpRequest, HttpResponse, web};
use clerk_actix::{
    ApiKey, ClerkMiddleware, RequireAuth,
    testing::{self, LocalClerk},
};

use crate::support::servers::serve_with;

/// Requests of the user beside each flood.
const REQUESTS: usize = 2_000;
/// Connections that flood, each with one request after the other.
const FLOODERS: usize = 4;
const OPENINGS: u64 = 100_000;

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, received: Vec::new() }
    }

    /// Sends a request, waits for the whole response, and returns its status; `None` if the server has closed.
    fn ask(&mut self, request: &[u8]) -> Option<u16> {
        self.stream.write_all(request).ok()?;
        self.received.clear();
        let mut buffer = [0; 4096];
        loop {
            if let Some(end) = self.received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.received[..end]).to_lowercase();
                let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
                if self.received.len() >= end + 4 + length.unwrap_or(0) {
                    return head.get(9..12)?.parse().ok();
                }
            }
            match self.stream.read(&mut buffer).ok()? {
                0 => return None,
                count => self.received.extend_from_slice(&buffer[..count]),
            }
        }
    }
}

fn request(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: app.example.com\r\n{headers}\r\n").into_bytes()
}

/// Sends the same request over and over until the flag is set. Returns the number of responses with this status, and of
/// others.
fn flood(address: SocketAddr, request: &[u8], expected: u16, is_over: &AtomicBool) -> (u64, u64) {
    let (mut connection, mut right, mut others) = (Connection::open(address), 0, 0);
    while !is_over.load(Relaxed) {
        match connection.ask(request) {
            Some(status) if status == expected => right += 1,
            Some(_) => others += 1,
            None => connection = Connection::open(address),
        }
    }
    (right, others)
}

/// The user's median and 99th percentile in microseconds.
fn user(address: SocketAddr, request: &[u8]) -> (u128, u128) {
    let mut connection = Connection::open(address);
    let mut times: Vec<u128> = (0..REQUESTS)
        .map(|_| {
            let start = Instant::now();
            assert_eq!(connection.ask(request), Some(200));
            start.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    (times[REQUESTS / 2], times[REQUESTS * 99 / 100])
}

async fn live(_: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    Ok(actix_ws::handle(&req, body)?.0)
}

#[actix_web::test]
#[ignore = "measures: `just beside-a-flood`"]
async fn how_long_a_signed_in_user_waits() {
    let clerk = LocalClerk::start_production().unwrap();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server =
        serve_with(actix_test::config().workers(2).client_request_timeout(Duration::from_secs(60)), move || {
            App::new()
                .wrap(middleware.clone())
                .route("/me", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
                .route("/live", web::get().to(live))
                .route("/api-key", web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned()))
        });
    let address = server.addr();
    let me = request("/me", &format!("Authorization: Bearer {}\r\n", clerk.session_token("user_ada")));
    let forged = {
        let token = clerk.session_token("user_ada");
        let (text, signature) = token.rsplit_once('.').unwrap();
        format!("{text}.{}", signature.chars().rev().collect::<String>())
    };
    let stranger = LocalClerk::start_production().unwrap().session_token("user_ada");
    let expired = clerk.mint(testing::session("user_ada").claim("exp", 1));
    let floods = [
        ("forged signatures", "/me", format!("Authorization: Bearer {forged}\r\n")),
        ("unknown keys", "/me", format!("Authorization: Bearer {stranger}\r\n")),
        ("expired tokens", "/me", format!("Authorization: Bearer {expired}\r\n")),
        ("tokens of 60 KB", "/me", format!("Authorization: Bearer {}\r\n", "a".repeat(60_000))),
        ("10,000 cookies", "/me", format!("Cookie: {}\r\n", "a=b; ".repeat(10_000))),
        ("made-up API keys", "/api-key", "Authorization: Bearer ak_made_up\r\n".to_owned()),
        ("nobody", "/me", String::new()),
    ];

    let (median, last) = tokio::task::spawn_blocking({
        let me = me.clone();
        move || (user(address, &me), user(address, &me)).1
    })
    .await
    .unwrap();
    println!("alone: median {median} µs, 99th percentile {last} µs");
    for (name, path, headers) in floods {
        let (me, flooding) = (me.clone(), request(path, &headers));
        let is_key = path == "/api-key";
        let (times, right, others) = tokio::task::spawn_blocking(move || {
            let is_over = AtomicBool::new(false);
            thread::scope(|scope| {
                let flooders: Vec<_> =
                    (0..FLOODERS).map(|_| scope.spawn(|| flood(address, &flooding, 401, &is_over))).collect();
                let times = user(address, &me);
                is_over.store(true, Relaxed);
                let counts = flooders.into_iter().map(|flooder| flooder.join().unwrap());
                let (right, others) = counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
                (times, right, others)
            })
        })
        .await
        .unwrap();
        // Calls to Clerk that strangers cause have a limit, and beyond it a key gets 503.
        assert!(right + others > 0 && (others == 0 || is_key), "{name}: {right} as expected, {others} not");
        println!("beside {right} × {name}: median {} µs, 99th percentile {} µs", times.0, times.1);
    }

    let beside_slow = {
        let me = me.clone();
        move || {
            let slow: Vec<TcpStream> = (0..500)
                .map(|_| {
                    let mut connection = TcpStream::connect(address).unwrap();
                    connection.write_all(b"GET /me HTTP/1.1\r\nHost: app.example.com\r\nCookie: __sess").unwrap();
                    connection
                })
                .collect();
            let times = user(address, &me);
            (times, slow.len())
        }
    };
    let (times, count) = tokio::task::spawn_blocking(beside_slow).await.unwrap();
    println!("beside {count} requests that do not go on: median {} µs, 99th percentile {} µs", times.0, times.1);

    let rejected = Arc::new(AtomicU64::new(0));
    let (times, elapsed) = tokio::task::spawn_blocking({
        let rejected = Arc::clone(&rejected);
        move || {
            let opening = request(
                "/live",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: https://evil.example\r\n",
            );
            let start = Instant::now();
            thread::scope(|scope| {
                for _ in 0..FLOODERS {
                    scope.spawn(|| {
                        let mut connection = Connection::open(address);
                        while rejected.load(Relaxed) < OPENINGS {
                            match connection.ask(&opening) {
                                Some(401 | 403) => drop(rejected.fetch_add(1, Relaxed)),
                                Some(status) => panic!("a WebSocket opens for a stranger: {status}"),
                                None => connection = Connection::open(address),
                            }
                        }
                    });
                }
                (user(address, &me), start)
            })
        }
    })
    .await
    .map(|(times, start)| (times, start.elapsed()))
    .unwrap();
    println!(
        "beside {} openings of WebSockets by strangers, in {elapsed:.1?}: median {} µs, 99th percentile {} µs",
        rejected.load(Relaxed),
        times.0,
        times.1
    );
}
