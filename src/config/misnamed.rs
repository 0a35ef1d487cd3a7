//! Variables that hold keys under names that are not read.

use std::env::VarError;

use super::error::ConfigError;
use crate::keys::tidy;

/// The variables that hold keys under names that are not read.
#[derive(Clone, Copy, Default)]
pub(super) struct Misnamed {
    publishable_key: Option<&'static str>,
    secret_key: Option<&'static str>,
}

/// Frontend build tools put only variables with such a prefix into pages, so Clerk's SDKs for them use these names.
const PUBLISHABLE_KEYS: [&str; 7] = [
    "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
    "VITE_CLERK_PUBLISHABLE_KEY",
    "REACT_APP_CLERK_PUBLISHABLE_KEY",
    "EXPO_PUBLIC_CLERK_PUBLISHABLE_KEY",
    "NUXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
    "PUBLIC_CLERK_PUBLISHABLE_KEY",
    "GATSBY_CLERK_PUBLISHABLE_KEY",
];

/// `CLERK_API_KEY` is the former name in Clerk's SDKs.
const SECRET_KEYS: [&str; 9] = [
    "CLERK_API_KEY",
    "NUXT_CLERK_SECRET_KEY",
    "NEXT_PUBLIC_CLERK_SECRET_KEY",
    "VITE_CLERK_SECRET_KEY",
    "REACT_APP_CLERK_SECRET_KEY",
    "EXPO_PUBLIC_CLERK_SECRET_KEY",
    "NUXT_PUBLIC_CLERK_SECRET_KEY",
    "PUBLIC_CLERK_SECRET_KEY",
    "GATSBY_CLERK_SECRET_KEY",
];

impl Misnamed {
    pub(super) fn among(read: impl Fn(&str) -> Result<String, VarError>) -> Self {
        let is_set = |name: &&str| read(name).is_ok_and(|value| !tidy(&value).is_empty());
        Self {
            publishable_key: PUBLISHABLE_KEYS.into_iter().find(is_set),
            secret_key: SECRET_KEYS.into_iter().find(is_set),
        }
    }

    /// Returns the error for a missing publishable key.
    pub(super) fn publishable_key(self) -> ConfigError {
        let misnamed = |variable| ConfigError::PublishableKeyMisnamed { variable };
        self.publishable_key.map_or(ConfigError::MissingPublishableKey, misnamed)
    }

    /// Returns the error for a missing secret key.
    pub(super) fn secret_key(self) -> ConfigError {
        let misnamed = |variable| ConfigError::SecretKeyMisnamed { variable };
        self.secret_key.map_or(ConfigError::MissingSecretKey, misnamed)
    }
}
