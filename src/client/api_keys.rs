//! Calls about API keys. Their paths have no version.

use std::{fmt, time::Duration};

use serde_json::{Map, Value, json};

use super::{call::ApiCall, clerk_client::ClerkClient, filters::filters, operation::calls, sessions::whole_seconds};
use crate::api::{ApiKey, Page};

/// Calls about API keys; see [`ClerkClient::api_keys`].
#[derive(Clone, Copy, Debug)]
pub struct ApiKeys<'c>(pub(super) &'c ClerkClient);

impl ClerkClient {
    /// Returns the calls about API keys.
    pub fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys(self)
    }
}

filters! {
    /// Which API keys to list.
    ApiKeyFilters lists ApiKey {
        /// Only keys of this type.
        kind = "type": text,
        /// Includes revoked and expired keys.
        include_invalid: flag,
        /// Only keys with this text in their name.
        search = "query": text,
    }
}

calls! {
    ApiKeys {
        /// Creates a key. Only this response has the [`secret`](ApiKey::secret): show it to the owner once.
        pub fn create(key: NewApiKey) -> ApiKey = POST["api_keys"].without_version().json(&key.body) or 400, 409;

        /// Lists the keys of a user (`user_…`) or an organization (`org_…`), newest first.
        pub fn list(subject) -> Page<ApiKey>, ApiKeyFilters =
            GET["api_keys"].without_version().query("subject", subject) or 400, 404;

        /// Fetches a key by its ID, without its secret.
        pub fn get(id) -> ApiKey = GET["api_keys", id].without_version() or 400, 404;

        /// Updates a key.
        pub fn update(id, update: ApiKeyUpdate) -> ApiKey =
            PATCH["api_keys", id].without_version().json(&update.body).changing_token(id) or 400, 404;

        fn revoke_because(id, reason: Option<&str>) -> ApiKey =
            POST["api_keys", id, "revoke"].without_version().with("revocation_reason", reason).changing_token(id) or 400, 404;

        /// Verifies a key and returns it with its owner. An invalid key is
        /// [`InvalidToken`](crate::ClerkApiError::InvalidToken).
        ///
        /// In a handler, use [`RequireAuth<ApiKey>`](crate::ApiKey): requests with the same key share one call.
        pub fn verify(secret) -> ApiKey =
            POST["api_keys", "verify"].without_version().with("secret", secret).verifying() or 400, 404;
    }
}

impl ApiKeys<'_> {
    /// Revokes a key: from now on it is rejected. The reason is for your records.
    ///
    /// # Errors
    ///
    /// The call returns [`ClerkApiError`](crate::ClerkApiError), such as [`NotFound`](crate::ClerkApiError::NotFound).
    pub fn revoke<'r>(&self, id: &str, reason: impl Into<Option<&'r str>>) -> ApiCall<ApiKey> {
        self.revoke_because(id, reason.into())
    }
}

/// The properties of a new API key: its owner, its name, and its uses.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::client::NewApiKey;
///
/// let key = NewApiKey::new("user_ada", "Nightly export")
///     .scopes(["exports:read"])
///     .lifetime(Duration::from_secs(90 * 24 * 3600));
/// # let _ = key;
/// ```
#[derive(Clone, PartialEq)]
pub struct NewApiKey {
    body: Map<String, Value>,
}

impl NewApiKey {
    /// A key of a user (`user_…`) or an organization (`org_…`). The name is how the owner recognizes it. The key has no
    /// scopes and never expires, unless you set them.
    pub fn new(subject: impl Into<String>, name: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("subject".to_owned(), Value::String(subject.into()));
        body.insert("name".to_owned(), Value::String(name.into()));
        Self { body }
    }

    /// Sets the user who creates the key.
    pub fn created_by(mut self, user_id: impl Into<String>) -> Self {
        self.body.insert("created_by".to_owned(), Value::String(user_id.into()));
        self
    }
}

/// Changes to an API key. Properties that are not set stay as they are.
///
/// ```
/// use clerk_actix::client::ApiKeyUpdate;
///
/// let update = ApiKeyUpdate::new().scopes(["exports:read", "exports:write"]);
/// # let _ = update;
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct ApiKeyUpdate {
    body: Map<String, Value>,
}

impl ApiKeyUpdate {
    /// An update that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the new owner: `user_…` or `org_…`.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.body.insert("subject".to_owned(), Value::String(subject.into()));
        self
    }
}

macro_rules! members {
    ($type:ident) => {
        impl $type {
            /// Sets the scopes: what the key may be used for. Your application has to check them; nothing else does.
            pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
                let scopes = scopes.into_iter().map(|scope| Value::String(scope.into())).collect();
                self.body.insert("scopes".to_owned(), scopes);
                self
            }

            /// Adds a custom claim. An update replaces all claims of the key.
            pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                let claims = self.body.entry("claims").or_insert_with(|| json!({}));
                if let Some(claims) = claims.as_object_mut() {
                    claims.insert(name.into(), value.into());
                }
                self
            }

            /// Sets the description.
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.body.insert("description".to_owned(), Value::String(description.into()));
                self
            }

            /// Sets the lifetime from now on, in whole seconds; fractions are rounded up.
            pub fn lifetime(mut self, lifetime: Duration) -> Self {
                self.body.insert("seconds_until_expiration".to_owned(), json!(whole_seconds(lifetime)));
                self
            }
        }

        impl fmt::Debug for $type {
            /// Leaves out the claims, which may hold any data.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("subject", &self.body.get("subject"))
                    .field("scopes", &self.body.get("scopes"))
                    .finish_non_exhaustive()
            }
        }
    };
}

members!(NewApiKey);
members!(ApiKeyUpdate);

#[cfg(feature = "__internal-bench")]
macro_rules! sample {
    ($type:ident, $new:expr, $complete:ident) => {
        impl super::operation::Sample for $type {
            fn sample(complete: bool) -> Self {
                if !complete {
                    return $new;
                }
                let key = $new.scopes(["a", "b"]).claim("a", 1).description("text").lifetime(Duration::from_secs(60));
                key.$complete("user_1")
            }
        }
    };
}

#[cfg(feature = "__internal-bench")]
sample!(NewApiKey, Self::new("user_1", "Export"), created_by);
#[cfg(feature = "__internal-bench")]
sample!(ApiKeyUpdate, Self::new(), subject);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        let key = NewApiKey::new("org_acme", "CI")
            .created_by("user_ada")
            .scopes(["a", "b"])
            .claim("tier", 2)
            .claim("name", "x")
            .description("builds")
            .lifetime(Duration::from_secs(60));
        let expected = json!({
            "subject": "org_acme", "name": "CI", "created_by": "user_ada", "scopes": ["a", "b"],
            "claims": { "tier": 2, "name": "x" }, "description": "builds", "seconds_until_expiration": 60,
        });
        assert_eq!(Value::Object(key.body.clone()), expected);
        assert!(!format!("{key:?}").contains("tier"));
        let update = ApiKeyUpdate::new().subject("org_acme").scopes([""; 0]);
        assert_eq!(Value::Object(update.body), json!({ "subject": "org_acme", "scopes": [] }));
        assert_eq!(Value::Object(ApiKeyUpdate::new().body), json!({}));
    }
}
