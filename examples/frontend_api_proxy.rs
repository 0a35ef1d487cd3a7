//! An application that serves Clerk's Frontend API itself, below `/__clerk`, so that browsers talk to one host only.
//!
//! ```sh
//! cargo run --example frontend_api_proxy
//! ```
//!
//! Without keys, the Frontend API is that of [`LocalClerk`], a local Clerk inside the process. If
//! `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY` are set, it is Clerk's own, or the one at `CLERK_FAPI_URL`.
//! `CLIENT_ADDRESS_HEADER` names the header with the client's address, if there is a server in front. `PORT` sets the
//! port, and `WORKERS` the number of workers.

#[path = "support/page.rs"]
mod page;
mod support;

use actix_web::{App, HttpRequest, HttpServer, Responder, get, web};
use clerk_actix::{
    Auth, ClerkConfigBuilder, ClerkMiddleware, FrontendApiProxy,
    testing::{LocalClerk, SessionBuilder},
};
use maud::html;
use page::page;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let has_keys = std::env::var_os("CLERK_SECRET_KEY").is_some_and(|key| !key.is_empty());
    let local = if has_keys { None } else { Some(LocalClerk::start()?) };
    let builder = match &local {
        Some(local) => local.config_builder(),
        None => ClerkConfigBuilder::from_env()?,
    };
    let proxy = match std::env::var("CLIENT_ADDRESS_HEADER") {
        Ok(name) => FrontendApiProxy::new("/__clerk").client_address_header(name),
        Err(_) => FrontendApiProxy::new("/__clerk"),
    };
    let clerk = ClerkMiddleware::new(builder.frontend_api_proxy(proxy).build()?);
    let workers = std::env::var("WORKERS").ok().and_then(|workers| workers.parse().ok()).unwrap_or(2);
    let listener = support::listen("PORT", 3000)?;
    let server = HttpServer::new(move || {
        App::new().wrap(clerk.clone()).service((home, whoami)).default_service(web::to(async || "mine"))
    });
    // A client that has closed its side of the connection has gone: its calls to Clerk end at once.
    let server = server.h1_allow_half_closed(false).workers(workers).listen(listener)?;
    let port = server.addrs()[0].port();
    println!("listening {port}"); // for scripts that start the example
    print_what_to_try(local.as_ref(), port);
    Ok(server.run().await?)
}

/// A page that starts a handshake, through the proxy, if the browser's cookies do not settle who is signed in.
#[get("/")]
async fn home(auth: Auth) -> impl Responder {
    let content = html! {
        p { "User: " code { (auth.user_id().unwrap_or("nobody")) } }
        p { a href="/__clerk/v1/environment" { "The Frontend API, through this server" } }
    };
    page("Frontend API proxy", content)
}

/// What this server knows about the request, behind whatever is in front of it.
#[get("/whoami")]
async fn whoami(req: HttpRequest, auth: Auth) -> impl Responder {
    web::Json(serde_json::json!({
        "user_id": auth.user_id(),
        "peer": req.peer_addr().map(|peer| peer.ip()),
        "path": req.path(),
    }))
}

fn print_what_to_try(local: Option<&LocalClerk>, port: u16) {
    let site = format!("http://localhost:{port}");
    println!("\n  In a browser, open {site}. With curl:\n");
    println!("  # 200: Clerk's Frontend API, through this server\n  curl -i {site}/__clerk/v1/environment\n");
    println!("  # 200: signed out\n  curl -i {site}/whoami\n");
    if let Some(local) = local {
        let ada = &local.users()[0];
        let token = local.mint(for_an_hour(ada.session()));
        println!("  # 200: {}\n  curl -i -H 'Authorization: Bearer {token}' {site}/whoami\n", ada.name());
    }
}

fn for_an_hour(session: SessionBuilder) -> SessionBuilder {
    session.lifetime(std::time::Duration::from_secs(60 * 60))
}
