//! Machine callers: which are accepted, what they cost in calls to Clerk, and outages of Clerk.

use std::{sync::Arc, task::Poll};

use actix_test::TestServer;
use actix_web::{
    App, Either,
    dev::Service,
    web::{self, Json},
};
use clerk_actix::{
    AnyToken, ApiKey, Auth, ClerkConfig, ClerkMiddleware, M2mToken, OAuthToken, Principal, RequireAuth, Session,
    testing::{
        self, Behavior,
        Endpoint::{self, VerifyApiKey, VerifyM2mToken, VerifyOAuthToken},
        LocalClerk,
    },
};
use futures_util::{StreamExt, future::join_all, stream};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::support::{
    bearer, client_for_many_requests, config_with_machine, failures, get, local_clerk, seconds, send,
    servers::serve_with, timeout_for,
};

pub(crate) fn server(config: ClerkConfig) -> TestServer {
    server_of(config, 1, Arc::new(Semaphore::new(0)))
}

/// A server with this many workers. Each request that has got as far as it can without Clerk adds a permit.
fn server_of(config: ClerkConfig, workers: usize, arrived: Arc<Semaphore>) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    let options = actix_test::config().disable_redirects().workers(workers);
    serve_with(options, move || {
        let arrived = Arc::clone(&arrived);
        App::new()
            .wrap(clerk.clone())
            .wrap_fn(move |req, service| {
                let mut call = Box::pin(service.call(req));
                let arrived = Arc::clone(&arrived);
                async move {
                    // Up to the point where it waits for Clerk.
                    let begun = futures_util::poll!(&mut call);
                    arrived.add_permits(1);
                    match begun {
                        Poll::Ready(answer) => answer,
                        Poll::Pending => call.await,
                    }
                }
            })
            .route("/session", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .route("/api-key", web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned()))
            .route("/m2m", web::get().to(async |machine: RequireAuth<M2mToken>| machine.machine_id().to_owned()))
            .route("/oauth", web::get().to(async |app: RequireAuth<OAuthToken>| app.user_id().to_owned()))
            .route("/user-or-key", web::get().to(async |caller: Auth<Either<Session, ApiKey>>| Json(caller)))
            .route("/auth/api-key", web::get().to(async |key: Auth<ApiKey>| Json(key)))
            .route("/any", web::get().to(async |caller: AnyToken| Json(caller)))
            .route("/many", web::get().to(many))
            .route("/option", web::get().to(async |key: Option<RequireAuth<ApiKey>>| format!("{}", key.is_some())))
    })
}

async fn many(
    session: Auth,
    first: Auth<ApiKey>,
    second: RequireAuth<ApiKey>,
    any: AnyToken,
    either: Auth<Either<ApiKey, M2mToken>>,
    optional: Option<RequireAuth<OAuthToken>>,
) -> String {
    assert!(!session.is_authenticated() && optional.is_none());
    assert!(first.is_authenticated() && any.is_authenticated() && either.is_authenticated());
    second.id().to_owned()
}

#[actix_web::test]
async fn each_route_takes_its_own_callers() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let tokens = [
        ("session", clerk.session_token("user_1")),
        ("api-key", clerk.mint(testing::api_key("user_1"))),
        ("m2m", clerk.mint(testing::m2m_token(clerk.machine_id()))),
        ("m2m", clerk.mint(testing::m2m_token(clerk.machine_id()).jwt())),
        ("oauth", clerk.mint(testing::oauth_token("user_1"))),
        ("oauth", clerk.mint(testing::oauth_token("user_1").jwt())),
    ];
    for (whose, token) in &tokens {
        for route in ["session", "api-key", "m2m", "oauth"] {
            let answer = get(&server, &format!("/{route}"), token).await;
            let expected = if *whose == route { 200 } else { 401 };
            assert_eq!(answer.status, expected, "{whose} at {route}: {}", answer.body);
            if expected == 401 {
                assert_eq!(answer.json()["errors"][0]["code"], "token-type-mismatch", "{whose} at {route}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
            } else {
                assert_eq!(answer.header("x-clerk-auth-status"), None, "{whose} at {route}");
            }
        }
        let any = get(&server, "/any", token).await.json();
        assert_eq!(any["isAuthenticated"], true, "{whose}: {any}");
    }
    for route in ["api-key", "m2m", "oauth"] {
        let nobody = send(server.get(format!("/{route}"))).await;
        assert_eq!((nobody.status, &nobody.json()["errors"][0]["code"]), (401, &json!("token-missing")));
        assert_eq!(nobody.header("www-authenticate"), Some("Bearer"));
        let user = format!("__client_uat=1; __session={}", clerk.session_token("user_1"));
        let by_cookie = send(server.get(format!("/{route}")).insert_header(("Cookie", user))).await;
        assert_eq!(by_cookie.json()["errors"][0]["code"], "token-missing", "no machine comes in a cookie");
    }
}

