//! Authorization at run time, and the rejection of callers who are not authorized.

use actix_web::HttpRequest;

use super::{error::AuthError, facts::ActixFacts, state::with_state};
use crate::{
    auth::{Check, Missing, Principal, Session},
    observe::{LogLimit, hint},
    request::{is_page_navigation, is_same_page, public_url},
};

impl Session {
    /// Returns an error unless the session passes the check. Use it for checks that depend on the request or its data;
    /// for all others, declare a [`Policy`](crate::Policy).
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`]: a 403 that names what is missing, or, for a browser that navigates to the page, a
    /// redirect to [`forbidden_url`](crate::ClerkConfigBuilder::forbidden_url).
    ///
    /// ```
    /// use actix_web::{delete, web, HttpRequest, Responder};
    /// use clerk_actix::{AuthError, Check, RequireAuth};
    ///
    /// #[delete("/posts/{author}/{id}")]
    /// async fn remove(
    ///     user: RequireAuth,
    ///     path: web::Path<(String, u32)>,
    ///     req: HttpRequest,
    /// ) -> Result<impl Responder, AuthError> {
    ///     if path.0 != user.user_id() {
    ///         user.authorize(&Check::new().permission("org:posts:moderate"), &req)?;
    ///     }
    ///     Ok("removed")
    /// }
    /// ```
    pub fn authorize(&self, check: &Check, req: &HttpRequest) -> Result<(), AuthError> {
        self.answer(check).map_err(|missing| forbid(req, missing))
    }
}

impl Principal {
    /// Returns an error unless the caller passes the check, as [`Session::authorize`] does.
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`].
    pub fn authorize(&self, check: &Check, req: &HttpRequest) -> Result<(), AuthError> {
        self.answer(check).map_err(|missing| forbid(req, missing))
    }
}

/// Redirects a navigating browser to the application's page for forbidden requests, unless that page is the one
/// rejecting. Reverification happens on the page that made the request, so it gets no special treatment here.
pub(super) fn forbid(req: &HttpRequest, missing: Missing) -> AuthError {
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
    AuthError::Forbidden { missing, page: page.flatten().map(String::from) }
}
