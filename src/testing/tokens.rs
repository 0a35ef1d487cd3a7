//! The opaque tokens that a `LocalClerk` instance has issued, and their status.

use std::{collections::HashMap, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    backend_api::{Answer, Asked, Refused},
    local_clerk::Shared,
};
use crate::{
    clock::{Timestamp, millis},
    token::TokenType,
};

/// A description of a token that [`LocalClerk::mint`](super::LocalClerk::mint) can mint.
///
/// Implemented by [`SessionBuilder`](super::SessionBuilder), [`ApiKeyBuilder`](super::ApiKeyBuilder),
/// [`M2mTokenBuilder`](super::M2mTokenBuilder) and [`OAuthTokenBuilder`](super::OAuthTokenBuilder).
pub trait Mint: private::Sealed {
    #[doc(hidden)]
    fn mint(&self, instance: private::Instance<'_>) -> String;
}

pub(super) mod private {
    use super::Shared;

    /// Restricts the trait to this module's types.
    pub trait Sealed {}

    /// The instance that mints a token.
    #[derive(Clone, Copy)]
    #[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
    pub struct Instance<'i>(pub(in super::super) &'i Shared);
}

/// All opaque tokens that were issued, oldest first.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: Vec<Issued>,
    by_text: HashMap<String, usize>,
}

/// A token that was issued.
#[derive(Clone, Debug)]
pub(super) struct Issued {
    pub(super) token_type: TokenType,
    /// The token itself.
    pub(super) text: String,
    /// Clerk's JSON for the token, without its expiry applied.
    pub(super) resource: Map<String, Value>,
    pub(super) expires_at: Option<Timestamp>,
}

impl Tokens {
    pub(super) fn add(&mut self, issued: Issued) {
        self.by_text.insert(issued.text.clone(), self.issued.len());
        self.issued.push(issued);
    }

    /// Finds a token by its text.
    pub(super) fn by_text(&self, token_type: TokenType, text: &str) -> Option<&Issued> {
        self.by_text.get(text).and_then(|index| self.issued.get(*index)).filter(|token| token.token_type == token_type)
    }

    pub(super) fn by_id(&mut self, token_type: TokenType, id: &str) -> Option<&mut Issued> {
        self.issued.iter_mut().find(|token| token.token_type == token_type && token.resource["id"] == id)
    }

    pub(super) fn newest_first(&self, token_type: TokenType) -> impl Iterator<Item = &Issued> {
        self.issued.iter().rev().filter(move |token| token.token_type == token_type)
    }

    /// Revokes a token of any type, by its text or its id. Returns whether it exists.
    pub(super) fn revoke(&mut self, token_or_id: &str) -> bool {
        let index = self.by_text.get(token_or_id).copied();
        let index = index.or_else(|| self.issued.iter().position(|token| token.resource["id"] == token_or_id));
        let Some(issued) = index.and_then(|index| self.issued.get_mut(index)) else { return false };
        issued.revoke(Value::Null);
        true
    }
}

impl Issued {
    pub(super) fn revoke(&mut self, reason: Value) {
        self.resource.insert("revoked".to_owned(), Value::Bool(true));
        self.resource.insert("revocation_reason".to_owned(), reason);
    }

    pub(super) fn is_revoked(&self) -> bool {
        self.resource.get("revoked") == Some(&Value::Bool(true))
    }

    pub(super) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }

    pub(super) fn stands(&self, now: Timestamp) -> bool {
        !self.is_revoked() && !self.is_expired(now)
    }

    /// Returns Clerk's JSON for the token at this time.
    pub(super) fn described(&self, now: Timestamp) -> Value {
        let mut resource = self.resource.clone();
        if self.is_expired(now) {
            resource.insert("expired".to_owned(), Value::Bool(true));
        }
        Value::Object(resource)
    }

    /// Returns the JSON with the token itself, which Clerk shows only once, on creation.
    pub(super) fn shown_once(&self, member: &str) -> Value {
        let mut resource = self.resource.clone();
        resource.insert(member.to_owned(), Value::String(self.text.clone()));
        Value::Object(resource)
    }
}

/// Answers `POST …/verify`: the token's JSON, or 404.
pub(super) fn verify(clerk: &Shared, token_type: TokenType, text: &str) -> Answer {
    let (tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let found = tokens.by_text(token_type, text).filter(|token| token.stands(now));
    found.map(|token| token.described(now)).ok_or_else(Refused::not_found)
}

/// Answers `POST …/{id}/revoke`.
pub(super) fn revoke(clerk: &Shared, token_type: TokenType, asked: &Asked) -> Answer {
    let (mut tokens, now) = (clerk.tokens(), clerk.clock.timestamp());
    let token = tokens.by_id(token_type, asked.id()).ok_or_else(Refused::not_found)?;
    token.revoke(asked.body.get("revocation_reason").cloned().unwrap_or_default());
    Ok(token.described(now))
}

/// Returns the JSON members that tokens of all types have.
pub(super) fn resource(object: &str, id: &str, now: Timestamp, expires_at: Option<Timestamp>) -> Map<String, Value> {
    let resource = json!({
        "object": object,
        "id": id,
        "scopes": [],
        "revoked": false,
        "revocation_reason": null,
        "expired": false,
        "expiration": expires_at.map(Timestamp::as_millis),
        "created_at": now.as_millis(),
        "updated_at": now.as_millis(),
    });
    resource.as_object().cloned().unwrap_or_default()
}

pub(super) fn end(now: Timestamp, lifetime: Option<Duration>) -> Option<Timestamp> {
    lifetime.filter(|lifetime| millis(*lifetime) < i64::MAX).map(|lifetime| now.plus(lifetime))
}

/// Returns the claims that every machine JWT of an instance has.
pub(super) fn jwt_claims(
    clerk: &Shared,
    id: &str,
    subject: &str,
    now: Timestamp,
    end: Option<Timestamp>,
) -> Map<String, Value> {
    let claims = json!({
        "iss": clerk.issuer(),
        "sub": subject,
        "jti": id,
        "iat": now.as_seconds(),
        "nbf": now.as_seconds() - 10,
        "exp": end.map(Timestamp::as_seconds),
    });
    claims.as_object().cloned().unwrap_or_default()
}

/// Applies the overrides of a test: members to set, and members to leave out.
pub(super) fn adjust(members: &mut Map<String, Value>, set: &Map<String, Value>, without: &[String]) {
    members.extend(set.clone());
    members.retain(|name, _| !without.contains(name));
}
