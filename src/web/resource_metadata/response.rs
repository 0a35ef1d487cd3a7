//! What the responses with metadata have in common: methods, CORS, and the instance that they are about.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web::Data,
};

use crate::{clock::Clock, instance::ClerkConfig, observe::LogLimit, web::state::with_state};

/// Responds to a request for metadata, which scripts of any origin may read. `answer` is the response to a `GET`.
pub(super) fn respond(req: &HttpRequest, answer: impl FnOnce() -> HttpResponse) -> HttpResponse {
    let mut response = match *req.method() {
        Method::GET | Method::HEAD => answer(),
        Method::OPTIONS => HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, OPTIONS"))
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "*"))
            .insert_header((header::ACCESS_CONTROL_MAX_AGE, "3600"))
            .insert_header((header::CACHE_CONTROL, "max-age=3600"))
            .finish(),
        _ => HttpResponse::MethodNotAllowed().insert_header((header::ALLOW, "GET, HEAD, OPTIONS")).finish(),
    };
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Returns the instance whose Frontend API is the authorization server.
pub(super) fn instance(req: &HttpRequest) -> Option<ClerkConfig> {
    let of_middleware = with_state(req, |state| state.config().clone());
    of_middleware.or_else(|| req.app_data::<Data<ClerkConfig>>().map(|config| ClerkConfig::clone(config)))
}

/// The response if there is no instance, or one without a publishable key. Logs what to do.
pub(super) fn instance_missing(req: &HttpRequest) -> HttpResponse {
    static MISSING: LogLimit = LogLimit::new();
    if let Some(left_out) = MISSING.admit(Clock::System.now()) {
        tracing::error!(
            path = req.path(),
            left_out,
            "responded with 500, because the authorization server of a ProtectedResource is not known: wrap the App in \
             ClerkMiddleware, or add web::Data<ClerkConfig> to it, with a publishable key"
        );
    }
    HttpResponse::InternalServerError().finish()
}
