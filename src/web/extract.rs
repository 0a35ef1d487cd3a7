//! The extractors: how handlers get the caller, or a rejection.

use std::{
    fmt,
    future::{Ready, ready},
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};

use futures_util::future::LocalBoxFuture;

use super::{
    auth::{Auth, RequireAuth},
    credential::{Credential, private},
    error::AuthError,
    facts::ActixFacts,
    forbid::forbid,
    policy::{Authorized, Passable, Policy},
    redirect::{AuthPage, AuthRedirect},
    rejected::AskedOrganization,
    report::Watch,
    span::record_caller,
    state::{RequestState, with_state},
};
use crate::{
    auth::{Missing, Unauthenticated},
    observe::{LogLimit, hint},
    request::is_page_navigation,
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
        Extraction::of::<C>(req, |req, found| found.require(req).map(RequireAuth))
    }
}

impl<P: Policy, C: Credential> FromRequest for Authorized<P, C> {
    type Error = AuthError;
    type Future = Extraction<Self>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let () = Passable::<P, C>::CHECKED;
        Extraction::of::<C>(req, |req, found| {
            let credential = found.require(req)?;
            let caller = credential.to_principal();
            caller.authorize(&P::REQUIRES, req)?;
            if !P::permits(&caller, req) {
                if let Some(organization) = P::organization_in(req) {
                    let asked = AskedOrganization(organization.to_owned());
                    req.extensions_mut().insert(asked);
                }
                return Err(forbid(req, Missing::Request));
            }
            Ok(Authorized { credential, policy: PhantomData })
        })
    }
}

impl<C: Credential> Auth<C> {
    /// Returns the caller, or the rejection that [`RequireAuth`] would send: a redirect to sign in for a browser that
    /// navigates to the page.
    ///
    /// # Errors
    ///
    /// [`AuthError`]: 401, or 503 if Clerk's keys could not be loaded.
    ///
    /// ```
    /// use actix_web::{get, HttpRequest, Responder};
    /// use clerk_actix::{Auth, AuthError};
    ///
    /// #[get("/drafts")]
    /// async fn drafts(auth: Auth, req: HttpRequest) -> Result<impl Responder, AuthError> {
    ///     let user = auth.require(&req)?;
    ///     Ok(format!("drafts of {}", user.user_id()))
    /// }
    /// ```
    pub fn require(self, req: &HttpRequest) -> Result<C, AuthError> {
        match self {
            Self::Authenticated(credential) => Ok(credential),
            Self::Unauthenticated(why) => Err(refuse::<C>(req, why)),
        }
    }
}

/// An extractor's future: ready at once, unless Clerk has to be asked about an opaque token.
#[must_use = "futures do nothing unless polled"]
pub struct Extraction<T>(Step<T>);

enum Step<T> {
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
            None => Self(Step::Ready(ready(Err(AuthError::middleware_missing(req))))),
            Some(Ok(found)) => Self(Step::Ready(ready(judge(req, found)))),
            Some(Err(state)) => {
                let req = req.clone();
                Self(Step::Asking(Box::pin(async move {
                    let watch = Watch::start(state.config().settings());
                    if state.ask().await
                        && let Some(watch) = watch
                    {
                        watch.report_opaque(&req, &state);
                    }
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
            Step::Ready(result) => Pin::new(result).poll(context),
            Step::Asking(future) => future.as_mut().poll(context),
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
        Err(why) => Auth::Unauthenticated(why.accepting(C::ACCEPTS)),
    }
}

/// Signing in helps only if a session would be accepted.
fn refuse<C: Credential>(req: &HttpRequest, why: Unauthenticated) -> AuthError {
    let may_sign_in = C::ACCEPTS.contains(TokenType::SessionToken) && is_page_navigation(&ActixFacts(req));
    let sign_in = if may_sign_in { with_state(req, |state| way_to_sign_in(req, state, &why)) } else { None };
    AuthError::of(why, sign_in.flatten())
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
