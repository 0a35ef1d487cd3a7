//! Tokens: decoding, classification and verification. Pure: takes bytes, keys and the time, and returns a verdict.
//!
//! The types follow the order of PROTOCOL section 6: text is decoded to a [`Jwt`], the `Jwt` is classified, only one of
//! the session class becomes a [`SessionJwt`], and only verifying it with a key gives a [`SessionToken`]. No code path
//! can skip a step.

mod claims;
mod class;
mod jwks;
mod jwt;
mod machine;
mod memory;
mod organization;
mod rejection;
mod session;
mod token_type;
mod validity;
mod verify;

#[cfg(test)]
mod cases;

#[cfg(feature = "__internal-bench")]
pub(crate) use self::class::SessionJwt;
pub use self::token_type::TokenType;
pub(crate) use self::token_type::TokenTypes;
pub(crate) use self::{
    claims::{Claim, ClaimName, Claims},
    class::JwtClass,
    jwks::KeySet,
    jwt::Jwt,
    machine::{
        MachineJwt, MachineToken, OpaqueToken, Verified, check_is_for_machine, check_oauth_audience, has_machine_prefix,
    },
    organization::{ActiveOrganization, Entitlements, trim},
    rejection::{Carrier, OutOfTime, TokenRejection},
    session::{RememberedToken, SecondVerdict, SessionToken},
    verify::ClaimRules,
};
