//! The types that [`ClerkClient`](crate::ClerkClient)'s methods take and return: the data of Clerk's Backend API.
//!
//! Optional members may be missing or have an unexpected form without affecting the rest, because Clerk adds and
//! changes them. Any release may add members.

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
pub use crate::client::{
    ApiCall, ApiKeyUpdate, ApiKeys, M2mTokenFormat, M2mTokens, NewApiKey, NewM2mToken, Organizations, Sessions, Users,
};

/// Converts a timestamp from Clerk, in milliseconds since the Unix epoch, to a [`SystemTime`]. Times before the epoch,
/// and times that `SystemTime` cannot represent, become the epoch.
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
