//! The configuration of one Clerk instance, checked at startup.
//!
//! [`ClerkConfig`] is the handle that users pass around: the checked [`Settings`] and their caches. `token/` and
//! `request/` see only the settings.

mod base_path;
mod builder;
mod checks;
mod csrf;
mod env;
mod error;
mod key_from_host;
mod parties;
mod settings;

use std::{fmt, sync::Arc};

pub(crate) use self::settings::{API_VERSION, CookieNames, PageUrl, RetryPolicy, Settings};
pub use self::{
    builder::ClerkConfigBuilder,
    csrf::CsrfProtection,
    error::ConfigError,
    key_from_host::publishable_key_from_host,
    settings::{OrganizationSync, TokenCache},
};
use crate::{
    backend::{MachineTokens, Nonces, Quota, Refreshes, SigningKeys, VerifiedTokens, announce_proxy},
    keys::InstanceType,
};

/// The checked configuration of one Clerk instance, and its caches.
///
/// A clone is cheap and shares the caches. Two configurations never share anything, even if they were built from the
/// same settings: build one per Clerk instance, once, and clone it.
///
/// ```
/// use clerk_actix::ClerkConfig;
///
/// let config = ClerkConfig::builder()
///     .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
///     .secret_key("sk_test_000000000000")
///     .authorized_parties(["https://app.example.com"])
///     .build()?;
/// assert_eq!(config.frontend_api(), "happy-cat-1.clerk.accounts.dev");
/// # Ok::<(), clerk_actix::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ClerkConfig(Arc<Handle>);

/// The data that the clones of one worker share.
struct Handle(Arc<Instance>);

struct Instance {
    settings: Settings,
    signing_keys: SigningKeys,
    quota: Quota,
    machine_tokens: MachineTokens,
    nonces: Nonces,
    refreshes: Refreshes,
    verified_tokens: Option<VerifiedTokens>,
}

impl ClerkConfig {
    /// Returns an empty builder. At least `publishable_key`, and `secret_key` or `jwt_key`, have to be set.
    pub fn builder() -> ClerkConfigBuilder {
        ClerkConfigBuilder::default()
    }

    /// Returns the configuration from environment variables; see [`ClerkConfigBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing or wrong, and what to do about it.
    pub fn from_env() -> Result<Self, ConfigError> {
        ClerkConfigBuilder::from_env()?.build()
    }

    fn new(settings: Settings) -> Self {
        announce_proxy(&settings.api_url);
        let signing_keys = SigningKeys::new(&settings);
        let verified_tokens = settings.token_cache.and_then(VerifiedTokens::new);
        let instance = Instance {
            signing_keys,
            quota: Quota::new(settings.backend_api_rate_limit),
            machine_tokens: MachineTokens::new(),
            nonces: Nonces::new(),
            refreshes: Refreshes::new(),
            verified_tokens,
            settings,
        };
        Self(Arc::new(Handle(Arc::new(instance))))
    }

    /// Returns the same configuration with a reference count of its own, for one worker. A request clones its
    /// configuration more than once, and workers that write to one counter wait for each other.
    pub(crate) fn of_this_worker(&self) -> Self {
        Self(Arc::new(Handle(Arc::clone(&self.0.0))))
    }

    fn instance(&self) -> &Instance {
        &self.0.0
    }

    /// Returns the publishable key, which pages need to load Clerk's JavaScript. It is not a secret. Empty if only a
    /// [`machine_secret_key`](ClerkConfigBuilder::machine_secret_key) is set.
    pub fn publishable_key(&self) -> &str {
        self.instance().settings.publishable_key.as_str()
    }

    /// Returns the host of the instance's Frontend API, which the publishable key contains. Empty without a publishable
    /// key.
    pub fn frontend_api(&self) -> &str {
        self.instance().settings.publishable_key.frontend_api()
    }

    /// Returns whether this is a development or a production instance.
    pub fn instance_type(&self) -> InstanceType {
        self.instance().settings.publishable_key.instance_type()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.instance().settings
    }

    pub(crate) fn signing_keys(&self) -> &SigningKeys {
        &self.instance().signing_keys
    }

    pub(crate) fn machine_tokens(&self) -> &MachineTokens {
        &self.instance().machine_tokens
    }

    pub(crate) fn quota(&self) -> &Quota {
        &self.instance().quota
    }

    pub(crate) fn nonces(&self) -> &Nonces {
        &self.instance().nonces
    }

    pub(crate) fn refreshes(&self) -> &Refreshes {
        &self.instance().refreshes
    }

    /// `None` if the cache is turned off.
    pub(crate) fn verified_tokens(&self) -> Option<&VerifiedTokens> {
        self.instance().verified_tokens.as_ref()
    }

    /// Returns whether `other` is this very configuration: the same settings and the same caches.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.0, &other.0.0)
    }
}

impl fmt::Debug for ClerkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClerkConfig").field(&self.instance().settings).finish()
    }
}
