//! A small server-rendered application with Clerk: a public page, a protected page and a JSON API.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! Without keys, it starts [`LocalClerk`], a local Clerk inside the process, which needs no account and no network. If
//! `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY` are set, it uses the real Clerk. `PORT` sets the port.

mod support;

use actix_web::{App, HttpRequest, HttpServer, Responder, get, middleware::DefaultHeaders, web};
use clerk_actix::{
    AnyToken, Auth, ClerkConfig, ClerkMiddleware, Principal, RequireAuth,
    testing::{LocalClerk, SessionBuilder},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_the_terminal();
    let site = web::Data::new(Site::start()?);
    let clerk = ClerkMiddleware::new(site.config.clone()); // build it once: all workers share its keys and caches
    let listener = support::listen("PORT", 3000)?;

    let for_app = site.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(for_app.clone())
            .service((home, dashboard, me, private, caller))
            .wrap(clerk.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "private, no-store"))) // each user gets another response
    })
    .listen(listener)?;
    site.print_what_to_do(server.addrs()[0].port());
    Ok(server.run().await?)
}

/// A public page that shows the signed-in user, if any.
#[get("/")]
async fn home(auth: Auth, req: HttpRequest, site: web::Data<Site>) -> impl Responder {
    let content = html! {
        p.lead {
            @match auth.user_id() {
                Some(user_id) => { "You are signed in as " code { (user_id) } "." }
                None => "You are not signed in. This page does not require it."
            }
        }
        ul.cards {
            li { a href="/dashboard" { strong { "The dashboard" } small { "a handler with " code { "RequireAuth" } ": redirects visitors to sign-in" } } }
            li { a href="/api/me" { strong { "GET /api/me" } small { "a handler with " code { "Auth" } ": the signed-in user, if any" } } }
            li { a href="/api/caller" { strong { "GET /api/caller" } small { "a handler with " code { "AnyToken" } ": a caller of any type" } } }
        }
    };
    site.page("Welcome", &auth, &req, content)
}

/// A protected page: redirects a browser that is not signed in to sign-in and back.
#[get("/dashboard")]
async fn dashboard(user: RequireAuth, req: HttpRequest, site: web::Data<Site>) -> impl Responder {
    let content = html! {
        p.lead { "Only signed-in users see this page. The handler knows the following about you:" }
        dl {
            dt { "user" } dd { code { (user.user_id()) } }
            dt { "session" } dd { code { (user.session_id().unwrap_or("none")) } }
            dt { "organization" } dd { code { (user.org_slug().or(user.org_id()).unwrap_or("none")) } }
            dt { "role" } dd { code { (user.org_role().unwrap_or("none")) } }
            dt { "permissions" } dd {
                @for permission in user.org_permissions() { code { (permission) } " " }
                @if user.org_permissions().is_empty() { code { "none" } }
            }
        }
    };
    site.page("Dashboard", &Auth::Authenticated(user.into_inner()), &req, content)
}

/// Returns the caller, if any, as the JSON of Clerk's auth object. Never rejects.
#[get("/api/me")]
async fn me(auth: Auth) -> impl Responder {
    web::Json(auth)
}

/// For signed-in users: an API client without a token gets 401.
#[get("/api/private")]
async fn private(user: RequireAuth) -> impl Responder {
    web::Json(serde_json::json!({ "message": format!("Hello {}", user.user_id()) }))
}

/// For a caller of any type.
#[get("/api/caller")]
async fn caller(caller: AnyToken) -> impl Responder {
    match caller {
        AnyToken::Authenticated(Principal::Session(session)) => format!("user {}\n", session.user_id()),
        AnyToken::Authenticated(other) => format!("a {}\n", other.token_type()),
        AnyToken::Unauthenticated(why) => format!("not authenticated: {}\n", why.reason()),
    }
}

/// The Clerk instance that the pages use.
struct Site {
    config: ClerkConfig,
    local: Option<LocalClerk>,
}

