//! The builder: takes settings as text. `check` rejects those that cannot work.

mod check;
mod frontend_api_proxy;
#[cfg(feature = "webhooks")]
mod webhooks;

use std::{path::PathBuf, time::Duration};

use super::{
    csrf::CsrfProtection,
    frontend_api_proxy::FrontendApiProxy,
    misnamed::Misnamed,
    settings::{OrganizationSync, RetryPolicy, TokenCache},
    shown::shown,
};
use crate::{
    clock::Clock,
    keys::tidy,
    observe::{Observer, Observers},
    revocations::Revocations,
};

/// Collects settings; [`build`](Self::build) checks them. Made by [`ClerkConfig::builder`](crate::ClerkConfig::builder).
///
/// White space, quotes and invisible characters such as a byte order mark are removed from both ends of every text,
/// whether it is set here or read from the environment. Environment files and secret files often leave them there, and
/// no setting contains them. Any other character that a setting cannot have is an error.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build()` is called"]
pub struct ClerkConfigBuilder {
    pub(super) publishable_key: Option<String>,
    /// The variables that hold keys under names that are not read.
    pub(super) misnamed: Misnamed,
    pub(super) secret_key: Option<String>,
    pub(super) machine_secret_key: Option<String>,
    pub(super) machine_id: Option<String>,
    pub(super) jwt_key: Option<String>,
    pub(super) api_url: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) is_satellite: bool,
    pub(super) satellite_auto_sync: bool,
    pub(super) enable_handshake: Option<bool>,
    pub(super) handshake_from_cookies_only: bool,
    pub(super) proxy_url: Option<String>,
    pub(super) dangerous_proxy_url_of_any_host: bool,
    pub(super) frontend_api_proxy: Option<FrontendApiProxy>,
    pub(super) frontend_api_url: Option<String>,
    /// A Frontend API on this machine, for tests and development.
    pub(super) local_frontend_api: Option<String>,
    pub(super) sign_in_url: Option<String>,
    pub(super) sign_up_url: Option<String>,
    pub(super) forbidden_url: Option<String>,
    pub(super) public_origin: Option<String>,
    pub(super) base_path: Option<String>,
    pub(super) authorized_parties: Option<Vec<String>>,
    pub(super) csrf_protection: CsrfProtection,
    pub(super) audience: Option<Vec<String>>,
    pub(super) issuer: Option<Vec<String>>,
    pub(super) clock_skew: Option<Duration>,
    pub(super) organization_sync: OrganizationSync,
    pub(super) websocket_token_protocol: Option<String>,
    pub(super) jwks_max_stale: Option<Duration>,
    pub(super) jwks_file: Option<PathBuf>,
    pub(super) session_token_cache: Option<Option<TokenCache>>,
    pub(super) machine_token_cache: Option<Duration>,
    pub(super) machine_token_max_stale: Option<Duration>,
    pub(super) backend_api_rate_limit: Option<u32>,
    /// `true` for a configuration for tests that has no Clerk to call.
    pub(super) is_without_clerk: bool,
    pub(super) revocations: Option<Revocations>,
    pub(super) observers: Observers,
    pub(super) explain_in_development: Option<bool>,
    #[cfg(feature = "webhooks")]
    pub(super) webhook_signing_secrets: Option<Vec<String>>,
    #[cfg(feature = "webhooks")]
    pub(super) webhook_body_limit: Option<usize>,
    pub(super) clock: Clock,
    pub(super) retry: RetryPolicy,
}

macro_rules! text_settings {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.$name = Some(tidy(&$name.into()).to_owned());
            self
        }
    )*};
}

macro_rules! list_settings {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: impl IntoIterator<Item = impl Into<String>>) -> Self {
            self.$name = Some($name.into_iter().map(Into::into).collect());
            self
        }
    )*};
}

