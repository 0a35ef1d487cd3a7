//! Guards: route by authentication state when two handlers share a path.
//!
//! A guard chooses between handlers; it does not protect them. A request that no guard accepts gets the same response
//! as one for a route that does not exist, with 404 or 405: no 401, no redirect to sign in, no reason. Use guards for a
//! path that has something for everyone, such as a start page for visitors and another for users:
//!
//! ```
//! use actix_web::{web, App};
//! use clerk_actix::{guard, ClerkMiddleware, RequireAuth};
//!
//! async fn dashboard(user: RequireAuth) -> String { // the extractor still protects the handler
//!     format!("Hello {}", user.user_id())
//! }
//! async fn landing() -> &'static str {
//!     "Hello"
//! }
//!
//! # fn app(clerk: ClerkMiddleware) {
//! let app = App::new()
//!     .service(
//!         web::resource("/")
//!             .route(web::get().guard(guard::signed_in()).to(dashboard))
//!             .route(web::get().to(landing)),
//!     )
//!     .wrap(clerk);
//! # }
//! ```
//!
//! Do not use one
//! - to protect a handler: put [`RequireAuth`](crate::RequireAuth) or [`Authorized`](crate::Authorized) into its
//!   signature, or wrap the scope with [`require`](crate::require). They respond to unauthenticated requests properly,
//!   and they still apply when the handler is mounted elsewhere.
//! - to hide that a route exists: respond with 404 in an [`AuthConfig`](crate::AuthConfig).
//!
//! Guards combine with Actix's: `guard::Not(signed_in())`, `guard::All`, `guard::Any`.
//!
//! # What guards can see
//!
//! [`ClerkMiddleware`](crate::ClerkMiddleware) must wrap the `App` or an outer scope. Actix evaluates the guards of a
//! scope or resource before it runs that scope's or resource's own middleware, and the guards of routes afterwards. If
//! the middleware has not seen the request, no guard of this module accepts it.
//!
//! Guards are synchronous, and an opaque token (of API keys, and most M2M and OAuth tokens) cannot be trusted until
//! Clerk has been asked. So [`token_type`] goes by the token that the caller *presents*, genuine or not; the extractor
//! verifies it.

use actix_web::guard::{Guard, GuardContext};

use super::state::RequestState;
use crate::{
    auth::{Check, Session},
    token::TokenType,
};

/// Accepts requests of signed-in users. Pending sessions do not count, as in [`Auth`](crate::Auth).
pub fn signed_in() -> impl Guard {
    On(|state: &RequestState| session(state).is_some())
}

/// Accepts requests of signed-in users who pass the check, such as for a separate page for administrators.
///
/// ```
/// use actix_web::web;
/// use clerk_actix::{guard, Authorized, Check, Policy};
///
/// struct Admin;
/// impl Policy for Admin {
///     const REQUIRES: Check = Check::new().role("org:admin");
/// }
///
/// let settings = web::resource("/settings")
///     .route(web::get().guard(guard::has(&Admin::REQUIRES)).to(async |_: Authorized<Admin>| "all settings"))
///     .route(web::get().to(async || "your settings"));
/// # let _ = settings;
/// ```
pub fn has(check: &'static Check) -> impl Guard {
    On(move |state: &RequestState| session(state).is_some_and(|session| session.has(check)))
}

/// Accepts requests that present a token of this type, genuine or not; the handler's extractor must verify it. A
/// request without a token counts as a browser's, with the type [`TokenType::SessionToken`].
///
/// ```
/// use actix_web::web;
/// use clerk_actix::{guard, ApiKey, RequireAuth, TokenType};
///
/// let orders = web::resource("/orders")
///     .route(web::get().guard(guard::token_type(TokenType::ApiKey)).to(async |_: RequireAuth<ApiKey>| "as CSV"))
///     .route(web::get().to(async |_: RequireAuth| "as a page"));
/// # let _ = orders;
/// ```
pub fn token_type(token_type: TokenType) -> impl Guard {
    On(move |state: &RequestState| state.token_type() == token_type)
}

/// A predicate on the middleware's state.
struct On<F>(F);

impl<F: Fn(&RequestState) -> bool> Guard for On<F> {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        context.req_data().get::<RequestState>().is_some_and(&self.0)
    }
}

fn session(state: &RequestState) -> Option<&Session> {
    state.as_session().and_then(Result::ok).filter(|session| !session.is_pending())
}
