//! What follows from the settings: the address of the proxy, of the client, and of handshakes.

use actix_test::TestServer;
use actix_web::{App, HttpResponse, dev::ServiceRequest, web};
use clerk_actix::{Auth, ClerkConfig, ClerkMiddleware};

use super::{ask, builder, proxy, server, upstream::Upstream};
use crate::support::{development_clerk, navigation, raw_connection::exchange, send, servers::serve};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

fn development(upstream: &Upstream) -> clerk_actix::ClerkConfigBuilder {
    ClerkConfig::builder()
        .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
        .secret_key("sk_test_verysecret")
        .frontend_api_proxy("/__clerk")
        .frontend_api_url(upstream.url())
}

#[actix_web::test]
async fn the_address_of_the_proxy() {
    let upstream = Upstream::answering(OK);
    for (name, config, headers, proxy_url, host, scheme) in [
        (
            "pinned",
            builder(&upstream),
            "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\n",
            "https://app.example.com/__clerk",
            "app.example.com",
            "https",
        ),
        (
            "by Host",
            development(&upstream),
            "Host: localhost:3000\r\n",
            "http://localhost:3000/__clerk",
            "localhost:3000",
            "http",
        ),
        (
            "by the server in front",
            development(&upstream),
            "Host: localhost\r\nX-Forwarded-Host: app.example.com, b\r\nX-Forwarded-Proto: https\r\n",
            "https://app.example.com/__clerk",
            "app.example.com",
            "https",
        ),
        (
            "an invalid host",
            development(&upstream),
            "Host: localhost\r\nX-Forwarded-Host: a b\r\n",
            "http://localhost/__clerk",
            "localhost",
            "http",
        ),
        (
            "behind a base path",
            builder(&upstream).base_path("/app"),
            "Host: a\r\n",
            "https://app.example.com/app/__clerk",
            "app.example.com",
            "https",
        ),
        (
            "a host of its own",
            builder(&upstream).proxy_url("https://clerk.example.com/"),
            "Host: a\r\n",
            "https://clerk.example.com",
            "app.example.com",
            "https",
        ),
    ] {
        let server = server(config);
        let head = format!("GET /__clerk/v1/client HTTP/1.1\r\n{headers}");
        assert_eq!(exchange(server.addr(), head.as_bytes()).status, 200, "{name}");
        let request = upstream.only();
        assert_eq!(request.header("clerk-proxy-url"), Some(proxy_url), "{name}");
        assert_eq!(request.header("x-forwarded-host"), Some(host), "{name}");
        assert_eq!(request.header("x-forwarded-proto"), Some(scheme), "{name}");
    }
}

#[actix_web::test]
async fn the_address_of_the_client() {
    let upstream = Upstream::answering(OK);
    let everything = "X-Forwarded-For: 1.1.1.1, 203.0.113.7\r\nX-Real-IP: 203.0.113.8\r\nCF-Connecting-IP: \
                      2001:db8::9\r\nForwarded: for=1.1.1.1\r\n";
    for (name, header, headers, expected) in [
        ("of the connection", None, everything, "127.0.0.1"),
        ("of a load balancer", Some("X-Forwarded-For"), everything, "203.0.113.7"),
        ("of nginx", Some("x-real-ip"), everything, "203.0.113.8"),
        ("of Cloudflare", Some("CF-Connecting-IP"), everything, "2001:db8::9"),
        ("none in the header", Some("X-Real-IP"), "", "127.0.0.1"),
        ("a name in the header", Some("X-Real-IP"), "X-Real-IP: unknown\r\n", "127.0.0.1"),
    ] {
        let proxy = header.map_or(proxy(), |header| proxy().client_address_header(header));
        let server = server(builder(&upstream).frontend_api_proxy(proxy));
        assert_eq!(ask(server.addr(), "GET", "/__clerk/v1/client", headers).status, 200, "{name}");
        assert_eq!(upstream.only().header("x-forwarded-for"), Some(expected), "{name}");
    }
}

