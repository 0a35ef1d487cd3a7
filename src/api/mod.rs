//! The resources of Clerk's Backend API, as [`ClerkClient`](crate::ClerkClient)'s methods return them and webhooks bring
//! them.
//!
//! ```
//! let user: clerk_actix::api::User = serde_json::from_str(r#"{"id":"user_ada","created_at":1700000000000}"#)?;
//! let created_at = user.created_at.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
//! assert_eq!(created_at.map(|time| time.as_secs()), Some(1_700_000_000));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! Optional members may be missing or have an unexpected form without affecting the rest, because Clerk adds and
//! changes them. Members that have no field are in `other`. Any release may add fields.
//!
//! A resource can be serialized again, without its secrets. Members without a value are then `null` or empty, a member that had
//! an unexpected form is too, and everything else is as Clerk sent it.

mod accounts;
#[cfg(feature = "backend-api")]
mod backend_api;
mod billing;
mod deleted;
pub(crate) mod deserialize_error;
mod error_detail;
mod invitation;
mod json_object;
pub(crate) mod lenient;
mod machine;
mod message;
mod metadata;
mod organization;
mod organization_domain;
mod page;
mod plain_value;
mod resource;
mod role;
mod secret;
mod session;
mod status;
mod time;
mod user;
mod verification;
mod word;

#[cfg(feature = "backend-api")]
#[cfg_attr(docsrs, doc(cfg(feature = "backend-api")))]
pub use self::backend_api::*;
#[cfg(any(feature = "backend-api", feature = "testing"))]
pub(crate) use self::time::rfc3339;
#[cfg(any(feature = "backend-api", feature = "webhooks"))]
pub(crate) use self::time::unix_millis;
#[cfg(feature = "__internal-bench")]
pub(crate) use self::word::AnyWord;
pub use self::{
    accounts::{EnterpriseAccount, Passkey, Web3Wallet},
    billing::{
        Amount, Payee, Payer, PaymentAttempt, PaymentFailure, PaymentSource, PaymentTotals, Plan, Subscription,
        SubscriptionItem,
    },
    deleted::DeletedObject,
    error_detail::ErrorDetail,
    invitation::{Invitation, OrganizationInvitation, PublicOrganizationData, WaitlistEntry},
    json_object::JsonObject,
    machine::{ApiKey, M2mToken, OAuthAccessToken},
    message::{Email, SmsMessage},
    metadata::Metadata,
    organization::{Organization, OrganizationMembership, PublicUserData},
    organization_domain::{DomainVerification, OrganizationDomain},
    page::Page,
    role::{Permission, Role},
    secret::Secret,
    session::{Session, SessionActivity},
    status::{
        EnrollmentMode, InvitationStatus, PaymentSourceStatus, PaymentStatus, SessionStatus, SubscriptionItemStatus,
        SubscriptionStatus, VerificationStatus, WaitlistStatus,
    },
    user::{EmailAddress, ExternalAccount, PhoneNumber, User},
    verification::Verification,
};
pub(crate) use self::{deserialize_error::read_as, lenient::lenient_list, time::system_time};
#[cfg(feature = "webhooks")]
pub(crate) use self::{
    deserialize_error::without_data, plain_value::PlainValue, resource::resource, time::time_of_either_unit,
};
