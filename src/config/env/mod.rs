//! The settings that are read from environment variables.

mod variable;

use std::env::VarError;

use self::variable::variable;
#[cfg(feature = "webhooks")]
pub(super) use self::variable::webhook_signing_secrets;
use super::{
    builder::ClerkConfigBuilder,
    error::ConfigError,
    misnamed::Misnamed,
    setting::{self, Setting},
    shown::shown,
};
use crate::keys::tidy;

impl ClerkConfigBuilder {
    /// Reads settings from the environment. The other settings can be added to the returned builder.
    ///
    /// | Variable | Setting |
    /// |---|---|
    /// | `CLERK_PUBLISHABLE_KEY` | [`publishable_key`](Self::publishable_key) |
    /// | `CLERK_SECRET_KEY` | [`secret_key`](Self::secret_key) |
    /// | `CLERK_JWT_KEY` | [`jwt_key`](Self::jwt_key) |
    /// | `CLERK_MACHINE_SECRET_KEY` | [`machine_secret_key`](Self::machine_secret_key) |
    /// | `CLERK_MACHINE_ID` | [`machine_id`](Self::machine_id) |
    /// | `CLERK_API_URL`, `CLERK_API_VERSION` | [`api_url`](Self::api_url), [`api_version`](Self::api_version) |
    /// | `CLERK_DOMAIN`, `CLERK_IS_SATELLITE` | [`domain`](Self::domain), [`is_satellite`](Self::is_satellite) |
    /// | `CLERK_PROXY_URL`, `CLERK_FAPI_URL` | [`proxy_url`](Self::proxy_url), [`frontend_api_url`](Self::frontend_api_url) |
    /// | `CLERK_SIGN_IN_URL`, `CLERK_SIGN_UP_URL` | [`sign_in_url`](Self::sign_in_url), [`sign_up_url`](Self::sign_up_url) |
    /// | `CLERK_PUBLIC_ORIGIN`, `CLERK_BASE_PATH` | [`public_origin`](Self::public_origin), [`base_path`](Self::base_path) |
    /// | `CLERK_JWKS_FILE` | [`jwks_file`](Self::jwks_file) |
    /// | `CLERK_AUTHORIZED_PARTIES` | [`authorized_parties`](Self::authorized_parties), comma-separated |
    /// | `CLERK_WEBHOOK_SIGNING_SECRET` | `webhook_signing_secrets` (feature `webhooks`), separated by commas or spaces |
    ///
    /// A variable that is empty, or an empty pair of quotes, counts as not set. Names for frontends, such as
    /// `NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY`, are not read.
    ///
    /// Connections to an `https` API use the proxy in `HTTPS_PROXY`, or else in `ALL_PROXY` (`http://HOST:PORT`, with
    /// `USER:PASSWORD@` if the proxy needs them), unless `NO_PROXY` lists the host. The lower-case names of these
    /// variables take precedence.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotABoolean`] and [`ConfigError::NotUnicode`]. Everything else is checked by
    /// [`build`](Self::build).
    ///
    /// ```no_run
    /// use clerk_actix::ClerkConfigBuilder;
    ///
    /// let config = ClerkConfigBuilder::from_env()?.forbidden_url("/forbidden").build()?;
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name))
    }

    pub(super) fn from_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Result<Self, ConfigError> {
        let get = |setting: Setting| variable(setting, &read);
        let parties = get(setting::AUTHORIZED_PARTIES)?;
        let parties = parties.map(|all| all.split(',').map(tidy).filter(|p| !p.is_empty()).map(Into::into).collect());
        Ok(Self {
            misnamed: Misnamed::among(&read),
            publishable_key: get(setting::PUBLISHABLE_KEY)?,
            secret_key: get(setting::SECRET_KEY)?,
            machine_secret_key: get(setting::MACHINE_SECRET_KEY)?,
            machine_id: get(setting::MACHINE_ID)?,
            jwt_key: get(setting::JWT_KEY)?,
            api_url: get(setting::API_URL)?,
            api_version: get(setting::API_VERSION)?,
            domain: get(setting::DOMAIN)?,
            is_satellite: boolean(setting::IS_SATELLITE, get(setting::IS_SATELLITE)?)?,
            proxy_url: get(setting::PROXY_URL)?,
            frontend_api_url: get(setting::FRONTEND_API_URL)?,
            sign_in_url: get(setting::SIGN_IN_URL)?,
            sign_up_url: get(setting::SIGN_UP_URL)?,
            public_origin: get(setting::PUBLIC_ORIGIN)?,
            base_path: get(setting::BASE_PATH)?,
            jwks_file: get(setting::JWKS_FILE)?.map(Into::into),
            authorized_parties: parties,
            #[cfg(feature = "webhooks")]
            webhook_signing_secrets: webhook_signing_secrets(&read)?,
            ..Self::default()
        })
    }
}

fn boolean(setting: Setting, value: Option<String>) -> Result<bool, ConfigError> {
    match value.map(|value| (value.trim().to_ascii_lowercase(), value)) {
        None => Ok(false),
        Some((lower, value)) => match lower.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(ConfigError::NotABoolean {
                variable: setting.variable.unwrap_or(setting.name),
                found: shown(&value),
            }),
        },
    }
}

#[cfg(test)]
mod tests;
