//! Warnings about the setup, each logged once per process.

use clerk_actix::{
    ClerkMiddleware,
    testing::{self, TestClock},
};

use crate::{
    log_of_this_process,
    support::{get, local_clerk, seconds, server},
};

#[actix_web::test]
async fn a_clock_that_is_off_is_reported_once() {
    let log = log_of_this_process();
    for _ in 0..2 {
        let (clerk, ours) = (local_clerk(), TestClock::frozen());
        ours.set(clerk.clock().now() + seconds(3600));
        let config = clerk.config_builder().clock(ours).build().unwrap();
        let answer = get(&server(config), "/require", &clerk.mint(testing::session("user_1"))).await;
        assert_eq!(answer.status, 401);
    }
    let text = log.text();
    let lines: Vec<_> =
        text.lines().filter(|line| line.contains("WARN") && line.contains("this machine's clock")).collect();
    assert!(lines.len() == 1 && lines[0].contains("synchronize it (NTP)"), "{lines:?}");
    assert!(["3599 s ahead", "3600 s ahead", "3601 s ahead"].iter().any(|skew| lines[0].contains(skew)), "{lines:?}");
}

#[actix_web::test]
async fn tokens_of_any_origin_in_production_are_reported_once() {
    let log = log_of_this_process();
    for _ in 0..2 {
        let _middleware = ClerkMiddleware::new(local_clerk().config());
    }
    let text = log.text();
    let lines = text.lines().filter(|line| line.contains("WARN") && line.contains("tokens of any origin pass"));
    assert_eq!(lines.count(), 1);
}
