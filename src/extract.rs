//! The extractors, and [`ClerkExt`] for code that has a request and no signature.

use std::{
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::{Payload, ServiceRequest},
};

use crate::{
    auth::{Auth, Credential, RequestState, RequireAuth, Session, Unauthenticated, private, sign_in_url},
    error::AuthError,
    middleware::ActixFacts,
    reason::Reason,
    request::{is_page_navigation, public_url},
};

impl<C: Credential> FromRequest for Auth<C> {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request_state(req).map(|state| find(&state)).ok_or(AuthError::MiddlewareMissing))
    }
}

impl<C: Credential> FromRequest for RequireAuth<C> {
    type Error = AuthError;
    type Future = Ready<Result<Self, AuthError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request_state(req) else { return ready(Err(AuthError::MiddlewareMissing)) };
        ready(match find(&state) {
            Auth::Authenticated(credential) => Ok(RequireAuth(credential)),
            Auth::Unauthenticated(why) => Err(refuse(req, &state, why)),
        })
    }
}

/// The authentication of a request, for middleware and other code without an extractor.
///
/// ```
/// use actix_web::{body::MessageBody, dev::{ServiceRequest, ServiceResponse}, middleware::Next, Error};
/// use clerk_actix::ClerkExt;
///
/// // `.wrap(from_fn(audit)).wrap(clerk.clone())`: the last one wrapped runs first.
/// async fn audit(req: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
///     if let Some(user) = req.auth().user_id() {
///         println!("{user} asks for {}", req.path());
///     }
///     next.call(req).await
/// }
/// ```
pub trait ClerkExt {
    /// Who is calling, as [`Auth`] the extractor has it.
    ///
    /// Where [`ClerkMiddleware`](crate::ClerkMiddleware) has not seen the request, it is nobody, for the reason
    /// [`Reason::MiddlewareMissing`], and a log line says so.
    fn auth(&self) -> Auth<Session>;
}

impl ClerkExt for HttpRequest {
    fn auth(&self) -> Auth<Session> {
        match request_state(self) {
            Some(state) => find(&state),
            None => {
                tracing::error!("{}", AuthError::MiddlewareMissing);
                Auth::Unauthenticated(Unauthenticated::because(Reason::MiddlewareMissing))
            }
        }
    }
}

impl ClerkExt for ServiceRequest {
    fn auth(&self) -> Auth<Session> {
        self.request().auth()
    }
}

/// Taken out of the extensions at once: no borrow of them lives on.
fn request_state(req: &HttpRequest) -> Option<Rc<RequestState>> {
    req.extensions().get::<Rc<RequestState>>().cloned()
}

fn find<C: Credential>(state: &RequestState) -> Auth<C> {
    match C::find(private::Request(state)) {
        Ok(credential) => Auth::Authenticated(credential),
        Err(why) => Auth::Unauthenticated(why),
    }
}

fn refuse(req: &HttpRequest, state: &RequestState, why: Unauthenticated) -> AuthError {
    let facts = ActixFacts(req);
    let settings = state.config().settings();
    let sign_in = is_page_navigation(&facts)
        .then(|| public_url(&facts, settings))
        .flatten()
        .and_then(|asked_for| sign_in_url(settings, &asked_for));
    AuthError::refuse(why, sign_in)
}
