//! The variable of one setting.

use std::env::VarError;

use crate::{
    config::{error::ConfigError, setting::Setting},
    keys::tidy,
};

/// Returns the value of the setting's variable, or `None` if it is not set or empty.
pub(super) fn variable(
    setting: Setting,
    read: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<String>, ConfigError> {
    let Some(variable) = setting.variable else { return Ok(None) };
    match read(variable).as_deref().map(tidy) {
        Ok("") => Ok(None),
        Ok(value) => Ok(Some(value.to_owned())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => Err(ConfigError::NotUnicode { variable }),
    }
}

/// Returns the secrets of webhooks in the environment, if there are any.
#[cfg(feature = "webhooks")]
pub(in crate::config) fn webhook_signing_secrets(
    read: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Option<Vec<String>>, ConfigError> {
    use crate::config::setting::WEBHOOK_SIGNING_SECRET;
    let is_separator = |c: char| c == ',' || c.is_whitespace();
    let secrets = variable(WEBHOOK_SIGNING_SECRET, read)?;
    Ok(secrets.map(|all| all.split(is_separator).filter(|secret| !secret.is_empty()).map(Into::into).collect()))
}
