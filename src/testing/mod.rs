//! Test support (feature `testing`): sessions without a server, requests of made-up callers, and a local Clerk inside the
//! process.
//!
//! # A session without a server
//!
//! [`session()`] describes a session, and [`build`](SessionBuilder::build) returns it, for a function that takes
//! `&Session`. [`api_key()`], [`m2m_token()`] and [`oauth_token()`] do the same for the other credentials.
//!
//! ```
//! use clerk_actix::{testing, Session};
//!
//! fn may_publish(session: &Session) -> bool {
//!     session.has_permission("org:posts:publish")
//! }
//!
//! let editor = testing::session("user_ada").org_permissions(["org:posts:publish"]).build();
//! assert!(may_publish(&editor));
//! ```
//!
//! # A request without a server
//!
//! [`TestRequestExt`] makes a request of such a caller: `TestRequest::get().signed_in("user_ada")`. With the feature
//! `webhooks` it also makes requests with signed webhooks, which `testing::webhook` describes.
//!
//! # A local Clerk
//!
//! [`LocalClerk`] is a whole Clerk instance on a loopback port: a fresh key pair, the Backend API, a sign-in page with a few users, the Frontend API that Clerk's own JavaScript
//! calls, and the OAuth endpoints by which applications and MCP clients get access tokens. It mints
//! real, signed tokens, and it can rotate its keys, fail, hang, count its calls and move its clock. With the feature
//! `webhooks` it sends webhooks.
//!
//! ```
//! use actix_web::{http::StatusCode, test, web, App};
//! use clerk_actix::{testing::{self, LocalClerk}, ClerkMiddleware, RequireAuth};
//!
//! # #[actix_web::main]
//! # async fn main() -> std::io::Result<()> {
//! let clerk = LocalClerk::start()?;
//! let app = test::init_service(
//!     App::new()
//!         .wrap(ClerkMiddleware::new(clerk.config()))
//!         .route("/me", web::get().to(async |user: RequireAuth| user.user_id().to_owned())),
//! )
//! .await;
//!
//! let token = clerk.mint(testing::session("user_ada").org_id("org_acme").org_role("org:admin"));
//! let request = test::TestRequest::get().uri("/me").insert_header(("Authorization", format!("Bearer {token}")));
//! let response = test::call_service(&app, request.to_request()).await;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(test::read_body(response).await, "user_ada");
//! # Ok(())
//! # }
//! ```

mod accounts;
mod api_keys;
mod attempts;
mod avatars;
mod backend_api;
mod behavior;
mod browsers;
mod builder;
mod built;
mod call;
mod description;
mod directory;
mod fixed;
mod frontend;
mod frontend_api;
mod instance;
mod instance_names;
mod local_clerk;
mod loopback;
mod machines;
mod mint;
mod npm;
mod oauth;
mod oauth_provider;
mod pages;
mod people;
mod planted;
mod records;
mod refused;
mod resources;
mod roles;
mod secret;
mod server;
mod session;
mod session_events;
mod sessions;
mod setters;
mod signing;
mod tokens;
mod users;
#[cfg(feature = "webhooks")]
mod webhook;
#[cfg(feature = "webhooks")]
mod webhook_sender;

#[cfg(test)]
pub(crate) use self::signing::SigningKey;
pub use self::{
    api_keys::{ApiKeyBuilder, api_key},
    behavior::{Behavior, Endpoint},
    builder::LocalClerkBuilder,
    built::config,
    local_clerk::LocalClerk,
    machines::{M2mTokenBuilder, m2m_token},
    mint::Mint,
    oauth::{OAuthTokenBuilder, oauth_token},
    planted::{TestCaller, TestRequestExt},
    session::{SessionBuilder, session},
    users::{Membership, TestUser, UserBuilder, user},
};
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub use self::{
    webhook::{SignedWebhook, WebhookBuilder, webhook, webhook_secret},
    webhook_sender::WebhookAttempt,
};
pub use crate::clock::settable::TestClock;
