//! JSON objects in resources: the members that this crate has no field for.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use super::plain_value::PlainValue;

/// A JSON object as Clerk sent it, such as the members of a resource that have no field in its type. It dereferences to
/// the members. Its `Debug` shows only their names, since they can hold anything.
///
/// ```
/// let user: clerk_actix::api::User = serde_json::from_str(r#"{"id":"user_ada","favorite_color":"green"}"#)?;
/// assert_eq!(user.other["favorite_color"], "green");
/// assert_eq!(format!("{:?}", user.other), r#"{"favorite_color"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    /// Returns the members.
    pub fn into_inner(self) -> Map<String, Value> {
        self.0
    }
}

impl Deref for JsonObject {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for JsonObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<'de> Deserialize<'de> for JsonObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match PlainValue::deserialize(deserializer)? {
            PlainValue(Value::Object(members)) => Ok(Self(members)),
            _ => Err(D::Error::custom("not an object, expected an object")),
        }
    }
}
