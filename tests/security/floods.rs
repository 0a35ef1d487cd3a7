//! Made-up credentials cost Clerk a bounded number of calls, and known clients nothing.
//!
//! Every call is counted, and the clock is moved by hand.

use std::time::Duration;

use actix_test::TestServer;
use actix_web::{App, web};
use clerk_actix::{
    ApiKey, Auth, ClerkClient, ClerkConfig, ClerkMiddleware, M2mToken, RequireAuth,
    testing::{
        self, Behavior,
        Endpoint::{HandshakePayload, Refresh, VerifyApiKey},
        LocalClerk,
    },
};
use futures_util::{StreamExt, future::join_all, stream};

use crate::support::{
    Answer, browser::Browser, client_for_many_requests, cookie_suffix, get, local_clerk, navigation, seconds, send,
    servers::serve_with,
};

/// Clerk's limit for a production instance, per ten seconds.
const LIMIT: u32 = 1000;
/// The calls of one kind that unknown clients may cause: at once, and in each second after that.
const AT_ONCE: u64 = 50;
const A_SECOND: u64 = 25;
const REFRESHES_AT_ONCE: u64 = 30;

fn limited(clerk: &LocalClerk) -> ClerkConfig {
    clerk.config_builder().backend_api_rate_limit(LIMIT).build().unwrap()
}

fn server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    serve_with(actix_test::config().disable_redirects().workers(2), move || {
        App::new()
            .wrap(clerk.clone())
            .route("/session", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .route("/page", web::get().to(async |auth: Auth| auth.user_id().unwrap_or("signed out").to_owned()))
            .route("/api-key", web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned()))
            .route("/m2m", web::get().to(async |machine: RequireAuth<M2mToken>| machine.machine_id().to_owned()))
            .route("/revoke/{id}", web::post().to(revoke))
    })
}

async fn revoke(clerk: ClerkClient, id: web::Path<String>) -> String {
    clerk.api_keys().revoke(&id, None).await.map_or_else(|error| error.to_string(), |key| key.id)
}

/// Sends this many requests with made-up API keys, and counts the responses by status.
async fn flood(server: &TestServer, first: u32, keys: u32) -> (u64, u64) {
    let requests = stream::iter(first..first + keys).map(|n| {
        let token = format!("ak_{n:08x}");
        async move { get(server, "/api-key", &token).await }
    });
    let answers: Vec<Answer> = requests.buffer_unordered(40).collect().await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status == status).count() as u64;
    for answer in answers.iter().filter(|answer| answer.status == 503) {
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    assert_eq!(count(401) + count(503), u64::from(keys));
    (count(401), count(503))
}

/// Sends this many navigations that return with made-up nonces.
async fn flood_of_nonces(server: &TestServer, first: u32, nonces: u32) {
    let requests = stream::iter(first..first + nonces)
        .map(|n| async move { visit(server, &format!("__clerk_handshake_nonce=made-up-{n}")).await.status });
    requests.buffer_unordered(40).collect::<Vec<_>>().await;
}

/// A navigation to a page with these cookies.
async fn visit(server: &TestServer, cookies: &str) -> Answer {
    send(navigation(server, "/page").insert_header(("Cookie", cookies))).await
}

#[actix_web::test]
async fn made_up_keys_cost_clerk_no_more_than_their_share() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    let (refused, turned_away) = flood(&server, 0, 1000).await;
    assert_eq!((refused, turned_away), (AT_ONCE, 1000 - AT_ONCE));
    assert_eq!(clerk.calls(VerifyApiKey), AT_ONCE);
    for second in 1..=10_u32 {
        clerk.clock().advance(seconds(1));
        flood(&server, second * 1000, 126).await;
        assert_eq!(clerk.calls(VerifyApiKey), AT_ONCE + u64::from(second) * A_SECOND);
    }
    assert!(clerk.most_at_once(VerifyApiKey) <= 16, "{}", clerk.most_at_once(VerifyApiKey));
}

