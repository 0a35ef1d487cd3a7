//! Requests that no HTTP library writes: repeated header lines, non-ASCII bytes, rare methods.
//!
//! Unless noted, `@clerk/express` 2.1.70 on Node.js 24 responds the same.

use std::net::SocketAddr;

use clerk_actix::testing::LocalClerk;

use crate::support::{local_clerk, raw_connection::exchange, server};

/// Summarizes the response: the status, and the reason or the return address of a redirect.
fn ask(address: SocketAddr, method: &str, target: &str, headers: &[u8]) -> String {
    let start = format!("{method} {target} HTTP/1.1\r\n");
    let response = exchange(address, &[start.as_bytes(), headers].concat());
    let status = response.status;
    if let Some(location) = response.header("location") {
        let location = url::Url::parse(location).unwrap();
        let back = location.query_pairs().find(|(name, _)| name == "redirect_url").unwrap().1.into_owned();
        return format!("{status} and back to {back}");
    }
    match response.header("x-clerk-auth-reason") {
        Some(reason) => format!("{status} {reason}"),
        None => status.to_string(),
    }
}

/// A browser that was signed in: a page navigation is redirected to Clerk, any other request is not.
#[actix_web::test]
async fn header_lines_that_come_more_than_once() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let session = clerk.session_token("user_ada");
    const PASSES: &str = "200 client-uat-but-no-session-token";
    const NAVIGATES: &str = "307 and back to http://app.example.com/auth";
    let host = "Host: app.example.com\r\n";
    let browser = format!("{host}Cookie: __client_uat=1\r\n");
    let document = format!("{browser}Sec-Fetch-Dest: document\r\n");
    let bearer = format!("Authorization: Bearer {session}\r\n");
    for (name, headers, expected) in [
        ("a destination", document.clone(), NAVIGATES),
        ("the same destination twice", format!("{document}Sec-Fetch-Dest: document\r\n"), PASSES),
        ("two destinations", format!("{document}Sec-Fetch-Dest: empty\r\n"), PASSES),
        ("two destinations in one line", format!("{browser}Sec-Fetch-Dest: document, document\r\n"), PASSES),
        (
            "twice, by a client that accepts pages",
            format!("{document}Accept: text/html\r\nSec-Fetch-Dest: document\r\n"),
            PASSES,
        ),
        (
            "twice nothing, by a client that accepts pages",
            format!("{browser}Accept: text/html\r\nSec-Fetch-Dest:\r\nSec-Fetch-Dest:\r\n"),
            PASSES,
        ),
        ("pages, then JSON", format!("{browser}Accept: text/html\r\nAccept: application/json\r\n"), NAVIGATES),
        ("JSON, then pages", format!("{browser}Accept: application/json\r\nAccept: text/html\r\n"), PASSES),
        ("nothing, then pages", format!("{browser}Accept:\r\nAccept: text/html\r\n"), PASSES),
        (
            "a cookie in a second line",
            format!("{host}Cookie: a=1\r\nCookie: __client_uat=1\r\nSec-Fetch-Dest: document\r\n"),
            NAVIGATES,
        ),
        (
            "one cookie in two lines: the first counts",
            format!("{host}Cookie: __client_uat=0\r\nCookie: __client_uat=1\r\nSec-Fetch-Dest: document\r\n"),
            "200 session-token-and-uat-missing",
        ),
        ("a token", format!("{host}{bearer}"), "200"),
        ("a token, then another", format!("{host}{bearer}Authorization: Bearer a.b.c\r\n"), "200"),
        ("a bad token, then a good one", format!("{host}Authorization: Bearer a.b.c\r\n{bearer}"), "200 token-invalid"),
        (
            "another scheme, then a token",
            format!("{host}Authorization: Basic eDp5\r\n{bearer}"),
            "200 session-token-and-uat-missing",
        ),
        ("nothing, then a token", format!("{host}Authorization:\r\n{bearer}"), "200 session-token-and-uat-missing"),
        (
            "a forwarded host, then another",
            format!("{document}X-Forwarded-Host: a.example\r\nX-Forwarded-Host: b.example\r\n"),
            "307 and back to http://a.example/auth",
        ),
        // As RFC 9112, section 3.2, requires, and Actix does; the reference takes the first.
        ("a host, then another", format!("{document}Host: evil.example\r\n"), "400"),
        // The reference takes the first, empty one for a host, and returns to `http://clerk-dummy`.
        (
            "no forwarded host, then one",
            format!("{document}X-Forwarded-Host:\r\nX-Forwarded-Host: b.example\r\n"),
            NAVIGATES,
        ),
        (
            "a forwarded scheme, then another",
            format!("{document}X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n"),
            "307 and back to https://app.example.com/auth",
        ),
    ] {
        assert_eq!(ask(server.addr(), "GET", "/auth", headers.as_bytes()), expected, "{name}");
    }
}

