//! Other middleware around Clerk's and inside it, with the real crates: each order that makes sense works, and each that
//! does not shows what docs/middleware.md says of it.

mod compress;
mod cookies;
mod cors;
mod errors;
mod logger;
mod nesting;
mod paths;
#[path = "../support/mod.rs"]
mod support;

use actix_test::TestServer;
use actix_web::web::{self, ServiceConfig};
use awc::ClientRequest;
use clerk_actix::{Authorized, Check, ClerkMiddleware, Policy, RequireAuth, testing::LocalClerk};

struct Admin;
impl Policy for Admin {
    const REQUIRES: Check = Check::new().role("org:admin");
}

async fn me(user: RequireAuth) -> String {
    user.user_id().to_owned()
}

async fn admin(user: Authorized<Admin>) -> String {
    user.user_id().to_owned()
}

fn routes(app: &mut ServiceConfig) {
    app.route("/me", web::to(me)).route("/admin", web::to(admin)).route("/public", web::to(async || "public"));
}

/// A server of this application, of which `clerk` and the like are cloned into each worker.
macro_rules! serve {
    ($app:expr) => {
        actix_test::start_with(actix_test::config().disable_redirects(), move || $app)
    };
}
use serve;

fn production() -> (LocalClerk, ClerkMiddleware) {
    let clerk = support::local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    (clerk, middleware)
}

/// Where a browser that navigates is sent to Clerk first, to find out who it is.
fn development() -> (LocalClerk, ClerkMiddleware) {
    let clerk = LocalClerk::start().unwrap();
    clerk.clock().freeze();
    let middleware = ClerkMiddleware::new(clerk.config());
    (clerk, middleware)
}

fn navigation(server: &TestServer, path: &str) -> ClientRequest {
    server.get(path).insert_header(("Sec-Fetch-Dest", "document")).insert_header(("Accept", "text/html"))
}

fn bearer(clerk: &LocalClerk, user: &str) -> (&'static str, String) {
    ("Authorization", format!("Bearer {}", clerk.session_token(user)))
}
