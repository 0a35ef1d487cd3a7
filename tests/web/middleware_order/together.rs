//! All of them in the order that docs/middleware.md recommends: on an App, a Scope, a Resource, and on several at once.

use actix_cors::Cors;
use actix_session::{Session, SessionMiddleware, storage::CookieSessionStore};
use actix_web::{
    App,
    cookie::Key,
    http::StatusCode,
    middleware::{Compress, ErrorHandlerResponse, ErrorHandlers, Logger, NormalizePath},
    web,
};
use clerk_actix::{RequireAuth, require_auth};

use super::{bearer, production, serve};
use crate::support::send;

const ORIGIN: &str = "https://app.example.com";

async fn count(user: RequireAuth, session: Session) -> actix_web::Result<String> {
    let count = session.get::<u32>("count")?.unwrap_or(0) + 1;
    session.insert("count", count)?;
    Ok(format!("{}: {count}", user.user_id()))
}

/// Wraps any of them; `require_auth()` is the innermost.
macro_rules! in_order {
    ($on:expr, $clerk:expr) => {
        $on.wrap(require_auth())
            .wrap(ErrorHandlers::new().handler(StatusCode::UNAUTHORIZED, |mut response| {
                response.headers_mut().insert("x-page".parse().unwrap(), "ours".parse().unwrap());
                Ok(ErrorHandlerResponse::Response(response.map_into_left_body()))
            }))
            .wrap($clerk.clone())
            .wrap(SessionMiddleware::new(CookieSessionStore::default(), Key::from(&[7; 64])))
            .wrap(NormalizePath::trim())
            .wrap(Compress::default())
            .wrap(Cors::default().allowed_origin(ORIGIN).allowed_methods(["GET"]).allowed_header("authorization"))
            .wrap(Logger::default())
    };
}

#[actix_web::test]
async fn all_of_them_at_every_level() {
    let (clerk, middleware) = production();
    let parts = middleware.clone();
    let parts = move |app: &mut web::ServiceConfig| {
        app.service(in_order!(web::resource("/resource").route(web::get().to(count)), parts))
            .service(in_order!(web::scope("/scope").route("/count", web::get().to(count)), parts))
            .service(
                web::scope("/outer")
                    .service(in_order!(web::scope("/inner").route("/count", web::get().to(count)), parts)),
            );
    };
    let (on_parts, on_both, both, whole) = (parts.clone(), parts, middleware.clone(), middleware);
    let on_parts = serve(move || App::new().configure(on_parts.clone()));
    let on_both = serve(move || in_order!(App::new().configure(on_both.clone()), both));
    let whole = serve(move || in_order!(App::new().route("/count", web::get().to(count)), whole));
    let paths = ["/resource", "/scope/count", "/outer/inner/count"];
    for (server, paths) in [(&on_parts, &paths[..]), (&on_both, &paths), (&whole, &["/count"])] {
        for path in paths {
            let user = server.get(*path).insert_header(("Origin", ORIGIN)).insert_header(bearer(&clerk, "user_1"));
            let answer = send(user).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "user_1: 1"), "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "{path}");
            assert!(answer.header("set-cookie").is_some_and(|cookie| cookie.starts_with("id=")), "{path}");

            let refused = send(server.get(*path).insert_header(("Origin", ORIGIN))).await;
            assert_eq!((refused.status, refused.reason()), (401, Some("session-token-and-uat-missing")), "{path}");
            assert_eq!(refused.header("access-control-allow-origin"), Some(ORIGIN), "{path}");
            assert_eq!(refused.header("x-page"), Some("ours"), "{path}");

            let preflight = server.options(*path).insert_header(("Origin", ORIGIN));
            let preflight = send(preflight.insert_header(("Access-Control-Request-Method", "GET"))).await;
            assert_eq!((preflight.status, preflight.reason()), (200, None), "{path}");
        }
    }
}
