//! Requests and responses that pass: each part of them, byte for byte where nothing has to change.

use super::{SECRET_KEY, ask, builder, server, upstream::Upstream};
use crate::support::raw_connection::exchange;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

#[actix_web::test]
async fn a_request_passes_with_its_path_headers_and_address() {
    let upstream = Upstream::answering(OK);
    let server = server(builder(&upstream));
    let headers = "Cookie: a=1; __client=x\r\nAuthorization: Bearer t\r\nX-Twice: a\r\nX-Twice: b\r\nClerk-Secret-Key: \
                   sk_live_of_a_client\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Host: evil.example\r\nX-Hop: \
                   1\r\nConnection: X-Hop\r\n";
    let response = ask(server.addr(), "GET", "/__clerk/v1/client?a=%E9&b", headers);
    assert_eq!((response.status, response.body.as_slice()), (200, b"{}".as_slice()));
    let request = upstream.only();
    assert_eq!((request.method.as_str(), request.target.as_str()), ("GET", "/v1/client?a=%E9&b"));
    let host = upstream.address.to_string();
    for (name, expected) in [
        ("host", Some(host.as_str())),
        ("clerk-proxy-url", Some("https://app.example.com/__clerk")),
        ("clerk-secret-key", Some(SECRET_KEY)),
        ("x-forwarded-for", Some("127.0.0.1")),
        ("x-forwarded-host", Some("app.example.com")),
        ("x-forwarded-proto", Some("https")),
        ("cookie", Some("a=1; __client=x")),
        ("authorization", Some("Bearer t")),
        ("x-hop", None),
        ("connection", None),
        ("user-agent", None),
        ("accept-encoding", None),
        ("content-length", None),
        ("transfer-encoding", None),
    ] {
        assert_eq!(request.header(name), expected, "{name}");
    }
    let twice: Vec<_> = request.headers.iter().filter(|(name, _)| name == "x-twice").map(|(_, value)| value).collect();
    assert_eq!(twice, ["a", "b"]);
}

#[actix_web::test]
async fn every_method_passes_with_its_body() {
    let upstream = Upstream::answering(OK);
    let server = server(builder(&upstream));
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-OWN"] {
        for (framing, body) in [
            ("", ""),
            ("Content-Length: 0\r\n", ""),
            ("Content-Length: 11\r\n", "strategy=pw"),
            ("Transfer-Encoding: chunked\r\n", "8\r\nstrategy\r\n3\r\n=pw\r\n0\r\n\r\n"),
            ("Transfer-Encoding: chunked\r\nTrailer: X-T\r\n", "b\r\nstrategy=pw\r\n0\r\nX-T: 1\r\n\r\n"),
            ("Expect: 100-continue\r\nContent-Length: 11\r\n", "strategy=pw"),
        ] {
            let name = format!("{method} {framing:?}");
            let head =
                format!("{method} /__clerk/v1/me HTTP/1.1\r\nHost: a\r\n{framing}Connection: close\r\n\r\n{body}");
            // `exchange` adds the end of a head, which is no part of the request any more.
            let response = exchange(server.addr(), head.as_bytes());
            assert!([200, 100].contains(&response.status), "{name}: {}", response.status);
            let request = upstream.only();
            assert_eq!(request.method, method, "{name}");
            let expected = if body.is_empty() { "" } else { "strategy=pw" };
            assert_eq!(String::from_utf8_lossy(&request.body), expected, "{name}");
            let has_length =
                framing.contains("Content-Length") || framing.is_empty() && matches!(method, "POST" | "PUT" | "PATCH");
            let length = has_length.then(|| expected.len().to_string());
            assert_eq!(request.header("content-length"), length.as_deref(), "{name}");
            assert_eq!(request.header("expect"), None, "{name}");
        }
    }
}