impl ClerkConfigBuilder {
    text_settings! {
        /// The publishable key, `pk_test_…` or `pk_live_…`. Required: it identifies the Clerk instance.
        #[doc(alias = "publishableKey")]
        publishable_key
        /// The secret key, `sk_test_…` or `sk_live_…`. Required unless [`jwt_key`](Self::jwt_key) is set.
        ///
        /// With `jwt_key` alone, handshakes and refreshes are not available, because they are calls to Clerk: browsers
        /// whose cookies alone do not show who is signed in stay signed out. A service that only creates M2M tokens,
        /// with a [`machine_secret_key`](Self::machine_secret_key), needs no secret key.
        #[doc(alias = "secretKey")]
        secret_key
        /// This machine's own secret key, `ak_…`. If set, opaque machine-to-machine tokens are verified with it;
        /// otherwise they are verified with the secret key. Required for creating M2M tokens.
        ///
        /// A service that only creates tokens ([`M2mTokenSource`](crate::M2mTokenSource)) needs no other key, not even
        /// a publishable key. Such a configuration cannot authenticate requests.
        #[doc(alias = "machineSecretKey")]
        machine_secret_key
        /// The ID of this server's own machine in the Clerk dashboard, `mch_…`. If set, a machine-to-machine token is
        /// accepted only if its scopes (or, for a JWT, its `aud` claim) name this machine. Default: any
        /// machine-to-machine token of the instance is accepted.
        ///
        /// Recommended if the instance has several machines. They all share the key that JWTs are verified with:
        /// without this setting, a service that receives a token can use it at every other service.
        machine_id
        /// The instance's public key in PEM format. If set, session tokens are verified without network calls, whatever
        /// their `kid`. After a key rotation in Clerk you have to replace it by hand.
        ///
        /// Line breaks may be real, written as `\n`, or missing. The `BEGIN` and `END` lines may be missing too.
        #[doc(alias = "jwtKey")]
        jwt_key
        /// The URL of Clerk's Backend API, without a version. Default `https://api.clerk.com`.
        #[doc(alias = "apiUrl")]
        api_url
        /// The version segment of the Backend API's path. Default `v1`.
        #[doc(alias = "apiVersion")]
        api_version
        /// The domain of this application if it is a satellite: `satellite.example.com`. Case, a port and a trailing
        /// dot are ignored.
        domain
        /// The proxy of Clerk's Frontend API: a path such as `/__clerk`, or an absolute URL.
        ///
        /// A path is resolved against the origin of the request, and browsers are redirected there with their session
        /// tokens. In production, a path therefore needs [`public_origin`](Self::public_origin) or
        /// [`dangerous_proxy_url_of_any_host`](Self::dangerous_proxy_url_of_any_host).
        ///
        /// For a proxy in this application, set [`frontend_api_proxy`](Self::frontend_api_proxy) instead.
        #[doc(alias = "proxyUrl")]
        proxy_url
        /// The page that unauthenticated visitors are redirected to: a path of this application, or an absolute URL.
        /// Default: the instance's Account Portal.
        #[doc(alias = "signInUrl")]
        sign_in_url
        /// The page that visitors without an account are redirected to. Default: `/create` below the sign-in URL, or
        /// the Account Portal.
        #[doc(alias = "signUpUrl")]
        sign_up_url
        /// The page that a browser is redirected to when its user is not authorized for the page it navigates to: a
        /// path of this application, or an absolute URL. Default: no redirect, the response is a 403.
        #[doc(alias = "unauthorizedUrl")]
        forbidden_url
        /// The origin of this application as browsers see it: `https://app.example.com`. Default: each request's scheme
        /// and host come from `X-Forwarded-Proto`, `X-Forwarded-Host` and `Host`. Behind a proxy that forwards these
        /// headers from clients unchanged, clients can choose them freely.
        public_origin
        /// The path prefix of this application in the browser, if a proxy strips it: `/app` if a request for
        /// `/app/orders` arrives here as `/orders`. Default: none, requests arrive with the path that the browser asked
        /// for.
        ///
        /// With a base path, visitors return from sign-in and from Clerk's handshake to the base path plus the
        /// request's path, which is the address in their browser. Paths in settings such as
        /// [`sign_in_url`](Self::sign_in_url) and in [`return_to`](crate::AuthRedirect::return_to) are browser paths:
        /// for pages of this application, include the base path. The patterns of
        /// [`organization_sync`](Self::organization_sync) are matched against the path that arrives here, as routes
        /// are.
        base_path
        /// The WebSocket subprotocol that announces a session token: a client offers this name, followed by the token.
        /// Default: WebSocket subprotocols are not read.
        ///
        /// A script in a browser cannot set any header of a WebSocket except `Sec-WebSocket-Protocol`. Use this for
        /// pages of other origins, whose cookies are not sent or do not count:
        ///
        /// ```js
        /// new WebSocket("wss://api.example.com/live", ["clerk-session-token", await Clerk.session.getToken()]);
        /// ```
        ///
        /// The token counts like one in the `Authorization` header: before cookies, and only if that header has no
        /// token. It is read only on a WebSocket handshake, and has to be a session token. The response selects this
        /// name if the handler selects no protocol, or if the handler would echo the token. Software that logs request
        /// headers may redact `Authorization` but not this header; a token that leaks that way is valid for a minute.
        websocket_token_protocol
    }

