//! A session that is revoked on this server counts no more, whichever way its token arrives.

use std::time::Duration;

use actix_web::{App, HttpResponse, web};
use clerk_actix::{
    ClerkClient, ClerkConfig, ClerkMiddleware, Reason, RequireAuth, Revocations,
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use futures_util::{FutureExt, StreamExt, stream};

use crate::support::{
    bearer, browser::Browser, get, instances, local_clerk, navigation, seconds, send, server, servers::serve,
};

fn with_revocations(clerk: &LocalClerk) -> (ClerkConfig, Revocations) {
    let revocations = Revocations::new();
    (clerk.config_builder().revocations(revocations.clone()).build().unwrap(), revocations)
}

/// Each kind of cut-off ends the sessions that it names, and no others.
#[actix_web::test]
async fn tokens_in_headers_and_cookies() {
    type CutOff = fn(&Revocations);
    let kinds: [(&str, CutOff, [bool; 5]); 3] = [
        ("a session", |it| it.end_session("sess_1"), [false, true, true, true, true]),
        ("a user", |it| it.sign_out_user("user_1"), [false, false, false, true, true]),
        ("a member", |it| it.leave_organization("user_1", "org_1"), [true, true, false, true, true]),
    ];
    for (name, cut_off, expected) in kinds {
        for is_remembered in [true, false] {
            let clerk = local_clerk();
            let (config, revocations) = with_revocations(&clerk);
            let server = server(config);
            let of =
                |user: &str, session: &str| testing::session(user).session_id(session).claim("azp", "http://localhost");
            let tokens = [
                of("user_1", "sess_1"),
                of("user_1", "sess_2"),
                of("user_1", "sess_3").org_id("org_1"),
                of("user_2", "sess_4").org_id("org_1"),
                of("user_3", "sess_5"),
            ]
            .map(|session| clerk.mint(session));
            if is_remembered {
                for token in &tokens {
                    assert_eq!(get(&server, "/require", token).await.status, 200, "{name}");
                }
            }
            cut_off(&revocations);
            for (token, passes) in tokens.iter().zip(expected) {
                let answer = get(&server, "/require", token).await;
                assert_eq!(answer.status == 200, passes, "{name}, remembered: {is_remembered}, header");
                if !passes {
                    assert_eq!((answer.status, answer.reason()), (401, Some("session-revoked")), "{name}");
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
                }
                let cookies = format!("__session={token}; __client_uat=1");
                let answer = send(server.get("/require").insert_header(("Cookie", cookies.as_str()))).await;
                assert_eq!(answer.status == 200, passes, "{name}, remembered: {is_remembered}, cookie");
                // A browser is sent to Clerk, which knows whether it is still signed in.
                let answer = send(navigation(&server, "/require").insert_header(("Cookie", cookies.as_str()))).await;
                assert_eq!(answer.status, if passes { 200 } else { 307 }, "{name}, remembered: {is_remembered}, page");
            }
            clerk.clock().advance(seconds(5));
            let later = clerk.mint(of("user_1", "sess_9").org_id("org_1"));
            assert_eq!(get(&server, "/require", &later).await.status, 200, "{name}: a token from afterwards");
        }
    }
}

/// Browsers that are signed in, in development and production: signed out at once, and in again afterwards.
#[actix_web::test]
async fn browsers_that_are_signed_out_everywhere() {
    for (name, clerk) in instances() {
        let (config, _) = with_revocations(&clerk);
        let client = ClerkClient::new(config.clone());
        let server = server(config);
        let home = format!("http://localhost:{}/require", server.addr().port());
        let mut browsers = [Browser::new(), Browser::new()];
        for browser in &mut browsers {
            let page = browser.visit(&home).await;
            assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada", "{name}");
            assert_eq!(browser.visit(&home).await.body, "user_ada", "{name}");
        }
        assert_eq!(client.users().sign_out_everywhere("user_ada").await.unwrap(), 2, "{name}");
        for browser in &mut browsers {
            let page = browser.visit(&home).await;
            assert_eq!(page.url.path(), "/sign-in", "{name}: {}", page.body);
        }
        clerk.clock().advance(seconds(5));
        let page = browsers[0].visit(&home).await;
        assert_eq!(browsers[0].sign_in(&page, "user_ada").await.body, "user_ada", "{name}: signed in again");
        assert_eq!(browsers[1].visit(&home).await.url.path(), "/sign-in", "{name}");
    }
}

/// A session that goes on at Clerk gets a new token, by a refresh or a handshake: only the old ones are cut off.
#[actix_web::test]
async fn browsers_whose_tokens_are_cut_off_get_new_ones() {
    for (name, clerk) in instances() {
        let (config, revocations) = with_revocations(&clerk);
        let server = server(config);
        let home = format!("http://localhost:{}/require", server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&home).await;
        browser.sign_in(&page, "user_ada").await;
        for cookie in ["nothing", "__refresh"] {
            revocations.sign_out_user("user_ada");
            clerk.clock().advance(seconds(2));
            browser.forget(cookie);
            let page = browser.visit(&home).await;
            assert_eq!((page.status, &*page.body), (200, "user_ada"), "{name}, without {cookie}: {}", page.url);
        }
    }
}

#[actix_web::test]
async fn sessions_that_clerk_does_not_revoke_lose_their_tokens_all_the_same() {
    for (name, endpoint, revoked) in
        [("the list fails", Endpoint::ListSessions, 0), ("a revocation fails", Endpoint::RevokeSession, 0)]
    {
        let clerk = local_clerk();
        let (config, _) = with_revocations(&clerk);
        let client = ClerkClient::new(config.clone());
        let server = server(config);
        let token = clerk.mint(testing::session("user_1").session_id("sess_1"));
        assert_eq!(get(&server, "/require", &token).await.status, 200);
        clerk.behave(endpoint, Behavior::Status(422));
        assert!(client.users().sign_out_everywhere("user_1").await.is_err(), "{name}");
        assert_eq!(get(&server, "/require", &token).await.reason(), Some("session-revoked"), "{name}");
        assert_eq!(clerk.calls(Endpoint::RevokeSession) > 0, endpoint == Endpoint::RevokeSession, "{name}: {revoked}");
        clerk.behave(endpoint, Behavior::Normal);
        assert_eq!(client.users().sign_out_everywhere("user_1").await.unwrap(), 1, "{name}: once more");
    }
}

/// Connections that are open end, and are not renewed.
#[actix_web::test]
async fn streams_and_websockets_end_when_their_session_is_revoked() {
    let clerk = local_clerk();
    let (config, revocations) = with_revocations(&clerk);
    let session = |id: &str| clerk.mint(testing::session("user_1").session_id(id));
    let one = config.verify_session_token(&session("sess_1")).await.unwrap();
    let other = config.verify_session_token(&session("sess_2")).await.unwrap();
    let (mut one_expired, mut other_expired) = (one.expired(), other.expired());
    let mut events = one.until_expiry(stream::pending::<&str>()).with_last("bye");
    assert!((&mut one_expired).now_or_never().is_none() && events.next().now_or_never().is_none());

    revocations.end_session("sess_1");
    (&mut one_expired).await;
    assert_eq!(events.collect::<Vec<_>>().await, ["bye"]);
    assert!((&mut other_expired).now_or_never().is_none(), "the other session goes on");
    let refused = one.renew(&session("sess_1")).await.unwrap_err();
    assert_eq!(refused.reason(), &Reason::SessionRevoked);
    assert!(one.expired().now_or_never().is_some(), "also if the connection only begins to wait now");
    assert!(other.renew(&session("sess_2")).await.is_ok());
}

/// The same over HTTP: a stream of events that is being read.
#[actix_web::test]
async fn a_response_that_is_being_sent_ends() {
    let clerk = local_clerk();
    let (config, revocations) = with_revocations(&clerk);
    let middleware = ClerkMiddleware::new(config);
    let server = serve(move || {
        let events = web::get().to(async |user: RequireAuth| {
            let first = stream::iter([web::Bytes::from_static(b"hello ")]).chain(stream::pending());
            let bye = Ok::<_, actix_web::Error>(web::Bytes::from_static(b"bye"));
            HttpResponse::Ok().streaming(user.until_expiry(first.map(Ok)).with_last(bye))
        });
        App::new().route("/events", events).wrap(middleware.clone())
    });
    let token = clerk.mint(testing::session("user_1"));
    let mut response = server.get("/events").insert_header(bearer(&token)).send().await.unwrap();
    let first = response.next().await.unwrap().unwrap();
    assert_eq!(&*first, b"hello ");
    revocations.sign_out_user("user_1");
    let rest: Vec<_> = response.map(|bytes| bytes.unwrap()).collect().await;
    assert_eq!(rest.concat(), b"bye");
}

/// Two configurations of one process, such as those of two domains, share what is revoked.
#[actix_web::test]
async fn clones_share_the_list() {
    let clerk = local_clerk();
    let (config, revocations) = with_revocations(&clerk);
    let other = clerk.config_builder().revocations(revocations.clone()).build().unwrap();
    let token = clerk.mint(testing::session("user_1"));
    revocations.sign_out_user("user_1");
    for config in [config, other] {
        let refused = config.verify_session_token(&token).await.unwrap_err();
        assert_eq!(refused.reason(), &Reason::SessionRevoked);
    }
    assert!(clerk.config().verify_session_token(&token).await.is_ok(), "without the list");
    assert_eq!(revocations.len(), 1);
    let short = Revocations::with_limits(10, Duration::from_secs(60));
    assert!(short.is_empty());
}
