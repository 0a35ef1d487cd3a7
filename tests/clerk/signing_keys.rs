//! Fetching signing keys: one fetch for all requests, rotation, unknown keys, and outages of Clerk.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use actix_web::{
    App,
    dev::Service,
    rt::{System, net::TcpStream},
    test, web,
};
use clerk_actix::{
    ClerkMiddleware, RequireAuth,
    testing::{self, Behavior, Endpoint::Jwks, LocalClerk},
};
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use crate::support::{
    Answer, allow_many_connections, bearer, failures, get, local_clerk, routes, seconds, send, server,
    servers::serve_with, timeout_for,
};

/// 500 connections to 8 workers, all waiting for keys that have not been fetched yet.
#[actix_web::test]
async fn one_fetch_for_all_workers_and_waiting_requests() {
    const REQUESTS: u32 = 500;
    allow_many_connections();
    let clerk = local_clerk();
    clerk.behave(Jwks, Behavior::Hang);
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let middleware = ClerkMiddleware::new(config);
    let arrived = Arc::new(Semaphore::new(0));
    let for_app = Arc::clone(&arrived);
    let server = serve_with(actix_test::config().workers(8), move || {
        let arrived = Arc::clone(&for_app);
        App::new()
            .wrap(middleware.clone())
            .wrap_fn(move |req, service| {
                arrived.add_permits(1);
                service.call(req)
            })
            .route("/", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
    });
    let token = clerk.session_token("user_1");
    let request = format!("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\r\n");
    let requests: Vec<_> =
        (0..REQUESTS).map(|_| actix_web::rt::spawn(exchange(server.addr(), request.clone()))).collect();

    arrived.acquire_many(REQUESTS).await.unwrap().forget();
    clerk.behave(Jwks, Behavior::Normal);
    for response in join_all(requests).await {
        let response = response.unwrap();
        assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("user_1"), "{response}");
    }
    assert_eq!(clerk.calls(Jwks), 1);
}

/// As many workers and requests as on a large machine that starts under load; without sockets, of which there would not
/// be enough.
#[core::prelude::v1::test]
fn one_fetch_for_a_thousand_waiting_requests_on_each_of_sixteen_workers() {
    const WORKERS: usize = 16;
    const REQUESTS: usize = 1_000;
    let clerk = local_clerk();
    clerk.behave(Jwks, Behavior::Hang);
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let token = clerk.session_token("user_1");
    let all_wait = Barrier::new(WORKERS + 1);
    let worker = || async {
        let app = App::new().wrap(ClerkMiddleware::new(config.clone())).configure(routes);
        let app = test::init_service(app).await;
        let request = || {
            let header = bearer(&token);
            test::TestRequest::get().uri("/require").insert_header(header).to_request()
        };
        let mut waiting: Vec<_> = (0..REQUESTS).map(|_| Box::pin(app.call(request()))).collect();
        for request in &mut waiting {
            assert!(futures_util::poll!(request).is_pending());
        }
        all_wait.wait();
        join_all(waiting).await.into_iter().filter(|answer| answer.as_ref().unwrap().status() == 200).count()
    };
    let answered: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| System::new().block_on(worker()))).collect();
        all_wait.wait();
        clerk.behave(Jwks, Behavior::Normal);
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(answered, WORKERS * REQUESTS);
    assert_eq!(clerk.calls(Jwks), 1);
}

async fn exchange(address: std::net::SocketAddr, request: String) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    response
}

#[actix_web::test]
async fn a_pem_key_makes_no_call() {
    let clerk = local_clerk();
    let server = server(clerk.config_without_network().unwrap());
    assert_eq!(get(&server, "/require", &clerk.session_token("user_1")).await.status, 200);
    let unknown = clerk.mint(testing::session("user_1").header("kid", "unknown"));
    assert_eq!(get(&server, "/require", &unknown).await.status, 200, "whatever the kid");
    let foreign = local_clerk().session_token("user_1");
    assert_eq!(get(&server, "/require", &foreign).await.reason(), Some("token-invalid-signature"));
    assert_eq!(clerk.calls(Jwks), 0);
}

