//! Lenient deserialization: a member that does not fit the type counts as missing.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::plain_value::PlainValue;

/// Deserializes a member, or returns its default, for `#[serde(default, deserialize_with = "lenient")]`.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(serde_json::from_value(PlainValue::deserialize(deserializer)?.0).unwrap_or_default())
}

/// The same for a list: elements that do not fit are left out, and the others are kept.
pub(crate) fn lenient_list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    match PlainValue::deserialize(deserializer)?.0 {
        Value::Array(list) => Ok(list.into_iter().filter_map(|element| serde_json::from_value(element).ok()).collect()),
        _ => Ok(Vec::new()),
    }
}
