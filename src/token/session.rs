//! A session token that was verified, now or before.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{Jwt, Known, Member, Members, Organization, Rejection, validity::Validity};
use crate::{clock::Timestamp, keys::VerificationKey};

/// A session token whose signature and claims were verified. [`SessionJwt::verify`] alone makes one.
///
/// [`SessionJwt::verify`]: super::SessionJwt::verify
#[derive(Debug)]
pub(crate) struct SessionToken {
    /// Behind the token's text.
    pub(super) claims: Members,
    is_pending: bool,
    validity: Validity,
    verified_by: Arc<VerificationKey>,
    /// Worked out when somebody asks.
    organization: OnceLock<Option<Organization>>,
}

impl SessionToken {
    /// `claims` have been verified, and stand behind the token's text.
    pub(super) fn new(claims: Members, validity: Validity, verified_by: Arc<VerificationKey>) -> Self {
        let is_pending = claims.get(Known::Sts).and_then(Member::as_str) == Some("pending");
        Self { claims, is_pending, validity, verified_by, organization: OnceLock::new() }
    }

    /// The token itself: a credential, good until it expires.
    pub(crate) fn expose(&self) -> &str {
        self.claims.prefix()
    }

    /// Whether this is the token itself, to the last byte.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        self.claims.prefix_bytes() == text
    }

    /// The claims, of which those that rules look at need no map.
    pub(crate) fn members(&self) -> &Members {
        &self.claims
    }

    pub(crate) fn claim(&self, name: Known) -> Option<Member<'_>> {
        self.claims.get(name)
    }

    /// The user. No token is verified where it is empty, or missing.
    pub(crate) fn subject(&self) -> &str {
        self.claim(Known::Sub).and_then(Member::as_str).unwrap_or_default()
    }

    /// Its user still has tasks to complete.
    pub(crate) fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// The active organization.
    pub(crate) fn organization(&self) -> Option<&Organization> {
        self.organization.get_or_init(|| Organization::of(&self.claims)).as_ref()
    }

    /// The same session under a text that nobody has verified.
    #[cfg(any(test, feature = "internal-bench"))]
    pub(crate) fn dangerously_renamed(&self, text: &str) -> Option<Self> {
        Some(Self::new(self.claims.behind(text)?, self.validity, Arc::clone(&self.verified_by)))
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
    /// The header, by which the token says which key it is signed with.
    pub(crate) fn header(&self) -> Result<Arc<Members>, Rejection> {
        Jwt::decode_header(self.0.expose())
    }

    /// A claim, as of a token that has only been decoded: whether it still counts is not known yet.
    pub(crate) fn claim(&self, name: Known) -> Option<Member<'_>> {
        self.0.claims.get(name)
    }

    /// What verifying the same text anew would come to at the time `now`, where `is_current` says that the key which
    /// verified it is, by identity, the one that `kid` names now. Where it is not, the token is given back, and has to be
    /// verified anew.
    ///
    /// The verdict is a function of the text, the key, the claim rules and the time. The text is the same to the last
    /// byte; the rules are the configuration's, which never change, but for the skew, which is passed in; the key is
    /// asked about here; and the times are compared here with the clock.
    #[inline]
    pub(crate) fn verify_again(
        self,
        is_current: impl FnOnce(&Arc<VerificationKey>) -> bool,
        clock_skew: Duration,
        now: Timestamp,
    ) -> Result<Result<Arc<SessionToken>, Rejection>, Self> {
        if !is_current(&self.0.verified_by) {
            return Err(self);
        }
        Ok(self.0.validity.check(clock_skew, now).map(|()| self.0))
    }
}
