//! What the middleware leaves in a request's extensions for the extractors to find.

use super::{Session, Unauthenticated};
use crate::{
    config::ClerkConfig,
    request::{Outcome, SignedOut},
};

/// One request's authentication, decided once.
#[derive(Clone, Debug)]
pub(crate) struct RequestState {
    config: ClerkConfig,
    verdict: Result<Session, SignedOut>,
}

impl RequestState {
    pub(crate) fn new(config: ClerkConfig, outcome: Outcome) -> Self {
        let verdict = match outcome {
            Outcome::SignedIn(token) => Ok(Session::new(token)),
            Outcome::SignedOut(signed_out) => Err(signed_out),
        };
        Self { config, verdict }
    }

    pub(crate) fn config(&self) -> &ClerkConfig {
        &self.config
    }

    pub(crate) fn verdict(&self) -> Result<&Session, &SignedOut> {
        self.verdict.as_ref()
    }

    /// The session, pending or not.
    pub(super) fn session(&self) -> Result<Session, Unauthenticated> {
        self.verdict.clone().map_err(|signed_out| Unauthenticated {
            message: signed_out.message.into(),
            retry_after: signed_out.retry_after,
            ..Unauthenticated::because(signed_out.reason)
        })
    }
}
