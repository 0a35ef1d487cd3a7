//! The checked settings: the result of `build()`, in types that cannot hold invalid values.

use std::{borrow::Cow, path::PathBuf, time::Duration};

use url::Url;

#[cfg(feature = "webhooks")]
use super::webhooks::WebhookSettings;
use super::{
    csrf::CsrfProtection,
    error::ConfigError,
    frontend_api_proxy::FrontendApiProxySettings,
    page_url::PageUrl,
    path_pattern::{BadPattern, PathPatterns},
    shown::shown,
};
use crate::{
    clock::Clock,
    keys::{InstanceType, MachineSecretKey, PublishableKey, SecretKey, VerificationKey},
    observe::Observers,
    revocations::Revocations,
};

/// All settings of a configuration. Made only by [`ClerkConfigBuilder::build`].
///
/// [`ClerkConfigBuilder::build`]: super::ClerkConfigBuilder::build
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) publishable_key: PublishableKey,
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) machine_secret_key: Option<MachineSecretKey>,
    /// The ID of this server's own machine: machine-to-machine tokens have to be issued to it.
    pub(crate) machine_id: Option<String>,
    pub(crate) jwt_key: Option<VerificationKey>,
    pub(crate) api_url: Url,
    pub(crate) api_version: String,
    pub(crate) domain: Option<String>,
    pub(crate) is_satellite: bool,
    pub(crate) satellite_auto_sync: bool,
    pub(crate) enable_handshake: bool,
    pub(crate) handshake_from_cookies_only: bool,
    /// The one that is set, or that of `frontend_api_proxy`.
    pub(crate) proxy_url: Option<PageUrl>,
    pub(crate) frontend_api_proxy: Option<FrontendApiProxySettings>,
    /// The Frontend API of a `LocalClerk`, whose own host is not to be reached.
    pub(crate) local_frontend_api: Option<String>,
    /// Where the proxy passes requests to.
    pub(crate) frontend_api_url: Url,
    pub(crate) sign_in_url: Option<PageUrl>,
    pub(crate) sign_up_url: Option<PageUrl>,
    pub(crate) forbidden_url: Option<PageUrl>,
    pub(crate) public_origin: Option<Url>,
    /// Starts with a slash and does not end with one.
    pub(crate) base_path: Option<String>,
    /// The origin for requests that name no host. It is fixed, so a client cannot influence it.
    pub(crate) fallback_origin: Url,
    pub(crate) cookie_names: CookieNames,
    pub(crate) authorized_parties: Vec<String>,
    pub(crate) csrf_protection: CsrfProtection,
    pub(crate) audience: Vec<String>,
    pub(crate) issuer: Vec<String>,
    pub(crate) clock_skew: Duration,
    pub(crate) organization_patterns: OrganizationPatterns,
    /// The subprotocol that a WebSocket client offers before its token.
    pub(crate) websocket_token_protocol: Option<String>,
    pub(crate) jwks_max_stale: Duration,
    /// Where the last signing keys are kept for the next start.
    pub(crate) jwks_file: Option<PathBuf>,
    pub(crate) session_token_cache: Option<TokenCache>,
    pub(crate) machine_token_cache: Option<Duration>,
    pub(crate) machine_token_max_stale: Duration,
    /// The number of calls that Clerk accepts from the instance in ten seconds.
    pub(crate) backend_api_rate_limit: u32,
    /// `true` for a configuration for tests that has no Clerk to call.
    pub(crate) is_without_clerk: bool,
    pub(crate) revocations: Option<Revocations>,
    pub(crate) observers: Observers,
    /// `false` in production.
    pub(crate) explains_rejections: bool,
    #[cfg(feature = "webhooks")]
    pub(crate) webhooks: WebhookSettings,
    pub(crate) clock: Clock,
    pub(crate) retry: RetryPolicy,
}

impl Settings {
    pub(crate) fn is_development(&self) -> bool {
        self.publishable_key.instance_type() == InstanceType::Development
    }

    /// Returns whether this is a build with test support (feature `testing`) that has the keys of a production instance
    /// of the real Clerk. Features are additive: any crate of the program can have turned it on.
    pub(crate) fn has_test_support_in_production(&self) -> bool {
        let is_local = match self.api_url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        let is_known = !self.publishable_key.as_str().is_empty();
        cfg!(feature = "testing") && is_known && !self.is_development() && !self.is_without_clerk && !is_local
    }

    /// Warns of test support in production, at startup.
    pub(crate) fn announce_test_support(&self) {
        if self.has_test_support_in_production() {
            tracing::warn!(
                "this build has clerk-actix's feature `testing` and the keys of a production instance: turn the feature on \
                 in [dev-dependencies] only"
            );
        }
    }

    /// Returns whether `authorized_parties` lists this origin. Never true for `null`: a token's `azp` may be `null`,
    /// but as an `Origin` it is sent by every sandboxed page.
    pub(crate) fn lists_origin(&self, origin: &str) -> bool {
        origin != "null" && self.authorized_parties.iter().any(|party| party == origin)
    }

    /// Returns whether pages of this origin may send unsafe requests with a visitor's cookies.
    pub(crate) fn trusts_pages_of(&self, origin: &str) -> bool {
        self.lists_origin(origin) || self.csrf_protection.trusts(origin)
    }

    /// Returns whether requests can be authenticated: some configurations only create M2M tokens.
    pub(crate) fn can_authenticate(&self) -> bool {
        self.secret_key.is_some() || self.jwt_key.is_some()
    }

    /// Returns whether the result of a handshake is accepted from the URL. In development always: Clerk cannot set
    /// cookies for `localhost`.
    pub(crate) fn takes_handshakes_from_urls(&self) -> bool {
        self.is_development() || !self.handshake_from_cookies_only
    }

