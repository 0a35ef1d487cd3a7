//! Outages of Clerk: what each kind of request gets, by the fault and by how long it has lasted. Nothing is restarted, and
//! no request waits longer than twice `api_timeout`.

use std::time::{Duration, Instant};

use actix_test::TestServer;
use actix_web::{App, HttpResponse, test, web};
use clerk_actix::{
    ApiKey, ClerkConfig, ClerkMiddleware, RequireAuth, Revocations, Webhook,
    testing::{
        self, Behavior,
        Endpoint::{self, HandshakePayload, Jwks, Refresh, VerifyApiKey},
        LocalClerk,
    },
};

use super::wire::{Break, Wire};
use crate::support::{Answer, bearer, cookie_suffix, get, local_clerk, navigation, seconds, send, servers::serve};

/// The requests, and what they get while Clerk answers.
const REQUESTS: [(&str, u16); 8] = [
    ("a token", 200),
    ("a token with an unknown kid", 401),
    ("a made-up nonce", 302),
    ("a made-up refresh", 401),
    ("an API key that Clerk has confirmed before", 200),
    ("another API key", 200),
    ("a webhook", 200),
    ("a token whose session was revoked here", 401),
];

/// What they get during an outage, in the same order, by the time since the last answer.
const OUTAGE: [(&str, u64, [u16; 8]); 4] = [
    ("while the keys are fresh", 60, [200, 503, 503, 503, 200, 503, 200, 401]),
    ("when Clerk's word on the API key is five minutes old", 305, [200, 503, 503, 503, 503, 503, 200, 401]),
    ("up to jwks_max_stale", 3_895, [200, 503, 503, 503, 503, 503, 200, 401]),
    ("after that", 3_901, [503, 503, 503, 503, 503, 503, 200, 503]),
];

/// What they get from a server that starts during an outage.
const COLD: [u16; 8] = [503, 503, 503, 503, 503, 503, 200, 503];

const ENDPOINTS: [Endpoint; 4] = [Jwks, HandshakePayload, Refresh, VerifyApiKey];

enum Fault {
    OfClerk(Behavior),
    OfTheNetwork(Break),
}

