//! The names of settings: of the builder's method, and of the environment variable.

use std::fmt;

/// The names of one setting. As text: `api_url (CLERK_API_URL)`, or `forbidden_url` if it has no variable.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// `None` if no variable is read for it.
    pub(super) variable: Option<&'static str>,
}

pub(super) const PUBLISHABLE_KEY: Setting = Setting::new("publishable_key", "CLERK_PUBLISHABLE_KEY");
pub(super) const SECRET_KEY: Setting = Setting::new("secret_key", "CLERK_SECRET_KEY");
pub(super) const MACHINE_SECRET_KEY: Setting = Setting::new("machine_secret_key", "CLERK_MACHINE_SECRET_KEY");
pub(super) const MACHINE_ID: Setting = Setting::new("machine_id", "CLERK_MACHINE_ID");
pub(super) const JWT_KEY: Setting = Setting::new("jwt_key", "CLERK_JWT_KEY");
pub(super) const API_URL: Setting = Setting::new("api_url", "CLERK_API_URL");
pub(super) const API_VERSION: Setting = Setting::new("api_version", "CLERK_API_VERSION");
pub(super) const DOMAIN: Setting = Setting::new("domain", "CLERK_DOMAIN");
pub(super) const IS_SATELLITE: Setting = Setting::new("is_satellite", "CLERK_IS_SATELLITE");
pub(super) const PROXY_URL: Setting = Setting::new("proxy_url", "CLERK_PROXY_URL");
pub(super) const FRONTEND_API_URL: Setting = Setting::new("frontend_api_url", "CLERK_FAPI_URL");
pub(super) const SIGN_IN_URL: Setting = Setting::new("sign_in_url", "CLERK_SIGN_IN_URL");
pub(super) const SIGN_UP_URL: Setting = Setting::new("sign_up_url", "CLERK_SIGN_UP_URL");
pub(super) const PUBLIC_ORIGIN: Setting = Setting::new("public_origin", "CLERK_PUBLIC_ORIGIN");
pub(super) const BASE_PATH: Setting = Setting::new("base_path", "CLERK_BASE_PATH");
pub(super) const JWKS_FILE: Setting = Setting::new("jwks_file", "CLERK_JWKS_FILE");
pub(super) const AUTHORIZED_PARTIES: Setting = Setting::new("authorized_parties", "CLERK_AUTHORIZED_PARTIES");
pub(super) const WEBHOOK_SIGNING_SECRET: Setting =
    Setting::new("webhook_signing_secret", "CLERK_WEBHOOK_SIGNING_SECRET");

pub(super) const API_TIMEOUT: Setting = Setting::without_variable("api_timeout");
pub(super) const AUDIENCE: Setting = Setting::without_variable("audience");
pub(super) const CSRF_PROTECTION: Setting = Setting::without_variable("csrf_protection");
pub(super) const FORBIDDEN_URL: Setting = Setting::without_variable("forbidden_url");
pub(super) const FRONTEND_API_PROXY: Setting = Setting::without_variable("frontend_api_proxy");
pub(super) const ISSUER: Setting = Setting::without_variable("issuer");

/// All settings with a variable.
const WITH_VARIABLES: [Setting; 18] = [
    PUBLISHABLE_KEY,
    SECRET_KEY,
    MACHINE_SECRET_KEY,
    MACHINE_ID,
    JWT_KEY,
    API_URL,
    API_VERSION,
    DOMAIN,
    IS_SATELLITE,
    PROXY_URL,
    FRONTEND_API_URL,
    SIGN_IN_URL,
    SIGN_UP_URL,
    PUBLIC_ORIGIN,
    BASE_PATH,
    JWKS_FILE,
    AUTHORIZED_PARTIES,
    WEBHOOK_SIGNING_SECRET,
];

impl Setting {
    /// Returns the setting of this name in the builder, with its variable if it has one.
    pub(super) fn named(name: &'static str) -> Self {
        let known = WITH_VARIABLES.into_iter().find(|setting| setting.name == name);
        known.unwrap_or(Self::without_variable(name))
    }

    const fn new(name: &'static str, variable: &'static str) -> Self {
        Self { name, variable: Some(variable) }
    }

    const fn without_variable(name: &'static str) -> Self {
        Self { name, variable: None }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.variable {
            Some(variable) => write!(f, "{} ({variable})", self.name),
            None => f.write_str(self.name),
        }
    }
}
