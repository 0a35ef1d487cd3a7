//! The resource around its routes: marks the requests below it, and applies its audience to their OAuth tokens.

use std::{
    future::{Ready, ready},
    sync::atomic::Ordering,
};

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use futures_util::future::LocalBoxFuture;

use super::{
    ProtectedResource,
    challenge::{Challenged, Under, complete},
};
use crate::{
    auth::Unauthenticated,
    token::TokenType,
    web::{
        error::AuthError,
        pending_report::PendingReport,
        require::Passed,
        state::{RequestState, with_state},
    },
};

impl<S, B> Transform<S, ServiceRequest> for ProtectedResource
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ProtectedResourceService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        if !self.0.is_served.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                resource = self.url(),
                "a ProtectedResource wraps a scope, but this application does not serve its metadata, so clients find no \
                 way to get a token: add .service(resource.clone()) to the App, unless another server serves {}",
                self.metadata_url()
            );
        }
        ready(Ok(ProtectedResourceService { service, resource: self.clone() }))
    }
}

/// One worker's [`ProtectedResource`] around its routes.
#[derive(Debug)]
pub struct ProtectedResourceService<S> {
    service: S,
    resource: ProtectedResource,
}

impl<S, B> Service<ServiceRequest> for ProtectedResourceService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        req.extensions_mut().insert(Under(self.resource.clone()));
        if self.resource.0.requires_audience {
            require(req.request(), self.resource.url());
        }
        if self.resource.0.requires_audience
            && let Some(state) = with_state(req.request(), RequestState::clone)
        {
            let state = enter(req.request(), state);
            let rejection = passed_too_early(req.request(), &state);
            req.extensions_mut().insert(state);
            if let Some(rejection) = rejection {
                let mut response = req.error_response(rejection).map_into_right_body();
                complete(&mut response);
                return Box::pin(ready(Ok(response)));
            }
        }
        let (resource, response) = (self.resource.clone(), self.service.call(req));
        Box::pin(async move {
            match response.await {
                Ok(mut response) => {
                    complete(&mut response);
                    Ok(response.map_into_left_body())
                }
                // Its request is gone.
                Err(error) => Err(match error.as_error::<AuthError>() {
                    Some(rejection) => Challenged::new(rejection.clone(), resource).into(),
                    None => error,
                }),
            }
        })
    }
}

/// The audiences that the resources around a request require, from the outermost to the innermost. They stay if
/// `ClerkMiddleware` decides further in, or decides again.
struct Audiences(Vec<String>);

fn require(req: &HttpRequest, audience: &str) {
    let mut extensions = req.extensions_mut();
    match extensions.get_mut::<Audiences>() {
        Some(Audiences(audiences)) => audiences.push(audience.to_owned()),
        None => drop(extensions.insert(Audiences(vec![audience.to_owned()]))),
    }
}

/// Returns the state below the resources that the request is under, if any: an OAuth token has to name each that requires
/// its audience.
pub(in crate::web) fn enter(req: &HttpRequest, state: RequestState) -> RequestState {
    let audiences = req.extensions().get::<Audiences>().map(|Audiences(audiences)| audiences.clone());
    let Some(audiences) = audiences else { return state };
    let was_accepted = state.as_machine().is_some_and(|verdict| verdict.is_ok());
    let state = audiences.iter().fold(state, RequestState::for_audience);
    if let Some(Err(why)) = state.as_machine().filter(|_| was_accepted) {
        PendingReport::end(req, Some(why));
    }
    state
}

/// Returns the rejection of a token that [`require_auth`](crate::require_auth()) has let through further out, where the
/// audience was not known yet: no extractor may follow.
fn passed_too_early(req: &HttpRequest, state: &RequestState) -> Option<AuthError> {
    let has_passed = req.extensions().contains::<Passed>();
    let why = state.as_machine().filter(|_| has_passed && state.token_type() == TokenType::OAuthToken)?.err()?;
    Some(AuthError::of(Unauthenticated::of(TokenType::OAuthToken, why.clone()), None))
}
