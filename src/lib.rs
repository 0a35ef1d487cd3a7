//! Clerk authentication for Actix Web: a middleware, and typed extractors that put a handler's auth policy into its
//! signature.
//!
//! ```no_run
//! use actix_web::{get, web, App, HttpServer, Responder};
//! use clerk_actix::{Auth, ClerkMiddleware, RequireAuth};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let clerk = ClerkMiddleware::from_env()?; // built once: all workers share its keys and caches
//!     HttpServer::new(move || App::new().wrap(clerk.clone()).service(me).service(dashboard))
//!         .bind(("127.0.0.1", 3000))?
//!         .run()
//!         .await?;
//!     Ok(())
//! }
//!
//! #[get("/api/me")] // who, if anyone: never refuses
//! async fn me(auth: Auth) -> impl Responder {
//!     web::Json(auth)
//! }
//!
//! #[get("/dashboard")] // a browser is sent to sign in, an API client gets 401
//! async fn dashboard(user: RequireAuth) -> impl Responder {
//!     format!("Hello {}", user.user_id())
//! }
//! ```
//!
//! # The tour
//!
//! [Clerk](https://clerk.com) gives a browser that is signed in a short-lived JWT, the *session token*, in a cookie or
//! for an `Authorization` header. [`ClerkMiddleware`] looks for it on every request, verifies it with the
//! instance's public keys and refuses nobody; a browser whose token has run out gets a new one on the way, or is sent to
//! Clerk and back (the *handshake*). What a handler demands, its signature says:
//!
//! | In the signature | What it means |
//! |---|---|
//! | [`Auth`] | who is calling, if anyone |
//! | [`RequireAuth`] | somebody: 401 for API clients and a redirect to sign-in for browsers otherwise |
//! | [`Authorized<PublishPosts>`](Authorized) | somebody who may, by a [`Policy`] of yours: 403 otherwise |
//! | `Option<RequireAuth>`, `Result<RequireAuth, AuthError>` | the same, with the refusal left to the handler |
//! | [`RequireAuth<ApiKey>`](ApiKey), [`Auth<M2mToken>`](M2mToken), [`Auth<OAuthToken>`](OAuthToken) | a caller that is no browser |
//! | [`Auth<Either<Session, ApiKey>>`](Credential) | one of several types |
//! | [`AnyToken`] | a caller of any type |
//! | [`Auth<WithPending>`](WithPending) | sessions count even while their users have tasks to complete |
//! | `web::ReqData<Session>` | a [`Session`], as Actix's own extractor finds it |
//!
//! [`ClerkConfig`] says which Clerk instance it is; [`ConfigError`] says at start-up what cannot work. Code without an
//! extractor asks the request itself, with [`ClerkExt`]. What a handler needs of Clerk next, it asks [`ClerkClient`], an
//! extractor too; calls to other services of your own carry the token of an [`M2mTokenSource`]. [`Reason`] is why a request is
//! not authenticated, and [`AuthError`] the response to it. The `testing` module (feature `testing`) is a Clerk instance inside the process.
//!
//! # Features
//!
//! | Feature | |
//! |---|---|
//! | `aws_lc_rs` (default) | signatures are checked by aws-lc-rs |
//! | `rust_crypto` | signatures are checked by RustCrypto's `rsa`, where `aws_lc_rs` is off; TLS still uses aws-lc-rs |
//! | `native-roots` | calls to Clerk trust the system's root certificates instead of Mozilla's |
//! | `testing` | [`testing::LocalClerk`](https://docs.rs/clerk-actix/latest/clerk_actix/testing/), for tests and offline development only |
//! | `utoipa` | [`openapi`](https://docs.rs/clerk-actix/latest/clerk_actix/openapi/): security schemes, and what a handler demands, in an OpenAPI document |

#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::todo,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod api;
mod auth;
mod auth_headers;
mod backend;
mod client;
mod clock;
mod config;
mod error;
mod error_handler;
mod extract;
pub mod guard;
#[cfg(any(doc, doctest))]
pub mod guide;
mod hint;
#[cfg(feature = "internal-bench")]
#[doc(hidden)]
pub mod internal_bench;
mod keys;
mod log_limit;
mod middleware;
#[cfg(feature = "utoipa")]
#[cfg_attr(docsrs, doc(cfg(feature = "utoipa")))]
pub mod openapi;
mod query;
mod reason;
mod request;
mod require;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod token;
mod websocket;

pub use actix_web::Either;

pub use crate::{
    auth::{
        Actor, And, AnyToken, ApiKey, Auth, AuthRedirect, Authorized, Check, Credential, Expired, FactorAges, M2mToken,
        Missing, OAuthToken, Or, OrgFromPath, OrgPart, PathPart, Policy, Principal, RequireAuth, Reverification,
        Session, SessionStatus, TokenError, TokenRules, Unauthenticated, UntilExpiry, WithPending,
    },
    auth_headers::AuthHeaders,
    backend::{
        M2mTokenSource,
        client::{ClerkApiError, ClerkClient, TokenOptions},
    },
    config::{
        ClerkConfig, ClerkConfigBuilder, ConfigError, CsrfProtection, OrganizationSync, TokenCache,
        publishable_key_from_host,
    },
    error::AuthError,
    error_handler::AuthConfig,
    extract::ClerkExt,
    keys::{InstanceType, KeyError, KeyKind},
    middleware::ClerkMiddleware,
    reason::{Reason, RefreshFailure},
    require::{Require, require, require_auth},
    token::TokenType,
};

/// The README's examples, compiled and run with the documentation's.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;
