//! A configuration in JSON, by the builder's names: how `parity/` configures the servers that it compares.

use std::time::Duration;

use clerk_actix::{ClerkConfigBuilder, OrganizationSync};
use serde::Deserialize;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    publishable_key: Option<String>,
    secret_key: Option<String>,
    jwt_key: Option<String>,
    machine_secret_key: Option<String>,
    api_url: String,
    domain: Option<String>,
    proxy_url: Option<String>,
    sign_in_url: Option<String>,
    sign_up_url: Option<String>,
    #[serde(default)]
    is_satellite: bool,
    #[serde(default)]
    satellite_auto_sync: bool,
    authorized_parties: Option<Vec<String>>,
    audience: Option<Vec<String>>,
    issuer: Option<Vec<String>>,
    clock_skew_ms: Option<u64>,
    #[serde(default)]
    organization_patterns: Vec<String>,
    #[serde(default)]
    personal_account_patterns: Vec<String>,
}

impl Configuration {
    /// Builds the builder with all of these settings; `{api}` in the API's address stands for `api`.
    pub fn into_builder(self, api: &str) -> ClerkConfigBuilder {
        let sync = OrganizationSync::new();
        let sync = self.organization_patterns.into_iter().fold(sync, OrganizationSync::organization_pattern);
        let sync = self.personal_account_patterns.into_iter().fold(sync, OrganizationSync::personal_account_pattern);
        let builder = ClerkConfigBuilder::default()
            .api_url(self.api_url.replace("{api}", api))
            .is_satellite(self.is_satellite)
            .satellite_auto_sync(self.satellite_auto_sync)
            // The reference takes the proxy's origin from the request, and the comparison covers that.
            .dangerous_proxy_url_of_any_host(true)
            .organization_sync(sync)
            // Thousands of cases in a moment, with a stand-in that has no limits.
            .backend_api_rate_limit(1_000_000);
        let builder = apply(builder, self.publishable_key, ClerkConfigBuilder::publishable_key);
        let builder = apply(builder, self.secret_key, ClerkConfigBuilder::secret_key);
        let builder = apply(builder, self.jwt_key, ClerkConfigBuilder::jwt_key);
        let builder = apply(builder, self.machine_secret_key, ClerkConfigBuilder::machine_secret_key);
        let builder = apply(builder, self.domain, ClerkConfigBuilder::domain);
        let builder = apply(builder, self.proxy_url, ClerkConfigBuilder::proxy_url);
        let builder = apply(builder, self.sign_in_url, ClerkConfigBuilder::sign_in_url);
        let builder = apply(builder, self.sign_up_url, ClerkConfigBuilder::sign_up_url);
        let builder = apply(builder, self.authorized_parties, ClerkConfigBuilder::authorized_parties);
        let builder = apply(builder, self.audience, ClerkConfigBuilder::audience);
        let builder = apply(builder, self.issuer, ClerkConfigBuilder::issuer);
        apply(builder, self.clock_skew_ms.map(Duration::from_millis), ClerkConfigBuilder::clock_skew)
    }
}

fn apply<T>(
    builder: ClerkConfigBuilder,
    value: Option<T>,
    set: impl FnOnce(ClerkConfigBuilder, T) -> ClerkConfigBuilder,
) -> ClerkConfigBuilder {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}
