//! A store that goes away, comes back, or loses its data: what requests get meanwhile, and that nothing that was cut off
//! counts again.

use std::time::Duration;

use clerk_actix::{
    ClerkApiError, ClerkClient,
    doctor::Status,
    stores::{
        Batch, CutOff, MemoryStore, Position, RevocationStore, SharedRevocations, StoreError, StoreFuture,
        WhenUnreachable,
    },
    testing::Endpoint,
};

use crate::{
    Fixture, RedisServer,
    contract::of_user,
    in_each_store,
    servers::{Server, session, token},
    sharing::KEEP_SERVING,
    support::{cookie_suffix, local_clerk, seconds},
    until,
};

in_each_store!(
    what_was_cut_off_meanwhile_arrives_when_the_store_is_back,
    a_store_that_has_lost_its_data_gets_it_back,
    what_each_mode_answers_while_the_store_is_gone,
    a_server_that_starts_without_its_store,
);

const STRICT: WhenUnreachable = WhenUnreachable::RejectAfter(Duration::ZERO);
const UNAVAILABLE: &str = "503 revocations-unavailable";
const REVOKED: &str = "401 session-revoked";

/// Cut off on one server while it is alone; the other one learns of it, and of what was written by a third.
async fn what_was_cut_off_meanwhile_arrives_when_the_store_is_back(fixture: &impl Fixture) {
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let tokens = ["user_1", "user_2", "user_3"].map(|user| token(&clerk, user));
    here.revocations.sign_out_user("user_1");
    until("the first one", async || there.says(&tokens[0]).await == REVOKED).await;

    fixture.take_away();
    here.revocations.sign_out_user("user_2");
    assert_eq!(here.says(&tokens[1]).await, REVOKED, "on this server at once");
    assert!(here.revocations.written().await.is_err());
    let client = ClerkClient::new(here.config.clone());
    let outcome = client.users().sign_out_everywhere("user_3").await;
    assert!(matches!(outcome, Err(ClerkApiError::NotShared(_))), "{outcome:?}");
    assert_eq!(there.says(&tokens[1]).await, "200", "it cannot know");

    fixture.bring_back();
    for token in &tokens {
        until("what was cut off meanwhile", async || there.says(token).await == REVOKED).await;
    }
    until("that it is written", async || here.revocations.written().await.is_ok()).await;
    let new = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    for token in &tokens[1..] {
        assert_eq!(new.says(token).await, REVOKED, "a server that starts now");
    }
}

/// Cleared while all are connected, and once more while nobody writes.
async fn a_store_that_has_lost_its_data_gets_it_back(fixture: &impl Fixture) {
    let clerk = local_clerk();
    let here = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let there = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    let tokens = ["user_1", "user_2", "user_3"].map(|user| token(&clerk, user));
    here.revocations.sign_out_user("user_1");
    there.revocations.sign_out_user("user_2");
    until("both", async || here.revocations.len() == 2 && there.revocations.len() == 2).await;
    for round in 0..2 {
        fixture.clear();
        if round == 0 {
            here.revocations.sign_out_user("user_3");
        }
        let count = async || fixture.connect().read(None, seconds(0)).await.unwrap().cut_offs().len();
        until("what was lost", async || count().await >= 3).await;
        let new = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
        for server in [&here, &there, &new] {
            for token in &tokens {
                assert_eq!(server.says(token).await, REVOKED, "round {round}");
            }
        }
        assert!(count().await <= 6, "each server restores what the others have not: {}", count().await);
    }
}

