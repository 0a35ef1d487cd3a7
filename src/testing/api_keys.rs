//! `LocalClerk`'s API keys: the builder for tests, and the Backend API's endpoints.

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

/// Describes an API key of a user (`user_…`) or an organization (`org_…`) for a test. By default, it never expires and
/// has no scopes or claims.
///
/// [`build`](ApiKeyBuilder::build) returns an [`ApiKey`](crate::ApiKey), for a function that takes one.
/// [`TestRequestExt::with_api_key`](super::TestRequestExt::with_api_key) adds it to a request.
/// [`LocalClerk::mint`](super::LocalClerk::mint) returns the key itself, as a client sends it.
///
/// ```
/// use clerk_actix::testing::{self, LocalClerk};
///
/// let nightly = testing::api_key("user_ada").name("Nightly export").scopes(["exports:read"]);
/// assert!(nightly.clone().build().has_scope("exports:read"));
///
/// let clerk = LocalClerk::start()?;
/// assert!(clerk.mint(nightly).starts_with("ak_"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn api_key(subject: impl Into<String>) -> ApiKeyBuilder {
    let members = Map::from_iter([("subject".to_owned(), Value::String(subject.into()))]);
    ApiKeyBuilder { id: None, lifetime: None, claims: Map::new(), members, without: Vec::new() }
}

/// A description of an API key, from [`api_key()`].
#[derive(Clone, Debug)]
#[must_use = "build it, mint it, or give it to a test request"]
pub struct ApiKeyBuilder {
    id: Option<String>,
    lifetime: Option<Duration>,
    claims: Map<String, Value>,
    members: Map<String, Value>,
    without: Vec<String>,
}

impl ApiKeyBuilder {
    /// Sets the key's display name.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.member("name", name.into())
    }

    /// Sets the scopes that the key grants.
    pub fn scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        self.member("scopes", scopes)
    }

    /// Sets the user who created the key.
    pub fn created_by(self, user_id: impl Into<String>) -> Self {
        self.member("created_by", user_id.into())
    }

    setters! {
        /// Sets the key's ID. Default: random.
        id,
        /// Adds a claim.
        claim,
        /// Sets how long the key is valid. Default: forever.
        lifetime,
        /// Sets any member of Clerk's JSON for the key. Overrides the other setters.
        member,
        /// Leaves a member of the JSON out.
        without,
    }

    fn issue(&self, clerk: &Instance) -> Issued {
        let now = clerk.clock.timestamp();
        let resource = self.describe(now, &secret("ak_"));
        let expires_at = mint::end(now, self.lifetime);
        Issued { token_type: TokenType::ApiKey, text: secret("ak_"), resource, expires_at, is_jwt: false }
    }

    /// Returns Clerk's JSON for the key, with `id` unless the builder sets one.
    pub(super) fn describe(&self, now: Timestamp, id: &str) -> Map<String, Value> {
        let id = self.id.as_deref().unwrap_or(id);
        let mut resource = mint::resource("api_key", id, now, mint::end(now, self.lifetime));
        let own = json!({
            "type": "api_key",
            "name": "A key",
            "claims": (!self.claims.is_empty()).then_some(&self.claims),
            "created_by": null,
            "description": null,
            "last_used_at": null,
        });
        resource.extend(mint::object(own));
        mint::adjust(&mut resource, &self.members, &self.without);
        resource
    }
}

impl Sealed for ApiKeyBuilder {}

impl Mint for ApiKeyBuilder {
    fn mint(self, clerk: &Instance) -> String {
        let issued = self.issue(clerk);
        clerk.tokens().add(issued)
    }
}

pub(super) fn verify(clerk: &Instance, asked: &Asked) -> Answer {
    let (tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    tokens.verify(TokenType::ApiKey, asked.text("secret")?, now).ok_or_else(Refused::not_found)
}

pub(super) fn create(clerk: &Instance, asked: &Asked) -> Answer {
    let mut key = api_key(asked.text("subject")?).name(asked.text("name")?);
    if let Some(lifetime) = asked.seconds("seconds_until_expiration")? {
        key = key.lifetime(Duration::from_secs(lifetime));
    }
    for name in ["scopes", "claims", "description", "created_by"] {
        if let Some(value) = asked.body.get(name) {
            key = key.member(name, value.clone());
        }
    }
    let issued = key.issue(clerk);
    let answer = issued.shown_once("secret");
    clerk.tokens().add(issued);
    Ok(answer)
}

pub(super) fn list(clerk: &Instance, asked: &Asked) -> Answer {
    let subject = asked.parameter("subject").ok_or_else(Refused::bad_request)?;
    let (tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let is_asked_for = |key: &&Issued| {
        key.resource.get("subject").is_some_and(|of| of == subject)
            && (key.stands(now) || asked.is_set("include_invalid"))
    };
    let keys = tokens.newest_first(TokenType::ApiKey).filter(is_asked_for).map(|key| key.described(now)).collect();
    Ok(asked.page("data", keys))
}

pub(super) fn get(clerk: &Instance, asked: &Asked) -> Answer {
    let (mut tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    tokens.by_id(TokenType::ApiKey, asked.id()).map(|key| key.described(now)).ok_or_else(Refused::not_found)
}

pub(super) fn update(clerk: &Instance, asked: &Asked) -> Answer {
    let (mut tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let lifetime = asked.seconds("seconds_until_expiration")?.map(Duration::from_secs);
    let key = tokens.by_id(TokenType::ApiKey, asked.id()).ok_or_else(Refused::not_found)?;
    for name in ["subject", "scopes", "claims", "description"] {
        if let Some(value) = asked.body.get(name) {
            key.resource.insert(name.to_owned(), value.clone());
        }
    }
    if lifetime.is_some() {
        key.expires_at = mint::end(now, lifetime);
        key.resource.insert("expiration".to_owned(), json!(key.expires_at.map(Timestamp::as_millis)));
    }
    key.resource.insert("updated_at".to_owned(), json!(now.as_millis()));
    Ok(key.described(now))
}

pub(super) fn revoke(clerk: &Instance, asked: &Asked) -> Answer {
    let (mut tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let reason = asked.body.get("revocation_reason").cloned().unwrap_or_default();
    tokens.revoke_by_id(TokenType::ApiKey, asked.id(), reason, now).ok_or_else(Refused::not_found)
}

pub(super) fn delete(clerk: &Instance, asked: &Asked) -> Answer {
    let is_deleted = clerk.tokens().delete(TokenType::ApiKey, asked.id());
    is_deleted.then(|| json!({ "object": "api_key", "id": asked.id(), "deleted": true })).ok_or_else(Refused::not_found)
}

/// Returns the key itself.
pub(super) fn reveal(clerk: &Instance, asked: &Asked) -> Answer {
    let mut tokens = clerk.tokens();
    let key = tokens.by_id(TokenType::ApiKey, asked.id()).ok_or_else(Refused::not_found)?;
    Ok(json!({ "secret": key.text }))
}
