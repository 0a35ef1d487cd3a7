//! Outages of Clerk, and of the network in front of it.

use std::time::Duration;

use actix_web::{App, test, web};
use clerk_actix::{
    ClerkMiddleware, RequireAuth,
    testing::{
        self, Behavior,
        Endpoint::{self, Jwks},
        LocalClerk,
    },
};

use super::wire::{Break, Wire};
use crate::support::{
    bearer,
    browser::Browser,
    get, local_clerk,
    outages::{Case, Cause, ENDPOINTS, REQUESTS, go_through},
    seconds,
};

enum Fault {
    OfClerk(Behavior),
    OfTheNetwork(Break),
}

/// A fault of Clerk or of the wire to it.
struct Trouble {
    wire: Wire,
    fault: Fault,
}

impl Cause for Trouble {
    fn begin(&self, clerk: &LocalClerk) {
        match &self.fault {
            Fault::OfClerk(behavior) => {
                ENDPOINTS.into_iter().for_each(|endpoint| clerk.behave(endpoint, behavior.clone()))
            }
            Fault::OfTheNetwork(broken) => self.wire.set(Some(*broken)),
        }
    }

    fn end(&self, clerk: &LocalClerk) {
        ENDPOINTS.into_iter().for_each(|endpoint| clerk.behave(endpoint, Behavior::Normal));
        self.wire.set(None);
    }

    fn lost(&self) -> u64 {
        self.wire.lost()
    }
}