#[actix_web::test]
async fn only_the_proxys_path_is_passed_on() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclerk");
    let own = server(
        builder(&upstream).frontend_api_proxy("/auth/clerk/").frontend_api_url(format!("{}/base/", upstream.url())),
    );
    for (path, is_passed) in [
        ("/auth/clerk", Some("/base/")),
        ("/auth/clerk/v1", Some("/base/v1")),
        (
            "/auth/clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
            Some("/base/npm/@clerk/clerk-js@6/dist/clerk.browser.js"),
        ),
        ("/auth/clerkx", None),
        ("/auth/other", None),
        ("/__clerk/v1", None),
        ("/auth/clerk/../x", None),
    ] {
        let response = ask(own.addr(), "GET", path, "");
        let expected: &[u8] = if is_passed.is_some() { b"clerk" } else { b"mine" };
        assert_eq!(response.body, expected, "{path}");
        assert_eq!(upstream.take().first().map(|request| request.target.as_str()), is_passed, "{path}");
    }
    let without = server(
        ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_1")
            .frontend_api_url(upstream.url()),
    );
    assert_eq!(ask(without.addr(), "GET", "/__clerk/v1", "").body, b"mine", "an upstream alone is no proxy");
}

/// Nothing is authenticated: neither the protection against forged requests, nor an outdated token, nor a handshake.
#[actix_web::test]
async fn nothing_is_authenticated_on_the_way() {
    let upstream = Upstream::answering(OK);
    let server = server(development(&upstream));
    for (method, headers) in [
        (
            "POST",
            "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\nCookie: __session=x\r\nContent-Length: 0\r\n",
        ),
        ("GET", "Accept: text/html\r\nSec-Fetch-Dest: document\r\n"),
        ("GET", "Authorization: Bearer nonsense\r\n"),
    ] {
        let response = ask(server.addr(), method, "/__clerk/v1/client?__clerk_handshake=x", headers);
        assert_eq!((response.status, response.header("x-clerk-auth-status")), (200, None), "{method} {headers}");
    }
}

#[actix_web::test]
async fn handshakes_lead_through_the_proxy_and_back() {
    let clerk = development_clerk();
    let middleware = ClerkMiddleware::new(clerk.config_builder().frontend_api_proxy("/__clerk").build().unwrap());
    let server = serve(move || {
        App::new().wrap(middleware.clone()).route("/page", web::get().to(async |auth: Auth| web::Json(auth)))
    });
    let redirect = send(navigation(&server, "/page")).await;
    assert_eq!(redirect.status, 307);
    let own = format!("http://{}/__clerk/v1/client/handshake?", server.addr());
    let location = redirect.header("location").unwrap();
    assert!(location.starts_with(&own), "{location}");
    // What the browser gets there is LocalClerk's answer, whose redirects to itself lead through the proxy again.
    let answer = send(navigation(&server, &location[format!("http://{}", server.addr()).len()..])).await;
    assert_eq!(answer.status, 307);
    let back = answer.header("location").unwrap();
    assert!(back.starts_with(&format!("http://{}/page?", server.addr())), "{back}");
}

#[actix_web::test]
async fn configurations_per_request_and_inner_middleware() {
    let (one, two) = (Upstream::answering(OK), Upstream::answering(OK));
    let configs = [builder(&one).build().unwrap(), builder(&two).build().unwrap()];
    let by_host = ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        let config = configs[usize::from(req.headers().get("host").unwrap() == "two.example.com")].clone();
        async { Ok(config) }
    });
    let of_hosts: TestServer = serve(move || App::new().wrap(by_host.clone()));
    for (host, asked) in [("one.example.com", &one), ("two.example.com", &two)] {
        let head = format!("GET /__clerk/v1/client HTTP/1.1\r\nHost: {host}\r\n");
        assert_eq!(exchange(of_hosts.addr(), head.as_bytes()).status, 200, "{host}");
        asked.only();
    }
    assert!(one.take().is_empty() && two.take().is_empty());

    // The outer one has no proxy; the inner one wraps a scope, and sees only what is in it.
    let outer = ClerkMiddleware::new(
        ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_1")
            .build()
            .unwrap(),
    );
    let inner = ClerkMiddleware::new(builder(&one).frontend_api_proxy("/api/__clerk").build().unwrap());
    let nested = serve(move || {
        let scope =
            web::scope("/api").wrap(inner.clone()).default_service(web::to(async || HttpResponse::Ok().body("mine")));
        App::new().wrap(outer.clone()).service(scope)
    });
    assert_eq!(ask(nested.addr(), "GET", "/api/__clerk/v1", "").body, b"{}");
    assert_eq!(ask(nested.addr(), "GET", "/api/x", "").body, b"mine");
    assert_eq!(one.take().len(), 1);
}