/// Each with the timeout of a call: short only if it has to run out.
fn faults() -> [(&'static str, Fault, Duration); 11] {
    use Fault::{OfClerk, OfTheNetwork};
    let (long, short) = (seconds(10), Duration::from_millis(150));
    [
        ("500", OfClerk(Behavior::Status(500)), long),
        ("503", OfClerk(Behavior::Status(503)), long),
        ("429", OfClerk(Behavior::TooManyRequests(seconds(30))), long),
        ("a redirect", OfClerk(Behavior::Redirect("http://127.0.0.1:1/".to_owned())), long),
        ("a page", OfClerk(Behavior::Html), long),
        ("an answer that breaks off", OfClerk(Behavior::CutShort), long),
        ("17 megabytes", OfClerk(Behavior::TooLarge), long),
        ("no answer", OfClerk(Behavior::Hang), short),
        ("connections that close", OfTheNetwork(Break::Closes), long),
        ("connections that are half open", OfTheNetwork(Break::Silent), short),
        ("something that does not speak HTTP", OfTheNetwork(Break::AnotherProtocol), long),
    ]
}

struct Case {
    clerk: LocalClerk,
    wire: Wire,
    server: TestServer,
    known_key: String,
    longest: Duration,
}

impl Case {
    fn new(clerk: LocalClerk, wire: Wire, config: ClerkConfig) -> Self {
        let middleware = ClerkMiddleware::new(config);
        let server = serve(move || {
            App::new()
                .wrap(middleware.clone())
                .route("/session", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
                .route("/api-key", web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned()))
                .route("/webhook", web::post().to(async |_: Webhook| HttpResponse::Ok().finish()))
        });
        let known_key = clerk.mint(testing::api_key("user_1"));
        Self { clerk, wire, server, known_key, longest: Duration::ZERO }
    }

    /// Begins the fault, or ends it.
    fn suffer(&self, fault: Option<&Fault>) {
        let (behavior, broken) = match fault {
            Some(Fault::OfClerk(behavior)) => (behavior.clone(), None),
            Some(Fault::OfTheNetwork(broken)) => (Behavior::Normal, Some(*broken)),
            None => (Behavior::Normal, None),
        };
        ENDPOINTS.into_iter().for_each(|endpoint| self.clerk.behave(endpoint, behavior.clone()));
        self.wire.set(broken);
    }

    /// Returns how many calls were made, to Clerk or into the broken wire.
    fn calls(&self) -> u64 {
        ENDPOINTS.into_iter().map(|endpoint| self.clerk.calls(endpoint)).sum::<u64>() + self.wire.lost()
    }

    /// Makes all requests, and returns the status of each.
    async fn statuses(&mut self) -> [u16; 8] {
        let mut statuses = [0; 8];
        for (n, status) in statuses.iter_mut().enumerate() {
            let started = Instant::now();
            let answer = self.request(n).await;
            self.longest = self.longest.max(started.elapsed());
            let retry_after = answer.header("retry-after").and_then(|text| text.parse::<u32>().ok());
            assert!(
                answer.status != 503 || retry_after.is_some_and(|wait| (1..=60).contains(&wait)),
                "{}",
                REQUESTS[n].0
            );
            *status = answer.status;
        }
        statuses
    }

    async fn request(&self, n: usize) -> Answer {
        let Self { clerk, server, .. } = self;
        let now = clerk.clock().now();
        let session = |user: &str| testing::session(user);
        match n {
            0 => get(server, "/session", &clerk.mint(session("user_1"))).await,
            1 => get(server, "/session", &clerk.mint(session("user_1").header("kid", "ins_unknown"))).await,
            2 => {
                send(navigation(server, "/session").insert_header(("Cookie", "__clerk_handshake_nonce=made-up"))).await
            }
            3 => {
                let seconds = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
                let expired = clerk.mint(session("user_1").claim("exp", seconds - 60));
                let refresh = format!("__refresh_{}=made-up", cookie_suffix(clerk));
                let cookies = format!("__session={expired}; __client_uat=1; {refresh}");
                send(server.get("/session").insert_header(("Cookie", cookies))).await
            }
            4 => get(server, "/api-key", &self.known_key).await,
            5 => get(server, "/api-key", &clerk.mint(testing::api_key("user_2"))).await,
            6 => {
                let webhook = testing::webhook("user.deleted", serde_json::json!({ "id": "user_1", "deleted": true }));
                let webhook = webhook.secret(clerk.webhook_signing_secret()).timestamp(now).build();
                let request =
                    webhook.headers.into_iter().fold(server.post("/webhook"), |r, header| r.insert_header(header));
                let response = request.send_body(webhook.body).await.unwrap();
                Answer { status: response.status().as_u16(), headers: response.headers().clone(), body: String::new() }
            }
            _ => get(server, "/session", &clerk.mint(session("user_gone").session_id("sess_gone"))).await,
        }
    }
}

#[actix_web::test]
async fn what_each_request_gets() {
    for (fault, cause, timeout) in faults() {
        let clerk = local_clerk();
        let wire = Wire::to(&clerk.api_url());
        let builder = || clerk.config_builder().api_url(wire.url()).api_timeout(timeout);
        let revocations = Revocations::new();
        let config = builder().revocations(revocations.clone()).build().unwrap();
        let cold = builder().revocations(revocations.clone()).build().unwrap();
        let healthy = REQUESTS.map(|(_, status)| status);
        let mut case = Case::new(clerk, wire, config);
        revocations.end_session("sess_gone");
        assert_eq!(case.statuses().await, healthy, "{fault}: before");
        let before = case.calls();
        case.suffer(Some(&cause));
        let mut passed = 0;
        for (phase, after, expected) in OUTAGE {
            case.clerk.clock().advance(seconds(after - passed));
            passed = after;
            // Again, so that a request does not depend on the one before.
            for _ in 0..2 {
                assert_eq!(case.statuses().await, expected, "{fault}: {phase}");
            }
        }
        let during = case.calls() - before;
        case.suffer(None);
        case.clerk.clock().advance(seconds(60));
        assert_eq!(case.statuses().await, healthy, "{fault}: and it recovers without a restart");
        let longest = case.longest;
        assert!(longest < timeout * 2 + seconds(20), "{fault}: a request waited for {longest:?}");

        // A server that starts meanwhile.
        let mut case = Case::new(case.clerk, case.wire, cold);
        case.suffer(Some(&cause));
        assert_eq!(case.statuses().await, COLD, "{fault}: at a start");
        case.suffer(None);
        case.clerk.clock().advance(seconds(60));
        assert_eq!(case.statuses().await, healthy, "{fault}: and it recovers without a restart");
        println!(
            "{fault}: {during} calls for 64 requests at four times within 65 minutes, the longest took {longest:?}"
        );
    }
}

/// The first call of each round fails: no session token is rejected, and whoever needed that call succeeds after the
/// pause that the response asks for.
#[actix_web::test]
async fn a_clerk_that_flaps() {
    let clerk = local_clerk();
    let config = clerk.config_builder().build().unwrap();
    let wire = Wire::to(&clerk.api_url());
    let mut case = Case::new(clerk, wire, config);
    let healthy = REQUESTS.map(|(_, status)| status);
    for round in 0..20 {
        ENDPOINTS.into_iter().for_each(|endpoint| case.clerk.behave_once(endpoint, Behavior::Status(500)));
        let first = case.statuses().await;
        assert_eq!((first[0], first[6]), (200, 200), "round {round}: a token, a webhook");
        let as_expected = |(first, healthy): (&u16, &u16)| *first == 503 || first == healthy;
        assert!(first.iter().zip(&healthy).take(7).all(as_expected), "round {round}: {first:?}");
        case.clerk.clock().advance(seconds(2));
        assert_eq!(case.statuses().await[..7], healthy[..7], "round {round}");
        case.clerk.clock().advance(seconds(301));
    }
}

/// Clerk's address is answered by another instance, or its keys are mixed up: its tokens do not count, and those of the
/// known keys die with the answer, because Clerk says so.
#[actix_web::test]
async fn the_keys_of_another_instance() {
    let (clerk, other) = (local_clerk(), local_clerk());
    let config = clerk.config_builder().secret_key(other.secret_key()).api_url(other.api_url()).build().unwrap();
    let server = crate::support::server(config);
    for (name, token, expected) in [
        ("our own, whose key is not among them", clerk.session_token("user_1"), 401),
        ("the other instance's: they are the keys that this secret key has", other.session_token("user_1"), 200),
        ("the other instance's under our kid", other.mint(testing::session("user_1").header("kid", "ins_ours")), 401),
    ] {
        assert_eq!(get(&server, "/require", &token).await.status, expected, "{name}");
    }
}

/// An hour of the clock passes during 100,000 requests of known keys.
#[actix_web::test]
async fn an_hour_without_clerk() {
    const REQUESTS: u32 = 100_000;
    let clerk = local_clerk();
    let app = App::new()
        .wrap(ClerkMiddleware::new(clerk.config()))
        .route("/", web::get().to(async |user: RequireAuth| user.user_id().to_owned()));
    let app = test::init_service(app).await;
    let (mut token, mut failures) = (clerk.session_token("user_1"), 0);
    for n in 0..=REQUESTS {
        if n % 1_000 == 0 {
            token = clerk.mint(testing::session(format!("user_{n}")));
        }
        let request = test::TestRequest::get().insert_header(bearer(&token)).to_request();
        if test::call_service(&app, request).await.status() != 200 {
            failures += 1;
        }
        if n == 0 {
            clerk.behave(Jwks, Behavior::Status(500));
        }
        clerk.clock().advance(Duration::from_millis(36));
    }
    let calls = clerk.calls(Jwks) - 1;
    println!("an hour without Clerk, {REQUESTS} requests: {failures} failures, {} calls a minute", calls.div_ceil(60));
    assert_eq!(failures, 0);
    // A pause of two seconds after each fetch, of up to five attempts.
    assert!(calls <= 5 * 1_800, "{calls} calls");
}
