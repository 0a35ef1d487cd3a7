//! Two processes and one Redis: how long a session goes on elsewhere after it was signed out here, and that no request
//! waits for Redis, whatever happens to it. Prints its measurements: `just redis`.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, web};
use clerk_actix::{
    ClerkClient, ClerkConfig, ClerkMiddleware, ReplayGuard, RequireAuth, Revocations, stores::WhenUnreachable,
    testing::LocalClerk,
};

use crate::{redis_server::RedisServer, servers::session, support::seconds, until};

const RUNS: usize = 200;
const REDIS_URL: &str = "TEST_REDIS_URL";
const PEM: &str = "TEST_JWT_KEY";

/// The other process: this binary again, as a server that verifies tokens with a key from its environment.
#[actix_web::test]
#[ignore = "a part of other tests"]
async fn the_other_server() {
    let (Ok(url), Ok(key)) = (env::var(REDIS_URL), env::var(PEM)) else { return };
    let revocations = Revocations::redis(&url).unwrap().start().await.unwrap();
    let config = ClerkConfig::builder()
        .publishable_key(env::var("TEST_PUBLISHABLE_KEY").unwrap())
        .jwt_key(key)
        .revocations(revocations)
        .build()
        .unwrap();
    let clerk = ClerkMiddleware::new(config);
    let server = HttpServer::new(move || {
        let hello = web::get().to(async |user: RequireAuth| user.user_id().to_owned());
        App::new().route("/", hello).wrap(clerk.clone())
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    println!("\nport={}", server.addrs()[0].port());
    server.run().await.unwrap();
}

/// The other process, which ends with the test.
struct Other {
    process: Child,
    port: u16,
}

impl Other {
    fn start(redis: &RedisServer, clerk: &LocalClerk) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--ignored", "--exact", "two_processes::the_other_server", "--nocapture"])
            .env(REDIS_URL, redis.url())
            .env(PEM, clerk.jwt_key())
            .env("TEST_PUBLISHABLE_KEY", clerk.publishable_key())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.map(|line| line.unwrap()).find_map(|line| line.strip_prefix("port=")?.parse().ok());
        Self { process, port: port.unwrap() }
    }

    fn connect(&self) -> Connection {
        Connection(BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).unwrap()))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A connection that is kept, as a load balancer keeps it.
struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Returns the status of the response.
    fn get(&mut self, token: &str) -> u16 {
        let head = format!("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
        self.0.get_mut().write_all(head.as_bytes()).unwrap();
        let (mut status, mut length) = (0, 0);
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            } else if let Some(rest) = line.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = line.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            }
        }
        self.0.read_exact(&mut vec![0; length]).unwrap();
        status
    }
}

/// A client that sends one request after the other.
struct Hammer {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Request>>,
}

struct Request {
    sent: Instant,
    took: Duration,
    status: u16,
}

impl Hammer {
    /// Starts when the first request was accepted. Ends by itself with the first one that is rejected, if told to.
    fn start(other: &Other, token: &str, ends_with_rejection: bool) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (begun, has_begun) = mpsc::channel();
        let (mut connection, stopped) = (other.connect(), Arc::clone(&stop));
        let token = token.to_owned();
        let thread = thread::spawn(move || {
            let mut requests = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let sent = Instant::now();
                let status = connection.get(&token);
                requests.push(Request { sent, took: sent.elapsed(), status });
                if requests.len() == 1 {
                    begun.send(()).unwrap();
                }
                if ends_with_rejection && status != 200 {
                    break;
                }
            }
            requests
        });
        has_begun.recv().unwrap();
        Self { stop, thread }
    }

    fn join(self) -> Vec<Request> {
        self.thread.join().unwrap()
    }

    fn stop(self) -> Vec<Request> {
        self.stop.store(true, Ordering::Relaxed);
        self.join()
    }
}

/// Returns the middle and the largest.
fn median_and_most(mut durations: Vec<Duration>) -> (Duration, Duration) {
    durations.sort_unstable();
    (durations[durations.len() / 2], *durations.last().unwrap())
}

#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn how_long_a_session_goes_on_in_the_other_process() {
    let (redis, clerk) = (RedisServer::start(), LocalClerk::start_production().unwrap());
    let revocations = Revocations::redis(&redis.url()).unwrap().start().await.unwrap();
    let client = ClerkClient::new(clerk.config_builder().revocations(revocations).build().unwrap());
    let other = Other::start(&redis, &clerk);
    let mut late = Vec::new();
    for run in 0..RUNS {
        let user = format!("user_{run}");
        let hammer = Hammer::start(&other, &clerk.mint(session(&user)), true);
        client.users().sign_out_everywhere(&user).await.unwrap();
        let returned = Instant::now();
        let requests = hammer.join();
        let accepted = requests.iter().rev().find(|request| request.status == 200).unwrap();
        assert_eq!(requests.last().unwrap().status, 401);
        late.push((accepted.sent + accepted.took).saturating_duration_since(returned));
    }
    let after = late.iter().filter(|late| !late.is_zero()).count();
    let (median, most) = median_and_most(late);
    println!(
        "from the return of sign_out_everywhere to the last accepted request in another process, {RUNS} runs: \
         median {median:?}, maximum {most:?}; in {after} runs any was accepted after it"
    );
    assert!(most < seconds(1), "{most:?}");
}

