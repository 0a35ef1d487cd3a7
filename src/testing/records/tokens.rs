//! Tokens for sign-in and impersonation.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    parts::{Call, new},
    store::Kind,
    users,
};
use crate::testing::{
    call::{Answer, Asked},
    instance::Instance,
    people,
    refused::Refused,
};

/// How long an actor token works unless the call says otherwise: an hour.
const ACTOR_TOKEN_LIFETIME: u64 = 60 * 60;

pub(super) fn calls() -> Vec<Call> {
    vec![
        (Method::POST, "/v1/sign_in_tokens/{id}/revoke", |clerk, asked| revoke(clerk, asked, Kind::SignInTokens)),
        (Method::POST, "/v1/actor_tokens", actor_token),
        (Method::POST, "/v1/actor_tokens/{id}/revoke", |clerk, asked| revoke(clerk, asked, Kind::ActorTokens)),
    ]
}

/// Creates a token that signs its user in, unless it is revoked.
pub(in crate::testing) fn sign_in_token(clerk: &Instance, asked: &Asked) -> Answer {
    let token = people::sign_in_token(clerk, asked)?;
    Ok(clerk.records().create(Kind::SignInTokens, token))
}

/// Creates a token that signs its actor in as its user, unless it is revoked.
fn actor_token(clerk: &Instance, asked: &Asked) -> Answer {
    let user_id = asked.text("user_id")?;
    users::find(clerk, user_id)?;
    if !asked.body["actor"]["sub"].is_string() {
        return Err(Refused::bad_request());
    }
    let lifetime = Duration::from_secs(asked.seconds("expires_in_seconds")?.unwrap_or(ACTOR_TOKEN_LIFETIME));
    let expires_at = clerk.clock.timestamp().plus(lifetime);
    let token = clerk.directory().ticket(user_id, asked.body["actor"].clone(), expires_at);
    let url = format!("{}/v1/tickets/accept?ticket={token}", clerk.issuer());
    let members = json!({
        "status": "pending", "user_id": user_id, "actor": asked.body["actor"], "token": token, "url": url,
    });
    Ok(clerk.records().create(Kind::ActorTokens, new(clerk, "actor_token", "act_", members)))
}

/// The token itself is in the first response only. It does not sign anybody in any more.
fn revoke(clerk: &Instance, asked: &Asked, kind: Kind) -> Answer {
    let found = clerk.records().find(kind, asked.id())?;
    if found["status"] != "pending" {
        let message = "The token was revoked or used before.";
        return Err(Refused::new(StatusCode::BAD_REQUEST, "token_not_pending", message));
    }
    if let Some(ticket) = found["token"].as_str() {
        clerk.directory().redeem(ticket, clerk.clock.timestamp());
    }
    let mut records = clerk.records();
    records.set(clerk.clock.timestamp(), asked.id(), Map::from_iter([("status".to_owned(), json!("revoked"))]));
    let mut revoked: Value = records.find(kind, asked.id())?;
    if let Some(members) = revoked.as_object_mut() {
        members.retain(|name, _| !matches!(name.as_str(), "token" | "url"));
    }
    Ok(revoked)
}
