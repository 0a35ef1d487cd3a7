//! The extractors, and [`ClerkExt`] for code that has a request and no signature.

use std::{
    future::{Ready, ready},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::{Payload, ServiceRequest},
};

use crate::{
    auth::{Auth, Credential, RequestState, RequireAuth, Session, Unauthenticated, private, sign_in_redirect},
    error::AuthError,
    middleware::ActixFacts,
    reason::Reason,
    request::is_page_navigation,
};

impl<C: Credential> FromRequest for Auth<C> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::ready(request_state(req).map(|state| find(&state)).ok_or_else(middleware_missing))
    }
}

impl<C: Credential> FromRequest for RequireAuth<C> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request_state(req) else { return Extraction::ready(Err(middleware_missing())) };
        Extraction::ready(match find(&state) {
            Auth::Authenticated(credential) => Ok(RequireAuth(credential)),
            Auth::Unauthenticated(why) => Err(refuse(req, &state, why)),
        })
    }
}

/// An extractor's future. What it is made of is not promised.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct Extraction<T>(Ready<Result<T, AuthError>>);

impl<T> Extraction<T> {
    fn ready(result: Result<T, AuthError>) -> Self {
        Self(ready(result))
    }
}

impl<T> Future for Extraction<T> {
    type Output = Result<T, AuthError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// Said here and not where the response is made: `Option<RequireAuth>` makes none, and a forgotten wrap would look like
/// visitors who never sign in.
fn middleware_missing() -> AuthError {
    tracing::error!("{}", AuthError::MiddlewareMissing);
    AuthError::MiddlewareMissing
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
                middleware_missing();
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
pub(crate) fn request_state(req: &HttpRequest) -> Option<Rc<RequestState>> {
    req.extensions().get::<Rc<RequestState>>().cloned()
}

fn find<C: Credential>(state: &RequestState) -> Auth<C> {
    match C::find(private::Request(state)) {
        Ok(credential) => Auth::Authenticated(credential),
        Err(why) => Auth::Unauthenticated(why),
    }
}

fn refuse(req: &HttpRequest, state: &RequestState, why: Unauthenticated) -> AuthError {
    let sign_in = if is_page_navigation(&ActixFacts(req)) { sign_in_redirect(req, state, &why) } else { None };
    AuthError::refuse(why, sign_in)
}
