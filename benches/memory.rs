//! Measures the memory of the token cache, and the effect of a flood of new tokens on a token in use: `cargo bench
//! --bench memory`; add `-- --quick` for a short run.
//!
//! Signing a million tokens would take too long. Instead, each token of the flood is one genuine token under another
//! text: it is decoded and its signature verified, at the usual cost, and the result is remembered under a new text,
//! through the same function as any verified token.

#[path = "support/mod.rs"]
mod support;

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, rt::System, test::TestRequest};
use clerk_actix::{
    ClerkConfig, Revocations, TokenCache,
    internal_bench::{VerifiedToken, Worker, decode},
};

use self::support::{allocations, instance::Instance, processor::of_this_thread, statistics::Sample};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// The default bound of the cache, in bytes.
const BOUND: u64 = 32 << 20;

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (flood, window) = if is_quick { (20_000, 20) } else { (1_000_000, 100) };
    let (instance, system) = (Instance::start(), System::new());
    let token = instance.token(1);
    let worker = |config: &ClerkConfig| {
        let worker = Worker::new(config.clone(), &instance.pem()).expect("the instance's own key");
        assert!(system.block_on(worker.authenticate(&with(&token))), "the keys are fetched here");
        worker
    };

    per_session(&worker(&with_bounds(&instance, TokenCache::new().max_entries(1 << 20).max_bytes(1 << 30))), &token);

    per_cut_off();

    let config = with_bounds(&instance, TokenCache::new().max_bytes(BOUND));
    let steady = worker(&config);
    let before = hits_per_second(&steady, &token, Duration::from_millis(window * 10), window);
    let is_over = AtomicBool::new(false);
    let (mut during, mut most) = (Vec::new(), 0);
    allocations::weigh();
    let (elapsed, remembered) = thread::scope(|scope| {
        let flooding = scope.spawn(|| {
            let worker = Worker::new(config.clone(), &instance.pem()).expect("the instance's own key");
            let start = Instant::now();
            (0..flood).for_each(|number| worker.remember(&another(&worker, &token, number)));
            is_over.store(true, Relaxed);
            start.elapsed()
        });
        while !is_over.load(Relaxed) {
            during.push(hits_in(&steady, &token, Duration::from_millis(window)));
            most = most.max(allocations::held());
        }
        (flooding.join().expect("the flood"), flood)
    });
    let after = hits_per_second(&steady, &token, Duration::from_millis(window * 10), window);
    let during = Sample::from_iter(during);
    println!(
        "{remembered} distinct tokens passed through in {:.1} s, {:.0} a second",
        elapsed.as_secs_f64(),
        f64::from(remembered) / elapsed.as_secs_f64()
    );
    println!("  memory: {:.1} MiB at the most, where the bound is {} MiB", mebibytes(most), BOUND >> 20);
    println!(
        "  one steady token on another thread: {:.2} million hits a second before, {:.2} during ({:.2} to {:.2}), {:.2} after",
        before / 1e6,
        during.median() / 1e6,
        during.at(0.05) / 1e6,
        during.at(0.95) / 1e6,
        after / 1e6
    );
    println!("  during the flood, as a part of before and after: {:.3}", during.median() / ((before + after) / 2.0));
    interleaved(&worker(&with_bounds(&instance, TokenCache::new())), &token, flood / 20);
}

fn with_bounds(instance: &Instance, bounds: TokenCache) -> ClerkConfig {
    instance.builder().session_token_cache(bounds).build().expect("the instance's own settings")
}

fn with(token: &str) -> HttpRequest {
    TestRequest::get().insert_header(("Authorization", format!("Bearer {token}"))).to_http_request()
}

/// Returns the verified token under another text of the same length.
fn another(worker: &Worker, token: &str, number: u32) -> VerifiedToken {
    let verified = decode(token).and_then(|token| worker.verify(token)).expect("a genuine token");
    let mut text = token.to_owned();
    let end = format!("{:032x}", u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835));
    text.replace_range(text.len() - end.len().., &end);
    verified.dangerously_renamed(&text).expect("the same claims")
}

/// Twice as many cut-offs as the list has room for, so that the bound is seen as well.
fn per_cut_off() {
    const ROOM: u32 = 1_000_000;
    let revocations = Revocations::new();
    allocations::weigh();
    for half in [0, 1] {
        (0..ROOM).for_each(|number| revocations.end_session(&format!("sess_{half}{number:026}")));
        println!(
            "{} cut-offs made, {} kept: {:.1} MiB",
            (half + 1) * ROOM,
            revocations.len(),
            mebibytes(allocations::held())
        );
    }
}

fn per_session(worker: &Worker, token: &str) {
    const SESSIONS: u32 = 20_000;
    let estimate = decode(token).and_then(|token| worker.verify(token)).expect("a genuine token").footprint();
    allocations::weigh();
    let resident = resident();
    (0..SESSIONS).for_each(|number| worker.remember(&another(worker, token, number)));
    let held = allocations::held() as f64 / f64::from(SESSIONS);
    println!("a remembered session, its token of {} bytes: {held:.0} bytes as allocated", token.len());
    if let (Some(before), Some(after)) = (resident, self::resident()) {
        println!("  {:.0} bytes of resident memory", (after - before) as f64 / f64::from(SESSIONS));
    }
    println!("  {estimate} bytes for the token is what it counts for, as if a handler had asked for its organization");
}

/// Measures steady hits between insertions on one thread, as in a worker that serves both.
fn interleaved(worker: &Worker, token: &str, flood: u32) {
    let request = with(token);
    let time = |count: u32| {
        let start = of_this_thread();
        for _ in 0..count {
            assert!(worker.authenticate_now(&request));
        }
        (of_this_thread() - start).as_secs_f64() / f64::from(count)
    };
    let alone = Sample::from_iter((0..flood).map(|_| time(100)));
    let between = Sample::from_iter((0..flood).map(|number| {
        worker.remember(&another(worker, token, number));
        time(100)
    }));
    println!(
        "a hit on the same thread: {:.0} ns alone, {:.0} ns where every hundredth request brings a new token",
        alone.median() * 1e9,
        between.median() * 1e9
    );
}

fn hits_per_second(worker: &Worker, token: &str, time: Duration, window: u64) -> f64 {
    let start = Instant::now();
    let mut windows = Vec::new();
    while start.elapsed() < time {
        windows.push(hits_in(worker, token, Duration::from_millis(window)));
    }
    Sample::from_iter(windows).median()
}

/// Returns hits per second of the thread's CPU time, measured for `time`.
fn hits_in(worker: &Worker, token: &str, time: Duration) -> f64 {
    let request = with(token);
    let (start, on_a_processor, mut hits) = (Instant::now(), of_this_thread(), 0_u32);
    while start.elapsed() < time {
        for _ in 0..100 {
            assert!(worker.authenticate_now(&request));
        }
        hits += 100;
    }
    f64::from(hits) / (of_this_thread() - on_a_processor).as_secs_f64()
}

/// Returns resident memory in bytes, on Linux only.
fn resident() -> Option<i64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages.split(' ').nth(1)?.parse::<i64>().ok().map(|pages| pages * 4096)
}

fn mebibytes(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
