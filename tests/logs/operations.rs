//! Log lines for operators: each names what failed, and what to do.

use actix_web::{App, web};
use clerk_actix::{
    ApiKey, Check, ClerkMiddleware, RequireAuth, Revocations,
    stores::{MemoryStore, RedisStore, SharedRevocations},
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use serde_json::json;

use crate::{
    log_of_this_process,
    support::{Answer, get, local_clerk, navigation, send, server, servers::serve},
};

/// The lines of this level that contain both texts.
fn lines(level: &str, about: &str, says: &str) -> Vec<String> {
    let text = log_of_this_process().text();
    let all = text.lines().filter(|line| line.contains(level) && line.contains(about) && line.contains(says));
    all.map(str::to_owned).collect()
}

/// A page navigation that returns from Clerk with this nonce.
async fn return_with_a_nonce(clerk: &LocalClerk, nonce: &str) -> Answer {
    let server = server(clerk.config_builder().jwt_key(clerk.jwt_key()).build().unwrap());
    let cookie = ("Cookie", format!("__clerk_handshake_nonce={nonce}"));
    send(navigation(&server, "/require").insert_header(cookie)).await
}

#[actix_web::test]
async fn checks_that_can_never_pass_are_reported_once() {
    log_of_this_process();
    let clerk = local_clerk();
    let token = clerk.mint(testing::session("user_1").org_id("org_1").org_role("org:admin"));
    let session = clerk.config().verify_session_token(&token).await.unwrap();
    for (check, advice) in [
        (Check::new().role("org:admin").role("org:admin"), "to require both, write Check::all("),
        (Check::new().permission("org:sys_memberships:read"), "create a custom permission in the Clerk Dashboard"),
    ] {
        for _ in 0..2 {
            assert!(!session.has(&check), "{check}");
        }
        let found = lines("ERROR", "can never pass", advice);
        assert_eq!(found.len(), 1, "{check}: {found:?}");
    }
}

#[actix_web::test]
async fn a_nonce_that_clerk_does_not_exchange_is_reported() {
    log_of_this_process();
    let clerk = local_clerk();
    clerk.behave(Endpoint::HandshakePayload, Behavior::error(401, "clerk_key_invalid", "trace_1"));
    assert_eq!(return_with_a_nonce(&clerk, "n1").await.status, 503);
    let found = lines("WARN", "could not exchange a handshake nonce for its cookies", "status 401");
    assert!(!found.is_empty(), "{}", log_of_this_process().text());
}

#[actix_web::test]
async fn cookies_that_are_not_clerks_are_reported_by_name() {
    log_of_this_process();
    let clerk = local_clerk();
    let session = format!("__session={}", clerk.mint(testing::session("user_1")));
    for (listed, dropped) in [
        (json!([session, "__client_uat=1"]), None),
        (
            json!([session, "__Host-strange=secret_value; Path=/", "stranger=1"]),
            Some("[\"__Host-strange\", \"stranger\"]"),
        ),
    ] {
        clerk.behave(Endpoint::HandshakePayload, Behavior::Json(json!({ "directives": listed })));
        let answer = return_with_a_nonce(&clerk, &format!("n{}", dropped.is_some())).await;
        assert_eq!((answer.status, &*answer.body), (200, "user_1"), "{dropped:?}");
        let found = lines("WARN", "dropped cookies that are not Clerk's", dropped.unwrap_or_default());
        assert_eq!(found.len(), usize::from(dropped.is_some()), "{found:?}");
        assert!(!found.concat().contains("secret_value"), "{found:?}");
    }
}

/// Made-up API keys may use only a share of Clerk's rate limit. Here, they use up that share.
#[actix_web::test]
async fn requests_that_get_503_because_of_the_rate_limit_are_reported() {
    log_of_this_process();
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config_builder().backend_api_rate_limit(10).build().unwrap());
    let server = serve(move || {
        let route = web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned());
        App::new().wrap(middleware.clone()).route("/api-key", route)
    });
    let mut statuses = Vec::new();
    for n in 0..11 {
        statuses.push(get(&server, "/api-key", &format!("ak_made_up_{n}")).await.status);
    }
    assert_eq!(statuses, [[401; 10].as_slice(), &[503]].concat());
    let found = lines("WARN", "unknown machine tokens", "set backend_api_rate_limit");
    assert!(!found.is_empty(), "{}", log_of_this_process().text());
}

#[actix_web::test]
async fn revocations_that_are_not_written_are_reported() {
    log_of_this_process();
    let store = MemoryStore::new();
    let revocations: Revocations = SharedRevocations::new(store.clone()).start().await.unwrap();
    store.set_reachable(false);
    revocations.sign_out_user("user_1");
    assert!(revocations.written().await.is_err());
    let found = lines("ERROR", "revocations could not be written", "waiting=1");
    assert!(!found.is_empty() && found[0].contains("store=\"memory\""), "{}", log_of_this_process().text());
}

/// Somebody else's entry stops no server, and is not passed over in silence.
#[test]
fn entries_in_redis_that_are_no_cut_offs_are_reported() {
    log_of_this_process();
    let reply = |value: &str| {
        let entry = format!("*2\r\n$3\r\n7-0\r\n*2\r\n$7\r\ncut_off\r\n${}\r\n{value}\r\n", value.len());
        format!("*2\r\n*1\r\n*2\r\n$1\r\ns\r\n*1\r\n{entry}*0\r\n").into_bytes()
    };
    let read = |value: &str| RedisStore::read_reply(&reply(value)).unwrap().len();
    assert_eq!(read(r#"{"user":"user_1","until":2,"made_at":1}"#), 1);
    let skipped = || lines("WARN", "skipped an entry of the stream of revocations", "id=\"7-0\"").len();
    assert_eq!(skipped(), 0);
    assert_eq!((read("{}"), skipped()), (0, 1));
}
