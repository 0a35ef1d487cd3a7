//! Ten thousand odd targets, as bytes on the wire: they reach the upstream or the application, and nobody else.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use super::{SECRET_KEY, builder, server, upstream::Upstream};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nupstream";

#[actix_web::test]
async fn no_target_leads_elsewhere_or_takes_the_secret_key_along() {
    let (upstream, elsewhere) = (Upstream::answering(OK), Upstream::answering(OK));
    let server = server(builder(&upstream));
    let host = elsewhere.address.to_string();
    let at = format!("@{host}");
    let absolute = format!("http://{host}");
    let parts = [
        "/",
        "//",
        "\\",
        "/..",
        "/.",
        "%2e%2e",
        "%2E",
        "..%2f",
        "%5c",
        "%2F",
        "%00",
        "%0d%0a",
        "@",
        ":",
        "?",
        "??",
        "=",
        "&",
        "%",
        "%zz",
        "__clerk",
        "/__clerk",
        "/__clerk/",
        "/v1/client",
        "/v1",
        "[::1]",
        ";",
        "|",
        "~",
        "'",
        "!",
        "*",
        "(",
        "é",
        "\u{202e}",
        &host,
        &at,
        &absolute,
        "user:secret@",
        "http:",
        "https://",
    ];
    let mut random = 2026_u64;
    let mut below = |n: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((random >> 33) % n as u64).unwrap()
    };
    let mut connection = None;
    let mut counts = [0; 3];
    for _ in 0..10_000 {
        let length = 1 + below(7);
        let tail: String = (0..length).map(|_| parts[below(parts.len())]).collect();
        let target = match below(8) {
            0 => format!("{absolute}/__clerk{tail}"),
            1 => format!("//{host}/__clerk{tail}"),
            2 => format!("/{tail}"),
            3 => format!("/__clerk{tail}"),
            _ => format!("/__clerk/{tail}"),
        };
        let mut response = ask(&mut connection, server.addr(), &target);
        if response.is_empty() {
            // The server had closed the connection after its last response.
            response = ask(&mut connection, server.addr(), &target);
        }
        assert!(!response.contains(SECRET_KEY), "{target:?}: {response}");
        let kind = match &*response {
            response if response.ends_with("upstream") => 0,
            response if response.ends_with("mine") => 1,
            response if response.starts_with("HTTP/1.1 400") => 2,
            response => panic!("{target:?}: {response}"),
        };
        counts[kind] += 1;
    }
    assert_eq!(elsewhere.connections(), 0, "nobody else is asked");
    let requests = upstream.take();
    assert_eq!(requests.len(), counts[0]);
    assert!(counts[0] > 3_000 && counts[1] > 1_000, "{counts:?}");
    for request in requests {
        assert!(request.target.starts_with('/'), "{request:?}");
        assert_eq!(request.header("host"), Some(upstream.address.to_string().as_str()), "{request:?}");
        assert_eq!(request.header("clerk-secret-key"), Some(SECRET_KEY), "{request:?}");
    }
}

/// Sends the request on a kept connection, or a new one if the server has closed it.
fn ask(connection: &mut Option<TcpStream>, address: std::net::SocketAddr, target: &str) -> String {
    let stream = connection.get_or_insert_with(|| {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    });
    let _ = stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: app.example.com\r\n\r\n").as_bytes());
    let (mut response, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        // A connection that the server closes with bytes unread ends with an error.
        let read = stream.read(&mut buffer).unwrap_or_default();
        response.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&response);
        let is_whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
            let head = head.to_lowercase();
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            length.is_some_and(|length: usize| body.len() >= length)
        });
        if read == 0 || is_whole {
            let text = text.into_owned();
            if read == 0 || text.to_lowercase().contains("connection: close") {
                *connection = None;
            }
            return text;
        }
    }
}