#[actix_web::test]
async fn a_new_key_is_found_and_an_old_one_dies() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let by_old = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &by_old).await.status, 200);
    clerk.rotate_keys();
    let by_new = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &by_new).await.reason(), Some("jwk-kid-mismatch"), "asked too recently");
    assert_eq!(clerk.calls(Jwks), 1);
    clerk.clock().advance(seconds(10));
    assert_eq!(get(&server, "/require", &by_new).await.status, 200);
    assert_eq!(get(&server, "/require", &by_old).await.reason(), Some("jwk-kid-mismatch"));
    assert_eq!(clerk.calls(Jwks), 2);
}

/// A key that Clerk replaces under the same `kid`: the first token signed with the new one triggers a fetch, whatever
/// its type.
#[actix_web::test]
async fn a_key_replaced_under_its_kid_is_found_at_once() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let by_old = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &by_old).await.status, 200);
    clerk.clock().advance(seconds(10));
    clerk.replace_key();
    assert_eq!(get(&server, "/require", &by_old).await.status, 200, "nothing has been heard of the new one yet");
    assert_eq!(clerk.calls(Jwks), 1);
    let by_new = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &by_new).await.status, 200);
    assert_eq!(clerk.calls(Jwks), 2);
    assert_eq!(get(&server, "/require", &by_old).await.reason(), Some("token-invalid-signature"));
    assert_eq!(clerk.calls(Jwks), 2, "the key that it names has just been fetched");

    clerk.clock().advance(seconds(10));
    clerk.replace_key();
    let machine = clerk.mint(testing::m2m_token(clerk.machine_id()).jwt());
    let answer = get(&server, "/any", &machine).await;
    assert_eq!(answer.json()["isAuthenticated"], true, "{} {:?}", answer.body, answer.headers);
    assert_eq!(clerk.calls(Jwks), 3);
}

/// 1,010 forged signatures under a known `kid`: together with made-up `kid`s, they cost Clerk one call in ten seconds,
/// and valid tokens are not delayed, even while that call hangs or fails.
#[actix_web::test]
async fn forged_signatures_cause_few_fetches_and_no_other_request_waits() {
    let clerk = local_clerk();
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let server = server(config);
    let remembered = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &remembered).await.status, 200);
    let foreign = local_clerk();
    let kid = kid_of(&clerk);
    let forged = |n: usize| foreign.mint(testing::session(format!("user_{n}")).header("kid", kid.as_str()));
    for n in 0..10 {
        assert_eq!(get(&server, "/require", &forged(n)).await.reason(), Some("token-invalid-signature"));
    }
    assert_eq!(clerk.calls(Jwks), 1, "the keys have just been fetched");
    for round in 1..=5 {
        clerk.clock().advance(seconds(10));
        for n in 0..200 {
            assert_eq!(get(&server, "/require", &forged(n)).await.reason(), Some("token-invalid-signature"));
            let made_up = clerk.mint(testing::session("user_1").header("kid", format!("made_up_{n}")));
            assert_eq!(get(&server, "/require", &made_up).await.status, 401);
        }
        assert_eq!(clerk.calls(Jwks), 1 + round);
    }

    clerk.behave(Jwks, Behavior::Hang);
    clerk.clock().advance(seconds(10));
    let token = forged(0);
    let mut waiting = Box::pin(get(&server, "/require", &token));
    while clerk.calls(Jwks) < 7 {
        assert!(futures_util::poll!(&mut waiting).is_pending());
        actix_web::rt::task::yield_now().await;
        let fresh = clerk.session_token("user_2");
        assert_eq!(get(&server, "/require", &remembered).await.status, 200);
        assert_eq!(get(&server, "/require", &fresh).await.status, 200);
    }
    clerk.behave(Jwks, Behavior::Status(500));
    assert_eq!(waiting.await.reason(), Some("token-invalid-signature"));
    let calls = clerk.calls(Jwks);
    for n in 0..10 {
        assert_eq!(get(&server, "/require", &forged(n)).await.reason(), Some("token-invalid-signature"));
        assert_eq!(get(&server, "/require", &clerk.session_token("user_3")).await.status, 200);
        assert_eq!(get(&server, "/require", &remembered).await.status, 200);
    }
    assert_eq!(clerk.calls(Jwks), calls, "one fetch in an interval, failed or not");
}

