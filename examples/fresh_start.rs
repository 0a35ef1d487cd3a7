//! A new application: an API for a single-page application, a page for browsers, and a test.
//!
//! ```sh
//! cargo run --example fresh_start     # on LocalClerk, unless CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY are set
//! cargo test --example fresh_start
//! ```
//!
//! To start from it, make a crate, and copy this file to `src/main.rs`:
//!
//! ```sh
//! cargo new my-app && cd my-app
//! cargo add actix-cors actix-web
//! cargo add clerk-actix --features testing
//! ```
//!
//! `testing` brings `LocalClerk`. Before you deploy, delete the lines of `main` that use it, and leave it to the tests:
//! `cargo remove clerk-actix && cargo add clerk-actix && cargo add --dev clerk-actix --features testing`.

use std::{env, net::TcpListener, time::Duration};

use actix_cors::Cors;
use actix_web::{App, HttpServer, Responder, get, http::header, middleware::DefaultHeaders, post, web};
use clerk_actix::{
    Auth, Authorized, Check, ClerkConfig, ClerkMiddleware, Policy, RequireAuth,
    testing::{self, LocalClerk},
};

struct PublishPosts;
impl Policy for PublishPosts {
    const REQUIRES: Check = Check::new().permission("org:posts:publish");
}

#[get("/api/me")] // optional authentication: never rejects
async fn me(auth: Auth) -> impl Responder {
    web::Json(auth)
}

#[post("/api/posts")] // 401 without authentication, 403 without the permission
async fn publish(user: Authorized<PublishPosts>, body: String) -> impl Responder {
    format!("{} published {} bytes\n", user.user_id(), body.len())
}

#[get("/account")] // a page: browsers are redirected to sign-in and back
async fn account(user: RequireAuth) -> impl Responder {
    let head = r#"<!doctype html><meta name="viewport" content="width=device-width"><title>Account</title>
        <style>:root { color-scheme: light dark; font-family: system-ui }</style>"#;
    web::Html::new(format!("{head}<h1>Your account</h1><p>You are <code>{}</code>.</p>", user.user_id()))
}

fn routes(app: &mut web::ServiceConfig) {
    app.service((me, publish, account));
}

fn cors() -> Cors {
    let from_the_application = Cors::default().allowed_origin("http://localhost:5173");
    from_the_application.allowed_methods(["GET", "POST"]).allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}

/// Each user gets another response: no cache may give one to another user.
fn private() -> DefaultHeaders {
    DefaultHeaders::new().add(("Cache-Control", "private, no-store"))
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .map_err(|error| format!("port {port}: {error}. Set PORT to another one, e.g. PORT=3010"))?;
    let local = if env::var("CLERK_SECRET_KEY").is_ok() { None } else { Some(LocalClerk::start()?) };
    let config = local.as_ref().map_or_else(ClerkConfig::from_env, |local| Ok(local.config()))?;
    if let Some(local) = &local {
        print_what_to_try(local, listener.local_addr()?.port());
    }
    let clerk = ClerkMiddleware::new(config);
    // Middleware that is wrapped last runs first: CORS must be outermost.
    let app = move || App::new().configure(routes).wrap(clerk.clone()).wrap(private()).wrap(cors());
    HttpServer::new(app).listen(listener)?.run().await?;
    Ok(())
}

fn print_what_to_try(local: &LocalClerk, port: u16) {
    let site = format!("http://localhost:{port}");
    let user = testing::session("user_ada").lifetime(Duration::from_secs(60 * 60));
    let publisher = local.mint(user.clone().org_permissions(["org:posts:publish"]));
    println!("In a browser, open {site}/account and sign in. With curl:\n");
    println!("# 401: no token\ncurl -i -d Hello {site}/api/posts\n");
    for (what, token) in [("200: with the permission", publisher), ("403: without it", local.mint(user))] {
        println!("# {what}\ncurl -i -d Hello -H 'Authorization: Bearer {token}' {site}/api/posts\n");
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};
    use clerk_actix::testing::{self, TestRequestExt};

    use super::*;

    #[actix_web::test]
    async fn only_publishers_publish() {
        let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(testing::config()))).await;
        let post = || TestRequest::post().uri("/api/posts").set_payload("Hello");
        let publisher = testing::session("user_1").org_permissions(["org:posts:publish"]);
        assert_eq!(call_service(&app, post().signed_in(publisher).to_request()).await.status(), 200);
        assert_eq!(call_service(&app, post().signed_in("user_2").to_request()).await.status(), 403);
        assert_eq!(call_service(&app, post().to_request()).await.status(), 401);
    }
}
