//! A session token that was verified.

use serde_json::{Map, Value};

use super::SessionClaims;

/// A session token whose signature and claims were verified. [`SessionJwt::verify`] alone makes one.
///
/// [`SessionJwt::verify`]: super::SessionJwt::verify
#[derive(Debug)]
pub(crate) struct SessionToken {
    text: RawToken,
    claims: Map<String, Value>,
    session: SessionClaims,
}

impl SessionToken {
    pub(super) fn new(text: &str, claims: Map<String, Value>, session: SessionClaims) -> Self {
        Self { text: RawToken(text.into()), claims, session }
    }

    /// The token itself: a credential, good until it expires.
    pub(crate) fn expose(&self) -> &str {
        &self.text.0
    }

    pub(crate) fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    pub(crate) fn session(&self) -> &SessionClaims {
        &self.session
    }
}

struct RawToken(Box<str>);

impl std::fmt::Debug for RawToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"…\"")
    }
}
