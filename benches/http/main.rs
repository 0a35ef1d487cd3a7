//! Measures the cost of authentication in a real server, as ratios to a bare handler: `cargo bench --bench http`. Add
//! `-- --quick` for a run of seconds, or `-- --only="always new"` for one kind of request.
//!
//! Everything is one process: a server with one worker, its twin without the middleware, and a client on another
//! thread. A round measures each kind of request on both: half of one twin, the other twin, and the other half, so that
//! a machine that slows down favors neither. Each round gives one ratio; the output is their median over all rounds.
//! Allocations are counted separately, so that counting does not slow down what is timed.

mod load;
mod requests;
mod server;
#[path = "../support/mod.rs"]
mod support;
mod variants;

use std::{collections::HashMap, io, time::Duration};

use self::{
    load::{Burst, Load},
    server::Server,
    support::{allocations, instance::Instance, statistics::Sample, yardstick::Yardstick},
    variants::{Behind, Servers, Variant, variants},
};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// More than enough to keep the worker busy.
const CONNECTIONS: usize = 64;

/// The results of one kind of request in one round.
struct Measured {
    bare: Side,
    clerk: Side,
}

/// The results of one server; all times are in seconds.
struct Side {
    per_request: f64,
    /// The worker's CPU time, which is more reliable than the clock if other processes use the processors too.
    worker: f64,
    /// The fraction of the time that the client's thread was busy.
    client: f64,
    p50: f64,
    p99: f64,
}

fn main() -> io::Result<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, burst, new_tokens) = if is_quick { (3, 2_000, 1_000) } else { (31, 12_000, 10_000) };
    let instance = Instance::start();
    let mut variants = variants(&instance, burst, new_tokens);
    if let Some(only) = std::env::args().find_map(|argument| argument.strip_prefix("--only=").map(str::to_owned)) {
        variants.retain(|variant| variant.name == only);
    }
    let bare = Server::bare();
    let servers = Servers::start(&instance);
    let yardstick = Yardstick::new(instance.token(0).rfind('.').unwrap_or_default());

    let mut measured: HashMap<&str, Vec<Measured>> = HashMap::new();
    let (mut parsed_each_time, mut prepared) = (Vec::new(), Vec::new());
    for round in 0..=rounds {
        for variant in &variants {
            if variant.server == Behind::Forgetful {
                servers.forget();
            }
            let sides = measure(&bare, servers.get(variant.server), variant, round % 2 == 0)?;
            // The first round only warms up.
            if round > 0 {
                measured.entry(variant.name).or_default().push(sides);
            }
        }
        let count = if is_quick { 200 } else { 2_000 };
        parsed_each_time.push(yardstick.time(count, Yardstick::verify).as_secs_f64());
        prepared.push(yardstick.time(count, Yardstick::verify_prepared).as_secs_f64());
    }

    println!(
        "{rounds} rounds, {CONNECTIONS} connections, one worker; medians, and the extremes of all rounds in brackets\n"
    );
    println!(
        "{:<20} {:>9} {:>9}  {:<21} {:<21} {:>9} {:>8}  {:<15} {:<15}",
        "", "bare/s", "clerk/s", "ratio", "by worker's CPU", "added", "alloc.", "p50 bare/clerk", "p99 bare/clerk"
    );
    for variant in &variants {
        let rounds = &measured[variant.name];
        let allocations = allocations_of(variant, &bare, &servers)?;
        print_variant(variant.name, rounds, allocations);
    }
    let (parsed_each_time, prepared) = (Sample::from_iter(parsed_each_time), Sample::from_iter(prepared));
    println!(
        "\none RSA-2048 verification: {} with a prepared key, {} with one that is parsed each time",
        micros(prepared.median()),
        micros(parsed_each_time.median())
    );
    let added = |name: &str| {
        let rounds = measured.get(name)?.iter().map(|round| round.clerk.worker - round.bare.worker);
        Some(Sample::from_iter(rounds).median())
    };
    if let Some(new) = added("always new") {
        println!(
            "always new adds {} of the worker's time: {:.2} × the first, {:.2} × the second",
            micros(new),
            new / prepared.median(),
            new / parsed_each_time.median()
        );
        if let Some(by_hand) = added("RSA by hand") {
            println!(
                "one with a prepared key, made by a handler, adds {}: {:.2} × that",
                micros(by_hand),
                new / by_hand
            );
        }
    }
    let client = |round: &Measured| round.bare.client.max(round.clerk.client);
    let busiest = Sample::from_iter(measured.values().flatten().map(client));
    println!(
        "the client's thread was busy {:.0}% of the time, {:.0}% at the most",
        100.0 * busiest.median(),
        100.0 * busiest.max()
    );
    Ok(())
}

