//! How tokens are minted: what the builders of tokens implement, and the claims and the JSON that they have in common.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{instance::Instance, session::SessionBuilder};
use crate::clock::{Timestamp, millis};

/// A description of a token that [`LocalClerk::mint`](super::LocalClerk::mint) can mint.
///
/// Implemented by [`SessionBuilder`], [`ApiKeyBuilder`](super::ApiKeyBuilder),
/// [`M2mTokenBuilder`](super::M2mTokenBuilder) and [`OAuthTokenBuilder`](super::OAuthTokenBuilder).
pub trait Mint: Sealed {
    #[doc(hidden)]
    fn mint(self, clerk: &Instance) -> String;
}

/// Restricts the traits of this module to types that this crate chooses, so that they can get more methods.
pub trait Sealed {}

impl Sealed for SessionBuilder {}

impl Mint for SessionBuilder {
    fn mint(self, clerk: &Instance) -> String {
        clerk.browsers().minted(&self, clerk.clock.timestamp());
        clerk.mint_session(&self)
    }
}

/// Returns the claims that every machine JWT of an instance has.
pub(super) fn jwt_claims(
    clerk: &Instance,
    id: &str,
    subject: &str,
    now: Timestamp,
    end: Option<Timestamp>,
) -> Map<String, Value> {
    object(json!({
        "iss": clerk.issuer(),
        "sub": subject,
        "jti": id,
        "iat": now.as_seconds(),
        "nbf": now.as_seconds() - 10,
        "exp": end.map(Timestamp::as_seconds),
    }))
}

/// Returns the JSON members that tokens of all types have.
pub(super) fn resource(kind: &str, id: &str, now: Timestamp, expires_at: Option<Timestamp>) -> Map<String, Value> {
    object(json!({
        "object": kind,
        "id": id,
        "scopes": [],
        "revoked": false,
        "revocation_reason": null,
        "expired": false,
        "expiration": expires_at.map(Timestamp::as_millis),
        "created_at": now.as_millis(),
        "updated_at": now.as_millis(),
    }))
}

/// Returns when a token expires, or `None` if it never does.
pub(super) fn end(now: Timestamp, lifetime: Option<Duration>) -> Option<Timestamp> {
    lifetime.filter(|lifetime| millis(*lifetime) < i64::MAX).map(|lifetime| now.plus(lifetime))
}

/// Applies the overrides of a test: members to set, and members to leave out.
pub(super) fn adjust(members: &mut Map<String, Value>, set: &Map<String, Value>, without: &[String]) {
    members.extend(set.clone());
    members.retain(|name, _| !without.contains(name));
}

/// Returns the members of a JSON object that `json!` has written.
pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