#[actix_web::test]
async fn what_handlers_are_told() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let key = clerk
        .mint(testing::api_key("org_acme").id("ak_1").name("Nightly").scopes(["read", "write"]).claim("team", "a"));
    let expected = json!({
        "tokenType": "api_key", "isAuthenticated": true, "id": "ak_1", "subject": "org_acme", "name": "Nightly",
        "scopes": ["read", "write"], "claims": { "team": "a" }, "userId": null, "orgId": "org_acme",
    });
    assert_eq!(get(&server, "/any", &key).await.json(), expected);
    assert_eq!(get(&server, "/user-or-key", &key).await.json(), expected);
    let machine = clerk.mint(testing::m2m_token("mch_1").id("mt_1").scopes(["mch_2"]).jwt().claim("team", "a"));
    let told = get(&server, "/any", &machine).await.json();
    assert_eq!((&told["id"], &told["machineId"], &told["subject"]), (&json!("mt_1"), &json!("mch_1"), &json!("mch_1")));
    assert_eq!((&told["scopes"], &told["claims"]["team"]), (&json!(["mch_2"]), &json!("a")));
    let mismatch = get(&server, "/user-or-key", &machine).await.json();
    assert_eq!(mismatch, json!({ "tokenType": null, "isAuthenticated": false }));
    let unknown = get(&server, "/user-or-key", "ak_unknown").await;
    assert_eq!((&unknown.json()["tokenType"], unknown.reason()), (&json!("api_key"), Some("token-invalid")));
}

/// However many extractors need the token, Clerk is asked once; session routes never ask.
#[actix_web::test]
async fn one_call_for_a_request() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let key = clerk.mint(testing::api_key("user_1").id("ak_1"));
    assert_eq!(get(&server, "/many", &key).await.body, "ak_1");
    assert_eq!(clerk.calls(VerifyApiKey), 1);
    for route in ["/session", "/m2m", "/oauth"] {
        assert_eq!(get(&server, route, &key).await.status, 401);
    }
    assert_eq!(clerk.calls(VerifyApiKey), 1);
    assert_eq!(get(&server, "/option", "ak_unknown").await.body, "false");
}

#[actix_web::test]
async fn a_flood_of_made_up_tokens_at_a_users_route_costs_clerk_nothing() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let requests = stream::iter(0..10_000_u32).map(|n| {
        let prefix = ["ak_", "mt_", "oat_"][n as usize % 3];
        let request = server.get("/session").insert_header(bearer(format!("{prefix}{n:08x}")));
        async move { send(request).await.status }
    });
    let refused = requests.buffer_unordered(50).filter(|status| std::future::ready(*status == 401)).count().await;
    assert_eq!(refused, 10_000);
    for endpoint in [VerifyApiKey, VerifyM2mToken, VerifyOAuthToken] {
        assert_eq!(clerk.calls(endpoint), 0);
    }
}

