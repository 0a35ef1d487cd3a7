//! `HEAD` and `OPTIONS` for protected pages, byte by byte as clients see them.

mod support;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use actix_test::TestServer;
use actix_web::{
    App,
    guard::{Any, Get, Head, Options},
    web,
};
use clerk_actix::{Auth, ClerkConfig, ClerkMiddleware, RequireAuth, testing::LocalClerk};
use support::local_clerk;

fn server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    let whoami = async |user: RequireAuth| user.user_id().to_owned();
    actix_test::start(move || {
        App::new()
            // For Actix, `HEAD` is a method like any other: a handler for `GET` does not respond to it.
            .route("/me", web::route().guard(Any(Get()).or(Head())).to(whoami))
            .route("/get", web::get().to(whoami))
            .route("/options", web::route().guard(Options()).to(async |auth: Auth| web::Json(auth)))
            .route("/any", web::to(whoami))
            .wrap(clerk.clone())
    })
}

/// A response as it is on the wire.
struct Wire {
    status: u16,
    /// Without the headers that differ from one response to the next.
    head: Vec<String>,
    body: String,
}

impl Wire {
    fn has(&self, start: &str) -> bool {
        self.head.iter().any(|line| line.starts_with(start))
    }
}

fn send(address: SocketAddr, method: &str, path: &str, headers: &str) -> Wire {
    let mut connection = TcpStream::connect(address).unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut head: Vec<_> = lines.filter(|line| !line.starts_with("date:")).map(str::to_owned).collect();
    head.sort();
    Wire { status, head, body: body.to_owned() }
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
        assert_eq!(head.head, get.head, "{name}");
        assert_eq!(head.body, "", "{name}");
        assert!(!get.body.is_empty() && get.has(&format!("content-length: {}", get.body.len())), "{name}");
    }
}

/// Browsers do not display the response to a `HEAD`, so it is never redirected to sign in or to Clerk.
#[actix_web::test]
async fn head_is_never_a_visit() {
    for clerk in [LocalClerk::start().unwrap(), local_clerk()] {
        let server = server(clerk.config());
        let get = send(server.addr(), "GET", "/me", VISIT);
        assert!(matches!(get.status, 302 | 307) && get.has("location: "), "{:?}", get.head);
        for cookie in ["", "Cookie: __client_uat=1\r\n", "Cookie: __client_uat=1; __session=a.b.c\r\n"] {
            for method in ["HEAD", "OPTIONS"] {
                let path = if method == "HEAD" { "/me" } else { "/any" };
                let answer = send(server.addr(), method, path, &format!("{VISIT}{cookie}"));
                assert_eq!((answer.status, answer.has("location: ")), (401, false), "{method}, {cookie:?}");
                assert!(answer.has("x-clerk-auth-status: signed-out"), "{method}, {cookie:?}");
                assert!(!answer.has("set-cookie: "), "{method}, {cookie:?}");
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
            assert!(!answer.has("location: ") && !answer.has("access-control-"), "{name}, {headers:?}");
        }
    }
    let signed_in = format!("Authorization: Bearer {}\r\n", clerk.session_token("user_1"));
    let answer = send(server.addr(), "OPTIONS", "/options", &signed_in);
    assert!(answer.body.contains("\"userId\":\"user_1\""), "{}", answer.body);
}
