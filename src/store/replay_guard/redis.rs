//! Ids in Redis, each a key that expires by itself.

use std::{sync::Arc, time::Duration};

use redis::cmd;

use super::{
    super::redis::{Redis, to_store_error},
    guard::ReplayGuard,
    ids::{Delivery, ReplayFuture, ReplayStore},
};
use crate::revocations::StoreError;

/// The values of the keys.
const IN_PROGRESS: &str = "0";
const DONE: &str = "1";

/// A [`ReplayStore`] in Redis or Valkey; feature `redis`. Each id is a key, `clerk:replay:ID`. The user needs the commands
/// `SET`, `GET` and `DEL` on these keys.
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
    fn begin(self: Arc<Self>, id: String, lease: Duration) -> ReplayFuture<Delivery> {
        Box::pin(async move {
            let mut connection = self.redis.take().await?;
            let mut set = cmd("SET");
            set.arg(self.key(&id)).arg(IN_PROGRESS).arg("NX").arg("PX").arg(millis(lease));
            let set: Option<String> = set.query_async(&mut connection).await.map_err(to_store_error)?;
            // One that has expired meanwhile was in progress a moment ago.
            let delivery = match set {
                Some(_) => Delivery::New,
                None => {
                    let mut get = cmd("GET");
                    get.arg(self.key(&id));
                    let found: Option<String> = get.query_async(&mut connection).await.map_err(to_store_error)?;
                    if found.as_deref() == Some(DONE) { Delivery::Done } else { Delivery::InProgress }
                }
            };
            self.redis.put_back(connection);
            Ok(delivery)
        })
    }

    fn finish(self: Arc<Self>, id: String, retention: Duration) -> ReplayFuture<()> {
        Box::pin(async move {
            let mut connection = self.redis.take().await?;
            let mut set = cmd("SET");
            set.arg(self.key(&id)).arg(DONE).arg("PX").arg(millis(retention));
            set.query_async::<()>(&mut connection).await.map_err(to_store_error)?;
            self.redis.put_back(connection);
            Ok(())
        })
    }

    fn abandon(self: Arc<Self>, id: String) -> ReplayFuture<()> {
        Box::pin(async move {
            let mut connection = self.redis.take().await?;
            let mut delete = cmd("DEL");
            delete.arg(self.key(&id));
            delete.query_async::<()>(&mut connection).await.map_err(to_store_error)?;
            self.redis.put_back(connection);
            Ok(())
        })
    }
}

impl RedisReplayStore {
    fn key(&self, id: &str) -> String {
        format!("{}{id}", self.prefix)
    }
}

/// Redis rejects a lifetime of zero.
fn millis(lifetime: Duration) -> String {
    lifetime.as_millis().max(1).to_string()
}
