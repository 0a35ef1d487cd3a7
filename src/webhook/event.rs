//! An event of any type: its data, and the members that all events have.

use std::time::SystemTime;

use serde::{Deserialize, Serialize, Serializer, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::api::{JsonObject, lenient::lenient, resource, time_of_either_unit, unix_millis, without_data};

/// What happened, with the resource as it was right after.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Event<T> {
    /// The resource.
    pub data: T,
    /// When it happened. Deliveries come out of order, so compare it with what you already know.
    #[serde(serialize_with = "millis")]
    pub timestamp: SystemTime,
    /// The Clerk instance: `ins_…`.
    pub instance_id: String,
    /// The request that caused the event.
    pub event_attributes: EventAttributes,
    /// The members that have no field here, as Clerk sent them.
    #[serde(flatten)]
    pub other: JsonObject,
}

resource! {
    /// Where an event comes from.
    #[derive(Clone, Debug, Default)]
    EventAttributes {
        members {
            /// The request that caused the event, if a request did.
            http_request: HttpRequestAttributes,
        }
    }
}

resource! {
    /// The request that caused an event.
    #[derive(Clone, Debug, Default)]
    HttpRequestAttributes {
        members {
            /// The IP address of the client.
            client_ip: Option<String>,
            /// The `User-Agent` of the client.
            user_agent: Option<String>,
        }
    }
}

/// The members that all events have, except `type` and `data`.
#[derive(Deserialize)]
struct Envelope {
    timestamp: i64,
    #[serde(default, deserialize_with = "lenient")]
    instance_id: String,
    #[serde(default, deserialize_with = "lenient")]
    event_attributes: EventAttributes,
    #[serde(flatten)]
    other: JsonObject,
}

/// Reads an event, given its members without `type`. The error names the member that is missing or has an unexpected
/// form, and quotes no data. It has the form of serde's error for a missing field, so that it may be logged as one.
pub(super) fn read<T: DeserializeOwned>(mut members: Map<String, Value>) -> Result<Event<T>, String> {
    let data = members.remove("data").ok_or("missing field `data`")?;
    let data = read_part("data.", data)?;
    let envelope: Envelope = read_part("", Value::Object(members))?;
    Ok(Event {
        data,
        timestamp: time_of_either_unit(envelope.timestamp),
        instance_id: envelope.instance_id,
        event_attributes: envelope.event_attributes,
        other: envelope.other,
    })
}

fn read_part<T: DeserializeOwned>(prefix: &str, part: Value) -> Result<T, String> {
    T::deserialize(&part).map_err(|_| match &part {
        Value::Object(members) => format!("missing field `{prefix}{}", flaw::<T>(members)),
        _ => format!("missing field `{}`: it is not an object", prefix.trim_end_matches('.')),
    })
}

/// Names the first member that keeps the object from being read, up to the end of the message. serde's errors name only
/// missing members, so the members that it names are added one after the other.
fn flaw<T: DeserializeOwned>(members: &Map<String, Value>) -> String {
    let mut tried = Map::new();
    let mut last = None;
    // Each turn adds a member, and types require few.
    loop {
        let error = match serde_json::from_value::<T>(Value::Object(tried.clone())) {
            Ok(_) => return "?` of the expected form".to_owned(),
            Err(error) => error.to_string(),
        };
        let missing = error.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`'));
        match (missing, missing.and_then(|name| members.get_key_value(name))) {
            (Some(name), None) => return format!("{name}`"),
            (_, Some((name, value))) if !tried.contains_key(name) => {
                tried.insert(name.clone(), value.clone());
                last = Some(name);
            }
            // The member that was added last has an unexpected form.
            _ => {
                let last = last.map_or("?", |name| name.as_str());
                return format!("{last}` of the expected form: {}", without_data(&error));
            }
        }
    }
}

fn millis<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    unix_millis(*time).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::{OrganizationMembership, Session, User};

    fn problem<T: DeserializeOwned + std::fmt::Debug>(event: Value) -> String {
        read::<T>(event.as_object().unwrap().clone()).unwrap_err()
    }

    #[test]
    fn the_error_names_the_member_and_quotes_no_data() {
        let with = |data: Value| json!({ "data": data, "timestamp": 1 });
        let form = "of the expected form";
        for (name, found, expected) in [
            ("no data", problem::<User>(json!({ "timestamp": 1 })), "`data`".to_owned()),
            ("null for data", problem::<User>(with(json!(null))), "`data`: it is not an object".to_owned()),
            ("no id", problem::<User>(with(json!({ "first_name": "secret" }))), "`data.id`".to_owned()),
            (
                "a number for an id",
                problem::<User>(with(json!({ "id": 424242 }))),
                format!("`data.id` {form}: expected a string"),
            ),
            (
                "null for an id",
                problem::<User>(with(json!({ "id": null }))),
                format!("`data.id` {form}: expected a string"),
            ),
            (
                "no user",
                problem::<Session>(with(json!({ "id": "sess_secret", "user_id": ["secret"] }))),
                format!("`data.user_id` {form}: expected a string"),
            ),
            (
                "an organization without an id",
                problem::<OrganizationMembership>(with(json!({ "id": "secret", "organization": {} }))),
                format!("`data.organization` {form}: missing field `id`"),
            ),
            ("no timestamp", problem::<User>(json!({ "data": { "id": "secret" } })), "`timestamp`".to_owned()),
            (
                "a text for a timestamp",
                problem::<User>(json!({ "data": { "id": "secret" }, "timestamp": "secret" })),
                format!("`timestamp` {form}: expected i64"),
            ),
        ] {
            assert_eq!(found, format!("missing field {expected}"), "{name}");
            assert!(!found.contains("secret") && !found.contains("42"), "{name}: {found}");
        }
    }

    #[test]
    fn a_timestamp_may_be_in_seconds() {
        for timestamp in [1_716_883_200_i64, 1_716_883_200_000] {
            let event = json!({ "data": {}, "timestamp": timestamp });
            let event: Event<JsonObject> = read(event.as_object().unwrap().clone()).unwrap();
            assert_eq!(unix_millis(event.timestamp), 1_716_883_200_000);
        }
    }
}
