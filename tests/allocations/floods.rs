//! The cost of a rejected request: allocations, bytes and time of each kind of flood, beside a signed-in user's.
//!
//! `cargo test` bounds the allocations; `just floods` prints the table, from an optimized build.

use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, test, web};
use clerk_actix::{ApiKey, Auth, ClerkMiddleware, testing};

use crate::{
    allocations, alone,
    support::{cookie_suffix, local_clerk, payload},
};

const REQUESTS: u32 = 200;

async fn answer(auth: Auth) -> HttpResponse {
    match auth {
        Auth::Authenticated(_) => HttpResponse::Ok().finish(),
        Auth::Unauthenticated(_) => HttpResponse::Unauthorized().finish(),
    }
}

async fn machine(auth: Auth<ApiKey>) -> HttpResponse {
    match auth {
        Auth::Authenticated(_) => HttpResponse::Ok().finish(),
        Auth::Unauthenticated(_) => HttpResponse::Unauthorized().finish(),
    }
}

#[actix_web::test]
async fn a_rejected_request_costs_little() {
    let _alone = alone().await;
    allocations::mark_this_thread();
    let (clerk, stranger) = (local_clerk(), local_clerk());
    let app = App::new()
        .wrap(ClerkMiddleware::new(clerk.config()))
        .route("/api-key", web::get().to(machine))
        .default_service(web::to(answer));
    let app = test::init_service(app).await;
    let good = clerk.session_token("user_1");
    let kid = payload(&format!(".{}", good.split('.').next().unwrap()))["kid"].clone();
    let iat = payload(&good)["iat"].as_u64().unwrap();
    let forged = |n: u32| stranger.mint(testing::session(format!("user_{n}")).header("kid", kid.clone()));
    let expired = clerk.mint(testing::session("user_1").claim("exp", iat - 60));
    let suffix = cookie_suffix(&clerk);
    let bearer = |token: &str| ("Authorization", format!("Bearer {token}"));
    let cookie = |cookies: String| ("Cookie", cookies);
    let deep = format!("{}.{}.AAAA", good.split('.').next().unwrap(), "W1tb".repeat(3_000));
    let many = (0..10_000).map(|n| format!("c{n}=1")).collect::<Vec<_>>().join("; ");
    type Make<'m> = Box<dyn Fn(u32) -> (&'static str, String) + 'm>;
    // The bound on allocations per request, the application's and Actix's included, and the status.
    let kinds: [(&str, &str, u16, u64, Make<'_>); 12] = [
        ("a signed-in user", "/", 200, 40, Box::new(|_| bearer(&good))),
        ("a request without a token", "/", 401, 40, Box::new(|_| ("Accept", "*/*".to_owned()))),
        ("a forged signature", "/", 401, 80, Box::new(|n| bearer(&forged(n)))),
        ("an unknown kid", "/", 401, 80, Box::new(|n| bearer(&good.replacen('.', &format!("A{n:03}."), 1)))),
        ("noise for a token", "/", 401, 60, Box::new(|n| bearer(&format!("a.b.{n}")))),
        ("a token of 64 KB", "/", 401, 80, Box::new(|n| bearer(&format!("{}{n}", "a".repeat(65_000))))),
        ("JSON nested 9,000 deep", "/", 401, 250, Box::new(|_| bearer(&deep))),
        ("10,000 cookies", "/", 401, 60, Box::new(|_| cookie(many.clone()))),
        ("a made-up API key", "/api-key", 401, 80, Box::new(|n| bearer(&format!("ak_{n:08}")))),
        ("an API key that Clerk cannot have made", "/api-key", 401, 80, Box::new(|n| bearer(&format!("ak_,{n}")))),
        (
            "a made-up nonce",
            "/",
            401,
            200,
            Box::new(|n| cookie(format!("__clerk_handshake_nonce=n{n}; __client_uat=0"))),
        ),
        (
            "a made-up refresh",
            "/",
            401,
            300,
            Box::new(|n| cookie(format!("__session={expired}; __client_uat=1; __refresh_{suffix}=r{n}"))),
        ),
    ];
    println!("{:>12} {:>12}  request", "allocations", "time");
    for (name, path, status, bound, make) in kinds {
        let mut requests: Vec<_> = (0..=REQUESTS)
            .map(|n| {
                // Nonces are read on page navigations alone.
                let destination = if name == "a made-up nonce" { "document" } else { "empty" };
                let request = test::TestRequest::with_uri(path).insert_header(("Sec-Fetch-Dest", destination));
                request.insert_header(make(n)).to_request()
            })
            .collect();
        // Loads the keys.
        assert_eq!(test::call_service(&app, requests.pop().unwrap()).await.status(), status, "{name}");
        let (mut allocations, mut time) = (0, Duration::ZERO);
        for request in requests {
            let started = Instant::now();
            let service = test::call_service(&app, request);
            let (counted, response) = allocations::counted(service).await;
            time += started.elapsed();
            allocations += counted;
            assert_eq!(response.status(), status, "{name}");
        }
        println!("{:>12} {:>12?}  {name}", allocations / u64::from(REQUESTS), time / REQUESTS);
        assert!(
            allocations / u64::from(REQUESTS) <= bound,
            "{name}: {allocations} allocations for {REQUESTS} requests"
        );
    }
}
