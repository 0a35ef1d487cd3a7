//! What calls of the Backend API change in a `LocalClerk`, besides what its directory has: metadata, bans, invitations to the
//! application, and tokens.

mod invitations;
mod organizations;
mod tokens;
mod users;

use std::collections::HashMap;

use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    secret::random_id,
};

/// Records that only the Backend API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Invitations,
    SignInTokens,
    ActorTokens,
}

/// Members of resources that calls have set, by the resource's ID, and records of the kinds above.
///
/// Whoever also needs the directory locks that first.
#[derive(Debug, Default)]
pub(super) struct Records {
    changes: HashMap<String, Map<String, Value>>,
    created: HashMap<Kind, Vec<Value>>,
}

/// A call: its method, its path, and its handler.
pub(super) type Call = (Method, &'static str, fn(&Instance, &Asked) -> Answer);

/// Returns the calls that have no endpoint of their own.
pub(super) fn calls() -> impl Iterator<Item = Call> {
    [users::calls(), organizations::calls(), invitations::calls(), tokens::calls()].into_iter().flatten()
}

pub(super) use organizations::{memberships_of_user, organization};
pub(super) use tokens::sign_in_token;
pub(super) use users::{count, list, user};

impl Records {
    /// Returns a resource with what calls have set of it.
    fn changed(&self, mut resource: Value) -> Value {
        let changes = self.changes.get(id(&resource)).into_iter().flatten();
        for (name, value) in changes {
            resource[name] = value.clone();
        }
        resource
    }

    /// Sets members of a resource.
    fn set(&mut self, clerk: &Instance, id: &str, members: Map<String, Value>) {
        let changes = self.changes.entry(id.to_owned()).or_default();
        changes.extend(members);
        changes.insert("updated_at".to_owned(), json!(clerk.clock.timestamp().as_millis()));
    }

    /// Returns all records of a kind, newest first.
    fn all(&self, kind: Kind) -> Vec<Value> {
        self.created.get(&kind).into_iter().flatten().rev().cloned().map(|record| self.changed(record)).collect()
    }

    fn find(&self, kind: Kind, wanted: &str) -> Answer {
        self.all(kind).into_iter().find(|record| id(record) == wanted).ok_or_else(Refused::not_found)
    }

    fn create(&mut self, kind: Kind, record: Value) -> Value {
        self.created.entry(kind).or_default().push(record.clone());
        record
    }
}

fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap_or_default()
}

/// Returns a new record with these members.
fn new(clerk: &Instance, object: &str, prefix: &str, members: Value) -> Value {
    let now = clerk.clock.timestamp().as_millis();
    let mut record = json!({ "object": object, "id": random_id(prefix), "created_at": now, "updated_at": now });
    for (name, value) in members.as_object().into_iter().flatten() {
        record[name] = value.clone();
    }
    record
}

/// Returns the members of the body with these names.
fn named(body: &Value, names: &[&str]) -> Map<String, Value> {
    let members = body.as_object().into_iter().flatten().filter(|(name, _)| names.contains(&name.as_str()));
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Merges metadata: `null` removes a member, at any depth.
fn merged(old: &Value, new: &Value) -> Value {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return new.clone() };
    let mut all = old.clone();
    for (name, value) in new {
        match value.is_null() {
            true => drop(all.remove(name)),
            false => {
                let value = merged(all.get(name).unwrap_or(&json!({})), value);
                all.insert(name.clone(), value);
            }
        }
    }
    Value::Object(all)
}

/// Returns the new metadata of a resource: what the body has of each kind, merged or in place of the old one.
fn metadata(resource: &Value, asked: &Asked, merges: bool) -> Map<String, Value> {
    let new = named(&asked.body, &["public_metadata", "private_metadata", "unsafe_metadata"]).into_iter();
    let member = |(name, new): (String, Value)| {
        let value = if merges { merged(&resource[&name], &new) } else { new };
        (name, value)
    };
    new.map(member).collect()
}

/// An error about a value in the body.
fn unprocessable(code: &'static str, message: &'static str) -> Refused {
    Refused::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_merged_at_any_depth() {
        for (old, new, expected) in [
            (json!({ "a": 1 }), json!({ "b": 2 }), json!({ "a": 1, "b": 2 })),
            (json!({ "a": { "b": 1, "c": 2 } }), json!({ "a": { "b": null } }), json!({ "a": { "c": 2 } })),
            (json!({ "a": [1] }), json!({ "a": [2] }), json!({ "a": [2] })),
            (json!({}), json!({ "a": { "b": null } }), json!({ "a": {} })),
            (json!({ "a": 1 }), json!({ "a": null }), json!({})),
        ] {
            assert_eq!(merged(&old, &new), expected, "{old} {new}");
        }
    }
}
