//! Clerk's middleware on App, Scope and Resource, under a condition, and before middleware that reads the caller.

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::{Condition, Next, from_fn},
    web,
};
use clerk_actix::{
    Auth, ClerkConfig, ClerkExt, ClerkMiddleware, require, require_auth,
    testing::{self, Behavior, Endpoint, LocalClerk},
};

use super::{admin, development, me, production, routes, serve};
use crate::support::{
    Admin,
    browser::{Browser, Page},
    get, navigation, send,
    servers::serve_with,
};

fn an_admin(clerk: &LocalClerk) -> String {
    clerk.mint(testing::session("user_1").org_id("org_1").org_role("org:admin"))
}

/// A middleware that reads the caller, like an audit log, a rate limiter or a multi-tenant database.
async fn says_who(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let who = req.auth().user_id().unwrap_or("signed out").to_owned();
    let mut response = next.call(req).await?;
    response.headers_mut().insert(HeaderName::from_static("x-who"), HeaderValue::from_str(&who).unwrap());
    Ok(response)
}

fn nested(clerk: &ClerkMiddleware, app: &mut web::ServiceConfig) {
    app.service(web::scope("/scope").wrap(require::<Admin>()).wrap(clerk.clone()).configure(routes))
        .service(web::resource("/resource").wrap(require::<Admin>()).wrap(clerk.clone()).route(web::get().to(admin)))
        .service(
            web::scope("/outer").wrap(clerk.clone()).service(
                web::scope("/inner")
                    .wrap(require_auth())
                    .service(web::resource("/admin").wrap(require::<Admin>()).route(web::get().to(me))),
            ),
        );
}

#[actix_web::test]
async fn clerk_outside_require() {
    let (clerk, middleware) = production();
    let (user, admin) = (clerk.session_token("user_1"), an_admin(&clerk));
    let on_parts = middleware.clone();
    let parts_alone = serve(move || App::new().configure(|app| nested(&on_parts, app)));
    let twice = middleware.clone();
    let and_the_app = serve(move || App::new().configure(|app| nested(&twice, app)).wrap(twice.clone()));
    let guarded = serve(move || App::new().configure(routes).wrap(require::<Admin>()).wrap(middleware.clone()));
    for (server, paths) in [
        (&parts_alone, &["/scope/me", "/resource", "/outer/inner/admin"][..]),
        (&and_the_app, &["/scope/me", "/resource", "/outer/inner/admin"]),
        (&guarded, &["/me", "/public"]),
    ] {
        for path in paths {
            assert_eq!(send(server.get(*path)).await.status, 401, "{path}");
            assert_eq!(send(navigation(server, path)).await.status, 302, "{path}");
            assert_eq!(get(server, path, &user).await.status, 403, "{path}");
            assert_eq!(get(server, path, &admin).await.status, 200, "{path}");
        }
    }
    assert_eq!(get(&guarded, "/none", &user).await.status, 403);
    assert_eq!(get(&guarded, "/none", &admin).await.status, 404);
}

#[actix_web::test]
async fn clerk_inside_require_is_an_error() {
    let (clerk, middleware) = production();
    let admin = an_admin(&clerk);
    let server = serve(move || {
        App::new()
            .service(web::scope("/auth").wrap(middleware.clone()).wrap(require_auth()).configure(routes))
            .service(web::scope("/policy").wrap(middleware.clone()).wrap(require::<Admin>()).configure(routes))
            .service(
                web::scope("/nested")
                    .wrap(require::<Admin>())
                    .service(web::resource("/me").wrap(middleware.clone()).route(web::get().to(me))),
            )
    });
    for path in ["/auth/me", "/policy/me", "/nested/me"] {
        assert_eq!(get(&server, path, &admin).await.status, 500, "{path}");
        assert_eq!(send(server.get(path)).await.status, 500, "{path}");
    }
}

#[actix_web::test]
async fn clerk_on_one_scope_leaves_the_others_without() {
    let (clerk, middleware) = production();
    let server = serve(move || {
        App::new().service(web::scope("/in").wrap(middleware.clone()).configure(routes)).configure(routes)
    });
    let token = clerk.session_token("user_1");
    assert_eq!(get(&server, "/in/me", &token).await.status, 200);
    assert_eq!(get(&server, "/me", &token).await.status, 500, "closed, and a log line says why");
    assert_eq!(get(&server, "/public", &token).await.status, 200);
}

#[actix_web::test]
async fn clerk_under_a_condition() {
    let (clerk, middleware) = production();
    let token = clerk.session_token("user_1");
    for (is_on, status) in [(true, 200), (false, 500)] {
        let middleware = middleware.clone();
        let server = serve(move || App::new().configure(routes).wrap(Condition::new(is_on, middleware.clone())));
        assert_eq!(get(&server, "/me", &token).await.status, status, "{is_on}");
    }
    let server = serve(move || {
        App::new().configure(routes).wrap(Condition::new(true, require::<Admin>())).wrap(middleware.clone())
    });
    assert_eq!(get(&server, "/public", &token).await.status, 403);
}

