//! Rules that browsers and caches enforce, against a real server: no response with a session in it may be stored, no
//! attacker's parameter relaxes CORS, and only the application's own pages act with a visitor's cookies.

mod caches;
mod cors;
mod csrf;
mod last_word;
#[path = "../support/mod.rs"]
mod support;
mod websocket_upgrades;

use std::time::Duration;

use actix_web::http::header::HeaderMap;
use clerk_actix::testing::LocalClerk;
use support::browser::Browser;

/// A development and a production instance, with stopped clocks.
fn instances() -> [(&'static str, LocalClerk); 2] {
    let development = LocalClerk::start().unwrap();
    development.clock().freeze();
    [("development", development), ("production", support::local_clerk())]
}

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
    clerk.clock().advance(Duration::from_secs(300));
    cookies
}

/// Returns the values of a header, in order.
fn values<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    headers.get_all(name).map(|value| value.to_str().unwrap()).collect()
}

/// Returns whether a response sets a session cookie.
fn sets_a_session(headers: &HeaderMap) -> bool {
    values(headers, "set-cookie").iter().any(|set| set.starts_with("__session"))
}
