//! Whether requests and responses fit Clerk's description.

use serde_json::Value;

use super::schema::{Generator, Variation};

/// Returns where the JSON does not fit the schema.
pub fn problems(description: &Value, schema: &Value, found: &Value, path: &str) -> Vec<String> {
    let is_nullable = schema["nullable"] == true;
    let schema = Generator::new(description, Variation::Complete, 0).resolved(schema);
    if found.is_null() && (is_nullable || schema["nullable"] == true) {
        return Vec::new();
    }
    let listed = schema["enum"].as_array();
    if let Some(listed) = listed.filter(|listed| !listed.contains(found)) {
        return vec![format!("{path}: {found} is not one of {listed:?}")];
    }
    if let Some(properties) = schema["properties"].as_object() {
        let Some(members) = found.as_object() else { return vec![format!("{path}: {found} is not an object")] };
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let missing = required.filter(|name| !members.contains_key(*name));
        let missing = missing.map(|name| format!("{path}.{name} is missing")).collect::<Vec<_>>();
        let of_members = members.iter().flat_map(|(name, value)| match properties.get(name) {
            Some(schema) => problems(description, schema, value, &format!("{path}.{name}")),
            None => vec![format!("{path}.{name} is not described")],
        });
        return missing.into_iter().chain(of_members).collect();
    }
    for several in ["oneOf", "anyOf"] {
        if let Some(all) = schema[several].as_array() {
            let fits = |schema| problems(description, schema, found, path).is_empty();
            return if all.iter().any(fits) {
                Vec::new()
            } else {
                vec![format!("{path}: {found} fits none of {several}")]
            };
        }
    }
    let fits = match schema["type"].as_str() {
        Some("string") => found.is_string(),
        Some("integer") => found.is_i64() || found.is_u64(),
        Some("number") => found.is_number(),
        Some("boolean") => found.is_boolean(),
        Some("object") => found.is_object(),
        Some("array") => {
            let Some(list) = found.as_array() else { return vec![format!("{path}: {found} is not a list")] };
            let elements = list.iter().enumerate();
            let elements = elements
                .flat_map(|(at, element)| problems(description, &schema["items"], element, &format!("{path}.{at}")));
            let length = |name: &str| schema[name].as_u64();
            let is_length = length("minItems").is_none_or(|min| list.len() as u64 >= min)
                && length("maxItems").is_none_or(|max| list.len() as u64 <= max);
            let of_length = (!is_length).then(|| format!("{path}: {} elements", list.len()));
            return elements.chain(of_length).collect();
        }
        _ => true,
    };
    let in_range = found.as_f64().is_none_or(|number| {
        schema["minimum"].as_f64().is_none_or(|min| number >= min)
            && schema["maximum"].as_f64().is_none_or(|max| number <= max)
    });
    if fits && in_range { Vec::new() } else { vec![format!("{path}: {found} is not {schema}")] }
}

/// Returns where the value of a query parameter does not fit its schema.
pub fn parameter_problems(description: &Value, schema: &Value, value: &str, path: &str) -> Vec<String> {
    let schema = Generator::new(description, Variation::Complete, 0).resolved(schema);
    if schema["type"] == "array" {
        return parameter_problems(description, &schema["items"], value, path);
    }
    let value = match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => serde_json::from_str(value).unwrap_or(Value::Null),
        _ => Value::String(value.to_owned()),
    };
    problems(description, &schema, &value, path)
}

/// The schema of a successful response, if it has a body.
pub fn response<'d>(description: &'d Value, operation: &'d Value) -> Option<&'d Value> {
    let responses = operation["responses"].as_object().unwrap();
    let (_, response) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
    let reference = response["$ref"].as_str().map(|reference| reference.strip_prefix('#').unwrap());
    let response = reference.map_or(response, |pointer| description.pointer(pointer).unwrap());
    response["content"].as_object()?.values().next().map(|content| &content["schema"])
}
