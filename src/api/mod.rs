//! The resources of Clerk's Backend API, as [`ClerkClient`](crate::ClerkClient)'s methods return them.
//!
//! ```
//! let user: clerk_actix::api::User = serde_json::from_str(r#"{"id":"user_ada","created_at":1700000000000}"#)?;
//! let created_at = user.created_at.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
//! assert_eq!(created_at.map(|time| time.as_secs()), Some(1_700_000_000));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Optional members may be missing or have an unexpected form without affecting the rest, because Clerk adds and
//! changes them. Any release may add members.

pub(crate) mod deserialize_error;
mod error_detail;
mod lenient;
mod machine;
mod metadata;
mod organization;
mod page;
mod secret;
mod session;
mod time;
mod user;

pub(crate) use self::{deserialize_error::read_as, lenient::lenient_list, time::system_time};
pub use self::{
    error_detail::ErrorDetail,
    machine::{ApiKey, M2mToken, OAuthAccessToken},
    metadata::Metadata,
    organization::{Organization, OrganizationMembership, PublicUserData},
    page::Page,
    secret::Secret,
    session::{Session, SessionActivity},
    user::{EmailAddress, ExternalAccount, PhoneNumber, User, Verification},
};
