//! Connections to Redis, for the stores that servers share.

use std::{fmt, sync::Mutex, sync::PoisonError, time::Duration};

use redis::{AsyncConnectionConfig, Client, ErrorKind, RedisError, ServerErrorKind, aio::MultiplexedConnection};

use crate::revocations::StoreError;

/// The time that a new connection may take. With the rest of a call, it is within the time of the call.
const CONNECT_WITHIN: Duration = Duration::from_secs(1);

/// A Redis server, with one connection at most.
///
/// A connection that failed, or whose call was given up, is not used again. The crate's `ConnectionManager` would try
/// again within the call, so that an outage would look like a slow answer.
pub(super) struct Redis {
    client: Client,
    idle: Mutex<Option<MultiplexedConnection>>,
}

impl Redis {
    pub(super) fn new(url: &str) -> Result<Self, StoreError> {
        let client = Client::open(url).map_err(to_store_error)?;
        Ok(Self { client, idle: Mutex::default() })
    }

    /// Another connection to the same server.
    pub(super) fn another(&self) -> Self {
        Self { client: self.client.clone(), idle: Mutex::default() }
    }

    /// The address without the user and the password.
    pub(super) fn name(&self) -> String {
        format!("redis at {}", self.client.get_connection_info().addr())
    }

    /// Takes the connection, or opens one. Put it back if it works.
    pub(super) async fn take(&self) -> Result<MultiplexedConnection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        // A call that waits for news takes longer than any usual limit. The callers have their own.
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT_WITHIN)).set_response_timeout(None);
        self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(to_store_error)
    }

    pub(super) fn put_back(&self, connection: MultiplexedConnection) {
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// Distinguishes what may pass from what somebody has to mend.
pub(super) fn to_store_error(error: RedisError) -> StoreError {
    let text = error.to_string();
    let says = |words: &str| text.contains(words);
    let is_permanent = match error.kind() {
        ErrorKind::InvalidClientConfig => return StoreError::InvalidUrl(std::sync::Arc::new(error)),
        ErrorKind::AuthenticationFailed | ErrorKind::RESP3NotSupported => true,
        ErrorKind::Server(ServerErrorKind::NoPerm) => true,
        // Most of the others are temporary, such as "max number of clients reached".
        ErrorKind::Server(ServerErrorKind::ResponseError) => {
            says("unknown command") || says("syntax error") || says("DB index") || says("unsupported")
        }
        _ => ["NOAUTH", "WRONGPASS", "WRONGTYPE", "NOPERM"].into_iter().any(says),
    };
    if is_permanent { StoreError::rejected(error) } else { StoreError::unreachable(error) }
}
