//! The guard against events that arrive twice: an id is inserted if it is absent, in memory or in Redis.

mod guard;
mod ids;
mod memory;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "redis")]
pub use self::redis::RedisReplayStore;
pub use self::{
    guard::ReplayGuard,
    ids::{ReplayFuture, ReplayStore},
};
