//! `is_ready()`, as a load balancer's probe calls it: before the first request, after it, and through an outage.

use clerk_actix::{
    ClerkConfig, ClerkMiddleware,
    testing::{Behavior, Endpoint::Jwks},
};

use crate::support::{local_clerk, seconds, until};

/// A probe alone loads the keys, and stays positive through an outage for as long as stale keys may be used.
#[actix_web::test]
async fn a_probe_loads_the_keys_and_outlives_an_outage() {
    let clerk = local_clerk();
    let config = clerk.config();
    let middleware = ClerkMiddleware::new(config.clone());
    clerk.behave(Jwks, Behavior::Hang);
    for _ in 0..100 {
        assert!(!middleware.is_ready() && !config.is_ready(), "it waits for nothing");
    }
    clerk.behave(Jwks, Behavior::Normal);
    until("that it is ready", async || config.is_ready()).await;
    assert!(middleware.is_ready());
    assert_eq!(clerk.calls(Jwks), 1, "one fetch for all probes");

    clerk.behave(Jwks, Behavior::Status(500));
    clerk.clock().advance(seconds(6 * 60));
    assert!(config.is_ready(), "stale keys serve on");
    until("all attempts", async || clerk.calls(Jwks) == 1 + 5).await;
    clerk.clock().advance(seconds(58 * 60));
    assert!(config.is_ready());
    clerk.clock().advance(seconds(60));
    assert!(!config.is_ready(), "but not forever");

    clerk.behave(Jwks, Behavior::Normal);
    until("that it is ready again", async || {
        clerk.clock().advance(seconds(2));
        config.is_ready()
    })
    .await;
}

#[actix_web::test]
async fn what_has_nothing_to_load_is_ready_at_once() {
    let clerk = local_clerk();
    let for_machines = ClerkConfig::builder().machine_secret_key("ak_1").build().unwrap();
    let config = clerk.config();
    let per_request = ClerkMiddleware::per_request(move |_| {
        let config = config.clone();
        async { Ok(config) }
    });
    assert!(clerk.config_without_network().unwrap().is_ready() && for_machines.is_ready() && per_request.is_ready());
    assert_eq!(clerk.calls(Jwks), 0);
}