#[actix_web::test]
async fn made_up_kids_cause_few_fetches() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let good = clerk.session_token("user_1");
    assert_eq!(get(&server, "/require", &good).await.status, 200);
    clerk.clock().advance(seconds(20));
    for n in 0..100 {
        let token = clerk.mint(testing::session("user_1").header("kid", format!("made_up_{n}")));
        assert_eq!(get(&server, "/require", &token).await.status, 401);
    }
    assert_eq!(clerk.calls(Jwks), 2);
    let without = clerk.mint(testing::session("user_1").header("kid", ()));
    clerk.clock().advance(seconds(20));
    assert_eq!(get(&server, "/require", &without).await.reason(), Some("jwk-kid-mismatch"));
    assert_eq!(clerk.calls(Jwks), 2, "no kid, no reason to ask");
}

#[actix_web::test]
async fn keys_are_refreshed_ahead_and_aside() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let token = clerk.mint(testing::session("user_1").lifetime(seconds(3600)));
    assert_eq!(get(&server, "/require", &token).await.status, 200);
    clerk.clock().advance(seconds(270));
    clerk.behave(Jwks, Behavior::Hang);
    assert_eq!(get(&server, "/require", &token).await.status, 200, "no request waits for the refresh");
    clerk.behave(Jwks, Behavior::Normal);
    // 299 seconds after the first fetch, and 29 after the second: still no request waits, and there is no third fetch.
    let mut requests = 0;
    while clerk.calls(Jwks) < 2 {
        requests += 1;
        assert!(requests < 100_000, "the refresh never came");
        assert_eq!(get(&server, "/require", &token).await.status, 200);
    }
    clerk.clock().advance(seconds(29));
    for _ in 0..10 {
        assert_eq!(get(&server, "/require", &token).await.status, 200);
    }
    assert_eq!(clerk.calls(Jwks), 2);
}

#[actix_web::test]
async fn an_outage_is_outlived_for_a_while() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let token = clerk.mint(testing::session("user_1").lifetime(seconds(24 * 3600)));
    assert_eq!(get(&server, "/require", &token).await.status, 200);
    clerk.behave(Jwks, Behavior::Status(500));
    clerk.clock().advance(seconds(6 * 60));
    assert_eq!(get(&server, "/require", &token).await.status, 200, "the last keys serve on");
    assert_eq!(clerk.calls(Jwks), 1 + 5, "five attempts");
    assert_eq!(get(&server, "/require", &token).await.status, 200);
    assert_eq!(clerk.calls(Jwks), 6, "and a pause");
    clerk.clock().advance(seconds(60 * 60));
    let answer = get(&server, "/require", &token).await;
    assert_eq!(answer.status, 503, "but not forever");
    assert_unavailable(&answer, "jwk-remote-failed-to-load");
    clerk.behave(Jwks, Behavior::Normal);
    clerk.clock().advance(seconds(2));
    assert_eq!(get(&server, "/require", &token).await.status, 200);
}

fn assert_unavailable(answer: &Answer, reason: &str) {
    assert_eq!((answer.status, answer.reason()), (503, Some(reason)));
    let retry_after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&retry_after), "{retry_after}");
    assert_eq!(answer.json()["errors"][0]["code"], reason);
}

