//! Tokens: decoding, classification and verification. Pure: takes bytes, keys and the time, and returns a verdict.
//!
//! The types follow the order of PROTOCOL section 6: text is decoded to a [`Jwt`], the `Jwt` is classified, only one of
//! the session class becomes a [`SessionJwt`], and only verifying it with a key gives a [`SessionToken`]. No code path
//! can skip a step.

mod claims;
mod footprint;
mod jwks;
mod jwt;
mod machine;
mod members;
mod rejection;
mod session;
mod token_type;
mod validity;
mod verify;

#[cfg(test)]
mod cases;

pub use self::token_type::TokenType;
pub(crate) use self::token_type::TokenTypes;
pub(crate) use self::{
    claims::{Entitlements, Organization, trim},
    jwks::KeySet,
    jwt::{AnyJwt, HandshakeJwt, Jwt, JwtClass, SessionJwt},
    machine::{
        MachineJwt, MachineToken, OpaqueToken, Verified, check_is_for_machine, check_oauth_audience, has_machine_prefix,
    },
    members::{Known, Member, Members},
    rejection::{Carrier, Rejection},
    session::{RememberedToken, SessionToken},
    verify::ClaimRules,
};
