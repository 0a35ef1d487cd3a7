//! Measures contention between workers: the CPU time of the same requests on one thread, and on several threads that
//! share a configuration: `cargo bench --bench workers`; add `-- --quick` for a short run.
//!
//! A request passes through Actix and the middleware, without a connection. Each thread has its own `App`, as workers
//! do. A ratio of 1 means no contention.

#[path = "support/mod.rs"]
mod support;

use std::{sync::Barrier, thread, time::Duration};

use actix_web::{App, Error, dev::Service, rt::System, test, web};
use clerk_actix::{ClerkMiddleware, RequireAuth, internal_bench::Worker};
use futures_util::FutureExt;

use self::support::{allocations, instance::Instance, processor::of_this_thread, statistics::Sample};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// The number of requests that Actix pools.
const BATCH: usize = 64;

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, batches) = if is_quick { (3, 100) } else { (11, 2_000) };
    let instance = Instance::start();
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let tokens = instance.tokens(processors);
    let clerk = ClerkMiddleware::new(instance.config());
    of_a_decision(&instance, &tokens[0]);

    println!(
        "\n{rounds} rounds; medians, and the extremes in brackets\n{:<24} {:>10}  ratio to one thread",
        "", "a request"
    );
    let mut of_one = Vec::new();
    for threads in (1..=processors).filter(|threads| threads.is_power_of_two() || *threads == processors) {
        for (name, is_shared) in [("a token each", false), ("the same token", true)] {
            if threads == 1 && is_shared {
                continue;
            }
            let times: Vec<f64> = (0..rounds)
                .map(|_| {
                    let tokens = (0..threads).map(|n| &tokens[if is_shared { 0 } else { n }]);
                    per_request(&clerk, tokens.map(String::as_str).collect(), batches)
                })
                .collect();
            if threads == 1 {
                of_one.clone_from(&times);
            }
            let ratios = Sample::from_iter(times.iter().zip(&of_one).map(|(time, one)| time / one));
            let times = Sample::from_iter(times);
            println!(
                "{:<24} {:>7.0} ns  {:.3} [{:.3}, {:.3}]",
                if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads, {name}") },
                times.median() * 1e9,
                ratios.median(),
                ratios.min(),
                ratios.max()
            );
        }
    }
}

/// Counts the allocations of authenticating a remembered token, without a server.
fn of_a_decision(instance: &Instance, token: &str) {
    let system = System::new();
    let worker = system.block_on(async { Worker::new(instance.config(), &instance.pem()) });
    let worker = worker.expect("the instance's own key");
    let header = test::TestRequest::get().insert_header(("Authorization", format!("Bearer {token}"))).to_http_request();
    let cookies = test::TestRequest::get().insert_header(("Cookie", instance.cookies(token))).to_http_request();
    assert!(system.block_on(worker.authenticate(&header)), "the keys are fetched here");
    allocations::mark_this_thread();
    for (name, request) in [("a token in the header", header), ("a browser's cookies", cookies)] {
        assert!(worker.authenticate_now(&request), "{name}");
        let (allocations, _) = allocations::count(|| worker.authenticate_now(&request));
        println!("deciding by {name}, remembered: {allocations} allocations");
    }
}

/// Returns the CPU time of a request in seconds, with a thread for each token.
fn per_request(clerk: &ClerkMiddleware, tokens: Vec<&str>, batches: usize) -> f64 {
    let start = Barrier::new(tokens.len());
    thread::scope(|scope| {
        let threads: Vec<_> = tokens
            .iter()
            .map(|token| scope.spawn(|| System::new().block_on(work(clerk, token, batches, &start))))
            .collect();
        let times = threads.into_iter().map(|thread| thread.join().expect("a thread that answers"));
        times.map(|time| time.as_secs_f64()).sum::<f64>() / (tokens.len() * batches * BATCH) as f64
    })
}

async fn work(clerk: &ClerkMiddleware, token: &str, batches: usize, start: &Barrier) -> Duration {
    let app = App::new().wrap(clerk.clone()).route("/", web::get().to(async |_: RequireAuth| "Hello!"));
    let app = test::init_service(app).await;
    let authorization = format!("Bearer {token}");
    let request = || test::TestRequest::get().insert_header(("Authorization", &*authorization)).to_request();
    let first = app.call(request()).await.expect("an answer");
    assert!(first.status().is_success(), "the keys are fetched here");
    drop(first);
    start.wait();
    let mut time = Duration::ZERO;
    for _ in 0..batches {
        let requests: Vec<_> = (0..BATCH).map(|_| request()).collect();
        let begin = of_this_thread();
        for request in requests {
            let answer: Option<Result<_, Error>> = app.call(request).now_or_never();
            assert!(answer.is_some_and(|answer| answer.is_ok()), "an answer at once");
        }
        time += of_this_thread() - begin;
    }
    time
}
