//! The guard against events that arrive twice.

use std::{pin::pin, sync::Arc, time::Duration};

use actix_web::{App, HttpResponse, ResponseError, test, web};
use clerk_actix::{
    ClerkMiddleware, Delivery, ReplayGuard, Webhook,
    stores::{ReplayFuture, ReplayStore, StoreError},
    testing,
};
use futures_util::future::{join, join_all, select};
use tokio::sync::Semaphore;

use crate::{
    RedisServer, replay_store,
    support::{local_clerk, seconds},
    until,
};

const SHORT: Duration = Duration::from_millis(1);

#[actix_web::test]
async fn ids_in_memory() {
    check(ReplayGuard::new).await;
}

#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn ids_in_redis() {
    let redis = RedisServer::start();
    let (here, there) = (ReplayGuard::with_store(replay_store(&redis)), ReplayGuard::redis(&redis.url()).unwrap());
    check(|| ReplayGuard::with_store(replay_store(&redis))).await;
    assert_eq!(here.begin("msg_of_all").await.unwrap(), Delivery::New);
    assert_eq!(there.begin("msg_of_all").await.unwrap(), Delivery::InProgress, "shared by both servers");
    let lifetime = |id: &str| {
        let lifetime = redis.command(&format!("PTTL clerk:replay:{id}"));
        lifetime.trim_start_matches(':').trim().parse::<i64>().unwrap()
    };
    assert!(
        (200_000..=240_000).contains(&lifetime("msg_of_all")),
        "{} ms are left of four minutes",
        lifetime("msg_of_all")
    );
    here.finish("msg_of_all").await.unwrap();
    assert_eq!(there.begin("msg_of_all").await.unwrap(), Delivery::Done);
    assert!((259_000_000..=259_200_000).contains(&lifetime("msg_of_all")), "three days");

    redis.kill();
    let error = here.begin("msg_1").await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    redis.run();
    assert_eq!(here.begin("msg_1").await.unwrap(), Delivery::New, "it is back, without its data");
    redis.suspend();
    assert!(matches!(here.begin("msg_2").await, Err(StoreError::TimedOut { .. })), "no answer");
    redis.resume();
    // After a command that was given up, nobody knows whether the id was inserted.
    here.abandon("msg_2").await.unwrap();
    assert_eq!(here.begin("msg_2").await.unwrap(), Delivery::New);
}

async fn check(new: impl Fn() -> ReplayGuard) {
    let guard = new();
    assert_eq!(guard.begin("msg_a").await.unwrap(), Delivery::New);
    assert_eq!(guard.begin("msg_a").await.unwrap(), Delivery::InProgress, "again, meanwhile");
    assert_eq!(guard.begin("msg_b").await.unwrap(), Delivery::New, "another one");
    guard.finish("msg_a").await.unwrap();
    assert_eq!(guard.begin("msg_a").await.unwrap(), Delivery::Done, "again, later");
    guard.abandon("msg_b").await.unwrap();
    assert_eq!(guard.begin("msg_b").await.unwrap(), Delivery::New, "after a failure");
    guard.abandon("msg_never").await.unwrap();
    guard.finish("msg_too_late").await.unwrap();
    assert_eq!(guard.begin("msg_too_late").await.unwrap(), Delivery::Done, "finished when its lease was over");
    // Of many at the same time, one is the first.
    let same = join_all((0..50).map(|_| guard.begin("msg_c"))).await;
    assert_eq!(same.into_iter().filter(|begun| matches!(begun, Ok(Delivery::New))).count(), 1);
    for odd in ["", " ", "\r\nDEL clerk", "ü\0", &"m".repeat(10_000)] {
        assert_eq!(guard.begin(odd).await.unwrap(), Delivery::New, "{odd:?}");
        assert_eq!(guard.begin(odd).await.unwrap(), Delivery::InProgress, "{odd:?}");
    }
    let clone = guard.clone();
    assert_eq!(clone.begin("msg_a").await.unwrap(), Delivery::Done, "clones share the ids");

    let brief = new().with_lease(SHORT).with_retention(SHORT);
    assert_eq!(brief.begin("msg_lost").await.unwrap(), Delivery::New);
    until("the end of a lease", async || brief.begin("msg_lost").await.unwrap() == Delivery::New).await;
    brief.finish("msg_old").await.unwrap();
    until("the end of a retention", async || brief.begin("msg_old").await.unwrap() == Delivery::New).await;
}

