//! One Clerk instance, two domains: a primary application, where users sign in, and a satellite that takes their
//! sessions from it.
//!
//! ```sh
//! cargo run --example multi_domain
//! ```
//!
//! The primary is `http://localhost:3000`, the satellite `http://127.0.0.1:3001`: two hosts on one machine, so browsers
//! do not share cookies between them. `PORT` and `SATELLITE_PORT` set the ports. One process and one middleware serve
//! both; the middleware chooses the configuration for each request.

#[path = "support/page.rs"]
mod page;
mod support;

use std::time::Duration;

use actix_web::{
    App, HttpServer, Responder, dev::ServiceRequest, error::ErrorNotFound, get, middleware::DefaultHeaders, web,
};
use clerk_actix::{Auth, ClerkMiddleware, RequireAuth, testing::LocalClerk};
use maud::html;
use page::page;

/// The hosts of the two domains.
#[derive(Clone)]
struct Hosts {
    primary: String,
    satellite: String,
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listeners = (support::listen("PORT", 3000)?, support::listen("SATELLITE_PORT", 3001)?);
    let hosts = Hosts {
        primary: format!("localhost:{}", listeners.0.local_addr()?.port()),
        satellite: format!("127.0.0.1:{}", listeners.1.local_addr()?.port()),
    };
    let local = LocalClerk::start()?;
    let primary = local.config();
    let satellite = local
        .config_builder()
        .is_satellite(true)
        .domain(&hosts.satellite)
        // In development, a satellite redirects its visitors through a page of the primary, which passes on the dev
        // browser. Any page works, such as the primary's sign-in page.
        .sign_in_url(format!("http://{}/sign-in", hosts.primary))
        .build()?;

    print_what_to_try(&local, &hosts);
    let known = hosts.clone();
    let clerk = ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        // Reads `Host` itself: without a proxy, a client can forge the forwarded headers.
        let config = match req.headers().get("host").and_then(|host| host.to_str().ok()) {
            Some(host) if host == known.primary => Ok(primary.clone()),
            Some(host) if host == known.satellite => Ok(satellite.clone()),
            _ => Err(ErrorNotFound(format!("unknown host: use {} or {}", known.primary, known.satellite))),
        };
        async { config }
    });

    let hosts = web::Data::new(hosts);
    HttpServer::new(move || {
        App::new()
            .app_data(hosts.clone())
            .service((home, members, sign_in))
            .wrap(clerk.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "private, no-store"))) // each user gets another page
    })
    .listen(listeners.0)?
    .listen(listeners.1)?
    .run()
    .await?;
    Ok(())
}

fn print_what_to_try(local: &LocalClerk, hosts: &Hosts) {
    let Hosts { primary, satellite } = hosts;
    println!("\n  In a browser, open http://{satellite}/members, sign in at the primary, and see http://{primary}/\n");
    let token = local.mint(local.users()[0].session().lifetime(Duration::from_secs(60 * 60)));
    for host in [primary, satellite] {
        println!("  # 401: no token\n  curl -i http://{host}/members\n");
        println!(
            "  # 200: one token for both domains\n  curl -i -H 'Authorization: Bearer {token}' http://{host}/members\n"
        );
    }
}

#[get("/")]
async fn home(auth: Auth) -> impl Responder {
    page("Home", html! { p { "You are " code { (auth.user_id().unwrap_or("not signed in")) } "." } })
}

#[get("/members")]
async fn members(user: RequireAuth) -> impl Responder {
    page("For members", html! { p { "Welcome, " code { (user.user_id()) } "." } })
}

/// The primary's sign-in page. It redirects users who are already signed in straight back.
#[get("/sign-in")]
async fn sign_in(
    auth: Auth,
    req: actix_web::HttpRequest,
    hosts: web::Data<Hosts>,
) -> actix_web::Result<impl Responder> {
    // Anyone can put any `redirect_url` into a link, so it is followed only to the two known hosts (open redirect).
    let asked_for = web::Query::<std::collections::HashMap<String, String>>::from_query(req.query_string())?;
    let known = [format!("http://{}/", hosts.primary), format!("http://{}/", hosts.satellite)];
    let back = asked_for.get("redirect_url").filter(|url| known.iter().any(|site| url.starts_with(site.as_str())));
    let back = back.cloned().unwrap_or_else(|| known[0].clone());
    if auth.is_authenticated() {
        return Ok(actix_web::Either::Left(web::Redirect::to(back).see_other()));
    }
    // Clerk redirects back to this page first, so that the primary gets the session too.
    Ok(actix_web::Either::Right(auth.redirect_to_sign_in(&req)?))
}
