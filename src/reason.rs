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
/// assert_eq!(Reason::TokenInvalidSignature.as_str(), "token-invalid-signature");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No session token in the request, and no sign that the browser is signed in.
    SessionTokenAndUatMissing,
    /// Development: no cookie says which browser this is.
    DevBrowserMissing,
    /// Development: the URL says which browser this is, and Clerk has to be told.
    DevBrowserSync,
    /// Development: the primary answers a satellite that asks who is signed in.
    PrimaryRespondsToSyncing,
    /// The visitor comes to the primary from another domain, where they may have signed in or out.
    PrimaryDomainCrossOriginSync,
    /// A satellite has to ask its primary who is signed in.
    SatelliteNeedsSyncing,
    /// A handshake was resolved, and brought no session.
    SessionTokenMissing,
    /// A sign-in cookie, but no session token.
    ClientUatWithoutSessionToken,
    /// A session token, but no sign-in cookie.
    SessionTokenWithoutClientUat,
    /// The session token is older than the browser's last sign-in or sign-out.
    SessionTokenIatBeforeClientUat,
    /// The URL, or the connection, belongs to another organization than the active one.
    ActiveOrganizationMismatch,
    /// A page of another origin opened a WebSocket: the cookies that the browser sent along do not count.
    CrossOriginWebsocket,
    /// A page of another origin sent a request that may change something: the cookies that the browser sent along do not
    /// count.
    CrossOriginRequest,
    /// A token of another type than those that are accepted.
    TokenTypeMismatch,
    /// No token in the `Authorization` header, where one has to be: machine tokens come in no other place.
    TokenMissing,
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
    /// The token's time is up. For a request's session token that is
    /// [`SessionTokenExpired`](Self::SessionTokenExpired), since its cookies might have mended it.
    TokenExpired,
    /// The token may not be used yet. For a request's session token that is [`SessionTokenNbf`](Self::SessionTokenNbf).
    TokenNotActiveYet,
    /// The token was issued in the future. For a request's session token that is
    /// [`SessionTokenIatInTheFuture`](Self::SessionTokenIatInTheFuture).
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
    /// Clerk gave no answer about an opaque token or about a handshake, or one that says neither yes nor no.
    UnexpectedError,
    /// [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the route.
    MiddlewareMissing,
}

impl Reason {
    pub(crate) const SESSION_TOKEN_AND_UAT_MISSING: &'static str = "session-token-and-uat-missing";

    /// The stable code.
    pub fn as_str(&self) -> &str {
        match self {
            Self::SessionTokenExpired(failure) => &failure.code,
            _ => self.as_static().unwrap_or_default(),
        }
    }

    /// The same, unless it is Clerk's own of today: nearly all are known beforehand.
    pub(crate) fn as_static(&self) -> Option<&'static str> {
        Some(match self {
            Self::SessionTokenAndUatMissing => Self::SESSION_TOKEN_AND_UAT_MISSING,
            Self::DevBrowserMissing => "dev-browser-missing",
            Self::DevBrowserSync => "dev-browser-sync",
            Self::PrimaryRespondsToSyncing => "primary-responds-to-syncing",
            Self::PrimaryDomainCrossOriginSync => "primary-domain-cross-origin-sync",
            Self::SatelliteNeedsSyncing => "satellite-needs-syncing",
            Self::SessionTokenMissing => "session-token-missing",
            Self::ClientUatWithoutSessionToken => "client-uat-but-no-session-token",
            Self::SessionTokenWithoutClientUat => "session-token-but-no-client-uat",
            Self::SessionTokenIatBeforeClientUat => "session-token-iat-before-client-uat",
            Self::ActiveOrganizationMismatch => "active-organization-mismatch",
            Self::CrossOriginWebsocket => "cross-origin-websocket",
            Self::CrossOriginRequest => "cross-origin-request",
            Self::TokenTypeMismatch => "token-type-mismatch",
            Self::TokenMissing => "token-missing",
            Self::TokenInvalid => "token-invalid",
            Self::TokenInvalidAlgorithm => "token-invalid-algorithm",
            Self::TokenInvalidSignature => "token-invalid-signature",
            Self::TokenVerificationFailed => "token-verification-failed",
            Self::TokenInvalidAuthorizedParties => "token-invalid-authorized-parties",
            Self::TokenInvalidIssuer => "token-invalid-issuer",
            Self::TokenExpired => "token-expired",
            Self::TokenNotActiveYet => "token-not-active-yet",
            Self::TokenIatInTheFuture => "token-iat-in-the-future",
            Self::SessionTokenExpired(RefreshFailure { code: Cow::Borrowed(code) }) => code,
            Self::SessionTokenExpired(RefreshFailure { code: Cow::Owned(_) }) => return None,
            Self::SessionTokenNbf => "session-token-nbf",
            Self::SessionTokenIatInTheFuture => "session-token-iat-in-the-future",
            Self::SessionPending => "session-pending",
            Self::JwkKidMismatch => "jwk-kid-mismatch",
            Self::JwkRemoteFailedToLoad => "jwk-remote-failed-to-load",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::UnexpectedError => "unexpected-error",
            Self::MiddlewareMissing => "clerk-middleware-missing",
        })
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

    /// Another method than `GET`, and not from a page of the application's own.
    pub(crate) const NON_ELIGIBLE_NON_GET: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-non-eligible-non-get") };
    /// The browser sent no refresh cookie.
    pub(crate) const NON_ELIGIBLE_NO_REFRESH_COOKIE: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-non-eligible-no-refresh-cookie") };
    /// There is nothing to refresh.
    pub(crate) const MISSING_SESSION_TOKEN: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-missing-session-token") };
    /// The expired token cannot be read.
    pub(crate) const DECODE_FAILED: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-expired-session-token-decode-failed") };
    /// The expired token does not say which session it is of.
    pub(crate) const MISSING_SID_CLAIM: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-expired-session-token-missing-sid-claim") };
    /// No answer from Clerk that could be read.
    pub(crate) const FETCH_ERROR: Self = Self { code: Cow::Borrowed("session-token-expired-refresh-fetch-error") };
    /// Clerk failed and did not say why.
    pub(crate) const UNEXPECTED_BAPI_ERROR: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-unexpected-bapi-error") };
    /// Clerk answered without cookies.
    pub(crate) const UNEXPECTED_SDK_ERROR: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-unexpected-sdk-error") };
    /// What Clerk answered with is no session token of this instance.
    pub(crate) const INVALID_SESSION_TOKEN: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-invalid-session-token") };

    /// Clerk's own code. A very long one is none, and is not repeated in headers and URLs.
    pub(crate) fn refused(code: &str) -> Self {
        match code.len() {
            1..=200 => Self { code: format!("{}{code}", Self::PREFIX).into() },
            _ => Self::UNEXPECTED_SDK_ERROR,
        }
    }

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
        assert_eq!(RefreshFailure::refused("refresh_token_invalid").why(), "refresh_token_invalid");
        assert_eq!(RefreshFailure::refused(""), RefreshFailure::UNEXPECTED_SDK_ERROR);
        assert_eq!(RefreshFailure::refused(&"a".repeat(201)), RefreshFailure::UNEXPECTED_SDK_ERROR);
        assert_eq!(Reason::JwkKidMismatch.to_string(), "jwk-kid-mismatch");
    }
}
