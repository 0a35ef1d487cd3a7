//! The JSON of Clerk's auth objects (PROTOCOL section 13), as `res.json(getAuth(req))` sends it.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{
    machine::{ApiKey, M2mToken, OAuthToken},
    principal::Principal,
    session::Session,
    session_status::SessionStatus,
    unauthenticated::Unauthenticated,
};
use crate::token::TokenType;

/// A signed-in user. As in Clerk's SDKs, members that the token does not contain are left out, except for the status
/// and the factor ages, which are null then; and claims are passed on unchanged. Authorization decisions are
/// left to [`Session`]'s methods, which interpret the claims further.
pub(crate) fn session(session: &Session) -> Value {
    let claims = session.claims();
    let mut json = Map::new();
    let mut say = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            json.insert(name.to_owned(), value);
        }
    };
    let claim = |name: &str| claims.get(name).cloned();
    say("tokenType", Some(TokenType::SessionToken.as_str().into()));
    say("isAuthenticated", Some(true.into()));
    say("userId", Some(session.user_id().into()));
    say("sessionId", claim("sid"));
    say("sessionStatus", Some(claim("sts").unwrap_or_default()));
    say("sessionClaims", Some(claims.clone().into()));
    say("actor", claim("act"));
    match (session.packed_permissions(), claims.get("o")) {
        (Some(permissions), Some(organization)) if is_truthy(organization) => {
            let part = |name: &str| organization.get(name).cloned();
            let role = organization.get("rol").and_then(Value::as_str).filter(|role| !role.is_empty());
            say("orgId", part("id"));
            say("orgRole", role.map(|role| format!("org:{role}").into()));
            say("orgSlug", part("slg"));
            say("orgPermissions", Some(permissions.into()));
        }
        (Some(_), _) => {}
        (None, _) => {
            say("orgId", claim("org_id"));
            say("orgRole", claim("org_role"));
            say("orgSlug", claim("org_slug"));
            say("orgPermissions", claim("org_permissions"));
        }
    }
    say("factorVerificationAge", Some(claim("fva").unwrap_or_default()));
    json.into()
}

/// JavaScript's truthiness.
fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// An API key that Clerk has verified.
pub(crate) fn api_key(key: &ApiKey) -> Value {
    let mut json = json!({
        "tokenType": TokenType::ApiKey.as_str(),
        "isAuthenticated": true,
        "id": key.id(),
        "subject": key.subject(),
        "scopes": key.scopes(),
        "claims": key.claims(),
        "userId": key.user_id(),
        "orgId": key.org_id(),
    });
    // A key without a name has no `name` member, rather than an empty one.
    if !key.name().is_empty() {
        json["name"] = key.name().into();
    }
    json
}

/// Another machine.
pub(crate) fn m2m_token(token: &M2mToken) -> Value {
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

/// An OAuth application, and the user it acts for.
pub(crate) fn oauth_token(token: &OAuthToken) -> Value {
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

/// An unauthenticated caller: the members of the requested type, all null.
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

/// A caller of any type.
pub(crate) fn principal(principal: &Principal) -> Value {
    match principal {
        Principal::Session(caller) => session(caller),
        Principal::ApiKey(caller) => api_key(caller),
        Principal::M2mToken(caller) => m2m_token(caller),
        Principal::OAuthToken(caller) => oauth_token(caller),
    }
}

macro_rules! serialize_as_json {
    ($($caller:ty => $json:ident),*) => {$(
        impl Serialize for $caller {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $json(self).serialize(serializer)
            }
        }
    )*};
}

serialize_as_json!(
    Session => session, ApiKey => api_key, M2mToken => m2m_token, OAuthToken => oauth_token, Principal => principal,
    Unauthenticated => unauthenticated
);

#[cfg(test)]
mod tests;
