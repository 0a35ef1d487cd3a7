//! Shared by the tests: instances of `LocalClerk`, a server with one route per extractor, requests and responses.
#![allow(dead_code, reason = "each binary uses its own part")]

pub mod browser;
pub mod configuration;
pub mod log;
pub mod outages;
pub mod raw_connection;
pub mod schema;
pub mod servers;
pub mod validator;

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use actix_test::TestServer;
use actix_web::{
    App, Either, HttpRequest, HttpResponse, Responder,
    http::header::HeaderMap,
    web::{self, ReqData, ServiceConfig},
};
use awc::{Client, ClientRequest, Connector};
use clerk_actix::{
    AnyToken, Auth, AuthError, Check, ClerkConfig, ClerkExt, ClerkMiddleware, Policy, RequireAuth, Session,
    WithPending,
    testing::{Behavior, LocalClerk},
};
use serde_json::Value;

use self::servers::serve;

/// A production instance with a stopped clock, so that no token expires while a test runs. In production a request
/// without cookies is unauthenticated; in development it would be redirected for a handshake.
pub fn local_clerk() -> LocalClerk {
    let clerk = LocalClerk::start_production().unwrap();
    clerk.clock().freeze();
    clerk
}

/// A development instance with a stopped clock.
pub fn development_clerk() -> LocalClerk {
    let clerk = LocalClerk::start().unwrap();
    clerk.clock().freeze();
    clerk
}

/// An instance of each kind, with its name.
pub fn instances() -> [(&'static str, LocalClerk); 2] {
    [("development", development_clerk()), ("production", local_clerk())]
}

/// A configuration that can also make tokens for a machine.
pub fn config_with_machine(clerk: &LocalClerk) -> ClerkConfig {
    clerk.config_builder().machine_secret_key(clerk.machine_secret_key()).build().unwrap()
}

/// Returns the eight characters that the names of an instance's suffixed cookies end in.
pub fn cookie_suffix(clerk: &LocalClerk) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use sha1::{Digest, Sha1};
    URL_SAFE_NO_PAD.encode(Sha1::digest(clerk.publishable_key()))[..8].to_owned()
}

/// Ways in which a call to Clerk fails, with none of them the caller's fault.
pub fn failures() -> [Behavior; 7] {
    [
        Behavior::Status(500),
        Behavior::Status(503),
        Behavior::Status(302),
        Behavior::TooManyRequests(seconds(30)),
        Behavior::Html,
        Behavior::CutShort,
        Behavior::Hang,
    ]
}

/// Returns an `api_timeout` that is short only if it has to run out: no other result may depend on how fast this
/// machine is.
pub fn timeout_for(behavior: &Behavior) -> Duration {
    if *behavior == Behavior::Hang { Duration::from_millis(300) } else { seconds(10) }
}

/// Raises the limit on open files, as far as the system permits, for tests with hundreds of connections.
pub fn allow_many_connections() {
    rlimit::increase_nofile_limit(16_384).unwrap();
}

/// A client whose requests each get their own connection, and wait as long as it takes.
pub fn client_for_many_requests() -> Client {
    allow_many_connections();
    Client::builder().connector(Connector::new().limit(1000)).disable_timeout().finish()
}

pub const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Admins of an organization pass.
pub struct Admin;

impl Policy for Admin {
    const REQUIRES: Check = Check::new().role("org:admin");
}

pub fn server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    serve(move || App::new().wrap(clerk.clone()).configure(routes))
}

pub fn routes(app: &mut ServiceConfig) {
    app.route("/auth", web::get().to(async |auth: Auth| web::Json(auth)))
        .route("/require", web::to(async |user: RequireAuth| user.user_id().to_owned()))
        .route("/json", web::get().to(async |user: RequireAuth| web::Json(user)))
        .route("/pending", web::get().to(async |auth: Auth<WithPending>| web::Json(auth)))
        .route("/require-pending", web::get().to(async |user: RequireAuth<WithPending>| user.user_id().to_owned()))
        .route("/any", web::get().to(async |caller: AnyToken| web::Json(caller)))
        .route("/either", web::get().to(async |caller: Auth<Either<Session, WithPending>>| web::Json(caller)))
        .route("/option", web::get().to(optional))
        .route("/result", web::get().to(result))
        .route("/require-in-handler", web::get().to(require_in_handler))
        .route("/req-data", web::get().to(async |session: ReqData<Session>| session.user_id().to_owned()))
        .route("/ext", web::get().to(async |req: HttpRequest| web::Json(req.auth())))
        .route("/public", web::get().to(async || "public"));
}

async fn optional(user: Option<RequireAuth>) -> impl Responder {
    user.map_or_else(|| "signed out".to_owned(), |user| user.user_id().to_owned())
}

async fn result(user: Result<RequireAuth, AuthError>) -> impl Responder {
    match user {
        Ok(user) => HttpResponse::Ok().body(user.user_id().to_owned()),
        Err(error) => HttpResponse::ImATeapot().body(error.to_string()),
    }
}

async fn require_in_handler(auth: Auth, req: HttpRequest) -> Result<impl Responder, AuthError> {
    Ok(auth.require(&req)?.user_id().to_owned())
}

/// A response.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    pub fn reason(&self) -> Option<&str> {
        self.header("x-clerk-auth-reason")
    }
}

pub async fn send(request: ClientRequest) -> Answer {
    let mut response = request.send().await.unwrap();
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

/// `GET path` with a bearer token.
pub async fn get(server: &TestServer, path: &str, token: &str) -> Answer {
    send(server.get(path).insert_header(bearer(token))).await
}

/// `GET path` by a browser that navigates to it.
pub fn navigation(server: &TestServer, path: &str) -> ClientRequest {
    server.get(path).insert_header(("Sec-Fetch-Dest", "document")).insert_header(("Accept", "text/html"))
}

/// The header for a token.
pub fn bearer(token: impl Display) -> (&'static str, String) {
    ("Authorization", format!("Bearer {token}"))
}

/// Returns a JWT's payload.
pub fn payload(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Waits for what another thread does.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < seconds(60), "it never came: {what}");
        actix_web::rt::task::yield_now().await;
    }
}
