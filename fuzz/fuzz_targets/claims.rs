//! Claims: the reader of tokens accepts what serde_json accepts, and nothing else.
#![no_main]

use clerk_actix::internal_bench::{parse_claims, read_claims};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| {
    let claims = parse_claims(data);
    let value = serde_json::from_str::<serde_json::Value>(data).ok().filter(|value| !value.is_null());
    assert_eq!(claims.is_some(), value.is_some());
    if let Some(claims) = claims {
        read_claims(&claims);
    }
});
