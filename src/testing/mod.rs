//! A local Clerk inside the process, for tests and offline development (feature `testing`).
//!
//! [`LocalClerk`] is a whole Clerk instance on a loopback port: a fresh key pair, the parts of the Backend API that
//! this crate calls, and a sign-in page with a few users. It mints real, signed tokens, and it can rotate
//! its keys, fail, hang, count its calls and move its clock.
//!
//! ```
//! use actix_web::{http::StatusCode, test, web, App};
//! use clerk_actix::{testing::LocalClerk, ClerkMiddleware, RequireAuth, Session};
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
//! let token = clerk.mint(&Session::builder("user_ada").organization("org_acme").role("org:admin"));
//! let request = test::TestRequest::get().uri("/me").insert_header(("Authorization", format!("Bearer {token}")));
//! let response = test::call_service(&app, request.to_request()).await;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(test::read_body(response).await, "user_ada");
//! # Ok(())
//! # }
//! ```

mod api_keys;
mod backend_api;
mod behavior;
mod browsers;
mod call;
mod frontend;
mod instance;
mod instance_names;
mod local_clerk;
mod machines;
mod mint;
mod oauth;
mod pages;
mod people;
pub(crate) mod planted;
mod refused;
mod secret;
mod server;
mod session;
mod sessions;
mod setters;
mod signing;
mod tokens;
mod users;

#[cfg(test)]
pub(crate) use self::signing::SigningKey;
pub use self::{
    api_keys::ApiKeyBuilder,
    behavior::{Behavior, Endpoint},
    local_clerk::LocalClerk,
    machines::M2mTokenBuilder,
    mint::Mint,
    oauth::OAuthTokenBuilder,
    planted::{TestRequestExt, config},
    session::SessionBuilder,
    users::{Membership, TestUser},
};
pub use crate::clock::settable::TestClock;
