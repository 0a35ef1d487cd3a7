//! The settings of webhooks.

use super::ClerkConfigBuilder;

impl ClerkConfigBuilder {
    /// The signing secret of the webhook endpoint, `whsec_…`, from its page in the Clerk Dashboard. Required for
    /// [`Webhook`](crate::Webhook).
    ///
    /// An application that only receives webhooks needs no keys: see [`WebhookConfig`](crate::WebhookConfig).
    #[doc(alias = "signingSecret")]
    pub fn webhook_signing_secret(self, webhook_signing_secret: impl Into<String>) -> Self {
        self.webhook_signing_secrets([webhook_signing_secret])
    }

    /// Several signing secrets, such as those of several endpoints, or the old and the new one while one is rotated. A
    /// webhook that is signed with any of them is accepted.
    pub fn webhook_signing_secrets(
        mut self,
        webhook_signing_secrets: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.webhook_signing_secrets = Some(webhook_signing_secrets.into_iter().map(Into::into).collect());
        self
    }

    /// The maximum size of a webhook's body in bytes. Default 256 KiB. A larger one is rejected with 413, and never held
    /// in memory.
    pub fn webhook_body_limit(mut self, webhook_body_limit: usize) -> Self {
        self.webhook_body_limit = Some(webhook_body_limit);
        self
    }
}
