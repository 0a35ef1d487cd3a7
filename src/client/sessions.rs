//! Calls about sessions and their tokens.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    clerk_client::ClerkClient, error::ClerkApiError, filters::filters, operation::calls, rejection::Unreadable,
};
use crate::{
    api::{Page, Secret, Session, SessionStatus},
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

filters! {
    /// Which sessions to list.
    SessionFilters lists Session {
        /// Only sessions in this browser or device: `client_…`.
        client_id: text,
        /// Only sessions with this status.
        status: word(SessionStatus),
    }
}

calls! {
    Sessions {
        /// Fetches a session by its ID (`sess_…`).
        #[doc(alias = "getSession")]
        pub fn get(id) -> Session = GET["sessions", id] or 400, 404;

        /// Lists a user's sessions, newest first.
        ///
        /// ```
        /// use clerk_actix::{ClerkApiError, ClerkClient, api::{Page, Session, SessionStatus}};
        ///
        /// async fn devices(clerk: &ClerkClient, user_id: &str) -> Result<Page<Session>, ClerkApiError> {
        ///     clerk.sessions().list(user_id).status(SessionStatus::Active).limit(50).await
        /// }
        /// ```
        #[doc(alias = "getSessionList")]
        pub fn list(user_id) -> Page<Session>, SessionFilters =
            GET["sessions"].only("paginated", true).only("user_id", user_id) or 400, 422;

        /// Revokes a session, which signs its user out. Session tokens already issued are valid until they expire.
        #[doc(alias = "revokeSession")]
        pub fn revoke(id) -> Session = POST["sessions", id, "revoke"] or 400, 404;

        fn issue_token(id, lifetime: Option<Lifetime>) -> IssuedToken =
            POST["sessions", id, "tokens"].json_if(lifetime) or 404;

        fn issue_token_from_template(id, template, lifetime: Option<Lifetime>) -> IssuedToken =
            POST["sessions", id, "tokens"].of(template).json_if(lifetime) or 404;
    }
}

impl Sessions<'_> {
    /// Creates a new token of a session.
    ///
    /// # Errors
    ///
    /// Returns [`ClerkApiError`], for example if the session has ended or the template does not exist.
    #[doc(alias = "getToken")]
    pub async fn get_token(&self, id: &str, options: GetTokenOptions) -> Result<Secret, ClerkApiError> {
        let lifetime = options.lifetime.map(|lifetime| Lifetime { expires_in_seconds: whole_seconds(lifetime) });
        let call = match &options.template {
            Some(template) => self.issue_token_from_template(id, template, lifetime),
            None => self.issue_token(id, lifetime),
        };
        let no_token = || ClerkApiError::Unreadable(Unreadable::new(200, "it has no `jwt`", None));
        call.await?.jwt.ok_or_else(no_token)
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
#[cfg_attr(feature = "__internal-bench", derive(Serialize))]
struct IssuedToken {
    #[serde(default, skip_serializing)]
    jwt: Option<Secret>,
    #[cfg(feature = "__internal-bench")]
    #[serde(flatten)]
    other: crate::api::JsonObject,
}

#[derive(Serialize)]
struct Lifetime {
    expires_in_seconds: u64,
}

#[cfg(feature = "__internal-bench")]
impl super::operation::Sample for Lifetime {
    fn sample(_: bool) -> Self {
        Self { expires_in_seconds: 60 }
    }
}

/// `POST /sessions/{id}/tokens[/{template}]`
pub(crate) async fn session_token(
    config: &ClerkConfig,
    session_id: &str,
    options: GetTokenOptions,
) -> Result<Secret, ClerkApiError> {
    ClerkClient::new(config.clone()).sessions().get_token(session_id, options).await
}

/// Rounds up, so that a short lifetime does not become zero.
pub(crate) fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}
