//! An API for every type of caller: one route for each type, and one for all.
//!
//! ```sh
//! cargo run --example machine_tokens
//! ```
//!
//! The example runs on [`LocalClerk`], a local Clerk inside the process, and prints a curl command for each caller.
//! `PORT` sets the port.

mod support;

use actix_web::{App, Either, HttpServer, Responder, get};
use clerk_actix::{
    AnyToken, ApiKey, Auth, Authorized, Check, ClerkMiddleware, M2mToken, OAuthToken, Policy, Principal, RequireAuth,
    Session,
    testing::{self, LocalClerk},
};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    // Remembers a verified key for ten seconds, without another call to Clerk. A revoked key works that much longer.
    let config = local.config_builder().machine_token_cache(std::time::Duration::from_secs(10)).build()?;
    let clerk = ClerkMiddleware::new(config);

    let listener = support::listen("PORT", 3000)?;
    let server =
        HttpServer::new(move || App::new().wrap(clerk.clone()).service((me, export, reindex, profile, orders, whoami)))
            .listen(listener)?;
    print_what_to_do(&local, server.addrs()[0].port());
    Ok(server.run().await?)
}

/// For a user's own browser or application.
#[get("/me")]
async fn me(user: RequireAuth) -> impl Responder {
    format!("user {}\n", user.user_id())
}

/// The scope that an API key must have.
struct ReadOrders;

impl Policy for ReadOrders {
    const REQUIRES: Check = Check::new().scope("orders:read");
}

/// For a customer's program, with an API key that may read orders: 403 for any other key.
#[get("/export")]
async fn export(key: Authorized<ReadOrders, ApiKey>) -> impl Responder {
    format!("orders of {}, requested with the key {:?}\n", key.subject(), key.name())
}

/// For our other services.
#[get("/reindex")]
async fn reindex(machine: RequireAuth<M2mToken>) -> impl Responder {
    format!("machine {}\n", machine.machine_id())
}

/// For a third-party application that a user has authorized.
#[get("/profile")]
async fn profile(app: RequireAuth<OAuthToken>) -> impl Responder {
    format!("{} on behalf of {} with {:?}\n", app.client_id(), app.user_id(), app.scopes())
}

/// For users and their programs: accepts a session or an API key.
#[get("/orders")]
async fn orders(caller: RequireAuth<Either<Session, ApiKey>>) -> impl Responder {
    match &*caller {
        Either::Left(session) => format!("orders of {}, for a person\n", session.user_id()),
        Either::Right(key) => format!("orders of {}, for a program\n", key.subject()),
    }
}

/// For any caller: never rejects.
#[get("/whoami")]
async fn whoami(caller: AnyToken) -> impl Responder {
    match &caller {
        Auth::Authenticated(Principal::Session(session)) => format!("user {}\n", session.user_id()),
        Auth::Authenticated(Principal::ApiKey(key)) => format!("key {} with {:?}\n", key.id(), key.scopes()),
        Auth::Authenticated(other) => format!("a caller with a token of type {}\n", other.token_type()),
        Auth::Unauthenticated(why) => format!("not authenticated: {}\n", why.reason()),
    }
}

fn print_what_to_do(local: &LocalClerk, port: u16) {
    let hour = std::time::Duration::from_secs(60 * 60);
    let session = local.mint(local.users()[0].session().lifetime(hour));
    let key = testing::api_key("user_ada").name("Nightly export").lifetime(hour);
    let (key, other) = (local.mint(key.clone().scopes(["orders:read"])), local.mint(key));
    let machine = testing::m2m_token(local.machine_id()).lifetime(hour);
    let (machine, machine_jwt) = (local.mint(machine.clone()), local.mint(machine.jwt()));
    let app = testing::oauth_token("user_ada").client_id("client_1").scopes(["profile"]);
    let app = local.mint(app.lifetime(hour));
    println!();
    for (what, path, token) in [
        ("200: a user", "me", &session),
        ("200: an API key", "export", &key),
        ("403: an API key without the scope", "export", &other),
        ("200: another service", "reindex", &machine),
        ("200: another service, whose token is a JWT", "reindex", &machine_jwt),
        ("200: a third-party application", "profile", &app),
        ("200: a route for users and API keys, and a user", "orders", &session),
        ("200: the same route, and an API key", "orders", &key),
        ("401: a route for users, and an API key", "me", &key),
        ("200: a route for any of these tokens", "whoami", &app),
    ] {
        println!("  # {what}\n  curl -i -H 'Authorization: Bearer {token}' http://localhost:{port}/{path}\n");
    }
}