/// A Clerk that limits calls as the real one does, and 126 made-up keys each second: 1,260 in ten seconds.
#[actix_web::test]
async fn a_good_key_is_never_refused_because_of_bad_ones() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    clerk.behave(VerifyApiKey, Behavior::rate_limit(u64::from(LIMIT), seconds(10)));
    let key = clerk.mint(testing::api_key("user_1"));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    for second in 1..=30_u32 {
        clerk.clock().advance(seconds(1));
        flood(&server, second * 1000, 126).await;
        for _ in 0..3 {
            let answer = get(&server, "/api-key", &key).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "user_1"), "second {second}");
        }
    }
    let good = 1 + 30 * 3;
    assert_eq!(clerk.calls(VerifyApiKey), AT_ONCE + 29 * A_SECOND + good, "and each was asked about");
}

/// 400 made-up keys, each on its own connection, while Clerk responds to no call about them: 256 wait, 16 of them
/// for Clerk, and the others get a 503 at once. A known key does not wait behind them.
#[actix_web::test]
async fn a_known_key_does_not_wait_behind_strangers() {
    let clerk = local_clerk();
    // Tests the waiting slots, not the rate.
    let server = server(clerk.config_builder().api_timeout(seconds(300)).build().unwrap());
    let key = clerk.mint(testing::api_key("user_1"));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    for _ in 0..16 {
        clerk.behave_once(VerifyApiKey, Behavior::Hang);
    }
    let client = client_for_many_requests();
    let mut turned_away = 0;
    let (told, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let waiting: Vec<_> = (0..400)
        .map(|n| {
            let header = ("Authorization", format!("Bearer ak_stranger{n}"));
            let (request, told) = (client.get(server.url("/api-key")).insert_header(header), told.clone());
            actix_web::rt::spawn(async move {
                let answer = send(request).await;
                let _ = told.send(answer.status);
                answer
            })
        })
        .collect();
    while turned_away < 400 - 256 {
        assert_eq!(answers.recv().await, Some(503), "at once");
        turned_away += 1;
    }
    assert_eq!(clerk.calls(VerifyApiKey), 1 + 16);
    for _ in 0..20 {
        assert_eq!(get(&server, "/api-key", &key).await.body, "user_1");
    }
    assert_eq!(clerk.calls(VerifyApiKey), 1 + 16 + 20, "it was asked about");
    clerk.behave(VerifyApiKey, Behavior::Normal);
    let answers: Vec<u16> = join_all(waiting).await.into_iter().map(|answer| answer.unwrap().status).collect();
    assert_eq!(answers.iter().filter(|status| **status == 401).count(), 256);
    assert_eq!(answers.iter().filter(|status| **status == 503).count(), 400 - 256);
}

/// A credential that Clerk cannot have issued is rejected as Clerk would reject it, without a call.
#[actix_web::test]
async fn what_clerk_cannot_have_given_out_costs_no_call() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    for key in ["ak_", "ak_a,b", "ak_{}", &format!("ak_{}", "x".repeat(10_000))] {
        let answer = get(&server, "/api-key", key).await;
        assert_eq!((answer.status, answer.reason()), (401, Some("token-invalid")), "{key:.20}");
    }
    assert_eq!(clerk.calls(VerifyApiKey), 0);
    for nonce in ["x%20y", "%00", "%C3%A9", &"n".repeat(60_000)] {
        let target = format!("/page?__clerk_handshake_nonce={nonce}");
        let answer = send(server.get(target).insert_header(("Sec-Fetch-Dest", "document"))).await;
        assert!(answer.status < 500, "{nonce:.20}: {}", answer.status);
    }
    assert_eq!(clerk.calls(HandshakePayload), 0);
}