    /// Returns the Frontend API that signs this application's tokens. A production satellite's is on its own domain. A
    /// proxy changes how it is reached, not which one it is.
    pub(crate) fn issuing_frontend_api(&self) -> Cow<'_, str> {
        match &self.domain {
            Some(domain) if self.is_satellite && !self.is_development() => Cow::Owned(format!("clerk.{domain}")),
            _ => Cow::Borrowed(self.publishable_key.frontend_api()),
        }
    }

    /// Returns the OAuth authorization server by its issuer identifier: the URL of the Frontend API. `None` without a
    /// publishable key.
    pub(crate) fn authorization_server(&self) -> Option<String> {
        if let Some(local) = &self.local_frontend_api {
            return Some(local.clone());
        }
        let host = self.issuing_frontend_api();
        (!host.is_empty()).then(|| format!("https://{host}"))
    }
}

/// The names of Clerk's cookies with this instance's suffix, so that applications on one domain do not overwrite each
/// other's cookies.
#[derive(Debug)]
pub(crate) struct CookieNames {
    pub(crate) session: String,
    pub(crate) client_uat: String,
    pub(crate) dev_browser: String,
    pub(crate) refresh: String,
}

impl CookieNames {
    pub(crate) fn new(publishable_key: &PublishableKey) -> Self {
        let suffix = publishable_key.cookie_suffix();
        Self {
            session: format!("__session_{suffix}"),
            client_uat: format!("__client_uat_{suffix}"),
            dev_browser: format!("__clerk_db_jwt_{suffix}"),
            refresh: format!("__refresh_{suffix}"),
        }
    }
}

/// The compiled patterns of organization sync.
#[derive(Debug, Default)]
pub(crate) struct OrganizationPatterns {
    pub(crate) organization: PathPatterns,
    pub(crate) personal_account: PathPatterns,
}

/// The version of the Backend API that this crate uses: sent with every call, and in the handshake.
pub(crate) const API_VERSION: &str = "2026-05-12";

/// How often, and for how long, a failed call to Clerk is retried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) attempts: u32,
    pub(crate) first_pause: Duration,
    pub(crate) call_timeout: Duration,
    /// The limit for all attempts and the pauses between them.
    pub(crate) total_timeout: Duration,
}

impl RetryPolicy {
    /// How long to wait for a call with all its attempts, which ends by itself a moment earlier.
    pub(crate) fn patience_for_attempts(&self) -> Duration {
        self.total_timeout.saturating_add(Duration::from_secs(1))
    }

    /// How long to wait for a call that is attempted once, and waits for a slot before that.
    pub(crate) fn patience_for_a_turn(&self) -> Duration {
        self.total_timeout.saturating_add(self.call_timeout)
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(100),
            call_timeout: Duration::from_secs(4),
            total_timeout: Duration::from_secs(8),
        }
    }
}

/// The limits of the cache of verified session tokens.
///
/// ```
/// use clerk_actix::TokenCache;
///
/// let cache = TokenCache::new().max_entries(50_000).max_bytes(64 << 20);
/// # let _ = cache;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenCache {
    pub(crate) max_entries: u64,
    pub(crate) max_bytes: u64,
}

impl TokenCache {
    /// Returns the default limits: 10,000 tokens or 32 MiB, whichever is reached first. A typical token takes about 2
    /// KiB and is counted as 2.6 KiB. A limit of zero turns the cache off.
    ///
    /// If more users are active at the same time than fit, all of them are still served, but the tokens that do not fit
    /// are verified on each request.
    pub fn new() -> Self {
        Self { max_entries: 10_000, max_bytes: 32 << 20 }
    }

    /// Sets the maximum number of cached tokens.
    pub fn max_entries(mut self, entries: u64) -> Self {
        self.max_entries = entries;
        self
    }

    /// Sets the maximum memory for cached tokens, in bytes.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::new()
    }
}

/// Path patterns that determine which organization should be active on a page.
///
/// A pattern is a path with named parts: `/orgs/:slug`, `/orgs/:id/(.*)`, `{/:locale}?/orgs/:slug`. The syntax is that
/// of path-to-regexp version 6, as in Clerk's JavaScript SDKs. A pattern that JavaScript and Rust would read
/// differently is an error.
///
/// ```
/// use clerk_actix::OrganizationSync;
///
/// let sync = OrganizationSync::new()
///     .organization_pattern("/orgs/:slug")
///     .organization_pattern("/orgs/:slug/(.*)")
///     .personal_account_pattern("/me");
/// # let _ = sync;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[doc(alias = "organizationSyncOptions")]
pub struct OrganizationSync {
    pub(crate) organization: Vec<String>,
    pub(crate) personal_account: Vec<String>,
}

impl OrganizationSync {
    /// Returns an empty set of patterns: any organization may be active on any path.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern for paths that belong to one organization, named by `:slug` or `:id`.
    #[doc(alias = "organizationPatterns")]
    pub fn organization_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.organization.push(pattern.into());
        self
    }

    /// Adds a pattern for paths that belong to the user's personal account.
    #[doc(alias = "personalAccountPatterns")]
    pub fn personal_account_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.personal_account.push(pattern.into());
        self
    }

    pub(super) fn compile(&self) -> Result<OrganizationPatterns, ConfigError> {
        let refuse =
            |bad: BadPattern| ConfigError::BadPattern { found: shown(&bad.pattern), problem: bad.flaw.to_string() };
        Ok(OrganizationPatterns {
            organization: PathPatterns::parse(&self.organization).map_err(refuse)?,
            personal_account: PathPatterns::parse(&self.personal_account).map_err(refuse)?,
        })
    }
}
