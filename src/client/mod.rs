//! The calls of [`ClerkClient`], resource by resource, with their options and errors.
//!
//! The resources that they return are in [`api`](crate::api). For calls that have no method here, use
//! [`ClerkClient::request`].
//!
//! ```
//! use clerk_actix::{
//!     ClerkApiError, ClerkClient,
//!     api::ApiKey,
//!     client::{ApiKeyUpdate, NewApiKey},
//! };
//!
//! async fn key_for_exports(clerk: &ClerkClient, user_id: &str) -> Result<ApiKey, ClerkApiError> {
//!     let key = clerk.api_keys().create(NewApiKey::new(user_id, "Nightly export")).await?;
//!     clerk.api_keys().update(&key.id, ApiKeyUpdate::new().scopes(["exports:read"])).await
//! }
//! ```

mod answer;
mod api_keys;
mod call;
mod clerk_client;
mod error;
mod future;
mod m2m;
mod m2m_jwt;
mod m2m_token_source;
mod organizations;
mod path;
mod rejection;
mod resource;
mod sessions;
mod sign_out;
mod users;

#[cfg(all(test, feature = "metrics"))]
pub(crate) use self::resource::RESOURCES;
pub(crate) use self::sessions::session_token;
pub use self::{
    api_keys::{ApiKeyUpdate, ApiKeys, NewApiKey},
    call::ApiCall,
    clerk_client::ClerkClient,
    error::ClerkApiError,
    future::ApiFuture,
    m2m::{M2mTokenFormat, M2mTokens, NewM2mToken},
    m2m_token_source::M2mTokenSource,
    organizations::Organizations,
    rejection::{Rejection, Unreachable, Unreadable},
    sessions::{GetTokenOptions, Sessions},
    users::Users,
};
