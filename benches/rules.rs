//! Measures the CPU time of each step of authentication, and of a whole request without its connection: `cargo bench
//! --bench rules`.

#[path = "support/mod.rs"]
mod support;

use std::{hint::black_box, time::Duration};

use actix_web::{
    App, Error, HttpRequest,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    rt::System,
    test::{TestRequest, init_service},
    web,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::{
    Auth, Check, ClerkExt, ClerkMiddleware, RequireAuth, Revocations, TokenCache,
    internal_bench::{ParsedClaims, Worker, decode, parse_claims, read_claims},
    testing::{self, TestRequestExt},
};
use criterion::{BatchSize, BenchmarkGroup, Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use serde_json::{Map, Value, json};

use self::support::{instance::Instance, processor::of_this_thread, thread_time::ThreadTime, yardstick::Yardstick};

fn steps(criterion: &mut Criterion<ThreadTime>) {
    let system = System::new();
    let instance = Instance::start();
    let token = instance.token(1);
    let (with_cache, without_cache) = system.block_on(async {
        let worker = |config| Worker::new(config, &instance.pem()).expect("the instance's own key");
        let without_cache = instance.builder().session_token_cache(None::<TokenCache>).build();
        let workers = [worker(instance.config()), worker(without_cache.expect("the instance's own settings"))];
        for worker in &workers {
            assert!(worker.authenticate(&with_token(&token)).await, "the keys are fetched here");
        }
        workers.into()
    });

    let mut group = criterion.benchmark_group("token");
    group.bench_function("decode and classify", |b| b.iter(|| decode(black_box(&token)).is_some()));
    group.bench_function("verify", |b| {
        let decoded = || decode(&token).expect("a session's token");
        b.iter_batched(decoded, |token| with_cache.verify(token), BatchSize::SmallInput);
    });
    let yardstick = Yardstick::new(token.rfind('.').unwrap_or_default());
    group.bench_function("RSA-2048, key prepared", |b| b.iter(|| yardstick.verify_prepared()));
    group.bench_function("RSA-2048, key parsed each time", |b| b.iter(|| yardstick.verify()));
    group.bench_function("recall", |b| b.iter(|| with_cache.recall(black_box(&token))));
    let verified = decode(&token).and_then(|token| with_cache.verify(token)).expect("a genuine token");
    let renamed = |n: u32| verified.dangerously_renamed(&format!("{token}{n:032x}")).expect("the same claims");
    let renamed: Vec<_> = (0..20_000).map(renamed).collect();
    let mut next = renamed.iter().cycle();
    group.bench_function("remember, with no room left", |b| {
        b.iter(|| next.next().map(|token| with_cache.remember(token)));
    });
    assert!(with_cache.authenticate_now(&with_token(&token)), "it may have had to make room");
    group.bench_function("recall, unknown", |b| b.iter(|| with_cache.recall(black_box("a.b.c"))));
    let payload = payload(&token);
    group.bench_function("claims, parsed", |b| b.iter(|| parse_claims(black_box(&payload)).is_some()));
    group.bench_function("claims, parsed to a map of serde_json", |b| {
        b.iter(|| serde_json::from_str::<Map<String, Value>>(black_box(&payload)).is_ok());
    });
    for (name, claims) in [("claims, version 1", version_1()), ("claims, version 2", version_2())] {
        group.bench_function(name, |b| b.iter(|| read_claims(black_box(&claims))));
    }
    group.finish();

    let mut group = criterion.benchmark_group("authenticate");
    for (name, worker, request) in [
        ("header, remembered", &with_cache, with_token(&token)),
        ("header, not remembered", &without_cache, with_token(&token)),
        ("cookies, remembered", &with_cache, with_cookies(&instance.cookies(&token))),
        ("cookies, not remembered", &without_cache, with_cookies(&instance.cookies(&token))),
    ] {
        assert!(worker.authenticate_now(&request), "{name}");
        group.bench_function(name, |b| b.iter(|| worker.authenticate_now(black_box(&request))));
    }
    for (name, cut_offs) in [("with an empty list of revocations", 0), ("with 1,000,000 cut-offs", 1_000_000)] {
        let revocations = Revocations::with_limits(2_000_000, Duration::from_secs(3600));
        (0..cut_offs).for_each(|number| revocations.end_session(&format!("sess_{number:027}")));
        let config = instance.builder().revocations(revocations).build().expect("the instance's own settings");
        let worker = Worker::new(config, &instance.pem()).expect("the instance's own key");
        assert!(system.block_on(worker.authenticate(&with_token(&token))), "the keys are fetched here");
        let request = with_token(&token);
        group.bench_function(format!("header, remembered, {name}"), |b| {
            b.iter(|| worker.authenticate_now(black_box(&request)));
        });
    }
    let tokens: Vec<_> = instance.tokens(4_000).iter().map(|token| with_token(token)).collect();
    group.bench_function("header, always new", |b| {
        b.iter_custom(|iterations| {
            let (mut left, mut elapsed) = (iterations as usize, Duration::ZERO);
            while left > 0 {
                let worker = system.block_on(async {
                    let worker = Worker::new(instance.config(), &instance.pem()).expect("the instance's own key");
                    assert!(worker.authenticate(&with_token(&token)).await, "the keys are fetched here");
                    worker
                });
                let count = left.min(tokens.len());
                let start = of_this_thread();
                assert!(tokens[..count].iter().all(|request| worker.authenticate_now(request)));
                elapsed += of_this_thread() - start;
                left -= count;
            }
            elapsed
        });
    });
    for (name, request) in [("signed out", page().to_http_request()), ("signed out, cookies", with_cookies("a=b; c=d"))]
    {
        assert!(!with_cache.authenticate_now(&request), "{name}");
        group.bench_function(name, |b| b.iter(|| with_cache.authenticate_now(black_box(&request))));
    }
    group.finish();
}

fn page() -> TestRequest {
    TestRequest::get()
        .uri("/dashboard")
        .insert_header(("Host", "localhost:3000"))
        .insert_header(("Accept", "text/html"))
        .insert_header(("Sec-Fetch-Dest", "document"))
        .insert_header(("Referer", "http://localhost:3000/somewhere"))
}

fn with_token(token: &str) -> HttpRequest {
    page().insert_header(("Authorization", format!("Bearer {token}"))).to_http_request()
}

fn with_cookies(cookies: &str) -> HttpRequest {
    page().insert_header(("Cookie", cookies)).to_http_request()
}

fn claims(claims: Value) -> ParsedClaims {
    parse_claims(&claims.to_string()).expect("an object")
}

/// Returns the JSON of a token's claims.
fn payload(token: &str) -> String {
    let payload = token.split('.').nth(1).expect("three parts");
    String::from_utf8(URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("UTF-8")
}

fn version_1() -> ParsedClaims {
    claims(json!({
        "org_id": "org_1", "org_role": "org:admin", "org_slug": "acme",
        "org_permissions": ["org:posts:read", "org:posts:publish", "org:billing:manage"],
    }))
}

fn version_2() -> ParsedClaims {
    claims(json!({
        "v": 2, "fea": "o:posts,o:billing,u:early_access",
        "o": { "id": "org_1", "rol": "admin", "slg": "acme", "per": "read,publish,manage", "fpm": "3,4" },
    }))
}

/// Everything that Actix and the middleware do for a request, except for the socket.
fn requests(criterion: &mut Criterion<ThreadTime>) {
    let system = System::new();
    let instance = Instance::start();
    let clerk = ClerkMiddleware::new(instance.config());
    let (bare, with_clerk) = system.block_on(async {
        let bare = App::new()
            .route("/", web::get().to(async || "Hello!"))
            .route("/optional", web::get().to(async || "Hello!"));
        let with_clerk = App::new()
            .wrap(clerk)
            .route("/", web::get().to(async |_: RequireAuth| "Hello!"))
            .route("/optional", web::get().to(async |_: Auth| "Hello!"));
        (init_service(bare).await, init_service(with_clerk).await)
    });
    let token = instance.token(1);
    let page = |path| page().uri(path);
    let header = || page("/").insert_header(("Authorization", format!("Bearer {token}"))).to_request();
    let cookies = instance.cookies(&token);
    let cookies = || page("/").insert_header(("Cookie", &*cookies)).to_request();
    let signed_out = || page("/optional").to_request();
    let fetched = system.block_on(with_clerk.call(header())).expect("an answer");
    assert!(fetched.status().is_success(), "the keys are fetched here");
    drop(fetched);

    let mut group = criterion.benchmark_group("request");
    request(&mut group, "header, bare", &bare, header);
    request(&mut group, "header", &with_clerk, header);
    request(&mut group, "cookies, bare", &bare, cookies);
    request(&mut group, "cookies", &with_clerk, cookies);
    request(&mut group, "signed out, bare", &bare, signed_out);
    request(&mut group, "signed out", &with_clerk, signed_out);
    group.finish();
}

fn request<R, B: MessageBody>(
    group: &mut BenchmarkGroup<'_, ThreadTime>,
    name: &str,
    service: &impl Service<R, Response = ServiceResponse<B>, Error = Error>,
    request: impl Fn() -> R,
) {
    let answer = |request| service.call(request).now_or_never().and_then(Result::ok);
    assert!(answer(request()).is_some_and(|response| response.status().is_success()), "{name}");
    // Actix pools this many requests: a server under load creates no new ones.
    group.bench_function(name, |b| b.iter_batched(&request, answer, BatchSize::NumIterations(64)));
}

/// The checks that handlers make on a session.
fn checks(criterion: &mut Criterion<ThreadTime>) {
    let session = testing::session("user_1")
        .org_id("org_1")
        .org_role("org:admin")
        .org_permissions(["org:posts:read", "org:posts:publish", "org:billing:manage"])
        .org_features(["posts", "billing"])
        .user_features(["early_access"])
        .org_plans(["team"]);
    let user = TestRequest::default().signed_in(session).to_http_request().auth();
    let Auth::Authenticated(session) = user else { unreachable!("somebody who is signed in") };
    let mut group = criterion.benchmark_group("has");
    for (name, check) in [
        ("a role", Check::new().role("org:admin")),
        ("a permission", Check::new().permission("org:posts:publish")),
        ("a feature", Check::new().feature("billing")),
        ("a plan", Check::new().plan("org:team")),
    ] {
        assert!(session.has(&check), "{name}");
        group.bench_function(name, |b| b.iter(|| session.has(black_box(&check))));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime);
    targets = steps, checks, requests
}
criterion_main!(benches);