/// 250 made-up keys arrive while Clerk does not respond: at most 16 are asked about, sessions are served all the while,
/// and when Clerk is back every request gets a response. Limits beyond 256 and rates are tested in `tests/security/floods.rs`.
#[actix_web::test]
async fn a_flood_of_made_up_keys_is_bounded() {
    const KEYS: u32 = 250;
    let clerk = local_clerk();
    clerk.behave(VerifyApiKey, Behavior::Hang);
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let arrived = Arc::new(Semaphore::new(0));
    let server = server_of(config, 2, Arc::clone(&arrived));
    let token = clerk.session_token("user_1");
    assert_eq!(get(&server, "/session", &token).await.status, 200);
    arrived.acquire().await.unwrap().forget();

    // Each on its own connection.
    let client = client_for_many_requests();
    let waiting: Vec<_> = (0..KEYS)
        .map(|n| {
            let request = client.get(server.url("/api-key")).insert_header(bearer(format!("ak_{n}")));
            actix_web::rt::spawn(send(request))
        })
        .collect();
    arrived.acquire_many(KEYS).await.unwrap().forget();
    for _ in 0..500 {
        assert_eq!(get(&server, "/session", &token).await.status, 200);
    }
    assert!(clerk.most_at_once(VerifyApiKey) <= 16, "{}", clerk.most_at_once(VerifyApiKey));
    clerk.behave(VerifyApiKey, Behavior::Normal);
    for answer in join_all(waiting).await {
        assert_eq!(answer.unwrap().status, 401);
    }
    assert_eq!(clerk.calls(VerifyApiKey), u64::from(KEYS));
    assert!(clerk.most_at_once(VerifyApiKey) <= 16, "{}", clerk.most_at_once(VerifyApiKey));
    // The same keys again: each is known to be bad.
    for n in 0..KEYS {
        assert_eq!(get(&server, "/api-key", &format!("ak_{n}")).await.status, 401);
    }
    assert_eq!(clerk.calls(VerifyApiKey), u64::from(KEYS));
}

/// A hundred requests with one key, on four workers, while Clerk is slow.
async fn a_hundred_at_once(clerk: &LocalClerk, server: &TestServer, arrived: &Semaphore, token: &str) {
    clerk.behave(VerifyApiKey, Behavior::Hang);
    let client = client_for_many_requests();
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let request = client.get(server.url("/api-key")).insert_header(bearer(token));
            actix_web::rt::spawn(send(request))
        })
        .collect();
    arrived.acquire_many(100).await.unwrap().forget();
    clerk.behave(VerifyApiKey, Behavior::Normal);
    for answer in join_all(requests).await {
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "user_1"));
    }
}

#[actix_web::test]
async fn a_hundred_requests_with_one_key_share_a_call() {
    let clerk = local_clerk();
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let arrived = Arc::new(Semaphore::new(0));
    let server = server_of(config, 4, Arc::clone(&arrived));
    let key = clerk.mint(testing::api_key("user_1"));
    a_hundred_at_once(&clerk, &server, &arrived, &key).await;
    let first_wave = clerk.calls(VerifyApiKey);
    assert_eq!(first_wave, 1);
    assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    assert_eq!(clerk.calls(VerifyApiKey), 2, "a good answer is not remembered, unless it is asked for");
}

#[actix_web::test]
async fn with_a_ttl_good_answers_are_remembered_and_a_revoked_key_lives_no_longer_than_that() {
    let clerk = local_clerk();
    let config = clerk.config_builder().api_timeout(seconds(300)).machine_token_cache(seconds(30)).build().unwrap();
    let arrived = Arc::new(Semaphore::new(0));
    let server = server_of(config, 4, Arc::clone(&arrived));
    let key = clerk.mint(testing::api_key("user_1"));
    a_hundred_at_once(&clerk, &server, &arrived, &key).await;
    assert_eq!(clerk.calls(VerifyApiKey), 1);
    a_hundred_at_once(&clerk, &server, &arrived, &key).await;
    assert_eq!(clerk.calls(VerifyApiKey), 1, "the second wave");

    assert!(clerk.revoke(&key));
    clerk.clock().advance(seconds(29));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200, "as was agreed to");
    clerk.clock().advance(seconds(1));
    let refused = get(&server, "/api-key", &key).await;
    assert_eq!((refused.status, refused.reason()), (401, Some("token-invalid")));
    assert_eq!(clerk.calls(VerifyApiKey), 2);
}

