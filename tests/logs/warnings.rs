//! Warnings about the setup, each logged once per process.

use actix_web::{App, HttpResponse, web};
use clerk_actix::{
    ClerkConfig, ClerkCsp, ClerkJs, ClerkMiddleware, CspNonce,
    testing::{self, TestClock},
};

use crate::{
    log_of_this_process,
    support::{get, local_clerk, seconds, server, servers::serve},
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

/// The lines that mention `path`, or any of them.
fn lines(level: &str, path: &str, sentence: &str) -> Vec<String> {
    let text = log_of_this_process().text();
    let all = text.lines().filter(|line| line.contains(level) && line.contains(path) && line.contains(sentence));
    all.map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_nonce_without_its_middleware_is_an_error_with_the_path() {
    log_of_this_process();
    let server = serve(|| {
        App::new()
            .route("/nonce-required", web::get().to(async |nonce: CspNonce| nonce.to_string()))
            .route("/nonce-optional", web::get().to(async |_: Option<CspNonce>| "none"))
    });
    for path in ["/nonce-required", "/nonce-optional"] {
        server.get(path).send().await.unwrap();
        let found = lines("ERROR", path, "ClerkCsp does not wrap this route: add `.wrap(csp.clone())`");
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
}

#[actix_web::test]
async fn a_page_with_a_nonce_that_shared_caches_may_store_is_reported() {
    log_of_this_process();
    let csp = ClerkCsp::of(&local_clerk().config());
    let server = serve(move || {
        let page = async |_: Option<CspNonce>, says: web::Path<String>| {
            HttpResponse::Ok().insert_header(("cache-control", says.as_str())).finish()
        };
        let plain =
            async |says: web::Path<String>| HttpResponse::Ok().insert_header(("cache-control", says.as_str())).finish();
        App::new()
            .route("/with-nonce/{says}", web::get().to(page))
            .route("/without-nonce/{says}", web::get().to(plain))
            .wrap(csp.clone())
    });
    for (page, says, expected) in [
        ("with-nonce", "max-age=60", 1),
        ("with-nonce", "public", 1),
        ("with-nonce", "private", 0),
        ("with-nonce", "No-Store", 0),
        ("with-nonce", "no-cache", 1),
        ("without-nonce", "max-age=60", 0),
    ] {
        server.get(format!("/{page}/{says}")).send().await.unwrap();
        let found = lines("WARN", &format!("/{page}/{says}"), "set Cache-Control to private, no-cache");
        assert_eq!(found.len(), expected, "{page}, {says}: {found:?}");
    }
}

#[actix_web::test]
async fn tags_of_no_instance_are_reported() {
    log_of_this_process();
    let config = ClerkConfig::builder().machine_secret_key("ak_000000000000").build().unwrap();
    assert_eq!(ClerkJs::of(&config).as_str(), "");
    assert!(!lines("ERROR", "", "ClerkJs has no tags to show: set publishable_key (CLERK_PUBLISHABLE_KEY)").is_empty());
}
