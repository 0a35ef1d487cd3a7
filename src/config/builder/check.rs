//! The check of all settings, in the order in which their errors are reported.

use std::{path::Path, time::Duration};

use url::Url;

use super::ClerkConfigBuilder;
#[cfg(feature = "webhooks")]
use crate::config::webhooks::WebhookSettings;
use crate::{
    config::{
        base_path,
        error::ConfigError,
        frontend_api_proxy::{self, FrontendApiProxySettings},
        origin,
        page_url::PageUrl,
        parties,
        setting::{self, Setting},
        settings::{CookieNames, Settings, TokenCache},
        values,
    },
    keys::{InstanceType, MachineSecretKey, PublishableKey, SecretKey, VerificationKey},
};

/// A longer clock skew would make expiry meaningless.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(60 * 60);

/// No request waits longer for Clerk.
const MAX_API_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// A lower limit would not leave room for even one sign-in per second.
const MIN_RATE_LIMIT: u32 = 10;

impl ClerkConfigBuilder {
    /// Checks all settings.
    pub(crate) fn check(self) -> Result<Settings, ConfigError> {
        let keys = Keys::check(&self)?;
        let instance_type = keys.publishable_key.instance_type();
        let (api_url, api_version) = self.check_api()?;
        let base_path = self.base_path.as_deref().map(base_path::parse).transpose()?.flatten();
        let frontend_api_proxy = self.frontend_api_proxy.clone().map(FrontendApiProxySettings::check).transpose()?;
        let pages = Pages::check(&self, frontend_api_proxy.as_ref(), base_path.as_deref())?;
        let domain = self.domain.as_deref().map(values::domain).transpose()?;
        if self.is_satellite {
            check_satellite(instance_type, domain.as_deref(), &pages)?;
        }
        let tokens = AcceptedTokens::check(&self)?;
        self.check_api_timeout()?;
        check_jwks_file(self.jwks_file.as_deref(), &keys)?;
        let backend_api_rate_limit = self.check_rate_limit(instance_type)?;
        let public_origin = self.public_origin.as_deref().map(public_origin).transpose()?;
        if instance_type == InstanceType::Production && !self.dangerous_proxy_url_of_any_host {
            check_proxy_host(&pages, public_origin.as_ref())?;
        }
        let frontend_api_url = self.frontend_api_url.as_deref().or(self.local_frontend_api.as_deref());
        let frontend_api_url = frontend_api_proxy::upstream(frontend_api_url, &keys.publishable_key)?;
        if frontend_api_proxy.is_some() {
            frontend_api_proxy::check_is_no_circle(&frontend_api_url, public_origin.as_ref())?;
        }
        Ok(Settings {
            cookie_names: CookieNames::new(&keys.publishable_key),
            publishable_key: keys.publishable_key,
            secret_key: keys.secret_key,
            machine_secret_key: keys.machine_secret_key,
            machine_id: keys.machine_id,
            jwt_key: keys.jwt_key,
            api_url,
            api_version,
            domain,
            is_satellite: self.is_satellite,
            satellite_auto_sync: self.satellite_auto_sync,
            enable_handshake: self.enable_handshake.unwrap_or(true),
            handshake_from_cookies_only: self.handshake_from_cookies_only,
            proxy_url: pages.proxy_url,
            frontend_api_proxy,
            local_frontend_api: self.local_frontend_api,
            frontend_api_url,
            sign_in_url: pages.sign_in_url,
            sign_up_url: pages.sign_up_url,
            forbidden_url: pages.forbidden_url,
            public_origin,
            base_path,
            fallback_origin: values::absolute_url(setting::PUBLIC_ORIGIN, "http://localhost")?,
            authorized_parties: tokens.authorized_parties,
            csrf_protection: self.csrf_protection,
            audience: tokens.audience,
            issuer: tokens.issuer,
            clock_skew: tokens.clock_skew,
            organization_patterns: self.organization_sync.compile()?,
            websocket_token_protocol: self.websocket_token_protocol.map(values::subprotocol).transpose()?,
            jwks_file: self.jwks_file,
            jwks_max_stale: self.jwks_max_stale.unwrap_or(Duration::from_secs(60 * 60)),
            session_token_cache: self.session_token_cache.unwrap_or_else(|| Some(TokenCache::new())),
            machine_token_cache: self.machine_token_cache,
            machine_token_max_stale: self.machine_token_max_stale.unwrap_or(Duration::from_secs(5 * 60)),
            backend_api_rate_limit,
            is_without_clerk: self.is_without_clerk,
            revocations: self.revocations.inspect(|revocations| revocations.attach(&self.clock, &self.observers)),
            observers: self.observers,
            explains_rejections: instance_type == InstanceType::Development
                && self.explain_in_development.unwrap_or(true),
            #[cfg(feature = "webhooks")]
            webhooks: WebhookSettings::check(self.webhook_signing_secrets, self.webhook_body_limit)?,
            clock: self.clock,
            retry: self.retry,
        })
    }

