//! The JSON of Clerk's auth objects (PROTOCOL section 13): what `res.json(getAuth(req))` sends.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    Auth, Credential, Principal, RequireAuth, Session, SessionStatus, TokenType, Unauthenticated, WithPending,
};

/// A signed-in user. What a token lacks is null.
pub(super) fn session(session: &Session) -> Value {
    let claim = |name: &str| session.claims().get(name).cloned().unwrap_or_default();
    json!({
        "tokenType": TokenType::SessionToken.as_str(),
        "isAuthenticated": true,
        "userId": session.user_id(),
        "sessionId": claim("sid"),
        "sessionStatus": claim("sts"),
        "sessionClaims": session.claims(),
        "actor": claim("act"),
        "orgId": session.org_id(),
        "orgRole": session.org_role(),
        "orgSlug": session.org_slug(),
        "orgPermissions": session.organization().and_then(|organization| organization.permissions.as_deref()),
        "factorVerificationAge": claim("fva"),
    })
}

fn unauthenticated(why: &Unauthenticated) -> Value {
    match why.token_type {
        Some(TokenType::SessionToken) => json!({
            "tokenType": TokenType::SessionToken.as_str(),
            "isAuthenticated": false,
            "userId": null,
            "sessionId": null,
            "sessionStatus": why.session_status.map(|status| match status {
                SessionStatus::Active => "active",
                SessionStatus::Pending => "pending",
            }),
            "sessionClaims": null,
            "actor": null,
            "orgId": null,
            "orgRole": null,
            "orgSlug": null,
            "orgPermissions": null,
            "factorVerificationAge": null,
        }),
        None => json!({ "tokenType": null, "isAuthenticated": false }),
    }
}

impl<C: Credential> Serialize for Auth<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Authenticated(credential) => credential.to_json().serialize(serializer),
            Self::Unauthenticated(why) => unauthenticated(why).serialize(serializer),
        }
    }
}

impl<C: Credential> Serialize for RequireAuth<C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.to_json().serialize(serializer)
    }
}

macro_rules! serialize_as_json {
    ($($credential:ty),*) => {$(
        impl Serialize for $credential {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.to_json().serialize(serializer)
            }
        }
    )*};
}

serialize_as_json!(Session, WithPending, Principal);

impl Serialize for Unauthenticated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        unauthenticated(self).serialize(serializer)
    }
}