impl Site {
    fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let is_set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
        if is_set("CLERK_SECRET_KEY") || is_set("CLERK_PUBLISHABLE_KEY") {
            return Ok(Self { config: ClerkConfig::from_env()?, local: None });
        }
        let local = LocalClerk::start()?;
        Ok(Self { config: local.config(), local: Some(local) })
    }

    fn print_what_to_do(&self, port: u16) {
        let site = format!("http://localhost:{port}");
        println!("\n  In a browser, open {site} and visit the dashboard.\n\n  With curl:\n");
        println!("  # 401: no token\n  curl -i {site}/api/private\n");
        match &self.local {
            Some(local) => {
                let ada = &local.users()[0];
                let token = local.mint(for_an_hour(ada.session()));
                println!("  # 200: {}\n  curl -i -H 'Authorization: Bearer {token}' {site}/api/private\n", ada.name());
                println!(
                    "  This runs on LocalClerk, a local stand-in for Clerk. To use Clerk itself, set \
                     CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY.\n"
                );
            }
            None => {
                println!(
                    "  # 200: a session token. To get one, run `await Clerk.session.getToken()` in the browser's \
                     console"
                );
                println!("  curl -i -H \"Authorization: Bearer $TOKEN\" {site}/api/private\n");
                println!("  This uses the Clerk instance {}.\n", self.config.frontend_api());
            }
        }
    }

    fn page(&self, title: &str, auth: &Auth, req: &HttpRequest, content: Markup) -> impl Responder + use<> {
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · clerk-actix" }
                    style { (PreEscaped(include_str!("quickstart.css"))) }
                }
                body {
                    header {
                        a.brand href="/" { "clerk-actix" }
                        nav {
                            a href="/dashboard" { "Dashboard" }
                            @if auth.is_authenticated() { (self.sign_out(req)) } @else { a.button href="/dashboard" { "Sign in" } }
                        }
                    }
                    main { h1 { (title) } (content) }
                    @if self.local.is_none() { (self.clerk_js()) }
                }
            }
        };
        web::Html::new(markup.into_string())
    }

    fn sign_out(&self, req: &HttpRequest) -> Markup {
        let Some(local) = &self.local else {
            return html! { button onclick="Clerk.signOut({ redirectUrl: '/' })" { "Sign out" } };
        };
        let back = format!("http://{}/", req.connection_info().host());
        let mut action = url::Url::parse(&local.sign_out_url()).expect("LocalClerk's address is a URL");
        action.query_pairs_mut().append_pair("redirect_url", &back);
        if let Some(dev_browser) = req.cookie("__clerk_db_jwt") {
            action.query_pairs_mut().append_pair("__clerk_db_jwt", dev_browser.value());
        }
        html! { form method="post" action=(action) { button { "Sign out" } } }
    }

    /// Clerk's JavaScript, for signing out. Signing in and staying signed in need none: the middleware handles both.
    fn clerk_js(&self) -> Markup {
        let src = format!("https://{}/npm/@clerk/clerk-js@6/dist/clerk.browser.js", self.config.frontend_api());
        html! {
            script async crossorigin="anonymous" data-clerk-publishable-key=(self.config.publishable_key()) src=(src) {}
            script { (PreEscaped("addEventListener('load', () => Clerk.load());")) }
        }
    }
}

/// Logs why this crate rejects requests, and warnings from everything else.
fn log_to_the_terminal() {
    use tracing_subscriber::{filter::Targets, fmt, prelude::*};
    let filter = Targets::new().with_default(tracing::Level::WARN).with_target("clerk_actix", tracing::Level::INFO);
    tracing_subscriber::registry().with(fmt::layer()).with(filter).init();
}

fn for_an_hour(session: SessionBuilder) -> SessionBuilder {
    session.lifetime(std::time::Duration::from_secs(60 * 60))
}
