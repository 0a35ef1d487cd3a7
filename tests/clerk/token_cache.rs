//! The cache of verified session tokens: it saves work and changes no result.

use std::{
    ptr,
    sync::{Arc, Mutex},
};

use actix_test::TestServer;
use actix_web::{App, web};
use clerk_actix::{
    ClerkConfig, ClerkMiddleware, RequireAuth, Session, TokenCache,
    testing::{self, Behavior, Endpoint::Jwks, LocalClerk},
};

use crate::support::{Answer, get, local_clerk, seconds, send, servers::serve_with};

/// A server that keeps the session of every request, so that two can be compared.
struct Watched {
    server: TestServer,
    seen: Arc<Mutex<Vec<Session>>>,
}

impl Watched {
    fn new(config: ClerkConfig) -> Self {
        let clerk = ClerkMiddleware::new(config);
        let seen: Arc<Mutex<Vec<Session>>> = Arc::default();
        let data = web::Data::from(Arc::clone(&seen));
        let server = serve_with(actix_test::config().disable_redirects().workers(2), move || {
            App::new().app_data(data.clone()).wrap(clerk.clone()).route(
                "/require",
                web::get().to(async |user: RequireAuth, seen: web::Data<Mutex<Vec<Session>>>| {
                    let id = user.user_id().to_owned();
                    seen.lock().unwrap().push(user.into_inner());
                    id
                }),
            )
        });
        Self { server, seen }
    }

    async fn get(&self, token: &str) -> Answer {
        get(&self.server, "/require", token).await
    }

    async fn with_cookies(&self, token: &str) -> Answer {
        send(self.server.get("/require").insert_header(("Cookie", format!("__client_uat=1; __session={token}")))).await
    }

    /// Returns whether the last two requests got one and the same session, decoded and verified once.
    fn last_two_shared_one(&self) -> bool {
        let seen = self.seen.lock().unwrap();
        let [.., one, other] = seen.as_slice() else { panic!("fewer than two requests were signed in") };
        ptr::eq(one.user_id(), other.user_id())
    }
}

