//! Clerk's OpenAPI descriptions: examples of JSON that fit a schema, and what a round trip loses of them.
//!
//! The descriptions are not part of this repository. `CLERK_SPECS` is the folder that they are in.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Map, Value, json};

/// Reads a description, if there is the folder.
pub fn description(file: &str) -> Option<Value> {
    let Ok(folder) = std::env::var("CLERK_SPECS") else {
        println!("skipped: set CLERK_SPECS to the folder with {file}");
        return None;
    };
    let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
    Some(serde_saphyr::from_str(&text).unwrap())
}

/// Which of the possible examples is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variation {
    /// All members.
    Complete,
    /// The members that are required, and no others.
    RequiredOnly,
    /// All members, others that nobody knows, and values that no enum lists.
    FromTheFuture,
    /// All members, with `null` wherever it is allowed.
    Nulls,
}

pub const VARIATIONS: [Variation; 4] =
    [Variation::Complete, Variation::RequiredOnly, Variation::FromTheFuture, Variation::Nulls];

/// A description, and what is wanted of it.
pub struct Generator<'d> {
    pub description: &'d Value,
    pub variation: Variation,
    /// The number of the alternative to take wherever there are several.
    pub alternative: usize,
    /// The most alternatives that were seen in one place.
    pub alternatives: usize,
    numbers: u64,
}

impl<'d> Generator<'d> {
    pub fn new(description: &'d Value, variation: Variation, alternative: usize) -> Self {
        Self { description, variation, alternative, alternatives: 1, numbers: 0 }
    }

    /// Returns an example; `path` makes its texts unique, so that a member in the wrong place is noticed.
    pub fn example(&mut self, schema: &Value, path: &str) -> Value {
        let is_nullable = schema["nullable"] == true;
        let schema = self.resolved(schema);
        if self.variation == Variation::Nulls && (is_nullable || schema["nullable"] == true) {
            return Value::Null;
        }
        if let Some(properties) = schema["properties"].as_object() {
            return self.object(&schema, properties, path);
        }
        for several in ["oneOf", "anyOf"] {
            if let Some(all) = schema[several].as_array() {
                self.alternatives = self.alternatives.max(all.len());
                return self.example(&all[self.alternative % all.len()], path);
            }
        }
        let listed = schema["enum"].as_array().filter(|_| self.variation != Variation::FromTheFuture);
        if let Some(listed) = listed {
            return listed[self.alternative % listed.len()].clone();
        }
        self.numbers += 1;
        match schema["type"].as_str() {
            Some("string") => json!(format!("{path} é \u{1f600}")),
            Some("integer" | "number") if is_time(path) => json!(1_700_000_000_000_u64 + self.numbers),
            Some("integer") => json!(self.numbers),
            Some("number") if path.ends_with("count") => json!(self.numbers),
            Some("number") => json!(self.numbers as f64 + 0.1),
            Some("boolean") => json!(self.alternative.is_multiple_of(2)),
            Some("array") => json!([
                self.example(&schema["items"], &format!("{path}.0")),
                self.example(&schema["items"], &format!("{path}.1"))
            ]),
            _ => json!({ "list": [1, { "deep": null }], "fraction": 0.1, "text": path, "large": u64::MAX }),
        }
    }

    fn object(&mut self, schema: &Value, properties: &Map<String, Value>, path: &str) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut members = Map::new();
        for (name, schema) in properties {
            if self.variation != Variation::RequiredOnly || required.contains(&name.as_str()) {
                members.insert(name.clone(), self.example(schema, &format!("{path}.{name}")));
            }
        }
        if self.variation == Variation::FromTheFuture {
            members.insert("from_the_future".to_owned(), json!({ "at": path, "list": [null, 0.1] }));
        }
        Value::Object(members)
    }

    /// Follows references, and merges the schemas of an `allOf`.
    pub fn resolved(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').unwrap();
            return self.resolved(self.description.pointer(pointer).unwrap_or_else(|| panic!("no {reference}")));
        }
        let Some(all) = schema["allOf"].as_array() else { return schema.clone() };
        let parts: Vec<Value> = all.iter().map(|part| self.resolved(part)).collect();
        if parts.iter().all(|part| part["properties"].is_null()) {
            let members = parts.iter().filter_map(Value::as_object).flatten();
            return members.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        let mut merged =
            json!({ "properties": {}, "required": schema["required"].as_array().cloned().unwrap_or_default() });
        for part in parts {
            for (name, property) in part["properties"].as_object().into_iter().flatten() {
                let already = merged["properties"].get(name).cloned();
                merged["properties"][name] = match already {
                    Some(already) => json!({ "allOf": [already, property] }),
                    None => property.clone(),
                };
            }
            let required = merged["required"].as_array_mut().unwrap();
            required.extend(part["required"].as_array().into_iter().flatten().cloned());
        }
        merged
    }
}

fn is_time(path: &str) -> bool {
    let name = path.rsplit('.').next().unwrap();
    ["timestamp", "expiration"].contains(&name)
        || ["_at", "_at_ms", "_date", "period_start", "period_end"].iter().any(|end| name.ends_with(end))
}

/// Returns the differences. The only one that is allowed: a member without a value may be missing, `null` or empty.
pub fn lost(sent: &Value, found: &Value, path: &str) -> Vec<String> {
    match (sent, found) {
        (Value::Object(sent), Value::Object(found)) => {
            let names: BTreeSet<&String> = sent.keys().chain(found.keys()).collect();
            let of = |members: &serde_json::Map<String, Value>, name| members.get(name).cloned().unwrap_or_default();
            names
                .into_iter()
                .flat_map(|name| lost(&of(sent, name), &of(found, name), &format!("{path}.{name}")))
                .collect()
        }
        (Value::Array(sent), Value::Array(found)) if sent.len() == found.len() => sent
            .iter()
            .zip(found)
            .enumerate()
            .flat_map(|(at, (one, other))| lost(one, other, &format!("{path}.{at}")))
            .collect(),
        (sent, found) if sent == found || (is_nothing(sent) && is_nothing(found)) => Vec::new(),
        (sent, found) => vec![format!("{path}: {sent} became {found}")],
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(is_true) => !is_true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
        Value::Number(_) => false,
    }
}

#[test]
fn differences_are_found() {
    for (name, sent, found, differences) in [
        ("equal", json!({ "a": [1, { "b": "c" }] }), json!({ "a": [1, { "b": "c" }] }), 0),
        (
            "nothing in its forms",
            json!({ "a": null, "b": "", "c": false }),
            json!({ "b": null, "c": null, "d": [] }),
            0,
        ),
        ("a member that is gone", json!({ "a": { "b": 1 } }), json!({ "a": {} }), 1),
        ("another value", json!({ "a": { "b": 1 } }), json!({ "a": { "b": 2 } }), 1),
        ("an element that is gone", json!({ "a": [1, 2] }), json!({ "a": [1] }), 1),
        ("a member that was not sent", json!({}), json!({ "a": 0 }), 1),
        ("a value in place of nothing", json!({ "a": null }), json!({ "a": "b" }), 1),
    ] {
        assert_eq!(lost(&sent, &found, "").len(), differences, "{name}");
    }
}

/// The number of members and elements, at any depth.
pub fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(|member| 1 + size(member)).sum(),
        Value::Array(list) => list.iter().map(|element| 1 + size(element)).sum(),
        _ => 0,
    }
}
