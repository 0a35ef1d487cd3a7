//! Users, and sessions that are created for them.

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::{
    parts::{Call, metadata, named, unprocessable},
    store::id,
};
use crate::testing::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    resources,
    secret::random_id,
    session::session,
    users,
};

/// What a user has as it was sent.
const PLAIN: [&str; 14] = [
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "username",
    "primary_email_address_id",
    "delete_self_enabled",
    "create_organization_enabled",
    "create_organizations_limit",
    "public_metadata",
    "private_metadata",
    "unsafe_metadata",
    "banned",
    "locked",
];

pub(super) fn calls() -> Vec<Call> {
    let post = Method::POST;
    vec![
        (post.clone(), "/v1/users", create),
        (post.clone(), "/v1/users/ban", |clerk, asked| each(clerk, asked, true)),
        (post.clone(), "/v1/users/unban", |clerk, asked| each(clerk, asked, false)),
        (Method::PATCH, "/v1/users/{id}", |clerk, asked| change(clerk, asked.id(), named(&asked.body, &PLAIN))),
        (Method::DELETE, "/v1/users/{id}", delete),
        (post.clone(), "/v1/users/{id}/ban", |clerk, asked| ban(clerk, asked.id(), true)),
        (post.clone(), "/v1/users/{id}/unban", |clerk, asked| ban(clerk, asked.id(), false)),
        (post.clone(), "/v1/users/{id}/lock", |clerk, asked| mark(clerk, asked.id(), "locked", true)),
        (post.clone(), "/v1/users/{id}/unlock", |clerk, asked| mark(clerk, asked.id(), "locked", false)),
        (post.clone(), "/v1/users/{id}/profile_image", |clerk, asked| mark(clerk, asked.id(), "has_image", true)),
        (Method::DELETE, "/v1/users/{id}/profile_image", |clerk, asked| mark(clerk, asked.id(), "has_image", false)),
        (Method::PATCH, "/v1/users/{id}/metadata", |clerk, asked| set_metadata(clerk, asked, true)),
        (Method::PUT, "/v1/users/{id}/metadata", |clerk, asked| set_metadata(clerk, asked, false)),
        (post, "/v1/sessions", begin_session),
    ]
}

pub(in crate::testing) fn user(clerk: &Instance, asked: &Asked) -> Answer {
    find(clerk, asked.id())
}

pub(in crate::testing) fn list(clerk: &Instance, asked: &Asked) -> Answer {
    let mut users = wanted(clerk, asked);
    if let Some(last) = asked.parameter("starting_after") {
        let position = users.iter().position(|user| id(user) == last);
        users.drain(..=position.ok_or_else(Refused::bad_request)?);
    }
    Ok(asked.page("data", users)["data"].take())
}

pub(in crate::testing) fn count(clerk: &Instance, asked: &Asked) -> Answer {
    Ok(json!({ "object": "total_count", "total_count": wanted(clerk, asked).len() }))
}

pub(super) fn find(clerk: &Instance, id: &str) -> Answer {
    let directory = clerk.directory();
    let user = directory.user(id).ok_or_else(Refused::not_found)?;
    Ok(clerk.records().changed(resources::user(user)))
}

/// The users that the filters leave, newest first unless the order is by creation.
fn wanted(clerk: &Instance, asked: &Asked) -> Vec<Value> {
    let directory = clerk.directory();
    let records = clerk.records();
    let is = |user: &Value, parameter: &str, member: &str| {
        let wanted = asked.all(parameter);
        wanted.is_empty() || wanted.iter().any(|wanted| user[member] == **wanted)
    };
    let is_banned = |user: &Value| asked.parameter("banned").is_none_or(|wanted| user["banned"] == (wanted == "true"));
    let has_address = |user: &Value| {
        let wanted = asked.all("email_address");
        let mut known = user["email_addresses"].as_array().into_iter().flatten();
        let is_wanted = |address: &Value| {
            let address = address["email_address"].as_str().unwrap_or_default();
            wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(address))
        };
        wanted.is_empty() || known.any(is_wanted)
    };
    let is_member = |user: &Value| {
        let wanted = asked.all("organization_id");
        wanted.is_empty() || wanted.iter().any(|organization| directory.member(organization, id(user)).is_some())
    };
    let contains = |user: &Value| {
        let text = user.to_string().to_lowercase();
        asked.parameter("query").is_none_or(|wanted| text.contains(&wanted.to_lowercase()))
    };
    let users = directory.users().iter().rev().map(|user| records.changed(resources::user(user)));
    let mut users: Vec<Value> = users
        .filter(|user| {
            is(user, "user_id", "id")
                && is(user, "external_id", "external_id")
                && is(user, "username", "username")
                && is_banned(user)
                && has_address(user)
                && is_member(user)
                && contains(user)
        })
        .collect();
    if matches!(asked.parameter("order_by"), Some("created_at" | "+created_at")) {
        users.reverse();
    }
    users
}

