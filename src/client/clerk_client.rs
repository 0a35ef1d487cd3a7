//! [`ClerkClient`]: Clerk's Backend API for handlers. The calls about each resource are in a file of their own.

use std::time::Duration;

use awc::http::Method;

use super::call::ApiCall;
use crate::instance::ClerkConfig;

/// A client for Clerk's Backend API: users, sessions, organizations, API keys and machine-to-machine tokens, and
/// [`request`](Self::request) for the rest. With the feature `backend-api`, every call of the API has a method.
///
/// As an extractor, it is the client of the Clerk instance that authenticated the request. On routes without
/// [`ClerkMiddleware`](crate::ClerkMiddleware), it is the application's `web::Data<ClerkClient>`, or the client of its
/// `web::Data<ClerkConfig>`. Elsewhere, create one with [`new`](Self::new).
///
/// ```
/// use actix_web::{get, Responder};
/// use clerk_actix::{ClerkApiError, ClerkClient, RequireAuth};
///
/// #[get("/greeting")]
/// async fn greeting(session: RequireAuth, clerk: ClerkClient) -> Result<impl Responder, ClerkApiError> {
///     let user = clerk.users().get(session.user_id()).await?;
///     Ok(format!("Hello {}", user.full_name().unwrap_or_default()))
/// }
/// ```
///
/// A clone is cheap and can be sent to other threads. Calls work on any thread, under Actix, Tokio, another runtime or
/// none, and the futures are `Send`: a single background thread makes the connections for the whole process.
///
/// # Timeouts and retries
///
/// An attempt takes at most [`api_timeout`](crate::ClerkConfigBuilder::api_timeout). A `GET` that fails temporarily (no
/// connection, no response in time, 429 or 5xx) is retried twice, after growing, jittered pauses or after Clerk's
/// `Retry-After`. All attempts together take at most twice `api_timeout`. Any other call is retried only if no part of
/// it was sent, because Clerk may already have carried it out.
///
/// When Clerk's rate limit is reached (429 with `Retry-After`), all calls of the instance keep the pause: a call waits if
/// the pause ends within its time limit, and fails with [`RateLimited`](crate::ClerkApiError::RateLimited) otherwise,
/// without being sent. A 429 to a call that changes something may be a limit of its own, such as for invitations, and
/// pauses only calls with the same path. [`wait_for_rate_limit`](Self::wait_for_rate_limit) sets a longer time to wait.
///
/// Redirects are not followed, because they would carry the
/// secret key along.
#[derive(Clone, Debug)]
#[doc(alias = "clerkClient")]
#[doc(alias = "createClerkClient")]
pub struct ClerkClient {
    pub(super) config: ClerkConfig,
    /// How long a call may wait for the rate limit.
    patience: Duration,
}

impl ClerkClient {
    /// Creates the client of this Clerk instance.
    ///
    /// ```
    /// use clerk_actix::{testing::LocalClerk, ClerkClient};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let local = LocalClerk::start()?;
    /// let clerk = ClerkClient::new(local.config());
    /// let ada = clerk.users().get("user_ada").await?;
    /// assert_eq!(ada.first_name.as_deref(), Some("Ada"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(config: ClerkConfig) -> Self {
        Self { config, patience: Duration::ZERO }
    }

    /// The configuration of the instance that this client calls.
    pub fn config(&self) -> &ClerkConfig {
        &self.config
    }

    /// Builds any other call from its path segments, under the API's version. `T` is the type of the response: use `()`
    /// for a response without a body, and [`serde_json::Value`] for one of any form.
    ///
    /// # Errors
    ///
    /// The call returns [`ClerkApiError`](crate::ClerkApiError). Segments may come from users: one that is empty or could
    /// lead to another path is [`NotFound`](crate::ClerkApiError::NotFound), and nothing is sent.
    ///
    /// ```
    /// use actix_web::http::Method;
    /// use clerk_actix::{api::Page, ClerkApiError, ClerkClient};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Invitation {
    ///     email_address: String,
    /// }
    ///
    /// async fn pending(clerk: &ClerkClient, organization: &str) -> Result<Page<Invitation>, ClerkApiError> {
    ///     let path = ["organizations", organization, "invitations"];
    ///     clerk.request::<Page<Invitation>>(Method::GET, path).query("status", "pending").limit(50).await
    /// }
    /// ```
    pub fn request<T>(&self, method: Method, path: impl IntoIterator<Item = impl AsRef<str>>) -> ApiCall<T> {
        self.call(method, path)
    }

    /// The same, with any optional parameters.
    pub(super) fn call<T, F>(&self, method: Method, path: impl IntoIterator<Item = impl AsRef<str>>) -> ApiCall<T, F> {
        ApiCall::new(&self.config, method, path).wait_for_rate_limit(self.patience)
    }

    /// Returns the same client, whose calls wait as long as Clerk asks when its rate limit is reached, each up to this
    /// time. For scripts and background jobs. By default, a call waits only within its own time limit.
    ///
    /// ```
    /// use std::time::Duration;
    /// use clerk_actix::{api::Page, ClerkApiError, ClerkClient};
    ///
    /// async fn export(clerk: &ClerkClient, ids: &[&str]) -> Result<(), ClerkApiError> {
    ///     let clerk = clerk.clone().wait_for_rate_limit(Duration::from_secs(60));
    ///     for id in ids {
    ///         println!("{:?}", clerk.users().get(id).await?.full_name());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn wait_for_rate_limit(mut self, at_most: Duration) -> Self {
        self.patience = at_most;
        self
    }
}
