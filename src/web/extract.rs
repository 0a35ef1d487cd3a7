//! The extractors: how handlers get the caller, or a rejection.

use std::{
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};

use futures_util::future::LocalBoxFuture;

use super::{
    auth::{Auth, RequireAuth},
    credential::{Credential, private},
    error::AuthError,
    facts::ActixFacts,
    policy::{Authorized, Passable, Policy},
    redirect::{AuthPage, AuthRedirect},
    span::record_caller,
    state::{RequestState, with_state},
};
use crate::{
    auth::{Missing, Unauthenticated},
    observe::{LogLimit, hint},
    request::{is_page_navigation, is_same_page, public_url},
    token::TokenType,
};

impl<C: Credential> FromRequest for Auth<C> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::of::<C>(req, |_, found| Ok(found))
    }
}

impl<C: Credential> FromRequest for RequireAuth<C> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        Extraction::of::<C>(req, |req, found| match found {
            Auth::Authenticated(credential) => Ok(RequireAuth(credential)),
            Auth::Unauthenticated(why) => Err(refuse::<C>(req, why)),
        })
    }
}

impl<P: Policy, C: Credential> FromRequest for Authorized<P, C> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let () = Passable::<P, C>::CHECKED;
        Extraction::of::<C>(req, |req, found| match found {
            Auth::Authenticated(credential) => {
                let caller = credential.to_principal();
                caller.answer(&P::REQUIRES).map_err(|missing| forbid(req, missing))?;
                if !P::permits(&caller, req) {
                    return Err(forbid(req, Missing::Request));
                }
                Ok(Authorized { credential, policy: PhantomData })
            }
            Auth::Unauthenticated(why) => Err(refuse::<C>(req, why)),
        })
    }
}

/// An extractor's future: ready at once, unless Clerk has to be asked about an opaque token.
#[must_use = "futures do nothing unless polled"]
pub struct Extraction<T>(Progress<T>);

enum Progress<T> {
    Ready(Ready<Result<T, AuthError>>),
    Asking(LocalBoxFuture<'static, Result<T, AuthError>>),
}

impl<T: 'static> Extraction<T> {
    /// `judge` turns the caller, or the lack of one, into the extractor's result.
    fn of<C: Credential>(
        req: &HttpRequest,
        judge: impl FnOnce(&HttpRequest, Auth<C>) -> Result<T, AuthError> + 'static,
    ) -> Self {
        let found = with_state(req, |state| match state.has_to_ask(C::ACCEPTS) {
            false => Ok(find(private::Request { state, req })),
            true => Err(state.clone()),
        });
        // The extensions are no longer borrowed here: `judge` may run the application's own code.
        match found {
            None => Self(Progress::Ready(ready(Err(AuthError::middleware_missing())))),
            Some(Ok(found)) => Self(Progress::Ready(ready(judge(req, found)))),
            Some(Err(state)) => {
                let req = req.clone();
                Self(Progress::Asking(Box::pin(async move {
                    state.ask().await;
                    if let Some(Ok(caller)) = state.as_machine() {
                        record_caller(|| caller.clone());
                    }
                    judge(&req, find(private::Request { state: &state, req: &req }))
                })))
            }
        }
    }
}

impl<T> Future for Extraction<T> {
    type Output = Result<T, AuthError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Progress::Ready(result) => Pin::new(result).poll(context),
            Progress::Asking(future) => future.as_mut().poll(context),
        }
    }
}

impl<T> fmt::Debug for Extraction<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extraction")
    }
}

pub(super) fn find<C: Credential>(request: private::Request<'_>) -> Auth<C> {
    match C::find(request) {
        Ok(credential) => Auth::Authenticated(credential),
        Err(why) => Auth::Unauthenticated(why),
    }
}

/// Signing in helps only if a session would be accepted.
fn refuse<C: Credential>(req: &HttpRequest, why: Unauthenticated) -> AuthError {
    let may_sign_in = C::ACCEPTS.contains(TokenType::SessionToken) && is_page_navigation(&ActixFacts(req));
    let sign_in = if may_sign_in { with_state(req, |state| way_to_sign_in(req, state, &why)) } else { None };
    AuthError::refuse(why, sign_in.flatten())
}

/// `None` on the sign-in page itself: the browser would loop.
fn way_to_sign_in(req: &HttpRequest, state: &RequestState, why: &Unauthenticated) -> Option<AuthRedirect> {
    static LOCKED: LogLimit = LogLimit::new();
    let redirect = AuthRedirect::new(req, state, AuthPage::SignIn)?;
    if !redirect.leads_to_itself() {
        return Some(redirect);
    }
    if let Some(left_out) = LOCKED.admit(state.config().settings().clock.now()) {
        tracing::warn!(
            path = hint(req.path()),
            reason = %why.reason(),
            left_out,
            "responded with 401, because the sign-in page itself requires a signed-in user, so no visitor could ever \
             sign in: remove the requirement from the page that `sign_in_url` names"
        );
    }
    None
}

/// Redirects a navigating browser to the application's page for forbidden requests, unless that page is the one
/// rejecting. Reverification happens on the page that made the request, so it gets no special treatment here.
fn forbid(req: &HttpRequest, missing: Missing) -> AuthError {
    let facts = ActixFacts(req);
    let page = with_state(req, |state| {
        let settings = state.config().settings();
        let page = settings.forbidden_url.as_ref().filter(|_| is_page_navigation(&facts))?;
        let here = public_url(&facts, settings);
        let page = page.resolve(&here)?;
        if !is_same_page(&page, &here) {
            return Some(page);
        }
        static LOCKED: LogLimit = LogLimit::new();
        if let Some(left_out) = LOCKED.admit(settings.clock.now()) {
            tracing::warn!(
                path = hint(req.path()),
                reason = missing.code(),
                left_out,
                "responded with 403, because the page for forbidden requests rejects them too: open the page that \
                 `forbidden_url` names to every signed-in user"
            );
        }
        None
    });
    AuthError::Forbidden { missing, page: page.flatten().map(|url| String::from(url).into()) }
}
