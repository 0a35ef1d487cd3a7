//! Metadata: an application's own data on a user or an organization, stored by Clerk.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{
    deserialize_error::{DeserializeError, read_as},
    json_object::JsonObject,
};

/// Your own data, stored by Clerk. It dereferences to the JSON object. Its `Debug` shows only the names of the
/// members, since private metadata can hold secrets.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Billing {
///     customer: String,
/// }
///
/// let metadata: clerk_actix::api::Metadata = serde_json::from_str(r#"{"customer":"cus_123"}"#)?;
/// assert_eq!(metadata.get("customer").and_then(|value| value.as_str()), Some("cus_123"));
/// assert_eq!(metadata.parse::<Billing>()?.customer, "cus_123");
/// assert_eq!(format!("{metadata:?}"), r#"{"customer"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Metadata(JsonObject);

impl Metadata {
    /// Deserializes the whole object into your own type.
    ///
    /// # Errors
    ///
    /// [`DeserializeError`](crate::DeserializeError) if it does not fit the type. The error does not contain the data.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, DeserializeError> {
        read_as("metadata", self.0.clone().into_inner())
    }
}

impl Deref for Metadata {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
