//! A soak: a server under load with rotations, faults, revocations, expiring tokens, webhooks and streams. Every response is
//! checked against what the mint knows, and the memory of the process is printed. `just soak` runs it for ten minutes.

mod beside_a_flood;
#[path = "../support/mod.rs"]
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use actix_web::{
    App, HttpResponse,
    web::{self, Bytes},
};
use awc::Client;
use clerk_actix::{
    ApiKey, ClerkMiddleware, RequireAuth, Revocations, Webhook,
    testing::{self, Behavior, Endpoint::Jwks, LocalClerk},
};
use futures_util::stream;
use serde_json::json;

use support::{bearer, seconds, servers::serve_with};

/// Responses by kind, and those that were wrong or lost.
#[derive(Default)]
struct Seen {
    accepted: AtomicU64,
    rejected: AtomicU64,
    unavailable: AtomicU64,
    streams: AtomicU64,
    wrong: AtomicU64,
    lost: AtomicU64,
}

/// What the server cannot know at the moment, or could not a moment ago.
#[derive(Default)]
struct Faults {
    /// Clerk's keys cannot be fetched: a token by a key that nobody has may get a 503.
    keys_fail: AtomicBool,
    /// The instance signs with a key that the server cannot have fetched yet: a token by it may get a 401 or a 503.
    key_is_new: AtomicBool,
}

impl Faults {
    fn at_the_moment(&self) -> Self {
        let copy = |flag: &AtomicBool| flag.load(Relaxed).into();
        Self { keys_fail: copy(&self.keys_fail), key_is_new: copy(&self.key_is_new) }
    }

    /// Returns whether a response with this status is explained by what the server cannot know.
    fn explain(&self, token: By, expected: u16, found: u16) -> bool {
        match token {
            By::Instance => self.key_is_new.load(Relaxed) && (found == 503 || (found, expected) == (401, 200)),
            By::Stranger => self.keys_fail.load(Relaxed) && found == 503,
            By::Clerk => false,
        }
    }
}

/// Who vouches for a token.
#[derive(Clone, Copy)]
enum By {
    Instance,
    Stranger,
    /// An API key: Clerk itself, which answers these calls all the time.
    Clerk,
}

fn resident_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

async fn status(client: &Client, url: &str, token: &str) -> Option<(u16, Bytes)> {
    let mut response = client.get(url).insert_header(bearer(token)).send().await.ok()?;
    Some((response.status().as_u16(), response.body().await.ok()?))
}

/// One client: sends requests one after the other until the time is up.
async fn client(n: usize, clerk: Arc<LocalClerk>, seen: Arc<Seen>, faults: Arc<Faults>, base: String, until: Instant) {
    let client = Client::builder().timeout(seconds(30)).finish();
    let stranger = LocalClerk::start_production().unwrap();
    let forged = stranger.session_token("user_forged");
    let key = clerk.mint(testing::api_key(format!("user_key_{n}")));
    for round in 0_u64.. {
        if Instant::now() > until {
            return;
        }
        let user = format!("user_{}", (round * 31 + n as u64) % 500);
        // A response is explained by what was so when its token was made, or is so when it arrives.
        let before = faults.at_the_moment();
        let is_explained = |by, expected, found| [&before, &faults].iter().any(|at| at.explain(by, expected, found));
        let (path, token, by, expected, body) = match round % 8 {
            0..=3 => ("/me", clerk.session_token(&user), By::Instance, 200, user.clone()),
            4 => ("/me", clerk.mint(testing::session(&user).claim("exp", 1)), By::Instance, 401, String::new()),
            5 => ("/me", forged.clone(), By::Stranger, 401, String::new()),
            6 => ("/api-key", key.clone(), By::Clerk, 200, format!("user_key_{n}")),
            _ => ("/me", clerk.session_token(&format!("user_gone_{n}")), By::Instance, 401, String::new()),
        };
        if round % 8 == 7 {
            let webhook = testing::webhook("user.deleted", json!({ "id": format!("user_gone_{n}"), "deleted": true }));
            let webhook = webhook.secret(clerk.webhook_signing_secret()).build();
            let request = client.post(format!("{base}/webhook"));
            let request = webhook.headers.into_iter().fold(request, |request, header| request.insert_header(header));
            match request.send_body(webhook.body).await {
                Ok(response) if response.status() == 200 => {}
                Ok(_) => drop(seen.wrong.fetch_add(1, Relaxed)),
                Err(_) => drop(seen.lost.fetch_add(1, Relaxed)),
            }
        }
        if round % 50 == 49 {
            // A stream that ends with its token, after about a second.
            let token = clerk.mint(testing::session(&user).lifetime(seconds(1)));
            match status(&client, &format!("{base}/stream"), &token).await {
                Some((200, body)) if !body.is_empty() => drop(seen.streams.fetch_add(1, Relaxed)),
                Some((found, _)) if is_explained(By::Instance, 200, found) => {}
                Some(_) => drop(seen.wrong.fetch_add(1, Relaxed)),
                None => drop(seen.lost.fetch_add(1, Relaxed)),
            }
        }
        let Some((found, text)) = status(&client, &format!("{base}{path}"), &token).await else {
            seen.lost.fetch_add(1, Relaxed);
            continue;
        };
        match found {
            200 if expected == 200 && text == body.as_bytes() => seen.accepted.fetch_add(1, Relaxed),
            401 if expected == 401 => seen.rejected.fetch_add(1, Relaxed),
            _ if is_explained(by, expected, found) => seen.unavailable.fetch_add(1, Relaxed),
            _ => {
                println!("wrong: {found} for {path}, expected {expected}, round {round}");
                seen.wrong.fetch_add(1, Relaxed)
            }
        };
    }
}

