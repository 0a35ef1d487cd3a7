//! The quickstart, and other pages, in a real browser: Chromium, through WebDriver.
//!
//! Needs `chromedriver` on the path, so a plain `cargo test` leaves it out: run it with `just browser`.

use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, dev::ServerHandle, web};
use actix_ws::CloseCode;
use clerk_actix::{
    ApiKey, Auth, ClerkConfig, ClerkMiddleware, RequireAuth,
    testing::{self, Endpoint, LocalClerk},
};
use serde_json::json;

use crate::{
    chromium::{Browser, Look},
    programs::{Npm::Missing, start},
};

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn the_quickstart_in_a_browser() {
    let (_quickstart, site) = start("quickstart", Missing);
    let browser = Browser::start().await;

    browser.visit(&site).await;
    browser.sees("p", "You are not signed in").await;
    browser.screenshot("home").await;

    browser.click("nav a[href='/dashboard']").await;
    browser.sees("h1", "Sign in").await;
    browser.screenshot("sign-in").await;
    browser.click("button[value=user_ada]").await;
    browser.sees("h1", "Dashboard").await;
    assert_eq!(browser.path().await, "/dashboard");
    browser.sees("dl", "user_ada").await;
    browser.screenshot("dashboard").await;

    browser.client.refresh().await.unwrap();
    browser.sees("h1", "Dashboard").await;

    // Half of the cookies are gone, as when a browser clears old ones: Clerk still recognizes the user.
    browser.client.delete_cookie("__session").await.unwrap();
    for cookie in browser.client.get_all_cookies().await.unwrap() {
        if cookie.name().starts_with("__session_") {
            browser.client.delete_cookie(cookie.name()).await.unwrap();
        }
    }
    browser.visit(&format!("{site}/dashboard")).await;
    browser.sees("h1", "Dashboard").await;

    // The loop guard counts for two seconds; people are slower than this test.
    browser.client.delete_cookie("__clerk_redirect_count").await.unwrap();
    browser.click("nav form button").await;
    browser.sees("p", "You are not signed in").await;
    browser.visit(&format!("{site}/dashboard")).await;
    browser.sees("h1", "Sign in").await;
    browser.client.close().await.unwrap();
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn the_quickstart_fits_on_a_phone() {
    let (_quickstart, site) = start("quickstart", Missing);
    let browser = Browser::start_on_a_phone().await;
    browser.visit(&site).await;
    browser.sees("p", "You are not signed in").await;
    let mut widths = vec![("home, signed out", browser.page_width().await)];
    browser.screenshot("home-on-a-phone").await;

    browser.click("nav a[href='/dashboard']").await;
    browser.click("button[value=user_ada]").await;
    browser.sees("h1", "Dashboard").await;
    widths.push(("dashboard", browser.page_width().await));
    browser.screenshot("dashboard-on-a-phone").await;

    browser.visit(&site).await;
    browser.sees("p", "You are signed in").await;
    widths.push(("home, signed in", browser.page_width().await));
    for (page, width) in widths {
        assert!(width <= 360, "{page} is {width} pixels wide");
    }
    browser.client.close().await.unwrap();
}

/// Sends the user's id, and closes when the token expires.
async fn live(user: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let (response, mut socket, mut messages) = actix_ws::handle(&req, body)?;
    actix_web::rt::spawn(async move {
        let _ = socket.text(user.user_id()).await;
        tokio::select! {
            () = user.expired() => drop(socket.close(Some((CloseCode::Other(4401), "token-expired").into())).await),
            _ = messages.recv() => {}
        }
    });
    Ok(response)
}

/// A server with a few routes; the test controls its clock and its Clerk.
fn serve(config: ClerkConfig) -> (ServerHandle, u16) {
    let clerk = ClerkMiddleware::new(config);
    let server = HttpServer::new(move || {
        App::new()
            .wrap(clerk.clone())
            .route("/", web::get().to(async |auth: Auth| auth.user_id().unwrap_or("signed out").to_owned()))
            .route("/mine", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .route("/programs", web::get().to(async |_: RequireAuth<ApiKey>| "for programs"))
            .route("/live", web::get().to(live))
    })
    .workers(1)
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .unwrap();
    let port = server.addrs()[0].port();
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, port)
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn a_token_expires_and_the_user_stays_signed_in() {
    for clerk in [LocalClerk::start().unwrap(), LocalClerk::start_production().unwrap()] {
        clerk.clock().freeze();
        let (server, port) = serve(clerk.config());
        let browser = Browser::start().await;
        browser.visit(&format!("http://localhost:{port}/mine")).await;
        browser.click("button[value=user_grace]").await;
        browser.sees("body", "user_grace").await;
        for _ in 0..3 {
            let (refreshes, handshakes) = (clerk.calls(Endpoint::Refresh), clerk.calls(Endpoint::Handshake));
            clerk.clock().advance(Duration::from_secs(300));
            browser.visit(&format!("http://localhost:{port}/mine")).await;
            browser.sees("body", "user_grace").await;
            // At least once: the browser also requests the favicon, with the same cookies.
            assert!(clerk.calls(Endpoint::Refresh) > refreshes);
            assert_eq!(clerk.calls(Endpoint::Handshake), handshakes, "without a redirect");
        }
        browser.client.close().await.unwrap();
        server.stop(false).await;
    }
}

/// Keys of two instances: each rejects the cookies that the other sets. The browser is not redirected forever.
#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn a_redirect_loop_is_cut() {
    let (clerk, other) = (LocalClerk::start().unwrap(), LocalClerk::start().unwrap());
    let config = clerk.config_builder().secret_key(other.secret_key()).api_url(other.api_url()).build().unwrap();
    let (server, port) = serve(config);
    let browser = Browser::start().await;
    browser.visit(&format!("http://localhost:{port}/")).await;
    browser.sees("body", "signed out").await;
    assert!(clerk.calls(Endpoint::Handshake) <= 3, "{}", clerk.calls(Endpoint::Handshake));
    browser.client.close().await.unwrap();
    server.stop(false).await;
}

/// The page that explains a rejection, on a desktop and on a phone, light and dark.
#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn the_development_page_is_readable_everywhere() {
    for (screen, options) in [("desktop", json!({})), ("phone", Browser::phone())] {
        for (look, preference) in [("light", Look::Light), ("dark", Look::Dark)] {
            let clerk = LocalClerk::start().unwrap();
            let builder = clerk.config_builder().authorized_parties(["http://localhost:3001"]);
            let (server, port) = serve(builder.build().unwrap());
            let browser = Browser::start_with_look(options.clone(), preference).await;
            browser.visit(&format!("http://localhost:{port}/mine")).await;
            browser.click("button[value=user_grace]").await;
            browser.sees("h2", "What happened").await;
            browser.sees("p", "CLERK_AUTHORIZED_PARTIES").await;
            browser.screenshot(&format!("not-signed-in-{screen}-{look}")).await;
            let narrow = browser.page_width().await;

            // A route for programs, opened with a session token.
            let token = clerk.mint(testing::session("user_grace").claim("azp", format!("http://localhost:{port}")));
            let cookie =
                format!("document.cookie = '__session={token}; path=/'; document.cookie = '__client_uat=1; path=/'");
            browser.client.execute(&cookie, Vec::new()).await.unwrap();
            browser.visit(&format!("http://localhost:{port}/programs")).await;
            browser.sees("dt", "authorized party").await;
            browser.screenshot(&format!("token-rejected-{screen}-{look}")).await;
            for width in [narrow, browser.page_width().await] {
                assert!(screen == "desktop" || width <= 360, "{screen}, {look}: {width} pixels wide");
            }
            browser.client.close().await.unwrap();
            server.stop(false).await;
        }
    }
}

