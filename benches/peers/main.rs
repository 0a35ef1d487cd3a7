//! Measures this crate beside `clerk-rs` and `@clerk/express`: `just peers`. Add `--quick` for a run of seconds.
//!
//! Each of the three authenticates in a real server with one worker, and gets the keys from the same `LocalClerk`. It is
//! compared with a bare handler of its own framework, which receives the same bytes. The measure is CPU time: of the
//! worker's thread with Actix, of the process with Node.js. A round measures every kind of request on every server, in
//! two halves: from the first server to the last, and back. The output is the median of all rounds.

mod kinds;
#[allow(dead_code, reason = "times of single requests are for `http`")]
#[path = "../http/load.rs"]
mod load;
#[path = "../http/requests.rs"]
mod requests;
mod servers;
#[allow(dead_code, reason = "other benchmarks use the rest")]
#[path = "../support"]
mod support {
    pub mod allocations;
    pub mod instance;
    pub mod processor;
    pub mod server;
    pub mod statistics;
}

use std::{
    collections::HashMap,
    fs,
    io::{self, Error, Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use clerk_actix::{ClerkConfig, internal_bench::forget_tokens};

use self::{
    kinds::{Kind, kinds},
    load::{Burst, Load},
    servers::{NOBODY, Node, Running, bare_actix, clerk_actix, clerk_rs},
    support::{instance::Instance, statistics::Sample},
};

/// The page for which the session tokens were made.
const ORIGIN: &str = "http://localhost:3000";

/// More than enough to keep a worker busy.
const CONNECTIONS: usize = 64;

/// Node.js gets a part of the requests, because it takes many times as long.
const PART_FOR_NODE: usize = 4;

/// One of the servers that are compared.
struct Contender {
    name: &'static str,
    running: Running,
    /// The position of its bare twin, unless it is one.
    twin: Option<usize>,
}

impl Contender {
    fn is_bare(&self) -> bool {
        self.twin.is_none()
    }

    /// Returns how many of so many requests it gets.
    fn part(&self, requests: usize) -> usize {
        match self.running {
            Running::Actix(_) => requests,
            Running::Node(_) => requests / PART_FOR_NODE,
        }
    }
}

/// The positions of the bare handlers and of this crate among the contenders.
const ACTIX: usize = 0;
const OURS: usize = 1;
const EXPRESS: usize = 3;

/// The results of one server in one round, in seconds for each request.
#[derive(Clone, Copy)]
struct Measured {
    processor: f64,
    elapsed: f64,
    /// The fraction of the time that the client's thread was busy.
    client: f64,
}

fn main() -> io::Result<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (rounds, burst) = if is_quick { (3, 1_200) } else { (15, 6_000) };
    let instance = Instance::start();
    let kinds = kinds(&instance, burst);
    let config = instance.config();
    let express = Node::with_clerk(&instance)?;
    let versions =
        format!("clerk-actix {}, clerk-rs {}, {}", locked("clerk-actix")?, locked("clerk-rs")?, express.versions);
    let contender = |name, running, twin| Contender { name, running, twin };
    let contenders = [
        contender("bare Actix handler", bare_actix(), None),
        contender("clerk-actix", clerk_actix(&config), Some(ACTIX)),
        contender("clerk-rs", clerk_rs(&instance), Some(ACTIX)),
        contender("bare Express handler", Running::Node(Node::bare()?), None),
        contender("@clerk/express", Running::Node(express), Some(EXPRESS)),
    ];
    for kind in &kinds {
        for contender in &contenders {
            check(contender, kind)?;
        }
    }

    let mut measured: HashMap<&str, Vec<[Measured; 5]>> = HashMap::new();
    for round in 0..=rounds {
        for kind in &kinds {
            let of_all = measure(&contenders, kind, burst, &config)?;
            // The first round only warms up.
            if round > 0 {
                measured.entry(kind.name).or_default().push(of_all);
            }
        }
    }

    println!("{versions}");
    println!(
        "{rounds} rounds, {CONNECTIONS} connections, one worker each; medians, and the extremes of all rounds in brackets\n"
    );
    for kind in &kinds {
        print_kind(kind.name, &contenders, &measured[kind.name]);
    }
    let client = Sample::from_iter(measured.values().flatten().flatten().map(|one| one.client));
    println!(
        "the client's thread was busy {:.0}% of the time, {:.0}% at the most",
        100.0 * client.median(),
        100.0 * client.max()
    );
    Ok(())
}

/// Fails if the server does not answer the first request with the ID of its user. A bare server answers with [`NOBODY`].
fn check(contender: &Contender, kind: &Kind) -> io::Result<()> {
    let Some(user_id) = &kind.user_id else { return Ok(()) };
    let expected = if contender.is_bare() { NOBODY } else { user_id };
    let mut stream = TcpStream::connect(contender.running.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(&kind.requests[0])?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while !answer.ends_with(expected.as_bytes()) {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => answer.extend_from_slice(&buffer[..count]),
            _ => {
                let answer = String::from_utf8_lossy(&answer);
                return Err(Error::other(format!("{}, {}: unexpected answer: {answer}", contender.name, kind.name)));
            }
        }
    }
    Ok(())
}

/// Measures all servers, half of the requests from the first to the last, and the rest from the last to the first.
fn measure(contenders: &[Contender; 5], kind: &Kind, burst: usize, config: &ClerkConfig) -> io::Result<[Measured; 5]> {
    if kind.is_new {
        forget_tokens(config);
    }
    let mut loads = Vec::new();
    for contender in contenders {
        let mut load = Load::connect(contender.running.address(), CONNECTIONS)?;
        let warm_up = contender.part(kind.warm_up.len().max(CONNECTIONS * 8));
        load.burst(&kind.warm_up, 0, warm_up, kind.status)?;
        loads.push(load);
    }
    let mut totals = <[(Burst, Duration); 5]>::default();
    for half in 0..2 {
        let forth = 0..contenders.len();
        let order: Vec<usize> = if half == 0 { forth.collect() } else { forth.rev().collect() };
        for at in order {
            let running = &contenders[at].running;
            let count = contenders[at].part(burst / 2);
            let before = running.busy()?;
            let burst = loads[at].burst(&kind.requests, half * count, count, kind.status)?;
            let (total, processor) = &mut totals[at];
            *processor += running.busy()? - before;
            total.requests += burst.requests;
            total.elapsed += burst.elapsed;
            total.client += burst.client;
        }
    }
    Ok(totals.map(|(Burst { requests, elapsed, client }, processor)| Measured {
        processor: processor.as_secs_f64() / requests as f64,
        elapsed: elapsed.as_secs_f64() / requests as f64,
        client: client.as_secs_f64() / elapsed.as_secs_f64(),
    }))
}

fn print_kind(name: &str, contenders: &[Contender; 5], rounds: &[[Measured; 5]]) {
    println!(
        "{name:<24} {:>9} {:<18} {:>9} {:>9}  {:>10} {:>12}",
        "CPU time", "", "added", "to ours", "requests/s", "to its twin"
    );
    let sample = |of: &dyn Fn(&[Measured; 5]) -> f64| Sample::from_iter(rounds.iter().map(of));
    let added = |at: usize, twin: usize| sample(&|round| round[at].processor - round[twin].processor);
    let ours = added(OURS, ACTIX).median();
    for (at, contender) in contenders.iter().enumerate() {
        let processor = sample(&|round| round[at].processor);
        let per_second = 1.0 / sample(&|round| round[at].elapsed).median();
        let range = format!("[{}, {}]", micros(processor.min()), micros(processor.max()));
        print!("  {:<22} {:>9} {range:<18}", contender.name, micros(processor.median()));
        match contender.twin {
            None => println!(" {:>9} {:>9}  {per_second:>10.0}", "", ""),
            Some(twin) => {
                let added = added(at, twin);
                // A quarter of the rounds found nothing.
                let (added, multiple) = if added.at(0.25) <= 0.0 {
                    ("none".to_owned(), String::new())
                } else {
                    (micros(added.median()), format!("{:.1} ×", added.median() / ours))
                };
                let ratio = sample(&|round| round[twin].elapsed / round[at].elapsed).median();
                println!(" {added:>9} {multiple:>9}  {per_second:>10.0} {ratio:>12.2}");
            }
        }
    }
    println!();
}

fn micros(seconds: f64) -> String {
    if seconds < 100e-6 { format!("{:.2}µs", seconds * 1e6) } else { format!("{:.0}µs", seconds * 1e6) }
}

/// Returns the version of a package in this program's lock file.
fn locked(package: &str) -> io::Result<String> {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"))?;
    let entry = lock.split_once(&format!("name = \"{package}\"\nversion = \""));
    let version = entry.and_then(|(_, rest)| rest.split('"').next());
    version.map(str::to_owned).ok_or_else(|| Error::other(format!("Cargo.lock has no {package}")))
}
