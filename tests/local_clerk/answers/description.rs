//! Clerk's descriptions of its APIs, in OpenAPI 3.0, and whether an answer fits them.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

use super::Recorded;

pub struct Description {
    paths: Map<String, Value>,
    webhooks: Value,
    /// What references lead to, as JSON Schema.
    components: Value,
}

impl Description {
    pub fn read(file: &str) -> Option<Self> {
        let Ok(folder) = std::env::var("CLERK_SPECS") else {
            println!("not compared with {file}: set CLERK_SPECS to its folder");
            return None;
        };
        let text = fs::read_to_string(Path::new(&folder).join(file)).unwrap();
        let mut description: Value = serde_saphyr::from_str(&text).unwrap();
        to_json_schema(&mut description);
        if description.get("x-webhooks").is_some() {
            open(&mut description);
        }
        Some(Self {
            paths: description["paths"].as_object().cloned().unwrap_or_default(),
            webhooks: description["x-webhooks"].take(),
            components: description["components"].take(),
        })
    }

    /// Returns the operation that an answer belongs to, if it fits.
    pub fn check(&self, answer: &Recorded) -> Result<String, String> {
        let (template, operations) = self.path(&answer.path).ok_or("the path is not described")?;
        let operation = &operations[answer.method.to_lowercase()];
        let response = self.resolved(&operation["responses"][answer.status.to_string()]);
        if response.is_null() {
            return Err("the status is not described".to_owned());
        }
        let name = format!("{} {template}", answer.method);
        let schema = &response["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Ok(name);
        }
        self.fits(schema, &answer.body).map(|()| name)
    }

    /// Returns the type of a webhook's event, if the event fits.
    pub fn check_event(&self, event: &Value) -> Result<String, String> {
        let kind = event["type"].as_str().unwrap_or_default();
        let schema = &self.webhooks[kind]["post"]["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            return Err(format!("{kind} is not described"));
        }
        self.fits(schema, event).map(|()| kind.to_owned()).map_err(|problem| format!("{kind}: {problem}"))
    }

    fn fits(&self, schema: &Value, instance: &Value) -> Result<(), String> {
        let schema = json!({ "components": self.components, "allOf": [schema] });
        let validator = jsonschema::draft202012::new(&schema).map_err(|error| error.to_string())?;
        let problems: Vec<String> = validator
            .iter_errors(instance)
            .map(|error| format!("{} at {}", shortened(&error.to_string()), error.instance_path()))
            .collect();
        if problems.is_empty() { Ok(()) } else { Err(problems.join("; ")) }
    }

    /// Returns the operations at a path, literal segments before parameters. The Backend API's are described without
    /// `/v1`, which is part of its server.
    fn path(&self, path: &str) -> Option<(&String, &Value)> {
        let segments = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
        let fits = |template: &str, path: &str| {
            let (template, path) = (segments(template), segments(path));
            let is_segment = |(of, actual): (&String, &String)| of == actual || of.starts_with('{');
            template.len() == path.len() && template.iter().zip(&path).all(is_segment)
        };
        let without_version = path.strip_prefix("/v1").unwrap_or(path);
        let mut all: Vec<_> =
            self.paths.iter().filter(|(template, _)| fits(template, path) || fits(template, without_version)).collect();
        all.sort_by_key(|(template, _)| template.matches('{').count());
        all.into_iter().next()
    }

    fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        match value["$ref"].as_str().and_then(|path| path.strip_prefix("#/components")) {
            Some(path) => self.components.pointer(path).unwrap(),
            None => value,
        }
    }
}

/// OpenAPI 3.0 says `nullable` where JSON Schema has another type.
fn to_json_schema(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(to_json_schema),
        Value::Object(members) => {
            // An example is not a schema.
            members.retain(|name, _| name != "example" && name != "examples");
            members.values_mut().for_each(to_json_schema);
            if members.get("nullable") == Some(&Value::Bool(true)) {
                members.remove("nullable");
                *value = json!({ "anyOf": [{ "type": "null" }, value.take()] });
            }
        }
        _ => {}
    }
}

/// Allows members that are not described. The description of webhooks adds members to schemas that allow no others, so
/// that nothing would fit.
fn open(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(open),
        Value::Object(members) => {
            members.retain(|name, value| name != "additionalProperties" || *value != Value::Bool(false));
            members.values_mut().for_each(open);
        }
        _ => {}
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[test]
fn null_is_allowed_where_it_is_nullable() {
    let mut schema = json!({
        "type": "object",
        "properties": {
            "a": { "type": "string", "nullable": true },
            "b": { "type": "string" },
            "c": { "nullable": true, "allOf": [{ "type": "string", "enum": ["x"] }] },
        },
    });
    to_json_schema(&mut schema);
    for (instance, expected) in [
        (json!({ "a": null, "b": "", "c": null }), true),
        (json!({ "a": "", "b": "", "c": "x" }), true),
        (json!({ "b": null }), false),
        (json!({ "a": 1 }), false),
        (json!({ "c": "y" }), false),
    ] {
        assert_eq!(jsonschema::is_valid(&schema, &instance), expected, "{instance}");
    }
}
