//! Guards: routing by who is calling, where two handlers share a path.
//!
//! A guard chooses between handlers; it does not keep anybody out. A request that no guard lets through is answered as one
//! for a route that does not exist, with 404 or 405: no 401, no way to sign in, no reason. So they are for a path that has
//! something for everybody, such as a start page for visitors and another for users:
//!
//! ```
//! use actix_web::{web, App};
//! use clerk_actix::{guard, ClerkMiddleware, RequireAuth};
//!
//! async fn dashboard(user: RequireAuth) -> String { // the extractor stays the gate
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
//! - to protect a handler: write [`RequireAuth`](crate::RequireAuth) or [`Authorized`](crate::Authorized) into its signature,
//!   or wrap the scope with [`require`](crate::require). They answer strangers properly, and they still hold when the handler
//!   is mounted elsewhere.
//! - to hide that a route exists: answer with 404 in an [`AuthConfig`](crate::AuthConfig).
//!
//! Guards combine with Actix's: `guard::Not(signed_in())`, `guard::All`, `guard::Any`.
//!
//! # What they can see
//!
//! [`ClerkMiddleware`](crate::ClerkMiddleware) has to wrap the `App` or a scope further out. Actix asks the guards of a scope
//! or resource before it runs that scope's or resource's own middleware; its routes it asks afterwards. Where the middleware
//! has not seen the request, nothing is known and no guard of this module lets it through.
//!
//! A guard cannot wait for an answer, and an opaque token (of an API key, most M2M and OAuth tokens) is worth nothing until
//! Clerk has been asked. So [`token_type`] goes by what the caller *presents*, genuine or not; the extractor finds out.

use actix_web::guard::{Guard, GuardContext};

use crate::{
    auth::{Check, RequestState, Session},
    token::TokenType,
};

/// Requests of signed-in users; those of pending sessions are not among them, as with [`Auth`](crate::Auth).
pub fn signed_in() -> impl Guard {
    On(|state: &RequestState| session(state).is_some())
}

/// Requests of signed-in users who pass the check: another page for administrators, say.
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

/// Requests that present a token of this type, whether or not it is genuine; the handler's extractor has to verify it.
/// A request without any token counts as a browser's, of the type [`TokenType::SessionToken`].
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

/// A question about what the middleware has found out.
struct On<F>(F);

impl<F: Fn(&RequestState) -> bool> Guard for On<F> {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        context.req_data().get::<RequestState>().is_some_and(&self.0)
    }
}

fn session(state: &RequestState) -> Option<&Session> {
    state.as_session().and_then(Result::ok).filter(|session| !session.is_pending())
}
