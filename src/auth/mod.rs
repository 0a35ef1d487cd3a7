//! The types that handlers hold: the caller and its claims, and why there is none. Free of HTTP.

mod check;
mod connection;
pub(crate) mod json;
mod lifetime;
mod machine;
mod principal;
mod session;
mod session_status;
mod unauthenticated;
mod verify_token;

#[cfg(feature = "testing")]
pub(crate) use self::check::is_system_permission;
pub use self::{
    check::{Check, Missing, Reverification},
    lifetime::{Expired, UntilExpiry},
    machine::{ApiKey, M2mToken, OAuthToken},
    principal::Principal,
    session::{Actor, FactorAges, Session},
    session_status::SessionStatus,
    unauthenticated::Unauthenticated,
    verify_token::{TokenError, TokenRules},
};
