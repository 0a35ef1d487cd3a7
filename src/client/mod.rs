//! The calls of [`ClerkClient`], resource by resource, with their options and errors.
//!
//! The resources that they return are in [`api`](crate::api). With the feature `backend-api`, every call of Clerk's Backend API
//! has a method, named as in `clerkClient`: the page
//! [From `clerk-rs` and `clerkClient`](https://docs.rs/clerk-actix/latest/clerk_actix/guide/migrating_from_clerk_rs/) lists
//! them all. Without it, there are only `users()` with `get`, `organization_memberships` and `sign_out_everywhere`; `sessions()`
//! with `get`, `list`, `revoke` and `get_token`; `organizations().get`; and all of `api_keys()` and `m2m()`. "No method named …"
//! from the compiler means that the feature is missing. For a call that has no method here, use
//! [`ClerkClient::request`].
//!
//! What Clerk requires is an argument. What is optional is a method: of the call for a list
//! (`users().list().banned(true).limit(50)`), of what is sent for a change (`NewOrganization::new("Acme").created_by(user)`).
//! [`ApiCall::all`] returns all elements of a list, page by page.
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
#[cfg(feature = "backend-api")]
mod backend_api;
mod call;
mod clerk_client;
mod draft;
mod error;
mod filters;
mod future;
mod m2m;
mod m2m_jwt;
mod m2m_token_source;
mod operation;
mod organizations;
mod paged;
mod path;
#[cfg(feature = "backend-api")]
mod properties;
mod rejection;
mod resource;
mod sessions;
mod sign_out;
mod stream;
#[cfg(feature = "backend-api")]
mod upload;
mod users;

#[cfg(all(test, feature = "metrics"))]
pub(crate) use self::resource::RESOURCES;
pub(crate) use self::sessions::session_token;
#[cfg(feature = "backend-api")]
pub(crate) use self::sessions::whole_seconds;
pub use self::{
    api_keys::{ApiKeyFilters, ApiKeyUpdate, ApiKeys, NewApiKey},
    call::ApiCall,
    clerk_client::ClerkClient,
    error::ClerkApiError,
    future::ApiFuture,
    m2m::{M2mTokenFilters, M2mTokenFormat, M2mTokens, NewM2mToken},
    m2m_token_source::M2mTokenSource,
    organizations::{OrganizationDetails, Organizations},
    paged::Paged,
    rejection::{Rejection, Unreachable, Unreadable},
    sessions::{GetTokenOptions, SessionFilters, Sessions},
    stream::ApiStream,
    users::Users,
};
#[cfg(feature = "backend-api")]
#[cfg_attr(docsrs, doc(cfg(feature = "backend-api")))]
pub use self::{backend_api::*, upload::FileUpload};

/// The table of all calls, for the comparison with Clerk's description. Not part of the public API.
#[cfg(feature = "__internal-bench")]
#[doc(hidden)]
pub mod table {
    pub use super::operation::{Operation, SampleCall};

    /// Returns the calls of all resources.
    pub fn operations() -> Vec<Operation> {
        [
            super::api_keys::operations(),
            super::m2m::operations(),
            super::organizations::operations(),
            super::sessions::operations(),
            super::users::operations(),
            #[cfg(feature = "backend-api")]
            super::backend_api::operations(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
