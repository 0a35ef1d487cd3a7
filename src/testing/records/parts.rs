//! What the handlers of calls have in common.

use actix_web::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::testing::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    secret::random_id,
};

/// A call: its method, its path, and its handler.
pub(super) type Call = (Method, &'static str, fn(&Instance, &Asked) -> Answer);

/// Returns a new record with these members.
pub(super) fn new(clerk: &Instance, object: &str, prefix: &str, members: Value) -> Value {
    let now = clerk.clock.timestamp().as_millis();
    let mut record = json!({ "object": object, "id": random_id(prefix), "created_at": now, "updated_at": now });
    for (name, value) in members.as_object().into_iter().flatten() {
        record[name] = value.clone();
    }
    record
}

/// Returns the members of the body with these names.
pub(super) fn named(body: &Value, names: &[&str]) -> Map<String, Value> {
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
pub(super) fn metadata(resource: &Value, asked: &Asked, merges: bool) -> Map<String, Value> {
    let new = named(&asked.body, &["public_metadata", "private_metadata", "unsafe_metadata"]).into_iter();
    let member = |(name, new): (String, Value)| {
        let value = if merges { merged(&resource[&name], &new) } else { new };
        (name, value)
    };
    new.map(member).collect()
}

/// An error about a value in the body.
pub(super) fn unprocessable(code: &'static str, message: &'static str) -> Refused {
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
