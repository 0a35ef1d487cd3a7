//! Calls about API keys. Their paths have no version.

use std::{fmt, time::Duration};

use awc::http::Method;
use serde_json::{Map, Value, json};

use super::{call::ApiCall, clerk_client::ClerkClient, sessions::whole_seconds};
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

impl ApiKeys<'_> {
    /// Creates a key. Only this response has the [`secret`](ApiKey::secret): show it to the owner once.
    pub fn create(&self, key: NewApiKey) -> ApiCall<ApiKey> {
        self.call(Method::POST, &[]).json(&key.body)
    }

    /// Lists the keys of a user (`user_…`) or an organization (`org_…`), newest first. Add
    /// `.query("include_invalid", true)` to include revoked and expired keys.
    pub fn list(&self, subject: &str) -> ApiCall<Page<ApiKey>> {
        let call: ApiCall<Page<ApiKey>> = self.call(Method::GET, &[]);
        call.query("subject", subject)
    }

    /// Fetches a key by its id, without its secret.
    pub fn get(&self, id: &str) -> ApiCall<ApiKey> {
        self.call(Method::GET, &[id])
    }

    /// Updates a key.
    pub fn update(&self, id: &str, update: ApiKeyUpdate) -> ApiCall<ApiKey> {
        self.call(Method::PATCH, &[id]).json(&update.body).changing_token(id)
    }

    /// Revokes a key: from now on it is rejected. The reason is for your records.
    pub fn revoke<'r>(&self, id: &str, reason: impl Into<Option<&'r str>>) -> ApiCall<ApiKey> {
        let reason: Option<&str> = reason.into();
        self.call(Method::POST, &[id, "revoke"]).json(&json!({ "revocation_reason": reason })).changing_token(id)
    }

    /// Verifies a key and returns it with its owner.
    ///
    /// In a handler, use [`RequireAuth<ApiKey>`](crate::ApiKey): requests with the same key share one call.
    ///
    /// # Errors
    ///
    /// The call returns [`ClerkApiError::InvalidToken`](crate::ClerkApiError::InvalidToken) for an invalid key, and other
    /// errors if Clerk cannot be asked.
    pub fn verify(&self, secret: &str) -> ApiCall<ApiKey> {
        self.call(Method::POST, &["verify"]).json(&json!({ "secret": secret })).verifying()
    }

    fn call<T>(&self, method: Method, path: &[&str]) -> ApiCall<T> {
        self.0.request(method, ["api_keys"].into_iter().chain(path.iter().copied())).without_version()
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
