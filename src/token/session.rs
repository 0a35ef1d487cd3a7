//! Verified session tokens, and those that were verified for an earlier request.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{
    claims::{Claim, ClaimName, Claims},
    jwt::Jwt,
    memory,
    organization::ActiveOrganization,
    rejection::TokenRejection,
    validity::Validity,
};
use crate::{clock::Timestamp, keys::VerificationKey, revocations::Marks};

/// A session token whose signature and claims were verified. Made only by [`SessionJwt::verify`].
///
/// [`SessionJwt::verify`]: super::SessionJwt::verify
#[derive(Debug)]
pub(crate) struct SessionToken {
    /// The claims, stored after the token's text.
    pub(super) claims: Claims,
    is_pending: bool,
    validity: Validity,
    verified_by: Arc<VerificationKey>,
    /// Parsed on first use.
    organization: OnceLock<Option<ActiveOrganization>>,
    /// Made on first use, which only comes if sessions can be revoked.
    marks: OnceLock<Marks>,
}

impl SessionToken {
    /// `claims` have been verified, and are stored after the token's text.
    pub(super) fn new(claims: Claims, validity: Validity, verified_by: Arc<VerificationKey>) -> Self {
        let is_pending = claims.get(ClaimName::Sts).and_then(Claim::as_str) == Some("pending");
        Self { claims, is_pending, validity, verified_by, organization: OnceLock::new(), marks: OnceLock::new() }
    }

    /// Returns the token itself: a credential, valid until it expires.
    pub(crate) fn expose(&self) -> &str {
        self.claims.prefix()
    }

    /// Returns whether the text is this token, to the last byte.
    pub(crate) fn is(&self, text: &[u8]) -> bool {
        self.claims.prefix_bytes() == text
    }

    /// Returns the claims. Those that rules read need no map.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    pub(crate) fn claim(&self, name: ClaimName) -> Option<Claim<'_>> {
        self.claims.get(name)
    }

    /// Returns the user ID. It is never empty: verification rejects a token with an empty or missing subject.
    pub(crate) fn subject(&self) -> &str {
        self.claim(ClaimName::Sub).and_then(Claim::as_str).unwrap_or_default()
    }

    /// Returns what decides whether the token is cut off.
    pub(crate) fn marks(&self) -> &Marks {
        self.marks.get_or_init(|| {
            let session_id = self.claim(ClaimName::Sid).and_then(Claim::as_str);
            let org_id = self.organization().map(|organization| organization.id.as_str());
            let issued_at = self.claim(ClaimName::Iat).and_then(Claim::as_f64).map(Timestamp::from_numeric_date);
            Marks::new(session_id, self.subject(), org_id, issued_at)
        })
    }

    /// Returns whether the user still has tasks to complete.
    pub(crate) fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// Returns the active organization.
    pub(crate) fn organization(&self) -> Option<&ActiveOrganization> {
        self.organization.get_or_init(|| ActiveOrganization::of(&self.claims)).as_ref()
    }

    /// Returns an estimate of the token's memory in bytes, with everything that it owns. The organization counts even
    /// if it has not been parsed yet. The estimate errs on the high side.
    pub(crate) fn footprint(&self) -> usize {
        memory::of_block(size_of::<Self>()) + self.claims.footprint() + ActiveOrganization::footprint(&self.claims)
    }

    /// Returns the same session with another, unverified text.
    #[cfg(any(test, feature = "__internal-bench"))]
    pub(crate) fn dangerously_renamed(&self, text: &str) -> Option<Self> {
        Some(Self::new(self.claims.behind(text)?, self.validity, Arc::clone(&self.verified_by)))
    }
}

/// A session token that was verified before, for the same configuration. Only [`verify_again`](Self::verify_again)
/// gives a valid token, so no code path can skip the checks of what may have changed since.
#[derive(Clone, Debug)]
pub(crate) struct RememberedToken(Arc<SessionToken>);

/// The verdict on a token that was verified before.
#[derive(Debug)]
pub(crate) enum SecondVerdict {
    Valid(Arc<SessionToken>),
    Rejected(TokenRejection),
    /// None: another key is current, so the token has to be verified anew.
    ByAnotherKey(RememberedToken),
}

impl From<Arc<SessionToken>> for RememberedToken {
    fn from(token: Arc<SessionToken>) -> Self {
        Self(token)
    }
}

impl RememberedToken {
    /// Returns the token itself: a credential, until it expires.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns the header, which names the key that the token is signed with.
    pub(crate) fn header(&self) -> Result<Claims, TokenRejection> {
        Jwt::decode_header(self.0.expose())
    }

    /// Returns a claim as if the token had only been decoded: whether it is still valid is not known yet.
    pub(crate) fn claim(&self, name: ClaimName) -> Option<Claim<'_>> {
        self.0.claims.get(name)
    }

    /// Returns the verdict that verifying the same text again would give at the time `now`. `is_current` says whether
    /// the key that verified the token is, by identity, the one that `kid` names now.
    ///
    /// The verdict depends only on the text, the key, the claim rules and the time. The text is the same to the last
    /// byte. The rules belong to the configuration and never change, except for the skew, which is passed in. The key
    /// and the times are checked here.
    #[inline]
    pub(crate) fn verify_again(
        self,
        is_current: impl FnOnce(&Arc<VerificationKey>) -> bool,
        clock_skew: Duration,
        now: Timestamp,
    ) -> SecondVerdict {
        if !is_current(&self.0.verified_by) {
            return SecondVerdict::ByAnotherKey(self);
        }
        match self.0.validity.check(clock_skew, now) {
            Ok(()) => SecondVerdict::Valid(self.0),
            Err(rejection) => SecondVerdict::Rejected(rejection),
        }
    }
}
