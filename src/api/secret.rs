//! Secrets in responses from Clerk.

use std::fmt;

use serde::Deserialize;

/// A secret that Clerk shows only once, such as a new API key. Its `Debug` output is redacted.
///
/// ```
/// let secret: clerk_actix::api::Secret = serde_json::from_str("\"ak_123\"").unwrap();
/// assert_eq!(secret.expose(), "ak_123");
/// assert_eq!(format!("{secret:?}"), "\"…\"");
/// ```
#[derive(Clone, Deserialize)]
pub struct Secret(Box<str>);

impl Secret {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// Returns the secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"…\"")
    }
}
