//! What the middleware leaves in a request's extensions for the extractors to find.

use std::sync::Arc;

use super::{Session, Unauthenticated};
use crate::{config::ClerkConfig, request::SignedOut, token::SessionToken};

/// One request's authentication, decided once.
#[derive(Clone, Debug)]
pub(crate) struct RequestState {
    config: ClerkConfig,
    verdict: Result<Session, SignedOut>,
}

impl RequestState {
    pub(crate) fn new(config: ClerkConfig, verdict: Result<Arc<SessionToken>, SignedOut>) -> Self {
        Self { config, verdict: verdict.map(Session::new) }
    }

    pub(crate) fn config(&self) -> &ClerkConfig {
        &self.config
    }

    pub(crate) fn verdict(&self) -> Result<&Session, &SignedOut> {
        self.verdict.as_ref()
    }

    /// The session, pending or not.
    pub(super) fn session(&self) -> Result<Session, Unauthenticated> {
        self.verdict.clone().map_err(Unauthenticated::from)
    }
}