    list_settings! {
        /// The origins whose session tokens are accepted. If set, a token's `azp` claim has to equal one of them,
        /// compared as text. Recommended in production: without it, tokens that were issued to another application on
        /// the same domain are accepted too.
        ///
        /// Applications that are not web pages have origins in other forms: `chrome-extension://ID`,
        /// `capacitor://localhost`, `tauri://localhost`, `com.example.app`, `file://`, `null`. A host with non-ASCII
        /// characters, such as `https://bücher.example`, also matches the ASCII form that browsers send.
        ///
        /// Pages of these origins may also open WebSockets and send unsafe requests with a visitor's cookies, as the
        /// application's own pages may (see [`csrf_protection`](Self::csrf_protection)). The exception is `null`, the
        /// origin of every sandboxed page on any site. In development, a primary redirects a satellite's visitors back
        /// only to this machine and to these origins.
        #[doc(alias = "authorizedParties")]
        authorized_parties
        /// The accepted audiences, compared with the `aud` claim of tokens that have one. Default: any audience. An empty
        /// list is an error, because it is more likely to be a forgotten variable.
        audience
        /// The accepted issuers, compared with the `iss` claim. Default: any issuer. An empty list is an error, as for
        /// [`audience`](Self::audience).
        issuer
    }

    /// The pages whose unsafe requests may be authenticated by a visitor's cookies. Unsafe means `POST`, `PUT`,
    /// `PATCH`, `DELETE` and any other method except `GET`, `HEAD` and `OPTIONS`. Default: [`CsrfProtection::new`], on.
    ///
    /// Browsers send cookies even with requests from pages of other origins, and `SameSite` does not stop sibling
    /// domains such as `blog.example.com`. Cookies count if any of these is true:
    ///
    /// - The browser sends `Sec-Fetch-Site: same-origin`, or `none` for a request that no page caused, such as a
    ///   bookmark.
    /// - `Origin` is the request's own origin ([`public_origin`](Self::public_origin), or the origin from the proxy's
    ///   headers and `Host`), one of the [`authorized_parties`](Self::authorized_parties), or a [trusted
    ///   origin](CsrfProtection::trusted_origin).
    /// - `Origin` is the `azp` claim of the session cookie: Clerk issued this very token to that page.
    /// - The request has neither header: the client is not a browser, or is one from before 2020.
    ///
    /// Otherwise the request is signed out with the reason `cross-origin-request`. Tokens in the `Authorization`
    /// header, and requests without a visitor's cookies, are not affected.
    ///
    /// It is on by default because it does not reject requests of a correct application. The application's pages are on
    /// the origin that they send requests to, or on the origin that the session token was issued to; that includes a
    /// frontend on another port or subdomain, and a proxy that changes the `Host`. Any other page uses a session that
    /// was not issued to it, and has to be listed.
    ///
    /// List every frontend in [`authorized_parties`](Self::authorized_parties) or as a [trusted
    /// origin](CsrfProtection::trusted_origin) in two cases: if several of them share one cookie jar, such as two ports of
    /// `localhost`, because the last one to write `__session` sets its `azp`; and if this server refreshes sessions for a
    /// frontend of another origin, because the refreshed token can be issued to this server's own origin.
    ///
    /// Two kinds of requests need care elsewhere. A server that forwards a browser's request, as server-side rendering
    /// does, must not forward `Sec-Fetch-*`, or must send the token as `Authorization: Bearer`. And a page with
    /// `Referrer-Policy: no-referrer` makes older browsers send `Origin: null` with its forms; use `same-origin` instead.
    pub fn csrf_protection(mut self, csrf_protection: CsrfProtection) -> Self {
        self.csrf_protection = csrf_protection;
        self
    }

