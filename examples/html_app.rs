//! Server-rendered pages for teams: the URL selects the active organization, and the middleware asks Clerk to switch if
//! the session has another one.
//!
//! ```sh
//! cargo run --example html_app
//! ```
//!
//! Visit `/orgs/acme` and `/orgs/globex` as Ada, who belongs to both, and as Grace, who belongs to one. Without keys,
//! the example runs on [`LocalClerk`](clerk_actix::testing::LocalClerk). `PORT` sets the port.

#[path = "support/instance.rs"]
mod instance;
mod support;

use std::{
    future::{Ready, ready},
    time::Duration,
};

use actix_web::{
    App, Error, FromRequest, HttpRequest, HttpServer, Responder,
    dev::Payload,
    get,
    middleware::DefaultHeaders,
    post,
    web::{self, Redirect},
};
use clerk_actix::{
    Auth, ClerkApiError, ClerkClient, ClerkCsp, ClerkJs, ClerkMiddleware, CspNonce, OrganizationSync, RequireAuth,
    Revocations, Session, WithPending,
};
use instance::Instance;
use maud::{DOCTYPE, Markup, PreEscaped, html};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sync = OrganizationSync::new()
        .organization_pattern("/orgs/:slug")
        .organization_pattern("/orgs/:slug/(.*)")
        .personal_account_pattern("/me");
    let revocations = Revocations::new();
    let instance = Instance::start(|builder| builder.organization_sync(sync).revocations(revocations.clone()))?;
    let clerk = ClerkMiddleware::new(instance.config.clone());
    let csp = ClerkCsp::of(&instance.config);

    let listener = support::listen("PORT", 3000)?;
    print_what_to_try(&instance, listener.local_addr()?.port());
    let instance = web::Data::new(instance);
    let revocations = web::Data::new(revocations);
    HttpServer::new(move || {
        App::new()
            .app_data(instance.clone())
            .app_data(revocations.clone())
            .service((home, me, organization, sign_out))
            .wrap(csp.clone())
            .wrap(clerk.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "private, no-store"))) // each user gets another page
    })
    .listen(listener)?
    .run()
    .await?;
    Ok(())
}

#[get("/")]
async fn home(auth: Auth, layout: Layout) -> impl Responder {
    let who = auth.user_id().unwrap_or("not signed in");
    layout.page("Teams", auth.authenticated(), html! { p { "You are " code { (who) } "." } })
}

/// A page for the personal account: visiting it makes no organization active.
#[get("/me")]
async fn me(user: RequireAuth, layout: Layout) -> impl Responder {
    layout.page(
        "My own account",
        Some(&user),
        html! { p { "Only you can see this page, " code { (user.user_id()) } "." } },
    )
}

/// Before the handler runs, the middleware has asked Clerk to make the organization active. Clerk does so for members
/// only, so trust the session, never the path.
#[get("/orgs/{slug}")]
async fn organization(user: RequireAuth, slug: web::Path<String>, layout: Layout) -> impl Responder {
    if user.org_slug() != Some(slug.as_str()) {
        return layout.page(
            "Team not found",
            Some(&user),
            html! { p { "This team does not exist, or is not yours." } },
        );
    }
    let content = html! {
        p { "You are " code { (user.org_role().unwrap_or("a guest")) } " in this team, with these permissions:" }
        ul { @for permission in user.org_permissions() { li { code { (permission) } } } }
    };
    layout.page(&slug, Some(&user), content)
}

/// Signs out, on pages without Clerk's JavaScript too: ends the session at Clerk, and on this server at once. The next
/// page finds the session ended, and Clerk takes back its cookies.
#[post("/sign-out")]
async fn sign_out(
    auth: Auth<WithPending>,
    clerk: ClerkClient,
    revocations: web::Data<Revocations>,
) -> Result<impl Responder, ClerkApiError> {
    if let Some(session_id) = auth.authenticated().and_then(|session| session.session_id()) {
        revocations.end_session(session_id);
        clerk.sessions().revoke(session_id).await?;
    }
    Ok(Redirect::to("/").see_other())
}

/// What every page has: an extractor, so that handlers say only what is theirs.
struct Layout {
    /// Clerk's tags, and the nonce for the page's own script. `None` if the instance does not serve Clerk's JavaScript.
    clerk_js: Option<(ClerkJs, CspNonce)>,
}

impl FromRequest for Layout {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let serves_clerk_js = req.app_data::<web::Data<Instance>>().is_some_and(|instance| instance.serves_clerk_js());
        let of_the_page = || {
            let clerk_js = ClerkJs::from_request(req, payload).into_inner()?;
            Ok((clerk_js.with_ui(), CspNonce::from_request(req, payload).into_inner()?))
        };
        ready(serves_clerk_js.then(of_the_page).transpose().map(|clerk_js| Self { clerk_js }))
    }
}

impl Layout {
    fn page(&self, title: &str, session: Option<&Session>, content: Markup) -> web::Html {
        let active = session.and_then(Session::org_slug);
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) " · clerk-actix" }
                    style { (PreEscaped(include_str!("quickstart.css"))) }
                    @if let Some((clerk_js, nonce)) = &self.clerk_js {
                        (PreEscaped(clerk_js))
                        script nonce=(nonce) { (PreEscaped(SHOW_USER)) }
                    }
                }
                body {
                    header {
                        a.brand href="/" { "Teams" }
                        nav {
                            @for slug in ["acme", "globex"] {
                                a href={ "/orgs/" (slug) } { @if active == Some(slug) { strong { (slug) } } @else { (slug) } }
                            }
                            a href="/me" { "me" }
                            @if session.is_some() && self.clerk_js.is_some() { span #user {} }
                            @if session.is_some() { form method="post" action="/sign-out" { button { "Sign out" } } }
                        }
                    }
                    main { h1 { (title) } (content) }
                }
            }
        };
        web::Html::new(markup.into_string())
    }
}

/// Shows Clerk's menu of the signed-in user.
const SHOW_USER: &str = "clerkLoaded.then((clerk) => {
    const menu = document.getElementById('user');
    if (menu && clerk.user) clerk.mountUserButton(menu);
});";

fn print_what_to_try(instance: &Instance, port: u16) {
    let site = format!("http://localhost:{port}");
    println!("\n  In a browser, open {site} and visit both teams, then sign out.\n\n  With curl:\n");
    println!("  # 401: nobody is signed in\n  curl -i {site}/me\n");
    if let Some(local) = &instance.local {
        let ada = &local.users()[0];
        let token = local.mint(ada.session().lifetime(Duration::from_secs(60 * 60)));
        println!("  # 200: {} in Acme", ada.name());
        println!("  curl -i -H 'Authorization: Bearer {token}' {site}/orgs/acme\n");
    }
    instance.introduce();
}
