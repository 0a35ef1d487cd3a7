//! The error of a store that servers share.

use std::{error::Error, sync::Arc, time::Duration};

/// The error of a store that several servers share, such as Redis.
///
/// The message never contains the store's password. As a handler's error, it is answered with 503.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store cannot be reached, or the connection failed.
    #[error("the store cannot be reached: {0}")]
    Unreachable(#[source] Arc<dyn Error + Send + Sync>),

    /// The store did not answer in time.
    #[error("the store did not answer within {} ms", .limit.as_millis())]
    #[non_exhaustive]
    TimedOut {
        /// The time that it had.
        limit: Duration,
    },

    /// The store rejected the command or the password. Trying again does not help.
    #[error("the store rejected the command: {0}. Check the user's password and permissions, and the store's version")]
    Rejected(#[source] Arc<dyn Error + Send + Sync>),

    /// The store's address is not valid.
    #[error("the store's address is not valid: {0}. It has the form redis://user:password@host:6379/0")]
    InvalidUrl(#[source] Arc<dyn Error + Send + Sync>),

    /// The thread that talks to stores could not be started.
    #[error("the thread that talks to stores could not be started: {0}")]
    NoThread(#[source] Arc<std::io::Error>),
}

impl StoreError {
    /// The store cannot be reached, because of this error.
    pub fn unreachable(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unreachable(error.into().into())
    }

    /// The store answered with this error, and trying again does not help.
    pub fn rejected(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Rejected(error.into().into())
    }

    /// Returns whether trying again may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut { .. })
    }
}