/// Whatever happens to Redis, requests are answered as fast as ever, and what was cut off stays cut off.
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn no_request_waits_for_redis() {
    type Act<'a> = &'a dyn Fn(&RedisServer);
    let cases: [(&str, Act<'_>, Act<'_>); 5] = [
        ("works", &|_| {}, &|_| {}),
        ("killed and restarted without its data", &RedisServer::kill, &RedisServer::run),
        ("stopped (SIGSTOP)", &RedisServer::suspend, &RedisServer::resume),
        (
            "slow",
            &|redis| {
                redis.command("CLIENT PAUSE 1500 ALL");
            },
            &|_| {},
        ),
        (
            "cleared",
            &|redis| {
                redis.command("FLUSHALL");
            },
            &|_| {},
        ),
    ];
    for (name, happens, ends) in cases {
        let (redis, clerk) = (RedisServer::start(), LocalClerk::start_production().unwrap());
        let shared = Revocations::redis(&redis.url()).unwrap().when_unreachable(WhenUnreachable::KeepServing);
        let revocations = shared.start().await.unwrap();
        let other = Other::start(&redis, &clerk);
        let [good, before, meanwhile] = ["user_1", "user_2", "user_3"].map(|user| clerk.mint(session(user)));
        let status = |token: &str| other.connect().get(token);
        revocations.sign_out_user("user_2");
        until("the cut-off", async || status(&before) == 401).await;
        let hammer = Hammer::start(&other, &good, false);
        happens(&redis);
        revocations.sign_out_user("user_3");
        let outcome = revocations.written().await;
        assert_eq!(status(&before), 401, "{name}");
        ends(&redis);
        let back = Instant::now();
        until("what was cut off meanwhile", async || status(&meanwhile) == 401).await;
        let back = back.elapsed();
        until("that all is written", async || revocations.written().await.is_ok()).await;
        let requests = hammer.stop();
        assert!(requests.iter().all(|request| request.status == 200), "{name}");
        let (median, most) = median_and_most(requests.iter().map(|request| request.took).collect());
        assert_eq!(status(&before), 401, "{name}");
        // A server that starts now has only what is in Redis.
        let new = Other::start(&redis, &clerk);
        until("what a new server learns", async || {
            let answers = [&before, &meanwhile].map(|token| new.connect().get(token));
            answers == [401, 401]
        })
        .await;
        println!(
            "Redis {name}: {} requests, median {median:?}, maximum {most:?}; written meanwhile: {}; in the other \
             process {back:?} after it was back",
            requests.len(),
            outcome.map_or_else(|error| error.to_string(), |()| "yes".to_owned()),
        );
    }
}

/// What a long list costs in Redis, and at the start of a server: the figures on the page "Scaling".
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn what_a_long_list_costs() {
    const COUNT: usize = 200_000;
    const IDS: usize = 10_000;
    let redis = RedisServer::start();
    let used = || -> usize {
        let info = redis.command("INFO memory");
        let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).unwrap();
        line.trim().parse().unwrap()
    };
    let empty = used();
    let revocations = Revocations::redis(&redis.url()).unwrap().start().await.unwrap();
    let started = Instant::now();
    for n in 0..COUNT {
        // As long as Clerk's ids.
        revocations.end_session(&format!("sess_2abcdefghijklmnopqrst{n:06}"));
    }
    revocations.written().await.unwrap();
    let (written, bytes) = (started.elapsed(), used() - empty);
    let (started, before) = (Instant::now(), resident());
    let other = Revocations::redis(&redis.url()).unwrap().start().await.unwrap();
    let (loaded, memory) = (started.elapsed(), resident().saturating_sub(before));
    assert_eq!(other.len(), COUNT);
    println!(
        "{COUNT} cut-offs: {} bytes each in Redis, {} in a server; written in {written:?}; read at the start of a \
         server in {loaded:?}",
        bytes / COUNT,
        memory / COUNT,
    );
    let (guard, before) = (ReplayGuard::redis(&redis.url()).unwrap(), used());
    for n in 0..IDS {
        guard.finish(&format!("msg_2abcdefghijklmnopqrst{n:06}")).await.unwrap();
    }
    println!("{IDS} ids of webhooks: {} bytes each in Redis", (used() - before) / IDS);
}

/// The memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// What it costs Redis to tell many servers: the figure on the page "Scaling".
#[actix_web::test]
#[ignore = "needs redis-server: `just redis`"]
async fn what_telling_a_hundred_servers_costs() {
    const SERVERS: usize = 100;
    const CUT_OFFS: usize = 1_000;
    let redis = RedisServer::start();
    let mut servers = Vec::new();
    for _ in 0..SERVERS {
        servers.push(Revocations::redis(&redis.url()).unwrap().start().await.unwrap());
    }
    let (started, before) = (Instant::now(), redis.processor_time());
    for n in 0..CUT_OFFS {
        servers[0].sign_out_user(&format!("user_{n}"));
        servers[0].written().await.unwrap();
    }
    until("all cut-offs", async || servers.iter().all(|server| server.len() == CUT_OFFS)).await;
    let (took, used) = (started.elapsed(), redis.processor_time() - before);
    let each = used / u32::try_from(SERVERS * CUT_OFFS).unwrap();
    println!(
        "{CUT_OFFS} cut-offs, one at a time, on {SERVERS} servers: {took:?}; processor time of Redis {used:?}, {each:?} each"
    );
}
