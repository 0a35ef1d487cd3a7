//! Examples of JSON that fit a schema of an OpenAPI description.

use serde_json::{Map, Value, json};

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
        if self.variation == Variation::Nulls && schema["nullable"] == true {
            return Value::Null;
        }
        let schema = self.resolved(schema);
        for several in ["oneOf", "anyOf"] {
            if let Some(all) = schema[several].as_array() {
                self.alternatives = self.alternatives.max(all.len());
                return self.example(&all[self.alternative % all.len()], path);
            }
        }
        if let Some(properties) = schema["properties"].as_object() {
            return self.object(&schema, properties, path);
        }
        let listed = schema["enum"].as_array().filter(|_| self.variation != Variation::FromTheFuture);
        if let Some(listed) = listed {
            return listed[self.alternative % listed.len()].clone();
        }
        self.numbers += 1;
        match schema["type"].as_str() {
            Some("string") => json!(format!("{path} é \u{1f600}")),
            Some("integer") if is_time(path) => json!(1_700_000_000_000_u64 + self.numbers),
            Some("integer") => json!(self.numbers),
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
    fn resolved(&self, schema: &Value) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.strip_prefix('#').unwrap();
            return self.resolved(self.description.pointer(pointer).unwrap_or_else(|| panic!("no {reference}")));
        }
        let Some(all) = schema["allOf"].as_array() else { return schema.clone() };
        let mut merged =
            json!({ "properties": {}, "required": schema["required"].as_array().cloned().unwrap_or_default() });
        for part in all {
            let part = self.resolved(part);
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
    name == "timestamp"
        || ["_at", "_at_ms", "_date", "period_start", "period_end"].iter().any(|end| name.ends_with(end))
}
