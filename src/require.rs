//! The demands of extractors as middleware: for a whole scope, before any of its handlers is looked at.

use actix_web::{
    Error, FromRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
};

use crate::auth::{RequireAuth, Session};

/// Lets signed-in users through to everything that it wraps, and refuses all others as
/// [`RequireAuth`] does. [`ClerkMiddleware`](crate::ClerkMiddleware) has to be further out: what is wrapped last runs first.
///
/// Requests for paths that do not exist inside are refused too, and so are CORS preflights, which bring no credentials:
/// put `actix-cors` further out.
///
/// ```
/// use actix_web::{middleware::from_fn, web, App};
/// use clerk_actix::{require_auth, ClerkMiddleware};
///
/// # fn app(clerk: ClerkMiddleware) {
/// let app = App::new()
///     .service(web::scope("/account").wrap(from_fn(require_auth)).route("", web::get().to(async || "yours")))
///     .wrap(clerk);
/// # }
/// ```
pub async fn require_auth<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let user = RequireAuth::<Session>::from_request(req.request(), &mut Payload::None).await;
    match user {
        Ok(_) => Ok(next.call(req).await?.map_into_left_body()),
        Err(refusal) => Ok(req.error_response(refusal).map_into_right_body()),
    }
}