/// While Clerk is unavailable or asks for a pause, its last verdict on a known key remains valid for five minutes.
#[actix_web::test]
async fn clerks_last_word_stands_for_a_while() {
    for (name, behavior) in [
        ("a pause", Behavior::TooManyRequests(seconds(60))),
        ("an outage", Behavior::Status(503)),
        ("an answer that breaks off", Behavior::CutShort),
        ("a page of a proxy", Behavior::Html),
    ] {
        let clerk = local_clerk();
        let server = server(limited(&clerk));
        let (key, unused) = (clerk.mint(testing::api_key("user_1")), clerk.mint(testing::api_key("user_2")));
        let short = clerk.mint(testing::api_key("user_3").lifetime(seconds(100)));
        for known in [&key, &short] {
            assert_eq!(get(&server, "/api-key", known).await.status, 200, "{name}");
        }
        clerk.behave(VerifyApiKey, behavior);
        let calls = clerk.calls(VerifyApiKey);
        for _ in 0..10 {
            assert_eq!(get(&server, "/api-key", &key).await.body, "user_1", "{name}");
        }
        assert_eq!(clerk.calls(VerifyApiKey), calls + 1, "{name}: no request waits for the next failure");
        assert_eq!(get(&server, "/api-key", &unused).await.status, 503, "{name}: Clerk never vouched for it");
        clerk.clock().advance(seconds(99));
        assert_eq!(get(&server, "/api-key", &short).await.body, "user_3", "{name}");
        clerk.clock().advance(seconds(1));
        assert_eq!(get(&server, "/api-key", &short).await.status, 503, "{name}: its time is up");
        clerk.clock().advance(seconds(199));
        assert_eq!(get(&server, "/api-key", &key).await.body, "user_1", "{name}");
        clerk.clock().advance(seconds(1));
        assert_eq!(get(&server, "/api-key", &key).await.status, 503, "{name}: that was five minutes ago");
        clerk.behave(VerifyApiKey, Behavior::Normal);
        clerk.clock().advance(seconds(60));
        assert_eq!(get(&server, "/api-key", &key).await.body, "user_1", "{name}: Clerk is back");
    }
}

/// A rejection replaces the earlier verdict; so does a revocation by this server itself, even if Clerk is unavailable.
#[actix_web::test]
async fn clerks_last_word_does_not_outlive_a_revocation() {
    let clerk = local_clerk();
    let ttl = clerk.config_builder().backend_api_rate_limit(LIMIT).machine_token_cache(seconds(60)).build().unwrap();
    for (name, config, asks_again) in [("by default", limited(&clerk), true), ("with a time to live", ttl, false)] {
        clerk.behave(VerifyApiKey, Behavior::Normal);
        let server = server(config);
        let revoked = clerk.mint(testing::api_key("user_1"));
        let withdrawn = clerk.mint(testing::api_key("user_2").id(format!("ak_withdrawn{asks_again}")));
        for known in [&revoked, &withdrawn] {
            assert_eq!(get(&server, "/api-key", known).await.status, 200, "{name}");
        }
        clerk.revoke(&revoked);
        clerk.clock().advance(seconds(if asks_again { 1 } else { 60 }));
        assert_eq!(get(&server, "/api-key", &revoked).await.status, 401, "{name}");
        let answer = send(server.post(format!("/revoke/ak_withdrawn{asks_again}"))).await;
        assert_eq!(answer.body, format!("ak_withdrawn{asks_again}"), "{name}");
        clerk.behave(VerifyApiKey, Behavior::Status(500));
        clerk.clock().advance(seconds(5));
        for gone in [&revoked, &withdrawn] {
            assert_eq!(get(&server, "/api-key", gone).await.status, 503, "{name}");
        }
    }
}

#[actix_web::test]
async fn without_stale_answers_an_outage_is_one_for_all() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().machine_token_max_stale(Duration::ZERO).build().unwrap());
    let key = clerk.mint(testing::api_key("user_1"));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    clerk.behave(VerifyApiKey, Behavior::Status(500));
    assert_eq!(get(&server, "/api-key", &key).await.status, 503);
}

/// A wrong secret key is not an outage: verdicts given to the right key are not used.
#[actix_web::test]
async fn a_secret_key_that_clerk_refuses_is_no_outage() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    let key = clerk.mint(testing::api_key("user_1"));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    for status in [401, 403] {
        clerk.behave(VerifyApiKey, Behavior::Status(status));
        assert_eq!(get(&server, "/api-key", &key).await.status, 503, "{status}");
    }
}

