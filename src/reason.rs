//! Why a request is not authenticated: Clerk's stable codes.

use std::{borrow::Cow, fmt};

/// Why a request is not authenticated.
///
/// [`as_str`](Self::as_str) is the code that Clerk's own SDKs use, in the `x-clerk-auth-reason` header
/// and in logs. New reasons may come with any version.
///
/// ```
/// use clerk_actix::Reason;
///
/// assert_eq!(Reason::TokenExpired.as_str(), "token-expired");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No session token in the request, and no sign that the browser is signed in.
    SessionTokenAndUatMissing,
    /// A token of another kind than a session token, where a session token is expected.
    TokenTypeMismatch,
    /// The token is no JWT, or not one of Clerk's.
    TokenInvalid,
    /// The token names a signature algorithm other than RS256, RS384 and RS512.
    TokenInvalidAlgorithm,
    /// The signature is not by the key that the token names.
    TokenInvalidSignature,
    /// A claim is missing, of the wrong type, or not what this server expects.
    TokenVerificationFailed,
    /// The token was made for another application: `azp` is not one of the authorized parties.
    TokenInvalidAuthorizedParties,
    /// The token was made by another issuer.
    TokenInvalidIssuer,
    /// The token's time is up.
    TokenExpired,
    /// The token may not be used yet.
    TokenNotActiveYet,
    /// The token was issued in the future.
    TokenIatInTheFuture,
    /// The session token's time is up, and this is why it could not be refreshed.
    SessionTokenExpired(RefreshFailure),
    /// The session token may not be used yet.
    SessionTokenNbf,
    /// The session token was issued in the future.
    SessionTokenIatInTheFuture,
    /// The session is pending: its user still has tasks to complete, such as choosing an organization.
    SessionPending,
    /// The token names a signing key that this instance does not have.
    JwkKidMismatch,
    /// The instance's signing keys could not be loaded from Clerk.
    JwkRemoteFailedToLoad,
    /// Clerk refused the secret key.
    SecretKeyInvalid,
    /// [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the route.
    MiddlewareMissing,
}

impl Reason {
    /// The stable code.
    pub fn as_str(&self) -> &str {
        match self {
            Self::SessionTokenAndUatMissing => "session-token-and-uat-missing",
            Self::TokenTypeMismatch => "token-type-mismatch",
            Self::TokenInvalid => "token-invalid",
            Self::TokenInvalidAlgorithm => "token-invalid-algorithm",
            Self::TokenInvalidSignature => "token-invalid-signature",
            Self::TokenVerificationFailed => "token-verification-failed",
            Self::TokenInvalidAuthorizedParties => "token-invalid-authorized-parties",
            Self::TokenInvalidIssuer => "token-invalid-issuer",
            Self::TokenExpired => "token-expired",
            Self::TokenNotActiveYet => "token-not-active-yet",
            Self::TokenIatInTheFuture => "token-iat-in-the-future",
            Self::SessionTokenExpired(failure) => &failure.code,
            Self::SessionTokenNbf => "session-token-nbf",
            Self::SessionTokenIatInTheFuture => "session-token-iat-in-the-future",
            Self::SessionPending => "session-pending",
            Self::JwkKidMismatch => "jwk-kid-mismatch",
            Self::JwkRemoteFailedToLoad => "jwk-remote-failed-to-load",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::MiddlewareMissing => "clerk-middleware-missing",
        }
    }

    /// Whether the cause lies with Clerk or with this server's keys, and not with the caller: the
    /// caller may well be who they say, and can only try again later.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::JwkRemoteFailedToLoad | Self::SecretKeyInvalid)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an expired session token could not be refreshed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefreshFailure {
    code: Cow<'static, str>,
}

impl RefreshFailure {
    const PREFIX: &'static str = "session-token-expired-refresh-";

    /// Only a `GET` can be refreshed on the way.
    pub(crate) const NON_ELIGIBLE_NON_GET: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-non-eligible-non-get") };
    /// The browser sent no refresh cookie.
    pub(crate) const NON_ELIGIBLE_NO_REFRESH_COOKIE: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-non-eligible-no-refresh-cookie") };

    /// The code of the failure alone, such as `non-eligible-no-refresh-cookie`.
    pub fn why(&self) -> &str {
        self.code.strip_prefix(Self::PREFIX).unwrap_or(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_clerks() {
        let expired = Reason::SessionTokenExpired(RefreshFailure::NON_ELIGIBLE_NON_GET);
        assert_eq!(expired.as_str(), "session-token-expired-refresh-non-eligible-non-get");
        assert_eq!(RefreshFailure::NON_ELIGIBLE_NON_GET.why(), "non-eligible-non-get");
        assert_eq!(Reason::JwkKidMismatch.to_string(), "jwk-kid-mismatch");
    }
}
