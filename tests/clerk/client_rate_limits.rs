//! Clerk's rate limit: a pause that all calls keep, and calls that wait for its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::{App, HttpRequest, HttpResponse, http::Method, web};
use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkConfig,
    client::{FileUpload, NewInvitation, NewUser},
};
use serde_json::{Value, json};

use crate::support::{seconds, servers::serve};

/// The number of calls that arrived, and of those that are still to be refused.
#[derive(Clone, Default)]
struct Counts {
    arrived: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

impl Counts {
    fn arrived(&self) -> u64 {
        self.arrived.swap(0, Ordering::SeqCst)
    }
}

/// A Backend API that refuses `refused` calls, each with this `Retry-After`.
fn backend_api(refused: u64, retry_after: u64) -> (actix_test::TestServer, ClerkClient, Counts) {
    let counts = Counts::default();
    counts.refused.store(refused, Ordering::SeqCst);
    let seen = counts.clone();
    let api = serve(move || {
        let seen = seen.clone();
        App::new().default_service(web::to(move |_: HttpRequest, _: web::Bytes| {
            seen.arrived.fetch_add(1, Ordering::SeqCst);
            let left = seen.refused.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
            std::future::ready(match left {
                Ok(_) => HttpResponse::TooManyRequests().insert_header(("retry-after", retry_after)).finish(),
                Err(_) => HttpResponse::Ok().json(json!({ "id": "user_ada", "user_id": "user_ada" })),
            })
        }))
    });
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    let client = ClerkClient::new(config.api_url(api.url("")).build().unwrap());
    (api, client, counts)
}

fn is_limited<T: std::fmt::Debug>(result: Result<T, ClerkApiError>, at_most: u64) -> bool {
    let Err(error) = result else { return false };
    assert!(error.is_transient() && error.retry_after().is_some_and(|rest| rest <= seconds(at_most)), "{error:?}");
    matches!(error, ClerkApiError::RateLimited { .. })
}

#[actix_web::test]
async fn all_calls_keep_the_pause_after_a_refused_get() {
    let (_api, client, counts) = backend_api(1, 30);
    let refused = client.users().get("user_ada").await;
    assert!(matches!(&refused, Err(ClerkApiError::Rejected(_))), "{refused:?}");
    assert_eq!(counts.arrived(), 1, "30 seconds are longer than a call may take");
    assert!(is_limited(client.users().get("user_grace").await, 30));
    assert!(is_limited(client.sessions().revoke("sess_1").await, 30));
    assert!(is_limited(client.clone().users().create(NewUser::new()).await, 30));
    assert!(is_limited(client.request::<Value>(Method::DELETE, ["users", "user_ada"]).await, 30));
    assert_eq!(counts.arrived(), 0, "nothing is sent");
    let other = ClerkClient::new(client.config().clone());
    assert!(is_limited(other.users().get("user_ada").await, 30), "another client of the instance");
}

#[actix_web::test]
async fn a_limit_of_one_call_pauses_no_other() {
    let (_api, client, counts) = backend_api(1, 30);
    let invite = || client.invitations().create(NewInvitation::new("grace@example.com"));
    assert!(matches!(invite().await, Err(ClerkApiError::Rejected(_))));
    assert!(is_limited(invite().await, 30));
    assert_eq!(counts.arrived(), 1);
    for (name, result) in [
        ("a read", client.users().get("user_ada").await.map(|_| ())),
        ("another change", client.users().ban("user_ada").await.map(|_| ())),
        ("the same for another user", client.users().verify_totp("user_grace", "000000").await.map(|_| ())),
    ] {
        assert!(result.is_ok(), "{name}: {result:?}");
    }
}

#[actix_web::test]
async fn a_call_waits_for_a_short_pause_anyway() {
    let (_api, client, counts) = backend_api(1, 1);
    let started = Instant::now();
    assert!(client.users().get("user_ada").await.is_ok());
    assert!(counts.arrived() == 2 && started.elapsed() >= seconds(1));
}

#[actix_web::test]
async fn a_client_waits_as_long_as_it_is_told_to() {
    let (_api, client, counts) = backend_api(2, 1);
    let patient = client.clone().wait_for_rate_limit(seconds(10));
    assert!(patient.users().create(NewUser::new()).await.is_ok(), "Clerk did not carry it out before");
    assert_eq!(counts.arrived(), 3);

    let (_api, client, counts) = backend_api(1, 30);
    let started = Instant::now();
    let refused = client.users().ban("user_ada").wait_for_rate_limit(seconds(29)).await;
    assert!(matches!(&refused, Err(ClerkApiError::Rejected(_))) && started.elapsed() < seconds(5), "{refused:?}");
    assert_eq!(counts.arrived(), 1, "longer than it may wait");

    let (_api, client, counts) = backend_api(1, 0);
    let image = FileUpload::new("image/png", "image");
    let call = client.users().set_profile_image("user_ada", image).wait_for_rate_limit(Duration::from_secs(10));
    assert!(matches!(call.await, Err(ClerkApiError::Rejected(_))), "a file is sent once");
    assert_eq!(counts.arrived(), 1);
}
