//! Calls about API keys. Their paths have no version.

use std::{fmt, time::Duration};

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::{ApiCall, ClerkClient, sessions::whole_seconds};
use crate::api::{ApiKey, Page};

/// The calls about API keys; see [`ClerkClient::api_keys`].
#[derive(Clone, Copy, Debug)]
pub struct ApiKeys<'c>(pub(super) &'c ClerkClient);

impl ApiKeys<'_> {
    /// Makes a key. The answer has its [`secret`](ApiKey::secret): show it to its owner once.
    pub fn create(&self, key: &NewApiKey) -> ApiCall<ApiKey> {
        self.call(Method::POST, &[]).json(&key.body)
    }

    /// The keys of a user (`user_…`) or an organization (`org_…`), the newest first. `.query("include_invalid", true)`
    /// lists those that were revoked or have expired too.
    pub fn list(&self, subject: &str) -> ApiCall<Page<ApiKey>> {
        let call: ApiCall<Page<ApiKey>> = self.call(Method::GET, &[]);
        call.query("subject", subject)
    }

    /// A key by its id, without its secret.
    pub fn get(&self, id: &str) -> ApiCall<ApiKey> {
        self.call(Method::GET, &[id])
    }

    /// Changes a key.
    pub fn update(&self, id: &str, update: &ApiKeyUpdate) -> ApiCall<ApiKey> {
        self.call(Method::PATCH, &[id]).json(&update.body).changing_token(id)
    }

    /// Takes a key back: from now on it is refused. The reason is for your records.
    pub fn revoke<'r>(&self, id: &str, reason: impl Into<Option<&'r str>>) -> ApiCall<ApiKey> {
        let reason: Option<&str> = reason.into();
        self.call(Method::POST, &[id, "revoke"]).json(&json!({ "revocation_reason": reason })).changing_token(id)
    }

    /// Whether a key is good, and whose it is; one that is not is a 404.
    ///
    /// In a handler, [`RequireAuth<ApiKey>`](crate::ApiKey) does this, once for all who ask at the same time.
    pub fn verify(&self, secret: &str) -> ApiCall<ApiKey> {
        self.call(Method::POST, &["verify"]).json(&json!({ "secret": secret }))
    }

    fn call<T>(&self, method: Method, path: &[&str]) -> ApiCall<T> {
        self.0.request(method, ["api_keys"].into_iter().chain(path.iter().copied())).without_version()
    }
}

/// What a new API key should be like: whose it is, what it is called, and what it may be used for.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::api::NewApiKey;
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
    /// A key of a user's (`user_…`) or an organization's (`org_…`), by the name that its owner knows it by. It never
    /// expires, and has no scopes.
    pub fn new(subject: impl Into<String>, name: impl Into<String>) -> Self {
        let mut body = Map::new();
        body.insert("subject".to_owned(), Value::String(subject.into()));
        body.insert("name".to_owned(), Value::String(name.into()));
        Self { body }
    }

    /// The user who makes it.
    pub fn created_by(mut self, user_id: impl Into<String>) -> Self {
        self.body.insert("created_by".to_owned(), Value::String(user_id.into()));
        self
    }
}

/// How an API key should change. What is not mentioned stays as it is.
///
/// ```
/// use clerk_actix::api::ApiKeyUpdate;
///
/// let update = ApiKeyUpdate::new().scopes(["exports:read", "exports:write"]);
/// # let _ = update;
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct ApiKeyUpdate {
    body: Map<String, Value>,
}

impl ApiKeyUpdate {
    /// Changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whose it is from now on: `user_…` or `org_…`.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.body.insert("subject".to_owned(), Value::String(subject.into()));
        self
    }
}

macro_rules! members {
    ($type:ident) => {
        impl $type {
            /// What the key may be used for. Nothing checks scopes but you.
            pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
                let scopes = scopes.into_iter().map(|scope| Value::String(scope.into())).collect();
                self.body.insert("scopes".to_owned(), scopes);
                self
            }

            /// Adds a claim of your own. All claims are set together.
            pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
                let claims = self.body.entry("claims").or_insert_with(|| json!({}));
                if let Some(claims) = claims.as_object_mut() {
                    claims.insert(name.into(), value.into());
                }
                self
            }

            /// What it is for, in words.
            pub fn description(mut self, description: impl Into<String>) -> Self {
                self.body.insert("description".to_owned(), Value::String(description.into()));
                self
            }

            /// How long it is good for from now on, in whole seconds; a fraction counts as a whole one.
            pub fn lifetime(mut self, lifetime: Duration) -> Self {
                self.body.insert("seconds_until_expiration".to_owned(), json!(whole_seconds(lifetime)));
                self
            }
        }

        impl fmt::Debug for $type {
            /// Without the claims, which can be anything.
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
