//! Signing out by a form of the application, without Clerk's JavaScript, as the guide describes it.

use actix_test::TestServer;
use actix_web::{
    App, Responder,
    web::{self, Data, Redirect},
};
use clerk_actix::{Auth, ClerkApiError, ClerkClient, ClerkMiddleware, RequireAuth, Revocations, testing::LocalClerk};

use crate::support::{browser::Browser, get, instances, seconds, send, servers::serve};

async fn sign_out(
    auth: Auth,
    clerk: ClerkClient,
    revocations: Data<Revocations>,
) -> Result<impl Responder, ClerkApiError> {
    if let Some(session_id) = auth.session_id() {
        clerk.sessions().revoke(session_id).await?;
        revocations.end_session(session_id);
    }
    Ok(Redirect::to("/").see_other())
}

fn application(clerk: &LocalClerk) -> TestServer {
    let revocations = Revocations::new();
    let config = clerk.config_builder().revocations(revocations.clone()).build().unwrap();
    let clerk = ClerkMiddleware::new(config);
    serve(move || {
        App::new()
            .app_data(Data::new(revocations.clone()))
            .route("/", web::get().to(async |auth: Auth| auth.user_id().unwrap_or("nobody").to_owned()))
            .route("/private", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .route("/token", web::get().to(async |user: RequireAuth| user.raw_token().to_owned()))
            .route("/sign-out", web::post().to(sign_out))
            .wrap(clerk.clone())
    })
}

async fn signed_in(site: &str) -> Browser {
    let mut browser = Browser::new();
    let page = browser.visit(&format!("{site}/private")).await;
    assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada");
    browser
}

#[actix_web::test]
async fn the_next_page_sees_nobody() {
    for (name, clerk) in instances() {
        let server = application(&clerk);
        let site = format!("http://localhost:{}", server.addr().port());
        let mut browser = signed_in(&site).await;
        let mut other = signed_in(&site).await;
        let token = browser.visit(&format!("{site}/token")).await.body;
        assert_eq!(get(&server, "/private", &token).await.status, 200, "{name}");

        browser.visited.clear();
        let page = browser.submit(&format!("{site}/sign-out"), &[]).await;
        assert_eq!((page.status, page.body.as_str(), page.url.path()), (200, "nobody", "/"), "{name}");
        assert_eq!(page.url.query(), None, "{name}");
        assert_eq!(browser.visit(&format!("{site}/private")).await.url.path(), "/sign-in", "{name}");
        let answer = get(&server, "/private", &token).await;
        assert_eq!((answer.status, answer.header("x-clerk-auth-reason")), (401, Some("session-revoked")), "{name}");

        assert_eq!(other.visit(&format!("{site}/private")).await.body, "user_ada", "{name}: another browser's session");
    }
}

/// The form of a page that was open for longer than a token lives.
#[actix_web::test]
async fn an_expired_token_signs_out_all_the_same() {
    for (name, clerk) in instances() {
        let server = application(&clerk);
        let site = format!("http://localhost:{}", server.addr().port());
        let mut browser = signed_in(&site).await;
        clerk.clock().advance(seconds(300));
        let cookies = browser.cookies().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        // By this header the middleware knows that the form is the application's own.
        let form = server
            .post("/sign-out")
            .insert_header(("Cookie", cookies))
            .insert_header(("Sec-Fetch-Site", "same-origin"));
        let answer = send(form).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{name}");
        assert_eq!(browser.visit(&format!("{site}/private")).await.url.path(), "/sign-in", "{name}");
    }
}

/// Another site's page cannot sign a visitor out.
#[actix_web::test]
async fn a_form_of_another_site_signs_nobody_out() {
    for (name, clerk) in instances() {
        let server = application(&clerk);
        let site = format!("http://localhost:{}", server.addr().port());
        let mut browser = signed_in(&site).await;
        let cookies = browser.cookies().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        let form =
            server.post("/sign-out").insert_header(("Cookie", cookies)).insert_header(("Sec-Fetch-Site", "cross-site"));
        let answer = send(form.insert_header(("Origin", "https://evil.example"))).await;
        assert_eq!(answer.header("x-clerk-auth-reason"), Some("cross-origin-request"), "{name}");
        assert_eq!(browser.visit(&format!("{site}/private")).await.body, "user_ada", "{name}");
    }
}
