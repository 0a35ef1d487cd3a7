//! What deciding a request may need of Clerk, as a trait: the decision itself stays free of HTTP.

use std::{sync::Arc, time::Duration};

use crate::keys::VerificationKey;

/// Clerk's side, as one request's decision sees it.
pub(crate) trait Backend {
    /// The key that a token names; with a configured PEM key, always that.
    async fn signing_key(&self, kid: Option<&str>) -> Result<Arc<VerificationKey>, SigningKeyError>;
}

/// Why there is no key to verify a token with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SigningKeyError {
    /// The instance's keys are known, and this is none of them.
    UnknownKid,
    /// The keys could not be loaded.
    Unavailable {
        /// For operators: what failed. Never a secret.
        message: Arc<str>,
        retry_after: Duration,
    },
    /// Clerk does not accept this server's secret key.
    SecretKeyRejected {
        /// Clerk's own words.
        message: Arc<str>,
        retry_after: Duration,
    },
}