    fn check_api(&self) -> Result<(Url, String), ConfigError> {
        let url = values::absolute_url(setting::API_URL, self.api_url.as_deref().unwrap_or("https://api.clerk.com"))?;
        values::check_is_address_alone(setting::API_URL, &url)?;
        let version = self.api_version.as_deref().unwrap_or("v1");
        values::check_api_version(version, &url)?;
        Ok((url, version.to_owned()))
    }

    fn check_api_timeout(&self) -> Result<(), ConfigError> {
        match self.retry.call_timeout {
            Duration::ZERO => Err(ConfigError::Empty { setting: setting::API_TIMEOUT.name }),
            timeout if timeout > MAX_API_TIMEOUT => Err(ConfigError::ApiTimeoutTooLong { max: MAX_API_TIMEOUT }),
            _ => Ok(()),
        }
    }

    fn check_rate_limit(&self, instance_type: InstanceType) -> Result<u32, ConfigError> {
        let documented = match instance_type {
            InstanceType::Production => 1000,
            InstanceType::Development => 100,
        };
        match self.backend_api_rate_limit.unwrap_or(documented) {
            limit if limit < MIN_RATE_LIMIT => Err(ConfigError::RateLimitTooLow { min: MIN_RATE_LIMIT }),
            limit => Ok(limit),
        }
    }
}

struct Keys {
    publishable_key: PublishableKey,
    secret_key: Option<SecretKey>,
    machine_secret_key: Option<MachineSecretKey>,
    machine_id: Option<String>,
    jwt_key: Option<VerificationKey>,
}

impl Keys {
    fn check(builder: &ClerkConfigBuilder) -> Result<Self, ConfigError> {
        use setting::{JWT_KEY, MACHINE_SECRET_KEY, PUBLISHABLE_KEY, SECRET_KEY};
        let publishable_key = values::key(PUBLISHABLE_KEY, builder.publishable_key.as_deref(), PublishableKey::parse)?;
        let secret_key = values::key(SECRET_KEY, builder.secret_key.as_deref(), SecretKey::parse)?;
        let machine_secret_key =
            values::key(MACHINE_SECRET_KEY, builder.machine_secret_key.as_deref(), MachineSecretKey::parse)?;
        let machine_id = builder.machine_id.clone().map(values::machine_id).transpose()?;
        let jwt_key = values::key(JWT_KEY, builder.jwt_key.as_deref(), VerificationKey::from_pem)?;

        let only_creates_tokens = machine_secret_key.is_some() && secret_key.is_none() && jwt_key.is_none();
        let publishable_key = match publishable_key {
            Some(key) => key,
            None if only_creates_tokens => PublishableKey::of_no_instance(),
            None => return Err(builder.misnamed.publishable_key()),
        };
        match &secret_key {
            None if jwt_key.is_none() && !only_creates_tokens => return Err(builder.misnamed.secret_key()),
            None => check_needs_no_secret_key(builder)?,
            Some(secret_key) => check_is_of_one_instance(&publishable_key, secret_key)?,
        }
        Ok(Self { publishable_key, secret_key, machine_secret_key, machine_id, jwt_key })
    }
}

fn check_needs_no_secret_key(builder: &ClerkConfigBuilder) -> Result<(), ConfigError> {
    let needed_for = |setting: Setting| Err(ConfigError::SecretKeyNeededFor { setting: setting.name });
    if builder.is_satellite {
        return needed_for(setting::IS_SATELLITE);
    }
    if builder.frontend_api_proxy.is_some() {
        return needed_for(setting::FRONTEND_API_PROXY);
    }
    Ok(())
}

fn check_is_of_one_instance(publishable_key: &PublishableKey, secret_key: &SecretKey) -> Result<(), ConfigError> {
    let (publishable, secret) = (publishable_key.instance_type(), secret_key.instance_type());
    if publishable == secret { Ok(()) } else { Err(ConfigError::KeysOfDifferentInstances { publishable, secret }) }
}

