//! Outages of Clerk: what each kind of request gets, by how long the outage has lasted. Nothing is restarted, and no
//! request waits longer than twice `api_timeout`.

use std::time::{Duration, Instant};

use actix_test::TestServer;
use actix_web::{App, HttpResponse, web};
use clerk_actix::{
    ApiKey, ClerkConfig, ClerkConfigBuilder, ClerkMiddleware, RequireAuth, Revocations, Webhook,
    testing::{
        self,
        Endpoint::{self, HandshakePayload, Jwks, Refresh, VerifyApiKey},
        LocalClerk,
    },
};

use super::{Answer, cookie_suffix, get, navigation, seconds, send, servers::serve};

/// The requests, and what they get while Clerk answers.
pub const REQUESTS: [(&str, u16); 9] = [
    ("a token", 200),
    ("a token with an unknown kid", 401),
    ("a made-up nonce", 302),
    ("a made-up refresh", 401),
    ("an API key that Clerk has confirmed before", 200),
    ("another API key", 200),
    ("a webhook", 200),
    ("a token whose session was revoked here", 401),
    ("a made-up nonce, with an expired token", 307),
];

/// What they get during an outage, in the same order, by the time since the last answer.
const OUTAGE: [(&str, u64, [u16; 9]); 4] = [
    ("while the keys are fresh", 60, [200, 503, 503, 503, 200, 503, 200, 401, 503]),
    ("when Clerk's word on the API key is five minutes old", 305, [200, 503, 503, 503, 503, 503, 200, 401, 503]),
    ("up to jwks_max_stale", 3_895, [200, 503, 503, 503, 503, 503, 200, 401, 503]),
    ("after that", 3_901, [503, 503, 503, 503, 503, 503, 200, 503, 503]),
];

/// What they get from a server that starts during an outage.
const COLD: [u16; 9] = [503, 503, 503, 503, 503, 503, 200, 503, 503];

/// What a server calls.
pub const ENDPOINTS: [Endpoint; 4] = [Jwks, HandshakePayload, Refresh, VerifyApiKey];

/// A reason why Clerk cannot be reached, which begins and ends.
pub trait Cause {
    fn begin(&self, clerk: &LocalClerk);

    fn end(&self, clerk: &LocalClerk);

    /// Returns how many calls were lost on the way to Clerk.
    fn lost(&self) -> u64;
}

/// A server, its Clerk, and what comes between them.
pub struct Case<C> {
    pub clerk: LocalClerk,
    cause: C,
    server: TestServer,
    known_key: String,
    longest: Duration,
}

impl<C: Cause> Case<C> {
    pub fn new(clerk: LocalClerk, cause: C, config: ClerkConfig) -> Self {
        let middleware = ClerkMiddleware::new(config);
        let server = serve(move || {
            App::new()
                .wrap(middleware.clone())
                .route("/session", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
                .route("/api-key", web::get().to(async |key: RequireAuth<ApiKey>| key.subject().to_owned()))
                .route("/webhook", web::post().to(async |_: Webhook| HttpResponse::Ok().finish()))
        });
        let known_key = clerk.mint(testing::api_key("user_1"));
        Self { clerk, cause, server, known_key, longest: Duration::ZERO }
    }

    /// Returns how many calls were made, to Clerk or in vain.
    fn calls(&self) -> u64 {
        ENDPOINTS.into_iter().map(|endpoint| self.clerk.calls(endpoint)).sum::<u64>() + self.cause.lost()
    }

    /// Makes all requests, and returns the status of each.
    pub async fn statuses(&mut self) -> [u16; 9] {
        let mut statuses = [0; 9];
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
            7 => get(server, "/session", &clerk.mint(session("user_gone").session_id("sess_gone"))).await,
            _ => {
                let seconds = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
                let expired = clerk.mint(session("user_1").claim("exp", seconds - 60));
                let cookies = format!("__session={expired}; __client_uat=1; __clerk_handshake_nonce=made-up-too");
                send(navigation(server, "/session").insert_header(("Cookie", cookies))).await
            }
        }
    }
}

/// Makes all requests before, during and after an outage, and those of a server that starts meanwhile. `builder` makes
/// configurations that reach Clerk by a way that the cause can break.
pub async fn go_through<C: Cause>(
    fault: &str,
    clerk: LocalClerk,
    cause: C,
    builder: impl Fn(&LocalClerk) -> ClerkConfigBuilder,
    timeout: Duration,
) {
    let revocations = Revocations::new();
    let config = || builder(&clerk).api_timeout(timeout).revocations(revocations.clone()).build().unwrap();
    let (config, cold) = (config(), config());
    let healthy = REQUESTS.map(|(_, status)| status);
    let mut case = Case::new(clerk, cause, config);
    revocations.end_session("sess_gone");
    assert_eq!(case.statuses().await, healthy, "{fault}: before");
    let before = case.calls();
    case.cause.begin(&case.clerk);
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
    case.cause.end(&case.clerk);
    case.clerk.clock().advance(seconds(60));
    assert_eq!(case.statuses().await, healthy, "{fault}: and it recovers without a restart");
    let longest = case.longest;
    assert!(longest < timeout * 2 + seconds(20), "{fault}: a request waited for {longest:?}");

    // A server that starts meanwhile.
    let mut case = Case::new(case.clerk, case.cause, cold);
    case.cause.begin(&case.clerk);
    assert_eq!(case.statuses().await, COLD, "{fault}: at a start");
    case.cause.end(&case.clerk);
    case.clerk.clock().advance(seconds(60));
    assert_eq!(case.statuses().await, healthy, "{fault}: and it recovers without a restart");
    println!("{fault}: {during} calls for 72 requests at four times within 65 minutes, the longest took {longest:?}");
}