/// A store of the application's own, which does not answer.
#[actix_web::test]
async fn a_store_that_fails_is_an_error() {
    struct Broken;
    impl ReplayStore for Broken {
        fn begin(self: Arc<Self>, _: String, _: Duration) -> ReplayFuture<Delivery> {
            Box::pin(async { Err(StoreError::unreachable("down")) })
        }

        fn finish(self: Arc<Self>, _: String, _: Duration) -> ReplayFuture<()> {
            Box::pin(async { Err(StoreError::unreachable("down")) })
        }

        fn abandon(self: Arc<Self>, _: String) -> ReplayFuture<()> {
            Box::pin(async { panic!("a bug in the store") })
        }
    }
    let guard = ReplayGuard::with_store(Broken).with_retention(seconds(60));
    assert_eq!(format!("{guard:?}"), "ReplayGuard { lease: 240s, retention: 60s, .. }");
    assert_eq!(guard.begin("msg_1").await.unwrap_err().to_string(), "the store cannot be reached: down");
    assert!(guard.finish("msg_1").await.is_err());
    assert!(guard.abandon("msg_1").await.is_err(), "a panic is an error");
    let response = guard.begin("msg_1").await.unwrap_err().error_response();
    assert_eq!(response.status(), 503, "Clerk delivers the webhook again");
}

/// What the work for an event waits for. A permit lets one attempt succeed; once closed, attempts fail.
struct Work {
    begun: Semaphore,
    permits: Semaphore,
}

async fn receive(webhook: Webhook, guard: web::Data<ReplayGuard>, work: web::Data<Work>) -> HttpResponse {
    match guard.begin(webhook.id()).await.unwrap() {
        Delivery::New => {}
        Delivery::Done => return HttpResponse::Ok().finish(),
        Delivery::InProgress => return HttpResponse::Conflict().finish(),
    }
    work.begun.add_permits(1);
    if let Ok(permit) = work.permits.acquire().await {
        permit.forget();
        guard.finish(webhook.id()).await.unwrap();
        return HttpResponse::Created().finish();
    }
    guard.abandon(webhook.id()).await.unwrap();
    HttpResponse::InternalServerError().finish()
}

/// A delivery that comes while the first one is being handled is not accepted, because the first one may still fail. If it
/// does, the next one does the work. If its handler was dropped, one that comes when its lease is over does.
#[actix_web::test]
async fn an_event_that_comes_again_while_it_is_handled() {
    let clerk = local_clerk();
    let webhook = testing::webhook("user.deleted", serde_json::json!({ "id": "user_1", "deleted": true }));
    let webhook = webhook.secret(clerk.webhook_signing_secret()).timestamp(clerk.clock().now()).build();
    for lease in [seconds(240), SHORT] {
        let work = web::Data::new(Work { begun: Semaphore::new(0), permits: Semaphore::new(0) });
        let app = App::new().wrap(ClerkMiddleware::new(clerk.config())).route("/", web::post().to(receive));
        let guard = web::Data::new(ReplayGuard::new().with_lease(lease));
        let app = test::init_service(app.app_data(work.clone()).app_data(guard)).await;
        let deliver = async || {
            let request = test::TestRequest::post().uri("/");
            let request = webhook.headers.iter().cloned().fold(request, |r, header| r.insert_header(header));
            let request = request.set_payload(webhook.body.clone()).to_request();
            test::call_service(&app, request).await.status().as_u16()
        };
        if lease == SHORT {
            let begun = async || drop(work.begun.acquire().await.unwrap());
            select(pin!(deliver()), pin!(begun())).await;
            work.permits.add_permits(1);
            until("the end of the lease", async || deliver().await == 201).await;
            assert_eq!(deliver().await, 200, "and no more");
            continue;
        }
        let meanwhile = async || {
            drop(work.begun.acquire().await.unwrap());
            let second = deliver().await;
            work.permits.close();
            second
        };
        assert_eq!(join(deliver(), meanwhile()).await, (500, 409));
        assert_eq!(deliver().await, 500, "the next one does the work, which fails again");
    }
}