#[actix_web::test]
async fn responses_of_every_kind_pass() {
    // Each with the method, and with what the browser gets.
    for (name, method, upstream, status, headers, body) in [
        ("a length", "GET", "200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, &[("content-length", Some("3"))][..], "abc"),
        ("an error", "GET", "422 X\r\nContent-Length: 2\r\n\r\n{}", 422, &[], "{}"),
        ("an unusual status", "GET", "599 X\r\nContent-Length: 0\r\n\r\n", 599, &[], ""),
        ("no body", "GET", "200 OK\r\nContent-Length: 0\r\n\r\n", 200, &[("content-length", Some("0"))], ""),
        (
            "the end of the connection",
            "GET",
            "200 OK\r\nConnection: close\r\n\r\nabc",
            200,
            &[],
            "3\r\nabc\r\n0\r\n\r\n",
        ),
        (
            "hints before",
            "GET",
            "103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n.",
            200,
            &[("link", None)],
            ".",
        ),
        (
            "trailers",
            "GET",
            "200 OK\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\r\n\r\n",
            200,
            &[("x-t", None)],
            "0\r\n\r\n",
        ),
        ("204", "DELETE", "204 No Content\r\n\r\n", 204, &[("content-length", None)], ""),
        ("304", "GET", "304 Not Modified\r\nETag: \"1\"\r\n\r\n", 304, &[("etag", Some("\"1\""))], ""),
        ("HEAD", "HEAD", "200 OK\r\nContent-Length: 1000\r\n\r\n", 200, &[("content-length", Some("1000"))], ""),
        ("HEAD without a length", "HEAD", "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 200, &[], ""),
        (
            "compressed",
            "GET",
            "200 OK\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding\r\nContent-Length: 3\r\n\r\nzip",
            200,
            &[("content-encoding", Some("gzip")), ("vary", Some("Accept-Encoding"))],
            "zip",
        ),
        (
            "hop-by-hop headers",
            "GET",
            "200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2\r\nContent-Length: 1\r\n\r\n.",
            200,
            &[("x-hop", None), ("keep-alive", None), ("upgrade", None)],
            ".",
        ),
        (
            "headers of a host",
            "GET",
            "200 OK\r\nStrict-Transport-Security: max-age=1; includeSubDomains\r\nAlt-Svc: h3=\":443\"\r\nNEL: {}\r\nContent-Length: 0\r\n\r\n",
            200,
            &[("strict-transport-security", None), ("alt-svc", None), ("nel", None)],
            "",
        ),
        (
            "a redirect within the API",
            "GET",
            "307 X\r\nLocation: /v1/next?a=%E9\r\nContent-Length: 0\r\n\r\n",
            307,
            &[("location", Some("https://app.example.com/__clerk/v1/next?a=%E9"))],
            "",
        ),
        (
            "a redirect to the application",
            "GET",
            "303 X\r\nLocation: https://app.example.com/welcome\r\nContent-Length: 0\r\n\r\n",
            303,
            &[("location", Some("https://app.example.com/welcome"))],
            "",
        ),
        (
            "a cache's headers",
            "GET",
            "200 OK\r\nCache-Control: public, max-age=9\r\nContent-Length: 0\r\n\r\n",
            200,
            &[("cache-control", Some("public, max-age=9"))],
            "",
        ),
    ] {
        let upstream = Upstream::start(true, move |exchange| {
            exchange.send(format!("HTTP/1.1 {upstream}"));
            if upstream.contains("Connection: close") {
                exchange.close();
            }
        });
        let server = server(builder(&upstream));
        let response = ask(server.addr(), method, "/__clerk/v1/x", "");
        assert_eq!((response.status, String::from_utf8_lossy(&response.body).as_ref()), (status, body), "{name}");
        for (header, expected) in headers {
            assert_eq!(response.header(header), *expected, "{name}: {header}");
        }
        assert_eq!(response.header("x-clerk-auth-status"), None, "{name}: nothing is authenticated");
    }
}

#[actix_web::test]
async fn every_cookie_is_kept() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nSet-Cookie: __client=a; HttpOnly\r\nSet-Cookie: __client_uat=1\r\nX-Between: 1\r\nSet-Cookie: \
         __cf_bm=b\r\nContent-Length: 0\r\n\r\n",
    );
    let server = server(builder(&upstream));
    let response = ask(server.addr(), "POST", "/__clerk/v1/client/sign_ins", "Content-Length: 0\r\n");
    let cookies: Vec<_> =
        response.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value).collect();
    assert_eq!(cookies, ["__client=a; HttpOnly", "__client_uat=1", "__cf_bm=b"]);
}

#[actix_web::test]
async fn a_connection_to_the_upstream_serves_many_requests() {
    let upstream = Upstream::start(true, |exchange| {
        let port = exchange.request.headers.len();
        let body = match exchange.request.target.as_str() {
            "/empty" => String::new(),
            _ => port.to_string(),
        };
        exchange.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    });
    let server = server(builder(&upstream));
    for target in ["/__clerk/empty", "/__clerk/full", "/__clerk/empty", "/__clerk/full"] {
        assert_eq!(ask(server.addr(), "GET", target, "").status, 200, "{target}");
    }
    assert_eq!(upstream.connections(), 1);
}

#[actix_web::test]
async fn a_connection_that_the_upstream_closed_is_not_the_browsers_problem() {
    // Closes each connection after its second request, without a word.
    let upstream = Upstream::start(true, |exchange| {
        let is_last = exchange.number == 2;
        exchange.send(OK);
        if is_last {
            exchange.close();
        }
    });
    let server = server(builder(&upstream));
    for n in 0..10 {
        assert_eq!(ask(server.addr(), "GET", "/__clerk/v1/client", "").status, 200, "{n}");
    }
}
