//! The extractors' requirements as middleware for a whole scope, checked before any of its handlers is looked up.

use std::{
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
    rc::Rc,
};

use actix_web::{
    Error, FromRequest, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use futures_util::future::LocalBoxFuture;

use super::{
    credential::Credential,
    policy::{Authorized, Policy},
};
use crate::auth::Session;

/// Middleware that lets signed-in users through and rejects all other requests as [`RequireAuth`](crate::RequireAuth)
/// does. [`ClerkMiddleware`](crate::ClerkMiddleware) must be further out: what is wrapped last runs first.
///
/// Requests for paths that do not exist in the scope are rejected too, and so are CORS preflights, which carry no
/// credentials: put `actix-cors` further out.
///
/// ```
/// use actix_web::{web, App};
/// use clerk_actix::{require_auth, ApiKey, ClerkMiddleware};
///
/// # fn app(clerk: ClerkMiddleware) {
/// let app = App::new()
///     .service(web::scope("/account").wrap(require_auth()).route("", web::get().to(async || "yours")))
///     .service(web::scope("/export").wrap(require_auth().of::<ApiKey>()).route("", web::get().to(async || "rows")))
///     .wrap(clerk);
/// # }
/// ```
#[doc(alias = "requireAuth")]
pub fn require_auth() -> Require<(), Session> {
    Require(PhantomData)
}

/// Middleware that lets callers through who pass the policy and rejects all other requests as [`Authorized`] does. The
/// notes on [`require_auth`] apply here too.
///
/// ```
/// use actix_web::{web, App};
/// use clerk_actix::{require, Check, ClerkMiddleware, Policy};
///
/// struct Admin;
/// impl Policy for Admin {
///     const REQUIRES: Check = Check::new().role("org:admin");
/// }
///
/// # fn app(clerk: ClerkMiddleware) {
/// let app = App::new()
///     .service(web::scope("/admin").wrap(require::<Admin>()).route("", web::get().to(async || "for admins")))
///     .wrap(clerk);
/// # }
/// ```
pub fn require<P: Policy>() -> Require<P, Session> {
    Require(PhantomData)
}

/// Middleware that requires authentication, and enforces a policy; made by [`require_auth`] and [`require`].
pub struct Require<P, C = Session>(PhantomData<fn() -> (P, C)>);

impl<P: Policy, C: Credential> Require<P, C> {
    /// Accepts another type of caller: `require_auth().of::<ApiKey>()`.
    pub fn of<D: Credential>(self) -> Require<P, D> {
        Require(PhantomData)
    }
}

impl<P, C> Clone for Require<P, C> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<P, C> fmt::Debug for Require<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Require({})", std::any::type_name::<P>())
    }
}

impl<S, B, P, C> Transform<S, ServiceRequest> for Require<P, C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    P: Policy,
    C: Credential,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireService<S, P, C>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(RequireService { service: Rc::new(service), required: PhantomData }))
    }
}

/// Marks a request that a requirement has let through, in its extensions.
pub(super) struct Passed;

/// The wrapped service of one worker.
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct RequireService<S, P, C> {
    service: Rc<S>,
    required: PhantomData<fn() -> (P, C)>,
}

impl<S, B, P, C> Service<ServiceRequest> for RequireService<S, P, C>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
    P: Policy,
    C: Credential,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let service = Rc::clone(&self.service);
        Box::pin(async move {
            match Authorized::<P, C>::from_request(req.request(), &mut Payload::None).await {
                Ok(_) => {
                    req.extensions_mut().insert(Passed);
                    Ok(service.call(req).await?.map_into_left_body())
                }
                Err(rejection) => Ok(req.error_response(rejection).map_into_right_body()),
            }
        })
    }
}
