//! Other middleware outside and inside Clerk's, with the real crates.
//!
//! Each order that makes sense works, and each other one behaves as docs/middleware.md describes.

mod compress;
mod connections;
mod cookies;
mod cors;
mod errors;
mod logger;
mod nesting;
mod paths;
mod together;

use std::{collections::BTreeSet, fs, path::Path};

use actix_web::web::{self, ServiceConfig};
use clerk_actix::{Authorized, ClerkMiddleware, RequireAuth, testing::LocalClerk};

use crate::support::{self, Admin, development_clerk, local_clerk, servers::serve};

async fn me(user: RequireAuth) -> String {
    user.user_id().to_owned()
}

async fn admin(user: Authorized<Admin>) -> String {
    user.user_id().to_owned()
}

fn routes(app: &mut ServiceConfig) {
    app.route("/me", web::to(me)).route("/admin", web::to(admin)).route("/public", web::to(async || "public"));
}

fn production() -> (LocalClerk, ClerkMiddleware) {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    (clerk, middleware)
}

/// A development instance, where a navigating browser is first redirected to Clerk for a handshake.
fn development() -> (LocalClerk, ClerkMiddleware) {
    let clerk = development_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    (clerk, middleware)
}

/// The header of a signed-in user's requests.
fn bearer(clerk: &LocalClerk, user: &str) -> (&'static str, String) {
    support::bearer(clerk.session_token(user))
}

/// The last cells of the tables in docs/middleware.md name exactly these tests.
#[test]
fn every_row_has_its_test_and_every_test_its_row() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let page = fs::read_to_string(root.join("docs/middleware.md")).unwrap();
    let cells = page.lines().filter(|line| line.starts_with('|')).filter_map(|row| row.rsplit('|').nth(1));
    let named = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let mut tests = Vec::new();
    for entry in fs::read_dir(root.join("tests/web/middleware_order")).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        let after = source.split("#[actix_web::test]\nasync fn ").skip(1);
        tests.extend(after.map(|test| test.split('(').next().unwrap().to_owned()));
    }
    assert!(tests.len() > 20);
    assert_eq!(named.collect::<BTreeSet<String>>(), tests.into_iter().collect());
}
