//! The reasons a request is not authenticated, with Clerk's stable codes.

mod advice;

use std::{borrow::Cow, fmt};

/// The reason a request is not authenticated.
///
/// [`as_str`](Self::as_str) returns the code that Clerk's own SDKs use in the `x-clerk-auth-reason` header and in logs.
/// [`cause`](Self::cause) says what it means and what usually causes it, and [`fix`](Self::fix) what to do. The page
/// "Troubleshooting" of the guide lists all of them. New reasons may be added in any version.
///
/// ```
/// use clerk_actix::Reason;
///
/// let reason = Reason::TokenInvalidAuthorizedParties;
/// assert_eq!(reason.as_str(), "token-invalid-authorized-parties");
/// assert!(reason.fix().contains("CLERK_AUTHORIZED_PARTIES"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// No session token in the request, and no sign that the browser is signed in.
    SessionTokenAndUatMissing,
    /// Development: no cookie identifies the browser.
    DevBrowserMissing,
    /// Development: the URL identifies the browser, and Clerk must learn of it.
    DevBrowserSync,
    /// Development: the primary responds to a satellite that asks whether the visitor is signed in.
    PrimaryRespondsToSyncing,
    /// The visitor reached the primary from another domain, where they may have signed in or out.
    PrimaryDomainCrossOriginSync,
    /// A satellite must ask its primary whether the visitor is signed in.
    SatelliteNeedsSyncing,
    /// A handshake completed, but brought no session.
    SessionTokenMissing,
    /// The request has a sign-in cookie (`__client_uat`), but no session token.
    ClientUatWithoutSessionToken,
    /// The request has a session token, but no sign-in cookie (`__client_uat`).
    SessionTokenWithoutClientUat,
    /// The session token is older than the browser's last sign-in or sign-out.
    SessionTokenIatBeforeClientUat,
    /// The URL or the connection belongs to an organization other than the active one.
    ActiveOrganizationMismatch,
    /// A page of another origin opened a WebSocket, so the cookies that the browser sent with it do not count.
    CrossOriginWebsocket,
    /// A page of another origin sent a request that may change something, so the cookies that the browser sent with it
    /// do not count.
    CrossOriginRequest,
    /// The token is not of an accepted type.
    TokenTypeMismatch,
    /// The `Authorization` header has no token, but one is required: machine tokens are accepted only there.
    TokenMissing,
    /// The token is not a JWT, or not one that Clerk issues.
    TokenInvalid,
    /// The token's signature algorithm is not RS256, RS384 or RS512.
    TokenInvalidAlgorithm,
    /// The signature does not match the key that the token names.
    TokenInvalidSignature,
    /// A claim is missing, has the wrong type, or is not what this server expects.
    TokenVerificationFailed,
    /// The token was issued for another application: its `azp` claim is not one of the authorized parties.
    TokenInvalidAuthorizedParties,
    /// The token's `iss` claim names another issuer.
    TokenInvalidIssuer,
    /// The token has expired. For a request's session token, the reason is
    /// [`SessionTokenExpired`](Self::SessionTokenExpired) instead, because the request's cookies might have refreshed
    /// it.
    TokenExpired,
    /// The token is not valid yet. For a request's session token, the reason is
    /// [`SessionTokenNbf`](Self::SessionTokenNbf) instead.
    TokenNotActiveYet,
    /// The token was issued in the future. For a request's session token, the reason is
    /// [`SessionTokenIatInTheFuture`](Self::SessionTokenIatInTheFuture) instead.
    TokenIatInTheFuture,
    /// The session token has expired and was not refreshed; the [`RefreshFailure`] says why.
    SessionTokenExpired(RefreshFailure),
    /// The session token is not valid yet.
    SessionTokenNbf,
    /// The session token was issued in the future.
    SessionTokenIatInTheFuture,
    /// The session was revoked on this server: it has ended, or its user was signed out or has left the active
    /// organization, after the token was issued. See [`Revocations`](crate::Revocations).
    SessionRevoked,
    /// The store of revocations that several servers share cannot be reached, and this server rejects tokens that it
    /// cannot check. See [`WhenUnreachable`](crate::stores::WhenUnreachable).
    RevocationsUnavailable,
    /// The session is pending: its user still has tasks to complete, such as choosing an organization.
    SessionPending,
    /// The token names a signing key that this instance does not have.
    JwkKidMismatch,
    /// The instance's signing keys could not be loaded from Clerk.
    JwkRemoteFailedToLoad,
    /// Clerk rejected the secret key.
    SecretKeyInvalid,
    /// Clerk gave no usable response about an opaque token or a handshake: none at all, or one that is neither yes nor
    /// no.
    UnexpectedError,
    /// [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the route.
    MiddlewareMissing,
}