/// The behavior of a real browser: which headers it sends with a WebSocket, which responses it accepts, and what its
/// pages see of the end.
#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn websockets_of_ones_own_pages_and_of_others() {
    /// Opens a WebSocket. Returns its first message and the selected protocol, or the code that it was closed with.
    const OPEN: &str = "const [url, protocols, done] = arguments;
        const socket = window.socket = new WebSocket(url, protocols);
        window.theEnd = new Promise((resolve) => { socket.onclose = ({ code, reason }) => resolve(`${code} ${reason}`); });
        socket.onmessage = ({ data }) => done(`${data} ${socket.protocol}`);
        window.theEnd.then(done);";
    const PROTOCOL: &str = "clerk-session-token";
    let (clerk, another) = (LocalClerk::start_production().unwrap(), LocalClerk::start_production().unwrap());
    clerk.clock().freeze();
    let config = clerk.config_builder().websocket_token_protocol(PROTOCOL).build().unwrap();
    let (server, port) = serve(config);
    let (elsewhere, other_port) = serve(another.config());
    let url = format!("ws://localhost:{port}/live");
    let browser = Browser::start().await;
    let open = async |protocols: &[&str]| {
        let arguments = vec![json!(url), json!(protocols)];
        browser.client.execute_async(OPEN, arguments).await.unwrap().as_str().unwrap().to_owned()
    };

    browser.visit(&format!("http://localhost:{port}/mine")).await;
    browser.click("button[value=user_grace]").await;
    browser.sees("body", "user_grace").await;
    assert_eq!(open(&[]).await, "user_grace ", "the cookies of the application's own page");
    clerk.clock().advance(Duration::from_secs(65));
    let closed = browser.client.execute_async("window.theEnd.then(arguments[0])", Vec::new()).await.unwrap();
    assert_eq!(closed, "4401 token-expired");
    assert_eq!(open(&[]).await, "user_grace ", "the session is renewed on the way");

    // Cookies ignore ports: they are sent from this page too.
    browser.visit(&format!("http://localhost:{other_port}/")).await;
    browser.sees("body", "signed out").await;
    assert_eq!(open(&[]).await, "1006 ");
    let token = clerk.session_token("user_ada");
    assert_eq!(open(&[PROTOCOL, &token]).await, format!("user_ada {PROTOCOL}"));
    assert_eq!(open(&[PROTOCOL, "a.b.c"]).await, "1006 ");
    browser.client.close().await.unwrap();
    server.stop(false).await;
    elsewhere.stop(false).await;
}
