//! Clerk's own JavaScript and components under the Content-Security-Policy of `ClerkCsp`.

use actix_web::{App, HttpServer, web};
use clerk_actix::{ClerkCsp, ClerkJs, ClerkMiddleware, testing::LocalClerk};
use serde_json::json;

use crate::{
    chromium::Browser,
    page::{SIGN_IN_ADA, local_clerk},
};

async fn page(clerk_js: ClerkJs) -> web::Html {
    web::Html::new(format!("<!doctype html><title>Page</title>{}<div id=\"component\"></div>", clerk_js.with_ui()))
}

/// Everything that a policy has blocked since the page was opened. The reports come in order, so that all of them have come
/// when that of one more violation has.
const VIOLATIONS: &str = "return await new Promise((done) => {
    const seen = [], last = 'img-src https://elsewhere.example/x.png';
    new ReportingObserver((reports) => {
        seen.push(...reports.map(({ body }) => `${body.effectiveDirective} ${body.blockedURL}`));
        if (seen.includes(last)) done(seen.filter((violation) => violation !== last));
    }, { types: ['csp-violation'], buffered: true }).observe();
    new Image().src = 'https://elsewhere.example/x.png';
})";

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn nothing_of_clerks_is_blocked() {
    type Form = fn(ClerkCsp) -> ClerkCsp;
    let forms: [(&str, Form); 2] = [("strict", |csp| csp), ("compatible", |csp: ClerkCsp| csp.compatible())];
    for (form, change) in forms {
        for by_proxy in [true, false] {
            let clerk = local_clerk().start().unwrap();
            let name = format!("{form}, by the proxy: {by_proxy}");
            let (server, site) = serve(&clerk, change, by_proxy);
            let browser = Browser::start().await;
            browser.visit(&site).await;
            browser.run("await clerkLoaded; Clerk.mountSignIn(component)").await;
            browser.sees("h1", "Sign in").await;
            let seen = browser.run(VIOLATIONS).await;
            assert_eq!(seen, json!([]), "{name}");
            browser.run(SIGN_IN_ADA).await;
            browser.visit(&site).await;
            browser.run("await clerkLoaded; Clerk.mountUserProfile(component)").await;
            browser.sees("h1", "Profile details").await;
            assert_eq!(browser.run(VIOLATIONS).await, json!([]), "{name}");
            browser.client.close().await.unwrap();
            server.stop(false).await;
        }
    }
}

fn serve(
    clerk: &LocalClerk,
    change: fn(ClerkCsp) -> ClerkCsp,
    by_proxy: bool,
) -> (actix_web::dev::ServerHandle, String) {
    let builder = clerk.config_builder();
    let builder = if by_proxy { builder.frontend_api_proxy("/__clerk") } else { builder };
    let config = builder.build().unwrap();
    let csp = change(ClerkCsp::of(&config));
    let middleware = ClerkMiddleware::new(config);
    let server =
        HttpServer::new(move || App::new().route("/", web::get().to(page)).wrap(csp.clone()).wrap(middleware.clone()));
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://localhost:{}", server.addrs()[0].port());
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, url)
}
