//! Servers that share their revocations: what one cuts off is over on all of them.

use actix_web::{App, HttpResponse, web};
use clerk_actix::{
    ClerkClient, ClerkMiddleware, RequireAuth, Revocations,
    stores::{CutOff, MemoryStore, RedisStore, RevocationStore, SharedRevocations, StoreError, WhenUnreachable},
};
use futures_util::{FutureExt, StreamExt, stream};

use crate::{
    Fixture,
    contract::of_user,
    in_each_store,
    servers::{Server, session, token},
    support::{bearer, browser::Browser, instances, local_clerk, seconds, servers::serve},
    until,
};

in_each_store!(
    each_kind_of_cut_off_arrives_on_the_other_server,
    a_server_that_starts_later_has_all_cut_offs,
    signing_out_everywhere_returns_when_the_store_has_it,
    open_connections_on_the_other_server_end,
    a_browser_on_both_servers_is_signed_out_on_both,
    the_clock_of_one_server_locks_nobody_out,
    what_others_write_into_the_store_stops_nobody,
);

pub const KEEP_SERVING: WhenUnreachable = WhenUnreachable::KeepServing;

async fn each_kind_of_cut_off_arrives_on_the_other_server(fixture: &impl Fixture) {
    type CutOff = fn(&Revocations);
    let (ok, cut) = ("200", "401 session-revoked");
    let kinds: [(&str, CutOff, [&str; 4]); 3] = [
        ("user_a", |it| it.end_session("sess_1_of_user_a"), [cut, ok, ok, ok]),
        ("user_b", |it| it.sign_out_user("user_b"), [cut, cut, cut, ok]),
        ("user_c", |it| it.leave_organization("user_c", "org_1"), [ok, ok, cut, ok]),
    ];
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    for (count, (name, cut_off, expected)) in kinds.into_iter().enumerate() {
        let tokens = [
            session(name).session_id(format!("sess_1_of_{name}")),
            session(name).session_id(format!("sess_2_of_{name}")),
            session(name).session_id(format!("sess_3_of_{name}")).org_id("org_1"),
            session("user_of_nobody").session_id("sess_4").org_id("org_1"),
        ]
        .map(|session| clerk.mint(session));
        for token in &tokens {
            assert_eq!(there.says(token).await, ok, "{name}");
        }
        cut_off(&here.revocations);
        here.revocations.written().await.unwrap();
        until("the cut-off", async || there.revocations.len() == count + 1).await;
        for server in [&here, &there] {
            for (token, expected) in tokens.iter().zip(expected) {
                assert_eq!(server.says(token).await, expected, "{name}");
            }
        }
        assert_eq!((here.revocations.len(), there.revocations.len()), (count + 1, count + 1), "{name}");
    }
}

async fn a_server_that_starts_later_has_all_cut_offs(fixture: &impl Fixture) {
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let count = 2_300;
    (0..count).for_each(|n| here.revocations.sign_out_user(&format!("user_{n}")));
    here.revocations.written().await.unwrap();
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    assert_eq!(there.revocations.len(), count, "at the start, without waiting");
    for user in ["user_0", "user_1234", "user_2299"] {
        assert_eq!(there.says(&token(&clerk, user)).await, "401 session-revoked");
    }
    assert_eq!(there.says(&token(&clerk, "user_2300")).await, "200");
}

async fn signing_out_everywhere_returns_when_the_store_has_it(fixture: &impl Fixture) {
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let token = token(&clerk, "user_1");
    assert_eq!((&*here.says(&token).await, &*there.says(&token).await), ("200", "200"));
    ClerkClient::new(here.config.clone()).users().sign_out_everywhere("user_1").await.unwrap();
    let written = fixture.connect().read(None, seconds(0)).await.unwrap();
    assert!(written.cut_offs().iter().any(|cut_off| cut_off.to_string() == "user user_1"), "{written:?}");
    until("the cut-off", async || there.says(&token).await == "401 session-revoked").await;
}

async fn open_connections_on_the_other_server_end(fixture: &impl Fixture) {
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let other = there.config.verify_session_token(&token(&clerk, "user_2")).await.unwrap();
    let mut other_expired = other.expired();
    let middleware = ClerkMiddleware::new(there.config.clone());
    let events = serve(move || {
        let events = web::get().to(async |user: RequireAuth| {
            let first = stream::iter([web::Bytes::from_static(b"hello ")]).chain(stream::pending());
            let bye = Ok::<_, actix_web::Error>(web::Bytes::from_static(b"bye"));
            HttpResponse::Ok().streaming(user.until_expiry(first.map(Ok)).with_last(bye))
        });
        App::new().route("/events", events).wrap(middleware.clone())
    });
    let request = events.get("/events").insert_header(bearer(token(&clerk, "user_1")));
    let mut response = request.send().await.unwrap();
    assert_eq!(&*response.next().await.unwrap().unwrap(), b"hello ");
    here.revocations.sign_out_user("user_1");
    let rest: Vec<_> = response.map(|bytes| bytes.unwrap()).collect().await;
    assert_eq!(rest.concat(), b"bye");
    assert!((&mut other_expired).now_or_never().is_none(), "the other user's goes on");
}

