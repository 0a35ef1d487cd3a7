//! [`ClerkExt`]: authentication for code that has a request but no extractor.

use actix_web::{HttpRequest, dev::ServiceRequest};

use super::{
    auth::Auth, auth_headers::AuthHeaders, credential::private, error::AuthError, extract::find, state::with_state,
};
use crate::{
    auth::{Session, Unauthenticated},
    reason::Reason,
    token::TokenType,
};

/// Authentication of a request for middleware and other code without an extractor.
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
pub trait ClerkExt: Sealed {
    /// Returns the caller, as the [`Auth`] extractor does.
    ///
    /// If [`ClerkMiddleware`](crate::ClerkMiddleware) has not seen the request, the result is unauthenticated with
    /// [`Reason::MiddlewareMissing`], and an error is logged.
    #[doc(alias = "getAuth")]
    fn auth(&self) -> Auth<Session>;

    /// The `x-clerk-auth-*` headers that the response will get, to read or to remove.
    fn auth_headers(&self) -> AuthHeaders<'_>;
}

/// Restricts the trait to Actix's requests, so that it can get more methods.
pub trait Sealed {}

impl Sealed for HttpRequest {}

impl Sealed for ServiceRequest {}

impl ClerkExt for HttpRequest {
    fn auth(&self) -> Auth<Session> {
        match with_state(self, |state| find(private::Request { state, req: self })) {
            Some(found) => found,
            None => {
                AuthError::asked_too_early(self);
                Auth::Unauthenticated(Unauthenticated::because(TokenType::SessionToken, Reason::MiddlewareMissing))
            }
        }
    }

    fn auth_headers(&self) -> AuthHeaders<'_> {
        AuthHeaders::of(self)
    }
}

impl ClerkExt for ServiceRequest {
    fn auth(&self) -> Auth<Session> {
        self.request().auth()
    }

    fn auth_headers(&self) -> AuthHeaders<'_> {
        self.request().auth_headers()
    }
}
