//! Revocations that several servers share through a store: what a store has to do, and how a list is connected to one.

mod follower;
mod log;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod shared;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use self::{
    log::{Batch, Position, RevocationStore, StoreFuture},
    memory::MemoryStore,
    shared::SharedRevocations,
};