/// One server with a cache and one without, of the same instance.
fn with_and_without(clerk: &LocalClerk) -> [(&'static str, Watched); 2] {
    let watched =
        |cache: Option<TokenCache>| Watched::new(clerk.config_builder().session_token_cache(cache).build().unwrap());
    [("with a cache", watched(Some(TokenCache::new()))), ("without", watched(None))]
}

#[actix_web::test]
async fn a_token_is_verified_once_wherever_it_comes() {
    let clerk = local_clerk();
    let [(_, with), (_, without)] = with_and_without(&clerk);
    let token = clerk.session_token("user_1");
    for (name, watched, is_remembered) in [("with a cache", with, true), ("without", without, false)] {
        assert_eq!(watched.get(&token).await.body, "user_1");
        assert_eq!(watched.get(&token).await.body, "user_1");
        assert_eq!(watched.last_two_shared_one(), is_remembered, "{name}, in the header again");
        assert_eq!(watched.with_cookies(&token).await.body, "user_1");
        assert_eq!(watched.last_two_shared_one(), is_remembered, "{name}, in a cookie");
        let other = clerk.session_token("user_2");
        assert_eq!(watched.get(&other).await.body, "user_2");
        assert!(!watched.last_two_shared_one(), "{name}, another token");
    }
}

#[actix_web::test]
async fn configurations_share_nothing() {
    let clerk = local_clerk();
    let token = clerk.mint(testing::session("user_1").claim("azp", "https://one.example"));
    let party = |party: &str| clerk.config_builder().authorized_parties([party.to_owned()]).build().unwrap();
    let (one, two) = (Watched::new(party("https://one.example")), Watched::new(party("https://two.example")));
    for _ in 0..2 {
        assert_eq!(one.get(&token).await.status, 200);
        assert_eq!(two.get(&token).await.reason(), Some("token-invalid-authorized-parties"));
    }

    let again = Watched::new(party("https://one.example"));
    assert_eq!(again.get(&token).await.status, 200);
    let sessions = [&one, &again].map(|watched| watched.seen.lock().unwrap().last().cloned().unwrap());
    assert!(!ptr::eq(sessions[0].user_id(), sessions[1].user_id()), "not even those with the same settings");
}

/// The clock is checked on every use, in both directions.
#[actix_web::test]
async fn a_remembered_token_has_its_times() {
    let clerk = local_clerk();
    for (name, watched) in with_and_without(&clerk) {
        let token = clerk.session_token("user_1"); // valid for 60 seconds, issued 10 seconds ago
        let start = clerk.clock().now();
        for (after, expected) in [
            (0, None),
            (59, None),
            (64, None),
            (65, Some("session-token-expired-refresh-non-eligible-no-refresh-cookie")),
            (1_000_000, Some("session-token-expired-refresh-non-eligible-no-refresh-cookie")),
            (0, None),
            (-5, None),
            (-6, Some("session-token-iat-in-the-future")),
            (-16, Some("session-token-nbf")),
            (0, None),
        ] {
            let by = seconds(u64::try_from(i64::abs(after)).unwrap());
            clerk.clock().set(if after < 0 { start - by } else { start + by });
            for answer in [watched.get(&token).await, watched.with_cookies(&token).await] {
                assert_eq!(answer.reason(), expected, "{name}, after {after} seconds");
                assert_eq!(answer.status == 200, expected.is_none(), "{name}, after {after} seconds");
            }
        }
        clerk.clock().set(start);
    }
}

#[actix_web::test]
async fn a_remembered_token_dies_with_its_key() {
    let clerk = local_clerk();
    for (name, watched) in with_and_without(&clerk) {
        let old = clerk.mint(testing::session("user_1").lifetime(seconds(3600)));
        assert_eq!(watched.get(&old).await.status, 200);
        clerk.add_key();
        clerk.clock().advance(seconds(20));
        let new = clerk.mint(testing::session("user_2").lifetime(seconds(3600)));
        assert_eq!(watched.get(&new).await.status, 200);
        assert_eq!(watched.get(&old).await.status, 200, "{name}: its key still stands");

        clerk.rotate_keys();
        clerk.clock().advance(seconds(20));
        let newest = clerk.session_token("user_3");
        assert_eq!(watched.get(&newest).await.status, 200, "the fetch that drops the key");
        for token in [&old, &new] {
            assert_eq!(watched.get(token).await.reason(), Some("jwk-kid-mismatch"), "{name}");
            assert_eq!(watched.with_cookies(token).await.reason(), Some("jwk-kid-mismatch"), "{name}");
        }
    }
}

/// A key that stays in the JWKS stays the same key, however often it is fetched again.
#[actix_web::test]
async fn a_refreshed_jwks_forgets_nothing() {
    let clerk = local_clerk();
    let [(_, watched), _] = with_and_without(&clerk);
    let token = clerk.mint(testing::session("user_1").lifetime(seconds(3600)));
    assert_eq!(watched.get(&token).await.status, 200);
    clerk.clock().advance(seconds(600));
    assert_eq!(watched.get(&token).await.status, 200);
    assert_eq!(clerk.calls(Jwks), 2, "keys past their time are asked for, also for a token that is remembered");
    assert!(watched.last_two_shared_one());
}

/// Cached tokens keep the signing keys fresh, like any other token.
#[actix_web::test]
async fn remembered_tokens_have_keys_refreshed_ahead() {
    let clerk = local_clerk();
    for (name, watched) in with_and_without(&clerk) {
        let before = clerk.calls(Jwks);
        let token = clerk.mint(testing::session("user_1").lifetime(seconds(3600)));
        assert_eq!(watched.get(&token).await.status, 200);
        clerk.clock().advance(seconds(239));
        assert_eq!(watched.get(&token).await.status, 200);
        assert_eq!(clerk.calls(Jwks), before + 1, "{name}: too young to be looked after");
        clerk.clock().advance(seconds(1));
        let mut requests = 0;
        while clerk.calls(Jwks) < before + 2 {
            requests += 1;
            assert!(requests < 100_000, "{name}: the refresh never came");
            assert_eq!(watched.get(&token).await.status, 200);
        }
    }
}

#[actix_web::test]
async fn an_outage_is_the_same_for_a_token_that_is_remembered() {
    let clerk = local_clerk();
    for (name, watched) in with_and_without(&clerk) {
        clerk.behave(Jwks, Behavior::Normal);
        let token = clerk.mint(testing::session("user_1").lifetime(seconds(100_000)));
        assert_eq!(watched.get(&token).await.status, 200);
        clerk.behave(Jwks, Behavior::Status(500));
        clerk.clock().advance(seconds(400));
        assert_eq!(watched.get(&token).await.status, 200, "{name}: stale keys serve for a while");
        clerk.clock().advance(seconds(3_600));
        for answer in [watched.get(&token).await, watched.with_cookies(&token).await] {
            assert_eq!(answer.status, 503, "{name}: and no longer");
            assert_eq!(answer.reason(), Some("jwk-remote-failed-to-load"));
            assert!(answer.header("retry-after").is_some());
        }
        clerk.behave(Jwks, Behavior::Normal);
        clerk.clock().advance(seconds(60));
        assert_eq!(watched.get(&token).await.status, 200, "{name}: it recovers");
    }
}

/// A rejection is not remembered: a token that has become valid is accepted.
#[actix_web::test]
async fn a_refusal_is_not_remembered() {
    let clerk = local_clerk();
    for (name, watched) in with_and_without(&clerk) {
        let early = clerk.mint(testing::session("user_1").claim("nbf", now(&clerk) + 9));
        assert_eq!(watched.get(&early).await.reason(), Some("session-token-nbf"), "{name}");
        clerk.clock().advance(seconds(5)); // plus five seconds of clock skew
        assert_eq!(watched.get(&early).await.status, 200, "{name}: its time has come");

        clerk.rotate_keys();
        let by_new = clerk.session_token("user_1");
        assert_eq!(watched.get(&by_new).await.reason(), Some("jwk-kid-mismatch"), "{name}: asked too recently");
        clerk.clock().advance(seconds(10));
        assert_eq!(watched.get(&by_new).await.status, 200, "{name}: its key has come");
    }
}

fn now(clerk: &LocalClerk) -> u64 {
    clerk.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// A token that resembles a cached one is verified on its own, even if it carries the cached token's signature.
#[actix_web::test]
async fn a_token_that_resembles_a_remembered_one_is_verified() {
    let clerk = local_clerk();
    let [(_, watched), _] = with_and_without(&clerk);
    let (mine, theirs) = (clerk.session_token("user_1"), clerk.session_token("user_2"));
    for token in [&mine, &theirs] {
        assert_eq!(watched.get(token).await.status, 200);
    }
    let part = |token: &str, index: usize| token.split('.').nth(index).unwrap().to_owned();
    let forged = format!("{}.{}.{}", part(&mine, 0), part(&theirs, 1), part(&mine, 2));
    assert_eq!(watched.get(&forged).await.reason(), Some("token-invalid-signature"));
    assert_eq!(watched.with_cookies(&forged).await.reason(), Some("token-invalid-signature"));
    for other in [format!("{mine}="), format!("{mine}=="), format!("{mine}%3D")] {
        assert_eq!(watched.get(&other).await.reason(), Some("token-invalid"), "{other:?}");
        assert_eq!(watched.with_cookies(&other).await.reason(), Some("token-invalid"), "{other:?} in cookies");
    }
}
