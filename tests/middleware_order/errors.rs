//! `ErrorHandlers`, and Clerk's own `error_handler`: whoever is further out has the last word.

use actix_web::{
    App, HttpResponse, Result,
    body::MessageBody,
    dev::ServiceResponse,
    error::InternalError,
    http::StatusCode,
    middleware::{ErrorHandlerResponse, ErrorHandlers},
};
use clerk_actix::ClerkMiddleware;

use crate::{development, navigation, production, routes, serve, support::send};

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
        let server = serve!(App::new().configure(routes).wrap(middleware.clone()).wrap(a_page()));
        let answer = send(server.get("/me")).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "a page"));
        assert_eq!(answer.reason(), Some("session-token-and-uat-missing"), "headers are kept");
    }
    let (_clerk, middleware) = development();
    let server = serve!(App::new().configure(routes).wrap(middleware.clone()).wrap(a_page()));
    let answer = send(navigation(&server, "/me")).await;
    assert_eq!((answer.status, answer.body.as_str()), (307, "a page"), "all that Clerk answers passes it");
}

#[actix_web::test]
async fn error_handlers_inside_clerk() {
    let (_clerk, plain) = production();
    let worded = in_other_words(plain.clone());
    let server = serve!(App::new().configure(routes).wrap(a_page()).wrap(plain.clone()));
    let answer = send(server.get("/me")).await;
    assert_eq!((answer.status, answer.body.as_str()), (401, "a page"));
    assert_eq!(answer.reason(), Some("session-token-and-uat-missing"));
    let server = serve!(App::new().configure(routes).wrap(a_page()).wrap(worded.clone()));
    assert_eq!(send(server.get("/me")).await.body, "in other words");
    let (_clerk, middleware) = development();
    let server = serve!(App::new().configure(routes).wrap(a_page()).wrap(middleware.clone()));
    let answer = send(navigation(&server, "/me")).await;
    assert_eq!((answer.status, answer.body.as_str()), (307, ""), "Clerk's redirects never get there");
}