/// Clerk's answer may have been made before the change: it counts for no request, not even for those that waited for it.
#[actix_web::test]
async fn a_key_that_is_changed_while_clerk_is_asked_is_asked_about_again() {
    let clerk = local_clerk();
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let arrived = Arc::new(Semaphore::new(0));
    let server = server_of(config.clone(), 2, Arc::clone(&arrived));
    let key = clerk.mint(testing::api_key("user_1").id("ak_1"));
    let ask = || actix_web::rt::spawn(send(server.get("/api-key").insert_header(bearer(&key))));
    clerk.behave(VerifyApiKey, Behavior::Hang);
    let before = ask();
    while clerk.calls(VerifyApiKey) == 0 {
        actix_web::rt::task::yield_now().await;
    }
    let client = clerk_actix::ClerkClient::new(config);
    client.api_keys().update("ak_1", clerk_actix::client::ApiKeyUpdate::new().scopes(["read"])).await.unwrap();
    let after = ask();
    arrived.acquire_many(2).await.unwrap().forget();
    clerk.behave(VerifyApiKey, Behavior::Normal);
    for answer in [before.await.unwrap(), after.await.unwrap()] {
        assert_eq!((answer.status, answer.body.as_str()), (200, "user_1"));
    }
    // One was under way at the change; the two requests share the next, unless one of them is late.
    assert!((2..=3).contains(&clerk.calls(VerifyApiKey)), "{}", clerk.calls(VerifyApiKey));
}

#[actix_web::test]
async fn a_remembered_key_dies_when_its_time_is_up() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().machine_token_cache(seconds(3600)).build().unwrap());
    let key = clerk.mint(testing::api_key("user_1").lifetime(seconds(60)));
    for _ in 0..3 {
        assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    }
    assert_eq!(clerk.calls(VerifyApiKey), 1);
    clerk.clock().advance(seconds(61));
    assert_eq!(get(&server, "/api-key", &key).await.status, 401);
    assert_eq!(clerk.calls(VerifyApiKey), 2);
}

#[actix_web::test]
async fn a_bad_key_is_remembered_for_five_seconds() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    for _ in 0..20 {
        assert_eq!(get(&server, "/api-key", "ak_bad").await.status, 401);
    }
    assert_eq!(clerk.calls(VerifyApiKey), 1);
    clerk.clock().advance(seconds(5));
    assert_eq!(get(&server, "/api-key", "ak_bad").await.status, 401);
    assert_eq!(clerk.calls(VerifyApiKey), 2);
}

/// A failure of Clerk is never blamed on the caller, and never accepts a token that Clerk has not verified before.
#[actix_web::test]
async fn every_way_in_which_clerk_can_fail() {
    for behavior in failures().into_iter().chain([Behavior::Status(403)]) {
        let clerk = local_clerk();
        let server = server(clerk.config_builder().api_timeout(timeout_for(&behavior)).build().unwrap());
        let kinds: [(&str, Endpoint, String); 3] = [
            ("/api-key", VerifyApiKey, clerk.mint(testing::api_key("user_1"))),
            ("/m2m", VerifyM2mToken, clerk.mint(testing::m2m_token(clerk.machine_id()))),
            ("/oauth", VerifyOAuthToken, clerk.mint(testing::oauth_token("user_1"))),
        ];
        for (route, endpoint, token) in &kinds {
            clerk.behave(*endpoint, behavior.clone());
            let answer = get(&server, route, token).await;
            assert_eq!((answer.status, answer.reason()), (503, Some("unexpected-error")), "{route} {behavior:?}");
            assert_eq!(answer.json()["errors"][0]["code"], "unexpected-error");
            let retry_after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
            let expected = if matches!(behavior, Behavior::TooManyRequests(_)) { 30 } else { 1 };
            assert_eq!(retry_after, expected, "{route} {behavior:?}");
            let told = get(&server, "/any", token).await;
            assert_eq!((told.status, &told.json()["isAuthenticated"]), (200, &json!(false)), "{route} {behavior:?}");
        }
        let user = clerk.session_token("user_1");
        assert_eq!(get(&server, "/session", &user).await.status, 200, "users are not affected");
        if behavior == Behavior::Hang {
            continue;
        }
        for (route, endpoint, token) in &kinds {
            clerk.behave(*endpoint, Behavior::Normal);
            clerk.clock().advance(seconds(30));
            assert_eq!(get(&server, route, token).await.status, 200, "{route} after {behavior:?}");
        }
    }
}