/// Each with the timeout of a call: short only if it has to run out.
fn faults() -> [(&'static str, Fault, Duration); 11] {
    use Fault::{OfClerk, OfTheNetwork};
    let (long, short) = (seconds(10), Duration::from_millis(150));
    [
        ("500", OfClerk(Behavior::Status(500)), long),
        ("503", OfClerk(Behavior::Status(503)), long),
        ("429", OfClerk(Behavior::TooManyRequests(seconds(30))), long),
        ("a redirect", OfClerk(Behavior::Redirect("http://127.0.0.1:1/".to_owned())), long),
        ("a page", OfClerk(Behavior::Html), long),
        ("an answer that breaks off", OfClerk(Behavior::CutShort), long),
        ("17 megabytes", OfClerk(Behavior::TooLarge), long),
        ("no answer", OfClerk(Behavior::Hang), short),
        ("connections that close", OfTheNetwork(Break::Closes), long),
        ("connections that are half open", OfTheNetwork(Break::Silent), short),
        ("something that does not speak HTTP", OfTheNetwork(Break::AnotherProtocol), long),
    ]
}

#[actix_web::test]
async fn what_each_request_gets() {
    for (name, fault, timeout) in faults() {
        let clerk = local_clerk();
        let trouble = Trouble { wire: Wire::to(&clerk.api_url()), fault };
        let url = trouble.wire.url();
        go_through(name, clerk, trouble, |clerk| clerk.config_builder().api_url(&url), timeout).await;
    }
}

/// The first call of each round fails: no session token is rejected, and whoever needed that call succeeds after the
/// pause that the response asks for.
#[actix_web::test]
async fn a_clerk_that_flaps() {
    let clerk = local_clerk();
    let config = clerk.config_builder().build().unwrap();
    let trouble = Trouble { wire: Wire::to(&clerk.api_url()), fault: Fault::OfClerk(Behavior::Status(500)) };
    let mut case = Case::new(clerk, trouble, config);
    let healthy = REQUESTS.map(|(_, status)| status);
    for round in 0..20 {
        ENDPOINTS.into_iter().for_each(|endpoint| case.clerk.behave_once(endpoint, Behavior::Status(500)));
        let first = case.statuses().await;
        assert_eq!((first[0], first[6]), (200, 200), "round {round}: a token, a webhook");
        let as_expected = |(first, healthy): (&u16, &u16)| *first == 503 || first == healthy;
        assert!(first.iter().zip(&healthy).take(7).all(as_expected), "round {round}: {first:?}");
        case.clerk.clock().advance(seconds(2));
        assert_eq!(case.statuses().await[..7], healthy[..7], "round {round}");
        case.clerk.clock().advance(seconds(301));
    }
}

/// Clerk has a new key, and its keys cannot be fetched: the browser gets the session that Clerk has issued, once, and an
/// outage until it can be verified.
#[actix_web::test]
async fn a_session_that_comes_before_its_key() {
    for refreshes in [true, false] {
        let clerk = local_clerk();
        let server = crate::support::server(clerk.config());
        let home = format!("http://localhost:{}/require", server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&home).await;
        assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada");
        clerk.clock().advance(seconds(120));
        clerk.rotate_keys();
        clerk.behave(Jwks, Behavior::Status(500));
        if !refreshes {
            browser.forget("__refresh");
        }
        let calls = || clerk.calls(Endpoint::Refresh) + clerk.calls(Endpoint::HandshakePayload);
        let before = calls();
        let page = browser.visit(&home).await;
        let reason = page.headers.get("x-clerk-auth-reason").and_then(|reason| reason.to_str().ok());
        assert_eq!((page.status, reason), (503, Some("jwk-remote-failed-to-load")), "{refreshes}");
        assert_eq!(calls(), before + 1, "{refreshes}");
        clerk.behave(Jwks, Behavior::Normal);
        clerk.clock().advance(seconds(10));
        browser.forget("__clerk_handshake_nonce");
        assert_eq!(browser.visit(&home).await.body, "user_ada", "{refreshes}");
        assert_eq!(calls(), before + 1, "{refreshes}: with the cookies that came during the outage");
    }
}

/// What the page about outages says of browsers whose token has expired, while the Frontend API still answers.
#[actix_web::test]
async fn what_browsers_see() {
    for (path, refreshes, expected) in [
        ("/require", false, (503, Some("unexpected-error"))),
        ("/require", true, (503, Some("unexpected-error"))),
        ("/auth", false, (200, Some("unexpected-error"))),
        ("/public", false, (200, Some("unexpected-error"))),
    ] {
        let clerk = local_clerk();
        let server = crate::support::server(clerk.config());
        let site = format!("http://localhost:{}", server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&format!("{site}/require")).await;
        assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada");
        clerk.clock().advance(seconds(120));
        if !refreshes {
            browser.forget("__refresh");
        }
        ENDPOINTS.into_iter().for_each(|endpoint| clerk.behave(endpoint, Behavior::Status(503)));
        browser.visited.clear();
        let page = browser.visit(&format!("{site}{path}")).await;
        let reason = page.headers.get("x-clerk-auth-reason").and_then(|reason| reason.to_str().ok());
        assert_eq!((page.status, reason), expected, "{path}, {refreshes}");
        assert_eq!(browser.redirects(), 2, "{path}, {refreshes}: to Clerk and back");
        ENDPOINTS.into_iter().for_each(|endpoint| clerk.behave(endpoint, Behavior::Normal));
        clerk.clock().advance(seconds(10));
        assert_eq!(browser.visit(&format!("{site}/require")).await.body, "user_ada", "{path}, {refreshes}: afterwards");
    }
}

/// Clerk's address is answered by another instance, or its keys are mixed up: its tokens do not count, and those of the
/// known keys die with the answer, because Clerk says so.
#[actix_web::test]
async fn the_keys_of_another_instance() {
    let (clerk, other) = (local_clerk(), local_clerk());
    let config = clerk.config_builder().secret_key(other.secret_key()).api_url(other.api_url()).build().unwrap();
    let server = crate::support::server(config);
    for (name, token, expected) in [
        ("our own, whose key is not among them", clerk.session_token("user_1"), 401),
        ("the other instance's: they are the keys that this secret key has", other.session_token("user_1"), 200),
        ("the other instance's under our kid", other.mint(testing::session("user_1").header("kid", "ins_ours")), 401),
    ] {
        assert_eq!(get(&server, "/require", &token).await.status, expected, "{name}");
    }
}

/// An hour of the clock passes during 100,000 requests of known keys.
#[actix_web::test]
async fn an_hour_without_clerk() {
    const REQUESTS: u32 = 100_000;
    let clerk = local_clerk();
    let app = App::new()
        .wrap(ClerkMiddleware::new(clerk.config()))
        .route("/", web::get().to(async |user: RequireAuth| user.user_id().to_owned()));
    let app = test::init_service(app).await;
    let (mut token, mut failures) = (clerk.session_token("user_1"), 0);
    for n in 0..=REQUESTS {
        if n % 1_000 == 0 {
            token = clerk.mint(testing::session(format!("user_{n}")));
        }
        let request = test::TestRequest::get().insert_header(bearer(&token)).to_request();
        if test::call_service(&app, request).await.status() != 200 {
            failures += 1;
        }
        if n == 0 {
            clerk.behave(Jwks, Behavior::Status(500));
        }
        clerk.clock().advance(Duration::from_millis(36));
    }
    let calls = clerk.calls(Jwks) - 1;
    println!("an hour without Clerk, {REQUESTS} requests: {failures} failures, {} calls a minute", calls.div_ceil(60));
    assert_eq!(failures, 0);
    // A pause of two seconds after each fetch, of up to five attempts.
    assert!(calls <= 5 * 1_800, "{calls} calls");
}
