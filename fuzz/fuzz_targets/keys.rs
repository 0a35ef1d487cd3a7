//! The text of any key: a JWKS, a PEM block, a publishable key, secrets. No panic, and no error that quotes the text.
#![no_main]

use clerk_actix::{ClerkConfig, internal_bench::read_jwks};
use libfuzzer_sys::fuzz_target;

const PUBLISHABLE: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

fuzz_target!(|data: &[u8]| {
    assert!(read_jwks(data) <= 1_000);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let builder = || ClerkConfig::builder().api_url("http://127.0.0.1:1");
    for built in [
        builder().publishable_key(PUBLISHABLE).jwt_key(text).build(),
        builder().publishable_key(text).secret_key("sk_live_1").build(),
        builder().publishable_key(PUBLISHABLE).secret_key(text).build(),
        builder().publishable_key(PUBLISHABLE).secret_key("sk_live_1").machine_secret_key(text).build(),
        builder().publishable_key(PUBLISHABLE).secret_key("sk_live_1").webhook_signing_secret(text).build(),
        builder().publishable_key(PUBLISHABLE).secret_key("sk_live_1").authorized_parties([text]).build(),
        builder().publishable_key(PUBLISHABLE).secret_key("sk_live_1").public_origin(text).build(),
        builder().publishable_key(PUBLISHABLE).secret_key("sk_live_1").proxy_url(text).build(),
    ] {
        // A secret that was put in the wrong place.
        let is_secret =
            text.len() > 20 && ["sk_live_", "sk_test_", "ak_", "whsec_"].iter().any(|kind| text.starts_with(kind));
        if let (Err(error), true) = (built, is_secret) {
            assert!(!error.to_string().contains(text), "{error}");
        }
    }
});
