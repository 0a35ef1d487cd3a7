//! The builder: takes settings as text, and lets none through that could not work.

use std::time::Duration;

use super::{
    ClerkConfig, ConfigError, CsrfProtection, OrganizationSync, Settings, TokenCache, base_path,
    checks::{
        absolute_url, check_domain, check_is_address_alone, check_is_path_alone, check_machine_id, check_origin,
        check_protocol, check_version, list, page, parse, shown,
    },
    env::Misnamed,
    parties,
    settings::{CookieNames, PageUrl, RetryPolicy},
};
use crate::{
    clock::Clock,
    keys::{InstanceType, MachineSecretKey, PublishableKey, SecretKey, VerificationKey, tidy},
};

/// Past this, expiry would mean little.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);

/// With less, not one sign-in in a second could be completed.
const MIN_RATE_LIMIT: u32 = 10;

/// Collects settings; [`build`](Self::build) checks them. Made by [`ClerkConfig::builder`].
///
/// White space, invisible characters such as a byte order mark, and quotes are removed from both ends of every text, whether it
/// is set here or read from the environment: files of environment variables and of secrets leave them there, and no setting
/// has them. Anything else that a setting cannot have is an error.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build()` is called"]
pub struct ClerkConfigBuilder {
    pub(super) publishable_key: Option<String>,
    /// The variables that are set instead of those that are read.
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
    pub(super) frontend_api_proxy: Option<String>,
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
    pub(super) token_cache: Option<Option<TokenCache>>,
    pub(super) machine_token_ttl: Option<Duration>,
    pub(super) machine_token_max_stale: Option<Duration>,
    pub(super) backend_api_rate_limit: Option<u32>,
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
        /// `pk_test_…` or `pk_live_…`. Required: it says which Clerk instance this is.
        publishable_key
        /// `sk_test_…` or `sk_live_…`. Required unless `jwt_key` is set; and with that, browsers whose cookies do not settle
        /// who they are cannot be signed in without it, since handshakes and refreshes are calls to Clerk. Not required either
        /// for a service that only makes M2M tokens, with [`machine_secret_key`](Self::machine_secret_key).
        secret_key
        /// `ak_…`: this machine's own key. Opaque machine-to-machine tokens are verified with it, where it is set, and with the
        /// secret key otherwise; only with it can this machine make tokens of its own.
        ///
        /// A service that only makes tokens ([`M2mTokenSource`](crate::M2mTokenSource)) needs nothing else, not even a publishable
        /// key. Such a configuration authenticates no requests.
        machine_secret_key
        /// `mch_…`: this server's own machine, as the Clerk dashboard names it. With it, a machine-to-machine token has to name
        /// this machine among its scopes, or a JWT in its `aud` claim; others are rejected. Default: any machine-to-machine token
        /// of the instance is accepted.
        ///
        /// Recommended where one instance has several machines. A JWT is verified by the instance's key, which is the same for all
        /// of them: without this setting, a service that receives a token can use it at every other service.
        machine_id
        /// The instance's PEM public key. With it, session tokens are verified with no network
        /// call, whatever their `kid`; after a key rotation in Clerk it has to be replaced by hand.
        ///
        /// Line breaks may be real, written out as `\n` or missing, and the lines `BEGIN` and `END` may be missing too.
        jwt_key
        /// The Backend API, without a version. Default `https://api.clerk.com`.
        api_url
        /// The Backend API's path segment. Default `v1`.
        api_version
        /// This application's own domain, where it is a satellite: `satellite.example.com`. Capitals, a port and a dot at the end
        /// make no difference.
        domain
        /// Where Clerk's Frontend API is proxied: a path such as `/__clerk`, or an absolute URL.
        ///
        /// A path is on the origin that the request came to, and a browser is sent there with its session token. So in
        /// production a path needs [`public_origin`](Self::public_origin), or
        /// [`dangerous_proxy_url_of_any_host`](Self::dangerous_proxy_url_of_any_host).
        proxy_url
        /// Serve Clerk's Frontend API from this application, under this path.
        ///
        /// Checked and kept; the proxy itself is not part of this version yet.
        frontend_api_proxy
        /// Where unauthenticated visitors are sent: a path of this application, or an absolute
        /// URL. Default: the instance's Account Portal.
        sign_in_url
        /// Where visitors without an account are sent. Default: the sign-in URL's `/create`, or
        /// the Account Portal.
        sign_up_url
        /// Where a browser that navigates to a page is sent which its user may not see: a path of this application, or an
        /// absolute URL. Default: nowhere, they are answered with 403.
        forbidden_url
        /// This application as browsers see it, `https://app.example.com`. Without it, scheme and
        /// host of a request come from `X-Forwarded-Proto`, `X-Forwarded-Host` and `Host`, which
        /// behind a proxy that passes a client's own headers on are the client's to choose.
        public_origin
        /// The path under which browsers see this application, where a proxy takes it off: `/app` if a request for
        /// `/app/orders` arrives here as `/orders`. Default: none, requests arrive with the path that the browser asked for.
        ///
        /// A visitor comes back from signing in, and from Clerk's handshake, to the address that the browser has, which is then
        /// made from both. Paths that you write yourself, in settings such as [`sign_in_url`](Self::sign_in_url) and in
        /// [`return_to`](crate::AuthRedirect::return_to), are a browser's: with this in front if they are pages of this
        /// application. The patterns of [`organization_sync`](Self::organization_sync) are compared with the path that arrives
        /// here, as routes are.
        base_path
        /// Take a session token from a WebSocket's subprotocols, where the client offers it right after this name. Default: not
        /// at all.
        ///
        /// A browser's script can set no header of a WebSocket but `Sec-WebSocket-Protocol`; this is for pages of other
        /// origins, whose cookies do not come along or do not count:
        ///
        /// ```js
        /// new WebSocket("wss://api.example.com/live", ["clerk-session-token", await Clerk.session.getToken()]);
        /// ```
        ///
        /// The token counts as one in the `Authorization` header does, where there is none, and before cookies: only on a WebSocket
        /// handshake, and only a session's. The response selects this name where the handler selects none, or would send the
        /// token back. Those who print or log a request's headers may not know this one for a secret, as they do
        /// `Authorization`: a token that leaks there is good for a minute.
        websocket_token_protocol
    }

    list_settings! {
        /// Origins whose tokens are accepted: with it, a session token's `azp` claim has to be one of
        /// these, compared as text. Recommended in production: without it, a token that was made for another
        /// application of the same domain is accepted too.
        ///
        /// Applications that are not web pages have names of their own: `chrome-extension://ID`, `capacitor://localhost`,
        /// `tauri://localhost`, `com.example.app`, `file://`, `null`. A host beyond ASCII, `https://bücher.example`, also
        /// counts in the form in which browsers send it.
        ///
        /// Pages of these origins may also open WebSockets and send unsafe requests with a visitor's cookies, as the
        /// application's own pages may (see [`csrf_protection`](Self::csrf_protection)); except `null`, which every sandboxed page of every site has for its origin. In development, a primary sends a
        /// satellite's visitor back only to this machine and to these.
        authorized_parties
        /// Accepted audiences, compared with the `aud` claim of tokens that have one.
        audience
        /// Accepted issuers, compared with the `iss` claim. Empty, the default: any.
        issuer
    }

    /// Accept a path as [`proxy_url`](Self::proxy_url) in production without [`public_origin`](Self::public_origin). Default
    /// `false`.
    ///
    /// A browser is then sent, with its session token, to the host that the request names. Only right behind a proxy that
    /// overwrites `X-Forwarded-Host` and `X-Forwarded-Proto` and passes on known hosts alone: anybody else's `X-Forwarded-Host`
    /// would be where session tokens are sent.
    pub fn dangerous_proxy_url_of_any_host(mut self, is_accepted: bool) -> Self {
        self.dangerous_proxy_url_of_any_host = is_accepted;
        self
    }

    /// Whether this application is a satellite of another domain. Default `false`.
    pub fn is_satellite(mut self, is_satellite: bool) -> Self {
        self.is_satellite = is_satellite;
        self
    }

    /// Whether a satellite asks its primary about every new visitor. Default `false`.
    pub fn satellite_auto_sync(mut self, satellite_auto_sync: bool) -> Self {
        self.satellite_auto_sync = satellite_auto_sync;
        self
    }

    /// Whether browsers are sent to Clerk and back when their cookies do not settle who is signed in. Default `true`.
    ///
    /// `false` is for servers that are APIs alone. They never redirect to Clerk and never take a handshake's result: a
    /// request that would need one is signed out, with the reason. Session tokens, in the `Authorization` header and in
    /// cookies, are verified as always, and an expired session is still refreshed where that takes no redirect.
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
    pub fn enable_handshake(mut self, enable_handshake: bool) -> Self {
        self.enable_handshake = Some(enable_handshake);
        self
    }

    /// Whether production takes the result of a handshake from cookies alone, and ignores one in the URL. Default `false`,
    /// as in Clerk's own SDKs. Recommended in production; it has no effect in development.
    ///
    /// A link with `__clerk_handshake_nonce` or `__clerk_handshake` in it signs whoever follows it in as the person who
    /// made the link (login CSRF): what the visitor then enters goes into a stranger's account. In production Clerk hands
    /// the result over in a cookie, so nothing is lost by ignoring the URL. In development it can only be in the URL.
    ///
    /// If sign-in stops working with it, Clerk could not set a cookie for this application's domain: look for
    /// `__clerk_handshake` in the address that the browser returns to, and leave the setting off.
    pub fn handshake_from_cookies_only(mut self, handshake_from_cookies_only: bool) -> Self {
        self.handshake_from_cookies_only = handshake_from_cookies_only;
        self
    }

    /// How far this machine's clock and Clerk's may be apart. Default 5 seconds, as in Clerk's
    /// own SDKs; at most an hour. It lengthens the life of every token by as much.
    pub fn clock_skew(mut self, clock_skew: Duration) -> Self {
        self.clock_skew = Some(clock_skew);
        self
    }

    /// Which paths belong to which organization.
    pub fn organization_sync(mut self, organization_sync: OrganizationSync) -> Self {
        self.organization_sync = organization_sync;
        self
    }

    /// How long signing keys stay in use, after their five fresh minutes, while Clerk cannot be
    /// reached. Default 1 hour.
    pub fn jwks_max_stale(mut self, jwks_max_stale: Duration) -> Self {
        self.jwks_max_stale = Some(jwks_max_stale);
        self
    }

    /// How long one call to Clerk's API may take, its connection included. Default 4 seconds.
    ///
    /// A call that fails is tried again a few times; all of it together takes at most twice as long.
    pub fn api_timeout(mut self, api_timeout: Duration) -> Self {
        self.retry =
            RetryPolicy { call_timeout: api_timeout, total_timeout: api_timeout.saturating_mul(2), ..self.retry };
        self
    }

    /// The bounds of the cache of verified session tokens; `None` turns it off. Default: [`TokenCache::new`].
    ///
    /// A session token comes with every request of its browser. What is remembered of it saves verifying its signature
    /// again; its times, and whether its key still stands, are checked every time.
    pub fn token_cache(mut self, token_cache: impl Into<Option<TokenCache>>) -> Self {
        self.token_cache = Some(token_cache.into());
        self
    }

    /// How long Clerk's good word for an opaque machine token may be reused, up to the token's own end. Default: not at all, and
    /// every request with an API key costs a call to Clerk; only requests that wait at the same time share one.
    ///
    /// It is the time for which a token that was revoked is still accepted: choose it as short as the calls allow. Ten
    /// seconds already make one call out of a client's burst.
    pub fn machine_token_ttl(mut self, machine_token_ttl: Duration) -> Self {
        self.machine_token_ttl = Some(machine_token_ttl);
        self
    }

    /// How long Clerk's last good word for an opaque machine token stands while Clerk does not answer, or asks to be left alone.
    /// Default 5 minutes; zero turns it off.
    ///
    /// It ends with the token's own end, and with a refusal: a key that Clerk has said no to, or that this server has revoked
    /// with its [`ClerkClient`](crate::ClerkClient), is rejected. A key that was revoked elsewhere just before an outage is
    /// accepted for this long.
    pub fn machine_token_max_stale(mut self, machine_token_max_stale: Duration) -> Self {
        self.machine_token_max_stale = Some(machine_token_max_stale);
        self
    }

    /// How many calls to its Backend API Clerk accepts from this server in ten seconds. Default: Clerk's limit for an instance,
    /// 1000 in production and 100 in development. If your plan has another limit, or several servers share it, set this
    /// server's part.
    ///
    /// It does not limit calls as such. It says how many calls strangers may cause, with API keys, handshakes and refreshes
    /// that they made up: at most 65 % of it in the long run, 25 % of each kind. Beyond that they are answered 503, and there
    /// is room for callers whom Clerk has vouched for.
    pub fn backend_api_rate_limit(mut self, calls_in_ten_seconds: u32) -> Self {
        self.backend_api_rate_limit = Some(calls_in_ten_seconds);
        self
    }

    /// Replaces the system's clock, so that a test can move the time.
    #[cfg(feature = "testing")]
    pub fn clock(mut self, clock: crate::testing::TestClock) -> Self {
        self.clock = Clock::Settable(clock);
        self
    }

    /// Retries without the pauses between them, so that no test waits.
    #[cfg(feature = "testing")]
    pub(crate) fn without_retry_pauses(mut self) -> Self {
        self.retry.first_pause = Duration::ZERO;
        self
    }

    /// Checks everything and gives the configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first setting that is missing, malformed or at odds with another.
    pub fn build(self) -> Result<ClerkConfig, ConfigError> {
        let publishable_key =
            parse(&self.publishable_key, PublishableKey::parse, "publishable_key", "CLERK_PUBLISHABLE_KEY")?;
        let secret_key = parse(&self.secret_key, SecretKey::parse, "secret_key", "CLERK_SECRET_KEY")?;
        let machine_secret_key =
            parse(&self.machine_secret_key, MachineSecretKey::parse, "machine_secret_key", "CLERK_MACHINE_SECRET_KEY")?;
        let machine_id = self.machine_id.map(check_machine_id).transpose()?;
        let jwt_key = parse(&self.jwt_key, VerificationKey::from_pem, "jwt_key", "CLERK_JWT_KEY")?;
        let only_mints = machine_secret_key.is_some() && secret_key.is_none() && jwt_key.is_none();
        let publishable_key = match publishable_key {
            Some(key) => key,
            None if only_mints => PublishableKey::of_no_instance(),
            None => return Err(self.misnamed.publishable_key()),
        };

        match &secret_key {
            None if jwt_key.is_none() && !only_mints => return Err(self.misnamed.secret_key()),
            None if self.is_satellite => return Err(ConfigError::SecretKeyNeededFor { setting: "is_satellite" }),
            None if self.frontend_api_proxy.is_some() => {
                return Err(ConfigError::SecretKeyNeededFor { setting: "frontend_api_proxy" });
            }
            Some(secret) if secret.instance_type() != publishable_key.instance_type() => {
                return Err(ConfigError::KeysOfDifferentInstances {
                    publishable: publishable_key.instance_type(),
                    secret: secret.instance_type(),
                });
            }
            _ => {}
        }

        let api_url =
            absolute_url("api_url", "CLERK_API_URL", self.api_url.as_deref().unwrap_or("https://api.clerk.com"))?;
        check_is_address_alone("api_url", "CLERK_API_URL", &api_url)?;
        let api_version = self.api_version.unwrap_or_else(|| "v1".to_owned());
        check_version(&api_version, &api_url)?;
        let proxy_url = page("proxy_url", "CLERK_PROXY_URL", self.proxy_url)?;
        if let Some(proxy_url) = &proxy_url {
            check_is_path_alone("proxy_url", "CLERK_PROXY_URL", proxy_url)?;
        }
        let frontend_api_proxy = match page("frontend_api_proxy", "-", self.frontend_api_proxy)? {
            Some(PageUrl::Absolute(url)) => {
                return Err(ConfigError::NotAPage {
                    setting: "frontend_api_proxy",
                    variable: "-",
                    found: shown(url.as_str()),
                });
            }
            Some(PageUrl::Path(path)) => {
                check_is_path_alone("frontend_api_proxy", "-", &PageUrl::Path(path.clone()))?;
                Some(path)
            }
            None => None,
        };
        let sign_in_url = page("sign_in_url", "CLERK_SIGN_IN_URL", self.sign_in_url)?;
        let sign_up_url = page("sign_up_url", "CLERK_SIGN_UP_URL", self.sign_up_url)?;
        let forbidden_url = page("forbidden_url", "-", self.forbidden_url)?;
        let domain = self.domain.map(check_domain).transpose()?;

        if self.is_satellite {
            if domain.is_none() && proxy_url.is_none() {
                return Err(ConfigError::SatelliteWithoutDomain);
            }
            let in_development = publishable_key.instance_type() == InstanceType::Development;
            if in_development && !matches!(sign_in_url, Some(PageUrl::Absolute(_))) {
                return Err(ConfigError::SatelliteWithoutSignInUrl);
            }
        }
        let authorized_parties = parties::check(list("authorized_parties", self.authorized_parties)?)?;
        self.csrf_protection.check()?;
        let audience = list("audience", self.audience)?;
        let issuer = list("issuer", self.issuer)?;
        let clock_skew = self.clock_skew.unwrap_or(Duration::from_secs(5));
        if clock_skew > MAX_CLOCK_SKEW {
            return Err(ConfigError::ClockSkewTooLong { max: MAX_CLOCK_SKEW });
        }
        if self.retry.call_timeout.is_zero() {
            return Err(ConfigError::Empty { setting: "api_timeout" });
        }
        let documented_limit = match publishable_key.instance_type() {
            InstanceType::Production => 1000,
            InstanceType::Development => 100,
        };
        let backend_api_rate_limit = self.backend_api_rate_limit.unwrap_or(documented_limit);
        if backend_api_rate_limit < MIN_RATE_LIMIT {
            return Err(ConfigError::RateLimitTooLow { min: MIN_RATE_LIMIT });
        }
        let public_origin = match self.public_origin {
            Some(origin) => {
                check_origin("public_origin", &origin)?;
                Some(absolute_url("public_origin", "CLERK_PUBLIC_ORIGIN", &origin)?)
            }
            None => None,
        };
        let base_path = self.base_path.as_deref().map(base_path::check).transpose()?.flatten();
        let is_of_any_host = matches!(proxy_url, Some(PageUrl::Path(_))) && public_origin.is_none();
        let is_production = publishable_key.instance_type() == InstanceType::Production;
        if is_of_any_host && is_production && !self.dangerous_proxy_url_of_any_host {
            return Err(ConfigError::ProxyOfAnyHost);
        }
        let organization_patterns = self.organization_sync.compile()?;
        let websocket_token_protocol = self.websocket_token_protocol.map(check_protocol).transpose()?;
        let cookie_names = CookieNames::new(&publishable_key);
        let fallback_origin = absolute_url("public_origin", "CLERK_PUBLIC_ORIGIN", "http://localhost")?;

        Ok(ClerkConfig::new(Settings {
            publishable_key,
            secret_key,
            machine_secret_key,
            machine_id,
            jwt_key,
            api_url,
            api_version,
            domain,
            is_satellite: self.is_satellite,
            satellite_auto_sync: self.satellite_auto_sync,
            enable_handshake: self.enable_handshake.unwrap_or(true),
            handshake_from_cookies_only: self.handshake_from_cookies_only,
            proxy_url,
            frontend_api_proxy,
            sign_in_url,
            sign_up_url,
            forbidden_url,
            public_origin,
            base_path,
            fallback_origin,
            cookie_names,
            authorized_parties,
            csrf_protection: self.csrf_protection,
            audience,
            issuer,
            clock_skew,
            organization_patterns,
            websocket_token_protocol,
            jwks_max_stale: self.jwks_max_stale.unwrap_or(Duration::from_secs(60 * 60)),
            token_cache: self.token_cache.unwrap_or_else(|| Some(TokenCache::new())),
            machine_token_ttl: self.machine_token_ttl,
            machine_token_max_stale: self.machine_token_max_stale.unwrap_or(Duration::from_secs(5 * 60)),
            backend_api_rate_limit,
            clock: self.clock,
            retry: self.retry,
        }))
    }
}

impl std::fmt::Debug for ClerkConfigBuilder {
    /// Says which instance it is about; the rest is unchecked and may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let publishable_key = self.publishable_key.as_deref().map(shown);
        f.debug_struct("ClerkConfigBuilder").field("publishable_key", &publishable_key).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
