//! The opaque tokens that a `LocalClerk` instance has issued, and their status.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{clock::Timestamp, token::TokenType};

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
    /// `true` if the text is a JWT instead of an opaque token.
    pub(super) is_jwt: bool,
}

impl Tokens {
    /// Adds a token and returns its text. A JWT is verified by its signature: Clerk stores none.
    pub(super) fn add(&mut self, issued: Issued) -> String {
        let text = issued.text.clone();
        if !issued.is_jwt {
            self.by_text.insert(text.clone(), self.issued.len());
            self.issued.push(issued);
        }
        text
    }

    /// Returns Clerk's JSON for the token with this text, if the token is neither revoked nor expired.
    pub(super) fn verify(&self, token_type: TokenType, text: &str, now: Timestamp) -> Option<Value> {
        let token = self.by_text.get(text).and_then(|index| self.issued.get(*index))?;
        (token.token_type == token_type && token.stands(now)).then(|| token.described(now))
    }

    pub(super) fn by_id(&mut self, token_type: TokenType, id: &str) -> Option<&mut Issued> {
        self.issued.iter_mut().find(|token| token.token_type == token_type && token.resource["id"] == id)
    }

    pub(super) fn newest_first(&self, token_type: TokenType) -> impl Iterator<Item = &Issued> {
        self.issued.iter().rev().filter(move |token| token.token_type == token_type)
    }

    /// Revokes the token with this id, and returns Clerk's JSON for it, if the token exists.
    pub(super) fn revoke_by_id(
        &mut self,
        token_type: TokenType,
        id: &str,
        reason: Value,
        now: Timestamp,
    ) -> Option<Value> {
        let token = self.by_id(token_type, id)?;
        token.revoke(reason);
        Some(token.described(now))
    }

    /// Deletes the token with this id. Returns whether it existed.
    pub(super) fn delete(&mut self, token_type: TokenType, id: &str) -> bool {
        let before = self.issued.len();
        self.issued.retain(|token| token.token_type != token_type || token.resource["id"] != id);
        self.by_text = self.issued.iter().enumerate().map(|(index, token)| (token.text.clone(), index)).collect();
        self.issued.len() < before
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
    fn revoke(&mut self, reason: Value) {
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