/// Clerk limits an instance, not an endpoint: a pause requested by one endpoint applies to all.
#[actix_web::test]
async fn a_pause_is_kept_by_all() {
    for asks in [VerifyApiKey, HandshakePayload, Refresh] {
        let clerk = local_clerk();
        let server = server(limited(&clerk));
        let session = clerk.mint(testing::session("user_1"));
        // Before the pause, while signing keys are fetched: the pause does not cover them.
        assert_eq!(get(&server, "/session", &session).await.status, 200);
        clerk.clock().advance(seconds(120));
        clerk.behave(asks, Behavior::TooManyRequests(seconds(30)));
        let refresh = format!("__session={session}; __client_uat=1; __refresh_{}=made-up", cookie_suffix(&clerk));
        let each = async || {
            get(&server, "/api-key", "ak_unknown").await;
            visit(&server, "__clerk_handshake_nonce=unknown").await;
            visit(&server, &refresh).await;
        };
        match asks {
            VerifyApiKey => drop(get(&server, "/api-key", "ak_first").await),
            HandshakePayload => drop(visit(&server, "__clerk_handshake_nonce=first").await),
            _ => drop(visit(&server, &refresh.replace("made-up", "first")).await),
        }
        let calls = || [VerifyApiKey, HandshakePayload, Refresh].map(|endpoint| clerk.calls(endpoint));
        let before = calls();
        assert_eq!(before.iter().sum::<u64>(), 1, "{asks:?}");
        each().await;
        clerk.clock().advance(seconds(29));
        each().await;
        assert_eq!(calls(), before, "{asks:?}");
        clerk.behave(asks, Behavior::Normal);
        clerk.clock().advance(seconds(1));
        each().await;
        assert_eq!(calls(), before.map(|calls| calls + 1), "{asks:?}");
    }
}

#[actix_web::test]
async fn made_up_nonces_cost_clerk_no_more_than_their_share() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    for _ in 0..20 {
        visit(&server, "__clerk_handshake_nonce=used").await;
    }
    assert_eq!(clerk.calls(HandshakePayload), 1, "a refusal is remembered");
    clerk.clock().advance(seconds(5));
    visit(&server, "__clerk_handshake_nonce=used").await;
    assert_eq!(clerk.calls(HandshakePayload), 2, "for five seconds");

    clerk.clock().advance(seconds(10));
    flood_of_nonces(&server, 0, 500).await;
    assert_eq!(clerk.calls(HandshakePayload), 2 + AT_ONCE);
    for second in 1..=5 {
        clerk.clock().advance(seconds(1));
        flood_of_nonces(&server, second * 1000, 100).await;
    }
    assert_eq!(clerk.calls(HandshakePayload), 2 + AT_ONCE + 5 * A_SECOND);
    assert!(clerk.most_at_once(HandshakePayload) <= 16, "{}", clerk.most_at_once(HandshakePayload));
    let key = clerk.mint(testing::api_key("user_1"));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200, "a share of its own");
}

/// The requests of a page arrive together with the same cookies, and share one call.
#[actix_web::test]
async fn requests_with_the_same_cookies_share_a_call() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    let session = clerk.mint(testing::session("user_1"));
    assert_eq!(get(&server, "/session", &session).await.status, 200);
    clerk.clock().advance(seconds(120));
    let refresh = format!("__session={session}; __client_uat=1; __refresh_{}=made-up", cookie_suffix(&clerk));
    for (name, endpoint, cookies) in
        [("a refresh", Refresh, refresh.as_str()), ("a nonce", HandshakePayload, "__clerk_handshake_nonce=unknown")]
    {
        clerk.behave(endpoint, Behavior::Hang);
        let requests: Vec<_> = (0..10)
            .map(|_| {
                let request = server.get("/page").insert_header(("Sec-Fetch-Dest", "document"));
                actix_web::rt::spawn(send(request.insert_header(("Cookie", cookies.to_owned()))))
            })
            .collect();
        while clerk.calls(endpoint) == 0 {
            actix_web::rt::task::yield_now().await;
        }
        clerk.behave(endpoint, Behavior::Normal);
        for answer in join_all(requests).await {
            assert!(answer.unwrap().status < 500, "{name}");
        }
        visit(&server, cookies).await;
        assert_eq!(clerk.calls(endpoint), 1, "{name}: and its refusal is remembered");
        clerk.clock().advance(seconds(5));
        visit(&server, cookies).await;
        assert_eq!(clerk.calls(endpoint), 2, "{name}: for five seconds");
    }
}

