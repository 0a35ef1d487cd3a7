//! The guard against events that arrive twice: ids that are in progress or done, in memory or in Redis.

mod guard;
mod ids;
mod memory;
#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "redis")]
pub use self::redis::RedisReplayStore;
pub use self::{
    guard::ReplayGuard,
    ids::{Delivery, ReplayFuture, ReplayStore},
};