/// A `Referer` is read as Latin-1. A host has only ASCII letters: the reference reads its bytes as Latin-1 and
/// continues with a host that the request did not name.
#[actix_web::test]
async fn bytes_that_are_not_ascii() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let session = clerk.session_token("user_ada");
    let signed_in = format!("Cookie: __client_uat=1; __session={session}\r\nSec-Fetch-Dest: document\r\n");
    let host: &[u8] = b"Host: app.example.com\r\n";
    const SYNCS: &str = "307 and back to http://app.example.com/auth";
    for (name, headers, expected) in [
        ("a referrer of the same origin", [host, b"Referer: http://app.example.com/caf\xe9\r\n"].concat(), "200"),
        ("one elsewhere", [host, b"Referer: https://other.example/caf\r\n"].concat(), SYNCS),
        ("one elsewhere, in Latin-1", [host, b"Referer: https://other.example/caf\xe9\r\n"].concat(), SYNCS),
        ("one elsewhere, in UTF-8", [host, "Referer: https://other.example/café\r\n".as_bytes()].concat(), SYNCS),
        ("a host in Latin-1 elsewhere", [host, b"Referer: https://caf\xe9.example/\r\n"].concat(), SYNCS),
        (
            "two referrers: the first counts",
            [host, b"Referer: http://app.example.com/\r\nReferer: https://x.example/\r\n"].concat(),
            "200",
        ),
        (
            "a forwarded host in Latin-1",
            [host, b"Referer: https://x.example/\r\nX-Forwarded-Host: caf\xe9.example\r\n"].concat(),
            SYNCS,
        ),
        (
            "a forwarded host in UTF-8",
            [host, "Referer: https://x.example/\r\nX-Forwarded-Host: café.example\r\n".as_bytes()].concat(),
            SYNCS,
        ),
        (
            "a host in Latin-1",
            b"Host: caf\xe9.example\r\nReferer: https://x.example/\r\n".to_vec(),
            "307 and back to http://localhost/auth",
        ),
    ] {
        let headers = [signed_in.as_bytes(), &headers].concat();
        assert_eq!(ask(server.addr(), "GET", "/auth", &headers), expected, "{name}");
    }
}

/// The method does not affect authentication. The reference responds to `TRACE` and `TRACK` with 400 and to `CONNECT`
/// not at all, because the Fetch standard's `Request` cannot represent them.
#[actix_web::test]
async fn methods_that_few_servers_know() {
    let clerk = LocalClerk::start_production().unwrap();
    let server = server(clerk.config());
    let bearer = format!("Host: app.example.com\r\nAuthorization: Bearer {}\r\n", clerk.session_token("user_ada"));
    let browser = "Host: app.example.com\r\nCookie: __client_uat=1\r\nSec-Fetch-Dest: document\r\n";
    for method in ["TRACE", "CONNECT", "TRACK", "PURGE", "QUERY", "get", "Get", "BREW"] {
        assert_eq!(ask(server.addr(), method, "/require", bearer.as_bytes()), "200", "{method}");
        let refused = "401 client-uat-but-no-session-token";
        assert_eq!(ask(server.addr(), method, "/require", browser.as_bytes()), refused, "{method}");
    }
    // No path: the application's router decides.
    assert_eq!(
        ask(server.addr(), "CONNECT", "app.example.com:443", browser.as_bytes()),
        "404 client-uat-but-no-session-token"
    );
    assert_eq!(ask(server.addr(), "OPTIONS", "*", browser.as_bytes()), "404 client-uat-but-no-session-token");
}