    /// Allows a path as [`proxy_url`](Self::proxy_url), or [`frontend_api_proxy`](Self::frontend_api_proxy), in production without [`public_origin`](Self::public_origin).
    /// Default `false`.
    ///
    /// Browsers are then redirected, with their session tokens, to the host that the request names. This is safe only
    /// behind a proxy that overwrites `X-Forwarded-Host` and `X-Forwarded-Proto` and forwards requests for known hosts
    /// only. Otherwise an attacker's `X-Forwarded-Host` decides where session tokens are sent.
    pub fn dangerous_proxy_url_of_any_host(mut self, is_accepted: bool) -> Self {
        self.dangerous_proxy_url_of_any_host = is_accepted;
        self
    }

    /// Sets whether this application is a satellite of another domain. Default `false`.
    #[doc(alias = "isSatellite")]
    pub fn is_satellite(mut self, is_satellite: bool) -> Self {
        self.is_satellite = is_satellite;
        self
    }

    /// Sets whether a satellite asks its primary whether each new visitor is signed in. Default `false`.
    #[doc(alias = "satelliteAutoSync")]
    pub fn satellite_auto_sync(mut self, satellite_auto_sync: bool) -> Self {
        self.satellite_auto_sync = satellite_auto_sync;
        self
    }

    /// Sets whether browsers may be redirected to Clerk and back (the handshake) when their cookies alone do not show
    /// whether they are signed in. Default `true`.
    ///
    /// Set it to `false` for servers that only serve an API. They never start a handshake and never accept the result
    /// of one: a request that would need one is signed out, with the reason. Session tokens in the `Authorization`
    /// header and in cookies are still verified, and an expired session is still refreshed if that needs no redirect.
    /// [`RequireAuth`](crate::RequireAuth) still redirects a browser that opens a page to sign-in;
    /// [Browsers](crate::guide::browsers#api-only-servers) shows how to respond with 401 instead.
    ///
    /// ```
    /// use clerk_actix::ClerkConfig;
    ///
    /// let config = ClerkConfig::builder()
    ///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
    ///     .secret_key("sk_live_000000000000")
    ///     .enable_handshake(false)
    ///     .build()?;
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    #[doc(alias = "enableHandshake")]
    pub fn enable_handshake(mut self, enable_handshake: bool) -> Self {
        self.enable_handshake = Some(enable_handshake);
        self
    }

