//! [`ClerkClient`]: Clerk's Backend API, as a handler calls it.

mod answer;
mod api_keys;
mod call;
mod error;
mod m2m;
mod m2m_jwt;
mod organizations;
mod path;
pub(crate) mod sessions;
mod users;

use actix_web::http::Method;

pub use self::{
    api_keys::{ApiKeyUpdate, ApiKeys, NewApiKey},
    call::ApiCall,
    error::ClerkApiError,
    m2m::{M2mTokenFormat, M2mTokens, NewM2mToken},
    organizations::Organizations,
    sessions::{Sessions, TokenOptions},
    users::Users,
};
use crate::config::ClerkConfig;

/// Clerk's Backend API: users, sessions, organizations, API keys and machine-to-machine tokens, and
/// [`request`](Self::request) for the rest.
///
/// As an extractor it is the client of the Clerk instance that the request was decided by; where
/// [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the route, it is `web::Data<ClerkClient>` or the client of
/// `web::Data<ClerkConfig>`, whichever the application has. Elsewhere, [`new`](Self::new) makes one.
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
/// A clone is cheap, and can be kept and sent to other threads. Any thread may make a call, under Actix, Tokio, another runtime
/// or none, and the futures are `Send`: one thread of this crate's own makes the connections for the whole process.
///
/// # Time and failure
///
/// An attempt takes at most [`api_timeout`](crate::ClerkConfigBuilder::api_timeout). A `GET` that fails in a way that may pass
/// (no connection, no answer in time, 429, an error of Clerk's own) is tried again twice, with growing and jittered pauses or
/// as much later as Clerk asks for, and all of that takes at most twice as long. Any other call is tried again only if nothing
/// of it was sent: it may have been carried out already. Redirects are not followed, since they would carry the secret key along.
#[derive(Clone, Debug)]
pub struct ClerkClient {
    config: ClerkConfig,
}

impl ClerkClient {
    /// The client of this Clerk instance.
    ///
    /// ```
    /// use clerk_actix::{testing::LocalClerk, ClerkClient};
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let local = LocalClerk::start()?;
    /// let clerk = ClerkClient::new(&local.config());
    /// let ada = clerk.users().get("user_ada").await?;
    /// assert_eq!(ada.first_name.as_deref(), Some("Ada"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(config: &ClerkConfig) -> Self {
        Self { config: config.clone() }
    }

    /// The people who can sign in.
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }

    /// Where they are signed in.
    pub fn sessions(&self) -> Sessions<'_> {
        Sessions(self)
    }

    /// The organizations that they belong to.
    pub fn organizations(&self) -> Organizations<'_> {
        Organizations(self)
    }

    /// The API keys of users and organizations.
    pub fn api_keys(&self) -> ApiKeys<'_> {
        ApiKeys(self)
    }

    /// The tokens that machines show each other.
    pub fn m2m(&self) -> M2mTokens<'_> {
        M2mTokens(self)
    }

    /// Any other call: the path's segments, under the API's version, and what the answer is to be read as. For an answer
    /// without a body that is `()`, and [`serde_json::Value`] for one of any form.
    ///
    /// Each segment is one, whoever it comes from: a call with an empty one, or one that could lead elsewhere, fails with
    /// [`ClerkApiError::InvalidPath`] before anything is sent.
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
        ApiCall::new(&self.config, method, path)
    }
}
