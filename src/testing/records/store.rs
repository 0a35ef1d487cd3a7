//! What calls of the Backend API change in a `LocalClerk`, besides what its directory has.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{
    clock::Timestamp,
    testing::{call::Answer, refused::Refused},
};

/// Records that only the Backend API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::testing) enum Kind {
    Invitations,
    SignInTokens,
    ActorTokens,
}

/// Members of resources that calls have set, by the resource's ID, and records of the kinds above.
///
/// Whoever also needs the directory locks that first.
#[derive(Debug, Default)]
pub(in crate::testing) struct Records {
    changes: HashMap<String, Map<String, Value>>,
    created: HashMap<Kind, Vec<Value>>,
}

impl Records {
    /// Returns a resource with what calls have set of it.
    pub(super) fn changed(&self, mut resource: Value) -> Value {
        let changes = self.changes.get(id(&resource)).into_iter().flatten();
        for (name, value) in changes {
            resource[name] = value.clone();
        }
        resource
    }

    /// Sets members of a resource.
    pub(super) fn set(&mut self, now: Timestamp, id: &str, members: Map<String, Value>) {
        let changes = self.changes.entry(id.to_owned()).or_default();
        changes.extend(members);
        changes.insert("updated_at".to_owned(), json!(now.as_millis()));
    }

    /// Returns all records of a kind, newest first.
    pub(super) fn all(&self, kind: Kind) -> Vec<Value> {
        self.created.get(&kind).into_iter().flatten().rev().cloned().map(|record| self.changed(record)).collect()
    }

    pub(super) fn find(&self, kind: Kind, wanted: &str) -> Answer {
        self.all(kind).into_iter().find(|record| id(record) == wanted).ok_or_else(Refused::not_found)
    }

    pub(super) fn create(&mut self, kind: Kind, record: Value) -> Value {
        self.created.entry(kind).or_default().push(record.clone());
        record
    }
}

pub(super) fn id(resource: &Value) -> &str {
    resource["id"].as_str().unwrap_or_default()
}