    /// Sets whether production accepts the result of a handshake only from cookies, and ignores one in the URL. Default
    /// `false`, as in Clerk's own SDKs. Recommended in production; no effect in development.
    ///
    /// A link that contains `__clerk_handshake_nonce` or `__clerk_handshake` signs its visitor in as the person who
    /// made the link (login CSRF), and what the visitor then enters goes into that person's account. In production
    /// Clerk passes the result in a cookie, so nothing is lost by ignoring the URL. In development the result can only
    /// be in the URL.
    ///
    /// If sign-in stops working with this setting, Clerk could not set a cookie for this application's domain. Look for
    /// `__clerk_handshake` in the address that the browser returns to, and leave the setting off.
    pub fn handshake_from_cookies_only(mut self, handshake_from_cookies_only: bool) -> Self {
        self.handshake_from_cookies_only = handshake_from_cookies_only;
        self
    }

    /// The tolerated difference between this machine's clock and Clerk's. Default 5 seconds, as in Clerk's own SDKs; at
    /// most one hour. Every token stays valid for that much longer.
    #[doc(alias = "clockSkewInMs")]
    #[doc(alias = "clockSkewInSeconds")]
    pub fn clock_skew(mut self, clock_skew: Duration) -> Self {
        self.clock_skew = Some(clock_skew);
        self
    }

    /// The path patterns that select an organization.
    #[doc(alias = "organizationSyncOptions")]
    pub fn organization_sync(mut self, organization_sync: OrganizationSync) -> Self {
        self.organization_sync = organization_sync;
        self
    }

    /// How long signing keys stay in use while Clerk cannot be reached, after the five minutes in which they are fresh.
    /// Default 1 hour.
    pub fn jwks_max_stale(mut self, jwks_max_stale: Duration) -> Self {
        self.jwks_max_stale = Some(jwks_max_stale);
        self
    }

    /// The file in which the last signing keys from Clerk are kept, so that a server that starts while Clerk cannot be
    /// reached still verifies tokens. Default: none; then such a server responds with 503 until Clerk is back.
    ///
    /// It is read at startup, if it exists, and replaced after each fetch of keys, in one step, readable by the server's
    /// user alone. It holds public keys only, but whoever can write it can sign in as anybody: choose a directory that
    /// no one else can write. A file that belongs to another user or that others can write is an error, as is a file of
    /// another instance. A damaged file is ignored, with a warning.
    ///
    /// Keys from the file count from the time at which Clerk sent them, so they are used for at most five minutes plus
    /// [`jwks_max_stale`](Self::jwks_max_stale): the file does not prolong the life of a key that Clerk has removed. You
    /// can put a JWKS document there yourself; it counts from its modification time.
    ///
    /// ```
    /// use clerk_actix::ClerkConfig;
    ///
    /// # let directory = std::env::temp_dir().join(format!("clerk-actix-doc-{}", std::process::id()));
    /// # std::fs::create_dir_all(&directory).unwrap();
    /// let config = ClerkConfig::builder()
    ///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
    ///     .secret_key("sk_live_000000000000")
    ///     .jwks_file(directory.join("clerk-jwks.json")) // such as /var/lib/my-app/clerk-jwks.json
    ///     .build()?;
    /// # std::fs::remove_dir_all(&directory).unwrap();
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    pub fn jwks_file(mut self, jwks_file: impl Into<PathBuf>) -> Self {
        self.jwks_file = Some(jwks_file.into());
        self
    }

    /// The timeout of one call to Clerk's API, including the time to connect. Default 4 seconds.
    ///
    /// A failed call is retried a few times; all attempts together take at most twice this timeout.
    pub fn api_timeout(mut self, api_timeout: Duration) -> Self {
        self.retry =
            RetryPolicy { call_timeout: api_timeout, total_timeout: api_timeout.saturating_mul(2), ..self.retry };
        self
    }

    /// The limits of the cache of verified session tokens; `None` turns the cache off. Default: [`TokenCache::new`].
    ///
    /// A browser sends its session token with every request. The cache saves verifying its signature again; the token's
    /// times, whether its key is still valid, and whether it was revoked, are checked on every request.
    pub fn session_token_cache(mut self, session_token_cache: impl Into<Option<TokenCache>>) -> Self {
        self.session_token_cache = Some(session_token_cache.into());
        self
    }

