//! Calls about sessions, and the tokens that are made of them.

use std::time::Duration;

use actix_web::http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{ApiCall, ClerkApiError, ClerkClient};
use crate::{
    api::{Page, Secret, Session},
    config::ClerkConfig,
};

/// The calls about sessions; see [`ClerkClient::sessions`].
#[derive(Clone, Copy, Debug)]
pub struct Sessions<'c>(pub(super) &'c ClerkClient);

impl Sessions<'_> {
    /// A session: `sess_…`.
    pub fn get(&self, id: &str) -> ApiCall<Session> {
        self.0.request(Method::GET, ["sessions", id])
    }

    /// A user's sessions, the newest first; `.query("status", "active")` for those alone.
    pub fn list(&self, user_id: &str) -> ApiCall<Page<Session>> {
        self.0.request(Method::GET, ["sessions"]).query("paginated", true).query("user_id", user_id)
    }

    /// Ends a session: its user is signed out there. Tokens of the session that are out already are good until they expire.
    pub fn revoke(&self, id: &str) -> ApiCall<Session> {
        self.0.request(Method::POST, ["sessions", id, "revoke"])
    }

    /// A new token of a session.
    ///
    /// # Errors
    ///
    /// [`ClerkApiError`], where the session has ended or there is no such template, for instance.
    pub async fn get_token(&self, id: &str, options: &TokenOptions) -> Result<Secret, ClerkApiError> {
        session_token(&self.0.config, id, options).await
    }
}

/// What a new token of a session should be like: a session token as browsers have them, unless there is more to say.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::TokenOptions;
///
/// let for_the_database = TokenOptions::new().template("hasura").expires_in(Duration::from_secs(600));
/// # let _ = for_the_database;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenOptions {
    template: Option<String>,
    expires_in: Option<Duration>,
}

impl TokenOptions {
    /// A session token, of the lifetime that the instance gives them.
    pub fn new() -> Self {
        Self::default()
    }

    /// A token by a JWT template of the instance, for a service that wants one of its own form. The name is that of the
    /// dashboard, with spaces and all; an empty one is none.
    pub fn template(mut self, name: impl Into<String>) -> Self {
        self.template = Some(name.into()).filter(|name| !name.is_empty());
        self
    }

    /// How long the token is to be good for, in whole seconds; a fraction counts as a whole one. Clerk takes 30 seconds to ten
    /// years.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime);
        self
    }
}

#[derive(Deserialize)]
struct Token {
    jwt: Secret,
}

/// `POST /sessions/{id}/tokens[/{template}]`
pub(crate) async fn session_token(
    config: &ClerkConfig,
    session_id: &str,
    options: &TokenOptions,
) -> Result<Secret, ClerkApiError> {
    let mut call = ApiCall::<Token>::new(config, Method::POST, ["sessions", session_id, "tokens"]);
    if let Some(template) = &options.template {
        call = call.of(template);
    }
    if let Some(lifetime) = options.expires_in {
        call = call.json(&json!({ "expires_in_seconds": whole_seconds(lifetime) }));
    }
    Ok(call.await?.jwt)
}

/// Rounded up: nothing that lives for a while is to live for no time at all.
pub(super) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
