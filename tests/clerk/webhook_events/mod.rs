//! Clerk's own description of its webhook events: examples of each type are read, and nothing is lost on the way back.
//!
//! The description is not part of this repository. `CLERK_SPECS` is the folder that `webhooks-2025-04-15.yml` is in; if it
//! is not set, these tests do nothing (`just webhook-events`).

mod schema;

use std::{collections::BTreeSet, fs, path::Path};

use clerk_actix::WebhookEvent;
use serde_json::{Value, json};

use schema::{Generator, VARIATIONS, Variation};

const FILE: &str = "webhooks-2025-04-15.yml";

fn description() -> Option<Value> {
    let Ok(folder) = std::env::var("CLERK_SPECS") else {
        println!("skipped: set CLERK_SPECS to the folder with {FILE}");
        return None;
    };
    let text = fs::read_to_string(Path::new(&folder).join(FILE)).unwrap();
    Some(serde_saphyr::from_str(&text).unwrap())
}

/// The types, each with the schema of its body and Clerk's example.
fn events(description: &Value) -> impl Iterator<Item = (&str, &Value, &Value)> {
    description["x-webhooks"].as_object().unwrap().iter().map(|(kind, event)| {
        let body = &event["post"]["requestBody"]["content"]["application/json"];
        (kind.as_str(), &body["schema"], &body["example"])
    })
}

#[test]
fn every_event_in_clerks_description_has_a_type() {
    let Some(description) = description() else { return };
    let described: BTreeSet<&str> = events(&description).map(|(kind, ..)| kind).collect();
    assert_eq!(described, WebhookEvent::TYPES.iter().copied().collect());
    println!("types of events: {}", described.len());
}

#[test]
fn nothing_of_an_event_is_lost() {
    let Some(description) = description() else { return };
    let mut counts = VARIATIONS.map(|variation| (variation, 0, 0));
    let mut problems = Vec::new();
    for (kind, schema, _) in events(&description) {
        for (variation, examples, members) in &mut counts {
            let mut alternative = 0;
            loop {
                let mut generator = Generator::new(&description, *variation, alternative);
                let mut sent = generator.example(schema, kind);
                sent["type"] = json!(kind);
                sent["object"] = json!("event");
                problems.extend(there_and_back(kind, &sent).into_iter().map(|p| format!("{kind} {variation:?}: {p}")));
                *examples += 1;
                *members += size(&sent);
                alternative += 1;
                // At least two, for both booleans.
                if alternative >= generator.alternatives.max(2) {
                    break;
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    for (variation, examples, members) in counts {
        println!("{variation:?}: {examples} examples with {members} members and elements, none lost");
    }
}

#[test]
fn clerks_own_examples() {
    let Some(description) = description() else { return };
    let (mut examples, mut members) = (0, 0);
    for (kind, _, example) in events(&description).filter(|(.., example)| !example.is_null()) {
        let mut expected = example.clone();
        // These have the time in seconds, and Clerk sends milliseconds.
        let seconds = expected["timestamp"].as_u64().unwrap();
        assert!(seconds < 100_000_000_000, "{kind}");
        let found = read(kind, example).unwrap();
        expected["timestamp"] = json!(seconds * 1000);
        let problems = lost(&expected, &found, "");
        assert!(problems.is_empty(), "{kind}: {}", problems.join("\n"));
        examples += 1;
        members += size(example);
    }
    println!("Clerk's examples: {examples} with {members} members and elements, none lost");
}

/// A member of an unexpected form does not keep an event from being read, unless it is an ID or the time.
#[test]
fn a_member_of_another_form_spoils_nothing_else() {
    let Some(description) = description() else { return };
    let (mut read_anyway, mut refused) = (0, BTreeSet::new());
    for (kind, schema, _) in events(&description) {
        let mut sent = Generator::new(&description, Variation::Complete, 0).example(schema, kind);
        sent["type"] = json!(kind);
        let names: Vec<String> = sent["data"].as_object().unwrap().keys().cloned().collect();
        for name in names {
            for form in [json!(7), json!("text"), json!([7]), json!({ "id": 7 }), json!(null)] {
                let mut sent = sent.clone();
                sent["data"][&name] = form;
                match serde_json::from_value::<WebhookEvent>(sent) {
                    Ok(_) => read_anyway += 1,
                    Err(_) => {
                        refused.insert(name.clone());
                    }
                }
            }
        }
    }
    assert_eq!(refused, BTreeSet::from(["id", "user_id", "organization"].map(str::to_owned)));
    println!("members of another form: {read_anyway} events read all the same; refused only in {refused:?}");
}

fn read(kind: &str, sent: &Value) -> Result<Value, String> {
    let event: WebhookEvent = serde_json::from_str(&sent.to_string()).map_err(|error| error.to_string())?;
    if matches!(event, WebhookEvent::Other { .. }) || event.event_type() != kind {
        return Err(format!("read as {}", event.event_type()));
    }
    serde_json::to_value(&event).map_err(|error| error.to_string())
}

fn there_and_back(kind: &str, sent: &Value) -> Vec<String> {
    match read(kind, sent) {
        Ok(found) => lost(sent, &found, ""),
        Err(error) => vec![error],
    }
}

/// Returns the differences. The only one that is allowed: a member without a value may be missing, `null` or empty.
fn lost(sent: &Value, found: &Value, path: &str) -> Vec<String> {
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
fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(|member| 1 + size(member)).sum(),
        Value::Array(list) => list.iter().map(|element| 1 + size(element)).sum(),
        _ => 0,
    }
}
