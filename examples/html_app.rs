//! Server-rendered pages for teams: the URL selects the active organization, and the middleware asks Clerk to switch if
//! the session has another one.
//!
//! ```sh
//! cargo run --example html_app
//! ```
//!
//! Visit `/orgs/acme` and `/orgs/globex` as Ada, who belongs to both, and as Grace, who belongs to one. Without keys,
//! the example runs on [`LocalClerk`]. `PORT` sets the port.

mod support;

use actix_web::{App, HttpServer, Responder, get, web};
use clerk_actix::{
    Auth, ClerkConfig, ClerkConfigBuilder, ClerkMiddleware, OrganizationSync, RequireAuth, Session, testing::LocalClerk,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `_local` lives as long as the server. If keys are set, it is not started.
    let (_local, builder) = clerk()?;
    let sync = OrganizationSync::new()
        .organization_pattern("/orgs/:slug")
        .organization_pattern("/orgs/:slug/(.*)")
        .personal_account_pattern("/me");
    let config: ClerkConfig = builder.organization_sync(sync).build()?;
    let clerk = ClerkMiddleware::new(config);

    let listener = support::listen("PORT", 3000)?;
    println!("open http://localhost:{}", listener.local_addr()?.port());
    HttpServer::new(move || App::new().wrap(clerk.clone()).service((home, me, organization)))
        .listen(listener)?
        .run()
        .await?;
    Ok(())
}

fn clerk() -> Result<(Option<LocalClerk>, ClerkConfigBuilder), Box<dyn std::error::Error>> {
    if std::env::var("CLERK_PUBLISHABLE_KEY").is_ok_and(|key| !key.is_empty()) {
        return Ok((None, ClerkConfigBuilder::from_env()?));
    }
    let local = LocalClerk::start()?;
    let builder = local.config_builder();
    Ok((Some(local), builder))
}

#[get("/")]
async fn home(auth: Auth) -> impl Responder {
    let who = auth.user_id().unwrap_or("not signed in");
    page("Teams", auth.authenticated(), html! { p { "You are " code { (who) } "." } })
}

/// A page for the personal account: visiting it makes no organization active.
#[get("/me")]
async fn me(user: RequireAuth) -> impl Responder {
    page("My own account", Some(&user), html! { p { "Only you can see this page, " code { (user.user_id()) } "." } })
}

/// Before the handler runs, the middleware has asked Clerk to make the organization active. Clerk does so for members
/// only, so trust the session, never the path.
#[get("/orgs/{slug}")]
async fn organization(user: RequireAuth, slug: web::Path<String>) -> impl Responder {
    if user.org_slug() != Some(slug.as_str()) {
        return page("Team not found", Some(&user), html! { p { "This team does not exist, or is not yours." } });
    }
    let content = html! {
        p { "You are " code { (user.org_role().unwrap_or("a guest")) } " in this team, with these permissions:" }
        ul { @for permission in user.org_permissions() { li { code { (permission) } } } }
    };
    page(&slug, Some(&user), content)
}

fn page(title: &str, session: Option<&Session>, content: Markup) -> web::Html {
    let active = session.and_then(Session::org_slug);
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
                    a.brand href="/" { "Teams" }
                    nav {
                        @for slug in ["acme", "globex"] {
                            a href={ "/orgs/" (slug) } { @if active == Some(slug) { strong { (slug) } } @else { (slug) } }
                        }
                        a href="/me" { "me" }
                    }
                }
                main { h1 { (title) } (content) }
            }
        }
    };
    web::Html::new(markup.into_string())
}
