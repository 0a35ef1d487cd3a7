//! `ErrorHandlers` and Clerk's own `error_handler`: the outer one has the last word.

use actix_web::{
    App, HttpResponse, Result,
    body::MessageBody,
    dev::ServiceResponse,
    error::InternalError,
    http::StatusCode,
    middleware::{ErrorHandlerResponse, ErrorHandlers},
};
use clerk_actix::ClerkMiddleware;

use super::{development, production, routes, serve};
use crate::support::{browser::Browser, navigation, send};

fn a_page<B: MessageBody + 'static>() -> ErrorHandlers<B> {
    fn page<B: MessageBody + 'static>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
        let (request, response) = response.into_parts();
        let response = ServiceResponse::new(request, response.set_body("a page")).map_into_boxed_body();
        Ok(ErrorHandlerResponse::Response(response.map_into_right_body()))
    }
    ErrorHandlers::new().handler(StatusCode::UNAUTHORIZED, page).handler(StatusCode::TEMPORARY_REDIRECT, page)
}

fn in_other_words(middleware: ClerkMiddleware) -> ClerkMiddleware {
    middleware.error_handler(|error, _| {
        InternalError::from_response(error, HttpResponse::Unauthorized().body("in other words")).into()
    })
}

#[actix_web::test]
async fn error_handlers_outside_clerk() {
    let (_clerk, plain) = production();
    let worded = in_other_words(plain.clone());
    for middleware in [plain, worded] {
        let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(a_page()));
        let answer = send(server.get("/me")).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "a page"));
        assert_eq!(answer.reason(), Some("session-token-and-uat-missing"), "headers are kept");
    }
    let (_clerk, middleware) = development();
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(a_page()));
    let answer = send(navigation(&server, "/me")).await;
    assert_eq!((answer.status, answer.body.as_str()), (307, "a page"), "all that Clerk answers passes it");
}

#[actix_web::test]
async fn error_handlers_inside_clerk() {
    let (_clerk, plain) = production();
    let worded = in_other_words(plain.clone());
    let server = serve(move || App::new().configure(routes).wrap(a_page()).wrap(plain.clone()));
    let answer = send(server.get("/me")).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, "a page"));
    assert_eq!(answer.reason(), Some("session-token-and-uat-missing"));
    let server = serve(move || App::new().configure(routes).wrap(a_page()).wrap(worded.clone()));
    assert_eq!(send(server.get("/me")).await.body, "in other words");
    let (_clerk, middleware) = development();
    let server = serve(move || App::new().configure(routes).wrap(a_page()).wrap(middleware.clone()));
    let answer = send(navigation(&server, "/me")).await;
    assert_eq!((answer.status, answer.body.as_str()), (307, ""), "Clerk's redirects never get there");
}

/// Replaces the response with a new one, which loses the old headers.
fn a_new_page<B: MessageBody + 'static>() -> ErrorHandlers<B> {
    fn page<B: MessageBody + 'static>(response: ServiceResponse<B>) -> Result<ErrorHandlerResponse<B>> {
        let (request, old) = response.into_parts();
        let page = HttpResponse::build(old.status()).body("a new page");
        Ok(ErrorHandlerResponse::Response(ServiceResponse::new(request, page).map_into_right_body()))
    }
    ErrorHandlers::new().handler(StatusCode::BAD_REQUEST, page).handler(StatusCode::NOT_FOUND, page)
}

#[actix_web::test]
async fn error_handlers_that_throw_a_response_away() {
    let (clerk, middleware) = production();
    let around = middleware.clone();
    let outside = serve(move || App::new().configure(routes).wrap(around.clone()).wrap(a_new_page()));
    let inside = serve(move || App::new().configure(routes).wrap(a_new_page()).wrap(middleware.clone()));
    for (server, is_renewed) in [(&outside, false), (&inside, true)] {
        let home = format!("http://localhost:{}", server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&format!("{home}/me")).await;
        assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada");
        clerk.clock().advance(std::time::Duration::from_secs(300));
        let page = browser.visit(&format!("{home}/none")).await;
        assert_eq!((page.status, page.body.as_str()), (404, "a new page"));
        let sets_session =
            page.headers.get_all("set-cookie").any(|cookie| cookie.to_str().unwrap().starts_with("__session"));
        assert_eq!(sets_session, is_renewed, "the session that Clerk has renewed on the way");
    }
}

#[actix_web::test]
async fn error_handlers_and_what_clerk_answers() {
    let (_clerk, middleware) = development();
    let around = middleware.clone();
    let outside = serve(move || App::new().configure(routes).wrap(around.clone()).wrap(a_new_page()));
    let inside = serve(move || App::new().configure(routes).wrap(a_new_page()).wrap(middleware.clone()));
    for (server, is_seen) in [(&outside, true), (&inside, false)] {
        let answer = send(navigation(server, "/me?__clerk_handshake=nonsense")).await;
        assert_eq!((answer.status, answer.body == "a new page"), (400, is_seen));
    }
}
