//! A single-page application: a page with Clerk's JavaScript, an API that it calls with `getToken()`, and a call that asks
//! for the password again.
//!
//! ```sh
//! cargo run --example spa
//! ```
//!
//! Without keys, it runs on [`LocalClerk`](clerk_actix::testing::LocalClerk), a local Clerk inside the process. If
//! `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY` are set, it uses the real Clerk. `PORT` sets the port.

#[path = "support/instance.rs"]
mod instance;
mod support;

use std::time::Duration;

use actix_web::{
    App, HttpRequest, HttpServer, Responder, get,
    http::header,
    middleware::DefaultHeaders,
    post,
    web::{self, Redirect},
};
use clerk_actix::{
    Auth, AuthError, Authorized, Check, ClerkApiError, ClerkClient, ClerkCsp, ClerkJs, ClerkMiddleware, CspNonce,
    Policy, Reverification, Revocations,
};
use instance::Instance;
use maud::{DOCTYPE, PreEscaped, html};

/// Users who have entered their password, or another first factor, within the last minute.
struct Verified;

impl Policy for Verified {
    const REQUIRES: Check = Check::new().reverification(Reverification::first_factor(Duration::from_secs(60)));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let revocations = Revocations::new();
    let instance = Instance::start(|builder| builder.revocations(revocations.clone()))?;
    let clerk = ClerkMiddleware::new(instance.config.clone());
    // Scripts run only with the nonce of the response, and Clerk's components have what they need.
    let csp = ClerkCsp::of(&instance.config).merge("frame-ancestors 'none'")?;
    let listener = support::listen("PORT", 3000)?;
    print_what_to_try(&instance, listener.local_addr()?.port());

    let instance = web::Data::new(instance);
    let revocations = web::Data::new(revocations);
    HttpServer::new(move || {
        App::new()
            .app_data(instance.clone())
            .app_data(revocations.clone())
            .service((page, script, me, publish, sign_in, sign_out))
            .wrap(csp.clone())
            .wrap(clerk.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "private, no-store"))) // each user gets another response
    })
    .listen(listener)?
    .run()
    .await?;
    Ok(())
}

/// The page. It is the same for everybody: the script asks the API who is signed in.
#[get("/")]
async fn page(clerk_js: ClerkJs, nonce: CspNonce, instance: web::Data<Instance>) -> impl Responder {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Posts · clerk-actix" }
                style { (PreEscaped(include_str!("quickstart.css"))) }
                @if instance.serves_clerk_js() { (PreEscaped(clerk_js.with_ui().load_option("afterSignOutUrl", "/"))) }
                script type="module" src="/spa.js" nonce=(nonce) {}
            }
            body {
                header {
                    a.brand href="/" { "Posts" }
                    nav {
                        a.button #sign-in href="/sign-in" hidden { "Sign in" }
                        form #sign-out method="post" action="/sign-out" hidden { button { "Sign out" } }
                    }
                }
                main {
                    h1 { "Posts" }
                    p.lead #who { "…" }
                    p.actions {
                        button #me { "GET /api/me" }
                        button #publish { "POST /api/publish" }
                    }
                    p { small { "To publish, you must have entered your password within the last minute." } }
                    pre #answer {}
                }
            }
        }
    };
    web::Html::new(markup.into_string())
}

#[get("/spa.js")]
async fn script() -> impl Responder {
    include_str!("spa.js").customize().insert_header((header::CONTENT_TYPE, "text/javascript; charset=utf-8"))
}

/// The signed-in user, if any.
#[get("/api/me")]
async fn me(auth: Auth) -> impl Responder {
    web::Json(auth)
}

/// For users who have just verified who they are. Anybody else gets the response that Clerk's components wait for.
#[post("/api/publish")]
async fn publish(user: Authorized<Verified>) -> impl Responder {
    web::Json(serde_json::json!({ "published_by": user.user_id() }))
}

/// Redirects to the sign-in page and back, for a browser without Clerk's JavaScript.
#[get("/sign-in")]
async fn sign_in(auth: Auth, req: HttpRequest) -> Result<impl Responder, AuthError> {
    Ok(auth.redirect_to_sign_in(&req)?.return_to("/"))
}

/// Ends the session at Clerk and on this server, for a browser without Clerk's JavaScript.
#[post("/sign-out")]
async fn sign_out(
    auth: Auth,
    clerk: ClerkClient,
    revocations: web::Data<Revocations>,
) -> Result<impl Responder, ClerkApiError> {
    if let Some(session_id) = auth.session_id() {
        revocations.end_session(session_id);
        clerk.sessions().revoke(session_id).await?;
    }
    Ok(Redirect::to("/").see_other())
}

fn print_what_to_try(instance: &Instance, port: u16) {
    let site = format!("http://localhost:{port}");
    println!(
        "\n  In a browser, open {site}: sign in, call the API, publish, wait two minutes, publish again.\n\n  With curl:\n"
    );
    println!("  # 401: no token\n  curl -i -X POST {site}/api/publish\n");
    if let Some(local) = &instance.local {
        let ada = &local.users()[0];
        let token = |verified: Duration| {
            let hour = Duration::from_secs(60 * 60);
            local.mint(ada.session().lifetime(hour).factor_verification_age(verified, None))
        };
        let (fresh, old) = (token(Duration::ZERO), token(Duration::from_secs(10 * 60)));
        println!("  # 200: {}, who has just entered her password", ada.name());
        println!("  curl -i -X POST -H 'Authorization: Bearer {fresh}' {site}/api/publish\n");
        println!("  # 403: the same ten minutes later; Clerk's components ask for the password when they see this");
        println!("  curl -i -X POST -H 'Authorization: Bearer {old}' {site}/api/publish\n");
    }
    instance.introduce();
}