/// Rejects a file that would never be read or written: only keys from the JWKS are kept.
fn check_jwks_file(path: Option<&Path>, keys: &Keys) -> Result<(), ConfigError> {
    match path {
        None => Ok(()),
        Some(_) if keys.jwt_key.is_some() => Err(ConfigError::JwksFileBesideJwtKey),
        Some(_) if keys.secret_key.is_none() => {
            Err(ConfigError::SecretKeyNeededFor { setting: setting::JWKS_FILE.name })
        }
        Some(path) if path.as_os_str().is_empty() => Err(ConfigError::Empty { setting: setting::JWKS_FILE.name }),
        Some(_) => Ok(()),
    }
}

struct Pages {
    proxy_url: Option<PageUrl>,
    sign_in_url: Option<PageUrl>,
    sign_up_url: Option<PageUrl>,
    forbidden_url: Option<PageUrl>,
}

impl Pages {
    /// The proxy of this application is the proxy URL, unless another one is set.
    fn check(
        builder: &ClerkConfigBuilder,
        proxy: Option<&FrontendApiProxySettings>,
        base_path: Option<&str>,
    ) -> Result<Self, ConfigError> {
        use setting::{FORBIDDEN_URL, PROXY_URL, SIGN_IN_URL, SIGN_UP_URL};
        let set = values::page(PROXY_URL, builder.proxy_url.as_deref())?;
        if let Some(page) = &set {
            values::check_is_path_alone(PROXY_URL, page)?;
        }
        let own = proxy.map(|proxy| PageUrl::Path(frontend_api_proxy::path_in_browser(proxy, base_path)));
        let local = || values::page(PROXY_URL, builder.local_frontend_api.as_deref());
        let proxy_url = match set.or(own) {
            Some(page) => Some(page),
            None => local()?,
        };
        Ok(Self {
            proxy_url,
            sign_in_url: values::page(SIGN_IN_URL, builder.sign_in_url.as_deref())?,
            sign_up_url: values::page(SIGN_UP_URL, builder.sign_up_url.as_deref())?,
            forbidden_url: values::page(FORBIDDEN_URL, builder.forbidden_url.as_deref())?,
        })
    }
}

fn check_satellite(instance_type: InstanceType, domain: Option<&str>, pages: &Pages) -> Result<(), ConfigError> {
    if domain.is_none() && pages.proxy_url.is_none() {
        return Err(ConfigError::SatelliteWithoutDomain);
    }
    let is_development = instance_type == InstanceType::Development;
    if is_development && !matches!(pages.sign_in_url, Some(PageUrl::Absolute(_))) {
        return Err(ConfigError::SatelliteWithoutSignInUrl);
    }
    Ok(())
}

/// The settings that decide which tokens are accepted, and from which pages.
struct AcceptedTokens {
    authorized_parties: Vec<String>,
    audience: Vec<String>,
    issuer: Vec<String>,
    clock_skew: Duration,
}

impl AcceptedTokens {
    fn check(builder: &ClerkConfigBuilder) -> Result<Self, ConfigError> {
        let authorized_parties = values::list(setting::AUTHORIZED_PARTIES, builder.authorized_parties.clone())?;
        let authorized_parties = parties::parse(authorized_parties)?;
        builder.csrf_protection.check()?;
        let audience = values::list(setting::AUDIENCE, builder.audience.clone())?;
        let issuer = values::list(setting::ISSUER, builder.issuer.clone())?;
        let clock_skew = builder.clock_skew.unwrap_or(Duration::from_secs(5));
        if clock_skew > MAX_CLOCK_SKEW {
            return Err(ConfigError::ClockSkewTooLong { max: MAX_CLOCK_SKEW });
        }
        Ok(Self { authorized_parties, audience, issuer, clock_skew })
    }
}

fn public_origin(text: &str) -> Result<Url, ConfigError> {
    origin::check(setting::PUBLIC_ORIGIN, text)?;
    values::absolute_url(setting::PUBLIC_ORIGIN, text)
}

/// Rejects a proxy on whatever host a request names.
fn check_proxy_host(pages: &Pages, public_origin: Option<&Url>) -> Result<(), ConfigError> {
    match (&pages.proxy_url, public_origin) {
        (Some(PageUrl::Path(_)), None) => Err(ConfigError::ProxyOfAnyHost),
        _ => Ok(()),
    }
}
