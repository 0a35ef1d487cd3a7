//! Clerk's API with a note of whether the request's session token was recognized, for the report of the decision.

use std::{cell::Cell, sync::Arc};

use crate::{
    clock::Timestamp,
    keys::VerificationKey,
    request::{Backend, HandshakePayloadError, RefreshError, RefreshSession, SetCookie, SigningKeyError},
    token::{RememberedToken, SessionToken},
};

/// A backend whose lookups of session tokens are noted.
pub(super) struct Watched<'b, B> {
    backend: &'b B,
    lookup: Cell<&'static str>,
}

impl<'b, B> Watched<'b, B> {
    pub(super) fn new(backend: &'b B) -> Self {
        Self { backend, lookup: Cell::new("none") }
    }

    /// Returns the label: `hit`, `miss` or `none`.
    pub(super) fn lookup(&self) -> &'static str {
        self.lookup.get()
    }
}

impl<B: Backend> Backend for Watched<'_, B> {
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken> {
        let found = self.backend.remembered(text);
        self.lookup.set(if found.is_some() { "hit" } else { "miss" });
        found
    }

    fn remember(&self, token: &Arc<SessionToken>) {
        // A token that was recognized, but is verified again because its key has changed, is not a hit.
        self.lookup.set("miss");
        self.backend.remember(token);
    }

    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        self.backend.relies_on(key, now)
    }

    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        self.backend.signing_key(kid, now).await
    }

    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        self.backend.key_in_place_of(key, kid, now).await
    }

    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        self.backend.refresh_session(refresh).await
    }

    async fn handshake_payload(
        &self,
        nonce: &str,
        session_id: Option<&str>,
    ) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        self.backend.handshake_payload(nonce, session_id).await
    }
}
