//! Ids in Redis, each a key that expires by itself.

use std::{sync::Arc, time::Duration};

use redis::cmd;

use super::{
    super::redis::{Redis, to_store_error},
    guard::ReplayGuard,
    ids::{ReplayFuture, ReplayStore},
};
use crate::revocations::StoreError;

/// A [`ReplayStore`] in Redis or Valkey; feature `redis`. Each id is a key, `clerk:replay:ID`. The user needs the commands
/// `SET` and `DEL` on these keys.
#[derive(Debug)]
pub struct RedisReplayStore {
    redis: Redis,
    prefix: String,
}

impl RedisReplayStore {
    /// Creates a store at this address, such as `redis://user:password@127.0.0.1:6379/0`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidUrl`], also for `rediss://` if the crate `redis` has no TLS feature.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        Ok(Self { redis: Redis::new(url)?, prefix: "clerk:replay:".to_owned() })
    }

    /// Sets what every key begins with. Default `clerk:replay:`.
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into(), ..self }
    }
}

impl ReplayGuard {
    /// Creates a guard with its ids in the Redis server at this address, where all servers see them; feature `redis`.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidUrl`] if the address cannot be used.
    ///
    /// ```
    /// use clerk_actix::ReplayGuard;
    ///
    /// let guard = ReplayGuard::redis("redis://127.0.0.1:6379/")?;
    /// # let _ = guard;
    /// # Ok::<(), clerk_actix::stores::StoreError>(())
    /// ```
    pub fn redis(url: &str) -> Result<Self, StoreError> {
        RedisReplayStore::new(url).map(Self::with_store)
    }
}

impl ReplayStore for RedisReplayStore {
    fn insert_if_absent(self: Arc<Self>, id: String, retention: Duration) -> ReplayFuture<bool> {
        Box::pin(async move {
            let mut connection = self.redis.take().await?;
            let mut set = cmd("SET");
            set.arg(format!("{}{id}", self.prefix)).arg(1).arg("NX").arg("PX");
            set.arg(retention.as_millis().max(1).to_string());
            let answer: Option<String> = set.query_async(&mut connection).await.map_err(to_store_error)?;
            self.redis.put_back(connection);
            Ok(answer.is_some())
        })
    }

    fn remove(self: Arc<Self>, id: String) -> ReplayFuture<()> {
        Box::pin(async move {
            let mut connection = self.redis.take().await?;
            let mut delete = cmd("DEL");
            delete.arg(format!("{}{id}", self.prefix));
            delete.query_async::<()>(&mut connection).await.map_err(to_store_error)?;
            self.redis.put_back(connection);
            Ok(())
        })
    }
}
