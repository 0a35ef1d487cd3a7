//! The body of errors: Clerk's envelope, which its frontends can read.

use serde_json::{Value, json};

pub(super) fn envelope(code: &str, message: &str) -> Value {
    json!({ "errors": [{ "code": code, "message": message }] })
}
