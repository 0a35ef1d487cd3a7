//! The state that one instance keeps between requests, shared by all workers: signing keys, verified tokens, and the
//! calls to Clerk that are in progress or were just answered.
//!
//! And the stores that several servers share: [`revocations`] and [`replay_guard`].
//!
//! Each of them takes the settings and a transport; none knows the [`ClerkConfig`](crate::ClerkConfig) that holds it.

mod authorization_server;
mod background;
pub(crate) mod jwks_file;
mod machine_tokens;
mod nonces;
mod quota;
mod rate_limit;
#[cfg(feature = "redis")]
mod redis;
mod refreshes;
mod rejections;
mod replay_guard;
mod revocations;
mod session_calls;
mod signing_keys;
mod single_flight;
mod under_way;
mod verified_tokens;

pub(crate) use self::{
    authorization_server::AuthorizationServer,
    machine_tokens::MachineTokens,
    nonces::Nonces,
    quota::Quota,
    rate_limit::{ClientPauses, Moment},
    refreshes::Refreshes,
    signing_keys::{InPlace, SigningKeys},
    single_flight::SingleFlight,
    verified_tokens::VerifiedTokens,
};
#[cfg(feature = "redis")]
pub use self::{replay_guard::RedisReplayStore, revocations::RedisStore};
pub use self::{
    replay_guard::{Delivery, ReplayFuture, ReplayGuard, ReplayStore},
    revocations::{Batch, MemoryStore, Position, RevocationStore, SharedRevocations, StoreFuture},
};