impl Reason {
    pub(crate) const SESSION_TOKEN_AND_UAT_MISSING: &'static str = "session-token-and-uat-missing";

    /// Returns the stable code.
    pub fn as_str(&self) -> &str {
        match self {
            Self::SessionTokenExpired(failure) => &failure.code,
            _ => self.as_static().unwrap_or_default(),
        }
    }

    /// Returns the code if it is known at compile time, as nearly all are; `None` for a code that Clerk returned at run
    /// time.
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
            Self::SessionRevoked => "session-revoked",
            Self::RevocationsUnavailable => "revocations-unavailable",
            Self::SessionPending => "session-pending",
            Self::JwkKidMismatch => "jwk-kid-mismatch",
            Self::JwkRemoteFailedToLoad => "jwk-remote-failed-to-load",
            Self::SecretKeyInvalid => "secret-key-invalid",
            Self::UnexpectedError => "unexpected-error",
            Self::MiddlewareMissing => "clerk-middleware-missing",
        })
    }
}

impl Reason {
    /// Returns the code as a label for metrics: one of a fixed list, because all codes of failed refreshes that come
    /// from Clerk have one label, `session-token-expired-refresh-refused`.
    ///
    /// ```
    /// use clerk_actix::Reason;
    ///
    /// assert_eq!(Reason::TokenMissing.label(), "token-missing");
    /// ```
    pub fn label(&self) -> &'static str {
        self.as_static().unwrap_or("session-token-expired-refresh-refused")
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The reason an expired session token could not be refreshed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefreshFailure {
    code: Cow<'static, str>,
}

impl RefreshFailure {
    const PREFIX: &'static str = "session-token-expired-refresh-";

    /// The method is not `GET`, and the request was not sent by one of the application's own pages.
    pub(crate) const NON_ELIGIBLE_NON_GET: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-non-eligible-non-get") };
    /// The browser sent no refresh cookie.
    pub(crate) const NON_ELIGIBLE_NO_REFRESH_COOKIE: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-non-eligible-no-refresh-cookie") };
    /// There is no session token to refresh.
    pub(crate) const MISSING_SESSION_TOKEN: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-missing-session-token") };
    /// The expired token cannot be decoded.
    pub(crate) const DECODE_FAILED: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-expired-session-token-decode-failed") };
    /// The expired token does not name its session.
    pub(crate) const MISSING_SID_CLAIM: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-expired-session-token-missing-sid-claim") };
    /// Clerk gave no readable response.
    pub(crate) const FETCH_ERROR: Self = Self { code: Cow::Borrowed("session-token-expired-refresh-fetch-error") };
    /// Clerk failed without saying why.
    pub(crate) const UNEXPECTED_BAPI_ERROR: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-unexpected-bapi-error") };
    /// Clerk responded without cookies.
    pub(crate) const UNEXPECTED_SDK_ERROR: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-unexpected-sdk-error") };
    /// Clerk's response is not a session token of this instance.
    pub(crate) const INVALID_SESSION_TOKEN: Self =
        Self { code: Cow::Borrowed("session-token-expired-refresh-invalid-session-token") };

    /// Wraps the error code that Clerk returned. An empty or very long one is replaced, so that it is not repeated in
    /// headers and URLs.
    pub(crate) fn refused(code: &str) -> Self {
        match code.len() {
            1..=200 => Self { code: format!("{}{code}", Self::PREFIX).into() },
            _ => Self::UNEXPECTED_SDK_ERROR,
        }
    }

    /// Returns the failure's own code, without the common prefix, such as `non-eligible-no-refresh-cookie`.
    pub fn why(&self) -> &str {
        self.code.strip_prefix(Self::PREFIX).unwrap_or(&self.code)
    }
}

#[cfg(all(test, feature = "metrics"))]
pub(crate) use tests::labels;

#[cfg(test)]
mod tests;
