//! The advice for each reason: what it means, what usually causes it, and what to do. docs/troubleshooting.md has the
//! same texts.

use super::{Reason, RefreshFailure};

impl Reason {
    /// What the reason means and what usually causes it, in one or two sentences for developers and operators.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::SessionTokenAndUatMissing => {
                "The request has no session token, and no cookie says that the browser is signed in. The visitor is \
                 signed out, or the page does not send its token."
            }
            Self::DevBrowserMissing => {
                "Development: the request has no `Authorization` header, and no cookie that identifies the browser. \
                 This is usual for `curl` without a token, and for scripts whose page does not send its token."
            }
            Self::DevBrowserSync => {
                "Development: the URL identifies the browser (`__clerk_db_jwt`), and a redirect to Clerk turns that \
                 into cookies. It is final only for scripts and in a redirect loop."
            }
            Self::PrimaryRespondsToSyncing => {
                "Development: a satellite asked this primary domain whether the visitor is signed in, and the browser \
                 is redirected back with the answer."
            }
            Self::PrimaryDomainCrossOriginSync => {
                "The visitor followed a link from another origin, where they may have signed in or out, so the browser \
                 is redirected to Clerk once."
            }
            Self::SatelliteNeedsSyncing => {
                "This satellite domain has no cookies of the visitor yet, so it asks the primary whether the visitor \
                 is signed in."
            }
            Self::SessionTokenMissing => {
                "The browser came back from Clerk without a session: the visitor is signed out at Clerk."
            }
            Self::ClientUatWithoutSessionToken => {
                "A cookie says that the browser is signed in (`__client_uat`), but the request has no session token: \
                 the cookie `__session` was deleted, has expired, or is not sent to this host."
            }
            Self::SessionTokenWithoutClientUat => {
                "The request has the cookie `__session` without `__client_uat`. Somebody copied one cookie by hand, or \
                 a proxy or a server in between passes on only some of them."
            }
            Self::SessionTokenIatBeforeClientUat => {
                "The session token is older than the browser's last sign-in or sign-out, which usually happened in \
                 another tab or on another subdomain."
            }
            Self::ActiveOrganizationMismatch => {
                "The URL or the connection belongs to an organization other than the active one. The user is not a \
                 member of it, or has switched organizations in another tab."
            }
            Self::CrossOriginWebsocket => {
                "A page of another origin opened the WebSocket, so its cookies do not count. Or the page is the \
                 application's own, but a proxy changes the `Host`."
            }
            Self::CrossOriginRequest => {
                "A page of another origin sent a `POST` or another request that may change something, so its cookies \
                 do not count. Or the page is the application's own, but a proxy changes the `Host`."
            }
            Self::TokenTypeMismatch => {
                "The request has a token, but not of a type that the handler accepts: a session token instead of an \
                 API key, the reverse, or a token from a JWT template."
            }
            Self::TokenMissing => {
                "The handler accepts only API keys or other machine tokens, and the `Authorization` header has none. \
                 Cookies do not count for it."
            }
            Self::TokenInvalid => {
                "The token is not a JWT that Clerk issues: it was cut off or has quotes around it, or another library \
                 made it. An API key or another machine token was revoked, has expired, or belongs to another instance."
            }
            Self::TokenInvalidAlgorithm => {
                "The token is not signed with RS256, RS384 or RS512, as Clerk's session tokens are. Another issuer \
                 made it, or a JWT template with a signing key of its own."
            }
            Self::TokenInvalidSignature => {
                "The signature does not match the instance's public key. `CLERK_JWT_KEY` belongs to another instance \
                 or is out of date, or the token was changed."
            }
            Self::TokenVerificationFailed => {
                "A claim is missing or is not what this server expects, such as the audience (`aud`) or the machine. \
                 The JWT of a machine or an OAuth application gets this reason whatever is wrong with it, also if it \
                 has expired."
            }
            Self::TokenInvalidAuthorizedParties => {
                "The token was issued to a page whose origin (the claim `azp`) is not an authorized party: often \
                 `http` instead of `https`, another port, or a missing `www`."
            }
            Self::TokenInvalidIssuer => {
                "The claim `iss` is not what the setting `issuer` or the call's `TokenRules` require. The token is \
                 from another instance, or the setting has a typing error."
            }
            Self::TokenExpired => {
                "A token that the application verifies itself has expired: it was kept for too long, or this \
                 machine's clock is ahead."
            }
            Self::TokenNotActiveYet => {
                "A token that the application verifies itself is not valid yet (`nbf`): this machine's clock is behind \
                 the issuer's."
            }
            Self::TokenIatInTheFuture => {
                "A token that the application verifies itself was issued in the future (`iat`): this machine's clock \
                 is behind the issuer's."
            }
            Self::SessionTokenExpired(failure) => failure.cause(),
            Self::SessionTokenNbf => {
                "The session token is not valid yet (`nbf`): this machine's clock is behind Clerk's by more than \
                 `clock_skew`, which is 5 seconds by default."
            }
            Self::SessionTokenIatInTheFuture => {
                "The session token was issued in the future (`iat`): this machine's clock is behind Clerk's by more \
                 than `clock_skew`, which is 5 seconds by default."
            }
            Self::SessionRevoked => {
                "This server revoked the session after the token was issued: the user signed out everywhere, was banned, or left \
                 the organization that is active in the token."
            }
            Self::RevocationsUnavailable => {
                "The store that servers share their revocations through, such as Redis, cannot be reached, and \
                 `RejectAfter` rejects session tokens then."
            }
            Self::SessionPending => {
                "The user is signed in, but has tasks to complete first, such as choosing an organization. The Clerk \
                 Dashboard makes them required."
            }
            Self::JwkKidMismatch => {
                "The instance has no signing key with the token's `kid`. The token is from another instance than \
                 `CLERK_SECRET_KEY`, often because the browser kept its cookies when the keys were switched."
            }
            Self::JwkRemoteFailedToLoad => {
                "The instance's signing keys could not be loaded: `CLERK_API_URL` cannot be reached, a proxy has its \
                 own certificate, or neither `CLERK_SECRET_KEY` nor `CLERK_JWT_KEY` is set."
            }
            Self::SecretKeyInvalid => {
                "Clerk rejected the secret key: it was revoked, was not copied completely, or belongs to another \
                 instance or API."
            }
            Self::UnexpectedError => {
                "Clerk gave no usable answer about a machine token or a handshake: an outage, a rate limit, a proxy \
                 that responds in place of Clerk, or a missing `CLERK_SECRET_KEY`."
            }
            Self::MiddlewareMissing => {
                "`ClerkMiddleware` did not see the request: the route is outside of the App, Scope or Resource that it \
                 wraps, or the code that asks runs before it."
            }
        }
    }

    /// What to do next, in the imperative, with the settings to change and their environment variables.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::SessionTokenAndUatMissing => {
                "Sign in. From a script, a mobile app or a page of another origin, send `Authorization: Bearer TOKEN` \
                 with the token that `getToken()` returns."
            }
            Self::DevBrowserMissing => {
                "From `curl` and scripts, send `Authorization: Bearer TOKEN`. In a browser, open a page of this \
                 application once in its own tab."
            }
            Self::DevBrowserSync => {
                "Load the page in a browser tab. If it stays, check that this page and the one that `sign_in_url` \
                 (`CLERK_SIGN_IN_URL`) names do not redirect to each other."
            }
            Self::PrimaryRespondsToSyncing => {
                "Do nothing if the browser arrives at the satellite. If not, check the satellite's settings \
                 (`CLERK_IS_SATELLITE`, `CLERK_DOMAIN`, `CLERK_SIGN_IN_URL`), and list its origin in the primary's \
                 `CLERK_AUTHORIZED_PARTIES`."
            }
            Self::PrimaryDomainCrossOriginSync => {
                "Do nothing: the browser comes back at once. Set `enable_handshake(false)` if this server has no pages."
            }
            Self::SatelliteNeedsSyncing => {
                "Do nothing if the browser comes back. If not, check `CLERK_IS_SATELLITE`, `CLERK_DOMAIN` and \
                 `CLERK_SIGN_IN_URL`, add the domain in the Clerk Dashboard, and use the keys of the primary's instance."
            }
            Self::SessionTokenMissing => {
                "Sign in. If the visitor has just signed in, check that the sign-in page uses the same instance as \
                 `CLERK_PUBLISHABLE_KEY`."
            }
            Self::ClientUatWithoutSessionToken => {
                "Load a page of this application, which gets a new token. From a script, send \
                 `Authorization: Bearer TOKEN` with the token that `getToken()` returns."
            }
            Self::SessionTokenWithoutClientUat => {
                "Send the token in the `Authorization` header, or pass on all cookies. In a browser, load a page; if \
                 the reason stays, delete the site's cookies."
            }
            Self::SessionTokenIatBeforeClientUat => {
                "Load a page, or call `getToken()` again. If the reason stays, delete the site's cookies and sign in \
                 again."
            }
            Self::ActiveOrganizationMismatch => {
                "Switch to the organization with `setActive()` in the browser, and repeat the request. For a user who \
                 is not a member, respond with 404."
            }
            Self::CrossOriginWebsocket => {
                "List the page's origin in `CLERK_AUTHORIZED_PARTIES`, or send the token as a subprotocol \
                 (`websocket_token_protocol`). Behind a proxy, set `CLERK_PUBLIC_ORIGIN`."
            }
            Self::CrossOriginRequest => {
                "List the page's origin in `CLERK_AUTHORIZED_PARTIES` or `csrf_protection`, or send the token in the \
                 `Authorization` header. Behind a proxy, set `CLERK_PUBLIC_ORIGIN`."
            }
            Self::TokenTypeMismatch => {
                "Send a token of the type in the handler's signature, or accept both there, as in \
                 `RequireAuth<Either<Session, ApiKey>>`. For a session token, call `getToken()` without a template."
            }
            Self::TokenMissing => {
                "Send `Authorization: Bearer TOKEN` with the API key or machine token. If browsers call the route too, \
                 accept both: `RequireAuth<Either<Session, ApiKey>>`."
            }
            Self::TokenInvalid => {
                "Copy the whole token, without quotes. For an API key or machine token, check that it exists in the \
                 instance of `CLERK_SECRET_KEY`. For a browser, rename another library's cookie `__session`."
            }
            Self::TokenInvalidAlgorithm => "Send the token that `getToken()` returns, without a template.",
            Self::TokenInvalidSignature => {
                "Copy `CLERK_JWT_KEY` again from the instance that issues the tokens, or remove it, so that the keys \
                 are loaded with `CLERK_SECRET_KEY`."
            }
            Self::TokenVerificationFailed => {
                "Read the `hint` in the log, which names the claim. Correct the setting `audience` or \
                 `CLERK_MACHINE_ID`, or get a new token that was made for this server."
            }
            Self::TokenInvalidAuthorizedParties => {
                "Add the page's origin to `CLERK_AUTHORIZED_PARTIES`, exactly as the browser shows it, such as \
                 `https://app.example.com`, and restart."
            }
            Self::TokenInvalidIssuer => {
                "Set `issuer` to the Frontend API URL of the instance, as the Clerk Dashboard shows it, or remove the \
                 setting."
            }
            Self::TokenExpired => "Get a new token. If new tokens fail too, synchronize this machine's clock (NTP).",
            Self::TokenNotActiveYet | Self::TokenIatInTheFuture => {
                "Synchronize this machine's clock (NTP). If that is not possible, raise `clock_skew`."
            }
            Self::SessionTokenExpired(failure) => failure.fix(),
            Self::SessionTokenNbf | Self::SessionTokenIatInTheFuture => {
                "Synchronize this machine's clock (NTP); in a container, that of its host. If that is not possible, \
                 raise `clock_skew`."
            }
            Self::SessionRevoked => {
                "Sign in again. If only the organization was left, call `getToken({ skipCache: true })` for a token without it."
            }
            Self::RevocationsUnavailable => {
                "Start the store, or correct its address: `ClerkConfig::doctor` shows the error. Requests pass again as \
                 soon as it answers. To serve requests meanwhile, choose `KeepServing`."
            }
            Self::SessionPending => {
                "Let the user complete the tasks, for which browsers are redirected to sign-in, or accept pending \
                 sessions: `RequireAuth<WithPending>`."
            }
            Self::JwkKidMismatch => {
                "Copy `CLERK_PUBLISHABLE_KEY` and `CLERK_SECRET_KEY` from the same instance as the frontend's \
                 publishable key, then delete the site's cookies."
            }
            Self::JwkRemoteFailedToLoad => {
                "Read the WARN line `could not load Clerk's signing keys`. Allow connections to `CLERK_API_URL`, set \
                 `HTTPS_PROXY`, or set `CLERK_JWT_KEY`, which needs no connection."
            }
            Self::SecretKeyInvalid => {
                "Copy `CLERK_SECRET_KEY` again from the API keys page of the Clerk Dashboard, and restart. If \
                 `CLERK_API_URL` is set, remove it."
            }
            Self::UnexpectedError => {
                "Read the WARN or ERROR line, which names the failure. Check `CLERK_SECRET_KEY` and the connection to \
                 `CLERK_API_URL`, and try again after `Retry-After`."
            }
            Self::MiddlewareMissing => {
                "Add `.wrap(clerk.clone())` to the route's App, Scope or Resource. Wrap it after everything that \
                 depends on it: what is wrapped last runs first."
            }
        }
    }
}