/// Signs Ada in and has her session refreshed once, which makes it known. Returns her browser and the page that it visits.
async fn known_browser(clerk: &LocalClerk, server: &TestServer) -> (Browser, String) {
    let home = format!("http://localhost:{}/session", server.addr().port());
    let mut browser = Browser::new();
    let page = browser.visit(&home).await;
    browser.sign_in(&page, "user_ada").await;
    clerk.clock().advance(seconds(3600));
    assert_eq!(browser.visit(&home).await.body, "user_ada");
    assert_eq!(clerk.calls(Refresh), 1);
    (browser, home)
}

#[actix_web::test]
async fn a_browser_is_refreshed_through_a_flood_of_made_up_refreshes() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    let (mut browser, home) = known_browser(&clerk, &server).await;
    let before = clerk.calls(Refresh);

    let expired = clerk.mint(testing::session("user_2"));
    clerk.clock().advance(seconds(3600));
    let (server, expired, suffix) = (&server, &expired, &cookie_suffix(&clerk));
    let requests = stream::iter(0..300).map(|n| async move {
        visit(server, &format!("__session={expired}; __client_uat=1; __refresh_{suffix}=made-up-{n}")).await.status
    });
    requests.buffer_unordered(40).collect::<Vec<_>>().await;
    assert_eq!(clerk.calls(Refresh), before + REFRESHES_AT_ONCE);
    browser.visited.clear();
    assert_eq!(browser.visit(&home).await.body, "user_ada");
    assert_eq!((browser.redirects(), clerk.calls(Refresh)), (0, before + REFRESHES_AT_ONCE + 1));

    // A script whose refresh exceeds the quota does not learn that it is signed out.
    let cookies = format!("__session={expired}; __client_uat=1; __refresh_{suffix}=one-more");
    let script = send(server.get("/session").insert_header(("Cookie", cookies))).await;
    assert_eq!((script.status, script.header("retry-after")), (503, Some("1")), "{}", script.body);
    assert_eq!(script.reason(), Some("session-token-expired-refresh-fetch-error"));
}

/// Strangers who send the same made-up refresh share one call, which costs them one of their calls and, while Clerk is
/// slow, takes all the places in which strangers may wait.
#[actix_web::test]
async fn a_known_browser_does_not_wait_behind_strangers() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().api_timeout(seconds(300)).build().unwrap());
    let (browser, _) = known_browser(&clerk, &server).await;
    let cookies = browser.cookies().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let expired = clerk.mint(testing::session("user_2"));
    clerk.clock().advance(seconds(3600));
    clerk.behave_once(Refresh, Behavior::Hang);
    let (before, suffix) = (clerk.calls(Refresh), cookie_suffix(&clerk));
    let client = client_for_many_requests();
    let (told, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let waiting: Vec<_> = (0..300)
        .map(|_| {
            let cookies = format!("__session={expired}; __client_uat=1; __refresh_{suffix}=made-up");
            let (request, told) = (client.get(server.url("/session")).insert_header(("Cookie", cookies)), told.clone());
            actix_web::rt::spawn(async move { told.send(send(request).await.status) })
        })
        .collect();
    for _ in 0..300 - 256 {
        assert_eq!(answers.recv().await, Some(503), "at once");
    }
    assert_eq!(clerk.calls(Refresh), before + 1);
    let script = || send(server.get("/session").insert_header(("Cookie", cookies.as_str())));
    assert_eq!(script().await.body, "user_ada", "it is refreshed by a call of its own");
    assert_eq!(clerk.calls(Refresh), before + 2);
    clerk.behave(Refresh, Behavior::Normal);
    assert_eq!(join_all(waiting).await.len(), 300);
}