#[actix_web::test]
async fn clerk_is_left_alone_for_as_long_as_it_asks() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    clerk.behave(VerifyApiKey, Behavior::TooManyRequests(seconds(30)));
    let key = clerk.mint(testing::api_key("user_1"));
    for _ in 0..10 {
        assert_eq!(get(&server, "/api-key", &key).await.status, 503);
    }
    assert_eq!(clerk.calls(VerifyApiKey), 1);
    clerk.clock().advance(seconds(29));
    assert_eq!(get(&server, "/api-key", &key).await.header("retry-after"), Some("1"));
    clerk.behave(VerifyApiKey, Behavior::Normal);
    clerk.clock().advance(seconds(1));
    assert_eq!(get(&server, "/api-key", &key).await.status, 200);
    assert_eq!(clerk.calls(VerifyApiKey), 2);
}

#[actix_web::test]
async fn the_secret_key_is_wrong_or_missing() {
    let clerk = local_clerk();
    let key = clerk.mint(testing::api_key("user_1"));
    let wrong = server(clerk.config_builder().secret_key("sk_live_wrong").jwt_key(clerk.jwt_key()).build().unwrap());
    let answer = get(&wrong, "/api-key", &key).await;
    assert_eq!((answer.status, answer.reason()), (503, Some("secret-key-invalid")));

    let without = ClerkConfig::builder().publishable_key(clerk.publishable_key()).jwt_key(clerk.jwt_key());
    let without = server(without.clock(clerk.clock().clone()).build().unwrap());
    let answer = get(&without, "/api-key", &key).await;
    assert_eq!((answer.status, answer.reason()), (503, Some("unexpected-error")));
    let machine = clerk.mint(testing::m2m_token(clerk.machine_id()).jwt());
    assert_eq!(get(&without, "/m2m", &machine).await.status, 200, "a JWT needs no key but the PEM");
    assert_eq!(clerk.calls(VerifyApiKey), 1);
}

#[actix_web::test]
async fn machines_are_asked_about_with_the_machines_own_key() {
    let clerk = local_clerk();
    let token = clerk.mint(testing::m2m_token(clerk.machine_id()));
    let own = config_with_machine(&clerk);
    assert_eq!(get(&server(own), "/m2m", &token).await.status, 200);
    let wrong = clerk.config_builder().machine_secret_key("ak_wrong").build().unwrap();
    let answer = get(&server(wrong), "/m2m", &token).await;
    assert_eq!((answer.status, answer.reason()), (503, Some("secret-key-invalid")));
}

/// A client disconnects while Clerk is asked: the call continues, and the next request joins it.
#[actix_web::test]
async fn a_client_that_leaves_does_not_affect_the_others() {
    let clerk = local_clerk();
    clerk.behave(VerifyApiKey, Behavior::Hang);
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let whose = async |caller: AnyToken| match caller {
        AnyToken::Authenticated(Principal::ApiKey(key)) => key.subject().to_owned(),
        other => format!("{other:?}"),
    };
    let app =
        actix_web::test::init_service(App::new().wrap(ClerkMiddleware::new(config)).route("/", web::get().to(whose)))
            .await;
    let key = clerk.mint(testing::api_key("user_1"));
    let request = || {
        let header = bearer(&key);
        actix_web::test::TestRequest::get().insert_header(header).to_request()
    };
    let mut first = Box::pin(app.call(request()));
    assert!(futures_util::poll!(&mut first).is_pending());
    let mut second = Box::pin(app.call(request()));
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(first);
    for _ in 0..20 {
        let mut leaving = Box::pin(app.call(request()));
        assert!(futures_util::poll!(&mut leaving).is_pending());
    }
    clerk.behave(VerifyApiKey, Behavior::Normal);
    assert_eq!(actix_web::test::read_body(second.await.unwrap()).await, "user_1");
    assert_eq!(clerk.calls(VerifyApiKey), 1);
}
