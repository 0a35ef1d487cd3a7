//! Calls about sessions and their tokens.

use std::time::Duration;

use awc::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{call::ApiCall, clerk_client::ClerkClient, error::ClerkApiError};
use crate::{
    api::{Page, Secret, Session},
    instance::ClerkConfig,
};

/// Calls about sessions; see [`ClerkClient::sessions`].
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'c>(pub(super) &'c ClerkClient);

impl ClerkClient {
    /// Returns the calls about sessions.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

impl Sessions<'_> {
    /// Fetches a session by its id (`sess_…`).
    #[doc(alias = "getSession")]
    pub fn get(&self, id: &str) -> ApiCall<Session> {
        self.0.request(Method::GET, ["sessions", id])
    }

    /// Lists a user's sessions, newest first. Add `.query("status", "active")` to list only active ones.
    #[doc(alias = "getSessionList")]
    pub fn list(&self, user_id: &str) -> ApiCall<Page<Session>> {
        self.0.request(Method::GET, ["sessions"]).query("paginated", true).query("user_id", user_id)
    }

    /// Revokes a session, which signs its user out. Session tokens already issued are valid until they expire.
    #[doc(alias = "revokeSession")]
    pub fn revoke(&self, id: &str) -> ApiCall<Session> {
        self.0.request(Method::POST, ["sessions", id, "revoke"])
    }

    /// Creates a new token of a session.
    ///
    /// # Errors
    ///
    /// Returns [`ClerkApiError`], for example if the session has ended or the template does not exist.
    #[doc(alias = "getToken")]
    pub async fn get_token(&self, id: &str, options: GetTokenOptions) -> Result<Secret, ClerkApiError> {
        session_token(&self.0.config, id, options).await
    }
}

/// Options for a new token of a session. By default it is a session token like the browser's.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::GetTokenOptions;
///
/// let for_the_database = GetTokenOptions::new().template("hasura").lifetime(Duration::from_secs(600));
/// # let _ = for_the_database;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GetTokenOptions {
    template: Option<String>,
    lifetime: Option<Duration>,
}

impl GetTokenOptions {
    /// A session token with the instance's default lifetime.
    pub fn new() -> Self {
        Self::default()
    }

    /// Uses one of the instance's JWT templates, for a service that needs its own token format. The name is the one in
    /// the dashboard, spaces included. An empty name means no template.
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.template = Some(name.into()).filter(|name| !name.is_empty());
        self
    }

    /// Sets the lifetime, in whole seconds; fractions are rounded up. Clerk accepts 30 seconds to ten years.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }
}

#[derive(Deserialize)]
struct IssuedToken {
    jwt: Secret,
}

/// `POST /sessions/{id}/tokens[/{template}]`
pub(crate) async fn session_token(
    config: &ClerkConfig,
    session_id: &str,
    options: GetTokenOptions,
) -> Result<Secret, ClerkApiError> {
    let mut call = ApiCall::<IssuedToken>::new(config, Method::POST, ["sessions", session_id, "tokens"]);
    if let Some(template) = &options.template {
        call = call.of(template);
    }
    if let Some(lifetime) = options.lifetime {
        call = call.json(&json!({ "expires_in_seconds": whole_seconds(lifetime) }));
    }
    Ok(call.await?.jwt)
}

/// Rounds up, so that a short lifetime does not become zero.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