/// The return from Clerk of a browser that was signed in here, as anyone's is whose refresh does not work.
#[actix_web::test]
async fn a_browser_returns_from_clerk_through_a_flood_of_made_up_nonces() {
    let clerk = local_clerk();
    let server = server(limited(&clerk));
    let (mut browser, home) = known_browser(&clerk, &server).await;
    browser.forget("__refresh");
    clerk.clock().advance(seconds(3600));
    let before = clerk.calls(HandshakePayload);
    flood_of_nonces(&server, 0, 1000).await;
    assert_eq!(clerk.calls(HandshakePayload), before + AT_ONCE);
    browser.visited.clear();
    assert_eq!(browser.visit(&home).await.body, "user_ada");
    assert_eq!((browser.redirects() > 0, clerk.calls(HandshakePayload)), (true, before + AT_ONCE + 1));

    // A token that Clerk has not signed is no session's, and a session has ten calls of its own at once.
    let genuine = clerk.mint(testing::session("user_2"));
    let forged = local_clerk().mint(testing::session("user_3"));
    clerk.clock().advance(seconds(3600));
    flood_of_nonces(&server, 10_000, 1000).await;
    for (name, token, expected) in [("forged", &forged, 0), ("genuine", &genuine, 10)] {
        let before = clerk.calls(HandshakePayload);
        for n in 0..30 {
            let cookies = format!("__session={token}; __client_uat=1; __clerk_handshake_nonce={name}-{n}");
            let answer = visit(&server, &cookies).await;
            let outage = (200, Some("unexpected-error"));
            let expected = if n < expected { (307, Some("session-token-expired")) } else { outage };
            let reason = answer.reason().map(|reason| reason.split("-refresh").next().unwrap());
            assert_eq!((answer.status, reason), expected, "{name}, {n}");
        }
        assert_eq!(clerk.calls(HandshakePayload), before + expected, "{name}");
    }
}

/// An attacker sends an expired token of their own in the header, and names another user's session in a cookie.
#[actix_web::test]
async fn a_token_that_only_names_a_session_uses_up_none_of_its_refreshes() {
    for name_of_cookie in ["__session", "__session_SUFFIX"] {
        let clerk = local_clerk();
        let server = server(limited(&clerk));
        let suffix = &cookie_suffix(&clerk);
        let (mut browser, home) = known_browser(&clerk, &server).await;
        let before = clerk.calls(Refresh);

        let own = &clerk.mint(testing::session("user_2"));
        let adas = browser.cookie("localhost", "__session").unwrap();
        clerk.clock().advance(seconds(3600));
        let (signed, _) = adas.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{}", own.rsplit_once('.').unwrap().1);
        let session = &format!("{}={forged}", name_of_cookie.replace("SUFFIX", suffix));
        let requests = stream::iter(0..100).map(|n| {
            let cookies = format!("{session}; __client_uat=1; __client_uat_{suffix}=1; __refresh_{suffix}=made-up-{n}");
            send(server.get("/session").insert_header(("Cookie", cookies)).bearer_auth(own))
        });
        let answers = requests.buffer_unordered(10).collect::<Vec<_>>().await;
        assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 503)), "{name_of_cookie}");
        assert_eq!(clerk.calls(Refresh), before + REFRESHES_AT_ONCE, "{name_of_cookie}: the quota of strangers");
        browser.visited.clear();
        assert_eq!(browser.visit(&home).await.body, "user_ada", "{name_of_cookie}");
        let calls = (browser.redirects(), clerk.calls(Refresh));
        assert_eq!(calls, (0, before + REFRESHES_AT_ONCE + 1), "{name_of_cookie}: still known");
    }
}
