//! The Backend API's endpoints for `LocalClerk`'s users and organizations, and for what signs a user in without a form.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    resources::{self, Api},
    secret::{random_id, secret},
};

/// How long a sign-in token works unless the call says otherwise: 30 days.
const TICKET_LIFETIME: u64 = 30 * 24 * 60 * 60;

pub(super) fn user(clerk: &Instance, asked: &Asked) -> Answer {
    let directory = clerk.directory();
    directory.user(asked.id()).map(resources::user).ok_or_else(Refused::not_found)
}

/// Lists users, those with the wanted IDs or email addresses.
pub(super) fn users(clerk: &Instance, asked: &Asked) -> Answer {
    Ok(asked.page("data", wanted(clerk, asked))["data"].take())
}

pub(super) fn count(clerk: &Instance, asked: &Asked) -> Answer {
    Ok(json!({ "object": "total_count", "total_count": wanted(clerk, asked).len() }))
}

fn wanted(clerk: &Instance, asked: &Asked) -> Vec<Value> {
    let directory = clerk.directory();
    let (ids, addresses) = (asked.all("user_id"), asked.all("email_address"));
    let users = directory.users().iter().filter(|user| {
        let has_address = addresses.iter().any(|address| user.email.eq_ignore_ascii_case(address));
        (ids.is_empty() || ids.contains(&user.id)) && (addresses.is_empty() || has_address)
    });
    // Newest first, as with Clerk's `order_by` by default.
    users.rev().map(resources::user).collect()
}

pub(super) fn memberships(clerk: &Instance, asked: &Asked) -> Answer {
    let directory = clerk.directory();
    let user = directory.user(asked.id()).ok_or_else(Refused::not_found)?;
    let all = directory.memberships_of(&user.id);
    let all = all.filter_map(|member| resources::membership(&directory, member, Api::Backend)).collect();
    Ok(asked.page("data", all))
}

pub(super) fn organization(clerk: &Instance, asked: &Asked) -> Answer {
    let directory = clerk.directory();
    let found = directory.organization(asked.id()).ok_or_else(Refused::not_found)?;
    let mut organization = resources::organization(&directory, found, Api::Backend);
    if asked.is_set("include_members_count") {
        organization["members_count"] = json!(directory.members_of(&found.id).count());
    }
    Ok(organization)
}

/// Creates a sign-in token: a ticket that signs the user in once.
pub(super) fn sign_in_token(clerk: &Instance, asked: &Asked) -> Answer {
    let (mut directory, now) = (clerk.directory(), clerk.clock.timestamp());
    let user_id = asked.text("user_id")?;
    if directory.user(user_id).is_none() {
        return Err(Refused::not_found());
    }
    let lifetime = asked.seconds("expires_in_seconds")?.unwrap_or(TICKET_LIFETIME);
    let token = directory.ticket(user_id, now.plus(Duration::from_secs(lifetime)));
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
