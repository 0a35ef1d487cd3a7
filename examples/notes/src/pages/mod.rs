//! The pages: HTML and forms, without scripts of their own.

mod home;
mod layout;
mod notes;
mod teams;

use actix_web::{
    HttpResponse, Responder, ResponseError,
    body::BoxBody,
    get,
    http::{StatusCode, header},
    web,
};
use maud::html;

pub use self::{layout::HasClerkJs, teams::Teams};
use crate::problem::Problem;

pub fn routes(app: &mut web::ServiceConfig) {
    app.app_data(
        web::FormConfig::default()
            .limit(128 * 1024)
            .error_handler(|error, _| PageError(Problem::Unreadable(error.to_string())).into()),
    )
    .app_data(web::PathConfig::default().error_handler(|_, _| PageError(Problem::NoSuchNote).into()))
    .app_data(
        web::QueryConfig::default().error_handler(|error, _| PageError(Problem::Unreadable(error.to_string())).into()),
    )
    .configure(home::routes)
    .configure(notes::routes)
    .default_service(web::to(async || PageError(Problem::NoSuchPage).error_response()));
}

#[get("/style.css")]
pub async fn style() -> impl Responder {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/css; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(include_str!("style.css"))
}

/// A problem as a page.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct PageError(Problem);

impl<E> From<E> for PageError
where
    Problem: From<E>,
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        self.0.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        use clerk_actix::AuthError;
        self.0.log();
        let status = self.0.status();
        let title = match (&self.0, status) {
            // Redirects to sign-in and back, among others.
            (Problem::Auth(error), _) if !matches!(error, AuthError::Forbidden { .. }) => {
                return error.error_response();
            }
            (_, StatusCode::FORBIDDEN) => "Not allowed",
            (_, StatusCode::NOT_FOUND) => "Not found",
            (_, StatusCode::GONE) => "Deleted",
            (_, status) if status.is_client_error() => "That did not work",
            _ => "Something went wrong",
        };
        let content = html! {
            h1 { (title) }
            p.lead { "Sorry: " (self.0) "." }
            p { a.button href="/" { "To the start page" } }
        };
        HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .body(layout::plain(title, &content).into_string())
    }
}