/// Measures half of one twin, both halves of the other, and the rest of the first.
fn measure(bare: &Server, clerk: &Server, variant: &Variant, is_bare_first: bool) -> io::Result<Measured> {
    let [first, second] = if is_bare_first { [bare, clerk] } else { [clerk, bare] };
    let (mut one, mut other) = (Progress::start(first, variant)?, Progress::start(second, variant)?);
    one.half(0)?;
    other.half(0)?;
    other.half(1)?;
    one.half(1)?;
    let (one, other) = (one.finish()?, other.finish()?);
    Ok(if is_bare_first { Measured { bare: one, clerk: other } } else { Measured { bare: other, clerk: one } })
}

/// A burst on one server, in two halves.
struct Progress<'s> {
    server: &'s Server,
    variant: &'s Variant,
    load: Load,
    total: Burst,
    worker: Duration,
}

impl<'s> Progress<'s> {
    fn start(server: &'s Server, variant: &'s Variant) -> io::Result<Self> {
        let mut load = Load::connect(server.address, CONNECTIONS)?;
        // Warms up: opens connections, fetches keys, grows buffers.
        load.burst(&variant.warm_up, 0, CONNECTIONS * 8, variant.status)?;
        Ok(Self { server, variant, load, total: Burst::default(), worker: Duration::ZERO })
    }

    fn half(&mut self, number: usize) -> io::Result<()> {
        let (variant, count) = (self.variant, self.variant.burst / 2);
        let before = self.server.busy();
        let burst = self.load.burst(&variant.requests, number * count, count, variant.status)?;
        let worker = before.zip(self.server.busy()).map(|(before, after)| after - before);
        self.worker += worker.unwrap_or(burst.elapsed);
        self.total.requests += burst.requests;
        self.total.elapsed += burst.elapsed;
        self.total.client += burst.client;
        Ok(())
    }

    fn finish(mut self) -> io::Result<Side> {
        let (variant, Burst { requests, elapsed, client }) = (self.variant, self.total);
        let per_request = |time: Duration| time.as_secs_f64() / requests as f64;
        // Uses tokens that are still new, if any are left.
        let unused = variant.requests.get(variant.burst..).filter(|rest| !rest.is_empty()).unwrap_or(&variant.requests);
        let latencies = self.load.latencies(unused, variant.burst / 10, variant.status)?;
        let latencies = Sample::from_iter(latencies.iter().map(Duration::as_secs_f64));
        Ok(Side {
            per_request: per_request(elapsed),
            worker: per_request(self.worker),
            client: client.as_secs_f64() / elapsed.as_secs_f64(),
            p50: latencies.at(0.5),
            p99: latencies.at(0.99),
        })
    }
}

/// Returns the allocations per request, in excess of those of the bare twin.
fn allocations_of(variant: &Variant, bare: &Server, servers: &Servers) -> io::Result<f64> {
    const REQUESTS: usize = 1_000;
    let count = |server: &Server| -> io::Result<f64> {
        let mut load = Load::connect(server.address, 1)?;
        // Warms up, so that no connection is opened and no buffer grows during the count.
        load.burst(&variant.warm_up, 0, 2 * variant.warm_up.len().max(100), variant.status)?;
        let (allocations, burst) = allocations::count(|| load.burst(&variant.requests, 0, REQUESTS, variant.status));
        burst.map(|_| allocations as f64 / REQUESTS as f64)
    };
    servers.forget();
    Ok(count(servers.get(variant.server))? - count(bare)?)
}

fn print_variant(name: &str, rounds: &[Measured], allocations: f64) {
    let median = |of: fn(&Measured) -> f64| Sample::from_iter(rounds.iter().map(of));
    let ratio = median(|round| round.bare.per_request / round.clerk.per_request);
    let by_worker = median(|round| round.bare.worker / round.clerk.worker);
    let range = |ratio: &Sample| format!("{:.3} [{:.3}, {:.3}]", ratio.median(), ratio.min(), ratio.max());
    let pair = |bare: Sample, clerk: Sample| format!("{} {}", micros(bare.median()), micros(clerk.median()));
    println!(
        "{name:<20} {:>9.0} {:>9.0}  {:<21} {:<21} {:>9} {allocations:>8.1}  {:<15} {:<15}",
        1.0 / median(|round| round.bare.per_request).median(),
        1.0 / median(|round| round.clerk.per_request).median(),
        range(&ratio),
        range(&by_worker),
        micros(median(|round| round.clerk.worker - round.bare.worker).median()),
        pair(median(|round| round.bare.p50), median(|round| round.clerk.p50)),
        pair(median(|round| round.bare.p99), median(|round| round.clerk.p99)),
    );
}

fn micros(seconds: f64) -> String {
    if seconds < 100e-6 { format!("{:.2}µs", seconds * 1e6) } else { format!("{:.0}µs", seconds * 1e6) }
}
