//! Bodies pass as they arrive, in both directions, and calls end with their clients.

use std::{sync::mpsc, thread, time::Duration};

use actix_web::{App, HttpServer};
use clerk_actix::ClerkMiddleware;

use super::{
    ask, builder, proxy, server,
    upstream::{RawClient, Upstream, signal, wait},
};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[actix_web::test]
async fn an_upload_passes_as_it_arrives() {
    let part = "3\r\nabc\r\n".to_owned();
    let (arrived, has_arrived) = signal();
    let first = part.clone();
    let upstream = Upstream::start(false, move |exchange| {
        assert_eq!(exchange.read(first.len()), first.as_bytes());
        arrived.send(()).unwrap();
        let rest = format!("{first}0\r\n\r\n");
        assert_eq!(exchange.read(rest.len()), rest.as_bytes());
        exchange.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let server = server(builder(&upstream));
    let mut client = RawClient::connect(server.addr());
    client.send(format!("POST /__clerk/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{part}"));
    // Not before the first part is at the upstream.
    wait(&has_arrived);
    client.send(format!("{part}0\r\n\r\n"));
    assert!(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

/// As a server does that rejects a request by its headers.
#[actix_web::test]
async fn a_response_may_come_before_the_whole_upload() {
    let upstream = Upstream::start(false, move |exchange| {
        exchange.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        exchange.close();
    });
    let server = server(builder(&upstream));
    for rest in ["", &"a".repeat(1 << 20)] {
        let mut client = RawClient::connect(server.addr());
        client.send(format!("POST /__clerk/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n{rest}"));
        assert!(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 401 "));
    }
}

/// A stream lives on when the time for headers has run out.
#[actix_web::test]
async fn a_download_passes_as_it_arrives_and_takes_any_time() {
    let (go, is_going) = signal();
    let upstream = Upstream::start(true, move |exchange| match exchange.request.target.as_str() {
        "/stream" => {
            exchange.send(format!("{CHUNKED}3\r\nabc\r\n"));
            wait(&is_going);
            exchange.send("3\r\ndef\r\n0\r\n\r\n");
        }
        _ => drop(exchange.wait_for_end()),
    });
    let server = server(builder(&upstream).frontend_api_proxy(proxy().response_timeout(Duration::from_millis(200))));
    let mut client = RawClient::connect(server.addr());
    client.send("GET /__clerk/stream HTTP/1.1\r\nHost: a\r\n\r\n");
    client.read_until("3\r\nabc\r\n");
    // The limit has passed when another request has run into it.
    assert_eq!(ask(server.addr(), "GET", "/__clerk/silent", "").status, 504);
    go.send(()).unwrap();
    client.read_until("3\r\ndef\r\n0\r\n\r\n");
}

#[actix_web::test]
async fn a_download_that_breaks_off_is_not_a_whole_one() {
    for head in [CHUNKED, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"] {
        let upstream = Upstream::start(true, move |exchange| {
            exchange.send(format!("{head}3\r\nabc\r\n"));
            exchange.close();
        });
        let server = server(builder(&upstream));
        let mut client = RawClient::connect(server.addr());
        client.send("GET /__clerk/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let response = client.read_to_end();
        assert!(!response.ends_with("0\r\n\r\n"), "{response}");
    }
}

/// The ways in which a client goes away.
const LEAVING: [(&str, &str); 3] = [
    ("before the headers of the response", "GET /__clerk/silent HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("in the middle of the response", "GET /__clerk/stream HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("in the middle of its body", "POST /__clerk/upload HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"),
];

#[actix_web::test]
async fn a_call_ends_when_its_client_leaves() {
    let (begun, has_begun) = signal();
    let (ended, has_ended) = signal();
    let upstream = Upstream::start(false, move |exchange| {
        if exchange.request.target == "/stream" {
            exchange.send(format!("{CHUNKED}3\r\nabc\r\n"));
        }
        begun.send(()).unwrap();
        exchange.wait_for_end();
        ended.send(()).unwrap();
    });
    // Nothing runs out but the test's own patience.
    let config = builder(&upstream).frontend_api_proxy(proxy().response_timeout(Duration::from_secs(600)));
    let clerk = ClerkMiddleware::new(config.build().unwrap());
    let (started, address) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = HttpServer::new(move || App::new().wrap(clerk.clone())).workers(1);
            // As the guide says: a client that has closed its side has gone.
            let server = server.h1_allow_half_closed(false).disable_signals().bind(("127.0.0.1", 0)).unwrap();
            started.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    let address = address.recv().unwrap();
    for (name, request) in LEAVING {
        let mut client = RawClient::connect(address);
        client.send(request);
        if request.contains("/stream") {
            client.read_until("3\r\nabc\r\n");
        }
        wait(&has_begun);
        drop(client);
        eprintln!("left {name}");
        wait(&has_ended);
    }
}
