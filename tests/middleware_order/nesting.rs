//! Clerk's own parts among themselves: on App, Scope and Resource, under a condition, and before middleware that asks.

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::{Condition, Next, from_fn},
    web,
};
use clerk_actix::{ClerkExt, ClerkMiddleware, Session, require, require_auth, testing::LocalClerk};

use crate::{
    Admin, admin, me, navigation, production, routes, serve,
    support::{get, send},
};

fn an_admin(clerk: &LocalClerk) -> String {
    clerk.mint(&Session::builder("user_1").organization("org_1").role("org:admin"))
}

/// What an audit log, a rate limit or a tenant's database would ask.
async fn says_who(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let who = req.auth().user_id().unwrap_or("nobody").to_owned();
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
                    .wrap(from_fn(require_auth))
                    .service(web::resource("/admin").wrap(require::<Admin>()).route(web::get().to(me))),
            ),
        );
}

#[actix_web::test]
async fn clerk_outside_require() {
    let (clerk, middleware) = production();
    let (user, admin) = (clerk.session_token("user_1"), an_admin(&clerk));
    let on_parts = middleware.clone();
    let parts_alone = serve!(App::new().configure(|app| nested(&on_parts, app)));
    let twice = middleware.clone();
    let and_the_app = serve!(App::new().configure(|app| nested(&twice, app)).wrap(twice.clone()));
    let guarded = serve!(App::new().configure(routes).wrap(require::<Admin>()).wrap(middleware.clone()));
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
    let server = serve!(
        App::new()
            .service(web::scope("/auth").wrap(middleware.clone()).wrap(from_fn(require_auth)).configure(routes))
            .service(web::scope("/policy").wrap(middleware.clone()).wrap(require::<Admin>()).configure(routes))
            .service(
                web::scope("/nested")
                    .wrap(require::<Admin>())
                    .service(web::resource("/me").wrap(middleware.clone()).route(web::get().to(me))),
            )
    );
    for path in ["/auth/me", "/policy/me", "/nested/me"] {
        assert_eq!(get(&server, path, &admin).await.status, 500, "{path}");
        assert_eq!(send(server.get(path)).await.status, 500, "{path}");
    }
}

#[actix_web::test]
async fn clerk_on_one_scope_leaves_the_others_without() {
    let (clerk, middleware) = production();
    let server =
        serve!(App::new().service(web::scope("/in").wrap(middleware.clone()).configure(routes)).configure(routes));
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
        let server = serve!(App::new().configure(routes).wrap(Condition::new(is_on, middleware.clone())));
        assert_eq!(get(&server, "/me", &token).await.status, status, "{is_on}");
    }
    let server =
        serve!(App::new().configure(routes).wrap(Condition::new(true, require::<Admin>())).wrap(middleware.clone()));
    assert_eq!(get(&server, "/public", &token).await.status, 403);
}

#[actix_web::test]
async fn middleware_that_asks_inside_clerk() {
    let (clerk, middleware) = production();
    let server = serve!(App::new().configure(routes).wrap(from_fn(says_who)).wrap(middleware.clone()));
    assert_eq!(get(&server, "/public", &clerk.session_token("user_1")).await.header("x-who"), Some("user_1"));
    assert_eq!(send(server.get("/me")).await.header("x-who"), Some("nobody"));
}

#[actix_web::test]
async fn middleware_that_asks_outside_clerk_finds_nobody() {
    let (clerk, middleware) = production();
    let server = serve!(App::new().configure(routes).wrap(middleware.clone()).wrap(from_fn(says_who)));
    let answer = get(&server, "/me", &clerk.session_token("user_1")).await;
    assert_eq!((answer.status, answer.header("x-who")), (200, Some("nobody")));
}