    /// How long Clerk's confirmation of an opaque machine token may be reused, but never past the token's expiry.
    /// Default: not at all. Every request with an API key then costs a call to Clerk; only concurrent requests share
    /// one.
    ///
    /// A revoked token is still accepted for this long, so choose the shortest time that your rate limit allows. Ten
    /// seconds is enough to turn a client's burst of requests into one call.
    pub fn machine_token_cache(mut self, machine_token_cache: Duration) -> Self {
        self.machine_token_cache = Some(machine_token_cache);
        self
    }

    /// How long Clerk's last confirmation of an opaque machine token stays valid while Clerk does not respond, or asks
    /// clients to wait (`Retry-After`). Default 5 minutes; zero turns it off.
    ///
    /// It never extends past the token's expiry, and a rejection ends it: a key that Clerk has rejected, or that this
    /// server has revoked with its [`ClerkClient`](crate::ClerkClient), is rejected. A key that was revoked elsewhere
    /// just before an outage is accepted for this long.
    pub fn machine_token_max_stale(mut self, machine_token_max_stale: Duration) -> Self {
        self.machine_token_max_stale = Some(machine_token_max_stale);
        self
    }

    /// The number of Backend API calls that Clerk accepts from this server in ten seconds. Default: Clerk's limit for
    /// an instance, 1000 in production and 100 in development. If your plan has another limit, or several servers share
    /// it, set this server's share.
    ///
    /// This is not a limit on all calls. It limits the calls that unauthenticated clients can cause with made-up API
    /// keys, handshakes and refreshes: in the long run at most 65% of the rate limit, and at most 25% for any one kind.
    /// Further requests of that sort get 503, which leaves room for callers that Clerk has already verified.
    pub fn backend_api_rate_limit(mut self, calls_in_ten_seconds: u32) -> Self {
        self.backend_api_rate_limit = Some(calls_in_ten_seconds);
        self
    }

    /// Sets the list of sessions that no longer count, although their tokens have not expired. Default: none, so that a
    /// session that has ended counts for up to a minute. See [`Revocations`].
    pub fn revocations(mut self, revocations: Revocations) -> Self {
        self.revocations = Some(revocations);
        self
    }

    /// Adds an observer of decisions, rejections and calls to Clerk, for metrics or alerts. Several can be added.
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.add(observer);
        self
    }

    /// Explains rejections on a page, in development. Default true.
    ///
    /// A browser that navigates to a page and is rejected, or is caught in a redirect loop, gets a page that says why:
    /// which of Clerk's cookies and tokens the request has, what is wrong with them, and what to do. The page replaces
    /// the default JSON of a rejection, not a redirect that can help, and not the response of an error handler. Only
    /// development keys have this page; in production there is none, whatever this setting says.
    pub fn explain_in_development(mut self, explain_in_development: bool) -> Self {
        self.explain_in_development = Some(explain_in_development);
        self
    }

    /// Replaces the system clock, so that a test can control the time.
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::clock::settable::TestClock) -> Self {
        self.clock = Clock::Settable(clock);
        self
    }

    /// Marks a configuration for tests that has no Clerk to call, so that the error of a call says so.
    #[cfg(feature = "testing")]
    pub(crate) fn without_clerk(mut self) -> Self {
        self.is_without_clerk = true;
        self
    }

    /// Removes the pauses between retries, so that no test waits.
    #[cfg(feature = "testing")]
    pub(crate) fn without_retry_pauses(mut self) -> Self {
        self.retry.first_pause = Duration::ZERO;
        self
    }
}

impl std::fmt::Debug for ClerkConfigBuilder {
    /// Prints only the publishable key: the other settings are unchecked and may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let publishable_key = self.publishable_key.as_deref().map(shown);
        f.debug_struct("ClerkConfigBuilder").field("publishable_key", &publishable_key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
