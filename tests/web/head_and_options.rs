//! `HEAD` and `OPTIONS` for protected pages, byte by byte as clients see them.

use std::net::SocketAddr;

use actix_test::TestServer;
use actix_web::{
    App,
    guard::{Any, Get, Head, Options},
    web,
};
use clerk_actix::{Auth, ClerkConfig, ClerkMiddleware, RequireAuth, testing::LocalClerk};

use crate::support::{
    local_clerk,
    raw_connection::{RawResponse, exchange},
    servers::serve,
};

fn server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    let whoami = async |user: RequireAuth| user.user_id().to_owned();
    serve(move || {
        App::new()
            // For Actix, `HEAD` is a method like any other: a handler for `GET` does not respond to it.
            .route("/me", web::route().guard(Any(Get()).or(Head())).to(whoami))
            .route("/get", web::get().to(whoami))
            .route("/options", web::route().guard(Options()).to(async |auth: Auth| web::Json(auth)))
            .route("/any", web::to(whoami))
            .wrap(clerk.clone())
    })
}

fn send(address: SocketAddr, method: &str, path: &str, headers: &str) -> RawResponse {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: app.example.com\r\n{headers}");
    exchange(address, head.as_bytes())
}

/// Returns the headers that are the same in each response, in alphabetical order.
fn lasting_headers(response: &RawResponse) -> Vec<&(String, String)> {
    let mut headers: Vec<_> = response.headers.iter().filter(|(name, _)| name != "date").collect();
    headers.sort();
    headers
}

const VISIT: &str = "Sec-Fetch-Dest: document\r\nAccept: text/html\r\n";

#[actix_web::test]
async fn head_is_get_without_its_body() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let signed_in = format!("Authorization: Bearer {}\r\n", clerk.session_token("user_1"));
    for (name, headers, status) in [
        ("a stranger", "", 401),
        ("a bad token", "Authorization: Bearer a.b.c\r\n", 401),
        ("an API key", "Authorization: Bearer ak_0123456789\r\n", 401),
        ("a user", signed_in.as_str(), 200),
    ] {
        let get = send(server.addr(), "GET", "/me", headers);
        let head = send(server.addr(), "HEAD", "/me", headers);
        assert_eq!((get.status, head.status), (status, status), "{name}");
        assert_eq!(lasting_headers(&head), lasting_headers(&get), "{name}");
        assert_eq!(head.body, b"", "{name}");
        assert!(!get.body.is_empty(), "{name}");
        assert_eq!(get.header("content-length"), Some(get.body.len().to_string().as_str()), "{name}");
    }
}

/// Browsers do not display the response to a `HEAD`, so it is never redirected to sign in or to Clerk.
#[actix_web::test]
async fn head_is_never_a_visit() {
    for clerk in [LocalClerk::start().unwrap(), local_clerk()] {
        let server = server(clerk.config());
        let get = send(server.addr(), "GET", "/me", VISIT);
        assert!(matches!(get.status, 302 | 307) && get.header("location").is_some(), "{:?}", get.headers);
        for cookie in ["", "Cookie: __client_uat=1\r\n", "Cookie: __client_uat=1; __session=a.b.c\r\n"] {
            for method in ["HEAD", "OPTIONS"] {
                let path = if method == "HEAD" { "/me" } else { "/any" };
                let answer = send(server.addr(), method, path, &format!("{VISIT}{cookie}"));
                assert_eq!((answer.status, answer.header("location")), (401, None), "{method}, {cookie:?}");
                assert_eq!(answer.header("x-clerk-auth-status"), Some("signed-out"), "{method}, {cookie:?}");
                assert_eq!(answer.header("set-cookie"), None, "{method}, {cookie:?}");
            }
        }
    }
}

/// Without CORS it is a method like any other: rejected if authentication is required, and otherwise let through.
#[actix_web::test]
async fn options_is_no_exception() {
    let clerk = LocalClerk::start().unwrap();
    let server = server(clerk.config());
    let preflight = "Origin: https://www.example.com\r\nAccess-Control-Request-Method: GET\r\n";
    for (name, path, status) in [
        ("a handler of its own", "/options", 200),
        ("a handler for every method", "/any", 401),
        ("no handler for it", "/get", 404),
        ("no route", "/none", 404),
    ] {
        for headers in ["", preflight, VISIT] {
            let answer = send(server.addr(), "OPTIONS", path, headers);
            assert_eq!(answer.status, status, "{name}, {headers:?}");
            let is_telling = |name: &str| name == "location" || name.starts_with("access-control-");
            assert!(!answer.headers.iter().any(|(name, _)| is_telling(name)), "{name}, {headers:?}");
        }
    }
    let signed_in = format!("Authorization: Bearer {}\r\n", clerk.session_token("user_1"));
    let answer = send(server.addr(), "OPTIONS", "/options", &signed_in);
    let body = String::from_utf8(answer.body).unwrap();
    assert!(body.contains("\"userId\":\"user_1\""), "{body}");
}
