//! Browsers sign in, stay signed in and sign out, with development and production instances.

use std::time::Duration;

use actix_test::TestServer;
use actix_web::{App, web};
use clerk_actix::{
    ClerkConfig, ClerkMiddleware, OrganizationSync, RequireAuth,
    testing::{Behavior, Endpoint},
};

use crate::support::{
    Admin, bearer,
    browser::{Browser, Page},
    cookie_suffix, instances, send, server,
    servers::serve,
};

/// The address of the application as the browser sees it, under one of this machine's host names.
fn at(server: &TestServer, host: &str, path: &str) -> String {
    format!("http://{host}:{}{path}", server.addr().port())
}

fn assert_signed_in(page: &Page, user: &str) {
    assert_eq!((page.status, page.body.as_str()), (200, user), "{}", page.url);
    assert!(!page.url.as_str().contains("__clerk"), "nothing is left in the address: {}", page.url);
}

async fn sign_in(browser: &mut Browser, url: &str, user: &str) -> Page {
    let page = browser.visit(url).await;
    browser.sign_in(&page, user).await
}

#[actix_web::test]
async fn signing_in_and_out() {
    for (name, clerk) in instances() {
        for host in ["localhost", "127.0.0.1"] {
            let server = server(clerk.config());
            let home = at(&server, host, "/require?a=1&b=%20c");
            let mut browser = Browser::new();
            let page = browser.visit(&home).await;
            assert!(page.body.contains("Ada Lovelace"), "{name}: {}", page.url);
            let page = browser.sign_in(&page, "user_ada").await;
            assert_signed_in(&page, "user_ada");
            assert_eq!(page.url.query_pairs().count(), 2, "{name}: the address keeps its own parameters: {}", page.url);

            browser.visited.clear();
            assert_signed_in(&browser.visit(&home).await, "user_ada");
            assert_eq!(browser.redirects(), 0, "{name}: {:?}", browser.visited);

            let dev_browser = browser.cookie(host, "__clerk_db_jwt").unwrap_or_default().to_owned();
            let back = at(&server, host, "/auth");
            let sign_out = format!("{}?redirect_url={back}&__clerk_db_jwt={dev_browser}", clerk.sign_out_url());
            let page = browser.submit(&sign_out, &[]).await;
            assert!(page.body.contains("\"isAuthenticated\":false"), "{name}: {}", page.body);
            assert_eq!(browser.visit(&home).await.url.path(), "/sign-in", "{name}");
        }
    }
}

#[actix_web::test]
async fn staying_signed_in() {
    for (name, clerk) in instances() {
        let server = server(clerk.config());
        let home = at(&server, "localhost", "/require");
        let mut browser = Browser::new();
        sign_in(&mut browser, &home, "user_ada").await;
        let handshakes = clerk.calls(Endpoint::Handshake);
        for hour in 1..4 {
            clerk.clock().advance(Duration::from_secs(3600));
            browser.visited.clear();
            assert_signed_in(&browser.visit(&home).await, "user_ada");
            assert_eq!(browser.redirects(), 0, "{name}: refreshed without being sent anywhere");
            assert_eq!(clerk.calls(Endpoint::Refresh), hour, "{name}");
        }
        assert_eq!(clerk.calls(Endpoint::Handshake), handshakes, "{name}");
    }
}

#[actix_web::test]
async fn a_session_that_was_revoked_ends_with_its_token() {
    for (name, clerk) in instances() {
        let server = server(clerk.config());
        let home = at(&server, "localhost", "/require");
        let mut browser = Browser::new();
        sign_in(&mut browser, &home, "user_ada").await;
        clerk.revoke_sessions("user_ada");
        assert_signed_in(&browser.visit(&home).await, "user_ada");
        clerk.clock().advance(Duration::from_secs(70));
        assert_eq!(browser.visit(&home).await.url.path(), "/sign-in", "{name}");
    }
}

#[actix_web::test]
async fn cookies_cleared_half_way() {
    for (name, clerk) in instances() {
        let server = server(clerk.config());
        let home = at(&server, "localhost", "/require");
        for cookies in ["__session", "__client_uat", "__refresh", "__clerk_db_jwt"] {
            let mut browser = Browser::new();
            sign_in(&mut browser, &home, "user_grace").await;
            browser.forget(cookies);
            let page = browser.visit(&home).await;
            match (name, cookies) {
                // Without its dev browser, Clerk does not recognize a development browser.
                ("development", "__clerk_db_jwt") if page.url.path() == "/sign-in" => {}
                _ => assert_signed_in(&page, "user_grace"),
            }
        }
    }
}

