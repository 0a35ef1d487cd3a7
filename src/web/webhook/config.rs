//! The settings of a webhook route: its own, those of the Clerk instance, or the environment's.

use actix_web::{HttpRequest, web::Data};

use super::error::WebhookError;
use crate::{
    clock::Clock,
    config::{ConfigError, WebhookSettings},
    instance::ClerkConfig,
    web::state::with_state,
};

/// The settings of webhook routes, as `app_data` of an `App`, a `Scope` or a `Resource`. The one nearest to the handler
/// applies.
///
/// Needed only for an application that has no [`ClerkConfig`], or for a route with settings of its own, such as another
/// secret. [`Webhook`](crate::Webhook) takes its settings from the first of these:
///
/// 1. this type,
/// 2. the [`ClerkConfig`] of [`ClerkMiddleware`](crate::ClerkMiddleware), if it wraps the route,
/// 3. `web::Data<ClerkConfig>`,
/// 4. the environment variable `CLERK_WEBHOOK_SIGNING_SECRET`.
///
/// A setting that is missing here, such as the secret of `WebhookConfig::new().body_limit(…)`, comes from the next of
/// them. A `ClerkConfig` without a secret ends the search: with several instances in one process, one must not accept
/// another one's webhooks. [`ClerkConfig::from_env`] reads the same variable.
///
/// ```
/// use actix_web::{web, HttpResponse};
/// use clerk_actix::{Webhook, WebhookConfig};
///
/// # fn main() -> Result<(), clerk_actix::ConfigError> {
/// let billing = WebhookConfig::new().signing_secret("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")?.body_limit(1024 * 1024);
/// let route = web::resource("/webhooks/billing")
///     .app_data(billing)
///     .route(web::post().to(async |_: Webhook| HttpResponse::NoContent()));
/// # let _ = route;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "pass it to `app_data`"]
pub struct WebhookConfig {
    of_secrets: Option<WebhookSettings>,
    body_limit: Option<usize>,
    clock: Option<Clock>,
}

impl WebhookConfig {
    /// Creates a configuration without settings: all of them come from elsewhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `CLERK_WEBHOOK_SIGNING_SECRET`: one secret, or several that are separated by commas or white space. Call it
    /// when the server starts, so that a mistake in the variable is found then.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if the variable is missing or no valid secret.
    pub fn from_env() -> Result<Self, ConfigError> {
        let settings = WebhookSettings::from_env()?;
        if settings.secrets.is_empty() {
            return Err(ConfigError::Empty { setting: "webhook_signing_secret" });
        }
        Ok(Self { of_secrets: Some(settings), ..Self::default() })
    }

    /// Sets the signing secret of the endpoint, `whsec_…`, from its page in the Clerk Dashboard.
    ///
    /// # Errors
    ///
    /// [`ConfigError::MalformedKey`] and [`ConfigError::Empty`].
    pub fn signing_secret(self, signing_secret: impl Into<String>) -> Result<Self, ConfigError> {
        self.signing_secrets([signing_secret])
    }

    /// Sets several signing secrets, such as the old and the new one while one is rotated.
    ///
    /// # Errors
    ///
    /// [`ConfigError::MalformedKey`], [`ConfigError::Empty`] and [`ConfigError::EmptyEntry`].
    pub fn signing_secrets(
        self,
        signing_secrets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<Self, ConfigError> {
        let secrets = signing_secrets.into_iter().map(Into::into).collect();
        Ok(Self { of_secrets: Some(WebhookSettings::check(Some(secrets), None)?), ..self })
    }

    /// Sets the maximum size of a body in bytes. Default 256 KiB.
    pub fn body_limit(self, body_limit: usize) -> Self {
        Self { body_limit: Some(body_limit), ..self }
    }

    /// Replaces the system clock, so that a test can control the time.
    #[cfg(feature = "testing")]
    pub fn clock(self, clock: crate::clock::settable::TestClock) -> Self {
        Self { clock: Some(Clock::Settable(clock)), ..self }
    }
}

/// The settings for one request.
pub(super) struct Resolved {
    pub(super) webhooks: WebhookSettings,
    pub(super) clock: Clock,
}

impl Resolved {
    pub(super) fn of(req: &HttpRequest) -> Result<Self, Unresolved> {
        let own = own(req);
        let instance = of_instance(req);
        let clock = own.clock.or_else(|| instance.as_ref().map(|(_, clock)| clock.clone())).unwrap_or_default();
        let found = match (own.of_secrets, instance) {
            (Some(settings), instance) => {
                let body_limit = instance.map_or(settings.body_limit, |(instance, _)| instance.body_limit);
                WebhookSettings { body_limit, ..settings }
            }
            (None, Some((instance, _))) => instance,
            (None, None) => WebhookSettings::from_env().map_err(|error| Unresolved { error: Some(error) })?,
        };
        if found.secrets.is_empty() {
            return Err(Unresolved { error: None });
        }
        let body_limit = own.body_limit.unwrap_or(found.body_limit);
        Ok(Self { webhooks: WebhookSettings { body_limit, ..found }, clock })
    }
}

/// No secret was found, or what was found is no secret.
pub(super) struct Unresolved {
    pub(super) error: Option<ConfigError>,
}

impl From<&Unresolved> for WebhookError {
    fn from(_: &Unresolved) -> Self {
        Self::SecretMissing
    }
}

fn own(req: &HttpRequest) -> WebhookConfig {
    let shared = || req.app_data::<Data<WebhookConfig>>().map(|config| config.get_ref());
    req.app_data::<WebhookConfig>().or_else(shared).cloned().unwrap_or_default()
}

fn of_instance(req: &HttpRequest) -> Option<(WebhookSettings, Clock)> {
    let settings = |config: &ClerkConfig| (config.settings().webhooks.clone(), config.settings().clock.clone());
    let of_middleware = with_state(req, |state| settings(state.config()));
    of_middleware.or_else(|| req.app_data::<Data<ClerkConfig>>().map(|config| settings(config)))
}
