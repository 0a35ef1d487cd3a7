//! Pages in a real browser: the examples, and Clerk's tags under their Content-Security-Policy.
//!
//! Needs `chromedriver` on the path, so a plain `cargo test` leaves it out: run it with `just browser`.

use actix_web::{App, HttpResponse, HttpServer, Responder, dev::ServerHandle, http::header, web};
use clerk_actix::{ClerkCsp, ClerkJs, ClerkMiddleware, CspNonce, testing::LocalClerk};
use serde_json::json;

use crate::{
    chromium::Browser,
    programs::{Npm::Missing, start},
};

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn the_single_page_application_on_a_desktop_and_on_a_phone() {
    for screen in ["desktop", "phone"] {
        let (_spa, site) = start("spa", Missing);
        let browser = if screen == "phone" { Browser::start_on_a_phone().await } else { Browser::start().await };
        browser.visit(&site).await;
        browser.sees("p", "You are not signed in").await;
        browser.click("#publish").await;
        browser.sees("pre", "401").await;
        browser.screenshot(&format!("spa-signed-out-{screen}")).await;
        let mut widths = vec![browser.page_width().await];

        browser.click("#sign-in").await;
        browser.click("button[value=user_ada]").await;
        browser.sees("p", "You are signed in as user_ada").await;
        browser.click("#me").await;
        browser.sees("pre", "\"sessionStatus\": \"active\"").await;
        browser.screenshot(&format!("spa-signed-in-{screen}")).await;
        browser.click("#publish").await;
        browser.sees("pre", "published_by").await;
        widths.push(browser.page_width().await);

        browser.click("#sign-out button").await;
        browser.sees("p", "You are not signed in").await;
        for width in widths {
            assert!(screen == "desktop" || width <= 360, "{width} pixels wide");
        }
        browser.client.close().await.unwrap();
    }
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn the_pages_for_teams_on_a_desktop_and_on_a_phone() {
    for screen in ["desktop", "phone"] {
        let (_html_app, site) = start("html_app", Missing);
        let browser = if screen == "phone" { Browser::start_on_a_phone().await } else { Browser::start().await };
        browser.visit(&format!("{site}/orgs/acme")).await;
        browser.click("button[value=user_ada]").await;
        browser.sees("h1", "acme").await;
        browser.screenshot(&format!("teams-acme-{screen}")).await;
        let mut widths = vec![browser.page_width().await];
        browser.click("nav a[href='/orgs/globex']").await;
        browser.sees("h1", "globex").await;
        browser.click("nav form button").await;
        browser.sees("p", "not signed in").await;
        browser.screenshot(&format!("teams-signed-out-{screen}")).await;
        widths.push(browser.page_width().await);
        for width in widths {
            assert!(screen == "desktop" || width <= 360, "{width} pixels wide");
        }
        browser.client.close().await.unwrap();
    }
}

/// A page with Clerk's tags, and with scripts that an attacker might have inserted.
async fn page(clerk_js: ClerkJs, nonce: CspNonce, elsewhere: web::Data<Elsewhere>) -> impl Responder {
    let clerk_js = clerk_js.with_ui().load_option("text", HOSTILE);
    let elsewhere = &elsewhere.0;
    web::Html::new(format!(
        r#"<!doctype html>
        <meta charset="utf-8">
        <title>Page</title>
        <script nonce="{nonce}">
            window.violations = [];
            window.ran = [];
            addEventListener("securitypolicyviolation", (e) => violations.push(e.effectiveDirective), true);
        </script>
        {clerk_js}
        <script>ran.push("inline")</script>
        <script src="/own.js"></script>
        <script src="{elsewhere}/script.js"></script>
        <base href="{elsewhere}/">
        <p onclick="ran.push('handler')">A page</p>
        <form action="http://localhost/to-sign-in"></form>
        <script nonce="{nonce}">
            document.querySelector("p").click();
            const more = document.createElement("script");
            more.src = "{elsewhere}/script.js?added";
            document.head.append(more);
            window.baseURI = document.baseURI;
        </script>"#
    ))
}

/// The origin of another server.
struct Elsewhere(String);

const HOSTILE: &str = "</script><script nonce='x'>ran.push('option')</script>\u{2028}\\\"'";

fn script(text: &'static str) -> actix_web::Route {
    web::get().to(move || async move {
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/javascript")).body(text)
    })
}

fn redirect_to(location: String) -> actix_web::Route {
    web::get().to(move || {
        let location = location.clone();
        async move { HttpResponse::Found().insert_header((header::LOCATION, location)).finish() }
    })
}

const CLERK_JS: &str = "window.Clerk = { load: async (options) => { window.seen = options; } };";
const UI: &str = "window.__internal_ClerkUICtor = class Components {};";

/// A server whose own pages stand in for Clerk's files. `is_complete` is false if one of them is missing.
fn serve(
    clerk: &LocalClerk,
    elsewhere: &str,
    change: fn(ClerkCsp) -> ClerkCsp,
    is_complete: bool,
) -> (ServerHandle, u16) {
    let builder = clerk.config_builder().enable_handshake(false).proxy_url("/__clerk");
    let config = builder.build().unwrap();
    let csp = change(ClerkCsp::of(&config));
    let (middleware, elsewhere) = (ClerkMiddleware::new(config), elsewhere.to_owned());
    let sign_in_url = clerk.sign_in_url();
    let server = HttpServer::new(move || {
        let clerk_js = "/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js";
        let own = App::new()
            .app_data(web::Data::new(Elsewhere(elsewhere.clone())))
            .route("/page", web::get().to(page))
            .route("/own.js", script("ran.push('own')"))
            .route("/script.js", script("ran.push(new URL(document.currentScript.src).search || 'elsewhere')"))
            .route("/to-sign-in", redirect_to(sign_in_url.clone()))
            .route("/away", redirect_to(format!("{elsewhere}/arrived")))
            .route("/arrived", web::get().to(async || "arrived"))
            .route(clerk_js, script(CLERK_JS));
        let ui = web::resource("/__clerk/npm/@clerk/ui@1/dist/ui.browser.js");
        let ui = if is_complete { ui.route(script(UI)) } else { ui };
        own.service(ui).wrap(csp.clone()).wrap(middleware.clone())
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
async fn clerks_tags_run_under_their_policy_and_an_attackers_scripts_do_not() {
    let clerk = LocalClerk::start().unwrap();
    let (other, other_port) = serve(&clerk, "http://localhost:1", |csp| csp, true);
    let elsewhere = format!("http://127.0.0.1:{other_port}");
    let strict: fn(ClerkCsp) -> ClerkCsp = |csp| csp;
    let (always, added, own, host) = ("script-src-elem", "?added", "own", "base-uri");
    let inline = "script-src-attr";
    for (name, change, ran, violations) in [
        // A script with the nonce may add others from anywhere.
        ("strict", strict, vec![added], vec![inline, always, always, always, host]),
        ("compatible", |csp: ClerkCsp| csp.compatible(), vec![own], vec![inline, always, always, always, host]),
    ] {
        let (server, port) = serve(&clerk, &elsewhere, change, true);
        let site = format!("http://localhost:{port}");
        let browser = Browser::start().await;
        browser.visit(&format!("{site}/page")).await;
        let loaded = browser.run("await clerkLoaded; return { ...seen, ui: seen.ui.ClerkUI.name };").await;
        assert_eq!(loaded["text"], HOSTILE, "{name}");
        assert_eq!(loaded["ui"], "Components", "{name}");
        assert_eq!(loaded["nonce"].as_str().map(str::len), Some(24), "{name}");
        let loaded =
            "if (document.readyState !== 'complete') await new Promise((loaded) => addEventListener('load', loaded)); ";
        let found = browser.run(&format!("{loaded} return [ran, violations.sort(), baseURI];")).await;
        let mut violations = violations;
        violations.sort_unstable();
        assert_eq!(found, json!([ran, violations, format!("{site}/page")]), "{name}");

        // A form whose handler redirects to the sign-in page works, and one that redirects elsewhere does not.
        browser.visit(&format!("{site}/page")).await;
        let submit =
            |path: &str| format!("const form = document.forms[0]; form.action = '{site}{path}'; form.submit();");
        browser.run(&submit("/away")).await;
        browser.run(&submit("/to-sign-in")).await;
        browser.sees("h1", "Sign in").await;
        browser.client.close().await.unwrap();
        server.stop(false).await;
    }
    other.stop(false).await;
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn a_file_that_is_missing_is_an_error_in_the_page() {
    let clerk = LocalClerk::start().unwrap();
    let (server, port) = serve(&clerk, "http://localhost:1", |csp| csp, false);
    let browser = Browser::start().await;
    browser.visit(&format!("http://localhost:{port}/page")).await;
    let error = browser.run("return clerkLoaded.then(() => 'loaded', (error) => error.message)").await;
    let file = format!("http://localhost:{port}/__clerk/npm/@clerk/ui@1/dist/ui.browser.js");
    assert_eq!(error, format!("Clerk's JavaScript did not load: {file}"));
    browser.client.close().await.unwrap();
    server.stop(false).await;
}
