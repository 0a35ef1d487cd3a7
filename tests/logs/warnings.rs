//! Warnings about the setup, each logged once per process.

use clerk_actix::ClerkMiddleware;

use crate::{log_of_this_process, support::local_clerk};

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