async fn what_each_mode_answers_while_the_store_is_gone(fixture: &impl Fixture) {
    let patient = WhenUnreachable::RejectAfter(seconds(30));
    for (name, mode, at_once, later) in [
        ("keeps serving", KEEP_SERVING, "200", "200"),
        ("patient", patient, "200", UNAVAILABLE),
        ("strict", STRICT, UNAVAILABLE, UNAVAILABLE),
    ] {
        let clerk = local_clerk();
        let server = Server::start(&clerk, fixture.connect(), mode).await;
        let [good, cut_off] = ["user_1", "user_2"].map(|user| token(&clerk, user));
        server.revocations.sign_out_user("user_2");
        server.revocations.written().await.unwrap();
        assert_eq!((&*server.says(&good).await, &*server.says(&cut_off).await), ("200", REVOKED), "{name}");
        assert!(server.config.is_ready(), "{name}");

        fixture.take_away();
        let findings = async || server.config.doctor().await;
        let status =
            async || findings().await.findings().iter().find(|it| it.name() == "revocations").unwrap().status();
        until("that it is noticed", async || status().await != Status::Ok).await;
        let expected = if mode == KEEP_SERVING { Status::Warning } else { Status::Failed };
        assert_eq!(status().await, expected, "{name}");
        assert_eq!((&*server.says(&good).await, &*server.says(&cut_off).await), (at_once, REVOKED), "{name}");
        assert_eq!(server.config.is_ready(), at_once == "200", "{name}");
        clerk.clock().advance(seconds(30));
        assert_eq!((&*server.says(&good).await, &*server.says(&cut_off).await), (later, REVOKED), "{name}");
        assert_eq!(server.config.is_ready(), later == "200", "{name}");
        if later == UNAVAILABLE {
            let answer = server.get(&good).await;
            assert_eq!(answer.header("retry-after"), Some("1"), "{name}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
            let cookies = format!("__session={good}; __client_uat=1");
            for dest in ["document", "empty"] {
                let request = server.http.get("/require").insert_header(("Sec-Fetch-Dest", dest));
                let answer = crate::support::send(request.insert_header(("Cookie", cookies.as_str()))).await;
                assert_eq!(answer.status, 503, "{name}, {dest}: no browser is sent in a circle");
            }
            // An expired token needs a refresh or a handshake, neither of which would help.
            let now = clerk.clock().now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let old = clerk.mint(session("user_1").claim("iat", now - 120).claim("exp", now - 60));
            let suffix = cookie_suffix(&clerk);
            for (what, cookies) in [
                ("expired", format!("__session={old}; __client_uat=1")),
                ("with a refresh token", format!("__session={old}; __client_uat=1; __refresh_{suffix}=rt_1")),
                ("back from Clerk", format!("__session={old}; __client_uat=1; __clerk_handshake_nonce=n1")),
                ("without its session", "__client_uat=1".to_owned()),
            ] {
                for dest in ["document", "empty"] {
                    let request = server.http.get("/require").insert_header(("Sec-Fetch-Dest", dest));
                    let answer = crate::support::send(request.insert_header(("Cookie", cookies.as_str()))).await;
                    assert_eq!(answer.status, 503, "{name}, {what}, {dest}: {:?}", answer.header("location"));
                }
            }
            assert_eq!((clerk.calls(Endpoint::Refresh), clerk.calls(Endpoint::HandshakePayload)), (0, 0), "{name}");
            let machine = server.http.get("/public");
            assert_eq!(crate::support::send(machine).await.status, 200, "{name}: what needs no session");
        }

        fixture.bring_back();
        until("that it is back", async || server.says(&good).await == "200").await;
        assert_eq!(server.says(&cut_off).await, REVOKED, "{name}");
        assert!(server.config.is_ready(), "{name}");
        until("that the doctor sees it", async || status().await == Status::Ok).await;
    }
}

async fn a_server_that_starts_without_its_store(fixture: &impl Fixture) {
    let clerk = local_clerk();
    let before = Server::start(&clerk, fixture.connect(), KEEP_SERVING).await;
    before.revocations.sign_out_user("user_1");
    before.revocations.written().await.unwrap();
    fixture.take_away();
    for (name, mode, meanwhile) in [("keeps serving", KEEP_SERVING, "200"), ("strict", STRICT, UNAVAILABLE)] {
        let server = Server::start(&clerk, fixture.connect(), mode).await;
        let good = token(&clerk, "user_2");
        assert_eq!(server.says(&good).await, meanwhile, "{name}");
        assert_eq!(server.config.is_ready(), mode == KEEP_SERVING, "{name}");
        fixture.bring_back();
        let cut_off = token(&clerk, "user_1");
        until("what the store has", async || server.says(&cut_off).await == REVOKED).await;
        until("that it is back", async || server.says(&good).await == "200").await;
        fixture.take_away();
    }
    fixture.bring_back();
}

/// The tokens that were cut off by a server that nobody reaches any more are not lost with its store.
#[actix_web::test]
async fn a_list_that_is_dropped_ends_its_task() {
    let (store, clerk) = (MemoryStore::new(), local_clerk());
    let server = Server::start(&clerk, store.clone(), KEEP_SERVING).await;
    server.revocations.sign_out_user("user_1");
    server.revocations.written().await.unwrap();
    drop(server);
    assert_eq!(store.len(), 1);
}

/// A store of an application's own, which fails in the same way each time.
struct Failing(fn() -> StoreError);

impl RevocationStore for Failing {
    fn name(&self) -> String {
        "one that fails".to_owned()
    }

    fn append<'s>(&'s self, _: &'s [CutOff], _: Duration) -> StoreFuture<'s, ()> {
        Box::pin(async { Err((self.0)()) })
    }

    fn read<'s>(&'s self, _: Option<&'s Position>, _: Duration) -> StoreFuture<'s, Batch> {
        Box::pin(async { Err((self.0)()) })
    }
}

#[actix_web::test]
async fn a_start_fails_only_if_trying_again_would_not_help() {
    for (name, error, starts) in [
        ("it cannot be reached", (|| StoreError::unreachable("down")) as fn() -> StoreError, true),
        ("it rejects the password", || StoreError::rejected("WRONGPASS"), false),
    ] {
        let started = SharedRevocations::new(Failing(error)).start().await;
        assert_eq!(started.is_ok(), starts, "{name}");
        assert!(starts || matches!(started, Err(StoreError::Rejected(_))), "{name}");
    }
}

/// A connection that works is used again: opening one takes longer than most calls.
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn a_server_keeps_its_two_connections_to_redis() {
    let redis = RedisServer::start();
    let store = redis.connect();
    let opened = || {
        let answer = redis.command("INFO stats");
        let line = answer.lines().find(|line| line.starts_with("total_connections_received:")).unwrap();
        line.split(':').nth(1).unwrap().trim().parse::<usize>().unwrap()
    };
    let before = opened();
    for n in 0..20 {
        store.append(&[of_user(&format!("user_{n}"))], seconds(3600)).await.unwrap();
        store.read(None, seconds(0)).await.unwrap();
    }
    assert_eq!(opened() - before, 2 + 1, "and the one that asks");
}

/// A process that is stopped accepts connections and answers nothing, like a machine behind a broken network.
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn a_redis_that_has_gone_silent() {
    let (redis, clerk) = (RedisServer::start(), local_clerk());
    let strict = Server::start(&clerk, redis.connect(), STRICT).await;
    let lenient = Server::start(&clerk, redis.connect(), KEEP_SERVING).await;
    let [good, cut_off] = ["user_1", "user_2"].map(|user| token(&clerk, user));
    assert_eq!(strict.says(&good).await, "200");
    redis.suspend();
    lenient.revocations.sign_out_user("user_2");
    assert!(lenient.revocations.written().await.is_err(), "it gives up");
    until("that it is noticed", async || strict.says(&good).await == UNAVAILABLE).await;
    assert_eq!((&*lenient.says(&good).await, &*lenient.says(&cut_off).await), ("200", REVOKED));
    redis.resume();
    until("that it is back", async || strict.says(&good).await == "200").await;
    until("the cut-off", async || strict.says(&cut_off).await == REVOKED).await;
}

/// Somebody else's data under the same key, and users who may not do what is needed.
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn a_redis_that_rejects_the_commands() {
    use clerk_actix::Revocations;
    let redis = RedisServer::start();
    redis.command("ACL SETUSER reader on >hunter2 ~* +@read +ping");
    redis.command("ACL SETUSER nobody on >hunter2");
    redis.command("SET clerk:taken 1");
    let address = |user: &str| redis.url().replace("redis://", &format!("redis://{user}:hunter2@"));
    for (name, url) in [("an unknown user", address("somebody")), ("a user without permissions", address("nobody"))] {
        let error =
            Revocations::redis(&url).unwrap().start().await.err().unwrap_or_else(|| panic!("{name}: it starts"));
        assert!(matches!(error, StoreError::Rejected(_)), "{name}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{name}: {error}");
    }
    let taken = clerk_actix::stores::RedisStore::new(&redis.url()).unwrap().with_key("clerk:taken");
    let error = clerk_actix::stores::SharedRevocations::new(taken).start().await.unwrap_err();
    assert!(!error.is_temporary(), "{error:?}");
    // One that may read, but not write, serves; and says so.
    let clerk = local_clerk();
    let server = Server::of(&clerk, Revocations::redis(&address("reader")).unwrap().start().await.unwrap());
    server.revocations.sign_out_user("user_1");
    assert!(matches!(server.revocations.written().await, Err(StoreError::Rejected(_))));
    let report = server.config.doctor().await;
    let finding = report.findings().iter().find(|finding| finding.name() == "revocations").unwrap();
    assert_eq!(finding.status(), Status::Warning, "{finding:?}");
    assert!(finding.found().contains("1 cut-offs wait"), "{finding:?}");
}

/// A stream with entries of other programs, and one that expires by itself.
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn entries_in_redis() {
    let (redis, clerk) = (RedisServer::start(), local_clerk());
    for entry in ["message hello", "cut_off {}", "cut_off not-json"] {
        redis.command(&format!("XADD clerk:revocations * {entry}"));
    }
    let server = Server::start(&clerk, redis.connect(), STRICT).await;
    server.revocations.sign_out_user("user_1");
    server.revocations.written().await.unwrap();
    let other = Server::start(&clerk, redis.connect(), STRICT).await;
    assert_eq!((&*other.says(&token(&clerk, "user_1")).await, other.revocations.len()), (REVOKED, 1));
    let lifetime: i64 = redis.command("PTTL clerk:revocations").trim_start_matches(':').trim().parse().unwrap();
    assert!((80_000_000..=86_400_000).contains(&lifetime), "{lifetime} ms are left of a day");
}
