//! `actix-cors`: preflights carry no credentials, and the page's script cannot read a rejection without CORS headers.

use actix_cors::Cors;
use actix_test::TestServer;
use actix_web::{App, error::ErrorNotFound, web};
use clerk_actix::{ClerkMiddleware, require, require_auth};

use super::{admin, bearer, development, me, production, routes, serve};
use crate::support::{Admin, Answer, send};

const ORIGIN: &str = "https://app.example.com";

fn cors() -> Cors {
    Cors::default()
        .allowed_origin(ORIGIN)
        .allowed_methods(["GET", "POST"])
        .allowed_header("authorization")
        .supports_credentials()
}

async fn preflight(server: &TestServer, path: &str) -> Answer {
    let request = server
        .options(path)
        .insert_header(("Origin", ORIGIN))
        .insert_header(("Access-Control-Request-Method", "POST"))
        .insert_header(("Access-Control-Request-Headers", "authorization"))
        .insert_header(("Sec-Fetch-Mode", "cors"))
        .insert_header(("Sec-Fetch-Dest", "empty"));
    send(request).await
}

async fn from_script(server: &TestServer, path: &str, authorization: Option<(&'static str, String)>) -> Answer {
    let request = server.get(path).insert_header(("Origin", ORIGIN)).insert_header(("Sec-Fetch-Dest", "empty"));
    send(authorization.into_iter().fold(request, |request, header| request.insert_header(header))).await
}

fn assert_readable(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{what}");
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"), "{what}");
}

fn assert_hidden(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}");
    assert_eq!(answer.header("access-control-allow-origin"), None, "{what}");
}

/// Everything that a page of another origin can get: the preflight, both rejections, and the resource itself.
async fn assert_works(server: &TestServer, prefix: &str, token: impl Fn() -> (&'static str, String)) {
    for path in ["me", "admin"] {
        let path = format!("{prefix}/{path}");
        let answer = preflight(server, &path).await;
        assert_readable(&answer, 200, "a preflight");
        assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"));
        assert_eq!(answer.header("location"), None);
        assert_eq!(answer.reason(), None, "the request was not authenticated");
        assert_readable(&from_script(server, &path, None).await, 401, "a stranger");
    }
    assert_readable(&from_script(server, &format!("{prefix}/admin"), Some(token())).await, 403, "no admin");
    assert_readable(&from_script(server, &format!("{prefix}/me"), Some(token())).await, 200, "a user");
}

#[actix_web::test]
async fn cors_outside_clerk() {
    for (clerk, middleware) in [production(), development()] {
        let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(cors()));
        assert_works(&server, "", || bearer(&clerk, "user_1")).await;
    }
}

#[actix_web::test]
async fn cors_inside_clerk() {
    for (clerk, middleware) in [production(), development()] {
        let server = serve(move || App::new().configure(routes).wrap(cors()).wrap(middleware.clone()));
        let answer = preflight(&server, "/me").await;
        assert_readable(&answer, 200, "a preflight is not redirected");
        assert_eq!(answer.header("location"), None);
        assert_readable(&from_script(&server, "/me", None).await, 401, "a stranger");
        assert_readable(&from_script(&server, "/admin", Some(bearer(&clerk, "user_1"))).await, 403, "no admin");
        assert_readable(&from_script(&server, "/me", Some(bearer(&clerk, "user_1"))).await, 200, "a user");
    }
}

/// Responses of `ClerkMiddleware` itself bypass all middleware inside it.
#[actix_web::test]
async fn cors_inside_clerk_misses_what_clerk_answers() {
    let nowhere = ClerkMiddleware::per_request(|_| async { Err(ErrorNotFound("no such site")) });
    let clerk = nowhere.clone();
    let inside = serve(move || App::new().configure(routes).wrap(cors()).wrap(clerk.clone()));
    assert_hidden(&from_script(&inside, "/me", None).await, 404, "CORS inside");
    assert_hidden(&preflight(&inside, "/me").await, 404, "CORS inside");
    let outside = serve(move || App::new().configure(routes).wrap(nowhere.clone()).wrap(cors()));
    assert_readable(&from_script(&outside, "/me", None).await, 404, "CORS outside");
    assert_readable(&preflight(&outside, "/me").await, 200, "CORS outside");
}

#[actix_web::test]
async fn cors_outside_require_auth() {
    let (clerk, middleware) = production();
    let server = serve(move || {
        App::new()
            .service(web::scope("/scope").wrap(require_auth()).wrap(cors()).configure(routes))
            .service(
                web::scope("/all-on-the-scope")
                    .wrap(require_auth())
                    .wrap(middleware.clone())
                    .wrap(cors())
                    .configure(routes),
            )
            .service(
                web::scope("/resources")
                    .service(web::resource("/me").wrap(require_auth()).wrap(cors()).route(web::get().to(me)))
                    .service(web::resource("/admin").wrap(require::<Admin>()).wrap(cors()).route(web::get().to(admin))),
            )
            .service(web::scope("/nested").wrap(cors()).service(web::scope("").wrap(require_auth()).configure(routes)))
            .wrap(middleware.clone())
    });
    for prefix in ["/scope", "/all-on-the-scope", "/resources", "/nested"] {
        let token = || bearer(&clerk, "user_1");
        for path in ["me", "admin"] {
            let path = format!("{prefix}/{path}");
            assert_readable(&preflight(&server, &path).await, 200, &path);
            assert_readable(&from_script(&server, &path, None).await, 401, &path);
        }
        assert_readable(&from_script(&server, &format!("{prefix}/admin"), Some(token())).await, 403, prefix);
        assert_readable(&from_script(&server, &format!("{prefix}/me"), Some(token())).await, 200, prefix);
    }
}

#[actix_web::test]
async fn cors_inside_require_auth_refuses_preflights() {
    let (clerk, middleware) = production();
    let server = serve(move || {
        App::new()
            .service(web::scope("/scope").wrap(cors()).wrap(require_auth()).configure(routes))
            .service(
                web::scope("/nested")
                    .wrap(require_auth())
                    .service(web::resource("/me").wrap(cors()).route(web::get().to(me))),
            )
            .wrap(middleware.clone())
    });
    for path in ["/scope/me", "/nested/me"] {
        assert_hidden(&preflight(&server, path).await, 401, path);
        assert_hidden(&from_script(&server, path, None).await, 401, path);
        assert_readable(&from_script(&server, path, Some(bearer(&clerk, "user_1"))).await, 200, path);
    }
}
