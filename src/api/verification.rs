//! The verification of contact details and accounts.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{JsonObject, VerificationStatus, lenient::lenient, time::lenient_time};

/// The verification that a contact detail or an account belongs to the user.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Verification {
    /// The status.
    #[serde(deserialize_with = "lenient")]
    pub status: VerificationStatus,
    /// The method: `email_code`, `from_oauth_google`, …
    #[serde(deserialize_with = "lenient")]
    pub strategy: Option<String>,
    /// The number of attempts.
    #[serde(deserialize_with = "lenient")]
    pub attempts: Option<u32>,
    /// The deadline for the verification.
    #[serde(rename = "expire_at", with = "lenient_time")]
    #[doc(alias = "expire_at")]
    pub expires_at: Option<SystemTime>,
    /// The members that have no field here, as Clerk sent them.
    #[serde(flatten)]
    pub other: JsonObject,
}

pub(super) fn is_verified(verification: &Option<Verification>) -> bool {
    verification.as_ref().is_some_and(|verification| verification.status == VerificationStatus::Verified)
}
