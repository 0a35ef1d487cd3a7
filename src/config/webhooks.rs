//! The checked settings of webhooks.

use std::sync::Arc;

use super::{env::webhook_signing_secrets, error::ConfigError, setting::WEBHOOK_SIGNING_SECRET, values};
use crate::keys::{WebhookSecret, tidy};

/// Clerk's events have a few KiB.
const DEFAULT_BODY_LIMIT: usize = 256 * 1024;

/// The secrets and limits for webhooks.
#[derive(Clone, Debug)]
pub(crate) struct WebhookSettings {
    /// Empty if none is set: then no webhook is accepted.
    pub(crate) secrets: Arc<[WebhookSecret]>,
    /// In bytes.
    pub(crate) body_limit: usize,
}

impl WebhookSettings {
    /// Checks the settings. Every secret has to be valid: a typo in one of two would be noticed only when the other is
    /// gone.
    pub(crate) fn check(secrets: Option<Vec<String>>, body_limit: Option<usize>) -> Result<Self, ConfigError> {
        let secrets = values::list(WEBHOOK_SIGNING_SECRET, secrets)?;
        let parsed: Result<Vec<WebhookSecret>, ConfigError> = secrets.iter().map(|text| parse(text)).collect();
        Ok(Self { secrets: parsed?.into(), body_limit: body_limit.unwrap_or(DEFAULT_BODY_LIMIT) })
    }

    /// Reads `CLERK_WEBHOOK_SIGNING_SECRET`.
    pub(crate) fn from_env() -> Result<Self, ConfigError> {
        Self::check(webhook_signing_secrets(|name| std::env::var(name))?, None)
    }
}

fn parse(text: &str) -> Result<WebhookSecret, ConfigError> {
    let setting = WEBHOOK_SIGNING_SECRET;
    WebhookSecret::parse(tidy(text)).map_err(|problem| ConfigError::MalformedKey {
        setting: setting.name,
        variable: setting.variable,
        problem,
    })
}
