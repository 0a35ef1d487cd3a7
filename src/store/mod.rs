//! The state that one instance keeps between requests, shared by all workers: signing keys, verified tokens, and the
//! calls to Clerk that are in progress or were just answered.
//!
//! Each of them takes the settings and a transport; none knows the [`ClerkConfig`](crate::ClerkConfig) that holds it.

mod machine_tokens;
mod nonces;
mod quota;
mod refreshes;
mod signing_keys;
mod single_flight;
mod under_way;
mod verified_tokens;

pub(crate) use self::{
    machine_tokens::MachineTokens,
    nonces::Nonces,
    quota::Quota,
    refreshes::Refreshes,
    signing_keys::{InPlace, SigningKeys},
    single_flight::SingleFlight,
    verified_tokens::VerifiedTokens,
};
