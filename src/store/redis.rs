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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_pass_and_errors_that_somebody_has_to_mend() {
        let answer = |line: &str| -> StoreError {
            let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).unwrap();
            to_store_error(value.extract_error().unwrap_err())
        };
        for (line, is_temporary) in [
            ("NOAUTH Authentication required.", false),
            ("WRONGPASS invalid username-password pair or user is disabled.", false),
            ("NOPERM this user has no permissions to run the 'xadd' command", false),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", false),
            ("ERR unknown command 'XADD'", false),
            ("ERR syntax error", false),
            ("ERR DB index is out of range", false),
            ("ERR unsupported", false),
            ("ERR max number of clients reached", true),
            ("LOADING Redis is loading the dataset in memory", true),
            ("READONLY You can't write against a read only replica.", true),
            ("MISCONF Redis is configured to save RDB snapshots", true),
            ("OOM command not allowed when used memory > 'maxmemory'.", true),
        ] {
            assert_eq!(answer(line).is_temporary(), is_temporary, "{line}");
        }
        for (kind, is_temporary) in [
            (ErrorKind::AuthenticationFailed, false),
            (ErrorKind::RESP3NotSupported, false),
            (ErrorKind::InvalidClientConfig, false),
            (ErrorKind::Io, true),
            (ErrorKind::Parse, true),
        ] {
            assert_eq!(to_store_error(RedisError::from((kind, "made up"))).is_temporary(), is_temporary, "{kind:?}");
        }
    }
}