/// `SOAK_SECONDS` sets the time.
#[actix_web::test]
#[ignore = "takes its time: `just soak`"]
async fn nothing_wrong_and_nothing_lost() {
    let time = std::env::var("SOAK_SECONDS").ok().and_then(|value| value.parse().ok()).unwrap_or(30);
    let clerk = Arc::new(LocalClerk::start_production().unwrap());
    let revocations = Revocations::new();
    let config = clerk.config_builder().revocations(revocations.clone()).api_timeout(seconds(2)).build().unwrap();
    let middleware = ClerkMiddleware::new(config);
    let server = serve_with(
        actix_test::config().disable_redirects().workers(4).client_request_timeout(seconds(60)),
        move || {
            let revocations = revocations.clone();
            App::new()
                .wrap(middleware.clone())
                .route("/me", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
                .route("/api-key", web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned()))
                .route(
                    "/stream",
                    web::get().to(async |user: RequireAuth| {
                        let ticks = stream::unfold((), async |()| {
                            actix_web::rt::time::sleep(Duration::from_millis(100)).await;
                            Some((Ok::<_, actix_web::Error>(Bytes::from_static(b".")), ()))
                        });
                        HttpResponse::Ok().streaming(user.until_expiry(Box::pin(ticks)))
                    }),
                )
                .route(
                    "/webhook",
                    web::post().to(move |webhook: Webhook| {
                        revocations.apply(&webhook.event);
                        async { HttpResponse::Ok().finish() }
                    }),
                )
        },
    );
    let base = format!("http://{}", server.addr());
    let (seen, faults) = (Arc::new(Seen::default()), Arc::new(Faults::default()));
    let started = Instant::now();
    let until = started + seconds(time);
    let clients: Vec<_> = (0..8)
        .map(|n| {
            let arguments = (Arc::clone(&clerk), Arc::clone(&seen), Arc::clone(&faults), base.clone());
            let (clerk, seen, faults, base) = arguments;
            actix_web::rt::spawn(client(n, clerk, seen, faults, base, until))
        })
        .collect();
    let print = |at: Duration| {
        let count = |of: &AtomicU64| of.load(Relaxed);
        println!(
            "{:>4} s: {} accepted, {} rejected, {} while Clerk failed, {} streams, {} wrong, {} lost; {} MB",
            at.as_secs(),
            count(&seen.accepted),
            count(&seen.rejected),
            count(&seen.unavailable),
            count(&seen.streams),
            count(&seen.wrong),
            count(&seen.lost),
            resident_kilobytes() / 1024,
        );
    };
    let (mut second, mut after_a_tenth) = (0_u64, 0);
    while Instant::now() < until {
        actix_web::rt::time::sleep(seconds(1)).await;
        second += 1;
        match second % 20 {
            // An outage of four seconds, with a new key in it.
            5 => {
                faults.keys_fail.store(true, Relaxed);
                clerk.behave(Jwks, Behavior::Status(500));
            }
            7 => {
                faults.key_is_new.store(true, Relaxed);
                clerk.add_key();
            }
            9 => clerk.behave(Jwks, Behavior::Normal),
            // The pause after a failure, and the interval for unknown keys, are over by then.
            19 => {
                faults.keys_fail.store(false, Relaxed);
                faults.key_is_new.store(false, Relaxed);
            }
            _ => {}
        }
        if second == time / 10 + 1 {
            after_a_tenth = resident_kilobytes();
        }
        if second % 60 == 0 {
            print(started.elapsed());
        }
    }
    for client in clients {
        client.await.unwrap();
    }
    print(started.elapsed());
    assert_eq!((seen.wrong.load(Relaxed), seen.lost.load(Relaxed)), (0, 0), "wrong and lost");
    assert!(seen.accepted.load(Relaxed) > 0 && seen.rejected.load(Relaxed) > 0 && seen.streams.load(Relaxed) > 0);
    let grown = resident_kilobytes().saturating_sub(after_a_tenth);
    println!("memory grew by {grown} KB after the first tenth");
    assert!(grown < 64 * 1024, "{grown} KB");
    drop(server);
}
