//! Unsolicited handshakes, and handshakes that Clerk does not complete.
//!
//! Neither may override a session, and only the second kind is an outage.

use actix_test::TestServer;
use actix_web::{App, http::Method, web};
use clerk_actix::{
    ClerkMiddleware, RequireAuth,
    testing::{Behavior, Endpoint, LocalClerk},
};

use crate::support::{Answer, instances, seconds, send, servers::serve, timeout_for};

/// A server with keys of its own, which asks a Clerk that behaves like this only about handshakes.
fn server_for(clerk: &LocalClerk, behavior: &Behavior) -> TestServer {
    let config = clerk.config_builder().jwt_key(clerk.jwt_key()).api_timeout(timeout_for(behavior));
    let clerk = ClerkMiddleware::new(config.build().unwrap());
    serve(move || {
        App::new().wrap(clerk.clone()).default_service(web::to(async |user: RequireAuth| user.user_id().to_owned()))
    })
}

/// The cookies of a signed-in browser. Without an earlier sign-in, Clerk would not be asked anyway.
fn session_cookies(clerk: &LocalClerk) -> Vec<String> {
    let token = clerk.session_token("user_ada");
    vec![format!("__session={token}"), "__client_uat=1".to_owned(), "__clerk_db_jwt=dvb_1".to_owned()]
}

/// The ways in which a request can say whether it is a navigation.
const KINDS: [(&str, Method, &str); 4] = [
    ("a page", Method::GET, "document"),
    ("a fetch", Method::GET, "empty"),
    ("a form", Method::POST, "document"),
    ("a HEAD", Method::HEAD, "document"),
];

async fn ask(server: &TestServer, kind: &(&str, Method, &str), query: &str, cookies: &[String]) -> Answer {
    let request = server.request(kind.1.clone(), server.url(&format!("/orders?{query}")));
    let request = request.insert_header(("Sec-Fetch-Dest", kind.2)).insert_header(("Cookie", cookies.join("; ")));
    send(request).await
}

/// Clerk's responses to a nonce exchange, and whether each is a failure of Clerk.
fn exchanges() -> Vec<(&'static str, Behavior, bool)> {
    let error = |status, code| Behavior::error(status, code, "trace_1");
    vec![
        ("a used nonce", Behavior::Normal, false),
        ("a malformed nonce", error(400, "nonce_invalid"), false),
        ("a server error", Behavior::Status(500), true),
        ("a bad gateway", Behavior::Status(502), true),
        ("a wrong secret key", error(401, "clerk_key_invalid"), true),
        ("too many requests", Behavior::TooManyRequests(seconds(7)), true),
        ("a page instead of JSON", Behavior::Html, true),
        ("an answer that breaks off", Behavior::CutShort, true),
        ("no answer", Behavior::Hang, true),
    ]
}

#[actix_web::test]
async fn a_nonce_that_brings_nothing_does_not_overrule_a_session() {
    for (name, clerk) in instances() {
        for (exchange, behavior, _) in exchanges() {
            // Nonces are remembered: each exchange gets a server that has not seen this one.
            let server = server_for(&clerk, &behavior);
            clerk.behave(Endpoint::HandshakePayload, behavior);
            for kind in &KINDS {
                let case = format!("{name}, {exchange}, {}", kind.0);
                let mut cookies = session_cookies(&clerk);
                cookies.push("__clerk_handshake_nonce=used".to_owned());
                let calls = clerk.calls(Endpoint::HandshakePayload);
                let answer = ask(&server, kind, "a=1", &cookies).await;
                let asked = clerk.calls(Endpoint::HandshakePayload) - calls;
                if kind.0 != "a page" {
                    assert_eq!((answer.status, asked), (200, 0), "{case}: {:?}", answer.reason());
                    continue;
                }
                // In development, a nonce that Clerk does not know causes one more redirect, to the address without it.
                if name == "development" && answer.status == 307 {
                    assert!(answer.header("location").unwrap().ends_with("/orders?a=1"), "{case}");
                    continue;
                }
                assert_eq!(answer.status, 200, "{case}: {:?}", answer.reason());
                assert_eq!(answer.body, "user_ada", "{case}");
            }
        }
    }
}

#[actix_web::test]
async fn a_nonce_that_clerk_cannot_exchange_is_an_outage_where_nothing_else_says_who_it_is() {
    for (name, clerk) in instances() {
        for (exchange, behavior, is_outage) in exchanges() {
            clerk.behave(Endpoint::HandshakePayload, behavior.clone());
            for (browser, cookies) in [
                ("a stranger", vec![]),
                ("signed in, with no token", vec!["__client_uat=1".to_owned(), "__clerk_db_jwt=dvb_1".to_owned()]),
            ] {
                let case = format!("{name}, {exchange}, {browser}");
                let server = server_for(&clerk, &behavior);
                let answer = ask(&server, &KINDS[0], "__clerk_handshake_nonce=n1", &cookies).await;
                if !is_outage {
                    assert!((300..400).contains(&answer.status), "{case}: {}", answer.status);
                    continue;
                }
                assert_eq!(answer.status, 503, "{case}: {:?}", answer.reason());
                let expected = match &behavior {
                    Behavior::TooManyRequests(pause) => pause.as_secs().to_string(),
                    _ => "1".to_owned(),
                };
                assert_eq!(answer.header("retry-after"), Some(&*expected), "{case}");
                let reason = if exchange == "a wrong secret key" { "secret-key-invalid" } else { "unexpected-error" };
                assert_eq!(answer.reason(), Some(reason), "{case}");
                assert_eq!(answer.headers.get_all("set-cookie").count(), 0, "{case}");
            }
        }
    }
}
