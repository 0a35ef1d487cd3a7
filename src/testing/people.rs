//! The Backend API's endpoints for what signs a user in without a form.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    secret::{random_id, secret},
};

/// How long a sign-in token works unless the call says otherwise: 30 days.
const TICKET_LIFETIME: u64 = 30 * 24 * 60 * 60;

/// Creates a sign-in token: a ticket that signs the user in once.
pub(super) fn sign_in_token(clerk: &Instance, asked: &Asked) -> Answer {
    let (mut directory, now) = (clerk.directory(), clerk.clock.timestamp());
    let user_id = asked.text("user_id")?;
    if directory.user(user_id).is_none() {
        return Err(Refused::not_found());
    }
    let lifetime = asked.seconds("expires_in_seconds")?.unwrap_or(TICKET_LIFETIME);
    let token = directory.ticket(user_id, Value::Null, now.plus(Duration::from_secs(lifetime)));
    Ok(json!({
        "object": "sign_in_token",
        "id": random_id("sit_"),
        "status": "pending",
        "user_id": user_id,
        "token": token,
        "url": format!("http://localhost:{}/sign-in?__clerk_ticket={token}", clerk.port),
        "created_at": now.as_millis(),
        "updated_at": now.as_millis(),
    }))
}

/// Creates a testing token. It has no effect, because this instance has no protection against bots.
pub(super) fn testing_token(clerk: &Instance, _: &Asked) -> Answer {
    let expires_at = clerk.now().saturating_add(60 * 60);
    Ok(json!({ "object": "testing_token", "token": secret("testing_token_"), "expires_at": expires_at }))
}
