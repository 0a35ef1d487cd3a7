//! The builder: takes settings as text, and lets none through that could not work.

use std::time::Duration;

use url::Url;

use super::{
    ClerkConfig, ConfigError, OrganizationSync, Settings, TokenCache, base_path, parties,
    settings::{CookieNames, PageUrl, RetryPolicy},
};
use crate::{
    clock::Clock,
    keys::{InstanceType, KeyError, MachineSecretKey, PublishableKey, SecretKey, VerificationKey},
};

/// Past this, expiry would mean little.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);

/// Collects settings; [`build`](Self::build) checks them. Made by [`ClerkConfig::builder`].
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until `build()` is called"]
pub struct ClerkConfigBuilder {
    pub(super) publishable_key: Option<String>,
    pub(super) secret_key: Option<String>,
    pub(super) machine_secret_key: Option<String>,
    pub(super) jwt_key: Option<String>,
    pub(super) api_url: Option<String>,
    pub(super) api_version: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) is_satellite: bool,
    pub(super) satellite_auto_sync: bool,
    pub(super) proxy_url: Option<String>,
    pub(super) frontend_api_proxy: Option<String>,
    pub(super) sign_in_url: Option<String>,
    pub(super) sign_up_url: Option<String>,
    pub(super) forbidden_url: Option<String>,
    pub(super) public_origin: Option<String>,
    pub(super) base_path: Option<String>,
    pub(super) authorized_parties: Option<Vec<String>>,
    pub(super) audience: Option<Vec<String>>,
    pub(super) issuer: Option<Vec<String>>,
    pub(super) clock_skew: Option<Duration>,
    pub(super) organization_sync: OrganizationSync,
    pub(super) websocket_token_protocol: Option<String>,
    pub(super) jwks_max_stale: Option<Duration>,
    pub(super) token_cache: Option<Option<TokenCache>>,
    pub(super) machine_token_ttl: Option<Duration>,
    pub(super) clock: Clock,
    pub(super) retry: RetryPolicy,
}