#[actix_web::test]
async fn middleware_that_asks_inside_clerk() {
    let (clerk, middleware) = production();
    let server = serve(move || App::new().configure(routes).wrap(from_fn(says_who)).wrap(middleware.clone()));
    assert_eq!(get(&server, "/public", &clerk.session_token("user_1")).await.header("x-who"), Some("user_1"));
    assert_eq!(send(server.get("/me")).await.header("x-who"), Some("signed out"));
}

#[actix_web::test]
async fn middleware_that_asks_outside_clerk_finds_no_caller() {
    let (clerk, middleware) = production();
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(from_fn(says_who)));
    let answer = get(&server, "/me", &clerk.session_token("user_1")).await;
    assert_eq!((answer.status, answer.header("x-who")), (200, Some("signed out")));
}

/// Returns the user that the scope's handler finds, and how many times `Set-Cookie` sets Clerk's session cookie.
async fn in_scope(browser: &mut Browser, home: &str) -> (String, usize) {
    let page: Page = browser.visit(home).await;
    assert_eq!(page.status, 200, "{}", page.url);
    let of_session = |set: &&actix_web::http::header::HeaderValue| set.as_bytes().starts_with(b"__session=");
    (page.body, page.headers.get_all("set-cookie").filter(of_session).count())
}

/// The settings of one scope by case name, and whether they accept its visitors' sessions.
fn settings_of_a_scope(clerk: &LocalClerk, port: u16) -> Vec<(&'static str, ClerkConfig, bool)> {
    let own = format!("http://localhost:{port}");
    let build = |builder: clerk_actix::ClerkConfigBuilder| builder.build().unwrap();
    vec![
        ("the same", build(clerk.config_builder()), true),
        ("its own party", build(clerk.config_builder().authorized_parties([own])), true),
        ("another party", build(clerk.config_builder().authorized_parties(["https://admin.example.com"])), false),
        ("another issuer", build(clerk.config_builder().issuer(["https://clerk.example.com"])), false),
        ("without a cache", build(clerk.config_builder().session_token_cache(None)), true),
    ]
}

#[actix_web::test]
async fn clerk_twice_with_other_settings() {
    for (clerk, middleware) in [production(), development()] {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        for (name, inner, accepts) in settings_of_a_scope(&clerk, port) {
            let (outer, inner) = (middleware.clone(), ClerkMiddleware::new(inner));
            let options = actix_test::config().disable_redirects().port(port);
            let server = serve_with(options, move || {
                let who = async |auth: Auth| auth.user_id().unwrap_or("signed out").to_owned();
                App::new()
                    .configure(routes)
                    .service(web::scope("/scope").wrap(inner.clone()).default_service(web::get().to(who)))
                    .wrap(outer.clone())
            });
            let at = |path: &str| format!("http://localhost:{port}{path}");
            let mut browser = Browser::new();
            let page = browser.visit(&at("/me")).await;
            assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada", "{name}");

            // A refresh.
            clerk.clock().advance(std::time::Duration::from_secs(3600));
            let calls = clerk.calls(Endpoint::Refresh);
            let found = in_scope(&mut browser, &at("/scope")).await;
            assert_eq!(clerk.calls(Endpoint::Refresh), calls + 1, "{name}");
            let expected = if accepts { "user_ada" } else { "signed out" };
            if accepts {
                assert_eq!(found, (expected.to_owned(), 1), "{name}");
            } else {
                assert_eq!(found.0, expected, "{name}");
            }
            assert_eq!(browser.visit(&at("/me")).await.body, "user_ada", "{name}: what Clerk set has arrived");

            // A refresh that Clerk rejects, and a handshake in its place.
            clerk.clock().advance(std::time::Duration::from_secs(3600));
            clerk.behave(Endpoint::Refresh, Behavior::Status(422));
            let (refreshes, handshakes) = (clerk.calls(Endpoint::Refresh), clerk.calls(Endpoint::Handshake));
            let payloads = clerk.calls(Endpoint::HandshakePayload);
            let found = in_scope(&mut browser, &at("/scope")).await;
            clerk.behave(Endpoint::Refresh, Behavior::Normal);
            assert_eq!(found.0, expected, "{name}");
            assert_eq!(clerk.calls(Endpoint::Refresh), refreshes + 1, "{name}");
            let round_trips = clerk.calls(Endpoint::Handshake) - handshakes;
            assert_eq!(clerk.calls(Endpoint::HandshakePayload) - payloads, round_trips, "{name}");
            assert!(round_trips == 1 || !accepts, "{name}: {round_trips}");
            assert_eq!(browser.visit(&at("/me")).await.body, "user_ada", "{name}: what Clerk set has arrived");
            server.stop().await;
        }
    }
}
