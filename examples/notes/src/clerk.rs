//! Clerk, as this application is set up with it.

use std::time::Duration;

use clerk_actix::{ClerkConfigBuilder, ConfigError, OrganizationSync, Revocations, observe::Metrics};

/// Adds the application's own settings to those of an instance: `ClerkConfigBuilder::from_env()`, or a `LocalClerk`'s.
pub fn settings(builder: ClerkConfigBuilder, revocations: &Revocations) -> ClerkConfigBuilder {
    // The path says which team a page is for, and the middleware asks Clerk to make it the active one.
    let sync = OrganizationSync::new()
        .organization_pattern("/orgs/:slug")
        .organization_pattern("/orgs/:slug/(.*)")
        .personal_account_pattern("/me")
        .personal_account_pattern("/me/(.*)");
    builder
        .organization_sync(sync)
        .revocations(revocations.clone())
        // Without it, each request with an API key is a call to Clerk. A key that is revoked counts for this long.
        .machine_token_cache(Duration::from_secs(10))
        .observer(Metrics::new())
}

/// Returns the settings of an instance from `CLERK_PUBLISHABLE_KEY`, `CLERK_SECRET_KEY` and the other variables.
///
/// # Errors
///
/// If one is missing or has a value that cannot be used.
pub fn from_env() -> Result<ClerkConfigBuilder, ConfigError> {
    // A link with the result of somebody's handshake does not sign its visitor in (login CSRF).
    Ok(ClerkConfigBuilder::from_env()?.handshake_from_cookies_only(true))
}
