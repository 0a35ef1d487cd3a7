//! The settings of a Clerk instance, checked at startup. Pure: they become a
//! [`ClerkConfig`](crate::ClerkConfig) in `instance.rs`.

mod base_path;
mod builder;
mod csrf;
mod env;
mod error;
mod frontend_api_proxy;
mod jwks_file;
mod key_from_host;
mod misnamed;
mod origin;
mod page_url;
mod parties;
mod path_pattern;
mod setting;
mod settings;
mod shown;
mod values;
#[cfg(feature = "webhooks")]
mod webhooks;

#[cfg(feature = "webhooks")]
pub(crate) use self::webhooks::WebhookSettings;
pub use self::{
    builder::ClerkConfigBuilder,
    csrf::CsrfProtection,
    error::ConfigError,
    frontend_api_proxy::FrontendApiProxy,
    jwks_file::JwksFileProblem,
    key_from_host::publishable_key_from_host,
    settings::{OrganizationSync, TokenCache},
};
pub(crate) use self::{
    frontend_api_proxy::FrontendApiProxySettings,
    jwks_file::FileStatus,
    page_url::PageUrl,
    settings::{API_VERSION, CookieNames, RetryPolicy, Settings},
    shown::shown,
};
