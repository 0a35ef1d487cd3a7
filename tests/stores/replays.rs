//! The guard against events that arrive twice.

use clerk_actix::{
    ReplayGuard,
    stores::{ReplayStore, StoreError},
};
use futures_util::future::join_all;

use crate::{RedisServer, replay_store, support::seconds};

#[actix_web::test]
async fn ids_in_memory() {
    check(&ReplayGuard::new(), &ReplayGuard::new().clone()).await;
}

#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn ids_in_redis() {
    let redis = RedisServer::start();
    let (here, there) = (ReplayGuard::with_store(replay_store(&redis)), ReplayGuard::redis(&redis.url()).unwrap());
    check(&here, &there).await;
    for guard in [&here, &there] {
        assert!(!guard.insert("msg_of_all").await.unwrap() || std::ptr::eq(guard, &here), "shared by both servers");
    }
    let lifetime = redis.command("PTTL clerk:replay:msg_of_all");
    let lifetime: i64 = lifetime.trim_start_matches(':').trim().parse().unwrap();
    assert!((259_000_000..=259_200_000).contains(&lifetime), "{lifetime} ms are left of three days");

    redis.kill();
    let error = here.insert("msg_1").await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    redis.run();
    assert!(here.insert("msg_1").await.unwrap(), "it is back, without its data");
    redis.suspend();
    assert!(matches!(here.insert("msg_2").await, Err(StoreError::TimedOut { .. })), "no answer");
    redis.resume();
    until_first(&here).await;
}

/// After a command that was given up, nobody knows whether the id was inserted.
async fn until_first(guard: &ReplayGuard) {
    guard.remove("msg_2").await.unwrap();
    assert!(guard.insert("msg_2").await.unwrap());
}

async fn check(guard: &ReplayGuard, other: &ReplayGuard) {
    assert!(guard.insert("msg_a").await.unwrap(), "new");
    assert!(!guard.insert("msg_a").await.unwrap(), "again");
    assert!(guard.insert("msg_b").await.unwrap(), "another one");
    guard.remove("msg_a").await.unwrap();
    assert!(guard.insert("msg_a").await.unwrap(), "after it was removed");
    guard.remove("msg_never").await.unwrap();
    // Of many at the same time, one is the first.
    let same = join_all((0..50).map(|_| guard.insert("msg_c"))).await;
    assert_eq!(same.into_iter().filter(|inserted| *inserted.as_ref().unwrap()).count(), 1);
    for odd in ["", " ", "\r\nDEL clerk", "ü\0", &"m".repeat(10_000)] {
        assert!(guard.insert(odd).await.unwrap(), "{odd:?}");
        assert!(!guard.insert(odd).await.unwrap(), "{odd:?}");
    }
    let _ = other.insert("msg_of_all").await;
}

/// A store of the application's own, which does not answer.
#[actix_web::test]
async fn a_store_that_fails_is_an_error() {
    struct Broken;
    impl ReplayStore for Broken {
        fn insert_if_absent(
            self: std::sync::Arc<Self>,
            _: String,
            _: std::time::Duration,
        ) -> clerk_actix::stores::ReplayFuture<bool> {
            Box::pin(async { Err(StoreError::unreachable("down")) })
        }

        fn remove(self: std::sync::Arc<Self>, _: String) -> clerk_actix::stores::ReplayFuture<()> {
            Box::pin(async { panic!("a bug in the store") })
        }
    }
    let guard = ReplayGuard::with_store(Broken).with_retention(seconds(60));
    assert_eq!(format!("{guard:?}"), "ReplayGuard { retention: 60s, .. }");
    assert_eq!(guard.insert("msg_1").await.unwrap_err().to_string(), "the store cannot be reached: down");
    assert!(guard.remove("msg_1").await.is_err(), "a panic is an error");
    let response = actix_web::ResponseError::error_response(&guard.insert("msg_1").await.unwrap_err());
    assert_eq!(response.status(), 503, "Clerk delivers the webhook again");
}
