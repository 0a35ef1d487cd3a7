//! The JSON of Clerk's auth objects (PROTOCOL section 13): what `res.json(getAuth(req))` sends.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    ApiKey, Auth, Authorized, Credential, M2mToken, OAuthToken, Principal, RequireAuth, Session, SessionStatus,
    Unauthenticated, WithPending,
};
use crate::token::TokenType;

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

/// An API key that Clerk vouches for.
pub(super) fn api_key(key: &ApiKey) -> Value {
    json!({
        "tokenType": TokenType::ApiKey.as_str(),
        "isAuthenticated": true,
        "id": key.id(),
        "subject": key.subject(),
        "scopes": key.scopes(),
        "name": key.name(),
        "claims": key.claims(),
        "userId": key.user_id(),
        "orgId": key.org_id(),
    })
}

/// Another machine.
pub(super) fn m2m_token(token: &M2mToken) -> Value {
    json!({
        "tokenType": TokenType::M2mToken.as_str(),
        "isAuthenticated": true,
        "id": token.id(),
        "subject": token.machine_id(),
        "scopes": token.scopes(),
        "claims": token.claims(),
        "machineId": token.machine_id(),
    })
}

/// An OAuth application, and for whom it acts.
pub(super) fn oauth_token(token: &OAuthToken) -> Value {
    json!({
        "tokenType": TokenType::OAuthToken.as_str(),
        "isAuthenticated": true,
        "id": token.id(),
        "subject": token.user_id(),
        "scopes": token.scopes(),
        "userId": token.user_id(),
        "clientId": token.client_id(),
    })
}

/// Nobody: the members of the type that was asked for, all of them null.
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
        Some(token_type @ TokenType::ApiKey) => json!({
            "tokenType": token_type.as_str(), "isAuthenticated": false, "id": null, "subject": null, "scopes": null,
            "name": null, "claims": null, "userId": null, "orgId": null,
        }),
        Some(token_type @ TokenType::M2mToken) => json!({
            "tokenType": token_type.as_str(), "isAuthenticated": false, "id": null, "subject": null, "scopes": null,
            "claims": null, "machineId": null,
        }),
        Some(token_type @ TokenType::OAuthToken) => json!({
            "tokenType": token_type.as_str(), "isAuthenticated": false, "id": null, "subject": null, "scopes": null,
            "userId": null, "clientId": null,
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

impl<P, C: Credential> Serialize for Authorized<P, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.credential.to_json().serialize(serializer)
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

serialize_as_json!(Session, WithPending, ApiKey, M2mToken, OAuthToken, Principal);

impl Serialize for Unauthenticated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        unauthenticated(self).serialize(serializer)
    }
}
