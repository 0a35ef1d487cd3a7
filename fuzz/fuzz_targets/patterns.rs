//! A path pattern and a path: no panic, and no pattern takes long.
#![no_main]

use clerk_actix::{ClerkConfig, OrganizationSync, internal_bench::is_of_an_organization};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let (pattern, path) = data.split_once('\n').unwrap_or((data, "/orgs/acme"));
    let config = ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .secret_key("sk_live_1")
        .api_url("http://127.0.0.1:1")
        .organization_sync(OrganizationSync::new().organization_pattern(pattern))
        .build();
    match config {
        Ok(config) => drop(is_of_an_organization(&config, path)),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