/// In development and production.
async fn a_browser_on_both_servers_is_signed_out_on_both(fixture: &impl Fixture) {
    for (count, (name, clerk)) in instances().into_iter().enumerate() {
        // The second instance comes later than the cut-offs of the first, which has the same user.
        clerk.clock().advance(seconds(count as u64 * 60));
        let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
        let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
        let pages = [&here, &there].map(|server| format!("http://localhost:{}/require", server.http.addr().port()));
        let mut browser = Browser::new();
        let page = browser.visit(&pages[0]).await;
        browser.sign_in(&page, "user_ada").await;
        for page in &pages {
            assert_eq!(browser.visit(page).await.body, "user_ada", "{name}");
        }
        ClerkClient::new(here.config.clone()).users().sign_out_everywhere("user_ada").await.unwrap();
        until("the cut-off", async || there.revocations.len() == count + 2).await;
        for page in &pages {
            let page = browser.visit(page).await;
            assert_eq!(page.url.path(), "/sign-in", "{name}: {}", page.body);
        }
    }
}

/// A server whose clock is an hour ahead signs a user out: an hour later, in its time.
async fn the_clock_of_one_server_locks_nobody_out(fixture: &impl Fixture) {
    let (clerk, ahead) = (local_clerk(), local_clerk());
    ahead.clock().advance(seconds(3600));
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&ahead, fixture.connect(), KEEP_SERVING).await;
    let before = token(&clerk, "user_1");
    there.revocations.sign_out_user("user_1");
    until("the cut-off", async || here.says(&before).await == "401 session-revoked").await;
    clerk.clock().advance(seconds(10));
    assert_eq!(here.says(&token(&clerk, "user_1")).await, "200", "signed in again");
}

/// What a store may return that no server has written.
async fn what_others_write_into_the_store_stops_nobody(fixture: &impl Fixture) {
    let store = fixture.connect();
    let now = of_user("user_1");
    let mut text = serde_json::to_value(&now).unwrap();
    for (name, until, made_at) in
        [("the end of time", i64::MAX, i64::MAX), ("its beginning", i64::MIN, i64::MIN), ("zero", 0, 0)]
    {
        (text["until"], text["made_at"]) = (until.into(), made_at.into());
        let odd: CutOff = serde_json::from_value(text.clone()).unwrap();
        store.append(&[odd], seconds(3600)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    here.revocations.sign_out_user("user_2");
    let of_user_2 = token(&clerk, "user_2");
    until("the cut-off", async || there.says(&of_user_2).await == "401 session-revoked").await;
    clerk.clock().advance(seconds(10));
    assert_eq!(there.says(&token(&clerk, "user_1")).await, "200", "a cut-off until the end of time ends now");
}

#[actix_web::test]
async fn addresses_that_cannot_be_used_are_errors_at_the_start() {
    for (name, url) in [
        ("empty", ""),
        ("another protocol", "http://127.0.0.1/"),
        ("no host", "redis://"),
        ("a database that is no number", "redis://127.0.0.1/first"),
        ("TLS, which the crate `redis` does without", "rediss://127.0.0.1/"),
    ] {
        let error = Revocations::redis(&url.replace("127.0.0.1", "user:hunter2@127.0.0.1"));
        let error = error.err().unwrap_or_else(|| panic!("{name} is accepted"));
        let text = format!("{error} {error:?}");
        assert!(matches!(error, StoreError::InvalidUrl(_)) && !text.contains("hunter2"), "{name}: {text}");
        assert!(clerk_actix::ReplayGuard::redis(url).is_err(), "{name}");
    }
    let shared = format!("{:?}", Revocations::redis("redis://user:hunter2@127.0.0.1:6379/0").unwrap());
    let store = format!("{:?}", RedisStore::new("redis://user:hunter2@127.0.0.1:6379/0").unwrap());
    for text in [shared, store] {
        assert!(text.contains("redis at 127.0.0.1:6379") && !text.contains("hunter2"), "{text}");
    }
}

#[actix_web::test]
async fn a_list_without_a_store_has_nothing_to_write() {
    let revocations = Revocations::new();
    revocations.sign_out_user("user_1");
    revocations.written().await.unwrap();
    let store = MemoryStore::new();
    drop(SharedRevocations::new(store.clone()));
    assert!(store.is_empty());
}

#[actix_web::test]
async fn a_store_in_memory_counts_what_it_has() {
    let store = MemoryStore::new();
    assert_eq!((store.name().as_str(), store.len(), store.is_empty()), ("memory", 0, true));
    store.append(&[of_user("user_1"), of_user("user_2")], seconds(3600)).await.unwrap();
    assert_eq!((store.len(), store.is_empty()), (2, false));
    assert_eq!(format!("{store:?}"), "MemoryStore { cut_offs: 2 }");
}
