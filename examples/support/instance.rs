//! For the examples: Clerk, or a stand-in for it on this machine.

use clerk_actix::{ClerkConfig, ClerkConfigBuilder, testing::LocalClerk};

/// The instance that an example uses.
pub struct Instance {
    pub config: ClerkConfig,
    /// Runs as long as the example. `None` if the example uses Clerk itself.
    pub local: Option<LocalClerk>,
}

impl Instance {
    /// Uses Clerk if keys are set, and otherwise starts [`LocalClerk`]. `settings` adds the example's own settings.
    pub fn start(
        settings: impl FnOnce(ClerkConfigBuilder) -> ClerkConfigBuilder,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let is_set = |name| std::env::var(name).is_ok_and(|value| !value.is_empty());
        if is_set("CLERK_SECRET_KEY") || is_set("CLERK_PUBLISHABLE_KEY") {
            return Ok(Self { config: settings(ClerkConfigBuilder::from_env()?).build()?, local: None });
        }
        let local = LocalClerk::start()?;
        Ok(Self { config: settings(local.config_builder()).build()?, local: Some(local) })
    }

    /// Returns whether pages can load Clerk's JavaScript. Without it they have sign-in and sign-out all the same, because
    /// the middleware handles both.
    pub fn serves_clerk_js(&self) -> bool {
        self.local.is_none()
    }

    /// Prints which instance it is.
    pub fn introduce(&self) {
        match &self.local {
            Some(_) => println!(
                "  This runs on LocalClerk, a local stand-in for Clerk. To use Clerk itself, set CLERK_PUBLISHABLE_KEY and \
                 CLERK_SECRET_KEY.\n"
            ),
            None => println!("  This uses the Clerk instance {}.\n", self.config.frontend_api()),
        }
    }
}