/// Keys that cannot be loaded are not the caller's fault: 503 if authentication is required, and otherwise the reason.
#[actix_web::test]
async fn every_way_in_which_clerk_can_fail() {
    for behavior in failures().into_iter().chain([Behavior::Status(404)]) {
        let clerk = local_clerk();
        clerk.behave(Jwks, behavior.clone());
        let config = clerk.config_builder().api_timeout(timeout_for(&behavior)).build().unwrap();
        let server = server(config);
        let token = clerk.session_token("user_1");
        assert_unavailable(&get(&server, "/require", &token).await, "jwk-remote-failed-to-load");
        let navigation = server.get("/require").insert_header(("Sec-Fetch-Dest", "document"));
        let navigation = send(navigation.insert_header(("Authorization", token.as_str()))).await;
        assert_unavailable(&navigation, "jwk-remote-failed-to-load");
        let optional = get(&server, "/auth", &token).await;
        assert_eq!((optional.status, optional.reason()), (200, Some("jwk-remote-failed-to-load")), "{behavior:?}");
        assert_eq!(optional.json()["isAuthenticated"], false);
        assert_eq!(
            send(server.get("/require")).await.status,
            401,
            "unauthenticated is unauthenticated, whether Clerk is up or not"
        );

        if behavior == Behavior::Hang {
            continue;
        }
        clerk.behave(Jwks, Behavior::Normal);
        clerk.clock().advance(seconds(30));
        let token = clerk.session_token("user_1");
        assert_eq!(get(&server, "/require", &token).await.status, 200, "after {behavior:?}");
    }
}

/// No keys have been fetched yet: startup survives as many failures as the reference does.
#[actix_web::test]
async fn a_cold_start_against_a_clerk_that_stumbles() {
    let other_code = || Behavior::error(401, "authentication_invalid", "");
    for stumbles in [
        vec![],
        vec![Behavior::Status(500); 3],
        vec![other_code()],
        vec![Behavior::Status(404); 2],
        vec![Behavior::Status(403), Behavior::Status(302), Behavior::Status(400)],
        vec![Behavior::Html, Behavior::CutShort, Behavior::TooLarge],
        vec![Behavior::TooManyRequests(Duration::ZERO)],
        vec![Behavior::Status(500), other_code(), Behavior::Status(404), Behavior::Html],
    ] {
        let clerk = local_clerk();
        for stumble in &stumbles {
            clerk.behave_once(Jwks, stumble.clone());
        }
        let answer = get(&server(clerk.config()), "/require", &clerk.session_token("user_1")).await;
        assert_eq!(answer.status, 200, "{stumbles:?}: {:?}", answer.header("x-clerk-auth-message"));
        assert_eq!(clerk.calls(Jwks), stumbles.len() as u64 + 1, "{stumbles:?}");
    }
}

#[actix_web::test]
async fn retry_after_is_honored() {
    let clerk = local_clerk();
    clerk.behave(Jwks, Behavior::TooManyRequests(seconds(30)));
    let server = server(clerk.config());
    let token = clerk.mint(testing::session("user_1").lifetime(seconds(3600)));
    let answer = get(&server, "/require", &token).await;
    assert_eq!(answer.header("retry-after"), Some("30"));
    clerk.clock().advance(seconds(29));
    assert_eq!(get(&server, "/require", &token).await.header("retry-after"), Some("1"));
    assert_eq!(clerk.calls(Jwks), 1, "asked once, and left alone for as long as it asked");
}

#[actix_web::test]
async fn a_secret_key_that_clerk_refuses() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().secret_key("sk_live_wrong").build().unwrap());
    let answer = get(&server, "/require", &clerk.session_token("user_1")).await;
    assert_unavailable(&answer, "secret-key-invalid");
    assert!(answer.header("x-clerk-auth-message").unwrap().contains("The provided Clerk Secret Key is invalid."));
    assert_eq!(clerk.calls(Jwks), 1, "retrying is useless");
}

