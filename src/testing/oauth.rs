//! `LocalClerk`'s OAuth access tokens: the builder for tests, and the Backend API's endpoint.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Asked},
    instance::Instance,
    mint::{self, Mint, Sealed},
    refused::Refused,
    secret::secret,
    setters::setters,
    tokens::Issued,
};
use crate::{clock::Timestamp, token::TokenType};

/// Describes the token of an OAuth application that this user has authorized, for a test. By default, it is an opaque
/// token, valid for an hour, without scopes.
///
/// [`build`](OAuthTokenBuilder::build) returns an [`OAuthToken`](crate::OAuthToken), for a function that takes one.
/// [`TestRequestExt::with_oauth_token`](super::TestRequestExt::with_oauth_token) adds it to a request.
/// [`LocalClerk::mint`](super::LocalClerk::mint) returns the token itself, as the application sends it.
///
/// ```
/// use clerk_actix::testing::{self, LocalClerk};
///
/// let app = testing::oauth_token("user_ada").client_id("client_1").scopes(["profile", "email"]);
/// assert_eq!(app.clone().build().client_id(), "client_1");
///
/// let clerk = LocalClerk::start()?;
/// assert!(clerk.mint(app.clone()).starts_with("oat_"));
/// assert!(clerk.mint(app.audience(["https://api.example.com"]).jwt()).starts_with("eyJ"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn oauth_token(user_id: impl Into<String>) -> OAuthTokenBuilder {
    OAuthTokenBuilder {
        id: None,
        user_id: user_id.into(),
        client_id: "client_test".to_owned(),
        lifetime: Some(Duration::from_secs(60 * 60)),
        scopes: Vec::new(),
        audience: None,
        is_jwt: false,
        claims: Map::new(),
        header: Map::new(),
        members: Map::new(),
        without: Vec::new(),
    }
}

/// A description of an OAuth access token, from [`oauth_token()`].
#[derive(Clone, Debug)]
#[must_use = "build it, mint it, or give it to a test request"]
pub struct OAuthTokenBuilder {
    id: Option<String>,
    user_id: String,
    client_id: String,
    lifetime: Option<Duration>,
    scopes: Vec<String>,
    audience: Option<Vec<String>>,
    is_jwt: bool,
    claims: Map<String, Value>,
    header: Map<String, Value>,
    members: Map<String, Value>,
    without: Vec<String>,
}

impl OAuthTokenBuilder {
    /// Sets the OAuth application's client ID. Default: `client_test`.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// Sets the audience (`aud`). Default: none.
    pub fn audience(mut self, audience: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = Some(audience.into_iter().map(Into::into).collect());
        self
    }

    setters! {
        /// Sets the token's ID. Default: random.
        id,
        /// Sets the scopes that the user has granted.
        scopes,
        /// Sets how long the token is valid. Default: an hour.
        lifetime,
        /// Makes the token a JWT.
        jwt,
        /// Sets any claim of a JWT. Overrides the other setters.
        claim,
        /// Leaves out a claim of a JWT, or a member of Clerk's JSON for an opaque token.
        without,
        /// Sets any member of a JWT's header, such as `kid`, `typ` or `cat`; `null` leaves it out.
        header,
        /// Sets any member of Clerk's JSON for an opaque token. Overrides the other setters.
        member,
    }

    fn issue(&self, clerk: &Instance) -> Issued {
        let now = clerk.clock.timestamp();
        let expires_at = mint::end(now, self.lifetime);
        let id = self.id.clone().unwrap_or_else(|| secret("oat_"));
        let text = if self.is_jwt { self.sign(clerk, &id) } else { secret("oat_") };
        let resource = self.describe(now, &id);
        Issued { token_type: TokenType::OAuthToken, text, resource, expires_at, is_jwt: self.is_jwt }
    }

    /// Returns Clerk's JSON for the token, with `id` unless the builder sets one.
    pub(super) fn describe(&self, now: Timestamp, id: &str) -> Map<String, Value> {
        let id = self.id.as_deref().unwrap_or(id);
        let expires_at = mint::end(now, self.lifetime);
        let mut resource = mint::resource("clerk_idp_oauth_access_token", id, now, expires_at);
        let own = json!({
            "type": "oauth:access_token",
            "client_id": self.client_id,
            "subject": self.user_id,
            "scopes": self.scopes,
            // Only for these tokens, Clerk gives times in seconds.
            "expiration": expires_at.map(|end| end.as_seconds()),
            "created_at": now.as_seconds(),
            "updated_at": now.as_seconds(),
        });
        resource.extend(mint::object(own));
        if let Some(audience) = &self.audience {
            resource.insert("aud".to_owned(), json!(audience));
        }
        mint::adjust(&mut resource, &self.members, &self.without);
        resource
    }

    fn sign(&self, clerk: &Instance, id: &str) -> String {
        let now = clerk.clock.timestamp();
        let mut claims = mint::jwt_claims(clerk, id, &self.user_id, now, mint::end(now, self.lifetime));
        claims.insert("client_id".to_owned(), json!(self.client_id));
        if !self.scopes.is_empty() {
            claims.insert("scope".to_owned(), json!(self.scopes.join(" ")));
        }
        if let Some(audience) = &self.audience {
            claims.insert("aud".to_owned(), json!(audience));
        }
        mint::adjust(&mut claims, &self.claims, &self.without);
        let mut header = mint::object(json!({ "typ": "at+jwt" }));
        header.extend(self.header.clone());
        clerk.sign(header, claims)
    }
}

impl Sealed for OAuthTokenBuilder {}

impl Mint for OAuthTokenBuilder {
    fn mint(self, clerk: &Instance) -> String {
        let issued = self.issue(clerk);
        clerk.tokens().add(issued)
    }
}

pub(super) fn verify(clerk: &Instance, asked: &Asked) -> Answer {
    let (tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    tokens.verify(TokenType::OAuthToken, asked.text("access_token")?, now).ok_or_else(Refused::not_found)
}
