//! Attacks: requests from other sites, sessions in caches, floods, hostile bytes.

mod caches;
mod cors;
mod csrf;
mod floods;
mod handshakes;
mod hostile_requests;
mod last_word;
mod mutations;
mod oracle;
mod revocations;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;
mod websocket_upgrades;

use actix_web::{
    App,
    http::header::HeaderMap,
    web::{self, ServiceConfig},
};
use clerk_actix::{ClerkMiddleware, RequireAuth, testing::LocalClerk};

use support::{
    browser::{Browser, Page},
    local_clerk, seconds,
    servers::serve,
};

/// Returns the cookies of a browser whose user has signed in at this host, as a `Cookie` header. Their session token is
/// valid for a minute, by the instance's clock.
async fn signed_in(clerk: &LocalClerk) -> String {
    let server = support::server(clerk.config());
    let mut browser = Browser::new();
    let page = browser.visit(&format!("http://localhost:{}/require", server.addr().port())).await;
    assert_eq!(browser.sign_in(&page, "user_ada").await.status, 200);
    let cookies: Vec<_> = browser.cookies().map(|(name, value)| format!("{name}={value}")).collect();
    cookies.join("; ")
}

/// The same with a session token that has expired since: renewing it takes a call to Clerk.
async fn expired(clerk: &LocalClerk) -> String {
    let cookies = signed_in(clerk).await;
    clerk.clock().advance(seconds(300));
    cookies
}

/// Visits a page of a production application with these routes, in a browser that has lost its session token, and
/// returns the page after the handshake that this takes.
async fn return_from_handshake(
    routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    path: &str,
) -> (Browser, Page) {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        App::new()
            .route("/me", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .configure(routes.clone())
            .wrap(middleware.clone())
    });
    let at = |path: &str| format!("http://localhost:{}{path}", server.addr().port());
    let mut browser = Browser::new();
    let page = browser.visit(&at("/me")).await;
    assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada");
    browser.forget("__session");
    let page = browser.visit(&at(path)).await;
    (browser, page)
}

/// Returns the values of a header, in order.
fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    headers.get_all(name).map(|value| value.to_str().unwrap()).collect()
}

/// Returns whether a response sets a session cookie.
fn sets_a_session(headers: &HeaderMap) -> bool {
    values(headers, "set-cookie").iter().any(|set| set.starts_with("__session"))
}