#[actix_web::test]
async fn a_refresh_that_fails_falls_back_to_a_handshake() {
    for (name, clerk) in instances() {
        for behavior in [Behavior::Status(500), Behavior::Html, Behavior::CutShort] {
            clerk.behave(Endpoint::Refresh, behavior.clone());
            let server = server(clerk.config());
            let home = at(&server, "localhost", "/require");
            let mut browser = Browser::new();
            sign_in(&mut browser, &home, "user_ada").await;
            clerk.clock().advance(Duration::from_secs(70));
            browser.visited.clear();
            assert_signed_in(&browser.visit(&home).await, "user_ada");
            let handshake = browser.visited.iter().find(|(_, url)| url.path() == "/v1/client/handshake");
            assert!(handshake.unwrap().1.as_str().contains("session-token-expired-refresh-"), "{name} {behavior:?}");
        }
    }
}

/// A secret key of another instance: the cookies that Clerk sets are never valid, and the guard ends the loop.
#[actix_web::test]
async fn a_loop_is_cut() {
    for (name, clerk) in instances() {
        let (_, other) = instances().into_iter().find(|(form, _)| *form == name).unwrap();
        let config = clerk.config_builder().secret_key(other.secret_key()).api_url(other.api_url()).build().unwrap();
        let server = server(config);
        let mut browser = Browser::new();
        let page = browser.visit(&at(&server, "localhost", "/auth")).await;
        assert_eq!(page.status, 200, "{name}");
        let handshakes = clerk.calls(Endpoint::Handshake);
        assert!(handshakes <= 3, "{name}: {handshakes}");
    }
}

#[actix_web::test]
async fn a_nonce_that_clerk_does_not_answer() {
    for (name, clerk) in instances() {
        clerk.behave(Endpoint::HandshakePayload, Behavior::Hang);
        let config = clerk.config_builder().api_timeout(Duration::from_millis(100)).build().unwrap();
        let server = server(config);
        let mut browser = Browser::new();
        let page = browser.visit(&at(&server, "localhost", "/auth?__clerk_handshake_nonce=made_up")).await;
        assert_eq!(page.status, 200, "{name}");
        assert!(page.body.contains("\"isAuthenticated\":false"), "{name}: {}", page.body);
    }
}

fn organizations() -> OrganizationSync {
    OrganizationSync::new()
        .organization_pattern("/orgs/:slug")
        .organization_pattern("/orgs/:slug/(.*)")
        .personal_account_pattern("/me")
}

fn organization_server(config: ClerkConfig) -> TestServer {
    let clerk = ClerkMiddleware::new(config);
    let active = async |user: RequireAuth| user.org_slug().unwrap_or("personal").to_owned();
    serve(move || App::new().wrap(clerk.clone()).default_service(web::get().to(active)))
}

#[actix_web::test]
async fn the_url_says_which_organization_is_active() {
    for (name, clerk) in instances() {
        let config = clerk.config_builder().organization_sync(organizations()).build().unwrap();
        let server = organization_server(config);
        let mut browser = Browser::new();
        sign_in(&mut browser, &at(&server, "localhost", "/"), "user_ada").await;
        for (path, expected) in [
            ("/", "acme"),
            ("/orgs/globex", "globex"),
            ("/orgs/globex/settings", "globex"),
            ("/", "globex"),
            ("/me", "personal"),
            ("/orgs/acme", "acme"),
        ] {
            let page = browser.visit(&at(&server, "localhost", path)).await;
            assert_eq!((page.status, page.body.as_str()), (200, expected), "{name} {path}");
        }
        // An organization that the user does not belong to is not activated: the previous one stays active, and the
        // handler deals with that.
        for path in ["/orgs/initech", "/orgs/initech/settings"] {
            browser.visited.clear();
            let page = browser.visit(&at(&server, "localhost", path)).await;
            assert_eq!((page.status, page.body.as_str()), (200, "acme"), "{name} {path}");
            let handshakes = browser.visited.iter().filter(|(_, url)| url.path() == "/v1/client/handshake").count();
            assert_eq!(handshakes, 1, "{name} {path}: {:#?}", browser.visited);
        }
    }
}

