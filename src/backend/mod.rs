//! Clerk's Backend API: pure request builders and response parsers, the transport between them, and the
//! cache of signing keys.

mod jwks;
mod signing_keys;
mod transport;

use std::sync::Arc;

pub(crate) use self::{signing_keys::SigningKeys, transport::HttpClient};
use crate::{
    config::ClerkConfig,
    keys::VerificationKey,
    request::{Backend, SigningKeyError},
};

/// Clerk's API as one worker reaches it, for one configuration.
#[derive(Clone, Copy)]
pub(crate) struct ClerkApi<'w> {
    pub(crate) config: &'w ClerkConfig,
    pub(crate) http: &'w HttpClient,
}

impl Backend for ClerkApi<'_> {
    async fn signing_key(&self, kid: Option<&str>) -> Result<Arc<VerificationKey>, SigningKeyError> {
        SigningKeys::get(*self, kid).await
    }
}
