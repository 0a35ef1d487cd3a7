//! A session token that was verified, now or before.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{Member, Members, Organization, Rejection, SessionClaims, validity::Validity};
use crate::{clock::Timestamp, keys::VerificationKey};

/// A session token whose signature and claims were verified. [`SessionJwt::verify`] alone makes one.
///
/// [`SessionJwt::verify`]: super::SessionJwt::verify
#[derive(Debug)]
pub(crate) struct SessionToken {
    pub(super) text: RawToken,
    pub(super) claims: Members,
    pub(super) session: SessionClaims,
    validity: Validity,
    pub(super) verified_by: VerifiedBy,
    /// Worked out when somebody asks.
    organization: OnceLock<Option<Organization>>,
}

/// The key that verified a token, and the header in which the token asked for it.
#[derive(Clone, Debug)]
pub(super) struct VerifiedBy {
    pub(super) header: Arc<Members>,
    pub(super) key: Arc<VerificationKey>,
}

impl SessionToken {
    pub(super) fn new(
        text: &str,
        claims: Members,
        session: SessionClaims,
        validity: Validity,
        verified_by: VerifiedBy,
    ) -> Self {
        let organization = OnceLock::new();
        Self { text: RawToken(text.into()), claims, session, validity, verified_by, organization }
    }

    /// The token itself: a credential, good until it expires.
    pub(crate) fn expose(&self) -> &str {
        &self.text.0
    }

    /// The same text, to be kept without a copy.
    pub(crate) fn expose_shared(&self) -> Arc<str> {
        Arc::clone(&self.text.0)
    }

    /// The claims, of which those that rules look at need no map.
    pub(crate) fn members(&self) -> &Members {
        &self.claims
    }

    pub(crate) fn claim(&self, name: &str) -> Option<Member<'_>> {
        self.claims.get(name)
    }

    pub(crate) fn session(&self) -> &SessionClaims {
        &self.session
    }

    /// The active organization.
    pub(crate) fn organization(&self) -> Option<&Organization> {
        self.organization.get_or_init(|| Organization::of(&self.claims)).as_ref()
    }

    /// The same session under a text that nobody has verified.
    #[cfg(any(test, feature = "internal-bench"))]
    pub(crate) fn dangerously_renamed(&self, text: &str) -> Self {
        Self::new(text, self.claims.copied(), self.session.clone(), self.validity, self.verified_by.clone())
    }
}

/// A session token that was verified before, for the same configuration. Only [`verify_again`](Self::verify_again) makes
/// it one that counts: no path can skip what may have changed since.
#[derive(Clone, Debug)]
pub(crate) struct RememberedToken(Arc<SessionToken>);

impl From<Arc<SessionToken>> for RememberedToken {
    fn from(token: Arc<SessionToken>) -> Self {
        Self(token)
    }
}

impl RememberedToken {
    /// Which key the token says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.verified_by.header.get("kid").and_then(Member::as_str)
    }

    /// A claim, as of a token that has only been decoded: whether it still counts is not known yet.
    pub(crate) fn claim(&self, name: &str) -> Option<Member<'_>> {
        self.0.claims.get(name)
    }

    /// What verifying the same text anew would come to at the time `now`, where `is_current` says that the key which
    /// verified it is, by identity, the one that `kid` names now. Where it is not, the token is given back, and has to be
    /// verified anew.
    ///
    /// The verdict is a function of the text, the key, the claim rules and the time. The text is the same to the last
    /// byte; the rules are the configuration's, which never change, but for the skew, which is passed in; the key is
    /// asked about here; and the times are compared here with the clock.
    pub(crate) fn verify_again(
        self,
        is_current: impl FnOnce(&Arc<VerificationKey>) -> bool,
        clock_skew: Duration,
        now: Timestamp,
    ) -> Result<Result<Arc<SessionToken>, Rejection>, Self> {
        if !is_current(&self.0.verified_by.key) {
            return Err(self);
        }
        Ok(self.0.validity.check(clock_skew, now).map(|()| self.0))
    }
}

pub(super) struct RawToken(pub(super) Arc<str>);

impl std::fmt::Debug for RawToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"…\"")
    }
}
