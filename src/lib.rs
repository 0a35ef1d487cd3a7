//! Clerk authentication for Actix Web: middleware that authenticates requests, and typed extractors that put a
//! handler's auth policy into its signature.
//!
//! ```no_run
//! use actix_web::{get, web, App, HttpServer, Responder};
//! use clerk_actix::{Auth, ClerkMiddleware, RequireAuth};
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let clerk = ClerkMiddleware::from_env()?; // build it once: all workers share its keys and caches
//!     HttpServer::new(move || App::new().wrap(clerk.clone()).service(me).service(dashboard))
//!         .bind(("127.0.0.1", 3000))?
//!         .run()
//!         .await?;
//!     Ok(())
//! }
//!
//! #[get("/api/me")] // optional authentication: never rejects
//! async fn me(auth: Auth) -> impl Responder {
//!     web::Json(auth)
//! }
//!
//! #[get("/dashboard")] // redirects browsers to sign-in, responds with 401 to API clients
//! async fn dashboard(user: RequireAuth) -> impl Responder {
//!     format!("Hello {}", user.user_id())
//! }
//! ```
//!
//! # The tour
//!
//! The tour shows what there is, and where the [guide] continues. In a hurry? [Quickstart](guide::quickstart) leads from a new
//! Clerk account to a tested application in an hour.
//!
//! **1. Set the keys.** [`ClerkMiddleware::from_env`] reads `CLERK_PUBLISHABLE_KEY`, `CLERK_SECRET_KEY` and
//! `CLERK_AUTHORIZED_PARTIES`, the origins of your pages. Other settings are methods of [`ClerkConfigBuilder`], and each has a
//! line in [Configuration](guide::configuration). Invalid settings fail at startup with a [`ConfigError`], and
//! [`ClerkConfig::doctor`] asks Clerk about the rest.
//!
//! **2. Wrap the application.** [Clerk](https://clerk.com) gives a signed-in browser a short-lived JWT, the *session token*, in a
//! cookie or for an `Authorization` header. [`ClerkMiddleware`] verifies the token of every request with the instance's public
//! keys, and never rejects a request. If a browser's token has expired, the middleware refreshes it, or redirects the browser to
//! Clerk and back: the [handshake](guide::handshake). [The order of middleware](guide::middleware) says where CORS, logging and
//! your own middleware go.
//!
//! **3. Choose an extractor.** A handler's signature says what it requires. [Which extractor do I want?](guide::extractors) leads
//! from the question to the signature.
//!
//! | In the signature | What it means |
//! |---|---|
//! | [`Auth`] | the authenticated caller, if any: never rejects |
//! | [`RequireAuth`] | an authenticated caller; otherwise 401 for API clients and a redirect to sign-in for browsers |
//! | [`Authorized<PublishPosts>`](Authorized) | an authenticated caller who passes your [`Policy`]; otherwise 403 |
//! | `Option<RequireAuth>`, `Result<RequireAuth, AuthError>` | the same, but the handler decides how to respond to a rejection |
//! | [`RequireAuth<ApiKey>`](ApiKey), [`Auth<M2mToken>`](M2mToken), [`Auth<OAuthToken>`](OAuthToken) | a program: a caller with an API key, a machine-to-machine token or an OAuth access token |
//! | [`Auth<Either<Session, ApiKey>>`](Credential) | a credential of one of several types |
//! | [`AnyToken`] | a caller of any type |
//! | [`Auth<WithPending>`](WithPending) | sessions count even while the user still has tasks to complete |
//! | `web::ReqData<Session>` | a [`Session`], through Actix's own extractor, which responds with 500 if nobody is signed in: prefer [`Auth`] |
//!
//! Code without an extractor, such as other middleware, reads the request with [`ClerkExt`].
//!
//! **4. Decide who may do what.** A [`Policy`] is a type: roles, permissions, features, plans, scopes, a recent password.
//!
//! ```
//! use actix_web::{post, Responder};
//! use clerk_actix::{Authorized, Check, Policy};
//!
//! struct PublishPosts;
//! impl Policy for PublishPosts {
//!     const REQUIRES: Check = Check::new().permission("org:posts:publish");
//! }
//!
//! #[post("/api/posts/publish")] // 401, 403, or the handler
//! async fn publish(user: Authorized<PublishPosts>) -> impl Responder {
//!     format!("published by {}", user.user_id())
//! }
//! ```
//!
//! **5. Connect the pages.** [`ClerkJs`] writes the script tags of Clerk's JavaScript into a page, and [`ClerkCsp`] sets a
//! Content-Security-Policy under which it runs: [Server-rendered pages](guide::server_rendered_pages). A frontend with its own
//! build sends the token in a header: [Single-page applications](guide::single_page_applications). Both end with
//! [Sign-out](guide::sign_out).
//!
//! **6. Let programs in.** API keys, machine-to-machine tokens and OAuth tokens are extractors too. [`ProtectedResource`] makes an
//! API an OAuth resource server, such as an [MCP server](guide::mcp). [`M2mTokenSource`] provides the token for calls to your other
//! services.
//!
//! **7. Use Clerk's data.** [`ClerkClient`], also an extractor, calls Clerk's Backend API. [Webhooks](guide::webhooks) keep your
//! tables in step with it, and [`Revocations`] end sessions [at once](guide::revocation).
//!
//! **8. Test.** With the feature `testing`, tests make callers up, or run a Clerk instance inside the process:
//! [Testing your handlers](guide::testing).
//!
//! ```
//! # #[cfg(feature = "testing")]
//! # async fn doc() {
//! use actix_web::{test, web, App};
//! use clerk_actix::{testing::{self, TestRequestExt}, ClerkMiddleware, RequireAuth};
//!
//! let handler = web::get().to(async |user: RequireAuth| user.user_id().to_owned());
//! let app = test::init_service(App::new().wrap(ClerkMiddleware::new(testing::config())).route("/me", handler)).await;
//! let request = test::TestRequest::get().uri("/me").signed_in("user_ada");
//! assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "user_ada");
//! # }
//! # #[cfg(feature = "testing")]
//! # actix_web::rt::System::new().block_on(doc());
//! ```
//!
//! **9. Deploy.** [`ClerkConfig::is_ready`] is for readiness probes. [Deploying](guide::deploying) has a container, a checklist and
//! what to do when a key has to be replaced; [Behind a proxy](guide::behind_a_proxy) the settings of nginx and others;
//! [Observability](guide::observability) metrics and alerts.
//!
//! **When something is rejected,** [`Reason`] says why a request is not authenticated, and [`AuthError`] is the response to it. The
//! log has both, and [Troubleshooting](guide::troubleshooting) says what to do about each.
//!
//! Coming from JavaScript? [From `@clerk/express`](guide::express) has every option, before and after.
//!
//! # Features
//!
//! | Feature | |
//! |---|---|
//! | `aws_lc_rs` (default) | aws-lc-rs checks signatures, and encrypts calls to Clerk |
//! | `rust_crypto` | if `aws_lc_rs` is off, RustCrypto's `rsa` checks signatures and `ring` encrypts calls to Clerk: for targets that AWS-LC does not build for |
//! | `backend-api` | every call of Clerk's Backend API as a method of [`ClerkClient`]: [`client`](https://docs.rs/clerk-actix/latest/clerk_actix/client/); no further dependencies |
//! | `metrics` | [`observe::Metrics`](https://docs.rs/clerk-actix/latest/clerk_actix/observe/struct.Metrics.html): counters and durations for the recorder of the `metrics` crate |
//! | `native-roots` | calls to Clerk trust the system's root certificates in addition to Mozilla's |
//! | `redis` | [`Revocations::redis`](https://docs.rs/clerk-actix/latest/clerk_actix/struct.Revocations.html#method.redis), [`ReplayGuard::redis`](https://docs.rs/clerk-actix/latest/clerk_actix/struct.ReplayGuard.html#method.redis): what several servers share through Redis |
//! | `testing` | [`testing::LocalClerk`](https://docs.rs/clerk-actix/latest/clerk_actix/testing/), for tests and offline development only |
//! | `utoipa` | [`openapi`](https://docs.rs/clerk-actix/latest/clerk_actix/openapi/): security schemes and handlers' requirements in an OpenAPI document |
//! | `webhooks` | [`Webhook`](https://docs.rs/clerk-actix/latest/clerk_actix/struct.Webhook.html): Clerk's webhooks, verified, with all types of events; no further dependencies |
//!
//! # Versions
//!
//! The crate follows [Semantic Versioning](https://semver.org/): before 1.0, a minor version may change the API, and a
//! patch version may not. It supports Rust 1.89 and newer; only a minor version raises that, to a compiler that is at
//! least six months old.

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
mod backend;
pub mod client;
mod clock;
mod config;
pub mod doctor;
#[cfg(all(doc, not(doctest)))]
pub mod guide;
mod instance;
mod keys;
pub mod observe;
mod reason;
mod request;
mod revocations;
mod store;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod token;
mod web;
#[cfg(feature = "webhooks")]
mod webhook;

