//! A server with one route per extractor, in front of a `LocalClerk`.
#![allow(dead_code, reason = "each test file uses its own part")]

pub mod browser;

use actix_test::TestServer;
use actix_web::{
    App, Either, HttpRequest, HttpResponse, Responder,
    http::header::HeaderMap,
    web::{self, ReqData, ServiceConfig},
};
use awc::ClientRequest;
use clerk_actix::{
    AnyToken, Auth, AuthError, ClerkConfig, ClerkExt, ClerkMiddleware, RequireAuth, Session, WithPending,
    testing::LocalClerk,
};
use serde_json::Value;

/// A production instance with a stopped clock, so that no token expires while a test runs. In production a request
/// without cookies is unauthenticated; in development it would be redirected for a handshake.
pub fn local_clerk() -> LocalClerk {
    let clerk = LocalClerk::start_production().unwrap();
    clerk.clock().freeze();
    clerk
}

pub fn server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    let options = actix_test::config().disable_redirects();
    actix_test::start_with(options, move || App::new().wrap(clerk.clone()).configure(routes))
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
    user.map_or_else(|| "nobody".to_owned(), |user| user.user_id().to_owned())
}

async fn result(user: Result<RequireAuth, AuthError>) -> impl Responder {
    match user {
        Ok(user) => HttpResponse::Ok().body(user.user_id().to_owned()),
        Err(error) => HttpResponse::ImATeapot().body(error.to_string()),
    }
}

async fn require_in_handler(auth: Auth) -> Result<impl Responder, AuthError> {
    Ok(auth.require()?.user_id().to_owned())
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
    send(server.get(path).insert_header(("Authorization", format!("Bearer {token}")))).await
}

/// Returns a JWT's payload.
pub fn payload(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
