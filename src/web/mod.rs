//! Everything that knows Actix: the middleware, the extractors, and the responses to rejected requests.
//!
//! `middleware/service.rs` is the path of a request; it stores a [`RequestState`](state::RequestState), which the
//! extractors in `extract.rs` read.

mod access_log;
mod advice;
mod auth;
mod auth_headers;
mod bearer;
mod browser_addresses;
mod clerk_js;
mod client;
mod content_security_policy;
mod credential;
mod development_page;
mod envelope;
mod error;
mod error_handler;
mod ext;
mod extract;
mod facts;
mod forbid;
mod frontend_api_proxy;
pub mod guard;
mod html;
#[cfg(feature = "__internal-bench")]
pub mod internal_bench;
mod json;
mod middleware;
#[cfg(feature = "utoipa")]
pub mod openapi;
mod pending_report;
mod policy;
mod redirect;
mod rejected;
mod report;
mod require;
mod resource_metadata;
mod span;
mod state;
#[cfg(feature = "webhooks")]
mod webhook;

#[cfg(feature = "testing")]
pub(crate) use self::state::{RequestState, install_planted_callers};
#[cfg(feature = "webhooks")]
pub use self::webhook::{Webhook, WebhookConfig, WebhookError};
pub use self::{
    access_log::{access_logger, redacted_target},
    auth::{AnyToken, Auth, RequireAuth},
    auth_headers::AuthHeaders,
    clerk_js::ClerkJs,
    content_security_policy::{ClerkCsp, CspNonce},
    credential::{Credential, WithPending},
    error::AuthError,
    error_handler::AuthConfig,
    ext::ClerkExt,
    middleware::ClerkMiddleware,
    policy::{AnyOf, Authorized, OrgFromPath, OrgPart, PathPart, Policy},
    redirect::AuthRedirect,
    require::{Require, require, require_auth},
    resource_metadata::ProtectedResource,
};
