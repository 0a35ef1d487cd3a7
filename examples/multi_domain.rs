//! One Clerk instance, two domains: a primary application, where users sign in, and a satellite that takes their
//! sessions from it.
//!
//! ```sh
//! cargo run --example multi_domain
//! ```
//!
//! The primary is `http://localhost:3000`, the satellite `http://127.0.0.1:3001`: two hosts on one machine, so browsers
//! do not share cookies between them. One process and one middleware serve both; the middleware chooses the
//! configuration for each request.

use actix_web::{App, HttpServer, Responder, dev::ServiceRequest, error::ErrorNotFound, get};
use clerk_actix::{Auth, ClerkMiddleware, RequireAuth, testing::LocalClerk};

const PRIMARY: &str = "localhost:3000";
const SATELLITE: &str = "127.0.0.1:3001";

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    let primary = local.config();
    let satellite = local
        .config_builder()
        .is_satellite(true)
        .domain(SATELLITE)
        // In development, a satellite redirects its visitors through a page of the primary, which passes on the dev
        // browser. Any page works, such as the primary's sign-in page.
        .sign_in_url(format!("http://{PRIMARY}/sign-in"))
        .build()?;

    let clerk = ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        // Reads `Host` itself: without a proxy, a client can forge the forwarded headers.
        let config = match req.headers().get("host").and_then(|host| host.to_str().ok()) {
            Some(PRIMARY) => Ok(primary.clone()),
            Some(SATELLITE) => Ok(satellite.clone()),
            _ => Err(ErrorNotFound(format!("unknown host: use {PRIMARY} or {SATELLITE}"))),
        };
        async { config }
    });

    println!("the primary:   http://{PRIMARY}/\nthe satellite: http://{SATELLITE}/members");
    HttpServer::new(move || App::new().wrap(clerk.clone()).service((home, members, sign_in)))
        .bind(("127.0.0.1", 3000))?
        .bind(("127.0.0.1", 3001))?
        .run()
        .await?;
    Ok(())
}

#[get("/")]
async fn home(auth: Auth) -> impl Responder {
    format!("you are {}", auth.user_id().unwrap_or("not signed in"))
}

#[get("/members")]
async fn members(user: RequireAuth) -> impl Responder {
    format!("welcome, {}", user.user_id())
}

/// The primary's sign-in page. It redirects users who are already signed in straight back.
#[get("/sign-in")]
async fn sign_in(auth: Auth, req: actix_web::HttpRequest) -> actix_web::Result<impl Responder> {
    // Anyone can put any `redirect_url` into a link, so it is followed only to the two known hosts (open redirect).
    let asked_for = actix_web::web::Query::<std::collections::HashMap<String, String>>::from_query(req.query_string())?;
    let known = [format!("http://{PRIMARY}/"), format!("http://{SATELLITE}/")];
    let back = asked_for.get("redirect_url").filter(|url| known.iter().any(|site| url.starts_with(site.as_str())));
    let back = back.cloned().unwrap_or_else(|| format!("http://{PRIMARY}/"));
    if auth.is_authenticated() {
        return Ok(actix_web::Either::Left(actix_web::web::Redirect::to(back).see_other()));
    }
    // Clerk redirects back to this page first, so that the primary gets the session too.
    Ok(actix_web::Either::Right(auth.redirect_to_sign_in(&req)?))
}
