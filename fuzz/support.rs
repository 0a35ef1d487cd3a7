//! What the oracle's module needs from `tests/support/`, with fewer dependencies.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::testing::LocalClerk;
use serde_json::Value;
use sha1::{Digest, Sha1};

pub fn cookie_suffix(clerk: &LocalClerk) -> String {
    URL_SAFE_NO_PAD.encode(Sha1::digest(clerk.publishable_key()))[..8].to_owned()
}

pub fn payload(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}