pub use actix_web::Either;

#[doc(inline)]
pub use crate::client::{ClerkApiError, ClerkClient, GetTokenOptions, M2mTokenSource};
#[cfg(feature = "__internal-bench")]
#[doc(hidden)]
pub use crate::web::internal_bench;
#[cfg(feature = "utoipa")]
#[cfg_attr(docsrs, doc(cfg(feature = "utoipa")))]
pub use crate::web::openapi;
pub use crate::{
    api::deserialize_error::DeserializeError,
    auth::{
        Actor, ApiKey, Check, FactorAges, M2mToken, OAuthToken, Principal, Reverification, Session, SessionStatus,
        TokenError, TokenRules, Unauthenticated,
    },
    config::{
        ClerkConfigBuilder, ConfigError, CsrfProtection, FrontendApiProxy, JwksFileProblem, OrganizationSync,
        TokenCache, publishable_key_from_host,
    },
    instance::ClerkConfig,
    keys::{InstanceType, KeyError, KeyKind},
    reason::{Reason, RefreshFailure},
    revocations::Revocations,
    store::{Delivery, ReplayGuard},
    token::TokenType,
    web::{
        AnyOf, AnyToken, Auth, AuthConfig, AuthError, AuthHeaders, AuthRedirect, Authorized, ClerkCsp, ClerkExt,
        ClerkJs, ClerkMiddleware, Credential, CspNonce, Policy, ProtectedResource, Require, RequireAuth, WithPending,
        access_logger, guard, redacted_target, require, require_auth,
    },
};
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub use crate::{
    web::{Webhook, WebhookConfig, WebhookError},
    webhook::WebhookEvent,
};

/// Stores that several servers share: how [`Revocations`] and a [`ReplayGuard`] are connected to Redis, or to another one.
pub mod stores {
    #[cfg(feature = "redis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
    pub use crate::store::{RedisReplayStore, RedisStore};
    pub use crate::{
        revocations::{CutOff, StoreError, WhenUnreachable},
        store::{
            Batch, MemoryStore, Position, ReplayFuture, ReplayStore, RevocationStore, SharedRevocations, StoreFuture,
        },
    };
}

/// Ready-made policies, and the unmet requirement that a 403 names.
pub mod policy {
    pub use crate::{
        auth::Missing,
        web::{OrgFromPath, OrgPart, PathPart},
    };
}

/// Connections that outlive their request: what [`Session::expired`] and [`Session::until_expiry`] return.
pub mod connection {
    pub use crate::auth::{Expired, UntilExpiry};
}

/// What is in a [`WebhookEvent`], whatever its type.
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
pub mod webhook_event {
    pub use crate::webhook::{Event, EventAttributes, HttpRequestAttributes};
}
