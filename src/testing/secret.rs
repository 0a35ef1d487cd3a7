//! Random secrets and IDs, each with a prefix that names its type; and passwords, which are never printed.

use std::fmt;

/// Returns a random ID: a prefix and 27 characters, as Clerk's IDs have.
pub(super) fn random_id(prefix: &str) -> String {
    format!("{prefix}{:027x}", rand::random::<u128>() >> 20)
}

/// Returns a random secret of 128 bits with a prefix that names its type.
pub(super) fn secret(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}

/// A password of a user who signs in with it.
#[derive(Clone)]
pub(super) struct Password(String);

impl Password {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