/// A satellite on its own host, in development: it asks the primary's application, which passes the dev browser on.
#[actix_web::test]
async fn a_satellite_learns_from_its_primary() {
    let (_, clerk) = instances().into_iter().next().unwrap();
    let primary = server(clerk.config());
    let satellite = |auto_sync: bool| {
        let config = clerk
            .config_builder()
            .is_satellite(true)
            .domain("127.0.0.1")
            .satellite_auto_sync(auto_sync)
            .sign_in_url(at(&primary, "localhost", "/public"));
        server(config.build().unwrap())
    };
    let (eager, lazy) = (satellite(true), satellite(false));
    let mut browser = Browser::new();
    sign_in(&mut browser, &at(&primary, "localhost", "/require"), "user_ada").await;

    let page = browser.visit(&at(&lazy, "127.0.0.1", "/auth")).await;
    assert!(page.body.contains("\"isAuthenticated\":false"), "it does not ask unless it is told to: {}", page.body);
    let page = browser.visit(&at(&lazy, "127.0.0.1", "/auth?__clerk_synced=false")).await;
    assert!(page.body.contains("\"userId\":\"user_ada\""), "{}", page.body);

    browser.forget("__session");
    browser.forget("__client_uat");
    let page = browser.visit(&at(&eager, "127.0.0.1", "/auth")).await;
    assert!(page.body.contains("\"userId\":\"user_ada\""), "{}", page.body);
    assert!(browser.visited.iter().any(|(_, url)| url.host_str() == Some("localhost") && url.path() == "/public"));
}

/// Clerk's cookies are sent with whatever the application responds, and kept out of shared caches.
#[actix_web::test]
async fn cookies_go_out_with_every_response_and_into_no_cache() {
    use actix_web::{HttpResponse, error::ErrorForbidden, http::header::CACHE_CONTROL, middleware::from_fn};

    for (name, clerk) in instances() {
        let middleware = ClerkMiddleware::new(clerk.config());
        let server = serve(move || {
            let kept = |control: &'static str| {
                web::get()
                    .to(move || async move { HttpResponse::Ok().insert_header((CACHE_CONTROL, control)).body("page") })
            };
            let refuse = from_fn(
                async |_: actix_web::dev::ServiceRequest, _: actix_web::middleware::Next<actix_web::body::BoxBody>| {
                    Err::<actix_web::dev::ServiceResponse, _>(ErrorForbidden("not you"))
                },
            );
            App::new()
                .wrap(middleware.clone())
                .route("/mine", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
                .route("/public", kept("public, s-maxage=60"))
                .route("/private", kept("private, max-age=60"))
                .service(web::scope("/refused").wrap(refuse).default_service(web::get().to(async || "unreached")))
        });
        let mut browser = Browser::new();
        sign_in(&mut browser, &at(&server, "localhost", "/mine"), "user_ada").await;
        let kept = browser.visit(&at(&server, "localhost", "/public")).await;
        assert_eq!(
            kept.headers.get("cache-control").unwrap(),
            "public, s-maxage=60",
            "{name}: nothing is set, and all may keep it"
        );
        for (path, status, cache_control) in [
            ("/public", 200, Some("private, no-store")),
            ("/private", 200, Some("private, no-store")),
            ("/refused", 403, Some("private, no-store")),
        ] {
            clerk.clock().advance(Duration::from_secs(300));
            let page = browser.visit(&at(&server, "localhost", path)).await;
            assert_eq!(page.status, status, "{name} {path}");
            assert!(
                page.headers.get_all("set-cookie").any(|set| set.to_str().unwrap().starts_with("__session=")),
                "{name} {path}"
            );
            let found = page.headers.get("cache-control").map(|value| value.to_str().unwrap());
            assert_eq!(found, cache_control, "{name} {path}");
        }
    }
}

/// A handshake cookie left behind by another application on the host, in development: no browser loops on it.
#[actix_web::test]
async fn a_handshake_left_behind_in_a_cookie() {
    let (_, clerk) = instances().into_iter().next().unwrap();
    let server = server(clerk.config());
    let mut browser = Browser::new();
    browser.set_cookie("localhost", "__clerk_handshake_nonce=left-behind; Path=/");
    let page = browser.visit(&at(&server, "localhost", "/public")).await;
    assert_eq!((page.status, page.body.as_str()), (200, "public"));
    assert_eq!(browser.redirects(), 3, "{:?}", browser.visited);
}

