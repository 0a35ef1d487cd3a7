//! What does not pass: methods, upgrades, sizes, and time.

use std::{net::Shutdown, sync::mpsc, time::Duration};

use actix_web::{
    App, HttpMessage, HttpResponse,
    dev::ServiceRequest,
    middleware::{Next, from_fn},
    web,
};
use clerk_actix::ClerkMiddleware;

use super::{
    ask, assert_refused, builder, proxy, server,
    upstream::{RawClient, Upstream, signal, wait},
};
use crate::support::{raw_connection::exchange, servers::serve};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

#[actix_web::test]
async fn methods_and_upgrades_that_are_refused() {
    let upstream = Upstream::answering(OK);
    let server = server(builder(&upstream));
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                     dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for (name, method, headers, status, code) in [
        ("TRACE", "TRACE", "", 405, "proxy_method_not_allowed"),
        ("TRACK", "TRACK", "", 405, "proxy_method_not_allowed"),
        ("CONNECT", "CONNECT", "", 405, "proxy_method_not_allowed"),
        ("a WebSocket", "GET", websocket, 501, "proxy_upgrade_not_supported"),
        ("another protocol", "GET", "Connection: upgrade\r\nUpgrade: irc/1\r\n", 501, "proxy_upgrade_not_supported"),
        ("a large body", "POST", "Content-Length: 16777217\r\n", 413, "proxy_body_too_large"),
        ("a huge body", "PUT", "Content-Length: 18446744073709551615\r\n", 413, "proxy_body_too_large"),
    ] {
        let response = ask(server.addr(), method, "/__clerk/v1/client", headers);
        assert_refused(&response, status, code, name);
        assert_eq!(response.header("allow").is_some(), status == 405, "{name}");
    }
    let long = format!("/__clerk/v1/{}", "a".repeat(17 << 10));
    assert_refused(&ask(server.addr(), "GET", &long, ""), 414, "proxy_url_too_long", "a long path");
    let long = format!("/__clerk/v1?{}", "a".repeat(17 << 10));
    assert_refused(&ask(server.addr(), "GET", &long, ""), 414, "proxy_url_too_long", "a long query");
    assert!(upstream.take().is_empty(), "nothing of it was passed on");

    let offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    assert_eq!(ask(server.addr(), "GET", "/__clerk/v1/client", offer).status, 200, "an offer of HTTP/2");
    let request = upstream.only();
    assert_eq!((request.header("upgrade"), request.header("http2-settings")), (None, None));
}

#[actix_web::test]
async fn bodies_up_to_the_limit_pass() {
    let upstream = Upstream::answering(OK);
    let server = server(builder(&upstream).frontend_api_proxy(proxy().body_limit(10)));
    for (name, framing, body, status) in [
        ("at the limit", "Content-Length: 10", "0123456789", 200),
        ("above it", "Content-Length: 11", "0123456789a", 413),
        ("in chunks", "Transfer-Encoding: chunked", "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n", 200),
        ("above it in chunks", "Transfer-Encoding: chunked", "5\r\n01234\r\n6\r\n56789a\r\n0\r\n\r\n", 413),
        ("above it in one chunk", "Transfer-Encoding: chunked", "b\r\n0123456789a\r\n0\r\n\r\n", 413),
    ] {
        let head = format!("POST /__clerk/v1/x HTTP/1.1\r\nHost: a\r\n{framing}\r\nConnection: close\r\n\r\n{body}");
        let response = exchange(server.addr(), head.as_bytes());
        assert_eq!(response.status, status, "{name}");
        if status == 413 {
            assert_refused(&response, 413, "proxy_body_too_large", name);
        }
    }
    let whole = upstream.take().into_iter().filter(|request| request.body.len() == 10).count();
    assert_eq!(whole, 2, "what is too large never arrives as a whole");
}

