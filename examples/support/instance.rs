//! For the examples: Clerk, or a stand-in for it on this machine.

use std::{env, path::PathBuf};

use clerk_actix::{ClerkConfig, ClerkConfigBuilder, testing::LocalClerk};

/// The instance that an example uses.
pub struct Instance {
    pub config: ClerkConfig,
    /// Runs as long as the example. `None` if the example uses Clerk itself.
    pub local: Option<LocalClerk>,
    serves_clerk_js: bool,
}

impl Instance {
    /// Uses Clerk if keys are set, and otherwise starts [`LocalClerk`]. `settings` adds the example's own settings.
    pub fn start(
        settings: impl FnOnce(ClerkConfigBuilder) -> ClerkConfigBuilder,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let is_set = |name| env::var(name).is_ok_and(|value| !value.is_empty());
        if is_set("CLERK_SECRET_KEY") || is_set("CLERK_PUBLISHABLE_KEY") {
            let config = settings(ClerkConfigBuilder::from_env()?).build()?;
            return Ok(Self { config, local: None, serves_clerk_js: true });
        }
        let Some(folder) = npm_folder() else {
            let local = LocalClerk::start()?;
            let config = settings(local.config_builder()).build()?;
            return Ok(Self { config, local: Some(local), serves_clerk_js: false });
        };
        let local = LocalClerk::builder().npm_folder(folder).start()?;
        // Clerk's JavaScript comes from this application's own origin, and calls it.
        let config = settings(local.config_builder()).frontend_api_proxy("/__clerk").build()?;
        Ok(Self { config, local: Some(local), serves_clerk_js: true })
    }

    /// Returns whether pages can load Clerk's JavaScript. Without it they have sign-in and sign-out all the same, because
    /// the middleware handles both.
    pub fn serves_clerk_js(&self) -> bool {
        self.serves_clerk_js
    }

    /// Prints which instance it is.
    pub fn introduce(&self) {
        match &self.local {
            Some(local) => {
                println!("  This runs on LocalClerk, a local stand-in for Clerk.");
                let ada = &local.users()[0];
                match self.serves_clerk_js {
                    true => println!(
                        "  In Clerk's own components, sign in as {} with the password {:?}.",
                        ada.email(),
                        ada.password().unwrap_or_default(),
                    ),
                    false => println!(
                        "  To see Clerk's own components, run `npm ci --ignore-scripts` in tests/browser/npm, or name \
                         another node_modules folder with @clerk/clerk-js and @clerk/ui: NPM_FOLDER."
                    ),
                }
                println!("  To use Clerk itself, set CLERK_PUBLISHABLE_KEY and CLERK_SECRET_KEY.\n");
            }
            None => println!("  This uses the Clerk instance {}.\n", self.config.frontend_api()),
        }
    }
}

/// Returns the folder with npm's packages, if Clerk's are in it.
fn npm_folder() -> Option<PathBuf> {
    let of_the_tests = || concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/npm/node_modules").to_owned();
    let folder = PathBuf::from(env::var("NPM_FOLDER").unwrap_or_else(|_| of_the_tests()));
    let is_there = |file: &str| folder.join("@clerk").join(file).exists();
    (is_there("clerk-js/dist/clerk.browser.js") && is_there("ui/dist/ui.browser.js")).then_some(folder)
}
