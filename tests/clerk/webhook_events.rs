//! Clerk's own description of its webhook events: examples of each type are read, and nothing is lost on the way back.
//!
//! The description is not part of this repository. `CLERK_SPECS` is the folder that `webhooks-2025-04-15.yml` is in; if it
//! is not set, these tests do nothing (`just webhook-events`).

use std::collections::BTreeSet;

use clerk_actix::WebhookEvent;
use serde_json::{Value, json};

use crate::support::schema::{self, Generator, VARIATIONS, Variation, lost, size};

const FILE: &str = "webhooks-2025-04-15.yml";

fn description() -> Option<Value> {
    schema::description(FILE)
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