/// Creates a user, who can also sign in.
fn create(clerk: &Instance, asked: &Asked) -> Answer {
    let text = |name: &str| asked.body[name].as_str().unwrap_or_default();
    let address = asked.body["email_address"][0].as_str();
    let created = {
        let mut directory = clerk.directory();
        if address.is_some_and(|address| directory.user_by_email(address).is_some()) {
            return Err(unprocessable("form_identifier_exists", "That email address is taken. Please try another."));
        }
        let name = format!("{} {}", text("first_name"), text("last_name"));
        let user = users::user(address.unwrap_or_default()).name(name.trim());
        let user = match asked.body["password"].as_str() {
            Some(password) => user.password(password),
            None => user.without_password(),
        };
        directory.add(user, clerk.clock.timestamp().as_millis())
    };
    let mut members = named(&asked.body, &PLAIN);
    if address.is_none() {
        members
            .extend([("email_addresses".to_owned(), json!([])), ("primary_email_address_id".to_owned(), Value::Null)]);
    }
    change(clerk, &created.id, members)
}

fn delete(clerk: &Instance, asked: &Asked) -> Answer {
    find(clerk, asked.id())?;
    clerk.browsers().revoke(asked.id());
    clerk.directory().delete_user(asked.id());
    Ok(json!({ "object": "user", "id": asked.id(), "deleted": true }))
}

fn change(clerk: &Instance, id: &str, members: Map<String, Value>) -> Answer {
    find(clerk, id)?;
    clerk.records().set(clerk.clock.timestamp(), id, members);
    find(clerk, id)
}

fn set_metadata(clerk: &Instance, asked: &Asked, merges: bool) -> Answer {
    let members = metadata(&find(clerk, asked.id())?, asked, merges);
    change(clerk, asked.id(), members)
}

fn mark(clerk: &Instance, id: &str, name: &str, value: bool) -> Answer {
    change(clerk, id, Map::from_iter([(name.to_owned(), json!(value))]))
}

/// A banned user's sessions end.
fn ban(clerk: &Instance, id: &str, is_banned: bool) -> Answer {
    let user = mark(clerk, id, "banned", is_banned)?;
    if is_banned {
        clerk.browsers().revoke(id);
    }
    Ok(user)
}

fn each(clerk: &Instance, asked: &Asked, is_banned: bool) -> Answer {
    let ids = asked.body["user_ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(Value::Array(ids.map(|id| ban(clerk, id, is_banned)).collect::<Result<_, _>>()?))
}

fn begin_session(clerk: &Instance, asked: &Asked) -> Answer {
    let user_id = asked.text("user_id")?;
    if find(clerk, user_id)?["banned"] == true {
        return Err(unprocessable("user_banned", "The user is banned."));
    }
    let session_id = random_id("sess_");
    let mut description = session(user_id).session_id(&session_id);
    if let Some(organization) = asked.body["active_organization_id"].as_str() {
        let directory = clerk.directory();
        let member = directory.member(organization, user_id).and_then(|member| directory.described(member));
        description = member.ok_or_else(Refused::not_found)?.activate(description);
    }
    let mut browsers = clerk.browsers();
    browsers.minted(&description, clerk.clock.timestamp());
    browsers.find(&session_id).map(|session| session.resource()).ok_or_else(Refused::not_found)
}
