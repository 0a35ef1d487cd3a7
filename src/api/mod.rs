//! Clerk's Backend API: what [`ClerkClient`](crate::ClerkClient)'s calls take and give.
//!
//! Members that are not needed to make sense of a resource may be missing or of an unexpected form without spoiling the
//! rest: Clerk adds and changes them. New members may come with any version.

mod data_error;
mod error_detail;
mod lenient;
mod machine;
mod metadata;
mod organization;
mod page;
mod secret;
mod session;
mod user;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use self::{
    data_error::DataError,
    error_detail::ErrorDetail,
    machine::{ApiKey, M2mToken, OAuthAccessToken},
    metadata::Metadata,
    organization::{Organization, OrganizationMembership, PublicUserData},
    page::Page,
    secret::Secret,
    session::{Session, SessionActivity},
    user::{EmailAddress, ExternalAccount, PhoneNumber, User, Verification},
};
pub(crate) use self::{data_error::read_as, lenient::lenient_list};
pub use crate::backend::client::{
    ApiCall, ApiKeyUpdate, ApiKeys, M2mTokenFormat, M2mTokens, NewApiKey, NewM2mToken, Organizations, Sessions, Users,
};

/// A time of Clerk's, in milliseconds since the Unix epoch, as the standard library has times. What is before the epoch
/// is the epoch, and so is what no clock can show.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let created_at = clerk_actix::api::system_time(1_700_000_000_000);
/// assert_eq!(created_at.duration_since(UNIX_EPOCH).unwrap(), Duration::from_secs(1_700_000_000));
/// ```
pub fn system_time(millis: i64) -> SystemTime {
    let since_epoch = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    UNIX_EPOCH.checked_add(since_epoch).unwrap_or(UNIX_EPOCH)
}
