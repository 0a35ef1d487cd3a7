//! The forms of fixed answers.

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::testing::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    secret::random_id,
};

/// A call with a fixed answer: its method, its path, and the form of the answer.
pub(in crate::testing) type Fixed = (Method, &'static str, Form);

/// The members that resources of a kind have, besides `object` and the ID.
pub(in crate::testing) type Members = fn(&Instance) -> Value;

/// A kind of resource.
#[derive(Clone, Copy)]
pub(in crate::testing) struct Kind {
    pub(super) object: &'static str,
    /// What its IDs begin with.
    pub(super) prefix: &'static str,
    pub(super) members: Members,
}

/// The form of an answer.
#[derive(Clone, Copy)]
pub(in crate::testing) enum Form {
    /// A page with one resource.
    Page(Kind),
    /// A list with one resource, or a page if the query says `paginated=true`.
    List(Kind),
    /// A list with the resource that each element of the body describes.
    Each(Kind),
    /// The resource that the path names.
    One(Kind),
    /// A new resource.
    New(Kind),
    /// A new resource, with 201.
    Created(Kind),
    /// What is left of the resource that the path names.
    Deleted(&'static str),
    /// What is left of the resource that the second ID in the path names.
    OtherDeleted(&'static str),
    /// Members without an ID, some of which were sent.
    Settings(Members),
    /// What is computed from the call.
    By(fn(&Instance, &Asked) -> Answer),
    /// Nothing, with this status.
    Nothing(StatusCode),
}

/// Returns the answer to a call, with its status.
pub(in crate::testing) fn answer(form: Form, clerk: &Instance, asked: &Asked) -> Result<(StatusCode, Value), Refused> {
    let (body, id, other_id) = (&asked.body, asked.id(), asked.other_id());
    let answer = match form {
        Form::Page(kind) => asked.page("data", vec![kind.only(clerk)]),
        Form::List(kind) => {
            let page = asked.page("data", vec![kind.only(clerk)]);
            if asked.is_set("paginated") { page } else { page["data"].clone() }
        }
        Form::Each(kind) => {
            let all = body.as_array().into_iter().flatten();
            all.map(|body| with(kind.created(clerk), body)).collect()
        }
        Form::One(kind) => with(kind.of(clerk, id), body),
        Form::New(kind) => with(kind.created(clerk), body),
        Form::Created(kind) => return Ok((StatusCode::CREATED, with(kind.created(clerk), body))),
        Form::Deleted(object) => json!({ "object": object, "id": id, "deleted": true }),
        Form::OtherDeleted(object) => json!({ "object": object, "id": other_id, "deleted": true }),
        Form::Settings(members) => with(members(clerk), body),
        Form::By(handler) => handler(clerk, asked)?,
        Form::Nothing(status) => return Ok((status, Value::Null)),
    };
    Ok((StatusCode::OK, answer))
}

impl Kind {
    pub(super) fn of(self, clerk: &Instance, id: &str) -> Value {
        let mut resource = (self.members)(clerk);
        resource["object"] = json!(self.object);
        resource["id"] = json!(id);
        resource
    }

    /// The resource in lists.
    pub(super) fn only(self, clerk: &Instance) -> Value {
        self.of(clerk, &format!("{}local", self.prefix))
    }

    pub(super) fn created(self, clerk: &Instance) -> Value {
        self.of(clerk, &random_id(self.prefix))
    }
}

/// Adds the times of a resource.
pub(super) fn dated(clerk: &Instance, mut members: Value) -> Value {
    let now = clerk.clock.timestamp().as_millis();
    members["created_at"] = json!(now);
    members["updated_at"] = json!(now);
    members
}

/// Returns a resource with the members of the body that it has too, if they have the same form.
pub(super) fn with(mut resource: Value, body: &Value) -> Value {
    for (name, sent) in body.as_object().into_iter().flatten() {
        if let Some(member) = resource.get_mut(name).filter(|member| is_alike(member, sent)) {
            *member = sent.clone();
        }
    }
    resource
}

/// Returns whether a member can have this value instead. `null` stands for an optional text or number.
fn is_alike(member: &Value, sent: &Value) -> bool {
    match (member, sent) {
        (Value::Array(old), Value::Array(new)) => {
            old.first().is_none_or(|old| new.iter().all(|new| is_alike(old, new)))
        }
        (Value::Null, sent) => !sent.is_object() && !sent.is_array(),
        (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => true,
        (Value::Object(old), Value::Object(new)) => {
            old.is_empty() || new.values().all(|new| old.values().any(|old| is_alike(old, new)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_has_what_was_sent_if_it_fits() {
        let resource = || json!({ "name": "", "note": null, "on": false, "roles": [{ "key": "a" }], "texts": [], "data": {}, "names": { "a": "x" } });
        for (name, sent, expected) in [
            ("a text", json!({ "name": "A" }), json!("A")),
            ("note", json!({ "note": "A" }), json!("A")),
            ("on", json!({ "on": true }), json!(true)),
            ("texts", json!({ "texts": ["a"] }), json!(["a"])),
            ("anything", json!({ "data": { "a": [1] } }), json!({ "a": [1] })),
            ("texts by name", json!({ "names": { "b": "y" } }), json!({ "b": "y" })),
            ("numbers for texts by name", json!({ "names": { "b": 1 } }), json!({ "a": "x" })),
            ("a number for a text", json!({ "name": 1 }), json!("")),
            ("null for a text", json!({ "name": null }), json!("")),
            ("an object for a text or nothing", json!({ "note": {} }), json!(null)),
            ("texts for objects", json!({ "roles": ["a"] }), json!([{ "key": "a" }])),
        ] {
            let member = sent.as_object().and_then(|sent| sent.keys().next()).cloned().unwrap_or_default();
            assert_eq!(with(resource(), &sent)[&member], expected, "{name}");
        }
        assert_eq!(with(resource(), &json!({ "unknown": 1 })), resource());
        assert_eq!(with(resource(), &Value::Null), resource());
    }
}
