//! The checked settings themselves: what `build()` has proved, as types that cannot be wrong.

use std::time::Duration;

use url::Url;

use crate::{
    clock::Clock,
    keys::{MachineSecretKey, PublishableKey, SecretKey, VerificationKey},
};

/// Everything that a configuration says. Only [`ClerkConfigBuilder::build`] makes one.
///
/// [`ClerkConfigBuilder::build`]: super::ClerkConfigBuilder::build
// Some fields are read only by features that are still to come; they are checked all the same, so
// that a configuration that is accepted now will not be refused later.
#[derive(Debug)]
#[allow(dead_code, reason = "settings of features that this version does not have yet")]
pub(crate) struct Settings {
    pub(crate) publishable_key: PublishableKey,
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) machine_secret_key: Option<MachineSecretKey>,
    pub(crate) jwt_key: Option<VerificationKey>,
    pub(crate) api_url: Url,
    pub(crate) api_version: String,
    pub(crate) domain: Option<String>,
    pub(crate) is_satellite: bool,
    pub(crate) satellite_auto_sync: bool,
    pub(crate) proxy_url: Option<PageUrl>,
    pub(crate) frontend_api_proxy: Option<String>,
    pub(crate) sign_in_url: Option<PageUrl>,
    pub(crate) sign_up_url: Option<PageUrl>,
    pub(crate) public_origin: Option<Url>,
    pub(crate) authorized_parties: Vec<String>,
    pub(crate) audience: Vec<String>,
    pub(crate) issuer: Vec<String>,
    pub(crate) clock_skew: Duration,
    pub(crate) organization_sync: OrganizationSync,
    pub(crate) jwks_max_stale: Duration,
    pub(crate) token_cache: Option<TokenCache>,
    pub(crate) machine_token_ttl: Option<Duration>,
    pub(crate) clock: Clock,
    pub(crate) retry: RetryPolicy,
}

/// A page of the application or of another site: `/sign-in`, or `https://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageUrl {
    /// With its scheme, `http` or `https`.
    Absolute(Url),
    /// A path from the root, on the origin of the request at hand.
    Path(String),
}

impl PageUrl {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // `//host` and `/\host` are other sites to a browser, not paths.
        if text.starts_with('/') {
            return (!text.starts_with("//") && !text.starts_with("/\\")).then(|| Self::Path(text.to_owned()));
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some(Self::Absolute(url))
    }

    /// The page as an absolute URL, on the origin of `base` where it is a path.
    pub(crate) fn resolve(&self, base: &Url) -> Option<Url> {
        match self {
            Self::Absolute(url) => Some(url.clone()),
            Self::Path(path) => base.join(path).ok(),
        }
    }
}

/// How often, and how long, a failed call to Clerk is tried again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    pub(crate) attempts: u32,
    pub(crate) first_pause: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) call_timeout: Duration,
    /// For all attempts and the pauses between them together.
    pub(crate) total_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(100),
            connect_timeout: Duration::from_secs(2),
            call_timeout: Duration::from_secs(4),
            total_timeout: Duration::from_secs(8),
        }
    }
}

/// The bounds of the cache of verified session tokens.
///
/// ```
/// use clerk_actix::TokenCache;
///
/// let cache = TokenCache::new().max_entries(50_000).max_bytes(64 << 20);
/// # let _ = cache;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "read by the cache, which this version does not have yet")]
pub struct TokenCache {
    pub(crate) max_entries: u64,
    pub(crate) max_bytes: u64,
}

impl TokenCache {
    /// 10,000 tokens and 32 MiB, whichever is reached first.
    pub fn new() -> Self {
        Self { max_entries: 10_000, max_bytes: 32 << 20 }
    }

    /// How many tokens are remembered at the most.
    pub fn max_entries(mut self, entries: u64) -> Self {
        self.max_entries = entries;
        self
    }

    /// How much memory the remembered tokens may take, in bytes.
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

/// Paths that say which organization should be active when they are visited.
///
/// A pattern is a path with named parts: `/orgs/:slug`, `/orgs/:id/(.*)`.
///
/// ```
/// use clerk_actix::OrganizationSync;
///
/// let sync = OrganizationSync::new()
///     .organization("/orgs/:slug")
///     .organization("/orgs/:slug/(.*)")
///     .personal_account("/me");
/// # let _ = sync;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrganizationSync {
    pub(crate) organization: Vec<String>,
    pub(crate) personal_account: Vec<String>,
}

impl OrganizationSync {
    /// No patterns: any organization may be active anywhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pattern of paths that belong to one organization, named by `:slug` or `:id`.
    pub fn organization(mut self, pattern: impl Into<String>) -> Self {
        self.organization.push(pattern.into());
        self
    }

    /// Adds a pattern of paths that belong to the user's personal account.
    pub fn personal_account(mut self, pattern: impl Into<String>) -> Self {
        self.personal_account.push(pattern.into());
        self
    }

    /// The first pattern that is not a path.
    pub(crate) fn first_bad_pattern(&self) -> Option<&str> {
        let mut all = self.organization.iter().chain(&self.personal_account);
        all.find(|pattern| !pattern.starts_with('/')).map(String::as_str)
    }
}