#[actix_web::test]
async fn an_upstream_without_a_response() {
    for (name, script, status, code) in [
        (
            "closes at once",
            (|exchange| exchange.close()) as fn(&mut super::upstream::Exchange),
            502,
            "proxy_request_failed",
        ),
        ("speaks another protocol", |exchange| exchange.send("SSH-2.0-OpenSSH_9\r\n\r\n"), 502, "proxy_request_failed"),
        (
            "breaks off in its headers",
            |exchange| {
                exchange.send("HTTP/1.1 200 OK\r\nX: ");
                exchange.close()
            },
            502,
            "proxy_request_failed",
        ),
        ("is silent", |exchange| drop(exchange.wait_for_end()), 504, "proxy_response_timeout"),
        (
            "is silent in its headers",
            |exchange| {
                exchange.send("HTTP/1.1 200 OK\r\nX: ");
                exchange.wait_for_end();
            },
            504,
            "proxy_response_timeout",
        ),
    ] {
        let upstream = Upstream::start(true, script);
        // Short only if it has to run out.
        let time = if status == 504 { Duration::from_millis(200) } else { Duration::from_secs(60) };
        let server = server(builder(&upstream).frontend_api_proxy(proxy().response_timeout(time)));
        assert_refused(&ask(server.addr(), "GET", "/__clerk/v1/client", ""), status, code, name);
        let post = ask(server.addr(), "POST", "/__clerk/v1/client", "Content-Length: 0\r\n");
        assert_refused(&post, status, code, name);
    }
    let gone = Upstream::answering(OK);
    let nobody = builder(&gone).frontend_api_url("http://127.0.0.1:1");
    assert_refused(&ask(server(nobody).addr(), "GET", "/__clerk/", ""), 502, "proxy_request_failed", "nobody listens");
    assert!(gone.take().is_empty());
}

#[actix_web::test]
async fn a_client_that_stops_sending() {
    let upstream = Upstream::start(false, |exchange| drop(exchange.wait_for_end()));
    let server = server(builder(&upstream).frontend_api_proxy(proxy().response_timeout(Duration::from_millis(200))));
    for framing in ["Content-Length: 100", "Transfer-Encoding: chunked"] {
        let mut client = RawClient::connect(server.addr());
        client.send(format!("POST /__clerk/v1/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{framing}\r\n\r\n"));
        let response = client.read_until("}]}");
        assert!(response.starts_with("HTTP/1.1 408 ") && response.contains("proxy_request_timeout"), "{response}");
    }
}

#[actix_web::test]
async fn a_body_that_breaks_off_is_not_passed_on_as_a_whole_one() {
    let (begun, has_begun) = signal();
    let (sender, received) = mpsc::channel();
    let upstream = Upstream::start(false, move |exchange| {
        begun.send(()).unwrap();
        sender.send(exchange.wait_for_end()).unwrap();
    });
    let server = server(builder(&upstream));
    for (framing, first, rest) in [
        ("Transfer-Encoding: chunked", "3\r\nabc\r\n", "xyz\r\n"),
        ("Transfer-Encoding: chunked", "3\r\nabc\r\n", "3\r\nde"),
        ("Content-Length: 10", "abc", "de"),
    ] {
        let mut client = RawClient::connect(server.addr());
        client.send(format!("POST /__clerk/v1/x HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n{first}"));
        wait(&has_begun);
        client.send(rest);
        client.0.shutdown(Shutdown::Write).unwrap();
        let response = client.read_to_end();
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 400 "), "{response}");
        let received = received.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(!received.ends_with(b"0\r\n\r\n") && received.len() < 20, "{framing}");
    }
}

#[actix_web::test]
async fn other_middleware_that_has_read_the_body() {
    let upstream = Upstream::answering(OK);
    let clerk = ClerkMiddleware::new(builder(&upstream).build().unwrap());
    let server = serve(move || {
        App::new()
            .wrap(clerk.clone())
            .wrap(from_fn(async |mut req: ServiceRequest, next: Next<_>| {
                drop(req.take_payload());
                next.call(req).await
            }))
            .default_service(web::to(async || HttpResponse::Ok()))
    });
    let head = b"POST /__clerk/v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
    assert_refused(&exchange(server.addr(), head), 500, "proxy_configuration_error", "a body that is gone");
    assert_eq!(ask(server.addr(), "GET", "/__clerk/v1/x", "").status, 200, "no body");
}