/// A port that is bound but never responds: no other process can get it in the meantime.
#[actix_web::test]
async fn a_clerk_that_does_not_respond_is_an_outage() {
    let clerk = local_clerk();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}", taken.local_addr().unwrap());
    let config = clerk.config_builder().api_url(api).api_timeout(Duration::from_millis(100)).build().unwrap();
    let started = Instant::now();
    let answer = get(&server(config), "/require", &clerk.session_token("user_1")).await;
    assert_unavailable(&answer, "jwk-remote-failed-to-load");
    assert!(started.elapsed() < seconds(60), "bounded");
}

#[actix_web::test]
async fn instances_share_nothing() {
    let (one, two) = (local_clerk(), local_clerk());
    let (server_one, server_two) = (server(one.config()), server(two.config()));
    // The other instance's key under the first one's `kid`: only the instance distinguishes them.
    let kid = kid_of(&one);
    let forged = two.mint(testing::session("user_1").header("kid", kid));
    assert_eq!(get(&server_one, "/require", &one.session_token("user_1")).await.status, 200);
    assert_eq!(get(&server_one, "/require", &two.session_token("user_1")).await.reason(), Some("jwk-kid-mismatch"));
    assert_eq!(get(&server_one, "/require", &forged).await.reason(), Some("token-invalid-signature"));
    assert_eq!(get(&server_two, "/require", &two.session_token("user_1")).await.status, 200);
    assert_eq!(get(&server_two, "/require", &one.session_token("user_1")).await.reason(), Some("jwk-kid-mismatch"));
}

fn kid_of(clerk: &LocalClerk) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = clerk.session_token("user_1");
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

/// The client that caused the fetch disconnects: the fetch continues, and waiting requests get its keys.
#[actix_web::test]
async fn a_client_that_leaves_does_not_affect_the_others() {
    let clerk = local_clerk();
    clerk.behave(Jwks, Behavior::Hang);
    let config = clerk.config_builder().api_timeout(seconds(300)).build().unwrap();
    let app = test::init_service(App::new().wrap(ClerkMiddleware::new(config)).configure(routes)).await;
    let token = clerk.session_token("user_1");
    let request = || {
        let header = bearer(&token);
        test::TestRequest::get().uri("/require").insert_header(header).to_request()
    };
    for _ in 0..20 {
        let mut leaving = Box::pin(app.call(request()));
        assert!(futures_util::poll!(&mut leaving).is_pending());
    }
    let mut waiting = Box::pin(app.call(request()));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    clerk.behave(Jwks, Behavior::Normal);
    assert_eq!(waiting.await.unwrap().status().as_u16(), 200);
    assert_eq!(clerk.calls(Jwks), 1, "a reset connection buys no second call");
}

/// The worker whose request began the fetch is blocked: the fetch does not run on it, and other requests do not wait
/// for it.
#[core::prelude::v1::test]
fn a_blocked_worker_does_not_hold_up_the_others() {
    let clerk = local_clerk();
    clerk.behave(Jwks, Behavior::Hang);
    let (config, token) = (clerk.config(), clerk.session_token("user_1"));
    let (has_begun, is_released) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let blocking = scope.spawn(|| {
            System::new().block_on(async {
                let mut request = Box::pin(config.verify_session_token(&token));
                while clerk.calls(Jwks) == 0 {
                    assert!(futures_util::poll!(&mut request).is_pending());
                    actix_web::rt::task::yield_now().await;
                }
                has_begun.wait();
                is_released.wait();
                request.await
            })
        });
        has_begun.wait();
        clerk.behave(Jwks, Behavior::Normal);
        let other = System::new().block_on(config.verify_session_token(&token));
        is_released.wait();
        assert_eq!(other.unwrap().user_id(), "user_1");
        assert_eq!(blocking.join().unwrap().unwrap().user_id(), "user_1");
    });
    assert_eq!(clerk.calls(Jwks), 1);
}