macro_rules! text_settings {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, $name: impl Into<String>) -> Self {
            self.$name = Some($name.into());
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
        /// who they are cannot be signed in without it, since handshakes and refreshes are calls to Clerk.
        secret_key
        /// `ak_…`: this machine's own key. Opaque machine-to-machine tokens are verified with it, where it is set, and with the
        /// secret key otherwise; only with it can this machine make tokens of its own.
        machine_secret_key
        /// The instance's PEM public key. With it, session tokens are verified with no network
        /// call, whatever their `kid`; after a key rotation in Clerk it has to be replaced by hand.
        jwt_key
        /// The Backend API. Default `https://api.clerk.com`.
        api_url
        /// The Backend API's path segment. Default `v1`.
        api_version
        /// This application's own domain, where it is a satellite: `satellite.example.com`.
        domain
        /// Where Clerk's Frontend API is proxied: a path such as `/__clerk`, or an absolute URL.
        ///
        /// A path is on the origin that the request came to. Set [`public_origin`](Self::public_origin) with it, unless a
        /// proxy of yours overwrites `X-Forwarded-Host`: a browser is sent there with its session token.
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
        /// Pages of these origins may also open WebSockets with a visitor's cookies, as the application's own pages may;
        /// except `null`, which every sandboxed page of every site has for its origin. In development, a primary sends a
        /// satellite's visitor back only to this machine and to these.
        authorized_parties
        /// Accepted audiences, compared with the `aud` claim of tokens that have one.
        audience
        /// Accepted issuers, compared with the `iss` claim. Empty, the default: any.
        issuer
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
        let publishable_key = self.publishable_key.as_deref().ok_or(ConfigError::MissingPublishableKey)?;
        let publishable_key =
            PublishableKey::parse(publishable_key).map_err(malformed("publishable_key", "CLERK_PUBLISHABLE_KEY"))?;
        let secret_key = parse(&self.secret_key, SecretKey::parse, "secret_key", "CLERK_SECRET_KEY")?;
        let machine_secret_key =
            parse(&self.machine_secret_key, MachineSecretKey::parse, "machine_secret_key", "CLERK_MACHINE_SECRET_KEY")?;
        let jwt_key = parse(&self.jwt_key, VerificationKey::from_pem, "jwt_key", "CLERK_JWT_KEY")?;

        match &secret_key {
            None if jwt_key.is_none() => return Err(ConfigError::MissingSecretKey),
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
        let has_extras = !api_url.username().is_empty() || api_url.query().is_some() || api_url.fragment().is_some();
        if has_extras || api_url.password().is_some() {
            return Err(ConfigError::UrlWithExtras { setting: "api_url", variable: "CLERK_API_URL" });
        }
        let api_version = self.api_version.unwrap_or_else(|| "v1".to_owned());
        if api_version.trim_matches('/').is_empty() {
            return Err(ConfigError::Empty { setting: "api_version" });
        }
        let proxy_url = page("proxy_url", "CLERK_PROXY_URL", self.proxy_url)?;
        let frontend_api_proxy = match page("frontend_api_proxy", "-", self.frontend_api_proxy)? {
            Some(PageUrl::Absolute(url)) => {
                return Err(ConfigError::NotAPage {
                    setting: "frontend_api_proxy",
                    variable: "-",
                    found: shown(url.as_str()),
                });
            }
            Some(PageUrl::Path(path)) => Some(path),
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
        let audience = list("audience", self.audience)?;
        let issuer = list("issuer", self.issuer)?;
        let clock_skew = self.clock_skew.unwrap_or(Duration::from_secs(5));
        if clock_skew > MAX_CLOCK_SKEW {
            return Err(ConfigError::ClockSkewTooLong { max: MAX_CLOCK_SKEW });
        }
        if self.retry.call_timeout.is_zero() {
            return Err(ConfigError::Empty { setting: "api_timeout" });
        }
        let public_origin = match self.public_origin {
            Some(origin) => {
                check_origin("public_origin", &origin)?;
                Some(absolute_url("public_origin", "CLERK_PUBLIC_ORIGIN", &origin)?)
            }
            None => None,
        };
        let base_path = self.base_path.as_deref().map(base_path::check).transpose()?.flatten();
        let organization_patterns = self.organization_sync.compile()?;
        let websocket_token_protocol = self.websocket_token_protocol.map(check_protocol).transpose()?;
        let cookie_names = CookieNames::new(&publishable_key);
        let fallback_origin = absolute_url("public_origin", "CLERK_PUBLIC_ORIGIN", "http://localhost")?;

        Ok(ClerkConfig::new(Settings {
            publishable_key,
            secret_key,
            machine_secret_key,
            jwt_key,
            api_url,
            api_version,
            domain,
            is_satellite: self.is_satellite,
            satellite_auto_sync: self.satellite_auto_sync,
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
            audience,
            issuer,
            clock_skew,
            organization_patterns,
            websocket_token_protocol,
            jwks_max_stale: self.jwks_max_stale.unwrap_or(Duration::from_secs(60 * 60)),
            token_cache: self.token_cache.unwrap_or_else(|| Some(TokenCache::new())),
            machine_token_ttl: self.machine_token_ttl,
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

/// A list that was set has something in it: an empty one would switch the check off, and is more likely to be a variable
/// that was forgotten.
fn list(setting: &'static str, list: Option<Vec<String>>) -> Result<Vec<String>, ConfigError> {
    match list {
        None => Ok(Vec::new()),
        Some(list) if list.is_empty() || list.iter().any(String::is_empty) => Err(ConfigError::Empty { setting }),
        Some(list) => Ok(list),
    }
}

/// A value as an error message may show it. Somebody will put a secret key where a URL belongs.
pub(super) fn shown(text: &str) -> String {
    let looks_secret = ["sk_", "ak_", "whsec_", "-----BEGIN"].iter().any(|mark| text.contains(mark));
    let has_user_info = Url::parse(text).is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
    if looks_secret || has_user_info { "(not shown: it looks like a secret)".to_owned() } else { text.to_owned() }
}

fn malformed(setting: &'static str, variable: &'static str) -> impl Fn(KeyError) -> ConfigError {
    move |problem| ConfigError::MalformedKey { setting, variable, problem }
}

fn parse<K>(
    text: &Option<String>,
    parse: impl Fn(&str) -> Result<K, KeyError>,
    setting: &'static str,
    variable: &'static str,
) -> Result<Option<K>, ConfigError> {
    text.as_deref().map(parse).transpose().map_err(malformed(setting, variable))
}

fn absolute_url(setting: &'static str, variable: &'static str, text: &str) -> Result<Url, ConfigError> {
    match PageUrl::parse(text) {
        Some(PageUrl::Absolute(url)) => Ok(url),
        _ => Err(ConfigError::NotAnAbsoluteUrl { setting, variable, found: shown(text) }),
    }
}

fn page(setting: &'static str, variable: &'static str, text: Option<String>) -> Result<Option<PageUrl>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    match PageUrl::parse(&text) {
        Some(page) => Ok(Some(page)),
        None => Err(ConfigError::NotAPage { setting, variable, found: shown(&text) }),
    }
}

fn check_domain(domain: String) -> Result<String, ConfigError> {
    let url = Url::parse(&format!("https://{domain}")).ok();
    let is_host_alone = url.is_some_and(|url| {
        url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
    });
    if is_host_alone && !domain.ends_with(['/', '?', '#']) && !domain.contains('@') {
        Ok(domain)
    } else {
        Err(ConfigError::NotADomain { found: shown(&domain) })
    }
}

/// A subprotocol is a token of RFC 9110, section 5.6.2; browsers refuse to offer anything else.
fn check_protocol(name: String) -> Result<String, ConfigError> {
    let is_token_char = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !name.is_empty() && name.bytes().all(is_token_char) {
        Ok(name)
    } else {
        Err(ConfigError::NotAProtocol { found: shown(&name) })
    }
}

/// An origin as a browser writes it (RFC 6454, section 6.2): comparing it with a claim is then
/// comparing text. Extensions (`chrome-extension://id`) have origins too.
fn check_origin(setting: &'static str, text: &str) -> Result<(), ConfigError> {
    let canonical = Url::parse(text).ok().and_then(|url| {
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{host}{port}", url.scheme()))
    });
    if canonical.as_deref() == Some(text) {
        return Ok(());
    }
    // Never suggest the user info that somebody may have left in the URL.
    Err(ConfigError::NotAnOrigin { setting, found: shown(text), meant: canonical })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