/// Cookies that an earlier run of the same program left in the browser: the same names, with values that are no longer
/// valid.
#[actix_web::test]
async fn cookies_of_an_earlier_run() {
    for (name, clerk) in instances() {
        let (_, earlier) = instances().into_iter().find(|(form, _)| *form == name).unwrap();
        let (server, before) = (server(clerk.config()), server(earlier.config()));
        clerk.clock().advance(Duration::from_secs(10));
        let mut old = Browser::new();
        sign_in(&mut old, &at(&before, "localhost", "/require"), "user_ada").await;
        let mut browser = Browser::new();
        let (theirs, ours) = (cookie_suffix(&earlier), cookie_suffix(&clerk));
        for (cookie, value) in old.cookies() {
            let cookie = cookie.replace(&theirs, &ours);
            browser.set_cookie("localhost", &format!("{cookie}={value}; Path=/"));
        }
        let kept = browser.cookies().count();
        let home = at(&server, "localhost", "/require");
        let page = browser.visit(&home).await;
        assert_eq!(page.url.path(), "/sign-in", "{name}: {:#?}", browser.visited);
        assert_signed_in(&browser.sign_in(&page, "user_grace").await, "user_grace");
        assert!(browser.cookies().count() <= kept, "{name}: no new names");
    }
}

/// All cookies have a `Max-Age`: a year at most, and much less for those that count redirects or wait for a moment.
#[actix_web::test]
async fn cookies_that_local_clerk_sets_end() {
    for (name, clerk) in instances() {
        let server = server(clerk.config());
        let mut browser = Browser::new();
        sign_in(&mut browser, &at(&server, "localhost", "/require"), "user_ada").await;
        assert!(browser.directives.len() > 4, "{name}");
        for directive in &browser.directives {
            assert!(directive.contains("Max-Age="), "{name}: {directive}");
        }
    }
}

#[actix_web::test]
async fn tokens_without_an_authorized_party() {
    for (name, clerk) in instances() {
        let open = server(clerk.config());
        let home = at(&open, "localhost", "/require");
        let origin = home.trim_end_matches("/require").to_owned();
        let closed = server(clerk.config_builder().authorized_parties([origin]).build().unwrap());
        let mut browser = Browser::new();
        assert_signed_in(&sign_in(&mut browser, &home, "user_ada").await, "user_ada");
        clerk.omit_azp();
        let mut browser = Browser::new();
        assert_signed_in(&sign_in(&mut browser, &home, "user_ada").await, "user_ada");
        let page = browser.visit(&at(&closed, "localhost", "/auth")).await;
        let reason = page.headers.get("x-clerk-auth-reason").map(|reason| reason.to_str().unwrap());
        assert_eq!(reason, Some("token-invalid-authorized-parties"), "{name}: {}", page.body);
    }
}

/// The page that a visitor is sent to must not redirect them to itself.
#[actix_web::test]
async fn pages_that_refuse_the_visitors_who_are_sent_to_them() {
    use clerk_actix::{require, require_auth};
    for (name, clerk) in instances() {
        for (sign_in_url, page, status) in [
            ("/sign-in", "/sign-in", 401),
            ("/sign-in", "/sign-in/", 401),
            ("/sign-in?lang=en", "/sign-in?x=1", 401),
            ("/#/sign-in", "/", 401),
            ("/sign-in", "/orders", 302),
            ("/sign-in", "/sign-in/factor-one", 302),
        ] {
            let config = clerk.config_builder().enable_handshake(false).sign_in_url(sign_in_url).build().unwrap();
            let middleware = ClerkMiddleware::new(config);
            let server = serve(move || {
                App::new()
                    .wrap(require_auth())
                    .wrap(middleware.clone())
                    .default_service(web::get().to(async || "unreached"))
            });
            let answer = send(server.get(page).insert_header(("Sec-Fetch-Dest", "document"))).await;
            assert_eq!(answer.status, status, "{name}: {page}, where the sign-in page is {sign_in_url}");
        }
        for (page, status) in [("/forbidden", 403), ("/forbidden?x=1", 403), ("/orders", 302)] {
            let config = clerk.config_builder().enable_handshake(false).forbidden_url("/forbidden").build().unwrap();
            let middleware = ClerkMiddleware::new(config);
            let server = serve(move || {
                App::new()
                    .wrap(require::<Admin>())
                    .wrap(middleware.clone())
                    .default_service(web::get().to(async || "unreached"))
            });
            let token = clerk.session_token("user_alan");
            let request = server.get(page).insert_header(("Sec-Fetch-Dest", "document"));
            let answer = send(request.insert_header(bearer(token))).await;
            assert_eq!(answer.status, status, "{name}: {page}");
        }
    }
}
