//! A new application: an API for a single-page application, a page for browsers, and a test.
//!
//! ```sh
//! cargo run --example fresh_start     # on LocalClerk, unless CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY are set
//! cargo test --example fresh_start
//! ```

use actix_cors::Cors;
use actix_web::{App, HttpServer, Responder, get, http::header, post, web};
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
    web::Html::new(format!("<h1>Your account</h1><p>You are <code>{}</code>.</p>", user.user_id()))
}

fn routes(app: &mut web::ServiceConfig) {
    app.service((me, publish, account));
}

fn cors() -> Cors {
    let from_the_application = Cors::default().allowed_origin("http://localhost:5173");
    from_the_application.allowed_methods(["GET", "POST"]).allowed_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let local = if std::env::var("CLERK_SECRET_KEY").is_ok() { None } else { Some(LocalClerk::start()?) };
    let config = local.as_ref().map_or_else(ClerkConfig::from_env, |local| Ok(local.config()))?;
    if let Some(local) = &local {
        let token = local.mint(testing::session("user_ada").org_permissions(["org:posts:publish"]));
        println!("curl -d Hello -H 'Authorization: Bearer {token}' http://localhost:{port}/api/posts");
    }
    let clerk = ClerkMiddleware::new(config);
    // Middleware that is wrapped last runs first: CORS must be outermost.
    HttpServer::new(move || App::new().configure(routes).wrap(clerk.clone()).wrap(cors()))
        .bind(("127.0.0.1", port))
        .map_err(|error| format!("port {port}: {error}. Set PORT to another one, e.g. PORT=3010"))?
        .run()
        .await?;
    Ok(())
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