impl RefreshFailure {
    /// The cause of an expired session token that was not refreshed. A failure that is not known here has a code of
    /// Clerk's.
    fn cause(&self) -> &'static str {
        match self.known() {
            Some(Known::NoRefreshCookie) => {
                "The session token has expired, and the request has no refresh cookie, as is usual for a token in the \
                 `Authorization` header. Tokens live for a minute. If new ones are expired too, this machine's clock \
                 is ahead."
            }
            Some(Known::NonGet) => {
                "The session token has expired, and a `POST` or another unsafe request is refreshed only if one of the \
                 application's own pages sends it. If new tokens are expired too, this machine's clock is ahead."
            }
            Some(Known::NotRefreshable) => {
                "The session token has expired, and the cookie that Clerk needs to refresh it is missing or damaged. \
                 If new tokens are expired too, this machine's clock is ahead."
            }
            Some(Known::NoResponse) => {
                "The session token has expired, and Clerk did not refresh it: there was no response, or no usable one. \
                 If new tokens are expired too, this machine's clock is ahead."
            }
            Some(Known::InvalidSessionToken) => {
                "Clerk refreshed the expired session token, but the new token was rejected. This machine's clock is \
                 wrong, or the server's own origin is not an authorized party."
            }
            None => {
                "The session token has expired, and Clerk did not refresh it: the session was revoked or has ended. \
                 If sessions end after a minute, this machine's clock is ahead."
            }
        }
    }

    fn fix(&self) -> &'static str {
        match self.known() {
            Some(Known::NoRefreshCookie) => {
                "Call `getToken()` before each request instead of keeping a token. If that does not help, synchronize \
                 this machine's clock (NTP)."
            }
            Some(Known::NonGet) => {
                "List the page's origin in `CLERK_AUTHORIZED_PARTIES`, or call `getToken()` before each request. If \
                 that does not help, synchronize this machine's clock (NTP)."
            }
            Some(Known::NotRefreshable) => {
                "Delete the site's cookies and sign in again. If the reason returns after a minute, synchronize this \
                 machine's clock (NTP)."
            }
            Some(Known::NoResponse) => {
                "Check the connection to `CLERK_API_URL`, and try again. If that does not help, synchronize this \
                 machine's clock (NTP)."
            }
            Some(Known::InvalidSessionToken) => {
                "Synchronize this machine's clock (NTP), and list the server's own origin in \
                 `CLERK_AUTHORIZED_PARTIES`."
            }
            None => {
                "Sign in again. If that does not help for longer than a minute, synchronize this machine's clock (NTP)."
            }
        }
    }

    /// Returns the kind of a failure that this crate names; `None` if Clerk named it.
    fn known(&self) -> Option<Known> {
        let known = [
            (Self::NON_ELIGIBLE_NO_REFRESH_COOKIE, Known::NoRefreshCookie),
            (Self::NON_ELIGIBLE_NON_GET, Known::NonGet),
            (Self::MISSING_SESSION_TOKEN, Known::NotRefreshable),
            (Self::DECODE_FAILED, Known::NotRefreshable),
            (Self::MISSING_SID_CLAIM, Known::NotRefreshable),
            (Self::FETCH_ERROR, Known::NoResponse),
            (Self::UNEXPECTED_BAPI_ERROR, Known::NoResponse),
            (Self::UNEXPECTED_SDK_ERROR, Known::NoResponse),
            (Self::INVALID_SESSION_TOKEN, Known::InvalidSessionToken),
        ];
        known.into_iter().find_map(|(failure, kind)| (failure == *self).then_some(kind))
    }
}

/// The kinds of refresh failures that this crate names.
enum Known {
    NoRefreshCookie,
    NonGet,
    NotRefreshable,
    NoResponse,
    InvalidSessionToken,
}
